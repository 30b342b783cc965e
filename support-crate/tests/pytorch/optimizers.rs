//! Optimizers and schedules.

use dl_interview::optim::{Optimizer, Schedule};
use dl_interview::tensor::{Real, Tensor};
use ndarray::{Array, Array1, ArrayD, Axis, IxDyn, concatenate};
use serde_json::Value;

use super::fixture::{array, assert_close, load};

const SHAPES: [&[usize]; 2] = [&[2, 3], &[2]];

/// An array for each parameter, from the running number of each weight.
fn from_numbers(f: impl Fn(f64) -> f64) -> [ArrayD<Real>; 2] {
    let mut i = -1.0;
    SHAPES.map(|shape| {
        Array::from_shape_simple_fn(IxDyn(shape), || {
            i += 1.0;
            f(i) as Real
        })
    })
}

fn optimizer(settings: &Value) -> Optimizer {
    let number = |key: &str| settings[key].as_f64().map(|x| x as Real);
    let (lr, decay) = (number("lr").unwrap(), number("weight_decay"));
    let mut optimizer = match settings["rule"].as_str().unwrap() {
        "sgd" => Optimizer::sgd(lr),
        "ada_grad" => Optimizer::ada_grad(lr),
        "rms_prop" => Optimizer::rms_prop(lr).rho(number("alpha").unwrap()),
        "adam" => Optimizer::adam(lr),
        "adam_w" => Optimizer::adam_w(lr, decay.unwrap()),
        other => panic!("{other}"),
    };
    if let Some(momentum) = number("momentum") {
        optimizer = optimizer.momentum(momentum);
    }
    if settings["nesterov"] == true {
        optimizer = optimizer.nesterov();
    }
    if let Some(decay) = decay {
        optimizer = optimizer.weight_decay(decay);
    }
    if let Some(betas) = settings["betas"].as_array() {
        let [beta1, beta2] = [0, 1].map(|i| betas[i].as_f64().unwrap() as Real);
        optimizer = optimizer.betas(beta1, beta2);
    }
    if let Some(epsilon) = number("eps") {
        optimizer = optimizer.epsilon(epsilon);
    }
    if let Some(max) = number("clip_norm") {
        optimizer = optimizer.clip_norm(max);
    }
    if let Some(max) = number("clip_value") {
        optimizer = optimizer.clip_value(max);
    }
    optimizer
}

/// The weights after each step, steps × 8; minus the weights at the start, so that no step is too small to be seen.
fn moved(settings: &Value) -> ArrayD<Real> {
    let start = from_numbers(f64::cos);
    let params = start.clone().map(Tensor::parameter);
    let mut optimizer = optimizer(settings);
    let mut rows = Vec::new();
    for step in 0..5 {
        let waves = from_numbers(|i| 3.0 * (1.7 * i + 0.9 * f64::from(step)).sin());
        for (param, wave) in params.iter().zip(waves) {
            param.set_grad(wave + param.value() / 2.0);
        }
        if settings["skip"] == true && step < 2 {
            params[1].zero_grad();
        }
        optimizer.step(&params);
        let row = params.iter().zip(&start).flat_map(|(param, start)| param.value() - start).collect();
        rows.push(Array::from_shape_vec((1, 8), row).unwrap());
    }
    concatenate(Axis(0), &rows.iter().map(|row| row.view()).collect::<Vec<_>>()).unwrap().into_dyn()
}

#[test]
fn five_steps_of_every_optimizer() {
    let fixture = load("optimizers");
    let runs = fixture["runs"].as_array().unwrap();
    assert!(runs.len() > 20);
    let start: Array1<Real> = from_numbers(f64::cos).into_iter().flatten().collect();
    for run in runs {
        let settings = &run["settings"];
        assert_close(&settings.to_string(), &moved(settings), &(array(&run["after"]) - &start));
    }
}

#[test]
fn the_rates_of_every_schedule() {
    let cosine = Schedule::Cosine { to: 0.001 };
    for (name, schedule) in [
        ("constant", Schedule::Constant),
        ("step", Schedule::Step { every: 3, factor: 0.5 }),
        ("exponential", Schedule::Exponential { factor: 0.9 }),
        ("cosine", cosine.clone()),
        ("one cycle", Schedule::OneCycle { peak_at: 0.3 }),
        ("one cycle, late", Schedule::OneCycle { peak_at: 0.7 }),
        ("warm-up", Schedule::WarmUp { steps: 5, then: Box::new(Schedule::Constant) }),
        ("warm-up, cosine", Schedule::WarmUp { steps: 5, then: Box::new(cosine) }),
    ] {
        let expected = array(&load("optimizers")["schedules"][name]);
        let total = expected.len();
        let rates: Vec<Real> = (0..total).map(|step| schedule.rate(0.1, step, total)).collect();
        assert_close(name, &Array::from_vec(rates).into_dyn(), &expected);
    }
}
