//! `cargo xtask html`: the book on the web, or single notebooks as one file each. Both show what is committed.

use std::fs::{self, File};
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
    let site = root().join("target/site");
    written_anew(&site, |work| {
        let step = Step::start("The book on the web");
        let html = work.join("html");
        let mut command = python_command(python);
        command.args([
            "-m",
            "sphinx",
            "--builder",
            "html",
            "--conf-dir",
            "site",
            "--jobs",
            "auto",
            "--fail-on-warning",
        ]);
        command.args(["--keep-going", "--doctree-dir"]).arg(work.join("doctrees")).arg("notebooks").arg(&html);
        run_logged(&mut command, "site", |line| {
            if line.contains("%]") {
                step.tell(line);
            }
        })?;
        step.done();
        Ok(html)
    })?;
    let index = site.join("index.html");
    println!("  {}", index.strip_prefix(root()).unwrap_or(&index).display());
    Ok(index)
}

/// Replaces `folder` by the one that `write` makes in an empty folder for its work, once that is complete; one process
/// at a time.
///
/// Always from nothing: it takes seconds, and no page of a notebook that was renamed stays behind.
fn written_anew(folder: &Path, write: impl FnOnce(&Path) -> Result<PathBuf>) -> Result<()> {
    let lock = File::create(folder.with_extension("lock"))?;
    if lock.try_lock().is_err() {
        println!("Another process is writing {}; waiting for it …", folder.display());
        lock.lock()?;
    }
    let work = folder.with_extension("build");
    remove(&work)?;
    fs::create_dir_all(&work)?;
    let new = write(&work)?;
    if folder.exists() {
        fs::rename(folder, work.join("old"))?;
    }
    fs::rename(new, folder)?;
    remove(&work)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn two_at_once_leave_one_complete_folder_and_a_failure_leaves_the_old_one() {
        let place = std::env::temp_dir().join(format!("written-anew-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let site = place.join("site");
        let write = |work: &Path| {
            assert_eq!(fs::read_dir(work)?.count(), 0, "somebody else works here");
            let new = work.join("new");
            fs::create_dir(&new)?;
            for page in 0..5 {
                fs::write(new.join(page.to_string()), "")?;
                thread::sleep(Duration::from_millis(20));
            }
            Ok(new)
        };
        thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| written_anew(&site, write)));
            for one in both {
                one.join().unwrap().unwrap();
            }
        });
        assert_eq!(fs::read_dir(&site).unwrap().count(), 5);
        written_anew(&site, |_| bail!("a warning")).unwrap_err();
        assert_eq!(fs::read_dir(&site).unwrap().count(), 5);
        fs::remove_dir_all(&place).unwrap();
    }
}
