//! One set of values in a chart.

use super::axis_name::{AxisName, misfit};

/// What one call of [`lines`](super::lines()) draws under one name: a curve ([`curve`], [`curve_at`]), separate
/// [`points`], or a line to compare with ([`level`], [`mark`]).
///
/// ```
/// use dl_interview::plot::{Series, curve, points};
///
/// let both: Vec<Series> = vec![curve("mean", &[1.0, 2.0]), points("runs", &[1.0, 1.0], &[0.5, 1.5])];
/// assert_eq!(both.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    /// The lower and the upper bound at each point, or none at all.
    pub(super) band: Vec<(f64, f64)>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Curve,
    Points,
    /// A horizontal line: one point, of which only y counts.
    Level,
    /// A vertical line: one point, of which only x counts.
    Mark,
}

fn series(name: &str, points: Vec<(f64, f64)>, kind: Kind) -> Series {
    Series { name: name.into(), points, band: Vec::new(), kind }
}

/// A curve through `ys` at x = 1, 2, 3, …: one value per epoch or step.
///
/// It takes a `&Vec` or a slice of `f32` or `f64`. Where a value is not finite the curve has a gap.
///
/// ```
/// use dl_interview::plot::{curve, lines};
///
/// let losses: Vec<f32> = vec![2.3, 0.4, 0.2];
/// let figure = lines("Does it learn?", "epoch", "loss", &[curve("train", &losses)]);
/// assert!(figure.alt().contains("epoch from 1 to 3"));
/// ```
pub fn curve(name: &str, ys: &[impl Into<f64> + Copy]) -> Series {
    series(name, ys.iter().enumerate().map(|(i, y)| ((i + 1) as f64, (*y).into())).collect(), Kind::Curve)
}

/// A curve through the points (`xs[i]`, `ys[i]`), joined in the given order.
///
/// # Panics
///
/// If there are not as many `xs` as `ys`.
///
/// ```
/// use dl_interview::plot::{curve_at, lines, log_axis};
///
/// let loss = curve_at("after 3 epochs", &[0.001, 0.01, 0.1], &[0.9, 0.3, 2.3]);
/// let figure = lines("Which learning rate?", log_axis("learning rate"), "loss", &[loss]);
/// assert!(figure.alt().contains("learning rate (logarithmic) from 0.001 to 0.1"));
/// ```
#[track_caller]
pub fn curve_at(name: &str, xs: &[impl Into<f64> + Copy], ys: &[impl Into<f64> + Copy]) -> Series {
    series(name, zip("curve_at", name, xs, ys), Kind::Curve)
}

/// Separate points at (`xs[i]`, `ys[i]`).
///
/// # Panics
///
/// If there are not as many `xs` as `ys`.
///
/// ```
/// use dl_interview::plot::{lines, points};
///
/// let runs = points("ten seeds", &[1.0, 2.0, 3.0], &[0.97, 0.98, 0.96]);
/// let figure = lines("How much does the seed matter?", "seed", "accuracy", &[runs]);
/// assert!(figure.alt().contains("seed from 1 to 3"));
/// ```
#[track_caller]
pub fn points(name: &str, xs: &[impl Into<f64> + Copy], ys: &[impl Into<f64> + Copy]) -> Series {
    series(name, zip("points", name, xs, ys), Kind::Points)
}

/// A horizontal line to compare with: what guessing reaches, a bound, the loss of a known optimum.
///
/// It is dashed and grey, and the y axis reaches as far as the line.
///
/// ```
/// use dl_interview::plot::{curve, level, lines};
///
/// let series = [curve("network", &[0.3, 0.8, 0.9]), level("guessing", 0.1)];
/// let figure = lines("Better than guessing?", "epoch", "accuracy", &series);
/// assert!(figure.svg().contains(">guessing = 0.1</text>"));
/// ```
pub fn level(name: &str, y: impl Into<f64>) -> Series {
    series(name, vec![(0.0, y.into())], Kind::Level)
}

/// A vertical line at `x`, named at its top: where something happens, such as the best epoch.
///
/// It is dashed and grey, and the x axis reaches as far as the line.
///
/// ```
/// use dl_interview::plot::{curve, lines, mark};
///
/// let series = [curve("validation", &[0.9, 0.5, 0.7]), mark("best epoch", 2.0)];
/// let figure = lines("When to stop?", "epoch", "loss", &series);
/// assert!(figure.svg().contains(">best epoch = 2</text>"));
/// ```
pub fn mark(name: &str, x: impl Into<f64>) -> Series {
    series(name, vec![(x.into(), 0.0)], Kind::Mark)
}

#[track_caller]
fn zip(caller: &str, name: &str, xs: &[impl Into<f64> + Copy], ys: &[impl Into<f64> + Copy]) -> Vec<(f64, f64)> {
    let (n, m) = (xs.len(), ys.len());
    assert_eq!(n, m, "{caller}(\"{name}\"): {n} xs and {m} ys, but each point needs one of both");
    xs.iter().zip(ys).map(|(x, y)| ((*x).into(), (*y).into())).collect()
}

/// Whether a point can be drawn, once [`Series::on`] has taken out what cannot.
pub(super) fn drawable((x, y): &(f64, f64)) -> bool {
    x.is_finite() && y.is_finite()
}

