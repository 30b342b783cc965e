//! + − × ÷ and what else joins two tensors element by element, with broadcasting.

use std::ops::{Add, Div, Mul, Neg, Sub};

use ndarray::{ArrayD, IxDyn, Zip};

use super::node::Shared;
use super::{Real, Tensor};

/// The shape that two shapes broadcast to: from the last dimension on, lengths are equal or one of them is 1.
fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let dims = a.len().max(b.len());
    let length = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(dims).map_or(1, |i| shape[i]);
    (0..dims)
        .map(|i| match (length(a, i), length(b, i)) {
            (m, n) if m == n => Some(m),
            (1, n) | (n, 1) => Some(n),
            _ => None,
        })
        .collect()
}

/// `f` of each pair of elements, after broadcasting.
#[track_caller]
fn zip_with(op: &str, a: &Shared, b: &Shared, f: impl Fn(Real, Real) -> Real) -> ArrayD<Real> {
    let (m, n) = (a.shape(), b.shape());
    let Some(shape) = broadcast_shape(m, n) else {
        panic!(
            "{op}: shapes {m:?} and {n:?} do not broadcast; from the last dimension on, each pair of lengths must be \
             equal or contain a 1 (reshape one of them, or transpose it)"
        );
    };
    let [a, b] = [a, b].map(|x| if x.shape() == shape { x.clone() } else { stretch(x, &shape).into_shared() });
    Zip::from(&a).and(&b).map_collect(|&x, &y| f(x, y))
}

/// A copy of `x`, repeated along the dimensions in which `shape` is longer.
pub(super) fn stretch(x: &Shared, shape: &[usize]) -> ArrayD<Real> {
    // Run by run: element by element, through the strides of a view, it takes twenty times as long.
    fn copy(x: &[Real], old: &[usize], new: &[usize], to: &mut Vec<Real>) {
        let count: usize = new.iter().product();
        if old == new {
            to.extend_from_slice(x);
        } else if x.len() == 1 {
            to.resize(to.len() + count, x[0]);
        } else if count > 0 {
            let part = x.len() / old[0];
            for i in 0..new[0] {
                let from = if old[0] == 1 { 0 } else { i * part };
                copy(&x[from..from + part], &old[1..], &new[1..], to);
            }
        }
    }
    let mut old = vec![1; shape.len() - x.ndim()];
    old.extend(x.shape());
    let mut numbers = Vec::with_capacity(shape.iter().product());
    let x = x.as_standard_layout();
    copy(x.as_slice().expect("standard layout"), &old, shape, &mut numbers);
    ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("as many numbers as the shape takes")
}

impl Tensor {
    /// `f(x, y)` element by element; `slopes` gives ∂f/∂x and ∂f/∂y there.
    #[track_caller]
    fn join(
        &self,
        op: &'static str,
        other: &Tensor,
        f: impl Fn(Real, Real) -> Real,
        slope_x: fn(Real, Real) -> Real,
        slope_y: fn(Real, Real) -> Real,
    ) -> Tensor {
        let (a, b) = (self.shared(), other.shared());
        let value = zip_with(op, &a, &b, f);
        Tensor::from_op(op, value, [self, other], move |grad, [x, y]| {
            // Both slopes have the shape of the gradient.
            x.accumulate(|| zip_with(op, &a, &b, slope_x) * &grad);
            y.accumulate(|| zip_with(op, &a, &b, slope_y) * &grad);
        })
    }

    /// x + y, with broadcasting: `&x + &y`.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast: from the last dimension on, lengths must be equal or one of them 1.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let rows = Tensor::new(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let bias = Tensor::new(array![10.0, 20.0]);
    /// assert_eq!((&rows + &bias).value(), array![[11.0, 22.0], [13.0, 24.0]].into_dyn());
    /// ```
    #[track_caller]
    fn plus(&self, other: &Tensor) -> Tensor {
        let value = zip_with("add", &self.shared(), &other.shared(), |x, y| x + y);
        Tensor::from_op("add", value, [self, other], |grad, [x, y]| {
            x.accumulate(|| grad.clone());
            y.accumulate(|| grad);
        })
    }

    /// x − y, with broadcasting: `&x - &y`.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!((&Tensor::scalar(3.0) - &Tensor::scalar(1.0)).item(), 2.0);
    /// ```
    #[track_caller]
    fn minus(&self, other: &Tensor) -> Tensor {
        let value = zip_with("sub", &self.shared(), &other.shared(), |x, y| x - y);
        Tensor::from_op("sub", value, [self, other], |grad, [x, y]| {
            x.accumulate(|| grad.clone());
            y.accumulate(|| -grad);
        })
    }

    /// x · y element by element, with broadcasting: `&x * &y`.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!((&Tensor::scalar(3.0) * &Tensor::scalar(2.0)).item(), 6.0);
    /// ```
    #[track_caller]
    fn times(&self, other: &Tensor) -> Tensor {
        let (a, b) = (self.shared(), other.shared());
        let value = zip_with("mul", &a, &b, |x, y| x * y);
        Tensor::from_op("mul", value, [self, other], move |grad, [x, y]| {
            let grad = grad.into_shared();
            x.accumulate(|| zip_with("mul", &grad, &b, |g, y| g * y));
            y.accumulate(|| zip_with("mul", &grad, &a, |g, x| g * x));
        })
    }

