//! Two nets that learn from each other: what each learns, and when the modes of the data collapse.

use dl_interview::data::{blobs, ring_centers, rng};
use dl_interview::models::{Gan, GanLoss, mlp_with, modes_covered};
use dl_interview::nn::{Init, Layer, Net};
use dl_interview::optim::Optimizer;
use dl_interview::tensor::Real;
use ndarray::{Array2, Axis, array, s};

/// G(z) = 0 whatever z is, D(x) = σ(x − 10), gradient descent: one number to learn in each, its bias.
fn scalar(loss: GanLoss, generator_rate: Real, discriminator_rate: Real) -> Gan {
    let (generator, discriminator) =
        (mlp_with(&[1, 1], |_| vec![], &mut rng(1)), mlp_with(&[1, 1], |_| vec![], &mut rng(1)));
    generator.initialize(Init::Constant(0.0), &mut rng(1));
    discriminator.initialize(Init::Constant(1.0), &mut rng(1));
    discriminator.parameters()[1].set_value(array![-10.0].into_dyn());
    let mut gan = Gan::new(generator, discriminator, 1);
    gan.loss = loss;
    gan.generator_optimizer = Optimizer::sgd(generator_rate);
    gan.discriminator_optimizer = Optimizer::sgd(discriminator_rate);
    gan
}

fn close(x: Real, y: Real) -> bool {
    (x - y).abs() <= 1e-5 * y.abs().max(1e-2)
}

#[test]
fn a_sample_that_is_seen_through_teaches_by_the_one_loss_and_not_by_the_other() {
    let sigma = |s: Real| 1.0 / (1.0 + (-s).exp());
    let softplus = |s: Real| s.exp().ln_1p();
    for (loss, expected, slope) in
        [(GanLoss::NonSaturating, softplus(10.0), -sigma(10.0)), (GanLoss::Minimax, -softplus(-10.0), -sigma(-10.0))]
    {
        let mut gan = scalar(loss, 1.0, 0.0);
        let (d, g) = gan.step(&array![[12.0], [12.0]], &mut rng(1));
        assert!(close(d, softplus(-2.0) + softplus(-10.0)), "{d}");
        assert!(close(g, expected), "{loss:?}: {g}");
        let bias = gan.generator.parameters()[1].value()[[0]];
        assert!(close(bias, -slope), "{loss:?}: {bias}");
    }
}

#[test]
fn each_learns_in_its_own_step_only_and_from_its_own_gradient_only() {
    // Two steps: what the first leaves behind in the gradients must not count in the second.
    let sigma = |s: Real| 1.0 / (1.0 + (-s).exp());
    let mut gan = scalar(GanLoss::NonSaturating, 0.0, 0.5);
    let real = array![[12.0]];
    let (mut weight, mut bias): (Real, Real) = (1.0, -10.0);
    for _ in 0..2 {
        let (_, g) = gan.step(&real, &mut rng(1));
        let (on_real, on_fake) = (-sigma(-(12.0 * weight + bias)), sigma(bias));
        (weight, bias) = (weight - 0.5 * 12.0 * on_real, bias - 0.5 * (on_real + on_fake));
        assert!(close(g, (-bias).exp().ln_1p()), "the generator meets the discriminator of now: {g}");
    }
    let learned = gan.discriminator.parameters();
    assert!(close(learned[0].value()[[0, 0]], weight) && close(learned[1].value()[[0]], bias));
    let still: Vec<Real> = gan.generator.parameters().iter().map(|p| p.value().sum()).collect();
    assert_eq!(still, [0.0, 0.0]);

    let mut gan = scalar(GanLoss::NonSaturating, 0.5, 0.0);
    let mut bias = 0.0;
    for _ in 0..2 {
        gan.step(&real, &mut rng(1));
        bias += 0.5 * sigma(10.0 - bias);
    }
    assert!(close(gan.generator.parameters()[1].value()[[0]], bias));
}

