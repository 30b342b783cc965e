//! The ways of optimizers over a plane: cut at its border, thinned, and drawn with start, end and direction.

use std::fmt::Write;

use super::canvas::{Area, PALETTE, units};
use super::colour::{is_finite, rgb};
use super::field::Window;
use super::labels::{self, Key, Label, Name};
use super::number::number;
use super::paths::{path_of, pieces};
use crate::landscape::Trajectory;

/// Points of all walks together.
const POINTS: usize = 3000;

/// A walk with the name and the colour it has in the figure.
#[derive(Clone)]
pub(super) struct Walk {
    name: String,
    points: Vec<(f64, f64)>,
    last: f64,
    colour: usize,
}

/// The walks that get a colour: as many names as the theme has colours. Walks of the same name share one.
#[track_caller]
pub(super) fn new(walks: &[(&str, &Trajectory)]) -> (Vec<Walk>, Vec<String>) {
    let mut names: Vec<&str> = Vec::new();
    let (mut drawn, mut notes) = (Vec::new(), Vec::new());
    for (name, walk) in walks {
        let (steps, dimensions) = walk.points.dim();
        assert!(
            (dimensions == 2 || steps == 0) && walk.values.len() == steps,
            "contours: “{name}” has {steps} points of {dimensions} numbers and {} values; a walk over a plane has two \
             numbers per point, and one value for each",
            walk.values.len()
        );
        let colour = names.iter().position(|known| known == name).unwrap_or(names.len());
        if colour == names.len() {
            names.push(name);
        }
        if colour >= PALETTE.len() {
            continue;
        }
        let points: Vec<(f64, f64)> =
            walk.points.rows().into_iter().map(|row| (row[0] as f64, row[1] as f64)).collect();
        let last = walk.values.last().map_or(f64::NAN, |value| *value as f64);
        drawn.push(Walk { name: (*name).to_owned(), points, last, colour });
    }
    if drawn.iter().any(|walk: &Walk| walk.points.len() > 1) {
        notes.push("Each walk goes from its ring to its dot.".into());
    }
    if names.len() > PALETTE.len() {
        notes.push(format!("The first {} of {} walks are drawn.", PALETTE.len(), names.len()));
    }
    (drawn, notes)
}

impl Walk {
    /// A walk of one point marks a place.
    fn mark(&self) -> bool {
        self.points.len() == 1
    }

    /// The points before the first that is not finite.
    fn finite(&self) -> &[(f64, f64)] {
        let end = self.points.iter().position(|(x, y)| !is_finite(*x) || !is_finite(*y));
        &self.points[..end.unwrap_or(self.points.len())]
    }

    /// What becomes of the walk beyond the window, in words.
    pub(super) fn note(&self, x: (f64, f64), y: (f64, f64)) -> Option<String> {
        let (finite, name) = (self.finite(), &self.name);
        let outside = |(px, py): &(f64, f64)| *px < x.0 || *px > x.1 || *py < y.0 || *py > y.1;
        if self.points.is_empty() {
            return Some(format!("“{name}” has no points."));
        }
        let first = finite.iter().position(outside);
        let ends_inside = finite.last().is_some_and(|last| !outside(last));
        let mut said = match first {
            Some(0) if self.mark() => vec!["lies outside the window".to_owned()],
            Some(0) => vec!["starts outside the window".to_owned()],
            Some(step) if ends_inside => {
                vec![format!("leaves the window at step {step}, is cut there, and returns")]
            }
            Some(step) => vec![format!("leaves the window at step {step} and is cut there")],
            None => Vec::new(),
        };
        if finite.len() < self.points.len() {
            said.push(format!("diverges: step {} is not finite", finite.len()));
        }
        (!said.is_empty()).then(|| format!("“{name}” {}.", said.join("; it ")))
    }

    /// The walk for a text alternative.
    pub(super) fn in_words(&self) -> String {
        let place = |point: Option<&(f64, f64)>| {
            point.map_or("nowhere".into(), |(x, y)| format!("({}, {})", number(*x), number(*y)))
        };
        if self.mark() {
            return format!(" “{}”: a mark at {}, value {}.", self.name, place(self.points.first()), number(self.last));
        }
        let (start, end) = (place(self.points.first()), place(self.points.last()));
        let steps = self.points.len().saturating_sub(1);
        format!(" “{}”: {steps} steps from {start} to {end}, last value {}.", self.name, number(self.last))
    }
}

/// One label per name: with the last value for a walk, without for a mark. `width` is that of the figure.
pub(super) fn column(walks: &[Walk], width: f64) -> Vec<Label> {
    let mut names: Vec<Name> = Vec::new();
    for walk in walks.iter().filter(|walk| !walk.points.is_empty() || !walk.last.is_nan()) {
        if walk.colour < names.len() {
            continue;
        }
        let (colour, name) = (PALETTE[walk.colour], walk.name.clone());
        names.push(if walk.mark() {
            Name { name, value: String::new(), key: Key::Dot(colour) }
        } else {
            Name { name, value: format!(" → {}", number(walk.last)), key: Key::Line(colour) }
        });
    }
    labels::wrapped(&names, width)
}

