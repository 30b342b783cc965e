//! `cargo xtask html`: the book on the web, or single notebooks as one file each. Both show what is committed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{Step, run_logged};
use crate::notebooks;
use crate::root;
use crate::setup::{python_command, setup};

/// Options of `cargo xtask html`.
#[derive(clap::Args)]
pub struct Options {
    /// Notebooks by number or file name, e.g. 18-0: writes one file each [default: the whole book, below target/site]
    names: Vec<String>,
    /// Folder for the single files
    #[arg(long, short, default_value = "html", requires = "names")]
    output: PathBuf,
    /// Open what was written in the browser
    #[arg(long)]
    open: bool,
}

/// Sets up what is missing, then writes the pages, with the outputs that the notebooks hold.
pub fn html(python_env: &Path, options: &Options) -> Result<()> {
    let chosen = notebooks::named(&options.names)?;
    let python = setup(python_env)?;
    let first = if options.names.is_empty() {
        book(&python)?
    } else {
        let output = std::path::absolute(&options.output)?;
        let mut command = python_command(&python);
        command.args(["-m", "dli_jupyter.export", "--output"]).arg(&output).args(&chosen);
        if !command.status()?.success() {
            bail!("the export failed");
        }
        output.join(format!("{}.html", notebooks::stem_of(&chosen[0])))
    };
    if options.open {
        let open = "import pathlib, sys, webbrowser; sys.exit(not webbrowser.open(pathlib.Path(sys.argv[1]).as_uri()))";
        if !python_command(&python).args(["-c", open]).arg(&first).status()?.success() {
            bail!("no browser could be opened. Open {} yourself", first.display());
        }
    }
    Ok(())
}

/// The static site of all notebooks; answers with its first page. A warning of the site builder is an error.
fn book(python: &Path) -> Result<PathBuf> {
    let (work, site) = (root().join("target/site-build"), root().join("target/site"));
    // Always from nothing: it takes seconds, and no page of a notebook that was renamed stays behind.
    remove(&work)?;
    let step = Step::start("The book on the web");
    let mut command = python_command(python);
    command.args(["-m", "sphinx", "--builder", "html", "--conf-dir", "site", "--jobs", "auto", "--fail-on-warning"]);
    command.args(["--keep-going", "--doctree-dir"]).arg(work.join("doctrees")).arg("notebooks").arg(work.join("html"));
    run_logged(&mut command, "site", |line| {
        if line.contains("%]") {
            step.tell(line);
        }
    })?;
    remove(&site)?;
    fs::rename(work.join("html"), &site)?;
    step.done();
    let index = site.join("index.html");
    println!("  {}", index.strip_prefix(root()).unwrap_or(&index).display());
    Ok(index)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
