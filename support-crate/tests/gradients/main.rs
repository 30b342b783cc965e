//! Gradients against central differences, and what holds for any graph.

mod activations;
mod arithmetic;
mod difference;
mod elementwise;
mod graphs;
mod images;
mod misuse;
mod nn;
mod normalization;
mod products;
mod properties;
mod reductions;
mod shapes;
