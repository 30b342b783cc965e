//! How the learning rate changes in the course of training.

use std::f64::consts::PI;

use crate::tensor::Real;

/// A plan for the learning rate, as data: ask it for the rate before every step, or every epoch.
///
/// ```
/// use dl_interview::optim::{Optimizer, Schedule};
///
/// let mut optimizer = Optimizer::sgd(0.1);
/// let (base, total) = (optimizer.lr(), 100);
/// let schedule = Schedule::WarmUp { steps: 10, then: Box::new(Schedule::Cosine { to: 0.0 }) };
/// let mut rates = Vec::new();
/// for step in 0..total {
///     optimizer.set_lr(schedule.rate(base, step, total));
///     rates.push(optimizer.lr());
/// }
/// assert_eq!((rates[0], rates[9], rates[10]), (0.01, 0.1, 0.1));
/// assert!(rates[99] < 0.0001);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// The base rate throughout.
    Constant,
    /// The base rate times `factor` once more after every `every` steps: base · factor^⌊step / every⌋.
    Step {
        /// How many steps pass from one drop to the next.
        every: usize,
        /// What the rate is multiplied by, such as 0.1.
        factor: Real,
    },
    /// base · factor^step.
    Exponential {
        /// What the rate is multiplied by at every step, such as 0.99.
        factor: Real,
    },
    /// Half a wave of the cosine from the base rate down to `to`: to + (base − to) (1 + cos(π step / total)) / 2.
    ///
    /// Source: Loshchilov & Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR.
    Cosine {
        /// The rate at the end.
        to: Real,
    },
    /// base · (step + 1) / steps at first, so that the base rate is reached in the last of `steps`; then another
    /// schedule, which has the steps that are left for itself.
    ///
    /// Source: Goyal et al. 2017, "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", arXiv:1706.02677.
    WarmUp {
        /// How many steps the rise takes.
        steps: usize,
        /// What follows.
        then: Box<Schedule>,
    },
    /// From base / 25 up to the base rate, which is the peak here, and down to base / 250 000, both along a cosine.
    ///
    /// The cosine and the factors 25 and 25 · 10⁴ are PyTorch's; the original goes up and down in straight lines. It also lowers
    /// the momentum while the rate is high; this does not.
    ///
    /// Source: Smith & Topin 2019, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    /// Rates", SPIE 11006.
    OneCycle {
        /// At which part of the training the peak lies, such as 0.3.
        peak_at: Real,
    },
}

impl Schedule {
    /// The learning rate for step `step` = 0, 1, 2, … of `total`, if the optimizer starts from `base`.
    ///
    /// Steps may just as well be epochs. After the last one the rate stays where it then is.
    ///
    /// # Panics
    ///
    /// When `base`, or one of the numbers of the schedule, is negative or not finite, `every`, `total` or `steps` is 0, or
    /// `peak_at` is not within 0..=1.
    ///
    /// ```
    /// use dl_interview::optim::Schedule;
    ///
    /// let schedule = Schedule::Step { every: 10, factor: 0.5 };
    /// assert_eq!(schedule.rate(0.8, 9, 100), 0.8);
    /// assert_eq!(schedule.rate(0.8, 25, 100), 0.2);
    /// ```
    #[track_caller]
    pub fn rate(&self, base: Real, step: usize, total: usize) -> Real {
        let not_negative = |name: &str, value: Real| {
            assert!(
                value >= 0.0 && value.is_finite(),
                "rate: {name} = {value} in {self:?} makes no learning rate; give a finite number of at least 0"
            );
            value as f64
        };
        let at_least_one = |name: &str, value: usize| {
            assert!(value > 0, "rate: {name} = 0 in {self:?} leaves nothing to plan; give 1 or more");
            value
        };
        let top = not_negative("base", base);
        let done = step.min(at_least_one("total", total)) as f64;
        let rate = match self {
            Schedule::Constant => top,
            Schedule::Step { every, factor } => {
                let drops = step.min(total) / at_least_one("every", *every);
                top * not_negative("factor", *factor).powf(drops as f64)
            }
            Schedule::Exponential { factor } => top * not_negative("factor", *factor).powf(done),
            Schedule::Cosine { to } => cosine(top, not_negative("to", *to), done / total as f64),
            Schedule::WarmUp { steps, .. } if step < *steps => top * (step + 1) as f64 / *steps as f64,
            Schedule::WarmUp { steps, then } => {
                return then.rate(base, step - at_least_one("steps", *steps), total.saturating_sub(*steps).max(1));
            }
            Schedule::OneCycle { peak_at } => {
                let part = not_negative("peak_at", *peak_at);
                assert!(part <= 1.0, "rate: peak_at = {peak_at} lies after the end; give a part of 1, such as 0.3");
                let (peak, last) = (part * total as f64 - 1.0, total as f64 - 1.0);
                let done = done.min(last);
                match done <= peak {
                    true if peak > 0.0 => cosine(top / 25.0, top, done / peak),
                    true => top,
                    false => cosine(top, top / 250_000.0, (done - peak) / (last - peak)),
                }
            }
        };
        rate as Real
    }
}

