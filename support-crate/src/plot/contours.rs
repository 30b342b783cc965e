//! A field over two axes from above: lines of equal height, and the ways that optimizers took.

use ndarray::Array2;
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::style::WHITE;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::canvas::{self, Area, BODY, Font, INK, PLAIN, WIDTH, text_width};
use super::colour::image;
use super::field::{Field, Window, pixels, space_for_equal_units};
use super::figure::Figure;
use super::frame::{Frame, widest};
use super::labels;
use super::level_lines::level_lines;
use super::number::number;
use super::paths::path_of;
use super::png;
use super::walks;
use crate::landscape::Trajectory;
use crate::tensor::Real;

const PLOT_HEIGHT: f64 = 360.0;
/// Points of the grid per side that lines are drawn from, and the characters they may take.
const FINEST: usize = 120;
const CHARACTERS: usize = 20_000;
/// Rows and columns of the bitmap below the lines: few, for it is smooth.
const GROUND: (usize, usize) = (90, 100);
const PALE: f64 = 0.65;
const SMALL: f64 = BODY - 2.0;
/// Between the numbers on the lines, and between them and the walks, in pixels.
const APART: f64 = 34.0;
const CLEAR: f64 = 16.0;

type Lines = Vec<(f64, Vec<Vec<(f64, f64)>>)>;

/// Lines of equal height of a field over two axes, with walks over it: where each starts (ring) and ends (dot), which
/// way it goes, and its last value.
///
/// `values[[i, j]]` belongs to xⱼ and yᵢ, evenly from `xs.0` to `xs.1` and from `ys.0` to `ys.1`, as
/// [`landscape::surface`](crate::landscape::surface()) and [`landscape::slice`](crate::landscape::slice()) give them. The
/// heights are round: evenly spaced, or by powers of ten if positive values span more than three decades. Where there is
/// room, a unit is as long along x as along y, so that a gradient is seen to be perpendicular to a line.
///
/// A walk that leaves the window is cut at its border, and the figure says so; one that diverges, too. A [`Trajectory`]
/// of one point marks a place, such as a minimum, with a star; those of the same name share a colour and a label.
///
/// # Panics
///
/// If a range is not two different finite numbers, or a walk has not two numbers per point and a value for each.
///
/// ```
/// use dl_interview::landscape::{TestFunction, surface, trajectory};
/// use dl_interview::optim::Optimizer;
/// use dl_interview::plot::contours;
///
/// let f = TestFunction::bowl(10.0);
/// let grid = surface(&f, (-2.0, 2.0), (-1.0, 1.0), 50);
/// let walk = trajectory(&f, &[-1.5, 0.8], &Optimizer::sgd(0.18), 30);
/// let figure = contours("Why does it zigzag?", "x", "y", &grid, (-2.0, 2.0), (-1.0, 1.0), &[("SGD", &walk)]);
/// assert!(figure.alt().contains("“SGD”: 30 steps from (-1.5, 0.8)"));
/// ```
#[track_caller]
pub fn contours(
    title: &str,
    x_axis: &str,
    y_axis: &str,
    values: &Array2<Real>,
    xs: (Real, Real),
    ys: (Real, Real),
    walks: &[(&str, &Trajectory)],
) -> Figure {
    let (walks, mut notes) = walks::new(walks);
    let field = match Field::new("contours", values, xs, ys, true) {
        Ok(field) => field,
        Err(reason) => return canvas::words(title, &reason),
    };
    let (rows, columns) = field.values.dim();
    if rows < 2 || columns < 2 {
        let reason =
            format!("Nothing to draw: lines need a grid of at least 2 × 2 values, this one has {rows} × {columns}.");
        return canvas::words(title, &reason);
    }
    let levels = levels(&field);
    let (lines, (high, wide)) = lines(&field, &levels);
    let heights: Vec<String> = lines.iter().map(|(level, _)| number(*level)).collect();
    if !heights.is_empty() {
        notes.insert(0, format!("Lines at {}; the lighter, the higher.", heights.join(", ")));
    }
    notes.extend(field.notes("light grey where NaN is, dark grey where it is infinite"));
    if (high, wide) != (rows, columns) {
        notes.push(format!("Lines drawn from {high} × {wide} of the {rows} × {columns} values."));
    }
    notes.extend(walks.iter().filter_map(|walk| walk.note(field.xs, field.ys)));
    let mut alt = format!(
        "Contour lines: {}{y_axis} from {} to {} over {x_axis} from {} to {}; {}.",
        canvas::lead(title),
        number(field.ys.0),
        number(field.ys.1),
        number(field.xs.0),
        number(field.xs.1),
        field.range_in_words()
    );
    alt.extend(walks.iter().map(walks::Walk::in_words));
    let alt = format!("{alt} {}", notes.join(" "));
    let ground = field.sampled(GROUND, false);
    let uri = png::palette_uri(&pixels(&ground, &field.scale), GROUND.1, &field.scale.palette(PALE));
    let y = Axis::new(&[field.ys.0, field.ys.1], 0.0, 8, false);

    let (title, x_axis, y_axis) = (title.to_owned(), x_axis.to_owned(), y_axis.to_owned());
    Figure::new(WIDTH, move |width| {
        let column = walks::column(&walks, width);
        let x = |at_most| Axis::new(&[field.xs.0, field.xs.1], 0.0, at_most, false);
        let room = width - 2.0 * canvas::MARGIN - widest(&y) - 10.0;
        let least = if column.is_empty() { 8.0 } else { labels::width(&column) };
        let frame = Frame {
            title: title.clone(),
            x_axis: x_axis.clone(),
            y_axis: y_axis.clone(),
            notes: notes.clone(),
            plot_height: PLOT_HEIGHT,
            right: space_for_equal_units(room, PLOT_HEIGHT, least, (&x(10), &y)),
        };
        let x = x(frame.room(width, widest(&x(10))));
        let to_plane = |(u, v): (f64, f64)| {
            let share = |at: f64, count: usize, ends: (f64, f64)| ends.0 + (ends.1 - ends.0) * at / (count - 1) as f64;
            (share(u, wide, field.xs), share(v, high, field.ys))
        };
        let on_sheet = |window: &Window, line: &Vec<(f64, f64)>| {
            line.iter().map(|point| window.at(to_plane(*point))).collect::<Vec<_>>()
        };
        frame.draw(
            width,
            (&x, &y),
            &alt,
            |place| {
                let window = Window::new(place, &x, &y);
                let mut path = String::new();
                for line in lines.iter().flat_map(|(_, lines)| lines) {
                    path += &path_of(&on_sheet(&window, line));
                }
                image((place.left, place.top), (place.right, place.bottom), &uri, true)
                    + &format!("<path fill='none' stroke='#777' stroke-width='1.5' d='{path}'/>\n")
                    + &walks::elements(&walks, &window).0
            },
            |area, _, place| {
                let window = Window::new(place, &x, &y);
                let mut taken: Vec<((f64, f64), f64)> =
                    walks::elements(&walks, &window).1.into_iter().map(|at| (at, CLEAR)).collect();
                for (level, lines) in &lines {
                    let lines = lines.iter().map(|line| on_sheet(&window, line)).collect::<Vec<_>>();
                    write_height(area, *level, &lines, &window, &mut taken);
                }
                walks::write(area, &walks, &column, &window);
            },
        )
    })
}

