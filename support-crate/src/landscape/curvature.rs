//! The second derivatives of a loss: Hessian–vector products, and eigenvalues found with them.

use ndarray::{Array1, Array2, ArrayD};
use rand::distr::Distribution;

use super::eigenvalues::jacobi;
use super::weights::{Kept, assert_fit, flatten, unflatten};
use crate::progress::{Progress, is_interrupted};
use crate::random::Normal;
use crate::tensor::{Real, Tensor, norm};

/// The Hessian of the loss times a vector, H v = ∂²L/∂w² v, from two gradients: (∇L(w + h v) − ∇L(w − h v)) / 2h.
///
/// The matrix itself, n × n for n weights, never exists. The step h is ε^⅓ (1 + ‖w‖) / ‖v‖ long, with ε the precision of
/// the numbers; for a smooth loss the result is good to about three digits in `f32`, to nine in `f64`, across the kinks
/// of a ReLU it is coarser. An approximation of what Pearlmutter 1994, "Fast Exact Multiplication by the Hessian", Neural
/// Computation 6(1), computes exactly.
///
/// `loss` must be a function of the weights alone: of the same batch every time, with the net in
/// [`eval`](crate::nn::Net::eval) mode, or at least without dropout. Weights and gradients are afterwards what they were;
/// running statistics and the generators of dropout, which a net in training mode changes, are not.
///
/// # Panics
///
/// When `vector` has not the shapes of `params`, or where [`backward`](Tensor::backward) does.
///
/// ```
/// use dl_interview::landscape::hessian_vector;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![1.0, 2.0])];
/// let product = hessian_vector(&w, &[array![1.0, 1.0].into_dyn()], || (&w[0] * &w[0] * &w[0]).sum()); // H = diag(6 w)
/// assert!((&product[0] - &array![6.0, 12.0].into_dyn()).iter().all(|error| error.abs() < 0.01));
/// ```
#[track_caller]
pub fn hessian_vector(params: &[Tensor], vector: &[ArrayD<Real>], loss: impl Fn() -> Tensor) -> Vec<ArrayD<Real>> {
    assert_fit("hessian_vector", "vector", vector, params);
    let kept = Kept::new(params);
    let length = norm(vector.iter().map(|array| array.view()));
    if length == 0.0 {
        return vector.to_vec();
    }
    let h =
        ((Real::EPSILON as f64).cbrt() * (1.0 + norm(kept.values.iter().map(|array| array.view()))) / length) as Real;
    let gradient_at = |h: Real| -> Vec<ArrayD<Real>> {
        kept.move_along(&[(h, vector)]);
        params.iter().for_each(Tensor::zero_grad);
        loss().backward();
        params.iter().map(|param| param.grad().unwrap_or_else(|| ArrayD::zeros(param.shape()))).collect()
    };
    let (ahead, behind) = (gradient_at(h), gradient_at(-h));
    ahead.into_iter().zip(behind).map(|(ahead, behind)| (ahead - behind) / (2.0 * h)).collect()
}

/// The whole Hessian of the loss, n × n for n weights in the order of [`flatten`]: 2 n gradients of a
/// `loss` as [`hessian_vector`] needs it. After JupyterLab's stop button the matrix is NaN.
///
/// # Panics
///
/// When there are more than 5000 weights, and where [`backward`](Tensor::backward) does.
///
/// ```
/// use dl_interview::landscape::hessian;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![2.0]), Tensor::parameter(array![3.0])];
/// let h = hessian(&w, || (&w[0] * &w[1]).sum());
/// assert!((&h - &array![[0.0, 1.0], [1.0, 0.0]]).iter().all(|error| error.abs() < 0.001));
/// ```
#[track_caller]
pub fn hessian(params: &[Tensor], loss: impl Fn() -> Tensor) -> Array2<Real> {
    let n: usize = params.iter().map(Tensor::len).sum();
    assert!(
        n <= 5000,
        "hessian: {n} weights make a matrix of {n} × {n} numbers; lanczos() finds its extreme eigenvalues without it"
    );
    let (mut matrix, mut progress) = (Array2::from_elem((n, n), Real::NAN), Progress::new(n, 0.0, true));
    for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
        let mut unit = Array1::zeros(n);
        unit[i] = 1.0;
        row.assign(&flatten(&hessian_vector(params, &unflatten(&unit, params), &loss)));
        if is_interrupted() {
            progress
                .say_stopped(format!("row {} of {n}", i + 1), "the matrix is NaN, because the other rows are missing");
            break;
        }
        progress.line((i + 1) as f64, || format!("row {} of {n}", i + 1));
    }
    (&matrix + &matrix.t()) / 2.0
}

