//! Which cells need which others.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::cells::{Cell, Kind, Knob, Notebook};
use super::generate::taken;

/// What a page needs to know of a notebook: its cells in order.
#[derive(Serialize)]
pub struct Structure {
    pub notebook: String,
    pub cells: Vec<CellStructure>,
}

#[derive(Serialize)]
pub struct CellStructure {
    pub id: String,
    /// The variables that it leaves to others.
    pub defines: Vec<String>,
    /// The variables of cells before it that it uses …
    pub uses: Vec<String>,
    /// … and of these, those that are another afterwards.
    pub changes: Vec<String>,
    pub knobs: Vec<Knob>,
    pub claims: Vec<String>,
    /// The cells that must run before it.
    pub needs: Vec<String>,
    /// The cells that show something else when a knob of this cell is turned; the cell itself is the first.
    pub reaches: Vec<String>,
}

impl Structure {
    /// `plain` holds the variables that code cannot change which only borrows them: the cell that defines it, its name.
    pub fn of(notebook: &Notebook, plain: &BTreeSet<(String, String)>) -> Structure {
        let cells = &notebook.cells;
        let id = |number: usize| cells[number].id.clone();
        let uses: Vec<BTreeMap<String, usize>> = (0..cells.len()).map(|number| taken(notebook, number)).collect();
        let changes: Vec<BTreeSet<&String>> = (0..cells.len())
            .map(|number| {
                let may_change = |(name, from): &(&String, &usize)| {
                    let giver = &cells[**from];
                    let lends = !plain.contains(&(giver.id.clone(), (*name).clone()));
                    lends || giver.defines[*name] && changed(&cells[number]).contains(*name)
                };
                uses[number].iter().filter(may_change).map(|(name, _)| name).collect()
            })
            .collect();
        // What a cell takes as the cells between have left it.
        let directly = |number: usize| -> BTreeSet<usize> {
            let mut needed = BTreeSet::new();
            for (name, &from) in &uses[number] {
                needed.insert(from);
                // Each claim is made by itself; the table shows them all.
                let is_claims = cells[from].starts_claims.as_ref().is_some_and(|start| start.variable == *name);
                if !is_claims || cells[number].shows.as_ref() == Some(name) {
                    let between = (from + 1..number).filter(|&cell| uses[cell].get(name) == Some(&from));
                    needed.extend(between.filter(|&cell| changes[cell].contains(name)));
                }
            }
            needed
        };
        let mut needs: Vec<BTreeSet<usize>> = Vec::new();
        for number in 0..cells.len() {
            let direct = directly(number);
            needs.push(direct.iter().flat_map(|&cell| needs[cell].iter().copied().chain([cell])).collect());
        }
        let described = cells.iter().enumerate().map(|(number, cell)| {
            // A knob inside of a function is turned where the function is used.
            let callers: Vec<usize> = match cell.has_knob_in_item() {
                true => (0..cells.len()).filter(|&other| calls(notebook, other).contains(&number)).collect(),
                false => Vec::new(),
            };
            let turned = |later: usize| later == number || callers.contains(&later);
            let reached = (number + 1..cells.len())
                .filter(|&later| turned(later) || needs[later].iter().any(|&needed| turned(needed)));
            CellStructure {
                id: cell.id.clone(),
                defines: cell.defines.keys().cloned().collect(),
                uses: uses[number].keys().cloned().collect(),
                changes: changes[number].iter().map(ToString::to_string).collect(),
                knobs: cell.knobs.clone(),
                claims: cell.claims.clone(),
                needs: needs[number].iter().copied().map(id).collect(),
                reaches: [number].into_iter().chain(reached).map(id).collect(),
            }
        });
        Structure { notebook: notebook.number.clone(), cells: described.collect() }
    }
}

/// The cells whose functions and types a cell's statements use, directly or through others.
fn calls(notebook: &Notebook, number: usize) -> BTreeSet<usize> {
    let cells = &notebook.cells;
    let defines = |cell: &Cell, name: &String| cell.parts.iter().any(|part| part.kind.is_item_called(name));
    let used_by = |cell: usize, items: bool| {
        let parts = cells[cell].parts.iter().filter(move |part| matches!(part.kind, Kind::Item(_)) == items);
        let names: BTreeSet<&String> = parts.flat_map(|part| &part.names.used).collect();
        (0..cells.len()).filter(|&other| names.iter().any(|name| defines(&cells[other], name))).collect::<Vec<_>>()
    };
    let (mut found, mut open) = (BTreeSet::new(), used_by(number, false));
    while let Some(cell) = open.pop() {
        if found.insert(cell) {
            open.extend(used_by(cell, true));
        }
    }
    found
}

