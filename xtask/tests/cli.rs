//! The commands as a user meets them: their help, and what they say when something is missing.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).env_remove("DLI_PYTHON_ENV");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs the command, expects it to fail, and returns what it said.
fn failure(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "it should have failed: {}", said(&output));
    said(&output)
}

/// A folder for PATH that holds links to these programs only.
fn path_with(name: &str, programs: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for program in programs {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|directory| directory.join(program))
            .find(|path| path.exists())
            .unwrap_or_else(|| panic!("{program} is not on PATH"));
        #[cfg(unix)]
        std::os::unix::fs::symlink(found, folder.join(program)).unwrap();
    }
    folder
}

#[test]
fn every_command_has_help() {
    for command in ["setup", "lab", "test", "run", "html", "new"] {
        let output = xtask(&[command, "--help"]).output().unwrap();
        assert!(output.status.success() && said(&output).contains("Usage: cargo xtask"), "{}", said(&output));
    }
}

#[test]
fn a_missing_compiler_is_named_with_the_command_that_mends_it() {
    let text = failure(xtask(&["setup"]).env("PATH", path_with("no-compiler", &["cargo", "rustc"])));
    assert!(text.contains("No C compiler") && text.contains("apt-get install gcc"), "{text}");
}

#[test]
fn a_missing_python_is_named_with_the_command_that_mends_it() {
    let elsewhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-such-environment");
    let path = path_with("no-python", &["cargo", "rustc", "cc"]);
    let text = failure(xtask(&["setup", "--python-env"]).arg(elsewhere).env("PATH", path));
    assert!(text.contains("No Python 3.10") && text.contains("apt-get install python3"), "{text}");
}

#[test]
fn a_python_without_venv_is_named_with_the_command_that_mends_it() {
    let elsewhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-such-environment");
    let path = path_with("no-venv", &["cargo", "rustc", "cc"]);
    // A Python that is new enough, but in which every other import fails, as Debian ships it without python3-venv.
    let program = "#!/bin/sh\ncase \"$2\" in *version_info*) exit 0;; *) exit 1;; esac\n";
    fs::write(path.join("python3"), program).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/bin/sh", path.join("sh")).unwrap();
    let status = Command::new("chmod").arg("+x").arg(path.join("python3")).status().unwrap();
    assert!(status.success());
    let text = failure(xtask(&["setup", "--python-env"]).arg(elsewhere).env("PATH", path));
    assert!(text.contains("lacks the venv module") && text.contains("apt-get install python3-venv"), "{text}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let text = failure(&mut xtask(&["lab", "--no-browser", "--port", &port.to_string()]));
    assert!(text.contains(&format!("port {port} is in use")) && text.contains("--port"), "{text}");
}

#[test]
fn wrong_arguments_are_answered_with_what_would_be_right() {
    assert!(failure(&mut xtask(&["run", "99-9"])).contains("There are: 00-0"));
    assert!(failure(&mut xtask(&["run", "--jobs", "0"])).contains("1..=64"));
    assert!(failure(&mut xtask(&["new", "12", "relu-problems"])).contains("12-0 or 12-3"));
    assert!(failure(&mut xtask(&["new", "12-3", "Relu"])).contains("relu-problems"));
    assert!(failure(&mut xtask(&["new", "18-0", "once-more"])).contains("already has a notebook"));
    assert!(failure(&mut xtask(&["new", "21-0", "no-question"])).contains("lists all 47"));
}

#[test]
fn a_second_set_up_finds_nothing_to_do() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    if !project.join("target/kernel/stamp.json").exists() {
        return; // `cargo xtask test` sets everything up before; a plain `cargo test` is not the place for it
    }
    assert!(xtask(&["setup"]).status().unwrap().success());
    let output = xtask(&["setup"]).output().unwrap();
    assert!(output.status.success() && !said(&output).contains('✓'), "a step was run again: {}", said(&output));
}
