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
mod colour;
mod confusion_matrix;
mod contours;
mod decision_regions;
mod distributions;
mod field;
mod figure;
mod filters;
mod frame;
mod graph;
mod heat_map;
mod histogram;
pub(crate) mod html;
mod image_grid;
mod labels;
mod lanes;
mod layer_outputs;
mod layers;
mod learning_curves;
mod level_lines;
mod lines;
pub(crate) mod number;
mod panels;
mod paths;
mod png;
mod raster;
mod series;
mod surface_3d;
mod thinning;
mod timeline;
mod update_ratios;
mod walks;
mod words_of_lines;

pub use axis_name::{AxisName, log_axis};
pub use bars::bars;
pub(crate) use canvas::is_wide;
pub use confusion_matrix::confusion_matrix;
pub use contours::contours;
pub use decision_regions::decision_regions;
pub use distributions::distributions;
pub use figure::Figure;
pub use filters::filters;
pub use graph::graph;
pub use heat_map::heat_map;
pub use histogram::histogram;
pub use image_grid::image_grid;
pub use layer_outputs::layer_outputs;
pub use learning_curves::learning_curves;
pub use lines::lines;
pub use panels::panels;
pub use series::{Series, curve, curve_at, level, mark, points};
pub use surface_3d::surface_3d;
pub use timeline::timeline;
pub use update_ratios::update_ratios;
