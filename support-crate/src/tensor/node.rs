//! The handle on a value, and what it remembers of how it came about.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::rc::Rc;

use ndarray::{ArcArray, Array, ArrayD, ArrayViewD, ArrayViewMutD, Axis, Dimension, IxDyn};

use super::Real;
use super::sums::sum_axis;

/// A value as the graph holds it. Copies share the numbers until one of them is written to, so that an operation can
/// keep its inputs for the way back at no cost.
pub(crate) type Shared = ArcArray<Real, IxDyn>;

/// Row after row in memory, copied only if it is not.
pub(super) fn contiguous(x: Shared) -> Shared {
    if x.is_standard_layout() { x } else { x.as_standard_layout().into_owned().into_shared() }
}

/// How many numbers [`contiguous`] had to copy to make `x` of the value of `input`.
pub(super) fn copied(input: &Tensor, x: &Shared) -> usize {
    if input.with_value(|value| value.as_ptr() == x.as_ptr()) { 0 } else { x.len() }
}

/// What an operation does on the way back: given the gradient of its result, it hands each input its share. The
/// gradient is in standard layout.
type Backward = Box<dyn FnOnce(ArrayD<Real>, &[Tensor])>;

/// An array of numbers that remembers which operation made it from which others.
///
/// Operations record a graph as they run (*define-by-run*); [`backward`](Tensor::backward) sweeps it once, from the
/// result to the leaves, and leaves ∂result/∂leaf in every leaf that asked for it (reverse-mode automatic
/// differentiation). A `Tensor` is a handle: a clone is another name for the same value, not a copy of it.
///
/// Sources: Linnainmaa 1976, "Taylor expansion of the accumulated rounding error", BIT 16; Griewank & Walther 2008,
/// "Evaluating Derivatives", SIAM; Tokui, Oono, Hido, Clayton 2015, "Chainer: a Next-Generation Open Source Framework
/// for Deep Learning", LearningSys at NIPS.
///
/// ```
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = Tensor::parameter(array![[1.0, 2.0], [3.0, 4.0]]);
/// let loss = (&w * &w).sum(); // Σ w²
/// loss.backward();
/// assert_eq!(loss.item(), 30.0);
/// assert_eq!(w.grad().unwrap(), array![[2.0, 4.0], [6.0, 8.0]].into_dyn()); // 2 w
/// ```
#[derive(Clone)]
pub struct Tensor(Rc<Node>);

pub(super) struct Node {
    /// The name of the operation, or what kind of leaf it is.
    op: &'static str,
    name: RefCell<Option<String>>,
    value: RefCell<Shared>,
    grad: RefCell<Option<ArrayD<Real>>>,
    requires_grad: bool,
    keeps_grad: Cell<bool>,
    /// Bytes that `backward` holds besides the inputs and the result.
    aside: Cell<usize>,
    /// How many operations lie on the longest way down to a leaf. It orders the sweep: inputs are always lower.
    /// (A running number would not do: in a notebook every cell starts counting anew.)
    height: usize,
    inputs: Vec<Tensor>,
    /// `None` in a leaf, and in an operation whose gradient has been passed on.
    backward: RefCell<Option<Backward>>,
}

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(true) };
}

/// Runs `work` without recording a graph: what it computes has no gradient, and needs less memory and time.
///
/// For evaluation, and wherever values are changed by hand.
///
/// ```
/// use dl_interview::tensor::{Tensor, no_grad};
/// use ndarray::array;
///
/// let w = Tensor::parameter(array![2.0]);
/// let square = no_grad(|| &w * &w);
/// assert!(!square.requires_grad());
/// assert!((&w * &w).requires_grad());
/// ```
pub fn no_grad<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            RECORDING.set(self.0); // also when `work` panics
        }
    }
    let _restore = Restore(RECORDING.replace(false));
    work()
}

impl Tensor {
    /// A constant: no gradient flows into it.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 2.0, 3.0]]);
    /// assert_eq!(x.shape(), [1, 3]);
    /// assert!(!x.requires_grad());
    /// ```
    pub fn new<D: Dimension>(value: Array<Real, D>) -> Tensor {
        Tensor::leaf("constant", value.into_dyn().into_shared(), false)
    }

    /// A leaf that is to be learned: [`backward`](Tensor::backward) leaves a gradient in it.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![3.0]);
    /// (&w * &w).sum().backward();
    /// assert_eq!(w.grad().unwrap()[[0]], 6.0);
    /// ```
    pub fn parameter<D: Dimension>(value: Array<Real, D>) -> Tensor {
        // Contiguous, so that an optimizer can walk over it as over a slice.
        Tensor::leaf("parameter", standard(value.into_dyn()).into_shared(), true)
    }

