//! What training makes small.

use ndarray::{Array1, Array2, ArrayD, Axis, Ix2, Zip, arr0};

use super::one_hot;
use crate::tensor::{Real, Tensor, sigmoid, softplus};

/// A loss, as data: which one, and its numbers. [`of`](Loss::of) computes it.
///
/// All are means, as in PyTorch: over the examples for `CrossEntropy` (with soft targets too) and `MultiHinge`, over all
/// numbers otherwise.
///
/// ```
/// use dl_interview::nn::Loss;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let logits = Tensor::new(array![[0.0, 0.0], [0.0, 0.0]]);
/// let loss = Loss::cross_entropy().of(&logits, &array![0, 1]);
/// assert!((loss.item() - 0.6931).abs() < 1e-4); // ln 2: it knows nothing yet
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// The mean squared error (x − y)².
    Mse,
    /// The mean absolute error |x − y|, with slope 0 where it is 0.
    Mae,
    /// (x − y)² / 2 where |x − y| is at most δ, δ (|x − y| − δ / 2) beyond: an outlier pulls no harder than δ.
    ///
    /// Source: Huber 1964, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35(1).
    Huber {
        /// Where the parabola becomes a line.
        delta: Real,
    },
    /// Binary cross-entropy −y ln p − (1 − y) ln(1 − p) of probabilities p, for targets y within 0 and 1.
    ///
    /// As in PyTorch a logarithm counts as at least −100, so that p = 0 costs 100 at most, and the slope's p (1 − p) as at
    /// least 10⁻¹². [`BceWithLogits`](Loss::BceWithLogits) needs neither.
    Bce,
    /// Binary cross-entropy of p = σ(z), from the logits z: y ln(1 + e⁻ᶻ) + (1 − y) ln(1 + eᶻ), with slope
    /// σ(z) − y.
    BceWithLogits,
    /// −Σ q ln softmax(z), from the logits z of n × classes; its slope in z is softmax(z) − q.
    ///
    /// The target is the class of each example, or n × classes probabilities q, which count as constants.
    CrossEntropy {
        /// The share ε of the target that is spread over all classes, the right one too: q becomes (1 − ε) q + ε / classes.
        ///
        /// Source: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2016, "Rethinking the Inception Architecture for Computer
        /// Vision", CVPR.
        smoothing: Real,
    },
    /// max(0, 1 − x y), for targets y of −1 or 1.
    Hinge,
    /// Σ max(0, 1 − x_y + x_j) / classes, over the classes j other than the right one, y.
    ///
    /// Source: Weston & Watkins 1999, "Support Vector Machines for Multi-Class Pattern Recognition", ESANN; divided by the
    /// number of classes as PyTorch does.
    MultiHinge,
}

/// What outputs are compared with. It need not be written: [`Loss::of`] takes a reference to what this is made from.
#[derive(Clone, Debug)]
pub enum Targets {
    /// The class of each example, counted from 0.
    Classes(Array1<usize>),
    /// A number for each output, in the shape of the outputs.
    Values(Tensor),
}

impl From<&Array1<usize>> for Targets {
    fn from(labels: &Array1<usize>) -> Targets {
        Targets::Classes(labels.clone())
    }
}

impl From<&Tensor> for Targets {
    fn from(values: &Tensor) -> Targets {
        Targets::Values(values.clone())
    }
}

impl From<&Array2<Real>> for Targets {
    fn from(values: &Array2<Real>) -> Targets {
        Targets::Values(Tensor::new(values.clone()))
    }
}

impl From<&Targets> for Targets {
    fn from(targets: &Targets) -> Targets {
        targets.clone()
    }
}

impl Loss {
    /// Cross-entropy from logits, without label smoothing.
    ///
    /// ```
    /// use dl_interview::nn::Loss;
    ///
    /// assert_eq!(Loss::cross_entropy(), Loss::CrossEntropy { smoothing: 0.0 });
    /// ```
    pub fn cross_entropy() -> Loss {
        Loss::CrossEntropy { smoothing: 0.0 }
    }

