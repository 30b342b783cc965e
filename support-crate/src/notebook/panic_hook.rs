//! Panics where the reader looks.

use std::io::Write;

/// How the line begins that a panic prints. A program that runs notebooks looks for it, because the kernel answers
/// "ok" to a cell that panicked.
///
/// ```
/// assert_eq!(dl_interview::notebook::PANIC_MARKER, "✗ panicked: ");
/// ```
pub const PANIC_MARKER: &str = "✗ panicked: ";

/// From now on a panic prints one line to standard output, [`PANIC_MARKER`] and its message, without a backtrace.
///
/// ```
/// dl_interview::notebook::install_panic_hook();
/// let result = std::panic::catch_unwind(|| panic!("no such epoch: 7")); // prints: ✗ panicked: no such epoch: 7
/// assert!(result.is_err());
/// ```
pub fn install_panic_hook() {
    // Why not the standard hook: it writes to standard error, which the kernel forwards from a thread of its own, so
    // that the message shows up late, under the next cell, or never. Standard output arrives in its own cell. And the
    // kernel turns backtraces on: fifteen lines of frames in front of one line that helps.
    std::panic::set_hook(Box::new(|info| {
        let line = panic_line(info.payload_as_str().unwrap_or("a value that is no text"));
        // Not println!: a closed pipe would make it panic, and a panic inside the hook ends the kernel's process.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}");
        // The process may end right after the panic, and text without a flush with it.
        let _ = out.flush();
        // The kernel forwards the line from one thread and ends the cell from another. Half a heartbeat keeps the line
        // in front, also on a busy machine, where it was otherwise seen to arrive after the end of its cell.
        std::thread::sleep(std::time::Duration::from_millis(50));
    }));
}

/// The message behind the marker. Further lines are indented, so that none of them looks like output of the cell.
fn panic_line(message: &str) -> String {
    format!("{PANIC_MARKER}{}", message.trim_end().replace('\n', "\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_line_of_the_message() {
        assert_eq!(panic_line("shapes differ"), "✗ panicked: shapes differ");
        assert_eq!(panic_line("left\nright\n"), "✗ panicked: left\n  right");
    }
}
