//! Walks over a test function, and the view from above.

use ndarray::{Array1, Array2};
use rand::distr::Distribution;

use super::TestFunction;
use crate::optim::Optimizer;
use crate::random::Normal;
use crate::tensor::{Real, Tensor};

/// Where a walk went: the start and the point after each step, with the function's values there.
///
/// ```
/// use dl_interview::landscape::{TestFunction, Trajectory, trajectory};
/// use dl_interview::optim::Optimizer;
///
/// let walk: Trajectory = trajectory(&TestFunction::bowl(4.0), &[1.0, 1.0], &Optimizer::sgd(0.25), 10);
/// assert_eq!(walk.points.shape(), [11, 2]);
/// assert_eq!(walk.points[[1, 1]], 0.0); // η = 1 / λ: the steep axis is done with in one step
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// The points, (steps + 1) × dimensions; the first row is the start.
    pub points: Array2<Real>,
    /// The value at each point.
    pub values: Vec<Real>,
}

/// Lets `optimizer` walk over `function` from `start`, `steps` steps along its gradient.
///
/// The optimizer itself is not changed: a clone does the walk. Where it diverges, the numbers grow to ∞.
///
/// # Panics
///
/// When `start` has not as many numbers as the function has dimensions.
///
/// ```
/// use dl_interview::landscape::{TestFunction, trajectory};
/// use dl_interview::optim::Optimizer;
///
/// let walk = trajectory(&TestFunction::rosenbrock(), &[-1.0, 1.0], &Optimizer::adam(0.05), 2000);
/// assert!(*walk.values.last().unwrap() < 1e-3);
/// ```
#[track_caller]
pub fn trajectory(function: &TestFunction, start: &[Real], optimizer: &Optimizer, steps: usize) -> Trajectory {
    let mut optimizer = optimizer.clone();
    let params = [Tensor::parameter(Array1::from(start.to_vec()))];
    walk(function, start, steps, |point, _| {
        params[0].set_grad(function.gradient(point).into_dyn());
        optimizer.step(&params);
        params[0].with_value(|value| point.iter_mut().zip(value.iter()).for_each(|(x, &new)| *x = new));
    })
}

/// Annealed Langevin dynamics: x ← x − η ∇f + √(2 η T) ξ with ξ ~ 𝒩(0, 1), the temperature T falling from `temperature`
/// to 0 in a straight line.
///
/// At a constant T it would draw from the density ∝ exp(−f / T), most of it in the lowest well. That it ends there is
/// guaranteed (Geman & Hwang 1986) only if it is cooled for ever and ever more slowly, T ∝ 1 / ln t; the straight line has
/// no such guarantee, but often does well enough.
///
/// Sources: Kirkpatrick, Gelatt & Vecchi 1983, "Optimization by Simulated Annealing", Science 220; Geman & Hwang 1986,
/// "Diffusions for Global Optimization", SIAM Journal on Control and Optimization 24(5).
///
/// # Panics
///
/// When `start` does not fit the function, or `rate` or `temperature` is negative or not finite.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::landscape::{TestFunction, anneal};
///
/// let f = TestFunction::double_well(0.2);
/// let walk = anneal(&f, &[0.88], 0.05, 0.2, 2000, &mut rng(1)); // starts in the wrong well
/// assert!(walk.points[[2000, 0]] < 0.0);
/// ```
#[track_caller]
pub fn anneal(
    function: &TestFunction,
    start: &[Real],
    rate: Real,
    temperature: Real,
    steps: usize,
    rng: &mut impl rand::Rng,
) -> Trajectory {
    assert!(
        rate >= 0.0 && rate.is_finite() && temperature >= 0.0 && temperature.is_finite(),
        "anneal: rate {rate} and temperature {temperature} must both be finite and at least 0"
    );
    let normal = Normal::new(0.0, 1.0);
    walk(function, start, steps, |point, step| {
        let gradient = function.gradient(point);
        let now = temperature * (1.0 - step as Real / steps as Real);
        let shake = (2.0 * rate * now).sqrt();
        for (x, g) in point.iter_mut().zip(gradient) {
            *x += shake * normal.sample(rng) - rate * g;
        }
    })
}

