//! The restricted Boltzmann machine: one visible layer, one hidden layer, and no connection inside a layer.

mod exact;
mod training;

use std::fmt;

use ndarray::{Array1, Array2, Axis};
use rand::distr::Distribution;

use super::binary::{bernoulli, check_units, random_states, sigmoid, softplus};
use crate::data::Normal;
use crate::tensor::Real;

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

/// The direction in which the mean log-likelihood rises, or an estimate of it: a number for each parameter of an [`Rbm`].
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

    /// Zeros and ones drawn from p(h | v): n × hidden from n × visible.
    ///
    /// # Panics
    ///
    /// Those of [`hidden_probabilities`](Rbm::hidden_probabilities).
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::Rbm;
    /// # use ndarray::Array2;
    /// let mut rng = rng(42);
    /// let hidden = Rbm::new(6, 4, &mut rng).sample_hidden(&Array2::zeros((100, 6)), &mut rng);
    /// assert!((hidden.mean().unwrap() - 0.5).abs() < 0.1);
    /// ```
    #[track_caller]
    pub fn sample_hidden(&self, visible: &Array2<Real>, rng: &mut impl rand::Rng) -> Array2<Real> {
        bernoulli(self.hidden_probabilities(visible), rng)
    }

    /// Zeros and ones drawn from p(v | h): n × visible from n × hidden.
    ///
    /// # Panics
    ///
    /// Those of [`visible_probabilities`](Rbm::visible_probabilities).
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::Rbm;
    /// # use ndarray::Array2;
    /// let mut rng = rng(42);
    /// let visible = Rbm::new(6, 4, &mut rng).sample_visible(&Array2::zeros((100, 4)), &mut rng);
    /// assert!((visible.mean().unwrap() - 0.5).abs() < 0.1);
    /// ```
    #[track_caller]
    pub fn sample_visible(&self, hidden: &Array2<Real>, rng: &mut impl rand::Rng) -> Array2<Real> {
        bernoulli(self.visible_probabilities(hidden), rng)
    }

    /// `steps` steps of Gibbs sampling from each row of `visible`, all of h given v and then all of v given h: n × visible.
    ///
    /// After enough steps the rows are samples of the model, wherever they started. Source: Geman & Geman 1984,
    /// "Stochastic Relaxation, Gibbs Distributions, and the Bayesian Restoration of Images", IEEE Transactions on
    /// Pattern Analysis and Machine Intelligence 6(6).
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::Rbm;
    /// # use ndarray::Array2;
    /// let mut rng = rng(42);
    /// let mut rbm = Rbm::new(6, 4, &mut rng);
    /// rbm.visible_bias.fill(50.0); // every pixel wants ink
    /// assert_eq!(rbm.gibbs(&Array2::zeros((3, 6)), 1, &mut rng), Array2::ones((3, 6)));
    /// ```
    #[track_caller]
    pub fn gibbs(&self, visible: &Array2<Real>, steps: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        check_units("gibbs", "visible", visible.view(), self.visible_bias.len());
        let mut visible = visible.clone();
        for _ in 0..steps {
            let hidden = self.sample_hidden(&visible, rng);
            visible = self.sample_visible(&hidden, rng);
        }
        visible
    }

    /// `n` images that the model makes up: Gibbs chains of `steps` steps from random pixels, n × visible.
    ///
    /// For a smooth picture instead of zeros and ones, [`reconstruct`](Rbm::reconstruct) them.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::Rbm;
    /// let mut rng = rng(42);
    /// let images = Rbm::new(6, 4, &mut rng).sample(3, 100, &mut rng);
    /// assert_eq!(images.dim(), (3, 6));
    /// assert!(images.iter().all(|&pixel| pixel == 0.0 || pixel == 1.0));
    /// ```
    pub fn sample(&self, n: usize, steps: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        self.gibbs(&random_states(n, self.visible_bias.len(), rng), steps, rng)
    }

    /// What the hidden units kept of each image: p(v | h) at h = p(h | v), n × visible from n × visible.
    ///
    /// Probabilities stand for the hidden states (the mean field), so that nothing is left to chance.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::Rbm;
    /// # use ndarray::Array2;
    /// let untrained = Rbm::new(6, 4, &mut rng(42));
    /// let grey = untrained.reconstruct(&Array2::ones((1, 6)));
    /// assert!(grey.iter().all(|pixel| (pixel - 0.5).abs() < 0.02));
    /// ```
    #[track_caller]
    pub fn reconstruct(&self, visible: &Array2<Real>) -> Array2<Real> {
        self.visible_probabilities(&self.hidden_probabilities(visible))
    }

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
        assert!(
            gradient.weights.dim() == self.weights.dim(),
            "ascend: a gradient for {:?} weights, but the model has {:?}; use one that this model computed",
            gradient.weights.dim(),
            self.weights.dim()
        );
        self.weights.scaled_add(rate, &gradient.weights);
        self.visible_bias.scaled_add(rate, &gradient.visible_bias);
        self.hidden_bias.scaled_add(rate, &gradient.hidden_bias);
    }

    /// The means ⟨v h⟩, ⟨v⟩ and ⟨h⟩ over rows that count with these probabilities, given p(h | v) of each.
    fn means(visible: &Array2<Real>, hidden: &Array2<Real>, probabilities: &Array1<Real>) -> RbmGradient {
        let weighted = hidden * &probabilities.view().insert_axis(Axis(1));
        RbmGradient {
            weights: visible.t().dot(&weighted),
            visible_bias: visible.t().dot(probabilities),
            hidden_bias: weighted.sum_axis(Axis(0)),
        }
    }
}

impl RbmGradient {
    fn zeros(visible: usize, hidden: usize) -> RbmGradient {
        RbmGradient {
            weights: Array2::zeros((visible, hidden)),
            visible_bias: Array1::zeros(visible),
            hidden_bias: Array1::zeros(hidden),
        }
    }

    fn scale(&mut self, factor: Real) {
        self.weights *= factor;
        self.visible_bias *= factor;
        self.hidden_bias *= factor;
    }

    fn add(&mut self, factor: Real, other: &RbmGradient) {
        self.weights.scaled_add(factor, &other.weights);
        self.visible_bias.scaled_add(factor, &other.visible_bias);
        self.hidden_bias.scaled_add(factor, &other.hidden_bias);
    }
}

impl fmt::Debug for Rbm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rbm({} visible, {} hidden units)", self.visible_bias.len(), self.hidden_bias.len())
    }
}