    /// A constant of zero dimensions.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(1.5).item(), 1.5);
    /// ```
    pub fn scalar(value: Real) -> Tensor {
        Tensor::new(ndarray::arr0(value))
    }

    fn leaf(op: &'static str, value: Shared, requires_grad: bool) -> Tensor {
        Tensor::node(op, value, requires_grad, 0, Vec::new(), None)
    }

    fn node(
        op: &'static str,
        value: Shared,
        requires_grad: bool,
        height: usize,
        inputs: Vec<Tensor>,
        backward: Option<Backward>,
    ) -> Tensor {
        Tensor(Rc::new(Node {
            op,
            name: RefCell::new(None),
            value: RefCell::new(value),
            grad: RefCell::new(None),
            requires_grad,
            keeps_grad: Cell::new(false),
            aside: Cell::new(0),
            height,
            inputs,
            backward: RefCell::new(backward),
        }))
    }

    /// The result of an operation on `inputs`.
    ///
    /// `backward` receives ∂L/∂result, and the inputs again, and calls [`accumulate`](Tensor::accumulate) on each. It is
    /// dropped at once when no input wants a gradient, or inside [`no_grad`].
    pub(crate) fn from_op<const N: usize>(
        op: &'static str,
        value: impl Into<Shared>,
        inputs: [&Tensor; N],
        backward: impl FnOnce(ArrayD<Real>, [&Tensor; N]) + 'static,
    ) -> Tensor {
        Tensor::from_many(op, value, inputs.map(Tensor::clone).into(), move |grad, inputs| {
            backward(grad, std::array::from_fn(|i| &inputs[i]))
        })
    }

    /// [`from_op`](Tensor::from_op) for a number of inputs that is known only when the program runs.
    pub(crate) fn from_many(
        op: &'static str,
        value: impl Into<Shared>,
        inputs: Vec<Tensor>,
        backward: impl FnOnce(ArrayD<Real>, &[Tensor]) + 'static,
    ) -> Tensor {
        let value = value.into();
        if !RECORDING.get() || !inputs.iter().any(Tensor::requires_grad) {
            return Tensor::leaf(op, value, false);
        }
        let height = 1 + inputs.iter().map(|input| input.0.height).max().unwrap_or(0);
        Tensor::node(op, value, true, height, inputs, Some(Box::new(backward)))
    }

    /// Adds `share` to the gradient of this tensor, if it wants one; otherwise the share is not even computed.
    ///
    /// A share of a larger shape comes from broadcasting: what was repeated on the way forth is summed on the way back.
    pub(crate) fn accumulate(&self, share: impl FnOnce() -> ArrayD<Real>) {
        if !self.0.requires_grad {
            return;
        }
        let share = sum_to(share(), self.0.value.borrow().shape());
        let mut grad = self.0.grad.borrow_mut();
        match grad.as_mut() {
            Some(grad) => *grad += &share,
            // In standard layout, so that whoever takes it on, or steps along it, can walk over it as over a slice.
            None => *grad = Some(standard(share)),
        }
    }

    /// The lengths of the dimensions; none for a scalar.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::new(ndarray::Array2::zeros((2, 3))).shape(), [2, 3]);
    /// ```
    pub fn shape(&self) -> Vec<usize> {
        self.0.value.borrow().shape().to_vec()
    }

    /// How many numbers it holds.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::new(ndarray::Array2::zeros((2, 3))).len(), 6);
    /// ```
    pub fn len(&self) -> usize {
        self.0.value.borrow().len()
    }

    /// Whether it holds no number at all.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert!(Tensor::new(ndarray::Array2::zeros((0, 3))).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the numbers.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// assert_eq!(Tensor::new(array![1.0, 2.0]).value(), array![1.0, 2.0].into_dyn());
    /// ```
    pub fn value(&self) -> ArrayD<Real> {
        self.0.value.borrow().to_owned()
    }

    /// The one number that it holds.
    ///
    /// # Panics
    ///
    /// When it holds more than one, or none.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(2.5).item(), 2.5);
    /// ```
    #[track_caller]
    pub fn item(&self) -> Real {
        let value = self.0.value.borrow();
        assert!(
            value.len() == 1,
            "item: a tensor of shape {:?} holds {} numbers, not one; reduce it with sum() or mean() first, \
             or take value()",
            value.shape(),
            value.len()
        );
        *value.first().expect("the length was just checked")
    }

