//! The stop button: a signal that ends a training early, and keeps what there is.
//!
//! Each test runs another test of this file, marked `ignore`, in a process of its own, because a signal meets a whole
//! process, as it meets the one that runs a notebook's cells.

#![cfg(unix)]

use std::process::{Command, Output};

use dl_interview::data::{Examples, minibatches, moons, rng};
use dl_interview::landscape::{lanczos, line, random_direction, slice};
use dl_interview::models::{DeepBeliefNetwork, Rbm, RbmTraining, SiameseTraining, mlp, train_siamese};
use dl_interview::nn::{Activation, Loss, Net};
use dl_interview::notebook::over_seeds;
use dl_interview::optim::range_test;
use dl_interview::tensor::{Real, Tensor};
use dl_interview::train::{Fit, History, cross_validate, evaluate, fit, fit_with, is_interrupted, search};
use ndarray::{Array2, array};
use signal_hook::consts::SIGINT;

fn interrupt() {
    signal_hook::low_level::raise(SIGINT).unwrap();
}

/// Runs the test `name` of this file as a cell of a notebook, or as an ordinary program.
fn process(name: &str, cell: bool) -> Output {
    // Whoever runs the tests may ignore SIGINT (a job in the background does), and a child inherits that.
    let this = std::env::current_exe().unwrap();
    let mut command = Command::new(if cfg!(target_os = "linux") { "env".as_ref() } else { this.as_os_str() });
    if cfg!(target_os = "linux") {
        command.arg("--default-signal=INT").arg(&this);
    }
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]).env("DLI_CLOCK", "0");
    command.env_remove("EVCXR_IS_RUNTIME");
    if cell {
        command.env("EVCXR_IS_RUNTIME", "1");
    }
    command.output().unwrap()
}

/// The one line about the stop that the test `name` prints as a cell.
fn stopped(name: &str) -> String {
    let done = process(name, true);
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && text.contains("1 passed"), "{name}: {}\n{text}", done.status);
    let lines: Vec<_> = text.lines().filter_map(|line| line.split_once("Stopped at ")).collect();
    let [(_, line)] = lines[..] else { panic!("{name}: not one line about the stop:\n{text}") };
    line.strip_suffix('.').expect("the end of the line").into()
}

fn data() -> Examples {
    moons(200, 0.1, &mut rng(7))
}

fn net() -> Net {
    mlp(&[2, 12, 2], Activation::Relu, &mut rng(1))
}

fn how() -> Fit {
    Fit { epochs: 10, batch: 20, ..Fit::default() }
}

/// A training that is interrupted after the third epoch, and so ends after the first step of the fourth.
fn interrupted(net: &Net, how: &Fit) -> History {
    fit_with(net, &data(), Some(&data()), how, |epoch, _| {
        if epoch == 3 {
            interrupt();
        }
    })
}

#[test]
fn a_training_ends_after_its_step_and_keeps_what_there_is() {
    assert_eq!(stopped("cell_fit"), "epoch 4 of 10, step 1 of 10: what was learned until then is kept");
}

#[test]
#[ignore = "run by the test above"]
fn cell_fit() {
    let (whole, part) = (net(), net());
    let all = fit(&whole, &data(), Some(&data()), &Fit { epochs: 3, ..how() });
    let history = interrupted(&part, &how());
    assert_eq!((history.stopped, history.epochs(), history.step_loss.len()), (Some((4, 1)), 4, 31));
    for per_epoch in [&history.train_loss, &history.train_accuracy, &history.valid_loss, &history.valid_accuracy] {
        assert_eq!(per_epoch.len(), 4);
    }
    for per_epoch in [&history.grad_norms, &history.update_ratios, &history.dead_units] {
        assert_eq!(per_epoch.len(), 4);
    }
    assert_eq!(history.step_loss[..30], all.step_loss);
    assert_eq!(history.train_loss[3], history.step_loss[30]); // the mean over one batch
    assert_eq!(history.valid_loss[3], evaluate(&part, &data(), &Loss::cross_entropy()).0);
    assert!(history.to_string().ends_with("stopped after step 1"), "{history}");
    println!("before the second");
    // The reader wants the cell to end: what comes later in it makes one step, which keeps everything well-formed.
    let later = fit(&net(), &data(), None, &how());
    assert_eq!((later.stopped, later.step_loss.len(), later.train_loss.len()), (Some((1, 1)), 1, 1));
    fit(&net(), &data(), None, &how());
    assert!(is_interrupted());
}

#[test]
fn what_else_a_cell_trains_is_said_to_end_too_once() {
    let text = String::from_utf8(process("cell_fit", true).stdout).unwrap();
    let (first, later) = text.split_once("before the second").unwrap();
    assert!(!first.contains("ends at once"), "{text}");
    assert_eq!(later.matches("What else this cell trains ends at once.").count(), 1, "{text}");
}

