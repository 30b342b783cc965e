//! What long calls print, with and without a clock. Each test looks at the output of another one, marked `ignore`.

use std::process::Command;
use std::time::Duration;

use dl_interview::data::{Examples, rng};
use dl_interview::models::mlp;
use dl_interview::nn::Activation;
use dl_interview::optim::{Optimizer, range_test};
use dl_interview::train::{Fit, fit, search};
use ndarray::{Array1, Array2, array};

/// The lines of the test `name` that tell how far it is.
fn lines(name: &str, clock: bool) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    match clock {
        true => command.env_remove("DLI_CLOCK"),
        false => command.env("DLI_CLOCK", "0"),
    };
    let done = command.output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    // The harness writes the name of the test in front of its first line.
    let text = text.replace(&format!("test {name} ... "), "");
    text.lines().filter(|line| line.contains("of ") && line.contains(" · ")).map(String::from).collect()
}

#[test]
fn without_a_clock_a_long_training_says_the_same_lines_everywhere() {
    let said = lines("long_training", false);
    assert_eq!(said.len(), 6, "{said:?}");
    for (i, line) in said.iter().enumerate() {
        assert!(line.starts_with(&format!("epoch {} · loss ", i + 1)) && line.ends_with(" % (of 6)"), "{line}");
    }
    assert_eq!(said, lines("long_training", false));
}

/// 6 · 400 · 4000 · 800 · 6 operations: enough to count as long.
fn train(epochs: usize) {
    let examples = Examples { inputs: Array2::ones((800, 400)), labels: Array1::zeros(800) };
    let net = mlp(&[400, 4000, 2], Activation::Relu, &mut rng(1));
    let how = Fit { epochs, batch: 400, optimizer: Optimizer::sgd(0.001), ..Fit::default() };
    fit(&net, &examples, None, &how);
}

#[test]
#[ignore = "run by the test above"]
fn long_training() {
    train(6);
}

#[test]
fn a_search_says_a_line_for_each_point_and_the_trainings_inside_none() {
    let said = lines("long_search", false);
    let expected =
        ["point 1 of 2 · score 1.0000 · best so far 1.0000", "point 2 of 2 · score 0.5000 · best so far 1.0000"];
    assert_eq!(said, expected);
}

#[test]
#[ignore = "run by the test above"]
fn long_search() {
    search(&array![[1.0], [0.5]], |point| {
        train(4);
        point[0]
    });
}

#[test]
fn short_calls_say_nothing() {
    assert!(lines("short_calls", false).is_empty());
    assert!(lines("short_calls", true).is_empty());
}

#[test]
#[ignore = "run by the test above"]
fn short_calls() {
    let examples = Examples { inputs: Array2::ones((100, 4)), labels: Array1::zeros(100) };
    search(&array![[1.0], [0.5]], |_| {
        fit(&mlp(&[4, 4, 2], Activation::Relu, &mut rng(1)), &examples, None, &Fit::default());
        1.0
    });
}

#[test]
fn the_clock_adds_how_much_time_is_left_and_finds_what_operations_do_not_tell() {
    let said = lines("slow_steps", true);
    let [line] = &said[..] else { panic!("{said:?}") };
    assert!(line.starts_with("step ") && line.ends_with(" s left"), "{line}");
    assert!(lines("slow_steps", false).is_empty());
}

#[test]
#[ignore = "run by the test above"]
fn slow_steps() {
    range_test(0.01, 1.0, 12, |_| {
        std::thread::sleep(Duration::from_millis(200));
        1.0
    });
}
