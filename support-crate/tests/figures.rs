//! Every figure is valid SVG that shows what it was given, also where the data are not what one hopes for.

mod svg;

use dl_interview::data::{moons, rng};
use dl_interview::models::mlp;
use dl_interview::nn::Activation;
use dl_interview::plot::{
    Figure, Series, bars, curve, curve_at, distributions, histogram, image_grid, layer_outputs, learning_curves, level,
    lines, log_axis, mark, panels, points, update_ratios,
};
use dl_interview::tensor::Real;
use dl_interview::train::{Fit, History, fit};
use ndarray::Array2;
use svg::{has, texts};

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
    let awkward = "<&\"'>\0\u{7}\n ".to_owned() + &"이름 ".repeat(100);
    let cases: [(&str, Vec<f64>); 13] = [
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
        ("too large", vec![1e300, 1.0]),
        (&awkward, vec![1.0, 5.0, 2.0]),
        ("long", long),
    ];
    for (name, ys) in &cases {
        texts(&lines(name, "x", "y", &[curve(name, ys)]));
        texts(&lines(name, "x", "y", &[points(name, ys, ys)]));
        texts(&bars(name, "x", &ys.iter().take(12).map(|y| (*name, *y)).collect::<Vec<_>>()));
        let all =
            [curve(name, ys), curve_at(name, ys, ys).band(ys, ys), points(name, ys, ys), curve(name, ys).averaged(3)];
        let lone = ys.first().copied().unwrap_or(f64::NAN);
        let all: Vec<Series> = all.into_iter().chain([level(name, lone), mark(name, lone)]).collect();
        texts(&lines(name, log_axis(name), log_axis(name), &all));
        texts(&lines(name, "x", log_axis("y"), &all));
        texts(&lines(name, *name, *name, &all));
        for n in [1, 2, 3, 5] {
            let sets: Vec<(&str, &[f64])> = vec![(*name, ys); n];
            texts(&histogram(name, "x", &sets));
            texts(&distributions(name, "x", &sets, Some((-0.5, f64::INFINITY))));
        }
        let reals: Vec<Real> = ys.iter().map(|y| *y as Real).collect();
        let course = History { train_loss: reals.clone(), valid_loss: reals.clone(), ..History::default() };
        texts(&learning_curves(name, &course));
        let both = History { train_accuracy: reals.clone(), valid_accuracy: reals, best_epoch: Some(1), ..course };
        texts(&learning_curves(name, &both));
    }
    texts(&lines("", "", "", &[]));
    texts(&lines("only lines to compare with", "x", "y", &[level("a", 1.0), mark("b", f64::NAN)]));
    texts(&histogram::<f64>("", "", &[] as &[(&str, &[f64])]));
    texts(&distributions("", "", &vec![("a layer", vec![1.0, 2.0]); 100], None));
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
    let noise =
        |n, pixels| Array2::from_shape_fn((n, pixels), |(i, j)| ((i * 7919 + j * 104_729) % 256) as Real / 255.0);
    for (n, pixels) in [(100_000, 1), (100_000, 4), (3000, 16), (1000, 196), (200, 784)] {
        texts(&image_grid("many", &noise(n, pixels), &[], 20));
    }
    let captions: Vec<String> = (0..3000).map(|i| format!("{i}: 4 taken for 9")).collect();
    texts(&image_grid("many", &noise(3000, 4), &captions, 20));
}

#[test]
fn a_logarithmic_axis_leaves_out_what_it_has_no_place_for() {
    let loss = curve("loss", &[100.0, 0.0, 1.0, -3.0, 0.01]);
    let figure = lines("t", "step", log_axis("loss"), &[loss, level("goal", 0.001)]);
    has(
        &figure,
        &["100", "0.1", "0.001", "loss → 0.01", "goal = 0.001", "“loss”: 2 of 5 values not above 0, left out."],
    );
    assert!(figure.alt().contains("loss (logarithmic) from 0.01 to 100"), "{}", figure.alt());
    assert!(figure.alt().contains("Dashed lines: “goal” at loss 0.001"), "{}", figure.alt());
}

