//! Inputs with the class of each.

use std::fmt;

use ndarray::{Array1, Array2, Axis, s};

use crate::tensor::Real;

/// Examples to learn a classification from: inputs, one a row, and the class of each.
///
/// ```
/// use dl_interview::data::Examples;
/// use ndarray::{Array2, array};
///
/// let digits = Examples { inputs: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
/// assert_eq!(format!("{digits:?}"), "Examples(3 × 784, labels 0..=5)");
/// ```
#[derive(Clone, PartialEq)]
pub struct Examples {
    /// n × d: one example a row, d features each.
    pub inputs: Array2<Real>,
    /// n classes, counted from 0.
    pub labels: Array1<usize>,
}

impl Examples {
    /// The number of examples, n.
    ///
    /// ```
    /// # use dl_interview::data::Examples;
    /// # use ndarray::{Array2, array};
    /// let digits = Examples { inputs: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(digits.len(), 3);
    /// ```
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example at all.
    ///
    /// ```
    /// # use dl_interview::data::Examples;
    /// # use ndarray::{Array2, array};
    /// let digits = Examples { inputs: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert!(!digits.is_empty());
    /// assert!(digits.first(0).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of classes: the highest label plus 1 (0 when there is no example).
    ///
    /// ```
    /// # use dl_interview::data::Examples;
    /// # use ndarray::{Array2, array};
    /// let digits = Examples { inputs: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(digits.classes(), 6);
    /// ```
    pub fn classes(&self) -> usize {
        self.labels.iter().max().map_or(0, |label| label + 1)
    }

    /// A copy of the first `n` examples: n × d inputs, n labels.
    ///
    /// MNIST's published order is already mixed, so there these serve as a small sample of all.
    ///
    /// # Panics
    ///
    /// When there are fewer than `n`.
    ///
    /// ```
    /// # use dl_interview::data::Examples;
    /// # use ndarray::{Array2, array};
    /// let digits = Examples { inputs: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(digits.first(2).labels, array![5, 0]);
    /// ```
    #[track_caller]
    pub fn first(&self, n: usize) -> Examples {
        assert!(n <= self.len(), "first({n}): there are only {} examples; ask for at most that many", self.len());
        Examples { inputs: self.inputs.slice(s![..n, ..]).to_owned(), labels: self.labels.slice(s![..n]).to_owned() }
    }

    /// A copy of the examples at `indices`, in that order: k × d inputs, k labels for k indices.
    ///
    /// An index may occur more than once.
    ///
    /// # Panics
    ///
    /// When an index is not below [`len`](Examples::len).
    ///
    /// ```
    /// # use dl_interview::data::Examples;
    /// # use ndarray::{Array2, array};
    /// let digits = Examples { inputs: Array2::zeros((3, 784)), labels: array![5, 0, 4] };
    /// assert_eq!(digits.select(&[2, 0, 2]).labels, array![4, 5, 4]);
    /// ```
    #[track_caller]
    pub fn select(&self, indices: &[usize]) -> Examples {
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            panic!("select: index {index} is out of range for {} examples; indices count from 0", self.len());
        }
        Examples { inputs: rows(&self.inputs, indices), labels: self.labels.select(Axis(0), indices) }
    }
}

/// Refuses what no model can learn from. (To a rule of neighbours, a NaN would be near or far from all by its sign.)
#[track_caller]
pub(crate) fn check_finite(place: &str, inputs: &Array2<Real>) {
    if let Some(((row, column), value)) = inputs.indexed_iter().find(|(_, value)| !value.is_finite()) {
        panic!("{place}: the value in row {row}, column {column} is {value}; remove or replace it first");
    }
}

/// The rows at `indices`. `Array2::select` does the same through the strides of a view, which takes four times as long,
/// and every step of every training begins with it.
pub(crate) fn rows(inputs: &Array2<Real>, indices: &[usize]) -> Array2<Real> {
    let mut numbers = Vec::with_capacity(indices.len() * inputs.ncols());
    for &index in indices {
        match inputs.row(index).as_slice() {
            Some(row) => numbers.extend_from_slice(row),
            None => numbers.extend(inputs.row(index)),
        }
    }
    Array2::from_shape_vec((indices.len(), inputs.ncols()), numbers).expect("one row for each index")
}

impl fmt::Debug for Examples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Examples({} × {}", self.inputs.nrows(), self.inputs.ncols())?;
        if let (Some(low), Some(high)) = (self.labels.iter().min(), self.labels.iter().max()) {
            write!(f, ", labels {low}..={high}")?;
        }
        write!(f, ")")
    }
}
