//! `cargo xtask run`: executes notebooks and reports what failed, cell by cell.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, IsTerminal};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::notebooks;
use crate::program::{self, Built, Machine, Turn};
use crate::setup::{python_command, setup};

/// Options of `cargo xtask run`.
#[derive(clap::Args)]
pub struct Options {
    /// Notebooks by number or file name, e.g. 18-0 [default: all]
    names: Vec<String>,
    /// How many notebooks to execute at once
    #[arg(long, short, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Seed of everything random, or several: 1..=10. With others than 42 the files are left alone: after their kernels, which
    /// run once, the notebooks run as programs under all of them, and each claim's range is shown
    #[arg(long, value_name = "SEED", default_value = "42", value_delimiter = ',', value_parser = seeds)]
    seed: Vec<RangeInclusive<u64>>,
    /// Run a notebook as a program with another value for one of its knobs, and show what it says: 18-0.rate=2.0
    #[arg(long, value_name = "NOTEBOOK.KNOB=VALUE", value_parser = Turn::read)]
    knob: Vec<Turn>,
    /// Leave the files alone and compare with the outputs they hold
    #[arg(long)]
    check: bool,
    /// Seconds that one cell may take
    #[arg(long, default_value_t = 300)]
    timeout: u32,
}

impl Options {
    /// What `cargo xtask test` does: all notebooks, compared with their committed outputs. Two at once, because a notebook
    /// spends half of its time with the compiler, which uses one core.
    pub fn check_all() -> Options {
        Options { names: Vec::new(), jobs: 2, seed: vec![42..=42], knob: Vec::new(), check: true, timeout: 300 }
    }
}

/// `43` or `43..=47`, and `43..48` for the same.
fn seeds(text: &str) -> Result<RangeInclusive<u64>> {
    const AT_MOST: u64 = 1000;
    let number =
        |text: &str| text.trim().parse::<u64>().with_context(|| format!("{text:?} is no seed; 43 and 1..=10 are"));
    let seeds = match (text.split_once("..="), text.split_once("..")) {
        (Some((first, last)), _) => number(first)?..=number(last)?,
        (None, Some((first, end))) => number(first)?..=number(end)?.checked_sub(1).context("no seed lies below 0")?,
        (None, None) => number(text)?..=number(text)?,
    };
    if seeds.is_empty() || seeds.end() - seeds.start() >= AT_MOST {
        bail!("from 1 to {AT_MOST} seeds can run at a time");
    }
    Ok(seeds)
}

/// Sets up what is missing, then executes the notebooks.
pub fn run(python_env: &Path, options: &Options) -> Result<()> {
    let turned: Vec<String> = options.knob.iter().map(|turn| turn.notebook().to_owned()).collect();
    let chosen = notebooks::named(if options.names.is_empty() { &turned } else { &options.names })?;
    let python = setup(python_env)?;
    let seeds: BTreeSet<u64> = options.seed.iter().cloned().flatten().collect();
    let mut in_kernels = Ok(());
    if options.knob.is_empty() {
        // What a notebook shows is what its kernel shows; other seeds need no other kernel.
        let is_usual = seeds == BTreeSet::from([42]);
        in_kernels = execute(&python, &chosen, options, options.check || !is_usual);
        if is_usual {
            return in_kernels;
        }
    }
    let programs = program::build(&python, &chosen, &options.knob, Machine::This)?;
    let how = Programs { seeds, timeout: options.timeout, check: false, show: !options.knob.is_empty() };
    run_programs(&python, &programs, &how).and(in_kernels)
}

/// Executes `chosen` in kernels under the committed seed; goes on after a failure, and fails at the end if there was one.
pub fn execute(python: &Path, chosen: &[PathBuf], options: &Options, check: bool) -> Result<()> {
    let mut command = python_command(python);
    command.args(["-m", "dli_jupyter.execute"]);
    command.args(["--jobs", &options.jobs.to_string()]);
    command.args(["--timeout", &options.timeout.to_string()]);
    command.args(check.then_some("--check"));
    watch(command.arg("--").args(chosen), chosen.len(), "notebooks")
}

/// How notebooks run as programs.
pub struct Programs {
    pub seeds: BTreeSet<u64>,
    pub timeout: u32,
    /// Compare with what the notebooks hold.
    pub check: bool,
    /// Print what they say.
    pub show: bool,
}

impl Programs {
    /// Under the committed seed, with what the notebooks hold to compare with.
    pub fn parity() -> Programs {
        Programs { seeds: BTreeSet::from([42]), timeout: 600, check: true, show: false }
    }
}

/// Runs compiled notebooks; goes on after a failure, and fails at the end if there was one.
pub fn run_programs(python: &Path, programs: &[Built], how: &Programs) -> Result<()> {
    let mut command = python_command(python);
    command.args(["-m", "dli_jupyter.program", "run", "--timeout", &how.timeout.to_string()]);
    command.args(how.seeds.iter().map(|seed| format!("--seed={seed}")));
    command.args(how.check.then_some("--check")).args(how.show.then_some("--show"));
    // With several seeds, a notebook counts once per seed.
    let what = if how.seeds.len() == 1 { "notebooks" } else { "runs" };
    command.arg("--").args(programs.iter().flat_map(|built| [&built.notebook, &built.program]));
    watch(&mut command, programs.len() * how.seeds.len(), what)
}

