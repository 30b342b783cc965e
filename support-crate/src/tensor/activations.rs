//! The nonlinearities between the layers.

use super::{Real, Tensor};

/// σ(x) = 1 / (1 + e⁻ˣ) of one number, without overflow.
pub(crate) fn sigmoid(x: Real) -> Real {
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|) of one number, without overflow; NaN of NaN, which `f32::max` would hide.
pub(crate) fn softplus(x: Real) -> Real {
    let positive = if x > 0.0 { x } else { 0.0 };
    positive + (-x.abs()).exp().ln_1p()
}

/// α and λ with which mean 0 and variance 1 are a fixed point (Klambauer et al. 2017), rounded to what `Real` holds.
const SELU_ALPHA: Real = 1.673_263_242_354_377_2_f64 as Real;
const SELU_LAMBDA: Real = 1.050_700_987_355_480_5_f64 as Real;

impl Tensor {
    /// The logistic function σ(x) = 1 / (1 + e⁻ˣ), between 0 and 1; its slope σ (1 − σ) is at most 1/4.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(0.0).sigmoid().item(), 0.5);
    /// assert_eq!(Tensor::scalar(-1e4).sigmoid().item(), 0.0);
    /// ```
    pub fn sigmoid(&self) -> Tensor {
        self.map("sigmoid", sigmoid, |_, y| y * (1.0 - y))
    }

    /// The hyperbolic tangent, between −1 and 1: tanh x = 2 σ(2 x) − 1; its slope is 1 − tanh² x.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(0.0).tanh().item(), 0.0);
    /// ```
    pub fn tanh(&self) -> Tensor {
        self.map("tanh", Real::tanh, |_, y| 1.0 - y * y)
    }

    /// The rectified linear unit max(0, x), with slope 0 at the kink.
    ///
    /// Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines", ICML.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// assert_eq!(Tensor::new(array![-2.0, 3.0]).relu().value(), array![0.0, 3.0].into_dyn());
    /// ```
    pub fn relu(&self) -> Tensor {
        // Not f32::max: that would turn NaN into 0, and hide it.
        self.map("relu", |x| if x < 0.0 { 0.0 } else { x }, |_, y| if y > 0.0 { 1.0 } else { 0.0 })
    }

    /// x for x > 0, `slope` · x below.
    ///
    /// Source: Maas, Hannun & Ng 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", ICML
    /// workshop on deep learning for audio, speech and language processing.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// assert_eq!(Tensor::new(array![-2.0, 3.0]).leaky_relu(0.5).value(), array![-1.0, 3.0].into_dyn());
    /// ```
    pub fn leaky_relu(&self, slope: Real) -> Tensor {
        self.map(
            "leaky_relu",
            move |x| if x > 0.0 { x } else { slope * x },
            move |x, _| if x > 0.0 { 1.0 } else { slope },
        )
    }

    /// x for x > 0, a · x below, with a learned: one number for all, or one per channel (axis 1).
    ///
    /// Source: He, Zhang, Ren, Sun 2015, "Delving Deep into Rectifiers", ICCV.
    ///
    /// # Panics
    ///
    /// When `a` is neither one number nor one per channel.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let a = Tensor::parameter(array![0.25]);
    /// Tensor::new(array![[-2.0, 3.0]]).prelu(&a).sum().backward();
    /// assert_eq!(a.grad().unwrap()[[0]], -2.0);
    /// ```
    #[track_caller]
    pub fn prelu(&self, a: &Tensor) -> Tensor {
        let shape = self.shape();
        let channels = shape.get(1).copied().unwrap_or(1);
        assert!(
            a.len() == 1 || a.len() == channels,
            "prelu: {} slopes for inputs of shape {shape:?}; give one slope, or one for each of the {channels} channels",
            a.len()
        );
        let mut slopes = vec![1; shape.len()];
        if shape.len() > 1 {
            slopes[1] = a.len();
        }
        let positive = self.relu();
        let negative = -(-self).relu();
        positive + negative * a.reshape(&slopes)
    }

