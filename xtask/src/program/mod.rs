//! Notebooks as ordinary programs: the same cells, compiled together once.
//!
//! A kernel compiles cell by cell, which is most of the time that a notebook takes. A program takes the rest of it, so that a
//! notebook can run under many seeds, or with a changed knob, in seconds. `cells` takes notebooks apart, `names` finds out what
//! each piece uses, `generate` writes programs, `structure` says which cells need which. Everything lies below
//! `target/kernel/program/`, next to the compiled crates that it shares with the kernels.

pub mod cells;
mod generate;
mod names;
mod structure;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::command::{Step, run_logged};
use crate::notebooks;
use crate::run::{Programs, run_programs};
use crate::setup::{digest, python_command, setup, write_if_changed};
use cells::Notebook;
use generate::Moved;
use structure::Structure;

/// Options of `cargo xtask program`.
#[derive(clap::Args)]
pub struct Options {
    /// Notebooks by number or file name, e.g. 18-0 [default: all]
    names: Vec<String>,
    /// For WebAssembly, as in a browser, in place of this machine
    #[arg(long)]
    wasm: bool,
    /// Run nothing: write to FILE, as JSON, what each cell defines, uses and needs, its knobs and its claims
    #[arg(long, value_name = "FILE", conflicts_with = "wasm")]
    structure: Option<PathBuf>,
}

/// Compiles notebooks as programs, runs them, and compares what they show with what their kernels have shown.
pub fn program(python_env: &Path, options: &Options) -> Result<()> {
    let chosen = notebooks::named(&options.names)?;
    let python = setup(python_env)?;
    if let Some(file) = &options.structure {
        let built = build(&python, &chosen, &[], Machine::This)?;
        let all = built.iter().map(structure).collect::<Result<Vec<_>>>()?;
        return write_if_changed(file, &serde_json::to_string_pretty(&all)?);
    }
    parity(&python, &chosen, if options.wasm { Machine::WebAssembly } else { Machine::This })
}

/// Whether programs show what the notebooks hold.
pub fn parity(python: &Path, chosen: &[PathBuf], machine: Machine) -> Result<()> {
    if machine == Machine::WebAssembly {
        run_logged(Command::new("rustup").args(["target", "add", WASM]), "wasm", |_| ())
            .with_context(|| format!("programs for browsers need Rust's standard library for {WASM}"))?;
    }
    run_programs(python, &build(python, chosen, &[], machine)?, &Programs::parity())
}

/// A notebook that was compiled.
pub struct Built {
    pub notebook: PathBuf,
    pub program: PathBuf,
}

/// `12-3.rates="[0.05, 0.7]"`: a notebook's knob and its value.
#[derive(Clone)]
pub struct Turn {
    notebook: String,
    knob: String,
    value: String,
}

impl Turn {
    /// What stands behind `--knob`.
    pub fn read(text: &str) -> Result<Turn> {
        let parts = || {
            let (place, value) = text.split_once('=')?;
            let (notebook, knob) = place.split_once('.')?;
            Some(Turn { notebook: notebook.trim().into(), knob: knob.trim().into(), value: value.trim().into() })
        };
        parts().with_context(|| format!("{text:?} is no knob; 12-3.rates=[0.05,0.7] is one"))
    }

    /// The number of its notebook.
    pub fn notebook(&self) -> &str {
        &self.notebook
    }
}

/// Where programs are compiled, and with what: `dli_jupyter.program` tells.
#[derive(Deserialize)]
struct Place {
    folder: PathBuf,
    target: String,
    environment: BTreeMap<String, String>,
}

/// What a program is compiled for.
#[derive(Clone, Copy, PartialEq)]
pub enum Machine {
    This,
    WebAssembly,
}

const WASM: &str = "wasm32-wasip1";

/// Compiles the notebooks as programs, with some of their knobs turned.
pub fn build(python: &Path, chosen: &[PathBuf], turns: &[Turn], machine: Machine) -> Result<Vec<Built>> {
    let place = place(python)?;
    let mut notebooks = chosen.iter().map(|path| cells::read(path)).collect::<Result<Vec<_>>>()?;
    for turn in turns {
        let named = notebooks.iter_mut().find(|notebook| notebook.number == turn.notebook);
        named
            .with_context(|| format!("{} is not among the notebooks to run", turn.notebook))?
            .turn(&turn.knob, &turn.value)?;
    }
    let packages: Vec<Package> = notebooks.into_iter().map(|notebook| Package::new(notebook, &place, turns)).collect();
    let step = Step::start("Notebooks compiled as programs");
    // Cargo compiles the crate once for all packages of one call, with the features of all: with candle only for those that
    // ask for it.
    let mut groups: BTreeMap<BTreeSet<String>, Vec<Package>> = BTreeMap::new();
    for package in packages {
        groups.entry(package.notebook.features.clone()).or_default().push(package);
    }
    let mut programs = BTreeMap::new();
    for group in groups.into_values() {
        programs.extend(compile(group, &place, machine)?);
    }
    step.done();
    let built = chosen.iter().map(|path| {
        let number = notebooks::number_of(&notebooks::stem_of(path));
        let program =
            programs.remove(&number).with_context(|| format!("cargo says of no program that it is {number}"))?;
        Ok(Built { notebook: path.clone(), program })
    });
    built.collect()
}

