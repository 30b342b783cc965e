//! Loss and accuracy by epoch.

use super::axis_name::log_axis;
use super::canvas;
use super::figure::Figure;
use super::lines::chart;
use super::panels::panels;
use super::series::{Series, curve, mark};
use crate::tensor::Real;
use crate::train::History;

/// A training at a glance: the loss by epoch, and beside it the accuracy if there is one, on training and validation
/// examples, with the best epoch marked.
///
/// If the training diverged, the figure says so; if it did in the first epoch, it shows the loss of each step.
///
/// ```
/// use dl_interview::plot::learning_curves;
/// use dl_interview::train::History;
///
/// let history = History { train_loss: vec![0.9, 0.4], valid_loss: vec![0.8, 0.5], ..History::default() };
/// let figure = learning_curves("Does it learn?", &history);
/// assert!(figure.alt().contains("“validation”: 2 values, first 0.8, last 0.5"));
/// ```
pub fn learning_curves(title: &str, history: &History) -> Figure {
    let said: Vec<String> = history
        .diverged
        .iter()
        .map(|(epoch, step)| {
            format!(
                "The training diverged: in epoch {epoch}, step {step}, the loss or its gradient was no longer finite."
            )
        })
        .collect();
    if history.epochs() == 0 {
        if history.diverged.is_none() {
            return canvas::words(title, "Nothing to draw: the history has no epoch yet.");
        }
        let steps = curve("training", &history.step_loss);
        return chart(title, "step".into(), log_axis("loss of the batch"), &[steps], said);
    }
    let both = |train: &[Real], valid: &[Real]| -> Vec<Series> {
        let mut series = vec![curve("training", train)];
        if !valid.is_empty() {
            series.push(curve("validation", valid));
            series.extend(history.best_epoch.map(|epoch| mark("best epoch", epoch as f64)));
        }
        series
    };
    let losses = both(&history.train_loss, &history.valid_loss);
    let accuracies = both(&history.train_accuracy, &history.valid_accuracy);
    if history.train_accuracy.is_empty() {
        return chart(title, "epoch".into(), "loss".into(), &losses, said);
    }
    let loss = chart("Loss", "epoch".into(), "loss".into(), &losses, said);
    let accuracy = chart("Accuracy", "epoch".into(), "share classified rightly".into(), &accuracies, Vec::new());
    panels(title, 2, &[loss, accuracy])
}
