//! Data sets: where the examples come from and in which order training sees them.

mod batches;
mod cache;
mod error;
mod examples;
mod mnist;
mod random;

pub use self::batches::minibatches;
pub use self::error::DataError;
pub use self::examples::Examples;
pub use self::mnist::{Mnist, mnist, mnist_from};
pub use self::random::{Normal, Rng, rng};
