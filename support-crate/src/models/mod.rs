//! Models: what is trained, and how each of them learns.
//!
//! The energy-based ones have learning rules of their own and need no automatic differentiation: [`BoltzmannMachine`],
//! [`Rbm`], and [`DeepBeliefNetwork`], which is a stack of the latter.

mod binary;
mod boltzmann;
mod dbn;
mod rbm;

pub use self::binary::binary_states;
pub use self::boltzmann::{BoltzmannGradient, BoltzmannMachine};
pub use self::dbn::DeepBeliefNetwork;
pub use self::rbm::{Rbm, RbmGradient, RbmTraining};
