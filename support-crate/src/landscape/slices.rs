//! The loss along a line and over a plane of weights.

use ndarray::{Array2, ArrayD, ArrayViewD, Axis};
use rand::distr::Distribution;

use super::weights::{Kept, assert_fit};
use crate::progress::{Progress, is_interrupted};
use crate::random::Normal;
use crate::tensor::{Real, Tensor, no_grad, norm};

/// The loss at `steps` + 1 places on the straight line between two sets of weights: (1 − α) `from` + α `to`.
///
/// Gives the α, 0 … 1, and the losses. The parameters have their old values again afterwards. `loss` must be a function of
/// them alone: of the same batch every time, with the net in [`eval`](crate::nn::Net::eval) mode, or at least without
/// dropout (in training mode, running statistics and the generators of dropout move on). JupyterLab's stop button ends the
/// line where it is.
///
/// Source: Goodfellow, Vinyals & Saxe 2015, "Qualitatively Characterizing Neural Network Optimization Problems", ICLR.
///
/// # Panics
///
/// When `from` or `to` has not the shapes of `params`, or `steps` is 0.
///
/// ```
/// use dl_interview::landscape::line;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![7.0])];
/// let (from, to) = ([array![1.0].into_dyn()], [array![3.0].into_dyn()]);
/// let (alphas, losses) = line(&w, &from, &to, 4, || (&w[0] * &w[0]).sum());
/// assert_eq!(alphas, [0.0, 0.25, 0.5, 0.75, 1.0]);
/// assert_eq!(losses, [1.0, 2.25, 4.0, 6.25, 9.0]);
/// assert_eq!(w[0].value(), array![7.0].into_dyn());
/// ```
#[track_caller]
pub fn line(
    params: &[Tensor],
    from: &[ArrayD<Real>],
    to: &[ArrayD<Real>],
    steps: usize,
    loss: impl Fn() -> Tensor,
) -> (Vec<Real>, Vec<Real>) {
    assert_fit("line", "from", from, params);
    assert_fit("line", "to", to, params);
    assert!(steps > 0, "line: 0 steps lead nowhere; give 1 or more, such as 25");
    let _kept = Kept::new(params);
    let alphas: Vec<Real> = (0..=steps).map(|step| step as Real / steps as Real).collect();
    let (mut losses, mut progress) = (Vec::with_capacity(steps + 1), Progress::new(steps + 1, 0.0, true));
    for alpha in &alphas {
        for ((param, from), to) in params.iter().zip(from).zip(to) {
            param.set_value(from * (1.0 - alpha) + to * *alpha);
        }
        let loss = no_grad(&loss).item();
        losses.push(loss);
        if is_interrupted() {
            progress.say_stopped(format!("α = {alpha}"), "the losses until there are kept");
            break;
        }
        progress.line(losses.len() as f64, || format!("{} of {} losses", losses.len(), steps + 1));
    }
    (alphas[..losses.len()].to_vec(), losses)
}

/// A random direction in the space of weights, made comparable between networks by *filter normalization*.
///
/// In a matrix or a stack of filters each row (index along the first dimension: one neuron or filter) is drawn from the
/// normal distribution and scaled to the norm of that row of the weights. Vectors (biases, γ and β of normalization) and
/// scalars are left where they are: their part of the direction is 0.
///
/// Source: Li, Xu, Taylor, Studer & Goldstein 2018, "Visualizing the Loss Landscape of Neural Nets", NeurIPS.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::landscape::random_direction;
/// use dl_interview::tensor::Tensor;
/// use ndarray::{Axis, array};
///
/// let params = [Tensor::parameter(array![[3.0, 4.0], [0.0, 0.1]]), Tensor::parameter(array![1.0, 1.0])];
/// let direction = random_direction(&params, &mut rng(1));
/// let norm = direction[0].index_axis(Axis(0), 0).mapv(|x| x * x).sum().sqrt();
/// assert!((norm - 5.0).abs() < 1e-5);
/// assert_eq!(direction[1], array![0.0, 0.0].into_dyn());
/// ```
pub fn random_direction(params: &[Tensor], rng: &mut impl rand::Rng) -> Vec<ArrayD<Real>> {
    let norm = |row: ArrayViewD<Real>| norm([row]) as Real;
    let normal = Normal::new(0.0, 1.0);
    let mut draw = |param: &Tensor| {
        let weights = param.value();
        let mut direction = ArrayD::zeros(weights.raw_dim());
        if weights.ndim() >= 2 {
            direction.mapv_inplace(|_: Real| normal.sample(rng));
            for (mut row, weights) in direction.axis_iter_mut(Axis(0)).zip(weights.axis_iter(Axis(0))) {
                let (length, wanted) = (norm(row.view()), norm(weights));
                row.mapv_inplace(|x| x * wanted / length);
            }
        }
        direction
    };
    params.iter().map(&mut draw).collect()
}

