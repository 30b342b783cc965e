//! Layers, nets of them, how their weights start, and what they are to make small.

mod activation;
mod init;
mod layer;
mod loss;
mod net;
mod until_tensor_has_them;

pub use activation::Activation;
pub use init::{Fan, Init, fans};
pub use layer::Layer;
pub use loss::accuracy;
pub use net::Net;
