//! What a cell's claims came to, said below the output of that cell.
//!
//! A cell has statics of its own in the kernel, so these hold the verdicts of one cell.

use std::env;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::claims::Claim;
use crate::plot::html::content;

static WAITING: AtomicBool = AtomicBool::new(false);
static PENDING: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From now on verdicts are kept for the next output, or for whoever calls [`pending_verdicts`]: printed at once, a line
/// stands above the figure of its cell, because the kernel sends figures when the cell ends.
pub(crate) fn wait_for_the_end_of_the_cell() {
    WAITING.store(true, Ordering::Relaxed);
}

/// The verdicts that no output has taken along yet; each is handed out once.
pub(crate) fn pending_verdicts() -> Vec<String> {
    mem::take(&mut *PENDING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Prints what a claim came to, or keeps it.
///
/// With the environment variable `DLI_CLAIMS` it is also sent in a form for programs, which compare claims over seeds: the id,
/// the lowest and the highest number measured (nothing where the claim is about none), what is required, whether it holds,
/// with tabs between them.
pub(super) fn tell(claim: &Claim, measured: &[f64]) {
    if env::var_os("DLI_CLAIMS").is_some() {
        let end =
            |of: fn(f64, f64) -> f64| measured.iter().copied().reduce(of).map_or(String::new(), |x| format!("{x:e}"));
        // `min` and `max` pass over NaN, which here is the one number that must not be lost.
        let low = end(|a, b| if a.is_nan() || a < b { a } else { b });
        let high = end(|a, b| if a.is_nan() || a > b { a } else { b });
        let line = [&claim.id, &low, &high, &claim.required, &claim.holds.to_string()].map(String::as_str).join("\t");
        println!("{}", content("text/x-claim", &line));
    }
    let verdict = claim.verdict();
    if WAITING.load(Ordering::Relaxed) {
        PENDING.lock().unwrap_or_else(PoisonError::into_inner).push(verdict);
    } else {
        println!("{verdict}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Claims;
    use crate::plot::html::with_verdicts;

    // One test, because all share the statics.
    #[test]
    fn verdicts_wait_for_the_next_output() {
        let mut claims = Claims::of("x", 3);
        claims.that("x.a", "First", 1).is_at_least(1);
        assert!(pending_verdicts().is_empty(), "printed at once, as nobody asked to wait");
        wait_for_the_end_of_the_cell();
        claims.that("x.b", "Second <b>", 1).is_at_least(2);
        claims.holds("x.c", "Third", true);
        let (html, text) = with_verdicts("<img>", "a figure");
        assert_eq!(text, "a figure\n\n✗ x.b  Second <b>: measured 1, required ≥ 2\n✓ x.c  Third");
        assert!(html.starts_with("<img>\n<p ") && html.contains("Second &lt;b&gt;: measured 1"), "{html}");
        assert!(html.find("✗") < html.find("✓") && html.matches("<p ").count() == 2, "{html}");
        assert_eq!(with_verdicts("<img>", "a figure"), ("<img>".into(), "a figure".into()), "each is said once");
        claims.that("x.a", "First", 1).is_at_least(1);
        assert_eq!(pending_verdicts(), ["✓ x.a  First: measured 1, required ≥ 1"]);
        claims.that("x.b", "Second", 3).is_at_least(2);
        claims.evcxr_display();
        assert!(pending_verdicts().is_empty(), "the table has said it");
        WAITING.store(false, Ordering::Relaxed);
    }
}
