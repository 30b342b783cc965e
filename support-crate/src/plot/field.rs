//! A function of two numbers by its values on an even grid, as the figures of fields share it.

use std::ops::Range;

use ndarray::Array2;
use plotters::coord::ranged1d::Ranged;

use super::axis::Axis;
use super::colour::{Kind, Scale, is_finite};
use super::frame::Place;
use super::number::number;
use crate::tensor::Real;

/// Values on a grid: row i at yᵢ, from the lowest y, column j at xⱼ, from the lowest x.
#[derive(Clone)]
pub(super) struct Field {
    pub(super) values: Array2<f64>,
    /// The first and the last x, in ascending order; so with y.
    pub(super) xs: (f64, f64),
    pub(super) ys: (f64, f64),
    pub(super) scale: Scale,
    nans: usize,
    infinite: usize,
}

impl Field {
    /// The field, or why there is nothing to draw, in words.
    #[track_caller]
    pub(super) fn new(
        function: &str,
        values: &Array2<Real>,
        xs: (Real, Real),
        ys: (Real, Real),
        may_log: bool,
    ) -> Result<Self, String> {
        let mut values = values.mapv(|value| value as f64);
        let (mut xs, mut ys) = ((xs.0 as f64, xs.1 as f64), (ys.0 as f64, ys.1 as f64));
        for (name, ends, count) in [("columns", xs, values.ncols()), ("rows", ys, values.nrows())] {
            let apart = (ends.1 - ends.0).abs() > 1e-9 * ends.0.abs().max(ends.1.abs());
            assert!(
                is_finite(ends.0) && is_finite(ends.1) && (apart || count < 2),
                "{function}: the {count} {name} reach from {} to {}; give the places of the first and the last of them, \
                 two different finite numbers",
                ends.0,
                ends.1
            );
        }
        if xs.0 > xs.1 {
            (xs, values) = ((xs.1, xs.0), values.slice(ndarray::s![.., ..;-1]).to_owned());
        }
        if ys.0 > ys.1 {
            (ys, values) = ((ys.1, ys.0), values.slice(ndarray::s![..;-1, ..]).to_owned());
        }
        let finite: Vec<f64> = values.iter().copied().filter(|value| is_finite(*value)).collect();
        let nans = values.iter().filter(|value| value.is_nan()).count();
        let infinite = values.len() - finite.len() - nans;
        if finite.is_empty() {
            let (rows, columns) = values.dim();
            return Err(match values.len() {
                0 => format!("Nothing to draw: the grid of {rows} × {columns} has no values."),
                all => format!("Nothing to draw: none of the {all} values is finite: {}.", strange(nans, infinite)),
            });
        }
        let scale = Scale::new(&finite, may_log);
        Ok(Self { values, xs, ys, scale, nans, infinite })
    }

    /// What a reader must know to read the colours, in words. `shown` says how what is no number looks.
    pub(super) fn notes(&self, shown: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if self.nans + self.infinite > 0 {
            let all = self.values.len();
            notes.push(format!("Of {all} values {}: {shown}.", strange(self.nans, self.infinite)));
        }
        if self.scale.flat() {
            notes.push(format!("Flat: all values are {}.", number(self.scale.low)));
        }
        notes
    }

    /// The lowest and the highest finite value, with their places, in words.
    pub(super) fn range_in_words(&self) -> String {
        let finite = || self.values.indexed_iter().filter(|(_, value)| is_finite(**value));
        let place = |found: Option<((usize, usize), &f64)>| {
            let ((i, j), value) = found.expect("a field has finite values");
            format!("{} at ({}, {})", number(*value), number(self.x(j)), number(self.y(i)))
        };
        let lowest = finite().min_by(|a, b| a.1.total_cmp(b.1));
        let highest = finite().max_by(|a, b| a.1.total_cmp(b.1));
        format!("lowest {}, highest {}", place(lowest), place(highest))
    }

    pub(super) fn x(&self, column: usize) -> f64 {
        place(self.xs, column as f64, self.values.ncols())
    }

    pub(super) fn y(&self, row: usize) -> f64 {
        place(self.ys, row as f64, self.values.nrows())
    }

    /// The value at a share of the way along x and along y, from the four grid points around it.
    fn at(&self, across: f64, along: f64) -> f64 {
        let (rows, columns) = self.values.dim();
        let split = |share: f64, count: usize| {
            let at = share * (count - 1) as f64;
            let first = (at as usize).min(count.saturating_sub(2));
            (first, (first + 1).min(count - 1), at - first as f64)
        };
        let ((j, right, u), (i, up, v)) = (split(across, columns), split(along, rows));
        let mix = |a: f64, b: f64, share: f64| match share {
            0.0 => a, // not even 0 times an infinite neighbour
            1.0 => b,
            _ => a * (1.0 - share) + b * share,
        };
        let row = |i: usize| mix(self.values[[i, j]], self.values[[i, right]], u);
        mix(row(i), row(up), v)
    }

