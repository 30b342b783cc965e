//! What layers change when they run in training, besides gradients.

use ndarray::Array1;

use super::Layer;
use crate::random::Rng;
use crate::tensor::Real;

/// What one layer has changed by the batches so far: to be put back if a batch shall not count, or count once.
pub(crate) enum Memory {
    Nothing,
    Generator(Rng),
    Running(Array1<Real>, Array1<Real>),
}

impl Memory {
    pub(crate) fn of(layers: &[Layer]) -> Vec<Memory> {
        let of = |layer: &Layer| match layer {
            Layer::Dropout { rng, .. } => Memory::Generator(rng.borrow().clone()),
            Layer::BatchNorm { running_mean, running_variance, .. } => {
                Memory::Running(running_mean.borrow().clone(), running_variance.borrow().clone())
            }
            _ => Memory::Nothing,
        };
        layers.iter().map(of).collect()
    }

    /// Puts what [`of`](Memory::of) gave back into the same layers.
    pub(crate) fn put_back(memories: &[Memory], layers: &[Layer]) {
        for (memory, layer) in memories.iter().zip(layers) {
            match (memory, layer) {
                (Memory::Generator(state), Layer::Dropout { rng, .. }) => {
                    rng.replace(state.clone());
                }
                (Memory::Running(mean, variance), Layer::BatchNorm { running_mean, running_variance, .. }) => {
                    running_mean.replace(mean.clone());
                    running_variance.replace(variance.clone());
                }
                _ => {}
            }
        }
    }
}
