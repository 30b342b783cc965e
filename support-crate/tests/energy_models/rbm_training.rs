use dl_interview::data::rng;
use dl_interview::models::{Rbm, RbmGradient, RbmTraining};
use dl_interview::tensor::Real;
use ndarray::{Array1, Array2, Axis, array};

use super::{bars_and_stripes, lively};

/// The largest difference between two gradients.
fn distance(a: &RbmGradient, b: &RbmGradient) -> Real {
    let all = |g: &RbmGradient| -> Vec<Real> {
        g.weights.iter().chain(&g.visible_bias).chain(&g.hidden_bias).copied().collect()
    };
    all(a).iter().zip(all(b)).map(|(a, b)| (a - b).abs()).fold(0.0, Real::max)
}

/// A machine that likes all units on, likes all off less, and whose chains take some steps from one to the other.
fn two_minded() -> Rbm {
    let mut rbm = lively(4, 3, &mut rng(9));
    rbm.weights = rbm.weights * 0.1 + 1.2;
    rbm.visible_bias = rbm.visible_bias * 0.1 - 1.6;
    rbm.hidden_bias = rbm.hidden_bias * 0.1 - 2.2;
    rbm
}

/// 40 000 rows: noise in the estimates below 5 · 0.5 / √40 000 = 0.0125.
fn many(patterns: &Array2<Real>) -> Array2<Real> {
    Array2::from_shape_fn((40_000, patterns.ncols()), |(row, unit)| patterns[[row % patterns.nrows(), unit]])
}