/// Writes the labels, each at the height where its walk ends.
pub(super) fn write(area: &Area<'_>, walks: &[Walk], column: &[Label], window: &Window) {
    let place = window.place;
    let mut ends = vec![None; column.len()];
    for walk in walks {
        if let (Some(end), Some(last)) = (ends.get_mut(walk.colour), walk.finite().last()) {
            *end = Some(window.at(*last).1.clamp(place.top, place.bottom));
        }
    }
    labels::write(area, column, &ends, place.right, (place.top, place.bottom));
}

/// The walks as elements, and the pixels they take, for labels that avoid them.
pub(super) fn elements(walks: &[Walk], window: &Window) -> (String, Vec<(f64, f64)>) {
    let (mut under, mut elements, mut taken) = (String::new(), String::new(), Vec::new());
    let budget = POINTS / walks.len().max(1);
    // Where two went the same way, the first shows at both sides of the one on top of it.
    let (lines, mut above) = (walks.iter().filter(|walk| !walk.mark()).count(), 0);
    for walk in walks {
        let [r, g, b] = rgb(PALETTE[walk.colour]);
        let colour = format!("#{r:02X}{g:02X}{b:02X}");
        let points: Vec<(f64, f64)> = walk.finite().iter().map(|point| window.at(*point)).collect();
        let inside = |point: &&(f64, f64)| {
            let (p, (x, y)) = (window.place, **point);
            (p.left - 0.5..=p.right + 0.5).contains(&x) && (p.top - 0.5..=p.bottom + 0.5).contains(&y)
        };
        if walk.mark() {
            if let Some((x, y)) = points.first().filter(inside) {
                elements += &star((*x, *y), &colour);
                taken.push((*x, *y));
            }
            continue;
        }
        above += 1;
        let width = 4.0 + f64::min(3.0, 8.0 / lines as f64) * (lines - above) as f64;
        let pieces = pieces(&points, budget, window);
        let mut path = String::new();
        for piece in &pieces {
            path += &path_of(piece);
            taken.extend(piece.windows(2).flat_map(|pair| along(pair[0], pair[1])));
        }
        // White around the line keeps it apart from the lines of the field.
        let line = format!("fill='none' d='{path}'/>\n");
        let _ = write!(under, "<path stroke='#FFF' stroke-width='{:.1}' {line}", width + 3.0);
        let _ = write!(elements, "<path stroke='{colour}' stroke-width='{width:.1}' {line}");
        elements += &arrows(&pieces, &colour);
        let ends = [(points.first(), "#FFF", colour.as_str()), (points.last(), colour.as_str(), "#FFF")];
        for (end, fill, stroke) in ends {
            if let Some((x, y)) = end.filter(inside) {
                let (x, y) = (units(*x), units(*y));
                let _ = writeln!(
                    elements,
                    "<circle cx='{x}' cy='{y}' r='10' fill='{fill}' stroke='{stroke}' stroke-width='3'/>"
                );
            }
        }
    }
    (under + &elements, taken)
}

/// Places on a line, near enough to each other that no label fits between them.
fn along(from: (f64, f64), to: (f64, f64)) -> impl Iterator<Item = (f64, f64)> {
    let pieces = ((to.0 - from.0).hypot(to.1 - from.1) / 10.0).ceil().max(1.0);
    let at = move |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
    (0..=pieces as usize).map(move |i| at(i as f64 / pieces))
}

/// Three heads of arrows along the way, where it is long enough for them.
fn arrows(pieces: &[Vec<(f64, f64)>], colour: &str) -> String {
    let long = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
    let total: f64 = pieces.iter().flat_map(|piece| piece.windows(2)).map(long).sum();
    let (mut gone, mut next, mut path) = (0.0, 0.2, String::new());
    for pair in pieces.iter().flat_map(|piece| piece.windows(2)) {
        let length = long(pair);
        gone += length;
        if total > 60.0 && gone >= next * total && length > 0.0 && next < 0.9 {
            let (ux, uy) = ((pair[1].0 - pair[0].0) / length, (pair[1].1 - pair[0].1) / length);
            let (x, y) = (0.5 * (pair[0].0 + pair[1].0), 0.5 * (pair[0].1 + pair[1].1));
            let corner = |ahead: f64, aside: f64| (x + ahead * ux - aside * uy, y + ahead * uy + aside * ux);
            path += &path_of(&[corner(6.0, 0.0), corner(-4.0, 5.0), corner(-4.0, -5.0)]);
            path.push('z');
            while next * total <= gone {
                next += 0.3;
            }
        }
    }
    if path.is_empty() { path } else { format!("<path fill='{colour}' stroke='#FFF' d='{path}'/>\n") }
}

fn star((x, y): (f64, f64), colour: &str) -> String {
    let corner = |k: usize| {
        let (angle, radius) = (k as f64 * std::f64::consts::PI / 5.0, if k.is_multiple_of(2) { 8.0 } else { 3.5 });
        (x + radius * angle.sin(), y - radius * angle.cos())
    };
    let corners: Vec<(f64, f64)> = (0..10).map(corner).collect();
    format!("<path fill='{colour}' stroke='#1A1A1A' stroke-width='2' d='{}z'/>\n", path_of(&corners))
}
