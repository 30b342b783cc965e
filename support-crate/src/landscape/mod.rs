//! The ground that optimizers walk on: test functions, paths, slices through a loss, and its curvature.

mod curvature;
mod eigenvalues;
mod gradient_error;
mod path;
mod slices;
mod test_function;
mod values;
mod weights;

pub use curvature::{hessian, hessian_vector, lanczos, top_eigenvalue};
pub use eigenvalues::eigenvalues;
pub use gradient_error::gradient_error;
pub use path::{Trajectory, anneal, surface, trajectory};
pub use slices::{line, random_direction, slice};
pub use test_function::TestFunction;
pub use weights::{flatten, unflatten};