    /// The values at `rows` × `columns` places: corner to corner, or in the middle of as many cells.
    pub(super) fn sampled(&self, (rows, columns): (usize, usize), corners: bool) -> Array2<f64> {
        let share = |i: usize, count: usize| match (corners, count) {
            (true, 1) => 0.5,
            (true, _) => i as f64 / (count - 1) as f64,
            (false, _) => (i as f64 + 0.5) / count as f64,
        };
        Array2::from_shape_fn((rows, columns), |(i, j)| self.at(share(j, columns), share(i, rows)))
    }

    /// The field with blocks of cells made one, their mean, so that at most so many rows and columns remain. A block
    /// with a value that is no number has none either: it must not vanish.
    pub(super) fn reduced(&self, at_most: (usize, usize)) -> Array2<f64> {
        let (rows, columns) = self.values.dim();
        // Blocks as equal as whole cells allow, so that each is drawn where its cells are.
        let blocks = |cells: usize, at_most: usize| cells.div_ceil(cells.div_ceil(at_most));
        let (high, wide) = (blocks(rows, at_most.0), blocks(columns, at_most.1));
        let cells = |i: usize, count: usize, all: usize| i * all / count..(i + 1) * all / count;
        Array2::from_shape_fn((high, wide), |(i, j)| {
            let block = self.values.slice(ndarray::s![cells(i, high, rows), cells(j, wide, columns)]);
            let share = 1.0 / block.len() as f64;
            block.iter().map(|value| value * share).sum()
        })
    }

    pub(super) fn log(&self) -> bool {
        self.scale.kind == Kind::Log
    }
}

fn strange(nans: usize, infinite: usize) -> String {
    match (nans, infinite) {
        (nans, 0) => format!("{nans} NaN"),
        (0, infinite) => format!("{infinite} infinite"),
        _ => format!("{nans} NaN, {infinite} infinite"),
    }
}

fn place((from, to): (f64, f64), i: f64, count: usize) -> f64 {
    if count < 2 { 0.5 * from + 0.5 * to } else { from + (to - from) * i / (count - 1) as f64 }
}

/// The pixels of a grid of colours, row by row from the top.
pub(super) fn pixels(values: &Array2<f64>, scale: &Scale) -> Vec<u8> {
    values.rows().into_iter().rev().flat_map(|row| row.to_vec()).map(|value| scale.step(value)).collect()
}

/// The part of the plane that a plot shows, and where.
pub(super) struct Window {
    pub(super) place: Place,
    pub(super) x: Range<f64>,
    pub(super) y: Range<f64>,
}

impl Window {
    pub(super) fn new(place: Place, x: &Axis, y: &Axis) -> Self {
        Self { place, x: x.range(), y: y.range() }
    }

    /// Where a point is on the sheet, in pixels.
    pub(super) fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let Place { left, right, top, bottom } = self.place;
        let share = |value: f64, range: &Range<f64>| (value - range.start) / (range.end - range.start);
        (left + share(x, &self.x) * (right - left), bottom - share(y, &self.y) * (bottom - top))
    }
}

/// The space to the right of a plot that makes a unit as long along x as along y, so that what is perpendicular looks
/// it; if the plot would become too narrow or too wide for that, the least.
pub(super) fn space_for_equal_units(room: f64, height: f64, least: f64, (x, y): (&Axis, &Axis)) -> f64 {
    let long = |range: Range<f64>| range.end - range.start;
    let width = height * long(x.range()) / long(y.range());
    if width >= 0.5 * height && width <= room - least { room - width } else { least }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn field(values: Array2<Real>) -> Field {
        Field::new("f", &values, (0.0, 1.0), (0.0, 1.0), false).unwrap()
    }

    #[test]
    fn a_field_is_read_between_its_grid_points() {
        let field = field(array![[0.0, 2.0], [4.0, 6.0]]);
        assert_eq!(field.sampled((3, 3), true), array![[0.0, 1.0, 2.0], [2.0, 3.0, 4.0], [4.0, 5.0, 6.0]]);
        assert_eq!(field.sampled((1, 2), false), array![[2.5, 3.5]]);
    }

    #[test]
    fn blocks_have_their_mean_and_keep_what_is_no_number() {
        let field = field(array![[1.0, 2.0, 3.0], [3.0, 6.0, 5.0], [Real::NAN, 0.0, 7.0]]);
        let reduced = field.reduced((2, 2));
        assert_eq!((reduced[[0, 0]], reduced[[0, 1]]), (1.0, 2.5));
        assert!(reduced[[1, 0]].is_nan());
        assert_eq!(reduced[[1, 1]], 4.5);
    }

    #[test]
    fn a_range_that_falls_turns_the_field() {
        let values = array![[1.0, 2.0], [3.0, 4.0]];
        let turned = Field::new("f", &values, (1.0, 0.0), (5.0, 2.0), false).unwrap();
        assert_eq!((turned.values, turned.xs, turned.ys), (array![[4.0, 3.0], [2.0, 1.0]], (0.0, 1.0), (2.0, 5.0)));
    }
}
