//! What the test functions are worth where: values, gradients, minima.

use std::f64::consts::TAU;

use ndarray::{Array1, Array2, array};

use super::TestFunction;
use super::test_function::Kind;
use crate::tensor::Real;

impl TestFunction {
    /// Of how many numbers it is a function.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::double_well(0.2).dimensions(), 1);
    /// ```
    pub fn dimensions(&self) -> usize {
        match &self.0 {
            Kind::Quadratic { hessian } => hessian.nrows(),
            Kind::Rastrigin { dimensions } => *dimensions,
            Kind::DoubleWell { .. } | Kind::Rugged => 1,
            Kind::Rosenbrock | Kind::Beale | Kind::Himmelblau | Kind::Saddle => 2,
        }
    }

    /// Its value at `point`.
    ///
    /// # Panics
    ///
    /// When `point` has not as many numbers as the function has dimensions.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::saddle().value(&[3.0, 1.0]), 8.0);
    /// ```
    #[track_caller]
    pub fn value(&self, point: &[Real]) -> Real {
        let p = self.checked("value", point);
        let value = match (&self.0, &p[..]) {
            (Kind::Quadratic { .. }, _) => p.iter().zip(self.slope(&p)).map(|(x, g)| x * g).sum::<f64>() / 2.0,
            (Kind::Rosenbrock, &[x, y]) => (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2),
            (Kind::Beale, &[x, y]) => beale_terms(x, y).iter().map(|term| term * term).sum(),
            (Kind::Himmelblau, &[x, y]) => (x * x + y - 11.0).powi(2) + (x + y * y - 7.0).powi(2),
            (Kind::Saddle, &[x, y]) => x * x - y * y,
            (Kind::Rastrigin { .. }, _) => p.iter().map(|x| x * x + 10.0 - 10.0 * (TAU * x).cos()).sum(),
            (Kind::DoubleWell { tilt }, &[x]) => x.powi(4) / 4.0 - x * x / 2.0 + *tilt as f64 * x,
            (Kind::Rugged, &[x]) => x * x / 20.0 + (3.0 * x).sin(),
            _ => unreachable!("the number of dimensions was checked"),
        };
        value as Real
    }

    /// Its gradient at `point`.
    ///
    /// # Panics
    ///
    /// When `point` has not as many numbers as the function has dimensions.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    /// use ndarray::array;
    ///
    /// assert_eq!(TestFunction::saddle().gradient(&[3.0, 1.0]), array![6.0, -2.0]);
    /// ```
    #[track_caller]
    pub fn gradient(&self, point: &[Real]) -> Array1<Real> {
        let p = self.checked("gradient", point);
        self.slope(&p).into_iter().map(|g| g as Real).collect()
    }

    fn slope(&self, p: &[f64]) -> Vec<f64> {
        match (&self.0, p) {
            (Kind::Quadratic { hessian }, _) => {
                hessian.rows().into_iter().map(|row| row.iter().zip(p).map(|(&h, x)| h as f64 * x).sum()).collect()
            }
            (Kind::Rosenbrock, &[x, y]) => {
                vec![-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]
            }
            (Kind::Beale, &[x, y]) => {
                let [a, b, c] = beale_terms(x, y);
                vec![
                    2.0 * (a * (y - 1.0) + b * (y * y - 1.0) + c * (y.powi(3) - 1.0)),
                    2.0 * x * (a + 2.0 * y * b + 3.0 * y * y * c),
                ]
            }
            (Kind::Himmelblau, &[x, y]) => {
                let (a, b) = (x * x + y - 11.0, x + y * y - 7.0);
                vec![4.0 * x * a + 2.0 * b, 2.0 * a + 4.0 * y * b]
            }
            (Kind::Saddle, &[x, y]) => vec![2.0 * x, -2.0 * y],
            (Kind::Rastrigin { .. }, _) => p.iter().map(|x| 2.0 * x + 10.0 * TAU * (TAU * x).sin()).collect(),
            (Kind::DoubleWell { tilt }, &[x]) => vec![x.powi(3) - x + *tilt as f64],
            (Kind::Rugged, &[x]) => vec![x / 10.0 + 3.0 * (3.0 * x).cos()],
            _ => unreachable!("the number of dimensions was checked"),
        }
    }

