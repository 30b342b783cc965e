//! What the code cells of a notebook are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, Item, Pat, Stmt};

use super::names::{Names, bound_by};
use crate::notebooks::{number_of, stem_of};

/// A notebook's code cells.
pub struct Notebook {
    /// `12-3`
    pub number: String,
    /// What its `:dep` lines ask of the crate.
    pub features: BTreeSet<String>,
    pub cells: Vec<Cell>,
}

/// A cell.
pub struct Cell {
    pub id: String,
    /// Its lines; those for the kernel alone are empty.
    pub source: String,
    pub parts: Vec<Part>,
    /// The variables that it leaves to later cells, and whether they are `mut`.
    pub defines: BTreeMap<String, bool>,
    pub knobs: Vec<Knob>,
    /// The ids of the claims that it makes.
    pub claims: Vec<String>,
    pub starts_claims: Option<StartOfClaims>,
    /// Whether it ends with nothing but a name.
    pub shows: Option<String>,
}

/// `let mut claims = Claims::of("12-3", 12);`
pub struct StartOfClaims {
    pub variable: String,
    pub notebook: String,
    /// Unless it is no number.
    pub count: Option<usize>,
}

/// A piece of a cell, with everything up to the end of its last line.
pub struct Part {
    pub kind: Kind,
    pub range: Range<usize>,
    pub names: Names,
}

/// What becomes of a piece.
pub enum Kind {
    /// Something that holds in the whole notebook, with its name if it has one.
    Item(Option<String>),
    /// Something that is done.
    Statement,
    /// A value that is shown.
    Value,
}

impl Kind {
    pub fn is_item_called(&self, name: &str) -> bool {
        matches!(self, Kind::Item(Some(own)) if own == name)
    }
}

impl Cell {
    pub fn has_knob_in_item(&self) -> bool {
        let items = || self.parts.iter().filter(|part| matches!(part.kind, Kind::Item(_)));
        self.knobs.iter().any(|knob| items().any(|item| item.range.contains(&knob.place.start)))
    }
}

/// A value that the notebook invites to change: `let rate = 0.5; // try 0.05, 2.0`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Knob {
    pub name: String,
    /// As it stands in the notebook.
    pub value: String,
    /// Others that are worth a look.
    pub tries: Vec<String>,
    /// Where the value stands in the source of its cell.
    #[serde(skip)]
    pub place: Range<usize>,
}

/// Reads and takes apart a notebook.
pub fn read(path: &Path) -> Result<Notebook> {
    let stem = stem_of(path);
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let notebook: Value = serde_json::from_str(&text).with_context(|| format!("{stem} is no notebook"))?;
    from_json(&number_of(&stem), &notebook)
}

