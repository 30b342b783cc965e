//! A small table as the output of a cell.

use std::fmt;

use super::cell::{columns_of, fraction, leading_number, minus, reads_as_number};
use super::claims::Measured;
use crate::plot::html::{debug, one_line, show};
use crate::plot::number::number;

/// A table that a cell can show, made by [`table`] or [`number_table`].
///
/// ```
/// use dl_interview::notebook::table;
///
/// let shown = table(&["layer", "parameters"], &[vec!["hidden".into(), "100480".into()]]);
/// assert_eq!(shown.text(), "layer   parameters\n──────  ──────────\nhidden      100480");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Table {
    pub(super) headers: Vec<String>,
    rows: Vec<Vec<String>>,
    pub(super) caption: String,
    /// The columns in which the best cells are marked.
    best: Vec<(usize, Best)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Best {
    Lowest,
    Highest,
}

/// A table with these headers and rows. Cells that read like a number are aligned to the right, plain numbers at their
/// decimal points, and get a proper minus sign.
///
/// # Panics
///
/// If a row does not have one cell per header.
///
/// ```
/// use dl_interview::notebook::table;
///
/// let rows = [("SGD", 0.974), ("Adam", 0.979)].map(|(name, x)| vec![name.to_string(), format!("{x:.3}")]);
/// let shown = table(&["optimizer", "accuracy"], &rows);
/// assert!(shown.text().contains("Adam          0.979"));
/// ```
#[track_caller]
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> Table {
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(
            row.len(),
            headers.len(),
            "table: row {} has {} cells, but there are {} headers; give each row one cell per header",
            i + 1,
            row.len(),
            headers.len()
        );
    }
    let shown = |cell: &String| if reads_as_number(cell) { minus(&one_line(cell)) } else { one_line(cell) };
    Table {
        headers: headers.iter().map(|header| one_line(header)).collect(),
        rows: rows.iter().map(|row| row.iter().map(shown).collect()).collect(),
        caption: String::new(),
        best: Vec::new(),
    }
}

/// A table of numbers with a name in front of each row. The first header stands above the names.
///
/// A row's numbers are a `Vec` or an array, all of one type, whole or not; they are shown with four significant digits,
/// and aligned at their decimal points.
///
/// # Panics
///
/// If a row does not have one number per header after the first.
///
/// ```
/// use dl_interview::notebook::number_table;
///
/// let rows = [("SGD", vec![0.0912, 0.9731]), ("Adam", vec![0.08444, 0.97])];
/// let shown = number_table(&["optimizer", "loss", "accuracy"], &rows).lowest_is_best("loss");
/// assert_eq!(
///     shown.text(),
///     "optimizer       loss  accuracy
/// ─────────  ─────────  ────────
/// SGD          0.0912     0.9731
/// Adam       ★ 0.08444    0.97
///
/// ★ best: lowest loss"
/// );
/// ```
#[track_caller]
pub fn number_table<X: Measured + Copy>(headers: &[&str], rows: &[(impl AsRef<str>, impl AsRef<[X]>)]) -> Table {
    let mut cells = Vec::new();
    for (name, numbers) in rows {
        let (name, numbers) = (name.as_ref(), numbers.as_ref());
        assert_eq!(
            numbers.len() + 1,
            headers.len(),
            "number_table: row \"{name}\" has {} numbers, but the headers are {headers:?}; the first one stands above the \
             names, and each other one needs one number per row",
            numbers.len(),
        );
        cells.push([name.to_owned()].into_iter().chain(numbers.iter().map(|x| number(x.measured()))).collect());
    }
    table(headers, &cells)
}

impl Table {
    /// Puts a line above the table that says what it shows.
    ///
    /// ```
    /// let shown = dl_interview::notebook::table(&["epoch"], &[vec!["1".into()]]).caption("One epoch");
    /// assert_eq!(shown.text(), "One epoch\n\nepoch\n─────\n    1");
    /// ```
    pub fn caption(mut self, caption: &str) -> Table {
        self.caption = one_line(caption);
        self
    }