/// What a page needs to know of a notebook; its program tells how its variables can change.
fn structure(built: &Built) -> Result<Structure> {
    let said = Command::new(&built.program).arg("--variables").output()?;
    if !said.status.success() {
        bail!("{} --variables ended with {}", built.program.display(), said.status);
    }
    let said = String::from_utf8(said.stdout)?;
    let plain = |line: &str| match *line.split('\t').collect::<Vec<_>>() {
        [cell, name, "true"] => Some((cell.to_owned(), name.to_owned())),
        _ => None,
    };
    Ok(Structure::of(&cells::read(&built.notebook)?, &said.lines().filter_map(plain).collect()))
}

fn place(python: &Path) -> Result<Place> {
    let output =
        python_command(python).args(["-m", "dli_jupyter.program", "place"]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("there is no place to compile the notebooks; the lines above tell why");
    }
    serde_json::from_slice(&output.stdout).context("dli_jupyter.program said something else than its place")
}

/// A notebook's cargo package.
struct Package {
    notebook: Notebook,
    folder: PathBuf,
    moved: Moved,
}

impl Package {
    fn new(notebook: Notebook, place: &Place, turns: &[Turn]) -> Package {
        // Turned knobs have a package of their own: the others stay compiled.
        let is_turned = turns.iter().any(|turn| turn.notebook == notebook.number);
        let name = if is_turned { format!("{}-turned", notebook.number) } else { notebook.number.clone() };
        let folder = place.folder.join(name);
        let moved = fs::read_to_string(folder.join("moved.json")).ok();
        let known: Vec<(String, String, String)> =
            moved.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let same =
            |id: &String, of: &String| notebook.cells.iter().any(|cell| cell.id == *id && digest_of(cell) == *of);
        let moved = known.into_iter().filter(|(id, _, of)| same(id, of)).map(|(id, name, _)| (id, name)).collect();
        Package { notebook, folder, moved }
    }

    fn name(&self) -> String {
        format!("notebook-{}", self.folder.file_name().unwrap_or_default().to_string_lossy())
    }

    /// Writes what has changed, and says which line keeps what.
    fn write(&self) -> Result<BTreeMap<usize, (String, String)>> {
        fs::create_dir_all(self.folder.join("src"))?;
        let features: Vec<String> = self.notebook.features.iter().cloned().collect();
        let manifest = format!(
            "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [[bin]]\nname = {:?}\npath = \"src/lib.rs\" # where a cell of the kernel is, too\n\n\
             [dependencies]\ndl-interview = {{ path = {:?}, features = {features:?} }}\n",
            self.name(),
            self.name(),
            crate::root().join("support-crate"),
        );
        write_if_changed(&self.folder.join("Cargo.toml"), &manifest)?;
        write_if_changed(&self.folder.join("src/runtime.rs"), include_str!("runtime.rs"))?;
        let program = generate::program(&self.notebook, &self.moved);
        write_if_changed(&self.folder.join("src/lib.rs"), &program.text)?;
        let digests: BTreeMap<&String, String> =
            self.notebook.cells.iter().map(|cell| (&cell.id, digest_of(cell))).collect();
        let moved: Vec<_> = self.moved.iter().map(|(id, name)| (id, name, &digests[id])).collect();
        write_if_changed(&self.folder.join("moved.json"), &serde_json::to_string(&moved)?)?;
        Ok(program.keeps)
    }
}

fn digest_of(cell: &cells::Cell) -> String {
    digest(cell.source.as_bytes())[..12].to_owned()
}