    /// The loss of `outputs` against `targets`, a scalar: labels (`&Array1<usize>`) for the losses on classes, numbers of
    /// the same shape (`&Array2<Real>` or `&Tensor`) for the others.
    ///
    /// Gradients flow into the outputs only.
    ///
    /// # Panics
    ///
    /// When the targets are of the wrong kind or shape (there is no broadcasting here), computed from parameters, or out of
    /// range; when a probability lies outside 0 to 1; when there is no example. Outputs that are NaN give a loss that is NaN.
    ///
    /// ```
    /// use dl_interview::nn::Loss;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::parameter(array![[1.0, 5.0]]);
    /// let loss = Loss::Huber { delta: 1.0 }.of(&x, &array![[1.5, 2.0]]);
    /// loss.backward();
    /// assert_eq!(loss.item(), (0.125 + 2.5) / 2.0);
    /// assert_eq!(x.grad().unwrap(), array![[-0.25, 0.5]].into_dyn());
    /// ```
    #[track_caller]
    pub fn of(&self, outputs: &Tensor, targets: impl Into<Targets>) -> Tensor {
        let targets = targets.into();
        match *self {
            Loss::CrossEntropy { smoothing } => self.cross_entropy_of(outputs, &targets, smoothing),
            Loss::MultiHinge => self.multi_hinge_of(outputs, &targets),
            Loss::Mse => self.of_each(outputs, &targets, |x, y| ((x - y) * (x - y), 2.0 * (x - y))),
            Loss::Mae => self.of_each(outputs, &targets, |x, y| ((x - y).abs(), sign(x - y))),
            Loss::Huber { delta } => {
                assert!(delta > 0.0, "{self:?}: delta must be above 0");
                self.of_each(outputs, &targets, |x, y| {
                    let d = x - y;
                    if d.abs() <= delta { (d * d / 2.0, d) } else { (delta * (d.abs() - delta / 2.0), delta * sign(d)) }
                })
            }
            Loss::Bce => {
                self.check(
                    "output",
                    outputs,
                    "a probability from 0 to 1; take BceWithLogits for logits",
                    |p| is_probability(p) || p.is_nan(), // a net that has diverged: the loss says so
                );
                self.check_targets(&targets, "from 0 to 1", is_probability);
                self.of_each(outputs, &targets, |p, y| {
                    let (ln_p, ln_rest) = (at_least(p.ln(), -100.0), at_least((-p).ln_1p(), -100.0));
                    (-y * ln_p - (1.0 - y) * ln_rest, (p - y) / (p * (1.0 - p)).max(1e-12))
                })
            }
            Loss::BceWithLogits => {
                self.check_targets(&targets, "from 0 to 1", is_probability);
                self.of_each(outputs, &targets, |z, y| (y * softplus(-z) + (1.0 - y) * softplus(z), sigmoid(z) - y))
            }
            Loss::Hinge => {
                self.check_targets(&targets, "−1 or 1", |y| y.abs() == 1.0);
                self.of_each(outputs, &targets, |x, y| if x * y < 1.0 { (1.0 - x * y, -y) } else { (0.0 * x, 0.0) })
            }
        }
    }

    /// The mean over all numbers of a loss that each has by itself; `f` gives it and its slope.
    #[track_caller]
    fn of_each(&self, outputs: &Tensor, targets: &Targets, f: impl Fn(Real, Real) -> (Real, Real)) -> Tensor {
        let y = self.values(targets);
        let (shape, expected) = (outputs.shape(), y.shape());
        assert!(
            shape == expected && !outputs.is_empty(),
            "{self:?}: outputs of shape {shape:?} and targets of shape {expected:?}; they must be the same, and hold a number \
             (nothing is broadcast here: reshape one of them)"
        );
        let (x, y) = (outputs.shared(), y.shared());
        let (mut sum, n) = (0.0_f64, x.len() as Real);
        let slopes = Zip::from(&x).and(&y).map_collect(|&x, &y| {
            let (loss, slope) = f(x, y);
            sum += f64::from(loss);
            slope / n
        });
        self.record(outputs, sum / f64::from(n), slopes)
    }

    #[track_caller]
    fn cross_entropy_of(&self, logits: &Tensor, targets: &Targets, smoothing: Real) -> Tensor {
        assert!((0.0..=1.0).contains(&smoothing), "{self:?}: smoothing is a share, from 0 to 1");
        let (n, classes) = self.examples_and_classes(logits);
        let mut q = match targets {
            Targets::Classes(labels) => {
                assert!(labels.len() == n, "{self:?}: {n} outputs for {} labels; give one label per row", labels.len());
                one_hot(labels, classes)
            }
            Targets::Values(q) => {
                let shape = q.shape();
                assert!(shape == [n, classes], "{self:?}: logits {n} × {classes} and targets of shape {shape:?}");
                self.check_targets(targets, "from 0 to 1", is_probability);
                let q = q.value().into_dimensionality::<Ix2>().expect("the shape was checked");
                if let Some(row) = q.rows().into_iter().find(|row| (row.sum() - 1.0).abs() > 1e-3) {
                    panic!("{self:?}: a row of targets sums to {}; a row of probabilities sums to 1", row.sum());
                }
                q
            }
        };
        if smoothing > 0.0 {
            q.mapv_inplace(|q| (1.0 - smoothing) * q + smoothing / classes as Real);
        }
        let mut z = logits.value().into_dimensionality::<Ix2>().expect("the shape was checked");
        let mut sum = 0.0_f64;
        for (mut z, q) in z.rows_mut().into_iter().zip(q.rows()) {
            // Relative to the largest logit nothing overflows, and the constant cancels: ln Σ e^z − z_y.
            let highest = z.fold(Real::NEG_INFINITY, |a, &b| a.max(b));
            let (mut total, mut right, mut mass) = (0.0, 0.0, 0.0);
            Zip::from(&mut z).and(q).for_each(|z, &q| {
                *z -= highest;
                right += if q == 0.0 { 0.0 } else { q * *z }; // 0 · −∞ is NaN, but an impossible class costs nothing
                mass += q;
                *z = z.exp();
                total += *z;
            });
            sum += f64::from(mass * total.ln() - right);
            Zip::from(&mut z).and(q).for_each(|e, &q| *e = (mass * *e / total - q) / n as Real);
        }
        self.record(logits, sum / n as f64, z.into_dyn())
    }

