//! The layers that a net is made of.

use std::cell::RefCell;
use std::fmt;

use ndarray::Array1;

use super::Activation;
use crate::random::Rng;
use crate::tensor::{Real, Tensor};

/// One layer of a [`Net`](super::Net): what it computes, with its weights.
///
/// The constructors make weights by [`Init::he`](super::Init::he) and biases 0. (PyTorch draws both uniformly within
/// ±1 / √fan_in, which is a gain of 1 / √3 in place of √2: a deep net of ReLUs starts with a shrinking signal there.)
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

fn or_zeros(bias: &Option<Tensor>, n: usize) -> Tensor {
    bias.clone().unwrap_or_else(|| Tensor::new(Array1::zeros(n)))
}

/// The same numbers in a leaf of its own: a clone of a tensor would be a second handle on the same one.
pub(super) fn copy(tensor: &Tensor) -> Tensor {
    let copy = if tensor.requires_grad() { Tensor::parameter(tensor.value()) } else { Tensor::new(tensor.value()) };
    tensor.name().map_or(copy.clone(), |name| copy.named(&name))
}

/// Tensors that were copied, and their copies: layers that share a weight share its copy.
#[derive(Default)]
pub(super) struct Copies(Vec<(Tensor, Tensor)>);

impl Copies {
    fn of(&mut self, tensor: &Tensor) -> Tensor {
        if let Some((_, copy)) = self.0.iter().find(|(original, _)| original.is(tensor)) {
            return copy.clone();
        }
        self.0.push((tensor.clone(), copy(tensor)));
        self.0[self.0.len() - 1].1.clone()
    }
}

impl Layer {
    /// A clone as one of several.
    pub(super) fn clone_among(&self, copies: &mut Copies) -> Layer {
        match self {
            Layer::Linear { weight, bias } => {
                Layer::Linear { weight: copies.of(weight), bias: bias.as_ref().map(|bias| copies.of(bias)) }
            }
            Layer::Conv2d { weight, bias, stride, padding } => Layer::Conv2d {
                weight: copies.of(weight),
                bias: bias.as_ref().map(|bias| copies.of(bias)),
                stride: *stride,
                padding: *padding,
            },
            Layer::ConvTranspose2d { weight, bias, stride, padding } => Layer::ConvTranspose2d {
                weight: copies.of(weight),
                bias: bias.as_ref().map(|bias| copies.of(bias)),
                stride: *stride,
                padding: *padding,
            },
            Layer::BatchNorm { gamma, beta, running_mean, running_variance, momentum, eps } => Layer::BatchNorm {
                gamma: copies.of(gamma),
                beta: copies.of(beta),
                running_mean: running_mean.clone(),
                running_variance: running_variance.clone(),
                momentum: *momentum,
                eps: *eps,
            },
            Layer::LayerNorm { gamma, beta, eps } => {
                Layer::LayerNorm { gamma: copies.of(gamma), beta: copies.of(beta), eps: *eps }
            }
            Layer::Dropout { p, rng } => Layer::Dropout { p: *p, rng: rng.clone() },
            Layer::MaxPool { size, stride } => Layer::MaxPool { size: *size, stride: *stride },
            Layer::AvgPool { size, stride } => Layer::AvgPool { size: *size, stride: *stride },
            Layer::Flatten => Layer::Flatten,
            Layer::Reshape { c, h, w } => Layer::Reshape { c: *c, h: *h, w: *w },
            Layer::Activation(Activation::Prelu(slopes)) => Layer::Activation(Activation::Prelu(copies.of(slopes))),
            Layer::Activation(activation) => Layer::Activation(activation.clone()),
        }
    }
}

/// A copy with weights, running statistics and a generator of its own: what one learns, the other does not.
impl Clone for Layer {
    fn clone(&self) -> Layer {
        self.clone_among(&mut Copies::default())
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
