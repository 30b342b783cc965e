//! What a notebook prints besides figures: tables, claims and panics, and the seeds it runs under.

mod cell;
mod check;
mod claims;
mod code_lines;
mod failures;
mod kernel_calls;
mod seed;
mod seeds;
mod show_debug;
mod table;
mod table_html;
pub(crate) mod verdicts;

pub use check::Check;
pub use claims::{Claims, Measured};
pub use code_lines::code_lines;
pub use failures::{FAILURE_MARKER, install_panic_hook, report_failure, the_program_is};
pub use kernel_calls::{cell_begins, cell_ends};
pub use seed::seed;
pub use seeds::{Outcome, Runs, over_seeds};
pub use show_debug::ShowDebug;
pub use table::{Table, number_table, table};
pub(crate) use table_html::verdict_html;

pub use crate::plot::html::show_formatted;
