//! The names at the right of a chart, each beside the end of its curve.

use plotters::element::{Circle, PathElement};
use plotters::style::Color;

use super::canvas::{self, Area, BODY, LEADING, PALETTE, PLAIN, put, text_width, units, wrap};
use super::number::number;
use super::series::Series;

const WIDEST: f64 = 150.0;
const KEY: f64 = 18.0;
const GAP: f64 = 10.0;
const BETWEEN: f64 = 4.0;

/// A series' name in lines, and whether its colour is shown as a line or as a dot.
pub(super) struct Label {
    lines: Vec<String>,
    joined: bool,
}

impl Label {
    fn height(&self) -> f64 {
        self.lines.len() as f64 * BODY * LEADING + BETWEEN
    }
}

/// One label per series: its name, and where a curve arrives.
pub(super) fn wrapped(series: &[Series]) -> Vec<Label> {
    let text = |one: &Series| match one.drawable().last() {
        Some((_, last)) if one.joined => format!("{} → {}", one.name, number(last)),
        _ => one.name.clone(),
    };
    series.iter().map(|one| Label { lines: wrap(&text(one), BODY, WIDEST, 3), joined: one.joined }).collect()
}

/// The width that the labels need, in pixels.
pub(super) fn width(labels: &[Label]) -> f64 {
    let widths = labels.iter().flat_map(|label| &label.lines).map(|line| text_width(line, BODY));
    GAP + KEY + widths.fold(0.0, f64::max)
}

/// Writes the labels to the right of `left`, each as close to its curve's end as the others leave room.
pub(super) fn write(area: &Area<'_>, labels: &[Label], ends: &[Option<f64>], left: f64, (top, bottom): (f64, f64)) {
    let heights: Vec<f64> = labels.iter().map(Label::height).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.unwrap_or(bottom)).collect();
    let centres = apart(&wanted, &heights, top, bottom);
    for (((label, centre), end), colour) in labels.iter().zip(centres).zip(ends).zip(PALETTE) {
        let first = centre - 0.5 * (label.lines.len() - 1) as f64 * BODY * LEADING;
        let (x, y) = (left + GAP, units(first));
        if end.is_some() && label.joined {
            let key = vec![(units(x), y), (units(x + 12.0), y)];
            put(area, &PathElement::new(key, colour.stroke_width(units(3.0) as u32)));
        } else {
            put(area, &Circle::new((units(x + 6.0), y), units(4.0), colour.filled()));
        }
        canvas::write(area, &label.lines, (x + KEY, first), PLAIN);
    }
}

/// Centres as close as can be to the wanted ones, in the same order from top to bottom, without overlap.
fn apart(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut centres = wanted.to_vec();
    let mut free = top;
    for &i in &order {
        centres[i] = wanted[i].max(free + 0.5 * heights[i]);
        free = centres[i] + 0.5 * heights[i];
    }
    // What was pushed below the chart pushes the others back up.
    let mut free = bottom.max(top + heights.iter().sum::<f64>());
    for &i in order.iter().rev() {
        centres[i] = centres[i].min(free - 0.5 * heights[i]);
        free = centres[i] - 0.5 * heights[i];
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn labels_keep_their_order_and_do_not_overlap() {
        for wanted in [vec![50.0, 50.0, 50.0], vec![99.0, 1.0, 98.0], vec![0.0, 0.0, 100.0]] {
            let centres = apart(&wanted, &[20.0, 20.0, 20.0], 0.0, 100.0);
            let mut sorted = centres.clone();
            sorted.sort_by(f64::total_cmp);
            assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 20.0), "{wanted:?}: {centres:?}");
            assert!(sorted[0] >= 10.0 && sorted[2] <= 90.0, "{wanted:?}: {centres:?}");
        }
    }

    #[test]
    fn a_label_with_room_stays_where_its_curve_ends() {
        assert_eq!(apart(&[30.0, 70.0], &[20.0, 20.0], 0.0, 100.0), [30.0, 70.0]);
    }
}
