//! Layers with fresh weights, and the settings that are not the usual ones.

use std::cell::RefCell;

use ndarray::Array1;
use rand::RngExt;

use super::{Activation, Init, Layer};
use crate::tensor::{Real, Tensor};

impl Layer {
    /// A linear (fully connected) layer.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer};
    /// let layer = Layer::linear(784, 128, &mut rng(42));
    /// let Layer::Linear { weight, bias } = &layer else { unreachable!() };
    /// assert_eq!(weight.shape(), [128, 784]);
    /// assert_eq!(bias.as_ref().unwrap().shape(), [128]);
    /// ```
    #[track_caller]
    pub fn linear(inputs: usize, outputs: usize, rng: &mut impl rand::Rng) -> Layer {
        Layer::Linear { weight: weights(&[outputs, inputs], rng), bias: zeros(outputs) }
    }

    /// A convolution with `out` square kernels of side `kernel`, stride 1 and no padding; [`stride`](Layer::stride) and
    /// [`padding`](Layer::padding) change that.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer, tensor::Tensor};
    /// let layer = Layer::conv2d(1, 8, 3, &mut rng(42)).stride(2).padding(1);
    /// let images = Tensor::new(ndarray::Array4::zeros((5, 1, 28, 28)));
    /// assert_eq!(layer.forward(&images, false).shape(), [5, 8, 14, 14]);
    /// ```
    #[track_caller]
    pub fn conv2d(channels: usize, out: usize, kernel: usize, rng: &mut impl rand::Rng) -> Layer {
        let weight = weights(&[out, channels, kernel, kernel], rng);
        Layer::Conv2d { weight, bias: zeros(out), stride: 1, padding: 0 }
    }

    /// A transposed convolution to `out` channels, stride 1 and no padding.
    ///
    /// The weights are He's for stride 1, where channels · kernel² inputs meet in an output. With stride s only about one in
    /// s² of them does: the signal starts s times smaller there.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer, tensor::Tensor};
    /// let layer = Layer::conv_transpose2d(8, 1, 4, &mut rng(42)).stride(2).padding(1);
    /// let maps = Tensor::new(ndarray::Array4::zeros((5, 8, 7, 7)));
    /// assert_eq!(layer.forward(&maps, false).shape(), [5, 1, 14, 14]);
    /// ```
    #[track_caller]
    pub fn conv_transpose2d(channels: usize, out: usize, kernel: usize, rng: &mut impl rand::Rng) -> Layer {
        let weight = Tensor::parameter(Init::he().sample_transposed(&[channels, out, kernel, kernel], rng));
        Layer::ConvTranspose2d { weight, bias: zeros(out), stride: 1, padding: 0 }
    }

    /// Batch normalization of so many features (n × c) or channels (n × c × h × w): γ = 1, β = 0, momentum 0.1, ε = 10⁻⁵.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer, tensor::Tensor};
    /// let x = Tensor::new(ndarray::array![[1.0], [3.0]]);
    /// let y = Layer::batch_norm(1).forward(&x, true).value();
    /// assert!((y[[1, 0]] - 1.0).abs() < 1e-4 && (y[[0, 0]] + 1.0).abs() < 1e-4);
    /// ```
    pub fn batch_norm(channels: usize) -> Layer {
        Layer::BatchNorm {
            gamma: Tensor::parameter(Array1::ones(channels)),
            beta: Tensor::parameter(Array1::zeros(channels)),
            running_mean: RefCell::new(Array1::zeros(channels)),
            running_variance: RefCell::new(Array1::ones(channels)),
            momentum: 0.1,
            eps: 1e-5,
        }
    }

    /// Layer normalization over so many features, the last axis: γ = 1, β = 0, ε = 10⁻⁵.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// let x = Tensor::new(ndarray::array![[1.0, 3.0]]);
    /// assert!((Layer::layer_norm(2).forward(&x, true).value()[[0, 1]] - 1.0).abs() < 1e-4);
    /// ```
    pub fn layer_norm(features: usize) -> Layer {
        let (gamma, beta) = (Array1::ones(features), Array1::zeros(features));
        Layer::LayerNorm { gamma: Tensor::parameter(gamma), beta: Tensor::parameter(beta), eps: 1e-5 }
    }

    /// Dropout with probability `p` of a 0; it takes a generator of its own from `rng`.
    ///
    /// What stays is scaled by 1 / (1 − p) in training. In the paper p is the probability to keep, and the weights are
    /// scaled at test time instead. Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, "Dropout: A Simple Way to Prevent Neural
    /// Networks from Overfitting", Journal of Machine Learning Research 15.
    ///
    /// # Panics
    ///
    /// When `p` is not at least 0 and below 1.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer, tensor::Tensor};
    /// let (layer, x) = (Layer::dropout(0.5, &mut rng(42)), Tensor::new(ndarray::Array1::ones(100)));
    /// assert!(layer.forward(&x, true).value().iter().all(|x| [0.0, 2.0].contains(x)));
    /// assert_eq!(layer.forward(&x, false).value(), x.value());
    /// ```
    #[track_caller]
    pub fn dropout(p: Real, rng: &mut impl rand::Rng) -> Layer {
        assert!((0.0..1.0).contains(&p), "dropout({p}): the probability must be at least 0 and below 1");
        Layer::Dropout { p, rng: RefCell::new(crate::random::rng(rng.random())) }
    }

    /// The largest of each window of side `size`; the windows do not overlap unless [`stride`](Layer::stride) says so.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// let images = Tensor::new(ndarray::Array4::zeros((5, 8, 14, 14)));
    /// assert_eq!(Layer::max_pool(2).forward(&images, false).shape(), [5, 8, 7, 7]);
    /// ```
    pub fn max_pool(size: usize) -> Layer {
        Layer::MaxPool { size, stride: size }
    }

