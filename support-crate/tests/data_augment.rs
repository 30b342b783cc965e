//! Augmentation moves ink as it says, within the paper, and by its own draw for each image.

use dl_interview::data::{Augment, glyphs, rng, rotate_images, shift_images};
use dl_interview::tensor::Real;
use ndarray::{Array2, ArrayView1, Axis, s};

const ELASTIC: Augment = Augment::Elastic { alpha: 34.0, sigma: 4.0 };

fn images() -> Array2<Real> {
    glyphs(25, 2, &mut rng(7)).inputs
}

/// One copy per row of an image of side 20 with ink everywhere but in a margin of 5.
fn squares(n: usize) -> Array2<Real> {
    let inside = 5..15;
    Array2::from_shape_fn(
        (n, 400),
        |(_, at)| {
            if inside.contains(&(at / 20)) && inside.contains(&(at % 20)) { 1.0 } else { 0.0 }
        },
    )
}

/// The mean row and column of the ink of each image.
fn centers(images: &Array2<Real>) -> Vec<[Real; 2]> {
    let side = images.ncols().isqrt();
    let center = |image: ArrayView1<Real>| {
        let moment = |of: &dyn Fn(usize) -> usize| {
            image.iter().enumerate().map(|(at, ink)| of(at) as Real * ink).sum::<Real>() / image.sum()
        };
        [moment(&|at| at / side), moment(&|at| at % side)]
    };
    images.rows().into_iter().map(center).collect()
}

fn close(a: &Array2<Real>, b: &Array2<Real>) -> bool {
    a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
}

#[test]
fn no_change_is_the_identity() {
    let images = images();
    for nothing in
        [Augment::Shift(0), Augment::Rotate(0.0), Augment::Noise(0.0), Augment::Elastic { alpha: 0.0, sigma: 4.0 }]
    {
        assert_eq!(nothing.apply(&images, &mut rng(1)), images, "{nothing:?}");
    }
    assert_eq!(shift_images(&images, 0, 0), images);
    assert_eq!(rotate_images(&images, 0.0), images);
    let none = Array2::zeros((0, 400));
    assert_eq!(ELASTIC.apply(&none, &mut rng(1)), none);
}

#[test]
fn shape_and_range_stay() {
    let images = images();
    for augment in [Augment::Shift(3), Augment::Rotate(180.0), Augment::Noise(0.5), ELASTIC, Augment::Shift(usize::MAX)]
    {
        let changed = augment.apply(&images, &mut rng(1));
        assert_eq!(changed.dim(), images.dim());
        assert!(changed.iter().all(|pixel| (0.0..=1.0).contains(pixel)), "{augment:?}");
        assert_ne!(changed, images);
        assert_eq!(changed, augment.apply(&images, &mut rng(1)));
        assert_ne!(changed, augment.apply(&images, &mut rng(2)));
    }
}

#[test]
fn a_shift_moves_the_pixels_by_an_index() {
    let images = images();
    for (down, right) in [(2, 3), (-2, 3), (5, -4), (0, -1), (20, 0), (-100, 100)] {
        let at = |row: i32, column: i32| (0..20).contains(&row) && (0..20).contains(&column);
        let moved = Array2::from_shape_fn(images.dim(), |(image, pixel)| {
            let (row, column) = (pixel as i32 / 20 - down, pixel as i32 % 20 - right);
            if at(row, column) { images[[image, (row * 20 + column) as usize]] } else { 0.0 }
        });
        assert_eq!(shift_images(&images, down, right), moved, "{down}, {right}");
    }
}

#[test]
fn a_quarter_turn_moves_the_pixels_by_an_index() {
    // An even side has its centre between pixels, an odd one on a pixel.
    for images in [images(), images().slice(s![.., ..361]).to_owned()] {
        let side = images.ncols().isqrt();
        let turned = Array2::from_shape_fn(images.dim(), |(image, pixel)| {
            let (row, column) = (pixel / side, pixel % side);
            images[[image, column * side + (side - 1 - row)]]
        });
        assert!(close(&rotate_images(&images, 90.0), &turned));
        assert!(close(&rotate_images(&turned, -90.0), &images));
        assert!(close(&rotate_images(&images, 450.0), &turned));
    }
}

