//! Curves and points over two axes.

use plotters::element::{Circle, PathElement};
use plotters::style::Color;

use super::axis::{Axis, extent};
use super::canvas::{self, PALETTE, WIDTH, units};
use super::figure::Figure;
use super::frame::{Chart, Frame, widest};
use super::labels;
use super::number::number;
use super::series::Series;

const PLOT_HEIGHT: f64 = 240.0;
/// Points of one series that are drawn, and of all series together: this keeps a figure below 150 KB.
const POINTS_EACH: usize = 1000;
const POINTS_IN_ALL: usize = 2000;
/// Curves with at most this many points show each of them.
const MARKED: usize = 30;

/// A chart of curves and points over two axes, each named at its right end with its last value.
///
/// The title says what the chart answers; the axis titles carry the units. Values that are not finite are left
/// out and counted below the chart; long series are thinned so that a curve keeps its lowest and highest points.
/// Eight series are drawn: no more colours can be told apart.
///
/// ```
/// use dl_interview::plot::{curve, lines};
///
/// let train = curve("train", &[0.40, 0.12, 0.05]);
/// let test = curve("test", &[0.35, 0.15, 0.11]);
/// let figure = lines("Does the gap grow?", "epoch", "mean loss (nats)", &[train, test]);
/// assert!(figure.svg().contains("mean loss (nats)"));
/// assert!(figure.alt().contains("“test”: 3 values, first 0.35, last 0.11"));
/// ```
pub fn lines(title: &str, x_axis: &str, y_axis: &str, series: &[Series]) -> Figure {
    let drawn = &series[..series.len().min(PALETTE.len())];
    let (xs, ys): (Vec<f64>, Vec<f64>) = drawn.iter().flat_map(Series::drawable).unzip();
    let notes = notes(series, drawn);
    if xs.is_empty() {
        let reason = match series {
            [] => "Nothing to draw: no series was given.".into(),
            _ if series.iter().all(|one| one.points.is_empty()) => "Nothing to draw: the series are empty.".into(),
            _ => format!("Nothing to draw: none of the values is finite. {}", notes.join(" ")),
        };
        return canvas::words(title, &reason);
    }
    let (title, x_axis, y_axis) = (title.to_owned(), x_axis.to_owned(), y_axis.to_owned());
    let alt = alt(&title, &x_axis, &y_axis, drawn, (&xs, &ys), &notes);
    let drawn = drawn.to_vec();
    Figure::new(WIDTH, move |width| {
        let column = labels::wrapped(&drawn);
        let right = labels::width(&column);
        let frame = Frame {
            title: title.clone(),
            x_axis: x_axis.clone(),
            y_axis: y_axis.clone(),
            notes: notes.clone(),
            plot_height: PLOT_HEIGHT,
            right,
        };
        let whole = xs.iter().all(|x| x.fract() == 0.0);
        let x = Axis::new(&xs, 0.02, 10, whole);
        // Wide tick labels would run into each other: fewer of them.
        let x = Axis::new(&xs, 0.02, frame.room(width, widest(&x)), whole);
        let y = Axis::new(&ys, 0.05, 6, false);
        frame.draw(
            width,
            (&x, &y),
            &alt,
            |_| String::new(),
            |area, chart, place| {
                let ends = draw(chart, &drawn);
                labels::write(area, &column, &ends, place.right, (place.top, place.bottom));
            },
        )
    })
}

/// Draws the series and answers with the height in pixels at which each one ends, where it has an end.
fn draw(chart: &mut Chart<'_, '_>, series: &[Series]) -> Vec<Option<f64>> {
    let budget = POINTS_EACH.min(POINTS_IN_ALL / series.len().max(1));
    let mut ends = Vec::new();
    for (one, colour) in series.iter().zip(PALETTE) {
        let marked = !one.joined || one.points.len() <= MARKED;
        let pieces = one.pieces(budget);
        let curve = colour.stroke_width(units(2.0) as u32);
        chart
            .draw_series(
                pieces.iter().filter(|piece| piece.len() > 1).map(|piece| PathElement::new(piece.clone(), curve)),
            )
            .expect("a String takes every write");
        let alone = pieces.iter().filter(|piece| marked || piece.len() == 1).flatten();
        chart
            .draw_series(alone.map(|point| Circle::new(*point, units(3.0), colour.filled())))
            .expect("a String takes every write");
        let last = pieces.last().and_then(|piece| piece.last());
        ends.push(last.map(|point| f64::from(chart.backend_coord(point).1) / 2.0));
    }
    ends
}

/// What the drawing leaves out, in words.
fn notes(series: &[Series], drawn: &[Series]) -> Vec<String> {
    let mut notes = Vec::new();
    for one in drawn {
        let (all, kept) = (one.points.len(), one.drawable().count());
        if kept < all {
            notes.push(format!("“{}”: {} of {all} values not finite, left out.", one.name, all - kept));
        }
        if !one.joined && all > POINTS_EACH.min(POINTS_IN_ALL / drawn.len()) {
            notes.push(format!("“{}”: a sample of its {all} points is drawn.", one.name));
        }
    }
    if series.len() > drawn.len() {
        notes.push(format!("The first {} of {} series are drawn.", drawn.len(), series.len()));
    }
    notes
}

fn alt(
    title: &str,
    x_axis: &str,
    y_axis: &str,
    series: &[Series],
    (xs, ys): (&[f64], &[f64]),
    notes: &[String],
) -> String {
    let span = |values: &[f64]| {
        let (low, high) = extent(values);
        format!("from {} to {}", number(low), number(high))
    };
    let mut alt = format!("Line chart: {}Axes: {x_axis} {}, {y_axis} {}.", canvas::lead(title), span(xs), span(ys));
    for one in series {
        let values: Vec<f64> = one.drawable().map(|(_, y)| y).collect();
        let said = match (values.first(), values.last()) {
            (Some(first), Some(last)) => {
                format!("{} values, first {}, last {}, {}", values.len(), number(*first), number(*last), span(&values))
            }
            _ => "no values".into(),
        };
        alt.push_str(&format!(" “{}”: {said}.", one.name));
    }
    for note in notes {
        alt.push(' ');
        alt.push_str(note);
    }
    alt
}
