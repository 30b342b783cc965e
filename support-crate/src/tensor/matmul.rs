//! Matrix products.

use ndarray::{Array2, ArrayD, ArrayView2, Axis, Ix2};

use super::node::Shared;
use super::product::multiply;
use super::sums::sum_axis;
use super::{Real, Tensor};

/// The value as a matrix; the caller has checked that it has two dimensions.
fn matrix(value: &Shared) -> ArrayView2<'_, Real> {
    value.view().into_dimensionality::<Ix2>().expect("two dimensions")
}

fn product(a: ArrayView2<Real>, b: ArrayView2<Real>) -> ArrayD<Real> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    multiply(&a, &b, false, &mut out.view_mut());
    out.into_dyn()
}

impl Tensor {
    /// The matrix product: (n × k) · (k × m) is n × m.
    ///
    /// Backward: ∂L/∂X = G Yᵀ and ∂L/∂Y = Xᵀ G.
    ///
    /// # Panics
    ///
    /// When one of the two is no matrix, or the inner lengths differ.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let (x, y) = (Tensor::new(array![[1.0, 2.0]]), Tensor::new(array![[3.0], [4.0]]));
    /// assert_eq!(x.matmul(&y).value(), array![[11.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        let (a, b) = (self.shared(), other.shared());
        assert!(
            a.ndim() == 2 && b.ndim() == 2 && a.shape()[1] == b.shape()[0],
            "matmul: shapes {:?} and {:?} do not fit; (n × k) · (k × m) needs two matrices that agree in k \
             (is one of them to be transposed with t()?)",
            a.shape(),
            b.shape()
        );
        let value = product(matrix(&a), matrix(&b));
        Tensor::from_op("matmul", value, [self, other], move |grad, [x, y]| {
            let grad = grad.into_dimensionality::<Ix2>().expect("a product of matrices is a matrix");
            x.accumulate(|| product(grad.view(), matrix(&b).reversed_axes()));
            y.accumulate(|| product(matrix(&a).reversed_axes(), grad.view()));
        })
    }

    /// A linear layer: X Wᵀ + b, with X n × in, W out × in and b of length out.
    ///
    /// Backward: ∂L/∂X = G W, ∂L/∂W = Gᵀ X, ∂L/∂b = Σ over the rows of G.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 2.0]]);
    /// let (w, b) = (Tensor::parameter(array![[3.0, 4.0]]), Tensor::parameter(array![0.5]));
    /// assert_eq!(x.linear(&w, &b).value(), array![[11.5]].into_dyn());
    /// ```
    #[track_caller]
    pub fn linear(&self, weight: &Tensor, bias: &Tensor) -> Tensor {
        let (x, w, b) = (self.shared(), weight.shared(), bias.shared());
        assert!(
            x.ndim() == 2 && w.ndim() == 2 && x.shape()[1] == w.shape()[1],
            "linear: inputs of shape {:?} and weights of shape {:?} do not fit; give inputs n × in and weights out × in \
             (flatten() makes n × in of images)",
            x.shape(),
            w.shape()
        );
        assert!(
            b.shape() == [w.shape()[0]],
            "linear: a bias of shape {:?} does not fit weights of shape {:?}; it must hold one number per output, {}",
            b.shape(),
            w.shape(),
            w.shape()[0]
        );
        let mut value = Array2::zeros((x.shape()[0], w.shape()[0]));
        value.rows_mut().into_iter().for_each(|mut row| row.assign(&b));
        multiply(&matrix(&x), &matrix(&w).t(), true, &mut value.view_mut());
        Tensor::from_op("linear", value.into_dyn(), [self, weight, bias], move |grad, [input, weight, bias]| {
            let grad = grad.into_dimensionality::<Ix2>().expect("the result is a matrix");
            input.accumulate(|| product(grad.view(), matrix(&w)));
            weight.accumulate(|| product(grad.t(), matrix(&x)));
            bias.accumulate(|| sum_axis(&grad, Axis(0)).into_dyn());
        })
    }
}
