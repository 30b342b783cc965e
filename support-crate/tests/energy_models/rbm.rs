use dl_interview::data::rng;
use dl_interview::models::{Rbm, binary_states};
use dl_interview::tensor::Real;
use ndarray::{Array1, Array2, Axis, array, s};
use rand::RngExt;

use super::{
    DIFFERENCE_ERROR, PRECISE, assert_frequencies, bars_and_stripes, central_difference, lively, relative_error,
};

fn exponents(energies: &Array1<Real>) -> impl Iterator<Item = f64> {
    energies.iter().map(|&energy| (-energy as f64).exp())
}

/// Z from nothing but the definition of the energy, written out once more.
fn brute_force_z(rbm: &Rbm) -> f64 {
    let mut z = 0.0;
    for v in binary_states(rbm.visible_bias.len()).rows() {
        for h in binary_states(rbm.hidden_bias.len()).rows() {
            let mut minus_energy = 0.0;
            for (i, vi) in v.iter().enumerate() {
                minus_energy += (vi * rbm.visible_bias[i]) as f64;
                for (j, hj) in h.iter().enumerate() {
                    minus_energy += (vi * rbm.weights[[i, j]] * hj) as f64;
                }
            }
            minus_energy += h.iter().zip(&rbm.hidden_bias).map(|(h, b)| (h * b) as f64).sum::<f64>();
            z += minus_energy.exp();
        }
    }
    z
}

#[test]
fn the_partition_function_is_the_sum_over_all_states() {
    for (visible, hidden) in [(1, 1), (5, 3), (3, 5), (4, 4)] {
        let rbm = lively(visible, hidden, &mut rng(1));
        let exact = brute_force_z(&rbm).ln();
        assert!((rbm.log_partition() as f64 - exact).abs() < 20.0 * Real::EPSILON as f64 * exact.abs().max(1.0));
    }
}

#[test]
fn either_layer_gives_the_same_partition_function_and_gradient() {
    let wide = lively(6, 4, &mut rng(2));
    let flipped = Rbm {
        weights: wide.weights.t().to_owned(),
        visible_bias: wide.hidden_bias.clone(),
        hidden_bias: wide.visible_bias.clone(),
    };
    assert!((wide.log_partition() - flipped.log_partition()).abs() < 20.0 * Real::EPSILON);
    // Summed over the larger layer by hand.
    let z: f64 = exponents(&wide.free_energy(&binary_states(6))).sum();
    assert!((wide.log_partition() as f64 - z.ln()).abs() < 20.0 * Real::EPSILON as f64);
}

#[test]
fn states_beyond_one_block_count_too() {
    let rbm = lively(14, 13, &mut rng(3));
    let z: f64 = exponents(&rbm.free_energy(&binary_states(14))).sum();
    assert!((rbm.log_partition() as f64 - z.ln()).abs() < 1e-5);
    // Weights that do not connect: each unit then counts alone, and ln Z is a sum of softplus.
    let loose = Rbm { weights: Array2::zeros((14, 14)), hidden_bias: Array1::ones(14), ..rbm };
    let alone = |bias: &Real| (*bias as f64).exp().ln_1p();
    let exact: f64 = loose.visible_bias.iter().chain(&loose.hidden_bias).map(alone).sum();
    assert!((loose.log_partition() as f64 - exact).abs() < 1e-5);
    let model = loose.log_likelihood_gradient(&Array2::zeros((1, 14)));
    for (mean, bias) in model.visible_bias.iter().zip(&loose.visible_bias) {
        assert!((mean + 1.0 / (1.0 + (-bias).exp())).abs() < 1e-5);
    }
}

#[test]
fn free_energy_is_the_sum_over_the_hidden_states() {
    let rbm = lively(5, 4, &mut rng(4));
    for v in binary_states(5).axis_chunks_iter(Axis(0), 1) {
        let v = v.to_owned();
        let sum: f64 = exponents(&rbm.energy(&v, &binary_states(4))).sum();
        assert!((rbm.free_energy(&v)[0] as f64 + sum.ln()).abs() < 20.0 * Real::EPSILON as f64);
    }
}

