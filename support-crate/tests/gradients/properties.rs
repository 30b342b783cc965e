//! What holds whatever the numbers and shapes are.

use dl_interview::tensor::{Real, Tensor};
use ndarray::{ArrayD, Axis, IxDyn};
use proptest::prelude::*;
use proptest::sample::select;

use crate::difference::numbers;

type Function = fn(&Tensor) -> Tensor;

const FUNCTIONS: [Function; 6] = [
    |x| x.tanh(),
    |x| x * x,
    |x| x.exp().sum_axes(&[0]),
    |x| x.flatten().softmax(1),
    |x| x.max_axis(0).sin(),
    |x| x.gelu().mean(),
];

fn shape(dims: std::ops::Range<usize>) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..4, dims)
}

fn array(shape: &[usize], values: std::ops::Range<i32>) -> impl Strategy<Value = ArrayD<Real>> + use<> {
    let shape = shape.to_vec();
    prop::collection::vec(values, shape.iter().product::<usize>()).prop_map(move |x| {
        ArrayD::from_shape_vec(IxDyn(&shape), x.iter().map(|&x| x as Real / 64.0).collect()).unwrap()
    })
}

fn some_array(dims: std::ops::Range<usize>) -> impl Strategy<Value = ArrayD<Real>> {
    shape(dims).prop_flat_map(|shape| array(&shape, -200..200))
}

fn gradient(x: &ArrayD<Real>, f: impl Fn(&Tensor) -> Tensor) -> ArrayD<Real> {
    let x = Tensor::parameter(x.clone());
    f(&x).sum().backward();
    x.grad().unwrap()
}

