//! The energy-based models against sums over all states, central differences, and long runs of their samplers.

mod boltzmann;
mod dbn;
mod mnist;
mod rbm;
mod rbm_training;

use dl_interview::data::Normal;
use dl_interview::models::{Rbm, binary_states};
use dl_interview::tensor::Real;
use ndarray::{Array1, Array2, Axis};
use rand::distr::Distribution;

/// Whether `Real` has the digits to tell an almost right gradient from a right one.
const PRECISE: bool = Real::EPSILON < 1e-10;

/// A machine far from its start, where every term of every formula counts.
fn lively(visible: usize, hidden: usize, rng: &mut impl rand::Rng) -> Rbm {
    let normal = Normal::new(0.0, 1.0);
    Rbm {
        weights: Array2::from_shape_simple_fn((visible, hidden), || normal.sample(rng)),
        visible_bias: Array1::from_shape_simple_fn(visible, || normal.sample(rng)),
        hidden_bias: Array1::from_shape_simple_fn(hidden, || normal.sample(rng)),
    }
}

/// The 14 images of 3 × 3 pixels that have only whole rows of ink, or only whole columns.
fn bars_and_stripes() -> Array2<Real> {
    let choices = binary_states(3);
    let mut images = Vec::new();
    for choice in choices.rows() {
        let rows: Vec<Real> = (0..9).map(|pixel| choice[pixel / 3]).collect();
        let columns: Vec<Real> = (0..9).map(|pixel| choice[pixel % 3]).collect();
        for image in [rows, columns] {
            if !images.contains(&image) {
                images.push(image);
            }
        }
    }
    assert_eq!(images.len(), 14);
    Array2::from_shape_vec((14, 9), images.concat()).unwrap()
}

/// How often each state of n units occurs among the rows: 2ⁿ shares, in the order of `binary_states`.
fn frequencies(rows: &Array2<Real>) -> Vec<f64> {
    let mut counts = vec![0.0; 1 << rows.ncols()];
    for row in rows.axis_iter(Axis(0)) {
        counts[row.iter().fold(0, |state, &bit| 2 * state + bit as usize)] += 1.0 / rows.nrows() as f64;
    }
    counts
}

/// Each share within five standard errors of its probability.
#[track_caller]
fn assert_frequencies(rows: &Array2<Real>, probabilities: &[f64]) {
    let shares = frequencies(rows);
    assert_eq!(shares.len(), probabilities.len());
    for (state, (share, p)) in shares.iter().zip(probabilities).enumerate() {
        let bound = 5.0 * (p * (1.0 - p) / rows.nrows() as f64).sqrt() + 1e-9;
        assert!((share - p).abs() < bound, "state {state}: {share} is not {p} ± {bound}");
    }
}

/// The largest |a − b| over the largest |b|.
fn relative_error<'a>(a: impl IntoIterator<Item = &'a Real>, b: impl IntoIterator<Item = &'a Real>) -> f64 {
    let pairs: Vec<(f64, f64)> = a.into_iter().map(|&a| a as f64).zip(b.into_iter().map(|&b| b as f64)).collect();
    let largest = pairs.iter().map(|(_, b)| b.abs()).fold(0.0, f64::max);
    pairs.iter().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

/// (f(x + h) − f(x − h)) / 2h with an h for the digits that `Real` has, and the relative error to expect of it.
fn central_difference(f: impl Fn(Real) -> Real) -> Real {
    let h = if PRECISE { 1e-5 } else { 3e-2 };
    (f(h) - f(-h)) / (2.0 * h)
}

const DIFFERENCE_ERROR: f64 = if PRECISE { 1e-7 } else { 3e-3 };
