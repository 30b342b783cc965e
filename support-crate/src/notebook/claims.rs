//! What the notebook claims, and whether this run bears it out.

use std::fmt;

use super::check::{Check, range};
use super::table::{Table, table};
use super::verdicts::{leave_to_the_table, tell};
use crate::plot::html::{escape, show};

/// The claims of a notebook and what its run measured.
///
/// A notebook holds one, made in a cell of its own, and shows it at its end. A claim made again replaces the one with its
/// id, so that a cell can be run twice, and its verdict is shown below the cell that makes it.
///
/// ```
/// use dl_interview::notebook::Claims;
///
/// let mut claims = Claims::of("18-0", 2);
/// claims.that("18-0.a", "A two-layer MLP reaches 97 % on the test images", 0.9776).is_at_least(0.97);
/// claims.that("18-0.b", "One epoch takes below a second", 1.3).is_below(1.0);
/// assert_eq!(claims.failed(), ["18-0.b"]);
/// ```
#[derive(Clone, Default)]
pub struct Claims {
    /// The ids that are to come, if they are known.
    expected: Vec<String>,
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
    /// The claims of a notebook, none of which is made yet: `Claims::of("18-0", 8)` for 18-0.a to 18-0.h.
    ///
    /// The table then names those that were not run, and the run fails without them.
    ///
    /// # Panics
    ///
    /// If there are none, or more than the alphabet has letters.
    ///
    /// ```
    /// use dl_interview::notebook::Claims;
    ///
    /// let mut claims = Claims::of("18-0", 2);
    /// claims.that("18-0.b", "One epoch takes below a second", 0.4).is_below(1.0);
    /// assert_eq!(claims.missing(), ["18-0.a"]);
    /// ```
    #[track_caller]
    pub fn of(notebook: &str, count: usize) -> Self {
        assert!(
            (1..=26).contains(&count),
            "Claims::of({notebook:?}, {count}): a notebook has from 1 to 26 claims, a to z"
        );
        let expected = ('a'..='z').take(count).map(|letter| format!("{notebook}.{letter}")).collect();
        Claims { expected, claims: Vec::new() }
    }

    /// No claims yet, and any may come.
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
    /// # Panics
    ///
    /// If the id is none of those given to [`of`](Claims::of).
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.that("18-0.a", "Every image is used", 60_000_usize).is_at_least(60_000);
    /// assert!(claims.failed().is_empty());
    /// ```
    #[track_caller]
    pub fn that(&mut self, id: &str, text: &str, measured: impl Measured) -> Check<'_> {
        self.check(id, text, vec![measured.measured()])
    }

    /// Begins a claim about several runs, such as one per seed: every one of the numbers must meet the requirement.
    ///
    /// The table shows the lowest and the highest of them.
    ///
    /// # Panics
    ///
    /// If there are no numbers (a claim about nothing would always hold), or the id is none of those given to
    /// [`of`](Claims::of).
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

    #[track_caller]
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
    /// # Panics
    ///
    /// If the id is none of those given to [`of`](Claims::of).
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.holds("18-0.c", "The same seed gives the same network", [1, 2] == [1, 2]);
    /// assert!(claims.failed().is_empty());
    /// ```
    #[track_caller]
    pub fn holds(&mut self, id: &str, text: &str, holds: bool) {
        let claim =
            Claim { id: id.into(), text: text.into(), measured: holds.to_string(), required: "true".into(), holds };
        tell(self.record(claim).verdict());
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

    /// The ids of the claims that are still to come, of those given to [`of`](Claims::of).
    ///
    /// ```
    /// assert_eq!(dl_interview::notebook::Claims::of("18-0", 1).missing(), ["18-0.a"]);
    /// ```
    pub fn missing(&self) -> Vec<String> {
        let is_made = |id: &String| self.claims.iter().any(|claim| claim.id == *id);
        self.expected.iter().filter(|id| !is_made(id)).cloned().collect()
    }

    /// Shows the table of claims as the output of a cell; the kernel calls it.
    ///
    /// # Panics
    ///
    /// After the table has been sent, if a claim failed or was not made: the reader sees the table, and the run fails.
    ///
    /// ```should_panic
    /// let mut claims = dl_interview::notebook::Claims::new();
    /// claims.that("18-0.a", "Two and two make five", 4).is_at_least(5);
    /// assert_eq!(claims.failed(), ["18-0.a"]);
    /// claims.evcxr_display(); // 1 of 1 claims failed: 18-0.a
    /// ```
    pub fn evcxr_display(&self) {
        leave_to_the_table();
        let summary = self.summary();
        let (html, text) = (format!("<p>{}</p>", escape(&summary)), summary.clone());
        if self.claims.is_empty() {
            show(&html, &text);
        } else {
            let table = self.table();
            show(&format!("{}\n{html}", table.html()), &format!("{}\n\n{text}", table.text()));
        }
        let (failed, missing) = (self.failed(), self.missing());
        assert!(failed.is_empty(), "{} of {} claims failed: {}", failed.len(), self.claims.len(), failed.join(", "));
        let all = self.expected.len();
        assert!(missing.is_empty(), "{} of {all} claims were not run: {}", missing.len(), missing.join(", "));
    }

    #[track_caller]
    fn record(&mut self, claim: Claim) -> &mut Claim {
        if let (Some(first), Some(last)) = (self.expected.first(), self.expected.last()) {
            let id = &claim.id;
            assert!(self.expected.contains(id), "claim {id:?}: this notebook has {first} to {last}; see `Claims::of`");
        }
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
            let Claim { id, text, measured, required, .. } = claim.clone();
            vec![id, text, measured, required, claim.mark().into()]
        };
        // In the order of their ids, whatever the order in which the cells were run.
        let place = |claim: &&Claim| self.expected.iter().position(|id| *id == claim.id);
        let mut claims: Vec<&Claim> = self.claims.iter().collect();
        claims.sort_by_key(place);
        table(&["id", "claim", "measured", "required", ""], &claims.into_iter().map(row).collect::<Vec<_>>())
    }

    fn summary(&self) -> String {
        let missing = self.missing();
        let made = match (self.claims.len(), self.failed().len()) {
            (0, _) => return "No claim has been made yet: run the cells above first.".into(),
            (1, 0) if missing.is_empty() => "The claim holds.".into(),
            (all, 0) if missing.is_empty() => format!("All {all} claims hold."),
            (all, 0) => format!("{all} of {} claims were made, and hold.", self.expected.len()),
            (all, failed) => format!("{failed} of {all} claims failed."),
        };
        match missing.len() {
            0 => made,
            _ => format!("{made} Not run: {}. Run the cells that make them.", missing.join(", ")),
        }
    }
}

impl Claim {
    fn mark(&self) -> &'static str {
        if self.holds { "✓" } else { "✗" }
    }

    /// The claim in one line, to be understood by itself.
    pub(super) fn verdict(&self) -> String {
        let Claim { id, text, measured, required, .. } = self;
        format!("{} {id}  {text}: {measured} (required {required})", self.mark())
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
