//! Models: what is trained, and how each of them learns.
//!
//! The energy-based ones have learning rules of their own and need no automatic differentiation: [`BoltzmannMachine`],
//! [`Rbm`], and [`DeepBeliefNetwork`], which is a stack of the latter.

mod binary;
mod boltzmann;
mod cnn;
mod dbn;
mod gan;
mod mlp;
mod nearest;
mod rbm;
mod siamese;

pub use self::binary::binary_states;
pub use self::boltzmann::{BoltzmannGradient, BoltzmannMachine};
pub use self::cnn::{cnn, lenet};
pub use self::dbn::DeepBeliefNetwork;
pub use self::gan::{Gan, GanLoss, modes_covered};
pub use self::mlp::{mlp, mlp_with};
pub use self::nearest::NearestNeighbors;
pub use self::rbm::{Rbm, RbmGradient, RbmTraining};
pub use self::siamese::{SiameseTraining, contrastive_loss, one_shot_accuracy, train_siamese};
