//! The same matrix product done in several orders, and how fast each is.

use std::thread;
use std::time::Instant;

use ndarray::{Array2, ArrayView2, Axis, Slice, concatenate};

use crate::tensor::Real;

/// A · B as the definition says: for each i and j the sum over k of aᵢₖ bₖⱼ.
///
/// Slow at every size: each addition waits for the one before, one number at a time, where the processor could do eight at
/// once; in a large matrix, walking down a column of B also touches a new line of the cache at each step.
///
/// # Panics
///
/// When A is not n × k and B k × m.
///
/// ```
/// use dl_interview::system::naive_product;
/// use ndarray::array;
///
/// assert_eq!(naive_product(&array![[1.0, 2.0]], &array![[3.0], [4.0]]), array![[11.0]]);
/// ```
#[track_caller]
pub fn naive_product(a: &Array2<Real>, b: &Array2<Real>) -> Array2<Real> {
    check("naive_product", a, b);
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        let mut sum = 0.0;
        for k in 0..a.ncols() {
            sum += a[[i, k]] * b[[k, j]];
        }
        sum
    })
}

/// A · B in tiles of `side` × `side`: the same multiplications and additions, but the innermost loop runs along rows, where
/// neighbours do not wait for each other, and each tile is used as often as possible while it is in the cache.
///
/// Source: Lam, Rothberg & Wolf 1991, "The Cache Performance and Optimizations of Blocked Algorithms", ASPLOS.
///
/// # Panics
///
/// When A is not n × k and B k × m, or `side` is 0.
///
/// ```
/// use dl_interview::system::blocked_product;
/// use ndarray::array;
///
/// assert_eq!(blocked_product(&array![[1.0, 2.0]], &array![[3.0], [4.0]], 64), array![[11.0]]);
/// ```
#[track_caller]
pub fn blocked_product(a: &Array2<Real>, b: &Array2<Real>, side: usize) -> Array2<Real> {
    check("blocked_product", a, b);
    assert!(side > 0, "blocked_product: tiles of side 0 hold nothing; 64 is a good start");
    let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
    let (n, inner, m) = (a.nrows(), a.ncols(), b.ncols());
    let mut c = Array2::zeros((n, m));
    let tiles = |length: usize| (0..length).step_by(side).map(move |from| from..length.min(from + side));
    for rows in tiles(n) {
        for middle in tiles(inner) {
            for columns in tiles(m) {
                for i in rows.clone() {
                    let mut row = c.row_mut(i);
                    let to = &mut row.as_slice_mut().expect("standard layout")[columns.clone()];
                    for k in middle.clone() {
                        let factor = a[[i, k]];
                        let from = &b.row(k).to_slice().expect("standard layout")[columns.clone()];
                        to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
                    }
                }
            }
        }
    }
    c
}

/// A · B with the rows of A shared out among so many threads, each with the product of `ndarray` (tensors use
/// another, see [`gflops`]).
///
/// Starting a thread costs some ten microseconds: for small matrices more than the product itself.
///
/// # Panics
///
/// When A is not n × k and B k × m, or there are no threads.
///
/// ```
/// use dl_interview::system::threaded_product;
/// use ndarray::array;
///
/// let (a, b) = (array![[1.0, 2.0], [0.0, 1.0]], array![[3.0], [4.0]]);
/// assert_eq!(threaded_product(&a, &b, 2), array![[11.0], [4.0]]);
/// ```
#[track_caller]
pub fn threaded_product(a: &Array2<Real>, b: &Array2<Real>, threads: usize) -> Array2<Real> {
    check("threaded_product", a, b);
    assert!(threads > 0, "threaded_product: nobody computes with 0 threads; give at least 1");
    let n = a.nrows();
    let parts: Vec<Array2<Real>> = thread::scope(|scope| {
        let part = |i: usize| a.slice_axis(Axis(0), Slice::from(i * n / threads..(i + 1) * n / threads));
        let workers: Vec<_> = (0..threads).map(|i| scope.spawn(move || part(i).dot(b))).collect();
        workers.into_iter().map(|worker| worker.join().expect("the shapes were checked")).collect()
    });
    let views: Vec<ArrayView2<Real>> = parts.iter().map(|part| part.view()).collect();
    concatenate(Axis(0), &views).expect("all parts are as wide as B")
}

