//! Curves and points over two axes.

use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor, WHITE};

use super::axis::{Axis, extent};
use super::axis_name::{AxisName, misfit};
use super::canvas::{self, Area, BODY, Font, GREY, LEADING, PALETTE, PLAIN, WIDTH, text_width, units};
use super::figure::Figure;
use super::frame::{Chart, Frame, Place, widest};
use super::labels::{self, Key, Name};
use super::number::number;
use super::series::{Kind, Series};
use super::words_of_lines::{alt, notes};

const PLOT_HEIGHT: f64 = 240.0;
/// Points of one series that are drawn, of all curves together, and of all clouds together, where each takes a circle
/// of its own: this keeps a figure below 150 KB.
const POINTS_EACH: usize = 1000;
const POINTS_OF_CURVES: usize = 3600;
const POINTS_OF_CLOUDS: usize = 900;
/// Curves with at most this many points show each of them.
const MARKED: usize = 30;
/// A figure narrower than this, in pixels, has no room for last values beside the names.
const ROOM_FOR_VALUES: f64 = 400.0;
/// So many horizontal and so many vertical lines to compare with.
pub(super) const REFERENCES: usize = 4;
const LINE: f64 = BODY * LEADING;

/// A chart of curves and points over two axes, each named at its right end with its last value (in a narrow panel without
/// it).
///
/// The title says what the chart answers; the axis titles carry the units, and are made by
/// [`log_axis`](super::log_axis) where equal ratios shall be equal distances. Values that have no place on the axes are
/// left out and counted below the chart; long series are thinned so that a curve keeps its lowest and highest points.
/// Eight series are drawn: no more colours can be told apart. Beside them there is room for four
/// [levels](super::level) and four [marks](super::mark).
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
pub fn lines(title: &str, x_axis: impl Into<AxisName>, y_axis: impl Into<AxisName>, series: &[Series]) -> Figure {
    chart(title, x_axis.into(), y_axis.into(), series, Vec::new())
}

/// [`lines`], with something said under the chart.
pub(super) fn chart(title: &str, x_axis: AxisName, y_axis: AxisName, series: &[Series], said: Vec<String>) -> Figure {
    let drawn = Drawn::of(&x_axis, &y_axis, series);
    let notes: Vec<String> = said.into_iter().chain(notes(&x_axis, &y_axis, series)).collect();
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = drawn.data.iter().flat_map(Series::drawable).unzip();
    if xs.is_empty() {
        let given: Vec<&Series> = series.iter().filter(|one| one.is_data()).collect();
        let reason = match given.as_slice() {
            [] => "no series was given.",
            given if given.iter().all(|one| one.points.is_empty()) => "the series are empty.",
            _ => "none of the values has a place on the axes.",
        };
        return canvas::words(title, &format!("Nothing to draw: {reason} {}", notes.join(" ")));
    }
    let whole = xs.iter().all(|x| x.fract() == 0.0);
    let alt = alt(title, (&x_axis, &xs), (&y_axis, &ys), &drawn, &notes);
    xs.extend(drawn.marks.iter().map(|mark| mark.points[0].0));
    ys.extend(drawn.levels.iter().map(|level| level.points[0].1));
    let bounds = drawn.data.iter().flat_map(|one| &one.band).flat_map(|bound| [bound.0, bound.1]);
    ys.extend(bounds.filter(|bound| misfit(*bound, y_axis.log).is_none()));
    ys.extend(headroom(&ys, drawn.marks.len(), y_axis.log));
    let title = title.to_owned();
    Figure::new(WIDTH, move |width| {
        let column = labels::wrapped(&drawn.names(width), width);
        let right = labels::width(&column);
        let frame = Frame {
            title: title.clone(),
            x_axis: x_axis.name.clone(),
            y_axis: y_axis.name.clone(),
            notes: notes.clone(),
            plot_height: PLOT_HEIGHT.max(labels::height(&column)),
            right,
        };
        let x = Axis::named(&x_axis, &xs, 0.02, 10, whole);
        // Wide tick labels would run into each other: fewer of them.
        let x = Axis::named(&x_axis, &xs, 0.02, frame.room(width, widest(&x)), whole);
        let y = Axis::named(&y_axis, &ys, 0.05, 6, false);
        frame.draw(
            width,
            (&x, &y),
            &alt,
            |_| String::new(),
            |area, chart, place| {
                let ends = drawn.draw(area, chart, place, width);
                labels::write(area, &column, &ends, place.right, (place.top, place.bottom));
            },
        )
    })
}

/// Above all values, a value that keeps the top of the plot free for so many lines of text; none in a flat chart, which
/// has room.
fn headroom(ys: &[f64], lines: usize, log: bool) -> Option<f64> {
    let (low, high) = extent(ys);
    let text = (lines as f64 * LINE + 2.0) / (PLOT_HEIGHT - lines as f64 * LINE - 2.0);
    let above = if log { high * (high / low).powf(text) } else { high + text * (high - low) };
    (lines > 0 && misfit(above, log).is_none()).then_some(above)
}

/// What of the series is drawn, without what has no place on the axes.
pub(super) struct Drawn {
    pub(super) data: Vec<Series>,
    pub(super) levels: Vec<Series>,
    /// From left to right.
    pub(super) marks: Vec<Series>,
}