/// The heights of the lines: up to ten round values.
fn levels(field: &Field) -> Vec<f64> {
    let (low, high) = (field.scale.low, field.scale.high);
    if field.scale.flat() {
        return Vec::new();
    }
    if !field.log() {
        let axis = Axis::new(&[low, high], 0.0, 10, false);
        return axis.key_points(BoldPoints(10)).into_iter().filter(|level| *level > low && *level < high).collect();
    }
    let decades = (high / low).log10();
    let (each, every): (&[f64], usize) = match decades {
        decades if decades <= 3.5 => (&[1.0, 2.0, 5.0], 1),
        decades if decades <= 5.0 => (&[1.0, 3.0], 1),
        _ => (&[1.0], (decades / 10.0).ceil() as usize),
    };
    let powers = (low.log10().floor() as i32..=high.log10().floor() as i32).step_by(every);
    let levels = powers.flat_map(|power| each.iter().map(move |digit| digit * 10f64.powi(power)));
    levels.filter(|level| *level > low && *level < high).collect()
}

/// The lines of each level, from as fine a grid as the space for them allows, and the size of that grid.
fn lines(field: &Field, levels: &[f64]) -> (Lines, (usize, usize)) {
    let (rows, columns) = field.values.dim();
    let mut finest = FINEST;
    loop {
        let size = (rows.min(finest), columns.min(finest));
        let values = if size == (rows, columns) { field.values.clone() } else { field.sampled(size, true) };
        let lines: Lines = levels.iter().map(|level| (*level, level_lines(&values, *level))).collect();
        let lines: Lines = lines.into_iter().filter(|(_, lines)| !lines.is_empty()).collect();
        let points: usize = lines.iter().flat_map(|(_, lines)| lines).map(|line| 4 + line.len()).sum();
        if points * 6 < CHARACTERS || finest <= 12 {
            return (lines, size);
        }
        finest = finest * 3 / 4;
    }
}

/// Writes the height on the longest of its lines that has a place away from what is taken.
fn write_height(
    area: &Area<'_>,
    level: f64,
    lines: &[Vec<(f64, f64)>],
    window: &Window,
    taken: &mut Vec<((f64, f64), f64)>,
) {
    let label = number(level);
    let (half, place) = (0.5 * text_width(&label, SMALL) + 3.0, window.place);
    let mut longest: Vec<&Vec<(f64, f64)>> = lines.iter().filter(|line| line.len() > 8).collect();
    longest.sort_by_key(|line| std::cmp::Reverse(line.len()));
    let candidates = longest.iter().take(4).flat_map(|line| (1..16).map(|i| line[i * line.len() / 16]));
    let free = |(x, y): &(f64, f64)| {
        let inside =
            *x > place.left + half && *x < place.right - half && *y > place.top + 8.0 && *y < place.bottom - 8.0;
        inside && taken.iter().all(|((a, b), clear)| ((a - x) / 1.5).hypot(b - y) > *clear)
    };
    let Some((x, y)) = candidates.into_iter().find(free) else { return };
    taken.push(((x, y), APART));
    canvas::fill(area, (x - half, y - 6.5), (x + half, y + 6.5), WHITE);
    canvas::write(area, &[label], (x, y), Font { size: SMALL, colour: INK, anchor: HPos::Center, ..PLAIN });
}
