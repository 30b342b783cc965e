//! What holds for a graph as a whole, whatever operations it is made of.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dl_interview::tensor::{Graph, Real, Tensor, no_grad};
use ndarray::{ArrayD, array};

use crate::difference::numbers;

fn parameter(x: Real) -> Tensor {
    Tensor::parameter(array![x])
}

fn slope(x: &Tensor) -> Real {
    x.grad().expect("a gradient")[[0]]
}

/// The message of the panic.
fn message(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("it must be refused");
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| panic.downcast_ref::<&str>().unwrap().to_string())
}

#[track_caller]
fn refused(work: impl FnOnce(), why: &str) {
    let message = message(work);
    assert!(message.contains(why), "{message:?} does not say {why:?}");
}

#[test]
fn a_chain_of_100_000_operations() {
    let x = parameter(0.5);
    let mut y = x.clone();
    for _ in 0..100_000 {
        y = y + 1.0;
    }
    y.sum().backward();
    assert_eq!(slope(&x), 1.0);
    let graph = Graph::of(&y);
    assert_eq!((graph.nodes.len(), graph.nodes[100_000].layer), (100_001, 100_000));
    drop(y); // swept
    let mut y = x.clone();
    for _ in 0..100_000 {
        y = -y;
    }
    drop(y); // never swept
    // Held from below as well: what is dropped first is in the middle.
    let mut kept = Vec::new();
    let mut y = x.clone();
    for i in 0..100_000 {
        y = -y;
        if i % 1000 == 0 {
            kept.push(y.clone());
        }
    }
    drop(y);
    drop(kept);
}

#[test]
fn a_wide_graph_and_one_with_very_many_paths() {
    let x = parameter(2.0);
    let parts: Vec<Tensor> = (0..20_000).map(|i| &x * i as Real).collect();
    Tensor::concat(0, &parts).mean().backward();
    assert!((slope(&x) - 19_999.0 / 2.0).abs() < 0.5);
    drop(parts);
    // 2^1000 ways lead from the top to x; each value must still be visited once.
    x.zero_grad();
    let mut y = x.clone();
    for _ in 0..1000 {
        y = (&y + &y) * 0.5;
    }
    y.sum().backward();
    assert_eq!(slope(&x), 1.0);
    assert_eq!(Graph::of(&y).nodes.len(), 2001);
    x.zero_grad();
    let mut ladder = (x.clone(), &x * 1.0);
    for _ in 0..1000 {
        ladder = ((&ladder.0 + &ladder.1) * 0.5, (&ladder.0 - &ladder.1) * 0.5 + &ladder.1);
    }
    (ladder.0 + ladder.1).sum().backward();
    assert_eq!(slope(&x), 2.0);
}

#[test]
fn gradients_add_up_until_they_are_forgotten() {
    let x = parameter(3.0);
    (&x * &x).sum().backward();
    (&x * 10.0).sum().backward();
    assert_eq!(slope(&x), 16.0);
    x.zero_grad();
    assert!(x.grad().is_none());
    x.set_grad(array![0.5].into_dyn());
    x.sum().backward();
    assert_eq!(slope(&x), 1.5);
    x.backward(); // of a leaf itself: dx/dx
    assert_eq!(slope(&x), 2.5);
}

#[test]
fn each_graph_is_swept_once() {
    let x = parameter(3.0);
    let y = x.exp().named("y");
    let loss = y.sum();
    loss.backward();
    let before = x.grad();
    refused(|| loss.backward(), "swept before, and its");
    refused(|| (&y * 2.0).sum().backward(), "its exp of shape [1]"); // another result, but a part in common
    refused(|| y.backward_from(array![1.0].into_dyn()), "compute the result again before each backward");
    assert_eq!(x.grad(), before, "a refused sweep must leave no trace");
    (y.detach() * &x).sum().backward(); // cut off, it is a value like any other
    // Two results with a part in common, added up: one sweep.
    x.zero_grad();
    let y = &x * &x;
    (y.sum() + (&y * 2.0).sum()).backward();
    assert_eq!(slope(&x), 18.0);
}

