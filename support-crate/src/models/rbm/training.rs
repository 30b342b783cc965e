//! Learning by contrastive divergence.

use ndarray::{Array1, Array2, Zip};

use super::{Rbm, RbmGradient};
use crate::data::{minibatches, rows};
use crate::models::binary::{bernoulli, check_units, random_states};
use crate::progress::{Progress, is_interrupted};
use crate::tensor::Real;

/// The knobs of [`Rbm::train`].
///
/// ```
/// use dl_interview::models::RbmTraining;
///
/// let knobs = RbmTraining { epochs: 5, persistent: true, ..Default::default() };
/// assert_eq!((knobs.epochs, knobs.batch, knobs.k, knobs.lr), (5, 64, 1, 0.1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RbmTraining {
    /// Passes over the data; 10.
    pub epochs: usize,
    /// Examples a step, and the number of persistent chains; 64.
    pub batch: usize,
    /// The learning rate ε; 0.1.
    pub lr: Real,
    /// Gibbs steps for each learning step, the k of CD-k and PCD-k; 1.
    pub k: usize,
    /// Whether the chains go on from one learning step to the next (PCD), or start at the data each time (CD); no.
    ///
    /// Chains that go on must keep up with the weights: they want a smaller rate, or more steps.
    pub persistent: bool,
    /// α of Δθ ← α Δθ + ε (gradient − λ θ), in 0..1; 0, that is none.
    pub momentum: Real,
    /// λ, the pull of the weights (not of the biases) towards 0; 0, that is none.
    pub weight_decay: Real,
    /// Whether a training of more than about two seconds prints up to a dozen lines on its way; yes.
    pub progress: bool,
}

impl Default for RbmTraining {
    fn default() -> RbmTraining {
        RbmTraining {
            epochs: 10,
            batch: 64,
            lr: 0.1,
            k: 1,
            persistent: false,
            momentum: 0.0,
            weight_decay: 0.0,
            progress: true,
        }
    }
}

impl RbmTraining {
    #[track_caller]
    fn check(&self) {
        let RbmTraining { batch, lr, k, momentum, weight_decay, .. } = *self;
        assert!(batch > 0, "RbmTraining: a batch of 0 never gets through the data; give 1 or more");
        assert!(
            k > 0,
            "RbmTraining: with k = 0 the model's samples are the data, and nothing is learned; give 1 or more"
        );
        assert!(lr.is_finite() && lr >= 0.0, "RbmTraining: a learning rate of {lr}; give a finite one of at least 0");
        assert!((0.0..1.0).contains(&momentum), "RbmTraining: momentum {momentum}; give one from 0 to below 1");
        assert!(
            weight_decay.is_finite() && weight_decay >= 0.0,
            "RbmTraining: weight_decay {weight_decay}; give a finite one of at least 0"
        );
    }
}

impl Rbm {
    /// Learns `inputs` (n × visible) in mini-batches; returns the reconstruction error of each epoch.
    ///
    /// Each step climbs ⟨v h⟩ of a batch − ⟨v h⟩ of Gibbs samples: after k steps from the batch itself (CD-k), or from
    /// chains that start at random pixels and are never reset (PCD-k, one chain for each example of a full batch).
    /// Visible and hidden states are sampled, the means use p(h | v). The error is the mean of (v − p(v | h))² over
    /// examples and pixels, h drawn from p(h | v): cheap to watch, but not what is minimized.
    ///
    /// Grey pixels are fine: a value in 0..=1 then is the probability of a one, the usual practice for MNIST (Hinton
    /// 2010, "A Practical Guide to Training Restricted Boltzmann Machines", UTML TR 2010-003).
    ///
    /// JupyterLab's stop button ends the training after the step it is at: the error of that epoch, the last one, is that of
    /// a part of the examples.
    ///
    /// Sources: Hinton 2002, "Training Products of Experts by Minimizing Contrastive Divergence", Neural Computation
    /// 14(8); Tieleman 2008, "Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient",
    /// ICML.
    ///
    /// # Panics
    ///
    /// When there is no example, a row does not have one value in 0..=1 for each visible unit, or a knob is out of
    /// range.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::{Rbm, RbmTraining};
    /// use ndarray::array;
    ///
    /// let mut rng = rng(42);
    /// let mut rbm = Rbm::new(4, 3, &mut rng);
    /// let patterns = array![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]];
    /// let errors = rbm.train(&patterns, &RbmTraining { epochs: 1000, ..Default::default() }, &mut rng);
    /// assert_eq!(errors.len(), 1000);
    /// assert!(errors[0] > 0.2 && errors[999] < 0.1);
    /// ```
    #[track_caller]
    pub fn train(&mut self, inputs: &Array2<Real>, training: &RbmTraining, rng: &mut impl rand::Rng) -> Vec<Real> {
        self.train_with(inputs, training, rng, |_| ())
    }

