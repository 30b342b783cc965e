//! Binary units: all their states, random ones, and the functions of their probabilities, without overflow.

use ndarray::{Array2, ArrayView2};
use rand::RngExt;

use crate::tensor::Real;

/// The most units whose states are enumerated: 2²⁰ states take seconds, and each unit more doubles that.
pub(super) const MOST_ENUMERATED: usize = 20;

/// All 2ⁿ states of `n` binary units, one a row (2ⁿ × n), counted up in binary with the last unit as the lowest digit.
///
/// What exact probabilities are summed over.
///
/// # Panics
///
/// Above 20 units, more than a million states.
///
/// ```
/// use dl_interview::models::binary_states;
/// use ndarray::array;
///
/// assert_eq!(binary_states(2), array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// assert_eq!(binary_states(9).dim(), (512, 9));
/// ```
#[track_caller]
pub fn binary_states(n: usize) -> Array2<Real> {
    assert!(
        n <= MOST_ENUMERATED,
        "binary_states({n}): {n} units have 2^{n} states; ask for at most {MOST_ENUMERATED} units"
    );
    states(n, 0, 1 << n)
}

/// All states of `n` units, a few thousand at a time: all at once they need memory that the sums over them do not.
pub(super) fn state_blocks(n: usize) -> impl Iterator<Item = Array2<Real>> {
    let rows = (1 << n).min(4096);
    (0..1 << n).step_by(rows).map(move |first| states(n, first, rows))
}

fn states(n: usize, first: usize, rows: usize) -> Array2<Real> {
    Array2::from_shape_fn((rows, n), |(row, unit)| ((first + row) >> (n - 1 - unit) & 1) as Real)
}

/// Zeros and ones, each with probability ½.
pub(super) fn random_states(rows: usize, units: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
    bernoulli(Array2::from_elem((rows, units), 0.5), rng)
}

/// A one with each of these probabilities, otherwise a zero.
pub(super) fn bernoulli(mut probabilities: Array2<Real>, rng: &mut impl rand::Rng) -> Array2<Real> {
    // The random number is below 1 and at least 0, so probability 1 always gives a one and probability 0 never.
    probabilities.mapv_inplace(|p| if rng.random::<Real>() < p { 1.0 } else { 0.0 });
    probabilities
}

/// ln Σ eˣ = m + ln Σ eˣ⁻ᵐ with m the largest x. In f64: a million terms lose too many digits in f32.
pub(super) fn log_sum_exp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + x.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
}

/// Refuses rows of the wrong width, and values outside 0..=1 (NaN too).
#[track_caller]
pub(super) fn check_units(call: &str, kind: &str, rows: ArrayView2<Real>, units: usize) {
    assert!(
        rows.ncols() == units,
        "{call}: each row has {} values, the model {units} {kind} units; give one value for each unit",
        rows.ncols()
    );
    if let Some(value) = rows.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        panic!("{call}: {value} is no state of a binary unit; scale the values to 0..=1 (0, 1, or a probability)");
    }
}

/// Refuses what has no probability under a model of zeros and ones: no rows at all, or values between 0 and 1.
#[track_caller]
pub(super) fn check_binary(call: &str, rows: ArrayView2<Real>, units: usize) {
    assert!(rows.nrows() > 0, "{call}: there is no row to take the mean over; give at least one");
    check_units(call, "visible", rows, units);
    if let Some(value) = rows.iter().find(|value| **value != 0.0 && **value != 1.0) {
        panic!("{call}: {value} has no probability under a model of zeros and ones; round the values first");
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Axis, concatenate};

    use super::*;
    use crate::data::rng;

    #[test]
    fn the_blocks_are_all_the_states() {
        for n in [0, 1, 5, 12, 14] {
            let blocks: Vec<Array2<Real>> = state_blocks(n).collect();
            let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
            let all = concatenate(Axis(0), &views).unwrap();
            assert_eq!(all, binary_states(n), "{n} units");
            // Row r spells r in binary, so that all rows differ.
            for (r, row) in all.rows().into_iter().enumerate() {
                assert_eq!(row.iter().fold(0, |number, &bit| 2 * number + bit as usize), r);
            }
        }
    }

    #[test]
    #[should_panic(expected = "21 units have 2^21 states; ask for at most 20 units")]
    fn too_many_states_are_refused() {
        binary_states(21);
    }

    #[test]
    fn a_sum_of_exponentials_does_not_overflow() {
        assert!((log_sum_exp(&[-1e4, -1e4]) - (2f64.ln() - 1e4)).abs() < 1e-9);
        assert!((log_sum_exp(&[1e4, 0.0]) - 1e4).abs() < 1e-9);
    }

    #[test]
    fn a_probability_is_how_often_a_one_comes() {
        let p = Array2::from_shape_fn((40_000, 3), |(_, unit)| [0.0, 0.3, 1.0][unit]);
        let often = bernoulli(p, &mut rng(1)).mean_axis(Axis(0)).unwrap();
        assert_eq!((often[0], often[2]), (0.0, 1.0));
        // Five standard errors.
        assert!((often[1] - 0.3).abs() < 0.0115, "{}", often[1]);
    }
}
