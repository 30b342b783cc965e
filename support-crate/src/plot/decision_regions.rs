//! Which class a model gives each place of the plane.

use std::fmt::Write;

use ndarray::Array2;

use super::axis::Axis;
use super::canvas::{self, GREY, PALETTE, WIDTH, units};
use super::colour::{image, is_finite, mixed, rgb};
use super::field::{Window, space_for_equal_units};
use super::figure::Figure;
use super::frame::{Frame, widest};
use super::labels::{self, Key, Name};
use super::number::significant;
use super::png;
use crate::data::Examples;
use crate::tensor::Real;

const PLOT_HEIGHT: f64 = 340.0;
/// Rows and columns of the places that are classified.
const GRID: (usize, usize) = (160, 200);
/// Points drawn at most: more would cover the regions.
const POINTS: usize = 800;
/// How much white is in the colour of a region.
const PALE: f64 = 0.7;

/// The class that a model gives each place of the plane, as pale colours, with the examples on top in the full colour
/// of their own class: a point on another colour is a mistake.
///
/// `classify` gets places (n × 2) and answers with n classes: `|x| net.classify(x)`. It is asked 32 000 places around the
/// examples, and the examples themselves. At most 800 examples are drawn, evenly picked; those that are not finite are
/// left out and counted. The first eight classes have a colour, the others are grey.
///
/// # Panics
///
/// If the examples have not two features each, or `classify` does not answer with one class per row.
///
/// ```
/// use dl_interview::data::{rng, xor};
/// use dl_interview::plot::decision_regions;
///
/// let data = xor(200, 0.1, &mut rng(42));
/// let by_sign = |x: &ndarray::Array2<_>| x.rows().into_iter().map(|x| usize::from(x[0] * x[1] < 0.0)).collect();
/// let figure = decision_regions("Can a product solve XOR?", "x₁", "x₂", &data, by_sign);
/// assert!(figure.alt().contains("“class 1”"));
/// ```
#[track_caller]
pub fn decision_regions(
    title: &str,
    x_axis: &str,
    y_axis: &str,
    examples: &Examples,
    classify: impl Fn(&Array2<Real>) -> Vec<usize>,
) -> Figure {
    let (all, features) = examples.inputs.dim();
    assert!(
        all == 0 || features == 2,
        "decision_regions: the examples have {features} features, a plane has 2; pick two columns: \
         `inputs.select(Axis(1), &[0, 1])`"
    );
    assert!(
        examples.labels.len() == all,
        "decision_regions: {all} inputs and {} labels; give one label per input",
        examples.labels.len()
    );
    let finite: Vec<usize> =
        (0..all).filter(|&i| examples.inputs.row(i).iter().all(|value| is_finite(*value as f64))).collect();
    if finite.is_empty() {
        let reason = match all {
            0 => "Nothing to draw: no examples were given.".into(),
            _ => format!("Nothing to draw: none of the {all} examples is finite."),
        };
        return canvas::words(title, &reason);
    }
    let kept = examples.select(&finite);
    let places: Vec<(f64, f64)> = kept.inputs.rows().into_iter().map(|row| (row[0] as f64, row[1] as f64)).collect();
    let (xs, ys): (Vec<f64>, Vec<f64>) = places.iter().copied().unzip();
    let y = Axis::new(&ys, 0.08, 8, false);
    let x = move |at_most| Axis::new(&xs, 0.08, at_most, false);

    let ask = |inputs: &Array2<Real>| {
        let classes = classify(inputs);
        let rows = inputs.nrows();
        assert!(
            classes.len() == rows,
            "decision_regions: `classify` answered {rows} places with {} classes; it must give one class per row, such as \
             `|x| net.classify(x)`",
            classes.len()
        );
        classes
    };
    let regions = ask(&grid(&x(10), &y));
    let right_ones = ask(&kept.inputs).iter().zip(&kept.labels).filter(|(found, label)| found == label).count();
    let share = significant(100.0 * right_ones as f64 / places.len() as f64, 3);

    let classes = kept.classes().max(regions.iter().max().map_or(0, |class| class + 1));
    let named = PALETTE.into_iter().take(classes).enumerate();
    let named: Vec<Name> = named
        .map(|(i, colour)| Name { name: format!("class {i}"), value: String::new(), key: Key::Dot(colour) })
        .collect();
    let mut notes = vec![format!(
        "Pale: the class that the model gives each place. Dots: the examples; {share} % of {} lie in the region of \
         their own class.",
        places.len()
    )];
    if finite.len() < all {
        notes.push(format!("{} of {all} examples are not finite and left out.", all - finite.len()));
    }
    if places.len() > POINTS {
        notes.push(format!("A sample of the {} examples is drawn.", places.len()));
    }
    if classes > PALETTE.len() {
        notes.push(format!("The first {} of {classes} classes have a colour, the others are grey.", PALETTE.len()));
    }
    let mut alt = format!("Decision regions: {}{y_axis} over {x_axis}.", canvas::lead(title));
    for i in 0..classes.min(PALETTE.len()) {
        let area = regions.iter().filter(|class| **class == i).count() as f64 / regions.len() as f64;
        let count = kept.labels.iter().filter(|label| **label == i).count();
        let _ = write!(alt, " “class {i}”: {count} examples, {} % of the plane shown.", significant(100.0 * area, 2));
    }
    let alt = format!("{alt} {}", notes.join(" "));

    let colour = |class: usize| PALETTE.get(class).copied().unwrap_or(GREY);
    let mut pale: Vec<[u8; 3]> = PALETTE.map(|colour| mixed(rgb(colour), [255; 3], PALE)).to_vec();
    pale.push(mixed(rgb(GREY), [255; 3], PALE));
    let pixels: Vec<u8> = regions.iter().map(|class| (*class).min(PALETTE.len()) as u8).collect();
    let uri = png::palette_uri(&pixels, GRID.1, &pale);
    let every = places.len().div_ceil(POINTS);
    let dots: Vec<((f64, f64), usize)> = places.into_iter().zip(kept.labels).step_by(every).collect();
    let (title, x_axis, y_axis) = (title.to_owned(), x_axis.to_owned(), y_axis.to_owned());
    Figure::new(WIDTH, move |width| {
        let column = labels::wrapped(&named, width);
        let room = width - 2.0 * canvas::MARGIN - widest(&y) - 10.0;
        let right = space_for_equal_units(room, PLOT_HEIGHT, labels::width(&column), (&x(10), &y));
        let frame = Frame {
            title: title.clone(),
            x_axis: x_axis.clone(),
            y_axis: y_axis.clone(),
            notes: notes.clone(),
            plot_height: PLOT_HEIGHT,
            right,
        };
        let x = x(frame.room(width, widest(&x(10))));
        frame.draw(
            width,
            (&x, &y),
            &alt,
            |place| {
                let window = Window::new(place, &x, &y);
                let mut elements = image((place.left, place.top), (place.right, place.bottom), &uri, true);
                for (point, class) in &dots {
                    let (at, colour) = (window.at(*point), rgb(colour(*class)));
                    let _ = writeln!(
                        elements,
                        "<circle cx='{}' cy='{}' r='6' fill='#{:02X}{:02X}{:02X}' stroke='#FFF'/>",
                        units(at.0),
                        units(at.1),
                        colour[0],
                        colour[1],
                        colour[2]
                    );
                }
                elements
            },
            |area, _, place| {
                let ends = vec![Some(place.top); named.len()];
                labels::write(area, &column, &ends, place.right, (place.top, place.bottom));
            },
        )
    })
}

/// The middles of the pixels, row by row from the top.
fn grid(x: &Axis, y: &Axis) -> Array2<Real> {
    use plotters::coord::ranged1d::Ranged;
    let ((rows, columns), (x, y)) = (GRID, (x.range(), y.range()));
    let at = |from: f64, to: f64, i: usize, count: usize| from + (to - from) * (i as f64 + 0.5) / count as f64;
    Array2::from_shape_fn((rows * columns, 2), |(pixel, axis)| match axis {
        0 => at(x.start, x.end, pixel % columns, columns) as Real,
        _ => at(y.end, y.start, pixel / columns, rows) as Real,
    })
}
