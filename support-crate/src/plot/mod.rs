//! Figures: SVG with text kept as text, one theme, and a text alternative for each.
//!
//! Every function here answers with a [`Figure`], whatever the numbers are: values that are not finite are
//! left out and counted under the chart, and where nothing is left to draw the figure says so in words.

mod axis;
mod bars;
mod canvas;
mod colour;
mod confusion_matrix;
mod contours;
mod decision_regions;
mod field;
mod figure;
mod filters;
mod frame;
mod heat_map;
pub(crate) mod html;
mod image_grid;
mod labels;
mod level_lines;
mod lines;
pub(crate) mod number;
mod panels;
mod paths;
mod png;
mod series;
mod surface_3d;
mod walks;

pub use bars::bars;
pub(crate) use canvas::is_wide;
pub use confusion_matrix::confusion_matrix;
pub use contours::contours;
pub use decision_regions::decision_regions;
pub use figure::Figure;
pub use filters::filters;
pub use heat_map::heat_map;
pub use image_grid::image_grid;
pub use lines::lines;
pub use panels::panels;
pub use series::{Series, curve, points};
pub use surface_3d::surface_3d;
