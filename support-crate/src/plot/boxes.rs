//! The nodes of a graph as boxes of four kinds, and the arrows between them.

use plotters::style::RGBColor;

use super::canvas::{AXIS, MARGIN, PALETTE, units};
use super::layers::Edge;

/// From one row of boxes to the next, in pixels.
pub(super) const BETWEEN: f64 = 30.0;
const ARROW: f64 = 7.0;

/// What a node is: it decides its shape and its colours.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Parameter,
    Input,
    Operation,
    Result,
}

/// A node's rectangle, in pixels, by its centre.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where each edge leaves and where it arrives: beside each other, in the order of where they come from and go to.
pub(super) fn ports(edges: &[Edge], boxes: &[Place]) -> Vec<[(f64, f64); 2]> {
    let beyond = |edge: &Edge, down: bool| {
        let bend = if down { edge.bends.first() } else { edge.bends.last() };
        bend.map_or(boxes[if down { edge.to } else { edge.from }].x, |bend| MARGIN + bend)
    };
    let port = |at: usize, down: bool| {
        let node = |edge: &Edge| if down { edge.from } else { edge.to };
        let mut beside: Vec<usize> = (0..edges.len()).filter(|i| node(&edges[*i]) == node(&edges[at])).collect();
        beside.sort_by(|a, b| beyond(&edges[*a], down).total_cmp(&beyond(&edges[*b], down)));
        let place = boxes[node(&edges[at])];
        let mine = beside.iter().position(|i| *i == at).unwrap_or(0) as f64;
        let step = (0.6 * place.width / beside.len() as f64).min(16.0);
        let x = place.x + (mine - 0.5 * (beside.len() - 1) as f64) * step;
        (x, place.y + if down { 0.5 } else { -0.5 } * place.height)
    };
    (0..edges.len()).map(|i| [port(i, true), port(i, false)]).collect()
}

/// A curve from box to box that is upright where it meets them, and in the rows that it passes.
pub(super) fn arrow(edge: &Edge, from: (f64, f64), to: (f64, f64), row: usize, tops: &[f64]) -> String {
    let mut path = format!("M{} {}", units(from.0), units(from.1));
    let mut last = from;
    let mut curve = |path: &mut String, (x, y): (f64, f64)| {
        let half = units(0.5 * (last.1 + y));
        *path += &format!("C{} {half} {} {half} {} {}", units(last.0), units(x), units(x), units(y));
        last = (x, y);
    };
    for (i, bend) in edge.bends.iter().enumerate() {
        let row = row + 1 + i;
        curve(&mut path, (MARGIN + bend, tops[row]));
        let below = tops[row + 1] - BETWEEN;
        path += &format!("V{}", units(below));
        curve(&mut path, (MARGIN + bend, below));
    }
    curve(&mut path, (to.0, to.1 - ARROW));
    let line = format!("<path fill='none' stroke='{}' stroke-width='2' d='{path}'/>\n", hex(AXIS));
    line + &head(units(to.0), units(to.1))
}

/// A dashed arrow from nowhere: inputs that are not drawn.
pub(super) fn cut(place: Place) -> String {
    let (x, top) = (units(place.x), units(place.y - 0.5 * place.height));
    let (from, to) = (top - units(BETWEEN - 8.0), top - units(ARROW));
    let line = format!("stroke='{}' stroke-width='2' stroke-dasharray='4 6'", hex(AXIS));
    format!("<path fill='none' {line} d='M{x} {from}V{to}'/>\n{}", head(x, top))
}

fn head(x: i32, y: i32) -> String {
    let (half, long) = (units(4.0), units(ARROW));
    format!("<path fill='{}' d='M{x} {y}l-{half} -{long}h{}z'/>\n", hex(AXIS), 2 * half)
}

pub(super) fn shape(kind: Kind, place: Place) -> String {
    let (left, top) = (units(place.x - 0.5 * place.width), units(place.y - 0.5 * place.height));
    let (width, height) = (units(place.width), units(place.height));
    let (line, fill, thick) = match kind {
        Kind::Parameter => (PALETTE[1], "#FBE6D6", 3),
        Kind::Input => (PALETTE[0], "#DCEBF5", 3),
        Kind::Operation => (AXIS, "#F5F5F5", 2),
        Kind::Result => (PALETTE[2], "#D9F0E8", 5),
    };
    let style = format!("fill='{fill}' stroke='{}' stroke-width='{thick}'", hex(line));
    let slant = units(6.0).min(height / 3);
    match kind {
        Kind::Input => {
            let across = width - slant;
            format!("<path {style} d='M{} {top}h{across}l-{slant} {height}h-{across}z'/>\n", left + slant)
        }
        Kind::Parameter => format!("<rect x='{left}' y='{top}' width='{width}' height='{height}' {style}/>\n"),
        Kind::Operation | Kind::Result => {
            let round = (height / 2).min(units(14.0));
            format!("<rect x='{left}' y='{top}' width='{width}' height='{height}' rx='{round}' {style}/>\n")
        }
    }
}

pub(super) fn hex(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}
