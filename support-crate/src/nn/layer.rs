//! The layers that a net is made of.

use std::cell::RefCell;
use std::fmt;

use ndarray::Array1;
use rand::RngExt;

use super::{Activation, Init};
use crate::data::Rng;
use crate::tensor::{Real, Tensor};

/// One layer of a [`Net`](super::Net): what it computes, with its weights.
///
/// The constructors make weights by [`Init::he`] and biases 0. (PyTorch draws both uniformly within ±1 / √fan_in, which
/// is a gain of 1 / √3 in place of √2: a deep net of ReLUs starts with a shrinking signal there.)
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::Layer;
///
/// let mut rng = rng(42);
/// let kernel = Layer::conv2d(1, 8, 3, &mut rng).stride(2).padding(1).without_bias();
/// assert_eq!(format!("{kernel:?}"), "Conv2d(1 → 8, 3 × 3, stride 2, padding 1, no bias)");
/// assert_eq!(format!("{:?}", Layer::linear(784, 128, &mut rng)), "Linear(784 → 128)");
/// ```
pub enum Layer {
    /// X Wᵀ + b of inputs n × in.
    Linear {
        /// out × in.
        weight: Tensor,
        /// One number per output, if any.
        bias: Option<Tensor>,
    },
    /// A convolution of images n × in × h × w, [`Tensor::conv2d`].
    Conv2d {
        /// out × in × kh × kw.
        weight: Tensor,
        /// One number per output channel, if any.
        bias: Option<Tensor>,
        /// How many pixels the kernel moves on at a time.
        stride: usize,
        /// How many zeros are put around each image, on every side.
        padding: usize,
    },
    /// The transpose of a convolution, which makes images larger, [`Tensor::conv_transpose2d`].
    ConvTranspose2d {
        /// in × out × kh × kw.
        weight: Tensor,
        /// One number per output channel, if any.
        bias: Option<Tensor>,
        /// How many pixels two neighbours of the input lie apart in the output.
        stride: usize,
        /// How many pixels are cut off the output, on every side.
        padding: usize,
    },
    /// Batch normalization of n × c or n × c × h × w, per channel (axis 1): γ (x − μ) / √(σ² + ε) + β.
    ///
    /// In training μ and σ² are those of the batch; in evaluation they are the running ones, so that the output for an
    /// example does not depend on the others of its batch. Source: Ioffe & Szegedy 2015, "Batch Normalization:
    /// Accelerating Deep Network Training by Reducing Internal Covariate Shift", ICML.
    BatchNorm {
        /// The scale γ, one per channel.
        gamma: Tensor,
        /// The shift β, one per channel.
        beta: Tensor,
        /// The running mean, which every batch in training pulls towards its own.
        running_mean: RefCell<Array1<Real>>,
        /// The running variance, from the batches' unbiased estimates (division by m − 1, as in PyTorch).
        running_variance: RefCell<Array1<Real>>,
        /// The share of the new batch in the running statistics: PyTorch's convention. (Keras names the share of the old.)
        momentum: Real,
        /// ε, so that a channel without variance does not divide by 0.
        eps: Real,
    },
    /// Normalization of each example by itself over the last axis, [`Tensor::layer_norm`].
    LayerNorm {
        /// The scale γ, one per feature.
        gamma: Tensor,
        /// The shift β, one per feature.
        beta: Tensor,
        /// ε, so that an example without variance does not divide by 0.
        eps: Real,
    },
    /// In training each number becomes 0 with probability p and is divided by 1 − p otherwise; in evaluation nothing
    /// happens. [`Tensor::dropout`].
    Dropout {
        /// The probability of a 0.
        p: Real,
        /// Where the zeros are drawn from.
        rng: RefCell<Rng>,
    },
    /// The largest of each window, [`Tensor::max_pool2d`].
    MaxPool {
        /// The side of the window.
        size: usize,
        /// How many pixels the window moves on at a time.
        stride: usize,
    },
    /// The mean of each window, [`Tensor::avg_pool2d`].
    AvgPool {
        /// The side of the window.
        size: usize,
        /// How many pixels the window moves on at a time.
        stride: usize,
    },
    /// All dimensions but the first made one.
    Flatten,
    /// Each example made an image.
    Reshape {
        /// Channels.
        c: usize,
        /// Height.
        h: usize,
        /// Width.
        w: usize,
    },
    /// A nonlinearity.
    Activation(Activation),
}

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
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer, tensor::Tensor};
    /// let layer = Layer::conv_transpose2d(8, 1, 4, &mut rng(42)).stride(2).padding(1);
    /// let maps = Tensor::new(ndarray::Array4::zeros((5, 8, 7, 7)));
    /// assert_eq!(layer.forward(&maps, false).shape(), [5, 1, 14, 14]);
    /// ```
    #[track_caller]
    pub fn conv_transpose2d(channels: usize, out: usize, kernel: usize, rng: &mut impl rand::Rng) -> Layer {
        let weight = weights(&[channels, out, kernel, kernel], rng);
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
    /// Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, "Dropout: A Simple Way to Prevent Neural
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
        Layer::Dropout { p, rng: RefCell::new(crate::data::rng(rng.random())) }
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

    /// What the layer makes of `x`, whose first axis counts the examples.
    ///
    /// In training, batch normalization uses (and remembers) the statistics of the batch, and dropout drops.
    ///
    /// # Panics
    ///
    /// When the shape of `x` does not fit the layer.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer, tensor::Tensor};
    /// let layer = Layer::linear(3, 2, &mut rng(42));
    /// assert_eq!(layer.forward(&Tensor::new(ndarray::Array2::ones((5, 3))), true).shape(), [5, 2]);
    /// ```
    #[track_caller]
    pub fn forward(&self, x: &Tensor, training: bool) -> Tensor {
        match self {
            Layer::Linear { weight, bias } => x.linear(weight, &or_zeros(bias, weight.shape()[0])),
            Layer::Conv2d { weight, bias, stride, padding } => {
                x.conv2d(weight, &or_zeros(bias, weight.shape()[0]), *stride, *padding)
            }
            Layer::ConvTranspose2d { weight, bias, stride, padding } => {
                x.conv_transpose2d(weight, &or_zeros(bias, weight.shape()[1]), *stride, *padding)
            }
            Layer::BatchNorm { gamma, beta, running_mean, running_variance, momentum, eps } => {
                let (mut mean, mut variance) = (running_mean.borrow_mut(), running_variance.borrow_mut());
                if !training {
                    return x.batch_norm_with(gamma, beta, &mean, &variance, *eps);
                }
                let (y, batch_mean, batch_variance) = x.batch_norm(gamma, beta, *eps);
                let m = (x.len() / gamma.len()) as Real; // numbers per channel
                *mean = &*mean * (1.0 - momentum) + batch_mean * *momentum;
                *variance = &*variance * (1.0 - momentum) + batch_variance * (momentum * m / (m - 1.0));
                y
            }
            Layer::LayerNorm { gamma, beta, eps } => x.layer_norm(gamma, beta, *eps),
            Layer::Dropout { p, rng } if training => x.dropout(*p, &mut *rng.borrow_mut()),
            Layer::Dropout { .. } => x.clone(),
            Layer::MaxPool { size, stride } => x.max_pool2d(*size, *stride),
            Layer::AvgPool { size, stride } => x.avg_pool2d(*size, *stride),
            Layer::Flatten => x.flatten(),
            Layer::Reshape { c, h, w } => x.reshape(&[x.shape().first().copied().unwrap_or(1), *c, *h, *w]),
            Layer::Activation(activation) => activation.apply(x),
        }
    }

    /// What is to be learned here, with the name of each: handles, not copies.
    ///
    /// ```
    /// # use dl_interview::nn::Layer;
    /// let names: Vec<&str> = Layer::batch_norm(8).parameters().iter().map(|(name, _)| *name).collect();
    /// assert_eq!(names, ["gamma", "beta"]);
    /// ```
    pub fn parameters(&self) -> Vec<(&'static str, Tensor)> {
        match self {
            Layer::Linear { weight, bias }
            | Layer::Conv2d { weight, bias, .. }
            | Layer::ConvTranspose2d { weight, bias, .. } => {
                let bias = bias.as_ref().map(|bias| ("bias", bias.clone()));
                [("weight", weight.clone())].into_iter().chain(bias).collect()
            }
            Layer::BatchNorm { gamma, beta, .. } | Layer::LayerNorm { gamma, beta, .. } => {
                vec![("gamma", gamma.clone()), ("beta", beta.clone())]
            }
            Layer::Activation(Activation::Prelu(slopes)) => vec![("slopes", slopes.clone())],
            _ => Vec::new(),
        }
    }

    /// The weight matrix or the kernels; none in a layer that has neither.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::Layer};
    /// assert_eq!(Layer::linear(3, 2, &mut rng(42)).weight().unwrap().shape(), [2, 3]);
    /// assert!(Layer::relu().weight().is_none());
    /// ```
    pub fn weight(&self) -> Option<Tensor> {
        match self {
            Layer::Linear { weight, .. } | Layer::Conv2d { weight, .. } | Layer::ConvTranspose2d { weight, .. } => {
                Some(weight.clone())
            }
            _ => None,
        }
    }
}

