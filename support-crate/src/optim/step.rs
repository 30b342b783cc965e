//! Taking a step, and looking at what an optimizer remembers.

use std::collections::HashSet;

use ndarray::{ArrayD, IxDyn};

use super::Optimizer;
use super::optimizer::{Rule, Settings};
use super::update::{Root, update};
use crate::tensor::{Real, Tensor, distinct, square_sum_of};

/// What is remembered about the parameter at one position.
pub(super) struct Slot {
    shape: Vec<usize>,
    /// How many gradients it has seen: a parameter may be skipped.
    steps: u32,
    /// v or m; empty until the first gradient, and where the rule needs none.
    velocity: Vec<Real>,
    /// s or v; empty likewise.
    second: Vec<Real>,
}

impl Optimizer {
    /// Moves every parameter by one step of the rule, along the gradient that [`backward`](Tensor::backward) left in it.
    ///
    /// Parameters without a gradient stay where they are, and as they are remembered. The gradients stay too: call
    /// [`zero_grad`](Optimizer::zero_grad) before the next sweep. What the rule remembers belongs to positions, so give
    /// the same parameters in the same order at each step. A tensor that is named twice moves once, as the first of the two.
    ///
    /// # Panics
    ///
    /// When the number of parameters, or the shape of one, is not what it was at the first step.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![4.0])];
    /// let mut adam = Optimizer::adam(0.1);
    /// for _ in 0..200 {
    ///     adam.zero_grad(&w);
    ///     (&w[0] * &w[0]).sum().backward();
    ///     adam.step(&w);
    /// }
    /// assert!(w[0].value()[[0]].abs() < 0.05);
    /// ```
    #[track_caller]
    pub fn step(&mut self, params: &[Tensor]) {
        if self.slots.is_empty() {
            self.slots = params.iter().map(Slot::new).collect();
        }
        self.check(params);
        let settings = &self.settings;
        let scale = clip_scale(settings, params);
        let mut moved = HashSet::new();
        for (slot, param) in self.slots.iter_mut().zip(params).filter(|(_, param)| moved.insert(param.address())) {
            param.with_grad(|grad| {
                let Some(grad) = grad else { return };
                slot.steps += 1;
                let grad = grad.as_standard_layout(); // copies only what is not contiguous
                let grad = grad.as_slice().expect("the layout is standard");
                param.update(|mut value| {
                    let weights = value.as_slice_mut().expect("a parameter is contiguous");
                    update(settings, slot.steps, scale, weights, grad, &mut slot.velocity, &mut slot.second);
                });
            });
        }
        self.steps += 1;
    }

    #[track_caller]
    fn check(&self, params: &[Tensor]) {
        assert!(
            params.len() == self.slots.len(),
            "step: {} parameters now, but {} at the first step, and what was remembered belongs to those; \
             give the same ones each time, or start with a clone() of the optimizer, which remembers nothing",
            params.len(),
            self.slots.len()
        );
        for (i, (slot, param)) in self.slots.iter().zip(params).enumerate() {
            assert!(
                param.shape() == slot.shape,
                "step: parameter {i} has shape {:?} now, but had {:?} at the first step; give the same ones in the same \
                 order each time, or start with a clone() of the optimizer, which remembers nothing",
                param.shape(),
                slot.shape
            );
        }
    }

    /// Forgets the gradients of `params`, so that the next sweep does not add to them.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![1.0])];
    /// w[0].sum().backward();
    /// Optimizer::sgd(0.1).zero_grad(&w);
    /// assert!(w[0].grad().is_none());
    /// ```
    pub fn zero_grad(&self, params: &[Tensor]) {
        params.iter().for_each(Tensor::zero_grad);
    }

    /// How many steps were taken.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// let mut optimizer = Optimizer::sgd(0.1);
    /// optimizer.step(&[]);
    /// assert_eq!(optimizer.steps(), 1);
    /// assert_eq!(optimizer.clone().steps(), 0);
    /// ```
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The memory that the rule keeps between steps, in bytes: none for plain SGD, one number per weight for momentum,
    /// AdaGrad and RMSprop, two for Adam.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::{Real, Tensor};
    /// use ndarray::Array1;
    ///
    /// let w = [Tensor::parameter(Array1::zeros(1000))];
    /// w[0].sum().backward();
    /// let mut adam = Optimizer::adam(0.001);
    /// adam.step(&w);
    /// assert_eq!(adam.state_bytes(), 2 * 1000 * size_of::<Real>());
    /// ```
    pub fn state_bytes(&self) -> usize {
        let numbers: usize = self.slots.iter().map(|slot| slot.velocity.len() + slot.second.len()).sum();
        numbers * size_of::<Real>()
    }

