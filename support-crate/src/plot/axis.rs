//! One axis of a chart: its ends, its round ticks and their labels.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::number::significant;

/// A linear axis. plotters has one too, but it hangs on an infinite range, panics on NaN, puts half epochs between
/// whole ones and writes `0.30000000000000004`.
#[derive(Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    step: f64,
}

impl Axis {
    /// An axis over finite `values`, widened by a share at each end, with whole ticks if all values are whole.
    pub(super) fn new(values: &[f64], share: f64, at_most: usize, whole: bool) -> Self {
        let (low, high) = extent(values);
        let (low, high) = padded(low, high, share);
        let (ticks, step) = ticks(low, high, at_most, whole);
        Self { low, high, ticks, step }
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = String> + '_ {
        self.ticks.iter().map(|tick| tick_label(*tick, self.step))
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + ((value - self.low) / (self.high - self.low) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        tick_label(*value, self.step)
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

    #[test]
    fn a_flat_range_is_opened() {
        assert_eq!(padded(0.0, 0.0, 0.05), (-1.0, 1.0));
        assert_eq!(padded(2.0, 2.0, 0.05), (1.0, 3.0));
        assert_eq!(padded(-4.0, -4.0, 0.05), (-6.0, -2.0));
    }
}
