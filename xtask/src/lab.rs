//! `cargo xtask lab`: JupyterLab on the index notebook, on this machine only.

use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command::output_of;
use crate::root;
use crate::setup::{python_command, setup};

/// Options of `cargo xtask lab`.
#[derive(clap::Args)]
pub struct Options {
    /// Only print the address to open
    #[arg(long)]
    no_browser: bool,
    /// Port to listen on [default: the first free one from 8888]
    #[arg(long)]
    port: Option<u16>,
    /// Do not keep a second kernel ready in the background (it holds about 330 MB of memory)
    #[arg(long)]
    no_spare: bool,
    /// Options for JupyterLab itself, after `--`
    #[arg(last = true)]
    jupyter: Vec<String>,
}

/// Sets up what is missing, then runs JupyterLab until it is stopped.
pub fn lab(python_env: &Path, options: &Options) -> Result<()> {
    if let Some(port) = options.port {
        // JupyterLab would silently take another port; who named one wants that one.
        if TcpListener::bind(("127.0.0.1", port)).is_err() {
            bail!("port {port} is in use. Choose another: `cargo xtask lab --port {}`", port.saturating_add(1));
        }
    }
    let python = setup(python_env)?;
    let mut command = python_command(&python);
    command
        .args(["-m", "jupyterlab", "notebooks/00-0-index.ipynb"])
        // The notebook above is what its own browser opens; this is the address it prints for any other one.
        .arg("--LabApp.default_url=/lab/tree/00-0-index.ipynb")
        .arg("--ServerApp.ip=127.0.0.1")
        // A kernel whose crates must be compiled first answers late, but it does answer.
        .arg("--MappingKernelManager.kernel_info_timeout=900");
    if options.no_browser {
        command.arg("--no-browser");
    }
    if let Some(port) = options.port {
        command.arg(format!("--port={port}")).arg("--ServerApp.port_retries=0");
    }
    if !options.no_spare {
        command.env("DLI_SPARE_KERNEL", "1");
    }
    // JupyterLab refuses to serve root, because a server on a network would give the machine away. This one listens on this
    // machine only and behind a token; and in a container, root is who one is.
    if output_of("id", &["-u"]).is_some_and(|id| id == "0") {
        println!("You are root, and so is every cell that you run.");
        command.arg("--allow-root");
    }
    command.args(&options.jupyter).current_dir(root());
    println!("JupyterLab is starting. Stop it with Ctrl-C, twice.");
    // On Unix JupyterLab takes the place of this process, so that whatever ends the one ends the other.
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command)).context("JupyterLab does not start");
    #[cfg(not(unix))]
    match command.status().context("JupyterLab does not start")? {
        status if status.success() => Ok(()),
        status => bail!("JupyterLab ended with {status}"),
    }
}
