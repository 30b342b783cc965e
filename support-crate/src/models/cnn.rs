//! Two small convolutional networks for the digits.

use crate::nn::{Layer, Net};

/// A convolutional network for 28 × 28 images in rows of 784: two 3 × 3 convolutions that keep the size, each followed by
/// ReLU and 2 × 2 max pooling, and a linear layer; n × 784 → n × 10 logits.
///
/// 8 and 16 kernels, 9 098 parameters; the weights start by [`Init::he`](crate::nn::Init::he). The architecture, small
/// kernels first and a linear layer last, goes back to LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning
/// applied to document recognition", Proceedings of the IEEE 86(11).
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::cnn;
///
/// let net = cnn(&mut rng(42));
/// assert_eq!(net.predict(&ndarray::Array2::zeros((5, 784))).dim(), (5, 10));
/// assert_eq!(net.parameter_count(), (9 + 1) * 8 + (8 * 9 + 1) * 16 + (16 * 7 * 7 + 1) * 10);
/// ```
pub fn cnn(rng: &mut impl rand::Rng) -> Net {
    Net::new(vec![
        Layer::reshape(1, 28, 28),
        Layer::conv2d(1, 8, 3, rng).padding(1),
        Layer::relu(),
        Layer::max_pool(2), // 8 × 14 × 14
        Layer::conv2d(8, 16, 3, rng).padding(1),
        Layer::relu(),
        Layer::max_pool(2), // 16 × 7 × 7
        Layer::flatten(),
        Layer::linear(16 * 7 * 7, 10, rng),
    ])
}

/// A network after LeNet, for 28 × 28 images in rows of 784: two 5 × 5 convolutions without padding, each followed by ReLU
/// and 2 × 2 max pooling, and a linear layer; n × 784 → n × 10 logits.
///
/// 8 and 16 kernels, 5 994 parameters. LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to
/// document recognition", Proceedings of the IEEE 86(11)) has 6 and 16 kernels of this size, but tanh units, averages with
/// a learned weight for pooling, and layers of 120, 84 and 10 units in place of the one here.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::lenet;
///
/// let net = lenet(&mut rng(42));
/// assert_eq!(net.predict(&ndarray::Array2::zeros((5, 784))).dim(), (5, 10));
/// assert_eq!(net.parameter_count(), (25 + 1) * 8 + (8 * 25 + 1) * 16 + (16 * 4 * 4 + 1) * 10);
/// ```
pub fn lenet(rng: &mut impl rand::Rng) -> Net {
    Net::new(vec![
        Layer::reshape(1, 28, 28),
        Layer::conv2d(1, 8, 5, rng), // 8 × 24 × 24
        Layer::relu(),
        Layer::max_pool(2),           // 8 × 12 × 12
        Layer::conv2d(8, 16, 5, rng), // 16 × 8 × 8
        Layer::relu(),
        Layer::max_pool(2), // 16 × 4 × 4
        Layer::flatten(),
        Layer::linear(16 * 4 * 4, 10, rng),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Examples, minibatches, mnist, rng, shift_images};
    use crate::models::mlp;
    use crate::nn::Activation;
    use crate::tensor::Real;
    use crate::train::{Fit, fit};
    use ndarray::Axis;

    #[test]
    fn weights_that_are_shared_are_few() {
        let mlp = mlp(&[784, 128, 10], Activation::Relu, &mut rng(1)).parameter_count();
        let (lenet, cnn) = (lenet(&mut rng(1)).parameter_count(), cnn(&mut rng(1)).parameter_count());
        assert_eq!((lenet, cnn, mlp), (5_994, 9_098, 101_770));
    }

    #[test]
    fn each_convolution_is_followed_by_relu_and_pooling() {
        for net in [cnn(&mut rng(1)), lenet(&mut rng(1))] {
            let layers: Vec<String> = net.layers.iter().map(|layer| format!("{layer:?}")).collect();
            for at in [1, 4] {
                assert!(layers[at].starts_with("Conv2d"), "{layers:?}");
                assert_eq!(layers[at + 1..at + 3], ["Relu", "MaxPool(2 × 2, stride 2)"]);
            }
        }
    }

    #[test]
    fn a_convolutional_net_knows_that_pixels_have_neighbours() {
        let (data, mut rng) = (mnist().unwrap(), rng(1));
        let (train, test) = (data.train.first(2000), data.test.first(2000));
        let order = minibatches(784, 1, &mut rng).concat();
        let permuted =
            |data: &Examples| Examples { inputs: data.inputs.select(Axis(1), &order), labels: data.labels.clone() };
        let how = Fit { epochs: 4, batch: 32, progress: false, ..Fit::default() };
        let trained = |net: Net, train: &Examples| {
            fit(&net, train, None, &how);
            net
        };
        let accuracy = |net: &Net, test: &Examples| net.accuracy(&test.inputs, &test.labels);

        let dense = trained(mlp(&[784, 128, 10], Activation::Relu, &mut rng), &train);
        let convolutional = trained(cnn(&mut rng), &train);
        let smaller = trained(lenet(&mut rng), &train);
        let blind = trained(cnn(&mut rng), &permuted(&train));
        let [mlp, cnn, lenet] = [&dense, &convolutional, &smaller].map(|net| accuracy(net, &test));
        assert!(cnn >= mlp + 0.02 && lenet >= mlp + 0.02, "CNN {cnn}, LeNet {lenet}, MLP {mlp}");
        let blind: Real = accuracy(&blind, &permuted(&test));
        assert!(cnn - blind >= 0.04, "{cnn}, with permuted pixels {blind}");
        let shifted = Examples { inputs: shift_images(&test.inputs, 2, 0), labels: test.labels.clone() };
        let (cnn, mlp) = (accuracy(&convolutional, &shifted), accuracy(&dense, &shifted));
        assert!(cnn >= mlp + 0.1, "two pixels lower: CNN {cnn}, MLP {mlp}");
    }
}
