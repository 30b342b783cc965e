//! The multilayer perceptron.

use crate::nn::{Activation, Init, Layer, Net};

/// A multilayer perceptron: linear layers of these sizes, the inputs first, with `activation` between them.
///
/// The last layer gives logits, without an activation. The weights start by [`Init::he`] for the rectifiers (ReLU and its
/// kin), [`Init::xavier`] for sigmoid, tanh and softmax, [`Init::lecun`] for SELU and the identity; the biases at 0.
///
/// Source: Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors", Nature 323.
///
/// # Panics
///
/// With fewer than two sizes, or a size of 0.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::mlp;
/// use dl_interview::nn::Activation;
///
/// let net = mlp(&[784, 128, 10], Activation::Relu, &mut rng(42));
/// assert_eq!(format!("{:?}", net.layers), "[Linear(784 → 128), Relu, Linear(128 → 10)]");
/// assert_eq!(net.parameter_count(), 101_770);
/// ```
#[track_caller]
pub fn mlp(sizes: &[usize], activation: Activation, rng: &mut impl rand::Rng) -> Net {
    let init = match activation {
        Activation::Sigmoid | Activation::Tanh | Activation::Softmax => Init::xavier(),
        Activation::Selu | Activation::Identity => Init::lecun(),
        _ => Init::he(),
    };
    let net = mlp_with(sizes, |_| vec![Layer::Activation(activation.clone())], rng);
    if init != Init::he() {
        net.initialize(init, rng);
    }
    net
}

/// A multilayer perceptron with the layers of your choice after each linear layer but the last.
///
/// `hidden` is given the width and makes what follows there: a normalization, an activation, a dropout. The weights start
/// by [`Init::he`]; [`Net::initialize`] draws them anew from another distribution.
///
/// # Panics
///
/// As [`mlp`].
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::mlp_with;
/// use dl_interview::nn::Layer;
///
/// let net = mlp_with(&[784, 64, 10], |width| vec![Layer::batch_norm(width), Layer::relu()], &mut rng(42));
/// let layers = "[Linear(784 → 64), BatchNorm(64, momentum 0.1), Relu, Linear(64 → 10)]";
/// assert_eq!(format!("{:?}", net.layers), layers);
/// ```
#[track_caller]
pub fn mlp_with(sizes: &[usize], mut hidden: impl FnMut(usize) -> Vec<Layer>, rng: &mut impl rand::Rng) -> Net {
    assert!(
        sizes.len() >= 2 && !sizes.contains(&0),
        "mlp({sizes:?}, …): give at least two sizes, the inputs' and the outputs', none of them 0"
    );
    let mut layers = vec![Layer::linear(sizes[0], sizes[1], rng)];
    for pair in sizes[1..].windows(2) {
        layers.extend(hidden(pair[0]));
        layers.push(Layer::linear(pair[0], pair[1], rng));
    }
    Net::new(layers)
}
