//! Every figure is valid SVG that shows what it was given, also where the data are not what one hopes for.

use dl_interview::plot::{Figure, bars, curve, image_grid, lines, points};
use dl_interview::tensor::Real;
use ndarray::Array2;

/// All pieces of text of a figure, after the checks that every figure must pass.
fn texts(figure: &Figure) -> Vec<String> {
    let svg = figure.svg();
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}:\n{svg}"));
    assert!(svg.len() < 150_000, "{} bytes", svg.len());
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
        for name in ["x", "cx"] {
            let x: Option<f64> = node.attribute(name).and_then(|x| x.parse().ok());
            assert!(x.is_none_or(|x| (0.0..=view[2]).contains(&x)), "outside the figure: {node:?}");
        }
        for name in ["y", "cy"] {
            let y: Option<f64> = node.attribute(name).and_then(|y| y.parse().ok());
            assert!(y.is_none_or(|y| (0.0..=view[3]).contains(&y)), "outside the figure: {node:?}");
        }
    }
    let text = document.descendants().filter(|node| node.has_tag_name("text"));
    text.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

fn has(figure: &Figure, wanted: &[&str]) {
    let texts = texts(figure);
    for wanted in wanted {
        assert!(texts.iter().any(|text| text == wanted), "{wanted:?} is not among {texts:?}");
    }
}

fn count(figure: &Figure, element: &str) -> usize {
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    document.descendants().filter(|node| node.has_tag_name(element)).count()
}

#[test]
fn a_line_chart_has_its_words_its_ticks_and_its_curves() {
    let train = curve("train", &[2.0, 1.0, 0.5]);
    let test = curve("test", &[2.2, 1.5, 1.25]);
    let figure = lines("Does the gap grow?", "epoch", "loss (nats)", &[train, test]);
    has(
        &figure,
        &["Does the gap grow?", "epoch", "loss (nats)", "1", "2", "3", "0.5", "1.5", "train → 0.5", "test → 1.25"],
    );
    for colour in ["#0072B2", "#D55E00"] {
        let drawn = figure.svg().matches(&format!("<polyline fill='none' stroke='{colour}'")).count();
        assert_eq!(drawn, 2, "a curve and its mark in the legend, in {colour}");
    }
    assert_eq!(count(&figure, "circle"), 6, "so few points are marked");
    assert!(figure.alt().contains("“test”: 3 values, first 2.2, last 1.25"), "{}", figure.alt());
}

#[test]
fn the_same_data_give_the_same_bytes() {
    let figure = || lines("t", "x", "y", &[curve("a", &(0..500).map(|i| (i as f32).sin()).collect::<Vec<_>>())]);
    assert_eq!(figure().svg(), figure().svg());
}

#[test]
fn no_data_make_a_chart_hang_or_panic() {
    let long: Vec<f64> = (0..100_000).map(|i| f64::from(i).sin()).collect();
    let cases: [(&str, Vec<f64>); 11] = [
        ("empty", vec![]),
        ("one", vec![3.0]),
        ("flat", vec![2.0; 10]),
        ("zero", vec![0.0; 10]),
        ("NaN", vec![f64::NAN; 3]),
        ("some NaN", vec![1.0, f64::NAN, 2.0]),
        ("infinite", vec![1.0, f64::INFINITY, f64::NEG_INFINITY, 2.0]),
        ("huge", vec![-1e308, 1e308]),
        ("tiny", vec![1e-308, 2e-308]),
        ("nearly flat", vec![1.0, 1.0 + 1e-15]),
        ("long", long),
    ];
    for (name, ys) in &cases {
        texts(&lines(name, "x", "y", &[curve(name, ys)]));
        texts(&lines(name, "x", "y", &[points(name, ys, ys)]));
        texts(&bars(name, "x", &ys.iter().take(12).map(|y| (*name, *y)).collect::<Vec<_>>()));
    }
    texts(&lines("", "", "", &[]));
    texts(&lines("a <b> & \"c\" 'd'\n둘째 줄", "<x>", "&", &[curve("</svg>", &[1.0, 2.0])]));
    texts(&lines("many", "x", "y", &(0..20).map(|i| curve("a series", &[f64::from(i), 1.0])).collect::<Vec<_>>()));
}

#[test]
fn what_is_left_out_is_said() {
    let nothing = lines("t", "x", "y", &[curve("a", &[f64::NAN])]);
    assert!(texts(&nothing).iter().any(|text| text.starts_with("Nothing to draw")), "{:?}", texts(&nothing));
    let some = lines("t", "x", "y", &[curve("loss", &[1.0, f64::NAN, 2.0])]);
    has(&some, &["“loss”: 1 of 3 values not finite, left out."]);
    assert!(some.alt().contains("1 of 3 values not finite"));
}

#[test]
fn a_long_series_keeps_its_peak() {
    let mut ys = vec![0.0; 50_000];
    ys[31_234] = 7.0;
    let figure = lines("t", "x", "y", &[curve("a", &ys)]);
    texts(&figure);
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let heights = document.descendants().filter_map(|node| node.attribute("points")).flat_map(|points| {
        points
            .split_whitespace()
            .map(|point| point.split(',').nth(1).unwrap().parse::<i32>().unwrap())
            .collect::<Vec<_>>()
    });
    let is_six = |node: &roxmltree::Node| node.has_tag_name("text") && node.text().unwrap().trim() == "6";
    let six: i32 = document.descendants().find(is_six).unwrap().attribute("y").unwrap().parse().unwrap();
    assert!(heights.min().unwrap() < six, "the peak of 7 is drawn above the tick of 6");
}

#[test]
fn bars_carry_their_values() {
    let figure = bars("Where do the lines go?", "lines", &[("forward", 14.0), ("backward", 8.0)]);
    has(&figure, &["Where do the lines go?", "lines", "forward", "14", "backward", "8"]);
    assert!(figure.alt().contains("backward 8"));
}

#[test]
fn a_grid_shows_every_image_with_its_caption() {
    let pixels = Array2::from_shape_fn((24, 784), |(i, j)| ((i * j) % 255) as Real / 255.0);
    let captions: Vec<String> = (0..24).map(|i| format!("{i} → 9")).collect();
    let figure = image_grid("Mistakes", &pixels, &captions, 8);
    has(&figure, &["Mistakes", "0 → 9", "23 → 9"]);
    assert_eq!(count(&figure, "image"), 24);
    texts(&image_grid("none", &Array2::zeros((0, 784)), &[], 8));
    texts(&image_grid("odd", &Array2::from_elem((2, 4), Real::NAN), &["a".into(), "b".into()], 3));
}