pub fn from_json(number: &str, notebook: &Value) -> Result<Notebook> {
    let mut found = Notebook { number: number.into(), features: BTreeSet::new(), cells: Vec::new() };
    for cell in notebook["cells"].as_array().context("a notebook has cells")? {
        if cell["cell_type"] != "code" {
            continue;
        }
        let lines = cell["source"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let id = cell["id"].as_str().unwrap_or_default();
        let source = without_commands(&lines.collect::<String>(), &mut found.features);
        let cell = source.and_then(|source| take_apart(id, source));
        found.cells.push(cell.with_context(|| format!("{number}, cell [{id}]"))?);
    }
    refuse_what_only_a_kernel_does(&found)?;
    check_claims(&found)?;
    Ok(found)
}

/// Empties the lines that are meant for the kernel; of these, a program can do without the crate's own `:dep`.
fn without_commands(source: &str, features: &mut BTreeSet<String>) -> Result<String> {
    let mut lines = Vec::new();
    for line in source.lines() {
        if !line.starts_with(':') {
            lines.push(line);
            continue;
        }
        let Some(dependency) = line.strip_prefix(":dep dl-interview = ") else {
            bail!("a program cannot do what `{line}` asks of the kernel");
        };
        // The rest is a table of TOML, whose lists of texts JSON writes alike.
        if let Some((_, after)) = dependency.split_once("features = ") {
            let list = after.split_inclusive(']').next().unwrap_or_default();
            let list: Vec<String> =
                serde_json::from_str(list).with_context(|| format!("no list of features: {list}"))?;
            features.extend(list);
        }
        lines.push("");
    }
    Ok(lines.join("\n"))
}

fn take_apart(id: &str, source: String) -> Result<Cell> {
    // A cell is what may stand in a block. The brace is one byte, and the line break another.
    let block: syn::Block = syn::parse_str(&format!("{{\n{source}\n}}")).context("this is not Rust")?;
    let mut cell = Cell {
        id: id.into(),
        parts: Vec::new(),
        defines: BTreeMap::new(),
        knobs: Vec::new(),
        claims: Vec::new(),
        starts_claims: None,
        shows: None,
        source: String::new(),
    };
    let (mut start, last) = (0, block.stmts.len());
    for (i, statement) in block.stmts.iter().enumerate() {
        let end = end_of_line(&source, statement.span().byte_range().end - 2);
        let kind = match statement {
            Stmt::Item(item) => Kind::Item(name_of(item)),
            Stmt::Expr(_, None) if i + 1 == last => Kind::Value,
            Stmt::Macro(it) if i + 1 == last && it.semi_token.is_none() => Kind::Value,
            _ => Kind::Statement,
        };
        if let Stmt::Local(local) = statement {
            cell.defines.extend(bound_by(&local.pat));
            cell.starts_claims = cell.starts_claims.or_else(|| start_of_claims(local));
        }
        if let (Kind::Value, Stmt::Expr(Expr::Path(path), None)) = (&kind, statement) {
            cell.shows = path.path.get_ident().map(ToString::to_string);
        }
        let mut inside = Inside { source: &source, knobs: Vec::new(), claims: Vec::new(), wrong: Ok(()) };
        inside.visit_stmt(statement);
        inside.wrong?;
        cell.knobs.extend(inside.knobs);
        cell.claims.extend(inside.claims);
        // Its names come from the whole cell, in order: see below.
        cell.parts.push(Part { kind, range: start..end, names: Names::default() });
        start = end;
    }
    let names = Names::of_each(&block.stmts);
    cell.parts.iter_mut().zip(names).for_each(|(part, names)| part.names = names);
    cell.source = source;
    Ok(cell)
}

/// The end of the line that `at` is in, where nothing but a comment follows there.
fn end_of_line(source: &str, at: usize) -> usize {
    let rest = source[at..].lines().next().unwrap_or_default();
    if rest.trim().is_empty() || rest.trim_start().starts_with("//") { at + rest.len() } else { at }
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Fn(it) => it.sig.ident.to_string(),
        Item::Struct(it) => it.ident.to_string(),
        Item::Enum(it) => it.ident.to_string(),
        Item::Type(it) => it.ident.to_string(),
        Item::Const(it) => it.ident.to_string(),
        Item::Static(it) => it.ident.to_string(),
        Item::Trait(it) => it.ident.to_string(),
        Item::Mod(it) => it.ident.to_string(),
        Item::Union(it) => it.ident.to_string(),
        Item::Macro(it) => it.ident.as_ref()?.to_string(),
        _ => return None,
    })
}

fn start_of_claims(local: &syn::Local) -> Option<StartOfClaims> {
    let Expr::Call(call) = &*local.init.as_ref()?.expr else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    if !path.path.segments.iter().map(|segment| segment.ident.to_string()).eq(["Claims", "of"]) {
        return None;
    }
    let literal = |at: usize| match call.args.get(at) {
        Some(Expr::Lit(it)) => Some(&it.lit),
        _ => None,
    };
    let Some(syn::Lit::Str(notebook)) = literal(0) else { return None };
    let count = match literal(1) {
        Some(syn::Lit::Int(count)) => count.base10_parse().ok(),
        _ => None,
    };
    Some(StartOfClaims { variable: bound_by(&local.pat).pop()?.0, notebook: notebook.value(), count })
}

