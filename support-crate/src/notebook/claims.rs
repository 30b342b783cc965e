//! What the notebook claims, and whether this run bears it out.

use std::fmt;

use super::check::{Check, range};
use super::table::{Table, table};
use super::verdicts::{pending_verdicts, tell};
use crate::plot::html::{escape, one_line, show};

/// The claims of a notebook and what its run measured.
///
/// A notebook says in a cell of its own how many it makes, and shows them at its end. A claim made again replaces the
/// earlier one, so that a cell can be run twice. What a claim came to is also said where it is made.
///
/// ```
/// use dl_interview::notebook::Claims;
///
/// let mut claims = Claims::of("18-0", 2);
/// claims.that("18-0.a", "A two-layer MLP reaches 97 % on the test images", 0.9776).is_at_least(0.97);
/// claims.that("18-0.b", "One epoch takes below a second", 1.3).is_below(1.0);
/// // ✓ 18-0.a  A two-layer MLP reaches 97 % on the test images: measured 0.9776, required ≥ 0.97
/// // ✗ 18-0.b  One epoch takes below a second: measured 1.3, required < 1
/// assert_eq!(claims.failed(), ["18-0.b"]);
/// ```
#[derive(Clone)]
pub struct Claims {
    /// In the order of the ids.
    claims: Vec<(String, Option<Claim>)>,
}

#[derive(Clone)]
pub(super) struct Claim {
    pub(super) id: String,
    text: String,
    pub(super) measured: String,
    pub(super) required: String,
    pub(super) holds: bool,
}

impl Claims {
    /// The claims of the notebook with this number, `count` of them, none made yet: `of("12-3", 3)` awaits those with
    /// the ids 12-3.a, 12-3.b and 12-3.c.
    ///
    /// # Panics
    ///
    /// If `count` is not from 1 to 26, the letters there are.
    ///
    /// ```
    /// let claims = dl_interview::notebook::Claims::of("12-3", 3);
    /// assert_eq!(claims.not_run(), ["12-3.a", "12-3.b", "12-3.c"]);
    /// ```
    #[track_caller]
    pub fn of(notebook: &str, count: usize) -> Self {
        assert!(
            (1..=26).contains(&count),
            "Claims::of(\"{notebook}\", {count}): from 1 to 26 claims have letters for their ids; give their number"
        );
        Self { claims: ('a'..='z').take(count).map(|letter| (format!("{notebook}.{letter}"), None)).collect() }
    }

