//! Graphs and timelines are valid SVG that shows what it was given, also where that is not what one hopes for.

mod svg;

use dl_interview::nn::{Layer, Loss, Net};
use dl_interview::plot::{Figure, graph, panels, timeline};
use dl_interview::system::{Span, gpipe};
use dl_interview::tensor::{Graph, GraphNode, Real, Tensor};
use ndarray::{Array2, arr0, array};
use svg::{has, texts};

fn says(figure: &Figure, wanted: &str) {
    let texts = texts(figure).join(" ");
    assert!(texts.contains(wanted), "{wanted:?} is not in {texts:?}");
}

fn count(figure: &Figure, start: &str) -> usize {
    figure.svg().lines().filter(|line| line.starts_with(start)).count()
}

fn span(lane: &str, task: &str, start: f64, end: f64) -> Span {
    Span { lane: lane.into(), task: task.into(), start, end }
}

/// (w x + b − t)² with all gradients.
fn regression() -> Graph {
    let [x, t] = [("x", 3.0), ("t", 5.0)].map(|(name, value)| Tensor::scalar(value).named(name));
    let [w, b] = [("w", 2.0), ("b", 1.0)].map(|(name, value)| Tensor::parameter(arr0(value)).named(name));
    let error = ((&w * &x + &b).named("y") - &t).named("e");
    let loss = (&error * &error).named("MSE");
    Graph::keep_grads(&loss);
    loss.backward();
    Graph::of(&loss)
}

#[test]
fn a_graph_shows_values_gradients_and_the_kind_of_each_node() {
    let figure = graph("How does the loss depend on w?", &regression());
    has(&figure, &["How does the loss depend on w?", "w", "2", "∂MSE/∂w = 12", "x", "3", "mul", "gradient = 4"]);
    has(&figure, &["y", "add → 7", "∂MSE/∂y = 4", "MSE", "mul → 4", "∂MSE/∂MSE = 1"]);
    has(&figure, &["parameter", "input, constant", "operation", "result"]);
    // Each kind once more in the legend.
    assert_eq!(count(&figure, "<path fill='#DCEBF5'"), 2 + 1, "inputs");
    let boxes = |fill: &str| figure.svg().matches(&format!("fill='{fill}'")).count();
    assert_eq!((boxes("#FBE6D6"), boxes("#F5F5F5"), boxes("#D9F0E8")), (2 + 1, 3 + 1, 1 + 1));
    assert_eq!(count(&figure, "<path fill='none'"), 8, "one arrow per argument, two into a square");
    assert!(figure.alt().contains("y = add(mul, b): 7, gradient 4"), "{}", figure.alt());
}

#[test]
fn a_tensor_shows_its_shape_and_the_norm_of_its_gradient() {
    let w = Tensor::parameter(array![[3.0, 0.0], [0.0, 4.0]]).named("w");
    let loss = (&w * &w).sum().named("L");
    loss.backward();
    let figure = graph("t", &Graph::of(&loss));
    has(&figure, &["2 × 2", "|∂L/∂w| = 10", "sum → 25"]);
    says(&figure, "of a tensor its norm");
    let before = graph("t", &Graph::of(&Tensor::parameter(array![1.0, 2.0]).sum()));
    assert!(!texts(&before).concat().contains(['∂', '|']), "no gradient before backward");
}

#[test]
fn arrows_point_down() {
    let rng = &mut dl_interview::data::rng(42);
    let net = Net::new(vec![Layer::linear(4, 3, rng), Layer::relu(), Layer::linear(3, 2, rng)]);
    let outputs = net.forward(&Tensor::new(Array2::ones((5, 4))));
    let loss = Loss::CrossEntropy { smoothing: 0.0 }.of(&outputs, &array![0, 1, 0, 1, 0]);
    for graph_of in [Graph::of(&loss), regression()] {
        let figure = graph("t", &graph_of);
        texts(&figure);
        let edges: usize = graph_of.nodes.iter().map(|node| node.inputs.len()).sum();
        let lines: Vec<&str> =
            figure.svg().lines().filter(|line| line.starts_with("<path fill='none' stroke='#8C8C8C'")).collect();
        assert_eq!(lines.len(), edges);
        let (tops, bottoms) = edges_of_boxes(&figure);
        let near = |edges: &[i32], at: i32| edges.iter().any(|edge| (edge - at).abs() <= 1);
        for line in lines {
            let path = line.split("d='M").nth(1).unwrap().split('\'').next().unwrap();
            let numbers: Vec<i32> = path.split(['C', 'V', ' ']).map(|n| n.parse().unwrap()).collect();
            let (from, to) = (numbers[1], numbers.last().unwrap() + 14); // 7 pixels for its head
            assert!(from < to && near(&bottoms, from) && near(&tops, to), "{path}: {tops:?} {bottoms:?}");
        }
    }
}