/// Collects the knobs and the claims of a piece.
struct Inside<'a> {
    source: &'a str,
    knobs: Vec<Knob>,
    claims: Vec<String>,
    wrong: Result<()>,
}

impl<'a> Visit<'a> for Inside<'_> {
    fn visit_local(&mut self, it: &'a syn::Local) {
        if let Err(error) = self.knobs_of(it) {
            self.wrong = Err(error);
        }
        visit::visit_local(self, it);
    }

    fn visit_expr_method_call(&mut self, it: &'a syn::ExprMethodCall) {
        visit::visit_expr_method_call(self, it);
        if ["that", "that_all", "holds"].iter().any(|name| it.method == name)
            && let Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(id), .. })) = it.args.first()
        {
            self.claims.push(id.value());
        }
    }
}

impl Inside<'_> {
    fn knobs_of(&mut self, local: &syn::Local) -> Result<()> {
        let after = local.semi_token.span.byte_range().end - 2;
        let rest = self.source[after..].lines().next().unwrap_or_default();
        let Some(tries) = rest.trim_start().strip_prefix("// try ") else { return Ok(()) };
        let Some(init) = &local.init else { return Ok(()) };
        // `let name: type = …` and `let mut name = …` are knobs, too.
        let pattern = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        let Pat::Ident(name) = pattern else { return Ok(()) };
        // What is no literal, such as an optimizer, can be changed in the notebook, and only there.
        if !is_literal(&init.expr) {
            return Ok(());
        }
        let range = init.expr.span().byte_range();
        let place = range.start - 2..range.end - 2;
        let name = name.ident.to_string();
        let tries = alternatives(tries, &init.expr).with_context(|| {
            format!(
                "of `{name}` the comment says \"try {tries}\": write values like {}, with commas between them",
                &self.source[place.clone()]
            )
        })?;
        self.knobs.push(Knob { name, value: self.source[place.clone()].to_owned(), tries, place });
        Ok(())
    }
}

/// Numbers, texts, truth values, and lists and tuples of them.
pub fn is_literal(value: &Expr) -> bool {
    match value {
        Expr::Lit(_) => true,
        Expr::Unary(it) => matches!(it.op, syn::UnOp::Neg(_)) && is_literal(&it.expr),
        Expr::Array(it) => it.elems.iter().all(is_literal),
        Expr::Tuple(it) => it.elems.iter().all(is_literal),
        Expr::Reference(it) => it.mutability.is_none() && is_literal(&it.expr),
        _ => false,
    }
}

fn alternatives(text: &str, like: &Expr) -> Result<Vec<String>> {
    use syn::parse::Parser;
    let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
    let values = parser.parse_str(text).map_err(|_| anyhow::anyhow!("this is no list of values"))?;
    ensure!(!values.is_empty(), "it names no value");
    values
        .iter()
        .map(|value| {
            ensure!(is_literal(value) && same_kind(value, like), "one of them is of another kind");
            let range = value.span().byte_range();
            Ok(text[range].to_owned())
        })
        .collect()
}

/// Whether one can stand in the place of the other. Lists may differ in length.
fn same_kind(a: &Expr, b: &Expr) -> bool {
    use syn::Lit::*;
    match (a, b) {
        (Expr::Unary(it), other) | (other, Expr::Unary(it)) => same_kind(&it.expr, other),
        (Expr::Lit(a), Expr::Lit(b)) => matches!(
            (&a.lit, &b.lit),
            (Int(_), Int(_)) | (Float(_), Float(_)) | (Str(_), Str(_)) | (Bool(_), Bool(_)) | (Char(_), Char(_))
        ),
        (Expr::Array(a), Expr::Array(b)) => {
            a.elems.iter().chain(&b.elems).all(|item| b.elems.first().is_none_or(|first| same_kind(item, first)))
        }
        (Expr::Tuple(a), Expr::Tuple(b)) => {
            a.elems.len() == b.elems.len() && a.elems.iter().zip(&b.elems).all(|(a, b)| same_kind(a, b))
        }
        (Expr::Reference(a), Expr::Reference(b)) => same_kind(&a.expr, &b.expr),
        _ => false,
    }
}

