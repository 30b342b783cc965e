//! How weights start: which distribution, and how wide.

use ndarray::{Array2, ArrayD, IxDyn};
use rand::distr::{Distribution, Uniform};

use crate::random::Normal;
use crate::tensor::Real;

/// By which count of connections a spread is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// How many inputs an output has: with the gain of the nonlinearity it keeps the size of the signal on the way forth.
    ///
    /// (In a transposed convolution of stride s only about one in s² of them meets the same output: there s times the
    /// gain keeps it.)
    In,
    /// How many outputs an input feeds: it keeps the size of the gradient on the way back in the same way.
    Out,
    /// The mean of both.
    Average,
}

/// A distribution that weights are drawn from.
///
/// | | std² | source |
/// |---|---|---|
/// | [`lecun`](Init::lecun) | 1 / fan_in | LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp" |
/// | [`xavier`](Init::xavier) | 2 / (fan_in + fan_out) | Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", AISTATS |
/// | [`he`](Init::he) | 2 / fan_in | He, Zhang, Ren & Sun 2015, "Delving Deep into Rectifiers", ICCV |
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::Init;
///
/// let w = Init::he().sample(&[100, 400], &mut rng(1)); // 400 inputs each
/// assert!((w.std(0.0) - (2.0 / 400.0 as dl_interview::tensor::Real).sqrt()).abs() < 1e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// The same number everywhere. If the weights into and out of a hidden layer are constant, all its units stay alike
    /// for ever: nothing breaks the symmetry.
    Constant(Real),
    /// 𝒩(0, std²), whatever the shape.
    Normal {
        /// The standard deviation (not the variance).
        std: Real,
    },
    /// Uniform between −bound and bound, whatever the shape.
    Uniform {
        /// The largest magnitude; the standard deviation is bound / √3.
        bound: Real,
    },
    /// std = gain / √fan: the spread shrinks as the sums grow longer.
    VarianceScaling {
        /// What the nonlinearity takes from the signal, and the weights give back: √2 for ReLU.
        gain: Real,
        /// The count of connections.
        fan: Fan,
        /// Drawn from ±gain √(3 / fan), rather than from the normal distribution.
        uniform: bool,
    },
    /// gain · Q, with rows (or columns, whichever are fewer) that are orthogonal and of length 1; a kernel counts as the
    /// matrix of its first length × all the others, out × (in · kh · kw).
    ///
    /// Source: Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear
    /// neural networks", ICLR.
    Orthogonal {
        /// All singular values.
        gain: Real,
    },
}

impl Init {
    /// LeCun's: 𝒩(0, 1 / fan_in), or uniform within ±√(3 / fan_in).
    ///
    /// ```
    /// use dl_interview::nn::{Fan, Init};
    ///
    /// assert_eq!(Init::lecun(), Init::VarianceScaling { gain: 1.0, fan: Fan::In, uniform: false });
    /// ```
    pub fn lecun() -> Init {
        Init::VarianceScaling { gain: 1.0, fan: Fan::In, uniform: false }
    }

    /// Xavier Glorot's: 𝒩(0, 2 / (fan_in + fan_out)), or uniform within ±√(6 / (fan_in + fan_out)).
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::nn::Init;
    ///
    /// let w = Init::xavier().uniform().gain(5.0 / 3.0).sample(&[4, 2], &mut rng(1)); // for tanh
    /// assert!(w.iter().all(|w| w.abs() <= 5.0 / 3.0));
    /// ```
    pub fn xavier() -> Init {
        Init::VarianceScaling { gain: 1.0, fan: Fan::Average, uniform: false }
    }

    /// Kaiming He's, for ReLU: 𝒩(0, 2 / fan_in), or uniform within ±√(6 / fan_in).
    ///
    /// ```
    /// use dl_interview::nn::{Fan, Init};
    ///
    /// assert_ne!(Init::he(), Init::he().fan(Fan::Out));
    /// ```
    pub fn he() -> Init {
        Init::VarianceScaling { gain: (2.0 as Real).sqrt(), fan: Fan::In, uniform: false }
    }

    /// The same spread, from a uniform distribution.
    ///
    /// # Panics
    ///
    /// When the spread does not come from a fan.
    ///
    /// ```
    /// use dl_interview::nn::{Fan, Init};
    ///
    /// assert_eq!(Init::lecun().uniform(), Init::VarianceScaling { gain: 1.0, fan: Fan::In, uniform: true });
    /// ```
    #[track_caller]
    pub fn uniform(self) -> Init {
        match self {
            Init::VarianceScaling { gain, fan, .. } => Init::VarianceScaling { gain, fan, uniform: true },
            other => panic!("uniform: {other:?} has one distribution only; write Init::Uniform {{ bound }}"),
        }
    }

    /// Another count of connections.
    ///
    /// # Panics
    ///
    /// When the spread does not come from a fan.
    ///
    /// ```
    /// use dl_interview::nn::{Fan, Init};
    ///
    /// assert_eq!(Init::lecun().fan(Fan::Average), Init::xavier());
    /// ```
    #[track_caller]
    pub fn fan(self, fan: Fan) -> Init {
        match self {
            Init::VarianceScaling { gain, uniform, .. } => Init::VarianceScaling { gain, fan, uniform },
            other => panic!("fan({fan:?}): {other:?} does not depend on a fan; take it off"),
        }
    }

