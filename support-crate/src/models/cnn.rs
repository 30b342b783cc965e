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
/// a learned weight for pooling, and three more layers behind.
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