#[test]
fn lines_to_compare_with_take_no_colour_and_are_inside() {
    let series = [level("guessing", 0.1), mark("best", 9.0), mark("warm-up ends", 2.0), curve("net", &[0.5, 0.7, 0.9])];
    let figure = lines("t", "epoch", "accuracy", &series);
    has(&figure, &["guessing = 0.1", "best = 9", "warm-up ends = 2", "net → 0.9", "8", "0.2"]);
    assert!(figure.svg().contains("<polyline fill='none' stroke='#0072B2'"), "the curve has the first colour");
    let dashes = figure.svg().matches("<polyline fill='none' stroke='#595959'").count();
    assert!(dashes > 60, "{dashes} dashes of three lines");
    // What is named at its top keeps the plot free there: the names stand above the highest point of the curve.
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let height = |node: roxmltree::Node, name| node.attribute(name).unwrap().parse::<i32>().unwrap();
    let lowest_name = document.descendants().filter(|node| {
        node.has_tag_name("text") && ["best = 9", "warm-up ends = 2"].contains(&node.text().unwrap().trim())
    });
    let lowest_name = lowest_name.map(|node| height(node, "y")).max().unwrap();
    let highest = document.descendants().filter(|node| node.has_tag_name("circle")).map(|node| height(node, "cy"));
    assert!(lowest_name < highest.min().unwrap());
}

#[test]
fn a_band_is_translucent_and_widens_the_axis() {
    let figure = lines("t", "epoch", "loss", &[curve("mean", &[1.0, 2.0]).band(&[-4.0, 1.0], &[2.0, 9.0])]);
    has(&figure, &["mean → 2", "0", "5"]);
    assert_eq!(figure.svg().matches("<polygon opacity='0.18' fill='#0072B2'").count(), 1);
    assert!(figure.alt().contains("its band at last from 1 to 9"), "{}", figure.alt());
}

#[test]
fn eight_long_names_keep_their_values() {
    let name =
        |i: usize| format!("{i} is a name of many words, far too long to stand beside a curve without being cut off");
    let series: Vec<Series> = (0..8).map(|i| curve(&name(i), &[0.0, i as f64 + 0.5])).collect();
    let figure = lines("t", "x", "y", &series);
    let texts = texts(&figure);
    for i in 0..8 {
        assert!(texts.iter().any(|text| text.ends_with(&format!("→ {i}.5"))), "{i} in {texts:?}");
    }
}

#[test]
fn figures_in_panels_stay_small() {
    let wave = |i: usize| -> Vec<f64> { (0..20_000).map(|k| ((k * (i + 7)) as f64 * 0.1).sin() + i as f64).collect() };
    let curves: Vec<Series> = (0..8)
        .map(|i| curve("wave", &wave(i)).band(&wave(i), &wave(i + 1)))
        .chain([level("a", 1.0), mark("b", 2.0)])
        .collect();
    let clouds: Vec<Series> = (0..8).map(|i| points("cloud", &wave(i), &wave(i + 1))).collect();
    let kinds = [lines("curves", "x", "y", &curves), lines("clouds", "x", "y", &clouds)];
    for kind in &kinds {
        texts(kind);
        for columns in [2, 3] {
            texts(&panels("t", columns, &vec![kind.clone(); columns * columns]));
        }
        texts(&panels("narrow", 6, &vec![kind.clone(); 6]));
    }
    let sets: Vec<(String, Vec<f64>)> = (0..24).map(|i| (format!("layer {i}"), wave(i))).collect();
    texts(&panels("t", 2, &vec![distributions("t", "x", &sets, Some((0.0, 20.0))); 4]));
    texts(&panels("t", 2, &vec![histogram("t", "x", &sets[..3]); 4]));
}

#[test]
fn a_history_shows_loss_and_accuracy_and_the_best_epoch() {
    let (data, net) = (moons(120, 0.2, &mut rng(1)), mlp(&[2, 8, 2], Activation::Tanh, &mut rng(1)));
    let history = fit(&net, &data, Some(&data), &Fit { epochs: 4, ..Fit::default() });
    let figure = learning_curves("Does it learn?", &history);
    has(&figure, &["Does it learn?", "Loss", "Accuracy", "epoch", "best epoch = 4"]);
    assert!(
        figure.alt().contains("“validation”: 4 values") && figure.alt().starts_with("2 figures"),
        "{}",
        figure.alt()
    );
    assert!(figure.alt().contains("“best epoch” at epoch 4"), "{}", figure.alt());

    let regression = History { train_accuracy: vec![], valid_accuracy: vec![], ..history.clone() };
    let figure = learning_curves("t", &regression);
    assert!(figure.alt().starts_with("Line chart") && !figure.alt().contains("accuracy"), "{}", figure.alt());
    let alone = History { train_loss: vec![0.5], diverged: Some((2, 7)), ..History::default() };
    has(&learning_curves("t", &alone), &["training → 0.5"]);
    assert!(learning_curves("t", &alone).alt().contains("diverged: in epoch 2, step 7"));
    let at_once = History { step_loss: vec![2.0, 1e9, Real::INFINITY], diverged: Some((1, 3)), ..History::default() };
    assert!(
        learning_curves("t", &at_once).alt().contains("step from 1 to 2"),
        "{}",
        learning_curves("t", &at_once).alt()
    );
    assert!(learning_curves("t", &History::default()).alt().contains("Nothing to draw"));
}

