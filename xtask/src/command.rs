//! Runs other programs: with progress while they work, and one sentence about the way out when they fail.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::root;

/// One named step: a spinner (or a bar) while it runs, one line when it is done.
pub struct Step {
    name: String,
    bar: ProgressBar,
    start: Instant,
}

impl Step {
    /// Begins a step. Away from a terminal (in CI) it prints its name, so that a log shows what is going on.
    pub fn start(name: &str) -> Step {
        let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").expect("a valid template");
        let bar = ProgressBar::new_spinner().with_style(style).with_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        if !std::io::stderr().is_terminal() {
            println!("  … {name}");
        }
        Step { name: name.to_owned(), bar, start: Instant::now() }
    }

    /// Turns the spinner into a bar of `length` parts.
    pub fn with_length(self, length: u64) -> Step {
        let style = ProgressStyle::with_template("{spinner} {msg:40!} {bar:30} {pos}/{len} {elapsed}");
        self.bar.set_style(style.expect("a valid template"));
        self.bar.set_length(length);
        self
    }

    /// Says what the step is busy with.
    pub fn tell(&self, what: &str) {
        self.bar.set_message(format!("{}: {what}", self.name));
    }

    /// One part of the bar is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }

    /// Ends the step well.
    pub fn done(self) {
        self.bar.finish_and_clear();
        println!("  ✓ {} ({:.1} s)", self.name, self.start.elapsed().as_secs_f64());
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Runs `command` with its output in `target/log/{log}.log`, and hands every line to `on_line`.
pub fn run_logged(command: &mut Command, log: &str, mut on_line: impl FnMut(&str)) -> Result<()> {
    let folder = root().join("target/log");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(format!("{log}.log"));
    let mut file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;

    // One pipe for both streams keeps their lines in order.
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    // This process must not hold the pipe's other end open, or the loop below would never see its end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tail: Vec<String> = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
        let _ = writeln!(file, "{line}"); // a full disk is reported by the command itself
        on_line(&line);
        tail.push(line);
        if tail.len() > 200 {
            tail.remove(0);
        }
    }
    if child.wait()?.success() {
        return Ok(());
    }
    let hint = way_out(&tail.join("\n"));
    let shown = tail.iter().rev().filter(|line| !line.is_empty()).take(if hint.is_some() { 3 } else { 15 });
    let shown: Vec<String> = shown.map(|line| line.chars().take(160).collect()).collect();
    let shown = shown.into_iter().rev().collect::<Vec<_>>().join("\n    ");
    let log = path.strip_prefix(root()).unwrap_or(&path).display();
    match hint {
        Some(hint) => bail!("{hint}\n    {shown}\n    (everything: {log})"),
        None => bail!("{:?} failed:\n    {shown}\n    (everything: {log})", command.get_program()),
    }
}

/// What to do about the failures that have nothing to do with the project: a full disk, no network.
fn way_out(output: &str) -> Option<&'static str> {
    let output = output.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| output.contains(w));
    if says(&["no space left on device", "os error 28", "disk quota exceeded"]) {
        return Some("The disk is full. Free about 2 GB, then repeat the command: it goes on where it stopped.");
    }
    if says(&[
        "could not resolve host",
        "couldn't resolve host",
        "name resolution",
        "network is unreachable",
        "failed to establish a new connection",
        "could not connect to server",
        "couldn't connect to server",
        "dns error",
        "no matching distribution found",
        "spurious network error",
    ]) {
        return Some(
            "No network (the registries of Rust crates and Python packages are needed the first time). Connect, or set \
             HTTPS_PROXY, then repeat the command: it goes on where it stopped.",
        );
    }
    None
}

/// What a program prints, trimmed; `None` if it cannot be started or fails.
pub fn output_of(program: impl AsRef<Path>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program.as_ref()).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_way_out() {
        let full = "error: failed to write: No space left on device (os error 28)";
        assert!(way_out(full).unwrap().contains("disk is full"));
        let offline = "Temporary failure in name resolution";
        assert!(way_out(offline).unwrap().contains("No network"));
        assert_eq!(way_out("error[E0308]: mismatched types"), None);
    }

    #[test]
    fn the_output_of_a_failed_command_is_shown_and_logged() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let mut lines = Vec::new();
        let error = run_logged(&mut command, "test-of-run-logged", |line| lines.push(line.to_owned())).unwrap_err();
        assert_eq!(lines, ["one", "two"]);
        let message = format!("{error}");
        assert!(message.contains("two") && message.contains("test-of-run-logged.log"), "{message}");
    }
}
