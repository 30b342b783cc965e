//! From gradients to new weights: optimizers, and schedules for their learning rate.

mod modifiers;
mod optimizer;
mod step;
mod update;

pub use optimizer::{Momentum, Optimizer};
pub use step::grad_norm;
