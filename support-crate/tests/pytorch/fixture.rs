//! Reads what PyTorch computed, and compares.

use dl_interview::tensor::Real;
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

/// Relative to the largest number of the expected array; PyTorch computes in `f32`.
pub const TOLERANCE: f64 = 1e-5;

/// The content of `NAME.json`.
pub fn load(name: &str) -> Value {
    let file = format!("{}/tests/pytorch/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// An array that the fixture holds as `{"shape": […], "data": […]}`.
pub fn array(value: &Value) -> ArrayD<Real> {
    let numbers = |key: &str| value[key].as_array().unwrap_or_else(|| panic!("no {key} in {value}")).iter();
    let shape: Vec<usize> = numbers("shape").map(|n| n.as_u64().unwrap() as usize).collect();
    let data: Vec<Real> = numbers("data").map(|x| x.as_f64().unwrap() as Real).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), data).unwrap()
}

/// Panics unless both have the same shape and differ by at most [`TOLERANCE`] of the largest expected number.
#[track_caller]
pub fn assert_close(what: &str, computed: &ArrayD<Real>, expected: &ArrayD<Real>) {
    assert_eq!(computed.shape(), expected.shape(), "{what}");
    let scale = expected.iter().fold(1e-6_f64, |scale, &x| scale.max((x as f64).abs()));
    for (index, &x) in expected.indexed_iter() {
        let error = (computed[&index] as f64 - x as f64).abs() / scale;
        assert!(error <= TOLERANCE, "{what} {index:?}: {} is not PyTorch's {x} (error {error:.1e})", computed[&index]);
    }
}