    /// Begins a claim about a measured number; the method called on the answer says what the number must be.
    ///
    /// `measured` is any number. An `f32` is taken as the decimal it prints as, so that `0.9_f32` is at least `0.9`.
    ///
    /// # Panics
    ///
    /// If the notebook has no claim with this id.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.that("18-0.a", "Every image is used", 60_000_usize).is_at_least(60_000);
    /// assert!(claims.failed().is_empty());
    /// ```
    #[track_caller]
    pub fn that(&mut self, id: &str, text: &str, measured: impl Measured) -> Check<'_> {
        self.check(id, text, vec![measured.measured()])
    }

    /// Begins a claim about several values, such as one per seed: every one of the numbers must meet the requirement.
    ///
    /// The table shows the lowest and the highest of them.
    ///
    /// # Panics
    ///
    /// If the notebook has no claim with this id, and if there are no numbers: a claim about nothing would always hold.
    ///
    /// ```
    /// use dl_interview::notebook::{Claims, over_seeds};
    ///
    /// let runs = over_seeds(5, |seed| 0.97 + (seed % 5) as f64 * 0.001);
    /// let mut claims = Claims::of("18-0", 2);
    /// claims.that_all("18-0.a", "Test accuracy under five seeds", &runs.last()).is_at_least(0.965);
    /// claims.that_all("18-0.b", "Test accuracy of both nets", &[0.98, 0.96]).is_at_least(0.97);
    /// assert_eq!(claims.failed(), ["18-0.b"]);
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

    /// Makes a claim that is not about a number.
    ///
    /// # Panics
    ///
    /// If the notebook has no claim with this id.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.holds("18-0.a", "The same seed gives the same network", [1, 2] == [1, 2]);
    /// assert!(claims.failed().is_empty());
    /// ```
    #[track_caller]
    pub fn holds(&mut self, id: &str, text: &str, holds: bool) {
        let claim =
            Claim { id: id.into(), text: text.into(), measured: holds.to_string(), required: "true".into(), holds };
        tell(self.record(claim), &[]);
    }

    /// The ids of the claims that this run does not bear out.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 1);
    /// claims.holds("18-0.a", "Water flows uphill", false);
    /// assert_eq!(claims.failed(), ["18-0.a"]);
    /// ```
    pub fn failed(&self) -> Vec<String> {
        self.made().filter(|claim| !claim.holds).map(|claim| claim.id.clone()).collect()
    }

    /// The ids of the claims that no cell has made yet.
    ///
    /// ```
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 2);
    /// claims.holds("18-0.a", "Water flows downhill", true);
    /// assert_eq!(claims.not_run(), ["18-0.b"]);
    /// ```
    pub fn not_run(&self) -> Vec<String> {
        self.claims.iter().filter(|(_, claim)| claim.is_none()).map(|(id, _)| id.clone()).collect()
    }

    /// Shows the table of claims as the output of a cell; the kernel calls it.
    ///
    /// # Panics
    ///
    /// After the table has been sent, if a claim failed or was not made: the reader sees the table, and the run fails.
    ///
    /// ```should_panic
    /// let mut claims = dl_interview::notebook::Claims::of("18-0", 2);
    /// claims.that("18-0.a", "Two and two make five", 4).is_at_least(5);
    /// claims.evcxr_display(); // 1 of 2 claims failed: 18-0.a. Not run: 18-0.b; run the cells that make them.
    /// ```
    pub fn evcxr_display(&self) {
        pending_verdicts(); // of claims made in the same cell: the table says them all
        let summary = self.summary();
        let table = self.table();
        show(&format!("{}\n<p>{}</p>", table.html(), escape(&summary)), &format!("{}\n\n{summary}", table.text()));
        assert!(self.failed().is_empty() && self.not_run().is_empty(), "{summary}");
    }

    #[track_caller]
    fn record(&mut self, claim: Claim) -> &mut Claim {
        let (first, last) = (self.claims[0].0.clone(), self.claims[self.claims.len() - 1].0.clone());
        let Some((_, place)) = self.claims.iter_mut().find(|(id, _)| *id == claim.id) else {
            panic!(
                "no claim has the id \"{}\": this notebook's are {first} to {last}; name one of these, or raise the number \
                 in Claims::of(…) and run that cell and those below it again",
                claim.id
            );
        };
        place.insert(claim)
    }

    fn made(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter_map(|(_, claim)| claim.as_ref())
    }

    fn table(&self) -> Table {
        let row = |(id, claim): &(String, Option<Claim>)| match claim {
            Some(claim) => [id, &claim.text, &claim.measured, &claim.required, claim.sign()].map(String::from).to_vec(),
            None => [id, "(not run)", "", "", ""].map(String::from).to_vec(),
        };
        table(&["id", "claim", "measured", "required", ""], &self.claims.iter().map(row).collect::<Vec<_>>())
    }

    fn summary(&self) -> String {
        let (all, failed, not_run) = (self.claims.len(), self.failed(), self.not_run());
        let mut said = Vec::new();
        if !failed.is_empty() {
            said.push(format!("{} of {all} claims failed: {}.", failed.len(), failed.join(", ")));
        }
        if !not_run.is_empty() {
            said.push(format!("Not run: {}; run the cells that make them.", not_run.join(", ")));
        }
        match (said.is_empty(), all) {
            (true, 1) => "The claim holds.".into(),
            (true, _) => format!("All {all} claims hold."),
            _ => said.join(" "),
        }
    }
}

impl Claim {
    /// One line that can be understood alone.
    pub(super) fn verdict(&self) -> String {
        let Claim { id, text, measured, required, holds } = self;
        let came_to = match (required.as_str(), holds) {
            ("true", true) => String::new(),
            ("true", false) => ": this does not hold".into(),
            ("(nothing)", _) => format!(": measured {measured}, and nothing is required; add e.g. .is_at_least(0.5)"),
            _ => format!(": measured {measured}, required {required}"),
        };
        one_line(&format!("{} {id}  {text}{came_to}", self.sign()))
    }

    fn sign(&self) -> &'static str {
        if self.holds { "✓" } else { "✗" }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({} made, failed: {:?}, not run: {:?})", self.made().count(), self.failed(), self.not_run())
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
