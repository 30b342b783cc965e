//! Dropout: noise that keeps units from relying on one another.

use ndarray::{ArrayD, IxDyn};
use rand::RngExt;

use super::{Real, Tensor};

impl Tensor {
    /// Each element set to 0 with probability `p`, and otherwise scaled by 1 / (1 − p), which keeps its expectation
    /// (*inverted* dropout: nothing is left to do when the network is used).
    ///
    /// In the paper p is the probability to keep, and the weights are multiplied by it when the network is used. Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, "Dropout: A Simple Way to Prevent Neural
    /// Networks from Overfitting", JMLR 15.
    ///
    /// # Panics
    ///
    /// When `p` does not lie in [0, 1).
    ///
    /// ```
    /// use dl_interview::{data::rng, tensor::Tensor};
    /// use ndarray::Array1;
    ///
    /// let y = Tensor::new(Array1::ones(1000)).dropout(0.5, &mut rng(42)).value();
    /// assert!(y.iter().all(|&y| y == 0.0 || y == 2.0));
    /// assert!((y.mean().unwrap() - 1.0).abs() < 0.1);
    /// ```
    #[track_caller]
    pub fn dropout(&self, p: Real, rng: &mut impl rand::Rng) -> Tensor {
        assert!((0.0..1.0).contains(&p), "dropout({p}): the probability to drop must lie in [0, 1), as 0.5 does");
        let (keep, scale) = (1.0 - p as f64, 1.0 / (1.0 - p));
        // Multiplied, not chosen: the processor would guess every second branch wrong.
        let factor = || scale * Real::from(u8::from(rng.random_bool(keep)));
        let mask = ArrayD::from_shape_simple_fn(IxDyn(&self.shape()), factor);
        let value = &self.shared() * &mask;
        let bytes = size_of_val(mask.as_slice().expect("the layout is standard"));
        Tensor::from_op("dropout", value, [self], move |grad, [x]| x.accumulate(|| grad * &mask)).keeping(bytes)
    }
}
