//! What a chart of lines says in words: under it, and in its text alternative.

use super::axis::extent;
use super::axis_name::{AxisName, misfit};
use super::canvas::{self, PALETTE, WIDTH};
use super::lines::{Drawn, REFERENCES, budget};
use super::number::number;
use super::series::{Kind, Series};

/// What the drawing leaves out.
pub(super) fn notes(x_axis: &AxisName, y_axis: &AxisName, series: &[Series]) -> Vec<String> {
    let mut notes = Vec::new();
    let data: Vec<&Series> = series.iter().filter(|one| one.is_data()).collect();
    for one in data.iter().take(PALETTE.len()) {
        let why = one.points.iter().filter_map(|&(x, y)| misfit(x, x_axis.log).or(misfit(y, y_axis.log)));
        notes.extend(left_out(&quoted(&one.name), one.points.len(), why));
        if one.kind == Kind::Points {
            let alike = data.iter().take(PALETTE.len()).filter(|other| other.kind == one.kind).count();
            if one.points.len() > budget(WIDTH, alike, false) {
                notes.push(format!("{}: a sample of its {} points is drawn.", quoted(&one.name), one.points.len()));
            }
        }
    }
    if data.len() > PALETTE.len() {
        notes.push(format!("The first {} of {} series are drawn.", PALETTE.len(), data.len()));
    }
    for (kind, what) in [(Kind::Level, "levels"), (Kind::Mark, "marks")] {
        let value = |one: &&Series| match kind {
            Kind::Level => misfit(one.points[0].1, y_axis.log),
            _ => misfit(one.points[0].0, x_axis.log),
        };
        let all: Vec<&Series> = series.iter().filter(|one| one.kind == kind).collect();
        let strange: Vec<&str> = all.iter().filter_map(value).collect();
        let fitting = all.len() - strange.len();
        notes.extend(left_out(&format!("Of the {what}"), all.len(), strange.into_iter()));
        if fitting > REFERENCES {
            notes.push(format!("The first {REFERENCES} of {fitting} {what} are drawn."));
        }
    }
    notes
}

/// A name in quotes, shortened: below a chart a long one would hide what is said about it.
pub(super) fn quoted(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    format!("“{short}{}”", if short.len() < name.len() { "…" } else { "" })
}

/// How many values of a set are left out for each reason.
pub(super) fn left_out(subject: &str, all: usize, why: impl Iterator<Item = &'static str>) -> Option<String> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for reason in why {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let counts: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} of {all} values {reason}")).collect();
    (!counts.is_empty()).then(|| format!("{subject}: {}, left out.", counts.join(", ")))
}

pub(super) fn span(values: &[f64]) -> String {
    let (low, high) = extent(values);
    format!("from {} to {}", number(low), number(high))
}

pub(super) fn alt(
    title: &str,
    (x_axis, xs): (&AxisName, &[f64]),
    (y_axis, ys): (&AxisName, &[f64]),
    drawn: &Drawn,
    notes: &[String],
) -> String {
    let axis = |axis: &AxisName, values: &[f64]| {
        format!("{}{} {}", axis.name, if axis.log { " (logarithmic)" } else { "" }, span(values))
    };
    let mut alt = format!("Line chart: {}Axes: {}, {}.", canvas::lead(title), axis(x_axis, xs), axis(y_axis, ys));
    for one in &drawn.data {
        let values: Vec<f64> = one.drawable().map(|(_, y)| y).collect();
        let mut said = match (values.first(), values.last()) {
            (Some(first), Some(last)) => {
                format!("{} values, first {}, last {}, {}", values.len(), number(*first), number(*last), span(&values))
            }
            _ => "no values".into(),
        };
        if let Some((low, high)) = one.band.iter().rfind(|(low, _)| low.is_finite()) {
            said += &format!(", its band at last from {} to {}", number(*low), number(*high));
        }
        alt.push_str(&format!(" “{}”: {said}.", one.name));
    }
    let levels =
        drawn.levels.iter().map(|one| format!("“{}” at {} {}", one.name, y_axis.name, number(one.points[0].1)));
    let marks = drawn.marks.iter().map(|one| format!("“{}” at {} {}", one.name, x_axis.name, number(one.points[0].0)));
    let references: Vec<String> = levels.chain(marks).collect();
    if !references.is_empty() {
        alt.push_str(&format!(" Dashed lines: {}.", references.join("; ")));
    }
    for note in notes {
        alt.push(' ');
        alt.push_str(note);
    }
    alt
}
