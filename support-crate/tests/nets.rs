//! What nets do: modes, copies, states, first weights; and what they refuse.

use std::panic::catch_unwind;

use dl_interview::data::{Normal, rng};
use dl_interview::nn::{
    Activation, Fan, Init, Layer, Loss, Net, accuracy, brier, confusion, contrastive, fans, one_hot, triplet,
};
use dl_interview::tensor::{Real, Tensor};
use ndarray::{Array1, Array2, Array4, ArrayD, Axis, Ix2, array};
use rand::distr::Distribution;

fn normal(n: usize, d: usize, seed: u64) -> Array2<Real> {
    let (normal, mut rng) = (Normal::new(0.5, 2.0), rng(seed));
    Array2::from_shape_simple_fn((n, d), || normal.sample(&mut rng))
}

/// A net with something of everything that behaves differently in training.
fn example(seed: u64) -> Net {
    let rng = &mut rng(seed);
    Net::new(vec![
        Layer::linear(6, 16, rng).without_bias(),
        Layer::batch_norm(16),
        Layer::Activation(Activation::prelu()),
        Layer::dropout(0.3, rng),
        Layer::linear(16, 4, rng),
    ])
}

#[track_caller]
fn refused<T>(work: fn() -> T, parts: &[&str]) {
    let Err(panic) = catch_unwind(work) else { panic!("not refused: {parts:?}") };
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.unwrap_or_else(|| panic.downcast_ref::<&str>().expect("a message").to_string());
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn evaluation_changes_nothing_and_does_not_depend_on_the_batch() {
    let (net, x) = (example(1), normal(300, 6, 2));
    net.forward(&Tensor::new(x.clone()));
    let before = net.state();
    let all = net.predict(&x);
    assert_eq!(net.state(), before);
    assert!(net.is_training());
    for i in [0, 255, 256, 299] {
        let alone = net.predict(&x.select(Axis(0), &[i]));
        assert!((&alone.row(0) - &all.row(i)).iter().all(|d| d.abs() < 1e-4), "example {i}");
    }
    assert_eq!(net.predict(&Array2::zeros((0, 6))).shape(), [0, 4]);
    net.eval();
    assert_eq!(net.forward(&Tensor::new(x.clone())).shape(), [300, 4]);
    assert_eq!(net.state(), before);
    net.train();
    assert_ne!(net.forward(&Tensor::new(x.clone())).value(), net.forward(&Tensor::new(x)).value()); // dropout
    assert_ne!(net.state(), before); // running statistics
}

#[test]
fn running_statistics_approach_those_of_the_data() {
    let (layer, x) = (Layer::batch_norm(3), normal(50, 3, 1));
    for _ in 0..300 {
        layer.forward(&Tensor::new(x.clone()), true);
    }
    let Layer::BatchNorm { running_mean, running_variance, .. } = &layer else { unreachable!() };
    let close = |a: &Array1<Real>, b: Array1<Real>| (a - b).iter().all(|d| d.abs() < 1e-4);
    assert!(close(&running_mean.borrow(), x.mean_axis(Axis(0)).unwrap()));
    assert!(close(&running_variance.borrow(), x.var_axis(Axis(0), 1.0))); // unbiased
}

#[test]
fn dropout_keeps_the_expectation_and_starts_from_its_seed() {
    let x = Tensor::new(Array1::ones(100_000));
    let drop = |seed| Layer::dropout(0.3, &mut rng(seed)).forward(&x, true).value();
    let y = drop(1);
    let zeros = y.iter().filter(|y| **y == 0.0).count() as f64 / 1e5;
    assert!((zeros - 0.3).abs() < 0.0073, "{zeros}"); // five standard errors
    assert!((y.mean().unwrap() - 1.0).abs() < 0.011);
    assert_eq!(drop(1), y);
    assert_ne!(drop(2), y);
    // One generator for two layers: they must not drop the same.
    let mut rng = rng(3);
    let two = [Layer::dropout(0.3, &mut rng), Layer::dropout(0.3, &mut rng)];
    assert_ne!(two[0].forward(&x, true).value(), two[1].forward(&x, true).value());
}

#[test]
fn a_clone_is_a_net_of_its_own() {
    let (net, x) = (example(1), Tensor::new(normal(20, 6, 2)));
    net.parameters()[0].named("first");
    net.forward(&x); // so that the running statistics are not the first ones
    let copy = net.clone();
    assert_eq!(copy.state(), net.state());
    assert_eq!(copy.parameters()[0].name().as_deref(), Some("first"));
    assert!(net.parameters().iter().zip(copy.parameters()).all(|(a, b)| !a.is(&b)));
    assert_eq!(copy.forward(&x).value(), net.forward(&x).value()); // the dropout generators are equal, too
    let before = copy.state();
    net.forward(&x);
    net.parameters().iter().for_each(|w| w.set_value(w.value() + 1.0));
    net.eval();
    assert_eq!(copy.state(), before);
    assert!(copy.is_training());
    for ((name, own), (_, old)) in net.state().iter().zip(&before) {
        assert_ne!(own, old, "{name}");
    }
}

#[test]
fn a_layer_that_is_not_to_be_learned_stays_so_in_a_clone() {
    let weight = Tensor::new(array![[1.0, 2.0]]);
    let copy = Layer::Linear { weight, bias: None }.clone();
    assert!(!copy.weight().unwrap().requires_grad());
}

#[test]
fn a_state_makes_another_net_the_same() {
    let (trained, fresh, x) = (example(1), example(2), normal(20, 6, 3));
    trained.forward(&Tensor::new(x.clone()));
    assert_ne!(fresh.predict(&x), trained.predict(&x));
    let handle = fresh.parameters()[0].clone();
    fresh.load_state(&trained.state());
    assert_eq!(fresh.predict(&x), trained.predict(&x));
    assert_eq!(fresh.state(), trained.state());
    assert!(handle.is(&fresh.parameters()[0])); // an optimizer's handles stay good
}

#[test]
fn every_output_is_listed_and_the_last_is_the_result() {
    let (net, x) = (example(1), Tensor::new(normal(20, 6, 2)));
    net.eval();
    let outputs = net.forward_all(&x);
    assert_eq!(outputs.iter().map(|y| y.shape()[1]).collect::<Vec<_>>(), [16, 16, 16, 16, 4]);
    assert_eq!(outputs[4].value(), net.forward(&x).value());
    let names: Vec<String> = net.named_parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0.weight", "1.gamma", "1.beta", "2.slopes", "4.weight", "4.bias"]);
    assert_eq!(net.parameter_count(), 6 * 16 + 2 * 16 + 1 + 16 * 4 + 4);
}

#[test]
fn first_weights_are_hes_with_biases_0() {
    let layer = Layer::conv2d(20, 100, 5, &mut rng(1));
    let Layer::Conv2d { weight, bias, .. } = &layer else { unreachable!() };
    let (std, n) = (weight.value().std(0.0) as f64, weight.len() as f64);
    assert!((std / (2.0 / 500.0_f64).sqrt() - 1.0).abs() < 5.0 / (2.0 * n).sqrt(), "{std}");
    assert_eq!(bias.as_ref().unwrap().value().sum(), 0.0);
    let net = Net::new(vec![layer, Layer::batch_norm(100)]);
    net.parameters().iter().for_each(|w| w.set_value(w.value() + 1.0));
    net.initialize(Init::Normal { std: 0.01 }, &mut rng(2));
    let state = net.state();
    assert!((state[0].1.std(0.0) - 0.01).abs() < 1e-3);
    assert_eq!(state[1].1.sum(), 0.0);
    assert_eq!(state[2].1[[0]], 2.0); // γ stays as it was
}

#[test]
fn a_transposed_convolution_counts_its_own_inputs() {
    let layer = Layer::conv_transpose2d(40, 10, 5, &mut rng(1)); // 40 · 25 inputs in an output
    let std = |layer: &Layer| layer.weight().unwrap().value().std(0.0) as f64;
    let he = (2.0 / 1000.0_f64).sqrt();
    assert!((std(&layer) / he - 1.0).abs() < 0.035, "{}", std(&layer)); // five standard errors
    let net = Net::new(vec![layer]);
    net.initialize(Init::lecun(), &mut rng(2));
    assert!((std(&net.layers[0]) / he * (2.0_f64).sqrt() - 1.0).abs() < 0.035);
    assert_eq!(net.layers[0].weight().unwrap().shape(), [40, 10, 5, 5]);
    // What the layer puts out away from the border: the size of what comes in, s times smaller at stride s.
    net.initialize(Init::he(), &mut rng(3));
    let x = normal(40 * 8 * 8, 1, 4).mapv(|x| (x - 0.5) / 2.0).into_shape_with_order((1, 40, 8, 8)).unwrap();
    let size = |stride| {
        let Layer::ConvTranspose2d { weight, bias, .. } = &net.layers[0] else { unreachable!() };
        let y = Tensor::new(x.clone()).conv_transpose2d(weight, bias.as_ref().unwrap(), stride, 4);
        y.value().mapv(|y| y as f64 * y as f64).mean().unwrap().sqrt()
    };
    assert!((size(1) / 2.0_f64.sqrt() - 1.0).abs() < 0.15, "{}", size(1)); // √2, which ReLU takes away
    assert!((size(2) / 2.0_f64.sqrt() - 0.5).abs() < 0.08, "{}", size(2));
}

#[test]
fn a_deep_net_of_relus_keeps_its_signal_by_he_and_halves_it_by_xavier() {
    let mut rng = rng(1);
    let layers = (0..20).flat_map(|_| [Layer::linear(128, 128, &mut rng).without_bias(), Layer::relu()]).collect();
    let (net, x) = (Net::new(layers), Tensor::new((normal(64, 128, 2) - 0.5) / 2.0));
    let mut doublings = |init| {
        net.initialize(init, &mut rng);
        let outputs = net.forward_all(&x);
        let size = |i: usize| outputs[i].value().mapv(|x| (x as f64).powi(2)).mean().unwrap();
        (size(39) / size(1)).log2() / 19.0 // per layer
    };
    assert!(doublings(Init::he()).abs() < 0.3);
    assert!((doublings(Init::xavier()) + 1.0).abs() < 0.3);
}

#[test]
fn orthogonal_weights_have_singular_values_all_equal() {
    for shape in [&[5, 5][..], &[3, 8], &[8, 3], &[4, 3, 2, 2], &[1, 6], &[200, 120]] {
        let w = Init::Orthogonal { gain: 1.5 }.sample(shape, &mut rng(1)).mapv(|w: Real| w as f64);
        let columns: usize = shape[1..].iter().product();
        let w = w.into_shape_with_order((shape[0], columns)).unwrap();
        let products = if w.nrows() <= w.ncols() { w.dot(&w.t()) } else { w.t().dot(&w) };
        let expected = Array2::<f64>::eye(products.nrows()) * 1.5 * 1.5;
        assert!((products - expected).iter().all(|d| d.abs() < 1e-5), "{shape:?}");
    }
    // All directions: the first entry of a 2 × 2 rotation is cos φ, of either sign, with mean 0 and mean square 1/2.
    let mut rng = rng(1);
    let first: Array1<f64> =
        (0..4000).map(|_| Init::Orthogonal { gain: 1.0 }.sample(&[2, 2], &mut rng)[[0, 0]] as f64).collect();
    assert!(first.mean().unwrap().abs() < 0.06 && (first.mapv(|x| x * x).mean().unwrap() - 0.5).abs() < 0.03);
}

#[test]
fn lsuv_gives_every_weight_layer_variance_1() {
    let rng = &mut rng(1);
    let net = Net::new(vec![
        Layer::reshape(1, 6, 6),
        Layer::conv2d(1, 8, 3, rng),
        Layer::relu(),
        Layer::flatten(),
        Layer::linear(128, 30, rng),
        Layer::dropout(0.5, rng),
        Layer::Activation(Activation::Gelu),
        Layer::linear(30, 10, rng),
    ]);
    let batch = Tensor::new(normal(100, 36, 2));
    net.lsuv(&batch, rng);
    assert!(net.is_training());
    net.eval();
    let outputs = net.forward_all(&batch);
    for i in [1, 4, 7] {
        let variance = outputs[i].value().var(0.0);
        assert!((variance - 1.0).abs() < 1e-3, "layer {i}: {variance}");
    }
    // The rows are orthogonal still; only their length has changed.
    let w = net.layers[7].weight().unwrap().value().into_dimensionality::<Ix2>().unwrap();
    let products = w.dot(&w.t());
    assert!((&products / products[[0, 0]] - Array2::<Real>::eye(10)).iter().all(|d| d.abs() < 1e-4));
}

#[test]
fn the_loss_of_a_net_that_knows_nothing_is_the_logarithm_of_the_classes() {
    let logits = Tensor::parameter(Array2::zeros((64, 10)));
    let labels = Array1::from_iter((0..64).map(|i| i % 10));
    let loss = Loss::cross_entropy().of(&logits, &labels);
    assert!((loss.item() - (10.0 as Real).ln()).abs() < 1e-5);
    // Labels, and the same as probabilities.
    let same = Loss::cross_entropy().of(&logits, &one_hot(&labels, 10));
    assert_eq!(same.item(), loss.item());
    // The gradient in the logits is (p − y) / n.
    loss.backward();
    let expected = (0.1 - one_hot(&labels, 10)) / 64.0;
    assert!((logits.grad().unwrap() - expected).iter().all(|d| d.abs() < 1e-7));
}

#[test]
fn losses_stay_finite_where_they_can_and_show_nan() {
    let extreme = Tensor::parameter(array![[1e4, -1e4], [-1e4, Real::NEG_INFINITY]]);
    let loss = Loss::cross_entropy().of(&extreme, &array![1, 0]);
    loss.backward();
    assert_eq!(loss.item(), 1e4);
    assert!(extreme.grad().unwrap().iter().all(|g| g.is_finite()));
    let z = Tensor::parameter(array![[1e4], [-1e4]]);
    let loss = Loss::BceWithLogits.of(&z, &array![[0.0], [1.0]]);
    loss.backward();
    assert_eq!(loss.item(), 1e4);
    assert_eq!(z.grad().unwrap(), array![[0.5], [-0.5]].into_dyn());
    let sure = Loss::BceWithLogits.of(&Tensor::scalar(20.0), &Tensor::scalar(1.0)).item() as f64;
    assert!((sure / (-20.0_f64).exp() - 1.0).abs() < 1e-5, "{sure}"); // e⁻²⁰, not lost in 20 − 20
    assert_eq!(Loss::Bce.of(&Tensor::new(array![[0.0]]), &array![[1.0]]).item(), 100.0);
    let nan = Tensor::new(array![[Real::NAN, 0.0]]);
    for loss in [Loss::Mse, Loss::Mae, Loss::Huber { delta: 1.0 }, Loss::BceWithLogits, Loss::Hinge] {
        assert!(loss.of(&nan, &array![[1.0, 1.0]]).item().is_nan(), "{loss:?}");
    }
    for loss in [Loss::cross_entropy(), Loss::MultiHinge] {
        assert!(loss.of(&nan, &array![1]).item().is_nan(), "{loss:?}");
    }
}

#[test]
fn metrics_of_known_cases() {
    let p = Tensor::new(array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.2, 0.2, 0.6], [0.5, 0.5, 0.0]]);
    assert_eq!(accuracy(&p, &array![0, 0, 2, 0]), 0.75); // of equals, the first
    assert!((brier(&p, &array![0, 0, 2, 0]) - (0.0 + 2.0 + 0.24 + 0.5) / 4.0).abs() < 1e-6);
    let net = Net::new(vec![]);
    assert_eq!(net.classify(&array![[2.0, 1.0], [0.0, 1.0], [3.0, 3.0]]), [0, 1, 0]);
    let labels = array![2, 0, 2, 2, 1];
    let counts = confusion(&[0, 0, 2, 1, 1], &labels, 4);
    assert_eq!(counts, array![[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]);
    assert_eq!(counts.diag().sum(), 3);
    assert_eq!(confusion(&[], &array![], 2), Array2::<usize>::zeros((2, 2)));
}