#[test]
fn the_best_weights_come_back_as_usual() {
    stopped("cell_patience");
}

#[test]
#[ignore = "run by the test above"]
fn cell_patience() {
    let net = net();
    // So high a rate that the validation loss goes up and down.
    let optimizer = dl_interview::optim::Optimizer::sgd(20.0);
    let history = interrupted(&net, &Fit { patience: Some(10), optimizer, ..how() });
    let best = history.best_epoch.unwrap();
    assert!(best < 4, "the last epoch is the best: this test shows nothing, choose another rate");
    assert_eq!(evaluate(&net, &data(), &Loss::cross_entropy()).0, history.valid_loss[best - 1]);
}

#[test]
fn a_search_ends_with_the_training_inside_and_leaves_that_out() {
    assert_eq!(stopped("cell_search"), "point 3 of 5: the scores of the points before are kept");
    let only = "point 1 of 5: its score, the only one, is that of an unfinished training";
    assert_eq!(stopped("cell_search_at_once"), only);
}

fn searched(interrupted_at: Real) -> dl_interview::train::Search {
    search(&array![[1.0], [2.0], [3.0], [4.0], [5.0]], |point| {
        if point[0] == interrupted_at {
            interrupt();
        }
        fit(&net(), &data(), None, &how());
        point[0]
    })
}

#[test]
#[ignore = "run by the test above"]
fn cell_search() {
    let found = searched(3.0);
    assert_eq!((found.points, found.scores, found.best), (array![[1.0], [2.0]], vec![1.0, 2.0], 1));
}

#[test]
#[ignore = "run by the test above"]
fn cell_search_at_once() {
    assert_eq!(searched(1.0).scores, [1.0]);
}

#[test]
fn a_cross_validation_ends() {
    assert_eq!(stopped("cell_cross_validate"), "fold 3 of 5: the scores of the folds before are kept");
}

#[test]
#[ignore = "run by the test above"]
fn cell_cross_validate() {
    let mut fold = 0;
    let scores = cross_validate(&data(), 5, &mut rng(1), |train, valid| {
        fold += 1;
        if fold == 3 {
            interrupt();
        }
        fit(&net(), train, Some(valid), &how());
        fold as Real
    });
    assert_eq!((scores, fold), (vec![1.0, 2.0], 3));
}

#[test]
fn a_range_test_ends() {
    assert_eq!(stopped("cell_range_test"), "rate 1.00e-2, step 2 of 4: the losses until then are kept");
}

#[test]
#[ignore = "run by the test above"]
fn cell_range_test() {
    let (rates, losses) = range_test(0.001, 1.0, 4, |rate| {
        if rate > 0.005 {
            interrupt();
        }
        1.0
    });
    assert_eq!((rates.len(), losses.len()), (2, 2));
}

#[test]
fn boltzmann_machines_end() {
    assert_eq!(stopped("cell_rbm"), "epoch 3 of 10, step 1 of 4: what was learned until then is kept");
    assert_eq!(stopped("cell_dbn"), "machine 1 of 2, epoch 1 of 10, step 1 of 4: what was learned until then is kept");
}

fn patterns() -> Array2<Real> {
    Array2::from_shape_fn((12, 4), |(i, j)| ((i + j) % 2) as Real)
}

#[test]
#[ignore = "run by the test above"]
fn cell_rbm() {
    let (mut rbm, mut epochs) = (Rbm::new(4, 3, &mut rng(1)), 0);
    let errors = rbm.train_with(&patterns(), &RbmTraining { batch: 3, ..Default::default() }, &mut rng(1), |_| {
        epochs += 1;
        if epochs == 2 {
            interrupt();
        }
    });
    assert_eq!((errors.len(), epochs), (3, 3));
    assert!((errors[2] - 0.25).abs() < 0.05, "{errors:?}"); // the mean over one batch, not a quarter of it
}

#[test]
#[ignore = "run by the test above"]
fn cell_dbn() {
    assert!(!is_interrupted()); // listens from here on
    interrupt();
    let mut network = DeepBeliefNetwork::new(&[4, 3, 2], &mut rng(1));
    let untrained = network.layers[1].clone();
    let errors = network.pretrain(&patterns(), &RbmTraining { batch: 3, ..Default::default() }, &mut rng(1));
    assert_eq!((errors.len(), errors[0].len()), (1, 1));
    assert!(network.layers[1] == untrained);
}

#[test]
fn a_siamese_training_ends() {
    assert_eq!(stopped("cell_siamese"), "step 1 of 50: what was learned until then is kept");
}

#[test]
#[ignore = "run by the test above"]
fn cell_siamese() {
    assert!(!is_interrupted());
    interrupt();
    let knobs = SiameseTraining { steps: 50, ..Default::default() };
    assert_eq!(train_siamese(&net(), &data(), &knobs, &mut rng(1)).len(), 1);
}