fn weights(shape: &[usize], rng: &mut impl rand::Rng) -> Tensor {
    Tensor::parameter(Init::he().sample(shape, rng))
}

fn zeros(n: usize) -> Option<Tensor> {
    Some(Tensor::parameter(Array1::zeros(n)))
}

fn or_zeros(bias: &Option<Tensor>, n: usize) -> Tensor {
    bias.clone().unwrap_or_else(|| Tensor::new(Array1::zeros(n)))
}

/// The same numbers in a leaf of its own: a clone of a tensor would be a second handle on the same one.
pub(super) fn copy(tensor: &Tensor) -> Tensor {
    let copy = if tensor.requires_grad() { Tensor::parameter(tensor.value()) } else { Tensor::new(tensor.value()) };
    tensor.name().map_or(copy.clone(), |name| copy.named(&name))
}

/// A copy with weights, running statistics and a generator of its own: what one learns, the other does not.
impl Clone for Layer {
    fn clone(&self) -> Layer {
        match self {
            Layer::Linear { weight, bias } => Layer::Linear { weight: copy(weight), bias: bias.as_ref().map(copy) },
            Layer::Conv2d { weight, bias, stride, padding } => Layer::Conv2d {
                weight: copy(weight),
                bias: bias.as_ref().map(copy),
                stride: *stride,
                padding: *padding,
            },
            Layer::ConvTranspose2d { weight, bias, stride, padding } => Layer::ConvTranspose2d {
                weight: copy(weight),
                bias: bias.as_ref().map(copy),
                stride: *stride,
                padding: *padding,
            },
            Layer::BatchNorm { gamma, beta, running_mean, running_variance, momentum, eps } => Layer::BatchNorm {
                gamma: copy(gamma),
                beta: copy(beta),
                running_mean: running_mean.clone(),
                running_variance: running_variance.clone(),
                momentum: *momentum,
                eps: *eps,
            },
            Layer::LayerNorm { gamma, beta, eps } => {
                Layer::LayerNorm { gamma: copy(gamma), beta: copy(beta), eps: *eps }
            }
            Layer::Dropout { p, rng } => Layer::Dropout { p: *p, rng: rng.clone() },
            Layer::MaxPool { size, stride } => Layer::MaxPool { size: *size, stride: *stride },
            Layer::AvgPool { size, stride } => Layer::AvgPool { size: *size, stride: *stride },
            Layer::Flatten => Layer::Flatten,
            Layer::Reshape { c, h, w } => Layer::Reshape { c: *c, h: *h, w: *w },
            Layer::Activation(activation) => Layer::Activation(activation.clone()),
        }
    }
}

