//! Many numbers, large numbers and none: what rounding, overflow and empty shapes must not spoil.

use dl_interview::nn::Layer;
use dl_interview::optim::Optimizer;
use dl_interview::tensor::{Real, Tensor, mean_and_std};
use ndarray::{Array1, Array2, Array4, ArrayD};

#[track_caller]
fn close(found: Real, expected: f64, relative: f64) {
    assert!((f64::from(found) / expected - 1.0).abs() <= relative, "{found} is not {expected}");
}

#[test]
fn means_of_many_numbers() {
    let tenths = Array1::from_elem(20_000_000, 0.1 as Real);
    let (mean, std) = mean_and_std(&tenths);
    close(mean, 0.1, 1e-6);
    assert!(std < 1e-7);
    let x = Tensor::new(tenths);
    close(x.mean().item(), 0.1, 1e-6);
    close(x.sum().item(), 2e6, 1e-6);
    close(x.mean_axes(&[0]).item(), 0.1, 1e-6);
    let columns = Tensor::new(Array2::from_elem((1_000_000, 3), 0.1 as Real));
    columns.mean_axes(&[0]).value().iter().for_each(|&mean| close(mean, 0.1, 1e-6));
    columns.t().mean_axes(&[1]).value().iter().for_each(|&mean| close(mean, 0.1, 1e-6));
    columns.mean_axes(&[0, 1]).value().iter().for_each(|&mean| close(mean, 0.1, 1e-6));
    close(columns.permute(&[1, 0]).mean().item(), 0.1, 1e-6);
}

#[test]
fn a_standard_deviation_of_many_numbers() {
    // As in MNIST: most are 0.
    let pixels = Array2::from_shape_fn((60_000, 784), |(i, j)| if (i + j) % 5 == 0 { 0.8 } else { 0.0 });
    let (mean, std) = mean_and_std(&pixels);
    close(mean, 0.16, 1e-4);
    close(std, 0.32, 1e-4);
    let (of_part, _) = mean_and_std(&pixels.slice(ndarray::s![..;3, 10..20]));
    close(of_part, 0.16, 1e-4);
}

#[test]
fn gradients_that_are_sums_of_many_numbers() {
    let rows = 500_000;
    let parameter = |n| Tensor::parameter(Array1::from_elem(n, 1.0 as Real));
    let inputs = Tensor::new(Array2::from_elem((rows, 2), 0.1 as Real));
    let expected = rows as f64 * 0.1;
    // Each output is what its number of gradients is multiplied by: ∂/∂b Σ 0.1 b.
    let b = parameter(2);
    ((&b * &inputs).sum()).backward(); // broadcast along the rows
    b.grad().unwrap().iter().for_each(|&g| close(g, expected, 1e-6));
    let (w, b) = (Tensor::parameter(Array2::zeros((2, 2))), parameter(2));
    inputs.linear(&w, &b).backward_from(ArrayD::from_elem(vec![rows, 2], 0.1));
    b.grad().unwrap().iter().for_each(|&g| close(g, expected, 1e-6));
    let (gamma, beta) = (parameter(2), parameter(2));
    let (y, ..) = inputs.batch_norm(&gamma, &beta, 1e-5);
    y.backward_from(ArrayD::from_elem(vec![rows, 2], 0.1));
    beta.grad().unwrap().iter().for_each(|&g| close(g, expected, 1e-6));
    beta.zero_grad();
    inputs.layer_norm(&gamma, &beta, 1e-5).backward_from(ArrayD::from_elem(vec![rows, 2], 0.1));
    beta.grad().unwrap().iter().for_each(|&g| close(g, expected, 1e-6));
    let images = Tensor::new(Array4::from_elem((rows, 1, 1, 1), 1.0 as Real));
    let (kernel, bias) = (Tensor::parameter(Array4::zeros((1, 1, 1, 1))), parameter(1));
    images.conv2d(&kernel, &bias, 1, 0).backward_from(ArrayD::from_elem(vec![rows, 1, 1, 1], 0.1));
    close(bias.grad().unwrap()[[0]], expected, 1e-6);
    close(kernel.grad().unwrap()[[0, 0, 0, 0]], expected, 1e-6);
}

#[test]
fn batch_statistics_of_many_numbers_far_from_0() {
    let n = 60_000;
    let x = Array2::from_shape_fn((n, 2), |(i, _)| 1000.0 + (i % 3) as Real); // 1000, 1001, 1002
    let ones = || Tensor::parameter(Array1::ones(2));
    let check = |x: &Tensor| {
        let (_, mean, variance) = x.batch_norm(&ones(), &ones(), 1e-5);
        mean.iter().for_each(|&mean| close(mean, 1001.0, 1e-7));
        variance.iter().for_each(|&variance| close(variance, 2.0 / 3.0, 1e-5));
    };
    check(&Tensor::new(x.clone()));
    check(&Tensor::new(x.t().as_standard_layout().into_owned().into_shape_with_order((1, 2, 200, n / 200)).unwrap()));
    let layer = Layer::batch_norm(2).momentum(1.0);
    layer.forward(&Tensor::new(x), true);
    let Layer::BatchNorm { running_mean, .. } = &layer else { unreachable!() };
    running_mean.borrow().iter().for_each(|&mean| close(mean, 1001.0, 1e-7));
}

