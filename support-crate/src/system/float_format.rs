//! The number formats of mixed precision, by their effect: rounding.

use ndarray::ArrayD;

use crate::tensor::Real;

/// A floating-point format of 16 bits, to round numbers to and see what is lost.
///
/// | | bits of exponent / fraction | largest | smallest > 0 | ε |
/// |---|---|---|---|---|
/// | `Fp16` | 5 / 10 | 65504 | 2⁻²⁴ ≈ 6.0e-8 | 2⁻¹⁰ |
/// | `Bf16` | 8 / 7 | 3.39e38 | 2⁻¹³³ ≈ 9.2e-41 | 2⁻⁷ |
///
/// A gradient at or below half of the smallest number becomes 0. Multiplying the loss by a large S, and the gradient by 1/S
/// after it was converted back, saves it (*loss scaling*); bf16 has the range of f32 and needs none, but only 8 bits of
/// precision. Sources: IEEE 754-2019, "IEEE Standard for Floating-Point Arithmetic"; Micikevicius et al. 2018, "Mixed
/// Precision Training", ICLR; Kalamkar et al. 2019, "A Study of BFLOAT16 for Deep Learning Training", arXiv:1905.12322.
///
/// ```
/// use dl_interview::system::FloatFormat::{Bf16, Fp16};
///
/// let (gradient, scale) = (1e-8, 65536.0);
/// assert_eq!(Fp16.round(gradient), 0.0); // lost
/// assert!((Fp16.round(gradient * scale) / scale / gradient - 1.0).abs() < 1e-3); // saved by the scale
/// assert!((Bf16.round(gradient) / gradient - 1.0).abs() < 1e-2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// IEEE binary16, also called half precision.
    Fp16,
    /// The upper half of an f32.
    Bf16,
}

impl FloatFormat {
    /// How many bits of fraction are stored, and the exponents of the smallest and the largest normal number.
    fn layout(self) -> (i32, i32, i32) {
        match self {
            FloatFormat::Fp16 => (10, -14, 15),
            FloatFormat::Bf16 => (7, -126, 127),
        }
    }

    /// The nearest number of the format; of two equally near, the one with an even last bit. Too large becomes ±∞.
    ///
    /// ```
    /// use dl_interview::system::FloatFormat::{Bf16, Fp16};
    ///
    /// assert_eq!((Fp16.round(2049.0), Fp16.round(2051.0)), (2048.0, 2052.0)); // ties go to even
    /// assert_eq!((Fp16.round(65519.0), Fp16.round(65520.0)), (65504.0, f32::INFINITY as _));
    /// assert_eq!(Bf16.round(257.0), 256.0);
    /// ```
    pub fn round(self, x: Real) -> Real {
        let (fraction, lowest, highest) = self.layout();
        let x = f64::from(x);
        if x == 0.0 || !x.is_finite() {
            return x as Real;
        }
        // The exponent as f64 stores it; for its own subnormals that is too low, but below `lowest` it does not matter.
        let exponent = (x.to_bits() >> 52 & 0x7ff) as i32 - 1023;
        // What the last bit is worth. A power of two: dividing and multiplying by it is exact.
        let unit = 2.0_f64.powi(exponent.max(lowest) - fraction);
        let rounded = (x / unit).round_ties_even() * unit;
        if rounded.abs() >= 2.0_f64.powi(highest + 1) { Real::INFINITY.copysign(x as Real) } else { rounded as Real }
    }

    /// Every number [rounded](FloatFormat::round).
    ///
    /// ```
    /// use dl_interview::system::FloatFormat;
    ///
    /// let x = ndarray::array![1.0, 1e-9].into_dyn();
    /// assert_eq!(FloatFormat::Fp16.round_all(&x), ndarray::array![1.0, 0.0].into_dyn());
    /// ```
    pub fn round_all(self, x: &ArrayD<Real>) -> ArrayD<Real> {
        x.mapv(|x| self.round(x))
    }

    /// The largest finite number, (2 − ε) 2^(highest exponent).
    ///
    /// ```
    /// assert_eq!(dl_interview::system::FloatFormat::Fp16.largest(), 65504.0);
    /// ```
    pub fn largest(self) -> Real {
        let (_, _, highest) = self.layout();
        ((2.0 - f64::from(self.epsilon())) * 2.0_f64.powi(highest)) as Real
    }

