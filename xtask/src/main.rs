//! The project's commands: `cargo xtask --help`.

mod check;
mod command;
mod export;
mod lab;
mod new;
mod notebooks;
mod program;
mod run;
mod setup;
mod std_sources;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Deep-learning interview questions, answered by running them.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    /// Use this Python environment (conda, Binder) instead of the project's own `.venv`
    #[arg(long, global = true, value_name = "FOLDER", env = "DLI_PYTHON_ENV")]
    python_env: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing: Python tools, the Rust kernel, its compiled dependencies
    Setup,
    /// Set up what is missing, then open JupyterLab on the index notebook
    Lab(lab::Options),
    /// Set up what is missing, then run every test: format, clippy, Rust, Python, all notebooks
    Test,
    /// Execute notebooks from fresh kernels and write their outputs
    Run(run::Options),
    /// Compile notebooks as ordinary programs, and compare what they show with what their kernels have shown
    Program(program::Options),
    /// Write the whole book as a static site, or single notebooks as one HTML file each; both work offline
    Html(export::Options),
    /// Create a notebook with all its sections in place
    New(new::Options),
}

/// The project's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the project's folder")
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let python_env = cli.python_env.unwrap_or_else(|| root().join(".venv"));
    let result = match cli.task {
        Task::Setup => setup::setup(&python_env).map(|_| println!("Ready. Next: cargo xtask lab")),
        Task::Lab(options) => lab::lab(&python_env, &options),
        Task::Test => check::test(&python_env),
        Task::Run(options) => run::run(&python_env, &options),
        Task::Program(options) => program::program(&python_env, &options),
        Task::Html(options) => export::html(&python_env, &options),
        Task::New(options) => new::new(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