#[test]
fn a_look_at_the_landscape_ends() {
    assert_eq!(stopped("cell_line"), "α = 0.5: the losses until there are kept");
    assert_eq!(stopped("cell_slice"), "row 2 of 3: the losses until there are kept");
    assert_eq!(stopped("cell_lanczos"), "step 2 of 10: what was found until then is kept");
}

/// A loss that is interrupted when it is asked for the `n`-th time.
fn loss(params: &[Tensor], n: usize) -> impl Fn() -> Tensor {
    let calls = std::cell::Cell::new(0);
    move || {
        calls.set(calls.get() + 1);
        if calls.get() == n {
            interrupt();
        }
        (&params[0] * &params[0]).sum()
    }
}

#[test]
#[ignore = "run by the test above"]
fn cell_line() {
    let params = [Tensor::parameter(array![[1.0, 2.0]])];
    let to = random_direction(&params, &mut rng(1));
    let (alphas, losses) = line(&params, &[params[0].value()], &to, 4, loss(&params, 3));
    assert_eq!((alphas, losses.len()), (vec![0.0, 0.25, 0.5], 3));
    assert_eq!(params[0].value(), array![[1.0, 2.0]].into_dyn());
}

#[test]
#[ignore = "run by the test above"]
fn cell_slice() {
    let params = [Tensor::parameter(array![[1.0, 2.0]])];
    let direction = random_direction(&params, &mut rng(1));
    let grid = slice(&params, &direction, &direction, 1.0, 3, loss(&params, 5));
    assert_eq!(grid.iter().map(|loss| loss.is_nan()).collect::<Vec<_>>(), [[false; 5].as_slice(), &[true; 4]].concat());
    assert_eq!(params[0].value(), array![[1.0, 2.0]].into_dyn());
}

#[test]
#[ignore = "run by the test above"]
fn cell_lanczos() {
    let params = [Tensor::parameter(Array2::from_shape_fn((5, 5), |(i, j)| (i * 5 + j) as Real))];
    let cubic = |interrupted: &dyn Fn() -> Tensor| interrupted() * (&params[0] * &params[0] * &params[0]).sum();
    let interrupted = loss(&params, 3); // each step takes two gradients
    assert_eq!(lanczos(&params, 10, &mut rng(1), || cubic(&interrupted)).len(), 2);
}

#[test]
fn an_interrupt_after_a_training_ends_nothing() {
    let done = process("cell_afterwards", true);
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && text.contains("still here"), "{}\n{text}", done.status);
    assert!(!text.contains("Stopped"), "{text}");
}

#[test]
#[ignore = "run by the test above"]
fn cell_afterwards() {
    let history = fit(&net(), &data(), None, &how());
    assert_eq!((history.stopped, history.epochs()), (None, 10));
    interrupt();
    interrupt();
    println!("still here");
}

#[test]
fn ctrl_c_ends_an_ordinary_program_as_ever() {
    use std::os::unix::process::ExitStatusExt;
    let done = process("cell_afterwards", false);
    assert_eq!(done.status.signal(), Some(SIGINT), "{done:?}");
}

#[test]
fn a_loop_over_mini_batches_ends_after_the_batch_at_hand() {
    assert_eq!(stopped("cell_minibatches"), "mini-batch 3 of 10: what was learned until then is kept");
}

#[test]
#[ignore = "run by the test above"]
fn cell_minibatches() {
    let (mut order, mut batches) = (rng(1), 0);
    for _epoch in 0..5 {
        for batch in minibatches(100, 10, &mut order) {
            batches += 1;
            assert_eq!(batch.len(), 10);
            if batches == 3 {
                interrupt();
            }
        }
    }
    // Three of the first epoch, and one of each later one: no loop is empty, and a mean over it is one of something.
    assert_eq!(batches, 3 + 4);
    // An endless chain of epochs still gives as many batches as are taken.
    assert_eq!((0..).flat_map(|_| minibatches(100, 10, &mut order)).take(7).count(), 7);
}

#[test]
fn runs_under_several_seeds_keep_those_that_were_complete() {
    assert_eq!(stopped("cell_over_seeds"), "seed 44 (3 of 5): the runs before are kept");
}

#[test]
#[ignore = "run by the test above"]
fn cell_over_seeds() {
    let runs = over_seeds(5, |seed| {
        if seed == 44 {
            interrupt();
        }
        seed as f64
    });
    assert_eq!((runs.seeds(), runs.last()), (vec![42, 43], vec![42.0, 43.0]));
    let later = std::panic::catch_unwind(|| over_seeds(2, |seed| seed as f64));
    assert!(later.unwrap_err().downcast_ref::<&str>().unwrap().contains("stopped in the first run"));
}
