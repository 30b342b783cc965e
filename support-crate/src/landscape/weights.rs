//! Weights as one long vector, and weights that come back to where they were.

use ndarray::{Array1, ArrayD, IxDyn};

use crate::tensor::{Real, Tensor};

/// All numbers of `arrays` in one vector, array after array, each row by row.
///
/// ```
/// use dl_interview::landscape::flatten;
/// use ndarray::array;
///
/// let weights = [array![[1.0, 2.0], [3.0, 4.0]].into_dyn(), array![5.0].into_dyn()];
/// assert_eq!(flatten(&weights), array![1.0, 2.0, 3.0, 4.0, 5.0]);
/// ```
pub fn flatten(arrays: &[ArrayD<Real>]) -> Array1<Real> {
    arrays.iter().flat_map(|array| array.iter().copied()).collect()
}

/// Cuts one vector into arrays of the shapes of `params`: the way back from [`flatten`].
///
/// # Panics
///
/// When the vector has not as many numbers as the parameters together.
///
/// ```
/// use dl_interview::landscape::{flatten, unflatten};
/// use dl_interview::tensor::Tensor;
/// use ndarray::{Array1, array};
///
/// let params = [Tensor::parameter(array![[0.0, 0.0]]), Tensor::parameter(array![0.0])];
/// let arrays = unflatten(&array![1.0, 2.0, 3.0], &params);
/// assert_eq!(arrays[0], array![[1.0, 2.0]].into_dyn());
/// assert_eq!(flatten(&arrays), array![1.0, 2.0, 3.0]);
/// ```
#[track_caller]
pub fn unflatten(vector: &Array1<Real>, params: &[Tensor]) -> Vec<ArrayD<Real>> {
    let total: usize = params.iter().map(Tensor::len).sum();
    assert!(
        vector.len() == total,
        "unflatten: {} numbers cannot be cut into {} parameters of {total} numbers together; give exactly {total}",
        vector.len(),
        params.len()
    );
    let mut numbers = vector.iter().copied();
    let mut cut = |param: &Tensor| {
        let part = numbers.by_ref().take(param.len()).collect();
        ArrayD::from_shape_vec(IxDyn(&param.shape()), part).expect("as many numbers as the shape has places")
    };
    params.iter().map(&mut cut).collect()
}

#[track_caller]
pub(super) fn assert_fit(function: &str, name: &str, arrays: &[ArrayD<Real>], params: &[Tensor]) {
    for (i, param) in params.iter().enumerate() {
        if let Some(first) = params[..i].iter().position(|other| other.is(param)) {
            panic!(
                "{function}: parameter {i} is the same tensor as parameter {first}, and one tensor cannot go in two \
                 directions; name it once, as Net::parameters() does"
            );
        }
    }
    let shapes = |arrays: &[ArrayD<Real>]| arrays.iter().map(|array| array.shape().to_vec()).collect::<Vec<_>>();
    let (given, wanted) = (shapes(arrays), params.iter().map(Tensor::shape).collect::<Vec<_>>());
    assert!(
        given == wanted,
        "{function}: `{name}` has the shapes {given:?}, the parameters {wanted:?}; give one array per parameter, each of \
         the parameter's shape (unflatten() makes them of one vector)"
    );
}

/// The weights and gradients as they were; they come back when this is dropped, also if a loss panics.
pub(super) struct Kept<'a> {
    params: &'a [Tensor],
    pub(super) values: Vec<ArrayD<Real>>,
    grads: Vec<Option<ArrayD<Real>>>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(params: &'a [Tensor]) -> Kept<'a> {
        let (values, grads) = params.iter().map(|param| (param.value(), param.grad())).unzip();
        Kept { params, values, grads }
    }

    /// Puts the weights at (where they were) + Σ length · direction.
    pub(super) fn move_along(&self, steps: &[(Real, &[ArrayD<Real>])]) {
        for (i, (param, value)) in self.params.iter().zip(&self.values).enumerate() {
            let mut moved = value.clone();
            for (length, direction) in steps {
                moved.scaled_add(*length, &direction[i]);
            }
            param.set_value(moved);
        }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        for ((param, value), grad) in self.params.iter().zip(&self.values).zip(self.grads.drain(..)) {
            param.set_value(value.clone());
            match grad {
                Some(grad) => param.set_grad(grad),
                None => param.zero_grad(),
            }
        }
    }
}
