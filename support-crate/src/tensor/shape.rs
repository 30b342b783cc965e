//! The same numbers in another arrangement: reshape, permute, slice, concatenate, gather.

use ndarray::{ArrayD, Axis, IxDyn, Slice, concatenate};

use super::Tensor;
use super::node::contiguous;

impl Tensor {
    /// The same numbers, in the same order, under another shape.
    ///
    /// # Panics
    ///
    /// When `shape` holds another number of elements.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.reshape(&[3, 2]).value(), array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Tensor {
        let x = self.shared();
        let old = x.raw_dim();
        let count: usize = shape.iter().product();
        assert!(
            count == x.len(),
            "reshape: {} numbers of shape {:?} do not fill shape {shape:?}, which takes {count}",
            x.len(),
            x.shape()
        );
        let value = contiguous(x).into_shape_with_order(IxDyn(shape)).expect("as many numbers, in standard layout");
        Tensor::from_op("reshape", value, [self], move |grad, [x]| {
            x.accumulate(|| grad.into_shape_with_order(old).expect("as many numbers, in standard layout"));
        })
    }

    /// All dimensions after the first made one: n × c × h × w becomes n × chw.
    ///
    /// # Panics
    ///
    /// When there is no dimension at all.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// assert_eq!(Tensor::new(ndarray::Array3::zeros((2, 3, 4))).flatten().shape(), [2, 12]);
    /// ```
    #[track_caller]
    pub fn flatten(&self) -> Tensor {
        let shape = self.shape();
        assert!(!shape.is_empty(), "flatten: a scalar has no first dimension to keep; reshape it to [1, 1]");
        self.reshape(&[shape[0], shape[1..].iter().product()])
    }

    /// The matrix turned over: (i, j) becomes (j, i).
    ///
    /// # Panics
    ///
    /// When it has not two dimensions; [`permute`](Tensor::permute) takes any number.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 2.0, 3.0]]);
    /// assert_eq!(x.t().value(), array![[1.0], [2.0], [3.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn t(&self) -> Tensor {
        let shape = self.shape();
        assert!(
            shape.len() == 2,
            "t: shape {shape:?} is not that of a matrix; use permute to say which axis goes where"
        );
        self.permute(&[1, 0])
    }

    /// The axes in another order: axis i of the result is axis `order[i]` of this tensor.
    ///
    /// # Panics
    ///
    /// When `order` does not name every axis once.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    ///
    /// let x = Tensor::new(ndarray::Array3::zeros((2, 3, 4)));
    /// assert_eq!(x.permute(&[2, 0, 1]).shape(), [4, 2, 3]);
    /// ```
    #[track_caller]
    pub fn permute(&self, order: &[usize]) -> Tensor {
        self.check_axes("permute", order);
        let shape = self.shape();
        assert!(
            order.len() == shape.len(),
            "permute({order:?}): name all {} axes of shape {shape:?}, each once",
            shape.len()
        );
        let mut back = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        let value = self.shared().permuted_axes(IxDyn(order));
        Tensor::from_op("permute", value, [self], move |grad, [x]| {
            x.accumulate(|| grad.permuted_axes(IxDyn(&back)).as_standard_layout().into_owned());
        })
    }

    /// The elements `from..to` along `axis`.
    ///
    /// # Panics
    ///
    /// When there is no such axis, or `from..to` does not lie within it.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.slice(1, 1, 3).value(), array![[2.0, 3.0], [5.0, 6.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn slice(&self, axis: usize, from: usize, to: usize) -> Tensor {
        self.check_axes("slice", &[axis]);
        let x = self.shared();
        assert!(
            from <= to && to <= x.len_of(Axis(axis)),
            "slice({axis}, {from}, {to}): {from}..{to} does not lie within 0..{}, the length of axis {axis} of shape {:?}",
            x.len_of(Axis(axis)),
            x.shape()
        );
        let shape = x.raw_dim();
        let value = x.slice_axis(Axis(axis), Slice::from(from..to)).to_owned();
        Tensor::from_op("slice", value, [self], move |grad, [x]| {
            x.accumulate(|| {
                let mut full = ArrayD::zeros(shape);
                full.slice_axis_mut(Axis(axis), Slice::from(from..to)).assign(&grad);
                full
            });
        })
    }

    /// Tensors one after the other along `axis`; their other dimensions agree.
    ///
    /// # Panics
    ///
    /// When there is none, no such axis, or the other dimensions differ.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let (x, y) = (Tensor::new(array![[1.0, 2.0]]), Tensor::new(array![[3.0, 4.0]]));
    /// assert_eq!(Tensor::concat(0, &[x, y]).value(), array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn concat(axis: usize, parts: &[Tensor]) -> Tensor {
        assert!(!parts.is_empty(), "concat: there is nothing to join; give one tensor or more");
        parts.iter().for_each(|part| part.check_axes("concat", &[axis]));
        let values: Vec<_> = parts.iter().map(Tensor::shared).collect();
        let views: Vec<_> = values.iter().map(|value| value.view()).collect();
        let Ok(value) = concatenate(Axis(axis), &views) else {
            let shapes: Vec<_> = parts.iter().map(Tensor::shape).collect();
            panic!("concat: shapes {shapes:?} differ in more than axis {axis}, along which they are to be joined");
        };
        Tensor::from_many("concat", value, parts.to_vec(), move |grad, parts| {
            let mut from = 0;
            for part in parts {
                let to = from + part.with_value(|value| value.len_of(Axis(axis)));
                part.accumulate(|| grad.slice_axis(Axis(axis), Slice::from(from..to)).to_owned());
                from = to;
            }
        })
    }

    /// The rows (entries of axis 0) at `indices`, in that order; a row may occur more than once.
    ///
    /// This is what an embedding does: it looks up the row of each word.
    ///
    /// # Panics
    ///
    /// When there is no axis, or an index is not below its length.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let table = Tensor::parameter(array![[1.0, 2.0], [3.0, 4.0]]);
    /// table.gather_rows(&[1, 1, 0]).sum().backward();
    /// assert_eq!(table.grad().unwrap(), array![[1.0, 1.0], [2.0, 2.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn gather_rows(&self, indices: &[usize]) -> Tensor {
        self.check_axes("gather_rows", &[0]);
        let x = self.shared();
        let rows = x.len_of(Axis(0));
        if let Some(index) = indices.iter().find(|&&index| index >= rows) {
            panic!("gather_rows: index {index} is out of range for {rows} rows; indices count from 0");
        }
        let shape = x.raw_dim();
        let indices = indices.to_vec();
        let bytes = size_of_val(&indices[..]);
        Tensor::from_op("gather_rows", x.select(Axis(0), &indices), [self], move |grad, [x]| {
            x.accumulate(|| {
                let mut full = ArrayD::zeros(shape);
                for (row, &index) in grad.outer_iter().zip(&indices) {
                    let mut target = full.index_axis_mut(Axis(0), index);
                    target += &row;
                }
                full
            });
        })
        .keeping(bytes)
    }

    /// One number of each row: of n × c the entries (i, `columns[i]`), as n × 1.
    ///
    /// From probabilities it takes those of the right classes, whose −ln has the cross-entropy as its mean.
    ///
    /// # Panics
    ///
    /// When this is no matrix, there is not one column per row, or a column is not below c.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let p = Tensor::parameter(array![[0.2, 0.8], [0.5, 0.5]]);
    /// let right = p.pick(&[1, 0]);
    /// right.sum().backward();
    /// assert_eq!(right.value(), array![[0.8], [0.5]].into_dyn());
    /// assert_eq!(p.grad().unwrap(), array![[0.0, 1.0], [1.0, 0.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn pick(&self, columns: &[usize]) -> Tensor {
        let x = self.shared();
        assert!(
            x.ndim() == 2 && x.len_of(Axis(0)) == columns.len(),
            "pick: {} columns for a tensor of shape {:?}; give n × c, and one column for each of the n rows",
            columns.len(),
            x.shape()
        );
        let width = x.len_of(Axis(1));
        if let Some(column) = columns.iter().find(|&&column| column >= width) {
            panic!("pick: column {column} is out of range for {width} columns; columns count from 0");
        }
        let columns = columns.to_vec();
        let bytes = size_of_val(&columns[..]);
        let value = ArrayD::from_shape_fn(IxDyn(&[columns.len(), 1]), |at| x[[at[0], columns[at[0]]]]);
        let shape = x.raw_dim();
        Tensor::from_op("pick", value, [self], move |grad, [x]| {
            x.accumulate(|| {
                let mut full = ArrayD::zeros(shape);
                columns.iter().enumerate().for_each(|(row, &column)| full[[row, column]] = grad[[row, 0]]);
                full
            });
        })
        .keeping(bytes)
    }
}
