//! From gradients to new weights: optimizers, and schedules for their learning rate.

mod modifiers;
mod optimizer;
mod range_test;
mod schedule;
mod step;
mod update;

pub use optimizer::{Momentum, Optimizer};
pub use range_test::range_test;
pub use schedule::Schedule;
pub use step::grad_norm;
