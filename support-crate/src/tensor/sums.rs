//! Sums of many numbers, which must not drown in their own rounding errors.

use std::collections::HashSet;

use ndarray::{Array, ArrayBase, ArrayView, Axis, Data, Dimension, RemoveAxis, Zip};

use super::{Real, Tensor};

/// Numbers that are added up in [`Real`]; sums of blocks are added up in `f64`. To convert every number would take longer
/// than the rest.
const BLOCK: usize = 256;
/// Rows that are added up in [`Real`], one after the other.
pub(super) const ROWS: usize = 64;

/// Σ f(x, y) within a block: sixteen sums side by side, so that none waits for another.
#[inline(always)]
fn side_by_side(x: &[Real], y: &[Real], f: impl Fn(Real, Real) -> Real) -> Real {
    let (chunks_x, chunks_y) = (x.chunks_exact(16), y.chunks_exact(16));
    let rest: Real = chunks_x.remainder().iter().zip(chunks_y.remainder()).map(|(&x, &y)| f(x, y)).sum();
    if x.len() < 16 {
        return rest;
    }
    let mut sums: [Real; 16] = [0.0; 16];
    for (x, y) in chunks_x.zip(chunks_y) {
        for i in 0..16 {
            sums[i] += f(x[i], y[i]);
        }
    }
    rest + sums.iter().sum::<Real>()
}

/// Σ f(x, y) over two slices of one length.
pub(super) fn sum_of_pairs(x: &[Real], y: &[Real], f: impl Fn(Real, Real) -> Real + Copy) -> f64 {
    x.chunks(BLOCK).zip(y.chunks(BLOCK)).map(|(x, y)| side_by_side(x, y, f) as f64).sum()
}

/// Σ f(x).
pub(super) fn sum_of(x: &[Real], f: impl Fn(Real) -> Real + Copy) -> f64 {
    sum_of_pairs(x, x, move |x, _| f(x))
}

/// Σ f(x)², also where the squares are too small or too large for [`Real`]: vanishing and exploding gradients have norms, too.
pub(crate) fn square_sum_of(x: &[Real], f: impl Fn(Real) -> Real + Copy) -> f64 {
    let block = |x: &[Real]| {
        let sum = side_by_side(x, x, move |x, _| f(x) * f(x));
        if sum.is_normal() { sum as f64 } else { x.iter().map(|&x| (f(x) as f64).powi(2)).sum() }
    };
    x.chunks(BLOCK).map(block).sum()
}

/// Looks at the numbers as a slice, in the order of memory; copies only what has gaps.
fn with_slice<D: Dimension, T>(array: ArrayView<Real, D>, look: impl FnOnce(&[Real]) -> T) -> T {
    match array.as_slice_memory_order() {
        Some(slice) => look(slice),
        None => look(array.as_standard_layout().as_slice_memory_order().expect("the layout is standard")),
    }
}

/// The sum of all numbers.
pub(super) fn sum<D: Dimension>(array: ArrayView<Real, D>) -> f64 {
    with_slice(array, |x| sum_of(x, |x| x))
}

/// The norm √(Σ x²) over all numbers of all arrays.
pub(crate) fn norm<'a, D: Dimension + 'a>(arrays: impl IntoIterator<Item = ArrayView<'a, Real, D>>) -> f64 {
    let square = |array| with_slice(array, |x| square_sum_of(x, |x| x));
    arrays.into_iter().map(square).sum::<f64>().sqrt()
}

/// The sums along `axis`, which is gone afterwards.
pub(super) fn sum_axis<S: Data<Elem = Real>, D: RemoveAxis>(
    x: &ArrayBase<S, D>,
    axis: Axis,
) -> Array<Real, D::Smaller> {
    if x.len_of(axis) <= ROWS {
        return x.sum_axis(axis);
    }
    let mut total = Array::<f64, _>::zeros(x.raw_dim().remove_axis(axis));
    for block in x.axis_chunks_iter(axis, ROWS) {
        Zip::from(&mut total).and(&block.sum_axis(axis)).for_each(|total, &sum| *total += sum as f64);
    }
    total.mapv(|total| total as Real)
}

