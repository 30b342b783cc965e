//! Tensors that remember how they were computed, and the gradients that follow from it.

mod activations;
mod arithmetic;
mod backward;
mod conv;
mod dropout;
mod elementwise;
mod graph;
mod matmul;
mod node;
mod normalization;
mod pool;
mod product;
mod real;
mod reduce;
mod shape;
mod softmax;
mod sums;

pub(crate) use activations::{sigmoid, softplus};
pub use graph::{Graph, GraphNode};
pub use node::{Tensor, no_grad};
pub use real::Real;
pub use sums::mean_and_std;
pub(crate) use sums::{distinct, norm, square_sum_of};
