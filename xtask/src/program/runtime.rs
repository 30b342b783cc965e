//! What stands in for the kernel in the program of a notebook.
//!
//! Arguments: `--cells a,b` runs these cells alone, in the notebook's order; `--knob name=value` changes a knob; `--variables` runs
//! nothing and says of each variable whether code that only borrows it could change it.
//!
//! What the cells print goes to standard output, as a kernel's cells have it: rich outputs between evcxr's markers. A line
//! `DLI_CELL id` goes before each cell.

use std::fmt::Display;
use std::marker::PhantomData;
use std::process::ExitCode;
use std::sync::OnceLock;

use dl_interview::notebook::{cell_begins, cell_ends, report_failure, the_program_is};

/// What a `?` outside of functions fails with.
pub struct Stopped;

impl<T: Display> From<T> for Stopped {
    #[track_caller]
    fn from(error: T) -> Stopped {
        report_failure(&format!("{error:#}"));
        Stopped
    }
}

/// What this run shall do.
pub struct Run {
    cells: Option<Vec<String>>,
    asks: bool,
}

static KNOBS: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// `source` is the program's own, `cells` and `knobs` the names of all.
pub fn main(
    source: &'static str,
    cells: &[&str],
    knobs: &[&str],
    runs: fn(&mut Run) -> Result<(), Stopped>,
) -> ExitCode {
    the_program_is(source);
    let (all_cells, all_knobs) = (cells, knobs);
    let (mut run, mut knobs) = (Run { cells: None, asks: false }, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
        match &*argument {
            "--cells" => {
                let cells: Vec<String> = value().split(',').map(String::from).collect();
                for cell in &cells {
                    assert!(
                        all_cells.contains(&&**cell),
                        "no cell is called {cell}; there are: {}",
                        all_cells.join(", ")
                    );
                }
                run.cells = Some(cells);
            }
            "--knob" => {
                let value = value();
                let (name, value) = value.split_once('=').unwrap_or_else(|| panic!("a knob is written name=value"));
                let known = all_knobs.contains(&name.trim());
                assert!(known, "no knob is called {name}; there are: {}", all_knobs.join(", "));
                knobs.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            "--variables" => (run.cells, run.asks) = (Some(Vec::new()), true),
            other => panic!("{other} is unknown; there are --cells, --knob, --variables"),
        }
    }
    KNOBS.get_or_init(|| knobs);
    // A panic leaves through `main`, with its own exit status.
    match runs(&mut run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stopped) => ExitCode::FAILURE,
    }
}

impl Run {
    /// Whether the cell is wanted; then it runs now.
    pub fn begins(&mut self, cell: &str) -> bool {
        let wanted = self.cells.as_ref().is_none_or(|cells| cells.iter().any(|id| id == cell));
        if wanted {
            println!("DLI_CELL {cell}");
            cell_begins();
        }
        wanted
    }

    pub fn ends(&mut self) {
        cell_ends();
    }

    pub fn asks(&self) -> bool {
        self.asks
    }

    pub fn tells(&self, cell: &str, variable: &str, is_plain: bool) {
        println!("{cell}\t{variable}\t{is_plain}");
    }
}

/// Takes a variable that a cell has left.
#[track_caller]
pub fn take<T>(slot: &mut Option<T>, name: &str, cell: &str) -> T {
    slot.take()
        .unwrap_or_else(|| panic!("`{name}` is missing: the cell [{cell}] has not run, or another has used it up"))
}

/// The value that this run has for a knob, or the notebook's own.
#[track_caller]
pub fn knob<T: Knob>(name: &str, own: T) -> T {
    let Some((_, text)) = KNOBS.get().and_then(|knobs| knobs.iter().rev().find(|(knob, _)| knob == name)) else {
        return own;
    };
    let mut rest = &**text;
    match T::read(&mut rest) {
        Some(value) if rest.trim().is_empty() => value,
        _ => panic!("the knob `{name}` cannot be {text}: it takes {}", T::kind()),
    }
}

