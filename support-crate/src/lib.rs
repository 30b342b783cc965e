//! The engine behind the notebooks: data, models, figures, claims.
//!
//! A notebook brings all of it in with `use dl_interview::prelude::*;`.

pub mod data;
pub mod landscape;
pub mod models;
pub mod nn;
pub mod notebook;
pub mod optim;
pub mod plot;
pub mod prelude;
pub mod system;
pub mod tensor;
pub mod train;
