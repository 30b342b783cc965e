//! What the project's kernel calls before and after each cell: see `kernel/src/cells.rs`.
//!
//! A cell is a program of its own with statics of its own, so what should hold in a cell is set up in every one: also in the
//! first cell of a new process, after the one before has crashed.

use std::io::Write;

use super::failures::install_panic_hook;
use super::verdicts::{pending_verdicts, wait_for_the_end_of_the_cell};
use crate::progress;

/// Panics show up in the cell, and the stop button is heard from its first line on.
#[unsafe(no_mangle)]
#[allow(unsafe_code)] // only for the name, by which the kernel finds it
extern "C" fn dli_cell_begins() {
    install_panic_hook();
    wait_for_the_end_of_the_cell();
    progress::is_interrupted();
}

/// The verdicts that stand below no figure come last, and nothing that the cell has written waits for the next line break.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn dli_cell_ends() {
    for verdict in pending_verdicts() {
        println!("{verdict}");
    }
    let _ = std::io::stdout().flush();
}
