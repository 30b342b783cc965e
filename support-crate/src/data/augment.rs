//! Images changed in ways that do not change what they show.

use ndarray::{Array1, Array2, ArrayView1, s};
use rand::RngExt;
use rand::distr::Distribution;

use super::Normal;
use crate::tensor::Real;

/// A random change of images, drawn anew for each image; the class stays what it was.
///
/// Images are rows of side² pixels, line by line from the top left; 0 is paper, 1 is ink, and paper comes in from outside.
/// A value between pixels is interpolated bilinearly. (One permutation of the pixels for all images needs no more than a
/// shuffled `order` of the columns and `images.select(Axis(1), &order)`.)
///
/// ```
/// use dl_interview::data::{Augment, glyphs, rng};
///
/// let mut rng = rng(42);
/// let images = glyphs(10, 10, &mut rng).inputs;
/// let tilted = Augment::Rotate(15.0).apply(&images, &mut rng);
/// let moved = Augment::Shift(2).apply(&tilted, &mut rng);
/// assert_eq!(moved.dim(), (100, 400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Augment {
    /// Moves by −p to p whole pixels down, and independently to the right.
    Shift(usize),
    /// Turns about the centre by an angle that is uniform in −degrees to degrees.
    Rotate(Real),
    /// Adds 𝒩(0, std²) to each pixel, then clips to 0 to 1.
    Noise(Real),
    /// Moves each pixel by its own displacement, and neighbours by similar ones.
    ///
    /// Both coordinates of the displacements are uniform in −1 to 1, smoothed by a Gaussian of standard deviation `sigma`
    /// pixels and multiplied by `alpha`; `alpha` 34 and `sigma` 4 suit MNIST, moving a pixel by 1.4 or so in each
    /// direction. Source: Simard, Steinkraus, Platt 2003, "Best Practices for Convolutional Neural Networks Applied to
    /// Visual Document Analysis", ICDAR.
    Elastic {
        /// The strength: the factor of the smoothed displacements, in pixels.
        alpha: Real,
        /// How far the displacements are smoothed, in pixels: small ones crumple, large ones only move.
        sigma: Real,
    },
}

impl Augment {
    /// A changed copy of the images: n × side², of which each has its own draw.
    ///
    /// # Panics
    ///
    /// When the images are not square or not within 0 to 1, or a parameter is negative or not finite (or `sigma` is 0).
    ///
    /// ```
    /// use dl_interview::data::{Augment, rng};
    /// use ndarray::Array2;
    ///
    /// let blank = Array2::zeros((5, 784));
    /// assert_eq!(Augment::Elastic { alpha: 34.0, sigma: 4.0 }.apply(&blank, &mut rng(42)), blank);
    /// assert_ne!(Augment::Noise(0.1).apply(&blank, &mut rng(42)), blank);
    /// ```
    #[track_caller]
    pub fn apply(&self, images: &Array2<Real>, rng: &mut impl rand::Rng) -> Array2<Real> {
        let right = |x: Real| x.is_finite() && x >= 0.0;
        assert!(
            match *self {
                Augment::Shift(_) => true,
                Augment::Rotate(degrees) => right(degrees),
                Augment::Noise(std) => right(std),
                Augment::Elastic { alpha, sigma } => right(alpha) && right(sigma) && sigma > 0.0,
            },
            "Augment::apply: {self:?} has a parameter that is negative or not finite (or `sigma` is 0); give the size of \
             the change, its sign is drawn"
        );
        let side = side("Augment::apply", images);
        match *self {
            Augment::Shift(most) => {
                let most = most.min(side) as i64;
                each(images, |image| {
                    let [down, right] = [(); 2].map(|()| rng.random_range(-most..=most));
                    shifted(image, side, down, right)
                })
            }
            Augment::Rotate(most) => {
                let most = most as f64;
                each(images, |image| rotated(image, side, rng.random_range(-most..=most)))
            }
            Augment::Noise(std) => {
                let normal = Normal::new(0.0, std);
                images.mapv(|pixel| (pixel + normal.sample(rng)).clamp(0.0, 1.0))
            }
            Augment::Elastic { alpha, sigma } => {
                let smooth = gaussian(side, sigma as f64);
                each(images, |image| {
                    let [down, right] = [(); 2].map(|()| {
                        let field = Array2::from_shape_simple_fn((side, side), || rng.random_range(-1.0..=1.0));
                        smooth.dot(&field).dot(&smooth) * alpha as f64
                    });
                    warped(image, side, |row, column| {
                        (row as f64 + down[[row, column]], column as f64 + right[[row, column]])
                    })
                })
            }
        }
    }
}

/// The images moved by whole pixels, all by the same: `down` and `right`, or up and left when negative.
///
/// # Panics
///
/// When the images are not square, or not within 0 to 1.
///
/// ```
/// use dl_interview::data::shift_images;
/// use ndarray::array;
///
/// let corner = array![[1.0, 0.0, 0.0, 0.0]];
/// assert_eq!(shift_images(&corner, 1, 0), array![[0.0, 0.0, 1.0, 0.0]]);
/// assert_eq!(shift_images(&corner, 0, -1), array![[0.0, 0.0, 0.0, 0.0]]);
/// ```
#[track_caller]
pub fn shift_images(images: &Array2<Real>, down: i32, right: i32) -> Array2<Real> {
    let side = side("shift_images", images);
    each(images, |image| shifted(image, side, down.into(), right.into()))
}

