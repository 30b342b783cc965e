//! One weight in two layers is one parameter, wherever parameters are counted, moved, copied or kept.

use std::panic::catch_unwind;

use dl_interview::data::{Examples, rng};
use dl_interview::landscape::{flatten, hessian_vector, line, slice};
use dl_interview::nn::{Activation, Layer, Loss, Net, l1, l2};
use dl_interview::optim::{Optimizer, grad_norm};
use dl_interview::system::{checkpointed_backward, data_parallel, pipeline_parallel, shard_gradient, summary};
use dl_interview::tensor::{Real, Tensor, mean_and_std};
use dl_interview::train::{Fit, fit, load, save};
use ndarray::{Array1, Array2, ArrayD, array};

/// y = W f(W x): 2 × 2 numbers.
fn tied() -> Net {
    let w = Tensor::parameter(array![[0.5, -0.3], [0.2, 0.4]]);
    let layer = || Layer::Linear { weight: w.clone(), bias: None };
    Net::new(vec![layer(), Layer::tanh(), layer()])
}

fn batch() -> Examples {
    let inputs = Array2::from_shape_fn((8, 2), |(i, j)| ((i * 3 + j * 5) % 7) as Real / 3.0 - 1.0);
    Examples { inputs, labels: Array1::from_iter((0..8).map(|i| i % 2)) }
}

fn loss(y: &Tensor, batch: &Examples) -> Tensor {
    Loss::cross_entropy().of(y, &batch.labels)
}

/// The gradient of the tied net, by differences.
fn expected() -> ArrayD<Real> {
    let at = |w: &Array2<Real>| {
        let net = tied();
        net.parameters()[0].set_value(w.clone().into_dyn());
        f64::from(loss(&net.forward(&Tensor::new(batch().inputs)), &batch()).item())
    };
    let w = tied().parameters()[0].value().into_dimensionality().unwrap();
    Array2::from_shape_fn((2, 2), |place| {
        let moved = |by: Real| {
            let mut w: Array2<Real> = w.clone();
            w[place] += by;
            at(&w)
        };
        ((moved(0.01) - moved(-0.01)) / 0.02) as Real
    })
    .into_dyn()
}

#[track_caller]
fn close(a: &ArrayD<Real>, b: &ArrayD<Real>) {
    assert!(a.shape() == b.shape() && (a - b).iter().all(|d| d.abs() < 2e-3), "{a} is not {b}");
}

#[test]
fn it_is_listed_and_counted_once() {
    let net = tied();
    let names: Vec<String> = net.named_parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0.weight"]);
    assert_eq!((net.parameters().len(), net.parameter_count()), (1, 4));
    let summary = summary(&net, &[2]);
    assert_eq!(summary.parameters(), 4);
    assert_eq!(summary.layers.iter().map(|layer| layer.parameters).collect::<Vec<_>>(), [4, 0, 0]);
    assert_eq!(summary.forward_flops(), 2 * 8); // used twice
    // Any kind of parameter.
    let slopes = Tensor::parameter(array![0.25]);
    let prelu = || Layer::Activation(Activation::Prelu(slopes.clone()));
    assert_eq!(Net::new(vec![prelu(), prelu()]).parameter_count(), 1);
}

#[test]
fn it_moves_once_along_the_whole_gradient() {
    let net = tied();
    let before = net.parameters()[0].value();
    let how = Fit { epochs: 1, batch: 8, optimizer: Optimizer::sgd(0.1), ..Fit::default() };
    let history = fit(&net, &batch(), None, &how);
    close(&net.parameters()[0].value(), &(&before - &(expected() * 0.1)));
    let norm = expected().iter().map(|g| g * g).sum::<Real>().sqrt();
    assert!((history.grad_norm[0] / norm - 1.0).abs() < 0.01, "{} is not {norm}", history.grad_norm[0]);
}

#[test]
fn a_list_that_names_it_twice_moves_it_once() {
    let optimizers = [
        Optimizer::sgd(0.1),
        Optimizer::sgd(0.1).momentum(0.9).weight_decay(0.1),
        Optimizer::adam(0.1),
        Optimizer::adam_w(0.1, 0.1),
        Optimizer::rms_prop(0.1).clip_norm(0.5),
    ];
    for optimizer in optimizers {
        let [once, twice] = [1, 2].map(|times| {
            let w = Tensor::parameter(array![3.0, -4.0]);
            let (list, mut optimizer) = (vec![w.clone(); times], optimizer.clone());
            for _ in 0..3 {
                w.set_grad(array![0.3, 0.4].into_dyn());
                optimizer.step(&list);
            }
            assert!((grad_norm(&list) - 0.5).abs() < 1e-6);
            assert_eq!((l1(&list).item(), l2(&list).item()), (l1(&list[..1]).item(), l2(&list[..1]).item()));
            (w.value(), optimizer.state_bytes())
        });
        assert_eq!(once, twice, "{optimizer}");
    }
}