    /// x / y element by element, with broadcasting: `&x / &y`.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!((&Tensor::scalar(3.0) / &Tensor::scalar(2.0)).item(), 1.5);
    /// ```
    #[track_caller]
    fn divided_by(&self, other: &Tensor) -> Tensor {
        self.join("div", other, |x, y| x / y, |_, y| 1.0 / y, |x, y| -x / y / y)
    }

    /// The larger of x and y, element by element, with broadcasting. Where they are equal each gets half the gradient.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![1.0, 5.0]);
    /// assert_eq!(x.maximum(&Tensor::scalar(2.0)).value(), array![2.0, 5.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn maximum(&self, other: &Tensor) -> Tensor {
        self.join("maximum", other, |x, y| pick(x > y, x, y), |x, y| share(x > y, x == y), |x, y| share(y > x, x == y))
    }

    /// The smaller of x and y, element by element, with broadcasting. Where they are equal each gets half the gradient.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![1.0, 5.0]);
    /// assert_eq!(x.minimum(&Tensor::scalar(2.0)).value(), array![1.0, 2.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn minimum(&self, other: &Tensor) -> Tensor {
        self.join("minimum", other, |x, y| pick(x < y, x, y), |x, y| share(x < y, x == y), |x, y| share(y < x, x == y))
    }

    /// x where this tensor is not 0, y elsewhere, with broadcasting; no gradient flows into the condition.
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let inside = Tensor::new(array![1.0, 0.0]);
    /// let (x, y) = (Tensor::new(array![5.0, 6.0]), Tensor::scalar(-1.0));
    /// assert_eq!(inside.where_else(&x, &y).value(), array![5.0, -1.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn where_else(&self, x: &Tensor, y: &Tensor) -> Tensor {
        let both = zip_with("where_else", &x.shared(), &y.shared(), |_, _| 0.0).into_shared();
        let mask = zip_with("where_else", &self.shared(), &both, |c, _| if c != 0.0 { 1.0 } else { 0.0 }).into_shared();
        // Not mask · x + (1 − mask) · y: 0 · ∞ is NaN, and the point of a condition is often to keep ∞ out.
        let left = zip_with("where_else", &mask, &x.shared(), |c, x| if c != 0.0 { x } else { 0.0 }).into_shared();
        let right = zip_with("where_else", &mask, &y.shared(), |c, y| if c != 0.0 { 0.0 } else { y });
        let bytes = mask.len() * size_of::<Real>();
        Tensor::from_op("where_else", right + &left, [x, y], move |grad, [x, y]| {
            let part =
                |wanted: Real| Zip::from(&grad).and(&mask).map_collect(|&g, &c| if c == wanted { g } else { 0.0 });
            x.accumulate(|| part(1.0));
            y.accumulate(|| part(0.0));
        })
        .keeping(bytes)
    }
}

/// x if it wins, else y; NaN if one of the two is, unlike `f32::max`, which would hide it.
fn pick(wins: bool, x: Real, y: Real) -> Real {
    if wins || x.is_nan() { x } else { y }
}

fn share(wins: bool, ties: bool) -> Real {
    match (wins, ties) {
        (true, _) => 1.0,
        (_, true) => 0.5,
        _ => 0.0,
    }
}

/// `&x + &y`, `x + y`, `&x + 2.0`, `2.0 + &x` and the like, for one operator.
macro_rules! operator {
    ($Trait:ident, $method:ident, $named:ident, $right:expr, $left:expr) => {
        impl $Trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                self.$named(other)
            }
        }
        impl $Trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                self.$named(&other)
            }
        }
        impl $Trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                self.$named(other)
            }
        }
        impl $Trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                self.$named(&other)
            }
        }
        impl $Trait<Real> for &Tensor {
            type Output = Tensor;
            fn $method(self, number: Real) -> Tensor {
                $right(self, number)
            }
        }
        impl $Trait<Real> for Tensor {
            type Output = Tensor;
            fn $method(self, number: Real) -> Tensor {
                $right(&self, number)
            }
        }
        impl $Trait<&Tensor> for Real {
            type Output = Tensor;
            fn $method(self, tensor: &Tensor) -> Tensor {
                $left(self, tensor)
            }
        }
        impl $Trait<Tensor> for Real {
            type Output = Tensor;
            fn $method(self, tensor: Tensor) -> Tensor {
                $left(self, &tensor)
            }
        }
    };
}

operator!(Add, add, plus, |x: &Tensor, c| x.affine(1.0, c), |c, x: &Tensor| x.affine(1.0, c));
operator!(Sub, sub, minus, |x: &Tensor, c: Real| x.affine(1.0, -c), |c, x: &Tensor| x.affine(-1.0, c));
operator!(Mul, mul, times, |x: &Tensor, c| x.affine(c, 0.0), |c, x: &Tensor| x.affine(c, 0.0));
operator!(Div, div, divided_by, divided_by_number, |c, x: &Tensor| Tensor::scalar(c).divided_by(x));

/// Not x · (1 / c), which rounds twice: 49 · (1 / 49) is not 1 in `f32`.
fn divided_by_number(x: &Tensor, c: Real) -> Tensor {
    x.map("div", move |x| x / c, move |_, _| 1.0 / c)
}

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        self.affine(-1.0, 0.0)
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        -&self
    }
}
