//! What an axis shows, and how it is divided.

/// The name of an axis with its unit, and whether equal steps on it are equal ratios.
///
/// A `&str` or a `String` becomes a linear axis; [`log_axis`] makes a logarithmic one.
///
/// ```
/// use dl_interview::plot::{AxisName, log_axis};
///
/// let axes: [AxisName; 2] = ["epoch".into(), log_axis("loss")];
/// assert_ne!(axes[1], AxisName::from("loss"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisName {
    pub(super) name: String,
    pub(super) log: bool,
}

/// A logarithmic axis of this name: for losses, learning rates, errors, whose ratios matter.
///
/// Values of 0 or below have no place on it; they are left out and counted under the chart.
///
/// ```
/// use dl_interview::plot::{curve, lines, log_axis};
///
/// let error = curve("gradient descent", &[1.0, 0.1, 0.01, 0.001]);
/// let figure = lines("Does the error fall geometrically?", "step", log_axis("error"), &[error]);
/// assert!(figure.svg().contains(">0.01</text>"));
/// ```
pub fn log_axis(name: &str) -> AxisName {
    AxisName { name: name.into(), log: true }
}

impl From<&str> for AxisName {
    fn from(name: &str) -> Self {
        Self { name: name.into(), log: false }
    }
}

impl From<&String> for AxisName {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl From<String> for AxisName {
    fn from(name: String) -> Self {
        Self { name, log: false }
    }
}

/// Why a number has no place on an axis, if it has none.
pub(super) fn misfit(value: f64, log: bool) -> Option<&'static str> {
    if !value.is_finite() {
        Some("not finite")
    } else if log && value <= 0.0 {
        Some("not above 0")
    } else if value.abs() > 1e290 || (log && value < 1e-290) {
        // Beyond, the difference of two numbers may overflow, and the quotient of one and a power of ten.
        Some("too large or too small")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_place_fits() {
        for (value, linear, log) in [
            (1.0, None, None),
            (-1.0, None, Some("not above 0")),
            (0.0, None, Some("not above 0")),
            (f64::NAN, Some("not finite"), Some("not finite")),
            (f64::NEG_INFINITY, Some("not finite"), Some("not finite")),
            (1e300, Some("too large or too small"), Some("too large or too small")),
            (1e-300, None, Some("too large or too small")),
        ] {
            assert_eq!((misfit(value, false), misfit(value, true)), (linear, log), "{value}");
        }
    }
}
