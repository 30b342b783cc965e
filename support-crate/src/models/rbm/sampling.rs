//! Drawing states of the units.

use ndarray::Array2;

use super::Rbm;
use crate::models::binary::{bernoulli, check_units, random_states};
use crate::tensor::Real;

impl Rbm {
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

    /// `steps` steps of Gibbs sampling from each row of `visible`, all of h given v and then all of v given h: n ×
    /// visible.
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
    /// let images = rbm.gibbs(&Array2::zeros((3, 6)), 1, &mut rng);
    /// assert!(images.iter().all(|&pixel| pixel == 1.0));
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
}
