use dl_interview::data::rng;
use dl_interview::models::{BoltzmannGradient, BoltzmannMachine, binary_states};
use dl_interview::tensor::Real;
use ndarray::{Array1, Array2, Axis, array, concatenate, s};

use super::{DIFFERENCE_ERROR, assert_frequencies, central_difference, lively, relative_error};

/// Fully connected, with biases too.
fn lively_machine(visible: usize, hidden: usize, seed: u64) -> BoltzmannMachine {
    let machine = BoltzmannMachine::random(visible, hidden, 1.0, &mut rng(seed));
    let biases = lively(visible + hidden, 1, &mut rng(seed + 1)).visible_bias;
    BoltzmannMachine::new(machine.weights().clone(), biases, visible)
}

#[test]
fn the_energy_counts_each_pair_once() {
    let machine =
        BoltzmannMachine::new(array![[0.0, 2.0, 3.0], [2.0, 0.0, 5.0], [3.0, 5.0, 0.0]], array![7.0, 11.0, 13.0], 2);
    assert_eq!(machine.energy(&array![[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]), array![-41.0, -23.0]);
}

#[test]
fn without_connections_inside_a_layer_it_is_the_restricted_one() {
    let rbm = lively(4, 3, &mut rng(1));
    let machine = BoltzmannMachine::from_rbm(&rbm);
    let (tolerance, data) = (50.0 * Real::EPSILON, array![[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]]);
    assert!((machine.log_partition() - rbm.log_partition()).abs() < tolerance);
    assert!((machine.log_likelihood(&data) - rbm.log_likelihood(&data)).abs() < tolerance);
    let (v, h) = (data.slice(s![..1, ..]).to_owned(), array![[1.0, 1.0, 0.0]]);
    let together = concatenate![Axis(1), v, h];
    assert!((machine.energy(&together)[0] - rbm.energy(&v, &h)[0]).abs() < tolerance);
    let (general, restricted) = (machine.log_likelihood_gradient(&data), rbm.log_likelihood_gradient(&data));
    let between = general.weights.slice(s![..4, 4..]);
    assert!((&between - &restricted.weights).iter().all(|d| d.abs() < tolerance));
    assert!((&general.biases.slice(s![..4]) - &restricted.visible_bias).iter().all(|d| d.abs() < tolerance));
    assert!((&general.biases.slice(s![4..]) - &restricted.hidden_bias).iter().all(|d| d.abs() < tolerance));
}

#[test]
fn the_gradient_is_that_of_the_log_likelihood() {
    for (visible, hidden) in [(3, 2), (4, 0)] {
        let machine = lively_machine(visible, hidden, 3);
        let data = binary_states(visible).slice(s![1..4, ..]).to_owned();
        let gradient = machine.log_likelihood_gradient(&data);
        let units = visible + hidden;
        let slope = |weights: &Array2<Real>, biases: &Array1<Real>| {
            central_difference(|h| {
                let (weights, biases) = (machine.weights() + weights * h, machine.biases() + biases * h);
                BoltzmannMachine::new(weights, biases, visible).log_likelihood(&data)
            })
        };
        let weights = Array2::from_shape_fn((units, units), |(i, j)| {
            let mut pair = Array2::zeros((units, units));
            if i != j {
                pair[[i, j]] = 1.0;
                pair[[j, i]] = 1.0;
            }
            slope(&pair, &Array1::zeros(units))
        });
        let biases = Array1::from_shape_fn(units, |i| {
            let one = Array1::from_shape_fn(units, |j| if i == j { 1.0 } else { 0.0 });
            slope(&Array2::zeros((units, units)), &one)
        });
        for error in [relative_error(&gradient.weights, &weights), relative_error(&gradient.biases, &biases)] {
            assert!(error < DIFFERENCE_ERROR, "{error}");
        }
    }
}

#[test]
fn gibbs_sampling_visits_each_state_as_often_as_is_probable() {
    let machine = lively_machine(2, 2, 5);
    let energies = machine.energy(&binary_states(4));
    let log_z = machine.log_partition();
    let probabilities: Vec<f64> = energies.iter().map(|energy| ((-energy - log_z) as f64).exp()).collect();
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    assert_frequencies(&machine.sample(40_000, 60, &mut rng(6)), &probabilities);

    // Clamped to v = (1, 0): states 8 to 11.
    let v = Array2::from_shape_fn((40_000, 2), |(_, unit)| [1.0, 0.0][unit]);
    let clamped = machine.sample_hidden(&v, 60, &mut rng(7));
    let weight = probabilities[8..12].iter().sum::<f64>();
    let given: Vec<f64> =
        (0..16).map(|state| if (8..12).contains(&state) { probabilities[state] / weight } else { 0.0 }).collect();
    assert_frequencies(&clamped, &given);
}

#[test]
fn the_sampled_gradient_is_the_exact_one_on_average() {
    let machine = lively_machine(3, 2, 8);
    let patterns = array![[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]];
    let exact = machine.log_likelihood_gradient(&patterns);
    let many = Array2::from_shape_fn((40_000, 3), |(row, unit)| patterns[[row % 2, unit]]);
    let sampled: BoltzmannGradient = machine.gibbs_gradient(&many, 40_000, 60, &mut rng(9));
    // Two means of numbers in 0..=1, each with a standard error of at most 0.0025.
    let differences = (&sampled.weights - &exact.weights).into_iter().chain(&sampled.biases - &exact.biases);
    assert!(differences.into_iter().all(|difference| difference.abs() < 0.018));
}

#[test]
fn learning_raises_the_likelihood_and_keeps_the_weights_symmetric() {
    let patterns = array![[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]];
    for seed in 1..=3 {
        let mut rng = rng(seed);
        let mut machine = BoltzmannMachine::random(3, 3, 0.5, &mut rng);
        for _ in 0..400 {
            let gradient = machine.gibbs_gradient(&patterns, 50, 10, &mut rng);
            machine.ascend(&gradient, 0.3);
        }
        let after = machine.log_likelihood(&patterns);
        println!("seed {seed}: {after}");
        // Uniform −2.08; the best −1.10.
        assert!(after > -1.5 && after <= -(3.0 as Real).ln(), "seed {seed}: {after}");
        assert_eq!(machine.weights(), machine.weights().t());
        assert!(machine.weights().diag().iter().all(|&own| own == 0.0));
    }
}

#[test]
fn a_uniform_machine_gives_each_image_the_same_probability() {
    let machine = BoltzmannMachine::new(Array2::zeros((8, 8)), Array1::zeros(8), 5);
    assert!((machine.log_likelihood(&binary_states(5)) + 5.0 * (2.0 as Real).ln()).abs() < 20.0 * Real::EPSILON);
}

#[test]
fn states_beyond_one_block_count_too() {
    let biases = lively(14, 1, &mut rng(10)).visible_bias;
    let machine = BoltzmannMachine::new(Array2::zeros((14, 14)), biases.clone(), 14);
    let exact: f64 = biases.iter().map(|&bias| (bias as f64).exp().ln_1p()).sum();
    assert!((machine.log_partition() as f64 - exact).abs() < 1e-5);
}

#[test]
#[should_panic(expected = "log_partition: 21 units have 2^21 states; at most 20")]
fn a_large_machine_has_no_exact_partition_function() {
    BoltzmannMachine::random(10, 11, 0.1, &mut rng(1)).log_partition();
}

#[test]
#[should_panic(expected = "must be symmetric, with zeros on the diagonal")]
fn one_way_connections_are_refused() {
    BoltzmannMachine::new(array![[0.0, 1.0], [2.0, 0.0]], Array1::zeros(2), 1);
}

#[test]
#[should_panic(expected = "must be symmetric, with zeros on the diagonal")]
fn a_unit_connected_to_itself_is_refused() {
    BoltzmannMachine::new(array![[1.0, 2.0], [2.0, 0.0]], Array1::zeros(2), 1);
}

#[test]
#[should_panic(expected = "3 visible of 2 units")]
fn more_visible_units_than_units_are_refused() {
    BoltzmannMachine::new(Array2::zeros((2, 2)), Array1::zeros(2), 3);
}

#[test]
#[should_panic(expected = "energy: each row has 2 values, the model 3 (visible and hidden) units")]
fn the_energy_needs_the_hidden_units_too() {
    BoltzmannMachine::random(2, 1, 0.1, &mut rng(1)).energy(&Array2::zeros((1, 2)));
}

#[test]
#[should_panic(expected = "without a chain there is no mean")]
fn no_chain_is_refused() {
    BoltzmannMachine::random(2, 1, 0.1, &mut rng(1)).gibbs_gradient(&Array2::zeros((1, 2)), 0, 1, &mut rng(1));
}