/// The mean of all numbers of an array, and their standard deviation √(Σ (x − mean)² / n), of any number of them.
///
/// ndarray's own `mean()` and `std(0.0)` add up in the precision of the numbers. For 47 million pixels in `f32` that is too
/// coarse: of MNIST it finds a standard deviation of 0.2748 where it is 0.3081. This adds up in `f64`.
///
/// # Panics
///
/// When the array holds no number.
///
/// ```
/// use dl_interview::tensor::mean_and_std;
/// use ndarray::{Array2, array};
///
/// assert_eq!(mean_and_std(&array![[1.0, 3.0], [1.0, 3.0]]), (2.0, 1.0));
/// let (mean, std) = mean_and_std(&Array2::from_shape_fn((20_000, 1000), |(i, _)| (i % 2) as _));
/// assert_eq!((mean, std), (0.5, 0.5));
/// ```
#[track_caller]
pub fn mean_and_std<S: Data<Elem = Real>, D: Dimension>(numbers: &ArrayBase<S, D>) -> (Real, Real) {
    assert!(
        !numbers.is_empty(),
        "mean_and_std: an array of shape {:?} holds no number to average; give one or more",
        numbers.shape()
    );
    let n = numbers.len() as f64;
    let mean = numbers.fold(0.0, |sum, &x| sum + x as f64) / n;
    let variance = numbers.fold(0.0, |sum, &x| sum + (x as f64 - mean).powi(2)) / n;
    (mean as Real, variance.sqrt() as Real)
}

/// Each tensor once, in the order in which they come: layers may share a weight, and a list name it for each of them.
pub(crate) fn distinct<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> impl Iterator<Item = &'a Tensor> {
    let mut seen = HashSet::new();
    tensors.into_iter().filter(move |tensor| seen.insert(tensor.address()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, Array3, array};

    #[test]
    fn any_layout_has_the_same_sums() {
        let x = Array3::from_shape_fn((70, 5, 130), |(i, j, k)| ((i * 31 + j * 7 + k * 3) % 17) as Real - 8.0);
        let expected: f64 = x.iter().map(|&x| x as f64).sum();
        let squares: f64 = x.iter().map(|&x| (x as f64).powi(2)).sum();
        assert_eq!(sum(x.view()), expected);
        assert_eq!(sum(x.t()), expected);
        assert!((norm([x.t()]) - squares.sqrt()).abs() < 1e-9);
        let gaps = x.slice(ndarray::s![..;2, .., 1..]);
        assert_eq!(sum(gaps), gaps.iter().map(|&x| x as f64).sum::<f64>());
        for axis in [Axis(0), Axis(1), Axis(2)] {
            assert_eq!(sum_axis(&x, axis), x.sum_axis(axis)); // whole numbers: exact in any order
        }
        assert_eq!(sum(Array2::zeros((0, 3)).view()), 0.0);
        assert_eq!(sum_axis(&Array2::zeros((0, 2)), Axis(0)), array![0.0, 0.0]);
    }

    #[test]
    fn norms_of_tiny_and_huge_numbers() {
        for size in [1e-25, 1e-3, 1e25] {
            let x = Array1::from_elem(2000, size as Real);
            assert!((norm([x.view()]) / (size * 2000.0_f64.sqrt()) - 1.0).abs() < 1e-6);
        }
        assert!(norm([array![1.0, Real::NAN].view()]).is_nan());
    }

    #[test]
    fn spread_of_few_numbers_and_of_no_number() {
        assert_eq!(mean_and_std(&array![7.0]), (7.0, 0.0));
        assert!(mean_and_std(&array![1.0, Real::NAN]).0.is_nan());
        assert!(mean_and_std(&array![1.0, Real::NAN]).1.is_nan());
    }

    #[test]
    #[should_panic(expected = "mean_and_std: an array of shape [0, 3] holds no number")]
    fn no_number_has_no_mean() {
        mean_and_std(&Array2::zeros((0, 3)));
    }
}
