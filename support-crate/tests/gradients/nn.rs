//! Layers in their parameters, nets, losses in what they compare.

use dl_interview::data::rng;
use dl_interview::nn::{Activation, Layer, Loss, Net, Targets, contrastive, l1, l2, triplet};
use dl_interview::tensor::Tensor;
use ndarray::{Array1, ArrayD, array};

use crate::difference::{check, numbers, positive};

#[test]
fn layers_with_and_without_a_bias() {
    let (weight, bias) = (numbers(&[4, 3], 2), numbers(&[4], 3));
    check("linear", &[numbers(&[5, 3], 1), weight.clone(), bias], |x| {
        Layer::Linear { weight: x[1].clone(), bias: Some(x[2].clone()) }.forward(&x[0], true)
    });
    check("linear without bias", &[numbers(&[5, 3], 1), weight], |x| {
        Layer::Linear { weight: x[1].clone(), bias: None }.forward(&x[0], true)
    });
    let images = numbers(&[2, 2, 5, 5], 1);
    check("conv2d", &[images.clone(), numbers(&[3, 2, 3, 3], 2), numbers(&[3], 3)], |x| {
        Layer::Conv2d { weight: x[1].clone(), bias: Some(x[2].clone()), stride: 2, padding: 1 }.forward(&x[0], true)
    });
    check("conv_transpose2d", &[images, numbers(&[2, 3, 2, 2], 2)], |x| {
        Layer::ConvTranspose2d { weight: x[1].clone(), bias: None, stride: 2, padding: 0 }.forward(&x[0], true)
    });
}

#[test]
fn normalizing_layers_in_both_modes() {
    let parts = [numbers(&[5, 3], 1), numbers(&[3], 2), numbers(&[3], 3)];
    for training in [true, false] {
        check("batch_norm", &parts, |x| {
            let Layer::BatchNorm { running_mean, running_variance, momentum, eps, .. } = Layer::batch_norm(3) else {
                unreachable!()
            };
            let (gamma, beta) = (x[1].clone(), x[2].clone());
            Layer::BatchNorm { gamma, beta, running_mean, running_variance, momentum, eps }.forward(&x[0], training)
        });
        check("layer_norm", &parts, |x| {
            Layer::LayerNorm { gamma: x[1].clone(), beta: x[2].clone(), eps: 1e-5 }.forward(&x[0], training)
        });
    }
}

#[test]
fn learned_slopes() {
    check("prelu", &[numbers(&[4, 3], 1), numbers(&[3], 2)], |x| {
        Layer::Activation(Activation::Prelu(x[1].clone())).forward(&x[0], true)
    });
}

#[test]
fn a_whole_net_in_its_input() {
    let rng = &mut rng(1);
    let net = Net::new(vec![
        Layer::reshape(1, 4, 4),
        Layer::conv2d(1, 3, 3, rng).padding(1),
        Layer::tanh(),
        Layer::avg_pool(2),
        Layer::batch_norm(3),
        Layer::flatten(),
        Layer::linear(12, 2, rng),
        Layer::sigmoid(),
    ]);
    check("net", &[numbers(&[3, 16], 1)], |x| net.forward(&x[0]));
}

#[test]
fn losses_in_the_outputs() {
    let values = |x: ArrayD<_>| Targets::Values(Tensor::new(x));
    let labels = Targets::Classes(array![0, 2, 1, 2]);
    let probabilities = positive(&[4, 3], 1) / 2.0;
    let soft = Targets::Values(Tensor::new(numbers(&[4, 3], 4)).softmax(1));
    let signs = numbers(&[4, 3], 5).mapv(|x| if x < 0.0 { -1.0 } else { 1.0 });
    let one = |what: &str, loss: Loss, outputs: &ArrayD<_>, targets: &Targets| {
        check(what, std::slice::from_ref(outputs), |x| loss.of(&x[0], targets));
        check(what, std::slice::from_ref(outputs), |x| loss.of(&x[0], targets) * 3.0); // also a gradient that is not 1
    };
    let outputs = numbers(&[4, 3], 1);
    let near = values(numbers(&[4, 3], 2));
    one("mse", Loss::Mse, &outputs, &near);
    one("mae", Loss::Mae, &outputs, &near);
    one("huber", Loss::Huber { delta: 0.9 }, &outputs, &near);
    one("hinge", Loss::Hinge, &outputs, &values(signs));
    one("multi_hinge", Loss::MultiHinge, &outputs, &labels);
    one("bce", Loss::Bce, &probabilities, &values(positive(&[4, 3], 2) / 2.0));
    one("bce_with_logits", Loss::BceWithLogits, &outputs, &values(positive(&[4, 3], 2) / 2.0));
    for smoothing in [0.0, 0.2] {
        one("cross_entropy", Loss::CrossEntropy { smoothing }, &outputs, &labels);
        one("cross_entropy of probabilities", Loss::CrossEntropy { smoothing }, &outputs, &soft);
    }
}

#[test]
fn losses_on_distances_and_penalties() {
    let parts = [numbers(&[4, 3], 1), numbers(&[4, 3], 2), numbers(&[4, 3], 3)];
    check("contrastive", &parts[..2], |x| contrastive(&x[0], &x[1], &[true, false, false, true], 3.0));
    check("triplet", &parts, |x| triplet(&x[0], &x[1], &x[2], 2.0));
    check("l1", &parts, l1);
    check("l2", &parts, l2);
}

#[test]
fn a_pair_at_one_point_has_a_finite_gradient() {
    let (a, b) = (Tensor::parameter(Array1::ones(2).insert_axis(ndarray::Axis(0))), Tensor::new(array![[1.0, 1.0]]));
    let loss = contrastive(&a, &b, &[false], 1.0);
    loss.backward();
    assert_eq!(loss.item(), 1.0);
    assert_eq!(a.grad().unwrap(), array![[0.0, 0.0]].into_dyn());
}
