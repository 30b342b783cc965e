//! From scores to probabilities, along one axis, without overflow.

use ndarray::{ArrayD, Axis, Zip};

use super::node::Shared;
use super::{Real, Tensor};

/// zᵢ − max z − ln Σ exp(zⱼ − max z) in every lane along `axis`: the largest exponent is 0.
pub(crate) fn log_softmax(z: &Shared, axis: usize) -> ArrayD<Real> {
    let mut z = z.as_standard_layout().into_owned();
    for mut lane in z.lanes_mut(Axis(axis)) {
        let highest = lane.fold(Real::NEG_INFINITY, |a, &b| a.max(b));
        lane -= highest;
        let log_sum = lane.fold(0.0, |sum: Real, &z| sum + z.exp()).ln();
        lane -= log_sum;
    }
    z
}

impl Tensor {
    /// exp(zᵢ) / Σ exp(zⱼ) along `axis`: positive, summing to 1, unchanged when a constant is added to all z.
    ///
    /// Computed after subtracting the largest z, so that nothing overflows. Source: Bridle 1990, "Probabilistic
    /// Interpretation of Feedforward Classification Network Outputs, with Relationships to Statistical Pattern
    /// Recognition", in Neurocomputing, Springer.
    ///
    /// # Panics
    ///
    /// When there is no such axis.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let p = Tensor::new(array![[1e4, 1e4], [0.0, -1e4]]).softmax(1).value();
    /// assert_eq!(p, array![[0.5, 0.5], [1.0, 0.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn softmax(&self, axis: usize) -> Tensor {
        self.check_axes("softmax", &[axis]);
        let p = log_softmax(&self.shared(), axis).mapv_into(Real::exp).into_shared();
        let kept = p.clone();
        Tensor::from_op("softmax", p, [self], move |mut grad, [z]| {
            z.accumulate(|| {
                // ∂L/∂z = p ⊙ (g − ⟨g, p⟩)
                Zip::from(grad.lanes_mut(Axis(axis))).and(kept.lanes(Axis(axis))).for_each(|mut grad, p| {
                    let mean = Zip::from(&grad).and(&p).fold(0.0, |sum, &g, &p| sum + g * p);
                    Zip::from(&mut grad).and(&p).for_each(|g, &p| *g = p * (*g - mean));
                });
                grad
            });
        })
    }

    /// ln softmax along `axis`, for any z: the logarithm of a probability that rounds to 0 is still finite.
    ///
    /// # Panics
    ///
    /// When there is no such axis.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let log_p = Tensor::new(array![[0.0, -1e4]]).log_softmax(1).value();
    /// assert_eq!(log_p, array![[0.0, -1e4]].into_dyn());
    /// ```
    #[track_caller]
    pub fn log_softmax(&self, axis: usize) -> Tensor {
        self.check_axes("log_softmax", &[axis]);
        let log_p = log_softmax(&self.shared(), axis).into_shared();
        let kept = log_p.clone();
        Tensor::from_op("log_softmax", log_p, [self], move |mut grad, [z]| {
            z.accumulate(|| {
                // ∂L/∂z = g − p Σ g
                Zip::from(grad.lanes_mut(Axis(axis))).and(kept.lanes(Axis(axis))).for_each(|mut grad, log_p| {
                    let sum = grad.sum();
                    Zip::from(&mut grad).and(&log_p).for_each(|g, &log_p| *g -= log_p.exp() * sum);
                });
                grad
            });
        })
    }
}
