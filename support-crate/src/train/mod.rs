//! Training: the loop over epochs and what it writes down, the search for hyperparameters, nets in files.

mod fit;
mod history;
mod search;
mod store;
mod watch;

pub use fit::{Fit, evaluate, fit, fit_values, fit_with};
pub use history::History;
pub use search::{Range, Search, cross_validate, grid_points, random_points, search};
pub use store::{StoreError, load, save};
pub use watch::dead_units;

pub use crate::progress::is_interrupted;