    /// The velocity v of momentum, or Adam's m, of each parameter; zeros where the rule has none. Empty before the first
    /// step.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0])];
    /// w[0].set_grad(array![1.0].into_dyn());
    /// let mut optimizer = Optimizer::sgd(0.1).momentum(0.5);
    /// (0..3).for_each(|_| optimizer.step(&w));
    /// assert_eq!(optimizer.velocity()[0], array![1.75].into_dyn()); // 1 + ½ + ¼
    /// ```
    pub fn velocity(&self) -> Vec<ArrayD<Real>> {
        self.slots.iter().map(|slot| slot.array(&slot.velocity)).collect()
    }

    /// The mean square s of each parameter's gradient (AdaGrad: the sum; Adam: v, not corrected); zeros where the rule
    /// has none. Empty before the first step.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0])];
    /// w[0].set_grad(array![3.0].into_dyn());
    /// let mut optimizer = Optimizer::ada_grad(0.1);
    /// (0..2).for_each(|_| optimizer.step(&w));
    /// assert_eq!(optimizer.second_moment()[0], array![18.0].into_dyn());
    /// ```
    pub fn second_moment(&self) -> Vec<ArrayD<Real>> {
        self.slots.iter().map(|slot| slot.array(&slot.second)).collect()
    }

    /// The learning rate that each weight really has: η / (√s + ε) for the rules that rescale, η for SGD.
    ///
    /// It multiplies g, or Adam's m̂. Where no gradient has come yet it is 0; empty before the first step.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0, 0.0])];
    /// w[0].set_grad(array![0.1, 10.0].into_dyn());
    /// let mut adam = Optimizer::adam(0.001);
    /// adam.step(&w);
    /// let rates = &adam.effective_rates()[0]; // η / |g|
    /// assert!((rates[[0]] - 0.01).abs() < 1e-6 && (rates[[1]] - 0.0001).abs() < 1e-8);
    /// ```
    pub fn effective_rates(&self) -> Vec<ArrayD<Real>> {
        let lr = self.settings.lr;
        let rates = |slot: &Slot| match (self.settings.rule, slot.steps) {
            (_, 0) => slot.array(&[]),
            (Rule::Sgd, _) => ArrayD::from_elem(slot.shape.clone(), lr),
            (_, steps) => {
                let root = Root::new(&self.settings, steps);
                slot.array(&slot.second).mapv(|s| lr / root.of(s))
            }
        };
        self.slots.iter().map(rates).collect()
    }
}

impl Slot {
    fn new(param: &Tensor) -> Slot {
        Slot { shape: param.shape(), steps: 0, velocity: Vec::new(), second: Vec::new() }
    }

    /// `numbers` in the parameter's shape, zeros if there are none yet.
    fn array(&self, numbers: &[Real]) -> ArrayD<Real> {
        let shape = IxDyn(&self.shape);
        ArrayD::from_shape_vec(shape.clone(), numbers.to_vec()).unwrap_or_else(|_| ArrayD::zeros(shape))
    }
}

/// The norm of the gradient of all `params` together, √(Σ g²); those without a gradient count as 0, and a tensor that is
/// named twice counts once.
///
/// ```
/// use dl_interview::optim::grad_norm;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let params = [Tensor::parameter(array![0.0]), Tensor::parameter(array![[0.0]])];
/// params[0].set_grad(array![3.0].into_dyn());
/// params[1].set_grad(array![[4.0]].into_dyn());
/// assert_eq!(grad_norm(&params), 5.0);
/// ```
pub fn grad_norm(params: &[Tensor]) -> Real {
    clipped_norm(params, Real::INFINITY)
}

fn clipped_norm(params: &[Tensor], limit: Real) -> Real {
    let square = |param: &Tensor| {
        param.with_grad(|grad| {
            let grad = grad?;
            let grad = grad.as_standard_layout();
            let grad = grad.as_slice().expect("the layout is standard");
            Some(square_sum_of(grad, move |g| g.clamp(-limit, limit)))
        })
    };
    distinct(params).filter_map(square).sum::<f64>().sqrt() as Real
}

