//! The made-up data sets have the geometry, the balance and the noise that they promise.

use dl_interview::data::{
    Examples, blobs, half_spaces, moons, pure_noise, regression, ring_centers, rings, rng, spirals, xor,
};
use dl_interview::tensor::Real;
use ndarray::{Array1, Array2, ArrayView1, Axis, array};
use std::f64::consts::{PI, TAU};

fn radius(point: ArrayView1<Real>) -> Real {
    point.dot(&point).sqrt()
}

/// The points of one class.
fn class(data: &Examples, class: usize) -> Array2<Real> {
    let indices: Vec<usize> = (0..data.len()).filter(|&i| data.labels[i] == class).collect();
    data.inputs.select(Axis(0), &indices)
}

fn in_turn(n: usize, classes: usize) -> Array1<usize> {
    Array1::from_shape_fn(n, |i| i % classes)
}

#[test]
fn rings_have_their_radii_and_no_direction() {
    let exact = rings(1000, 0.0, &mut rng(1));
    assert_eq!(exact.labels, in_turn(1000, 2));
    for (point, label) in exact.inputs.rows().into_iter().zip(&exact.labels) {
        assert!((radius(point) - [1.0, 2.0][*label]).abs() < 1e-5);
    }
    let noisy = rings(20_000, 0.1, &mut rng(2));
    for (label, expected) in [(0, 1.0), (1, 2.0)] {
        let points = class(&noisy, label);
        let radii: Array1<Real> = points.rows().into_iter().map(radius).collect();
        assert!((radii.mean().unwrap() - expected).abs() < 0.006, "{}", radii.mean().unwrap());
        assert!((radii.std(0.0) - 0.1).abs() < 0.004);
        // All four quadrants, and no pull to any side: the standard error is r / √(2 · 10 000).
        assert!(points.mean_axis(Axis(0)).unwrap().iter().all(|mean| mean.abs() < 0.04 * expected));
    }
}

#[test]
fn spirals_wind_outwards_arm_by_arm() {
    for arms in [1, 2, 3] {
        let data = spirals(600, arms, 0.0, &mut rng(1));
        assert_eq!(data.labels, in_turn(600, arms));
        let mut radii: Vec<Real> = data.inputs.rows().into_iter().map(radius).collect();
        for (i, radius) in radii.iter().enumerate() {
            let turn = TAU * (*radius as f64 + data.labels[i] as f64 / arms as f64);
            let expected = array![turn.cos() as Real, turn.sin() as Real] * *radius;
            assert!((&data.inputs.row(i) - &expected).iter().all(|gap| gap.abs() < 1e-4));
        }
        radii.sort_by(Real::total_cmp);
        assert!(radii[0] < 0.03 && radii[599] > 0.97 && radii[599] < 1.0 && (radii[300] - 0.5).abs() < 0.11);
    }
    let (exact, noisy) = (spirals(1, 1, 0.0, &mut rng(3)), spirals(5000, 1, 0.3, &mut rng(4)));
    assert_eq!(exact.len(), 1);
    // Noise of variance 0.09 in each direction adds to the variance of the spiral itself, E r² = 1/3 over both.
    let mean_square = noisy.inputs.mapv(|x| x * x).sum() / 5000.0;
    assert!((mean_square - (1.0 / 3.0 + 0.18)).abs() < 0.03, "{mean_square}");
}

#[test]
fn moons_are_half_circles() {
    let data = moons(2000, 0.0, &mut rng(1));
    assert_eq!(data.labels, in_turn(2000, 2));
    for (point, label) in data.inputs.rows().into_iter().zip(&data.labels) {
        let (center, side) = [(array![0.0, 0.0], 1.0), (array![1.0, 0.5], -1.0)][*label].clone();
        let from_center: Array1<Real> = &point - &center;
        assert!((radius(from_center.view()) - 1.0).abs() < 1e-5);
        assert!(side * from_center[1] > -1e-5);
    }
    // The mean height of a half circle is 2/π; noise leaves it and widens across.
    let noisy = class(&moons(20_000, 0.2, &mut rng(2)), 0);
    assert!((noisy.column(1).mean().unwrap() as f64 - 2.0 / PI).abs() < 0.02);
    let radii: Array1<Real> = noisy.rows().into_iter().map(radius).collect();
    assert!((radii.std(0.0) - 0.2).abs() < 0.01, "{}", radii.std(0.0));
}

