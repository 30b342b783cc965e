//! The same experiment under several seeds.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::claims::Measured;
use super::seed::seed;
use super::table::{Table, table};
use crate::plot::number::{number, significant};
use crate::progress::{is_interrupted, say_stopped};

/// Runs an experiment under several seeds, [`seed()`](super::seed()), `seed() + 1`, …, and keeps what each run measured:
/// a curve (a `Vec`, one value per epoch or step) or a single number.
///
/// From 2 to 12 seeds, each run says that it begins: `seed 43 (2 of 5)`. A closure can keep more than it returns, because
/// it may change what it captures: `nets.push(net)`. JupyterLab's stop button ends it; the runs that were complete by then are
/// kept.
///
/// # Panics
///
/// If `count` is 0, or if a run returns an empty curve. If a run panics, the message then names its seed. If the reader
/// stops the first run: a training that was cut short measures nothing.
///
/// ```
/// use dl_interview::notebook::over_seeds;
/// use dl_interview::prelude::*;
///
/// let runs = over_seeds(5, |seed| {
///     let mut random = rng(seed);
///     (1..=10).map(|epoch| 1.0 / epoch as f64 + 0.01 * random.random::<f64>()).collect::<Vec<f64>>()
/// });
/// let [mean, low, high] = runs.band();
/// assert_eq!((mean.len(), runs.seeds().len()), (10, 5));
/// assert!(low[9] < mean[9] && mean[9] < high[9]);
/// ```
#[track_caller]
pub fn over_seeds<V: Outcome>(count: usize, mut run: impl FnMut(u64) -> V) -> Runs {
    assert!(count > 0, "over_seeds(0, …): no run measures nothing; give 1 seed or more");
    // Wrapping, because the notebook's seed may be any number.
    let mut seeds: Vec<u64> = (0..count as u64).map(|i| seed().wrapping_add(i)).collect();
    let mut values = Vec::with_capacity(count);
    for (i, seed) in seeds.clone().into_iter().enumerate() {
        let which = format!("seed {seed} ({} of {count})", i + 1);
        if (2..=LINES).contains(&count) {
            println!("{which}");
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| run(seed).values()))
            .unwrap_or_else(|panic| resume_unwind(with_place(panic, &which)));
        if is_interrupted() {
            assert!(
                !values.is_empty(),
                "over_seeds: stopped in the first run, which measures nothing; run the cell again"
            );
            say_stopped(&which, if i == 1 { "the run before is kept" } else { "the runs before are kept" });
            seeds.truncate(i);
            break;
        }
        assert!(!outcome.is_empty(), "over_seeds: the run under {which} returned no values; return one or more");
        values.push(outcome);
    }
    Runs { seeds, values }
}

/// Lines of progress at the most: more would push the cell's result off the screen.
const LINES: usize = 12;

/// The panic of a run, with its seed. The panic hook has printed the message already, so this prints only the place,
/// indented like every further line of a panic.
fn with_place(panic: Box<dyn Any + Send>, which: &str) -> Box<dyn Any + Send> {
    println!("  in the run under {which}");
    let message = panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|text| text.to_string()));
    match message {
        Some(message) => Box::new(format!("{message}\n  in the run under {which}")),
        None => panic,
    }
}

/// What several runs measured, one per seed; made by [`over_seeds`].
///
/// A run may be shorter than another, for example when it stopped early. The statistics of a position are those of the
/// runs that got that far, and [`count`](Runs::count) tells how many: where it falls, a mean can jump, although no run
/// did. A position where a run measured NaN has the mean NaN: without that run it would flatter.
///
/// ```
/// use dl_interview::notebook::over_seeds;
///
/// let runs = over_seeds(3, |seed| seed as f64);
/// assert_eq!(runs.seeds(), [42, 43, 44]);
/// assert_eq!((runs.mean(), runs.spread()), (vec![43.0], vec![1.0]));
/// ```
#[derive(Clone, PartialEq)]
pub struct Runs {
    seeds: Vec<u64>,
    values: Vec<Vec<f64>>,
}

impl Runs {
    /// The seed of each run.
    ///
    /// ```
    /// assert_eq!(dl_interview::notebook::over_seeds(2, |_| 0.0).seeds(), [42, 43]);
    /// ```
    pub fn seeds(&self) -> Vec<u64> {
        self.seeds.clone()
    }

    /// What each run measured, in the order of the seeds.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(2, |seed| vec![0, seed]);
    /// assert_eq!(runs.values(), [[0.0, 42.0], [0.0, 43.0]]);
    /// ```
    pub fn values(&self) -> Vec<Vec<f64>> {
        self.values.clone()
    }

