//! The graph that a tensor remembers, drawn from the leaves at the top to the result at the bottom.

use std::collections::HashSet;

use ndarray::ArrayD;
use plotters::style::text_anchor::HPos;

use super::boxes::{BETWEEN, Kind, Place, arrow, cut, ports, shape};
use super::canvas::{self, BODY, Font, GREY, LEADING, MARGIN, PLAIN, WIDTH, text_width};
use super::figure::Figure;
use super::layers::layout;
use super::number::number;
use crate::tensor::{Graph, GraphNode, Real};

/// More nodes than this are a thicket.
const AT_MOST: usize = 25;
/// And so are more arrows than this.
const ARROWS: usize = 60;
const WIDEST: f64 = 170.0;
const PADDING: f64 = 6.0;
/// An input's box leans by half of this to each side.
const SLANT: f64 = 12.0;
const SMALL: f64 = BODY - 1.0;
const LINE: f64 = BODY * LEADING;

/// A node's text, ready to be written.
struct Block {
    kind: Kind,
    title: String,
    lines: Vec<String>,
    /// How many of its inputs are not drawn.
    left_out: usize,
}

/// The computation graph of a result: what it was computed from, and how, from top to bottom.
///
/// Each node says its name or the operation that made it, its value (of a tensor its shape), and after `backward` the
/// gradient ∂L/∂node of the result L (of a tensor its norm). Values in between keep theirs only after
/// [`Graph::keep_grads`]. Of a graph of more than 25 nodes or 60 arrows only the part nearest to the result is drawn.
///
/// Rows and their order follow Sugiyama, Tagawa & Toda 1981, "Methods for Visual Understanding of Hierarchical System
/// Structures", IEEE Transactions on Systems, Man, and Cybernetics 11(2).
///
/// # Panics
///
/// If a node of the graph does not come after its inputs; in what [`Graph::of`] makes, each does.
///
/// ```
/// use dl_interview::plot::graph;
/// use dl_interview::tensor::{Graph, Tensor};
/// use ndarray::arr0;
///
/// let w = Tensor::parameter(arr0(3.0)).named("w");
/// let loss = (&w * &w).named("L");
/// loss.backward();
/// let figure = graph("Where does the gradient come from?", &Graph::of(&loss));
/// assert!(figure.svg().contains(">∂L/∂w = 6</text>"));
/// assert!(figure.alt().contains("L = mul(w, w)"));
/// ```
#[track_caller]
pub fn graph(title: &str, graph: &Graph) -> Figure {
    for (i, node) in graph.nodes.iter().enumerate() {
        let later = node.inputs.iter().find(|input| **input >= i);
        assert!(
            later.is_none(),
            "graph: node {i} ({}) has the input {later:?}, which does not come before it; Graph::of orders nodes",
            node.label
        );
    }
    let count = graph.nodes.len();
    if count == 0 {
        return canvas::words(title, "Nothing to draw: the graph has no nodes.");
    }
    let drawn = nearest(&graph.nodes);
    let place = |i: &usize| drawn.binary_search(i).ok();
    let inputs: Vec<Vec<usize>> =
        drawn.iter().map(|i| graph.nodes[*i].inputs.iter().filter_map(place).collect()).collect();
    let result = &graph.nodes[count - 1];
    let blocks: Vec<Block> = drawn
        .iter()
        .zip(&inputs)
        .map(|(i, inputs)| {
            block(&graph.nodes[*i], *i == count - 1, result, graph.nodes[*i].inputs.len() - inputs.len())
        })
        .collect();
    let mut notes = Vec::new();
    if drawn.iter().any(|i| graph.nodes[*i].grad.is_some()) {
        let of = result_name(result);
        let is = if of == result.label { String::new() } else { format!(", with {of} = {}", result.label) };
        let more_than_one = |i: &usize| graph.nodes[*i].grad.as_ref().is_some_and(|grad| grad.len() != 1);
        let norm = if drawn.iter().any(more_than_one) { "; of a tensor its norm, | |" } else { "" };
        notes.push(format!("The gradient is that of the result: ∂{of}/∂(this value){is}{norm}."));
    }
    if drawn.len() < count {
        notes.push(format!(
            "The graph has {count} nodes; the {} nearest to the result are drawn. A dashed arrow stands for the others.",
            drawn.len()
        ));
    }
    let notes = notes.join(" ");
    let alt = alt(title, graph, &drawn, &notes);
    let title = title.to_owned();
    Figure::new(WIDTH, move |width| {
        let space = width - 2.0 * MARGIN;
        let widest = WIDEST.min(space - 4.0 * PADDING - SLANT);
        let titles: Vec<String> = blocks.iter().map(|block| one(&block.title, BODY * 1.08, widest)).collect();
        let lines: Vec<Vec<String>> =
            blocks.iter().map(|block| block.lines.iter().map(|line| one(line, SMALL, widest)).collect()).collect();
        let width_of = |i: usize| {
            let lines = lines[i].iter().map(|line| text_width(line, SMALL));
            let slant = if blocks[i].kind == Kind::Input { SLANT } else { 0.0 };
            (lines.fold(text_width(&titles[i], BODY * 1.08), f64::max) + 4.0 * PADDING + slant).max(56.0)
        };
        let widths: Vec<f64> = (0..blocks.len()).map(width_of).collect();
        let heights: Vec<f64> = lines.iter().map(|lines| (1.0 + lines.len() as f64) * LINE + 2.0 * PADDING).collect();
        let layout = layout(&inputs, &widths, space);

        let title_text = canvas::title_lines(&title, width);
        let first = canvas::title_height(&title_text) + 12.0 + LINE;
        // What was left out needs room for its arrows above the first row.
        let is_cut = |row: usize| blocks.iter().zip(&layout.row).any(|(block, r)| *r == row && block.left_out > 0);
        let mut tops = vec![first + if is_cut(0) { BETWEEN } else { 6.0 }];
        for row in 0..=layout.row.iter().copied().max().unwrap_or(0) {
            let high = heights.iter().zip(&layout.row).filter(|(_, r)| **r == row).map(|(height, _)| *height);
            tops.push(tops[row] + high.fold(0.0, f64::max) + BETWEEN);
        }
        let boxes: Vec<Place> = (0..blocks.len())
            .map(|i| {
                let row = layout.row[i];
                let (x, middle) = (MARGIN + layout.x[i], 0.5 * (tops[row] + tops[row + 1] - BETWEEN));
                Place { x, y: middle, width: widths[i], height: heights[i] }
            })
            .collect();
        let bottom = tops[tops.len() - 1] - BETWEEN;

        let mut under = String::new();
        for (edge, [from, to]) in layout.edges.iter().zip(ports(&layout.edges, &boxes)) {
            under += &arrow(edge, from, to, layout.row[edge.from], &tops);
        }
        for (block, place) in blocks.iter().zip(&boxes) {
            if block.left_out > 0 {
                under += &cut(*place);
            }
            under += &shape(block.kind, *place);
        }
        let mut legend = Vec::new();
        let mut at = MARGIN;
        for (kind, name) in [
            (Kind::Parameter, "parameter"),
            (Kind::Input, "input, constant"),
            (Kind::Operation, "operation"),
            (Kind::Result, "result"),
        ] {
            if blocks.iter().any(|block| block.kind == kind) {
                let y = first - LINE;
                under += &shape(kind, Place { x: at + 10.0, y, width: 20.0, height: 12.0 });
                legend.push((name.to_owned(), at + 26.0, y));
                at += 26.0 + text_width(name, BODY) + 18.0;
            }
        }
        let notes = canvas::wrap(&notes, BODY, space, 4);
        let notes_height = if notes[0].is_empty() { 0.0 } else { 6.0 + notes.len() as f64 * LINE };
        canvas::sheet((width, bottom + MARGIN + notes_height), &alt, &under, |area| {
            canvas::write_title(area, &title_text);
            let grey = Font { colour: GREY, ..PLAIN };
            for (name, x, y) in &legend {
                canvas::write(area, std::slice::from_ref(name), (*x, *y), grey);
            }
            for ((place, title), lines) in boxes.iter().zip(&titles).zip(&lines) {
                let at = (place.x, place.y - 0.5 * lines.len() as f64 * LINE);
                let font = Font { anchor: HPos::Center, ..PLAIN };
                canvas::write(area, std::slice::from_ref(title), at, Font { bold: true, ..font });
                for (i, line) in lines.iter().enumerate() {
                    let at = (at.0, at.1 + (i + 1) as f64 * LINE);
                    canvas::write(area, std::slice::from_ref(line), at, Font { size: SMALL, ..font });
                }
            }
            if notes_height > 0.0 {
                canvas::write(area, &notes, (MARGIN, bottom + MARGIN + 2.0), grey);
            }
        })
    })
}

