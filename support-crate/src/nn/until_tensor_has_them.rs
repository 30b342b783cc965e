//! Normalization and dropout put together from smaller operations, until `tensor` has its own; the same signatures.

use ndarray::{Array1, ArrayD, Axis};
use rand::RngExt;

use crate::tensor::{Real, Tensor};

impl Tensor {
    pub(crate) fn batch_norm(&self, gamma: &Tensor, beta: &Tensor, eps: Real) -> (Tensor, Array1<Real>, Array1<Real>) {
        let axes: Vec<usize> = (0..self.shape().len()).filter(|&axis| axis != 1).collect();
        let centred = self - self.mean_axes(&axes);
        let variance = (&centred * &centred).mean_axes(&axes);
        let y = centred / (&variance + eps).sqrt() * channels(self, gamma) + channels(self, beta);
        let flat = |x: ArrayD<Real>| Array1::from_iter(x);
        (y, flat(self.mean_axes(&axes).value()), flat(variance.value()))
    }

    pub(crate) fn batch_norm_with(
        &self,
        gamma: &Tensor,
        beta: &Tensor,
        mean: &Array1<Real>,
        variance: &Array1<Real>,
        eps: Real,
    ) -> Tensor {
        let std = Tensor::new(variance.mapv(|v| (v + eps).sqrt()));
        (self - channels(self, &Tensor::new(mean.clone()))) / channels(self, &std) * channels(self, gamma)
            + channels(self, beta)
    }

    pub(crate) fn layer_norm(&self, gamma: &Tensor, beta: &Tensor, eps: Real) -> Tensor {
        let axis = [self.shape().len() - 1];
        let centred = self - self.mean_axes(&axis);
        let variance = (&centred * &centred).mean_axes(&axis);
        centred / (variance + eps).sqrt() * gamma + beta
    }

    pub(crate) fn dropout(&self, p: Real, rng: &mut impl rand::Rng) -> Tensor {
        let mask = ArrayD::from_shape_simple_fn(self.shape(), || {
            if rng.random::<f64>() < f64::from(p) { 0.0 } else { 1.0 / (1.0 - p) }
        });
        self * Tensor::new(mask)
    }
}

fn channels(x: &Tensor, per_channel: &Tensor) -> Tensor {
    let mut shape = vec![1; x.shape().len()];
    shape[1] = x.with_value(|x| x.len_of(Axis(1)));
    per_channel.reshape(&shape)
}