fn close(x: &ArrayD<Real>, y: &ArrayD<Real>) -> bool {
    let scale = y.iter().fold(1.0, |scale: Real, y| scale.max(y.abs()));
    x.shape() == y.shape() && x.iter().zip(y).all(|(x, y)| (x - y).abs() <= 1e-5 * scale)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broadcasting_follows_numpys_rules(m in shape(0..4), n in shape(0..4)) {
        // The rule once more, the other way round: lengths padded with 1 at the front.
        let dims = m.len().max(n.len());
        let pad = |s: &[usize]| [vec![1; dims - s.len()], s.to_vec()].concat();
        let pairs: Vec<(usize, usize)> = pad(&m).into_iter().zip(pad(&n)).collect();
        let fits = pairs.iter().all(|&(a, b)| a == b || a == 1 || b == 1);
        let (x, y) = (numbers(&m, 1), numbers(&n, 2));
        let sum = std::panic::catch_unwind(|| (Tensor::new(x.clone()) - Tensor::new(y.clone())).value());
        match sum {
            Ok(sum) => {
                prop_assert!(fits);
                let shape: Vec<usize> = pairs.iter().map(|&(a, b)| a.max(b)).collect();
                prop_assert_eq!(&sum, &(&x.broadcast(IxDyn(&shape)).unwrap() - &y.broadcast(IxDyn(&shape)).unwrap()));
            }
            Err(panic) => {
                prop_assert!(!fits);
                let message = panic.downcast_ref::<String>().unwrap();
                prop_assert!(message.contains(&format!("sub: shapes {m:?} and {n:?} do not broadcast")), "{}", message);
            }
        }
    }

    #[test]
    fn the_gradient_is_linear(x in some_array(1..4), f in select(&FUNCTIONS), g in select(&FUNCTIONS), a in -3..3, b in -3..3) {
        let (a, b) = (a as Real, b as Real);
        let together = gradient(&x, |x| a * f(x).sum() + b * g(x).sum());
        prop_assert!(close(&together, &(gradient(&x, f) * a + gradient(&x, g) * b)));
    }

    #[test]
    fn a_number_that_is_repeated_gets_the_sum_of_the_gradients(x in some_array(2..4), weights in 0_usize..9) {
        // w along the last axis of x: its gradient is that of a w written out in full, summed.
        let row = numbers(&[x.shape()[x.ndim() - 1]], weights);
        let (short, long) = (Tensor::parameter(row.clone()), Tensor::parameter(row.broadcast(x.raw_dim()).unwrap().to_owned()));
        (Tensor::new(x.clone()) * &short).tanh().sum().backward();
        (Tensor::new(x.clone()) * &long).tanh().sum().backward();
        let mut sum = long.grad().unwrap();
        while sum.ndim() > 1 {
            sum = sum.sum_axis(Axis(0));
        }
        prop_assert!(close(&short.grad().unwrap(), &sum));
    }

    #[test]
    fn what_is_rearranged_and_put_back_is_the_same(x in some_array(1..5), seed in 0_usize..1000, cut in 0_usize..4) {
        let tensor = Tensor::parameter(x.clone());
        let (shape, dims) = (tensor.shape(), x.ndim());
        let mut order: Vec<usize> = (0..dims).collect();
        order.rotate_left(seed % dims);
        order.swap(0, seed / 7 % dims);
        let mut back = vec![0; dims];
        order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        prop_assert_eq!(tensor.permute(&order).permute(&back).value(), x.clone());
        prop_assert_eq!(tensor.reshape(&[x.len()]).reshape(&shape).value(), x.clone());
        let (axis, cut) = (seed % dims, cut.min(shape[seed % dims]));
        let parts = [tensor.slice(axis, 0, cut), tensor.slice(axis, cut, shape[axis])];
        let whole = Tensor::concat(axis, &parts);
        prop_assert_eq!(whole.value(), x.clone());
        let rows: Vec<usize> = (0..shape[0]).collect();
        prop_assert_eq!(tensor.gather_rows(&rows).value(), x.clone());
        // So is the gradient, all the way through.
        let seed = numbers(&shape, seed);
        let through = whole.permute(&order).reshape(&[x.len()]);
        let ordered = seed.view().permuted_axes(IxDyn(&order));
        through.backward_from(ordered.as_standard_layout().into_owned().into_shape_with_order(vec![x.len()]).unwrap());
        prop_assert_eq!(tensor.grad().unwrap(), seed);
    }

    #[test]
    fn softmax_sums_to_1_and_ignores_what_all_have_in_common(x in some_array(1..4), shift in -20..20, axis in 0_usize..3) {
        let axis = axis.min(x.ndim() - 1);
        let tensor = Tensor::parameter(x.clone());
        let p = tensor.softmax(axis).value();
        prop_assert!(p.iter().all(|&p| p > 0.0 && p <= 1.0));
        prop_assert!(p.sum_axis(Axis(axis)).iter().all(|sum| (sum - 1.0).abs() < 1e-6));
        prop_assert!(close(&(&tensor + shift as Real).softmax(axis).value(), &p));
        prop_assert!(close(&tensor.log_softmax(axis).value().mapv(Real::exp), &p));
        // The same of the gradient: adding to all changes nothing, so it sums to 0.
        tensor.softmax(axis).backward_from(numbers(&tensor.shape(), 4));
        prop_assert!(tensor.grad().unwrap().sum_axis(Axis(axis)).iter().all(|sum| sum.abs() < 1e-5));
    }

    #[test]
    fn log_softmax_of_huge_scores_is_finite(z in array(&[3, 4], -640_000..640_000)) {
        let z = Tensor::parameter(z);
        let log_p = z.log_softmax(1);
        prop_assert!(log_p.value().iter().all(|x| x.is_finite() && *x <= 0.0));
        prop_assert!(z.softmax(1).value().iter().all(|p| (0.0..=1.0).contains(p)));
        log_p.sum().backward();
        prop_assert!(z.grad().unwrap().iter().all(|g| g.is_finite()));
    }

    #[test]
    fn sums_along_axes_add_up(x in some_array(2..4), first in 0_usize..3) {
        let first = first.min(x.ndim() - 1);
        let others: Vec<usize> = (0..x.ndim()).filter(|&axis| axis != first).collect();
        let tensor = Tensor::new(x.clone());
        let (whole, parts) = (tensor.sum().item(), tensor.sum_axes(&[first]).sum_axes(&others).item());
        prop_assert!((whole - parts).abs() < 1e-3);
        prop_assert!((tensor.mean().item() * x.len() as Real - whole).abs() < 1e-3);
        prop_assert_eq!(tensor.max_axis(first).value(), -(-&tensor).min_axis(first).value());
    }
}