    /// Marks the highest number of a column with a star and in bold; all of them, where several are shown alike.
    ///
    /// NaN and cells that do not begin with a number are never the best.
    ///
    /// # Panics
    ///
    /// If there is no such column, or if its numbers have different units: 900 ms are not more than 1.2 s.
    ///
    /// ```
    /// use dl_interview::notebook::number_table;
    ///
    /// let rows = [("SGD", [0.97]), ("Adam", [0.98]), ("RMSprop", [f64::NAN])];
    /// let shown = number_table(&["optimizer", "accuracy"], &rows).highest_is_best("accuracy");
    /// assert!(shown.text().contains("Adam         ★ 0.98"));
    /// ```
    #[track_caller]
    pub fn highest_is_best(self, column: &str) -> Table {
        self.with_best("highest_is_best", column, Best::Highest)
    }

    /// Marks the lowest number of a column, as [`highest_is_best`](Table::highest_is_best) does the highest.
    ///
    /// # Panics
    ///
    /// If there is no such column, or if its numbers have different units.
    ///
    /// ```
    /// use dl_interview::notebook::table;
    ///
    /// let rows = [("SGD", "12 ms"), ("Adam", "30 ms")].map(|(name, time)| vec![name.into(), time.into()]);
    /// let shown = table(&["optimizer", "time"], &rows).lowest_is_best("time");
    /// assert!(shown.text().contains("SGD        ★ 12 ms"));
    /// ```
    #[track_caller]
    pub fn lowest_is_best(self, column: &str) -> Table {
        self.with_best("lowest_is_best", column, Best::Lowest)
    }

    #[track_caller]
    fn with_best(mut self, method: &str, name: &str, best: Best) -> Table {
        let Some(column) = self.headers.iter().position(|header| *header == one_line(name)) else {
            panic!("{method}(\"{name}\"): no column is called that; there are {:?}", self.headers);
        };
        let finite = self.numbers(column).into_iter().flatten().filter(|(x, _)| x.is_finite());
        let mut units: Vec<String> = finite.map(|(_, unit)| unit).collect();
        units.sort();
        units.dedup();
        assert!(
            units.len() < 2,
            "{method}(\"{name}\"): numbers with different units {units:?} cannot be compared; give all cells the same"
        );
        self.best.retain(|(earlier, _)| *earlier != column);
        self.best.push((column, best));
        self
    }

    /// The numbers that a column's cells begin with, and the units behind them.
    fn numbers(&self, column: usize) -> Vec<Option<(f64, String)>> {
        self.rows.iter().map(|row| leading_number(&row[column])).collect()
    }

    /// Which rows are the best in this column.
    fn best_rows(&self, column: usize) -> Vec<bool> {
        let best = self.best.iter().find(|(marked, _)| *marked == column).map(|(_, best)| *best);
        let numbers = self.numbers(column).into_iter().map(|found| found.map_or(f64::NAN, |(x, _)| x));
        let numbers: Vec<f64> = numbers.collect();
        let candidates = numbers.iter().copied().filter(|x| !x.is_nan());
        let winner = match best {
            Some(Best::Lowest) => candidates.min_by(f64::total_cmp),
            Some(Best::Highest) => candidates.max_by(f64::total_cmp),
            None => None,
        };
        numbers.iter().map(|x| Some(*x) == winner).collect()
    }

    /// What the stars mean; `None` if there are none.
    pub(super) fn legend(&self) -> Option<String> {
        let marked = self.best.iter().filter(|(column, _)| self.best_rows(*column).contains(&true));
        let said: Vec<String> = marked
            .map(|(column, best)| {
                let best = if *best == Best::Lowest { "lowest" } else { "highest" };
                format!("{best} {}", self.headers[*column])
            })
            .collect();
        (!said.is_empty()).then(|| format!("{STAR} best: {}", said.join(", ")))
    }

    /// How many characters to add behind each cell of a column so that its decimal points stand below each other: the
    /// missing part of the fraction, with the point if that is missing too.
    fn missing_fractions(&self, column: usize) -> Vec<String> {
        let fractions: Vec<Option<&str>> = self.rows.iter().map(|row| fraction(&row[column])).collect();
        let is_mixed = (self.rows.iter().zip(&fractions))
            .any(|(row, fraction)| fraction.is_none() && reads_as_number(&row[column]));
        let longest = fractions.iter().flatten().map(|fraction| fraction.chars().count()).max().unwrap_or(0);
        let missing = |fraction: &Option<&str>| match fraction.map(|fraction| fraction.chars().count()) {
            None => String::new(),
            Some(_) if is_mixed || longest == 0 => String::new(),
            Some(0) => format!("{POINT_SPACE}{}", FIGURE_SPACE.repeat(longest - 1)),
            Some(some) => FIGURE_SPACE.repeat(longest - some),
        };
        fractions.iter().map(missing).collect()
    }