#[test]
fn losses_refuse_what_does_not_fit() {
    fn zeros(shape: &[usize]) -> Tensor {
        Tensor::new(ArrayD::zeros(shape))
    }
    refused(|| Loss::Mse.of(&zeros(&[2, 1]), &zeros(&[2])), &["Mse", "[2, 1]", "[2]", "reshape"]);
    refused(|| Loss::Mse.of(&zeros(&[0, 3]), &zeros(&[0, 3])), &["hold a number"]);
    refused(|| Loss::Mse.of(&zeros(&[2, 3]), &array![0, 1]), &["Mse", "one_hot"]);
    refused(|| Loss::Mse.of(&zeros(&[1]), &Tensor::parameter(array![1.0])), &["no gradient flows", "detach"]);
    refused(|| Loss::Huber { delta: 0.0 }.of(&zeros(&[1]), &zeros(&[1])), &["delta must be above 0"]);
    refused(|| Loss::Bce.of(&Tensor::scalar(1.5), &Tensor::scalar(1.0)), &["output 1.5", "BceWithLogits"]);
    refused(|| Loss::Bce.of(&Tensor::scalar(-0.1), &Tensor::scalar(1.0)), &["output -0.1"]);
    refused(|| Loss::BceWithLogits.of(&Tensor::scalar(1.5), &Tensor::scalar(-1.0)), &["target -1"]);
    refused(|| Loss::Hinge.of(&Tensor::scalar(1.5), &Tensor::scalar(0.0)), &["target 0", "−1 or 1"]);
    refused(|| Loss::cross_entropy().of(&zeros(&[2, 3]), &array![0, 3]), &["label 3", "3 classes"]);
    refused(|| Loss::cross_entropy().of(&zeros(&[2, 3]), &array![0]), &["2 outputs for 1 labels"]);
    refused(|| Loss::cross_entropy().of(&zeros(&[3]), &array![0]), &["[3]", "n × classes"]);
    refused(|| Loss::cross_entropy().of(&zeros(&[2, 3]), &zeros(&[2, 2])), &["2 × 3", "[2, 2]"]);
    refused(|| Loss::cross_entropy().of(&zeros(&[2, 3]), &zeros(&[2, 3])), &["sums to 0"]);
    refused(|| Loss::CrossEntropy { smoothing: 1.5 }.of(&zeros(&[1, 3]), &array![0]), &["smoothing", "0 to 1"]);
    refused(|| Loss::MultiHinge.of(&zeros(&[1, 3]), &array![3]), &["label 3"]);
    refused(|| contrastive(&zeros(&[2, 3]), &zeros(&[2, 3]), &[true], 1.0), &["2 pairs", "1 entries"]);
    refused(|| contrastive(&zeros(&[2, 3]), &zeros(&[1, 3]), &[true], 1.0), &["[1, 3]", "one shape"]);
    refused(|| triplet(&zeros(&[1, 3]), &zeros(&[1, 3]), &zeros(&[1, 3]), 0.0), &["margin of 0"]);
    refused(|| accuracy(&zeros(&[2, 3]), &array![0]), &["accuracy", "2 outputs for 1 labels"]);
    refused(|| accuracy(&zeros(&[2, 1]), &array![0, 1]), &["[2, 1]", "at least two", "train::evaluate"]);
    let nan = "row 1 of the outputs holds NaN, so it names no class";
    refused(|| Net::new(vec![]).classify(&array![[0.5, 0.1], [0.5, Real::NAN]]), &["classify", nan]);
    refused(|| Net::new(vec![]).classify(&array![[0.5]]), &["[1, 1]", "train::evaluate"]);
    refused(|| confusion(&[0], &array![0, 1], 2), &["confusion", "1 predictions for 2 labels"]);
    refused(|| confusion(&[2], &array![0], 2), &["class 0 taken for class 2", "2 classes"]);
    refused(|| confusion(&[0], &array![2], 2), &["class 2 taken for class 0", "2 classes"]);
    refused(|| brier(&Tensor::new(array![[2.0, -1.0]]), &array![0]), &["2 is not a probability"]);
}

