//! One axis of a chart: its ends, its round ticks and their labels.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::axis_name::AxisName;
use super::number::significant;

/// An axis, linear or logarithmic. plotters has both too, but they hang on an infinite range, panic on NaN, put half
/// epochs between whole ones, write `0.30000000000000004`, and leave a decade without any label.
#[derive(Clone)]
pub(super) struct Axis {
    /// The ends; on a logarithmic axis, their exponents of ten.
    low: f64,
    high: f64,
    log: bool,
    ticks: Vec<(f64, String)>,
    /// Where faint lines help to see that the axis is logarithmic.
    between: Vec<f64>,
}

impl Axis {
    /// An axis over finite `values`, widened by a share at each end, with whole ticks if all values are whole.
    pub(super) fn new(values: &[f64], share: f64, at_most: usize, whole: bool) -> Self {
        let (low, high) = extent(values);
        let (low, high) = padded(low, high, share);
        Self::linear(low, high, at_most, whole)
    }

    /// An axis from 0, for what is counted: nothing lies under it.
    pub(super) fn from_zero(high: f64, at_most: usize, whole: bool) -> Self {
        Self::linear(0.0, if high > 1e-290 { 1.05 * high } else { 1.0 }, at_most, whole)
    }

    /// An axis of the kind that its name asks for; a logarithmic one needs `values` above 0.
    pub(super) fn named(name: &AxisName, values: &[f64], share: f64, at_most: usize, whole: bool) -> Self {
        if !name.log {
            return Self::new(values, share, at_most, whole);
        }
        let (low, high) = extent(values);
        let (low, high) = (low.log10(), high.log10());
        let room = if high - low <= 1e-9 { 0.2 } else { share * (high - low) };
        let (low, high) = (low - room, high + room);
        let (ticks, between) = log_ticks(low, high, at_most);
        Self { low, high, log: true, ticks, between }
    }

    fn linear(low: f64, high: f64, at_most: usize, whole: bool) -> Self {
        let (values, step) = ticks(low, high, at_most, whole);
        let ticks = values.into_iter().map(|value| (value, tick_label(value, step))).collect();
        Self { low, high, log: false, ticks, between: Vec::new() }
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = String> + '_ {
        self.ticks.iter().map(|(_, label)| label.clone())
    }

    /// The ticks: how far each is along the axis, from 0 to 1, and its label.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, &str)> + '_ {
        self.ticks.iter().map(|(value, label)| (self.share(*value), label.as_str()))
    }

    /// How far a value is along the axis: 0 at its low end, 1 at its high end.
    pub(super) fn share(&self, value: f64) -> f64 {
        // A band may reach below all that a logarithmic axis can show: it ends where the axis ends.
        let value = if self.log { value.log10().max(self.low) } else { value };
        (value - self.low) / (self.high - self.low)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.share(*value) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            self.between.clone()
        } else {
            self.ticks.iter().map(|(value, _)| *value).collect()
        }
    }

    fn range(&self) -> Range<f64> {
        if self.log { 10f64.powf(self.low)..10f64.powf(self.high) } else { self.low..self.high }
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|(tick, _)| tick == value).map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// The lowest and the highest of some values.
pub(super) fn extent(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)))
}

/// The round values of an axis from `low` to `high`, and the step between them: 1, 2 or 5 times a power of ten.
///
/// Needs `low < high`, both finite, further apart than rounding error (see [`padded`]).
fn ticks(low: f64, high: f64, at_most: usize, whole: bool) -> (Vec<f64>, f64) {
    let wanted = (high - low) / at_most as f64;
    let power = 10f64.powf(wanted.log10().floor());
    let mut step = [1.0, 2.0, 5.0]
        .map(|round| round * power)
        .into_iter()
        .find(|step| *step >= wanted * 0.999_999)
        .unwrap_or(10.0 * power);
    if whole {
        step = step.max(1.0);
    }
    let first = (low / step - 1e-6).ceil();
    let values =
        (0..=at_most).map(|i| (first + i as f64) * step).take_while(|value| *value <= high + step * 1e-6).collect();
    (values, step)
}

