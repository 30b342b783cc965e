//! The gradient of the log-likelihood, and the step along it.

use ndarray::{Array1, Array2, Axis};

use super::BoltzmannMachine;
use crate::models::binary::check_binary;
use crate::tensor::Real;

/// The direction in which the mean log-likelihood rises, or an estimate of it, for each parameter of a
/// [`BoltzmannMachine`].
///
/// ```
/// use dl_interview::models::BoltzmannMachine;
/// use ndarray::{Array1, Array2, array};
///
/// let machine = BoltzmannMachine::new(Array2::zeros((2, 2)), Array1::zeros(2), 2);
/// let gradient = machine.log_likelihood_gradient(&array![[1.0, 1.0]]);
/// // Both on: always in the data, a quarter of the time in the model.
/// assert!((gradient.weights - array![[0.0, 0.75], [0.75, 0.0]]).iter().all(|difference| difference.abs() < 1e-6));
/// assert!((gradient.biases - array![0.5, 0.5]).iter().all(|difference| difference.abs() < 1e-6));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BoltzmannGradient {
    /// For W, units × units: symmetric with a zero diagonal, as W is; Wᵢⱼ and Wⱼᵢ count as one parameter.
    pub weights: Array2<Real>,
    /// For b: one for each unit.
    pub biases: Array1<Real>,
}

impl BoltzmannMachine {
    /// The gradient of [`log_likelihood`](BoltzmannMachine::log_likelihood) estimated from Gibbs samples, at any size.
    ///
    /// The hidden units run for `sweeps` sweeps with the visible ones clamped to each row; `chains` free chains run as
    /// long from random states. Both means are noisy, and biased when the sweeps do not reach equilibrium; Ackley,
    /// Hinton & Sejnowski reach it by annealing.
    ///
    /// # Panics
    ///
    /// When there is no row or no chain, or a row is not one 0 or 1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let machine = BoltzmannMachine::new(Array2::zeros((2, 2)), Array1::zeros(2), 2);
    /// let gradient = machine.gibbs_gradient(&array![[1.0, 1.0]], 1000, 1, &mut rng(42));
    /// assert!((gradient.weights[[0, 1]] - 0.75).abs() < 0.1);
    /// ```
    #[track_caller]
    pub fn gibbs_gradient(
        &self,
        visible: &Array2<Real>,
        chains: usize,
        sweeps: usize,
        rng: &mut impl rand::Rng,
    ) -> BoltzmannGradient {
        check_binary("gibbs_gradient", visible.view(), self.visible);
        assert!(chains > 0, "gibbs_gradient(…, 0, …): without a chain there is no mean; give 1 or more");
        let mean = |states: Array2<Real>| {
            let share = Array1::from_elem(states.nrows(), 1.0 / states.nrows() as Real);
            means(&states, &share)
        };
        let mut gradient = mean(self.sample_hidden(visible, sweeps, rng));
        gradient.add(-1.0, &mean(self.sample(chains, sweeps, rng)));
        gradient
    }

    /// One learning step: each parameter grows by `rate` times its number in `gradient`.
    ///
    /// # Panics
    ///
    /// When the gradient is that of a machine of another size, or the rate is not finite or negative.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::array;
    ///
    /// let mut machine = BoltzmannMachine::random(2, 1, 0.1, &mut rng(42));
    /// let data = array![[1.0, 0.0]];
    /// let before = machine.log_likelihood(&data);
    /// let gradient = machine.log_likelihood_gradient(&data);
    /// machine.ascend(&gradient, 0.1);
    /// assert!(machine.log_likelihood(&data) > before);
    /// ```
    #[track_caller]
    pub fn ascend(&mut self, gradient: &BoltzmannGradient, rate: Real) {
        assert!(rate.is_finite() && rate >= 0.0, "ascend(…, {rate}): the rate must be finite and at least 0");
        assert!(
            gradient.weights.dim() == self.weights.dim() && gradient.biases.dim() == self.biases.dim(),
            "ascend: a gradient for {} units, but the machine has {}; use one that this machine computed",
            gradient.biases.len(),
            self.biases.len()
        );
        self.weights.scaled_add(rate, &gradient.weights);
        self.biases.scaled_add(rate, &gradient.biases);
    }
}

/// ⟨s s⟩ without its diagonal, and ⟨s⟩, over rows that count with these probabilities.
pub(super) fn means(states: &Array2<Real>, probabilities: &Array1<Real>) -> BoltzmannGradient {
    let mut weights = states.t().dot(&(states * &probabilities.view().insert_axis(Axis(1))));
    weights.diag_mut().fill(0.0);
    BoltzmannGradient { weights, biases: states.t().dot(probabilities) }
}

impl BoltzmannGradient {
    pub(super) fn scale(&mut self, factor: Real) {
        self.weights *= factor;
        self.biases *= factor;
    }

    pub(super) fn add(&mut self, factor: Real, other: &BoltzmannGradient) {
        self.weights.scaled_add(factor, &other.weights);
        self.biases.scaled_add(factor, &other.biases);
    }
}