/// The eigenvalue of the Hessian that is largest in absolute value, and its eigenvector, by power iteration.
///
/// v ← H v / ‖H v‖ from a random v, λ = vᵀ H v; the error falls by |λ₂ / λ₁| (squared, in λ) per iteration. λ may be
/// negative. If it is positive, it is the *sharpness*: near a minimum, gradient descent is stable for η < 2 / λ. `loss`
/// is one as [`hessian_vector`] needs it. JupyterLab's stop button ends it with what was found until then.
///
/// Source: von Mises & Pollaczek-Geiringer 1929, "Praktische Verfahren der Gleichungsauflösung", ZAMM 9.
///
/// # Panics
///
/// When `iterations` is 0 or there are no weights, and where [`backward`](Tensor::backward) does.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::landscape::top_eigenvalue;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![1.0, 1.0])];
/// let scale = Tensor::new(array![0.5, 5.0]);
/// let (top, _) = top_eigenvalue(&w, 20, &mut rng(1), || (&w[0] * &w[0] * &scale).sum()); // H = diag(1, 10)
/// assert!((top - 10.0).abs() < 0.01);
/// ```
#[track_caller]
pub fn top_eigenvalue(
    params: &[Tensor],
    iterations: usize,
    rng: &mut impl rand::Rng,
    loss: impl Fn() -> Tensor,
) -> (Real, Vec<ArrayD<Real>>) {
    assert!(iterations > 0, "top_eigenvalue: 0 iterations find nothing; give 1 or more, such as 20");
    let mut v = random_unit("top_eigenvalue", params, rng);
    let mut top = 0.0;
    let mut progress = Progress::new(iterations, 0.0, true);
    for iteration in 1..=iterations {
        let product = times_hessian(params, &v, &loss);
        top = v.dot(&product);
        let length = product.dot(&product).sqrt();
        if length == 0.0 {
            break;
        }
        v = product / length;
        if is_interrupted() {
            progress.say_stopped(
                format!("iteration {iteration} of {iterations}"),
                "the eigenvalue found until then is kept",
            );
            break;
        }
        progress.line(iteration as f64, || format!("iteration {iteration} of {iterations} · eigenvalue {top:.4}"));
    }
    (top as Real, unflatten(&v.mapv(|x| x as Real), params))
}

