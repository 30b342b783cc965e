//! What every figure must be, and what stands in it.

use dl_interview::plot::Figure;

/// All pieces of text of a figure, after the checks that every figure must pass.
pub fn texts(figure: &Figure) -> Vec<String> {
    let svg = figure.svg();
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}:\n{svg}"));
    assert!(svg.len() < 150_000, "{} bytes: {}", svg.len(), figure.alt());
    assert!(!figure.alt().trim().is_empty());
    let root = document.root_element();
    let size = |name| root.attribute(name).unwrap().parse::<f64>().unwrap();
    let view: Vec<f64> = root.attribute("viewBox").unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
    assert_eq!(size("width") * 2.0, view[2]);
    for node in document.descendants() {
        for attribute in node.attributes().filter(|attribute| attribute.name() != "href") {
            let value = attribute.value();
            assert!(!value.contains("NaN") && !value.contains("inf"), "no number: {node:?}");
        }
        for name in ["x", "cx", "width"] {
            let x: Option<f64> = node.attribute(name).and_then(|x| x.parse().ok());
            assert!(x.is_none_or(|x| (0.0..=view[2]).contains(&x)), "outside the figure: {node:?}");
        }
        for point in node.attribute("points").unwrap_or_default().split_whitespace() {
            let (x, y) = point.split_once(',').unwrap();
            let inside = |at: &str, end: f64| (0.0..=end).contains(&at.parse::<f64>().unwrap());
            assert!(inside(x, view[2]) && inside(y, view[3]), "{point} is outside the figure: {node:?}");
        }
        for name in ["y", "cy"] {
            let y: Option<f64> = node.attribute(name).and_then(|y| y.parse().ok());
            assert!(y.is_none_or(|y| (0.0..=view[3]).contains(&y)), "outside the figure: {node:?}");
        }
    }
    for node in document.descendants() {
        for (x, y) in node.attribute("d").map(path).unwrap_or_default() {
            let inside = (-20.0..=view[2] + 20.0).contains(&x) && (-20.0..=view[3] + 20.0).contains(&y);
            assert!(inside, "({x}, {y}) is outside the figure: {node:?}");
        }
    }
    let text = document.descendants().filter(|node| node.has_tag_name("text"));
    text.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

pub fn has(figure: &Figure, wanted: &[&str]) {
    let texts = texts(figure);
    for wanted in wanted {
        assert!(texts.iter().any(|text| text == wanted), "{wanted:?} is not among {texts:?}");
    }
}

/// The points of a path that moves in straight lines from each to the next; none of another.
pub fn path(d: &str) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    if d.contains(|c: char| c.is_alphabetic() && !"Mlz".contains(c)) {
        return points;
    }
    for piece in d.split('M').filter(|piece| !piece.is_empty()) {
        let numbers = piece.replace(['l', 'z'], " ");
        let numbers: Vec<f64> = numbers.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let mut at = (0.0, 0.0);
        for step in numbers.chunks(2) {
            at = (at.0 + step[0], at.1 + step[1]);
            points.push(at);
        }
    }
    points
}
