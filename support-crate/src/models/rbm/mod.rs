//! The restricted Boltzmann machine: one visible layer, one hidden layer, and no connection inside a layer.

mod exact;
mod gradient;
mod sampling;
mod training;

use std::fmt;

use ndarray::{Array1, Array2, Axis};
use rand::distr::Distribution;

use super::binary::check_units;
use crate::random::Normal;
use crate::tensor::{Real, sigmoid, softplus};

pub use self::gradient::RbmGradient;
pub use self::training::RbmTraining;

/// A restricted Boltzmann machine of binary units: p(v, h) = exp(−E(v, h)) / Z with E(v, h) = −a·v − b·h − v·W·h.
///
/// Without connections inside a layer, all units of one layer are independent given the other layer; that is what
/// makes it practical. Sources: Smolensky 1986, "Information Processing in Dynamical Systems: Foundations of Harmony
/// Theory", in Parallel Distributed Processing, volume 1, MIT Press; Hinton 2002, "Training Products of Experts by
/// Minimizing Contrastive Divergence", Neural Computation 14(8).
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::{Rbm, RbmTraining};
/// use ndarray::array;
///
/// // Two patterns of four pixels; a model that knows nothing gives each of the 16 images the same probability.
/// let patterns = array![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]];
/// let mut rng = rng(42);
/// let mut rbm = Rbm::new(4, 3, &mut rng);
/// let before = rbm.log_likelihood(&patterns);
/// rbm.train(&patterns, &RbmTraining { epochs: 1000, ..Default::default() }, &mut rng);
/// assert!(before < -2.7); // −4 ln 2 ≈ −2.77
/// assert!(rbm.log_likelihood(&patterns) > -1.2); // at best −ln 2 ≈ −0.69
/// ```
#[derive(Clone, PartialEq)]
pub struct Rbm {
    /// W: visible × hidden.
    pub weights: Array2<Real>,
    /// a: one for each visible unit.
    pub visible_bias: Array1<Real>,
    /// b: one for each hidden unit.
    pub hidden_bias: Array1<Real>,
}

impl Rbm {
    /// A machine with weights from 𝒩(0, 0.01²) and biases of 0: it finds every image about equally probable.
    ///
    /// Source: Hinton 2010, "A Practical Guide to Training Restricted Boltzmann Machines", University of Toronto
    /// technical report UTML TR 2010-003, section 8.
    ///
    /// # Panics
    ///
    /// When a layer would have no unit.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::Rbm;
    ///
    /// let rbm = Rbm::new(784, 128, &mut rng(42));
    /// assert_eq!(format!("{rbm:?}"), "Rbm(784 visible, 128 hidden units)");
    /// assert!((rbm.weights.std(0.0) - 0.01).abs() < 0.001);
    /// ```
    #[track_caller]
    pub fn new(visible: usize, hidden: usize, rng: &mut impl rand::Rng) -> Rbm {
        assert!(visible > 0 && hidden > 0, "Rbm::new({visible}, {hidden}, …): each layer needs at least one unit");
        let normal = Normal::new(0.0, 0.01);
        Rbm {
            weights: Array2::from_shape_simple_fn((visible, hidden), || normal.sample(rng)),
            visible_bias: Array1::zeros(visible),
            hidden_bias: Array1::zeros(hidden),
        }
    }

