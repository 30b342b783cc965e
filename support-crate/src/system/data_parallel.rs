//! Data parallelism: every worker has a replica of the net and a part of the batch.

use std::thread;

use ndarray::ArrayD;

use crate::data::Examples;
use crate::nn::Net;
use crate::tensor::{Real, Tensor};

/// The gradient of the mean loss over some examples: a shard, or a whole batch.
///
/// ```
/// use dl_interview::system::BatchGradient;
///
/// let part = BatchGradient { examples: 32, loss: 2.3, gradients: vec![ndarray::array![0.1].into_dyn()] };
/// assert_eq!(part.gradients.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BatchGradient {
    /// How many examples there were.
    pub examples: usize,
    /// The mean loss over them.
    pub loss: Real,
    /// One array per parameter, in the order of [`Net::parameters`].
    pub gradients: Vec<ArrayD<Real>>,
}

/// The batch cut into as many shards as workers, in order; sizes differ by one at most.
///
/// # Panics
///
/// When there are no workers, or more than examples.
///
/// ```
/// use dl_interview::{data::{moons, rng}, system::shards};
///
/// let sizes: Vec<usize> = shards(&moons(10, 0.1, &mut rng(42)), 3).iter().map(|shard| shard.len()).collect();
/// assert_eq!(sizes, [3, 3, 4]);
/// ```
#[track_caller]
pub fn shards(batch: &Examples, workers: usize) -> Vec<Examples> {
    let n = batch.len();
    assert!(
        0 < workers && workers <= n,
        "shards: {n} examples for {workers} workers; give each at least one, and have at least one worker"
    );
    let shard = |i: usize| batch.select(&(i * n / workers..(i + 1) * n / workers).collect::<Vec<_>>());
    (0..workers).map(shard).collect()
}

/// The gradient on one device, of all its examples at once. Those in `net` are left as they were found.
///
/// `loss` gets the output of the net and the examples, and gives the mean over them.
///
/// ```
/// use dl_interview::data::{moons, rng};
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::system::shard_gradient;
///
/// let net = Net::new(vec![Layer::linear(2, 1, &mut rng(42))]);
/// let result = shard_gradient(&net, &moons(100, 0.1, &mut rng(43)), |y, _| (y * y).mean());
/// assert_eq!((result.examples, result.gradients.len()), (100, 2));
/// ```
#[track_caller]
pub fn shard_gradient(net: &Net, shard: &Examples, loss: impl Fn(&Tensor, &Examples) -> Tensor) -> BatchGradient {
    let parameters = net.parameters();
    let before: Vec<_> = parameters.iter().map(Tensor::grad).collect();
    parameters.iter().for_each(Tensor::zero_grad);
    let loss = loss(&net.forward(&Tensor::new(shard.inputs.clone())), shard);
    loss.backward();
    let gradients = gradients(&parameters);
    for (parameter, before) in parameters.iter().zip(before) {
        before.map_or_else(|| parameter.zero_grad(), |grad| parameter.set_grad(grad));
    }
    BatchGradient { examples: shard.len(), loss: loss.item(), gradients }
}

/// The gradient of each parameter, zeros where there is none.
pub(super) fn gradients(parameters: &[Tensor]) -> Vec<ArrayD<Real>> {
    let gradient = |parameter: &Tensor| parameter.grad().unwrap_or_else(|| ArrayD::zeros(parameter.shape()));
    parameters.iter().map(gradient).collect()
}

