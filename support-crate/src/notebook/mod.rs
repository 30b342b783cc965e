//! What a notebook prints besides figures: tables, claims and panics, and the seed it runs under.

mod claims;
mod code_lines;
mod panic_hook;
mod seed;
mod show_debug;
mod table;

pub use claims::{Check, Claims, Measured};
pub use code_lines::code_lines;
pub use panic_hook::{PANIC_MARKER, install_panic_hook};
pub use seed::seed;
pub use show_debug::ShowDebug;
pub use table::{Table, table};
