//! Data sets: where the examples come from and in which order training sees them.

mod augment;
mod bars_and_stripes;
mod batches;
mod corruption;
mod error;
mod examples;
mod glyphs;
mod mnist;
mod scaling;
mod split;
mod synthetic;

pub use self::augment::{Augment, rotate_images, shift_images};
pub use self::bars_and_stripes::bars_and_stripes;
pub use self::batches::{Epoch, Minibatches, minibatches};
pub use self::corruption::contaminate;
pub use self::error::DataError;
pub use self::examples::Examples;
pub(crate) use self::examples::{check_finite, rows};
pub use self::glyphs::glyphs;
pub use self::mnist::{Mnist, mnist, mnist_from};
pub use self::scaling::{Scaler, Scaling};
pub use self::split::{Fold, k_folds, stratified_folds};
pub use self::synthetic::{blobs, half_spaces, moons, pure_noise, regression, ring_centers, rings, spirals, xor};
pub use crate::random::{Normal, Rng, rng};