#[test]
fn batch_normalization_keeps_a_narrow_start_from_collapsing() {
    let centers = ring_centers(8, 2.0);
    let covered = [false, true].map(|batch_norm| {
        let mut rng = rng(3);
        let mut gan = Gan::ring(batch_norm, &mut rng);
        for _ in 0..800 {
            gan.step(&blobs(128, &centers, 0.02, &mut rng).inputs, &mut rng);
        }
        modes_covered(&gan.sample(1000, &mut rng), &centers, 0.3)
    });
    let [without, with] = covered;
    assert!(without <= 3 && with >= 6, "{without} modes without, {with} with batch normalization");
}

#[test]
fn the_dcgan_has_normalization_where_it_belongs() {
    let gan = Gan::digits(&mut rng(1));
    let at = |net: &Net| -> Vec<usize> {
        let normalizes = |i: &usize| matches!(net.layers[*i], Layer::BatchNorm { .. });
        (0..net.layers.len()).filter(normalizes).collect()
    };
    assert_eq!((at(&gan.generator), at(&gan.discriminator)), (vec![2, 5], vec![4]));
    for net in [&gan.generator, &gan.discriminator] {
        for weight in net.layers.iter().filter_map(Layer::weight) {
            assert!((weight.value().std(0.0) - 0.02).abs() < 0.004, "{}", weight.value().std(0.0));
        }
    }
}

#[test]
fn digits_are_learned_from_and_the_seed_decides() {
    let run = || {
        let mut rng = rng(5);
        let mut gan = Gan::digits(&mut rng);
        let real = Array2::from_shape_fn((16, 784), |(i, pixel)| Real::from((pixel + i) % 7 == 0));
        let losses: Vec<_> = (0..6).map(|_| gan.step(&real, &mut rng)).collect();
        (losses, gan.sample(4, &mut rng))
    };
    let (losses, samples) = run();
    assert!(losses[5].0 < losses[0].0 / 2.0, "the discriminator finds a pattern quickly: {losses:?}");
    assert_eq!((losses, samples), run());
}

#[test]
fn a_sample_does_not_depend_on_the_others() {
    let mut rng = rng(1);
    let mut gan = Gan::ring(true, &mut rng);
    gan.step(&blobs(64, &ring_centers(8, 2.0), 0.02, &mut rng).inputs, &mut rng);
    let first = |n| gan.sample(n, &mut dl_interview::data::rng(2)).row(0).to_owned();
    assert!((first(10) - first(1)).iter().all(|difference| difference.abs() < 1e-6));
    let spread = gan.draw_noise(5000, &mut rng);
    assert!(spread.mean().unwrap().abs() < 0.02 && (spread.std(0.0) - 1.0).abs() < 0.02);
}

#[test]
fn a_mode_needs_a_hundredth_of_the_samples_nearby() {
    let centers = ring_centers(8, 2.0);
    let with = |near_second: usize| {
        let mut samples = centers.select(Axis(0), &[0; 1000]);
        samples.slice_mut(s![..near_second, ..]).assign(&centers.row(1));
        modes_covered(&samples, &centers, 0.3)
    };
    assert_eq!([with(0), with(9), with(10)], [1, 1, 2]);
    assert_eq!(modes_covered(&(&centers + 0.3), &centers, 0.4), 0); // 0.42 away
    assert_eq!(modes_covered(&(&centers + 0.3), &centers, 0.43), 8);
    assert_eq!(modes_covered(&Array2::zeros((0, 2)), &centers, 0.3), 0);
}

#[test]
#[should_panic(expected = "samples of shape [4, 2] for data of shape [4, 3]")]
fn data_has_the_width_of_the_samples() {
    Gan::ring(false, &mut rng(1)).step(&Array2::zeros((4, 3)), &mut rng(1));
}

#[test]
#[should_panic(expected = "there is no data")]
fn a_batch_has_data() {
    Gan::ring(false, &mut rng(1)).step(&Array2::zeros((0, 2)), &mut rng(1));
}

#[test]
#[should_panic(expected = "step: the value in row 1, column 0 is NaN")]
fn data_are_numbers() {
    let mut rng = rng(1);
    let mut data = Array2::ones((4, 2));
    data[[1, 0]] = Real::NAN;
    Gan::ring(true, &mut rng).step(&data, &mut rng);
}