/// The kind, the sizes and the settings, without the numbers.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bias = |bias: &Option<Tensor>| if bias.is_some() { "" } else { ", no bias" };
        match self {
            Layer::Linear { weight, bias: b } => {
                let shape = weight.shape();
                write!(f, "Linear({} → {}{})", shape[1], shape[0], bias(b))
            }
            Layer::Conv2d { weight, bias: b, stride, padding } => {
                let s = weight.shape();
                let (kh, kw) = (s[2], s[3]);
                write!(f, "Conv2d({} → {}, {kh} × {kw}, stride {stride}, padding {padding}{})", s[1], s[0], bias(b))
            }
            Layer::ConvTranspose2d { weight, bias: b, stride, padding } => {
                let (s, b) = (weight.shape(), bias(b));
                let (kh, kw) = (s[2], s[3]);
                write!(f, "ConvTranspose2d({} → {}, {kh} × {kw}, stride {stride}, padding {padding}{b})", s[0], s[1])
            }
            Layer::BatchNorm { gamma, momentum, .. } => write!(f, "BatchNorm({}, momentum {momentum})", gamma.len()),
            Layer::LayerNorm { gamma, .. } => write!(f, "LayerNorm({})", gamma.len()),
            Layer::Dropout { p, .. } => write!(f, "Dropout({p})"),
            Layer::MaxPool { size, stride } => write!(f, "MaxPool({size} × {size}, stride {stride})"),
            Layer::AvgPool { size, stride } => write!(f, "AvgPool({size} × {size}, stride {stride})"),
            Layer::Flatten => write!(f, "Flatten"),
            Layer::Reshape { c, h, w } => write!(f, "Reshape({c} × {h} × {w})"),
            Layer::Activation(Activation::Prelu(slopes)) => write!(f, "Prelu({})", slopes.len()),
            Layer::Activation(activation) => write!(f, "{activation:?}"),
        }
    }
}
