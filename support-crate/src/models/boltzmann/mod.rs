//! The general Boltzmann machine: every unit may be connected to every other.

mod exact;
mod gradient;

use std::fmt;
use std::ops::Range;

use ndarray::{Array1, Array2, Axis, concatenate, s};
use rand::RngExt;
use rand::distr::Distribution;

use super::Rbm;
use super::binary::{check_units, random_states};
use crate::random::Normal;
use crate::tensor::{Real, sigmoid};

pub use self::gradient::BoltzmannGradient;

/// A Boltzmann machine of binary units s: p(s) = exp(−E(s)) / Z with E(s) = −½ s·W·s − b·s.
///
/// W is symmetric with a zero diagonal. The first units are visible, the others hidden; data say something about the
/// visible ones only. Everything exact sums over all states, so that it is for at most 20 units. Source: Ackley, Hinton
/// & Sejnowski 1985, "A Learning Algorithm for Boltzmann Machines", Cognitive Science 9(1).
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::BoltzmannMachine;
/// use ndarray::array;
///
/// // XOR: the third unit is on when exactly one of the others is. Pairs alone cannot say that: it takes hidden units.
/// let patterns = array![[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]];
/// let mut machine = BoltzmannMachine::random(3, 2, 0.5, &mut rng(42));
/// for _ in 0..2000 {
///     let gradient = machine.log_likelihood_gradient(&patterns);
///     machine.ascend(&gradient, 0.5);
/// }
/// assert!(machine.log_likelihood(&patterns) > -1.6); // without hidden units −3 ln 2 ≈ −2.08; at best −ln 4 ≈ −1.39
/// ```
#[derive(Clone, PartialEq)]
pub struct BoltzmannMachine {
    weights: Array2<Real>,
    biases: Array1<Real>,
    visible: usize,
}

impl BoltzmannMachine {
    /// The machine with these weights (units × units) and biases, whose first `visible` units are visible.
    ///
    /// # Panics
    ///
    /// When the shapes do not match, the weights are not symmetric with a zero diagonal or not finite, or `visible` is
    /// 0.
    ///
    /// ```
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::array;
    ///
    /// let machine = BoltzmannMachine::new(array![[0.0, 2.0], [2.0, 0.0]], array![0.0, -1.0], 1);
    /// assert_eq!(format!("{machine:?}"), "BoltzmannMachine(1 visible, 1 hidden units)");
    /// ```
    #[track_caller]
    pub fn new(weights: Array2<Real>, biases: Array1<Real>, visible: usize) -> BoltzmannMachine {
        let units = biases.len();
        assert!(
            weights.dim() == (units, units),
            "BoltzmannMachine::new: {:?} weights for {units} biases; give units × units weights",
            weights.dim()
        );
        assert!(
            (1..=units).contains(&visible),
            "BoltzmannMachine::new: {visible} visible of {units} units; give at least 1 and at most all"
        );
        assert!(
            weights.iter().chain(&biases).all(|parameter| parameter.is_finite()),
            "BoltzmannMachine::new: a weight or bias is not finite; give finite ones"
        );
        assert!(
            weights == weights.t() && weights.diag().iter().all(|&own| own == 0.0),
            "BoltzmannMachine::new: the weights must be symmetric, with zeros on the diagonal"
        );
        BoltzmannMachine { weights, biases, visible }
    }

    /// A fully connected machine with weights from 𝒩(0, std²) and biases of 0.
    ///
    /// # Panics
    ///
    /// When `visible` is 0, or `std` is negative or not finite.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::BoltzmannMachine;
    /// let machine = BoltzmannMachine::random(4, 2, 0.1, &mut rng(42));
    /// assert_eq!(machine.weights().dim(), (6, 6));
    /// assert_eq!(machine.weights()[[1, 5]], machine.weights()[[5, 1]]);
    /// ```
    #[track_caller]
    pub fn random(visible: usize, hidden: usize, std: Real, rng: &mut impl rand::Rng) -> BoltzmannMachine {
        let (units, normal) = (visible + hidden, Normal::new(0.0, std));
        let mut weights = Array2::zeros((units, units));
        for i in 0..units {
            for j in 0..i {
                weights[[i, j]] = normal.sample(rng);
                weights[[j, i]] = weights[[i, j]];
            }
        }
        BoltzmannMachine::new(weights, Array1::zeros(units), visible)
    }