fn one(text: &str, size: f64, width: f64) -> String {
    canvas::wrap(text, size, width, 1).concat()
}

/// The nodes to draw, in their order: those with the fewest steps to the result, as many as stay legible.
fn nearest(nodes: &[GraphNode]) -> Vec<usize> {
    let mut found = vec![nodes.len() - 1];
    let mut seen: HashSet<usize> = found.iter().copied().collect();
    let mut next = 0;
    while next < found.len() && found.len() < AT_MOST {
        found.extend(nodes[found[next]].inputs.iter().filter(|input| seen.insert(**input)));
        next += 1;
    }
    // A graph put together by hand may have parts that do not lead to its last node.
    found.extend((0..nodes.len()).rev().filter(|i| !seen.contains(i)).take(AT_MOST));
    found.truncate(AT_MOST);
    let arrows = |drawn: &[usize]| {
        let inputs = drawn.iter().flat_map(|i| &nodes[*i].inputs);
        inputs.filter(|input| drawn.contains(input)).count()
    };
    while found.len() > 1 && arrows(&found) > ARROWS {
        found.pop();
    }
    found.sort_unstable();
    found
}

fn block(node: &GraphNode, is_result: bool, result: &GraphNode, left_out: usize) -> Block {
    let kind = match node.op {
        _ if is_result && !node.inputs.is_empty() => Kind::Result,
        "parameter" => Kind::Parameter,
        _ if node.inputs.is_empty() => Kind::Input,
        _ => Kind::Operation,
    };
    let made = kind == Kind::Operation || kind == Kind::Result;
    let value = if made && node.label != node.op { format!("{} → {}", node.op, size(node)) } else { size(node) };
    let grad = node.grad.as_ref().map(|grad| {
        let is_short = node.label != node.op && node.label.chars().count() <= 10;
        let slope = if is_short { format!("∂{}/∂{}", result_name(result), node.label) } else { "gradient".into() };
        match single(grad) {
            Some(grad) => format!("{slope} = {}", number(grad)),
            None => format!("|{slope}| = {}", number(norm(grad))),
        }
    });
    Block { kind, title: node.label.clone(), lines: [Some(value), grad].into_iter().flatten().collect(), left_out }
}

