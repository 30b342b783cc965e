//! Which nonlinearity stands between two layers, as data.

use ndarray::arr1;

use crate::tensor::{Real, Tensor};

/// A nonlinearity by name, to choose one, compare several, or look at which one a net uses.
///
/// ```
/// use dl_interview::nn::Activation;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let x = Tensor::new(array![-1.0, 2.0]);
/// for (f, expected) in [(Activation::Relu, array![0.0, 2.0]), (Activation::LeakyRelu(0.5), array![-0.5, 2.0])] {
///     assert_eq!(f.apply(&x).value(), expected.into_dyn());
/// }
/// ```
#[derive(Debug)]
pub enum Activation {
    /// x itself: no nonlinearity.
    Identity,
    /// The logistic function, [`Tensor::sigmoid`].
    Sigmoid,
    /// [`Tensor::tanh`].
    Tanh,
    /// max(0, x), [`Tensor::relu`].
    Relu,
    /// x above 0, this slope times x below, [`Tensor::leaky_relu`].
    LeakyRelu(Real),
    /// x above 0, a learned slope times x below, [`Tensor::prelu`].
    Prelu(Tensor),
    /// x above 0, α (eˣ − 1) below, [`Tensor::elu`].
    Elu(Real),
    /// [`Tensor::selu`].
    Selu,
    /// [`Tensor::gelu`].
    Gelu,
    /// x σ(x), [`Tensor::silu`].
    Silu,
    /// ln(1 + eˣ), [`Tensor::softplus`].
    Softplus,
    /// Probabilities along the last axis, [`Tensor::softmax`].
    Softmax,
}

impl Activation {
    /// A rectifier with a learned slope below 0, which starts at 0.25, as in He et al. 2015.
    ///
    /// ```
    /// use dl_interview::nn::Activation;
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Activation::prelu().apply(&Tensor::new(ndarray::array![-4.0])).item(), -1.0);
    /// ```
    pub fn prelu() -> Activation {
        Activation::Prelu(Tensor::parameter(arr1(&[0.25])))
    }

    /// The function of each element of `x`; softmax goes along the last axis.
    ///
    /// # Panics
    ///
    /// For softmax, when `x` is a scalar; for PReLU, when there is neither one slope nor one per channel.
    ///
    /// ```
    /// use dl_interview::nn::Activation;
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Activation::Sigmoid.apply(&Tensor::scalar(0.0)).item(), 0.5);
    /// ```
    #[track_caller]
    pub fn apply(&self, x: &Tensor) -> Tensor {
        match self {
            Activation::Identity => x.clone(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Tanh => x.tanh(),
            Activation::Relu => x.relu(),
            Activation::LeakyRelu(slope) => x.leaky_relu(*slope),
            Activation::Prelu(slopes) => x.prelu(slopes),
            Activation::Elu(alpha) => x.elu(*alpha),
            Activation::Selu => x.selu(),
            Activation::Gelu => x.gelu(),
            Activation::Silu => x.silu(),
            Activation::Softplus => x.softplus(),
            Activation::Softmax => x.softmax(x.shape().len().saturating_sub(1)),
        }
    }

    /// What weights are multiplied with so that the signal keeps its size through this nonlinearity, by custom: 1 for the
    /// identity and the sigmoid, 5/3 for tanh, √2 for ReLU, √(2 / (1 + slope²)) for leaky ReLU, 3/4 for SELU.
    ///
    /// These are the numbers of PyTorch's `calculate_gain`. √2 is derived (He et al. 2015): ReLU halves the second moment.
    /// That 1 for the sigmoid keeps nothing is a fact that a deep net of sigmoids shows soon. For SELU, 3/4 is a
    /// compromise in favor of the gradient; to keep mean 0 and variance 1, as the function is made for, take 1
    /// ([`Init::lecun`](super::Init::lecun)).
    ///
    /// # Panics
    ///
    /// For the others, for which there is no such custom.
    ///
    /// ```
    /// use dl_interview::nn::Activation;
    ///
    /// assert_eq!(Activation::Tanh.gain(), 5.0 / 3.0);
    /// ```
    #[track_caller]
    pub fn gain(&self) -> Real {
        match self {
            Activation::Identity | Activation::Sigmoid => 1.0,
            Activation::Tanh => 5.0 / 3.0,
            Activation::Relu => (2.0 as Real).sqrt(),
            Activation::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Activation::Selu => 0.75,
            other => panic!(
                "gain: there is no customary gain for {other:?}; choose a number yourself, or let Net::lsuv measure it"
            ),
        }
    }
}

/// A copy with slopes of its own: what one learns, the other does not.
impl Clone for Activation {
    fn clone(&self) -> Activation {
        match self {
            Activation::Identity => Activation::Identity,
            Activation::Sigmoid => Activation::Sigmoid,
            Activation::Tanh => Activation::Tanh,
            Activation::Relu => Activation::Relu,
            Activation::LeakyRelu(slope) => Activation::LeakyRelu(*slope),
            Activation::Prelu(slopes) => Activation::Prelu(super::layer::copy(slopes)),
            Activation::Elu(alpha) => Activation::Elu(*alpha),
            Activation::Selu => Activation::Selu,
            Activation::Gelu => Activation::Gelu,
            Activation::Silu => Activation::Silu,
            Activation::Softplus => Activation::Softplus,
            Activation::Softmax => Activation::Softmax,
        }
    }
}
