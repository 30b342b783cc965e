//! The frame of a chart with two axes: title, axes, and notes below.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor, TRANSPARENT};

use super::axis::Axis;
use super::canvas::{self, AXIS, Area, BODY, FAINT, Font, GREY, GRID, LEADING, MARGIN, PLAIN, text_width, units};
use super::figure::Drawing;

pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// What surrounds a chart.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) x_axis: String,
    pub(super) y_axis: String,
    /// What the drawing leaves out, in words.
    pub(super) notes: Vec<String>,
    /// Height of the plot itself, in pixels.
    pub(super) plot_height: f64,
    /// Space to the right of the plot, for labels, in pixels.
    pub(super) right: f64,
}

/// Where the plot lies on the sheet, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// Draws the frame at this width, and lets `paint` draw into it. `under` makes elements that lie under all others,
    /// such as a bitmap, for the place of the plot; the grid lines, which would cross them out, are then left away.
    pub(super) fn draw(
        &self,
        width: f64,
        (x, y): (&Axis, &Axis),
        alt: &str,
        under: impl FnOnce(Place) -> String,
        paint: impl FnOnce(&Area<'_>, &mut Chart<'_, '_>, Place),
    ) -> Drawing {
        let space = width - 2.0 * MARGIN;
        let title = canvas::title_lines(&self.title, width);
        let y_title = canvas::wrap(&self.y_axis, BODY, space, 2);
        let x_title = canvas::wrap(&self.x_axis, BODY, space, 2);
        let notes: Vec<String> = self.notes.iter().flat_map(|note| canvas::wrap(note, BODY, space, 3)).collect();
        let line = BODY * LEADING;
        let tick_space = widest(y) + 10.0;
        let top = canvas::title_height(&title) + 12.0 + y_title.len() as f64 * line;
        let bottom = top + self.plot_height;
        let place = Place { left: MARGIN + tick_space, right: width - MARGIN - self.right, top, bottom };
        let end = bottom + 24.0 + x_title.len() as f64 * line;
        let height = end + 10.0 + notes.len() as f64 * line;
        let under = under(place);
        let grid = if under.is_empty() { [FAINT.to_rgba(), GRID.to_rgba()] } else { [TRANSPARENT; 2] };
        canvas::sheet((width, height), alt, &under, |area| {
            let under_title = canvas::write_title(area, &title);
            let grey = Font { colour: GREY, ..PLAIN };
            canvas::write(area, &y_title, (MARGIN, under_title + 12.0), grey);
            let middle = 0.5 * (place.left + place.right);
            canvas::write(area, &x_title, (middle, bottom + 32.0), Font { anchor: HPos::Center, ..grey });
            canvas::write(area, &notes, (MARGIN, end + 8.0), grey);
            let below = units(height - bottom) - units(20.0);
            let plot = area.margin(units(top), below, units(MARGIN), units(MARGIN + self.right));
            paint(area, &mut axes(&plot, x, y, tick_space, grid), place);
        })
    }

    /// How many labels of this width an x axis has room for, with labels of the y axis as wide as usual.
    pub(super) fn room(&self, width: f64, label: f64) -> usize {
        ((width - 2.0 * MARGIN - self.right - 40.0) / (label + 16.0)).clamp(2.0, 10.0) as usize
    }
}

pub(super) fn widest(axis: &Axis) -> f64 {
    axis.labels().map(|label| text_width(&label, BODY)).fold(0.0, f64::max)
}

fn axes<'a, 'b>(
    plot: &'a Area<'b>,
    x: &Axis,
    y: &Axis,
    tick_space: f64,
    [faint, grid]: [RGBAColor; 2],
) -> Chart<'a, 'b> {
    let mut chart = ChartBuilder::on(plot)
        .x_label_area_size(units(20.0))
        .y_label_area_size(units(tick_space))
        .build_cartesian_2d(x.clone(), y.clone())
        .expect("a String takes every write");
    let label = Font { colour: GREY, ..PLAIN };
    chart
        .configure_mesh()
        .light_line_style(faint)
        .bold_line_style(grid)
        .axis_style(AXIS)
        .set_all_tick_mark_size(units(4.0))
        .label_style(label.style())
        .draw()
        .expect("a String takes every write");
    chart
}
