//! Layers and nets of them: outputs, gradients, running statistics.

use dl_interview::data::rng;
use dl_interview::nn::{Activation, Layer, Net};
use dl_interview::tensor::{Real, Tensor};
use ndarray::ArrayD;
use serde_json::Value;

use crate::fixture::{array, assert_close, load};

fn state(value: &Value) -> Vec<(String, ArrayD<Real>)> {
    value.as_array().unwrap().iter().map(|entry| (entry[0].as_str().unwrap().to_string(), array(&entry[1]))).collect()
}

fn assert_same_run(net: &Net, run: &Value) {
    net.load_state(&state(&run["before"]));
    let batches = run["batches"].as_array().unwrap();
    let mut x = Tensor::scalar(0.0);
    for (batch, expected) in batches.iter().zip(run["outputs"].as_array().unwrap()) {
        x = Tensor::parameter(array(batch));
        net.parameters().iter().for_each(Tensor::zero_grad);
        let y = net.forward(&x);
        assert_close("output in training", &y.value(), &array(expected));
        (&y * &y).sum().backward();
    }
    assert_close("gradient of the input", &x.grad().unwrap(), &array(&run["input_gradient"]));
    let gradients = run["gradients"].as_array().unwrap();
    assert_eq!(net.named_parameters().len(), gradients.len());
    for ((name, parameter), expected) in net.named_parameters().iter().zip(gradients) {
        assert_close(&format!("gradient of {name}"), &parameter.grad().unwrap(), &array(expected));
    }
    for ((name, value), (expected_name, expected)) in net.state().iter().zip(&state(&run["after"])) {
        assert_eq!(name, expected_name);
        assert_close(name, value, expected);
    }
    net.eval();
    assert_close("output in evaluation", &net.forward(&x).value(), &array(&run["evaluated"]));
}

#[test]
fn a_net_of_images_is_the_same() {
    let rng = &mut rng(1);
    let net = Net::new(vec![
        Layer::conv2d(2, 3, 3, rng).stride(2).padding(1).without_bias(),
        Layer::batch_norm(3).momentum(0.3),
        Layer::Activation(Activation::LeakyRelu(0.1)),
        Layer::conv_transpose2d(3, 2, 4, rng).stride(2).padding(1),
        Layer::Activation(Activation::Prelu(Tensor::parameter(ndarray::arr1(&[0.0, 0.0])))),
        Layer::max_pool(3).stride(1),
        Layer::avg_pool(2),
        Layer::flatten(),
        Layer::linear(8, 3, rng),
    ]);
    assert_same_run(&net, &load("layers")["images"]);
}

#[test]
fn a_net_of_rows_is_the_same() {
    let rng = &mut rng(1);
    let net = Net::new(vec![
        Layer::linear(4, 6, rng).without_bias(),
        Layer::batch_norm(6),
        Layer::tanh(),
        Layer::layer_norm(6),
        Layer::linear(6, 3, rng),
        Layer::sigmoid(),
    ]);
    assert_same_run(&net, &load("layers")["rows"]);
}

#[test]
fn activations_are_the_same() {
    let fixture = load("layers");
    let all = [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::prelu(),
        Activation::Elu(1.5),
        Activation::Selu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Softplus,
        Activation::Softmax,
    ];
    for activation in all {
        let name = match &activation {
            Activation::Prelu(_) => "Prelu".to_string(),
            other => format!("{other:?}"),
        };
        let x = Tensor::parameter(ndarray::array![[-30.0, -2.5, -1.0, -0.1], [0.1, 0.7, 2.0, 30.0]]);
        let y = activation.apply(&x);
        (&y * Tensor::new(ndarray::Array::range(1.0, 9.0, 1.0).into_shape_with_order((2, 4)).unwrap()))
            .sum()
            .backward();
        let expected = &fixture["activations"][&name];
        assert_close(&name, &y.value(), &array(&expected[0]));
        assert_close(&format!("slope of {name}"), &x.grad().unwrap(), &array(&expected[1]));
    }
}
