//! The verdict on a claim, below the output of the cell that makes it.
//!
//! What a cell prints is shown at once, and its figure or table only when it has ended: above the verdict, then. So verdicts
//! wait: [`with_verdicts`] puts them below a figure or table, and the end of the cell prints the others. A cell has statics of
//! its own, which is just what this needs. Where nobody tells of the end of a cell (another kernel, a program), a verdict is
//! printed as soon as it is known.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::plot::html::escape;

static CELL_WILL_END: AtomicBool = AtomicBool::new(false);
static VERDICTS: Mutex<Verdicts> = Mutex::new(Verdicts { lines: Vec::new(), shown: 0 });

struct Verdicts {
    lines: Vec<String>,
    /// How many of them stand below a figure or table.
    shown: usize,
}

/// From now on verdicts wait for the end of the cell, which [`print_verdicts`] tells of.
pub(crate) fn wait_for_the_end_of_the_cell() {
    CELL_WILL_END.store(true, Relaxed);
}

pub(super) fn tell(line: String) {
    if CELL_WILL_END.load(Relaxed) {
        VERDICTS.lock().expect("nothing panics with it").lines.push(line);
    } else {
        println!("{line}");
    }
}

/// What a cell shows, as HTML and as text, with the verdicts so far.
pub(crate) fn with_verdicts(html: &str, text: &str) -> (String, String) {
    let mut verdicts = VERDICTS.lock().expect("nothing panics with it");
    verdicts.shown = verdicts.lines.len();
    if verdicts.lines.is_empty() {
        return (html.to_owned(), text.to_owned());
    }
    let lines: Vec<String> = verdicts.lines.iter().map(|line| escape(line)).collect();
    (format!("{html}\n<p>{}</p>", lines.join("<br>\n")), format!("{text}\n\n{}", verdicts.lines.join("\n")))
}

/// Forgets them: the table of claims says it all.
pub(super) fn leave_to_the_table() {
    VERDICTS.lock().expect("nothing panics with it").lines.clear();
}

/// Prints the verdicts that stand nowhere yet.
pub(crate) fn print_verdicts() {
    let mut verdicts = VERDICTS.lock().expect("nothing panics with it");
    let from = verdicts.shown.min(verdicts.lines.len());
    for line in &verdicts.lines[from..] {
        println!("{line}");
    }
    verdicts.lines.clear();
    verdicts.shown = 0;
}