    /// The last value of each run: what to make a claim about, or to compare.
    ///
    /// ```
    /// use dl_interview::notebook::{Claims, over_seeds};
    ///
    /// let runs = over_seeds(3, |seed| vec![0.1, 0.97 + 1e-4 * seed as f64]);
    /// let mut claims = Claims::of("18-0", 1);
    /// claims.that_all("18-0.a", "Every seed reaches 97 %", &runs.last()).is_at_least(0.97);
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn last(&self) -> Vec<f64> {
        self.values.iter().map(|run| run[run.len() - 1]).collect()
    }

    /// How many runs got as far as each position.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(2, |seed| vec![0.5; if seed == 42 { 3 } else { 1 }]);
    /// assert_eq!(runs.count(), [2, 1, 1]);
    /// ```
    pub fn count(&self) -> Vec<usize> {
        self.per_position(|values| values.len())
    }

    /// The mean of each position.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(2, |seed| vec![1.0, seed as f64]);
    /// assert_eq!(runs.mean(), [1.0, 42.5]);
    /// ```
    pub fn mean(&self) -> Vec<f64> {
        self.per_position(mean)
    }

    /// The spread of each position: the sample standard deviation √(Σ(x − mean)² / (n − 1)); NaN for a single run.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(3, |seed| seed as f64);
    /// assert_eq!(runs.spread(), [1.0]);
    /// assert!(dl_interview::notebook::over_seeds(1, |_| 0.5).spread()[0].is_nan());
    /// ```
    pub fn spread(&self) -> Vec<f64> {
        self.per_position(spread)
    }

    /// The lowest value of each position.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(3, |seed| seed as f64);
    /// assert_eq!(runs.lowest(), [42.0]);
    /// ```
    pub fn lowest(&self) -> Vec<f64> {
        self.per_position(|values| extreme(values, f64::min))
    }

    /// The highest value of each position.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(3, |seed| seed as f64);
    /// assert_eq!(runs.highest(), [44.0]);
    /// ```
    pub fn highest(&self) -> Vec<f64> {
        self.per_position(|values| extreme(values, f64::max))
    }

    /// What a band in a chart shows: the mean, the mean − spread, and the mean + spread of each position. Where only one
    /// run is left the band is closed.
    ///
    /// ```
    /// let [mean, low, high] = dl_interview::notebook::over_seeds(3, |seed| seed as f64).band();
    /// assert_eq!([low[0], mean[0], high[0]], [42.0, 43.0, 44.0]);
    /// ```
    pub fn band(&self) -> [Vec<f64>; 3] {
        let half = |values: &[f64]| if values.len() == 1 { 0.0 } else { spread(values) };
        [
            self.mean(),
            self.per_position(|values| mean(values) - half(values)),
            self.per_position(|values| mean(values) + half(values)),
        ]
    }

    /// Mean, spread, lowest and highest of the runs' last values: a row of a table that compares experiments.
    ///
    /// ```
    /// use dl_interview::notebook::{number_table, over_seeds};
    ///
    /// let [slow, fast] = [0.9, 0.95].map(|base| over_seeds(3, |seed| base + seed as f64 * 0.001));
    /// let rows = [("slow", slow.summary()), ("fast", fast.summary())];
    /// let shown = number_table(&["rate", "mean", "spread", "lowest", "highest"], &rows).highest_is_best("mean");
    /// assert!(shown.text().contains("fast  ★ 0.993   0.001   0.992    0.994"));
    /// ```
    pub fn summary(&self) -> [f64; 4] {
        let last = self.last();
        [mean(&last), spread(&last), extreme(&last, f64::min), extreme(&last, f64::max)]
    }

    /// The statistics of each position; of at most twelve positions, evenly spaced, with the first and the last.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(3, |seed| seed as f64);
    /// let shown = runs.table();
    /// assert_eq!(shown.text(), "mean ± spread  lowest  highest  runs\n\
    ///                           ─────────────  ──────  ───────  ────\n   \
    ///                              43.0 ± 1.0      42       44     3");
    /// ```
    pub fn table(&self) -> Table {
        let (count, mean, spread) = (self.count(), self.mean(), self.spread());
        let (lowest, highest) = (self.lowest(), self.highest());
        let is_single = count.len() == 1;
        let row = |i: usize| {
            let mean = plus_minus(mean[i], spread[i]);
            let cells = vec![mean, number(lowest[i]), number(highest[i]), count[i].to_string()];
            if is_single { cells } else { [vec![(i + 1).to_string()], cells].concat() }
        };
        let headers = ["position", "mean ± spread", "lowest", "highest", "runs"];
        let rows: Vec<_> = evenly_spaced(count.len()).into_iter().map(row).collect();
        table(&headers[usize::from(is_single)..], &rows)
    }

