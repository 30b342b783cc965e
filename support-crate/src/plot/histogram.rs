//! Histograms.

use plotters::element::{PathElement, Polygon};
use plotters::style::Color;

use super::axis::Axis;
use super::bins::{Bins, Sample};
use super::canvas::{self, PALETTE, WIDTH, units};
use super::distributions::rows;
use super::figure::Figure;
use super::frame::{Frame, widest};
use super::labels::{self, Key, Name};
use super::number::number;

const PLOT_HEIGHT: f64 = 240.0;
/// More than so many histograms over each other cannot be told apart.
const OVERLAID: usize = 3;

/// How often which values occur, in one or several named sets: up to three over each other, more in rows below each
/// other, where each is as high as the others.
///
/// The bins are those of Freedman and Diaconis, at least 10 and at most 60, the same for all sets; whole numbers get a
/// bin each. Sets of different sizes are drawn as shares, so that they compare. Where a few values lie far outside, the
/// range ends at the 0.1 % quantiles; what lies outside, and what is not finite, is counted below the chart.
///
/// ```
/// use dl_interview::plot::histogram;
///
/// let (right, wrong) = (vec![0.1, 0.2, 0.2, 0.4], vec![1.9, 2.0, 2.5, 3.1]);
/// let figure = histogram("Does the loss tell mistakes?", "loss (nats)", &[("right", right), ("wrong", wrong)]);
/// assert!(figure.svg().contains("values per bin"));
/// assert!(figure.alt().contains("“right”: 4 values from 0.1 to 0.4, mean 0.225"));
/// ```
pub fn histogram<V: Into<f64> + Copy>(
    title: &str,
    x_axis: &str,
    sets: &[(impl AsRef<str>, impl AsRef<[V]>)],
) -> Figure {
    let samples: Vec<Sample> = sets.iter().map(|(name, values)| Sample::new(name.as_ref(), values.as_ref())).collect();
    if samples.len() > OVERLAID || samples.iter().all(|sample| sample.values.is_empty()) {
        return rows("Histogram", title, x_axis, samples, None);
    }
    let bins = Bins::of(&samples);
    let filled: Vec<&Sample> = samples.iter().filter(|sample| !sample.values.is_empty()).collect();
    let shares = filled.iter().any(|sample| sample.values.len() != filled[0].values.len());
    let heights = |sample: &Sample| -> Vec<f64> {
        let whole = if shares { sample.values.len().max(1) as f64 } else { 1.0 };
        bins.counts(&sample.values).iter().map(|count| *count as f64 / whole).collect()
    };
    let heights: Vec<Vec<f64>> = samples.iter().map(heights).collect();
    let highest = heights.iter().flatten().copied().fold(0.0, f64::max);
    let y_axis = if shares { "share of the values per bin" } else { "values per bin" };
    let outside = samples.iter().filter_map(|sample| bins.outside(sample));
    let notes: Vec<String> = samples.iter().filter_map(|sample| sample.note.clone()).chain(outside).collect();
    let alt = alt("Histogram", title, x_axis, &bins, &samples, &notes);
    let (title, x_axis) = (title.to_owned(), x_axis.to_owned());
    Figure::new(WIDTH, move |width| {
        let names: Vec<Name> =
            samples.iter().zip(PALETTE).map(|(sample, colour)| name(sample, Key::Line(colour))).collect();
        let column = labels::wrapped(&names, width);
        let frame = Frame {
            title: title.clone(),
            x_axis: x_axis.clone(),
            y_axis: y_axis.into(),
            notes: notes.clone(),
            plot_height: PLOT_HEIGHT.max(labels::height(&column)),
            right: labels::width(&column),
        };
        let ends = [bins.low, bins.high()];
        let x = Axis::new(&ends, 0.02, 10, bins.whole);
        let x = Axis::new(&ends, 0.02, frame.room(width, widest(&x)), bins.whole);
        let y = Axis::from_zero(highest, 6, !shares);
        frame.draw(
            width,
            (&x, &y),
            &alt,
            |_| String::new(),
            |area, chart, place| {
                let outlines = || heights.iter().zip(PALETTE).map(|(heights, colour)| (bins.outline(heights), colour));
                let fills = outlines().map(|(outline, colour)| Polygon::new(outline, colour.mix(0.2).filled()));
                chart.draw_series(fills).expect("a String takes every write");
                let stroke = units(1.5) as u32;
                let lines = outlines().map(|(outline, colour)| PathElement::new(outline, colour.stroke_width(stroke)));
                chart.draw_series(lines).expect("a String takes every write");
                // From the top on, in the order given: a histogram has no end that a name could stand beside.
                labels::write(
                    area,
                    &column,
                    &vec![Some(place.top); column.len()],
                    place.right,
                    (place.top, place.bottom),
                );
            },
        )
    })
}

fn name(sample: &Sample, key: Key) -> Name {
    let value =
        if sample.values.is_empty() { ": no values".into() } else { format!(", mean {}", number(sample.mean())) };
    Name { name: sample.name.clone(), value, key }
}

pub(super) fn alt(kind: &str, title: &str, x_axis: &str, bins: &Bins, samples: &[Sample], notes: &[String]) -> String {
    let sets: Vec<String> = samples.iter().map(|sample| format!(" {}.", sample.said())).collect();
    let notes: String = notes.iter().map(|note| format!(" {note}")).collect();
    let (low, high) = (number(bins.low), number(bins.high()));
    let title = canvas::lead(title);
    format!("{kind}: {title}{x_axis} from {low} to {high}, bins: {}.{}{notes}", bins.count, sets.concat())
}