    /// The mean of each window of side `size`; the windows do not overlap unless [`stride`](Layer::stride) says so.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// let images = Tensor::new(ndarray::Array4::ones((5, 8, 14, 14)));
    /// assert_eq!(Layer::avg_pool(2).forward(&images, false).sum().item(), 5.0 * 8.0 * 49.0);
    /// ```
    pub fn avg_pool(size: usize) -> Layer {
        Layer::AvgPool { size, stride: size }
    }

    /// All dimensions but the first made one: n × c × h × w becomes n × chw.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// let images = Tensor::new(ndarray::Array4::ones((5, 8, 7, 7)));
    /// assert_eq!(Layer::flatten().forward(&images, false).shape(), [5, 392]);
    /// ```
    pub fn flatten() -> Layer {
        Layer::Flatten
    }

    /// Each example made an image of c channels, h rows and w columns.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// let rows = Tensor::new(ndarray::Array2::ones((5, 784)));
    /// assert_eq!(Layer::reshape(1, 28, 28).forward(&rows, false).shape(), [5, 1, 28, 28]);
    /// ```
    pub fn reshape(c: usize, h: usize, w: usize) -> Layer {
        Layer::Reshape { c, h, w }
    }

    /// max(0, x).
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// assert_eq!(Layer::relu().forward(&Tensor::scalar(-1.0), true).item(), 0.0);
    /// ```
    pub fn relu() -> Layer {
        Layer::Activation(Activation::Relu)
    }

    /// The logistic function.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// assert_eq!(Layer::sigmoid().forward(&Tensor::scalar(0.0), true).item(), 0.5);
    /// ```
    pub fn sigmoid() -> Layer {
        Layer::Activation(Activation::Sigmoid)
    }

    /// The hyperbolic tangent.
    ///
    /// ```
    /// # use dl_interview::{nn::Layer, tensor::Tensor};
    /// assert_eq!(Layer::tanh().forward(&Tensor::scalar(0.0), true).item(), 0.0);
    /// ```
    pub fn tanh() -> Layer {
        Layer::Activation(Activation::Tanh)
    }

    /// Another stride, for a convolution or a pooling.
    ///
    /// # Panics
    ///
    /// When it is 0, or the layer has no stride.
    ///
    /// ```
    /// # use dl_interview::nn::Layer;
    /// assert_eq!(format!("{:?}", Layer::max_pool(3).stride(2)), "MaxPool(3 × 3, stride 2)");
    /// ```
    #[track_caller]
    pub fn stride(mut self, pixels: usize) -> Layer {
        assert!(pixels > 0, "stride(0): the window would never move on; give at least 1");
        match &mut self {
            Layer::Conv2d { stride, .. }
            | Layer::ConvTranspose2d { stride, .. }
            | Layer::MaxPool { stride, .. }
            | Layer::AvgPool { stride, .. } => *stride = pixels,
            other => panic!("stride({pixels}): {other:?} has no stride; only convolutions and poolings have"),
        }
        self
    }

    /// Another padding, for a convolution.
    ///
    /// # Panics
    ///
    /// When the layer is no convolution.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer};
    /// let same = Layer::conv2d(1, 8, 5, &mut rng(42)).padding(2);
    /// assert_eq!(format!("{same:?}"), "Conv2d(1 → 8, 5 × 5, stride 1, padding 2)");
    /// ```
    #[track_caller]
    pub fn padding(mut self, pixels: usize) -> Layer {
        match &mut self {
            Layer::Conv2d { padding, .. } | Layer::ConvTranspose2d { padding, .. } => *padding = pixels,
            other => panic!("padding({pixels}): {other:?} has no padding; only convolutions have"),
        }
        self
    }

    /// No bias: f(0) = 0. In front of a batch normalization, which takes the mean away, a bias has no effect anyway.
    ///
    /// # Panics
    ///
    /// When the layer never has one.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer};
    /// let layer = Layer::linear(64, 10, &mut rng(42)).without_bias();
    /// assert_eq!(layer.parameters().len(), 1);
    /// ```
    #[track_caller]
    pub fn without_bias(mut self) -> Layer {
        match &mut self {
            Layer::Linear { bias, .. } | Layer::Conv2d { bias, .. } | Layer::ConvTranspose2d { bias, .. } => {
                *bias = None
            }
            other => panic!("without_bias: {other:?} has no bias; only linear layers and convolutions have"),
        }
        self
    }

    /// Another momentum, for a batch normalization: the share of the new batch in the running statistics.
    ///
    /// # Panics
    ///
    /// When it does not lie within 0 and 1, or the layer is no batch normalization.
    ///
    /// ```
    /// # use dl_interview::nn::Layer;
    /// let slow = Layer::batch_norm(64).momentum(0.01); // Keras calls it 0.99
    /// assert_eq!(format!("{slow:?}"), "BatchNorm(64, momentum 0.01)");
    /// ```
    #[track_caller]
    pub fn momentum(mut self, share: Real) -> Layer {
        assert!(
            (0.0..=1.0).contains(&share),
            "momentum({share}): it is the share of the new batch in the running statistics, from 0 to 1"
        );
        match &mut self {
            Layer::BatchNorm { momentum, .. } => *momentum = share,
            other => panic!("momentum({share}): {other:?} keeps no running statistics; only batch normalization does"),
        }
        self
    }
}

fn weights(shape: &[usize], rng: &mut impl rand::Rng) -> Tensor {
    Tensor::parameter(Init::he().sample(shape, rng))
}

fn zeros(n: usize) -> Option<Tensor> {
    Some(Tensor::parameter(Array1::zeros(n)))
}