#[test]
fn one_layer_given_the_other_is_a_product() {
    let (rbm, tolerance) = (lively(5, 4, &mut rng(5)), if PRECISE { 1e-9 } else { 1e-6 });
    let product = |p: &Array2<Real>, state: ndarray::ArrayView1<Real>| {
        let one = |(&p, &s): (&Real, &Real)| if s == 1.0 { p as f64 } else { 1.0 - p as f64 };
        p.iter().zip(state).map(one).product::<f64>()
    };
    let (visible, hidden) = (binary_states(5), binary_states(4));
    for v in visible.axis_chunks_iter(Axis(0), 1) {
        let v = v.to_owned();
        let (weights, p): (Vec<f64>, _) = (exponents(&rbm.energy(&v, &hidden)).collect(), rbm.hidden_probabilities(&v));
        for (h, weight) in hidden.rows().into_iter().zip(&weights) {
            assert!((weight / weights.iter().sum::<f64>() - product(&p, h)).abs() < tolerance);
        }
    }
    for h in hidden.axis_chunks_iter(Axis(0), 1) {
        let h = h.to_owned();
        let (weights, p): (Vec<f64>, _) =
            (exponents(&rbm.energy(&visible, &h)).collect(), rbm.visible_probabilities(&h));
        for (v, weight) in visible.rows().into_iter().zip(&weights) {
            assert!((weight / weights.iter().sum::<f64>() - product(&p, v)).abs() < tolerance);
        }
    }
}

#[test]
fn a_uniform_model_gives_each_image_the_same_probability() {
    let uniform =
        Rbm { weights: Array2::zeros((9, 12)), visible_bias: Array1::zeros(9), hidden_bias: Array1::ones(12) };
    let likelihood = uniform.log_likelihood(&bars_and_stripes());
    assert!((likelihood + 9.0 * (2.0 as Real).ln()).abs() < 10.0 * Real::EPSILON * 9.0);
}

#[test]
fn the_probabilities_of_all_images_sum_to_1() {
    let rbm = lively(6, 8, &mut rng(6));
    let sum: f64 =
        binary_states(6).axis_chunks_iter(Axis(0), 1).map(|v| (rbm.log_likelihood(&v.to_owned()) as f64).exp()).sum();
    assert!((sum - 1.0).abs() < 1e-5);
}

#[test]
fn large_parameters_do_not_overflow() {
    let rbm = Rbm {
        weights: Array2::from_elem((9, 12), 100.0),
        visible_bias: Array1::from_elem(9, -300.0),
        hidden_bias: Array1::from_elem(12, 500.0),
    };
    assert_eq!(rbm.free_energy(&Array2::ones((1, 9)))[0], 2700.0 - 12.0 * 1400.0);
    assert!((rbm.log_partition() - 14_100.0).abs() < 0.01);
    assert!(rbm.log_likelihood(&Array2::ones((1, 9))).abs() < 0.01);
    let gradient = rbm.log_likelihood_gradient(&Array2::ones((1, 9)));
    assert!(gradient.weights.iter().all(|slope| slope.abs() < 1e-3));
}

/// Both shapes, because the sum goes over the smaller layer.
#[test]
fn the_gradient_is_that_of_the_log_likelihood() {
    for (visible, hidden) in [(5, 3), (3, 5)] {
        let (rbm, mut rng) = (lively(visible, hidden, &mut rng(7)), rng(8));
        let data = Array2::from_shape_simple_fn((4, visible), || Real::from(rng.random::<bool>() as u8));
        let gradient = rbm.log_likelihood_gradient(&data);
        let slope = |change: &dyn Fn(&mut Rbm, Real)| {
            central_difference(|h| {
                let mut moved = rbm.clone();
                change(&mut moved, h);
                moved.log_likelihood(&data)
            })
        };
        let weights = Array2::from_shape_fn((visible, hidden), |at| slope(&|rbm, h| rbm.weights[at] += h));
        let visible_bias = Array1::from_shape_fn(visible, |i| slope(&|rbm, h| rbm.visible_bias[i] += h));
        let hidden_bias = Array1::from_shape_fn(hidden, |j| slope(&|rbm, h| rbm.hidden_bias[j] += h));
        for error in [
            relative_error(&gradient.weights, &weights),
            relative_error(&gradient.visible_bias, &visible_bias),
            relative_error(&gradient.hidden_bias, &hidden_bias),
        ] {
            assert!(error < DIFFERENCE_ERROR, "{error}");
        }
    }
}

