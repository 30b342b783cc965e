//! One histogram per layer, below each other.

use plotters::element::{PathElement, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor, WHITE};

use super::axis::Axis;
use super::bins::{Bins, Sample};
use super::canvas::units;
use super::canvas::{
    self, AXIS, Area, BODY, Font, GREY, GRID, LEADING, MARGIN, PALETTE, PLAIN, WIDTH, put, text_width,
};
use super::figure::Figure;
use super::histogram::alt;

const ROWS: usize = 24;
const HEIGHT: f64 = 44.0;
const BETWEEN: f64 = 10.0;
const LINE: f64 = BODY * LEADING;
const SATURATED: RGBColor = PALETTE[1];

/// One histogram per layer of a net, below each other over the same x axis: of its activations, its weights or their
/// gradients. Above each stand its mean and its standard deviation.
///
/// With `saturated` as (low, high), the values of `low` and below or `high` and above are drawn in another colour, and
/// their share is written too: (−0.97, 0.97) for tanh, (0.03, 0.97) for the sigmoid, (0, ∞) for the zeros of a ReLU. Each
/// histogram is as high as its row: heights compare within a layer, positions and widths between layers.
///
/// # Panics
///
/// If the low end of `saturated` is not below the high one.
///
/// ```
/// use dl_interview::plot::distributions;
///
/// let layers = [("1 tanh", vec![0.99, -0.98, 0.1, 0.99]), ("2 tanh", vec![0.2, -0.1, 0.3, 0.0])];
/// let figure = distributions("Which layer is saturated?", "activation", &layers, Some((-0.97, 0.97)));
/// assert!(figure.svg().contains("75 % saturated"));
/// ```
#[track_caller]
pub fn distributions<V: Into<f64> + Copy>(
    title: &str,
    x_axis: &str,
    layers: &[(impl AsRef<str>, impl AsRef<[V]>)],
    saturated: Option<(f64, f64)>,
) -> Figure {
    if let Some((low, high)) = saturated {
        assert!(low < high, "distributions: saturated is ({low}, {high}), but its low end must be below its high end");
    }
    let samples = layers.iter().map(|(name, values)| Sample::new(name.as_ref(), values.as_ref())).collect();
    rows("Distributions by layer", title, x_axis, samples, saturated)
}

/// The samples as histograms in rows.
pub(super) fn rows(
    kind: &str,
    title: &str,
    x_axis: &str,
    samples: Vec<Sample>,
    saturated: Option<(f64, f64)>,
) -> Figure {
    let all = samples.len();
    let samples: Vec<Sample> = samples.into_iter().take(ROWS).collect();
    if samples.iter().all(|sample| sample.values.is_empty()) {
        let left_out: Vec<String> = samples.iter().filter_map(|sample| sample.note.clone()).take(3).collect();
        let reason = match (samples.len(), left_out.len()) {
            (0, _) => "no values were given.",
            (_, 0) => "the sets of values are empty.",
            _ => "none of the values is finite.",
        };
        return canvas::words(title, &format!("Nothing to draw: {reason} {}", left_out.join(" ")));
    }
    let bins = Bins::of(&samples);
    let rows: Vec<Row> = samples.iter().map(|sample| Row::of(sample, &bins, saturated)).collect();
    let mut notes: Vec<String> = samples.iter().filter_map(|sample| sample.note.clone()).collect();
    notes.extend(samples.iter().filter_map(|sample| bins.outside(sample)));
    let notes = some_of(notes, all);
    let mut alt = alt(kind, title, x_axis, &bins, &samples, &notes);
    if saturated.is_some() {
        let shares =
            rows.iter().filter(|row| row.marked > 0.0).map(|row| format!("{} {}", row.name, percent(row.marked)));
        let shares: Vec<String> = shares.collect();
        alt += &format!(" Saturated: {}.", if shares.is_empty() { "none".into() } else { shares.join(", ") });
    }
    let (title, x_axis) = (title.to_owned(), x_axis.to_owned());
    Figure::new(WIDTH, move |width| {
        let space = width - 2.0 * MARGIN;
        let title_text = canvas::title_lines(&title, width);
        let x_title = canvas::wrap(&x_axis, BODY, space, 2);
        let notes: Vec<String> = notes.iter().flat_map(|note| canvas::wrap(note, BODY, space, 3)).collect();
        let top = canvas::title_height(&title_text) + 10.0;
        let bottom = top + rows.len() as f64 * (LINE + HEIGHT + BETWEEN) - BETWEEN + 4.0;
        let end = bottom + 24.0 + x_title.len() as f64 * LINE;
        let height = end + 10.0 + notes.len() as f64 * LINE;

        let ends = [bins.low, bins.high()];
        let widest = |axis: &Axis| axis.labels().map(|label| text_width(&label, BODY)).fold(0.0, f64::max);
        let x = Axis::new(&ends, 0.01, 8, bins.whole);
        let at_most = (space / (widest(&x) + 16.0)).clamp(2.0, 10.0) as usize;
        let x = Axis::new(&ends, 0.01, at_most, bins.whole);
        let at = |value: f64| MARGIN + x.share(value) * space;

        canvas::sheet((width, height), &alt, "", |area| {
            canvas::write_title(area, &title_text);
            for (share, label) in x.ticks() {
                let tick = MARGIN + share * space;
                canvas::fill(area, (tick - 0.5, top), (tick + 0.5, bottom), GRID);
                let half = 0.5 * text_width(label, BODY);
                let middle = tick.clamp(half, width - half);
                let font = Font { colour: GREY, anchor: HPos::Center, ..PLAIN };
                canvas::write(area, &[label.to_owned()], (middle, bottom + 12.0), font);
            }
            let grey = Font { colour: GREY, ..PLAIN };
            canvas::write(area, &x_title, (0.5 * width, bottom + 32.0), Font { anchor: HPos::Center, ..grey });
            canvas::write(area, &notes, (MARGIN, end + 8.0), grey);
            for (i, row) in rows.iter().enumerate() {
                let base = top + (i + 1) as f64 * (LINE + HEIGHT + BETWEEN) - BETWEEN;
                row.draw(area, &bins, at, (base, width));
            }
        })
    })
}