    /// The energy E(v, h) = −a·v − b·h − v·W·h of each row of `visible` with the same row of `hidden`.
    ///
    /// When one of the two has a single row, that row goes with every row of the other.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each unit, or the numbers of rows do not go together.
    ///
    /// ```
    /// use dl_interview::models::{Rbm, binary_states};
    /// use ndarray::array;
    ///
    /// let rbm = Rbm { weights: array![[5.0], [7.0]], visible_bias: array![1.0, 2.0], hidden_bias: array![3.0] };
    /// // h = 0: −2. h = 1: −2 − 3 − 7.
    /// assert_eq!(rbm.energy(&array![[0.0, 1.0]], &binary_states(1)), array![-2.0, -12.0]);
    /// ```
    #[track_caller]
    pub fn energy(&self, visible: &Array2<Real>, hidden: &Array2<Real>) -> Array1<Real> {
        check_units("energy", "visible", visible.view(), self.visible_bias.len());
        check_units("energy", "hidden", hidden.view(), self.hidden_bias.len());
        let (rows, others) = (visible.nrows(), hidden.nrows());
        assert!(
            rows == others || rows == 1 || others == 1,
            "energy: {rows} visible and {others} hidden rows; give as many of both, or a single row of one"
        );
        let interaction = (visible.dot(&self.weights) * hidden).sum_axis(Axis(1));
        -(visible.dot(&self.visible_bias) + hidden.dot(&self.hidden_bias) + interaction)
    }

    /// The free energy F(v) = −ln Σₕ exp(−E(v, h)) = −a·v − Σⱼ ln(1 + exp(bⱼ + (v·W)ⱼ)) of each row.
    ///
    /// p(v) = exp(−F(v)) / Z: the lower, the more probable, and differences need no Z.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::models::Rbm;
    /// use ndarray::array;
    ///
    /// let rbm = Rbm { weights: array![[5.0], [7.0]], visible_bias: array![1.0, 2.0], hidden_bias: array![-1000.0] };
    /// // The hidden unit never comes on, so that only a·v is left.
    /// assert_eq!(rbm.free_energy(&array![[0.0, 1.0], [1.0, 1.0]]), array![-2.0, -3.0]);
    /// ```
    #[track_caller]
    pub fn free_energy(&self, visible: &Array2<Real>) -> Array1<Real> {
        check_units("free_energy", "visible", visible.view(), self.visible_bias.len());
        let inputs = visible.dot(&self.weights) + &self.hidden_bias;
        -(visible.dot(&self.visible_bias) + inputs.mapv(softplus).sum_axis(Axis(1)))
    }

    /// p(hⱼ = 1 | v) = σ(bⱼ + (v·W)ⱼ): n × hidden from n × visible; the features of an image.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::models::Rbm;
    /// use ndarray::array;
    ///
    /// let rbm = Rbm { weights: array![[2.0], [-2.0]], visible_bias: array![0.0, 0.0], hidden_bias: array![2.0] };
    /// assert_eq!(rbm.hidden_probabilities(&array![[0.0, 1.0]]), array![[0.5]]);
    /// ```
    #[track_caller]
    pub fn hidden_probabilities(&self, visible: &Array2<Real>) -> Array2<Real> {
        check_units("hidden_probabilities", "visible", visible.view(), self.visible_bias.len());
        (visible.dot(&self.weights) + &self.hidden_bias).mapv_into(sigmoid)
    }

    /// p(vᵢ = 1 | h) = σ(aᵢ + (W·h)ᵢ): n × visible from n × hidden.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each hidden unit.
    ///
    /// ```
    /// use dl_interview::models::Rbm;
    /// use ndarray::array;
    ///
    /// let rbm = Rbm { weights: array![[2.0], [3.0]], visible_bias: array![-2.0, -3.0], hidden_bias: array![0.0] };
    /// assert_eq!(rbm.visible_probabilities(&array![[1.0]]), array![[0.5, 0.5]]);
    /// ```
    #[track_caller]
    pub fn visible_probabilities(&self, hidden: &Array2<Real>) -> Array2<Real> {
        check_units("visible_probabilities", "hidden", hidden.view(), self.hidden_bias.len());
        (hidden.dot(&self.weights.t()) + &self.visible_bias).mapv_into(sigmoid)
    }
}

impl fmt::Debug for Rbm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rbm({} visible, {} hidden units)", self.visible_bias.len(), self.hidden_bias.len())
    }
}
