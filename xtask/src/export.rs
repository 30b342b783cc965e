//! `cargo xtask html`: one file a notebook, readable anywhere, also offline.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::notebooks;
use crate::root;
use crate::setup::{python_command, setup};

/// Options of `cargo xtask html`.
#[derive(clap::Args)]
pub struct Options {
    /// Notebooks by number or file name, e.g. 18-0 [default: all]
    names: Vec<String>,
    /// Folder to write to
    #[arg(long, short, default_value = "html")]
    output: PathBuf,
}

/// Sets up what is missing, then exports the notebooks with the outputs they hold.
pub fn html(python_env: &Path, options: &Options) -> Result<()> {
    let chosen = notebooks::named(&options.names)?;
    let python = setup(python_env)?;
    let output = std::path::absolute(&options.output)?;
    let mut command = python_command(&python);
    command.args(["-m", "dli_jupyter.export", "--output"]).arg(&output).args(&chosen).current_dir(root());
    if !command.status()?.success() {
        bail!("the export failed");
    }
    Ok(())
}