/// The images turned counterclockwise about their centre, all by the same angle in degrees.
///
/// # Panics
///
/// When the images are not square, or not within 0 to 1, or `degrees` is not finite.
///
/// ```
/// use dl_interview::data::rotate_images;
/// use ndarray::array;
///
/// let top_right = array![[0.0, 1.0, 0.0, 0.0]];
/// let top_left = rotate_images(&top_right, 90.0);
/// assert!((top_left - array![[1.0, 0.0, 0.0, 0.0]]).iter().all(|difference| difference.abs() < 1e-6));
/// ```
#[track_caller]
pub fn rotate_images(images: &Array2<Real>, degrees: Real) -> Array2<Real> {
    let side = side("rotate_images", images);
    assert!(degrees.is_finite(), "rotate_images: an angle of {degrees} degrees; give a finite number");
    each(images, |image| rotated(image, side, degrees as f64))
}

// Line by line: between whole pixels there is nothing to interpolate, and an epoch of a small CNN would take a fifth longer.
fn shifted(image: ArrayView1<Real>, side: usize, down: i64, right: i64) -> Array1<Real> {
    let mut moved = Array1::zeros(side * side);
    // Where along an axis something of the image is left, after a move by so many pixels.
    let left = |by: i64| by.clamp(0, side as i64) as usize..(side as i64 + by).clamp(0, side as i64) as usize;
    let columns = left(right);
    if columns.is_empty() {
        return moved;
    }
    for row in left(down) {
        let from = (row as i64 - down) as usize * side + (columns.start as i64 - right) as usize;
        let to = row * side + columns.start;
        moved.slice_mut(s![to..to + columns.len()]).assign(&image.slice(s![from..from + columns.len()]));
    }
    moved
}

fn rotated(image: ArrayView1<Real>, side: usize, degrees: f64) -> Array1<Real> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let center = (side as f64 - 1.0) / 2.0;
    warped(image, side, |row, column| {
        let (y, x) = (row as f64 - center, column as f64 - center);
        (center + x * sin + y * cos, center + x * cos - y * sin)
    })
}

/// The image whose pixel at (row, column) shows what `image` has at `source(row, column)`.
///
/// Interpolated bilinearly between the four pixels around. Coordinates are f64, so that a turn by 90° hits the pixels.
fn warped(image: ArrayView1<Real>, side: usize, source: impl Fn(usize, usize) -> (f64, f64)) -> Array1<Real> {
    let pixel = |row: f64, column: f64| {
        let inside = |at: f64| (0.0..side as f64).contains(&at);
        if inside(row) && inside(column) { image[row as usize * side + column as usize] } else { 0.0 }
    };
    Array1::from_shape_fn(side * side, |at| {
        let (y, x) = source(at / side, at % side);
        let (top, left) = (y.floor(), x.floor());
        let (down, right) = ((y - top) as Real, (x - left) as Real);
        let along = |row: f64| (1.0 - right) * pixel(row, left) + right * pixel(row, left + 1.0);
        (1.0 - down) * along(top) + down * along(top + 1.0)
    })
}

/// The matrix G that smooths: G F G is the side × side field F convolved with a Gaussian, with 0 outside the field.
fn gaussian(side: usize, sigma: f64) -> Array2<f64> {
    let bell = |distance: f64| (-distance * distance / (2.0 * sigma * sigma)).exp();
    let reach = (6.0 * sigma).ceil() as i64;
    let sum: f64 = (-reach..=reach).map(|distance| bell(distance as f64)).sum();
    Array2::from_shape_fn((side, side), |(i, j)| bell(i as f64 - j as f64) / sum)
}

fn each(images: &Array2<Real>, mut change: impl FnMut(ArrayView1<Real>) -> Array1<Real>) -> Array2<Real> {
    let mut changed = images.clone();
    for (mut row, image) in changed.rows_mut().into_iter().zip(images.rows()) {
        row.assign(&change(image));
    }
    changed
}

#[track_caller]
fn side(name: &str, images: &Array2<Real>) -> usize {
    let side = images.ncols().isqrt();
    assert!(
        side * side == images.ncols(),
        "{name}: an image of {} pixels is not square; give one image of side × side pixels per row, such as 784 for 28 × 28",
        images.ncols()
    );
    if let Some(value) = images.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        panic!(
            "{name}: a pixel is {value}, but 0 is paper and 1 is ink; change images first and scale them afterwards"
        );
    }
    side
}

#[cfg(test)]
mod tests {
    use super::super::rng;
    use super::*;
    use ndarray::Axis;

    #[test]
    fn displacements_are_as_large_and_as_smooth_as_said() {
        let smooth = gaussian(28, 4.0);
        let mut rng = rng(1);
        let (mut squared, mut steps) = (0.0, 0.0);
        for _ in 0..300 {
            let field = Array2::from_shape_simple_fn((28, 28), || rng.random_range(-1.0..=1.0));
            let moved = 34.0 * smooth.dot(&field).dot(&smooth);
            squared += moved[[14, 14]] * moved[[14, 14]] / 300.0;
            steps += (moved[[14, 15]] - moved[[14, 14]]).powi(2) / 300.0;
        }
        // In the middle, far from the edges: α (1/√3) / (2 σ √π) = 1.38, neighbours by about that / (σ √2) apart.
        assert!((squared.sqrt() - 1.38).abs() < 0.3, "{}", squared.sqrt());
        assert!((steps.sqrt() - 0.24).abs() < 0.06, "{}", steps.sqrt());
        // Smoothing is an average where the Gaussian fits into the field.
        assert!((gaussian(28, 1.0).sum_axis(Axis(1))[14] - 1.0).abs() < 1e-9);
        assert!(gaussian(5, 1e-3).diag().iter().all(|&weight| weight == 1.0));
    }
}
