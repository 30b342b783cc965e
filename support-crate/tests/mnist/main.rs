//! MNIST: the data itself, and what happens when a file of it is missing or damaged.

mod packed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dl_interview::data::{Examples, Mnist, mnist_from};
use dl_interview::tensor::Real;
use ndarray::s;

static DATA: LazyLock<Mnist> = LazyLock::new(|| mnist_from(&packed_folder()).unwrap());

fn packed_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist")
}

/// The sum of all inputs: one number that hardly any mistake leaves as it is.
fn ink(images: &Examples) -> f64 {
    images.inputs.iter().map(|&pixel| f64::from(pixel)).sum()
}

#[test]
fn shapes_and_range() {
    let data = &*DATA;
    assert_eq!(data.train.inputs.dim(), (60_000, 784));
    assert_eq!(data.train.labels.dim(), 60_000);
    assert_eq!(data.test.inputs.dim(), (10_000, 784));
    assert_eq!(data.test.labels.dim(), 10_000);
    for images in [&data.train, &data.test] {
        let low = images.inputs.fold(Real::INFINITY, |a, &b| a.min(b));
        let high = images.inputs.fold(Real::NEG_INFINITY, |a, &b| a.max(b));
        assert_eq!((low, high), (0.0, 1.0));
    }
    assert_eq!(
        format!("{data:?}"),
        "Mnist { train: Examples(60000 × 784, labels 0..=9), test: Examples(10000 × 784, labels 0..=9) }"
    );
}

#[test]
fn pixels_are_the_published_ones() {
    let data = &*DATA;
    let mean = ink(&data.train) / data.train.inputs.len() as f64;
    assert!((mean - 0.1307).abs() < 1e-4, "{mean}");
    let mean = ink(&data.test) / data.test.inputs.len() as f64;
    assert!((mean - 0.1325).abs() < 1e-4, "{mean}");
    // The first stroke of the first digit, a 5: line 5, columns 12 to 23.
    let stroke = data.train.inputs.slice(s![0, 5 * 28 + 12..5 * 28 + 24]).mapv(|it| it * 255.0);
    let grey = stroke.mapv(|it| it.round() as u8).to_vec();
    assert_eq!(grey, [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
}

#[test]
fn labels_are_the_published_ones() {
    let data = &*DATA;
    assert_eq!(data.train.first(10).labels.to_vec(), [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(data.test.first(10).labels.to_vec(), [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    let counts = |images: &Examples| {
        let mut counts = BTreeMap::new();
        images.labels.iter().for_each(|&label| *counts.entry(label).or_insert(0) += 1);
        Vec::from_iter(counts)
    };
    let train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    assert_eq!(counts(&data.train), Vec::from_iter(train.into_iter().enumerate()));
    let test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    assert_eq!(counts(&data.test), Vec::from_iter(test.into_iter().enumerate()));
}

#[test]
fn first_and_select_keep_pixels_with_their_labels() {
    let data = &*DATA;
    let first = data.test.first(3);
    assert_eq!((first.len(), first.inputs.dim()), (3, (3, 784)));
    assert_eq!(first.inputs.row(2), data.test.inputs.row(2));
    assert_eq!(data.test.first(10_000).len(), 10_000);
    let selected = data.test.select(&[9_999, 4, 4]);
    assert_eq!(selected.labels.to_vec(), [6, 4, 4]);
    assert_eq!(selected.inputs.row(0), data.test.inputs.row(9_999));
    assert_eq!(selected.inputs.row(1), selected.inputs.row(2));
    assert!(data.test.select(&[]).is_empty());
    assert_eq!(data.test.select(&[]).inputs.dim(), (0, 784));
    assert_eq!(format!("{:?}", data.test.first(0)), "Examples(0 × 784)");
}

#[test]
#[should_panic(expected = "first(10001): there are only 10000 examples; ask for at most that many")]
fn first_of_too_many() {
    DATA.test.first(10_001);
}

#[test]
#[should_panic(expected = "select: index 10000 is out of range for 10000 examples")]
fn select_out_of_range() {
    DATA.test.select(&[3, 10_000]);
}
