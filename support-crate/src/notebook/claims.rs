//! What the notebook claims, and whether this run bears it out.

use std::fmt;

use super::check::{Check, range};
use super::table::{Table, table};
use crate::plot::html::show;

/// The claims of a notebook and what its run measured.
///
/// A notebook holds one and shows it at its end. A claim recorded again under the same id replaces the earlier one, so
/// that a cell can be run twice.
///
/// ```
/// use dl_interview::notebook::Claims;
///
/// let mut claims = Claims::new();
/// claims.that("18-0.a", "A two-layer MLP reaches 97 % on the test images", 0.9776).is_at_least(0.97);
/// claims.that("18-0.b", "One epoch takes below a second", 1.3).is_below(1.0);
/// assert_eq!(claims.failed(), ["18-0.b"]);
/// ```
#[derive(Clone, Default)]
pub struct Claims {
    claims: Vec<Claim>,
}

#[derive(Clone)]
pub(super) struct Claim {
    id: String,
    text: String,
    pub(super) measured: String,
    pub(super) required: String,
    pub(super) holds: bool,
}

impl Claims {
    /// No claims yet.
    ///
    /// ```
    /// assert!(dl_interview::notebook::Claims::new().failed().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a claim about a measured number; the method called on the answer says what the number must be.
    ///
    /// `measured` is any number. An `f32` is taken as the decimal it prints as, so that `0.9_f32` is at least `0.9`.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.that("18-0.a", "Every image is used", 60_000_usize).is_at_least(60_000);
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn that(&mut self, id: &str, text: &str, measured: impl Measured) -> Check<'_> {
        self.check(id, text, vec![measured.measured()])
    }

    /// Begins a claim about several runs, such as one per seed: every one of the numbers must meet the requirement.
    ///
    /// The table shows the lowest and the highest of them.
    ///
    /// # Panics
    ///
    /// If there are no numbers: a claim about nothing would always hold.
    ///
    /// ```
    /// use dl_interview::notebook::{Claims, over_seeds};
    ///
    /// let runs = over_seeds(5, |seed| 0.97 + (seed % 5) as f64 * 0.001);
    /// let mut claims = Claims::new();
    /// claims.that_all("a", "Test accuracy under five seeds", &runs.last()).is_at_least(0.965);
    /// claims.that_all("b", "The same", &[0.98, 0.96]).is_at_least(0.97);
    /// assert_eq!(claims.failed(), ["b"]);
    /// ```
    #[track_caller]
    pub fn that_all(&mut self, id: &str, text: &str, measured: &[impl Measured + Copy]) -> Check<'_> {
        assert!(
            !measured.is_empty(),
            "that_all(\"{id}\", …): there are no numbers, and a claim about nothing would always hold; give one or more"
        );
        self.check(id, text, measured.iter().map(|x| x.measured()).collect())
    }

    fn check(&mut self, id: &str, text: &str, measured: Vec<f64>) -> Check<'_> {
        // It is red until a requirement is named: a claim without one must not pass unnoticed.
        let claim = Claim {
            id: id.into(),
            text: text.into(),
            measured: range(&measured, 4),
            required: "(nothing)".into(),
            holds: false,
        };
        Check { claim: self.record(claim), measured }
    }

    /// Records a claim that is not about a number.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.holds("18-0.c", "The same seed gives the same network", [1, 2] == [1, 2]);
    /// assert!(claims.failed().is_empty());
    /// ```
    pub fn holds(&mut self, id: &str, text: &str, holds: bool) {
        self.record(Claim {
            id: id.into(),
            text: text.into(),
            measured: holds.to_string(),
            required: "true".into(),
            holds,
        });
    }

    /// The ids of the claims that this run does not bear out.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.holds("18-0.c", "Water flows uphill", false);
    /// assert_eq!(claims.failed(), ["18-0.c"]);
    /// ```
    pub fn failed(&self) -> Vec<String> {
        self.claims.iter().filter(|claim| !claim.holds).map(|claim| claim.id.clone()).collect()
    }

    /// Shows the table of claims as the output of a cell; the kernel calls it.
    ///
    /// # Panics
    ///
    /// After the table has been sent, if a claim failed: the reader sees the table, and the run fails.
    ///
    /// ```should_panic
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.that("18-0.a", "Two and two make five", 4).is_at_least(5);
    /// assert_eq!(claims.failed(), ["18-0.a"]);
    /// claims.evcxr_display(); // 1 of 1 claims failed: 18-0.a
    /// ```
    pub fn evcxr_display(&self) {
        let summary = self.summary();
        if self.claims.is_empty() {
            return show(&format!("<p>{summary}</p>"), &summary);
        }
        let table = self.table();
        show(&format!("{}\n<p>{summary}</p>", table.html()), &format!("{}\n\n{summary}", table.text()));
        let failed = self.failed();
        assert!(failed.is_empty(), "{} of {} claims failed: {}", failed.len(), self.claims.len(), failed.join(", "));
    }

    fn record(&mut self, claim: Claim) -> &mut Claim {
        let at = self.claims.iter().position(|earlier| earlier.id == claim.id).unwrap_or(self.claims.len());
        if at == self.claims.len() {
            self.claims.push(claim);
        } else {
            self.claims[at] = claim;
        }
        &mut self.claims[at]
    }

    fn table(&self) -> Table {
        let row = |claim: &Claim| {
            let verdict = if claim.holds { "✓" } else { "✗" };
            let Claim { id, text, measured, required, .. } = claim.clone();
            vec![id, text, measured, required, verdict.into()]
        };
        table(&["id", "claim", "measured", "required", ""], &self.claims.iter().map(row).collect::<Vec<_>>())
    }

    fn summary(&self) -> String {
        match (self.claims.len(), self.failed().len()) {
            (0, _) => "No claims have been recorded yet: run the cells above first.".into(),
            (1, 0) => "The claim holds.".into(),
            (all, 0) => format!("All {all} claims hold."),
            (all, failed) => format!("{failed} of {all} claims failed."),
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({} recorded, failed: {:?})", self.claims.len(), self.failed())
    }
}

/// A number that a claim can measure or require.
///
/// ```
/// use dl_interview::notebook::Measured;
///
/// assert_eq!(0.1_f32.measured(), 0.1_f64);
/// assert_eq!(60_000_usize.measured(), 60_000.0);
/// ```
pub trait Measured {
    /// The number as an `f64`, rounded where it has more than 53 bits.
    ///
    /// ```
    /// use dl_interview::notebook::Measured;
    ///
    /// assert_eq!((-3).measured(), -3.0);
    /// ```
    fn measured(self) -> f64;
}

impl Measured for f32 {
    // 0.9_f32 is 0.89999998 as an f64, and would fail to be at least 0.9: take the decimal that it stands for.
    fn measured(self) -> f64 {
        self.to_string().parse().expect("a float prints as a float")
    }
}

macro_rules! measured {
    ($($number:ty),*) => {$(
        impl Measured for $number {
            fn measured(self) -> f64 {
                self as f64
            }
        }
    )*};
}
measured!(f64, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
