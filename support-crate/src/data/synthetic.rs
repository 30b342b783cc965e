//! Made-up data of which the truth is known.

use ndarray::{Array1, Array2};
use rand::RngExt;
use rand::distr::Distribution;

use super::{Examples, Normal};
use crate::tensor::Real;

const TURN: Real = std::f64::consts::TAU as Real;

/// Points on `arms` spirals of one turn each, from the origin to radius 1; the class is the arm.
///
/// Point i is on arm i mod `arms`, at r (cos φ, sin φ) with r uniform in 0 to 1 and φ = 2π (r + arm / arms), plus
/// 𝒩(0, noise²) in both directions. No line separates two arms. Source: Lang & Witbrock 1988, "Learning to Tell Two
/// Spirals Apart", Connectionist Models Summer School (two arms of three turns).
///
/// # Panics
///
/// When `arms` is 0, or `noise` is negative or not finite.
///
/// ```
/// use dl_interview::data::{rng, spirals};
///
/// let data = spirals(300, 3, 0.02, &mut rng(42));
/// assert_eq!((data.inputs.dim(), data.classes()), ((300, 2), 3));
/// ```
#[track_caller]
pub fn spirals(n: usize, arms: usize, noise: Real, rng: &mut impl rand::Rng) -> Examples {
    assert!(arms > 0, "spirals({n}, 0, …): there is no arm to put points on; ask for 2 or more");
    let normal = normal("spirals", noise);
    planar(n, arms, |arm| {
        let radius: Real = rng.random();
        let angle = TURN * (radius + arm as Real / arms as Real);
        [radius * angle.cos(), radius * angle.sin()].map(|x| x + normal.sample(rng))
    })
}

/// Two half circles of radius 1 that reach into each other; the class is the half circle.
///
/// Class 0 is at (cos t, sin t), class 1 at (1 − cos t, 1/2 − sin t) with t uniform in 0 to π, plus 𝒩(0, noise²) in both
/// directions. Point i is of class i mod 2.
///
/// # Panics
///
/// When `noise` is negative or not finite.
///
/// ```
/// use dl_interview::data::{moons, rng};
///
/// let data = moons(200, 0.1, &mut rng(42));
/// assert_eq!(data.labels.sum(), 100);
/// ```
#[track_caller]
pub fn moons(n: usize, noise: Real, rng: &mut impl rand::Rng) -> Examples {
    let normal = normal("moons", noise);
    planar(n, 2, |class| {
        let t = TURN / 2.0 * rng.random::<Real>();
        let point = if class == 0 { [t.cos(), t.sin()] } else { [1.0 - t.cos(), 0.5 - t.sin()] };
        point.map(|x| x + normal.sample(rng))
    })
}

/// Two rings around the origin, of radius 1 (class 0) and 2 (class 1).
///
/// The angle is uniform, the radius has 𝒩(0, noise²) added. Point i is of class i mod 2. No line separates the rings, but
/// x² + y² does.
///
/// # Panics
///
/// When `noise` is negative or not finite.
///
/// ```
/// use dl_interview::data::{rings, rng};
///
/// let data = rings(200, 0.1, &mut rng(42));
/// let far = data.inputs.rows().into_iter().map(|point| usize::from(point.dot(&point) > 1.5 * 1.5));
/// assert_eq!(data.labels.to_vec(), Vec::from_iter(far));
/// ```
#[track_caller]
pub fn rings(n: usize, noise: Real, rng: &mut impl rand::Rng) -> Examples {
    let normal = normal("rings", noise);
    planar(n, 2, |class| {
        let (radius, angle) = ((class + 1) as Real + normal.sample(rng), TURN * rng.random::<Real>());
        [radius * angle.cos(), radius * angle.sin()]
    })
}

/// The corners (0, 0), (0, 1), (1, 0) and (1, 1) of a square in turn, with class 1 where exactly one coordinate is 1.
///
/// Both coordinates have 𝒩(0, noise²) added. With `n` = 4 and `noise` = 0 this is the truth table of exclusive or, which
/// no line separates. Source: Minsky & Papert 1969, "Perceptrons", MIT Press.
///
/// # Panics
///
/// When `noise` is negative or not finite.
///
/// ```
/// use dl_interview::data::{rng, xor};
/// use ndarray::array;
///
/// let table = xor(4, 0.0, &mut rng(42));
/// assert_eq!(table.inputs, array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// assert_eq!(table.labels, array![0, 1, 1, 0]);
/// ```
#[track_caller]
pub fn xor(n: usize, noise: Real, rng: &mut impl rand::Rng) -> Examples {
    let normal = normal("xor", noise);
    let mut corners = planar(n, 4, |corner| [corner / 2, corner % 2].map(|bit| bit as Real + normal.sample(rng)));
    corners.labels.mapv_inplace(|corner| usize::from(corner == 1 || corner == 2));
    corners
}

/// Points around `centers`, k × d, with 𝒩(0, std²) added in each direction; the class is the centre.
///
/// Point i belongs to centre i mod k. With [`ring_centers`] in the plane, the mixture that a generative model is to cover.
///
/// # Panics
///
/// When there is no centre, or `std` is negative or not finite.
///
/// ```
/// use dl_interview::data::{blobs, rng};
/// use ndarray::array;
///
/// let data = blobs(1000, &array![[-1.0, 0.0], [1.0, 0.0]], 0.2, &mut rng(42));
/// assert_eq!((data.inputs.dim(), data.classes()), ((1000, 2), 2));
/// ```
#[track_caller]
pub fn blobs(n: usize, centers: &Array2<Real>, std: Real, rng: &mut impl rand::Rng) -> Examples {
    let (k, d) = centers.dim();
    assert!(k > 0, "blobs: there is no centre to put points around; give one centre per row");
    let normal = normal("blobs", std);
    Examples {
        inputs: Array2::from_shape_fn((n, d), |(i, column)| centers[[i % k, column]] + normal.sample(rng)),
        labels: Array1::from_shape_fn(n, |i| i % k),
    }
}