    /// The gradient that [`backward`](Tensor::backward) has left here, if any; it has the tensor's shape.
    ///
    /// Leaves made with [`parameter`](Tensor::parameter) have one, and results on which
    /// [`keep_grad`](Tensor::keep_grad) was called.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0]);
    /// assert!(w.grad().is_none());
    /// w.sum().backward();
    /// assert_eq!(w.grad().unwrap(), array![1.0].into_dyn());
    /// ```
    pub fn grad(&self) -> Option<ArrayD<Real>> {
        self.0.grad.borrow().clone()
    }

    /// Puts a gradient in place of what is there: one that was computed, clipped or averaged elsewhere.
    ///
    /// # Panics
    ///
    /// When its shape is not the tensor's.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0, 2.0]);
    /// w.set_grad(array![0.5, -0.5].into_dyn());
    /// assert_eq!(w.grad().unwrap()[[1]], -0.5);
    /// ```
    #[track_caller]
    pub fn set_grad(&self, grad: ArrayD<Real>) {
        let shape = self.shape();
        assert!(
            grad.shape() == shape,
            "set_grad: a gradient of shape {:?} does not fit a tensor of shape {shape:?}; give one of the same shape",
            grad.shape()
        );
        *self.0.grad.borrow_mut() = Some(standard(grad));
    }

    /// Forgets the gradient. Without it, the next `backward` adds to what is there.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0]);
    /// w.sum().backward();
    /// w.sum().backward();
    /// assert_eq!(w.grad().unwrap()[[0]], 2.0); // two sweeps, one on top of the other
    /// w.zero_grad();
    /// assert!(w.grad().is_none());
    /// ```
    pub fn zero_grad(&self) {
        *self.0.grad.borrow_mut() = None;
    }

    /// Asks the next sweep to leave the gradient of this result here too, not only those of the leaves.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![3.0]);
    /// let square = (&w * &w).keep_grad();
    /// (&square * 5.0).sum().backward();
    /// assert_eq!(square.grad().unwrap()[[0]], 5.0);
    /// ```
    pub fn keep_grad(&self) -> Tensor {
        self.0.keeps_grad.set(true);
        self.clone()
    }

    /// Whether a gradient flows into it: it is a parameter, or computed from one.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let (x, w) = (Tensor::new(array![1.0]), Tensor::parameter(array![1.0]));
    /// assert!((&x * &w).requires_grad());
    /// assert!(!(&x * 2.0).requires_grad());
    /// ```
    pub fn requires_grad(&self) -> bool {
        self.0.requires_grad
    }

    /// The same value, cut off from what it was computed from: no gradient flows through.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![3.0]);
    /// (&w * &w.detach()).sum().backward();
    /// assert_eq!(w.grad().unwrap()[[0]], 3.0); // not 6: the second factor counts as a constant
    /// ```
    pub fn detach(&self) -> Tensor {
        Tensor::leaf("constant", self.shared(), false)
    }

    /// Puts new numbers in place of the old ones, in every clone of this handle.
    ///
    /// A graph recorded before keeps the numbers that it was computed with.
    ///
    /// # Panics
    ///
    /// When the shape differs.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0, 2.0]);
    /// w.set_value(array![0.0, 0.0].into_dyn());
    /// assert_eq!(w.sum().item(), 0.0);
    /// ```
    #[track_caller]
    pub fn set_value(&self, value: ArrayD<Real>) {
        let shape = self.shape();
        assert!(
            value.shape() == shape,
            "set_value: an array of shape {:?} cannot take the place of one of shape {shape:?}; \
             give one of the same shape, or make a new tensor",
            value.shape()
        );
        *self.0.value.borrow_mut() = standard(value).into_shared();
    }

    /// Gives it a name, for drawings of the graph and for messages.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0]).named("w");
    /// assert_eq!(w.name().as_deref(), Some("w"));
    /// ```
    pub fn named(&self, name: &str) -> Tensor {
        *self.0.name.borrow_mut() = Some(name.to_string());
        self.clone()
    }

    /// The name it was given, if any.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::scalar(1.0).name(), None);
    /// ```
    pub fn name(&self) -> Option<String> {
        self.0.name.borrow().clone()
    }