fn clip_scale(settings: &Settings, params: &[Tensor]) -> Real {
    if settings.max_norm == Real::INFINITY {
        return 1.0;
    }
    let norm = clipped_norm(params, settings.max_value);
    if norm > settings.max_norm { settings.max_norm / norm } else { 1.0 }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tiny_and_huge_gradients_have_a_norm() {
        for size in [1e-25, 1e-3, 1e25] {
            let w = [Tensor::parameter(ndarray::Array1::zeros(2000))];
            w[0].set_grad(ndarray::Array1::from_elem(2000, size).into_dyn());
            let expected = size * (2000.0 as Real).sqrt();
            assert!((grad_norm(&w) / expected - 1.0).abs() < 1e-4, "{size}: {}", grad_norm(&w));
        }
    }

    use super::*;
    use ndarray::{Array1, array};

    #[track_caller]
    fn assert_close(found: Real, expected: f64) {
        assert!((found as f64 / expected - 1.0).abs() < 1e-4, "{found} is not {expected}");
    }

    #[test]
    fn bytes_of_state_per_weight() {
        let w = [Tensor::parameter(Array1::zeros(70)), Tensor::parameter(Array1::zeros(30))];
        let bytes = |mut optimizer: Optimizer| {
            assert_eq!(optimizer.state_bytes(), 0);
            w.iter().for_each(|w| w.set_grad(ArrayD::ones(w.shape())));
            optimizer.step(&w);
            optimizer.step(&w);
            assert_eq!(optimizer.clone().state_bytes(), 0);
            optimizer.state_bytes()
        };
        let number = size_of::<Real>();
        assert_eq!(bytes(Optimizer::sgd(0.1)), 0);
        assert_eq!(bytes(Optimizer::sgd(0.1).momentum(0.9)), 100 * number);
        assert_eq!(bytes(Optimizer::rms_prop(0.1)), 100 * number);
        assert_eq!(bytes(Optimizer::ada_grad(0.1)), 100 * number);
        assert_eq!(bytes(Optimizer::adam(0.1)), 200 * number);
    }

    #[test]
    fn a_gradient_in_any_memory_order_and_a_value_that_is_shared() {
        let w = [Tensor::parameter(array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])];
        w[0].set_grad(array![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]].reversed_axes().into_dyn());
        let graph = w[0].exp(); // holds the old value
        Optimizer::sgd(1.0).clip_norm(1e6).step(&w);
        assert_eq!(w[0].value(), array![[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0]].into_dyn());
        graph.sum().backward();
        assert!((grad_norm(&w) - 139.0_f64.sqrt() as Real).abs() < 1e-5); // (g + 1)², not g + exp(new value)
    }

    #[test]
    fn what_can_be_looked_at_after_a_skipped_parameter() {
        let w = [Tensor::parameter(array![0.0]), Tensor::parameter(array![5.0])];
        let mut optimizer = Optimizer::rms_prop(0.3);
        assert!(optimizer.velocity().is_empty() && optimizer.effective_rates().is_empty());
        w[0].set_grad(array![10.0].into_dyn());
        optimizer.step(&w);
        assert_eq!(w[1].value()[[0]], 5.0);
        assert_close(optimizer.second_moment()[0][[0]], 10.0);
        assert_close(optimizer.effective_rates()[0][[0]], 0.3 / 10.0_f64.sqrt());
        assert_eq!(optimizer.effective_rates()[1][[0]], 0.0);
        assert_eq!(optimizer.velocity()[1], array![0.0].into_dyn());
        assert_eq!(format!("{optimizer:?}").matches("1 steps taken").count(), 1);
    }

    #[test]
    #[should_panic(expected = "1 parameters now, but 2 at the first step")]
    fn another_number_of_parameters_is_refused() {
        let w = [Tensor::parameter(array![0.0]), Tensor::parameter(array![0.0])];
        let mut optimizer = Optimizer::sgd(0.1);
        optimizer.step(&w);
        optimizer.step(&w[..1]);
    }

    #[test]
    #[should_panic(expected = "parameter 1 has shape [2] now, but had [1]")]
    fn another_shape_is_refused() {
        let (a, b) = (Tensor::parameter(array![0.0]), Tensor::parameter(array![0.0, 0.0]));
        let mut optimizer = Optimizer::adam(0.1);
        optimizer.step(&[a.clone(), a.clone()]);
        optimizer.step(&[a, b]);
    }
}