#[test]
fn nets_and_initializers_refuse_what_does_not_fit() {
    fn digits() -> Net {
        Net::new(vec![Layer::linear(3, 2, &mut rng(1))])
    }
    refused(|| digits().forward(&Tensor::new(Array2::zeros((5, 4)))), &["linear", "[5, 4]", "[2, 3]"]);
    refused(|| digits().load_state(&example(1).state()), &["entry 0", "0.weight [2, 3]", "0.weight [16, 6]"]);
    refused(|| digits().load_state(&digits().state()[..1]), &["entry 1", "0.bias [2]", "no more"]);
    refused(|| Net::new(vec![Layer::reshape(1, 2, 2)]).predict(&Array2::zeros((5, 4))), &["[5, 1, 2, 2]", "flatten"]);
    refused(|| digits().accuracy(&Array2::zeros((5, 3)), &array![0]), &["5 outputs for 1 labels"]);
    refused(
        || digits().lsuv(&Tensor::new(Array2::zeros((5, 3))), &mut rng(1)),
        &["layer 0", "Linear(3 → 2)", "different"],
    );
    refused(|| Layer::dropout(1.0, &mut rng(1)), &["dropout(1)", "below 1"]);
    refused(|| Layer::relu().stride(2), &["stride(2)", "Relu"]);
    refused(|| Layer::max_pool(2).stride(0), &["at least 1"]);
    refused(|| Layer::max_pool(2).padding(1), &["padding(1)", "MaxPool"]);
    refused(|| Layer::flatten().without_bias(), &["Flatten has no bias"]);
    refused(|| Layer::flatten().momentum(0.1), &["running statistics"]);
    refused(|| Layer::batch_norm(2).momentum(1.1), &["momentum(1.1)", "0 to 1"]);
    refused(|| Activation::Gelu.gain(), &["Gelu", "lsuv"]);
    refused(|| fans(&[3]), &["[3]", "out × in"]);
    refused(|| Init::he().sample(&[3, 0], &mut rng(1)), &["[3, 0]"]);
    refused(|| Init::Normal { std: -1.0 }.sample(&[3], &mut rng(1)), &["std: -1", "at least 0"]);
    refused(|| Init::Uniform { bound: Real::NAN }.sample(&[3], &mut rng(1)), &["NaN", "finite"]);
    refused(|| Init::Constant(1.0).uniform(), &["Constant(1.0)"]);
    refused(|| Init::Constant(1.0).fan(Fan::In), &["fan"]);
    refused(|| Init::Constant(1.0).gain(2.0), &["gain(2)"]);
}

