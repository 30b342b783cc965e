//! A field over two axes, in colours.

use ndarray::Array2;
use plotters::style::WHITE;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::canvas::{self, Area, BODY, Font, INK, PLAIN, WIDTH, text_width};
use super::colour::{Bar, image, is_dark};
use super::field::{Field, Window, pixels};
use super::figure::Figure;
use super::frame::{Frame, widest};
use super::number::significant;
use super::png;
use crate::tensor::Real;

const PLOT_HEIGHT: f64 = 280.0;
/// A cell drawn is at least so many pixels wide and high: smaller ones would cost bytes that nobody sees.
const SMALLEST: f64 = 2.5;

/// A field over two axes in colours, one cell per value, with a bar that says which colour is which value.
///
/// `values[[i, j]]` belongs to xⱼ and yᵢ as in [`landscape::surface`](crate::landscape::surface()): the columns lie evenly
/// from `xs.0` to `xs.1`, the rows from `ys.0` (at the bottom) to `ys.1`. `name` says what the values are. Values of both
/// signs are blue below zero and red above it, others go from dark to light; positive ones over more than three decades
/// by their logarithm. NaN is drawn light grey, infinity dark grey, and both are counted. Cells too small to be seen are
/// made one with their neighbours; those with room for it have their value written in.
///
/// # Panics
///
/// If a range is not finite, or has two equal ends for more than one row or column.
///
/// ```
/// use dl_interview::plot::heat_map;
/// use ndarray::array;
///
/// let accuracy = array![[0.91, 0.95, 0.88], [0.93, 0.97, 0.90]];
/// let figure = heat_map("Which works best?", "log₁₀ lr", "layers", "accuracy", &accuracy, (-3.0, -1.0), (1.0, 2.0));
/// assert!(figure.alt().contains("highest 0.97 at (-2, 2)"));
/// ```
#[track_caller]
pub fn heat_map(
    title: &str,
    x_axis: &str,
    y_axis: &str,
    name: &str,
    values: &Array2<Real>,
    xs: (Real, Real),
    ys: (Real, Real),
) -> Figure {
    let field = match Field::new("heat_map", values, xs, ys, true) {
        Ok(field) => field,
        Err(reason) => return canvas::words(title, &reason),
    };
    let (title, x_axis, y_axis, name) = (title.to_owned(), x_axis.to_owned(), y_axis.to_owned(), name.to_owned());
    Figure::new(WIDTH, move |width| {
        let (rows, columns) = field.values.dim();
        let bar = Bar::new(field.scale, &name);
        let mut frame = Frame {
            title: title.clone(),
            x_axis: x_axis.clone(),
            y_axis: y_axis.clone(),
            notes: field.notes("light grey cells are NaN, dark grey ones infinite"),
            plot_height: PLOT_HEIGHT,
            right: bar.width(),
        };
        let x = |at_most| cells(field.xs, columns, at_most);
        let x = x(frame.room(width, widest(&x(10))));
        let y = cells(field.ys, rows, 6);
        let at_most = ((PLOT_HEIGHT / SMALLEST) as usize, ((width - frame.right) / SMALLEST).max(1.0) as usize);
        let drawn = field.reduced(at_most);
        if drawn.dim() != field.values.dim() {
            let (high, wide) = drawn.dim();
            frame.notes.push(format!("{rows} × {columns} values drawn as {high} × {wide} cells, each a mean."));
        }
        let mut alt =
            format!("Heat map: {}{name} over {x_axis} and {y_axis}, {rows} × {columns} values", canvas::lead(&title));
        alt.push_str(&format!(": {}. {}", field.range_in_words(), frame.notes.join(" ")));
        let uri = png::palette_uri(&pixels(&drawn, &field.scale), drawn.ncols(), &field.scale.palette(0.0));
        frame.draw(
            width,
            (&x, &y),
            alt.trim_end(),
            |place| {
                let window = Window::new(place, &x, &y);
                let (left, bottom) = window.at((ends_of_cells(field.xs, columns).0, ends_of_cells(field.ys, rows).0));
                let (right, top) = window.at((ends_of_cells(field.xs, columns).1, ends_of_cells(field.ys, rows).1));
                image((left, top), (right, bottom), &uri, false) + &bar.element(place.right, (place.top, place.bottom))
            },
            |area, _, place| {
                if drawn.dim() == field.values.dim() {
                    write_values(area, &field, &Window::new(place, &x, &y));
                }
                bar.write(area, place.right, (place.top, place.bottom));
            },
        )
    })
}

/// Writes the values into their cells, if those have room for them.
fn write_values(area: &Area<'_>, field: &Field, window: &Window) {
    let (rows, columns) = field.values.dim();
    let place = window.place;
    let room = ((place.right - place.left) / columns as f64, (place.bottom - place.top) / rows as f64);
    let texts = field.values.mapv(|value| significant(value, 3));
    let widest = texts.iter().map(|text| text_width(text, BODY)).fold(0.0, f64::max);
    if widest + 8.0 > room.0 || BODY + 6.0 > room.1 {
        return;
    }
    let palette = field.scale.palette(0.0);
    for ((i, j), text) in texts.indexed_iter() {
        let colour = palette[usize::from(field.scale.step(field.values[[i, j]]))];
        let font = Font { colour: if is_dark(colour) { WHITE } else { INK }, anchor: HPos::Center, ..PLAIN };
        let (left, bottom) = window.at((ends_of_cells(field.xs, columns).0, ends_of_cells(field.ys, rows).0));
        let at = (left + (j as f64 + 0.5) * room.0, bottom - (i as f64 + 0.5) * room.1);
        canvas::write(area, std::slice::from_ref(text), at, font);
    }
}

/// Where the first cell of an axis begins and the last one ends: each value in the middle of its cell.
fn ends_of_cells((from, to): (f64, f64), count: usize) -> (f64, f64) {
    let half = match count {
        1 if from == to => 0.5 * if from.abs() > 1e-290 { from.abs() } else { 1.0 },
        1 => 0.0,
        _ => 0.5 * (to - from) / (count - 1) as f64,
    };
    (from - half, to + half)
}

/// An axis that the cells fill, with whole ticks if they lie at whole numbers.
fn cells(ends: (f64, f64), count: usize, at_most: usize) -> Axis {
    let (from, to) = ends_of_cells(ends, count);
    let step = (ends.1 - ends.0) / (count.max(2) - 1) as f64;
    Axis::new(&[from, to], 0.0, at_most, ends.0.fract() == 0.0 && step.fract() == 0.0)
}
