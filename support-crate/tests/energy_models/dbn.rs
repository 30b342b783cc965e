use dl_interview::data::{Examples, rng};
use dl_interview::models::{DeepBeliefNetwork, Rbm, RbmTraining};
use dl_interview::nn::{Layer, accuracy};
use dl_interview::optim::Optimizer;
use dl_interview::tensor::{Real, Tensor};
use dl_interview::train::{Fit, fit};
use ndarray::{Array2, array};

use super::{assert_frequencies, bars_and_stripes, lively};

#[test]
fn each_machine_learns_what_the_one_below_makes_of_the_data() {
    let (data, knobs) = (bars_and_stripes(), RbmTraining { epochs: 2000, lr: 0.3, ..Default::default() });
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
fn the_net_computes_the_features() {
    let mut rng = rng(3);
    let network =
        DeepBeliefNetwork { layers: vec![lively(9, 5, &mut rng), lively(5, 7, &mut rng), lively(7, 2, &mut rng)] };
    let net = network.to_net();
    let shapes: Vec<_> = net.parameters().iter().map(|parameter| parameter.shape()).collect();
    assert_eq!(shapes, [vec![5, 9], vec![5], vec![7, 5], vec![7], vec![2, 7], vec![2]]);
    let data = bars_and_stripes();
    assert!((net.predict(&data) - network.up(&data)).iter().all(|d| d.abs() < 10.0 * Real::EPSILON));
}

#[test]
fn fine_tuning_starts_from_the_features_and_leaves_the_machines_alone() {
    let data =
        Examples { inputs: bars_and_stripes(), labels: (0..bars_and_stripes().nrows()).map(|i| i % 2).collect() };
    let mut rng = rng(7);
    let network = DeepBeliefNetwork { layers: vec![lively(9, 12, &mut rng), lively(12, 8, &mut rng)] };
    let (before, mut net) = (network.clone(), network.to_net());
    net.layers.push(Layer::linear(8, 2, &mut rng));
    let weights = || net.parameters().iter().map(Tensor::value).collect::<Vec<_>>();
    let start = weights();
    fit(&net, &data, None, &Fit { epochs: 200, batch: 7, optimizer: Optimizer::adam(0.02), ..Fit::default() });
    assert!(weights().iter().zip(&start).all(|(now, before)| now != before), "every layer learns");
    assert_eq!(accuracy(&net.forward(&Tensor::new(data.inputs.clone())), &data.labels), 1.0);
    assert!(network == before);
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