impl Notebook {
    /// Gives a knob another value, of the same kind.
    pub fn turn(&mut self, name: &str, value: &str) -> Result<()> {
        let number = &self.number;
        let names: Vec<&str> = self.cells.iter().flat_map(|cell| &cell.knobs).map(|knob| &*knob.name).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let knob = self.cells.iter_mut().flat_map(|cell| &mut cell.knobs).find(|knob| knob.name == name);
        let knob = knob.with_context(|| format!("{number} has no knob `{name}`; it has: {known}"))?;
        let own: Expr = syn::parse_str(&knob.value).expect("it was read from an expression");
        let fits = |value: &Expr| is_literal(value) && same_kind(value, &own);
        let fits = syn::parse_str::<Expr>(value).is_ok_and(|value| fits(&value));
        ensure!(fits, "the knob {number}.{name} cannot be {value}: give a value like {}", knob.value);
        knob.value = value.to_owned();
        Ok(())
    }
}

/// A kernel compiles each cell with the newest of everything; in a program, each name stands for one thing.
fn refuse_what_only_a_kernel_does(notebook: &Notebook) -> Result<()> {
    let number = &notebook.number;
    // A program has a `main` of its own.
    let mut items: BTreeMap<&str, &str> = BTreeMap::from([("main", "every program")]);
    for cell in &notebook.cells {
        for part in &cell.parts {
            let Kind::Item(Some(name)) = &part.kind else { continue };
            if let Some(other) = items.insert(name, &cell.id) {
                let other = if name == "main" { other.to_owned() } else { format!("cell [{other}]") };
                bail!("{number}, cell [{}] defines `{name}`, as {other} does: give it another name", cell.id);
            }
        }
    }
    let mut knobs: BTreeMap<&str, &str> = BTreeMap::new();
    for cell in &notebook.cells {
        for knob in &cell.knobs {
            if let Some(other) = knobs.insert(&knob.name, &cell.id) {
                let name = &knob.name;
                bail!("{number}, cell [{}] has a knob `{name}`, as cell [{other}] has: name one otherwise", cell.id);
            }
        }
    }
    Ok(())
}