impl Series {
    /// The same curve with a translucent band from `low[i]` to `high[i]`: the mean over seeds ± its spread.
    ///
    /// Where a bound is not finite the band has a gap; on a logarithmic axis a lower bound of 0 or below is the edge.
    ///
    /// # Panics
    ///
    /// If this is no curve, or there are not as many bounds as values.
    ///
    /// ```
    /// use dl_interview::plot::{curve, lines};
    ///
    /// let loss = curve("mean of 5 seeds", &[2.3, 0.5, 0.3]).band(&[2.2, 0.4, 0.2], &[2.4, 0.6, 0.4]);
    /// let figure = lines("Does the seed matter?", "epoch", "loss", &[loss]);
    /// assert!(figure.alt().contains("its band at last from 0.2 to 0.4"));
    /// ```
    #[track_caller]
    pub fn band(mut self, low: &[impl Into<f64> + Copy], high: &[impl Into<f64> + Copy]) -> Series {
        let (name, n) = (&self.name, self.points.len());
        assert!(self.kind == Kind::Curve, "band: “{name}” is no curve; make it by curve or curve_at");
        assert!(
            low.len() == n && high.len() == n,
            "band: “{name}” has {n} values, but {} lower and {} upper bounds; give one of both for each value",
            low.len(),
            high.len()
        );
        self.band = low.iter().zip(high).map(|(low, high)| ((*low).into(), (*high).into())).collect();
        self
    }

    /// The curve of the mean of every `window` values in a row, drawn at their middle: a noisy loss per step becomes
    /// readable. If the values do not come out even, the first mean is of fewer.
    ///
    /// # Panics
    ///
    /// If `window` is 0.
    ///
    /// ```
    /// use dl_interview::plot::{curve, lines};
    ///
    /// let loss = curve("mean of 2 steps", &[4.0, 2.0, 3.0, 1.0]).averaged(2);
    /// let figure = lines("Does it fall?", "step", "loss", &[loss]);
    /// assert!(figure.alt().contains("2 values, first 3, last 2"));
    /// ```
    #[track_caller]
    pub fn averaged(mut self, window: usize) -> Series {
        assert!(window > 0, "averaged: the mean of 0 values does not exist; give a window of 1 or more");
        let mean = |chunk: &[(f64, f64)]| {
            let n = chunk.len() as f64;
            chunk.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n))
        };
        let both = |points: &[(f64, f64)]| points.rchunks(window).rev().map(mean).collect();
        (self.points, self.band) = (both(&self.points), both(&self.band));
        self
    }

    /// The series as it can be drawn over these axes: what has no place there is NaN.
    pub(super) fn on(&self, x_axis: &AxisName, y_axis: &AxisName) -> Series {
        let misfits = |(x, y): (f64, f64)| misfit(x, x_axis.log).is_some() || misfit(y, y_axis.log).is_some();
        let nothing = (f64::NAN, f64::NAN);
        let band = self.band.iter().map(|&(low, high)| {
            let hidden = misfit(low, false).or(misfit(high, y_axis.log)).is_some();
            if hidden { nothing } else { (low, high) }
        });
        Series {
            name: self.name.clone(),
            points: self.points.iter().map(|&point| if misfits(point) { nothing } else { point }).collect(),
            band: band.collect(),
            kind: self.kind,
        }
    }

    /// Whether this is a curve or a cloud, not a line to compare with.
    pub(super) fn is_data(&self) -> bool {
        matches!(self.kind, Kind::Curve | Kind::Points)
    }

    pub(super) fn joined(&self) -> bool {
        self.kind == Kind::Curve
    }

    pub(super) fn drawable(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.points.iter().copied().filter(drawable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_logarithmic_axis_nothing_is_left_at_zero() {
        let band = curve("a", &[1.0, 0.0, -1.0]).band(&[0.5, -1.0, -2.0], &[2.0, 1.0, 0.0]);
        let drawn = band.on(&"x".into(), &crate::plot::log_axis("y"));
        assert_eq!(drawn.drawable().count(), 1);
        assert_eq!(drawn.band[..2], [(0.5, 2.0), (-1.0, 1.0)], "a lower bound below 0 is the edge of the axis");
        assert!(drawn.band[2].0.is_nan());
    }

    #[test]
    fn averages_are_of_whole_windows_at_the_end() {
        let mean = curve("a", &[9.0, 1.0, 3.0, 5.0, 7.0]).averaged(2);
        assert_eq!(mean.points, [(1.0, 9.0), (2.5, 2.0), (4.5, 6.0)]);
    }

    #[test]
    #[should_panic(expected = "“a” has 2 values, but 2 lower and 1 upper bounds")]
    fn a_band_needs_both_bounds_of_each_value() {
        let _ = curve("a", &[1.0, 2.0]).band(&[0.0, 1.0], &[2.0]);
    }

    #[test]
    #[should_panic(expected = "“a” is no curve")]
    fn a_band_needs_a_curve() {
        let _ = level("a", 1.0).band(&[0.0], &[2.0]);
    }

    #[test]
    #[should_panic(expected = "curve_at(\"a\"): 1 xs and 2 ys")]
    fn a_curve_needs_as_many_xs_as_ys() {
        curve_at("a", &[1.0], &[1.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "points(\"a\"): 2 xs and 1 ys")]
    fn points_need_as_many_xs_as_ys() {
        points("a", &[1.0, 2.0], &[1.0]);
    }
}