fn adaptive() -> [Optimizer; 6] {
    let rate = 0.1;
    let adam = Optimizer::adam(rate);
    [
        adam.clone(),
        adam.bias_correction(false),
        Optimizer::adam_w(rate, 0.0),
        Optimizer::rms_prop(rate),
        Optimizer::rms_prop(rate).rho(0.99).epsilon_inside(),
        Optimizer::ada_grad(rate),
    ]
}

/// Where the weights 0 are after gradients.
fn walk(mut optimizer: Optimizer, gradients: &[Real]) -> Vec<Real> {
    let w = [Tensor::parameter(Array1::zeros(1))];
    let step = |&g: &Real| {
        w[0].set_grad(Array1::from_elem(1, g).into_dyn());
        optimizer.step(&w);
        w[0].value()[[0]]
    };
    gradients.iter().map(step).collect()
}

#[test]
fn one_huge_gradient_does_not_end_the_walk() {
    let huge: [Real; 3] = [1e18, 1e20, Real::MAX];
    for optimizer in adaptive() {
        let usual = walk(optimizer.clone(), &[1.0]);
        for g in huge {
            // The length of the first step does not depend on the size of the gradient.
            close(walk(optimizer.clone(), &[g])[0], usual[0].into(), 1e-4);
            close(walk(optimizer.clone(), &[-g])[0], f64::from(-usual[0]), 1e-4);
            let many = walk(optimizer.clone(), &[g; 50]);
            assert!(many.windows(2).all(|pair| pair[1] < pair[0]), "{optimizer}, {g}: {many:?}");
        }
    }
    // What forgets fast is back soon.
    let gradients: Vec<Real> = [Real::MAX].into_iter().chain([1.0; 8000]).collect();
    let walk = walk(Optimizer::rms_prop(0.1), &gradients);
    assert!(walk[8000] < walk[7000] - 90.0);
}

#[test]
fn a_gradient_that_is_not_finite_shows() {
    for optimizer in adaptive() {
        for g in [Real::INFINITY, Real::NEG_INFINITY, Real::NAN] {
            assert!(walk(optimizer.clone(), &[g])[0].is_nan(), "{optimizer}: {g}");
        }
    }
}

#[test]
fn without_epsilon_a_gradient_of_0_moves_nothing() {
    for optimizer in adaptive() {
        let optimizer = optimizer.epsilon(0.0);
        assert_eq!(walk(optimizer.clone(), &[0.0, 0.0]), [0.0, 0.0], "{optimizer}");
        let tiny = if size_of::<Real>() == 8 { 1e-200 } else { 1e-30 };
        assert!(walk(optimizer.clone(), &[tiny])[0].is_finite(), "{optimizer}");
        let later = walk(optimizer.clone(), &[0.0, 1.0])[1];
        assert!(later < 0.0 && later.is_finite(), "{optimizer}");
        let w = [Tensor::parameter(Array1::zeros(1))];
        w[0].set_grad(Array1::zeros(1).into_dyn());
        let mut optimizer = optimizer;
        optimizer.step(&w);
        assert_eq!(optimizer.effective_rates()[0][[0]], 0.0, "{optimizer}");
    }
}

#[test]
fn a_batch_of_no_images_is_an_empty_batch() {
    let zeros = |shape: &[usize]| Tensor::parameter(ArrayD::zeros(shape));
    let none = zeros(&[0, 2, 6, 6]);
    let outputs = [
        none.conv2d(&zeros(&[3, 2, 3, 3]), &zeros(&[3]), 1, 1),
        none.conv_transpose2d(&zeros(&[2, 3, 3, 3]), &zeros(&[3]), 1, 1),
        none.max_pool2d(2, 2),
        none.avg_pool2d(2, 2),
    ];
    let shapes = outputs.each_ref().map(Tensor::shape);
    assert_eq!(shapes, [vec![0, 3, 6, 6], vec![0, 3, 6, 6], vec![0, 2, 3, 3], vec![0, 2, 3, 3]]);
    outputs.iter().for_each(|y| y.sum().backward());
    assert_eq!(none.grad().unwrap().shape(), [0, 2, 6, 6]);
    assert_eq!(zeros(&[5, 0, 4, 4]).max_pool2d(2, 2).shape(), [5, 0, 2, 2]);
    assert_eq!(zeros(&[5, 0, 4, 4]).avg_pool2d(2, 2).shape(), [5, 0, 2, 2]);
    assert_eq!(Tensor::new(Array2::zeros((3, 0))).linear(&zeros(&[2, 0]), &zeros(&[2])).shape(), [3, 2]);
}