#[test]
fn what_has_no_gradient_is_refused() {
    refused(|| Tensor::parameter(array![1.0, 2.0]).exp().backward(), "of a tensor of shape [2] is not one array");
    refused(|| Tensor::scalar(1.0).exp().backward(), "this exp does not depend on any parameter");
    refused(|| no_grad(|| parameter(1.0).exp()).backward(), "outside no_grad and without detach");
    refused(|| parameter(1.0).detach().sum().backward(), "does not depend on any parameter");
    refused(|| parameter(1.0).exp().backward_from(array![1.0, 2.0].into_dyn()), "shape [2] does not fit a result");
    let x = parameter(1.0);
    let y = x.exp();
    no_grad(|| y.sum().item());
    no_grad(|| y.backward()); // a sweep records nothing, and so may run here
    assert!(x.grad().is_some());
}

#[test]
fn recording_resumes_after_a_panic_and_after_the_innermost_no_grad() {
    let x = parameter(1.0);
    assert!(catch_unwind(AssertUnwindSafe(|| no_grad(|| panic!("on purpose")))).is_err());
    assert!(x.exp().requires_grad());
    no_grad(|| {
        no_grad(|| assert!(!x.exp().requires_grad()));
        assert!(!x.exp().requires_grad(), "still inside the outer one");
        assert!(parameter(1.0).requires_grad(), "a parameter is one wherever it is made");
    });
    assert!(x.exp().requires_grad());
}

#[test]
fn a_graph_keeps_the_numbers_that_it_was_computed_with() {
    let (x, w) = (parameter(3.0), parameter(5.0));
    let loss = (&x * &w).sum();
    let again = x.clone();
    x.set_value(array![100.0].into_dyn());
    assert_eq!((again.value()[[0]], loss.item()), (100.0, 15.0));
    loss.backward();
    assert_eq!((slope(&x), slope(&w)), (5.0, 3.0));
    let shared = x.detach();
    x.set_value(array![1.0].into_dyn());
    assert_eq!(shared.value()[[0]], 100.0);
    let view = x.reshape(&[1, 1]);
    x.set_value(array![2.0].into_dyn());
    assert_eq!(view.item(), 1.0);
}

#[test]
fn gradients_of_results_are_kept_only_on_request() {
    let x = parameter(3.0);
    let (y, z) = (x.exp(), x.sin());
    let kept = z.keep_grad();
    assert!(kept.is(&z));
    let loss = (&y * 2.0 + &z * 5.0 + &z).sum();
    loss.backward();
    assert!(y.grad().is_none() && loss.grad().is_none());
    assert_eq!(slope(&z), 6.0);
    // What somebody put into a result does not count in the sweep.
    x.zero_grad();
    let y = &x * 2.0;
    y.set_grad(array![100.0].into_dyn());
    y.sum().backward();
    assert_eq!(slope(&x), 2.0);
}

#[test]
fn constants_get_no_gradient() {
    let (x, w) = (Tensor::new(array![2.0]), parameter(3.0));
    (&x * &w + x.exp()).sum().backward();
    assert!(x.grad().is_none());
    assert!(!x.exp().requires_grad() && x.exp().inputs().is_empty());
}

#[test]
fn a_gradient_has_its_tensors_shape_and_lies_row_after_row() {
    let (x, y) = (Tensor::parameter(numbers(&[2, 3], 1)), Tensor::parameter(numbers(&[4, 2], 2)));
    let turned: ArrayD<Real> = numbers(&[3, 4], 3).reversed_axes();
    x.t().matmul(&y.t()).permute(&[1, 0]).backward_from(turned);
    for tensor in [&x, &y] {
        let grad = tensor.grad().unwrap();
        assert_eq!(grad.shape(), tensor.shape());
        assert!(grad.is_standard_layout());
    }
    x.zero_grad();
    x.affine(1.0, 0.0).backward_from(numbers(&[3, 2], 3).reversed_axes()); // handed down as it is
    assert!(x.grad().unwrap().is_standard_layout());
    x.set_grad(numbers(&[3, 2], 1).reversed_axes());
    x.set_value(numbers(&[3, 2], 1).reversed_axes());
    assert!(x.grad().unwrap().is_standard_layout() && x.value().is_standard_layout());
    assert!(Tensor::parameter(numbers(&[3, 2], 1).reversed_axes()).value().is_standard_layout());
}

