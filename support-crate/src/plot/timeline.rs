//! Who worked when: a Gantt chart.

use plotters::coord::ranged1d::{BoldPoints, Ranged, ValueFormatter};
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::boxes::hex;
use super::canvas::{
    self, AXIS, BODY, Font, GREY, GRID, INK, LEADING, MARGIN, PALETTE, PLAIN, WIDTH, text_width, units,
};
use super::colour::is_finite;
use super::figure::Figure;
use super::lanes::{Lane, Task, lanes};
use super::number::number;
use crate::system::Span;

/// More rows than this are not drawn.
const ROWS: usize = 24;
/// Up to so many spans each has a bar of its own.
const BARS: usize = 600;
/// A chart of more spans is made of at most so many pieces, about 20 bytes each.
const PIECES: usize = 4000;
const WIDEST_NAME: f64 = 150.0;
const WIDEST_SHARES: f64 = 130.0;
const BAR: f64 = 24.0;
const SMALL: f64 = BODY - 1.0;
const LINE: f64 = BODY * LEADING;

/// A Gantt chart: one row per lane (a device, a worker), with a bar for each span of time in which it was busy.
///
/// `x_axis` says what is counted, with the unit: `"time (ms)"`. A colour stands for a kind of task, which is the task's
/// name without the number at its end. At the right of each row stands the share of the whole time, from the first
/// start to the last end, in which the lane was busy (its utilization), and with what.
///
/// Rows are in the order in which their lanes first occur, those that differ by a number in the order of the numbers; at
/// most 24 are drawn. Of more than 600 spans no single bars are drawn, but how busy a lane was from moment to moment, as
/// a share of the row's height.
///
/// ```
/// use dl_interview::plot::timeline;
/// use dl_interview::system::gpipe;
///
/// let figure = timeline("Who waits?", "time (forward passes)", &gpipe(2, 1, 1.0, 2.0).spans);
/// assert!(figure.svg().contains(">50 % busy</text>"));
/// assert!(figure.alt().contains("“stage 0”: 2 tasks, 50 % busy (F 17 %, B 33 %)"));
/// ```
pub fn timeline(title: &str, x_axis: &str, spans: &[Span]) -> Figure {
    if spans.is_empty() {
        return canvas::words(title, "Nothing to draw: no spans were given.");
    }
    let is_sound = |span: &&Span| is_finite(span.start) && is_finite(span.end) && span.start <= span.end;
    let sound: Vec<&Span> = spans.iter().filter(is_sound).collect();
    if sound.is_empty() {
        let reason = format!("Nothing to draw: none of {} spans has a finite start and an end after it.", spans.len());
        return canvas::words(title, &reason);
    }
    let chart = lanes(&sound);
    let drawn = chart.lanes.len().min(ROWS);
    let mut notes = Vec::new();
    if sound.len() < spans.len() {
        let out = spans.len() - sound.len();
        notes.push(format!("{out} of {} spans have no finite start and end, and are left out.", spans.len()));
    }
    if drawn < chart.lanes.len() {
        notes.push(format!("The first {drawn} of {} rows are drawn.", chart.lanes.len()));
    }
    if sound.len() > BARS {
        notes.push(format!("{} tasks: the height of a bar is the share of the time that was busy.", sound.len()));
    }
    if chart.lanes.iter().any(|lane| lane.overlaps) {
        notes.push("Tasks overlap in a row; what starts later is drawn on top.".to_owned());
    }
    let notes = notes.join(" ");
    let single = sound.len() <= BARS;
    let (title, x_axis) = (title.to_owned(), x_axis.to_owned());
    let alt = {
        let rows: Vec<String> = chart.lanes[..drawn].iter().map(|lane| lane.words(&chart.kinds)).collect();
        let (start, end) = (number(chart.start), number(chart.end));
        let lead = canvas::lead(&title);
        format!("Timeline: {lead}{x_axis} from {start} to {end}. {}. {notes}", rows.join("; ")).trim_end().to_owned()
    };
    Figure::new(WIDTH, move |width| {
        let space = width - 2.0 * MARGIN;
        let lanes = &chart.lanes[..drawn];
        let names: Vec<Vec<String>> =
            lanes.iter().map(|lane| canvas::wrap(&lane.name, BODY, WIDEST_NAME.min(0.3 * space), 2)).collect();
        let shares: Vec<Vec<String>> = lanes
            .iter()
            .map(|lane| {
                let mut lines = vec![format!("{} busy", percent(lane.busy))];
                let parts = lane.parts(&chart.kinds);
                if parts.len() > 1 {
                    lines.extend(canvas::wrap(&parts.join(", "), SMALL, WIDEST_SHARES, 2));
                }
                lines
            })
            .collect();
        let widest =
            |texts: &[Vec<String>]| texts.iter().flatten().map(|text| text_width(text, BODY)).fold(0.0, f64::max);
        let (left, right) = (MARGIN + widest(&names) + 10.0, width - MARGIN - widest(&shares) - 10.0);
        let label = text_width(&number(chart.end), BODY).max(text_width(&number(chart.start), BODY)) + 16.0;
        let ticks = ((right - left) / label).clamp(2.0, 10.0) as usize;
        let axis = Axis::new(&[chart.start, chart.end], 0.0, ticks, false);
        let ends = (units(left), units(right));
        let x = |time: f64| axis.map(&time, ends);

        let title_text = canvas::title_lines(&title, width);
        let (keys, legend_height) = legend(&chart.kinds, width);
        let first = canvas::title_height(&title_text) + 8.0;
        let top = first + legend_height;
        let mut rows = Vec::new(); // the middle of each row
        let mut bottom = top;
        for (name, shares) in names.iter().zip(&shares) {
            let height = (BAR + 10.0).max(LINE * name.len().max(shares.len()) as f64 + 6.0);
            rows.push(bottom + 0.5 * height);
            bottom += height;
        }
        let mut under = String::new();
        for tick in axis.key_points(BoldPoints(ticks)) {
            let (at, from, to) = (x(tick), units(top), units(bottom + 4.0));
            under += &format!("<path fill='none' stroke='{}' stroke-width='2' d='M{at} {from}V{to}'/>\n", hex(GRID));
        }
        let mut labels = Vec::new();
        for (lane, y) in lanes.iter().zip(&rows) {
            if single {
                under += &bars(lane, *y, &x, chart.kinds.len(), &mut labels);
            } else {
                let pieces = PIECES / (drawn * chart.kinds.len());
                let columns = pieces.clamp(8, (right - left).max(8.0) as usize);
                under += &columns_of(lane, *y, (chart.start, chart.end, columns), &x, chart.kinds.len());
            }
        }
        for (kind, key_x, key_y) in &keys {
            let (at, top) = (units(*key_x), units(first + key_y - 5.0));
            under += &format!("<path fill='{}' d='M{at} {top}h20v20h-20z'/>\n", hex(colour(*kind)));
        }
        let x_title = canvas::wrap(&x_axis, BODY, space, 2);
        let notes = canvas::wrap(&notes, BODY, space, 4);
        let end = bottom + 30.0 + x_title.len() as f64 * LINE;
        let notes_height = if notes[0].is_empty() { 0.0 } else { 4.0 + notes.len() as f64 * LINE };
        canvas::sheet((width, end + 4.0 + notes_height), &alt, &under, |area| {
            canvas::write_title(area, &title_text);
            let grey = Font { colour: GREY, ..PLAIN };
            for (kind, key_x, key_y) in &keys {
                canvas::write(area, std::slice::from_ref(&chart.kinds[*kind]), (key_x + 16.0, first + key_y), grey);
            }
            for ((name, shares), y) in names.iter().zip(&shares).zip(&rows) {
                let above = |lines: &[String]| y - 0.5 * (lines.len() - 1) as f64 * LINE;
                canvas::write(area, name, (left - 10.0, above(name)), Font { anchor: HPos::Right, ..PLAIN });
                let (total, parts) = shares.split_at(1);
                canvas::write(area, total, (right + 10.0, above(shares)), PLAIN);
                canvas::write(area, parts, (right + 10.0, above(shares) + LINE), Font { size: SMALL, ..grey });
            }
            for (text, (x, y), colour) in &labels {
                let font = Font { size: SMALL, colour: *colour, anchor: HPos::Center, ..PLAIN };
                canvas::write(area, std::slice::from_ref(text), (*x, *y), font);
            }
            canvas::fill(area, (left, bottom + 3.5), (right, bottom + 4.5), AXIS);
            for tick in axis.key_points(BoldPoints(ticks)) {
                let at = (0.5 * f64::from(x(tick)), bottom + 16.0);
                canvas::write(area, &[axis.format_ext(&tick)], at, Font { anchor: HPos::Center, ..grey });
            }
            canvas::write(area, &x_title, (0.5 * (left + right), bottom + 34.0), Font { anchor: HPos::Center, ..grey });
            if notes_height > 0.0 {
                canvas::write(area, &notes, (MARGIN, end + 8.0), grey);
            }
        })
    })
}

