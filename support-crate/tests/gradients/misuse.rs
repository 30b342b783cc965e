//! Each mistake is answered with the function, the values or shapes, and a way out.

use std::panic::catch_unwind;

use dl_interview::tensor::{Real, Tensor};
use ndarray::{Array1, ArrayD, array};

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::new(ArrayD::zeros(shape))
}

#[track_caller]
fn refused<T>(work: fn() -> T, parts: &[&str]) {
    let Err(panic) = catch_unwind(work) else { panic!("not refused: {parts:?}") };
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.unwrap_or_else(|| panic.downcast_ref::<&str>().expect("a message").to_string());
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn shapes_that_do_not_broadcast() {
    let way_out = "must be equal or contain a 1";
    refused(|| zeros(&[2, 3]) + zeros(&[2]), &["add: shapes [2, 3] and [2] do not broadcast", way_out]);
    refused(|| &zeros(&[2, 3]) - zeros(&[4, 3]), &["sub: shapes [2, 3] and [4, 3]"]);
    refused(|| zeros(&[2]) * &zeros(&[3]), &["mul: shapes [2] and [3]"]);
    refused(|| &zeros(&[2]) / &zeros(&[0]), &["div: shapes [2] and [0]"]);
    refused(|| zeros(&[2]).maximum(&zeros(&[3])), &["maximum: shapes [2] and [3]"]);
    refused(|| zeros(&[2]).minimum(&zeros(&[3])), &["minimum: shapes [2] and [3]"]);
    refused(|| zeros(&[2]).where_else(&zeros(&[3]), &zeros(&[])), &["where_else: shapes [2] and [3]"]);
    refused(|| zeros(&[2]).where_else(&zeros(&[2]), &zeros(&[3])), &["where_else: shapes [2] and [3]"]);
}

#[test]
fn products_that_do_not_fit() {
    refused(|| zeros(&[2, 3]).matmul(&zeros(&[2, 3])), &["matmul: shapes [2, 3] and [2, 3]", "t()"]);
    refused(|| zeros(&[3]).matmul(&zeros(&[3, 2])), &["matmul: shapes [3] and [3, 2]"]);
    refused(|| zeros(&[1, 2, 2]).matmul(&zeros(&[2, 2])), &["matmul: shapes [1, 2, 2]"]);
    refused(|| zeros(&[2, 3]).linear(&zeros(&[3, 2]), &zeros(&[3])), &["linear: inputs", "weights out × in"]);
    refused(|| zeros(&[2, 1, 3]).linear(&zeros(&[4, 3]), &zeros(&[4])), &["linear: inputs of shape [2, 1, 3]"]);
    refused(|| zeros(&[2, 3]).linear(&zeros(&[4, 3]), &zeros(&[3])), &["linear: a bias of shape [3]", "output, 4"]);
    refused(|| zeros(&[2, 3]).linear(&zeros(&[4, 3]), &zeros(&[1, 4])), &["linear: a bias of shape [1, 4]"]);
}

#[test]
fn axes_that_do_not_exist() {
    refused(|| zeros(&[2, 3]).sum_axes(&[2]), &["sum_axes([2])", "has 2 axes", "no axis 2"]);
    refused(|| zeros(&[2, 3]).sum_axes(&[1, 1]), &["sum_axes([1, 1]): axis 1 is named twice"]);
    refused(|| zeros(&[2, 3]).mean_axes(&[5]), &["mean_axes([5])"]);
    refused(|| zeros(&[]).max_axis(0), &["max_axis([0])", "has 0 axes"]);
    refused(|| zeros(&[2]).min_axis(1), &["min_axis([1])"]);
    refused(|| zeros(&[2]).softmax(1), &["softmax([1])"]);
    refused(|| zeros(&[2]).log_softmax(1), &["log_softmax([1])"]);
    refused(|| zeros(&[2, 3]).permute(&[0, 2]), &["permute([0, 2])", "no axis 2"]);
    refused(|| zeros(&[2, 3]).permute(&[0, 0]), &["named twice"]);
    refused(|| zeros(&[2, 3]).permute(&[0]), &["permute([0]): name all 2 axes"]);
    refused(|| zeros(&[2, 3, 4]).t(), &["t: shape [2, 3, 4]", "permute"]);
    refused(|| zeros(&[]).flatten(), &["flatten: a scalar", "[1, 1]"]);
    refused(|| zeros(&[]).gather_rows(&[]), &["gather_rows([0])"]);
}

#[test]
fn parts_out_of_range() {
    refused(|| zeros(&[2, 3]).reshape(&[4]), &["reshape: 6 numbers of shape [2, 3] do not fill shape [4]"]);
    refused(|| zeros(&[2, 3]).slice(2, 0, 1), &["slice([2])"]);
    refused(|| zeros(&[2, 3]).slice(1, 1, 4), &["slice(1, 1, 4)", "0..3"]);
    refused(|| zeros(&[2, 3]).slice(1, 2, 1), &["slice(1, 2, 1): 2..1"]);
    refused(|| zeros(&[2, 3]).pick(&[0]), &["pick: 1 columns", "[2, 3]", "one column for each"]);
    refused(|| zeros(&[2]).pick(&[0, 0]), &["pick: 2 columns", "[2]", "n × c"]);
    refused(|| zeros(&[2, 3]).pick(&[0, 3]), &["pick: column 3 is out of range for 3 columns"]);
    refused(|| zeros(&[2, 3]).gather_rows(&[0, 2]), &["gather_rows: index 2 is out of range for 2 rows"]);
    refused(|| Tensor::concat(1, &[zeros(&[2, 3]), zeros(&[3, 3])]), &["concat: shapes [[2, 3], [3, 3]]", "axis 1"]);
    refused(|| Tensor::concat(0, &[zeros(&[2, 3]), zeros(&[3])]), &["concat: shapes"]);
    refused(|| Tensor::concat(1, &[zeros(&[2])]), &["concat([1])"]);
}

#[test]
fn values_that_make_no_sense() {
    refused(|| zeros(&[2]).item(), &["item: a tensor of shape [2] holds 2 numbers", "sum() or mean()"]);
    refused(|| zeros(&[0]).mean(), &["mean: a tensor of shape [0]"]);
    refused(|| zeros(&[2, 0]).mean_axes(&[1]), &["mean_axes([1])", "no number"]);
    refused(|| zeros(&[2, 0]).max_axis(1), &["max_axis(1)", "no element"]);
    refused(|| zeros(&[2]).clamp(1.0, 0.0), &["clamp(1, 0)", "swap"]);
    refused(|| zeros(&[2]).clamp(Real::NAN, 0.0), &["clamp(NaN, 0)"]);
    refused(|| zeros(&[2]).set_value(ArrayD::zeros(vec![3])), &["set_value", "[3]", "[2]"]);
    refused(|| zeros(&[2]).set_grad(ArrayD::zeros(vec![3])), &["set_grad", "[3]", "[2]"]);
    refused(|| zeros(&[2, 3]).prelu(&zeros(&[2])), &["prelu: 2 slopes", "3 channels"]);
    refused(|| zeros(&[2]).dropout(1.0, &mut dl_interview::data::rng(1)), &["dropout(1)", "[0, 1)"]);
    refused(|| zeros(&[2]).dropout(-0.1, &mut dl_interview::data::rng(1)), &["dropout(-0.1)"]);
    refused(|| zeros(&[2]).dropout(Real::NAN, &mut dl_interview::data::rng(1)), &["dropout(NaN)"]);
}

#[test]
fn normalization_that_does_not_fit() {
    refused(|| zeros(&[4]).batch_norm(&zeros(&[4]), &zeros(&[4]), 0.1), &["batch_norm: inputs of shape [4]", "n × c"]);
    refused(|| zeros(&[4, 3]).batch_norm(&zeros(&[4]), &zeros(&[3]), 0.1), &["batch_norm: scales of shape [4]", "[3]"]);
    refused(|| zeros(&[4, 3]).batch_norm(&zeros(&[3]), &zeros(&[1]), 0.1), &["shifts of shape [1]"]);
    refused(
        || zeros(&[1, 3]).batch_norm(&zeros(&[3]), &zeros(&[3]), 0.1),
        &["1 numbers per channel", "batch_norm_with"],
    );
    refused(|| zeros(&[0, 3]).batch_norm(&zeros(&[3]), &zeros(&[3]), 0.1), &["0 numbers per channel"]);
    refused(|| zeros(&[2, 3]).batch_norm(&zeros(&[3]), &zeros(&[3]), -0.1), &["batch_norm: eps = -0.1"]);
    refused(|| zeros(&[2, 3]).batch_norm(&zeros(&[3]), &zeros(&[3]), Real::NAN), &["batch_norm: eps = NaN"]);
    fn with(shape: &[usize], mean: Array1<Real>, variance: Array1<Real>) -> Tensor {
        zeros(shape).batch_norm_with(&zeros(&[2]), &zeros(&[2]), &mean, &variance, 1e-5)
    }
    refused(|| with(&[1], array![0.0, 0.0], array![1.0, 1.0]), &["batch_norm_with: inputs of shape [1]"]);
    refused(|| with(&[1, 2], array![0.0], array![1.0, 1.0]), &["batch_norm_with: 1 means and 2 variances"]);
    refused(|| with(&[1, 2], array![0.0, 0.0], array![1.0]), &["2 means and 1 variances"]);
    refused(|| with(&[1, 2], array![0.0, 0.0], array![1.0, -1.0]), &["a variance of -1"]);
    refused(|| zeros(&[]).layer_norm(&zeros(&[]), &zeros(&[]), 0.1), &["layer_norm: a scalar"]);
    refused(|| zeros(&[2, 3]).layer_norm(&zeros(&[2]), &zeros(&[3]), 0.1), &["layer_norm: scales of shape [2]"]);
    refused(|| zeros(&[2, 3]).layer_norm(&zeros(&[3]), &zeros(&[3]), Real::INFINITY), &["layer_norm: eps = inf"]);
}

#[test]
fn images_and_kernels_that_hold_nothing() {
    let both = "give at least one channel, row and column, and at least one kernel";
    fn conv(x: &[usize], w: &[usize], b: usize) -> Tensor {
        zeros(x).conv2d(&zeros(w), &zeros(&[b]), 1, 1)
    }
    fn back(x: &[usize], w: &[usize], b: usize) -> Tensor {
        zeros(x).conv_transpose2d(&zeros(w), &zeros(&[b]), 1, 0)
    }
    refused(|| conv(&[2, 0, 5, 5], &[3, 0, 3, 3], 3), &["conv2d: images of shape [2, 0, 5, 5]", both]);
    refused(|| conv(&[2, 1, 5, 5], &[0, 1, 3, 3], 0), &["conv2d", "kernels of shape [0, 1, 3, 3]", both]);
    refused(|| conv(&[2, 1, 0, 5], &[3, 1, 1, 1], 3), &["conv2d: images of shape [2, 1, 0, 5]", both]);
    refused(|| conv(&[2, 1, 5, 0], &[3, 1, 1, 1], 3), &["conv2d: images of shape [2, 1, 5, 0]", both]);
    refused(|| conv(&[2, 1, 5, 5], &[3, 1, 0, 3], 3), &["conv2d", "kernels of shape [3, 1, 0, 3]", both]);
    refused(|| back(&[2, 0, 5, 5], &[0, 3, 3, 3], 3), &["conv_transpose2d: images of shape [2, 0, 5, 5]", both]);
    refused(|| back(&[2, 1, 5, 5], &[1, 0, 3, 3], 0), &["conv_transpose2d", "kernels of shape [1, 0, 3, 3]", both]);
    refused(|| back(&[2, 1, 0, 5], &[1, 3, 3, 3], 3), &["conv_transpose2d: images of shape [2, 1, 0, 5]", both]);
    refused(|| back(&[2, 1, 5, 5], &[1, 3, 0, 3], 3), &["conv_transpose2d", both]);
    refused(|| zeros(&[2, 1, 0, 5]).max_pool2d(2, 2), &["max_pool2d: a window of 2 × 2", "0 × 5"]);
    refused(|| zeros(&[2, 1, 5, 0]).avg_pool2d(2, 2), &["avg_pool2d: a window of 2 × 2", "5 × 0"]);
}
