//! The training loop and what it writes down.

use dl_interview::data::{Augment, Examples, blobs, minibatches, mnist, moons, rng};
use dl_interview::nn::{Activation, Init, Layer, Loss, Net};
use dl_interview::optim::{Optimizer, Schedule};
use dl_interview::tensor::{Real, Tensor};
use dl_interview::train::{Fit, dead_units, evaluate, fit, fit_values, fit_with};
use ndarray::{Array1, Array2, array};

fn small(seed: u64) -> Net {
    let rng = &mut rng(seed);
    Net::new(vec![Layer::linear(2, 12, rng), Layer::relu(), Layer::linear(12, 2, rng)])
}

fn two_moons(n: usize) -> Examples {
    moons(n, 0.1, &mut rng(7))
}

#[test]
fn an_epoch_is_the_loop_that_one_would_write_by_hand() {
    let data = two_moons(100);
    let (by_fit, by_hand) = (small(1), small(1));
    let how = Fit { epochs: 2, batch: 30, optimizer: Optimizer::sgd(0.1), seed: 5, ..Fit::default() };
    let history = fit(&by_fit, &data, None, &how);

    let (mut order, mut losses) = (rng(5), Vec::new());
    for _ in 0..2 {
        for batch in minibatches(100, 30, &mut order) {
            let batch = data.select(&batch);
            let loss = Loss::cross_entropy().of(&by_hand.forward(&Tensor::new(batch.inputs)), &batch.labels);
            losses.push(loss.item());
            loss.backward();
            for w in by_hand.parameters() {
                w.set_value(w.value() - w.grad().unwrap() * 0.1);
                w.zero_grad();
            }
        }
    }
    assert_eq!(history.step_loss, losses);
    for (a, b) in by_fit.parameters().iter().zip(by_hand.parameters()) {
        let difference = (a.value() - b.value()).mapv(Real::abs).into_iter().fold(0.0, Real::max);
        assert!(difference < 1e-6, "{difference}");
    }
}

#[test]
fn the_same_seed_gives_the_same_training() {
    let data = two_moons(200);
    let run = |seed| fit(&small(1), &data, Some(&data), &Fit { seed, ..Fit::default() });
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).step_loss, run(2).step_loss);
}

#[test]
fn everything_is_written_down() {
    let (train, valid) = (two_moons(100), two_moons(50));
    let how = Fit { epochs: 3, batch: 40, schedule: Schedule::Exponential { factor: 0.5 }, ..Fit::default() };
    let history = fit(&small(1), &train, Some(&valid), &how);
    assert_eq!(history.epochs(), 3);
    for per_epoch in [&history.train_loss, &history.train_accuracy, &history.valid_loss, &history.valid_accuracy] {
        assert_eq!(per_epoch.len(), 3);
    }
    for per_step in [&history.step_loss, &history.grad_norm, &history.lr] {
        assert_eq!(per_step.len(), 9);
    }
    assert!(history.lr[8] < history.lr[0]);
    assert_eq!(history.update_ratios.iter().map(Vec::len).collect::<Vec<_>>(), [4; 3]);
    assert!(history.update_ratios[0][0] > 0.0);
    assert_eq!(history.grad_norms.iter().map(Vec::len).collect::<Vec<_>>(), [4; 3]);
    let together = history.grad_norms[2].iter().map(|norm| norm * norm).sum::<Real>().sqrt();
    assert!((together / history.grad_norm[8] - 1.0).abs() < 1e-4);
    assert_eq!(history.dead_units.iter().map(Vec::len).collect::<Vec<_>>(), [1; 3]);
    let mean = (history.step_loss[0] * 40.0 + history.step_loss[1] * 40.0 + history.step_loss[2] * 20.0) / 100.0;
    assert!((mean - history.train_loss[0]).abs() < 1e-5);
    let line = history.to_string();
    assert!(line.starts_with("epoch 3 · loss ") && line.contains("validation accuracy"), "{line}");
}

