//! Layers, nets of them, how their weights start, and what they are to make small.

mod activation;
mod construct;
mod distances;
mod init;
mod layer;
mod loss;
mod lsuv;
mod memory;
mod metrics;
mod net;
mod penalty;

pub use activation::Activation;
pub use distances::{contrastive, triplet};
pub use init::{Fan, Init, fans};
pub use layer::Layer;
pub use loss::{Loss, Targets};
pub(crate) use memory::Memory;
pub(crate) use metrics::classes;
pub use metrics::{accuracy, brier, confusion, one_hot};
pub use net::Net;
pub(crate) use net::run;
pub use penalty::{l1, l2};
