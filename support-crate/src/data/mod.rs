//! Data sets: where the examples come from and in which order training sees them.

mod batches;
mod cache;
mod error;
mod mnist;
mod random;

pub use self::batches::minibatches;
pub use self::error::DataError;
pub use self::mnist::{Images, Mnist, mnist, mnist_from};
pub use self::random::{Normal, Rng, rng};
