use std::collections::BTreeSet;

use dl_interview::tensor::Tensor;
use ndarray::array;

use crate::fixture::{array as read, assert_close, load};

type Operation = fn(&[Tensor]) -> Tensor;

fn positive(x: &Tensor) -> Tensor {
    x * x + 0.5
}

/// The cases of `ops.py`, by the same names.
const OPERATIONS: [(&str, Operation); 55] = [
    ("add", |x| &x[0] + &x[1]),
    ("sub", |x| &x[0] - &x[1]),
    ("mul", |x| &x[0] * &x[1]),
    ("div", |x| &x[0] / &x[1]),
    ("number", |x| 2.0 - (1.5 * &x[0] + 1.0) / 3.0 - 0.5 / &x[0]),
    ("maximum", |x| x[0].maximum(&x[1])),
    ("minimum", |x| x[0].minimum(&x[1])),
    ("select", |x| Tensor::new(array![[1.0], [0.0]]).where_else(&x[0], &x[1])),
    ("exp", |x| x[0].exp()),
    ("ln", |x| positive(&x[0]).ln()),
    ("sqrt", |x| positive(&x[0]).sqrt()),
    ("sin", |x| x[0].sin()),
    ("cos", |x| x[0].cos()),
    ("abs", |x| x[0].abs()),
    ("powf 3", |x| x[0].powf(3.0)),
    ("powf -1.5", |x| positive(&x[0]).powf(-1.5)),
    ("clamp", |x| x[0].clamp(-0.75, 0.85)),
    ("sum", |x| x[0].sum()),
    ("mean", |x| x[0].mean()),
    ("sum_axes", |x| x[0].sum_axes(&[0, 2])),
    ("mean_axes", |x| x[0].mean_axes(&[0, 2])),
    ("max_axis", |x| x[0].max_axis(1)),
    ("min_axis", |x| x[0].min_axis(1)),
    ("reshape", |x| x[0].permute(&[2, 0, 1]).reshape(&[4, 3])),
    ("flatten", |x| x[0].flatten()),
    ("t", |x| x[0].t()),
    ("permute", |x| x[0].permute(&[2, 0, 1])),
    ("slice", |x| x[0].slice(1, 1, 3)),
    ("concat", |x| Tensor::concat(1, x)),
    ("gather_rows", |x| x[0].gather_rows(&[2, 0, 2])),
    ("matmul", |x| x[0].matmul(&x[1])),
    ("linear", |x| x[0].linear(&x[1], &x[2])),
    ("sigmoid", |x| x[0].sigmoid()),
    ("tanh", |x| x[0].tanh()),
    ("relu", |x| x[0].relu()),
    ("leaky_relu", |x| x[0].leaky_relu(0.1)),
    ("prelu", |x| x[0].prelu(&x[1])),
    ("prelu one", |x| x[0].prelu(&x[1])),
    ("elu", |x| x[0].elu(0.7)),
    ("selu", |x| x[0].selu()),
    ("gelu", |x| x[0].gelu()),
    ("silu", |x| x[0].silu()),
    ("softplus", |x| x[0].softplus()),
    ("softmax", |x| x[0].softmax(1)),
    ("log_softmax", |x| (30.0 * &x[0]).log_softmax(1)),
    ("batch_norm", |x| x[0].batch_norm(&x[1], &x[2], 1e-3).0),
    ("batch_norm flat", |x| x[0].batch_norm(&x[1], &x[2], 1e-3).0),
    ("batch_norm_with", |x| x[0].batch_norm_with(&x[1], &x[2], &array![0.3, -0.7, 1.1], &array![0.5, 2.0, 0.9], 1e-3)),
    ("conv2d", |x| x[0].conv2d(&x[1], &x[2], 2, 1)),
    ("conv2d same", |x| x[0].conv2d(&x[1], &x[2], 1, 1)),
    ("conv_transpose2d", |x| x[0].conv_transpose2d(&x[1], &x[2], 2, 1)),
    ("max_pool2d", |x| x[0].max_pool2d(2, 2)),
    ("max_pool2d overlapping", |x| x[0].max_pool2d(3, 1)),
    ("avg_pool2d", |x| x[0].avg_pool2d(2, 1)),
    ("layer_norm", |x| x[0].layer_norm(&x[1], &x[2], 1e-3)),
];

#[test]
fn values_and_gradients_of_every_operation() {
    let fixture = load("ops");
    let cases = fixture["cases"].as_array().unwrap();
    let names: BTreeSet<&str> = cases.iter().map(|case| case["name"].as_str().unwrap()).collect();
    assert_eq!(names, OPERATIONS.iter().map(|(name, _)| *name).collect());
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (_, operation) = OPERATIONS.iter().find(|(known, _)| *known == name).unwrap();
        let list = |key: &str| case[key].as_array().unwrap().iter().map(read);
        let inputs: Vec<Tensor> = list("inputs").map(Tensor::parameter).collect();
        let result = operation(&inputs);
        assert_close(name, &result.value(), &read(&case["value"]));
        result.backward_from(read(&case["weights"]));
        for (i, (input, expected)) in inputs.iter().zip(list("grads")).enumerate() {
            assert_close(&format!("{name}, gradient {i}"), &input.grad().unwrap(), &expected);
        }
    }
}