#[test]
fn images_pass_through_layers_of_every_kind() {
    let rng = &mut rng(1);
    let net = Net::new(vec![
        Layer::conv2d(3, 8, 3, rng).stride(2).padding(1),
        Layer::batch_norm(8),
        Layer::Activation(Activation::Elu(1.0)),
        Layer::max_pool(2),
        Layer::conv_transpose2d(8, 4, 2, rng).stride(2),
        Layer::avg_pool(2),
        Layer::flatten(),
        Layer::layer_norm(64),
        Layer::reshape(64, 1, 1),
    ]);
    let shapes: Vec<Vec<usize>> =
        net.forward_all(&Tensor::new(Array4::ones((2, 3, 16, 16)))).iter().map(Tensor::shape).collect();
    assert_eq!(shapes[0], [2, 8, 8, 8]);
    assert_eq!(shapes[3], [2, 8, 4, 4]);
    assert_eq!(shapes[4], [2, 4, 8, 8]);
    assert_eq!(shapes[7..], [vec![2, 64], vec![2, 64, 1, 1]]);
    let shown: Vec<String> = net.layers.iter().map(|layer| format!("{layer:?}")).collect();
    let expected = [
        "Conv2d(3 → 8, 3 × 3, stride 2, padding 1)",
        "BatchNorm(8, momentum 0.1)",
        "Elu(1.0)",
        "MaxPool(2 × 2, stride 2)",
        "ConvTranspose2d(8 → 4, 2 × 2, stride 2, padding 0)",
        "AvgPool(2 × 2, stride 2)",
        "Flatten",
        "LayerNorm(64)",
        "Reshape(64 × 1 × 1)",
    ];
    assert_eq!(shown, expected);
}