#[test]
fn each_image_has_its_own_draw_and_all_steps_occur() {
    let squares = squares(500);
    let centers = centers(&Augment::Shift(2).apply(&squares, &mut rng(1)));
    let mut counts = [[0; 5]; 5];
    for [row, column] in centers {
        // The centre of a square at rest is 9.5.
        counts[(row - 7.5).round() as usize][(column - 7.5).round() as usize] += 1;
    }
    // 25 moves with 20 ± 4.4 images each.
    assert!(counts.iter().flatten().all(|&count| (4..=42).contains(&count)), "{counts:?}");
}

#[test]
fn angles_are_uniform_and_within_the_limit() {
    // A spot right of the centre, whose place gives the angle away.
    let spot = Array2::from_shape_fn((1000, 841), |(_, at)| if at == 14 * 29 + 26 { 1.0 } else { 0.0 });
    let angles: Vec<f64> = centers(&Augment::Rotate(30.0).apply(&spot, &mut rng(1)))
        .iter()
        .map(|&[row, column]| ((14.0 - row) as f64).atan2((column - 14.0) as f64).to_degrees())
        .collect();
    let mean = angles.iter().sum::<f64>() / 1000.0;
    let std = (angles.iter().map(|angle| angle * angle).sum::<f64>() / 1000.0).sqrt();
    assert!(angles.iter().all(|angle| angle.abs() < 32.0));
    // The standard deviation of the uniform distribution is 30/√3 = 17.3, the standard error of the mean 0.55.
    assert!(mean.abs() < 2.8 && (std - 17.3).abs() < 1.5, "{mean} ± {std}");
}

#[test]
fn noise_has_its_standard_deviation() {
    let grey = Array2::from_elem((100, 100), 0.5);
    let noisy = Augment::Noise(0.1).apply(&grey, &mut rng(1));
    assert!((noisy.mean().unwrap() - 0.5).abs() < 0.005);
    assert!((noisy.std(0.0) - 0.1).abs() < 0.004);
}

#[test]
fn an_elastic_change_keeps_the_ink_about_where_it_was() {
    let squares = squares(200);
    let changed = ELASTIC.apply(&squares, &mut rng(1));
    let ink: Vec<Real> = changed.sum_axis(Axis(1)).to_vec();
    assert!((ink.iter().sum::<Real>() / 200.0 - 100.0).abs() < 5.0);
    assert!(ink.iter().all(|ink| (30.0..200.0).contains(ink)), "{ink:?}");
    assert!(centers(&changed).iter().flatten().all(|center| (center - 9.5).abs() < 4.0));
}

#[test]
#[should_panic(expected = "Augment::apply: an image of 783 pixels is not square")]
fn images_are_square() {
    Augment::Shift(1).apply(&Array2::zeros((1, 783)), &mut rng(1));
}

#[test]
#[should_panic(expected = "shift_images: a pixel is 255, but 0 is paper and 1 is ink")]
fn pixels_are_0_to_1() {
    shift_images(&Array2::from_elem((1, 4), 255.0), 1, 1);
}

#[test]
#[should_panic(expected = "rotate_images: an angle of inf degrees")]
fn an_angle_is_finite() {
    rotate_images(&Array2::zeros((1, 4)), Real::INFINITY);
}

#[test]
#[should_panic(expected = "Noise(-0.1) has a parameter that is negative")]
fn a_negative_size_is_refused() {
    Augment::Noise(-0.1).apply(&Array2::zeros((1, 4)), &mut rng(1));
}

#[test]
#[should_panic(expected = "give the size of the change")]
fn a_gaussian_without_width_is_refused() {
    Augment::Elastic { alpha: 34.0, sigma: 0.0 }.apply(&Array2::zeros((1, 4)), &mut rng(1));
}
