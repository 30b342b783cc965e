//! PNG, drawn by the project's Python tools: a rasterizer in this crate would be compiled at every set-up, for a minute.

use std::ffi::OsString;
use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The PNG of an SVG document, at twice its size.
pub(super) fn png(svg: &str) -> Result<Vec<u8>> {
    // The kernel says which Python it was started by; other programs find the one that `cargo xtask setup` made.
    let set_up = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python").into_os_string();
    drawn_by(&std::env::var_os("DLI_PYTHON").unwrap_or_else(set_up), svg)
}

fn drawn_by(python: &OsString, svg: &str) -> Result<Vec<u8>> {
    let cannot = |kind: ErrorKind, why: String| {
        let way_out = "Run `cargo xtask setup`, which installs what draws PNG, or save the figure as .svg.";
        Error::new(kind, format!("a PNG is drawn by {}, and {}. {way_out}", python.display(), why.trim()))
    };
    let mut process = Command::new(python)
        .args(["-m", "dli_jupyter.raster"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot(error.kind(), error.to_string()))?;
    // It reads everything before it writes. If it cannot, it says why, and this does not.
    let _ = process.stdin.take().map(|mut stdin| stdin.write_all(svg.as_bytes()));
    let done = process.wait_with_output()?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let last = said.lines().last().unwrap_or("it failed without a word").to_owned();
        return Err(cannot(ErrorKind::Other, last));
    }
    Ok(done.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_way_out() {
        let missing = drawn_by(&"no-such-python".into(), "<svg/>").unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let failing = drawn_by(&"false".into(), "<svg/>").unwrap_err();
        for error in [missing, failing] {
            let text = error.to_string();
            assert!(text.contains("cargo xtask setup") && text.contains(".svg"), "{text}");
        }
    }

    #[test]
    fn what_the_program_writes_is_the_picture() {
        // `echo` stands for Python: it writes its arguments.
        assert_eq!(drawn_by(&"echo".into(), "<svg/>").unwrap(), b"-m dli_jupyter.raster\n");
    }
}
