//! `cargo xtask run`: executes notebooks and reports what failed, cell by cell.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::notebooks;
use crate::setup::{python_command, setup};

/// Options of `cargo xtask run`.
#[derive(clap::Args)]
pub struct Options {
    /// Notebooks by number or file name, e.g. 18-0 [default: all]
    names: Vec<String>,
    /// How many notebooks to execute at once
    #[arg(long, short, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Seed of everything random. Another seed than 42 checks the claims and leaves the files alone
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Leave the files alone and compare with the outputs they hold
    #[arg(long)]
    check: bool,
    /// Seconds that one cell may take
    #[arg(long, default_value_t = 300)]
    timeout: u32,
}

impl Options {
    /// What `cargo xtask test` does: all notebooks, compared with their committed outputs.
    pub fn check_all() -> Options {
        Options { names: Vec::new(), jobs: 1, seed: 42, check: true, timeout: 300 }
    }
}

/// Sets up what is missing, then executes the notebooks.
pub fn run(python_env: &Path, options: &Options) -> Result<()> {
    let chosen = notebooks::named(&options.names)?;
    let python = setup(python_env)?;
    execute(&python, &chosen, options)
}

/// Executes `chosen`; goes on after a failure, and fails at the end if there was one.
pub fn execute(python: &Path, chosen: &[PathBuf], options: &Options) -> Result<()> {
    let mut command = python_command(python);
    command.args(["-m", "dli_jupyter.execute"]);
    command.args(["--jobs", &options.jobs.to_string(), "--seed", &options.seed.to_string()]);
    command.args(["--timeout", &options.timeout.to_string()]);
    if options.check {
        command.arg("--check");
    }
    let mut child = command.arg("--").args(chosen).stdout(Stdio::piped()).spawn().context("cannot start Python")?;

    let screen = MultiProgress::new();
    let mut bars: BTreeMap<String, ProgressBar> = BTreeMap::new();
    let mut failed = 0;
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line?;
        let Ok(event) = serde_json::from_str::<Value>(&line) else {
            screen.println(&line)?;
            continue;
        };
        let name = event["notebook"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str() {
            Some("start") => {
                let bar = screen.add(ProgressBar::new(event["cells"].as_u64().unwrap_or(0)));
                let style = ProgressStyle::with_template("{spinner} {msg:32} {bar:24} {pos}/{len} {elapsed}")?;
                bar.set_style(style);
                bar.set_message(name.clone());
                bar.enable_steady_tick(Duration::from_millis(120));
                bars.insert(name, bar);
            }
            Some("cell") => {
                if let Some(bar) = bars.get(&name) {
                    bar.set_position(event["number"].as_u64().unwrap_or(1) - 1);
                    bar.set_message(format!("{name} [{}]", event["id"].as_str().unwrap_or_default()));
                }
            }
            Some("done") => {
                if let Some(bar) = bars.remove(&name) {
                    bar.finish_and_clear();
                }
                let failures = event["failures"].as_array().cloned().unwrap_or_default();
                failed += usize::from(!failures.is_empty());
                let report = report(&name, event["seconds"].as_f64().unwrap_or(0.0), &failures);
                if std::io::stderr().is_terminal() {
                    screen.println(report)?;
                } else {
                    println!("{report}");
                }
            }
            _ => screen.println(&line)?,
        }
    }
    let status = child.wait()?;
    println!("{} notebooks passed, {failed} failed", chosen.len() - failed);
    if failed > 0 || !status.success() {
        bail!("{failed} of {} notebooks failed", chosen.len());
    }
    Ok(())
}

fn report(name: &str, seconds: f64, failures: &[Value]) -> String {
    let mark = if failures.is_empty() { '✓' } else { '✗' };
    let mut text = format!("  {mark} {name} ({seconds} s)");
    for failure in failures {
        let place = match (failure["cell"].as_u64(), failure["id"].as_str()) {
            (Some(cell @ 1..), Some(id)) => format!("cell {cell} [{id}]: "),
            _ => String::new(),
        };
        let message = failure["message"].as_str().unwrap_or_default().replace('\n', "\n      ");
        text += &format!("\n    {place}{message}");
    }
    text
}