#[test]
fn contrastive_divergence_approaches_the_gradient_with_more_steps() {
    let rbm = two_minded();
    let data = many(&array![[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    let (exact, mut rng) = (rbm.log_likelihood_gradient(&data), rng(2));
    let error = |k, rng: &mut _| distance(&rbm.contrastive_divergence(&data, k, rng), &exact);
    let (one, three, many) = (error(1, &mut rng), error(3, &mut rng), error(60, &mut rng));
    println!("{one} {three} {many}");
    assert!(many < 0.0125, "{many}");
    // With few steps it is biased, by much more than the noise.
    assert!(one > 0.1 && one > three + 0.03 && three > many, "{one} {three} {many}");
}

/// Training whose rate is too small to move the machine adds up estimates of the gradient at one place. Persistent
/// chains come to equilibrium there, so that the sum is the gradient; one step from the data stays biased.
#[test]
fn persistent_chains_reach_the_gradient_one_step_at_a_time() {
    let rbm = two_minded();
    let data = array![[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    let exact = rbm.log_likelihood_gradient(&data);
    let mean_estimate = |persistent| {
        let (mut moved, lr, epochs) = (rbm.clone(), 2e-5, 1000);
        // Two rows in a batch of up to 500: 500 chains.
        let knobs = RbmTraining { epochs, batch: 500, lr, persistent, ..Default::default() };
        moved.train(&data, &knobs, &mut rng(3));
        let scale = 1.0 / (lr * epochs as Real);
        RbmGradient {
            weights: (&moved.weights - &rbm.weights) * scale,
            visible_bias: (&moved.visible_bias - &rbm.visible_bias) * scale,
            hidden_bias: (&moved.hidden_bias - &rbm.hidden_bias) * scale,
        }
    };
    let (persistent, restarted) = (distance(&mean_estimate(true), &exact), distance(&mean_estimate(false), &exact));
    println!("{persistent} {restarted}");
    assert!(persistent < 0.03, "{persistent}");
    assert!(restarted > 0.1, "{restarted}");
}

/// The log-likelihood of bars and stripes before and after 4000 steps on all 14 patterns.
fn learn_bars_and_stripes(seed: u64, knobs: &RbmTraining) -> (Real, Real) {
    let (data, mut rng) = (bars_and_stripes(), rng(seed));
    let mut rbm = Rbm::new(9, 12, &mut rng);
    let before = rbm.log_likelihood(&data);
    rbm.train(&data, &RbmTraining { epochs: 4000, ..knobs.clone() }, &mut rng);
    (before, rbm.log_likelihood(&data))
}

#[test]
fn bars_and_stripes_are_learned() {
    let cd = RbmTraining::default();
    let pcd = RbmTraining { persistent: true, lr: 0.05, ..Default::default() };
    let momentum = RbmTraining { lr: 0.05, momentum: 0.5, ..Default::default() };
    let ceiling = -(14.0 as Real).ln();
    for seed in 1..=3 {
        for knobs in [&cd, &pcd, &momentum] {
            let (before, after) = learn_bars_and_stripes(seed, knobs);
            println!("seed {seed}: {before} → {after} with {knobs:?}");
            assert!((before + 9.0 * (2.0 as Real).ln()).abs() < 0.05, "seed {seed}: {before}");
            assert!(after >= before + 2.0 && after <= ceiling, "seed {seed}: {before} → {after} with {knobs:?}");
        }
    }
}

#[test]
fn what_was_learned_has_the_lower_free_energy() {
    let (data, mut rng) = (bars_and_stripes(), rng(1));
    let mut rbm = Rbm::new(9, 12, &mut rng);
    rbm.train(&data, &RbmTraining { epochs: 4000, ..Default::default() }, &mut rng);
    let noise = Rbm::new(9, 1, &mut rng).sample(500, 1, &mut rng);
    let mean = |images: &Array2<Real>| rbm.free_energy(images).mean().unwrap();
    assert!(mean(&data) + 4.0 < mean(&noise), "{} {}", mean(&data), mean(&noise));
    // What it makes up is mostly bars and stripes, of which noise has 14 in 512.
    let samples = rbm.sample(500, 200, &mut rng);
    let known = samples.rows().into_iter().filter(|image| data.rows().into_iter().any(|row| row == *image)).count();
    assert!(known > 250, "{known} of 500");
}

#[test]
fn momentum_multiplies_a_steady_step() {
    // Saturated units, so that every estimate is the same: the pixel is off in the data and always on in the samples.
    let start = Rbm { weights: array![[0.0]], visible_bias: array![1000.0], hidden_bias: array![-1000.0] };
    let data = array![[0.0]];
    for (momentum, total) in [(0.0, 3.0), (0.5, 1.0 + 1.5 + 1.75)] {
        let mut rbm = start.clone();
        let knobs = RbmTraining { epochs: 3, lr: 1.0, momentum, ..Default::default() };
        rbm.train(&data, &knobs, &mut rng(1));
        assert_eq!(rbm.visible_bias[0], 1000.0 - total);
    }
}

#[test]
fn weight_decay_pulls_the_weights_alone() {
    // Hidden unit off and pixel as in the data: without decay nothing would change.
    let mut rbm = Rbm { weights: array![[8.0]], visible_bias: array![1000.0], hidden_bias: array![-1000.0] };
    let knobs = RbmTraining { epochs: 2, lr: 0.5, weight_decay: 0.5, ..Default::default() };
    rbm.train(&array![[1.0]], &knobs, &mut rng(1));
    assert_eq!(rbm.weights[[0, 0]], 8.0 * 0.75 * 0.75);
    assert_eq!((rbm.visible_bias[0], rbm.hidden_bias[0]), (1000.0, -1000.0));
}

#[test]
fn each_example_counts_the_same_in_the_error() {
    // The machine reconstructs zeros; two batches of 2 and 1 with squared errors 1, 0 and 0.25.
    let off = Rbm { weights: array![[0.0]], visible_bias: array![-1000.0], hidden_bias: array![0.0] };
    let knobs = RbmTraining { epochs: 1, batch: 2, lr: 0.0, ..Default::default() };
    let errors = off.clone().train(&array![[1.0], [0.0], [0.5]], &knobs, &mut rng(1));
    assert!((errors[0] - 1.25 / 3.0).abs() < 1e-6, "{errors:?}");
}

#[test]
fn the_same_seed_learns_the_same_and_no_epoch_nothing() {
    let data = bars_and_stripes();
    let train = |seed, epochs| {
        let mut rng = rng(seed);
        let mut rbm = Rbm::new(9, 4, &mut rng);
        let knobs = RbmTraining { epochs, batch: 5, ..Default::default() };
        let errors = rbm.train(&data, &knobs, &mut rng);
        (rbm, errors)
    };
    assert_eq!(train(1, 3), train(1, 3));
    assert_ne!(train(1, 3), train(2, 3));
    assert_eq!(train(1, 0), (Rbm::new(9, 4, &mut rng(1)), vec![]));
}

#[test]
fn the_observer_sees_the_machine_after_each_epoch() {
    let (data, knobs) = (bars_and_stripes(), RbmTraining { epochs: 3, ..Default::default() });
    let mut seen = Vec::new();
    let mut watched = Rbm::new(9, 4, &mut rng(1));
    let mut alone = watched.clone();
    watched.train_with(&data, &knobs, &mut rng(2), |rbm| seen.push(rbm.clone()));
    alone.train(&data, &knobs, &mut rng(2));
    assert_eq!((seen.len(), seen.last()), (3, Some(&watched)));
    assert_eq!(watched, alone);
    assert_ne!(seen[0], seen[1]);
}

#[test]
fn reconstruction_is_the_mean_field() {
    let rbm = lively(4, 3, &mut rng(1));
    let v = array![[1.0, 0.0, 1.0, 0.0]];
    let sigmoid = |x: Real| 1.0 / (1.0 + (-x).exp());
    let hidden: Array1<Real> = (v.row(0).dot(&rbm.weights) + &rbm.hidden_bias).mapv(sigmoid);
    let expected = (rbm.weights.dot(&hidden) + &rbm.visible_bias).mapv(sigmoid);
    let measured = rbm.reconstruct(&v);
    assert!((&measured.index_axis(Axis(0), 0) - &expected).iter().all(|d| d.abs() < 4.0 * Real::EPSILON));
}

fn train_with_knobs(knobs: RbmTraining) {
    Rbm::new(9, 2, &mut rng(1)).train(&bars_and_stripes(), &knobs, &mut rng(1));
}

#[test]
#[should_panic(expected = "a batch of 0")]
fn a_batch_of_0_is_refused() {
    train_with_knobs(RbmTraining { batch: 0, ..Default::default() });
}

#[test]
#[should_panic(expected = "with k = 0")]
fn no_gibbs_step_is_refused() {
    train_with_knobs(RbmTraining { k: 0, ..Default::default() });
}

#[test]
#[should_panic(expected = "learning rate of NaN")]
fn a_rate_that_is_no_number_is_refused() {
    train_with_knobs(RbmTraining { lr: Real::NAN, ..Default::default() });
}

#[test]
#[should_panic(expected = "momentum 1; give one from 0 to below 1")]
fn momentum_of_1_is_refused() {
    train_with_knobs(RbmTraining { momentum: 1.0, ..Default::default() });
}

#[test]
#[should_panic(expected = "weight_decay -1")]
fn negative_weight_decay_is_refused() {
    train_with_knobs(RbmTraining { weight_decay: -1.0, ..Default::default() });
}

#[test]
#[should_panic(expected = "train: 255 is no state of a binary unit; scale the values to 0..=1")]
fn unscaled_pixels_are_refused() {
    Rbm::new(1, 2, &mut rng(1)).train(&array![[255.0]], &RbmTraining::default(), &mut rng(1));
}

#[test]
#[should_panic(expected = "train: there is no example")]
fn no_examples_are_refused() {
    Rbm::new(1, 2, &mut rng(1)).train(&Array2::zeros((0, 1)), &RbmTraining::default(), &mut rng(1));
}