/// Eigenvalues of the Hessian in ascending order, by `steps` steps of Lanczos' method: the first and the last are close
/// to its lowest and its highest, those between only stand for the bulk.
///
/// H is projected on the space of v, H v, H² v, …, where it is a small tridiagonal matrix; its eigenvalues are these.
/// Every new vector is made orthogonal to all before, twice, because rounding errors would bring found eigenvalues back
/// as ghosts. There are at most as many steps as weights. `loss` is one as [`hessian_vector`] needs it. JupyterLab's stop
/// button ends it with what was found until then.
///
/// Sources: Lanczos 1950, "An Iteration Method for the Solution of the Eigenvalue Problem of Linear Differential and
/// Integral Operators", Journal of Research of the National Bureau of Standards 45(4); Golub & Van Loan 2013, "Matrix
/// Computations", 4th edition, chapter 10.
///
/// # Panics
///
/// When `steps` is 0 or there are no weights, and where [`backward`](Tensor::backward) does.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::landscape::lanczos;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![1.0, 1.0, 1.0])];
/// let scale = Tensor::new(array![-1.0, 0.5, 5.0]);
/// let found = lanczos(&w, 3, &mut rng(1), || (&w[0] * &w[0] * &scale).sum()); // H = diag(−2, 1, 10)
/// assert!((found[0] + 2.0).abs() < 0.01 && (found[2] - 10.0).abs() < 0.01);
/// ```
#[track_caller]
pub fn lanczos(params: &[Tensor], steps: usize, rng: &mut impl rand::Rng, loss: impl Fn() -> Tensor) -> Array1<Real> {
    assert!(steps > 0, "lanczos: 0 steps find nothing; give 1 or more, such as 30");
    let mut basis = vec![random_unit("lanczos", params, rng)];
    let (mut diagonal, mut beside): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut progress = Progress::new(steps, 0.0, true);
    loop {
        let v = &basis[basis.len() - 1];
        let mut next = times_hessian(params, v, &loss);
        diagonal.push(v.dot(&next));
        for v in basis.iter().chain(&basis) {
            let along = v.dot(&next);
            next.scaled_add(-along, v);
        }
        let length = next.dot(&next).sqrt();
        let scale = diagonal.iter().chain(&beside).fold(0.0, |scale: f64, x| scale.max(x.abs()));
        if basis.len() == steps.min(next.len()) || length <= 1e-12 * scale {
            break;
        }
        if is_interrupted() {
            progress.say_stopped(format!("step {} of {steps}", basis.len()), "what was found until then is kept");
            break;
        }
        progress.line(basis.len() as f64, || format!("step {} of {steps}", basis.len()));
        beside.push(length);
        basis.push(next / length);
    }
    let tridiagonal = Array2::from_shape_fn((diagonal.len(), diagonal.len()), |(i, j)| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    jacobi(tridiagonal).into_iter().map(|x| x as Real).collect()
}

fn times_hessian(params: &[Tensor], v: &Array1<f64>, loss: &impl Fn() -> Tensor) -> Array1<f64> {
    let v = unflatten(&v.mapv(|x| x as Real), params);
    flatten(&hessian_vector(params, &v, loss)).mapv(|x| x as f64)
}

#[track_caller]
fn random_unit(function: &str, params: &[Tensor], rng: &mut impl rand::Rng) -> Array1<f64> {
    let n: usize = params.iter().map(Tensor::len).sum();
    assert!(n > 0, "{function}: there are no weights; give the parameters that the loss depends on");
    let normal = Normal::new(0.0, 1.0);
    let v = Array1::from_shape_simple_fn(n, || normal.sample(rng) as f64);
    let length = v.dot(&v).sqrt();
    v / length
}

#[cfg(test)]
mod tests {
    use super::super::eigenvalues;
    use super::*;
    use crate::random::rng;
    use ndarray::array;

    /// ½ wᵀ H w over a 2 × 2 matrix and a vector of 2.
    fn quadratic() -> ([Tensor; 2], Array2<Real>) {
        let params = [Tensor::parameter(array![[0.5, -1.0], [2.0, 0.3]]), Tensor::parameter(array![1.0, -0.7])];
        let factor = Array2::from_shape_fn((6, 6), |(i, j)| (1.3 * i as Real + 2.1 * j as Real).sin());
        let mut h = &factor + &factor.t();
        h.diag_mut().mapv_inplace(|x| x + 1.0);
        (params, h)
    }

    fn loss(params: &[Tensor; 2], h: &Array2<Real>) -> Tensor {
        let w = Tensor::concat(0, &[params[0].reshape(&[4]), params[1].clone()]).reshape(&[1, 6]);
        (w.matmul(&Tensor::new(h.clone())) * &w).sum() * 0.5
    }

    #[track_caller]
    fn assert_close<'a>(found: impl IntoIterator<Item = &'a Real>, expected: impl IntoIterator<Item = &'a Real>) {
        let tolerance = 20.0 * Real::EPSILON.powf(2.0 / 3.0);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < tolerance * (1.0 + expected.abs()), "{found} is not {expected}");
        }
    }

    #[test]
    fn the_product_with_a_known_hessian() {
        let (params, h) = quadratic();
        for v in [array![1.0, 0.0, 0.0, 0.0, 0.0, 0.0], array![10.0, -20.0, 30.0, 5.0, 0.0, 7.0]] {
            let product = hessian_vector(&params, &unflatten(&v, &params), || loss(&params, &h));
            assert_eq!(product[0].shape(), [2, 2]);
            assert_close(&flatten(&product), &h.dot(&v));
        }
        let zero = unflatten(&Array1::zeros(6), &params);
        assert_eq!(hessian_vector(&params, &zero, || loss(&params, &h)), zero);
        assert_close(&hessian(&params, || loss(&params, &h)), &h);
    }

    #[test]
    fn the_extreme_eigenvalues_of_a_known_hessian() {
        let (params, h) = quadratic();
        let expected = eigenvalues(&h);
        let found = lanczos(&params, 100, &mut rng(1), || loss(&params, &h));
        assert_eq!(found.len(), 6);
        assert_close(&found, &expected);
        let largest = expected.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
        let (top, v) = top_eigenvalue(&params, 60, &mut rng(2), || loss(&params, &h));
        assert_close([&top], [&largest]);
        let v = flatten(&v);
        assert_close(&h.dot(&v), &(&v * top)); // H v = λ v
    }

    #[test]
    fn few_steps_of_lanczos_find_both_ends_of_many_eigenvalues() {
        let n = 400;
        let w = [Tensor::parameter(Array1::ones(n))];
        let scale: Array1<Real> = (0..n).map(|i| if i == 7 { 40.0 } else { i as Real / n as Real - 0.2 }).collect();
        let half = Tensor::new(&scale / 2.0);
        let found = lanczos(&w, 25, &mut rng(1), || (&w[0] * &w[0] * &half).sum());
        assert_eq!(found.len(), 25);
        assert!((found[24] - 40.0).abs() < 0.01, "{found}");
        assert!((found[0] + 0.2).abs() < 0.02, "{found}");
        assert!(found[23] < 1.0, "a ghost of the highest: {found}");
    }

    #[test]
    fn weights_and_gradients_are_as_before() {
        let (params, h) = quadratic();
        let before = params.clone().map(|param| param.value());
        params[0].set_grad(array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
        lanczos(&params, 3, &mut rng(1), || loss(&params, &h));
        assert_eq!(params.clone().map(|param| param.value()), before);
        assert_eq!(params[0].grad(), Some(array![[1.0, 2.0], [3.0, 4.0]].into_dyn()));
        assert_eq!(params[1].grad(), None);
    }

    #[test]
    fn a_flat_loss_has_no_curvature() {
        let w = [Tensor::parameter(array![1.0, 2.0])];
        assert_eq!(top_eigenvalue(&w, 5, &mut rng(1), || w[0].sum()).0, 0.0);
        assert_eq!(lanczos(&w, 2, &mut rng(1), || w[0].sum()), array![0.0]);
    }

    #[test]
    #[should_panic(expected = "`vector` has the shapes [[3]], the parameters [[2]]")]
    fn a_vector_of_another_shape_is_refused() {
        let w = [Tensor::parameter(array![1.0, 2.0])];
        hessian_vector(&w, &[array![1.0, 2.0, 3.0].into_dyn()], || w[0].sum());
    }

    #[test]
    #[should_panic(expected = "there are no weights")]
    fn no_weights_are_refused() {
        lanczos(&[], 3, &mut rng(1), || Tensor::scalar(1.0));
    }
}
