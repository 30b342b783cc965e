//! What the project's kernel calls before and after each cell: see `kernel/src/cells.rs`.
//!
//! A cell is a program of its own with statics of its own, so what should hold in a cell is set up in every one: also in the
//! first cell of a new process, after the one before has crashed.

use std::io::Write;

use super::failures::install_panic_hook;
use super::verdicts::{pending_verdicts, wait_for_the_end_of_the_cell};
use crate::progress;

/// What happens before each cell: from now on panics show up in it, and the stop button is heard.
///
/// The project's kernel does this by itself; a program made of a notebook calls it.
///
/// ```
/// use dl_interview::notebook::{cell_begins, cell_ends};
///
/// cell_begins();
/// let area = 3 * 4; // what the cell does
/// cell_ends();
/// assert_eq!(area, 12);
/// ```
pub fn cell_begins() {
    install_panic_hook();
    wait_for_the_end_of_the_cell();
    progress::is_interrupted();
}

/// What happens after each cell: the verdicts that stand below no figure come last, and nothing that the cell has written
/// waits for the next line break.
///
/// The project's kernel does this by itself; a program made of a notebook calls it.
///
/// ```
/// dl_interview::notebook::cell_ends(); // nothing waits: nothing happens
/// ```
pub fn cell_ends() {
    for verdict in pending_verdicts() {
        println!("{verdict}");
    }
    let _ = std::io::stdout().flush();
}

#[unsafe(no_mangle)]
#[allow(unsafe_code)] // only for the name, by which the kernel finds it
extern "C" fn dli_cell_begins() {
    cell_begins();
}

#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn dli_cell_ends() {
    cell_ends();
}