    /// The cells as they are shown, row by row: with a star before the best and blanks behind short fractions.
    pub(super) fn shown(&self) -> Vec<Vec<Cell>> {
        let columns = 0..self.headers.len();
        let best: Vec<Vec<bool>> = columns.clone().map(|column| self.best_rows(column)).collect();
        let missing: Vec<Vec<String>> = columns.clone().map(|column| self.missing_fractions(column)).collect();
        let cell = |row: usize, column: usize| Cell {
            text: self.rows[row][column].clone(),
            missing: missing[column][row].clone(),
            best: best[column][row],
            right: reads_as_number(&self.rows[row][column]),
        };
        (0..self.rows.len()).map(|row| columns.clone().map(|column| cell(row, column)).collect()).collect()
    }

    /// The table as plain text in columns; a Korean character counts as two.
    ///
    /// ```
    /// let shown = dl_interview::notebook::table(&["층", "n"], &[vec!["출력".into(), "10".into()]]);
    /// assert_eq!(shown.text(), "층     n\n────  ──\n출력  10");
    /// ```
    pub fn text(&self) -> String {
        let plain = |cell: &Cell| {
            let star = if cell.best { format!("{STAR} ") } else { String::new() };
            (star + &cell.text + &" ".repeat(cell.missing.chars().count()), cell.right)
        };
        let header = (0..self.headers.len()).map(|column| (self.headers[column].clone(), self.numeric(column)));
        let mut rows: Vec<Vec<(String, bool)>> = vec![header.collect()];
        rows.extend(self.shown().iter().map(|row| row.iter().map(plain).collect()));
        let width = |column: usize| rows.iter().map(|row| columns_of(&row[column].0)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.headers.len()).map(width).collect();
        let line = |row: &Vec<(String, bool)>| {
            let padded = row.iter().zip(&widths).map(|((cell, right), width)| {
                let space = " ".repeat(width - columns_of(cell));
                if *right { space + cell } else { cell.clone() + &space }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut lines: Vec<String> = rows.iter().map(line).collect();
        lines.insert(1, widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  "));
        if !self.caption.is_empty() {
            lines.splice(0..0, [self.caption.clone(), String::new()]);
        }
        if let Some(legend) = self.legend() {
            lines.extend([String::new(), legend]);
        }
        lines.join("\n")
    }

    /// Shows the table as the output of a cell; the kernel calls it.
    ///
    /// ```
    /// let shown = dl_interview::notebook::table(&["epoch"], &[vec!["1".into()]]);
    /// shown.evcxr_display();
    /// assert_eq!(shown.text(), "epoch\n─────\n    1"); // the second form of what was printed
    /// ```
    pub fn evcxr_display(&self) {
        show(&self.html(), &self.text());
    }

    pub(super) fn numeric(&self, column: usize) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| reads_as_number(&row[column]))
    }
}

/// A cell as it is shown.
pub(super) struct Cell {
    pub(super) text: String,
    /// Blanks as wide as what its fraction lacks.
    pub(super) missing: String,
    pub(super) best: bool,
    pub(super) right: bool,
}

/// Not a colour: it must be seen in plain text, and by everybody.
pub(super) const STAR: &str = "★";
/// As wide as a digit, and as a point: browsers collapse ordinary blanks.
const FIGURE_SPACE: &str = "\u{2007}";
const POINT_SPACE: &str = "\u{2008}";

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brief = format!("Table({} rows: {})", self.rows.len(), self.headers.join(", "));
        debug(f, &brief, || self.html(), &self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "table: row 2 has 1 cells, but there are 2 headers")]
    fn a_row_that_does_not_fit_panics() {
        table(&["a", "b"], &[vec!["1".into(), "2".into()], vec!["3".into()]]);
    }
}
