//! The engine behind the notebooks: data, models, figures, claims.
//!
//! A notebook brings all of it in with `use dl_interview::prelude::*;`.

// A cast that `f32` needs is one too many in `f64`.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast, clippy::useless_conversion))]

#[cfg(feature = "candle")]
pub use candle_core as candle;

pub mod data;
pub mod landscape;
pub mod models;
pub mod nn;
pub mod notebook;
pub mod optim;
pub mod plot;
pub mod prelude;
mod progress;
mod random;
pub mod system;
pub mod tensor;
pub mod train;
