/// The number type of the engine: `f32`, as everywhere in deep learning, or `f64` with the feature `f64`.
///
/// The feature exists for the tests: a central difference in `f32` is good to three digits, in `f64` to nine, so only
/// there does it tell a gradient that is almost right from one that is right.
#[cfg(not(feature = "f64"))]
pub type Real = f32;
/// The number type of the engine: `f64`, because the feature `f64` is on.
#[cfg(feature = "f64")]
pub type Real = f64;