/// From `from` at 0 to `to` at 1 along half a wave.
fn cosine(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * part).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_close(rate: Real, expected: f64) {
        assert!((rate as f64 - expected).abs() < 1e-6 * expected, "{rate} is not {expected}");
    }

    #[test]
    fn the_landmarks() {
        assert_eq!(Schedule::Constant.rate(0.3, 7, 10), 0.3);
        assert_close(Schedule::Exponential { factor: 0.9 }.rate(1.0, 2, 10), 0.81);
        let cosine = Schedule::Cosine { to: 0.02 };
        assert_close(cosine.rate(0.1, 0, 10), 0.1);
        assert_close(cosine.rate(0.1, 5, 10), 0.06);
        assert_close(cosine.rate(0.1, 10, 10), 0.02);
        let cycle = Schedule::OneCycle { peak_at: 0.3 };
        assert_close(cycle.rate(1.0, 0, 100), 1.0 / 25.0);
        assert_close(cycle.rate(1.0, 29, 100), 1.0);
        assert_close(cycle.rate(1.0, 99, 100), 1.0 / 250_000.0);
    }

    #[test]
    fn after_the_end_the_rate_stays() {
        for schedule in [
            Schedule::Cosine { to: 0.01 },
            Schedule::OneCycle { peak_at: 0.3 },
            Schedule::Exponential { factor: 0.5 },
            Schedule::Step { every: 3, factor: 0.1 },
            Schedule::WarmUp { steps: 4, then: Box::new(Schedule::Cosine { to: 0.01 }) },
        ] {
            assert_eq!(schedule.rate(0.1, 10, 10), schedule.rate(0.1, 1000, 10), "{schedule:?}");
        }
    }

    #[test]
    fn a_cycle_of_few_steps_has_no_hole() {
        for total in 1..8 {
            for peak_at in [0.0, 0.3, 1.0] {
                for step in 0..=total {
                    let rate = Schedule::OneCycle { peak_at }.rate(1.0, step, total);
                    assert!((0.0..=1.0).contains(&rate), "{rate} at step {step} of {total}, peak at {peak_at}");
                }
            }
        }
    }

    #[test]
    fn a_warm_up_longer_than_the_training_still_rises() {
        let schedule = Schedule::WarmUp { steps: 20, then: Box::new(Schedule::Constant) };
        assert_close(schedule.rate(1.0, 9, 10), 0.5);
        assert_close(schedule.rate(1.0, 30, 10), 1.0);
    }

    #[test]
    #[should_panic(expected = "base = -0.1")]
    fn a_negative_base_is_refused() {
        Schedule::Constant.rate(-0.1, 0, 10);
    }

    #[test]
    #[should_panic(expected = "factor = NaN")]
    fn a_factor_that_is_no_number_is_refused() {
        Schedule::Exponential { factor: Real::NAN }.rate(0.1, 0, 10);
    }

    #[test]
    #[should_panic(expected = "every = 0")]
    fn steps_of_no_length_are_refused() {
        Schedule::Step { every: 0, factor: 0.1 }.rate(0.1, 0, 10);
    }

    #[test]
    #[should_panic(expected = "total = 0")]
    fn a_training_of_no_length_is_refused() {
        Schedule::Cosine { to: 0.0 }.rate(0.1, 0, 0);
    }

    #[test]
    #[should_panic(expected = "peak_at = 1.5")]
    fn a_peak_after_the_end_is_refused() {
        Schedule::OneCycle { peak_at: 1.5 }.rate(0.1, 0, 10);
    }
}
