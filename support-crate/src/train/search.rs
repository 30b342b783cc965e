//! Looking for hyperparameters: on a grid, or at random.

use ndarray::{Array2, s};
use rand::RngExt;

use crate::data::{Examples, stratified_folds};
use crate::progress::{Progress, is_interrupted};
use crate::tensor::Real;

/// The values that one hyperparameter may take: an interval, evenly spread or evenly in the logarithm.
///
/// ```
/// use dl_interview::train::Range;
///
/// let rate = Range::log(1e-4, 1.0);
/// assert!((rate.at(0.5) - 1e-2).abs() < 1e-6);
/// assert_eq!(Range::linear(0.0, 8.0).at(0.5), 4.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    from: Real,
    to: Real,
    log: bool,
}

impl Range {
    /// From `from` to `to`, evenly.
    ///
    /// # Panics
    ///
    /// When one of them is not finite, or `from` is not below `to`.
    ///
    /// ```
    /// use dl_interview::train::Range;
    ///
    /// assert_eq!(Range::linear(1.0, 3.0).at(1.0), 3.0);
    /// ```
    #[track_caller]
    pub fn linear(from: Real, to: Real) -> Range {
        assert!(
            from.is_finite() && to.is_finite() && from < to,
            "Range::linear({from}, {to}): give two finite numbers, the smaller one first"
        );
        Range { from, to, log: false }
    }

    /// From `from` to `to`, evenly in the logarithm: for learning rates and penalties, whose sizes matter.
    ///
    /// # Panics
    ///
    /// When one of them is not positive and finite, or `from` is not below `to`.
    ///
    /// ```
    /// use dl_interview::train::Range;
    ///
    /// assert!((Range::log(1.0, 100.0).at(0.5) - 10.0).abs() < 1e-4);
    /// ```
    #[track_caller]
    pub fn log(from: Real, to: Real) -> Range {
        assert!(
            from > 0.0 && to.is_finite() && from < to,
            "Range::log({from}, {to}): give two positive numbers, the smaller one first; 0 has no logarithm"
        );
        Range { from, to, log: true }
    }

    /// The value a `share` of the way along, 0 at the start and 1 at the end.
    ///
    /// ```
    /// use dl_interview::train::Range;
    ///
    /// assert_eq!(Range::linear(2.0, 4.0).at(0.25), 2.5);
    /// ```
    pub fn at(&self, share: Real) -> Real {
        if self.log {
            (self.from.ln() + share * (self.to / self.from).ln()).exp()
        } else {
            self.from + share * (self.to - self.from)
        }
    }
}

/// All combinations of `per_range` values of each hyperparameter: per_rangeᵈ points, one a row. The values are the
/// middles of equal parts, so that grid and random search cover the same ground.
///
/// # Panics
///
/// When `per_range` is 0.
///
/// ```
/// use dl_interview::train::{Range, grid_points};
///
/// let points = grid_points(&[Range::linear(0.0, 4.0), Range::linear(0.0, 1.0)], 2);
/// assert_eq!(points, ndarray::array![[1.0, 0.25], [1.0, 0.75], [3.0, 0.25], [3.0, 0.75]]);
/// ```
#[track_caller]
pub fn grid_points(ranges: &[Range], per_range: usize) -> Array2<Real> {
    assert!(per_range > 0, "grid_points: a grid with 0 values for each hyperparameter is empty; give 1 or more");
    let d = ranges.len();
    Array2::from_shape_fn((per_range.pow(d as u32), d), |(point, i)| {
        let step = point / per_range.pow((d - 1 - i) as u32) % per_range;
        ranges[i].at((step as Real + 0.5) / per_range as Real)
    })
}

/// `n` points drawn independently and evenly from the ranges, one a row.
///
/// With as many trials as a grid it tries n different values of each hyperparameter instead of n^(1/d), which wins when
/// only few of them matter. Source: Bergstra & Bengio 2012, "Random Search for Hyper-Parameter Optimization", Journal of
/// Machine Learning Research 13.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::train::{Range, random_points};
///
/// let points = random_points(&[Range::log(1e-4, 1.0)], 100, &mut rng(42));
/// assert!(points.iter().all(|&rate| (1e-4..=1.0).contains(&rate)));
/// ```
pub fn random_points(ranges: &[Range], n: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
    Array2::from_shape_fn((n, ranges.len()), |(_, i)| ranges[i].at(rng.random()))
}

/// The outcome of a [`search`].
///
/// ```
/// use dl_interview::train::search;
///
/// let found = search(&ndarray::array![[1.0], [5.0]], |point| -point[0]);
/// assert_eq!((found.best, found.scores), (0, vec![-1.0, -5.0]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The points tried, one a row: all of them, unless the search was stopped.
    pub points: Array2<Real>,
    /// The score of each; higher is better.
    pub scores: Vec<Real>,
    /// The row of the highest score. A score that is NaN (a training that diverged) never wins.
    pub best: usize,
}