    /// The operation that made it, such as `"matmul"`, or `"parameter"` or `"constant"`.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// assert_eq!(Tensor::parameter(array![1.0]).exp().op(), "exp");
    /// ```
    pub fn op(&self) -> &'static str {
        self.0.op
    }

    /// The tensors that it was computed from, in the order of the operation's arguments; none for a leaf.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0]);
    /// assert_eq!((&w * &w).inputs().len(), 2);
    /// ```
    pub fn inputs(&self) -> Vec<Tensor> {
        self.0.inputs.clone()
    }

    /// Whether both are handles on the same value.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// let x = Tensor::scalar(1.0);
    /// assert!(x.is(&x.clone()));
    /// assert!(!x.is(&Tensor::scalar(1.0)));
    /// ```
    pub fn is(&self, other: &Tensor) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The numbers, shared: a copy costs nothing.
    pub(crate) fn shared(&self) -> Shared {
        self.0.value.borrow().clone()
    }

    /// Looks at the numbers without copying them.
    pub(crate) fn with_value<T>(&self, look: impl FnOnce(ArrayViewD<Real>) -> T) -> T {
        look(self.0.value.borrow().view())
    }

    /// Looks at the gradient without copying it.
    pub(crate) fn with_grad<T>(&self, look: impl FnOnce(Option<ArrayViewD<Real>>) -> T) -> T {
        look(self.0.grad.borrow().as_ref().map(|grad| grad.view()))
    }

    /// Changes the numbers in place. They are copied first only if an unswept graph still needs the old ones.
    pub(crate) fn update(&self, change: impl FnOnce(ArrayViewMutD<Real>)) {
        change(self.0.value.borrow_mut().view_mut());
    }

    /// What tells this value from every other one that is alive.
    pub(crate) fn address(&self) -> *const () {
        Rc::as_ptr(&self.0).cast()
    }

    pub(super) fn height(&self) -> usize {
        self.0.height
    }

    pub(super) fn input_slice(&self) -> &[Tensor] {
        &self.0.inputs
    }

    /// Says how many bytes the operation has put aside for the way back, in arrays that are neither its inputs nor its
    /// result: a mask, the places of the largest. To be called by every operation that does.
    pub(crate) fn keeping(self, bytes: usize) -> Tensor {
        // Without a graph there is no way back, and what was put aside is gone.
        self.0.aside.set(if self.0.inputs.is_empty() { 0 } else { bytes });
        self
    }

    /// The bytes named by [`keeping`](Tensor::keeping).
    pub(crate) fn kept_aside(&self) -> usize {
        self.0.aside.get()
    }

    /// Passes the gradient on to the inputs.
    pub(super) fn pass_on(&self) {
        // A gradient is needed no longer once it is passed on; only leaves, and those who asked for it, keep it.
        let grad = if self.0.keeps_grad.get() { self.grad() } else { self.0.grad.take() };
        if let (Some(grad), Some(backward)) = (grad, self.0.backward.take()) {
            backward(grad, &self.0.inputs);
        }
    }

    pub(super) fn is_swept(&self) -> bool {
        !self.0.inputs.is_empty() && self.0.backward.borrow().is_none()
    }
}

impl<D: Dimension> From<Array<Real, D>> for Tensor {
    fn from(value: Array<Real, D>) -> Tensor {
        Tensor::new(value)
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({}", self.name().as_deref().unwrap_or(self.op()))?;
        let value = self.0.value.borrow();
        if !value.shape().is_empty() {
            write!(f, " {}", value.shape().iter().map(usize::to_string).collect::<Vec<_>>().join(" × "))?;
        }
        let shown: Vec<String> = value.iter().take(6).map(|x| format!("{x:.4}")).collect();
        let more = if value.len() > 6 { ", …" } else { "" };
        write!(f, ": {}{more})", shown.join(", "))
    }
}

// A chain of 100 000 operations dropped link by link, each inside the drop of the one before, would overflow the stack.
impl Drop for Node {
    fn drop(&mut self) {
        // The closures hold no tensors (their inputs are handed to them), so the links are all in `inputs`.
        let mut links = mem::take(&mut self.inputs);
        while let Some(mut link) = links.pop() {
            if let Some(node) = Rc::get_mut(&mut link.0) {
                links.append(&mut node.inputs);
            }
        }
    }
}

/// [`contiguous`] for an array that shares with no other.
fn standard(array: ArrayD<Real>) -> ArrayD<Real> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}

/// Sums `grad` over the dimensions that broadcasting added or stretched, down to `shape`.
fn sum_to(mut grad: ArrayD<Real>, shape: &[usize]) -> ArrayD<Real> {
    while grad.ndim() > shape.len() {
        grad = sum_axis(&grad, Axis(0));
    }
    for (axis, &length) in shape.iter().enumerate() {
        if grad.shape()[axis] != length {
            grad = sum_axis(&grad, Axis(axis)).insert_axis(Axis(axis));
        }
    }
    grad
}
