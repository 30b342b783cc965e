//! The names that a notebook needs, listed one by one.
//!
//! None is called `Result`: it would take the place of the one in the code that the kernel puts around a cell.
//!
//! ```
//! use dl_interview::prelude::*;
//!
//! let logits: Array2<f64> = array![[2.0, 1.0], [0.0, 3.0]];
//! let best = logits.map_axis(Axis(1), |row| if row[0] > row[1] { 0 } else { 1 });
//! assert_eq!(best, array![0, 1]);
//! ```

pub use crate::data::{DataError, Examples, Mnist, Normal, Rng, minibatches, mnist, rng};
pub use crate::notebook::{Claims, ShowDebug, Table, code_lines, seed, table};
pub use crate::plot::{Figure, Series, bars, curve, image_grid, lines, points};
pub use crate::tensor::Real;
pub use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, array, s};
pub use rand::RngExt;
pub use rand::distr::{Distribution, Uniform};
pub use rand::seq::SliceRandom;
// The kernel must be able to name the type of every variable, also where a notebook never does: an `Array2<f32>` is an
// `ArrayBase<OwnedRepr<f32>, Dim<[usize; 2]>>`, a generator a `Mcg128Xsl64`.
pub use ndarray::{ArrayBase, CowRepr, Dim, IxDynImpl, OwnedArcRepr, OwnedRepr, ViewRepr};
pub use rand_pcg::Mcg128Xsl64;
