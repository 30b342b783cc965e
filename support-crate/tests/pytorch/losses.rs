//! Losses and their gradients.

use dl_interview::nn::{Loss, Targets, contrastive, triplet};
use dl_interview::tensor::{Real, Tensor};
use ndarray::{Array1, arr0};
use serde_json::Value;

use crate::fixture::{array, assert_close, load};

/// Computes the loss of the fixture's inputs, and compares it and the gradient of each.
fn assert_same(fixture: &Value, name: &str, loss: impl Fn(&[Tensor]) -> Tensor) {
    let expected = &fixture[name];
    let all = |key: &str| expected[key].as_array().unwrap().iter();
    let inputs: Vec<Tensor> = all("inputs").map(|x| Tensor::parameter(array(x))).collect();
    let loss = loss(&inputs);
    loss.backward();
    assert_close(name, &loss.value(), &arr0(expected["loss"].as_f64().unwrap() as Real).into_dyn());
    for (input, gradient) in inputs.iter().zip(all("gradients")) {
        assert_close(&format!("gradient of {name}"), &input.grad().unwrap(), &array(gradient));
    }
}

#[test]
fn losses_are_the_same() {
    let fixture = load("losses");
    let values = |key: &str| Targets::Values(Tensor::new(array(&fixture[key])));
    let labels: Array1<usize> =
        fixture["labels"].as_array().unwrap().iter().map(|label| label.as_u64().unwrap() as usize).collect();
    let labels = Targets::Classes(labels);
    for (name, loss, targets) in [
        ("mse", Loss::Mse, values("y")),
        ("mae", Loss::Mae, values("y")),
        ("huber", Loss::Huber { delta: 0.7 }, values("y")),
        ("bce", Loss::Bce, values("targets")),
        ("bce_wrong", Loss::Bce, values("wrong")),
        ("bce_with_logits", Loss::BceWithLogits, values("targets")),
        ("cross_entropy", Loss::cross_entropy(), labels.clone()),
        ("cross_entropy_smooth", Loss::CrossEntropy { smoothing: 0.1 }, labels.clone()),
        ("cross_entropy_soft", Loss::cross_entropy(), values("soft")),
        ("cross_entropy_soft_smooth", Loss::CrossEntropy { smoothing: 0.3 }, values("soft")),
        ("hinge", Loss::Hinge, values("signs")),
        ("multi_hinge", Loss::MultiHinge, labels.clone()),
    ] {
        assert_same(&fixture, name, |inputs| loss.of(&inputs[0], &targets));
    }
}

#[test]
fn losses_on_distances_are_the_same() {
    let fixture = load("losses");
    let same: Vec<bool> = fixture["same"].as_array().unwrap().iter().map(|same| same.as_bool().unwrap()).collect();
    assert_same(&fixture, "contrastive", |x| contrastive(&x[0], &x[1], &same, 2.0));
    assert_same(&fixture, "triplet", |x| triplet(&x[0], &x[1], &x[2], 0.5));
}
