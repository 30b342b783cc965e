//! The same numbers as PyTorch.
//!
//! Each `*.json` here was written by the `*.py` of the same name, under the version of PyTorch that it names. To make
//! one anew: `python ops.py > ops.json`, in an environment with `torch`.

mod fixture;
mod initializers;
mod layers;
mod losses;
mod ops;
mod optimizers;