/// Runs the program that executes notebooks, shows what it tells, and fails unless it says of `all` that they passed.
fn watch(command: &mut Command, all: usize, what: &str) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start Python")?;
    let screen = MultiProgress::new();
    let mut bars: BTreeMap<String, ProgressBar> = BTreeMap::new();
    let (mut passed, mut failed) = (0, Vec::new());
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
                if failures.is_empty() {
                    passed += 1;
                } else {
                    failed.push(name.clone());
                }
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
    for bar in bars.values() {
        bar.finish_and_clear();
    }
    let unknown = all.saturating_sub(passed + failed.len());
    let summary = match unknown {
        0 => format!("{passed} {what} passed, {} failed", failed.len()),
        _ => format!("{passed} {what} passed, {} failed, {unknown} did not come to an end", failed.len()),
    };
    println!("{summary}");
    if unknown > 0 {
        bail!("{summary}: the program that executes notebooks ended with {status}");
    }
    if !failed.is_empty() {
        bail!("{} of {all} {what} failed: {}", failed.len(), failed.join(", "));
    }
    if !status.success() {
        bail!("the program that executes notebooks ended with {status}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_to_an_end_has_passed() {
        let python = if cfg!(windows) { "python" } else { "python3" };
        let said_by = |program: &str| {
            let outcome = watch(Command::new(python).args(["-c", program]), 3, "notebooks");
            outcome.err().map(|error| error.to_string())
        };
        let done = |name: &str, failures: &str| {
            format!(
                "print('{{\"notebook\": \"{name}\", \"event\": \"done\", \"seconds\": 1, \"failures\": {failures}}}', flush=True)\n"
            )
        };
        let start = "print('{\"notebook\": \"b\", \"event\": \"start\", \"cells\": 2}', flush=True)\n";
        let failure = "[{\"cell\": 1, \"id\": \"x\", \"message\": \"no\"}]";
        let (good, bad) = (done("a", "[]"), done("c", failure));
        // It dies at once, in the middle (with and without a failure before), and without an exit status that says so.
        for (program, summary) in [
            ("raise SystemExit(1)".to_owned(), "0 notebooks passed, 0 failed, 3 did not come to an end: "),
            (format!("{good}{start}import os\nos.abort()"), "1 notebooks passed, 0 failed, 2 did not come to an end: "),
            (
                format!("{good}{bad}{start}raise SystemExit(1)"),
                "1 notebooks passed, 1 failed, 1 did not come to an end: ",
            ),
            (good.clone(), "1 notebooks passed, 0 failed, 2 did not come to an end: "),
        ] {
            let error = said_by(&program).expect("not all came to an end");
            assert!(error.starts_with(summary) && error.contains("ended with"), "{error}");
        }
        assert_eq!(said_by(&format!("{good}{good}{bad}raise SystemExit(1)")).unwrap(), "1 of 3 notebooks failed: c");
        assert!(said_by(&format!("{good}{good}{good}raise SystemExit(3)")).unwrap().contains("ended with"));
        assert_eq!(said_by(&format!("{good}{good}{good}")), None);
    }

    #[test]
    fn seeds_are_numbers_or_ranges() {
        for (text, range) in
            [("7", 7..=7), ("1..=10", 1..=10), ("43..48", 43..=47), ("18446744073709551615", u64::MAX..=u64::MAX)]
        {
            assert_eq!(seeds(text).unwrap(), range, "{text}");
        }
        for (text, message) in [
            ("seven", "\"seven\" is no seed; 43 and 1..=10 are"),
            ("1..=", "\"\" is no seed"),
            ("-1", "\"-1\" is no seed"),
            ("7..=6", "from 1 to 1000 seeds"),
            ("0..0", "no seed lies below 0"),
            ("0..1001", "from 1 to 1000 seeds"),
            ("0..=18446744073709551615", "from 1 to 1000 seeds"),
        ] {
            let error = format!("{:#}", seeds(text).unwrap_err());
            assert!(error.contains(message), "{text}: {error}");
        }
        assert!(seeds("0..1000").is_ok());
    }

    #[test]
    fn the_option_takes_lists_and_can_be_repeated() {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            options: Options,
        }
        let parse = |line: &str| {
            let options = <Cli as clap::Parser>::try_parse_from(line.split(' ')).unwrap().options;
            (options.names, options.seed.into_iter().flatten().collect::<Vec<_>>())
        };
        assert_eq!(parse("run"), (vec![], vec![42]));
        assert_eq!(parse("run --seed 7 18-0"), (vec!["18-0".to_owned()], vec![7]));
        assert_eq!(parse("run --seed 1..=3,7 --seed 9"), (vec![], vec![1, 2, 3, 7, 9]));
    }
}