fn changed(cell: &Cell) -> BTreeSet<&String> {
    cell.parts.iter().flat_map(|part| &part.names.changed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::cells::from_json;
    use super::*;
    use serde_json::json;

    const CELLS: [(&str, &str); 8] = [
        ("setup", ":dep dl-interview = { path = \"../support-crate\" }\nuse dl_interview::prelude::*;"),
        ("declared", "let mut claims = Claims::of(\"1-0\", 2);"),
        ("data", "let data = mnist()?;\nlet mut random = rng(seed());"),
        ("helper", "fn slope(x: f64) -> f64 {\n    let step = 1e-3; // try 1e-1\n    x / step\n}"),
        (
            "one",
            "let rate = 0.1; // try 0.5, 1.0\nlet net = mlp(&data);\nfit(&net, rate, &mut random);\nclaims.that(\"1-0.a\", \"x\", slope(rate)).is_at_least(1);",
        ),
        (
            "two",
            "let width = 5; // try 3\nlet wide = mlp(width, &data);\nclaims.that(\"1-0.b\", \"y\", wide.len()).is_at_least(1);",
        ),
        ("more", "fit(&net, 1.0, &mut rng(1));\nprintln!(\"{}\", net.accuracy(&data));"),
        ("table", "claims"),
    ];

    fn structure(cells: &[(&str, &str)], plain: &[(&str, &str)]) -> Structure {
        let cells: Vec<_> = cells
            .iter()
            .map(|(id, source)| json!({"cell_type": "code", "id": id, "source": source.split_inclusive('\n').collect::<Vec<_>>()}))
            .collect();
        let notebook = from_json("1-0", &json!({"cells": cells})).unwrap();
        Structure::of(&notebook, &plain.iter().map(|(cell, name)| (cell.to_string(), name.to_string())).collect())
    }

    const PLAIN: [(&str, &str); 3] = [("declared", "claims"), ("data", "data"), ("data", "random")];

    fn cell(structure: &Structure, id: &str) -> usize {
        structure.cells.iter().position(|cell| cell.id == id).unwrap()
    }

    #[test]
    fn an_experiment_needs_what_it_uses_and_not_the_one_before() {
        let structure = structure(&CELLS, &PLAIN);
        let needs = |id| structure.cells[cell(&structure, id)].needs.join(" ");
        assert_eq!(needs("one"), "declared data");
        assert_eq!(needs("two"), "declared data");
        assert_eq!(needs("more"), "declared data one");
        assert_eq!(needs("table"), "declared data one two", "every claim, and what these need");
        assert_eq!(needs("helper"), "");
    }

    #[test]
    fn a_knob_reaches_what_depends_on_it_and_nothing_else() {
        let structure = structure(&CELLS, &PLAIN);
        let reaches = |id| structure.cells[cell(&structure, id)].reaches.join(" ");
        assert_eq!(reaches("one"), "one more table");
        assert_eq!(reaches("two"), "two table");
        assert_eq!(reaches("helper"), "helper one more table", "through the function that holds it");
    }

    #[test]
    fn a_net_is_changed_by_who_borrows_it_and_data_are_not() {
        let training = ("again", "println!(\"{}\", net.accuracy(&data));");
        let cells = [&CELLS[..7], &[training]].concat();
        let structure = structure(&cells, &PLAIN);
        let last = &structure.cells[7];
        assert_eq!(last.needs, ["declared", "data", "one", "more"]);
        assert_eq!(structure.cells[cell(&structure, "more")].changes, ["net"]);
        assert_eq!(structure.cells[cell(&structure, "one")].changes, ["claims", "random"]);
    }

    #[test]
    fn knobs_and_claims_are_listed_where_they_are() {
        let structure = structure(&CELLS, &PLAIN);
        let one = &structure.cells[cell(&structure, "one")];
        assert_eq!((&*one.knobs[0].name, &*one.knobs[0].value), ("rate", "0.1"));
        assert_eq!((&one.knobs[0].tries, &one.claims), (&vec!["0.5".into(), "1.0".into()], &vec!["1-0.a".into()]));
        assert_eq!(structure.cells[cell(&structure, "helper")].knobs[0].tries, ["1e-1"]);
    }
}
