//! Values sorted into bins: what every histogram is made of.

use super::axis::extent;
use super::axis_name::misfit;
use super::number::number;
use super::words_of_lines::{left_out, quoted};

/// The fewest and the most bins of values that are not whole.
const FEWEST: usize = 10;
const MOST: usize = 60;

/// One set of values, sorted, without those that cannot be drawn.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
    /// What was left out, in words.
    pub(super) note: Option<String>,
}

impl Sample {
    pub(super) fn new<V: Into<f64> + Copy>(name: &str, values: &[V]) -> Self {
        let all: Vec<f64> = values.iter().map(|value| (*value).into()).collect();
        let note = left_out(&quoted(name), all.len(), all.iter().filter_map(|value| misfit(*value, false)));
        let mut values: Vec<f64> = all.into_iter().filter(|value| misfit(*value, false).is_none()).collect();
        values.sort_by(f64::total_cmp);
        Self { name: name.into(), values, note }
    }

    pub(super) fn mean(&self) -> f64 {
        let n = self.values.len() as f64;
        self.values.iter().map(|value| value / n).sum()
    }

    /// The standard deviation of the values themselves, by n.
    pub(super) fn deviation(&self) -> f64 {
        let (mean, n) = (self.mean(), self.values.len() as f64);
        let scale = self.values.iter().map(|value| (value - mean).abs()).fold(0.0, f64::max);
        if scale == 0.0 {
            return 0.0;
        }
        // Divided by the largest, no square overflows.
        scale * (self.values.iter().map(|value| ((value - mean) / scale).powi(2)).sum::<f64>() / n).sqrt()
    }

    fn quantile(&self, share: f64) -> f64 {
        self.values[((self.values.len() - 1) as f64 * share).round() as usize]
    }

    /// In words, for a text alternative.
    pub(super) fn said(&self) -> String {
        if self.values.is_empty() {
            return format!("“{}”: no values", self.name);
        }
        let (low, high) = extent(&self.values);
        format!(
            "“{}”: {} values from {} to {}, mean {}, standard deviation {}",
            self.name,
            self.values.len(),
            number(low),
            number(high),
            number(self.mean()),
            number(self.deviation())
        )
    }
}

/// Bins of equal width, from `low` on, the same for all sets of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bins {
    pub(super) low: f64,
    pub(super) width: f64,
    pub(super) count: usize,
    /// Whether each bin holds one whole number.
    pub(super) whole: bool,
}