    /// Another gain in place of the present one ([`he`](Init::he) starts with √2, the others with 1);
    /// [`Activation::gain`](super::Activation::gain) knows the customary ones.
    ///
    /// # Panics
    ///
    /// When the distribution has no gain.
    ///
    /// ```
    /// use dl_interview::nn::{Activation, Fan, Init};
    ///
    /// assert_eq!(Init::lecun().gain(Activation::Relu.gain()), Init::he());
    /// ```
    #[track_caller]
    pub fn gain(self, gain: Real) -> Init {
        match self {
            Init::VarianceScaling { fan, uniform, .. } => Init::VarianceScaling { gain, fan, uniform },
            Init::Orthogonal { .. } => Init::Orthogonal { gain },
            other => panic!("gain({gain}): {other:?} has no gain; change its number instead"),
        }
    }

    /// Draws weights of this shape: out × in of a linear layer, or a kernel out × in × kh × kw.
    ///
    /// # Panics
    ///
    /// When a spread is negative or not finite, or when it depends on a fan, or on orthogonal rows, and the shape has
    /// fewer than two dimensions or a length of 0.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::nn::Init;
    ///
    /// assert_eq!(Init::Constant(0.5).sample(&[2, 3], &mut rng(1)).sum(), 3.0);
    /// ```
    #[track_caller]
    pub fn sample(&self, shape: &[usize], rng: &mut impl rand::Rng) -> ArrayD<Real> {
        match *self {
            Init::Constant(value) => ArrayD::from_elem(shape, value),
            Init::Normal { std } => draw(shape, check(self, std), false, rng),
            Init::Uniform { bound } => draw(shape, check(self, bound) / (3.0 as Real).sqrt(), true, rng),
            Init::VarianceScaling { gain, fan, uniform } => {
                let (fan_in, fan_out) = fans(shape);
                let fan = match fan {
                    Fan::In => fan_in as Real,
                    Fan::Out => fan_out as Real,
                    Fan::Average => (fan_in + fan_out) as Real / 2.0,
                };
                draw(shape, check(self, gain) / fan.sqrt(), uniform, rng)
            }
            Init::Orthogonal { gain } => orthogonal(shape, check(self, gain), rng),
        }
    }

    /// Draws a kernel in × out × kh × kw of a transposed convolution: as out × in × kh × kw, so that fan_in counts inputs.
    #[track_caller]
    pub(super) fn sample_transposed(&self, shape: &[usize], rng: &mut impl rand::Rng) -> ArrayD<Real> {
        let mut turned = shape.to_vec();
        turned.swap(0, 1);
        let mut kernel = self.sample(&turned, rng);
        kernel.swap_axes(0, 1);
        kernel
    }
}

#[track_caller]
fn check(init: &Init, number: Real) -> Real {
    assert!(number.is_finite() && number >= 0.0, "sample: {init:?}: the spread must be finite and at least 0");
    number
}

/// Numbers of mean 0 and this standard deviation.
fn draw(shape: &[usize], std: Real, uniform: bool, rng: &mut impl rand::Rng) -> ArrayD<Real> {
    if uniform {
        let bound = std * (3.0 as Real).sqrt();
        let uniform = Uniform::new_inclusive(-bound, bound).expect("a finite bound of at least 0");
        ArrayD::from_shape_simple_fn(shape, || uniform.sample(rng))
    } else {
        let normal = Normal::new(0.0, std);
        ArrayD::from_shape_simple_fn(shape, || normal.sample(rng))
    }
}

/// How many inputs each output has and how many outputs each input feeds, for weights out × in (× kh × kw).
///
/// Counted as PyTorch does, also for kernels in × out × kh × kw of a transposed convolution, where the two change places.
/// [`Layer::conv_transpose2d`](super::Layer::conv_transpose2d) and [`Net::initialize`](super::Net::initialize) draw such
/// a kernel as out × in × kh × kw and swap the axes afterwards, so that fan_in counts inputs there too.
///
/// # Panics
///
/// When the shape has fewer than two dimensions, or holds no number.
///
/// ```
/// use dl_interview::nn::fans;
///
/// assert_eq!(fans(&[128, 784]), (784, 128));
/// assert_eq!(fans(&[8, 3, 5, 5]), (75, 200));
/// ```
#[track_caller]
pub fn fans(shape: &[usize]) -> (usize, usize) {
    assert!(
        shape.len() >= 2 && !shape.contains(&0),
        "fans: weights of shape {shape:?} join no inputs to outputs; give out × in, or out × in × kh × kw (a bias has no \
         fans: start it with Init::Constant(0.0))"
    );
    let field: usize = shape[2..].iter().product();
    (shape[1] * field, shape[0] * field)
}

/// Orthonormal rows or columns, all directions equally likely, times `gain`.
#[track_caller]
fn orthogonal(shape: &[usize], gain: Real, rng: &mut impl rand::Rng) -> ArrayD<Real> {
    let (columns, _) = fans(shape);
    let rows = shape[0];
    let (count, length) = (rows.min(columns), rows.max(columns));
    let normal = Normal::new(0.0, 1.0);
    let mut q = Array2::from_shape_simple_fn((count, length), || f64::from(normal.sample(rng)));
    // Gram–Schmidt, each vector twice: rounding leaves a rest of the others in it, which the second time takes away. Each
    // is divided by its own length, a positive number, so that no sign needs to be corrected, as after Householder's QR.
    for i in 0..count {
        let (done, mut rest) = q.view_mut().split_at(ndarray::Axis(0), i);
        let mut v = rest.row_mut(0);
        for _ in 0..2 {
            for u in done.rows() {
                let share = u.dot(&v);
                v.scaled_add(-share, &u);
            }
            let length = v.dot(&v).sqrt();
            v /= length;
        }
    }
    let q = if rows <= columns { q } else { q.reversed_axes().as_standard_layout().into_owned() };
    q.mapv(|q| gain * q as Real).into_shape_with_order(IxDyn(shape)).expect("as many numbers, in standard layout")
}