/// Compiles packages that ask for the same features, and finds out on the way which variables their cells use up: the compiler
/// refuses to keep those (E0382), as it does in the kernel, which then lets go of them, too.
fn compile(mut packages: Vec<Package>, place: &Place, machine: Machine) -> Result<BTreeMap<String, PathBuf>> {
    const ROUNDS: usize = 4; // one more variable may show only after another was let go
    for _ in 0..ROUNDS {
        let keeps = packages.iter().map(Package::write).collect::<Result<Vec<_>>>()?;
        workspace(place)?;
        let said = cargo_build(&packages, place, machine)?;
        let mut lets_go = false;
        let mut errors = Vec::new();
        for error in &said.errors {
            let at = packages.iter().position(|package| error.source.starts_with(&package.folder));
            let kept = at.filter(|_| error.code == "E0382").and_then(|at| Some((at, keeps[at].get(&error.line)?)));
            match kept {
                Some((at, kept)) => lets_go |= packages[at].moved.insert(kept.clone()),
                None => errors.push(&*error.text),
            }
        }
        if !errors.is_empty() {
            bail!("a notebook does not compile as a program:\n\n{}", errors.join("\n"));
        }
        if !lets_go {
            let numbers: BTreeMap<String, String> =
                packages.iter().map(|package| (package.name(), package.notebook.number.clone())).collect();
            let number = |(name, path): (String, PathBuf)| Some((numbers.get(&name)?.clone(), path));
            return Ok(said.programs.into_iter().filter_map(number).collect());
        }
    }
    bail!("after {ROUNDS} rounds there are still variables that cannot be kept")
}

/// The workspace of all packages, compiled as the kernel compiles cells.
fn workspace(place: &Place) -> Result<()> {
    let mut members: Vec<String> = Vec::new();
    for entry in fs::read_dir(&place.folder)?.flatten() {
        if entry.path().join("Cargo.toml").is_file() {
            members.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    members.sort();
    let text = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n\
         # As evcxr has it for cells: so everything else is compiled already.\n\
         [profile.dev]\nopt-level = 3\ndebug = false\nstrip = \"debuginfo\"\nrpath = true\nlto = false\n\
         debug-assertions = false\ncodegen-units = 16\npanic = 'unwind'\nincremental = true\noverflow-checks = false\n"
    );
    write_if_changed(&place.folder.join("Cargo.toml"), &text)
}

#[derive(Default)]
struct Said {
    errors: Vec<CompilerError>,
    /// By the names of their packages.
    programs: BTreeMap<String, PathBuf>,
}

struct CompilerError {
    code: String,
    source: PathBuf,
    line: usize,
    text: String,
}

fn cargo_build(packages: &[Package], place: &Place, machine: Machine) -> Result<Said> {
    let target = if machine == Machine::This { &place.target } else { WASM };
    let mut command = Command::new("cargo");
    command.args(["build", "--keep-going", "--message-format=json", "--target", target]).current_dir(&place.folder);
    command.args(packages.iter().flat_map(|package| ["--package".to_owned(), package.name()]));
    command.env_clear().envs(&place.environment);
    if machine == Machine::WebAssembly {
        // Without the latter, Node's memory grows in small steps until it breaks.
        command.env("RUSTFLAGS", "-C target-feature=+simd128 -C link-arg=--initial-memory=1073741824");
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start cargo")?;
    let messages = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let rest = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stderr, &mut text).map(|_| text)
    });
    let mut said = Said::default();
    for line in BufReader::new(messages).lines() {
        let message: Value = serde_json::from_str(&line?)?;
        match message["reason"].as_str() {
            Some("compiler-message") if message["message"]["level"] == "error" => {
                let (source, message) = (&message["target"]["src_path"], &message["message"]);
                let spans = message["spans"].as_array().cloned().unwrap_or_default();
                let main = spans.iter().find(|span| span["is_primary"] == true);
                said.errors.push(CompilerError {
                    code: message["code"]["code"].as_str().unwrap_or_default().into(),
                    source: source.as_str().unwrap_or_default().into(),
                    line: main.and_then(|span| span["line_start"].as_u64()).unwrap_or(0) as usize,
                    text: message["rendered"].as_str().unwrap_or_default().into(),
                });
            }
            Some("compiler-artifact") => {
                if let (Some(name), Some(path)) = (message["target"]["name"].as_str(), message["executable"].as_str()) {
                    said.programs.insert(name.into(), path.into());
                }
            }
            _ => {}
        }
    }
    said.errors.retain(|error| !error.text.starts_with("error: aborting due to"));
    let (status, rest) = (child.wait()?, rest.join().expect("it only reads")?);
    if !status.success() && said.errors.is_empty() {
        bail!("cargo cannot compile the notebooks:\n{rest}");
    }
    Ok(said)
}
