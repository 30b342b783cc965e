//! Convolution and pooling: against the sums that define them, against differences, and against each other.

use dl_interview::tensor::{Real, Tensor};
use ndarray::{Array1, Array4, ArrayD, arr2, array};
use proptest::prelude::*;

use crate::difference::{check, numbers};

fn zeros(n: usize) -> Tensor {
    Tensor::new(Array1::<Real>::zeros(n))
}

/// The definition, term by term.
fn convolution(x: &ArrayD<Real>, w: &ArrayD<Real>, stride: usize, padding: usize) -> ArrayD<Real> {
    let (x_shape, w_shape) = (x.shape(), w.shape());
    let length = |i: usize| (x_shape[i] + 2 * padding - w_shape[i]) / stride + 1;
    let shape = (x_shape[0], w_shape[0], length(2), length(3));
    Array4::from_shape_fn(shape, |(n, o, i, j)| {
        let mut sum = 0.0;
        for c in 0..w_shape[1] {
            for p in 0..w_shape[2] {
                for q in 0..w_shape[3] {
                    let (row, column) = (i * stride + p, j * stride + q);
                    if (padding..x_shape[2] + padding).contains(&row)
                        && (padding..x_shape[3] + padding).contains(&column)
                    {
                        sum += w[[o, c, p, q]] * x[[n, c, row - padding, column - padding]];
                    }
                }
            }
        }
        sum
    })
    .into_dyn()
}

#[track_caller]
fn assert_close(a: &ArrayD<Real>, b: &ArrayD<Real>) {
    assert_eq!(a.shape(), b.shape());
    let difference = (a - b).iter().fold(0.0, |worst: Real, d| worst.max(d.abs()));
    assert!(difference < 1e-4, "{difference}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn im2col_gives_what_the_definition_gives(
        n in 1_usize..18, channels in 1_usize..4, out in 1_usize..4,
        height in 1_usize..9, width in 1_usize..9, kh in 1_usize..5, kw in 1_usize..5,
        stride in 1_usize..4, padding in 0_usize..3,
    ) {
        prop_assume!(kh <= height + 2 * padding && kw <= width + 2 * padding);
        let (x, w) = (numbers(&[n, channels, height, width], 1), numbers(&[out, channels, kh, kw], 2));
        let y = Tensor::new(x.clone()).conv2d(&Tensor::new(w.clone()), &zeros(out), stride, padding);
        assert_close(&y.value(), &convolution(&x, &w, stride, padding));
    }

    /// ⟨conv x, y⟩ = ⟨x, convᵀ y⟩ is what "transposed" means; lengths are such that no window is cut off.
    #[test]
    fn a_transposed_convolution_is_the_transpose(
        inputs in 1_usize..4, out in 1_usize..4, rows in 1_usize..4, columns in 1_usize..4,
        kh in 1_usize..4, kw in 1_usize..4, stride in 1_usize..3, padding in 0_usize..2,
    ) {
        let length = |n: usize, k: usize| ((n - 1) * stride + k).checked_sub(2 * padding).filter(|&it| it > 0);
        let (Some(height), Some(width)) = (length(rows, kh), length(columns, kw)) else { return Ok(()) };
        let (x, y) = (numbers(&[2, inputs, height, width], 1), numbers(&[2, out, rows, columns], 2));
        let w = Tensor::new(numbers(&[out, inputs, kh, kw], 3));
        let there = Tensor::new(x.clone()).conv2d(&w, &zeros(out), stride, padding).value();
        let back = Tensor::new(y.clone()).conv_transpose2d(&w, &zeros(inputs), stride, padding).value();
        let (a, b) = ((there * y).sum(), (back * x).sum());
        prop_assert!((a - b).abs() < 1e-3 * (1.0 + a.abs()), "{a} {b}");
    }
}

#[test]
fn convolutions() {
    for (kernel, stride, padding) in [((3, 3), 1, 1), ((2, 3), 2, 0), ((1, 1), 1, 0), ((3, 2), 3, 2), ((4, 4), 2, 1)] {
        let shapes = [numbers(&[2, 2, 5, 4], 1), numbers(&[3, 2, kernel.0, kernel.1], 2), numbers(&[3], 3)];
        check(&format!("conv2d {kernel:?} {stride} {padding}"), &shapes, |x| {
            x[0].conv2d(&x[1], &x[2], stride, padding)
        });
    }
    // More images than one thread takes at a time: the parts of the sum over the batch are put together.
    let many = [numbers(&[19, 1, 3, 3], 1), numbers(&[2, 1, 2, 2], 2), numbers(&[2], 3)];
    check("conv2d of 19 images", &many, |x| x[0].conv2d(&x[1], &x[2], 1, 0));
}

#[test]
fn transposed_convolutions() {
    for (kernel, stride, padding) in [((3, 3), 1, 1), ((2, 3), 2, 0), ((4, 4), 2, 1), ((2, 2), 3, 0)] {
        let shapes = [numbers(&[2, 3, 2, 3], 1), numbers(&[3, 2, kernel.0, kernel.1], 2), numbers(&[2], 3)];
        check(&format!("conv_transpose2d {kernel:?} {stride} {padding}"), &shapes, |x| {
            x[0].conv_transpose2d(&x[1], &x[2], stride, padding)
        });
    }
}