    /// A restricted Boltzmann machine as what it is: one without connections inside a layer.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::{BoltzmannMachine, Rbm};
    ///
    /// let rbm = Rbm::new(4, 3, &mut rng(42));
    /// let machine = BoltzmannMachine::from_rbm(&rbm);
    /// assert!((machine.log_partition() - rbm.log_partition()).abs() < 1e-4);
    /// ```
    pub fn from_rbm(rbm: &Rbm) -> BoltzmannMachine {
        let (visible, hidden) = rbm.weights.dim();
        let mut weights = Array2::zeros((visible + hidden, visible + hidden));
        weights.slice_mut(s![..visible, visible..]).assign(&rbm.weights);
        weights.slice_mut(s![visible.., ..visible]).assign(&rbm.weights.t());
        let biases = rbm.visible_bias.iter().chain(&rbm.hidden_bias).copied().collect();
        BoltzmannMachine::new(weights, biases, visible)
    }

    /// W: units × units, symmetric with a zero diagonal.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::BoltzmannMachine;
    /// assert_eq!(BoltzmannMachine::random(4, 2, 0.1, &mut rng(42)).weights().diag().sum(), 0.0);
    /// ```
    pub fn weights(&self) -> &Array2<Real> {
        &self.weights
    }

    /// b: one for each unit, those of the visible units first.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::BoltzmannMachine;
    /// assert_eq!(BoltzmannMachine::random(4, 2, 0.1, &mut rng(42)).biases().len(), 6);
    /// ```
    pub fn biases(&self) -> &Array1<Real> {
        &self.biases
    }

    /// The energy E(s) = −½ s·W·s − b·s of each row (n × units, visible units first).
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each unit.
    ///
    /// ```
    /// use dl_interview::models::{BoltzmannMachine, binary_states};
    /// use ndarray::array;
    ///
    /// let machine = BoltzmannMachine::new(array![[0.0, 2.0], [2.0, 0.0]], array![0.0, -1.0], 2);
    /// assert_eq!(machine.energy(&binary_states(2)), array![0.0, 1.0, 0.0, -1.0]);
    /// ```
    #[track_caller]
    pub fn energy(&self, states: &Array2<Real>) -> Array1<Real> {
        check_units("energy", "(visible and hidden)", states.view(), self.biases.len());
        let pairs = (states.dot(&self.weights) * states).sum_axis(Axis(1));
        -(pairs * 0.5 + states.dot(&self.biases))
    }

    /// `n` states of the free machine (n × units): Gibbs chains of `sweeps` sweeps over all units from random states.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::array;
    ///
    /// // Two units that want to be equal.
    /// let machine = BoltzmannMachine::new(array![[0.0, 20.0], [20.0, 0.0]], array![-10.0, -10.0], 2);
    /// assert!(machine.sample(100, 20, &mut rng(42)).rows().into_iter().all(|s| s[0] == s[1]));
    /// ```
    pub fn sample(&self, n: usize, sweeps: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        let states = random_states(n, self.biases.len(), rng);
        self.gibbs(states, 0..self.biases.len(), sweeps, rng)
    }

    /// States (n × units) whose visible units are the rows of `visible` and whose hidden ones are drawn given those.
    ///
    /// The hidden units start at random and take `sweeps` Gibbs sweeps: connected to each other, they are not
    /// independent.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::BoltzmannMachine;
    /// use ndarray::array;
    ///
    /// let machine = BoltzmannMachine::new(array![[0.0, 80.0], [80.0, 0.0]], array![0.0, -40.0], 1);
    /// assert_eq!(machine.sample_hidden(&array![[0.0], [1.0]], 1, &mut rng(42)), array![[0.0, 0.0], [1.0, 1.0]]);
    /// ```
    #[track_caller]
    pub fn sample_hidden(&self, visible: &Array2<Real>, sweeps: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        check_units("sample_hidden", "visible", visible.view(), self.visible);
        let hidden = random_states(visible.nrows(), self.biases.len() - self.visible, rng);
        let states = concatenate![Axis(1), visible.view(), hidden];
        self.gibbs(states, self.visible..self.biases.len(), sweeps, rng)
    }

    /// Sweeps over these units, each drawn from p(sᵢ = 1 | all others) = σ(bᵢ + Σⱼ Wᵢⱼ sⱼ) in turn.
    fn gibbs(
        &self,
        mut states: Array2<Real>,
        units: Range<usize>,
        sweeps: usize,
        rng: &mut impl rand::Rng,
    ) -> Array2<Real> {
        for _ in 0..sweeps {
            for unit in units.clone() {
                let inputs = states.dot(&self.weights.column(unit)) + self.biases[unit];
                let drawn = inputs.mapv(|x| if rng.random::<Real>() < sigmoid(x) { 1.0 } else { 0.0 });
                states.column_mut(unit).assign(&drawn);
            }
        }
        states
    }
}

impl fmt::Debug for BoltzmannMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoltzmannMachine({} visible, {} hidden units)", self.visible, self.biases.len() - self.visible)
    }
}