/// The loss on a plane through the weights: `grid[[i, j]]` is the loss at w + xⱼ · `right` + yᵢ · `up`, with `n` values
/// of x and of y, evenly from −`radius` to `radius`.
///
/// With two [`random_direction`]s this is the picture of Li et al. 2018. The parameters have their old values again
/// afterwards; `loss` is one as [`line()`] needs it. After JupyterLab's stop button the rest of the grid is NaN.
///
/// # Panics
///
/// When a direction has not the shapes of `params`, `n` < 2, or the radius is not a positive number.
///
/// ```
/// use dl_interview::landscape::slice;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![0.0, 0.0])];
/// let (right, up) = ([array![1.0, 0.0].into_dyn()], [array![0.0, 2.0].into_dyn()]);
/// let grid = slice(&w, &right, &up, 1.0, 3, || (&w[0] * &w[0]).sum());
/// assert_eq!(grid, array![[5.0, 4.0, 5.0], [1.0, 0.0, 1.0], [5.0, 4.0, 5.0]]);
/// ```
#[track_caller]
pub fn slice(
    params: &[Tensor],
    right: &[ArrayD<Real>],
    up: &[ArrayD<Real>],
    radius: Real,
    n: usize,
    loss: impl Fn() -> Tensor,
) -> Array2<Real> {
    assert_fit("slice", "right", right, params);
    assert_fit("slice", "up", up, params);
    assert!(
        radius > 0.0 && radius.is_finite() && n >= 2,
        "slice: no plane of {n} × {n} points with radius {radius}; give a positive radius and at least 2 points"
    );
    let kept = Kept::new(params);
    let at = |i: usize| radius * (2.0 * i as Real / (n - 1) as Real - 1.0);
    let (mut grid, mut progress) = (Array2::from_elem((n, n), Real::NAN), Progress::new(n * n, 0.0, true));
    for (done, ((i, j), value)) in grid.indexed_iter_mut().enumerate() {
        kept.move_along(&[(at(j), right), (at(i), up)]);
        *value = no_grad(&loss).item();
        if is_interrupted() {
            progress.say_stopped(format!("row {} of {n}", i + 1), "the losses until there are kept");
            break;
        }
        progress.line((done + 1) as f64, || format!("{} of {} losses", done + 1, n * n));
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::super::{flatten, unflatten};
    use super::*;
    use crate::random::rng;
    use ndarray::{Array, array};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn params() -> [Tensor; 2] {
        let matrix = Array::from_shape_fn((3, 4), |(i, j)| 1.0 + i as Real * 10.0 + j as Real);
        [Tensor::parameter(matrix), Tensor::parameter(array![0.5, -0.5, 1.0])]
    }

    fn loss(params: &[Tensor]) -> Tensor {
        params[0].sum() + (&params[1] * &params[1]).sum()
    }

    #[test]
    fn everything_is_as_it_was_before() {
        let params = params();
        loss(&params).backward();
        let state = || params.clone().map(|param| (param.value(), param.grad()));
        let before = state();
        let (a, b) = (random_direction(&params, &mut rng(1)), random_direction(&params, &mut rng(2)));
        line(&params, &a, &b, 3, || loss(&params));
        assert_eq!(state(), before);
        slice(&params, &a, &b, 1.0, 3, || loss(&params));
        assert_eq!(state(), before);
        let broken = || line(&params, &a, &b, 3, || panic!("a loss that fails"));
        assert!(catch_unwind(AssertUnwindSafe(broken)).is_err());
        assert_eq!(state(), before);
    }

    #[test]
    fn the_middle_of_a_slice_is_where_the_weights_are() {
        let params = params();
        let mut rng = rng(3);
        let (a, b) = (random_direction(&params, &mut rng), random_direction(&params, &mut rng));
        let grid = slice(&params, &a, &b, 0.5, 5, || loss(&params));
        assert_eq!(grid[[2, 2]], loss(&params).item());
        // The loss is linear in the matrix, and the directions do not move the vector.
        let slope = |d: &[ArrayD<Real>]| d[0].sum();
        let expected = |i: Real, j: Real| grid[[2, 2]] + 0.25 * (j * slope(&a) + i * slope(&b));
        for (i, j) in [(0, 0), (0, 4), (1, 3), (4, 2)] {
            let error = grid[[i, j]] - expected(i as Real - 2.0, j as Real - 2.0);
            assert!(error.abs() < 1e-3, "row {i}, column {j}: {error}");
        }
    }

    #[test]
    fn a_direction_has_the_norm_of_the_weights_row_by_row() {
        let filters = Array::from_shape_fn((2, 3, 2, 2), |(i, c, y, x)| (1 + i) as Real * (c + y + x) as Real);
        let params = [Tensor::parameter(filters), Tensor::scalar(2.0)];
        let direction = random_direction(&params, &mut rng(1));
        assert_eq!(direction[1].sum(), 0.0);
        for i in 0..2 {
            let norm = |array: &ArrayD<Real>| array.index_axis(Axis(0), i).mapv(|x| x * x).sum().sqrt();
            let (found, expected) = (norm(&direction[0]), norm(&params[0].value()));
            assert!((found / expected - 1.0).abs() < 1e-5, "{found} is not {expected}");
        }
        assert_ne!(direction, random_direction(&params, &mut rng(2)));
    }

    #[test]
    fn there_and_back_through_one_vector() {
        let params = params();
        let values = params.clone().map(|param| param.value());
        assert_eq!(unflatten(&flatten(&values), &params), values);
    }

    #[test]
    #[should_panic(expected = "12 numbers cannot be cut into 2 parameters of 15 numbers together")]
    fn a_vector_too_short_is_refused() {
        unflatten(&ndarray::Array1::zeros(12), &params());
    }

    #[test]
    #[should_panic(expected = "line: `to` has the shapes [[3, 4]], the parameters [[3, 4], [3]]")]
    fn a_line_to_nowhere_is_refused() {
        let params = params();
        let from = params.clone().map(|param| param.value());
        line(&params, &from, &from[..1], 3, || loss(&params));
    }

    #[test]
    #[should_panic(expected = "slice: `up`")]
    fn a_direction_that_does_not_fit_is_refused() {
        let params = params();
        let right = random_direction(&params, &mut rng(1));
        slice(&params, &right, &[], 1.0, 3, || loss(&params));
    }

    #[test]
    #[should_panic(expected = "positive radius")]
    fn a_plane_without_size_is_refused() {
        let params = params();
        let right = random_direction(&params, &mut rng(1));
        slice(&params, &right, &right, 0.0, 3, || loss(&params));
    }
}