#[test]
fn xor_repeats_the_table_with_noise_around_it() {
    let data = xor(4000, 0.1, &mut rng(1));
    let table = xor(4, 0.0, &mut rng(1));
    assert_eq!(table.labels, array![0, 1, 1, 0]);
    assert_eq!(table.inputs, array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let gaps = Array2::from_shape_fn((4000, 2), |(i, column)| data.inputs[[i, column]] - table.inputs[[i % 4, column]]);
    assert_eq!(data.labels, Array1::from_shape_fn(4000, |i| table.labels[i % 4]));
    assert!(gaps.mean().unwrap().abs() < 0.006 && (gaps.std(0.0) - 0.1).abs() < 0.006);
}

#[test]
fn blobs_lie_around_their_centers() {
    let centers = array![[0.0, 5.0, 1.0], [-3.0, 0.0, 1.0]];
    let data = blobs(10_001, &centers, 0.5, &mut rng(1));
    assert_eq!(data.labels, in_turn(10_001, 2));
    for (label, center) in centers.rows().into_iter().enumerate() {
        let points = class(&data, label);
        assert!((points.mean_axis(Axis(0)).unwrap() - center).iter().all(|gap| gap.abs() < 0.035));
        assert!(points.std_axis(Axis(0), 0.0).iter().all(|std| (std - 0.5).abs() < 0.025));
    }
    assert_eq!(blobs(2, &centers, 0.0, &mut rng(1)).inputs, centers);
}

#[test]
fn ring_centers_are_even() {
    let centers = ring_centers(8, 2.0);
    for i in 0..8 {
        assert!((radius(centers.row(i)) - 2.0).abs() < 1e-5);
        let step = (&centers.row(i) - &centers.row((i + 1) % 8)).mapv(|x| x * x).sum().sqrt() as f64;
        assert!((step - 4.0 * (PI / 8.0).sin()).abs() < 1e-5);
    }
    assert!((centers[[2, 1]] - 2.0).abs() < 1e-5, "counterclockwise");
    assert_eq!(ring_centers(0, 1.0).dim(), (0, 2));
}

#[test]
fn half_spaces_follow_the_direction() {
    let direction = array![1.0, -2.0, 0.5, 0.0];
    let data = half_spaces(10_000, &direction, &mut rng(1));
    for (point, &label) in data.inputs.rows().into_iter().zip(&data.labels) {
        assert_eq!(point.dot(&direction) > 0.0, label == 1);
    }
    assert!((4_750..=5_250).contains(&data.labels.sum()));
    assert!((data.inputs.std(0.0) - 1.0).abs() < 0.02);
}

#[test]
fn pure_noise_has_even_classes_that_the_inputs_do_not_know() {
    let data = pure_noise(10_000, 3, 4, &mut rng(1));
    assert!(data.inputs.mean().unwrap().abs() < 0.03 && (data.inputs.std(0.0) - 1.0).abs() < 0.02);
    for label in 0..4 {
        let points = class(&data, label);
        assert!((2_280..=2_720).contains(&points.nrows()), "{}", points.nrows());
        assert!(points.mean_axis(Axis(0)).unwrap().iter().all(|mean| mean.abs() < 0.1));
    }
    // The labels are drawn, not dealt in turn.
    assert_ne!(data.labels, in_turn(10_000, 4));
}

#[test]
fn regression_covers_its_range_with_noise_around_the_curve() {
    let (x, y) = regression(20_000, -2.0, 4.0, |x| 3.0 * x, 0.5, &mut rng(1));
    assert!(x.iter().all(|x| (-2.0..4.0).contains(x)));
    assert!((x.mean().unwrap() - 1.0).abs() < 0.07 && (x.std(0.0) - 6.0 / 12f64.sqrt() as Real).abs() < 0.05);
    let gaps = y - 3.0 * x;
    assert!(gaps.mean().unwrap().abs() < 0.02 && (gaps.std(0.0) - 0.5).abs() < 0.015);
}

#[test]
fn the_generator_decides_and_no_point_is_fine() {
    let sets = |n, seed| {
        let mut rng = rng(seed);
        let centers = ring_centers(8, 2.0);
        [
            spirals(n, 3, 0.1, &mut rng),
            moons(n, 0.1, &mut rng),
            rings(n, 0.1, &mut rng),
            xor(n, 0.1, &mut rng),
            blobs(n, &centers, 0.1, &mut rng),
            half_spaces(n, &array![1.0, 1.0], &mut rng),
            pure_noise(n, 2, 3, &mut rng),
        ]
    };
    assert_eq!(sets(20, 1), sets(20, 1));
    for (one, other) in sets(20, 1).iter().zip(&sets(20, 2)) {
        assert_ne!(one.inputs, other.inputs);
    }
    for none in sets(0, 1) {
        assert_eq!((none.inputs.dim(), none.len()), ((0, 2), 0));
    }
    let curve = |seed| regression(5, 0.0, 1.0, |x| x, 0.1, &mut rng(seed));
    assert_eq!(curve(1), curve(1));
    assert_ne!(curve(1), curve(2));
}

#[test]
#[should_panic(expected = "rings: noise with standard deviation -1")]
fn negative_noise_is_refused() {
    rings(10, -1.0, &mut rng(1));
}

#[test]
#[should_panic(expected = "moons: noise with standard deviation NaN")]
fn noise_is_a_number() {
    moons(10, Real::NAN, &mut rng(1));
}

#[test]
#[should_panic(expected = "spirals(10, 0, …)")]
fn a_spiral_has_an_arm() {
    spirals(10, 0, 0.0, &mut rng(1));
}

#[test]
#[should_panic(expected = "blobs: there is no centre")]
fn a_blob_has_a_center() {
    blobs(10, &Array2::zeros((0, 2)), 0.1, &mut rng(1));
}

#[test]
#[should_panic(expected = "separates nothing")]
fn a_direction_is_not_zero() {
    half_spaces(10, &array![0.0, 0.0], &mut rng(1));
}

#[test]
#[should_panic(expected = "pure_noise(10, 2, 0, …)")]
fn noise_needs_a_class() {
    pure_noise(10, 2, 0, &mut rng(1));
}

#[test]
#[should_panic(expected = "give the lower end first")]
fn a_range_has_a_lower_end() {
    regression(10, 1.0, -1.0, |x| x, 0.0, &mut rng(1));
}