#[test]
fn early_stopping_gives_the_best_weights_back() {
    // Two classes that overlap completely: nothing can be learned, and every further epoch only overfits.
    let noise = |seed| blobs(60, &array![[0.0, 0.0], [0.1, 0.0]], 1.0, &mut rng(seed));
    let (train, valid) = (noise(1), noise(2));
    let rng = &mut rng(3);
    let net = Net::new(vec![Layer::linear(2, 64, rng), Layer::relu(), Layer::linear(64, 2, rng)]);
    let how = Fit { epochs: 200, batch: 10, optimizer: Optimizer::adam(0.02), patience: Some(4), ..Fit::default() };
    let history = fit(&net, &train, Some(&valid), &how);
    let best = history.best_epoch.unwrap();
    assert_eq!(history.epochs(), best + 4);
    assert!(history.valid_loss.iter().all(|&loss| loss >= history.valid_loss[best - 1]));
    assert_eq!(evaluate(&net, &valid, &Loss::cross_entropy()).0, history.valid_loss[best - 1]);
}

#[test]
fn a_loss_that_is_not_finite_ends_the_training() {
    // Without a ReLU, which might die and stop the growth: every step multiplies the error by −3·10⁶.
    let net = || Net::new(vec![Layer::linear(2, 2, &mut rng(1))]);
    let data = Examples { inputs: Array2::ones((8, 2)), labels: Array1::from_elem(8, 1) };
    let how = Fit { epochs: 50, loss: Loss::Mse, optimizer: Optimizer::sgd(1e6), ..Fit::default() };
    let history = fit(&net(), &data, None, &Fit { may_diverge: true, ..how.clone() });
    let (epoch, step) = history.diverged.unwrap();
    assert!(epoch > 1 && step == 1 && history.epochs() == epoch - 1);
    assert!(!history.step_loss.last().unwrap().is_finite());

    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fit(&net(), &data, None, &how)));
    let message = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains(&format!("at epoch {epoch}, step 1, the loss is")), "{message}");
    assert!(
        message.contains("with the learning rate at 1000000. Lower the learning rate")
            && message.contains("may_diverge"),
        "{message}"
    );
}

#[test]
fn a_gradient_that_is_not_finite_ends_the_training_too() {
    // With weights of 0 the outputs are 0 and the loss is 1, whatever the inputs; the gradient is as large as they are.
    let x = Array2::from_elem((3, 2), 0.9 * Real::MAX);
    let net = Net::new(vec![Layer::linear(2, 1, &mut rng(1))]);
    net.initialize(Init::Constant(0.0), &mut rng(1));
    let how = Fit { loss: Loss::Mae, may_diverge: true, ..Fit::default() };
    let history = fit_values(&net, (&x, &Array2::ones((3, 1))), None, &how);
    assert_eq!((history.diverged, history.step_loss), (Some((1, 1)), vec![1.0]));
    assert!(net.parameters()[0].value().iter().all(|&w| w == 0.0), "the step was taken");
}

#[test]
fn a_batch_of_one_is_spared_to_batch_normalization() {
    let data = two_moons(21);
    let net = Net::new(vec![Layer::linear(2, 4, &mut rng(1)), Layer::batch_norm(4), Layer::linear(4, 2, &mut rng(2))]);
    let history = fit(&net, &data, None, &Fit { epochs: 2, batch: 10, ..Fit::default() });
    assert_eq!(history.step_loss.len(), 2 * 2);
    let plain = fit(&small(1), &data, None, &Fit { epochs: 2, batch: 10, ..Fit::default() });
    assert_eq!(plain.step_loss.len(), 2 * 3);
}

