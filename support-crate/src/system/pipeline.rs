//! Model parallelism: a net cut in two, each half on a device of its own.

use std::sync::mpsc;
use std::thread;

use ndarray::ArrayD;

use super::BatchGradient;
use super::data_parallel::{gradients, replica};
use crate::data::Examples;
use crate::nn::{Layer, Net};
use crate::tensor::{Real, Tensor, distinct};

/// The gradient of `net` computed by two threads: the first has the layers before `cut`, the second those from it on,
/// and the micro-batches flow through them.
///
/// The second works on one micro-batch while the first has begun the next. Activations go one way, their gradients come
/// back the other. The gradients of the micro-batches add up, weighted by their sizes, to that of the whole batch.
/// (Batch normalization sees the micro-batches only.) Source: Huang et al. 2019, "GPipe: Efficient Training of Giant
/// Neural Networks using Pipeline Parallelism", NeurIPS.
///
/// Each thread `build`s its half anew and loads the weights of `net`. `loss` gets the output and the micro-batch, and
/// gives the mean over it.
///
/// # Panics
///
/// When `cut` is beyond the last layer, there is no micro-batch, or `build` makes a net of other layers.
///
/// ```
/// use dl_interview::data::{moons, rng};
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::system::{pipeline_parallel, shards};
///
/// let build = || {
///     let mut rng = rng(42);
///     Net::new(vec![Layer::linear(2, 8, &mut rng), Layer::tanh(), Layer::linear(8, 1, &mut rng)])
/// };
/// let micro_batches = shards(&moons(100, 0.1, &mut rng(43)), 4);
/// let result = pipeline_parallel(&build(), build, 2, &micro_batches, |y, _| (y * y).mean());
/// assert_eq!((result.examples, result.gradients.len()), (100, 4));
/// ```
#[track_caller]
pub fn pipeline_parallel(
    net: &Net,
    build: impl Fn() -> Net + Sync,
    cut: usize,
    micro_batches: &[Examples],
    loss: impl Fn(&Tensor, &Examples) -> Tensor + Sync,
) -> BatchGradient {
    assert!(
        cut <= net.layers.len(),
        "pipeline_parallel: there is no cut before layer {cut} in a net of {} layers; count from 0",
        net.layers.len()
    );
    assert!(!micro_batches.is_empty(), "pipeline_parallel: no micro-batches; give at least one (see shards)");
    let (state, training) = (net.state(), net.is_training());
    let examples: usize = micro_batches.iter().map(Examples::len).sum();
    let (send_on, from_first) = mpsc::channel::<ArrayD<Real>>();
    let (send_back, from_second) = mpsc::channel::<Option<ArrayD<Real>>>();

    let (build, state, loss) = (&build, &state, &loss);
    // Each owns its ends of the channels: if one panics, they close, and the other does not wait for ever.
    let first = move || {
        let mut half = replica(build, state, training);
        half.layers.truncate(cut);
        let outputs: Vec<Tensor> = micro_batches
            .iter()
            .map(|batch| {
                let output = half.forward(&Tensor::new(batch.inputs.clone()));
                // If the other thread has panicked, nobody listens; its panic is the one to be shown.
                let _ = send_on.send(output.value());
                output
            })
            .collect();
        // The other way round: last in, first out.
        for (output, grad) in outputs.iter().rev().zip(&from_second) {
            if let Some(grad) = grad.filter(|_| output.requires_grad()) {
                output.backward_from(grad);
            }
        }
        gradients(&half.parameters())
    };
    let second = move || {
        let mut half = replica(build, state, training);
        half.layers.drain(..cut);
        let mut arrived = Vec::new();
        for (batch, input) in micro_batches.iter().zip(&from_first) {
            let input = Tensor::parameter(input); // a leaf in which the sweep leaves the gradient to send back
            let share = batch.len() as Real / examples as Real;
            let loss = loss(&half.forward(&input), batch) * share;
            arrived.push((input, loss));
        }
        let mut total = 0.0;
        while let Some((input, loss)) = arrived.pop() {
            loss.backward();
            total += loss.item();
            let _ = send_back.send(input.grad());
        }
        (gradients(&half.parameters()), total)
    };
    thread::scope(|scope| {
        let (first, second) = (scope.spawn(first), scope.spawn(second));
        let (first, second) = (first.join(), second.join());
        let (upper, loss) = second.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut gradients = first.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let of = |layers: &[Layer]| -> Vec<Tensor> {
            let all: Vec<Tensor> = layers.iter().flat_map(Layer::parameters).map(|(_, tensor)| tensor).collect();
            distinct(&all).cloned().collect()
        };
        let (lower, higher) = (of(&net.layers[..cut]), of(&net.layers[cut..]));
        // A weight that layers of both halves share has a part of its gradient in each.
        for (weight, gradient) in higher.iter().zip(upper) {
            match lower.iter().position(|lower| lower.is(weight)) {
                Some(i) => gradients[i] += &gradient,
                None => gradients.push(gradient),
            }
        }
        BatchGradient { examples, loss, gradients }
    })
}

#[cfg(test)]
mod tests {
    use super::super::data_parallel::tests::{batch, build, loss, relative_error};
    use super::super::{shard_gradient, shards};
    use super::*;

    const ROUNDING: f64 = if size_of::<Real>() == 8 { 1e-14 } else { 1e-6 };

    #[test]
    fn the_gradient_is_that_of_one_device_wherever_the_cut_and_however_many_micro_batches() {
        let (net, batch) = (build(), batch(1));
        let whole = shard_gradient(&net, &batch, loss);
        for cut in 0..=5 {
            for micro_batches in [1, 2, 5, 7] {
                let result = pipeline_parallel(&net, build, cut, &shards(&batch, micro_batches), loss);
                assert!(relative_error(&result.gradients, &whole.gradients) < ROUNDING, "{cut}, {micro_batches}");
                assert!((result.loss - whole.loss).abs() < 1e-5);
                assert_eq!(result.examples, 96);
                assert_eq!(result.gradients.len(), whole.gradients.len());
            }
        }
    }

    #[test]
    fn the_halves_have_the_weights_of_the_net() {
        let (net, batch) = (build(), batch(1));
        net.parameters().iter().for_each(|w| w.set_value(w.value() * 1.5));
        let whole = shard_gradient(&net, &batch, loss);
        let result = pipeline_parallel(&net, build, 2, &shards(&batch, 3), loss);
        assert!(relative_error(&result.gradients, &whole.gradients) < ROUNDING);
    }

    #[test]
    #[should_panic(expected = "the loss of this is unknown")]
    fn a_panic_on_one_side_reaches_the_caller() {
        let lost = |_: &Tensor, _: &Examples| -> Tensor { panic!("the loss of this is unknown") };
        pipeline_parallel(&build(), build, 2, &shards(&batch(1), 3), lost);
    }

    #[test]
    #[should_panic(expected = "load_state")]
    fn another_net_does_not_fit() {
        let other = || Net::new(vec![crate::nn::Layer::relu()]);
        pipeline_parallel(&build(), other, 1, &shards(&batch(1), 3), loss);
    }

    #[test]
    #[should_panic(expected = "no cut before layer 6 in a net of 5 layers")]
    fn a_cut_beyond_the_end() {
        pipeline_parallel(&build(), build, 6, &shards(&batch(1), 3), loss);
    }

    #[test]
    #[should_panic(expected = "no micro-batches")]
    fn nothing_to_do() {
        pipeline_parallel(&build(), build, 1, &[], loss);
    }
}