    /// [`train`](Rbm::train), and `after_epoch` sees the machine after each epoch, e.g. to note its log-likelihood.
    ///
    /// Unlike training in several calls, this keeps the persistent chains and the momentum.
    ///
    /// # Panics
    ///
    /// Those of [`train`](Rbm::train).
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::{Rbm, RbmTraining};
    /// use ndarray::array;
    ///
    /// let mut rng = rng(42);
    /// let mut rbm = Rbm::new(4, 3, &mut rng);
    /// let patterns = array![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]];
    /// let mut likelihoods = vec![];
    /// let knobs = RbmTraining { epochs: 1000, persistent: true, ..Default::default() };
    /// rbm.train_with(&patterns, &knobs, &mut rng, |rbm| likelihoods.push(rbm.log_likelihood(&patterns)));
    /// assert!(likelihoods[999] > likelihoods[0] + 1.0);
    /// ```
    #[track_caller]
    pub fn train_with(
        &mut self,
        inputs: &Array2<Real>,
        training: &RbmTraining,
        rng: &mut impl rand::Rng,
        after_epoch: impl FnMut(&Rbm),
    ) -> Vec<Real> {
        let operations = self.training_operations(inputs.nrows(), training);
        let mut progress = Progress::new(training.epochs, operations, training.progress);
        self.learn(inputs, training, rng, after_epoch, &mut progress)
    }

    pub(in crate::models) fn training_operations(&self, examples: usize, training: &RbmTraining) -> f64 {
        // Products with the weights: of the data 4, one of each layer for each Gibbs step, one of the samples.
        (2 * (5 + 2 * training.k) * self.weights.len()) as f64 * (examples * training.epochs) as f64
    }

    /// [`train_with`](Rbm::train_with) as a part of what `progress` tells about.
    #[track_caller]
    pub(in crate::models) fn learn(
        &mut self,
        inputs: &Array2<Real>,
        training: &RbmTraining,
        rng: &mut impl rand::Rng,
        mut after_epoch: impl FnMut(&Rbm),
        progress: &mut Progress,
    ) -> Vec<Real> {
        training.check();
        let (visible, hidden) = self.weights.dim();
        assert!(!inputs.is_empty(), "train: there is no example to learn from; give at least one");
        check_units("train", "visible", inputs.view(), visible);

        let mut chains = training.persistent.then(|| random_states(training.batch, visible, rng));
        let mut change = RbmGradient::zeros(visible, hidden);
        let mut errors = Vec::with_capacity(training.epochs);
        for epoch in 1..=training.epochs {
            let (mut error, mut seen) = (0.0, 0);
            let place = format!("epoch {epoch} of {}", training.epochs);
            let mut stopped = false;
            let batches = minibatches(inputs.nrows(), training.batch, rng);
            for (step, batch) in batches.iter().enumerate() {
                let data = rows(inputs, batch);
                let (mut gradient, reconstruction) = self.estimate(&data, training.k, chains.as_mut(), rng);
                gradient.weights.scaled_add(-training.weight_decay, &self.weights);
                change.scale(training.momentum);
                change.add(training.lr, &gradient);
                self.ascend(&change, 1.0);
                error += squared_distance(&data, &reconstruction);
                seen += data.len();
                let (step, steps) = (step + 1, batches.len());
                stopped = is_interrupted();
                if stopped {
                    let place = format!("{place}, step {step} of {steps}");
                    progress.say_stopped(place, "what was learned until then is kept");
                    break;
                }
                if step < steps {
                    let done = (epoch - 1) as f64 + step as f64 / steps as f64;
                    let error = error / seen as f64;
                    progress
                        .line(done, || format!("{place}, step {step} of {steps} · reconstruction error {error:.4}"));
                }
            }
            errors.push((error / seen as f64) as Real);
            after_epoch(self);
            if stopped {
                break;
            }
            progress.line(epoch as f64, || format!("{place} · reconstruction error {:.4}", error / seen as f64));
        }
        errors
    }