/// The upper and the lower edges of all nodes.
fn edges_of_boxes(figure: &Figure) -> (Vec<i32>, Vec<i32>) {
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let boxes = document.descendants().filter(|node| node.attribute("fill") != Some("#FFFFFF")).filter_map(|node| {
        let number = |name| node.attribute(name)?.parse::<i32>().ok();
        if node.has_tag_name("rect") {
            return Some((number("y")?, number("height")?));
        }
        // A slanted one: to the upper edge, along it, and down.
        let path = node.attribute("d").filter(|_| node.attribute("fill") == Some("#DCEBF5"))?;
        let number = |text: &str| text.split(['h', ' ']).next()?.parse::<i32>().ok();
        Some((number(path.split(' ').nth(1)?)?, number(path.split(' ').nth(2)?)?))
    });
    boxes.map(|(top, height)| (top, top + height)).unzip()
}

#[test]
fn a_figure_that_has_no_room_is_still_one() {
    let parts = [graph("t", &regression()), timeline("t", "s", &gpipe(2, 2, 1.0, 2.0).spans)];
    for columns in [2, 6, 40] {
        let many: Vec<Figure> = parts.iter().cycle().take(columns).cloned().collect();
        let figure = panels("t", columns, &many);
        roxmltree::Document::parse(figure.svg()).unwrap();
    }
}

#[test]
fn of_a_large_graph_the_part_near_the_result_is_drawn() {
    let mut x = Tensor::parameter(arr0(1.0)).named("first");
    for _ in 0..9_999 {
        x = x.tanh();
    }
    let figure = graph("t", &Graph::of(&x.named("last")));
    says(&figure, "The graph has 10000 nodes; the 25 nearest to the result are drawn.");
    has(&figure, &["last"]);
    assert!(!texts(&figure).contains(&"first".to_owned()) && figure.alt().contains("10000 nodes"));
    assert_eq!(figure.svg().matches("stroke-dasharray").count(), 1);
    let wide: Vec<Tensor> = (0..60).map(|i| Tensor::parameter(arr0(i as Real))).collect();
    let sum = wide.iter().skip(1).fold(wide[0].clone(), |sum, x| sum + x);
    says(&graph("t", &Graph::of(&sum)), "The graph has 119 nodes");
}

#[test]
fn no_graph_makes_a_figure_hang_or_panic() {
    let node = |label: &str, inputs: Vec<usize>, value: Real| GraphNode {
        label: label.into(),
        op: if inputs.is_empty() { "parameter" } else { "concat" },
        value: arr0(value).into_dyn(),
        grad: Some(arr0(value).into_dyn()),
        layer: inputs.len(),
        inputs,
    };
    says(&graph("t", &Graph { nodes: vec![] }), "Nothing to draw");
    assert!(graph("t", &Graph { nodes: vec![node("w", vec![], 1.0)] }).alt().contains("1 node. parameter w: 1"));
    let strange = ["", "아주 긴 한국어 이름이 붙은 텐서입니다 그리고 더 길어집니다", "<&\"'>", "two\nlines", "</svg>"];
    for value in [1.0, Real::NAN, Real::INFINITY, -1e30] {
        let mut nodes: Vec<GraphNode> = strange.iter().map(|name| node(name, vec![], value)).collect();
        nodes.push(node("한국어 결과 <&\"'>", vec![0, 0, 1, 2, 3, 4, 4, 4], value));
        texts(&graph("제목 <&\"'>", &Graph { nodes }));
    }
    let everything = (0..25).map(|i| node("n", (0..i).collect(), 1.0)).collect();
    says(&graph("t", &Graph { nodes: everything }), "The graph has 25 nodes; the 11 nearest to the result are drawn.");
    // Everything into one, one into everything, no links at all.
    let mut into_one: Vec<GraphNode> = (0..24).map(|_| node("long enough a name", vec![], 0.123_456)).collect();
    into_one.push(node("all", (0..24).collect(), 1.0));
    let mut from_one = vec![node("one", vec![], 1.0)];
    from_one.extend((0..23).map(|_| node("another long name", vec![0], 0.123_456)));
    from_one.push(node("all", (0..24).collect(), 1.0));
    let apart: Vec<GraphNode> = (0..25).map(|_| node("n", vec![], 1.0)).collect();
    for nodes in [into_one, from_one, apart] {
        let figure = graph("t", &Graph { nodes });
        assert_eq!(figure.alt().matches(", gradient").count(), 25);
        texts(&figure);
    }
    let empty = Tensor::parameter(Array2::<Real>::zeros((0, 3)));
    has(&graph("t", &Graph::of(&empty.sum())), &["0 × 3"]);
}

#[test]
#[should_panic(expected = "node 0 (a) has the input")]
fn a_graph_out_of_order() {
    let value = arr0(1.0 as Real).into_dyn();
    let node = GraphNode { label: "a".into(), op: "exp", value, grad: None, layer: 1, inputs: vec![0] };
    graph("t", &Graph { nodes: vec![node] });
}

