//! What a gradient should be, from the definition of a derivative.

use dl_interview::tensor::{Real, Tensor, no_grad};
use ndarray::{ArrayD, Dimension, IxDyn};

/// Half the distance of the two points, and how far a gradient may be off, relative to its size.
///
/// The error of (f(x + h) − f(x − h)) / 2h is about h² from the curvature and ε/h from rounding. In `f32` that leaves two
/// digits: enough to see a wrong sign or factor; what is almost right, only the feature `f64` tells from what is right.
const STEP: Real = if size_of::<Real>() == 8 { 1e-5 } else { 1e-2 };
const TOLERANCE: f64 = if size_of::<Real>() == 8 { 1e-6 } else { 3e-2 };

/// Numbers for a test: none near 0, no two close to each other, of both signs.
pub fn numbers(shape: &[usize], seed: usize) -> ArrayD<Real> {
    let mut k = 17 * seed;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        k += 1;
        let golden = (k as f64 * 0.618_033_988_749_895).fract(); // as far from its predecessors as can be
        let sign = if k.is_multiple_of(3) { -1.0 } else { 1.0 };
        (sign * (0.31 + 1.37 * golden)) as Real
    })
}

/// The same, but above 0.
pub fn positive(shape: &[usize], seed: usize) -> ArrayD<Real> {
    numbers(shape, seed).mapv(Real::abs)
}

/// Panics unless `f` has, at `inputs`, the gradients that central differences say.
#[track_caller]
pub fn check(what: &str, inputs: &[ArrayD<Real>], f: impl Fn(&[Tensor]) -> Tensor) {
    if let Err(difference) = compare(inputs, f) {
        panic!("{what}: {difference}");
    }
}

/// The first gradient that is not that of Σ wᵢ fᵢ(inputs), with weights w that are all different: with equal ones, errors
/// that cancel in the sum would stay hidden.
pub fn compare(inputs: &[ArrayD<Real>], f: impl Fn(&[Tensor]) -> Tensor) -> Result<(), String> {
    let parameters: Vec<Tensor> = inputs.iter().cloned().map(Tensor::parameter).collect();
    let result = f(&parameters);
    let weights = numbers(&result.shape(), 3);
    result.backward_from(weights.clone());
    let total = |inputs: &[Tensor]| -> f64 {
        let values = no_grad(|| f(inputs)).value();
        values.iter().zip(&weights).map(|(&y, &w)| y as f64 * w as f64).sum()
    };
    for (i, (parameter, input)) in parameters.iter().zip(inputs).enumerate() {
        let gradient = parameter.grad().ok_or(format!("input {i} got no gradient"))?;
        for (index, &x) in input.indexed_iter() {
            let at = |x: Real| {
                let mut moved: Vec<Tensor> = inputs.iter().cloned().map(Tensor::new).collect();
                let mut input = input.clone();
                input[&index] = x;
                moved[i] = Tensor::new(input);
                total(&moved)
            };
            let (below, above) = (x - STEP, x + STEP);
            let expected = (at(above) - at(below)) / (above as f64 - below as f64);
            let found = gradient[&index] as f64;
            let error = (found - expected).abs() / expected.abs().max(found.abs()).max(0.05);
            if error.is_nan() || error > TOLERANCE {
                return Err(format!(
                    "input {i} at {:?}: {found} is not {expected} (relative error {error:.1e})",
                    index.slice()
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn a_wrong_gradient_is_noticed() {
    let x = [numbers(&[2, 3], 1)];
    assert!(compare(&x, |x| &x[0] * &x[0]).is_ok());
    // Half the gradient, none at all for one of two inputs, and one that is wrong by 0.01 %.
    let half = compare(&x, |x| &x[0] * &x[0].detach()).unwrap_err();
    assert!(half.contains("input 0 at"), "{half}");
    let two = [numbers(&[2], 1), numbers(&[2], 2)];
    let missing = compare(&two, |x| &x[0] * &x[1].detach()).unwrap_err();
    assert_eq!(missing, "input 1 got no gradient");
    if size_of::<Real>() == 8 {
        let small = compare(&x, |x| x[0].affine(1.0, 0.0) + x[0].detach().affine(1e-4, 0.0));
        assert!(small.is_err());
    }
    // One wrong element among right ones.
    let mask = Tensor::new(ndarray::array![[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]);
    let one = compare(&x, |x| mask.where_else(&x[0], &x[0].detach())).unwrap_err();
    assert!(one.contains("[1, 1]"), "{one}");
}
