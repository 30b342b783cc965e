//! Eigenvalues of symmetric matrices.

use ndarray::{Array1, Array2};

use crate::tensor::Real;

/// The eigenvalues of a symmetric matrix in ascending order, by Jacobi's rotations.
///
/// Each rotation makes one off-diagonal element 0 and moves its square onto the diagonal; a few sweeps over all of them
/// leave only the diagonal. It takes O(n³) time: fine up to a few hundred rows.
///
/// Source: Golub & Van Loan 2013, "Matrix Computations", 4th edition, section 8.5.
///
/// # Panics
///
/// When the matrix is not square, symmetric and finite, or has no rows.
///
/// ```
/// use dl_interview::landscape::eigenvalues;
/// use ndarray::array;
///
/// let found = eigenvalues(&array![[2.0, 1.0], [1.0, 2.0]]);
/// assert!((found[0] - 1.0).abs() < 1e-6 && (found[1] - 3.0).abs() < 1e-6);
/// ```
#[track_caller]
pub fn eigenvalues(matrix: &Array2<Real>) -> Array1<Real> {
    assert_symmetric("eigenvalues", matrix);
    jacobi(matrix.mapv(|x| x as f64)).into_iter().map(|x| x as Real).collect()
}

#[track_caller]
pub(super) fn assert_symmetric(function: &str, matrix: &Array2<Real>) {
    let scale = matrix.iter().fold(0.0, |scale: Real, x| scale.max(x.abs()));
    assert!(
        matrix.is_square()
            && !matrix.is_empty()
            && matrix.indexed_iter().all(|((i, j), x)| (x - matrix[[j, i]]).abs() <= 1e-4 * scale && x.is_finite()),
        "{function}: the matrix of shape {:?} must be square, symmetric and finite; (&m + &m.t()) / 2.0 makes a square \
         one symmetric",
        matrix.shape()
    );
}

/// In ascending order.
pub(super) fn jacobi(mut a: Array2<f64>) -> Vec<f64> {
    let n = a.nrows();
    let total: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..60 {
        let rest: f64 = a.indexed_iter().filter(|((i, j), _)| i != j).map(|(_, x)| x * x).sum();
        if rest <= 1e-28 * total {
            break;
        }
        for (p, q) in (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))) {
            if a[[p, q]] != 0.0 {
                rotate(&mut a, p, q);
            }
        }
    }
    let mut found = a.diag().to_vec();
    found.sort_by(f64::total_cmp);
    found
}

/// Turns the plane of p and q by the angle that makes a[p, q] = 0.
fn rotate(a: &mut Array2<f64>, p: usize, q: usize) {
    let slope = (a[[q, q]] - a[[p, p]]) / (2.0 * a[[p, q]]);
    let tan = slope.signum() / (slope.abs() + (slope * slope + 1.0).sqrt());
    let cos = 1.0 / (tan * tan + 1.0).sqrt();
    let sin = tan * cos;
    for k in 0..a.nrows() {
        let (x, y) = (a[[k, p]], a[[k, q]]);
        (a[[k, p]], a[[k, q]]) = (cos * x - sin * y, sin * x + cos * y);
    }
    for k in 0..a.nrows() {
        let (x, y) = (a[[p, k]], a[[q, k]]);
        (a[[p, k]], a[[q, k]]) = (cos * x - sin * y, sin * x + cos * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_second_difference_has_known_eigenvalues() {
        let n = 30;
        let matrix = Array2::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        for (k, &found) in eigenvalues(&matrix).iter().enumerate() {
            let expected = 2.0 - 2.0 * (std::f64::consts::PI * (k + 1) as f64 / (n + 1) as f64).cos();
            assert!((found as f64 - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    #[test]
    fn the_edges() {
        assert_eq!(eigenvalues(&array![[-3.0]]), array![-3.0]);
        assert_eq!(eigenvalues(&array![[2.0, 0.0], [0.0, -1.0]]), array![-1.0, 2.0]);
        assert_eq!(eigenvalues(&Array2::zeros((3, 3))), array![0.0, 0.0, 0.0]);
        let ones = eigenvalues(&Array2::ones((4, 4))); // equal diagonal elements: an angle of 45°
        assert!((ones[3] - 4.0).abs() < 1e-6 && ones[2].abs() < 1e-6, "{ones}");
    }

    #[test]
    #[should_panic(expected = "must be square, symmetric and finite")]
    fn a_matrix_that_is_not_symmetric_is_refused() {
        eigenvalues(&array![[1.0, 2.0], [3.0, 4.0]]);
    }

    #[test]
    #[should_panic(expected = "shape [1, 2]")]
    fn a_matrix_that_is_not_square_is_refused() {
        eigenvalues(&array![[1.0, 2.0]]);
    }

    #[test]
    #[should_panic(expected = "finite")]
    fn a_matrix_with_nan_is_refused() {
        eigenvalues(&array![[Real::NAN]]);
    }
}
