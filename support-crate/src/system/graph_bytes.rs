//! What a recorded graph holds in memory, counted array by array.

use std::collections::HashMap;

use crate::tensor::{Real, Tensor};

/// The bytes of the arrays that a graph holds, counted by [`graph_bytes`].
///
/// ```
/// use dl_interview::system::GraphBytes;
///
/// let bytes = GraphBytes { parameters: 80, gradients: 80, constants: 10, activations: 30 };
/// assert_eq!(bytes.total(), 200);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GraphBytes {
    /// Leaves that are learned.
    pub parameters: usize,
    /// Gradients, wherever there are some now.
    pub gradients: usize,
    /// Other leaves: inputs, targets.
    pub constants: usize,
    /// Results of operations, and what operations put aside for the way back.
    pub activations: usize,
}

impl GraphBytes {
    /// All of it.
    ///
    /// ```
    /// # use dl_interview::system::GraphBytes;
    /// assert_eq!(GraphBytes::default().total(), 0);
    /// ```
    pub fn total(&self) -> usize {
        self.parameters + self.gradients + self.constants + self.activations
    }
}

/// Counts the bytes that live as long as `result` does: those of every array it was computed from, each once, even if
/// several share it (a reshaped tensor and the original).
///
/// Every operation's result stays in the graph, because something computed from it may need it on the way back. What an
/// operation has put aside besides (the mask of dropout, the places of the largest in max pooling, the slopes of a loss) counts
/// as it is before `backward`, which frees it.
///
/// ```
/// use dl_interview::system::graph_bytes;
/// use dl_interview::tensor::{Real, Tensor};
/// use ndarray::{Array1, Array2};
///
/// let (x, w) = (Tensor::new(Array2::ones((64, 784))), Tensor::parameter(Array2::ones((10, 784))));
/// let b = Tensor::parameter(Array1::zeros(10));
/// let loss = x.linear(&w, &b).relu().sum();
/// let before = graph_bytes(&loss);
/// assert_eq!(before.activations, (64 * 10 + 64 * 10 + 1) * size_of::<Real>());
/// loss.backward();
/// assert_eq!(graph_bytes(&loss).gradients, before.parameters);
/// ```
pub fn graph_bytes(result: &Tensor) -> GraphBytes {
    let mut bytes = GraphBytes::default();
    // The nodes met so far, by where their numbers lie.
    let mut met: HashMap<*const Real, Vec<Tensor>> = HashMap::new();
    let mut next = vec![result.clone()];
    while let Some(node) = next.pop() {
        let same_numbers = met.entry(node.with_value(|value| value.as_ptr())).or_default();
        if same_numbers.iter().any(|other| other.is(&node)) {
            continue;
        }
        let size = node.len() * size_of::<Real>();
        let of = match node.op() {
            "parameter" => &mut bytes.parameters,
            "constant" => &mut bytes.constants,
            _ => &mut bytes.activations,
        };
        *of += if same_numbers.is_empty() { size } else { 0 };
        bytes.activations += node.kept_aside();
        bytes.gradients += if node.with_grad(|grad| grad.is_some()) { size } else { 0 };
        next.extend(node.inputs());
        same_numbers.push(node);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array4};

    const SIZE: usize = size_of::<Real>();

    #[test]
    fn what_is_shared_or_used_twice_counts_once() {
        let w = Tensor::parameter(Array2::ones((3, 4)));
        let y = w.exp();
        let loss = (y.reshape(&[12]) * y.flatten().reshape(&[12])).sum(); // reshapes share the numbers of y
        let bytes = graph_bytes(&loss);
        assert_eq!((bytes.parameters, bytes.activations), (12 * SIZE, (12 + 12 + 1) * SIZE));
        assert_eq!((bytes.constants, bytes.gradients), (0, 0));
    }

    #[test]
    fn places_of_the_largest_count_while_they_are_kept() {
        let w = Tensor::parameter(Array4::ones((2, 1, 4, 4)));
        let pooled = graph_bytes(&w.max_pool2d(2, 2)).activations;
        assert_eq!(pooled, 8 * SIZE + 8 * 4);
        let constant = Tensor::new(Array4::ones((2, 1, 4, 4))).max_pool2d(2, 2);
        assert_eq!(graph_bytes(&constant).total(), 8 * SIZE); // no graph was recorded
    }

    #[test]
    fn the_mask_of_a_condition_and_the_slopes_of_a_loss_count() {
        let (w, condition) = (Tensor::parameter(Array2::ones((100, 100))), Tensor::new(Array2::zeros((100, 100))));
        assert_eq!(graph_bytes(&condition.where_else(&w, &w)).activations, 2 * 10_000 * SIZE);
        let loss = crate::nn::Loss::Mse.of(&w, &Array2::zeros((100, 100)));
        assert_eq!(graph_bytes(&loss).activations, (10_000 + 1) * SIZE);
    }

    #[test]
    fn a_long_chain_and_many_uses_of_one_value_take_no_time() {
        let w = Tensor::parameter(ndarray::arr1(&[1.0]));
        let chain = (0..20_000).fold(w.clone(), |x, _| &x + &w);
        assert_eq!(graph_bytes(&chain).total(), 20_001 * SIZE);
    }
}
