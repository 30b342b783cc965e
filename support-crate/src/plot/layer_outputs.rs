//! What the activations of a net give.

use ndarray::Array2;

use crate::nn::{Layer, Net};
use crate::tensor::{Real, Tensor, no_grad};

/// The outputs of each activation layer of `net` for `inputs` (n × d), with its place and name: what
/// [`distributions`](super::distributions()) shows. The net is run as in evaluation.
///
/// # Panics
///
/// When the inputs do not fit.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::mlp;
/// use dl_interview::nn::Activation;
/// use dl_interview::plot::{distributions, layer_outputs};
/// use ndarray::Array2;
///
/// let net = mlp(&[4, 8, 8, 2], Activation::Tanh, &mut rng(42));
/// let outputs = layer_outputs(&net, &Array2::ones((10, 4)));
/// assert_eq!(outputs[1].0, "3 Tanh");
/// assert_eq!(outputs[1].1.len(), 10 * 8);
/// distributions("Is a layer saturated?", "activation", &outputs, Some((-0.97, 0.97)));
/// ```
#[track_caller]
pub fn layer_outputs(net: &Net, inputs: &Array2<Real>) -> Vec<(String, Vec<Real>)> {
    let outputs = no_grad(|| net.run_all(&Tensor::new(inputs.clone()), false));
    let layers = net.layers.iter().zip(&outputs).enumerate();
    let activations = layers.filter(|(_, (layer, _))| matches!(layer, Layer::Activation(_)));
    let named = |(i, (layer, output)): (usize, (&Layer, &Tensor))| {
        (format!("{i} {layer:?}"), output.with_value(|values| values.iter().copied().collect()))
    };
    activations.map(named).collect()
}
