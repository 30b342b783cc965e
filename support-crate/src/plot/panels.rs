//! Several figures in one.

use super::canvas::{self, MARGIN, WIDTH, units};
use super::figure::{Drawing, Figure};

/// The width of a figure of several columns, in pixels: as wide as the output of a cell on a usual screen.
const WIDE: f64 = 960.0;
/// With more columns, names at the right of a chart would leave no room for the chart.
const COLUMNS: usize = 4;

/// Figures side by side, in rows of `columns`: small multiples, to be compared at a glance.
///
/// Each is drawn anew for the width that it gets, with text of the same size. Of two columns and more the figure is 960
/// pixels wide instead of 640; there are at most four columns.
///
/// # Panics
///
/// If `columns` is 0.
///
/// ```
/// use dl_interview::plot::{curve, lines, panels};
///
/// let losses = [("SGD", [2.3, 0.9, 0.5]), ("Adam", [2.3, 0.4, 0.3])];
/// let figures = losses.map(|(name, loss)| lines(name, "epoch", "loss", &[curve("train", &loss)]));
/// let both = panels("Which falls faster?", 2, &figures);
/// assert!(both.svg().contains(">SGD</text>") && both.svg().contains(">Adam</text>"));
/// ```
#[track_caller]
pub fn panels(title: &str, columns: usize, figures: &[Figure]) -> Figure {
    assert!(columns > 0, "panels: `columns` is 0, but each row holds at least one figure");
    if figures.is_empty() {
        return canvas::words(title, "Nothing to draw: no figures were given.");
    }
    let (title, figures) = (title.to_owned(), figures.to_vec());
    let columns = columns.min(figures.len()).min(COLUMNS);
    Figure::new(if columns == 1 { WIDTH } else { WIDE }, move |width| {
        let each = (width / columns as f64).floor();
        let drawings: Vec<Drawing> = figures.iter().map(|figure| figure.at_width(each)).collect();
        let title_text = canvas::title_lines(&title, width);
        let top = canvas::title_height(&title_text) + 4.0;
        let (mut elements, mut y) = (String::new(), top);
        for row in drawings.chunks(columns) {
            for (column, drawing) in row.iter().enumerate() {
                elements += &nested(drawing, column as f64 * each, y);
            }
            y += row.iter().map(|drawing| f64::from(drawing.height)).fold(0.0, f64::max);
        }
        let parts: Vec<&str> = drawings.iter().map(|drawing| drawing.alt.as_str()).collect();
        let alt = format!("{} figures: {}{}", parts.len(), canvas::lead(&title), parts.join(" "));
        canvas::sheet((width, y + 0.25 * MARGIN), &alt, &elements, |area| {
            canvas::write_title(area, &title_text);
        })
    })
}

/// The drawing as an element of another one, with its upper left corner at (x, y).
fn nested(drawing: &Drawing, x: f64, y: f64) -> String {
    let (width, height) = (2 * drawing.width, 2 * drawing.height);
    let elements: String = drawing.svg.lines().skip(1).map(|line| format!("{line}\n")).collect();
    let (x, y) = (units(x), units(y));
    format!("<svg x='{x}' y='{y}' width='{width}' height='{height}' viewBox='0 0 {width} {height}'>\n{elements}")
}
