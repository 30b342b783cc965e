//! Horizontal bars.

use plotters::style::text_anchor::HPos;

use super::canvas::{self, AXIS, BODY, Font, GREY, LEADING, MARGIN, PALETTE, PLAIN, WIDTH, text_width};
use super::figure::Figure;
use super::number::number;

const AT_MOST: usize = 40;
const WIDEST_NAME: f64 = 200.0;
const THICKNESS: f64 = 18.0;
const BETWEEN: f64 = 8.0;
const GAP: f64 = 6.0;

/// Horizontal bars from zero, from top to bottom in the given order, each with its name and its value.
///
/// `x_axis` says what the lengths measure, with the unit. A value that is not finite is written, but has no bar.
/// At most 40 bars are drawn.
///
/// ```
/// use dl_interview::plot::bars;
///
/// let figure = bars("Where are the parameters?", "parameters", &[("hidden", 100_480.0), ("output", 1_290.0)]);
/// assert!(figure.svg().contains(">100480</text>"));
/// ```
pub fn bars(title: &str, x_axis: &str, bars: &[(&str, f64)]) -> Figure {
    if bars.is_empty() {
        return canvas::words(title, "Nothing to draw: no bars were given.");
    }
    let note = if bars.len() > AT_MOST {
        format!(" The first {AT_MOST} of {} bars are drawn.", bars.len())
    } else {
        String::new()
    };
    let drawn: Vec<(String, f64)> =
        bars.iter().take(AT_MOST).map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let (title, x_axis) = (title.to_owned(), x_axis.to_owned());
    Figure::new(WIDTH, move |width| {
        let line = BODY * LEADING;

        let names: Vec<Vec<String>> = drawn.iter().map(|(name, _)| canvas::wrap(name, BODY, WIDEST_NAME, 3)).collect();
        let names_width = names.iter().flatten().map(|name| text_width(name, BODY)).fold(0.0, f64::max);
        let heights: Vec<f64> = names.iter().map(|name| THICKNESS.max(name.len() as f64 * line) + BETWEEN).collect();
        let title_text = canvas::title_lines(&title, width);
        let x_title = canvas::wrap(&format!("{x_axis}{note}"), BODY, width - 2.0 * MARGIN, 3);
        let top = canvas::title_height(&title_text) + 14.0 + x_title.len() as f64 * line;
        let height = top + heights.iter().sum::<f64>() + MARGIN - 4.0;

        // Beyond 1e290 the difference of two ends may overflow: such a bar would be as long as infinity anyway.
        let length = |value: f64| if value.abs() <= 1e290 { value } else { 0.0 };
        let low = drawn.iter().map(|(_, value)| length(*value)).fold(0.0, f64::min);
        let high = drawn.iter().map(|(_, value)| length(*value)).fold(0.0, f64::max);
        let values_width = drawn.iter().map(|(_, value)| text_width(&number(*value), BODY)).fold(0.0, f64::max) + GAP;
        let left = MARGIN + names_width + GAP + 4.0 + if low < 0.0 { values_width } else { 0.0 };
        let room = width - MARGIN - left - values_width;
        let span = if high - low < 1e-290 { 1.0 } else { high - low };
        let x = |value: f64| left + (value - low) / span * room;

        canvas::sheet((width, height), &alt(&title, &x_axis, &drawn, &note), "", |area| {
            let under_title = canvas::write_title(area, &title_text);
            canvas::write(area, &x_title, (MARGIN, under_title + 12.0), Font { colour: GREY, ..PLAIN });
            let mut y = top;
            for (((_, value), name), height) in drawn.iter().zip(&names).zip(&heights) {
                let centre = y + 0.5 * (height - BETWEEN);
                let first = centre - 0.5 * (name.len() - 1) as f64 * line;
                canvas::write(area, name, (MARGIN + names_width, first), Font { anchor: HPos::Right, ..PLAIN });
                let end = x(length(*value));
                canvas::fill(
                    area,
                    (x(0.0).min(end), centre - 0.5 * THICKNESS),
                    (x(0.0).max(end), centre + 0.5 * THICKNESS),
                    PALETTE[0],
                );
                let (at, anchor) =
                    if length(*value) < 0.0 { (end - GAP, HPos::Right) } else { (end + GAP, HPos::Left) };
                canvas::write(area, &[number(*value)], (at, centre), Font { anchor, ..PLAIN });
                y += height;
            }
            canvas::fill(area, (x(0.0) - 0.5, top - 4.0), (x(0.0) + 0.5, y - BETWEEN + 4.0), AXIS);
        })
    })
}

fn alt(title: &str, x_axis: &str, bars: &[(String, f64)], note: &str) -> String {
    let values: Vec<String> = bars.iter().map(|(name, value)| format!("{name} {}", number(*value))).collect();
    format!("Bar chart: {}Bars show {x_axis}: {}.{note}", canvas::lead(title), values.join(", "))
}
