//! The names that a notebook needs, listed one by one.
//!
//! None is called `Result`: it would take the place of the one in the code that the kernel puts around a cell. What has
//! too plain a name to stand alone keeps its module in front of it: `landscape::slice`, `system::…`.
//!
//! ```
//! use dl_interview::prelude::*;
//!
//! let logits: Array2<Real> = array![[2.0, 1.0], [0.0, 3.0]];
//! let best = logits.map_axis(Axis(1), |row| if row[0] > row[1] { 0 } else { 1 });
//! assert_eq!(best, array![0, 1]);
//! assert_eq!(accuracy(&Tensor::new(logits), &array![0, 1]), 1.0);
//! ```

pub use crate::data::{
    Augment, DataError, Examples, Fold, Minibatches, Mnist, Normal, Rng, Scaler, Scaling, bars_and_stripes, blobs,
    contaminate, glyphs, half_spaces, k_folds, minibatches, mnist, moons, pure_noise, regression, ring_centers, rings,
    rng, rotate_images, shift_images, spirals, stratified_folds, xor,
};
pub use crate::landscape::{self, TestFunction, Trajectory, gradient_error, trajectory};
pub use crate::models::{
    BoltzmannGradient, BoltzmannMachine, DeepBeliefNetwork, Episode, Gan, GanLoss, NearestNeighbors, Rbm, RbmGradient,
    RbmTraining, SiameseTraining, binary_states, cnn, embed, lenet, mlp, mlp_with, modes_covered, one_shot_accuracy,
    train_siamese,
};
pub use crate::nn::{
    Activation, Fan, Init, Layer, Loss, Net, Targets, accuracy, brier, confusion, contrastive, fans, l1, l2, one_hot,
    triplet,
};
pub use crate::notebook::{Claims, Runs, ShowDebug, Table, code_lines, number_table, over_seeds, seed, table};
pub use crate::optim::{Momentum, Optimizer, Schedule, grad_norm, range_test};
pub use crate::plot::{
    AxisName, Figure, Series, bars, confusion_matrix, contours, curve, curve_at, decision_regions, distributions,
    filters, graph, heat_map, histogram, image_grid, layer_outputs, learning_curves, level, lines, log_axis, mark,
    panels, points, surface_3d, timeline, update_ratios,
};
pub use crate::system::{
    self, BatchGradient, BusyClock, FloatFormat, GraphBytes, InputPipeline, InputRun, LayerSummary, MemoryPlan,
    PipelineSchedule, Precision, RingSum, Span, Summary, summary,
};
pub use crate::tensor::{Graph, GraphNode, Real, Tensor, mean_and_std, no_grad};
pub use crate::train::{
    Fit, History, Range, Search, StoreError, cross_validate, dead_units, evaluate, fit, fit_values, fit_with,
    grid_points, is_interrupted, load, random_points, save, search,
};
pub use ndarray::{Array1, Array2, Array3, Array4, ArrayD, ArrayView1, ArrayView2, Axis, IxDyn, Zip, arr0, array, s};
pub use rand::RngExt;
pub use rand::distr::{Distribution, Uniform};
pub use rand::seq::SliceRandom;
// The kernel must be able to name the type of every variable, also where a notebook never does: an `Array2<f32>` is an
// `ArrayBase<OwnedRepr<f32>, Dim<[usize; 2]>>`, a generator a `Mcg128Xsl64`.
pub use ndarray::{ArrayBase, CowRepr, Dim, IxDynImpl, OwnedArcRepr, OwnedRepr, ViewRepr};
pub use rand_pcg::Mcg128Xsl64;
