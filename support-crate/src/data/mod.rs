//! Data sets: where the examples come from and in which order training sees them.

mod batches;
mod cache;
mod error;
mod mnist;

pub use self::batches::{Rng, minibatches, rng};
pub use self::error::DataError;
pub use self::mnist::{Images, Mnist, mnist, mnist_from};
