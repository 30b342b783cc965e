//! Figures: SVG with text kept as text, one theme, and a text alternative for each.
//!
//! Every function here answers with a [`Figure`], whatever the numbers are: values that are not finite are
//! left out and counted under the chart, and where nothing is left to draw the figure says so in words.

mod axis;
mod bars;
mod boxes;
mod canvas;
mod figure;
mod frame;
mod graph;
pub(crate) mod html;
mod image_grid;
mod labels;
mod lanes;
mod layers;
mod lines;
pub(crate) mod number;
mod panels;
mod png;
mod raster;
mod series;
mod timeline;

pub use bars::bars;
pub(crate) use canvas::is_wide;
pub use figure::Figure;
pub use graph::graph;
pub use image_grid::image_grid;
pub use lines::lines;
pub use panels::panels;
pub use series::{Series, curve, points};
pub use timeline::timeline;
