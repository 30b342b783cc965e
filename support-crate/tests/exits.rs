//! Trainings that end before their time, and what they leave behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::{Duration, Instant};

use dl_interview::data::{Examples, moons, rng};
use dl_interview::models::cnn;
use dl_interview::nn::{Activation, Layer, Loss, Net};
use dl_interview::optim::{Optimizer, Schedule};
use dl_interview::system::{data_parallel, shards};
use dl_interview::tensor::{Real, Tensor};
use dl_interview::train::{Fit, evaluate, fit, fit_values, fit_with};
use ndarray::{Array1, Array2, array};

fn data() -> Examples {
    moons(100, 0.1, &mut rng(7))
}

/// A net with everything that remembers the batches it has seen.
fn net() -> Net {
    let rng = &mut rng(1);
    let layers = [Layer::linear(2, 12, rng), Layer::batch_norm(12), Layer::relu()];
    Net::new(layers.into_iter().chain([Layer::dropout(0.2, rng), Layer::linear(12, 2, rng)]).collect())
}

/// Three good epochs, then steps that lead out of all numbers.
fn explodes(may_diverge: bool) -> Fit {
    let schedule = Schedule::Step { every: 3 * 4, factor: Real::MAX.powf(0.8) };
    let optimizer = Optimizer::sgd(0.1);
    Fit { epochs: 10, batch: 25, optimizer, schedule, patience: Some(9), may_diverge, ..Fit::default() }
}

fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    *panic.downcast::<String>().expect("a message")
}

/// All that a net has learned, by name.
type State = Vec<(String, ndarray::ArrayD<Real>)>;

/// The state after each epoch of the training that `explodes`.
fn snapshots(net: &Net, may_diverge: bool) -> (Vec<State>, Option<usize>) {
    let mut states = Vec::new();
    let result = catch_unwind(AssertUnwindSafe(|| {
        fit_with(net, &data(), Some(&data()), &explodes(may_diverge), |_, net| states.push(net.state()))
    }));
    match result {
        Ok(history) => {
            assert!(history.diverged.is_some(), "it was to diverge: choose another rate");
            (states, history.best_epoch)
        }
        Err(panic) => {
            assert!(!may_diverge && message(panic).contains("Lower the learning rate"));
            (states, None)
        }
    }
}

#[test]
fn the_best_weights_come_back_after_a_divergence() {
    let net = net();
    let (states, best) = snapshots(&net, true);
    let best = best.unwrap();
    assert!((1..=3).contains(&best));
    assert_eq!(net.state(), states[best - 1]);
    assert!(evaluate(&net, &data(), &Loss::cross_entropy()).0 < 0.7);
}

#[test]
fn the_best_weights_come_back_after_a_panic() {
    let (by_history, by_panic) = (net(), net());
    snapshots(&by_history, true);
    snapshots(&by_panic, false);
    assert_eq!(by_panic.state(), by_history.state());
    // A panic of the reader's own.
    let (net, how) = (net(), Fit { epochs: 5, patience: Some(3), optimizer: Optimizer::sgd(3.0), ..Fit::default() });
    let mut losses = Vec::new();
    let _ = catch_unwind(AssertUnwindSafe(|| {
        fit_with(&net, &data(), Some(&data()), &how, |epoch, net| {
            losses.push(evaluate(net, &data(), &how.loss).0);
            assert!(epoch < 4);
        })
    }));
    let lowest = losses.iter().copied().fold(Real::INFINITY, Real::min);
    assert_eq!(losses.len(), 4);
    assert_eq!(evaluate(&net, &data(), &how.loss).0, lowest);
}

#[test]
fn a_step_that_is_not_taken_leaves_no_trace() {
    for number in [Real::NAN, Real::INFINITY] {
        let mut data = data();
        data.inputs[[17, 1]] = number;
        for may_diverge in [true, false] {
            let net = net();
            let how = Fit { batch: 100, may_diverge, ..Fit::default() };
            let before = (net.state(), net.clone().forward(&Tensor::new(Array2::ones((5, 2)))).value());
            let result = catch_unwind(AssertUnwindSafe(|| fit(&net, &data, None, &how)));
            assert_eq!(net.state(), before.0, "running statistics");
            assert_eq!(net.forward(&Tensor::new(Array2::ones((5, 2)))).value(), before.1, "the zeros of dropout");
            match result {
                Ok(history) => assert_eq!(history.diverged, Some((1, 1))),
                Err(panic) => {
                    let message = message(panic);
                    let wanted = format!("the inputs of training example 17 hold {number}, in column 1");
                    assert!(message.contains(&wanted) && !message.contains("Lower the learning rate"), "{message}");
                }
            }
        }
    }
}

