//! Functions of each element by itself.

use ndarray::{ArrayD, Zip};

use super::{Real, Tensor};

impl Tensor {
    /// `f` of each element. On the way back, `slope(x, y)` is dy/dx at an element x with y = f(x).
    pub(crate) fn map(
        &self,
        op: &'static str,
        f: impl Fn(Real) -> Real,
        slope: impl Fn(Real, Real) -> Real + 'static,
    ) -> Tensor {
        let x = self.shared();
        let y = x.map(|&x| f(x)).into_shared();
        let kept = y.clone();
        Tensor::from_op(op, y, [self], move |mut grad, [input]| {
            input.accumulate(|| {
                Zip::from(&mut grad).and(&x).and(&kept).for_each(|grad, &x, &y| *grad *= slope(x, y));
                grad
            });
        })
    }

    /// scale · x + shift.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(3.0).affine(2.0, 1.0).item(), 7.0);
    /// ```
    pub fn affine(&self, scale: Real, shift: Real) -> Tensor {
        let value: ArrayD<Real> = self.shared().map(|&x| scale * x + shift);
        Tensor::from_op("affine", value, [self], move |grad, [x]| {
            x.accumulate(|| if scale == 1.0 { grad } else { grad * scale });
        })
    }

    /// eˣ.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(0.0).exp().item(), 1.0);
    /// ```
    pub fn exp(&self) -> Tensor {
        self.map("exp", Real::exp, |_, y| y)
    }

    /// The natural logarithm ln x: −∞ at 0, NaN below.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(1.0).ln().item(), 0.0);
    /// ```
    pub fn ln(&self) -> Tensor {
        self.map("ln", Real::ln, |x, _| 1.0 / x)
    }

    /// √x. Its slope 1 / (2 √x) is infinite at 0.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(9.0).sqrt().item(), 3.0);
    /// ```
    pub fn sqrt(&self) -> Tensor {
        self.map("sqrt", Real::sqrt, |_, y| 0.5 / y)
    }

    /// sin x.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(0.0).sin().item(), 0.0);
    /// ```
    pub fn sin(&self) -> Tensor {
        self.map("sin", Real::sin, |x, _| x.cos())
    }

    /// cos x.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(0.0).cos().item(), 1.0);
    /// ```
    pub fn cos(&self) -> Tensor {
        self.map("cos", Real::cos, |x, _| -x.sin())
    }

    /// x to a fixed power.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(2.0).powf(3.0).item(), 8.0);
    /// ```
    pub fn powf(&self, power: Real) -> Tensor {
        // Most powers are small and whole, and powi, a few products, is many times faster than powf.
        let raise = |x: Real, p: Real| if p.fract() == 0.0 && p.abs() < 64.0 { x.powi(p as i32) } else { x.powf(p) };
        self.map(
            "powf",
            move |x| raise(x, power),
            move |x, _| {
                if power == 0.0 { 0.0 } else { power * raise(x, power - 1.0) } // not 0 · ∞ at x = 0
            },
        )
    }

    /// |x|, with slope 0 at the kink.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(-2.0).abs().item(), 2.0);
    /// ```
    pub fn abs(&self) -> Tensor {
        self.map("abs", Real::abs, |x, _| if x == 0.0 { 0.0 } else { x.signum() })
    }

    /// x, but never below `low` nor above `high`; no gradient flows where it was cut.
    ///
    /// # Panics
    ///
    /// When `low` is not at most `high`.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![-2.0, 0.5, 2.0]);
    /// assert_eq!(x.clamp(0.0, 1.0).value(), array![0.0, 0.5, 1.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn clamp(&self, low: Real, high: Real) -> Tensor {
        assert!(low <= high, "clamp({low}, {high}): the lower bound lies above the upper one; swap them");
        self.map("clamp", move |x| x.clamp(low, high), move |x, _| if (low..=high).contains(&x) { 1.0 } else { 0.0 })
    }
}
