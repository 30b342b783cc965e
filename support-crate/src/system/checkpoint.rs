//! Less memory for more arithmetic: forget activations, and compute them again on the way back.

use crate::nn::{Memory, Net, run};
use crate::tensor::{Real, Tensor, no_grad};

/// Leaves in the parameters of `net` the same gradients as `loss(&net.forward(x)).backward()`, with less memory; gives the
/// loss.
///
/// The layers are cut into `segments` of equal number. On the way forth only the input of each segment is kept; on the
/// way back each segment is computed a second time, with a graph, and swept at once. With √n segments of n layers memory
/// grows with √n in place of n, for one more forward pass, about a third more arithmetic.
///
/// Dropout drops the same the second time, and batch normalization counts a batch once. Source: Chen, Xu, Zhang &
/// Guestrin 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174.
///
/// # Panics
///
/// When there are no segments, or more than layers; where [`Net::forward`] and [`Tensor::backward`] do.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::system::checkpointed_backward;
/// use dl_interview::tensor::Tensor;
///
/// let mut rng = rng(42);
/// let net = Net::new((0..16).map(|_| Layer::linear(8, 8, &mut rng)).collect());
/// let x = Tensor::new(ndarray::Array2::ones((5, 8)));
/// checkpointed_backward(&net, &x, 4, |y| (y * y).sum());
/// let less_memory = net.parameters()[0].grad();
/// net.parameters().iter().for_each(Tensor::zero_grad);
/// let y = net.forward(&x);
/// (&y * &y).sum().backward();
/// assert_eq!(less_memory, net.parameters()[0].grad());
/// ```
#[track_caller]
pub fn checkpointed_backward(net: &Net, x: &Tensor, segments: usize, loss: impl FnOnce(&Tensor) -> Tensor) -> Real {
    let borders = borders(net.layers.len(), segments);
    let segment = |i: usize| &net.layers[borders[i]..borders[i + 1]];
    let mut inputs = vec![x.clone()];
    let mut memories = Vec::new();
    for i in 0..segments - 1 {
        memories.push(Memory::of(segment(i)));
        let output = no_grad(|| run(segment(i), &inputs[i], net.is_training()));
        let learned_before = net.layers[..borders[i + 1]].iter().any(|layer| !layer.parameters().is_empty());
        // A leaf of its own, in which the sweep of the next segment leaves the gradient for this one.
        inputs.push(if learned_before { Tensor::parameter(output.value()) } else { output });
    }
    let last = run(segment(segments - 1), &inputs[segments - 1], net.is_training());
    let loss = loss(&last);
    loss.backward();
    let value = loss.item();
    drop((loss, last));
    for i in (0..segments - 1).rev() {
        let Some(grad) = inputs.pop().expect("an input for each segment").grad() else {
            break; // nothing to be learned further down
        };
        // From the same state the second run ends in the same one, as if there had been one.
        Memory::put_back(&memories[i], segment(i));
        run(segment(i), &inputs[i], net.is_training()).backward_from(grad);
    }
    value
}

/// Where segments of nearly equal numbers of layers begin and end: `segments` + 1 numbers from 0 to `layers`.
#[track_caller]
pub(super) fn borders(layers: usize, segments: usize) -> Vec<usize> {
    assert!(
        segments == 1 || (2..=layers).contains(&segments),
        "{segments} segments of {layers} layers: give at least 1, and at most as many as there are layers"
    );
    (0..=segments).map(|i| i * layers / segments).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Rng, rng};
    use crate::nn::Layer;

    fn net() -> Net {
        let mut rng = rng(42);
        let block = |rng: &mut Rng| {
            vec![Layer::linear(6, 6, rng), Layer::batch_norm(6), Layer::relu(), Layer::dropout(0.3, rng)]
        };
        Net::new((0..4).flat_map(|_| block(&mut rng)).collect())
    }

    fn x() -> Tensor {
        Tensor::new(ndarray::Array2::from_shape_fn((20, 6), |(i, j)| ((i * 7 + j * 3) % 11) as Real / 5.0 - 1.0))
    }

    fn loss(y: &Tensor) -> Tensor {
        (y * y).mean()
    }

    #[test]
    fn gradients_loss_statistics_and_generators_are_as_without_checkpoints() {
        let plain = net();
        for _ in 0..2 {
            plain.parameters().iter().for_each(Tensor::zero_grad);
            loss(&plain.forward(&x())).backward();
        }
        let after = plain.forward(&x()).value(); // shows where the generators of dropout stand
        for segments in [1, 2, 3, 5, 16] {
            let net = net();
            for _ in 0..2 {
                net.parameters().iter().for_each(Tensor::zero_grad);
                checkpointed_backward(&net, &x(), segments, loss);
            }
            for ((name, w), (_, expected)) in net.named_parameters().iter().zip(plain.named_parameters()) {
                assert_eq!(w.grad(), expected.grad(), "{segments} segments, {name}");
            }
            assert_eq!(net.forward(&x()).value(), after, "{segments} segments");
            assert_eq!(net.state(), plain.state(), "{segments} segments");
        }
    }

    #[test]
    fn the_loss_is_that_of_the_net_and_segments_without_weights_do_no_harm() {
        let mut rng = rng(1);
        let net = Net::new(vec![Layer::relu(), Layer::tanh(), Layer::linear(6, 2, &mut rng), Layer::sigmoid()]);
        let value = checkpointed_backward(&net, &x(), 4, loss);
        let grad = net.parameters()[0].grad();
        net.parameters()[0].zero_grad();
        let expected = loss(&net.forward(&x()));
        expected.backward();
        assert_eq!(value, expected.item());
        assert_eq!(grad, net.parameters()[0].grad());
    }

    #[test]
    fn borders_are_even() {
        assert_eq!(borders(16, 4), [0, 4, 8, 12, 16]);
        assert_eq!(borders(7, 3), [0, 2, 4, 7]);
        assert_eq!(borders(0, 1), [0, 0]);
    }

    #[test]
    #[should_panic(expected = "17 segments of 16 layers")]
    fn more_segments_than_layers() {
        checkpointed_backward(&net(), &x(), 17, loss);
    }

    #[test]
    #[should_panic(expected = "0 segments of 16 layers")]
    fn no_segments() {
        checkpointed_backward(&net(), &x(), 0, loss);
    }
}