#[test]
fn a_panic_in_the_middle_of_a_step_leaves_no_trace() {
    let (net, mut data) = (net(), data());
    data.labels[99] = 2; // there are two classes
    let before = net.state();
    assert!(catch_unwind(AssertUnwindSafe(|| fit(&net, &data, None, &Fit { batch: 100, ..Fit::default() }))).is_err());
    assert_eq!(net.state(), before);
}

#[test]
fn what_is_not_finite_is_named() {
    let values = |bad: Real| {
        let mut targets = Array2::zeros((10, 3));
        targets[[4, 2]] = bad;
        let net = Net::new(vec![Layer::linear(2, 3, &mut rng(1))]);
        let how = Fit { loss: Loss::Mse, ..Fit::default() };
        let inputs = Array2::ones((10, 2));
        message(catch_unwind(AssertUnwindSafe(|| fit_values(&net, (&inputs, &targets), None, &how))).unwrap_err())
    };
    for (bad, wanted) in [(Real::NAN, "NaN"), (Real::NEG_INFINITY, "-inf")] {
        let wanted = format!("the targets of training example 4 hold {wanted}, in column 2");
        assert!(values(bad).contains(&wanted), "{}", values(bad));
    }
    let net = net();
    net.parameters()[1].set_value(Array1::from_elem(12, Real::NAN).into_dyn());
    let panic = catch_unwind(AssertUnwindSafe(|| fit(&net, &data(), None, &Fit::default()))).unwrap_err();
    assert!(message(panic).contains("the net's 0.bias was not finite when the training began"));
}

#[test]
fn a_loss_of_probabilities_may_diverge_too() {
    let mut inputs = Array2::ones((10, 2));
    inputs[[3, 0]] = Real::NAN;
    let targets = Array2::ones((10, 1));
    let losses = [Loss::Mse, Loss::Mae, Loss::Huber { delta: 1.0 }, Loss::Bce, Loss::BceWithLogits, Loss::Hinge];
    for loss in losses {
        let last = if loss == Loss::Bce { Activation::Sigmoid } else { Activation::Identity };
        let net = Net::new(vec![Layer::linear(2, 1, &mut rng(1)), Layer::Activation(last)]);
        let how = Fit { loss, may_diverge: true, ..Fit::default() };
        let history = fit_values(&net, (&inputs, &targets), None, &how);
        assert_eq!(history.diverged, Some((1, 1)), "{loss:?}");
        assert!(history.step_loss[0].is_nan(), "{loss:?}: {}", history.step_loss[0]);
    }
    let p = Tensor::parameter(array![[Real::NAN, 0.5]]);
    let loss = Loss::Bce.of(&p, &array![[1.0, 0.0]]);
    loss.backward();
    assert!(loss.item().is_nan() && p.grad().unwrap()[[0, 0]].is_nan());
}

fn images() -> Examples {
    Examples { inputs: Array2::from_elem((32, 784), 0.5), labels: Array1::from_iter((0..32).map(|i| i % 10)) }
}

/// A convolutional net that is trained here, and then run by other threads.
#[test]
#[ignore = "run by the test below"]
fn convolutions_in_other_threads_after_a_training() {
    let build = || cnn(&mut rng(1));
    let net = build();
    fit(&net, &images(), None, &Fit { epochs: 1, batch: 16, ..Fit::default() });
    let parts =
        data_parallel(&net, build, &shards(&images(), 2), |y, batch| Loss::cross_entropy().of(y, &batch.labels));
    assert_eq!(parts.len(), 2);
    let outputs = std::thread::spawn(move || build().predict(&images().inputs)).join().unwrap();
    assert_eq!(outputs.nrows(), 32);
}

#[test]
fn one_processor_is_enough_for_other_threads() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "convolutions_in_other_threads_after_a_training", "--ignored"]);
    let mut child = command.env("RAYON_NUM_THREADS", "1").spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("the threads wait for each other");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success());
}

#[test]
fn what_a_diverged_net_gives_is_never_right() {
    let identity = Net::new(vec![]);
    let share = |inputs: Array2<Real>, loss: Loss| {
        evaluate(&identity, &Examples { inputs, labels: array![0, 1, 0, 1] }, &loss).1
    };
    let nan = Real::NAN;
    let two = array![[nan, 0.0], [0.0, nan], [1.0, 0.0], [0.0, 1.0]];
    assert_eq!(share(two, Loss::cross_entropy()), 0.5);
    for loss in [Loss::BceWithLogits, Loss::Mse] {
        assert_eq!(share(array![[nan], [nan], [-1.0], [1.0]], loss), 0.5);
    }
}
