//! Characters of alphabets that nobody has seen.

use ndarray::{Array1, Array2};
use rand::RngExt;
use rand::distr::Distribution;

use super::{Examples, Normal};
use crate::tensor::Real;

const SIDE: usize = 20;
/// Strokes of a character.
const STROKES: usize = 2;
/// Straight pieces that a curved stroke is drawn with.
const PIECES: usize = 12;
/// Half the width of a line, in pixels.
const PEN: Real = 0.8;

/// A point of the paper, across and down, each 0 to 1.
type Point = [Real; 2];

/// Handwritten characters of made-up alphabets: `per_class` images of 20 × 20 pixels for each of `classes` characters.
///
/// A character is two strokes, curves with 4 random points each; a writer moves, turns, scales and shears it a little and
/// does not hit the points quite. The n × 400 pixels are 0 for paper to 1 for ink, line by line from the top left. The
/// images of class c are the rows from c · per_class up to (c + 1) · per_class. Source of the idea: Lake, Salakhutdinov,
/// Tenenbaum 2015, "Human-level concept learning through probabilistic program induction", Science 350(6266), whose data
/// set Omniglot has real alphabets.
///
/// ```
/// use dl_interview::data::{glyphs, rng};
///
/// let data = glyphs(30, 4, &mut rng(42));
/// assert_eq!((data.inputs.dim(), data.classes()), ((120, 400), 30));
/// assert_eq!(data.labels.to_vec()[..5], [0, 0, 0, 0, 1]);
/// ```
pub fn glyphs(classes: usize, per_class: usize, rng: &mut impl rand::Rng) -> Examples {
    let mut inputs = Array2::zeros((classes * per_class, SIDE * SIDE));
    for class in 0..classes {
        let character = character(rng);
        for example in 0..per_class {
            inputs.row_mut(class * per_class + example).assign(&drawn(&written(character, rng)));
        }
    }
    Examples { inputs, labels: Array1::from_shape_fn(classes * per_class, |i| i / per_class) }
}

/// The points of a new character, those of a stroke far enough apart to show.
fn character(rng: &mut impl rand::Rng) -> [[Point; 4]; STROKES] {
    [(); STROKES].map(|()| {
        let mut stroke = [[0.0; 2]; 4];
        for i in 0..4 {
            stroke[i] = loop {
                let point = [(); 2].map(|()| rng.random_range(0.05..0.95));
                if i == 0 || distance(point, stroke[i - 1]) > 0.5 {
                    break point;
                }
            };
        }
        stroke
    })
}

/// The character as written once.
fn written(character: [[Point; 4]; STROKES], rng: &mut impl rand::Rng) -> [[Point; 4]; STROKES] {
    // Tuned so that one image per class is not enough for raw pixels (the nearest of five is right for 53 to 56 %), while
    // a metric learned on 300 other characters gets three quarters right.
    let (slip, affine, shift) = (Normal::new(0.0, 0.015), Normal::new(0.0, 0.08), Normal::new(0.0, 0.07));
    let [a, b, c, d] = [1.0, 0.0, 0.0, 1.0].map(|identity| identity + affine.sample(rng));
    let [right, down] = [(); 2].map(|()| shift.sample(rng));
    character.map(|stroke| {
        stroke.map(|point| {
            let [x, y] = point.map(|at| at - 0.5 + slip.sample(rng));
            [0.5 + a * x + b * y + right, 0.5 + c * x + d * y + down]
        })
    })
}

/// The strokes as pixels: a pixel is as dark as its centre is close to a line.
fn drawn(strokes: &[[Point; 4]; STROKES]) -> Array1<Real> {
    let lines = strokes.map(curve);
    Array1::from_shape_fn(SIDE * SIDE, |pixel| {
        let center = [(pixel % SIDE) as Real + 0.5, (pixel / SIDE) as Real + 0.5];
        let pieces = lines.iter().flat_map(|line| line.windows(2));
        let nearest = pieces.map(|piece| distance_to_piece(center, piece[0], piece[1])).fold(Real::INFINITY, Real::min);
        (PEN + 0.5 - nearest).clamp(0.0, 1.0)
    })
}