    /// The exponential linear unit: x for x > 0, α (eˣ − 1) below, which saturates at −α.
    ///
    /// Source: Clevert, Unterthiner & Hochreiter 2016, "Fast and Accurate Deep Network Learning by Exponential Linear
    /// Units (ELUs)", ICLR.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert!((Tensor::scalar(-20.0).elu(1.0).item() + 1.0).abs() < 1e-6);
    /// ```
    pub fn elu(&self, alpha: Real) -> Tensor {
        self.map(
            "elu",
            move |x| if x > 0.0 { x } else { alpha * x.exp_m1() },
            move |x, y| if x > 0.0 { 1.0 } else { y + alpha },
        )
    }

    /// The scaled exponential linear unit λ elu(x; α), with α ≈ 1.6733 and λ ≈ 1.0507.
    ///
    /// It keeps mean 0 and variance 1 from layer to layer, if the inputs are standardized and the weights have variance
    /// 1 / fan_in (LeCun's initialization).
    ///
    /// Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks", NIPS.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert!((Tensor::scalar(1.0).selu().item() - 1.0507).abs() < 1e-4);
    /// ```
    pub fn selu(&self) -> Tensor {
        let (alpha, lambda) = (SELU_ALPHA, SELU_LAMBDA);
        self.map(
            "selu",
            move |x| lambda * if x > 0.0 { x } else { alpha * x.exp_m1() },
            move |x, y| if x > 0.0 { lambda } else { y + lambda * alpha },
        )
    }

    /// The Gaussian error linear unit x Φ(x), in its tanh approximation x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))):
    /// PyTorch's `approximate='tanh'`, where the exact one is the default.
    ///
    /// Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert!((Tensor::scalar(1.0).gelu().item() - 0.8412).abs() < 1e-4);
    /// ```
    pub fn gelu(&self) -> Tensor {
        let c = (2.0 / std::f64::consts::PI).sqrt() as Real;
        let inner = move |x: Real| (c * (x + 0.044715 * x * x * x)).tanh();
        self.map(
            "gelu",
            move |x| 0.5 * x * (1.0 + inner(x)),
            move |x, _| {
                let t = inner(x);
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * c * (1.0 + 3.0 * 0.044715 * x * x)
            },
        )
    }

    /// The sigmoid-weighted linear unit x σ(x), which is swish, x σ(βx), with β = 1.
    ///
    /// Sources: proposed in Hendrycks & Gimpel 2016, "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415; swish in
    /// Ramachandran, Zoph & Le 2017, "Searching for Activation Functions", arXiv:1710.05941; Elfwing, Uchibe & Doya 2018, "Sigmoid-weighted linear units for neural network function approximation in
    /// reinforcement learning", Neural Networks 107.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert!((Tensor::scalar(1.0).silu().item() - 0.7311).abs() < 1e-4);
    /// ```
    pub fn silu(&self) -> Tensor {
        self.map("silu", |x| x * sigmoid(x), |x, y| sigmoid(x) + y * (1.0 - sigmoid(x)))
    }

    /// ln(1 + eˣ), a smooth ReLU, without overflow; its slope is σ(x).
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(1e4).softplus().item(), 1e4);
    /// assert!((Tensor::scalar(0.0).softplus().item() - 0.6931).abs() < 1e-4);
    /// ```
    pub fn softplus(&self) -> Tensor {
        self.map("softplus", softplus, |x, _| sigmoid(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overflows_and_nan_shows() {
        for x in [-1e4, -30.0, -1.0, 0.0, 1.0, 30.0, 1e4] as [Real; 7] {
            let tolerance = 4.0 * Real::EPSILON;
            assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() <= tolerance, "σ({x})");
            assert!((softplus(x) - softplus(-x) - x).abs() <= tolerance * x.abs().max(1.0), "softplus({x})");
            if x.abs() <= 30.0 {
                let (e, tolerance) = ((x as f64).exp(), 8.0 * Real::EPSILON as f64);
                assert!((sigmoid(x) as f64 * (1.0 + e) / e - 1.0).abs() <= tolerance, "σ({x})");
                assert!((softplus(x) as f64 / e.ln_1p() - 1.0).abs() <= tolerance, "softplus({x})");
            }
        }
        assert_eq!(sigmoid(-1e4), 0.0);
        assert!(sigmoid(Real::NAN).is_nan() && softplus(Real::NAN).is_nan());
    }
}
