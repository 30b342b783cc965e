//! The gradient of the log-likelihood, and the step along it.

use ndarray::{Array1, Array2, Axis};

use super::Rbm;
use crate::tensor::Real;

/// The direction in which the mean log-likelihood rises, or an estimate of it: a number for each parameter of an
/// [`Rbm`].
///
/// ∂/∂W = ⟨v h⟩ of the data − ⟨v h⟩ of the model, ∂/∂a the same with ⟨v⟩, ∂/∂b with ⟨h⟩.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::Rbm;
/// use ndarray::array;
///
/// let rbm = Rbm::new(3, 2, &mut rng(42));
/// let gradient = rbm.log_likelihood_gradient(&array![[1.0, 1.0, 1.0]]);
/// assert_eq!(gradient.weights.dim(), (3, 2));
/// // The data's units are on, the model's about half of the time.
/// assert!(gradient.visible_bias.iter().all(|slope| (slope - 0.5).abs() < 0.02));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RbmGradient {
    /// For W: visible × hidden.
    pub weights: Array2<Real>,
    /// For a: one for each visible unit.
    pub visible_bias: Array1<Real>,
    /// For b: one for each hidden unit.
    pub hidden_bias: Array1<Real>,
}

impl Rbm {
    /// One step uphill: each parameter grows by `rate` times its number in `gradient`.
    ///
    /// # Panics
    ///
    /// When the gradient is that of a machine of another size, or the rate is not finite or negative.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::Rbm;
    /// use ndarray::array;
    ///
    /// let mut rbm = Rbm::new(2, 2, &mut rng(42));
    /// let data = array![[1.0, 1.0]];
    /// let before = rbm.log_likelihood(&data);
    /// let gradient = rbm.log_likelihood_gradient(&data);
    /// rbm.ascend(&gradient, 0.1);
    /// assert!(rbm.log_likelihood(&data) > before);
    /// ```
    #[track_caller]
    pub fn ascend(&mut self, gradient: &RbmGradient, rate: Real) {
        assert!(rate.is_finite() && rate >= 0.0, "ascend(…, {rate}): the rate must be finite and at least 0");
        let shapes = (gradient.weights.dim(), gradient.visible_bias.len(), gradient.hidden_bias.len());
        assert!(
            shapes == (self.weights.dim(), self.visible_bias.len(), self.hidden_bias.len()),
            "ascend: a gradient for {:?} weights, but the model has {:?}; use one that this model computed",
            gradient.weights.dim(),
            self.weights.dim()
        );
        self.weights.scaled_add(rate, &gradient.weights);
        self.visible_bias.scaled_add(rate, &gradient.visible_bias);
        self.hidden_bias.scaled_add(rate, &gradient.hidden_bias);
    }

    /// The means ⟨v h⟩, ⟨v⟩ and ⟨h⟩ over rows that count with these probabilities, given p(h | v) of each.
    pub(super) fn means(visible: &Array2<Real>, hidden: &Array2<Real>, probabilities: &Array1<Real>) -> RbmGradient {
        let weighted = hidden * &probabilities.view().insert_axis(Axis(1));
        RbmGradient {
            weights: visible.t().dot(&weighted),
            visible_bias: visible.t().dot(probabilities),
            hidden_bias: weighted.sum_axis(Axis(0)),
        }
    }
}

impl RbmGradient {
    pub(super) fn zeros(visible: usize, hidden: usize) -> RbmGradient {
        RbmGradient {
            weights: Array2::zeros((visible, hidden)),
            visible_bias: Array1::zeros(visible),
            hidden_bias: Array1::zeros(hidden),
        }
    }

    pub(super) fn scale(&mut self, factor: Real) {
        self.weights *= factor;
        self.visible_bias *= factor;
        self.hidden_bias *= factor;
    }

    pub(super) fn add(&mut self, factor: Real, other: &RbmGradient) {
        self.weights.scaled_add(factor, &other.weights);
        self.visible_bias.scaled_add(factor, &other.visible_bias);
        self.hidden_bias.scaled_add(factor, &other.hidden_bias);
    }
}