/// Whether the cells make the claims that the notebook declares with `Claims::of`, each once, and in cells that a reader can run
/// again without making the others anew.
fn check_claims(notebook: &Notebook) -> Result<()> {
    let (number, cells) = (&notebook.number, &notebook.cells);
    let starts: Vec<_> = cells.iter().filter_map(|cell| Some((cell, cell.starts_claims.as_ref()?))).collect();
    let mut declared = Vec::new();
    for (cell, start) in &starts {
        let count = start.count.with_context(|| {
            format!("{number}, cell [{}] declares its claims without their number: write a number", cell.id)
        })?;
        declared.extend(('a'..='z').take(count).map(|letter| format!("{}.{letter}", start.notebook)));
        // The gallery makes and shows all of its claims in one cell.
        ensure!(
            cell.claims.is_empty() || cell.shows.is_some(),
            "{number}, cell [{}] declares the claims and makes some: running it again would lose the others",
            cell.id
        );
    }
    ensure!(starts.len() <= 1, "{number} says `Claims::of` {} times: once, below the set-up", starts.len());
    let mut made: Vec<String> = cells.iter().flat_map(|cell| cell.claims.clone()).collect();
    made.sort();
    ensure!(declared == made, "{number} declares the claims {declared:?} and makes {made:?}");
    let stranger = declared.iter().find(|id| !id.starts_with(&format!("{number}.")));
    ensure!(stranger.is_none(), "{number} makes claims that are not called after {number}: {declared:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebooks::all;
    use serde_json::json;

    fn notebook(cells: &[&str]) -> Result<Notebook> {
        let cell = |(i, source): (usize, &&str)| {
            let lines: Vec<&str> = source.split_inclusive('\n').collect();
            json!({"cell_type": "code", "id": format!("c{i}"), "source": lines})
        };
        from_json("1-0", &json!({"cells": cells.iter().enumerate().map(cell).collect::<Vec<_>>()}))
    }

    fn refused(cells: &[&str]) -> String {
        format!("{:#}", notebook(cells).err().expect("it should be refused"))
    }

    #[test]
    fn all_notebooks_can_be_taken_apart() {
        let (mut knobs, mut claims) = (0, 0);
        for path in all().unwrap() {
            let notebook = read(&path).unwrap_or_else(|error| panic!("{error:#}"));
            knobs += notebook.cells.iter().map(|cell| cell.knobs.len()).sum::<usize>();
            claims += usize::from(notebook.cells.iter().any(|cell| cell.starts_claims.is_some()));
            for cell in &notebook.cells {
                // Nothing gets lost: the pieces are the cell, up to blank lines at its end.
                let ends: Vec<usize> = cell.parts.iter().map(|part| part.range.end).collect();
                let starts: Vec<usize> = cell.parts.iter().map(|part| part.range.start).collect();
                assert_eq!(
                    starts.iter().skip(1).collect::<Vec<_>>(),
                    ends[..ends.len() - 1].iter().collect::<Vec<_>>()
                );
                assert!(cell.source[ends[ends.len() - 1]..].trim().is_empty(), "{} {}", notebook.number, cell.id);
            }
        }
        assert!(knobs >= 20 && claims >= 17, "{knobs} knobs, {claims} notebooks with claims");
    }

    #[test]
    fn a_cell_is_items_statements_and_a_value() {
        let cell =
            &notebook(&["// before\nfn f() {} // behind\nlet (a, mut b) = (1, 2);\nfor i in 0..3 {}\na + b // last"])
                .unwrap();
        let cell = &cell.cells[0];
        let parts: Vec<(&str, &str)> = cell
            .parts
            .iter()
            .map(|part| {
                let kind = match part.kind {
                    Kind::Item(_) => "item",
                    Kind::Statement => "statement",
                    Kind::Value => "value",
                };
                (kind, cell.source[part.range.clone()].trim())
            })
            .collect();
        assert_eq!(
            parts,
            [
                ("item", "// before\nfn f() {} // behind"),
                ("statement", "let (a, mut b) = (1, 2);"),
                ("statement", "for i in 0..3 {}"),
                ("value", "a + b // last"),
            ]
        );
        assert_eq!(cell.defines, BTreeMap::from([("a".into(), false), ("b".into(), true)]));
    }

    #[test]
    fn a_knob_is_a_literal_with_others_to_try() {
        let source = "let a = 0.5; // try 1.0, 2e-3\nlet b: [f32; 2] = [0.1, 0.2]; // try [1.0], [-0.5, 3.0]\n\
            let mut c = \"x\"; // try \"y\"\nlet d = (1, -2.0); // try (2, 0.5)\nlet e = Optimizer::sgd(0.1); // try adam\n\
            let f = 3; // the width\nlet g = 3;";
        let notebook = notebook(&[source]).unwrap();
        let knobs: Vec<(&str, &str, String)> =
            notebook.cells[0].knobs.iter().map(|knob| (&*knob.name, &*knob.value, knob.tries.join(" | "))).collect();
        let expected = [
            ("a", "0.5", "1.0 | 2e-3"),
            ("b", "[0.1, 0.2]", "[1.0] | [-0.5, 3.0]"),
            ("c", "\"x\"", "\"y\""),
            ("d", "(1, -2.0)", "(2, 0.5)"),
        ];
        assert_eq!(knobs, expected.map(|(name, value, tries)| (name, value, tries.to_owned())));
        for (source, message) in [
            ("let a = 5; // try 100 steps", "write values like 5, with commas between them: this is no list of values"),
            ("let a = 5; // try 1.5", "one of them is of another kind"),
            ("let a = [1, 2]; // try 3", "write values like [1, 2]"),
            ("let a = 1; // try 2\nlet b = a; {\nlet a = 3; // try 4\n}", "has a knob `a`, as cell [c0] has"),
        ] {
            assert!(refused(&[source]).contains(message), "{}", refused(&[source]));
        }
    }

    #[test]
    fn a_knob_can_be_turned_to_a_value_of_its_kind() {
        let turn = |name: &str, value: &str| {
            let mut notebook = notebook(&["let rates = [0.5, 1.0]; // try [2.0]\nlet n = 3; // try 4"]).unwrap();
            notebook
                .turn(name, value)
                .map(|()| notebook.cells[0].knobs.iter().map(|knob| knob.value.clone()).collect::<Vec<_>>())
        };
        assert_eq!(turn("rates", "[0.05]").unwrap(), ["[0.05]", "3"]);
        assert_eq!(turn("n", "-7").unwrap(), ["[0.5, 1.0]", "-7"]);
        for (name, value, message) in [
            ("rate", "1.0", "1-0 has no knob `rate`; it has: rates, n"),
            ("n", "0.5", "the knob 1-0.n cannot be 0.5: give a value like 3"),
            ("n", "panic!()", "cannot be panic!()"),
        ] {
            assert!(format!("{:#}", turn(name, value).unwrap_err()).contains(message));
        }
    }

    #[test]
    fn what_only_a_kernel_does_is_refused_with_its_cell() {
        for (cells, message) in [
            (vec!["fn f() {}", "let x = 1;", "fn f() { g() }"], "1-0, cell [c2] defines `f`, as cell [c0] does"),
            (vec![":dep rand = \"0.9\""], "1-0, cell [c0]: a program cannot do what `:dep rand = \"0.9\"` asks"),
            (vec!["let x = 1;", ":vars"], "cell [c1]: a program cannot do what `:vars` asks"),
            (vec!["let x = ;"], "cell [c0]: this is not Rust"),
            (vec!["fn main() {}"], "cell [c0] defines `main`"),
        ] {
            assert!(refused(&cells).contains(message), "{}", refused(&cells));
        }
        let with =
            notebook(&[":dep dl-interview = { path = \"../support-crate\", features = [\"candle\"] }\nuse a::b;"]);
        assert_eq!(with.unwrap().features, BTreeSet::from(["candle".to_owned()]));
    }

    #[test]
    fn a_claim_too_few_or_too_many_is_found() {
        let declared = r#"let mut claims = Claims::of("1-0", 2); // made below"#;
        let both = [
            declared,
            "claims.that(\"1-0.a\", \"x\", 1).is_at_least(1);\nclaims.holds(\"1-0.b\", \"y\", true);",
            "claims",
        ];
        assert!(notebook(&both).is_ok() && notebook(&["let x = 1;"]).is_ok());
        for (cells, message) in [
            (vec![declared, "claims.that_all(\"1-0.a\", \"x\", &[1]).is_at_least(1);"], "and makes [\"1-0.a\"]"),
            ([both.as_slice(), &["claims.holds(\"1-0.c\", \"z\", true);"]].concat(), "\"1-0.c\"]"),
            ([both.as_slice(), &["claims.holds(\"1-0.b\", \"z\", true);"]].concat(), "\"1-0.b\", \"1-0.b\"]"),
            ([both.as_slice(), &[declared]].concat(), "2 times"),
            (vec![&format!("{declared}\n{}", both[1]), "claims"], "would lose the others"),
            (vec![&declared.replace("1-0", "1-2"), &both[1].replace("1-0", "1-2")], "not called after 1-0"),
            (vec!["let mut claims = Claims::of(\"1-0\", n);"], "write a number"),
        ] {
            assert!(refused(&cells).contains(message), "{}", refused(&cells));
        }
    }
}
