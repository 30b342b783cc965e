//! Sums, means and extremes, over everything or along axes.

use ndarray::{ArrayD, Axis, Dimension, Zip, arr0};

use super::arithmetic::stretch;
use super::sums::{sum, sum_axis};
use super::{Real, Tensor};

impl Tensor {
    /// The sum of all elements, as a scalar.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// assert_eq!(Tensor::new(array![1.0, 2.0, 3.0]).sum().item(), 6.0);
    /// ```
    pub fn sum(&self) -> Tensor {
        let x = self.shared();
        let shape = x.raw_dim();
        Tensor::from_op("sum", arr0(sum(x.view()) as Real).into_dyn(), [self], move |grad, [x]| {
            x.accumulate(|| ArrayD::from_elem(shape, *grad.first().expect("a scalar holds one number")));
        })
    }

    /// The mean of all elements, as a scalar.
    ///
    /// # Panics
    ///
    /// When there is none.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// assert_eq!(Tensor::new(array![1.0, 2.0, 6.0]).mean().item(), 3.0);
    /// ```
    #[track_caller]
    pub fn mean(&self) -> Tensor {
        assert!(!self.is_empty(), "mean: a tensor of shape {:?} holds no number to average", self.shape());
        self.sum() / self.len() as Real
    }

    /// The sums along `axes`, whose lengths become 1, so that the result broadcasts against the original.
    ///
    /// # Panics
    ///
    /// When there is no such axis, or one is named twice.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_axes(&[1]).value(), array![[3.0], [7.0]].into_dyn());
    /// assert_eq!(x.sum_axes(&[0, 1]).shape(), [1, 1]);
    /// ```
    #[track_caller]
    pub fn sum_axes(&self, axes: &[usize]) -> Tensor {
        self.check_axes("sum_axes", axes);
        let x = self.shared();
        let shape = x.raw_dim();
        let value = axes.iter().fold(x, |x, &axis| sum_axis(&x, Axis(axis)).insert_axis(Axis(axis)).into_shared());
        Tensor::from_op("sum_axes", value, [self], move |grad, [x]| {
            x.accumulate(|| stretch(&grad.into_shared(), shape.slice()));
        })
    }

    /// The means along `axes`, whose lengths become 1.
    ///
    /// # Panics
    ///
    /// When there is no such axis, one is named twice, or one has length 0.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 3.0], [5.0, 7.0]]);
    /// assert_eq!(x.mean_axes(&[0]).value(), array![[3.0, 5.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn mean_axes(&self, axes: &[usize]) -> Tensor {
        self.check_axes("mean_axes", axes);
        let shape = self.shape();
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        assert!(count > 0, "mean_axes({axes:?}): a tensor of shape {shape:?} holds no number to average there");
        self.sum_axes(axes) / count as Real
    }

    /// The largest element along `axis`, whose length becomes 1. If it occurs several times, the first one gets the
    /// gradient.
    ///
    /// # Panics
    ///
    /// When there is no such axis, or its length is 0.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 3.0], [7.0, 5.0]]);
    /// assert_eq!(x.max_axis(1).value(), array![[3.0], [7.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn max_axis(&self, axis: usize) -> Tensor {
        self.extreme("max_axis", axis, |x, best| x > best)
    }

    /// The smallest element along `axis`, whose length becomes 1. If it occurs several times, the first one gets the
    /// gradient.
    ///
    /// # Panics
    ///
    /// When there is no such axis, or its length is 0.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 3.0], [7.0, 5.0]]);
    /// assert_eq!(x.min_axis(1).value(), array![[1.0], [5.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn min_axis(&self, axis: usize) -> Tensor {
        self.extreme("min_axis", axis, |x, best| x < best)
    }

    #[track_caller]
    fn extreme(&self, op: &'static str, axis: usize, better: fn(Real, Real) -> bool) -> Tensor {
        self.check_axes(op, &[axis]);
        let x = self.shared();
        let shape = x.raw_dim();
        assert!(x.len_of(Axis(axis)) > 0, "{op}({axis}): a tensor of shape {:?} has no element there", self.shape());
        let first_best = x.map_axis(Axis(axis), |lane| {
            // NaN is never better and never beaten: put it first, so that it shows.
            let from = lane.iter().position(|x| x.is_nan()).unwrap_or(0);
            (0..lane.len()).fold(from, |best, i| if better(lane[i], lane[best]) { i } else { best })
        });
        let value = Zip::from(x.lanes(Axis(axis))).and(&first_best).map_collect(|lane, &i| lane[i]);
        let places = first_best.len() * size_of::<usize>();
        Tensor::from_op(op, value.insert_axis(Axis(axis)), [self], move |grad, [x]| {
            x.accumulate(|| {
                let mut full = ArrayD::zeros(shape);
                Zip::from(full.lanes_mut(Axis(axis)))
                    .and(&first_best)
                    .and(&grad.index_axis_move(Axis(axis), 0))
                    .for_each(|mut lane, &i, &grad| lane[i] = grad);
                full
            });
        })
        .keeping(places)
    }

    #[track_caller]
    pub(super) fn check_axes(&self, op: &str, axes: &[usize]) {
        let shape = self.shape();
        for (i, axis) in axes.iter().enumerate() {
            assert!(
                *axis < shape.len(),
                "{op}({axes:?}): a tensor of shape {shape:?} has {} axes, counted from 0; there is no axis {axis}",
                shape.len()
            );
            assert!(!axes[..i].contains(axis), "{op}({axes:?}): axis {axis} is named twice; name each once");
        }
    }
}