    /// The second derivatives at `point`, n × n, by central differences of the gradient in `f64`.
    ///
    /// Where the gradient vanishes, the signs of its [`eigenvalues`](super::eigenvalues()) tell what the place is: all
    /// positive, a minimum; all negative, a maximum; both, a saddle point.
    ///
    /// # Panics
    ///
    /// When `point` has not as many numbers as the function has dimensions.
    ///
    /// ```
    /// use dl_interview::landscape::{TestFunction, eigenvalues};
    ///
    /// let curvatures = eigenvalues(&TestFunction::saddle().hessian(&[0.0, 0.0]));
    /// assert!((curvatures[0] + 2.0).abs() < 1e-6 && (curvatures[1] - 2.0).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn hessian(&self, point: &[Real]) -> Array2<Real> {
        let p = self.checked("hessian", point);
        let mut matrix = Array2::zeros((p.len(), p.len()));
        for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
            let h = f64::EPSILON.cbrt() * (1.0 + p[i].abs());
            let slope_at = |x: f64| {
                let mut p = p.clone();
                p[i] = x;
                Array1::from(self.slope(&p))
            };
            row.assign(&((slope_at(p[i] + h) - slope_at(p[i] - h)) / (2.0 * h)));
        }
        ((&matrix + &matrix.t()) / 2.0).mapv(|x: f64| x as Real)
    }

    /// Where it is lowest: all points that share the lowest value; none if it has no lower bound.
    ///
    /// A quadratic whose H is singular, flat along a line or a plane, has infinitely many; the origin is given as one of
    /// them. An eigenvalue above −10⁻⁶ times the largest counts as 0, since rounding alone can make it as low.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    /// use ndarray::array;
    ///
    /// assert_eq!(TestFunction::beale().minima(), [array![3.0, 0.5]]);
    /// ```
    pub fn minima(&self) -> Vec<Array1<Real>> {
        match &self.0 {
            Kind::Quadratic { hessian } if has_no_lower_bound(hessian) => vec![],
            Kind::Quadratic { .. } | Kind::Rastrigin { .. } => vec![Array1::zeros(self.dimensions())],
            Kind::Rosenbrock => vec![array![1.0, 1.0]],
            Kind::Beale => vec![array![3.0, 0.5]],
            Kind::Himmelblau => [
                [3.0, 2.0],
                [-2.805_118_086_952_745, 3.131_312_518_250_573],
                [-3.779_310_253_377_747, -3.283_185_991_286_17],
                [3.584_428_340_330_492, -1.848_126_526_964_404],
            ]
            .map(|point: [f64; 2]| array![point[0] as Real, point[1] as Real])
            .into(),
            Kind::Saddle => vec![],
            Kind::DoubleWell { tilt: 0.0 } => vec![array![-1.0], array![1.0]],
            Kind::DoubleWell { tilt } => {
                // Newton's method on x³ − x + tilt = 0, downhill from outside of the deeper well.
                let tilt = *tilt as f64;
                let mut x = -tilt.signum() * (1.5 + tilt.abs());
                for _ in 0..100 {
                    x -= (x.powi(3) - x + tilt) / (3.0 * x * x - 1.0);
                }
                vec![array![x as Real]]
            }
            Kind::Rugged => vec![array![-0.517_844_660_267_246_8_f64 as Real]],
        }
    }

    #[track_caller]
    fn checked(&self, method: &str, point: &[Real]) -> Vec<f64> {
        assert!(
            point.len() == self.dimensions(),
            "{method}: the point {point:?} has {} numbers, but {self} is a function of {}",
            point.len(),
            self.dimensions()
        );
        point.iter().map(|&x| x as f64).collect()
    }
}

fn has_no_lower_bound(hessian: &Array2<Real>) -> bool {
    let found = super::eigenvalues(hessian);
    found[0] < -1e-6 * found[found.len() - 1].abs()
}