/// Scores every point with `score`, which trains and validates, and finds the best.
///
/// The winner's score is optimistic, the more so the more points there are: test it on data that `score` never saw.
/// Where it takes long, it prints up to a dozen lines, and the trainings inside none. JupyterLab's stop button ends it; the
/// point it is at, which was not trained to the end, is then left out, unless it is the first.
///
/// # Panics
///
/// When there is no point, or no score is a number.
///
/// ```
/// use dl_interview::train::{Range, grid_points, search};
///
/// let found = search(&grid_points(&[Range::linear(0.0, 1.0)], 9), |point| -(point[0] - 0.7).abs());
/// assert!((found.points[[found.best, 0]] - 0.7).abs() < 0.06);
/// ```
#[track_caller]
pub fn search(points: &Array2<Real>, mut score: impl FnMut(&[Real]) -> Real) -> Search {
    let mut best = Real::NEG_INFINITY;
    let scores = collect(("point", "points"), points.nrows(), |i| {
        let score = score(&points.row(i).to_vec());
        best = best.max(score);
        (score, format!(" · best so far {best:.4}"))
    });
    let numbers = (0..scores.len()).filter(|&i| !scores[i].is_nan());
    let Some(best) = numbers.reduce(|best, i| if scores[i] > scores[best] { i } else { best }) else {
        panic!(
            "search: none of {} points has a score that is a number; widen the ranges, or look at one trial",
            scores.len()
        );
    };
    Search { points: points.slice(s![..scores.len(), ..]).to_owned(), scores, best }
}

/// The scores of `n` trials, with a line after some of them. A stop ends the collection; the trial during which it came has
/// a score that means little, and only counts where there is no other.
fn collect((one, many): (&str, &str), n: usize, mut score: impl FnMut(usize) -> (Real, String)) -> Vec<Real> {
    let mut progress = Progress::new(n, 0.0, true);
    let mut scores = Vec::with_capacity(n);
    for i in 0..n {
        let (score, more) = score(i);
        if is_interrupted() {
            let place = format!("{one} {} of {n}", i + 1);
            if scores.is_empty() {
                scores.push(score);
                progress.say_stopped(place, "its score, the only one, is that of an unfinished training");
            } else {
                progress.say_stopped(place, &format!("the scores of the {many} before are kept"));
            }
            break;
        }
        scores.push(score);
        progress.line((i + 1) as f64, || format!("{one} {} of {n} · score {score:.4}{more}", i + 1));
    }
    scores
}

/// The scores of `k` trainings, each validated on another k-th of the examples and trained on the others.
///
/// The parts are stratified: each has about the same share of every class. `score` gets the training and the validation
/// part. This estimates how well a procedure does; it makes no model better. Lines and the stop button are as in
/// [`search`]; after a stop there are fewer scores than parts. Source: Stone 1974, "Cross-Validatory
/// Choice and Assessment of Statistical Predictions", Journal of the Royal Statistical Society B 36.
///
/// # Panics
///
/// When `k` is below 2 or above the number of examples.
///
/// ```
/// use dl_interview::data::{blobs, rng};
/// use dl_interview::tensor::Real;
/// use dl_interview::train::cross_validate;
///
/// let data = blobs(100, &ndarray::array![[0.0, 0.0], [4.0, 0.0]], 1.0, &mut rng(42));
/// let sizes = cross_validate(&data, 5, &mut rng(42), |train, _| train.len() as Real);
/// assert_eq!(sizes, [80.0; 5]);
/// ```
#[track_caller]
pub fn cross_validate(
    examples: &Examples,
    k: usize,
    rng: &mut impl rand::Rng,
    mut score: impl FnMut(&Examples, &Examples) -> Real,
) -> Vec<Real> {
    let folds = stratified_folds(&examples.labels, k, rng);
    collect(("fold", "folds"), k, |i| {
        (score(&examples.select(&folds[i].train), &examples.select(&folds[i].valid)), String::new())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rng;

    /// Bergstra & Bengio's point: where one of two hyperparameters matters, random search finds better ones.
    #[test]
    fn random_beats_grid_when_one_range_matters() {
        let ranges = [Range::linear(0.0, 1.0); 2];
        let rng = &mut rng(1);
        let (mut grid, mut random) = (0.0, 0.0);
        for _ in 0..500 {
            let center: Real = rng.random();
            let score = |point: &[Real]| (-((point[0] - center) / 0.12).powi(2)).exp() + 0.1 * point[1];
            let best = |points| {
                let found = search(&points, score);
                found.scores[found.best]
            };
            grid += best(grid_points(&ranges, 3)) / 500.0;
            random += best(random_points(&ranges, 9, rng)) / 500.0;
        }
        assert!(random > grid + 0.05, "{random} {grid}");
    }

    #[test]
    fn log_ranges_are_even_in_the_logarithm() {
        let points = random_points(&[Range::log(1e-4, 1.0)], 4000, &mut rng(1));
        let below = points.iter().filter(|&&x| x < 1e-2).count();
        assert!((1850..2150).contains(&below), "{below}");
        assert_eq!(grid_points(&[Range::log(1e-4, 1.0)], 2).len(), 2);
    }

    #[test]
    fn nan_never_wins() {
        let points = ndarray::array![[0.0], [1.0], [2.0]];
        assert_eq!(search(&points, |p| if p[0] == 0.0 { Real::NAN } else { -p[0] }).best, 1);
    }

    #[test]
    #[should_panic(expected = "none of 1 points has a score")]
    fn a_search_without_any_number_says_so() {
        search(&ndarray::array![[0.0]], |_| Real::NAN);
    }

    #[test]
    #[should_panic(expected = "0 has no logarithm")]
    fn a_logarithmic_range_from_zero_is_refused() {
        Range::log(0.0, 1.0);
    }

    #[test]
    fn every_example_is_validated_once() {
        let data = crate::data::blobs(60, &ndarray::array![[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 0.1, &mut rng(1));
        let mut seen = Vec::new();
        cross_validate(&data, 4, &mut rng(2), |train, valid| {
            assert_eq!(train.len() + valid.len(), 60);
            seen.extend(valid.inputs.outer_iter().map(|x| x.to_vec()));
            0.0
        });
        seen.sort_by(|a, b| a.partial_cmp(b).unwrap());
        seen.dedup();
        assert_eq!(seen.len(), 60);
    }
}