/// Where the keys to the colours lie below the title, and how high they are.
fn legend(kinds: &[String], width: f64) -> (Vec<(usize, f64, f64)>, f64) {
    let (mut x, mut y) = (MARGIN, 8.0);
    let mut keys = Vec::new();
    for (kind, name) in kinds.iter().enumerate() {
        let wide = 16.0 + text_width(name, BODY) + 18.0;
        if x > MARGIN && x + wide > width {
            (x, y) = (MARGIN, y + LINE);
        }
        keys.push((kind, x, y));
        x += wide;
    }
    (keys, y + LINE)
}

/// A lane's spans as bars, with the names of those that have room for them.
fn bars(
    lane: &Lane,
    y: f64,
    x: &impl Fn(f64) -> i32,
    kinds: usize,
    labels: &mut Vec<(String, (f64, f64), RGBColor)>,
) -> String {
    let mut paths = vec![String::new(); kinds];
    let (top, height) = (units(y - 0.5 * BAR), units(BAR));
    // A thin line of paper tells a bar from the next one.
    let wide = |span: &Task| match x(span.end) - x(span.start) {
        wide if wide >= 6 => wide - 1,
        wide => wide.max(1),
    };
    let number = |span: &Task| span.task.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().to_owned();
    let fits = |span: &Task, text: &str| text_width(text, SMALL) <= 0.5 * f64::from(wide(span)) - 4.0;
    // Tasks of a kind carry their names, or else all of them only their numbers.
    let mut named = vec![true; kinds];
    for span in lane.spans.iter().filter(|span| !number(span).is_empty() && fits(span, &number(span))) {
        named[span.kind] &= fits(span, &span.task);
    }
    for span in &lane.spans {
        let (from, wide) = (x(span.start), wide(span));
        paths[span.kind] += &format!("M{from} {top}h{wide}v{height}h-{wide}z");
        let text = if named[span.kind] { span.task.clone() } else { number(span) };
        if !text.is_empty() && !lane.overlaps && fits(span, &text) {
            let middle = 0.25 * f64::from(2 * from + wide);
            labels.push((text, (middle, y), readable_on(colour(span.kind))));
        }
    }
    filled(&paths)
}