impl Bins {
    /// Bins for `samples`, of which at least one has a value.
    ///
    /// Their width is the rule of Freedman & Diaconis 1981, "On the histogram as a density estimator: L₂ theory",
    /// Zeitschrift für Wahrscheinlichkeitstheorie: 2 IQR / ∛n, of several sets
    /// the geometric mean. They end at the 0.1 % quantiles
    /// where the tails beyond would take more than half of the range.
    pub(super) fn of(samples: &[Sample]) -> Self {
        let sets = || samples.iter().filter(|sample| !sample.values.is_empty());
        let all = sets().map(|set| (set.values[0], set.values[set.values.len() - 1]));
        let (low, high) = all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).expect("there is a value");
        let core = sets().map(|set| (set.quantile(0.001), set.quantile(0.999)));
        let core = core.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).expect("there is a value");
        let size = low.abs().max(high.abs());
        let is_flat = |(low, high): (f64, f64)| high - low <= (1e-9 * size).max(1e-290);
        if is_flat((low, high)) {
            let width = if size < 1e-280 { 0.1 } else { 0.1 * size };
            return Self { low: low - 0.5 * width, width, count: 1, whole: false };
        }
        let clipped = high - low > 2.0 * (core.1 - core.0) && !is_flat(core);
        let (low, high) = if clipped { core } else { (low, high) };
        let whole = sets().flat_map(|set| &set.values).all(|value| value.fract() == 0.0);
        if whole && high - low < MOST as f64 {
            return Self { low: low - 0.5, width: 1.0, count: (high - low) as usize + 1, whole };
        }
        let rule = |set: &Sample| 2.0 * (set.quantile(0.75) - set.quantile(0.25)) / (set.values.len() as f64).cbrt();
        let widths: Vec<f64> = sets().map(rule).filter(|width| *width > 0.0).map(f64::ln).collect();
        // Where more than half of the values are the same, the rule has no answer.
        let wanted = match widths.len() {
            0 => 30.0,
            n => ((high - low) / (widths.iter().sum::<f64>() / n as f64).exp()).round(),
        };
        let count = wanted.clamp(FEWEST as f64, MOST as f64) as usize;
        Self { low, width: (high - low) / count as f64, count, whole: false }
    }

    pub(super) fn high(&self) -> f64 {
        self.edge(self.count)
    }

    /// The left end of a bin.
    pub(super) fn edge(&self, bin: usize) -> f64 {
        self.low + bin as f64 * self.width
    }

    /// How many of the values are in each bin; values outside are in none.
    pub(super) fn counts<'a>(&self, values: impl IntoIterator<Item = &'a f64>) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        for value in values {
            let at = (value - self.low) / self.width;
            // The upper end belongs to the last bin, also where it was missed by rounding.
            if (-1e-9..=self.count as f64 + 1e-9).contains(&at) {
                counts[(at.max(0.0) as usize).min(self.count - 1)] += 1;
            }
        }
        counts
    }

    /// How many values lie outside, in words.
    pub(super) fn outside(&self, sample: &Sample) -> Option<String> {
        let all = sample.values.len();
        let inside: usize = self.counts(&sample.values).iter().sum();
        (inside < all).then(|| {
            let (low, high) = extent(&sample.values);
            format!(
                "{}: {} of {all} values lie outside the range drawn; they reach from {} to {}.",
                quoted(&sample.name),
                all - inside,
                number(low),
                number(high)
            )
        })
    }

    /// The outline of a histogram from the baseline, as corners (x, height).
    pub(super) fn outline(&self, heights: &[f64]) -> Vec<(f64, f64)> {
        let mut corners = vec![(self.low, 0.0)];
        for (bin, height) in heights.iter().enumerate() {
            for corner in [(self.edge(bin), *height), (self.edge(bin + 1), *height)] {
                // A bin as high as its neighbour needs no corner between them.
                let flat = corners.len() > 1 && corners[corners.len() - 1].1 == *height;
                if flat && corners[corners.len() - 2].1 == *height {
                    corners.pop();
                }
                corners.push(corner);
            }
        }
        corners.push((self.high(), 0.0));
        corners
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        Sample::new("a", values)
    }

    #[test]
    fn moments_are_right_at_any_scale() {
        for scale in [1e-200, 1.0, 1e280] {
            let one = sample(&[2.0 * scale, 4.0 * scale, 4.0 * scale, 6.0 * scale]);
            assert!((one.mean() / scale - 4.0).abs() < 1e-12);
            assert!((one.deviation() / scale - 2f64.sqrt()).abs() < 1e-12);
        }
    }

    #[test]
    fn every_value_is_in_one_bin() {
        let cases: [Vec<f64>; 6] = [
            (0..1000).map(|i| f64::from(i).sin()).collect(),
            vec![3.0],
            vec![0.0; 7],
            vec![-1e290, 1e290],
            vec![1e-300, 2e-300],
            vec![0.1, 0.2, 0.3, 1e9],
        ];
        for values in cases {
            let bins = Bins::of(&[sample(&values)]);
            assert_eq!(bins.counts(&values).iter().sum::<usize>(), values.len(), "{bins:?}");
            assert!(bins.width > 0.0 && bins.count <= MOST, "{bins:?}");
        }
    }

    #[test]
    fn an_edge_belongs_to_the_bin_at_its_right_and_the_last_one_to_the_last_bin() {
        let bins = Bins { low: 0.0, width: 0.5, count: 2, whole: false };
        assert_eq!(bins.counts(&[0.0, 0.5, 1.0, 1.1, -0.1]), [1, 2]);
    }

    #[test]
    fn the_width_is_that_of_freedman_and_diaconis() {
        // 8000 values spread evenly over 0 to 1: the quartiles are 0.5 apart, and 2 · 0.5 / 20 is 0.05.
        let even: Vec<f64> = (0..8000).map(|i| (f64::from(i) + 0.5) / 8000.0).collect();
        assert_eq!(Bins::of(&[sample(&even)]).count, 20);
        let few: Vec<f64> = even.iter().copied().step_by(1000).collect();
        assert_eq!(Bins::of(&[sample(&few)]).count, FEWEST);
    }

    #[test]
    fn whole_values_get_a_bin_each_and_flat_ones_a_single_one() {
        let bins = Bins::of(&[sample(&[0.0, 1.0, 1.0, 4.0])]);
        assert_eq!((bins.low, bins.width, bins.count), (-0.5, 1.0, 5));
        assert_eq!(bins.counts(&[0.0, 1.0, 1.0, 4.0]), [1, 2, 0, 0, 1]);
        assert_eq!(Bins::of(&[sample(&[0.3; 9])]).count, 1);
    }

    #[test]
    fn a_long_tail_is_clipped_and_counted() {
        let mut values: Vec<f64> = (0..5000).map(|i| f64::from(i) / 5000.0).collect();
        values[17] = 1000.0;
        let bins = Bins::of(&[sample(&values)]);
        assert!(bins.high() < 1.1, "{bins:?}");
        let said = bins.outside(&sample(&values)).unwrap();
        assert!(said.contains("of 5000 values lie outside") && said.contains("to 1000"), "{said}");
    }

    #[test]
    fn an_outline_has_no_needless_corners() {
        let bins = Bins { low: 0.0, width: 1.0, count: 4, whole: false };
        let corners = bins.outline(&[1.0, 1.0, 1.0, 2.0]);
        assert_eq!(corners, [(0.0, 0.0), (0.0, 1.0), (3.0, 1.0), (3.0, 2.0), (4.0, 2.0), (4.0, 0.0)]);
    }
}
