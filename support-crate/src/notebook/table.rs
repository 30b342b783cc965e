//! A small table as the output of a cell.

use std::fmt;

use crate::plot::html::{escape, one_line, show};
use crate::plot::is_wide;

/// A table that a cell can show, made by [`table`].
///
/// ```
/// use dl_interview::notebook::table;
///
/// let shown = table(&["layer", "parameters"], &[vec!["hidden".into(), "100480".into()]]);
/// assert_eq!(shown.text(), "layer   parameters\n──────  ──────────\nhidden      100480");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A table with these headers and rows. Cells that read like a number are aligned to the right.
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
    Table {
        headers: headers.iter().map(|header| one_line(header)).collect(),
        rows: rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect(),
    }
}

impl Table {
    /// The table as plain text in columns; a Korean character counts as two.
    ///
    /// ```
    /// let shown = dl_interview::notebook::table(&["층", "n"], &[vec!["출력".into(), "10".into()]]);
    /// assert_eq!(shown.text(), "층     n\n────  ──\n출력  10");
    /// ```
    pub fn text(&self) -> String {
        let columns = 0..self.headers.len();
        let cells = |column: usize| self.rows.iter().map(move |row| &row[column]);
        let widths: Vec<usize> = columns
            .clone()
            .map(|column| cells(column).chain([&self.headers[column]]).map(|cell| columns_of(cell)).max().unwrap_or(0))
            .collect();
        let line = |row: &[String], right: &dyn Fn(usize) -> bool| {
            let padded = columns.clone().map(|column| {
                let space = " ".repeat(widths[column] - columns_of(&row[column]));
                if right(column) { space + &row[column] } else { row[column].clone() + &space }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let mut lines = vec![line(&self.headers, &|column| self.numeric(column)), rule.join("  ")];
        lines.extend(self.rows.iter().map(|row| line(row, &|column| reads_as_number(&row[column]))));
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

    // Inline styles only: JupyterLab drops <style> from a notebook it does not trust yet. No colours but a border that
    // shows on white and on black, because the reader's theme sets the text and the background.
    pub(super) fn html(&self) -> String {
        let line = |tag: &str, row: &[String], border: &str, right: &dyn Fn(usize) -> bool| {
            let mut html = String::from("<tr>");
            for (column, cell) in row.iter().enumerate() {
                let align = if right(column) { "right" } else { "left" };
                html += &format!(
                    "<{tag} style=\"text-align:{align};vertical-align:top;padding:4px 10px;border:0;\
                     border-bottom:{border} solid #888\">{}</{tag}>",
                    marked(&escape(cell))
                );
            }
            html + "</tr>\n"
        };
        let mut html = String::from("<table style=\"border-collapse:collapse\">\n<thead>\n");
        html += &line("th", &self.headers, "2px", &|column| self.numeric(column));
        html += "</thead>\n<tbody>\n";
        for row in &self.rows {
            html += &line("td", row, "1px", &|column| reads_as_number(&row[column]));
        }
        html + "</tbody>\n</table>"
    }

    fn numeric(&self, column: usize) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| reads_as_number(&row[column]))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} rows: {})", self.rows.len(), self.headers.join(", "))
    }
}

/// A verdict gets a badge that brings its own background, so that it can have a colour in a light and a dark theme.
fn marked(cell: &str) -> String {
    let colour = match cell {
        "✓" => "#00664a",
        "✗" => "#b3261e",
        _ => return cell.to_owned(),
    };
    format!("<span style=\"background:{colour};color:#fff;padding:1px 7px;border-radius:4px\">{cell}</span>")
}

fn columns_of(cell: &str) -> usize {
    cell.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// `0.5`, `-3 %`, `≥ 0.97`, `0.5 ± 0.1` and `12 ms` read as numbers; `18-0.a` and `784 inputs` do not.
fn reads_as_number(cell: &str) -> bool {
    let signs = ["≥", "≤", ">", "<", "=", "≈", "±", "%"];
    let is_number = |word: &str| word.trim_end_matches('%').parse::<f64>().is_ok() || matches!(word, "∞" | "-∞");
    let is_unit = |word: &str| word.chars().count() <= 3 && word.chars().all(char::is_alphabetic);
    let mut words = cell.split_whitespace().skip_while(|word| signs.contains(word));
    words.next().is_some_and(is_number) && words.all(|word| signs.contains(&word) || is_number(word) || is_unit(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_words() {
        for cell in ["0.5", "-3 %", "97%", "≥ 0.97", "0.5 ± 0.1", "12 ms", "NaN", "-∞", "1e-5"] {
            assert!(reads_as_number(cell), "{cell}");
        }
        for cell in ["", "18-0.a", "784 inputs", "✓", "> Adam", "true", "ReLU"] {
            assert!(!reads_as_number(cell), "{cell}");
        }
    }

    #[test]
    fn html_escapes_every_cell_and_sets_no_text_colour_alone() {
        let html = table(&["a<b", "ok"], &[vec!["<script>&\"".into(), "✗".into()]]).html();
        assert!(html.contains("a&lt;b") && html.contains("&lt;script&gt;&amp;&quot;"));
        assert!(!html.contains("<script"));
        assert_eq!(html.matches("color:#fff").count(), html.matches("background:").count());
        assert!(!html.contains("<style"));
    }

    #[test]
    #[should_panic(expected = "table: row 2 has 1 cells, but there are 2 headers")]
    fn a_row_that_does_not_fit_panics() {
        table(&["a", "b"], &[vec!["1".into(), "2".into()], vec!["3".into()]]);
    }
}
