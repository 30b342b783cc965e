//! Weights scaled by what they do to real data.

use std::collections::HashSet;

use super::{Init, Net};
use crate::tensor::{Tensor, mean_and_std, no_grad};

impl Net {
    /// Layer-sequential unit-variance initialization: orthogonal weights, biases 0, and then each weight matrix or kernel,
    /// from the first layer on, divided by the standard deviation of what its layer puts out for this batch.
    ///
    /// The layers run as in evaluation: nothing is dropped. A weight that two layers share is scaled for the first of them.
    /// Because the biases are 0, one division is exact, where the paper iterates. Source: Mishkin & Matas 2016, "All you need
    /// is a good init", ICLR.
    ///
    /// # Panics
    ///
    /// When the batch does not fit the net, or a layer puts out the same number everywhere.
    ///
    /// ```
    /// use dl_interview::data::{Normal, rng};
    /// use dl_interview::nn::{Layer, Net};
    /// use dl_interview::tensor::Tensor;
    /// use rand::distr::Distribution;
    ///
    /// let mut rng = rng(42);
    /// let net = Net::new(vec![Layer::linear(20, 50, &mut rng), Layer::tanh(), Layer::linear(50, 10, &mut rng)]);
    /// let normal = Normal::new(0.0, 3.0);
    /// let batch = Tensor::new(ndarray::Array2::from_shape_simple_fn((100, 20), || normal.sample(&mut rng)));
    /// net.lsuv(&batch, &mut rng);
    /// let outputs = net.forward_all(&batch);
    /// assert!((outputs[0].value().var(0.0) - 1.0).abs() < 1e-3);
    /// assert!((outputs[2].value().var(0.0) - 1.0).abs() < 1e-3);
    /// ```
    #[track_caller]
    pub fn lsuv(&self, batch: &Tensor, rng: &mut impl rand::Rng) {
        self.initialize(Init::Orthogonal { gain: 1.0 }, rng);
        let mut scaled = HashSet::new();
        let _ = no_grad(|| {
            self.layers.iter().enumerate().fold(batch.clone(), |x, (i, layer)| {
                let y = layer.forward(&x, false);
                let Some(weight) = layer.weight().filter(|weight| scaled.insert(weight.address())) else { return y };
                let (_, std) = mean_and_std(&y.value());
                assert!(
                    std.is_finite() && std > 0.0,
                    "lsuv: the outputs of layer {i}, {layer:?}, have standard deviation {std} for inputs of shape {:?}; give \
                     a batch of different, finite examples",
                    x.shape()
                );
                weight.set_value(weight.value() / std);
                layer.forward(&x, false)
            })
        });
    }
}
