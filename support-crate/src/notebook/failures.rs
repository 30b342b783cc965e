//! Panics and failed `?`, where the reader looks.

use std::io::Write;
use std::panic::Location;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// How the line begins that a panic or a failed `?` prints, behind the code that makes it red. A program that runs
/// notebooks looks for it, because the kernel answers "ok" to such a cell.
///
/// ```
/// assert!(dl_interview::notebook::FAILURE_MARKER.ends_with("✗ "));
/// ```
pub const FAILURE_MARKER: &str = "\x1b[31m✗ ";
const PLAIN: &str = "\x1b[0m";

/// From now on a panic prints its message in red to standard output, and the line of the cell that it comes from, without
/// a backtrace.
///
/// ```
/// dl_interview::notebook::install_panic_hook();
/// let result = std::panic::catch_unwind(|| panic!("no such epoch: 7")); // prints: ✗ panicked: no such epoch: 7
/// assert!(result.is_err());
/// ```
pub fn install_panic_hook() {
    // Why not the standard hook: it shows a place in a file that no reader knows, and the kernel turns backtraces on:
    // fifteen lines of frames in front of one line that helps.
    std::panic::set_hook(Box::new(|info| {
        report("panicked", info.payload_as_str().unwrap_or("a value that is no text"), info.location());
    }));
}

/// What the kernel calls for a `?` that fails outside of functions: prints the error in red, and the line of the cell.
///
/// ```
/// dl_interview::notebook::report_failure("invalid float literal"); // prints: ✗ failed: invalid float literal
/// ```
#[track_caller]
pub fn report_failure(error: &str) {
    report("failed", error, Some(Location::caller()));
}

fn report(how: &str, message: &str, location: Option<&Location<'_>>) {
    let text = failure(how, message, location.and_then(line_of_cell).as_deref());
    // Not println!: a closed pipe would make it panic, and a panic inside the hook ends the kernel's process.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    // The process may end right after the panic, and text without a flush with it.
    let _ = out.flush();
    // The kernel forwards the line from one thread and ends the cell from another. Half a heartbeat keeps the line
    // in front, also on a busy machine, where it was otherwise seen to arrive after the end of its cell.
    std::thread::sleep(Duration::from_millis(50));
}

/// The message behind the marker. Further lines are indented, so that none of them looks like output of the cell.
fn failure(how: &str, message: &str, line: Option<&str>) -> String {
    let place = line.map_or(String::new(), |line| format!("\n  in the line: {line}"));
    let message = format!("{how}: {}{place}", message.trim_end().replace('\n', "\n  "));
    // Each line is red by itself: JupyterLab and others split a text by lines.
    format!("{FAILURE_MARKER}{}{PLAIN}\n", message.replace('\n', &format!("{PLAIN}\n\x1b[31m")))
}

/// The source of the program that runs, where that is no kernel.
static PROGRAM: OnceLock<&str> = OnceLock::new();

/// Tells what a program made of a notebook was compiled from, its `src/lib.rs`: failures then name its lines, as they name
/// those of a cell in a kernel.
///
/// ```
/// dl_interview::notebook::the_program_is("fn main() {}\n");
/// ```
pub fn the_program_is(source: &'static str) {
    PROGRAM.get_or_init(|| source);
}

/// The line of a cell, word for word: all that the kernel compiles for a cell is in one file, and so is a program.
fn line_of_cell(location: &Location<'_>) -> Option<String> {
    let path = Path::new(location.file());
    let source = match PROGRAM.get() {
        Some(program) if path.ends_with("src/lib.rs") && path.is_relative() => (*program).to_owned(),
        None if path == Path::new("src/lib.rs") => {
            std::fs::read_to_string(Path::new(&std::env::var_os("EVCXR_TMPDIR")?).join(path)).ok()?
        }
        _ => return None,
    };
    let line = source.lines().nth(location.line() as usize - 1)?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_line_of_the_message() {
        assert_eq!(failure("panicked", "shapes differ", None), "\x1b[31m✗ panicked: shapes differ\x1b[0m\n");
        assert_eq!(
            failure("failed", "left\nright\n", Some("let x = 1;")),
            "\x1b[31m✗ failed: left\x1b[0m\n\x1b[31m  right\x1b[0m\n\x1b[31m  in the line: let x = 1;\x1b[0m\n"
        );
    }

    #[test]
    fn a_place_in_another_crate_is_no_line_of_a_cell() {
        assert_eq!(line_of_cell(Location::caller()), None);
    }
}
