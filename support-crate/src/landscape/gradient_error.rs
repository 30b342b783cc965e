//! The gradient of backward against the definition of a derivative.

use super::weights::Kept;
use crate::tensor::{Real, Tensor, no_grad};

/// How far the gradients that [`backward`](Tensor::backward) leaves are from central differences of the loss,
/// (L(w + h) − L(w − h)) / 2h for each number w of each parameter: the largest relative error.
///
/// Within a parameter errors are relative to its largest slope (at least a thousandth of the largest slope of all, so that
/// the noise around a slope of 0 does not count as an error). A right gradient gives about 10⁻³ to 10⁻² in `f32`, where
/// little is left of the difference of two near losses, and below 10⁻⁶ in `f64`, which is why tests of gradients use it; a
/// wrong sign gives 2, a missing gradient 1.
///
/// The step is h = ε^⅓ max(1, |w|), with ε the precision of the numbers. A loss with kinks, as of ReLU, may have one
/// between the two points; a loss that draws random numbers, as dropout does, has no difference to speak of. It takes two
/// passes forth for every number: for small nets. Weights and gradients are afterwards what they were.
///
/// # Panics
///
/// Where [`backward`](Tensor::backward) does, or when the loss is not a scalar.
///
/// ```
/// use dl_interview::landscape::gradient_error;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![1.0, -2.0])];
/// assert!(gradient_error(&w, || (&w[0] * &w[0]).sum()) < 0.01);
/// assert!(gradient_error(&w, || (&w[0] * &w[0].detach()).sum()) > 0.4); // one of two factors counts as a constant
/// ```
#[track_caller]
pub fn gradient_error(params: &[Tensor], loss: impl Fn() -> Tensor) -> Real {
    let kept = Kept::new(params);
    params.iter().for_each(Tensor::zero_grad);
    loss().backward();
    let step = (Real::EPSILON as f64).cbrt() as Real;
    let put = |param: &Tensor, i: usize, w: Real| {
        param.update(|mut values| *values.iter_mut().nth(i).expect("as many as the parameter has") = w);
    };
    let at = |param: &Tensor, i: usize, w: Real| -> f64 {
        put(param, i, w);
        no_grad(|| loss().item()) as f64
    };
    // Of each parameter: its largest slope, and its largest error.
    let compare = |(param, values): (&Tensor, &ndarray::ArrayD<Real>)| -> (f64, f64) {
        let grad = param.grad().unwrap_or_else(|| ndarray::ArrayD::zeros(values.raw_dim()));
        let (mut slope, mut error) = (0.0, 0.0);
        for (i, (&w, &found)) in values.iter().zip(&grad).enumerate() {
            let (above, below) = (w + step * w.abs().max(1.0), w - step * w.abs().max(1.0));
            let expected = (at(param, i, above) - at(param, i, below)) / (above as f64 - below as f64);
            put(param, i, w);
            slope = larger(slope, larger(expected.abs(), (found as f64).abs()));
            error = larger(error, (found as f64 - expected).abs());
        }
        (slope, error)
    };
    let compared: Vec<(f64, f64)> = params.iter().zip(&kept.values).map(compare).collect();
    let floor = 1e-3 * compared.iter().fold(0.0, |largest, &(slope, _)| larger(largest, slope));
    let relative = |&(slope, error): &(f64, f64)| if error == 0.0 { 0.0 } else { error / larger(slope, floor) };
    compared.iter().map(relative).fold(0.0, larger) as Real
}

/// NaN if one of them is, unlike `f64::max`, which would hide it.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rng;
    use crate::nn::{Layer, Loss, Net};
    use ndarray::{Array1, Array2, array};

    const RIGHT: Real = if size_of::<Real>() == 8 { 1e-6 } else { 1e-2 };

    #[test]
    fn a_net_has_the_right_gradient_and_keeps_what_it_had() {
        let mut rng = rng(1);
        let net = Net::new(vec![Layer::linear(4, 8, &mut rng), Layer::tanh(), Layer::linear(8, 3, &mut rng)]);
        let x = Tensor::new(Array2::from_shape_fn((10, 4), |(i, j)| ((i * 7 + j * 3) % 11) as Real / 5.0 - 1.0));
        let labels = Array1::from_iter((0..10).map(|i| i % 3));
        let params = net.parameters();
        params[1].set_grad(params[1].value() + 5.0);
        let (state, grad) = (net.state(), params[1].grad());
        let error = gradient_error(&params, || Loss::cross_entropy().of(&net.forward(&x), &labels));
        assert!(error > 0.0 && error < RIGHT, "{error}");
        assert_eq!(net.state(), state);
        assert_eq!(params[1].grad(), grad);
        assert!(params[0].grad().is_none());
    }

    #[test]
    fn errors_of_any_parameter_are_told() {
        let w = [Tensor::parameter(array![[1.0, -2.0], [0.5, 3.0]]), Tensor::parameter(array![2.0])];
        let error = |loss: &dyn Fn() -> Tensor| gradient_error(&w, loss) as f64;
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 0.01, "{found}, not {expected}");
        near(error(&|| (&w[0] * &w[1]).sum()), 0.0);
        // No gradient for the second; the wrong sign for it; 3 % too much for one element of the first.
        near(error(&|| w[0].sum() + w[1].detach().powf(2.0).sum()), 1.0);
        near(error(&|| w[0].sum() + w[1].detach().sum() * 2.0 - w[1].sum()), 2.0);
        let mask = Tensor::new(array![[0.0, 0.0], [0.0, 0.03]]);
        near(error(&|| (&w[0] + &mask * (&w[0] - w[0].detach())).sum() + w[1].sum()), 0.03 / 1.03);
        // A loss that does not depend on a parameter.
        near(error(&|| (&w[0] * &w[0]).sum()), 0.0);
        assert!(error(&|| w[0].sum() * Real::NAN).is_nan());
    }
}