/// One histogram with the words above it.
struct Row {
    name: String,
    moments: String,
    /// The saturated share, and whether it was asked for.
    marked: f64,
    asks: bool,
    /// Of each bin, as a share of the highest one: all values, and the saturated ones.
    heights: Vec<f64>,
    marked_heights: Vec<f64>,
}

impl Row {
    fn of(sample: &Sample, bins: &Bins, saturated: Option<(f64, f64)>) -> Self {
        let is_marked = |value: &&f64| saturated.is_some_and(|(low, high)| **value <= low || **value >= high);
        let marked: Vec<f64> = sample.values.iter().filter(is_marked).copied().collect();
        let (counts, marked_counts) = (bins.counts(&sample.values), bins.counts(&marked));
        let highest = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
        let heights = |counts: &[usize]| counts.iter().map(|count| *count as f64 / highest).collect();
        let moments = if sample.values.is_empty() {
            "no values".into()
        } else {
            format!("mean {}, std {}", short(sample.mean()), short(sample.deviation()))
        };
        Self {
            name: sample.name.clone(),
            moments,
            marked: marked.len() as f64 / sample.values.len().max(1) as f64,
            asks: saturated.is_some() && !sample.values.is_empty(),
            heights: heights(&counts),
            marked_heights: heights(&marked_counts),
        }
    }

    fn draw(&self, area: &Area<'_>, bins: &Bins, at: impl Fn(f64) -> f64, (base, width): (f64, f64)) {
        let y = base - HEIGHT - 0.5 * LINE - 1.0;
        let marked = if self.asks { format!("{} saturated", percent(self.marked)) } else { String::new() };
        let gap = 12.0;
        // Bold letters are a little wider.
        let bold = |text: &str| 1.08 * text_width(text, BODY);
        let rest = text_width(&self.moments, BODY) + bold(&marked) + 2.0 * gap;
        let name = canvas::wrap(&self.name, 1.08 * BODY, (width - 2.0 * MARGIN - rest).max(40.0), 1);
        canvas::fill(area, (0.0, base - HEIGHT - LINE - BETWEEN + 1.0), (width, base - HEIGHT), WHITE);
        canvas::write(area, &name, (MARGIN, y), Font { bold: true, ..PLAIN });
        let x = MARGIN + name.first().map_or(0.0, |name| bold(name) + gap);
        canvas::write(area, std::slice::from_ref(&self.moments), (x, y), Font { colour: GREY, ..PLAIN });
        if self.asks {
            let x = x + text_width(&self.moments, BODY) + gap;
            canvas::write(area, &[marked], (x, y), Font { colour: SATURATED, bold: true, ..PLAIN });
        }
        let corners = |heights: &[f64]| -> Vec<(i32, i32)> {
            let corner = |(x, height): (f64, f64)| (units(at(x)), units(base - height * HEIGHT));
            bins.outline(heights).into_iter().map(corner).collect()
        };
        if self.heights.iter().any(|height| *height > 0.0) {
            put(area, &Polygon::new(corners(&self.heights), PALETTE[0].mix(0.75).filled()));
        }
        if self.marked_heights.iter().any(|height| *height > 0.0) {
            put(area, &Polygon::new(corners(&self.marked_heights), SATURATED.filled()));
        }
        let line = vec![(units(MARGIN), units(base)), (units(width - MARGIN), units(base))];
        put(area, &PathElement::new(line, AXIS.stroke_width(units(1.0) as u32)));
    }
}

/// Three digits are enough above a histogram.
fn short(value: f64) -> String {
    super::number::significant(value, 3)
}

fn percent(share: f64) -> String {
    match 100.0 * share {
        share if share > 0.0 && share < 0.1 => "< 0.1 %".into(),
        share => format!("{} %", super::number::significant(share, if share < 10.0 { 2 } else { 3 })),
    }
}

/// The notes, of which many say the same of each layer, and the rows left out.
fn some_of(mut notes: Vec<String>, all: usize) -> Vec<String> {
    let more = notes.len().saturating_sub(4);
    if more > 1 {
        notes.truncate(4);
        notes.push(format!("And likewise in {more} more."));
    }
    if all > ROWS {
        notes.push(format!("The first {ROWS} of {all} are drawn."));
    }
    notes
}
