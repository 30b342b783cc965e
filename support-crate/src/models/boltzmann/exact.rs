//! What a small machine can be asked exactly, by summing over all its states.

use ndarray::{Array1, Array2, Axis, concatenate};

use super::gradient::means;
use super::{BoltzmannGradient, BoltzmannMachine};
use crate::models::binary::{MOST_ENUMERATED, check_binary, log_sum_exp, state_blocks};
use crate::tensor::Real;

impl BoltzmannMachine {
    /// ln Z = ln Σₛ exp(−E(s)) over all states, exact.
    ///
    /// # Panics
    ///
    /// Above 20 units.
    ///
    /// ```
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::array;
    ///
    /// let machine = BoltzmannMachine::new(array![[0.0, 2.0], [2.0, 0.0]], array![0.0, -1.0], 2);
    /// let z = 1.0 + (-1.0f32).exp() + 1.0 + 1.0f32.exp(); // of the energies 0, 1, 0, −1
    /// assert!((machine.log_partition() as f32 - z.ln()).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn log_partition(&self) -> Real {
        self.check_small("log_partition");
        self.log_sum(self.biases.len(), |states| states) as Real
    }

    /// The mean of ln p(v) = ln Σₕ exp(−E(v, h)) − ln Z over the rows (n × visible), exact, in nats.
    ///
    /// # Panics
    ///
    /// Above 20 units, when there is no row, or a row is not one 0 or 1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::{Array1, Array2};
    ///
    /// // All parameters 0: each of the 2³ visible states has probability 2⁻³.
    /// let machine = BoltzmannMachine::new(Array2::zeros((5, 5)), Array1::zeros(5), 3);
    /// assert!((machine.log_likelihood(&Array2::ones((1, 3))) + 3.0 * 0.693_147_2).abs() < 1e-4);
    /// ```
    #[track_caller]
    pub fn log_likelihood(&self, visible: &Array2<Real>) -> Real {
        check_binary("log_likelihood", visible.view(), self.visible);
        self.check_small("log_likelihood");
        let hidden = self.biases.len() - self.visible;
        let clamped: f64 = visible.rows().into_iter().map(|v| self.log_sum(hidden, |h| after(v.to_owned(), h))).sum();
        (clamped / visible.nrows() as f64 - self.log_sum(self.biases.len(), |states| states)) as Real
    }

    /// The gradient of [`log_likelihood`](BoltzmannMachine::log_likelihood), exact.
    ///
    /// ∂/∂Wᵢⱼ = ⟨sᵢ sⱼ⟩ with the visible units clamped to the data − ⟨sᵢ sⱼ⟩ of the free machine, ∂/∂bᵢ the same with
    /// ⟨sᵢ⟩.
    ///
    /// # Panics
    ///
    /// Those of [`log_likelihood`](BoltzmannMachine::log_likelihood).
    ///
    /// ```
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let machine = BoltzmannMachine::new(Array2::zeros((2, 2)), Array1::zeros(2), 2);
    /// let independent = machine.log_likelihood_gradient(&array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    /// // The model is the data's distribution already.
    /// assert!(independent.weights.iter().all(|slope| slope.abs() < 1e-6));
    /// ```
    #[track_caller]
    pub fn log_likelihood_gradient(&self, visible: &Array2<Real>) -> BoltzmannGradient {
        check_binary("log_likelihood_gradient", visible.view(), self.visible);
        self.check_small("log_likelihood_gradient");
        let units = self.biases.len();
        let mut gradient = self.exact_means(units, |states| states);
        gradient.scale(-1.0);
        for v in visible.rows() {
            let clamped = self.exact_means(units - self.visible, |h| after(v.to_owned(), h));
            gradient.add(1.0 / visible.nrows() as Real, &clamped);
        }
        gradient
    }

    /// ln Σ exp(−E) over the states of `n` units, which `complete` makes states of the machine.
    fn log_sum(&self, n: usize, complete: impl Fn(Array2<Real>) -> Array2<Real>) -> f64 {
        let mut exponents = Vec::new();
        for block in state_blocks(n) {
            exponents.extend(self.energy(&complete(block)).iter().map(|&energy| -energy as f64));
        }
        log_sum_exp(&exponents)
    }

    /// ⟨s s⟩ and ⟨s⟩ with p ∝ exp(−E) over the states of `n` units, which `complete` makes states of the machine.
    fn exact_means(&self, n: usize, complete: impl Fn(Array2<Real>) -> Array2<Real>) -> BoltzmannGradient {
        let (units, log_sum) = (self.biases.len(), self.log_sum(n, &complete));
        let mut sum = BoltzmannGradient { weights: Array2::zeros((units, units)), biases: Array1::zeros(units) };
        for block in state_blocks(n) {
            let states = complete(block);
            let probabilities = self.energy(&states).mapv(|energy| (-energy as f64 - log_sum).exp() as Real);
            sum.add(1.0, &means(&states, &probabilities));
        }
        sum
    }

    #[track_caller]
    fn check_small(&self, call: &str) {
        let units = self.biases.len();
        assert!(
            units <= MOST_ENUMERATED,
            "{call}: {units} units have 2^{units} states; at most {MOST_ENUMERATED} units can be enumerated. Sample a \
             larger machine: gibbs_gradient"
        );
    }
}

/// The states of the machine with these visible units and each of these rows of hidden ones.
fn after(visible: Array1<Real>, hidden: Array2<Real>) -> Array2<Real> {
    let visible =
        visible.broadcast((hidden.nrows(), visible.len())).expect("a row repeats any number of times").to_owned();
    concatenate![Axis(1), visible, hidden]
}