    #[track_caller]
    fn multi_hinge_of(&self, outputs: &Tensor, targets: &Targets) -> Tensor {
        let (n, classes) = self.examples_and_classes(outputs);
        let Targets::Classes(labels) = targets else {
            panic!("{self:?}: the targets must be labels, one class per row")
        };
        assert!(labels.len() == n, "{self:?}: {n} outputs for {} labels; give one label per row", labels.len());
        let right = one_hot(labels, classes); // also checks the labels
        let share = 1.0 / (n * classes) as Real;
        let (x, mut slopes, mut sum) = (outputs.shared(), ArrayD::zeros(outputs.shape()), 0.0_f64);
        for ((x, mut slopes), (right, &label)) in
            x.axis_iter(Axis(0)).zip(slopes.axis_iter_mut(Axis(0))).zip(right.rows().into_iter().zip(labels))
        {
            for j in (0..classes).filter(|&j| right[j] == 0.0) {
                let short = 1.0 - x[label] + x[j];
                if short > 0.0 || short.is_nan() {
                    sum += f64::from(short * share);
                    slopes[j] += share;
                    slopes[label] -= share;
                }
            }
        }
        self.record(outputs, sum, slopes)
    }

    /// The loss as a step of the graph, with the slopes in the outputs already known.
    fn record(&self, outputs: &Tensor, loss: f64, slopes: ArrayD<Real>) -> Tensor {
        let op = match self {
            Loss::Mse => "mse",
            Loss::Mae => "mae",
            Loss::Huber { .. } => "huber",
            Loss::Bce => "bce",
            Loss::BceWithLogits => "bce_with_logits",
            Loss::CrossEntropy { .. } => "cross_entropy",
            Loss::Hinge => "hinge",
            Loss::MultiHinge => "multi_hinge",
        };
        let bytes = slopes.len() * size_of::<Real>();
        Tensor::from_op(op, arr0(loss as Real).into_dyn(), [outputs], move |grad, [outputs]| {
            let scale = *grad.first().expect("a scalar holds one number");
            outputs.accumulate(|| if scale == 1.0 { slopes } else { slopes * scale });
        })
        .keeping(bytes)
    }

    #[track_caller]
    fn examples_and_classes(&self, outputs: &Tensor) -> (usize, usize) {
        let shape = outputs.shape();
        assert!(
            shape.len() == 2 && !outputs.is_empty(),
            "{self:?}: outputs of shape {shape:?}; give n × classes, at least one of each"
        );
        (shape[0], shape[1])
    }

    #[track_caller]
    fn values<'a>(&self, targets: &'a Targets) -> &'a Tensor {
        match targets {
            Targets::Classes(_) => {
                panic!(
                    "{self:?}: the targets must be numbers in the shape of the outputs, not labels (one_hot makes them)"
                )
            }
            Targets::Values(values) => {
                assert!(
                    !values.requires_grad(),
                    "{self:?}: the targets are computed from parameters, but no gradient flows into targets; detach() them, \
                     or write this loss with operations of tensors"
                );
                values
            }
        }
    }

    #[track_caller]
    fn check_targets(&self, targets: &Targets, range: &str, valid: fn(Real) -> bool) {
        self.check("target", self.values(targets), range, valid);
    }

    #[track_caller]
    fn check(&self, what: &str, values: &Tensor, range: &str, valid: fn(Real) -> bool) {
        if let Some(value) = values.shared().iter().find(|&&value| !valid(value)) {
            panic!("{self:?}: the {what} {value} is not {range}");
        }
    }
}

fn is_probability(p: Real) -> bool {
    (0.0..=1.0).contains(&p)
}

/// NaN of NaN, unlike `f32::max`, which would hide it.
fn at_least(x: Real, low: Real) -> Real {
    if x < low { low } else { x }
}

/// −1, 0 or 1; NaN of NaN.
fn sign(x: Real) -> Real {
    if x == 0.0 { 0.0 } else { x.signum() }
}
