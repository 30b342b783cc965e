//! The set-up: what a fresh clone lacks, each part only if it is missing or has changed.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::command::{Step, output_of, run_logged};
use crate::{root, std_sources};

/// How many crates the build of the kernel compiles: the length of a progress bar, nothing depends on it.
const KERNEL_CRATES: u64 = 275;

/// Sets up what is missing and returns the Python to use.
pub fn setup(python_env: &Path) -> Result<PathBuf> {
    if let Some(what) = not_for_paths(root()) {
        bail!(
            "the path of this folder, {:?}, contains {what}, which Python, cargo or the notebooks' `:dep` lines cannot \
             handle. Move the folder, or rename the one it lies in, then repeat the command",
            root()
        );
    }
    fs::create_dir_all(root().join("target"))?;
    // Two set-ups at once would install over each other. The second one waits, then finds everything done.
    let lock = File::create(root().join("target/setup.lock"))?;
    if lock.try_lock().is_err() {
        println!("Another set-up is running; waiting for it …");
        lock.lock()?;
    }
    need_c_compiler()?;
    let python = python_tools(python_env)?;
    let evcxr = kernel()?;
    let toolchain = output_of("rustc", &["--print", "sysroot"]).context("`rustc` does not run")?;
    let short_std = short_std_sources(Path::new(&toolchain))?;
    write_if_changed(
        &root().join("target/kernel/settings.json"),
        &serde_json::to_string_pretty(&json!({"evcxr": evcxr, "toolchain": toolchain, "std": short_std}))?,
    )?;
    kernelspec(python_env, &python)?;
    jupyter_config(python_env)?;
    template(&python)?;
    Ok(python)
}

/// What in a path keeps the tools from working. (Spaces and letters of any language are fine.)
fn not_for_paths(path: &Path) -> Option<String> {
    let Some(text) = path.to_str() else {
        return Some("bytes that are not UTF-8".to_owned());
    };
    let text = if cfg!(windows) { text.replace([':', '\\'], "/") } else { text.to_owned() };
    text.chars().find(|c| c.is_control() || "\"\\:".contains(*c)).map(|c| format!("{c:?}"))
}

/// A Python of the environment: `bin/python`, on Windows `Scripts\python.exe`.
pub fn python_in(python_env: &Path) -> PathBuf {
    python_env.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// A Python command that sees only this environment, not the user's own Jupyter.
pub fn python_command(python: &Path) -> Command {
    let mut command = Command::new(python);
    let own = python.parent().and_then(Path::parent).expect("bin/python").join("share/dl-interview");
    command
        .env("PYTHONUTF8", "1")
        .env("JUPYTER_CONFIG_DIR", own.join("config"))
        .env("JUPYTER_DATA_DIR", own.join("data"))
        .env("JUPYTER_RUNTIME_DIR", own.join("runtime"))
        .env("JUPYTER_PREFER_ENV_PATH", "1")
        .env("IPYTHONDIR", own.join("ipython"))
        .env("JUPYTER_PLATFORM_DIRS", "1")
        .env_remove("JUPYTER_PATH")
        .env_remove("JUPYTER_CONFIG_PATH")
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .current_dir(root());
    command
}

fn need_c_compiler() -> Result<()> {
    if ["cc", "gcc", "clang"].iter().any(|c| output_of(c, &["--version"]).is_some()) {
        return Ok(());
    }
    bail!(
        "No C compiler, which Rust needs to link. Install one: `sudo apt-get install gcc libc6-dev` (Debian, Ubuntu), \
         `sudo dnf install gcc` (Fedora), `xcode-select --install` (macOS)."
    )
}

/// The Python environment with the pinned tools.
fn python_tools(python_env: &Path) -> Result<PathBuf> {
    let python = python_in(python_env);
    let stamp = python_env.join("dl-interview.stamp");
    let requirements = root().join("requirements.txt");
    // The project's own Python package is installed by its path, so a project that has moved needs it anew.
    let project = fs::read(root().join("jupyter/pyproject.toml"))?;
    let place = root().as_os_str().as_encoded_bytes().to_vec();
    let wanted = digest(&[fs::read(&requirements)?, project, place].concat());
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|is| is == wanted) {
        return Ok(python);
    }
    if output_of(&python, &["-m", "pip", "--version"]).is_none() {
        let base = base_python()?;
        let step = Step::start("Python environment");
        let mut command = Command::new(base);
        command.args(["-m", "venv", "--clear"]).arg(python_env);
        run_logged(&mut command, "venv", |_| ())?;
        step.done();
    }
    let step = Step::start("Python tools (JupyterLab and what runs the notebooks)");
    let mut command = Command::new(&python);
    command
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--requirement"])
        .arg(&requirements)
        .current_dir(root());
    run_logged(&mut command, "pip", |line| {
        let mut words = line.split_whitespace();
        if let (Some("Collecting" | "Downloading" | "Installing"), Some(what)) = (words.next(), words.next()) {
            step.tell(what);
        }
    })?;
    fs::write(&stamp, wanted)?;
    step.done();
    Ok(python)
}