#[test]
fn tensors_without_numbers() {
    let x = Tensor::parameter(ArrayD::zeros(vec![0, 3]));
    let y = (&x + &Tensor::parameter(array![1.0, 2.0, 3.0])).relu().sum_axes(&[0]) + x.softmax(1).sum();
    y.sum().backward();
    assert_eq!(x.grad().unwrap().shape(), [0, 3]);
    let b = Tensor::parameter(array![1.0, 2.0]);
    x.linear(&Tensor::parameter(numbers(&[2, 3], 1)), &b).sum().backward();
    assert_eq!(b.grad().unwrap(), array![0.0, 0.0].into_dyn());
    assert_eq!((&Tensor::new(ArrayD::zeros(vec![2, 1])) * &Tensor::new(ArrayD::zeros(vec![0]))).shape(), [2, 0]);
}

#[test]
fn special_numbers_show() {
    let nan = Real::NAN;
    let x = Tensor::parameter(array![nan, 1.0, -Real::INFINITY]);
    for y in [x.relu(), x.maximum(&Tensor::scalar(0.0)), x.minimum(&Tensor::scalar(9.0)), x.clamp(-1.0, 1.0), x.abs()] {
        assert!(y.value()[[0]].is_nan() && !y.value()[[1]].is_nan(), "{y:?}");
    }
    assert!(Tensor::scalar(0.0).maximum(&x).value()[[0]].is_nan());
    assert!(x.max_axis(0).item().is_nan() && x.min_axis(0).item().is_nan());
    assert_eq!(x.slice(0, 1, 3).min_axis(0).item(), -Real::INFINITY);
    // A condition keeps out what is infinite, on both ways.
    let y = Tensor::parameter(array![0.0, 1.0]);
    let keep = Tensor::new(array![0.0, 1.0]);
    let one = Tensor::parameter(array![1.0, 1.0]);
    let z = keep.where_else(&y.ln(), &one);
    assert_eq!(z.value(), array![1.0, 0.0].into_dyn());
    z.backward_from(array![Real::INFINITY, 1.0].into_dyn());
    assert_eq!(one.grad().unwrap(), array![Real::INFINITY, 0.0].into_dyn());
    assert_eq!(y.grad().unwrap()[[1]], 1.0);
    // Slopes at the edge of the domain.
    let zero = parameter(0.0);
    (zero.powf(0.0) + zero.powf(1.0) + zero.powf(2.0) + zero.abs() + zero.relu()).sum().backward();
    assert_eq!(slope(&zero), 1.0);
    assert_eq!((Tensor::scalar(49.0) / 49.0).item(), 1.0);
    assert_eq!(Tensor::new(ndarray::Array1::ones(49)).mean().item(), 1.0);
    // Equal numbers share, or the first takes it.
    let (a, b) = (parameter(1.0), parameter(1.0));
    (a.maximum(&b) + a.minimum(&b) * 3.0).sum().backward();
    assert_eq!((slope(&a), slope(&b)), (2.0, 2.0));
    let ties = Tensor::parameter(array![1.0, 2.0, 2.0]);
    ties.max_axis(0).sum().backward();
    assert_eq!(ties.grad().unwrap(), array![0.0, 1.0, 0.0].into_dyn());
}

#[test]
fn a_drawing_lists_leaves_in_the_order_of_their_use() {
    let [x, w, b, v] = ["x", "w", "b", "v"].map(|name| parameter(1.0).named(name));
    let loss = ((&x * &w + &b).exp() * &v).sum().named("the \"loss\" \\");
    let graph = Graph::of(&loss);
    let labels: Vec<&str> = graph.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(labels, ["x", "w", "b", "v", "mul", "add", "exp", "mul", "the \"loss\" \\"]);
    let layers: Vec<usize> = graph.nodes.iter().map(|node| node.layer).collect();
    assert_eq!(layers, [0, 0, 0, 0, 1, 2, 3, 4, 5]);
    assert_eq!(graph.nodes[7].inputs, [6, 3]);
    let dot = graph.to_dot();
    assert!(dot.contains("n8 [label=\"the 'loss' /\"];") && dot.contains("n3 -> n7;"), "{dot}");
}