#[track_caller]
fn walk(
    function: &TestFunction,
    start: &[Real],
    steps: usize,
    mut advance: impl FnMut(&mut [Real], usize),
) -> Trajectory {
    let mut point = start.to_vec();
    let mut points = Array2::zeros((steps + 1, start.len()));
    let mut values = Vec::with_capacity(steps + 1);
    for step in 0..=steps {
        values.push(function.value(&point));
        points.row_mut(step).assign(&Array1::from(point.clone()));
        if step < steps {
            advance(&mut point, step);
        }
    }
    Trajectory { points, values }
}

/// The values of a function of two numbers on a grid of `n` × `n` points: `grid[[i, j]]` is f(xⱼ, yᵢ).
///
/// Columns run through `xs.0..=xs.1`, rows through `ys.0..=ys.1`, both evenly.
///
/// # Panics
///
/// When the function is not one of two numbers, `n` < 2, or a range is not finite.
///
/// ```
/// use dl_interview::landscape::{TestFunction, surface};
/// use ndarray::array;
///
/// let grid = surface(&TestFunction::saddle(), (0.0, 2.0), (0.0, 1.0), 2);
/// assert_eq!(grid, array![[0.0, 4.0], [-1.0, 3.0]]);
/// ```
#[track_caller]
pub fn surface(function: &TestFunction, xs: (Real, Real), ys: (Real, Real), n: usize) -> Array2<Real> {
    assert!(
        function.dimensions() == 2 && n >= 2 && [xs.0, xs.1, ys.0, ys.1].iter().all(|x| x.is_finite()),
        "surface: cannot draw {function}, a function of {}, over {xs:?} × {ys:?} with {n} points a side; it takes a \
         function of two numbers, finite ranges and at least 2 points",
        function.dimensions()
    );
    let at = |(from, to): (Real, Real), i: usize| from + (to - from) * i as Real / (n - 1) as Real;
    Array2::from_shape_fn((n, n), |(i, j)| function.value(&[at(xs, j), at(ys, i)]))
}

#[cfg(test)]
mod tests {
    use super::super::eigenvalues;
    use super::*;
    use crate::random::rng;
    use ndarray::array;

    /// Steps until the value is 10⁻¹² of that at the start.
    fn iterations(f: &TestFunction, start: &[Real], optimizer: &Optimizer, limit: usize) -> usize {
        let walk = trajectory(f, start, optimizer, limit);
        walk.values.iter().position(|&value| value < 1e-12 * walk.values[0]).unwrap_or(limit)
    }

    #[test]
    fn descent_on_a_quadratic_is_stable_exactly_below_two_over_the_highest_curvature() {
        let hessian = array![[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]];
        let top = eigenvalues(&hessian)[2];
        let f = TestFunction::quadratic(hessian);
        let end = |rate: Real| {
            let walk = trajectory(&f, &[1.0, 1.0, 1.0], &Optimizer::sgd(rate), 2000);
            walk.values[2000] / walk.values[1000]
        };
        assert!(end(1.99 / top) < 1e-6);
        assert!(end(2.01 / top) > 1e6);
        let walk = trajectory(&TestFunction::bowl(4.0), &[0.0, 1.0], &Optimizer::sgd(0.4), 5);
        for step in 0..5 {
            let factor = walk.points[[step + 1, 1]] / walk.points[[step, 1]]; // 1 − η λ = 1 − 0.4 · 4
            assert!((factor + 0.6).abs() < 1e-5, "{factor}");
        }
    }

    #[test]
    fn momentum_needs_far_fewer_steps_in_a_ravine() {
        let kappa: Real = 1000.0;
        let f = TestFunction::bowl(kappa);
        let start = [1.0, 0.3];
        let plain = iterations(&f, &start, &Optimizer::sgd(2.0 / (1.0 + kappa)), 20_000);
        // Polyak's optimal rate and momentum for eigenvalues 1 … κ.
        let root = kappa.sqrt();
        let heavy = Optimizer::sgd(4.0 / (1.0 + root).powi(2)).momentum(((root - 1.0) / (root + 1.0)).powi(2));
        let heavy = iterations(&f, &start, &heavy, 20_000);
        assert!(plain > 5000 && plain < 20_000, "{plain}");
        assert!(5 * heavy < plain, "{heavy} against {plain}");
    }

