//! `cargo xtask test`: everything that must hold, cheapest first.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::program::{self, Machine};
use crate::setup::{python_command, setup};
use crate::{notebooks, root, run};

/// Sets up what is missing, then runs all tests; goes on after a failure, and fails at the end if there was one.
pub fn test(python_env: &Path) -> Result<()> {
    println!("Set-up");
    let python = setup(python_env)?;
    let mut failed = Vec::new();
    let mut step = |name: &'static str, work: &mut dyn FnMut() -> Result<()>| {
        println!("\n{name}");
        let start = Instant::now();
        match work() {
            Ok(()) => println!("  ✓ {name} ({:.1} s)", start.elapsed().as_secs_f64()),
            Err(error) => {
                println!("  ✗ {name}: {error:#}");
                failed.push(name);
            }
        }
    };
    step("Format", &mut || {
        cargo(&["fmt", "--all", "--check"])?;
        cargo(&["fmt", "--manifest-path", "kernel/Cargo.toml", "--check"])
    });
    step("Lints", &mut || cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]));
    step("Rust tests", &mut || cargo(&["test", "--workspace", "--locked"]));
    // Only in 64 bits are central differences good enough to tell a gradient that is almost right from one that is right.
    let f64 = ["test", "--package", "dl-interview", "--features", "f64", "--lib", "--tests", "--locked"];
    step("Rust tests in f64", &mut || cargo(&f64));
    step("Rust documentation", &mut || {
        let mut command = Command::new("cargo");
        command.args(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
        succeed(command.env("RUSTDOCFLAGS", "-D warnings"))
    });
    // `-rs` says why a test was skipped: those in a browser are, where none is installed.
    step("Python tests", &mut || succeed(python_command(&python).args(["-m", "pytest", "-q", "-rs", "jupyter"])));
    step("Notebooks", &mut || run::execute(&python, &notebooks::all()?, &run::Options::check_all(), true));
    step("Notebooks as programs", &mut || program::parity(&python, &notebooks::all()?, Machine::This));
    // Three are enough to see that the crate and the generator still work there; `cargo xtask program --wasm` runs all.
    let in_browsers = ["12-2", "12-3", "13-3"].map(String::from);
    step("Programs for browsers", &mut || {
        program::parity(&python, &notebooks::named(&in_browsers)?, Machine::WebAssembly)
    });
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("\nEverything passes.");
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    succeed(Command::new("cargo").args(arguments))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.current_dir(root()).status()?;
    if !status.success() {
        bail!("ended with {status}");
    }
    Ok(())
}
