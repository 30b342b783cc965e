//! Random numbers: a generator that is the same everywhere, and the normal distribution.

use rand::SeedableRng;
use rand::distr::{Distribution, OpenClosed01};

use crate::tensor::Real;

/// The random numbers of the notebooks: PCG-XSL-128/64 (MCG), 16 bytes of state.
///
/// It is a fixed algorithm, unlike `rand`'s `StdRng`, whose numbers may change with its version.
/// Source: O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation", Harvey Mudd College HMC-CS-2014-0905.
pub type Rng = rand_pcg::Pcg64Mcg;

/// A random number generator that gives the same numbers for the same seed, on every platform.
///
/// ```
/// use dl_interview::data::rng;
/// use rand::RngExt;
///
/// assert_eq!(rng(42).random::<u64>(), 10_580_897_095_847_554_459);
/// assert_eq!(rng(42), rng(42));
/// assert_ne!(rng(42), rng(43));
/// ```
pub fn rng(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

/// The normal distribution 𝒩(mean, std²), with density exp(−(x − mean)² / 2 std²) / (std √(2π)).
///
/// Drawn by z = √(−2 ln u₁) cos(2π u₂) from two uniform numbers. Source: Box & Muller 1958, "A Note on the Generation
/// of Random Normal Deviates", Annals of Mathematical Statistics 29(2).
///
/// ```
/// use dl_interview::data::{Normal, rng};
/// use ndarray::Array2;
/// use rand::distr::Distribution;
///
/// let (normal, mut rng) = (Normal::new(3.0, 0.5), rng(42));
/// let weights = Array2::from_shape_simple_fn((100, 100), || normal.sample(&mut rng));
/// assert!((weights.mean().unwrap() - 3.0).abs() < 0.02);
/// assert!((weights.std(0.0) - 0.5).abs() < 0.02);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    mean: Real,
    std: Real,
}

// Not `rand_distr`'s, because that brings `libm`, and the kernel's rust-analyzer then needs 0.9 s longer at each start.
impl Normal {
    /// The normal distribution with this mean and this standard deviation.
    ///
    /// # Panics
    ///
    /// When one of them is not finite, or `std` is negative.
    ///
    /// ```
    /// use dl_interview::data::{Normal, rng};
    /// use rand::distr::Distribution;
    ///
    /// assert_eq!(Normal::new(2.0, 0.0).sample(&mut rng(42)), 2.0);
    /// ```
    #[track_caller]
    pub fn new(mean: Real, std: Real) -> Normal {
        assert!(
            mean.is_finite() && std.is_finite() && std >= 0.0,
            "Normal::new({mean}, {std}): the mean must be finite, the standard deviation finite and at least 0"
        );
        Normal { mean, std }
    }
}

impl Distribution<Real> for Normal {
    fn sample<R: rand::Rng + ?Sized>(&self, rng: &mut R) -> Real {
        // In f64, whose smallest u₁ gives |z| up to 8.6; in f32 the tails would end at 5.8. And u₁ > 0, so ln u₁ is finite.
        let [radius, angle]: [f64; 2] = [OpenClosed01.sample(rng), OpenClosed01.sample(rng)];
        let z = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
        self.mean + self.std * z as Real
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_that_of_a_normal_distribution() {
        let n = 200_000;
        let (normal, mut rng) = (Normal::new(0.0, 1.0), rng(1));
        let z: Vec<f64> = (0..n).map(|_| f64::from(normal.sample(&mut rng))).collect();
        let moment = |k: i32| z.iter().map(|z| z.powi(k)).sum::<f64>() / n as f64;
        let below = |x: f64| z.iter().filter(|z| **z < x).count() as f64 / n as f64;
        // Each bound is about five standard errors at this n.
        for (measured, expected, bound) in [
            (moment(1), 0.0, 0.011),
            (moment(2), 1.0, 0.016),
            (moment(3), 0.0, 0.044),
            (moment(4), 3.0, 0.11),
            (below(-1.959_964), 0.025, 0.0018),
            (below(0.0), 0.5, 0.0056),
            (below(1.0), 0.841_345, 0.0041),
            (below(3.0), 0.998_650, 0.0005),
        ] {
            assert!((measured - expected).abs() < bound, "{measured} is not {expected} ± {bound}");
        }
        // Neighbours come from different pairs of uniform numbers and must not know of each other.
        let together = z.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / (n - 1) as f64;
        assert!(together.abs() < 0.011, "{together}");
    }

    #[test]
    #[should_panic(expected = "standard deviation finite and at least 0")]
    fn a_negative_standard_deviation_is_refused() {
        Normal::new(0.0, -1.0);
    }
}