#[test]
fn pooling() {
    for (size, stride) in [(2, 2), (3, 2), (2, 1), (2, 3), (1, 1)] {
        let x = [numbers(&[3, 2, 5, 4], 1)];
        check(&format!("max_pool2d {size} {stride}"), &x, |x| x[0].max_pool2d(size, stride));
        check(&format!("avg_pool2d {size} {stride}"), &x, |x| x[0].avg_pool2d(size, stride));
    }
    // More planes than one thread takes at a time.
    let many = [numbers(&[70, 1, 2, 2], 1)];
    check("max_pool2d of 70 planes", &many, |x| x[0].max_pool2d(2, 2));
    check("avg_pool2d of 70 planes", &many, |x| x[0].avg_pool2d(2, 2));
}

#[test]
fn images_that_are_views_of_others() {
    let x = [numbers(&[4, 5, 2, 2], 1), numbers(&[3, 2, 2, 2], 2), numbers(&[3], 3)];
    check("conv2d of permuted images", &x, |x| x[0].permute(&[3, 2, 0, 1]).conv2d(&x[1], &x[2], 1, 0));
    check("max_pool2d of permuted images", &x[..1], |x| x[0].permute(&[3, 2, 0, 1]).max_pool2d(2, 2));
}

#[test]
fn the_first_of_equals_and_nan() {
    for (x, first) in [([[7.0, 7.0], [1.0, 7.0]], 0), ([[1.0, 7.0], [7.0, 1.0]], 1), ([[1.0, 3.0], [7.0, 7.0]], 2)] {
        let x = Tensor::parameter(arr2(&x).into_shape_with_order((1, 1, 2, 2)).unwrap());
        x.max_pool2d(2, 2).sum().backward();
        let given: Vec<bool> = x.grad().unwrap().iter().map(|&grad| grad == 1.0).collect();
        assert_eq!(given.iter().position(|&it| it), Some(first), "{x:?}");
    }
    for place in 0..4 {
        let mut broken = array![1.0, 4.0, 3.0, 2.0];
        broken[place] = Real::NAN;
        let broken = Tensor::new(broken.into_shape_with_order((1, 1, 2, 2)).unwrap());
        assert!(broken.max_pool2d(2, 2).item().is_nan(), "NaN at {place}");
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_result() {
    let x = Tensor::new(numbers(&[64, 3, 9, 9], 1));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (x, w) = (x.value(), numbers(&[4, 3, 3, 3], 2));
        pool.install(move || {
            let (w, b) = (Tensor::parameter(w), Tensor::parameter(Array1::<Real>::zeros(4)));
            Tensor::new(x).conv2d(&w, &b, 1, 1).max_pool2d(2, 2).tanh().sum().backward();
            (w.grad().unwrap(), b.grad().unwrap())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn mistakes_are_named() {
    let images = |shape: &[usize]| Tensor::new(numbers(shape, 1));
    let cases: [(&str, &dyn Fn()); 10] = [
        ("images of shape [2, 784]; expected n × channels × height × width", &|| {
            images(&[2, 784]).conv2d(&images(&[8, 1, 3, 3]), &zeros(8), 1, 1);
        }),
        ("they must be out × 3 × height × width and [out]", &|| {
            images(&[2, 3, 5, 5]).conv2d(&images(&[8, 1, 3, 3]), &zeros(8), 1, 1);
        }),
        ("a bias of shape [7]", &|| {
            images(&[2, 1, 5, 5]).conv2d(&images(&[8, 1, 3, 3]), &zeros(7), 1, 1);
        }),
        ("with stride 0 the kernel never moves", &|| {
            images(&[2, 1, 5, 5]).conv2d(&images(&[8, 1, 3, 3]), &zeros(8), 0, 1);
        }),
        ("a kernel of 6 × 6 does not fit into images of 5 × 5 with padding 0", &|| {
            images(&[2, 1, 5, 5]).conv2d(&images(&[8, 1, 6, 6]), &zeros(8), 1, 0);
        }),
        ("they must be 2 × out × height × width", &|| {
            images(&[1, 2, 5, 5]).conv_transpose2d(&images(&[3, 1, 2, 2]), &zeros(1), 1, 0);
        }),
        ("with stride 0 all stamps fall on one place", &|| {
            images(&[1, 2, 5, 5]).conv_transpose2d(&images(&[2, 1, 2, 2]), &zeros(1), 0, 0);
        }),
        ("nothing is left after taking away a padding of 1", &|| {
            images(&[1, 1, 1, 1]).conv_transpose2d(&images(&[1, 1, 2, 2]), &zeros(1), 1, 1);
        }),
        ("max_pool2d: a window of 3 × 3 does not fit into images of 2 × 5", &|| {
            images(&[1, 1, 2, 5]).max_pool2d(3, 1);
        }),
        ("avg_pool2d: with stride 0 the window never moves", &|| {
            images(&[1, 1, 2, 5]).avg_pool2d(2, 0);
        }),
    ];
    for (wanted, work) in cases {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_err();
        let message =
            panic.downcast::<String>().unwrap_or_else(|text| Box::new(text.downcast::<&str>().unwrap().to_string()));
        assert!(message.contains(wanted), "{message}");
    }
}