#[test]
fn a_timeline_has_a_row_per_lane_a_colour_per_kind_and_the_busy_share() {
    let figure = timeline("How large is the bubble?", "time (steps)", &gpipe(4, 8, 1.0, 2.0).spans);
    has(&figure, &["How large is the bubble?", "time (steps)", "stage 0", "stage 3", "F", "B", "B7", "0", "30"]);
    has(&figure, &["73 % busy", "F 24 %, B 48 %"]); // 1 − bubble = 8 / 11
    // Four rows of each colour, and the legend.
    assert_eq!((count(&figure, "<path fill='#0072B2'"), count(&figure, "<path fill='#D55E00'")), (5, 5));
    let alt = figure.alt();
    assert!(
        alt.starts_with("Timeline: How large is the bubble? time (steps) from 0 to 33. “stage 0”: 16 tasks"),
        "{alt}"
    );
    let waits = timeline("t", "ms", &[span("device", "load 0", 0.0, 6.0), span("device", "compute 0", 6.0, 8.0)]);
    has(&waits, &["100 % busy", "load 75 %, compute 25 %", "load 0", "compute 0"]);
}

#[test]
fn a_bar_lies_where_its_time_is_and_has_a_label_only_if_it_fits() {
    let figure =
        timeline("t", "s", &[span("a", "first", 0.0, 1.0), span("a", "x", 1.0, 1.01), span("a", "y", 2.0, 4.0)]);
    let bars: Vec<(f64, f64)> = figure
        .svg()
        .lines()
        .filter(|line| line.starts_with("<path fill='#") && !line.contains("h20v20"))
        .map(|line| {
            let path = line.split("d='M").nth(1).unwrap();
            let wide = path.split('h').nth(1).unwrap().split('v').next().unwrap();
            (path.split(' ').next().unwrap().parse().unwrap(), wide.parse().unwrap())
        })
        .collect();
    assert_eq!(bars.len(), 3);
    let unit = bars[2].1 / 2.0;
    assert!((bars[0].1 - unit).abs() < 2.0 && ((bars[2].0 - bars[0].0) - 2.0 * unit).abs() < 4.0, "{bars:?}");
    assert_eq!(texts(&figure).iter().filter(|text| *text == "x").count(), 1, "in the legend only");
    assert_eq!(texts(&figure).iter().filter(|text| *text == "first").count(), 2);
    // One of these has no room for its name: all carry their numbers.
    let load = |i: u32, start: f64, end: f64| span("a", &format!("load {i}"), start, end);
    let figure = timeline("t", "s", &[load(7, 0.0, 20.0), load(8, 20.0, 21.0), load(9, 21.0, 40.0)]);
    has(&figure, &["7", "8", "9"]);
    assert!(!texts(&figure).contains(&"load 7".to_owned()));
}

#[test]
fn no_spans_make_a_timeline_hang_or_panic() {
    let odd = "a\0\u{7}\n<b";
    texts(&timeline(odd, odd, &[span(odd, odd, 0.0, 1.0), span(odd, "x\u{b}1", 1.0, 2.0)]));
    says(&timeline("t", "s", &[]), "Nothing to draw");
    says(&timeline("t", "s", &[span("a", "b", Real::NAN as f64, 1.0)]), "Nothing to draw: none of 1 spans");
    says(&timeline("t", "s", &[span("a", "b", 2.0, 1.0)]), "Nothing to draw");
    let some = timeline("t", "s", &[span("a", "b 0", 0.0, 1.0), span("a", "b 1", 1.0, f64::INFINITY)]);
    says(&some, "1 of 2 spans have no finite start and end");
    assert!(some.alt().contains("1 of 2 spans"));
    for one in
        [(0.0, 0.0), (5.0, 5.0), (-1e300, 0.0), (-1e308, 1e308), (1e-300, 2e-300), (-3.0, -1.0), (1e9, 1e9 + 1e-3)]
    {
        texts(&timeline("t", "s", &[span("a", "b", one.0, one.1)]));
    }
    let strange =
        ["", "아주 긴 한국어 이름이 붙은 작업자입니다 그리고 더 길어집니다", "<&\"'>", "two\nlines", "</svg>"];
    let spans: Vec<Span> = strange.iter().map(|name| span(name, name, 0.0, 100.0)).collect();
    texts(&timeline("제목 <&\"'>", "시간 (ms)", &spans));
    says(&timeline("t", "s", &[span("a", "b", 0.0, 2.0), span("a", "b", 1.0, 3.0)]), "Tasks overlap");
}

#[test]
fn thousands_of_spans_keep_their_busy_share() {
    for (lanes, kinds) in [(1, 1), (3, 2), (24, 10), (10_000, 10_000)] {
        let spans: Vec<Span> = (0..10_000)
            .map(|i| {
                let start = f64::from(i / lanes);
                let kind = char::from_u32(0xac00 + (i % kinds) as u32).unwrap();
                span(&format!("장치 {}", i % lanes), &format!("{kind} {i}"), start, start + 0.5)
            })
            .collect();
        let figure = timeline("t", "time (ms)", &spans);
        says(&figure, "10000 tasks: the height of a bar is the share");
        if lanes < 10_000 {
            has(&figure, &["장치 0", "50 % busy"]);
            assert_eq!(texts(&figure).contains(&"other".to_owned()), kinds > 6);
            assert!(!texts(&figure).contains(&"갆".to_owned()), "the seventh kind has no colour of its own");
        } else {
            says(&figure, "The first 24 of 10000 rows are drawn.");
        }
    }
}
