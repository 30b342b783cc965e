//! Functions whose minima are known.

use std::fmt;

use ndarray::{Array2, array};

use super::eigenvalues::assert_symmetric;
use crate::tensor::Real;

/// A function of one or a few numbers whose gradient and minima are known, to watch optimizers on.
///
/// ```
/// use dl_interview::landscape::TestFunction;
/// use ndarray::array;
///
/// let valley = TestFunction::rosenbrock();
/// assert_eq!(valley.value(&[0.0, 0.0]), 1.0);
/// assert_eq!(valley.gradient(&[0.0, 0.0]), array![-2.0, 0.0]);
/// assert_eq!(valley.minima(), [array![1.0, 1.0]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TestFunction(pub(super) Kind);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Quadratic { hessian: Array2<Real> },
    Rosenbrock,
    Beale,
    Himmelblau,
    Rastrigin { dimensions: usize },
    Saddle,
    DoubleWell { tilt: Real },
    Rugged,
}

impl TestFunction {
    /// ½ xᵀ H x, with H `hessian` (n × n, symmetric) its Hessian everywhere. Gradient: H x.
    ///
    /// If H is positive definite, gradient descent with η > 0 on it is stable exactly if η < 2 / λ, with λ the largest
    /// eigenvalue.
    ///
    /// # Panics
    ///
    /// When `hessian` is not square, symmetric and finite.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    /// use ndarray::array;
    ///
    /// let f = TestFunction::quadratic(array![[2.0, 1.0], [1.0, 4.0]]);
    /// assert_eq!(f.gradient(&[1.0, 0.0]), array![2.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn quadratic(hessian: Array2<Real>) -> TestFunction {
        assert_symmetric("quadratic", &hessian);
        TestFunction(Kind::Quadratic { hessian })
    }

    /// ½ (x² + κ y²), a bowl κ times as steep along y as along x: its Hessian has the condition number κ, and the
    /// eigenvalues 1 and κ.
    ///
    /// # Panics
    ///
    /// When κ is not a positive number.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::bowl(100.0).value(&[2.0, 1.0]), 52.0);
    /// ```
    #[track_caller]
    pub fn bowl(kappa: Real) -> TestFunction {
        TestFunction::rotated_bowl(kappa, 0.0)
    }

    /// A [`bowl`](TestFunction::bowl) turned by `angle` radians, so that its axes are not those of the parameters.
    ///
    /// # Panics
    ///
    /// When κ is not a positive number, or the angle not finite.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    /// use dl_interview::tensor::Real;
    ///
    /// let f = TestFunction::rotated_bowl(9.0, (45.0 as Real).to_radians());
    /// assert!((f.value(&[1.0, 1.0]) - 1.0).abs() < 1e-6); // along the flat axis
    /// assert!((f.value(&[-1.0, 1.0]) - 9.0).abs() < 1e-6); // along the steep one
    /// ```
    #[track_caller]
    pub fn rotated_bowl(kappa: Real, angle: Real) -> TestFunction {
        assert!(
            kappa > 0.0 && kappa.is_finite() && angle.is_finite(),
            "bowl: κ = {kappa}, turned by {angle}, is no bowl; give a positive condition number and a finite angle"
        );
        let (s, c) = angle.sin_cos();
        let mixed = (1.0 - kappa) * s * c;
        let hessian = array![[c * c + kappa * s * s, mixed], [mixed, s * s + kappa * c * c]];
        TestFunction(Kind::Quadratic { hessian })
    }

    /// (1 − x)² + 100 (y − x²)²: a bent valley with steep sides and a nearly flat floor; minimum 0 at (1, 1).
    ///
    /// Source: Rosenbrock 1960, "An Automatic Method for Finding the Greatest or Least Value of a Function", The Computer
    /// Journal 3(3).
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::rosenbrock().value(&[1.0, 1.0]), 0.0);
    /// ```
    pub fn rosenbrock() -> TestFunction {
        TestFunction(Kind::Rosenbrock)
    }

    /// (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²: plateaus with walls at the corners; minimum 0 at
    /// (3, ½).
    ///
    /// Source: Beale 1958, "On an iterative method for finding a local minimum of a function of more than one variable",
    /// Princeton University, Statistical Techniques Research Group, Technical Report 25.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::beale().value(&[3.0, 0.5]), 0.0);
    /// ```
    pub fn beale() -> TestFunction {
        TestFunction(Kind::Beale)
    }

    /// (x² + y − 11)² + (x + y² − 7)²: four minima, all 0.
    ///
    /// Source: Himmelblau 1972, "Applied Nonlinear Programming", McGraw-Hill.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::himmelblau().minima().len(), 4);
    /// ```
    pub fn himmelblau() -> TestFunction {
        TestFunction(Kind::Himmelblau)
    }

    /// Σ (xᵢ² + 10 − 10 cos 2π xᵢ): a bowl with a local minimum near every whole number; the lowest, 0, is at the
    /// origin.
    ///
    /// Source: Rastrigin 1974, "Systems of Extremal Control", Nauka.
    ///
    /// # Panics
    ///
    /// When `dimensions` is 0.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert_eq!(TestFunction::rastrigin(3).value(&[0.0, 0.0, 0.0]), 0.0);
    /// ```
    #[track_caller]
    pub fn rastrigin(dimensions: usize) -> TestFunction {
        assert!(dimensions > 0, "rastrigin(0): a function of nothing; give 1 dimension or more");
        TestFunction(Kind::Rastrigin { dimensions })
    }

    /// x² − y²: the gradient vanishes at the origin, which is no minimum; there is none.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// assert!(TestFunction::saddle().minima().is_empty());
    /// ```
    pub fn saddle() -> TestFunction {
        TestFunction(Kind::Saddle)
    }

    /// x⁴/4 − x²/2 + `tilt` · x, of one number: two wells, near −1 and 1, as long as |tilt| < 2 / (3 √3) ≈ 0.385; with more
    /// tilt, one. With the usual 0.2 the left one is deeper, the wells lie at −1.088 and 0.879, and the ridge between them
    /// at 0.209.
    ///
    /// # Panics
    ///
    /// When the tilt is not finite.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// let f = TestFunction::double_well(0.2);
    /// assert!((f.minima()[0][0] + 1.088).abs() < 1e-3);
    /// assert!(f.value(&[0.879]) - f.value(&[-1.088]) > 0.3);
    /// ```
    #[track_caller]
    pub fn double_well(tilt: Real) -> TestFunction {
        assert!(tilt.is_finite(), "double_well({tilt}): give a finite tilt, such as 0.2");
        TestFunction(Kind::DoubleWell { tilt })
    }

    /// x²/20 + sin 3x, of one number: a local minimum every 2.1 or so, five of them between −5 and 5.
    ///
    /// The lowest, −0.986 at −0.518, collects what starts between −1.585 and 0.526: 21 % of that range.
    ///
    /// ```
    /// use dl_interview::landscape::TestFunction;
    ///
    /// let lowest = &TestFunction::rugged().minima()[0];
    /// assert!((lowest[0] + 0.518).abs() < 1e-3);
    /// ```
    pub fn rugged() -> TestFunction {
        TestFunction(Kind::Rugged)
    }
}

impl fmt::Display for TestFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Quadratic { .. } => "quadratic",
            Kind::Rosenbrock => "Rosenbrock",
            Kind::Beale => "Beale",
            Kind::Himmelblau => "Himmelblau",
            Kind::Rastrigin { .. } => "Rastrigin",
            Kind::Saddle => "saddle",
            Kind::DoubleWell { .. } => "double well",
            Kind::Rugged => "rugged",
        })
    }
}
