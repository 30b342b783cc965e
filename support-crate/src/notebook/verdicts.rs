//! What a cell's claims came to, said below the output of that cell.
//!
//! A cell has statics of its own in the kernel, so these hold the verdicts of one cell.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

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

/// Prints a verdict, or keeps it.
pub(super) fn tell(verdict: String) {
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
