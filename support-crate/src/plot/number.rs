//! Numbers as a reader wants them: with few digits.

/// A number with four significant digits, and never fewer than its whole part below ten million: 101770
/// parameters stay 101770.
pub(crate) fn number(x: f64) -> String {
    significant(x, 4)
}

/// A number with this many significant digits, without trailing zeros.
pub(crate) fn significant(x: f64, digits: usize) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "-∞" }.into();
    }
    if x == 0.0 {
        return "0".into();
    }
    // The exponent is read off the rounded number: 0.99996 has the exponent of 1.
    let rounded = format!("{:.*e}", digits.max(1) - 1, x);
    let (mantissa, exponent) = rounded.split_once('e').expect("{:e} writes an e");
    let exponent: i32 = exponent.parse().expect("{:e} writes a whole exponent");
    if !(-4..7).contains(&exponent) {
        return format!("{}e{exponent}", without_trailing_zeros(mantissa));
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    without_trailing_zeros(&format!("{x:.decimals$}")).into()
}

fn without_trailing_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.97, "0.97"),
            (0.999_96, "1"),
            (-0.123_456, "-0.1235"),
            (101_770.0, "101770"),
            (1234.5, "1234"),
            (1e7, "1e7"),
            (0.000_012_345, "1.234e-5"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-∞"),
        ] {
            assert_eq!(number(x), text);
        }
    }
}
