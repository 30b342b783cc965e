//! A field over two axes as a surface in three dimensions.

use std::fmt::Write;

use ndarray::Array2;
use plotters::style::text_anchor::HPos;

use super::canvas::{self, BODY, Font, GREY, LEADING, MARGIN, PLAIN, WIDTH, text_width};
use super::colour::is_finite;
use super::field::Field;
use super::figure::Figure;
use super::number::number;
use super::paths::path_of;
use crate::tensor::Real;

/// Quads per side at full width: 32 × 32 of them take 60 KB.
const QUADS: f64 = 32.0;
/// How far the view is turned, and how far from above it comes, in degrees.
const TURN: f64 = 35.0;
const ABOVE: f64 = 32.0;
/// The height of the surface, in sides of the square it stands on.
const TALL: f64 = 0.55;

/// A field over two axes as a surface in three dimensions, seen from above at an angle, coloured by height.
///
/// `values[[i, j]]` belongs to xⱼ and yᵢ, evenly from `xs.0` to `xs.1` and from `ys.0` to `ys.1`, as
/// [`landscape::surface`](crate::landscape::surface()) and [`landscape::slice`](crate::landscape::slice()) give them. It is
/// seen from the side that hides least. Positive heights over more than three decades are drawn by their logarithm; what
/// is no number leaves a hole. What exactly is where, [`contours`](super::contours()) show better.
///
/// # Panics
///
/// If a range is not two different finite numbers.
///
/// ```
/// use dl_interview::landscape::{TestFunction, surface};
/// use dl_interview::plot::surface_3d;
///
/// let grid = surface(&TestFunction::saddle(), (-1.0, 1.0), (-1.0, 1.0), 30);
/// let figure = surface_3d("What is a saddle?", "x", "y", "x² − y²", &grid, (-1.0, 1.0), (-1.0, 1.0));
/// assert!(figure.alt().starts_with("Surface: What is a saddle?"));
/// ```
#[track_caller]
pub fn surface_3d(
    title: &str,
    x_axis: &str,
    y_axis: &str,
    z_axis: &str,
    values: &Array2<Real>,
    xs: (Real, Real),
    ys: (Real, Real),
) -> Figure {
    let field = match Field::new("surface_3d", values, xs, ys, true) {
        Ok(field) => field,
        Err(reason) => return canvas::words(title, &reason),
    };
    let (rows, columns) = field.values.dim();
    if rows < 2 || columns < 2 {
        let reason = format!(
            "Nothing to draw: a surface needs a grid of at least 2 × 2 values, this one has {rows} × {columns}."
        );
        return canvas::words(title, &reason);
    }
    let z_axis = if field.log() { format!("{z_axis} (logarithmic)") } else { z_axis.to_owned() };
    let (title, x_axis, y_axis) = (title.to_owned(), x_axis.to_owned(), y_axis.to_owned());
    Figure::new(WIDTH, move |width| {
        let finest = (QUADS * (width / WIDTH).min(1.0).powf(1.5)).max(8.0) as usize + 1;
        let size = (rows.min(finest), columns.min(finest));
        let heights = if size == (rows, columns) { field.values.clone() } else { field.sampled(size, true) };
        let mut notes = field.notes("holes");
        if size != (rows, columns) {
            notes.push(format!("Drawn from {} × {} of the {rows} × {columns} values.", size.0, size.1));
        }
        let view = View::new(&heights, &field, width);
        let notes_text: Vec<String> =
            notes.iter().flat_map(|note| canvas::wrap(note, BODY, width - 2.0 * MARGIN, 3)).collect();
        let title_text = canvas::title_lines(&title, width);
        let z_title = canvas::wrap(&z_axis, BODY, width - 2.0 * MARGIN, 2);
        let line = BODY * LEADING;
        let top = canvas::title_height(&title_text) + 14.0 + z_title.len() as f64 * line;
        let view = View { top: top - view.highest(), ..view };
        let end = view.lowest() + 22.0;
        let height = end + 8.0 + notes_text.len() as f64 * line;
        let alt = format!(
            "Surface: {}{z_axis} over {x_axis} from {} to {} and {y_axis} from {} to {}; {}. {}",
            canvas::lead(&title),
            number(field.xs.0),
            number(field.xs.1),
            number(field.ys.0),
            number(field.ys.1),
            field.range_in_words(),
            notes.join(" ")
        );
        let elements = view.floor() + &quads(&heights, &field, &view);
        canvas::sheet((width, height), alt.trim_end(), &elements, |area| {
            let under_title = canvas::write_title(area, &title_text);
            let grey = Font { colour: GREY, ..PLAIN };
            canvas::write(area, &z_title, (MARGIN, under_title + 12.0), grey);
            // The two edges of the floor towards the reader carry x and y, the corner at the left the height.
            let corners = view.front();
            for (axis, name, ends) in [(0, &x_axis, field.xs), (1, &y_axis, field.ys)] {
                for (from, to, left) in [(corners[0], corners[1], true), (corners[1], corners[2], false)] {
                    if (from.0 == to.0) == (axis == 0) {
                        continue;
                    }
                    let anchor = if left { HPos::Right } else { HPos::Left };
                    let (sign, font) = (if left { -1.0 } else { 1.0 }, Font { anchor, ..grey });
                    let at = |corner: (f64, f64)| if axis == 0 { corner.0 } else { corner.1 };
                    let mut spots = Vec::new();
                    for (corner, share) in [(from, 0.12), (to, 0.88)] {
                        let (x, y) = view.between(from, to, share);
                        let value = number(if at(corner) < 0.5 { ends.0 } else { ends.1 });
                        spots.push(text_width(&value, BODY));
                        canvas::write(area, &[value], (x + sign * 6.0, y + 10.0), font);
                    }
                    let (x, y) = view.between(from, to, 0.5);
                    let start = x + sign * (10.0 + 0.3 * spots.iter().fold(0.0, |a: f64, b| a.max(*b)));
                    let space = if left { start - MARGIN } else { width - MARGIN - start };
                    let name = canvas::wrap(name, BODY, space.max(40.0), 2);
                    canvas::write(area, &name, (start, y + 18.0), Font { anchor, ..PLAIN });
                }
            }
            let (low, high) = (field.scale.low, field.scale.high);
            let left = corners[0];
            let marks = if field.scale.flat() { vec![(0.5, low)] } else { vec![(0.0, low), (1.0, high)] };
            for (share, value) in marks {
                let (x, y) = view.at(left.0, left.1, share);
                let y = if share == 0.0 { y - 6.0 } else { y };
                let value = if share == 0.0 { field.scale.lowest() } else { number(value) };
                canvas::write(area, &[value], (x - 6.0, y), Font { anchor: HPos::Right, ..grey });
            }
            canvas::write(area, &notes_text, (MARGIN, end), grey);
        })
    })
}