#[test]
fn update_ratios_are_compared_with_the_rule_of_thumb() {
    let data = moons(60, 0.2, &mut rng(1));
    let (small, deep) = ([2, 8, 2].to_vec(), [2, 8, 8, 8, 8, 8, 2].to_vec());
    let [small, deep] = [small, deep].map(|sizes| {
        let net = mlp(&sizes, Activation::Tanh, &mut rng(1));
        let how = Fit { epochs: 2, batch: 60, ..Fit::default() };
        (fit(&net, &data, None, &how), net)
    });
    let figure = update_ratios("t", &small.0, &small.1);
    has(&figure, &["rule of thumb = 0.001", "Left out: 2 ratios of parameters that were still 0 before the step."]);
    assert!(
        figure.alt().contains("“0.weight”: 2 values") && figure.alt().contains("“2.bias”: 1 values"),
        "{}",
        figure.alt()
    );
    let figure = update_ratios("t", &deep.0, &deep.1);
    has(&figure, &["Drawn are the 6 weights among the 12 parameters."]);
    assert!(!figure.alt().contains("bias"), "{}", figure.alt());
    assert!(update_ratios("t", &History::default(), &deep.1).alt().contains("no epoch yet"));
    let wrong = std::panic::catch_unwind(|| {
        update_ratios(
            "t",
            &History { update_ratios: vec![vec![0.1]], ..History::default() },
            &mlp(&[2, 2], Activation::Tanh, &mut rng(1)),
        )
    });
    assert!(wrong.is_err());
}

#[test]
fn a_histogram_counts_and_compares() {
    let half: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
    let twice: Vec<f64> = half.iter().map(|x| 2.0 * x).collect();
    let figure = histogram("t", "x (cm)", &[("half", half.clone()), ("twice", twice.clone())]);
    has(&figure, &["values per bin", "x (cm)", "half, mean 0.49", "twice, mean 0.98"]);
    assert_eq!(count(&figure, "polygon"), 2);
    assert!(figure.alt().contains("“twice”: 50 values from 0 to 1.96, mean 0.98"), "{}", figure.alt());
    let figure = histogram("t", "x", &[("half", &half[..40]), ("twice", &twice[..])]);
    has(&figure, &["share of the values per bin"]);
    let figure = histogram("t", "x", &vec![("a set", half.clone()); 5]);
    assert_eq!(count(&figure, "polygon"), 5, "more than three stand below each other");
    let figure = histogram("t", "x", &[("a", [1.0, Real::NAN, 2.0])]);
    has(&figure, &["“a”: 1 of 3 values not finite, left out."]);
    let mut tail: Vec<f64> = (0..20_000).map(|i| f64::from(i % 997)).collect();
    tail[7] = 1e7;
    assert!(histogram("t", "x", &[("a", tail)]).alt().contains("of 20000 values lie outside the range drawn"));
}

#[test]
fn distributions_tell_which_layer_is_saturated() {
    let layers = [("first", vec![0.99, -0.99, 0.5, 1.0]), ("second", vec![0.1, 0.2, -0.1, 0.0])];
    let figure = distributions("t", "activation", &layers, Some((-0.97, 0.97)));
    has(&figure, &["first", "75 % saturated", "mean 0.375, std 0.814", "second", "0 % saturated", "activation"]);
    assert_eq!(count(&figure, "polygon"), 3, "the second layer has no saturated part");
    assert!(figure.alt().contains("Saturated: first 75 %."), "{}", figure.alt());
    let relu = distributions("t", "activation", &[("relu", vec![0.0, 0.0, 1.0])], Some((0.0, f64::INFINITY)));
    has(&relu, &["66.7 % saturated"]);
    let net = mlp(&[2, 8, 8, 2], Activation::Tanh, &mut rng(1));
    let outputs = layer_outputs(&net, &moons(50, 0.1, &mut rng(1)).inputs);
    has(&distributions("t", "activation", &outputs, None), &["1 Tanh", "3 Tanh"]);
    assert!(net.is_training(), "the net is left as it was");
}
