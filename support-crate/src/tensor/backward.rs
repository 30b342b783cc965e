//! The sweep from a result back to the leaves.

use std::collections::HashSet;

use ndarray::ArrayD;

use super::{Real, Tensor};

impl Tensor {
    /// Computes the gradient of this number with respect to every parameter that it was computed from.
    ///
    /// Each operation passes on ∂L/∂input = ∂L/∂result · ∂result/∂input, every one exactly once, after all that was
    /// computed from it; shares from several uses are added. The gradients are added to those already there:
    /// see [`zero_grad`](Tensor::zero_grad). The sweep uses up what the graph kept for it.
    ///
    /// # Panics
    ///
    /// When this is not a single number, does not depend on any parameter, or was swept before.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::parameter(array![2.0]);
    /// let y = &x * &x;
    /// (&y * &x + &y).sum().backward(); // x³ + x²
    /// assert_eq!(x.grad().unwrap()[[0]], 3.0 * 4.0 + 2.0 * 2.0);
    /// ```
    #[track_caller]
    pub fn backward(&self) {
        let shape = self.shape();
        assert!(
            self.len() == 1,
            "backward: the gradient of a tensor of shape {shape:?} is not one array but many; \
             reduce it to one number with sum() or mean(), or say with backward_from which combination you mean"
        );
        self.sweep(ArrayD::ones(shape));
    }

    /// [`backward`](Tensor::backward) from any shape, given ∂L/∂self: the vector in the vector–Jacobian product.
    ///
    /// # Panics
    ///
    /// When `grad` has not this tensor's shape, and where `backward` does.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::parameter(array![1.0, 2.0]);
    /// (&x * &x).backward_from(array![1.0, 10.0].into_dyn());
    /// assert_eq!(x.grad().unwrap(), array![2.0, 40.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn backward_from(&self, grad: ArrayD<Real>) {
        assert!(
            grad.shape() == self.shape(),
            "backward_from: a gradient of shape {:?} does not fit a result of shape {:?}; give one of the same shape",
            grad.shape(),
            self.shape()
        );
        self.sweep(grad);
    }

    #[track_caller]
    fn sweep(&self, grad: ArrayD<Real>) {
        assert!(
            self.requires_grad(),
            "backward: this {} does not depend on any parameter, so there is no gradient to compute; make the leaves \
             to be learned with Tensor::parameter, and compute outside no_grad and without detach",
            self.op()
        );
        let order = self.ancestors();
        if let Some(swept) = order.iter().find(|tensor| tensor.is_swept()) {
            panic!(
                "backward: this graph was swept before, and its {} of shape {:?} has given away what it kept for that; \
                 compute the result again before each backward, or add the results up and sweep once",
                swept.op(),
                swept.shape()
            );
        }
        // What set_grad may have put into a result is not part of this sweep; what it put into a leaf is added to.
        order.iter().for_each(Tensor::zero_grad);
        self.accumulate(|| grad);
        for tensor in order {
            tensor.pass_on();
        }
    }

    /// Every tensor with a gradient that this one was computed from, itself included, each after all that use it.
    fn ancestors(&self) -> Vec<Tensor> {
        let mut seen = HashSet::from([self.address()]);
        let mut found = vec![self.clone()];
        let mut next = 0;
        while next < found.len() {
            let tensor = found[next].clone();
            next += 1;
            for input in tensor.input_slice() {
                if input.requires_grad() && seen.insert(input.address()) {
                    found.push(input.clone());
                }
            }
        }
        found.retain(|tensor| !tensor.input_slice().is_empty());
        found.sort_by_key(|tensor| std::cmp::Reverse(tensor.height()));
        found
    }
}
