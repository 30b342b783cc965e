use dl_interview::tensor::Tensor;

use crate::difference::{check, numbers};

type Function = fn(&Tensor) -> Tensor;

#[test]
fn activations() {
    let functions: [(&str, Function); 12] = [
        ("sigmoid", Tensor::sigmoid),
        ("tanh", Tensor::tanh),
        ("relu", Tensor::relu),
        ("leaky_relu", |x| x.leaky_relu(0.1)),
        ("leaky_relu, steeper below", |x| x.leaky_relu(-1.5)),
        ("elu", |x| x.elu(1.0)),
        ("elu 0.7", |x| x.elu(0.7)),
        ("selu", Tensor::selu),
        ("gelu", Tensor::gelu),
        ("silu", Tensor::silu),
        ("softplus", Tensor::softplus),
        ("leaky_relu 0", |x| x.leaky_relu(0.0)),
    ];
    for (name, f) in functions {
        check(name, &[numbers(&[3, 4], 1)], |x| f(&x[0]));
        check(&format!("{name} further out"), &[numbers(&[3, 4], 6)], |x| f(&(&x[0] * 2.5)));
        check(&format!("{name} of a view"), &[numbers(&[3, 4], 1)], |x| f(&x[0].t()));
    }
}

#[test]
fn prelu_with_one_slope_or_one_per_channel() {
    for (shape, slopes) in [
        (&[4, 3][..], &[1][..]),
        (&[4, 3], &[3]),
        (&[4, 3], &[]),
        (&[5], &[1]),
        (&[], &[1]),
        (&[2, 3, 2, 2], &[1]),
        (&[2, 3, 2, 2], &[3]),
    ] {
        check(&format!("prelu {shape:?} {slopes:?}"), &[numbers(shape, 1), numbers(slopes, 2)], |x| x[0].prelu(&x[1]));
    }
    check("prelu of itself", &[numbers(&[1, 3], 1)], |x| x[0].prelu(&x[0].reshape(&[3])));
}

#[test]
fn softmax_along_each_axis() {
    for axis in 0..3 {
        for seed in [1, 2] {
            check("softmax", &[numbers(&[2, 3, 4], seed)], |x| x[0].softmax(axis));
            check("log_softmax", &[numbers(&[2, 3, 4], seed)], |x| x[0].log_softmax(axis));
            check("softmax of a view", &[numbers(&[2, 3, 4], seed)], |x| x[0].permute(&[1, 2, 0]).softmax(axis));
            check("log_softmax of a view", &[numbers(&[2, 3, 4], seed)], |x| {
                x[0].permute(&[1, 2, 0]).log_softmax(axis)
            });
        }
    }
}
