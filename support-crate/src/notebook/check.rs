//! What a claim requires of the numbers that were measured.

use std::thread::panicking;

use super::cell::minus;
use super::claims::{Claim, Measured};
use super::verdicts::tell;
use crate::plot::number::{number, significant};

/// A claim that still needs its requirement, made by [`Claims::that`](super::Claims::that).
///
/// NaN, measured or required, meets no requirement.
///
/// ```
/// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
/// claims.that("18-0.a", "The loss is a number", f64::NAN).is_below(1.0);
/// assert_eq!(claims.failed(), ["18-0.a"]);
/// ```
#[must_use = "a claim fails until a requirement is named, such as `.is_at_least(0.97)`"]
pub struct Check<'a> {
    pub(super) claim: &'a mut Claim,
    /// One number, or several of which each must meet the requirement.
    pub(super) measured: Vec<f64>,
}

impl Check<'_> {
    /// Requires measured ≥ `least`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "Nine tenths are right", 0.9_f32).is_at_least(0.9);
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn is_at_least(self, least: impl Measured) {
        self.compare("≥", least.measured(), |measured, least| measured >= least);
    }

    /// Requires measured ≤ `most`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "At most ten epochs", 11).is_at_most(10);
    /// assert_eq!(claims.failed(), ["18-0.a"]);
    /// ```
    pub fn is_at_most(self, most: impl Measured) {
        self.compare("≤", most.measured(), |measured, most| measured <= most);
    }

    /// Requires measured > `bound`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "Better than chance", 0.1).is_above(0.1);
    /// assert_eq!(claims.failed(), ["18-0.a"]);
    /// ```
    pub fn is_above(self, bound: impl Measured) {
        self.compare(">", bound.measured(), |measured, bound| measured > bound);
    }

    /// Requires measured < `bound`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "The loss falls below chance", 0.2).is_below(10_f64.ln());
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn is_below(self, bound: impl Measured) {
        self.compare("<", bound.measured(), |measured, bound| measured < bound);
    }

    /// Requires |measured − `value`| ≤ `tolerance`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "The untrained loss is ln 10", 2.31).is_close_to(10_f64.ln(), 0.05);
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn is_close_to(self, value: impl Measured, tolerance: impl Measured) {
        let (value, tolerance) = (value.measured(), tolerance.measured());
        let required = format!("{} ± {}", number(value), number(tolerance));
        self.conclude(required, &[value - tolerance, value + tolerance], |x| {
            value - tolerance <= x && x <= value + tolerance
        });
    }

    /// Requires |measured − `value`| ≤ `tolerance` · |`value`|: 0.05 stands for five percent of `value`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "A third of the steps", 3400).is_relatively_close_to(10_000.0 / 3.0, 0.05);
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn is_relatively_close_to(self, value: impl Measured, tolerance: impl Measured) {
        let (value, tolerance) = (value.measured(), tolerance.measured());
        let margin = tolerance * value.abs();
        let required = format!("{} ± {} %", number(value), number(100.0 * tolerance));
        self.conclude(required, &[value - margin, value + margin], |x| value - margin <= x && x <= value + margin);
    }

    /// Requires `least` ≤ measured ≤ `most`.
    ///
    /// # Panics
    ///
    /// If `least` is more than `most`: no number would do.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "With shuffled labels it guesses", 0.107).is_between(0.05, 0.15);
    /// assert!(claims.failed().is_empty());
    /// ```
    #[track_caller]
    pub fn is_between(self, least: impl Measured, most: impl Measured) {
        let (least, most) = (least.measured(), most.measured());
        let is_empty = least > most; // not so with NaN, which fails below
        assert!(!is_empty, "is_between({least}, {most}): no number is; give the lower bound first");
        let required = format!("{} … {}", number(least), number(most));
        self.conclude(required, &[least, most], |x| least <= x && x <= most);
    }

    /// Requires measured = `value`, for whole numbers and for what no rounding may touch.
    ///
    /// # Panics
    ///
    /// If both are equal as `f64`, but beyond 2⁵³, where an `f64` cannot tell neighbouring whole numbers apart.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 2);
    /// claims.that("18-0.a", "Parameters", 101_770_usize).is_exactly(101_770);
    /// claims.that("18-0.b", "Output for an input of zeros", 1e-9).is_exactly(0);
    /// assert_eq!(claims.failed(), ["18-0.b"]);
    /// ```
    #[track_caller]
    pub fn is_exactly(self, value: impl Measured) {
        let value = value.measured();
        assert!(
            value.is_infinite() || value.abs() < 9_007_199_254_740_992.0 || !self.measured.contains(&value),
            "is_exactly({value}): beyond 2⁵³ an f64 cannot tell whole numbers apart; compare them yourself, with `holds`"
        );
        self.compare("=", value, |measured, value| measured == value);
    }

    fn compare(self, sign: &str, bound: f64, holds: impl Fn(f64, f64) -> bool) {
        let digits = self.digits(&[bound]);
        let required = format!("{sign} {}", significant(bound, digits));
        self.conclude(required, &[bound], |measured| holds(measured, bound));
    }

    fn conclude(self, required: String, bounds: &[f64], holds: impl Fn(f64) -> bool) {
        self.claim.measured = range(&self.measured, self.digits(bounds));
        self.claim.required = minus(&required);
        self.claim.holds = self.measured.iter().all(|measured| holds(*measured));
    }

    /// How many digits to show. "0.97 ≥ 0.97 ✗" would puzzle: where four hide the difference to a bound, it takes more.
    fn digits(&self, bounds: &[f64]) -> usize {
        let differ = |x: f64, bound: f64, digits| {
            x == bound || x.is_nan() || significant(x, digits) != significant(bound, digits)
        };
        let all_differ = |digits| self.measured.iter().all(|x| bounds.iter().all(|bound| differ(*x, *bound, digits)));
        (4..=17).find(|digits| all_differ(*digits)).unwrap_or(17)
    }
}

impl Drop for Check<'_> {
    // At the end of every method above, and also where no requirement was named: no claim goes by without a verdict.
    fn drop(&mut self) {
        if !panicking() {
            tell(self.claim, &self.measured);
        }
    }
}

/// One number, or the lowest and the highest of several.
pub(super) fn range(measured: &[f64], digits: usize) -> String {
    let count = measured.len();
    let nans = measured.iter().filter(|x| x.is_nan()).count();
    let lowest = significant(measured.iter().copied().fold(f64::INFINITY, f64::min), digits);
    let highest = significant(measured.iter().copied().fold(f64::NEG_INFINITY, f64::max), digits);
    minus(&match (count, nans) {
        (1, 1) => "NaN".into(),
        (1, _) => lowest,
        (_, 1..) => format!("NaN in {nans} of {count} values"),
        _ if lowest == highest => format!("{lowest} (all {count} values)"),
        _ => format!("{lowest} … {highest} ({count} values)"),
    })
}