impl Drawn {
    fn of(x_axis: &AxisName, y_axis: &AxisName, series: &[Series]) -> Self {
        let of = |kind: Kind| series.iter().filter(move |one| one.kind == kind);
        let data = series.iter().filter(|one| one.is_data()).take(PALETTE.len()).map(|one| one.on(x_axis, y_axis));
        let levels = of(Kind::Level).filter(|one| misfit(one.points[0].1, y_axis.log).is_none());
        let marks = of(Kind::Mark).filter(|one| misfit(one.points[0].0, x_axis.log).is_none());
        let mut marks: Vec<Series> = marks.take(REFERENCES).cloned().collect();
        marks.sort_by(|a, b| a.points[0].0.total_cmp(&b.points[0].0));
        Self { data: data.collect(), levels: levels.take(REFERENCES).cloned().collect(), marks }
    }

    /// How many points of one series are drawn; a band has as many as its curve.
    fn budget(&self, one: &Series, width: f64) -> usize {
        let alike = self.data.iter().filter(|other| other.kind == one.kind);
        budget(width, alike.map(|other| if other.band.is_empty() { 1 } else { 2 }).sum(), one.joined())
    }

    /// What stands at the right: each series with its last value, then each level. Of three and more figures side by side
    /// the values would take half the room of the curves.
    fn names(&self, width: f64) -> Vec<Name> {
        let data = self.data.iter().zip(PALETTE).map(|(one, colour)| {
            let last = one.drawable().last().filter(|_| width >= ROOM_FOR_VALUES);
            let last = last.map(|(_, last)| format!(" → {}", number(last)));
            let (key, value) = if one.joined() { (Key::Line(colour), last) } else { (Key::Dot(colour), None) };
            Name { name: one.name.clone(), value: value.unwrap_or_default(), key }
        });
        let levels = self.levels.iter().map(|one| Name {
            name: one.name.clone(),
            value: if width < ROOM_FOR_VALUES { String::new() } else { with_value(&one.name, one.points[0].1) },
            key: Key::Dashed,
        });
        data.chain(levels).collect()
    }

    /// Draws everything and answers with the height in pixels at which each name belongs, where it has one.
    fn draw(&self, area: &Area<'_>, chart: &mut Chart<'_, '_>, place: Place, width: f64) -> Vec<Option<f64>> {
        for (one, colour) in self.data.iter().zip(PALETTE) {
            let outlines = one.band_outlines(self.budget(one, width) / 2);
            let pieces = outlines.into_iter().map(|outline| Polygon::new(outline, colour.mix(0.18).filled()));
            chart.draw_series(pieces).expect("a String takes every write");
        }
        let inside = self.data.iter().flat_map(Series::drawable).next().unwrap_or_default();
        let mut levels = Vec::new();
        for level in &self.levels {
            let y = f64::from(chart.backend_coord(&(inside.0, level.points[0].1)).1) / 2.0;
            canvas::dashed(area, (place.left, y), (place.right, y));
            levels.push(Some(y));
        }
        let at: Vec<f64> =
            self.marks.iter().map(|one| f64::from(chart.backend_coord(&(one.points[0].0, inside.1)).0) / 2.0).collect();
        for x in &at {
            canvas::dashed(area, (*x, place.bottom), (*x, place.top));
        }
        for (i, (mark, x)) in self.marks.iter().zip(at).enumerate() {
            name_mark(area, mark, (x, place.top + (i as f64 + 0.5) * LINE), place);
        }
        let ends: Vec<Option<f64>> =
            self.data.iter().zip(PALETTE).map(|(one, colour)| self.draw_series(chart, one, colour, width)).collect();
        ends.into_iter().chain(levels).collect()
    }

    fn draw_series(&self, chart: &mut Chart<'_, '_>, one: &Series, colour: RGBColor, width: f64) -> Option<f64> {
        let marked = !one.joined() || one.points.len() <= MARKED;
        let pieces = one.pieces(self.budget(one, width));
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
        last.map(|point| f64::from(chart.backend_coord(point).1) / 2.0)
    }
}

/// How many points of each of so many curves or clouds are drawn in a figure of this width. Of four small figures side by
/// side each has half the width, and a quarter of the points.
pub(super) fn budget(width: f64, alike: usize, joined: bool) -> usize {
    let in_all = if joined { POINTS_OF_CURVES } else { POINTS_OF_CLOUDS };
    let share = (width / WIDTH).min(1.0).powi(2);
    (share * POINTS_EACH.min(in_all / alike.max(1)) as f64) as usize
}

/// What follows the name of a line to compare with: its value, if the name does not say it already.
fn with_value(name: &str, value: f64) -> String {
    let value = number(value);
    if name.contains(&value) { String::new() } else { format!(" = {value}") }
}

/// Writes a mark's name at its right, or at its left if there is more room.
fn name_mark(area: &Area<'_>, mark: &Series, (x, y): (f64, f64), place: Place) {
    const GAP: f64 = 5.0;
    let text = format!("{}{}", mark.name, with_value(&mark.name, mark.points[0].0));
    let (left, right) = (x - GAP - place.left, place.right - x - GAP);
    let is_left = text_width(&text, BODY) > right && left > right;
    let text = canvas::wrap(&text, BODY, left.max(right).max(1.0), 1);
    let (from, sign, anchor) = if is_left { (x - GAP, -1.0, HPos::Right) } else { (x + GAP, 1.0, HPos::Left) };
    let to = from + sign * text_width(&text[0], BODY);
    canvas::fill(area, (from.min(to), y - 0.5 * BODY), (from.max(to), y + 0.5 * BODY), WHITE);
    canvas::write(area, &text, (from, y), Font { colour: GREY, anchor, ..PLAIN });
}