#[test]
fn gibbs_chains_visit_each_image_as_often_as_is_probable() {
    let rbm = lively(4, 3, &mut rng(9));
    let probabilities: Vec<f64> = exponents(&rbm.free_energy(&binary_states(4)))
        .map(|weight| weight / (rbm.log_partition() as f64).exp())
        .collect();
    assert_frequencies(&rbm.sample(40_000, 60, &mut rng(10)), &probabilities);
    // And from a far start: all from one image.
    let start = Array2::zeros((40_000, 4));
    assert_frequencies(&rbm.gibbs(&start, 60, &mut rng(11)), &probabilities);
    assert_eq!(rbm.gibbs(&start, 0, &mut rng(12)), start);
}

#[test]
fn samples_of_one_layer_follow_its_probabilities() {
    let (rbm, mut rng) = (lively(3, 2, &mut rng(13)), rng(14));
    let v = Array2::from_shape_fn((40_000, 3), |(_, unit)| [1.0, 0.0, 1.0][unit]);
    let weights: Vec<f64> = exponents(&rbm.energy(&v.slice(s![..1, ..]).to_owned(), &binary_states(2))).collect();
    let probabilities: Vec<f64> = weights.iter().map(|weight| weight / weights.iter().sum::<f64>()).collect();
    assert_frequencies(&rbm.sample_hidden(&v, &mut rng), &probabilities);
}

#[test]
fn a_single_row_goes_with_every_row() {
    let rbm = lively(3, 2, &mut rng(15));
    let (v, h) = (array![[1.0, 0.0, 1.0]], binary_states(2));
    let repeated = v.broadcast((4, 3)).unwrap().to_owned();
    assert_eq!(rbm.energy(&v, &h), rbm.energy(&repeated, &h));
    assert_eq!(rbm.energy(&repeated, &h.slice(s![1..2, ..]).to_owned()).len(), 4);
}

#[test]
#[should_panic(expected = "log_partition: the smaller of 784 visible and 128 hidden units has 2^128 states")]
fn a_large_machine_has_no_exact_partition_function() {
    Rbm::new(784, 128, &mut rng(1)).log_partition();
}

#[test]
#[should_panic(expected = "log_likelihood: 0.5 has no probability under a model of zeros and ones")]
fn grey_has_no_likelihood() {
    Rbm::new(2, 2, &mut rng(1)).log_likelihood(&array![[1.0, 0.5]]);
}

#[test]
#[should_panic(expected = "log_likelihood: there is no row")]
fn no_data_have_no_likelihood() {
    Rbm::new(2, 2, &mut rng(1)).log_likelihood(&Array2::zeros((0, 2)));
}

#[test]
#[should_panic(expected = "free_energy: each row has 3 values, the model 2 visible units")]
fn the_width_must_fit() {
    Rbm::new(2, 2, &mut rng(1)).free_energy(&Array2::zeros((1, 3)));
}

#[test]
#[should_panic(expected = "hidden_probabilities: NaN is no state of a binary unit")]
fn not_a_number_is_refused() {
    Rbm::new(2, 2, &mut rng(1)).hidden_probabilities(&array![[0.0, Real::NAN]]);
}

#[test]
#[should_panic(expected = "energy: 2 visible and 3 hidden rows")]
fn rows_must_pair_up() {
    Rbm::new(2, 2, &mut rng(1)).energy(&Array2::zeros((2, 2)), &Array2::zeros((3, 2)));
}

#[test]
#[should_panic(expected = "each layer needs at least one unit")]
fn an_empty_layer_is_refused() {
    Rbm::new(3, 0, &mut rng(1));
}

#[test]
#[should_panic(expected = "ascend: a gradient for")]
fn a_foreign_gradient_is_refused() {
    let gradient = Rbm::new(3, 2, &mut rng(1)).log_likelihood_gradient(&Array2::zeros((1, 3)));
    Rbm::new(2, 3, &mut rng(1)).ascend(&gradient, 0.1);
}