fn beale_terms(x: f64, y: f64) -> [f64; 3] {
    [1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y.powi(3)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<TestFunction> {
        vec![
            TestFunction::quadratic(array![[2.0, 1.0, 0.0], [1.0, 3.0, -0.5], [0.0, -0.5, 1.0]]),
            TestFunction::bowl(100.0),
            TestFunction::rotated_bowl(30.0, 0.7),
            TestFunction::rosenbrock(),
            TestFunction::beale(),
            TestFunction::himmelblau(),
            TestFunction::rastrigin(4),
            TestFunction::saddle(),
            TestFunction::double_well(0.2),
            TestFunction::double_well(-0.1),
            TestFunction::double_well(0.0),
            TestFunction::rugged(),
        ]
    }

    #[test]
    fn gradients_against_central_differences() {
        let h = Real::EPSILON.cbrt();
        for f in all() {
            for k in 0..10 {
                let point: Vec<Real> =
                    (0..f.dimensions()).map(|i| 1.5 * (0.7 + 1.9 * k as Real + 2.3 * i as Real).sin()).collect();
                let gradient = f.gradient(&point);
                for (i, &g) in gradient.iter().enumerate() {
                    let at = |shift: Real| {
                        let mut point = point.clone();
                        point[i] += shift;
                        (f.value(&point) as f64, point[i] as f64)
                    };
                    let ((ahead, right), (behind, left)) = (at(h), at(-h));
                    let difference = (ahead - behind) / (right - left);
                    // What rounding the values costs, and what the third derivative does.
                    let tolerance = 300.0 * (h * h) as f64 * (1.0 + ahead.abs());
                    let error = (g as f64 - difference).abs();
                    assert!(error < tolerance, "{f} at {point:?}, {i}: {g} is not {difference}");
                }
            }
        }
    }

    #[test]
    fn the_gradient_vanishes_at_the_minima_and_the_values_rise_around() {
        for f in all() {
            let minima = f.minima();
            for point in &minima {
                let at = |point: &Array1<Real>| f.value(point.as_slice().unwrap());
                let slope = f.gradient(point.as_slice().unwrap()).mapv(Real::abs).sum();
                assert!(slope < 500.0 * Real::EPSILON, "{f} at {point}: {slope}");
                assert!((at(point) - at(&minima[0])).abs() < 1e-9);
                for k in 0..20 {
                    let away: Array1<Real> =
                        (0..f.dimensions()).map(|i| 0.05 * (1.1 * k as Real + 2.0 * i as Real).cos()).collect();
                    assert!(at(&(point + &away)) > at(point), "{f} at {point} + {away}");
                }
            }
        }
    }

    #[test]
    fn the_known_values() {
        let lowest = |f: &TestFunction| f.value(f.minima()[0].as_slice().unwrap());
        for f in
            [TestFunction::rosenbrock(), TestFunction::beale(), TestFunction::himmelblau(), TestFunction::rastrigin(2)]
        {
            assert!(lowest(&f).abs() < 1e-10, "{f}");
        }
        assert!((lowest(&TestFunction::rugged()) + 0.986_442_9).abs() < 1e-6);
        // No point of a fine grid is lower.
        for f in [TestFunction::rugged(), TestFunction::double_well(0.2), TestFunction::double_well(-0.3)] {
            let grid = (-6000..6000).map(|i| f.value(&[i as Real / 1000.0]));
            assert!(grid.fold(Real::INFINITY, Real::min) >= lowest(&f) - 1e-6, "{f}");
        }
        assert_eq!(TestFunction::himmelblau().value(&[0.0, 0.0]), 170.0);
        assert!((TestFunction::rastrigin(2).value(&[1.0, 0.5]) - 21.25).abs() < 1e-5); // 1 + (0.25 + 10 + 10)
        assert!(TestFunction::quadratic(array![[-1.0]]).minima().is_empty());
    }

    #[test]
    fn a_flat_direction_is_no_way_down() {
        for i in 1..50 {
            let v = array![0.1 * i as Real, (i as Real).sqrt(), 1.0 / i as Real];
            // v vᵀ: 0 across v, but for rounding.
            let f = TestFunction::quadratic(Array2::from_shape_fn((3, 3), |(i, j)| v[i] * v[j]));
            assert_eq!(f.minima(), [array![0.0, 0.0, 0.0]], "{v}");
        }
        assert_eq!(TestFunction::quadratic(array![[0.0]]).minima(), [array![0.0]]);
        assert!(TestFunction::quadratic(array![[1.0, 0.0], [0.0, -1e-4]]).minima().is_empty());
        assert!(TestFunction::quadratic(array![[-2.0, 0.0], [0.0, -1.0]]).minima().is_empty());
    }

    #[test]
    fn second_derivatives_by_hand() {
        let close = |f: TestFunction, point: &[Real], expected: Array2<f64>| {
            let error = f.hessian(point).mapv(|x| x as f64) - &expected;
            let scale = expected.iter().fold(1.0, |scale: f64, x| scale.max(x.abs()));
            assert!(error.iter().all(|e| e.abs() < 1e-6 * scale), "{f} at {point:?}: {error}");
        };
        let h = array![[2.0, 1.0, 0.0], [1.0, 3.0, -0.5], [0.0, -0.5, 1.0]];
        close(TestFunction::quadratic(h.clone()), &[3.0, -1.0, 100.0], h.mapv(|x| x as f64));
        // 2 + 1200 x² − 400 y, −400 x, 200
        close(TestFunction::rosenbrock(), &[1.0, 1.0], array![[802.0, -400.0], [-400.0, 200.0]]);
        close(TestFunction::rosenbrock(), &[-2.0, 3.0], array![[3602.0, 800.0], [800.0, 200.0]]);
        // 12 x² + 4 y − 42, 4 (x + y), 12 y² + 4 x − 26
        close(TestFunction::himmelblau(), &[3.0, 2.0], array![[74.0, 20.0], [20.0, 34.0]]);
        close(TestFunction::double_well(0.2), &[2.0], array![[11.0]]);
        close(
            TestFunction::rastrigin(2),
            &[0.0, 0.5],
            array![[2.0 + 10.0 * TAU * TAU, 0.0], [0.0, 2.0 - 10.0 * TAU * TAU]],
        );
    }

    #[test]
    fn all_curvatures_are_positive_at_the_minima_only() {
        let lowest = |f: &TestFunction, point: &[Real]| super::super::eigenvalues(&f.hessian(point))[0];
        for f in all() {
            for point in f.minima() {
                assert!(lowest(&f, point.as_slice().unwrap()) > 0.1, "{f} at {point}");
            }
        }
        let f = TestFunction::himmelblau();
        for point in [[-0.270_845, -0.923_039], [0.086_678, 2.884_255]] {
            assert!(f.gradient(&point).iter().all(|g| g.abs() < 1e-3) && lowest(&f, &point) < -10.0); // top, saddle
        }
    }

    #[test]
    #[should_panic(expected = "hessian: the point [1.0] has 1 numbers")]
    fn second_derivatives_somewhere_else_are_refused() {
        TestFunction::beale().hessian(&[1.0]);
    }

    #[test]
    fn a_rotated_bowl_keeps_its_condition() {
        for angle in [0.0, 0.3, 2.0] {
            let Kind::Quadratic { hessian } = TestFunction::rotated_bowl(50.0, angle).0 else { unreachable!() };
            let found = super::super::eigenvalues(&hessian);
            assert!((found[0] - 1.0).abs() < 1e-4 && (found[1] - 50.0).abs() < 1e-3, "{found}");
        }
    }

    #[test]
    #[should_panic(expected = "has 3 numbers, but Beale is a function of 2")]
    fn a_point_of_another_dimension_is_refused() {
        TestFunction::beale().value(&[1.0, 2.0, 3.0]);
    }

    #[test]
    #[should_panic(expected = "symmetric")]
    fn a_hessian_that_is_not_symmetric_is_refused() {
        TestFunction::quadratic(array![[1.0, 2.0], [0.0, 1.0]]);
    }

    #[test]
    #[should_panic(expected = "positive condition number")]
    fn a_negative_condition_number_is_refused() {
        TestFunction::bowl(-1.0);
    }
}
