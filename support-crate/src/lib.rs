//! The engine behind the notebooks: data, figures, claims.
//!
//! A notebook brings all of it in with `use dl_interview::prelude::*;`.

pub mod data;
pub mod landscape;
pub mod notebook;
pub mod optim;
pub mod plot;
pub mod prelude;
pub mod tensor;