    /// An estimate of the gradient of the mean log-likelihood of `visible` (n × visible) by CD-k.
    ///
    /// ⟨v h⟩ of the data − ⟨v h⟩ after k Gibbs steps from the data. It is biased for small k, because the chains are
    /// still near the data, and exact in the mean for k → ∞. Source: Hinton 2002, Neural Computation 14(8).
    ///
    /// # Panics
    ///
    /// When `k` is 0, there is no row, or a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::Rbm;
    /// use ndarray::array;
    ///
    /// let mut rng = rng(42);
    /// let gradient = Rbm::new(3, 2, &mut rng).contrastive_divergence(&array![[1.0, 1.0, 0.0]], 1, &mut rng);
    /// // Data 1, sample 0 or 1.
    /// assert!(gradient.visible_bias[0] == 0.0 || gradient.visible_bias[0] == 1.0);
    /// ```
    #[track_caller]
    pub fn contrastive_divergence(&self, visible: &Array2<Real>, k: usize, rng: &mut impl rand::Rng) -> RbmGradient {
        assert!(k > 0, "contrastive_divergence(…, 0, …): without a Gibbs step the estimate is 0; give k = 1 or more");
        assert!(visible.nrows() > 0, "contrastive_divergence: there is no row; give at least one");
        check_units("contrastive_divergence", "visible", visible.view(), self.visible_bias.len());
        self.estimate(visible, k, None, rng).0
    }

    /// ⟨v h⟩ of the data − ⟨v h⟩ of the chains, after `k` more steps of the chains or from the data; and p(v | h) of
    /// the data.
    fn estimate(
        &self,
        data: &Array2<Real>,
        k: usize,
        chains: Option<&mut Array2<Real>>,
        rng: &mut impl rand::Rng,
    ) -> (RbmGradient, Array2<Real>) {
        let hidden = self.hidden_probabilities(data);
        let reconstruction = self.visible_probabilities(&bernoulli(hidden.clone(), rng));
        let samples = match chains {
            Some(chains) => {
                *chains = self.gibbs(chains, k, rng);
                chains.clone()
            }
            // Down to the reconstruction is the first of the k steps.
            None => self.gibbs(&bernoulli(reconstruction.clone(), rng), k - 1, rng),
        };
        let share = |rows: usize| Array1::from_elem(rows, 1.0 / rows as Real);
        let mut gradient = Rbm::means(data, &hidden, &share(data.nrows()));
        let model = Rbm::means(&samples, &self.hidden_probabilities(&samples), &share(samples.nrows()));
        gradient.add(-1.0, &model);
        (gradient, reconstruction)
    }
}

fn squared_distance(a: &Array2<Real>, b: &Array2<Real>) -> f64 {
    Zip::from(a).and(b).fold(0.0, |sum, &a, &b| sum + ((a - b) * (a - b)) as f64)
}