/// The gradients of all shards, one thread each, in the order of the shards.
///
/// A tensor cannot move to another thread, nor a model to another machine: each worker `build`s a replica of its own and
/// loads the weights of `net` into it. What the replicas learn on the way besides (the running statistics of batch
/// normalization) is dropped with them. Statistics are those of the shard, not of the batch: with batch normalization,
/// unless synchronized, the average of the gradients is not the gradient of the whole batch.
///
/// Replicas are built alike, the generators of dropout too: every shard is thinned out by the same masks, and the noise
/// that dropout brings does not average out. For masks of their own, let `build` count an
/// [`AtomicU64`](std::sync::atomic::AtomicU64) up and seed with it; which worker gets which is then a matter of chance.
///
/// Sources: Goyal et al. 2017, "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", arXiv:1706.02677; Li et al.
/// 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", PVLDB 13(12).
///
/// # Panics
///
/// When `build` makes a net of other layers, or a worker panics.
///
/// ```
/// use dl_interview::data::{moons, rng};
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::system::{data_parallel, shards, weighted_mean};
///
/// let build = || Net::new(vec![Layer::linear(2, 1, &mut rng(42))]);
/// let batch = moons(100, 0.1, &mut rng(43));
/// let parts = data_parallel(&build(), build, &shards(&batch, 2), |y, _| (y * y).mean());
/// assert_eq!(weighted_mean(&parts).len(), 2); // weight and bias
/// ```
#[track_caller]
pub fn data_parallel(
    net: &Net,
    build: impl Fn() -> Net + Sync,
    shards: &[Examples],
    loss: impl Fn(&Tensor, &Examples) -> Tensor + Sync,
) -> Vec<BatchGradient> {
    let (state, training) = (net.state(), net.is_training());
    let work = |shard: &Examples| {
        let replica = replica(&build, &state, training);
        shard_gradient(&replica, shard, &loss)
    };
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = shards.iter().map(|shard| scope.spawn(move || work(shard))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// A net with this state, in this mode, made where it is to be used.
pub(super) fn replica(build: &impl Fn() -> Net, state: &[(String, ArrayD<Real>)], training: bool) -> Net {
    let replica = build();
    replica.load_state(state);
    if training {
        replica.train()
    } else {
        replica.eval()
    }
    replica
}

/// Σ nᵢ gᵢ / Σ nᵢ over shards of nᵢ examples: exactly the gradient of the mean loss over all examples.
///
/// # Panics
///
/// When there are no parts.
///
/// ```
/// use dl_interview::system::{BatchGradient, plain_mean, weighted_mean};
///
/// let part = |examples, g| BatchGradient { examples, loss: 0.0, gradients: vec![ndarray::array![g].into_dyn()] };
/// let parts = [part(3, 1.0), part(1, 5.0)];
/// assert_eq!(weighted_mean(&parts)[0][[0]], 2.0);
/// assert_eq!(plain_mean(&parts)[0][[0]], 3.0); // one example counts as much as three
/// ```
#[track_caller]
pub fn weighted_mean(parts: &[BatchGradient]) -> Vec<ArrayD<Real>> {
    let n: usize = parts.iter().map(|part| part.examples).sum();
    combine(parts, |part| part.examples as Real / n as Real)
}

/// Σ gᵢ / N over N workers: what is right for shards of equal size only.
///
/// # Panics
///
/// When there are no parts.
///
/// ```
/// use dl_interview::system::{BatchGradient, plain_mean};
///
/// let part = |g| BatchGradient { examples: 8, loss: 0.0, gradients: vec![ndarray::array![g].into_dyn()] };
/// assert_eq!(plain_mean(&[part(1.0), part(3.0)])[0][[0]], 2.0);
/// ```
#[track_caller]
pub fn plain_mean(parts: &[BatchGradient]) -> Vec<ArrayD<Real>> {
    combine(parts, |_| 1.0 / parts.len() as Real)
}

#[track_caller]
fn combine(parts: &[BatchGradient], weight: impl Fn(&BatchGradient) -> Real) -> Vec<ArrayD<Real>> {
    assert!(!parts.is_empty(), "no shards, so no gradient to average; give at least one");
    let sum = |i: usize| {
        let zeros = ArrayD::zeros(parts[0].gradients[i].raw_dim());
        parts.iter().fold(zeros, |sum, part| sum + &part.gradients[i] * weight(part))
    };
    (0..parts[0].gradients.len()).map(sum).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::{blobs, ring_centers, rng};
    use crate::nn::{Layer, Loss};
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    /// ‖a − b‖ / ‖b‖ over all arrays.
    pub fn relative_error(a: &[ArrayD<Real>], b: &[ArrayD<Real>]) -> f64 {
        let square = |x: Real| f64::from(x) * f64::from(x);
        let off: f64 = a.iter().zip(b).map(|(a, b)| (a - b).mapv(square).sum()).sum();
        (off / b.iter().map(|b| b.mapv(square).sum()).sum::<f64>()).sqrt()
    }

    pub fn build() -> Net {
        let mut rng = rng(42);
        Net::new(vec![
            Layer::linear(2, 16, &mut rng),
            Layer::tanh(),
            Layer::linear(16, 8, &mut rng),
            Layer::relu(),
            Layer::linear(8, 4, &mut rng),
        ])
    }

    fn with_batch_norm() -> Net {
        let mut rng = rng(42);
        Net::new(vec![
            Layer::linear(2, 16, &mut rng),
            Layer::batch_norm(16),
            Layer::relu(),
            Layer::linear(16, 4, &mut rng),
        ])
    }

    pub fn loss(y: &Tensor, batch: &Examples) -> Tensor {
        Loss::cross_entropy().of(y, &batch.labels)
    }

    pub fn batch(seed: u64) -> Examples {
        blobs(96, &ring_centers(4, 2.0), 0.5, &mut rng(seed))
    }

    /// The first 80, and the 16 left: sorted by class, as data in a file often are.
    fn unequal(batch: &Examples) -> [Examples; 2] {
        let mut order: Vec<usize> = (0..batch.len()).collect();
        order.sort_by_key(|&i| batch.labels[i]);
        [batch.select(&order[..80]), batch.select(&order[80..])]
    }

    const ROUNDING: f64 = if size_of::<Real>() == 8 { 1e-14 } else { 1e-6 };

    #[test]
    fn equal_shards_give_the_gradient_of_the_whole_batch() {
        for seed in 0..5 {
            let (net, batch) = (build(), batch(seed));
            let whole = shard_gradient(&net, &batch, loss);
            for workers in [1, 2, 3, 4] {
                let parts = data_parallel(&net, build, &shards(&batch, workers), loss);
                assert!(relative_error(&plain_mean(&parts), &whole.gradients) < ROUNDING, "{workers} workers");
                assert!(relative_error(&weighted_mean(&parts), &whole.gradients) < ROUNDING, "{workers} workers");
                let mean = parts.iter().map(|part| part.loss).sum::<Real>() / workers as Real;
                assert!((mean - whole.loss).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn unequal_shards_need_weights() {
        for seed in 0..5 {
            let (net, batch) = (build(), batch(seed));
            let whole = shard_gradient(&net, &batch, loss).gradients;
            let parts = data_parallel(&net, build, &unequal(&batch), loss);
            assert!(relative_error(&weighted_mean(&parts), &whole) < ROUNDING);
            assert!(relative_error(&plain_mean(&parts), &whole) > 0.05);
        }
    }

    #[test]
    fn batch_norm_over_shards_gives_another_gradient() {
        for seed in 0..5 {
            let (net, batch) = (with_batch_norm(), batch(seed));
            let parts = data_parallel(&net, with_batch_norm, &shards(&batch, 4), loss);
            let whole = shard_gradient(&net, &batch, loss).gradients;
            assert!(relative_error(&weighted_mean(&parts), &whole) > 0.01);
            net.eval(); // running statistics are the same for all
            let parts = data_parallel(&net, with_batch_norm, &shards(&batch, 4), loss);
            let whole = shard_gradient(&net, &batch, loss).gradients;
            assert!(relative_error(&weighted_mean(&parts), &whole) < 10.0 * ROUNDING);
        }
    }

    #[test]
    fn replicas_have_the_weights_of_the_net_not_those_of_build() {
        let net = build();
        net.parameters().iter().for_each(|w| w.set_value(w.value() * 1.5));
        let batch = batch(1);
        let parts = data_parallel(&net, build, &shards(&batch, 2), loss);
        let whole = shard_gradient(&net, &batch, loss).gradients;
        assert!(relative_error(&weighted_mean(&parts), &whole) < ROUNDING);
        assert!(relative_error(&shard_gradient(&build(), &batch, loss).gradients, &whole) > 0.05);
    }

    #[test]
    fn dropout_has_the_same_masks_on_every_shard_unless_build_counts_seeds() {
        let with_seed = |seed| {
            let mut rng = rng(seed);
            let first = Layer::linear(2, 16, &mut rng);
            Net::new(vec![first, Layer::dropout(0.5, &mut rng), Layer::linear(16, 4, &mut rng)])
        };
        let (net, shard) = (with_seed(1), batch(1));
        let twice = [shard.clone(), shard];
        let alike = data_parallel(&net, || with_seed(1), &twice, loss);
        assert_eq!(alike[0], alike[1]);
        let seeds = AtomicU64::new(0);
        let apart = data_parallel(&net, || with_seed(seeds.fetch_add(1, Relaxed)), &twice, loss);
        assert!(relative_error(&apart[0].gradients, &apart[1].gradients) > 0.05);
    }

    #[test]
    fn gradients_in_the_net_are_left_alone() {
        let net = build();
        let w = &net.parameters()[0];
        let there = w.value();
        w.set_grad(there.clone());
        let result = shard_gradient(&net, &batch(1), loss);
        assert_eq!(w.grad(), Some(there));
        assert!(net.parameters()[1].grad().is_none());
        let again = shard_gradient(&net, &batch(1), loss);
        assert_eq!(result, again);
    }

    #[test]
    fn every_example_is_in_one_shard() {
        let batch = batch(1);
        let joined: Vec<Real> =
            shards(&batch, 7).iter().flat_map(|shard| shard.inputs.iter().copied().collect::<Vec<_>>()).collect();
        assert_eq!(joined, batch.inputs.iter().copied().collect::<Vec<_>>());
    }

    #[test]
    #[should_panic(expected = "96 examples for 97 workers")]
    fn more_workers_than_examples() {
        shards(&batch(1), 97);
    }

    #[test]
    #[should_panic(expected = "load_state")]
    fn another_net_is_no_replica() {
        data_parallel(&build(), with_batch_norm, &shards(&batch(1), 2), loss);
    }

    #[test]
    #[should_panic(expected = "no shards")]
    fn no_parts() {
        weighted_mean(&[]);
    }
}