#[test]
fn penalties_count_it_once() {
    for how in [Fit { l1: 0.1, ..Fit::default() }, Fit { l2: 0.1, ..Fit::default() }] {
        let net = tied();
        let weights = net.parameters();
        let plain = loss(&net.forward(&Tensor::new(batch().inputs)), &batch());
        (plain + l1(&weights) * how.l1 + l2(&weights) * how.l2).backward();
        let wanted = weights[0].value() - weights[0].grad().unwrap() * 0.1;
        let trained = tied();
        fit(&trained, &batch(), None, &Fit { epochs: 1, batch: 8, optimizer: Optimizer::sgd(0.1), ..how });
        close(&trained.parameters()[0].value(), &wanted);
    }
}

#[test]
fn a_clone_shares_as_the_original_does() {
    let (net, x) = (tied(), array![[1.0, 2.0]]);
    let copy = net.clone();
    assert_eq!(copy.parameter_count(), 4);
    assert!(!copy.parameters()[0].is(&net.parameters()[0]));
    let before = net.predict(&x);
    copy.parameters()[0].set_value(ArrayD::zeros(vec![2, 2]));
    assert_eq!(copy.predict(&x), array![[0.0, 0.0]]);
    assert_eq!(net.predict(&x), before);
}

#[test]
fn it_is_kept_once_and_comes_back() {
    let file = tempfile::tempdir().unwrap();
    let file = file.path().join("tied.safetensors");
    let (trained, fresh) = (tied(), tied());
    trained.parameters()[0].set_value(array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
    assert_eq!(trained.state().len(), 1);
    save(&trained, &file).unwrap();
    load(&fresh, &file).unwrap();
    assert_eq!(fresh.predict(&array![[1.0, 2.0]]), trained.predict(&array![[1.0, 2.0]]));
    let apart = || Layer::linear(2, 2, &mut rng(1)).without_bias();
    let untied = Net::new(vec![apart(), Layer::tanh(), apart()]);
    assert!(load(&untied, &file).unwrap_err().to_string().contains("it has no tensor 2.weight"));
}

#[test]
fn machines_that_share_the_work_find_the_same_gradient() {
    let (net, batch) = (tied(), batch());
    close(&shard_gradient(&net, &batch, loss).gradients[0], &expected());
    let halves = dl_interview::system::shards(&batch, 2);
    let parts = data_parallel(&net, tied, &halves, loss);
    close(&dl_interview::system::weighted_mean(&parts)[0], &expected());
    for cut in 0..=3 {
        let result = pipeline_parallel(&net, tied, cut, &halves, loss);
        assert_eq!(result.gradients.len(), 1, "cut {cut}");
        close(&result.gradients[0], &expected());
    }
    for segments in 1..=3 {
        net.parameters()[0].zero_grad();
        checkpointed_backward(&net, &Tensor::new(batch.inputs.clone()), segments, |y| loss(y, &batch));
        close(&net.parameters()[0].grad().unwrap(), &expected());
    }
}

#[test]
fn two_directions_for_one_tensor_are_refused() {
    let w = Tensor::parameter(array![1.0]);
    let there = [array![1.0].into_dyn(), array![2.0].into_dyn()];
    let refused = |work: &dyn Fn(&[Tensor; 2])| {
        let list = [w.clone(), w.clone()];
        let panic = catch_unwind(std::panic::AssertUnwindSafe(|| work(&list))).unwrap_err();
        let message = panic.downcast::<String>().unwrap();
        assert!(message.contains("parameter 1 is the same tensor as parameter 0"), "{message}");
    };
    refused(&|list| drop(hessian_vector(list, &there, || list[0].sum())));
    refused(&|list| drop(line(list, &there, &there, 2, || list[0].sum())));
    refused(&|list| drop(slice(list, &there, &there, 1.0, 2, || list[0].sum())));
    // The parameters of a net are fine.
    let net = tied();
    let vector: Vec<ArrayD<Real>> = net.parameters().iter().map(Tensor::value).collect();
    assert_eq!(flatten(&vector).len(), 4);
    let x = Tensor::new(batch().inputs);
    let product = hessian_vector(&net.parameters(), &vector, || loss(&net.forward(&x), &batch()));
    assert!(product[0].iter().all(|x| x.is_finite()));
}

#[test]
fn lsuv_scales_it_for_the_first_layer_alone() {
    let (net, batch) = (tied(), Tensor::new(batch().inputs));
    net.lsuv(&batch, &mut rng(3));
    let (_, first) = mean_and_std(&net.forward_all(&batch)[0].value());
    assert!((first - 1.0).abs() < 1e-3, "{first}");
}
