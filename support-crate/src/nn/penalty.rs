//! Penalties on how large weights are, to be added to a loss.

use crate::tensor::{Tensor, distinct};

/// Σ |w| over all numbers of all parameters: the penalty of the lasso, which makes weights exactly 0. A parameter
/// that is named twice counts once.
///
/// Source: Tibshirani 1996, "Regression Shrinkage and Selection via the Lasso", Journal of the Royal Statistical Society B
/// 58(1).
///
/// ```
/// use dl_interview::nn::l1;
/// use dl_interview::tensor::Tensor;
///
/// assert_eq!(l1(&[Tensor::parameter(ndarray::array![3.0, -4.0])]).item(), 7.0);
/// ```
pub fn l1(parameters: &[Tensor]) -> Tensor {
    distinct(parameters).fold(Tensor::scalar(0.0), |sum, w| sum + w.abs().sum())
}

/// Σ w² over all numbers of all parameters (without a factor 1/2), whose gradient 2 w shrinks every weight in
/// proportion. A parameter that is named twice counts once.
///
/// Source: Hoerl & Kennard 1970, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", Technometrics 12(1).
///
/// ```
/// use dl_interview::nn::l2;
/// use dl_interview::tensor::Tensor;
///
/// assert_eq!(l2(&[Tensor::parameter(ndarray::array![3.0, -4.0])]).item(), 25.0);
/// ```
pub fn l2(parameters: &[Tensor]) -> Tensor {
    distinct(parameters).fold(Tensor::scalar(0.0), |sum, w| sum + (w * w).sum())
}