    /// The smallest number above 0, a subnormal one.
    ///
    /// ```
    /// # use dl_interview::system::FloatFormat::Fp16;
    /// assert_eq!(Fp16.round(Fp16.smallest() * 0.5), 0.0); // a tie, and 0 is even
    /// assert_eq!(Fp16.round(Fp16.smallest() * 0.51), Fp16.smallest());
    /// ```
    pub fn smallest(self) -> Real {
        let (fraction, lowest, _) = self.layout();
        2.0_f64.powi(lowest - fraction) as Real
    }

    /// The distance from 1 to the next larger number. A weight 1 stays as it is when an update below ε / 2 is added,
    /// which is why mixed precision keeps a copy of the weights in f32.
    ///
    /// ```
    /// # use dl_interview::system::FloatFormat::Fp16;
    /// assert_eq!(Fp16.round(1.0 + 0.4 * Fp16.epsilon()), 1.0);
    /// ```
    pub fn epsilon(self) -> Real {
        2.0_f64.powi(-self.layout().0) as Real
    }
}

#[cfg(test)]
mod tests {
    use super::FloatFormat::{self, Bf16, Fp16};
    use crate::tensor::Real;

    fn single(x: Real) -> f32 {
        f64::from(x) as f32
    }

    /// What 16 bits mean, by the definition of the format.
    fn decode(format: FloatFormat, bits: u16) -> f64 {
        let (fraction_bits, lowest, highest) = format.layout();
        let fraction = f64::from(bits & ((1 << fraction_bits) - 1)) / f64::from(1 << fraction_bits);
        let exponent = i32::from((bits & 0x7fff) >> fraction_bits);
        let size = match exponent {
            0 => fraction * 2.0_f64.powi(lowest),
            e if e + lowest - 1 > highest => {
                if fraction == 0.0 {
                    f64::INFINITY
                } else {
                    f64::NAN
                }
            }
            e => (1.0 + fraction) * 2.0_f64.powi(e + lowest - 1),
        };
        if bits >> 15 == 1 { -size } else { size }
    }

    #[test]
    fn all_65536_numbers_of_each_format_stay_as_they_are() {
        for format in [Fp16, Bf16] {
            for bits in 0..=u16::MAX {
                let x = decode(format, bits) as Real;
                let y = format.round(x);
                assert!(x == y && x.is_sign_negative() == y.is_sign_negative() || x.is_nan() && y.is_nan(), "{bits:x}");
            }
        }
    }

    #[test]
    fn between_two_neighbours_the_nearer_wins_and_in_the_middle_the_even_one() {
        for (format, infinity) in [(Fp16, 0x7c00), (Bf16, 0x7f80_u16)] {
            for bits in 0..infinity - 1 {
                let (low, high) = (decode(format, bits), decode(format, bits + 1));
                let even = if bits % 2 == 0 { low } else { high };
                for (share, expected) in [(0.4375, low), (0.5, even), (0.5625, high)] {
                    let x = low + share * (high - low); // exact in f64, and in f32 but for its own subnormals
                    if cfg!(feature = "f64") || x >= f64::from(f32::MIN_POSITIVE) {
                        assert_eq!(f64::from(format.round(x as Real)), expected, "{format:?} {bits:x} + {share}");
                        assert_eq!(f64::from(format.round(-x as Real)), -expected);
                    }
                }
            }
        }
    }

    #[test]
    fn bf16_is_the_upper_half_of_an_f32() {
        for i in 0..100_000_u32 {
            let bits = i.wrapping_mul(2_654_435_761);
            let x = f32::from_bits(bits);
            let nearest = f32::from_bits(bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000);
            if x.is_finite() {
                assert_eq!(single(Bf16.round(x as Real)), nearest, "{x}");
            }
        }
    }

    #[test]
    fn known_values() {
        assert_eq!(single(Fp16.round(0.1)), 0.099_975_586);
        assert_eq!(single(Fp16.round(1.0 / 3.0)), 0.333_251_95);
        assert_eq!(single(Bf16.round(std::f64::consts::PI as Real)), 3.140_625);
        assert_eq!(single(Fp16.smallest()), 5.960_464_5e-8);
        assert_eq!(single(Fp16.round(6.097_555e-5)), 6.097_555e-5); // the largest subnormal
        assert_eq!(single(Bf16.largest()), 3.389_531_4e38);
        assert_eq!((Fp16.round(-65519.9), Fp16.round(-65520.0)), (-65504.0, -Real::INFINITY)); // a tie, and 2¹⁶ is even
        assert!(Fp16.round(Real::NAN).is_nan());
    }
}
