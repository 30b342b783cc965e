//! The learning-rate range test.

use crate::progress::{Progress, is_interrupted};
use crate::tensor::Real;

/// Which learning rates train, and from which on the loss explodes: one step at each of `steps` rates from `from` to
/// `to`, each a fixed factor above the one before. Gives the rates tried and the loss at each.
///
/// `train` takes one step at the rate it is given and returns the loss. The test ends early when the loss is no number
/// any more, or more than four times the lowest so far; that last loss is left out if it is not finite. Where the
/// loss is lowest the rate is already too high: a good one is about a tenth of that, or where the loss falls fastest. It
/// spoils the weights: start training anew afterwards. JupyterLab's stop button ends it, too.
///
/// Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", WACV.
///
/// # Panics
///
/// When not 0 < `from` < `to` < ∞, or `steps` < 2.
///
/// ```
/// use dl_interview::optim::{Optimizer, range_test};
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![1.0])];
/// let mut optimizer = Optimizer::sgd(0.0);
/// let (rates, losses) = range_test(0.001, 10.0, 41, |rate| {
///     optimizer.set_lr(rate);
///     optimizer.zero_grad(&w);
///     let loss = (&w[0] * &w[0]).sum();
///     loss.backward();
///     optimizer.step(&w);
///     loss.item()
/// });
/// assert_eq!(rates.len(), losses.len());
/// assert!(*rates.last().unwrap() > 1.0); // w² has the second derivative 2: beyond η = 2 / 2 it explodes
/// assert!(rates.len() < 41);
/// ```
#[track_caller]
pub fn range_test(from: Real, to: Real, steps: usize, mut train: impl FnMut(Real) -> Real) -> (Vec<Real>, Vec<Real>) {
    assert!(
        0.0 < from && from < to && to.is_finite() && steps >= 2,
        "range_test({from}, {to}, {steps}, …): give rates 0 < from < to, such as 1e-5 and 1.0, and at least 2 steps"
    );
    let growth = (to as f64 / from as f64).powf(1.0 / (steps - 1) as f64);
    let (mut rates, mut losses) = (Vec::new(), Vec::new());
    let mut lowest = Real::INFINITY;
    let mut progress = Progress::new(steps, 0.0, true);
    for step in 0..steps {
        let rate = (from as f64 * growth.powf(step as f64)) as Real;
        let loss = train(rate);
        if !loss.is_finite() {
            break;
        }
        rates.push(rate);
        losses.push(loss);
        lowest = lowest.min(loss);
        if loss > 4.0 * lowest && lowest > 0.0 {
            break;
        }
        if is_interrupted() {
            progress.say_stopped(
                format!("rate {rate:.2e}, step {} of {steps}", step + 1),
                "the losses until then are kept",
            );
            break;
        }
        progress.line((step + 1) as f64, || format!("step {} of {steps} · rate {rate:.2e} · loss {loss:.4}", step + 1));
    }
    (rates, losses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_grow_by_a_fixed_factor() {
        let (rates, losses) = range_test(0.001, 10.0, 5, |rate| rate);
        for (rate, expected) in rates.iter().zip([0.001, 0.01, 0.1, 1.0, 10.0]) {
            assert!((rate / expected - 1.0).abs() < 1e-5, "{rate} is not {expected}");
        }
        assert_eq!(losses.len(), 2); // 0.01 is more than four times 0.001
    }

    #[test]
    fn it_runs_to_the_end_if_nothing_explodes() {
        assert_eq!(range_test(0.1, 1.0, 7, |_| 2.0).1, [2.0; 7]);
        assert_eq!(range_test(0.1, 1.0, 7, |rate| -rate).0.len(), 7); // some losses are negative
    }

    #[test]
    fn it_ends_where_the_loss_is_no_number() {
        for wrong in [Real::NAN, Real::INFINITY] {
            let mut calls = 0;
            let (rates, losses) = range_test(0.1, 1.0, 7, |_| {
                calls += 1;
                if calls == 3 { wrong } else { 1.0 }
            });
            assert_eq!((rates.len(), losses, calls), (2, vec![1.0, 1.0], 3));
        }
    }

    #[test]
    #[should_panic(expected = "0 < from < to")]
    fn a_falling_range_is_refused() {
        range_test(1.0, 0.1, 10, |_| 1.0);
    }
}