#[test]
fn the_net_can_be_looked_at_after_each_epoch() {
    let (data, net) = (two_moons(60), small(1));
    let mut seen = Vec::new();
    let history = fit_with(&net, &data, Some(&data), &Fit { epochs: 4, ..Fit::default() }, |epoch, net| {
        seen.push((epoch, net.accuracy(&data.inputs, &data.labels)));
    });
    assert_eq!(seen.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(seen.iter().map(|(_, accuracy)| *accuracy).collect::<Vec<_>>(), history.valid_accuracy);
}

#[test]
fn augmentation_leaves_the_order_alone() {
    let digits = mnist().unwrap().train.first(100);
    let first = |augment: Vec<Augment>| {
        let net = Net::new(vec![Layer::linear(784, 10, &mut rng(1))]);
        fit(&net, &digits, None, &Fit { epochs: 3, batch: 10, augment, ..Fit::default() }).step_loss
    };
    // A shift by nothing draws numbers, and changes nothing else.
    assert_eq!(first(vec![]), first(vec![Augment::Shift(0)]));
}

#[test]
fn one_output_tells_two_classes_apart() {
    let data = two_moons(200);
    for loss in [Loss::BceWithLogits, Loss::Hinge, Loss::Mse] {
        let rng = &mut rng(1);
        let net = Net::new(vec![Layer::linear(2, 16, rng), Layer::tanh(), Layer::linear(16, 1, rng)]);
        let how = Fit { epochs: 60, batch: 20, optimizer: Optimizer::adam(0.03), loss, ..Fit::default() };
        let history = fit(&net, &data, None, &how);
        assert!(*history.train_accuracy.last().unwrap() > 0.97, "{loss:?}: {history}");
    }
}

#[test]
fn losses_on_numbers_take_classes_as_one_hot_rows() {
    let data = two_moons(200);
    let how = Fit { epochs: 40, batch: 20, optimizer: Optimizer::adam(0.02), loss: Loss::Mse, ..Fit::default() };
    let history = fit(&small(2), &data, None, &how);
    assert!(*history.train_accuracy.last().unwrap() > 0.95, "{history}");
}

#[test]
fn penalties_act_on_weights_but_not_on_biases() {
    let data = two_moons(200);
    let norm = |net: &Net, i: usize| net.parameters()[i].value().iter().map(|w| w * w).sum::<Real>();
    let trained = |l1, l2| {
        let net = small(3);
        fit(&net, &data, None, &Fit { epochs: 20, l1, l2, optimizer: Optimizer::sgd(0.1), ..Fit::default() });
        net
    };
    let (free, ridge, lasso) = (trained(0.0, 0.0), trained(0.0, 0.05), trained(0.05, 0.0));
    assert!(norm(&ridge, 0) < 0.5 * norm(&free, 0));
    let tiny = |net: &Net| net.parameters()[0].value().iter().filter(|w| w.abs() < 0.01).count();
    assert!(tiny(&lasso) > tiny(&free) + 5, "{} {}", tiny(&lasso), tiny(&free));
    // The biases alone can still say how frequent each class is.
    assert!(norm(&trained(0.0, 10.0), 3) > 0.0);
}

#[test]
fn a_regression_learns_a_curve() {
    let x = Array2::from_shape_fn((128, 1), |(i, _)| i as Real / 64.0 - 1.0);
    let y = x.mapv(|x| (3.0 * x).sin());
    let rng = &mut rng(1);
    let net = Net::new(vec![Layer::linear(1, 32, rng), Layer::tanh(), Layer::linear(32, 1, rng)]);
    let how = Fit { epochs: 200, batch: 32, optimizer: Optimizer::adam(0.02), loss: Loss::Mse, ..Fit::default() };
    let history = fit_values(&net, (&x, &y), Some((&x, &y)), &how);
    assert!(*history.valid_loss.last().unwrap() < 1e-3, "{history}");
    assert!(history.train_accuracy.is_empty() && history.valid_accuracy.is_empty());
}

#[test]
fn augmented_images_are_drawn_anew_each_time() {
    let digits = mnist().unwrap().train.first(64);
    let first_losses = |augment: Vec<Augment>| {
        let net = Net::new(vec![Layer::linear(784, 10, &mut rng(1))]);
        let how = Fit { epochs: 2, optimizer: Optimizer::sgd(1e-12), augment, ..Fit::default() };
        fit(&net, &digits, None, &how).step_loss
    };
    let (same, moved) = (first_losses(vec![]), first_losses(vec![Augment::Shift(2)]));
    assert!((same[0] - same[1]).abs() < 1e-5 && (moved[0] - moved[1]).abs() > 1e-4, "{same:?} {moved:?}");
}

#[test]
fn dead_units_are_those_that_never_fire() {
    let net = Net::new(vec![Layer::linear(3, 4, &mut rng(1)), Layer::relu(), Layer::linear(4, 2, &mut rng(1))]);
    let x = Array2::from_shape_fn((50, 3), |(i, j)| ((i * 7 + j * 3) % 11) as Real - 5.0);
    assert_eq!(dead_units(&net, &x), [0.0]);
    net.parameters()[1].set_value(array![-1e3, -1e3, 0.0, -1e3].into_dyn());
    assert_eq!(dead_units(&net, &x), [0.75]);
    let maps = Net::new(vec![Layer::reshape(1, 2, 2), Layer::Activation(Activation::Relu), Layer::flatten()]);
    assert_eq!(dead_units(&maps, &array![[-1.0, -2.0, -3.0, -4.0], [-1.0, -2.0, 3.0, -4.0]]), [0.0]);
    assert!(net.is_training());
}

#[test]
fn mistakes_are_named() {
    let data = two_moons(10);
    let message = |work: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_err();
        panic.downcast::<String>().map_or_else(|it| it.downcast::<&str>().unwrap().to_string(), |it| *it)
    };
    let expect = |wanted: &str, work: &dyn Fn()| {
        let message = message(work);
        assert!(message.contains(wanted), "{message}");
    };
    let go = |how: Fit| {
        fit(&small(1), &two_moons(10), None, &how);
    };
    expect("there are no training examples", &|| {
        fit(&small(1), &data.first(0), None, &Fit::default());
    });
    expect("0 epochs train nothing", &|| go(Fit { epochs: 0, ..Fit::default() }));
    expect("give a size of 1 or more", &|| go(Fit { batch: 0, ..Fit::default() }));
    expect("patience watches the validation loss", &|| go(Fit { patience: Some(1), ..Fit::default() }));
    expect("with a patience of 0 the training would end at once", &|| {
        fit(&small(1), &data, Some(&data), &Fit { patience: Some(0), ..Fit::default() });
    });
    expect("l2 is -1; a penalty is 0 or more", &|| go(Fit { l2: -1.0, ..Fit::default() }));
    expect("there are no validation examples", &|| {
        fit(&small(1), &data, Some(&data.first(0)), &Fit::default());
    });
    expect("evaluate: there are no examples", &|| {
        evaluate(&small(1), &data.first(0), &Loss::Mse);
    });
    expect("1 inputs cannot tell which units respond", &|| {
        dead_units(&small(1), &array![[1.0, 2.0]]);
    });
    expect("label 7", &|| {
        let labels = Array1::from_elem(10, 7);
        fit(&small(1), &Examples { inputs: data.inputs.clone(), labels }, None, &Fit::default());
    });
    expect("10 training inputs but 3 targets", &|| {
        fit_values(&small(1), (&data.inputs, &Array2::zeros((3, 2))), None, &Fit { loss: Loss::Mse, ..Fit::default() });
    });
    expect("a single output tells two classes apart", &|| {
        let data = blobs(9, &array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], 0.1, &mut rng(1));
        let net = Net::new(vec![Layer::linear(2, 1, &mut rng(1))]);
        fit(&net, &data, None, &Fit { loss: Loss::BceWithLogits, ..Fit::default() });
    });
}