/// How busy a lane was from moment to moment: columns as high as their busy share.
fn columns_of(
    lane: &Lane,
    y: f64,
    (start, end, count): (f64, f64, usize),
    x: &impl Fn(f64) -> i32,
    kinds: usize,
) -> String {
    let mut paths = vec![String::new(); kinds];
    let bottom = units(y + 0.5 * BAR);
    for (column, shares) in lane.columns(start, end, count, kinds).into_iter().enumerate() {
        let at = |i: usize| x(start + (end - start) * i as f64 / count as f64);
        let (from, wide) = (at(column), (at(column + 1) - at(column)).max(1));
        let mut low = bottom;
        for (path, share) in paths.iter_mut().zip(shares) {
            let high = units(BAR * share).min(low - bottom + units(BAR));
            if high > 0 {
                *path += &format!("M{from} {low}h{wide}v-{high}h-{wide}z");
                low -= high;
            }
        }
    }
    filled(&paths)
}

fn filled(paths: &[String]) -> String {
    let drawn = paths.iter().enumerate().filter(|(_, path)| !path.is_empty());
    drawn.map(|(kind, path)| format!("<path fill='{}' d='{path}'/>\n", hex(colour(kind)))).collect()
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// The last of too many kinds, “other”, is grey.
fn colour(kind: usize) -> RGBColor {
    PALETTE[..6].get(kind).copied().unwrap_or(AXIS)
}

/// White on the dark colours, ink on the others.
fn readable_on(RGBColor(r, g, b): RGBColor) -> RGBColor {
    let linear = |part: u8| (f64::from(part) / 255.0).powf(2.2);
    let light = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    if light < 0.18 { RGBColor(255, 255, 255) } else { INK }
}
