use dl_interview::data::rng;
use dl_interview::models::{DeepBeliefNetwork, Rbm, RbmTraining};
use dl_interview::tensor::Real;
use ndarray::{Array2, array};

use super::{assert_frequencies, bars_and_stripes, lively};

#[test]
fn each_machine_learns_what_the_one_below_makes_of_the_data() {
    let (data, knobs) = (bars_and_stripes(), RbmTraining { epochs: 2000, rate: 0.3, ..Default::default() });
    let mut network = DeepBeliefNetwork::new(&[9, 12, 6], &mut rng(1));
    let [mut first, mut second] = [network.layers[0].clone(), network.layers[1].clone()];
    let errors = network.pretrain(&data, &knobs, &mut rng(2));

    // The same by hand, with the same random numbers.
    let mut rng = rng(2);
    let first_errors = first.train(&data, &knobs, &mut rng);
    let features = first.hidden_probabilities(&data);
    let second_errors = second.train(&features, &knobs, &mut rng);
    assert_eq!(network.layers, [first, second.clone()]);
    assert_eq!(errors, [first_errors, second_errors]);
    assert_eq!(network.up(&data), second.hidden_probabilities(&features));
    for errors in &errors {
        assert!(errors[1999] < errors[0] - 0.02, "{} → {}", errors[0], errors[1999]);
    }
}

#[test]
fn the_handed_out_layers_compute_the_features() {
    let mut rng = rng(3);
    let network =
        DeepBeliefNetwork { layers: vec![lively(9, 5, &mut rng), lively(5, 7, &mut rng), lively(7, 2, &mut rng)] };
    let mut activations = bars_and_stripes();
    let layers = network.weights_and_biases();
    assert_eq!(layers.iter().map(|(weights, _)| weights.dim()).collect::<Vec<_>>(), [(9, 5), (5, 7), (7, 2)]);
    for (weights, biases) in &layers {
        activations = (activations.dot(weights) + biases).mapv(|x| 1.0 / (1.0 + (-x).exp()));
    }
    assert!((activations - network.up(&bars_and_stripes())).iter().all(|d| d.abs() < 10.0 * Real::EPSILON));
}

#[test]
fn one_machine_is_a_network_that_samples_as_it_does() {
    let mut random = rng(4);
    let network = DeepBeliefNetwork { layers: vec![lively(4, 3, &mut random)] };
    assert_eq!(network.sample(50, 10, &mut rng(5)), network.layers[0].sample(50, 10, &mut rng(5)));
}

#[test]
fn samples_go_down_through_the_layers() {
    // The first of the two top features is on ¾ of the time, the unit below it always as it is, and that draws one of
    // two pixels.
    let bottom = Rbm { weights: array![[40.0], [-40.0]], visible_bias: array![-20.0, 20.0], hidden_bias: array![0.0] };
    let middle = Rbm { weights: array![[40.0, 0.0]], visible_bias: array![-20.0], hidden_bias: array![0.0, 0.0] };
    let top =
        Rbm { weights: array![[0.0], [0.0]], visible_bias: array![(3.0 as Real).ln(), 0.0], hidden_bias: array![0.0] };
    let network = DeepBeliefNetwork { layers: vec![bottom, middle, top] };
    let images = network.sample(40_000, 1, &mut rng(6));
    assert_frequencies(&images, &[0.0, 0.25, 0.75, 0.0]);
}

#[test]
#[should_panic(expected = "DeepBeliefNetwork::new([9], …): give at least two layer sizes")]
fn one_size_is_no_network() {
    DeepBeliefNetwork::new(&[9], &mut rng(1));
}

#[test]
#[should_panic(expected = "train: each row has 3 values, the model 9 visible units")]
fn the_data_must_fit() {
    let mut network = DeepBeliefNetwork::new(&[9, 4], &mut rng(1));
    network.pretrain(&Array2::zeros((1, 3)), &RbmTraining::default(), &mut rng(1));
}