/// `k` points evenly on a circle around the origin, k × 2, the first at (radius, 0), counterclockwise.
///
/// Eight Gaussians of standard deviation 0.02 on the circle of radius 2 are a common test of whether a GAN forgets modes.
/// Source: Metz, Poole, Pfau, Sohl-Dickstein 2017, "Unrolled Generative Adversarial Networks", ICLR.
///
/// ```
/// use dl_interview::data::{blobs, ring_centers, rng};
///
/// let centers = ring_centers(8, 2.0);
/// assert_eq!(centers.row(0).to_vec(), [2.0, 0.0]);
/// assert_eq!(blobs(512, &centers, 0.02, &mut rng(42)).inputs.dim(), (512, 2));
/// ```
pub fn ring_centers(k: usize, radius: Real) -> Array2<Real> {
    Array2::from_shape_fn((k, 2), |(i, column)| {
        let angle = TURN * i as Real / k as Real;
        radius * if column == 0 { angle.cos() } else { angle.sin() }
    })
}

/// Points x from 𝒩(0, I), of class 1 where `direction` · x > 0: a hyperplane through the origin separates the classes.
///
/// There is one feature per entry of `direction`. [`flip_labels`](Examples::flip_labels) adds labels that are wrong.
///
/// # Panics
///
/// When `direction` has no entry other than 0, or one that is not finite.
///
/// ```
/// use dl_interview::data::{half_spaces, rng};
/// use ndarray::array;
///
/// let clean = half_spaces(200, &array![3.0, -1.0], &mut rng(42));
/// let noisy = clean.flip_labels(0.1, &mut rng(42));
/// let right = (0..200).filter(|&i| (noisy.inputs.row(i).dot(&array![3.0, -1.0]) > 0.0) == (noisy.labels[i] == 1));
/// assert_eq!(right.count(), 180);
/// ```
#[track_caller]
pub fn half_spaces(n: usize, direction: &Array1<Real>, rng: &mut impl rand::Rng) -> Examples {
    assert!(
        direction.iter().all(|w| w.is_finite()) && direction.iter().any(|&w| w != 0.0),
        "half_spaces: the direction {direction} separates nothing; give finite numbers, one of them not 0"
    );
    let normal = Normal::new(0.0, 1.0);
    let inputs = Array2::from_shape_simple_fn((n, direction.len()), || normal.sample(rng));
    let labels = inputs.dot(direction).mapv(|distance| usize::from(distance > 0.0));
    Examples { inputs, labels }
}

/// Inputs from 𝒩(0, I) with `d` features and labels drawn uniformly from `classes`: there is nothing to learn.
///
/// # Panics
///
/// When `classes` is 0.
///
/// ```
/// use dl_interview::data::{pure_noise, rng};
///
/// let data = pure_noise(60, 5000, 2, &mut rng(42));
/// assert_eq!((data.inputs.dim(), data.classes()), ((60, 5000), 2));
/// ```
#[track_caller]
pub fn pure_noise(n: usize, d: usize, classes: usize, rng: &mut impl rand::Rng) -> Examples {
    assert!(classes > 0, "pure_noise({n}, {d}, 0, …): there is no class to draw labels from; ask for 2 or more");
    let normal = Normal::new(0.0, 1.0);
    Examples {
        inputs: Array2::from_shape_simple_fn((n, d), || normal.sample(rng)),
        labels: Array1::from_shape_simple_fn(n, || rng.random_range(0..classes)),
    }
}

/// Points on the curve `f`: x uniform in `low` to `high`, and y = f(x) + 𝒩(0, noise²), each n × 1.
///
/// # Panics
///
/// When `low` is not below `high`, one of them is not finite, or `noise` is negative or not finite.
///
/// ```
/// use dl_interview::data::{regression, rng};
///
/// let (x, y) = regression(100, -3.0, 3.0, |x| x.sin(), 0.0, &mut rng(42));
/// assert_eq!((x.dim(), y.dim()), ((100, 1), (100, 1)));
/// assert_eq!(y[[7, 0]], x[[7, 0]].sin());
/// ```
#[track_caller]
pub fn regression(
    n: usize,
    low: Real,
    high: Real,
    f: impl Fn(Real) -> Real,
    noise: Real,
    rng: &mut impl rand::Rng,
) -> (Array2<Real>, Array2<Real>) {
    assert!(
        low < high && (high - low).is_finite(),
        "regression({n}, {low}, {high}, …): x is drawn from {low} to {high}; give the lower end first, both finite"
    );
    let normal = normal("regression", noise);
    let x = Array2::from_shape_simple_fn((n, 1), || rng.random_range(low..high));
    let y = x.mapv(|x| f(x) + normal.sample(rng));
    (x, y)
}

/// n points in the plane, the i-th one of class i mod `classes`.
fn planar(n: usize, classes: usize, mut point: impl FnMut(usize) -> [Real; 2]) -> Examples {
    let points: Vec<[Real; 2]> = (0..n).map(|i| point(i % classes)).collect();
    Examples { inputs: Array2::from(points), labels: Array1::from_shape_fn(n, |i| i % classes) }
}

#[track_caller]
fn normal(name: &str, std: Real) -> Normal {
    assert!(
        std.is_finite() && std >= 0.0,
        "{name}: noise with standard deviation {std}; give a finite number of at least 0"
    );
    Normal::new(0.0, std)
}