/// What a knob can hold, read from the text that Rust writes for it.
pub trait Knob: Sized {
    /// Takes a value from the beginning of the text.
    fn read(text: &mut &str) -> Option<Self>;
    fn kind() -> String;
}

fn word<'a>(text: &mut &'a str) -> &'a str {
    let start = text.trim_start();
    let end = start.find([',', ']', ')', '[', '(']).unwrap_or(start.len());
    let (word, rest) = start.split_at(end);
    *text = rest;
    word.trim_end()
}

fn sign(text: &mut &str, sign: &str) -> Option<()> {
    *text = text.trim_start().strip_prefix(sign)?;
    Some(())
}

macro_rules! numbers {
    ($($kind:ident: $words:literal),*) => {$(
        impl Knob for $kind {
            fn read(text: &mut &str) -> Option<Self> {
                let plain = word(text).replace('_', "");
                plain.strip_suffix(stringify!($kind)).unwrap_or(&plain).parse().ok()
            }
            fn kind() -> String { $words.into() }
        }
    )*};
}

numbers!(f32: "a number", f64: "a number", i8: "a whole number", i16: "a whole number", i32: "a whole number",
    i64: "a whole number", i128: "a whole number", isize: "a whole number", u8: "a whole number from 0",
    u16: "a whole number from 0", u32: "a whole number from 0", u64: "a whole number from 0",
    u128: "a whole number from 0", usize: "a whole number from 0");

impl Knob for bool {
    fn read(text: &mut &str) -> Option<Self> {
        word(text).parse().ok()
    }
    fn kind() -> String {
        "true or false".into()
    }
}

impl Knob for &'static str {
    fn read(text: &mut &str) -> Option<Self> {
        sign(text, "\"")?;
        let (value, rest) = text.split_once('"')?;
        *text = rest;
        Some(String::leak(value.to_owned()))
    }
    fn kind() -> String {
        "a text in \"quotation marks\"".into()
    }
}

impl<T: Knob, const N: usize> Knob for [T; N] {
    fn read(text: &mut &str) -> Option<Self> {
        sign(text, "[")?;
        let mut items = Vec::new();
        while sign(text, "]").is_none() {
            items.push(T::read(text)?);
            if sign(text, ",").is_none() && !text.trim_start().starts_with(']') {
                return None;
            }
        }
        items.try_into().ok()
    }
    fn kind() -> String {
        format!("a list of {N}, each {}", T::kind())
    }
}

impl<T: Knob> Knob for &'static T {
    fn read(text: &mut &str) -> Option<Self> {
        sign(text, "&")?;
        Some(Box::leak(Box::new(T::read(text)?)))
    }
    fn kind() -> String {
        format!("& and {}", T::kind())
    }
}

macro_rules! tuples {
    ($($first:ident $($more:ident)*),*) => {$(
        impl<$first: Knob, $($more: Knob),*> Knob for ($first, $($more),*) {
            #[allow(non_snake_case)]
            fn read(text: &mut &str) -> Option<Self> {
                sign(text, "(")?;
                let $first = $first::read(text)?;
                $(sign(text, ",")?; let $more = $more::read(text)?;)*
                let _ = sign(text, ",");
                sign(text, ")")?;
                Some(($first, $($more),*))
            }
            fn kind() -> String {
                let parts: Vec<String> = vec![$first::kind(), $($more::kind()),*];
                format!("({})", parts.join(", "))
            }
        }
    )*};
}

tuples!(A B, A B C, A B C D);

/// Tells variables that only `&mut` changes from those, such as a net, that change behind a `&`: the latter cannot be shared
/// among threads.
pub struct Variable<T>(PhantomData<T>);

impl<T> Variable<T> {
    pub fn of(_: &Option<T>) -> Variable<T> {
        Variable(PhantomData)
    }
}

impl<T: Sync> Variable<T> {
    pub fn is_plain(&self) -> bool {
        true
    }
}

/// What the compiler takes where the method above does not hold.
pub trait Otherwise {
    fn is_plain(&self) -> bool {
        false
    }
}

impl<T> Otherwise for &Variable<T> {}