/// A Python 3.10 or later that can create environments.
fn base_python() -> Result<OsString> {
    let found = ["python3", "python"]
        .into_iter()
        .find(|p| output_of(p, &["-c", "import sys; assert sys.version_info >= (3, 10)"]).is_some());
    let Some(python) = found else {
        bail!(
            "No Python 3.10 or later. Install it: `sudo apt-get install python3 python3-venv` (Debian, Ubuntu), \
             `sudo dnf install python3` (Fedora), `brew install python` (macOS)."
        );
    };
    if output_of(python, &["-c", "import venv, ensurepip"]).is_none() {
        bail!("{python} lacks the venv module. Install it: `sudo apt-get install python3-venv` (Debian, Ubuntu).");
    }
    Ok(python.into())
}

/// The kernel: the package in `kernel/`, which has evcxr in it.
fn kernel() -> Result<PathBuf> {
    let package = root().join("kernel");
    let mut sources = vec![fs::read(package.join("Cargo.toml"))?, fs::read(package.join("Cargo.lock"))?];
    let mut files: Vec<_> = fs::read_dir(package.join("src"))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    for file in files {
        sources.push(fs::read(file)?);
    }
    let name = format!("dl-interview-kernel{}", env::consts::EXE_SUFFIX);
    let folder = root().join(format!(".tools/kernel-{}", &digest(&sources.concat())[..12]));
    let program = folder.join("bin").join(&name);
    if program.exists() {
        return Ok(program);
    }
    let step = Step::start("Rust kernel (about 9 minutes on 2 cores)").with_length(KERNEL_CRATES);
    // An interrupted build goes on where it stopped, because its products stay until it has succeeded.
    let products = root().join(".tools/build");
    // It is there whole, or not at all.
    let half = root().join(".tools/kernel.half");
    let mut command = Command::new("cargo");
    command
        .args(["install", "--locked", "--no-track", "--force", "--path"])
        .arg(&package)
        .arg("--root")
        .arg(&half)
        .arg("--target-dir")
        .arg(&products)
        .env_remove("RUSTFLAGS")
        .current_dir(root());
    run_logged(&mut command, "kernel", |line| {
        if let Some(what) = line.trim_start().strip_prefix("Compiling ") {
            step.advance();
            step.tell(what);
        }
    })?;
    // Kernels of other versions are of no use any more.
    for old in fs::read_dir(root().join(".tools"))?.flatten() {
        let is_kernel = |name: &str| name.starts_with("kernel-");
        if is_kernel(&old.file_name().to_string_lossy()) {
            fs::remove_dir_all(old.path())?;
        }
    }
    fs::rename(&half, &folder)?;
    fs::remove_dir_all(&products)?;
    step.done();
    Ok(program)
}

