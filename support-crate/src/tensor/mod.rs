//! Tensors that remember how they were computed, and the gradients that follow from it.

mod real;

pub use real::Real;
