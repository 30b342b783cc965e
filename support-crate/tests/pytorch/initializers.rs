//! Gains, fans, and how weights are spread.

use dl_interview::data::rng;
use dl_interview::nn::{Activation, Fan, Init, fans};
use dl_interview::tensor::Real;

use crate::fixture::load;

#[test]
fn gains_and_fans_are_the_same() {
    let fixture = load("initializers");
    for (name, activation) in [
        ("linear", Activation::Identity),
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("relu", Activation::Relu),
        ("leaky_relu", Activation::LeakyRelu(0.2)),
        ("selu", Activation::Selu),
    ] {
        let expected = fixture["gains"][name].as_f64().unwrap();
        assert!((activation.gain() as f64 - expected).abs() < 1e-6, "{name}");
    }
    for case in fixture["fans"].as_array().unwrap() {
        let numbers = |i: usize| -> Vec<usize> {
            case[i].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
        };
        assert_eq!(fans(&numbers(0)), (numbers(1)[0], numbers(1)[1]));
    }
}

#[test]
fn weights_are_spread_the_same() {
    let fixture = load("initializers");
    let shape: Vec<usize> = fixture["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    for (seed, (name, init)) in [
        ("normal", Init::Normal { std: 0.3 }),
        ("uniform", Init::Uniform { bound: 0.3 }),
        ("he", Init::he()),
        ("he_uniform", Init::he().uniform()),
        ("he_out", Init::he().fan(Fan::Out)),
        ("he_leaky", Init::he().gain(Activation::LeakyRelu(0.2).gain())),
        ("xavier", Init::xavier()),
        ("xavier_uniform_tanh", Init::xavier().uniform().gain(Activation::Tanh.gain())),
        ("lecun", Init::lecun()),
        ("lecun_uniform", Init::lecun().uniform()),
        ("orthogonal", Init::Orthogonal { gain: 2.0 }),
    ]
    .into_iter()
    .enumerate()
    {
        let w = init.sample(&shape, &mut rng(seed as u64)).mapv(|w: Real| w as f64);
        let n = w.len() as f64;
        let expected = |key: &str| fixture["moments"][name][key].as_f64().unwrap();
        // Both sides are samples of n = 120 000. The margins are five standard errors of a difference of two: of the mean
        // √(2/n) σ, of the standard deviation √(1/n) σ at most, of the kurtosis √(2 · 24 / n).
        let (std, margin) = (w.std(1.0), 5.0 * (2.0 / n).sqrt());
        assert!((w.mean().unwrap() - expected("mean")).abs() < margin * std, "{name}: mean");
        assert!((std / expected("std") - 1.0).abs() < margin, "{name}: std {std} is not {}", expected("std"));
        let kurtosis = w.mapv(|w| w.powi(4)).mean().unwrap() / std.powi(4);
        assert!((kurtosis - expected("kurtosis")).abs() < margin * 24.0_f64.sqrt(), "{name}: kurtosis {kurtosis}");
        if kurtosis < 2.0 {
            let largest = w.iter().fold(0.0_f64, |largest, w| largest.max(w.abs()));
            assert!((largest / expected("max") - 1.0).abs() < 1e-3, "{name}: bound {largest}");
        }
    }
}