/// The short copy of the standard library's sources, from which the kernel tells the types of variables.
fn short_std_sources(toolchain: &Path) -> Result<PathBuf> {
    let library = toolchain.join("lib/rustlib/src/rust/library");
    let version = output_of("rustc", &["-vV"]).context("`rustc` does not run")?;
    if !library.join("core/src/lib.rs").exists() {
        let step = Step::start("Sources of the standard library (rustup component rust-src)");
        let mut command = Command::new("rustup");
        command.args(["component", "add", "rust-src"]);
        run_logged(&mut command, "rust-src", |_| ()).with_context(|| {
            format!(
                "The sources of Rust's standard library are missing (there is no {}), and without them the kernel cannot \
                 tell the type of any variable. Install them the way you installed rustc, e.g. `rustup component add \
                 rust-src` or `sudo apt-get install rust-src`",
                library.display()
            )
        })?;
        step.done();
    }
    // Another toolchain, or another way of shortening: another copy.
    let made_from = digest((version + include_str!("std_sources.rs")).as_bytes());
    let target = root().join(format!("target/kernel/std-{}", &made_from[..12]));
    if std_sources::is_whole(&target) {
        return Ok(target);
    }
    for outdated in fs::read_dir(root().join("target/kernel")).into_iter().flatten().flatten() {
        if outdated.file_name().to_string_lossy().starts_with("std-") {
            let _ = fs::remove_dir_all(outdated.path());
        }
    }
    let step = Step::start("Short copy of the standard library's sources");
    std_sources::write_short_copy(&library, &target)?;
    step.done();
    Ok(target)
}

/// The kernel as Jupyter sees it. It lives in this environment only.
fn kernelspec(python_env: &Path, python: &Path) -> Result<()> {
    let folder = python_env.join("share/jupyter");
    let spec = json!({
        "argv": [python, "-m", "dli_jupyter.kernel", "{connection_file}"],
        "display_name": "Rust",
        "language": "rust",
        // The other mode, a message, makes evcxr end the process that holds all variables. A signal reaches the trainings,
        // which listen to it.
        "interrupt_mode": "signal",
        "metadata": {"kernel_provisioner": {"provisioner_name": "dli-spare"}},
    });
    write_if_changed(&folder.join("kernels/rust/kernel.json"), &serde_json::to_string_pretty(&spec)?)?;
    // JupyterLab's start page otherwise asks about news, on the network, at the first start.
    let quiet =
        json!({"@jupyterlab/apputils-extension:notification": {"checkForUpdates": false, "fetchNews": "false"}});
    write_if_changed(&folder.join("lab/settings/overrides.json"), &serde_json::to_string_pretty(&quiet)?)
}

/// What the Jupyter programs of this environment do differently: see `jupyter_config.py`.
fn jupyter_config(python_env: &Path) -> Result<()> {
    let config = root().join("jupyter/dli_jupyter/jupyter_config.py");
    // JSON's way to quote a path is Python's, too.
    let line = format!("load_subconfig({})\n", json!(config));
    write_if_changed(&python_env.join("etc/jupyter/jupyter_config.py"), &line)
}

/// The compiled dependencies that every kernel starts from.
fn template(python: &Path) -> Result<()> {
    let mut check = python_command(python);
    check.args(["-m", "dli_jupyter.template", "--is-current"]);
    if check.status()?.success() {
        return Ok(());
    }
    let step = Step::start("Crates that the notebooks use, compiled once");
    let mut command = python_command(python);
    command.args(["-m", "dli_jupyter.template"]);
    run_logged(&mut command, "template", |line| {
        if let Some(what) = line.trim_start().strip_prefix("Compiling ") {
            step.tell(what);
        }
    })?;
    step.done();
    Ok(())
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|is| is == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("a file in a folder"))?;
    // Never half of it, whatever interrupts this.
    let unfinished = path.with_extension("unfinished");
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_cannot_work_is_told_before_anything_is_built() {
        for path in ["/home/kim/dl", "/home/kim/My notes/딥러닝 (2)/it's #1 {x} $HOME, 50 %"] {
            assert_eq!(not_for_paths(Path::new(path)), None);
        }
        for (path, what) in [("/a\"b", "'\"'"), ("/a\nb", "'\\n'"), ("/a\\b", "'\\\\'"), ("/a:b", "':'")] {
            assert_eq!(not_for_paths(Path::new(path)).as_deref(), Some(what));
        }
    }
}
