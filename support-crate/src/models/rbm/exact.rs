//! What a small machine can be asked exactly, by summing over all states of its smaller layer.

use ndarray::{Array1, Array2};

use super::{Rbm, RbmGradient};
use crate::models::binary::{MOST_ENUMERATED, check_binary, log_sum_exp, state_blocks};
use crate::tensor::Real;

impl Rbm {
    /// ln Z = ln Σᵥ exp(−F(v)), exact: the sum is over the 2ᵐ states of the smaller layer, m units.
    ///
    /// # Panics
    ///
    /// When both layers have more than 20 units. For a large machine compare free energies, which need no Z, or
    /// estimate Z: Salakhutdinov & Murray 2008, "On the Quantitative Analysis of Deep Belief Networks", ICML.
    ///
    /// ```
    /// use dl_interview::models::Rbm;
    /// use ndarray::{Array1, Array2};
    ///
    /// // All parameters 0: each of the 2⁹⁺¹² states counts e⁰ = 1.
    /// let rbm = Rbm {
    ///     weights: Array2::zeros((9, 12)), visible_bias: Array1::zeros(9), hidden_bias: Array1::zeros(12),
    /// };
    /// assert!((rbm.log_partition() - 21.0 * 0.693_147_2).abs() < 1e-4);
    /// ```
    #[track_caller]
    pub fn log_partition(&self) -> Real {
        self.check_small("log_partition");
        self.log_z() as Real
    }

    /// The mean of ln p(v) = −F(v) − ln Z over the rows, exact, in nats: at most −ln m for m different patterns.
    ///
    /// # Panics
    ///
    /// When both layers have more than 20 units, there is no row, or a row is not one 0 or 1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::models::Rbm;
    /// use ndarray::{Array1, Array2};
    ///
    /// // All parameters 0: each of the 2⁹ images has probability 2⁻⁹.
    /// let rbm = Rbm {
    ///     weights: Array2::zeros((9, 12)), visible_bias: Array1::zeros(9), hidden_bias: Array1::zeros(12),
    /// };
    /// assert!((rbm.log_likelihood(&Array2::ones((1, 9))) + 9.0 * 0.693_147_2).abs() < 1e-4);
    /// ```
    #[track_caller]
    pub fn log_likelihood(&self, visible: &Array2<Real>) -> Real {
        check_binary("log_likelihood", visible.view(), self.visible_bias.len());
        self.check_small("log_likelihood");
        let free_energy = self.free_energy(visible).iter().map(|&f| f as f64).sum::<f64>() / visible.nrows() as f64;
        (-free_energy - self.log_z()) as Real
    }

    /// The gradient of [`log_likelihood`](Rbm::log_likelihood), exact: ⟨v h⟩ of the data − ⟨v h⟩ of the model.
    ///
    /// What contrastive divergence estimates, and too expensive for any but a small machine.
    ///
    /// # Panics
    ///
    /// Those of [`log_likelihood`](Rbm::log_likelihood).
    ///
    /// ```
    /// use dl_interview::models::Rbm;
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let rbm =
    ///     Rbm { weights: Array2::zeros((2, 1)), visible_bias: Array1::zeros(2), hidden_bias: Array1::zeros(1) };
    /// let gradient = rbm.log_likelihood_gradient(&array![[1.0, 0.0]]);
    /// assert!((gradient.visible_bias - array![0.5, -0.5]).iter().all(|difference| difference.abs() < 1e-6));
    /// assert!((gradient.weights - array![[0.25], [-0.25]]).iter().all(|difference| difference.abs() < 1e-6));
    /// ```
    #[track_caller]
    pub fn log_likelihood_gradient(&self, visible: &Array2<Real>) -> RbmGradient {
        check_binary("log_likelihood_gradient", visible.view(), self.visible_bias.len());
        self.check_small("log_likelihood_gradient");
        let rows = visible.nrows();
        let share = Array1::from_elem(rows, 1.0 / rows as Real);
        let mut gradient = Rbm::means(visible, &self.hidden_probabilities(visible), &share);
        gradient.add(-1.0, &self.model_means());
        gradient
    }

    fn log_z(&self) -> f64 {
        if self.hidden_bias.len() < self.visible_bias.len() {
            return self.transposed().log_z();
        }
        let mut exponents = Vec::new();
        for block in state_blocks(self.visible_bias.len()) {
            exponents.extend(self.free_energy(&block).iter().map(|&f| -f as f64));
        }
        log_sum_exp(&exponents)
    }

    fn model_means(&self) -> RbmGradient {
        if self.hidden_bias.len() < self.visible_bias.len() {
            let means = self.transposed().model_means();
            return RbmGradient {
                weights: means.weights.t().to_owned(),
                visible_bias: means.hidden_bias,
                hidden_bias: means.visible_bias,
            };
        }
        let log_z = self.log_z();
        let mut means = RbmGradient::zeros(self.visible_bias.len(), self.hidden_bias.len());
        for block in state_blocks(self.visible_bias.len()) {
            let probabilities = self.free_energy(&block).mapv(|f| (-f as f64 - log_z).exp() as Real);
            means.add(1.0, &Rbm::means(&block, &self.hidden_probabilities(&block), &probabilities));
        }
        means
    }

    /// The same machine with its layers exchanged: nothing in the energy tells which one is visible.
    fn transposed(&self) -> Rbm {
        Rbm {
            weights: self.weights.t().to_owned(),
            visible_bias: self.hidden_bias.clone(),
            hidden_bias: self.visible_bias.clone(),
        }
    }

    #[track_caller]
    fn check_small(&self, call: &str) {
        let (visible, hidden) = self.weights.dim();
        let smaller = visible.min(hidden);
        assert!(
            smaller <= MOST_ENUMERATED,
            "{call}: the smaller of {visible} visible and {hidden} hidden units has 2^{smaller} states; at most \
             {MOST_ENUMERATED} units can be enumerated. Compare free energies instead: they need no partition function"
        );
    }
}
