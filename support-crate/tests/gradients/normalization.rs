use dl_interview::tensor::{Real, Tensor};
use ndarray::{Array1, array};

use crate::difference::{check, numbers, positive};

const EPS: Real = 1e-3;

#[test]
fn batch_norm_over_the_batch() {
    // 2 × 4 × 3 × 3: longer than the eight sums that are kept side by side.
    for shape in [&[5, 3][..], &[2, 3, 2, 2], &[3, 2, 3, 4], &[2, 1, 1, 1], &[1, 2, 2, 1]] {
        let c = shape[1];
        let parts = [numbers(shape, 1), numbers(&[c], 2), numbers(&[c], 3)];
        check(&format!("batch_norm {shape:?}"), &parts, |x| x[0].batch_norm(&x[1], &x[2], EPS).0);
    }
    let parts = [numbers(&[2, 3, 2, 2], 1), numbers(&[2], 2), numbers(&[2], 3)];
    check("of a view", &parts, |x| x[0].permute(&[1, 2, 0, 3]).batch_norm(&x[1], &x[2], EPS).0);
}

#[test]
fn batch_norm_with_given_statistics() {
    for shape in [&[5, 3][..], &[1, 3], &[2, 3, 2, 2]] {
        let parts = [numbers(shape, 1), numbers(&[3], 2), numbers(&[3], 3)];
        let (mean, variance) = (array![0.3, -0.7, 1.1], array![0.5, 2.0, 0.9]);
        check("batch_norm_with", &parts, |x| x[0].batch_norm_with(&x[1], &x[2], &mean, &variance, EPS));
    }
}

#[test]
fn layer_norm_over_the_last_axis() {
    for shape in [&[3, 5][..], &[2, 3, 4], &[11], &[2, 9]] {
        let d = shape[shape.len() - 1];
        let parts = [numbers(shape, 1), numbers(&[d], 2), numbers(&[d], 3)];
        check(&format!("layer_norm {shape:?}"), &parts, |x| x[0].layer_norm(&x[1], &x[2], EPS));
    }
    let parts = [numbers(&[4, 3], 1), numbers(&[4], 2), numbers(&[4], 3)];
    check("of a view", &parts, |x| x[0].t().layer_norm(&x[1], &x[2], EPS));
}

/// The same by the operations that they are made of: values and gradients.
#[test]
fn as_the_formulas_say() {
    let parts = || [numbers(&[4, 3], 1), positive(&[3], 2), numbers(&[3], 3)].map(Tensor::parameter);
    let formula = |x: &[Tensor; 3], axis: usize| {
        let centered = &x[0] - x[0].mean_axes(&[axis]);
        let variance = (&centered * &centered).mean_axes(&[axis]);
        centered / (variance + EPS).sqrt() * &x[1] + &x[2]
    };
    let weights = numbers(&[4, 3], 9);
    for axis in [0, 1] {
        let (a, b) = (parts(), parts());
        let fused = if axis == 0 { a[0].batch_norm(&a[1], &a[2], EPS).0 } else { a[0].layer_norm(&a[1], &a[2], EPS) };
        let plain = formula(&b, axis);
        fused.backward_from(weights.clone());
        plain.backward_from(weights.clone());
        let close = |x: &ndarray::ArrayD<Real>, y: &ndarray::ArrayD<Real>| (x - y).iter().all(|d| d.abs() < 1e-5);
        assert!(close(&fused.value(), &plain.value()));
        a.iter().zip(&b).for_each(|(a, b)| assert!(close(&a.grad().unwrap(), &b.grad().unwrap())));
    }
}

#[test]
fn the_result_has_mean_0_and_variance_1_also_far_from_0() {
    let x = Tensor::new(numbers(&[64, 2, 5, 5], 1) * 0.5 + 1000.0);
    let (one, zero) = (Tensor::new(Array1::ones(2)), Tensor::new(Array1::zeros(2)));
    let (y, mean, variance) = x.batch_norm(&one, &zero, 0.0);
    assert!(mean.iter().all(|mean| (mean - 1000.0).abs() < 1.0), "{mean}");
    assert!(variance.iter().all(|&variance| variance > 0.1 && variance < 1.0), "{variance}");
    let (centre, spread) = (y.mean_axes(&[0, 2, 3]).value(), (&y * &y).mean_axes(&[0, 2, 3]).value());
    assert!(centre.iter().all(|c| c.abs() < 1e-3), "{centre}");
    assert!(spread.iter().all(|s| (s - 1.0).abs() < 1e-3), "{spread}");
    // With the statistics of the batch given, the result is the same, but they count as constants.
    let again = x.batch_norm_with(&one, &zero, &mean, &variance, 0.0);
    assert_eq!(again.value(), y.value());
}

#[test]
fn a_constant_channel_gives_the_shift_and_no_infinite_gradient() {
    let x = Tensor::parameter(ndarray::Array2::from_elem((4, 1), 3.0));
    let (gamma, beta) = (Tensor::parameter(array![2.0]), Tensor::parameter(array![0.5]));
    let (y, _, variance) = x.batch_norm(&gamma, &beta, 1e-5);
    assert_eq!((y.value(), variance[0]), (ndarray::Array2::from_elem((4, 1), 0.5).into_dyn(), 0.0));
    y.backward_from(numbers(&[4, 1], 1));
    assert!(x.grad().unwrap().iter().all(|g| g.is_finite()));
}

#[test]
fn dropout_keeps_the_expectation_and_drops_as_often_as_it_says() {
    let ones = Tensor::new(Array1::ones(100_000));
    for p in [0.0, 0.1, 0.5, 0.9] {
        let y = ones.dropout(p, &mut dl_interview::data::rng(1)).value();
        let dropped = y.iter().filter(|&&y| y == 0.0).count() as Real / 1e5;
        assert!((dropped - p).abs() < 0.006, "{dropped} {p}");
        assert!(y.iter().all(|&y| y == 0.0 || (y - 1.0 / (1.0 - p)).abs() < 1e-5));
    }
    let again = |seed| ones.dropout(0.5, &mut dl_interview::data::rng(seed)).value();
    assert_eq!(again(1), again(1));
    assert_ne!(again(1), again(2));
}
