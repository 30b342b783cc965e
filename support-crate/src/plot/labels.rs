//! The names at the right of a chart, each beside the end of its curve.

use plotters::element::{Circle, PathElement};
use plotters::style::{Color, RGBColor};

use super::canvas::{self, Area, BODY, LEADING, PLAIN, put, text_width, units, wrap};

const WIDEST: f64 = 150.0;
/// A chart may grow to this height for the sake of its names.
const HIGHEST: f64 = 420.0;
const KEY: f64 = 18.0;
const GAP: f64 = 10.0;
const BETWEEN: f64 = 4.0;

/// How a name is tied to what it names.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Line(RGBColor),
    Dot(RGBColor),
    Dashed,
}

/// What one name says: the name itself, and what follows it, such as the last value, which is never cut off.
pub(super) struct Name {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) key: Key,
}

/// A name in lines.
pub(super) struct Label {
    lines: Vec<String>,
    key: Key,
}

impl Label {
    fn height(&self) -> f64 {
        self.lines.len() as f64 * BODY * LEADING + BETWEEN
    }
}

/// One label per name, in three lines at most, or fewer where there are too many for that; `width` is that of the figure.
pub(super) fn wrapped(names: &[Name], width: f64) -> Vec<Label> {
    let wrapped = |at_most| -> Vec<Label> {
        let lines = |one: &Name| fitting(&one.name, &one.value, (0.3 * width).clamp(80.0, WIDEST), at_most);
        names.iter().map(|one| Label { lines: lines(one), key: one.key }).collect()
    };
    [3, 2].into_iter().map(wrapped).find(|labels| height(labels) <= HIGHEST).unwrap_or_else(|| wrapped(1))
}

/// The name with its value in at most so many lines: a long name is shortened, its value is not.
fn fitting(name: &str, value: &str, width: f64, at_most: usize) -> Vec<String> {
    let joined = |name: &str| {
        let mut lines = wrap(name, BODY, width, at_most + 1);
        let last = lines.last_mut().expect("a text has a line");
        let longer = format!("{last}{value}");
        if text_width(&longer, BODY) <= width || last.is_empty() {
            *last = longer;
        } else if !value.is_empty() {
            lines.push(value.trim_start_matches([',', ' ']).into());
        }
        lines
    };
    let whole = joined(name);
    if whole.len() <= at_most {
        return whole;
    }
    // Names that begin alike often differ at their ends: the middle goes. No letter is narrower than a quarter of its size.
    let name: Vec<char> = name.chars().collect();
    let most = name.len().min(at_most * (width / BODY * 4.0) as usize);
    let cut = |kept: usize| {
        let (head, tail) = (&name[..kept - kept / 3], &name[name.len() - kept / 3..]);
        joined(&format!("{}…{}", String::from_iter(head).trim_end(), String::from_iter(tail).trim_start()))
    };
    let fitting = (0..most).rev().map(cut).find(|lines| lines.len() <= at_most);
    fitting.unwrap_or_else(|| vec![value.trim_start_matches([',', ' ']).into()])
}

/// The height that the labels need, in pixels.
pub(super) fn height(labels: &[Label]) -> f64 {
    labels.iter().map(Label::height).sum()
}

/// The width that the labels need, in pixels.
pub(super) fn width(labels: &[Label]) -> f64 {
    let widths = labels.iter().flat_map(|label| &label.lines).map(|line| text_width(line, BODY));
    if labels.is_empty() { 0.0 } else { GAP + KEY + widths.fold(0.0, f64::max) }
}

/// Writes the labels to the right of `left`, each as close to its curve's end as the others leave room.
pub(super) fn write(area: &Area<'_>, labels: &[Label], ends: &[Option<f64>], left: f64, (top, bottom): (f64, f64)) {
    let heights: Vec<f64> = labels.iter().map(Label::height).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.unwrap_or(bottom)).collect();
    let centres = apart(&wanted, &heights, top, bottom);
    for ((label, centre), end) in labels.iter().zip(centres).zip(ends) {
        let first = centre - 0.5 * (label.lines.len() - 1) as f64 * BODY * LEADING;
        let (x, y) = (left + GAP, units(first));
        let dot = |colour: RGBColor| put(area, &Circle::new((units(x + 6.0), y), units(4.0), colour.filled()));
        match label.key {
            Key::Line(colour) if end.is_some() => {
                let key = vec![(units(x), y), (units(x + 12.0), y)];
                put(area, &PathElement::new(key, colour.stroke_width(units(3.0) as u32)));
            }
            Key::Line(colour) | Key::Dot(colour) => dot(colour),
            Key::Dashed => canvas::dashed(area, (x - 3.0, first), (x + 14.0, first)),
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
    use super::*;

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
    fn a_long_name_is_shortened_and_its_value_is_not() {
        assert_eq!(fitting("train", " → 0.5", 150.0, 3), ["train → 0.5"]);
        assert_eq!(fitting("plain gradient descent", " → 0.01478", 150.0, 3), ["plain gradient descent", "→ 0.01478"]);
        let of_many = |rate| format!("a network of many layers with a learning rate of {rate}");
        assert_ne!(fitting(&of_many(0.1), "", 150.0, 1), fitting(&of_many(0.2), "", 150.0, 1));
        for (name, at_most) in [("x".repeat(200), 3), ("신경망 ".repeat(50), 2), ("iiiii ".repeat(5000), 1)] {
            let lines = fitting(&name, " → 0.1234", 150.0, at_most);
            assert_eq!(lines.len(), at_most, "{lines:?}");
            assert!(lines[at_most - 1].ends_with("→ 0.1234"), "{lines:?}");
            assert!(lines.iter().all(|line| text_width(line, BODY) <= 150.0), "{lines:?}");
        }
    }

    #[test]
    fn many_long_names_share_the_height() {
        let name = |_| Name { name: "a name of many words ".repeat(9), value: " → 1".into(), key: Key::Dashed };
        for n in [1, 5, 8, 12] {
            let names: Vec<Name> = (0..n).map(name).collect();
            assert!(height(&wrapped(&names, 640.0)) <= HIGHEST, "{n} names");
        }
    }

    #[test]
    fn a_label_with_room_stays_where_its_curve_ends() {
        assert_eq!(apart(&[30.0, 70.0], &[20.0, 20.0], 0.0, 100.0), [30.0, 70.0]);
    }
}