    #[test]
    fn only_noise_leaves_the_wrong_well_reliably() {
        let f = TestFunction::double_well(0.2);
        let mut rng = rng(1);
        let share = |end: &mut dyn FnMut(&[Real]) -> Real| {
            (0..400).filter(|i| end(&[0.6 + 0.6 * *i as Real / 400.0]) < 0.0).count() as f64 / 400.0
        };
        let plain = share(&mut |start| trajectory(&f, start, &Optimizer::sgd(0.05), 500).points[[500, 0]]);
        assert_eq!(plain, 0.0);
        for temperature in [0.1, 0.2] {
            let annealed = share(&mut |start| anneal(&f, start, 0.05, temperature, 2000, &mut rng).points[[2000, 0]]);
            assert!(annealed > 0.7, "{annealed} at {temperature}");
        }
    }

    #[test]
    fn at_no_temperature_annealing_is_descent() {
        let f = TestFunction::himmelblau();
        let cold = anneal(&f, &[1.0, 1.0], 0.01, 0.0, 50, &mut rng(1));
        assert_eq!(cold, trajectory(&f, &[1.0, 1.0], &Optimizer::sgd(0.01), 50));
    }

    #[test]
    fn the_noise_has_the_variance_of_its_temperature() {
        // On x²/2 the density ∝ exp(−x²/2T) has variance T; here T falls, so one step from 0 is looked at: 2 η T.
        let (f, mut rng) = (TestFunction::quadratic(array![[1.0]]), rng(1));
        let n = 20_000;
        let square = |x: Real| x as f64 * x as f64;
        let mean =
            (0..n).map(|_| square(anneal(&f, &[0.0], 0.1, 0.5, 1, &mut rng).points[[1, 0]])).sum::<f64>() / n as f64;
        assert!((mean - 0.1).abs() < 0.005, "{mean}"); // five standard errors
    }

    #[test]
    fn cooled_down_it_comes_to_rest() {
        let (f, mut rng) = (TestFunction::bowl(1.0), rng(1));
        let ends = (0..50).map(|_| anneal(&f, &[1.0, 1.0], 0.1, 0.5, 1000, &mut rng).values[1000]);
        let mean = ends.sum::<Real>() / 50.0; // at a constant temperature T of 0.5 it would be T
        assert!(mean < 0.02, "{mean}");
    }

    #[test]
    fn a_fifth_of_the_starts_on_the_rugged_function_find_its_minimum() {
        let f = TestFunction::rugged();
        let lowest = f.minima()[0][0];
        let found = (0..500).filter(|i| {
            let walk = trajectory(&f, &[*i as Real / 50.0 - 5.0], &Optimizer::sgd(0.05), 300);
            (walk.points[[300, 0]] - lowest).abs() < 0.01
        });
        let share = found.count() as f64 / 500.0;
        assert!((share - 0.211).abs() < 0.005, "{share}");
    }

    #[test]
    fn a_walk_leaves_the_optimizer_alone() {
        let optimizer = Optimizer::adam(0.1);
        let walk = || trajectory(&TestFunction::beale(), &[1.0, 1.0], &optimizer, 20);
        assert_eq!(walk(), walk());
        assert_eq!(optimizer.steps(), 0);
        assert_eq!(trajectory(&TestFunction::beale(), &[1.0, 1.0], &optimizer, 0).points, array![[1.0, 1.0]]);
    }

    #[test]
    #[should_panic(expected = "has 1 numbers, but Beale is a function of 2")]
    fn a_start_of_another_dimension_is_refused() {
        trajectory(&TestFunction::beale(), &[1.0], &Optimizer::sgd(0.1), 3);
    }

    #[test]
    #[should_panic(expected = "temperature -1")]
    fn a_negative_temperature_is_refused() {
        anneal(&TestFunction::double_well(0.2), &[1.0], 0.1, -1.0, 3, &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "it takes a function of two numbers")]
    fn a_surface_over_one_number_is_refused() {
        surface(&TestFunction::rugged(), (0.0, 1.0), (0.0, 1.0), 5);
    }
}