/// The quads from the farthest to the nearest, so that what is in front covers what is behind.
fn quads(heights: &Array2<f64>, field: &Field, view: &View) -> String {
    let (rows, columns) = heights.dim();
    let palette = field.scale.palette(0.1);
    let share = |i: usize, count: usize| i as f64 / (count - 1) as f64;
    let mut order: Vec<(usize, usize)> = (0..rows - 1).flat_map(|i| (0..columns - 1).map(move |j| (i, j))).collect();
    order.sort_by(|a, b| {
        let depth = |(i, j): &(usize, usize)| view.depth(share(*j, columns), share(*i, rows));
        depth(b).total_cmp(&depth(a))
    });
    let mut elements = String::from("<g stroke='#333' stroke-width='0.5'>\n");
    for (i, j) in order {
        let corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)];
        if corners.iter().any(|corner| !is_finite(heights[*corner])) {
            continue;
        }
        let mean = corners.iter().map(|corner| 0.25 * field.scale.share(heights[*corner])).sum::<f64>();
        let [r, g, b] = palette[(mean * (palette.len() - 4) as f64) as usize];
        let points =
            corners.map(|(i, j)| view.at(share(j, columns), share(i, rows), field.scale.share(heights[[i, j]])));
        let _ = writeln!(elements, "<path fill='#{r:02X}{g:02X}{b:02X}' d='{}z'/>", path_of(&points));
    }
    elements + "</g>\n"
}