/// The ticks of a logarithmic axis between two exponents of ten, with their labels, and where faint lines go: at 1, 2 and
/// 5 of each decade if there is room for all, at 1 and 3 or at every k-th decade otherwise, at round values within one.
fn log_ticks(low: f64, high: f64, at_most: usize) -> (Vec<(f64, String)>, Vec<f64>) {
    let (first, last) = ((low - 1e-9).ceil() as i32, (high + 1e-9).floor() as i32);
    let inside = |value: &f64| (low - 1e-9..=high + 1e-9).contains(&value.log10());
    let at = |mantissas: &[i32]| -> Vec<f64> {
        // A power of ten read from text is the nearest number to it, which `powi` is not.
        let of = |decade| mantissas.iter().filter_map(move |mantissa| format!("{mantissa}e{decade}").parse().ok());
        (first - 1..=last).flat_map(of).filter(inside).collect()
    };
    let wide = high - low > 5.0;
    let labelled = |values: Vec<f64>| values.into_iter().map(|value| (value, significant(value, 4))).collect();
    let fine = if wide { Vec::new() } else { at(&[1, 2, 5]) };
    if !wide && fine.len() < 3 {
        let (values, step) = ticks(10f64.powf(low), 10f64.powf(high), at_most, false);
        return (values.into_iter().map(|value| (value, tick_label(value, step))).collect(), Vec::new());
    }
    let between = if wide { Vec::new() } else { at(&[2, 3, 4, 5, 6, 7, 8, 9]) };
    if !wide && fine.len() <= at_most {
        return (labelled(fine), between);
    }
    let whole = at(&[1]);
    let thirds = at(&[1, 3]);
    if whole.len() < 3 && thirds.len() <= at_most {
        return (labelled(thirds), between);
    }
    let every = |step: i32| -> Vec<f64> {
        whole.iter().copied().filter(|value| (value.log10().round() as i32) % step == 0).collect()
    };
    let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].map(every);
    (labelled(steps.into_iter().find(|values| values.len() <= at_most).unwrap_or_default()), between)
}

/// A tick's value with the digits that tell it from its neighbours, one `step` away.
fn tick_label(value: f64, step: f64) -> String {
    if value.abs() < step / 2.0 {
        return "0".into();
    }
    let size = value.abs().log10().floor();
    let finest = (step * 1.000_001).log10().floor();
    significant(value, (size - finest).clamp(0.0, 14.0) as usize + 1)
}

/// The range of an axis: the data's, widened by a share at each end so that nothing sits on the border. A flat
/// range is opened by half its value, or there would be nothing to divide by.
fn padded(low: f64, high: f64, share: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    // Below a billionth of the values themselves, a difference is rounding; below 1e-290, powers of ten run out.
    if high - low <= (1e-9 * size).max(1e-290) {
        let room = if size < 1e-290 { 1.0 } else { 0.5 * size };
        return (low - room, high + room);
    }
    (low - share * (high - low), high + share * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.8, 10.2, 10, true).0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!(ticks(0.0, 1.0, 5, false).1, 0.2);
        assert_eq!(ticks(0.5, 1.5, 5, true).0, [1.0]);
    }

    #[test]
    fn ticks_stay_few_and_distinct_at_any_scale() {
        for (low, high) in [(1e-280, 2e-280), (-1e290, 1e290), (1e9, 1e9 + 10.0), (-3e-8, 7e-8), (0.0, 1e-12)] {
            let (low, high) = padded(low, high, 0.05);
            let (values, step) = ticks(low, high, 6, false);
            assert!((2..=7).contains(&values.len()), "{low} to {high}: {values:?}");
            let mut labels: Vec<String> = values.iter().map(|v| tick_label(*v, step)).collect();
            labels.dedup();
            assert_eq!(labels.len(), values.len(), "{labels:?}");
        }
    }

    fn log_labels(low: f64, high: f64, at_most: usize) -> Vec<String> {
        Axis::named(&super::super::log_axis("x"), &[low, high], 0.05, at_most, false).labels().collect()
    }

    #[test]
    fn a_logarithmic_axis_names_its_decades() {
        assert_eq!(log_labels(1e-5, 1.0, 6), ["1e-5", "0.0001", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(log_labels(0.05, 2.0, 6), ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(log_labels(4e-4, 0.07, 6), ["0.001", "0.003", "0.01", "0.03"]);
        assert_eq!(log_labels(2.1, 2.9, 6), ["2.2", "2.4", "2.6", "2.8"]);
        assert_eq!(log_labels(1e-290, 1e290, 6), ["1e-200", "1", "1e200"]);
    }

    #[test]
    fn a_logarithmic_axis_always_has_labels() {
        let ends = [1e-290, 1e-45, 3e-8, 0.3, 0.99, 1.0, 1.000_000_1, 1.5, 7.0, 9.5, 12.0, 1e3, 4e9, 1e290];
        for (i, low) in ends.iter().enumerate() {
            for high in &ends[i..] {
                for at_most in [2, 3, 6, 10] {
                    let mut labels = log_labels(*low, *high, at_most);
                    assert!((1..=at_most + 1).contains(&labels.len()), "{low} to {high}: {labels:?}");
                    assert!(labels.len() > 1 || at_most < 6, "{low} to {high}: {labels:?}");
                    let all = labels.len();
                    labels.dedup();
                    assert_eq!(labels.len(), all, "{low} to {high}: {labels:?}");
                }
            }
        }
    }

    #[test]
    fn a_logarithmic_axis_puts_equal_ratios_at_equal_distances() {
        let axis = Axis::named(&super::super::log_axis("x"), &[1.0, 100.0], 0.0, 6, false);
        assert_eq!([0.0, 1.0, 10.0, 100.0].map(|x| axis.share(x)), [0.0, 0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_flat_range_is_opened() {
        assert_eq!(padded(0.0, 0.0, 0.05), (-1.0, 1.0));
        assert_eq!(padded(2.0, 2.0, 0.05), (1.0, 3.0));
        assert_eq!(padded(-4.0, -4.0, 0.05), (-6.0, -2.0));
    }
}