/// What gradients are of: the name of the result if it is short.
fn result_name(result: &GraphNode) -> &str {
    if result.label.chars().count() <= 5 && result.label != result.op { &result.label } else { "L" }
}

/// The value of a number, the shape of a tensor.
fn size(node: &GraphNode) -> String {
    let shape = || node.value.shape().iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
    single(&node.value).map_or_else(shape, number)
}

fn single(array: &ArrayD<Real>) -> Option<f64> {
    if array.len() == 1 { array.first().map(|x| f64::from(*x)) } else { None }
}

fn norm(array: &ArrayD<Real>) -> f64 {
    array.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

fn alt(title: &str, graph: &Graph, drawn: &[usize], notes: &str) -> String {
    let node = |i: &usize| {
        let node = &graph.nodes[*i];
        let names: Vec<&str> = node.inputs.iter().map(|input| graph.nodes[*input].label.as_str()).take(6).collect();
        let more = if node.inputs.len() > 6 { ", …" } else { "" };
        let made = format!("{}({}{more})", node.op, names.join(", "));
        let name = match (node.inputs.is_empty(), node.label == node.op) {
            (true, true) => node.op.to_owned(),
            (true, false) => format!("{} {}", node.op, node.label),
            (false, true) => made,
            (false, false) => format!("{} = {made}", node.label),
        };
        let grad = node.grad.as_ref().map(|grad| match single(grad) {
            Some(grad) => format!(", gradient {}", number(grad)),
            None => format!(", gradient of norm {}", number(norm(grad))),
        });
        format!("{name}: {}{}", size(node), grad.unwrap_or_default())
    };
    let count = match graph.nodes.len() {
        1 => "1 node".to_owned(),
        count => format!("{count} nodes"),
    };
    let nodes: Vec<String> = drawn.iter().map(node).collect();
    format!("Computation graph: {}{count}. {}. {notes}", canvas::lead(title), nodes.join("; ")).trim_end().to_owned()
}