    /// Shows the table as the output of a cell; the kernel calls it.
    ///
    /// ```
    /// let runs = dl_interview::notebook::over_seeds(3, |seed| seed as f64);
    /// runs.evcxr_display();
    /// assert!(runs.table().text().contains("43.0 ± 1.0"));
    /// ```
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }

    /// Something about the values that the runs have at each position, as far as the longest run goes.
    fn per_position<T>(&self, what: impl Fn(&[f64]) -> T) -> Vec<T> {
        let longest = self.values.iter().map(Vec::len).max().unwrap_or(0);
        let at = |i: usize| self.values.iter().filter_map(|run| run.get(i).copied()).collect::<Vec<f64>>();
        (0..longest).map(|i| what(&at(i))).collect()
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.seeds[0], self.seeds[self.seeds.len() - 1]);
        write!(f, "Runs({} under seeds {first} to {last}, last values {:?})", self.seeds.len(), self.last())
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn spread(values: &[f64]) -> f64 {
    let mean = mean(values);
    // 0 / 0 is the NaN of a single value.
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
}

/// `0.970 ± 0.012`: the spread with two digits, and the mean to the same decimal. A dash where there is no spread.
fn plus_minus(mean: f64, spread: f64) -> String {
    let rounded = format!("{spread:.1e}");
    let exponent: Option<i32> = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse().ok());
    match exponent {
        Some(exponent) if spread > 0.0 && (-7..=1).contains(&exponent) => {
            let decimals = (1 - exponent) as usize;
            format!("{mean:.decimals$} ± {spread:.decimals$}")
        }
        Some(_) => format!("{} ± {}", number(mean), significant(spread, 2)),
        None => format!("{} ± –", number(mean)), // NaN or infinite
    }
}

/// The lowest or highest value; NaN if one is, which `f64::min` alone would pass over.
fn extreme(values: &[f64], better: fn(f64, f64) -> f64) -> f64 {
    let all = values.iter().copied();
    all.reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { better(a, b) }).unwrap_or(f64::NAN)
}

/// At most twelve of the numbers below `length`, with the first and the last.
fn evenly_spaced(length: usize) -> Vec<usize> {
    let rows = length.min(LINES);
    (0..rows).map(|i| if rows < 2 { 0 } else { i * (length - 1) / (rows - 1) }).collect()
}

/// What a run measures: a number, or a `Vec` of them.
///
/// ```
/// use dl_interview::notebook::Outcome;
///
/// assert_eq!(0.5_f32.values(), [0.5]);
/// assert_eq!(vec![1_usize, 2].values(), [1.0, 2.0]);
/// ```
pub trait Outcome {
    /// The numbers, one of them or more.
    ///
    /// ```
    /// assert_eq!(dl_interview::notebook::Outcome::values(7), [7.0]);
    /// ```
    fn values(self) -> Vec<f64>;
}

impl<X: Measured> Outcome for X {
    fn values(self) -> Vec<f64> {
        vec![self.measured()]
    }
}

impl<X: Measured> Outcome for Vec<X> {
    fn values(self) -> Vec<f64> {
        self.into_iter().map(Measured::measured).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_rounded_like_its_spread() {
        for (mean, spread, text) in [
            (0.97, 0.0123, "0.970 ± 0.012"),
            (0.97, 0.009_99, "0.970 ± 0.010"),
            (12.34, 9.96, "12 ± 10"),
            (12_345.6, 678.9, "12346 ± 679"),
            (0.5, 0.0, "0.5 ± 0"),
            (0.5, 1e-12, "0.5 ± 1e-12"),
            (0.5, f64::NAN, "0.5 ± –"),
            (f64::NAN, f64::NAN, "NaN ± –"),
        ] {
            assert_eq!(plus_minus(mean, spread), text);
        }
    }

    #[test]
    fn rows_are_spaced_evenly_from_the_first_to_the_last() {
        assert_eq!(evenly_spaced(1), [0]);
        assert_eq!(evenly_spaced(3), [0, 1, 2]);
        assert_eq!(evenly_spaced(23), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
    }
}
