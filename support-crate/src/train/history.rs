//! What training writes down.

use std::fmt;

use crate::plot::learning_curves;
use crate::tensor::Real;

/// The course of a training: one entry per epoch, or per step where it says so.
///
/// ```
/// use dl_interview::data::{blobs, rng};
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::train::{Fit, fit};
///
/// let data = blobs(200, &ndarray::array![[-2.0, 0.0], [2.0, 0.0]], 0.5, &mut rng(42));
/// let net = Net::new(vec![Layer::linear(2, 2, &mut rng(42))]);
/// let history = fit(&net, &data, None, &Fit { epochs: 3, ..Fit::default() });
/// assert_eq!(history.train_loss.len(), 3);
/// assert_eq!(history.step_loss.len(), 3 * 4); // 200 examples in batches of 64
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The mean loss over the batches of an epoch, each as it was met: before its own step, with dropout and batch
    /// statistics on.
    pub train_loss: Vec<Real>,
    /// The share of training examples classified rightly, likewise; empty in a regression.
    pub train_accuracy: Vec<Real>,
    /// The loss on the validation examples after the epoch; empty without them.
    pub valid_loss: Vec<Real>,
    /// The share of validation examples classified rightly after the epoch; empty in a regression or without them.
    pub valid_accuracy: Vec<Real>,
    /// The loss of each step, before it.
    pub step_loss: Vec<Real>,
    /// The norm of the gradient over all parameters, of each step, before any clipping.
    pub grad_norm: Vec<Real>,
    /// The learning rate of each step.
    pub lr: Vec<Real>,
    /// The norm of the gradient of each parameter, in the order of `Net::named_parameters`, in the last step of the epoch.
    pub grad_norms: Vec<Vec<Real>>,
    /// ‖Δw‖ / ‖w‖ of each parameter in the last step of the epoch; NaN where w was still 0, as biases are at first. A rule
    /// of thumb for weights says about 0.001.
    pub update_ratios: Vec<Vec<Real>>,
    /// The share of [dead units](super::dead_units) in each activation layer after the epoch.
    pub dead_units: Vec<Vec<Real>>,
    /// The epoch, from 1, with the lowest validation loss; with `patience`, the net has its weights.
    pub best_epoch: Option<usize>,
    /// The epoch and the step in it, both from 1, at which the loss or its gradient was no longer finite: the training ended
    /// before that step was taken (see `Fit::may_diverge`).
    pub diverged: Option<(usize, usize)>,
    /// The epoch and the step in it, both from 1, after which the reader ended the training with JupyterLab's stop button.
    /// That epoch counts like the others, though it saw only a part of the examples.
    pub stopped: Option<(usize, usize)>,
}

impl History {
    /// How many epochs there were; the last one of a training that was `stopped` is only a part of one.
    ///
    /// ```
    /// assert_eq!(dl_interview::train::History::default().epochs(), 0);
    /// ```
    pub fn epochs(&self) -> usize {
        self.train_loss.len()
    }

    /// Shows the [learning curves](crate::plot::learning_curves) as the output of a notebook cell; the kernel calls it.
    ///
    /// ```
    /// use dl_interview::train::History;
    ///
    /// let history = History { train_loss: vec![0.9, 0.4], ..History::default() };
    /// history.evcxr_display();
    /// assert_eq!(history.to_string(), "epoch 2 · loss 0.4000"); // the last epoch in words
    /// ```
    pub fn evcxr_display(&self) {
        learning_curves("The training", self).evcxr_display();
    }
}

/// One line: the last epoch.
impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.epochs())?;
        let mut say = |what: &str, values: &[Real]| match values.last() {
            Some(value) if what.contains("accuracy") => write!(f, " · {what} {:.2} %", 100.0 * value),
            Some(value) => write!(f, " · {what} {value:.4}"),
            None => Ok(()),
        };
        say("loss", &self.train_loss)?;
        say("validation loss", &self.valid_loss)?;
        let accuracy = if self.valid_accuracy.is_empty() { "accuracy" } else { "training accuracy" };
        say(accuracy, &self.train_accuracy)?;
        say("validation accuracy", &self.valid_accuracy)?;
        self.stopped.map_or(Ok(()), |(_, step)| write!(f, " · stopped after step {step}"))
    }
}