#[track_caller]
fn check(name: &str, a: &Array2<Real>, b: &Array2<Real>) {
    assert!(
        a.ncols() == b.nrows(),
        "{name}: matrices of {} × {} and {} × {} have no product; the inner lengths must agree",
        a.nrows(),
        a.ncols(),
        b.nrows(),
        b.ncols()
    );
}

/// How many billion floating-point operations per second a product of two n × n matrices reaches: 2 n³ / time / 10⁹, with
/// the shortest time of `repeats` (longer ones measure what else the machine was doing).
///
/// # Panics
///
/// When `n` or `repeats` is 0.
///
/// ```
/// use dl_interview::system::{blocked_product, gflops};
/// use dl_interview::tensor::Tensor;
///
/// let blocked = gflops(64, 5, |a, b| blocked_product(a, b, 32));
/// let ndarray = gflops(64, 5, |a, b| a.dot(b));
/// // What tensors are multiplied with, the copies in and out included.
/// let tensors = gflops(64, 5, |a, b| {
///     let product = Tensor::new(a.clone()).matmul(&Tensor::new(b.clone()));
///     product.value().into_dimensionality().unwrap()
/// });
/// assert!(blocked > 0.0 && ndarray > 0.0 && tensors > 0.0);
/// ```
#[track_caller]
pub fn gflops(n: usize, repeats: usize, product: impl Fn(&Array2<Real>, &Array2<Real>) -> Array2<Real>) -> f64 {
    assert!(n > 0 && repeats > 0, "gflops: {repeats} products of {n} × {n}; both numbers must be at least 1");
    let matrix = |shift: usize| Array2::from_shape_fn((n, n), |(i, j)| ((i * 31 + j * 17 + shift) % 23) as Real / 23.0);
    let (a, b) = (matrix(0), matrix(7));
    let time = |_| {
        let start = Instant::now();
        std::hint::black_box(product(std::hint::black_box(&a), std::hint::black_box(&b)));
        start.elapsed().as_secs_f64()
    };
    let shortest = (0..repeats).map(time).fold(f64::INFINITY, f64::min);
    2.0 * (n as f64).powi(3) / shortest.max(1e-9) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_orders_give_the_same_product() {
        for (n, k, m) in [(1, 1, 1), (7, 5, 3), (33, 64, 65), (2, 0, 3), (0, 2, 3), (3, 2, 0)] {
            // Small whole numbers: sums are exact in any order.
            let a = Array2::from_shape_fn((n, k), |(i, j)| ((3 * i + 5 * j) % 7) as Real - 3.0);
            let b = Array2::from_shape_fn((k, m), |(i, j)| ((2 * i + 7 * j) % 5) as Real - 2.0);
            let expected = a.dot(&b);
            assert_eq!(naive_product(&a, &b), expected, "{n} {k} {m}");
            for side in [1, 4, 32, 100] {
                assert_eq!(blocked_product(&a, &b, side), expected, "{n} {k} {m}, tiles of {side}");
            }
            for threads in [1, 2, 5] {
                assert_eq!(threaded_product(&a, &b, threads), expected, "{n} {k} {m}, {threads} threads");
            }
            // Also for a matrix whose rows do not lie one after the other.
            let (a, b) = (a.t().as_standard_layout().reversed_axes().to_owned(), b.reversed_axes());
            assert_eq!(blocked_product(&a, &b.t().to_owned(), 4), expected);
        }
    }

    #[test]
    fn flops_are_two_n_cubed_per_time() {
        let slow = |a: &Array2<Real>, _: &Array2<Real>| {
            thread::sleep(std::time::Duration::from_millis(20));
            a.clone()
        };
        let measured = gflops(100, 2, slow); // 2e6 operations in 20 ms
        assert!((0.02..=0.1).contains(&measured), "{measured}");
    }

    #[test]
    #[should_panic(expected = "blocked_product: matrices of 2 × 3 and 2 × 3 have no product")]
    fn shapes_that_do_not_fit() {
        blocked_product(&Array2::zeros((2, 3)), &Array2::zeros((2, 3)), 8);
    }

    #[test]
    #[should_panic(expected = "tiles of side 0")]
    fn no_tile() {
        blocked_product(&Array2::zeros((2, 3)), &Array2::zeros((3, 2)), 0);
    }

    #[test]
    #[should_panic(expected = "0 threads")]
    fn no_thread() {
        threaded_product(&Array2::zeros((2, 3)), &Array2::zeros((3, 2)), 0);
    }
}