/// Where the eye is: the square of x and y, each from 0 to 1, turned and seen from above at an angle.
struct View {
    turn: f64,
    scale: f64,
    middle: f64,
    top: f64,
}

impl View {
    /// The one of four views that has the lowest ground in front, which hides least.
    fn new(heights: &Array2<f64>, field: &Field, width: f64) -> Self {
        let (rows, columns) = heights.dim();
        let scale = ((width - 150.0) / 1.42).clamp(60.0, 340.0);
        let views = (0..4).map(|quarter| View {
            turn: (TURN + 90.0 * f64::from(quarter)).to_radians(),
            scale,
            middle: 0.5 * width,
            top: 0.0,
        });
        let in_front = |view: &View| {
            let share = |i: usize, count: usize| i as f64 / (count - 1) as f64;
            let mut sum = 0.0;
            for ((i, j), value) in heights.indexed_iter().filter(|(_, value)| is_finite(**value)) {
                sum -= view.depth(share(j, columns), share(i, rows)) * field.scale.share(*value);
            }
            sum / (rows * columns) as f64
        };
        views.min_by(|a, b| (1e6 * in_front(a)).round().total_cmp(&(1e6 * in_front(b)).round())).expect("four views")
    }

    /// How far away a place of the floor is.
    fn depth(&self, x: f64, y: f64) -> f64 {
        (x - 0.5) * self.turn.sin() + (y - 0.5) * self.turn.cos()
    }

    /// A point on the sheet, in pixels; all three numbers from 0 to 1.
    fn at(&self, x: f64, y: f64, z: f64) -> (f64, f64) {
        let across = (x - 0.5) * self.turn.cos() - (y - 0.5) * self.turn.sin();
        let (sin, cos) = ABOVE.to_radians().sin_cos();
        let up = self.depth(x, y) * sin + TALL * z * cos;
        (self.middle + self.scale * across, self.top - self.scale * up)
    }

    fn corners(&self) -> [(f64, f64); 4] {
        let mut corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        corners.sort_by(|a, b| self.depth(a.0, a.1).total_cmp(&self.depth(b.0, b.1)));
        corners
    }

    /// The corners of the floor at the left, in front, and at the right.
    fn front(&self) -> [(f64, f64); 3] {
        let [front, a, b, _] = self.corners();
        let x = |corner: (f64, f64)| self.at(corner.0, corner.1, 0.0).0;
        if x(a) < x(b) { [a, front, b] } else { [b, front, a] }
    }

    fn highest(&self) -> f64 {
        let back = self.corners()[3];
        self.at(back.0, back.1, 1.0).1
    }

    fn lowest(&self) -> f64 {
        let front = self.corners()[0];
        self.at(front.0, front.1, 0.0).1
    }

    fn between(&self, from: (f64, f64), to: (f64, f64), share: f64) -> (f64, f64) {
        self.at(from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1), 0.0)
    }

    /// The floor, the two walls behind, and the edge of the height.
    fn floor(&self) -> String {
        let [front, a, b, back] = self.corners();
        let left = self.front()[0];
        let at = |corner: (f64, f64), z: f64| self.at(corner.0, corner.1, z);
        let mut path = path_of(&[at(a, 0.0), at(front, 0.0), at(b, 0.0), at(back, 0.0), at(a, 0.0)]);
        for wall in [a, b] {
            path += &path_of(&[at(wall, 0.0), at(wall, 1.0), at(back, 1.0), at(back, 0.0)]);
        }
        path += &path_of(&[at(left, 0.0), at(left, 1.0)]);
        format!("<path fill='none' stroke='#8C8C8C' d='{path}'/>\n")
    }
}
