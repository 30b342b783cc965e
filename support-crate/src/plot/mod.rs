//! Figures: SVG with text kept as text, one theme, and a text alternative for each.
//!
//! Every function here answers with a [`Figure`], whatever the numbers are: values that are not finite are
//! left out and counted under the chart, and where nothing is left to draw the figure says so in words.

mod axis;
mod axis_name;
mod bars;
mod bins;
mod boxes;
mod canvas;
mod distributions;
mod figure;
mod frame;
mod graph;
mod histogram;
pub(crate) mod html;
mod image_grid;
mod labels;
mod lanes;
mod layer_outputs;
mod layers;
mod learning_curves;
mod lines;
pub(crate) mod number;
mod panels;
mod png;
mod raster;
mod series;
mod thinning;
mod timeline;
mod update_ratios;
mod words_of_lines;

pub use axis_name::{AxisName, log_axis};
pub use bars::bars;
pub(crate) use canvas::is_wide;
pub use distributions::distributions;
pub use figure::Figure;
pub use graph::graph;
pub use histogram::histogram;
pub use image_grid::image_grid;
pub use layer_outputs::layer_outputs;
pub use learning_curves::learning_curves;
pub use lines::lines;
pub use panels::panels;
pub use series::{Series, curve, curve_at, level, mark, points};
pub use timeline::timeline;
pub use update_ratios::update_ratios;
