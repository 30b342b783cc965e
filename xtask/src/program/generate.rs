//! The text of a program that does what a notebook does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::cells::{Cell, Kind, Notebook, Part};

/// A program, and what is known about its lines.
pub struct Program {
    pub text: String,
    /// The lines, from 1, that keep a variable for later cells: which cell, which variable.
    pub keeps: BTreeMap<usize, (String, String)>,
}

/// What cells use up: in the cell with the first name, the variable with the second.
pub type Moved = BTreeSet<(String, String)>;

/// Writes the program. A variable in `moved` is not there any more after its cell.
///
/// Items stand outside of everything, as the kernel has them, and the lines of the notebook as they are: an error names the
/// reader's own line, and a cell that counts its notebook's lines finds them.
pub fn program(notebook: &Notebook, moved: &Moved) -> Program {
    let mut text = String::from("#![allow(warnings)]\n\n#[path = \"runtime.rs\"]\nmod __runtime;\n\n");
    let mut imports = BTreeSet::new();
    for cell in &notebook.cells {
        for part in cell.parts.iter().filter(|part| matches!(part.kind, Kind::Item(_))) {
            let lines = lines_of(cell, part);
            // A kernel takes the same `use` twice.
            if !lines.trim_start().starts_with("use ") || imports.insert(lines.trim().to_owned()) {
                writeln!(text, "{}", lines.trim_matches('\n')).expect("a String takes every write");
            }
        }
    }
    let cells: Vec<&String> = notebook.cells.iter().map(|cell| &cell.id).collect();
    let knobs: Vec<&String> = notebook.cells.iter().flat_map(|cell| &cell.knobs).map(|knob| &knob.name).collect();
    text += &format!(
        "\nfn main() -> std::process::ExitCode {{\n    \
         __runtime::main(include_str!(\"lib.rs\"), &{cells:?}, &{knobs:?}, __cells)\n}}\n\n"
    );
    text += "fn __cells(__run: &mut __runtime::Run) -> std::result::Result<(), __runtime::Stopped> {\n";

    let kept = kept(notebook);
    for (number, cell) in notebook.cells.iter().enumerate() {
        for name in cell.defines.keys().filter(|name| kept.contains(&(number, (*name).clone()))) {
            text += &format!("let mut {} = None;\n", slot(number, name));
        }
    }
    let mut keeps = BTreeMap::new();
    for (number, cell) in notebook.cells.iter().enumerate() {
        text += &format!("if __run.begins({:?}) {{\n", cell.id);
        let taken = taken(notebook, number);
        for (name, from) in &taken {
            let giver = &notebook.cells[*from].id;
            text += &format!("let mut {name} = __runtime::take(&mut {}, {name:?}, {giver:?});\n", slot(*from, name));
        }
        for part in &cell.parts {
            let lines = lines_of(cell, part);
            match part.kind {
                Kind::Item(_) => {}
                Kind::Statement => text += &format!("{lines}\n"),
                // A comment at its end must not hide the bracket.
                Kind::Value => text += &format!("(\n{lines}\n).evcxr_display();\n"),
            }
        }
        let mine = cell.defines.keys().filter(|name| kept.contains(&(number, (*name).clone())));
        let others = taken.iter().filter(|(name, _)| !cell.defines.contains_key(*name));
        let all = mine.map(|name| (name, number)).chain(others.map(|(name, from)| (name, *from)));
        for (name, from) in all {
            let key = (cell.id.clone(), name.clone());
            if !moved.contains(&key) {
                keeps.insert(text.matches('\n').count() + 1, key);
                text += &format!("{} = Some({name});\n", slot(from, name));
            }
        }
        text += "__run.ends();\n}\n";
    }
    text += "if __run.asks() {\nuse __runtime::Otherwise as _;\n";
    for (number, name) in &kept {
        let cell = &notebook.cells[*number].id;
        text += &format!(
            "__run.tells({cell:?}, {name:?}, (&__runtime::Variable::of(&{})).is_plain());\n",
            slot(*number, name)
        );
    }
    text += "}\nstd::result::Result::Ok(())\n}\n";
    Program { text, keeps }
}

/// A name that no notebook has.
fn slot(cell: usize, name: &str) -> String {
    format!("__{cell}_{name}")
}

/// The lines of a piece, with its knobs in the hands of whoever runs the program.
fn lines_of(cell: &Cell, part: &Part) -> String {
    let mut lines = cell.source[part.range.clone()].to_owned();
    for knob in cell.knobs.iter().rev().filter(|knob| part.range.contains(&knob.place.start)) {
        let place = knob.place.start - part.range.start..knob.place.end - part.range.start;
        lines.replace_range(place, &format!("crate::__runtime::knob({:?}, {})", knob.name, knob.value));
    }
    lines
}

/// The variables of earlier cells that a cell uses, and the cell that each comes from: the last one before that defines it.
pub fn taken(notebook: &Notebook, number: usize) -> BTreeMap<String, usize> {
    let cell = &notebook.cells[number];
    let statements = cell.parts.iter().filter(|part| !matches!(part.kind, Kind::Item(_)));
    let used: BTreeSet<&String> = statements.flat_map(|part| &part.names.used).collect();
    let giver = |name: &String| (0..number).rev().find(|&from| notebook.cells[from].defines.contains_key(name));
    used.into_iter().filter_map(|name| Some((name.clone(), giver(name)?))).collect()
}

/// The variables that later cells use: the cell that defines it, its name.
pub fn kept(notebook: &Notebook) -> BTreeSet<(usize, String)> {
    (0..notebook.cells.len()).flat_map(|i| taken(notebook, i)).map(|(name, from)| (from, name)).collect()
}