/// Points, in pixels, on the Bézier curve from the first point of a stroke to the last, pulled towards the others.
fn curve(stroke: [Point; 4]) -> Vec<Point> {
    let on = |t: Real| {
        let u = 1.0 - t;
        let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
        [0, 1].map(|axis| SIDE as Real * (0..4).map(|i| weights[i] * stroke[i][axis]).sum::<Real>())
    };
    (0..=PIECES).map(|piece| on(piece as Real / PIECES as Real)).collect()
}

fn distance(a: Point, b: Point) -> Real {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn distance_to_piece(point: Point, from: Point, to: Point) -> Real {
    let ([x, y], [dx, dy]) = ([point[0] - from[0], point[1] - from[1]], [to[0] - from[0], to[1] - from[1]]);
    let along = ((x * dx + y * dy) / (dx * dx + dy * dy).max(Real::MIN_POSITIVE)).clamp(0.0, 1.0);
    distance([x, y], [along * dx, along * dy])
}

#[cfg(test)]
mod tests {
    use super::super::rng;
    use super::*;
    use ndarray::{ArrayView1, s};

    #[test]
    fn every_image_is_ink_on_paper() {
        let data = glyphs(100, 3, &mut rng(1));
        assert!(data.inputs.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        for image in data.inputs.rows() {
            let ink = image.sum();
            assert!((15.0..200.0).contains(&ink), "{ink} pixels of ink");
            // The lines are black inside and have grey edges.
            assert!(image.iter().any(|&pixel| pixel == 1.0));
            assert!(image.iter().any(|&pixel| 0.2 < pixel && pixel < 0.8));
        }
        assert_eq!(data.labels, Array1::from_shape_fn(300, |i| i / 3));
    }

    #[test]
    fn a_line_is_as_wide_as_the_pen() {
        // Down the middle between columns 9 and 10, from row 5 to row 15.
        let middle = [[0.5, 0.25], [0.5, 0.4], [0.5, 0.6], [0.5, 0.75]];
        let image = drawn(&[middle, middle]).into_shape_with_order((SIDE, SIDE)).unwrap();
        let across = image.row(10).to_vec();
        for (column, pixel) in across.iter().enumerate() {
            let expected = if column == 9 || column == 10 { PEN } else { 0.0 };
            assert!((pixel - expected).abs() < 1e-5, "{column}: {pixel}");
        }
        assert_eq!(image.slice(s![..4, ..]).sum() + image.slice(s![16.., ..]).sum(), 0.0);
        assert!((image.column(9).sum() - image.column(10).sum()).abs() < 1e-5);
    }

    #[test]
    fn a_class_looks_more_like_itself_than_like_another() {
        let data = glyphs(100, 2, &mut rng(2));
        let apart = |a: ArrayView1<Real>, b: ArrayView1<Real>| (&a - &b).mapv(|d| d * d).sum();
        let mean = |step: usize| {
            let distance = |class: usize| apart(data.inputs.row(2 * class), data.inputs.row((2 * class + step) % 200));
            (0..100).map(distance).sum::<Real>() / 100.0
        };
        let (within, between) = (mean(1), mean(2));
        assert!(within > 10.0, "the images of a class are too alike: {within}");
        assert!(within < 0.8 * between, "the classes are too alike: {within} within, {between} between");
    }

    #[test]
    fn the_generator_decides() {
        assert_eq!(glyphs(3, 2, &mut rng(1)), glyphs(3, 2, &mut rng(1)));
        assert_ne!(glyphs(3, 2, &mut rng(1)), glyphs(3, 2, &mut rng(2)));
        assert_eq!(glyphs(0, 5, &mut rng(1)).inputs.dim(), (0, 400));
        assert!(glyphs(5, 0, &mut rng(1)).is_empty());
    }
}
