//! Data spoilt on purpose: wrong labels, and test examples among the training examples.

use ndarray::{Axis, concatenate};
use rand::{RngExt, seq};

use super::Examples;
use crate::tensor::Real;

impl Examples {
    /// A copy in which the share `share` of the labels, round(share · n) of them, is drawn anew from all C classes.
    ///
    /// A label may be drawn again as it was, so of all n about share · (C − 1) / C come out wrong. With `share` = 1 no
    /// label tells anything. Source: Zhang, Bengio, Hardt, Recht, Vinyals 2017, "Understanding deep learning requires
    /// rethinking generalization", ICLR.
    ///
    /// # Panics
    ///
    /// When `share` is not within 0 to 1.
    ///
    /// ```
    /// use dl_interview::data::{pure_noise, rng};
    ///
    /// let clean = pure_noise(1000, 2, 10, &mut rng(1));
    /// let noisy = clean.resample_labels(0.3, &mut rng(42));
    /// let wrong = clean.labels.iter().zip(&noisy.labels).filter(|(a, b)| a != b).count();
    /// assert!((230..=300).contains(&wrong));
    /// ```
    #[track_caller]
    pub fn resample_labels(&self, share: Real, rng: &mut impl rand::Rng) -> Examples {
        let mut noisy = self.clone();
        for index in some_of("resample_labels", self.len(), share, rng) {
            noisy.labels[index] = rng.random_range(0..self.classes());
        }
        noisy
    }

    /// A copy in which the share `share` of the labels, round(share · n) of them, is wrong: another class, drawn
    /// uniformly.
    ///
    /// # Panics
    ///
    /// When `share` is not within 0 to 1, or there is only one class.
    ///
    /// ```
    /// use dl_interview::data::{pure_noise, rng};
    ///
    /// let clean = pure_noise(1000, 2, 10, &mut rng(1));
    /// let noisy = clean.flip_labels(0.3, &mut rng(42));
    /// assert_eq!(clean.labels.iter().zip(&noisy.labels).filter(|(a, b)| a != b).count(), 300);
    /// ```
    #[track_caller]
    pub fn flip_labels(&self, share: Real, rng: &mut impl rand::Rng) -> Examples {
        let classes = self.classes();
        let chosen = some_of("flip_labels", self.len(), share, rng);
        assert!(
            classes >= 2 || chosen.is_empty(),
            "flip_labels({share}, …): all labels are 0, so there is no other class to flip to; give examples of two classes"
        );
        let mut noisy = self.clone();
        for index in chosen {
            noisy.labels[index] = (self.labels[index] + rng.random_range(1..classes)) % classes;
        }
        noisy
    }
}

/// The training examples followed by copies of the share `share` of the test examples, and the test indices of these.
///
/// Whoever remembers what was trained on, such as the nearest neighbour, then gets p = leaked / n test examples right
/// without having learned anything: with labels that tell nothing, accuracy is p + (1 − p) / C for C classes.
///
/// # Panics
///
/// When `share` is not within 0 to 1, or the two have different numbers of features.
///
/// ```
/// use dl_interview::data::{contaminate, pure_noise, rng};
///
/// let (train, test) = (pure_noise(100, 5, 2, &mut rng(1)), pure_noise(40, 5, 2, &mut rng(2)));
/// let (contaminated, leaked) = contaminate(&train, &test, 0.25, &mut rng(42));
/// assert_eq!((contaminated.len(), leaked.len()), (110, 10));
/// assert_eq!(contaminated.inputs.row(100), test.inputs.row(leaked[0]));
/// ```
#[track_caller]
pub fn contaminate(train: &Examples, test: &Examples, share: Real, rng: &mut impl rand::Rng) -> (Examples, Vec<usize>) {
    assert!(
        train.inputs.ncols() == test.inputs.ncols(),
        "contaminate: the training examples have {} features, the test examples {}; give two parts of the same data",
        train.inputs.ncols(),
        test.inputs.ncols()
    );
    let leaked = some_of("contaminate", test.len(), share, rng);
    let copies = test.select(&leaked);
    let contaminated = Examples {
        inputs: concatenate![Axis(0), train.inputs, copies.inputs],
        labels: concatenate![Axis(0), train.labels, copies.labels],
    };
    (contaminated, leaked)
}

/// round(share · n) different indices of `0..n`.
#[track_caller]
fn some_of(name: &str, n: usize, share: Real, rng: &mut impl rand::Rng) -> Vec<usize> {
    assert!(
        (0.0..=1.0).contains(&share),
        "{name}: a share of {share} of the examples; give a number from 0 (none) to 1 (all)"
    );
    seq::index::sample(rng, n, (share as f64 * n as f64).round() as usize).into_vec()
}

#[cfg(test)]
mod tests {
    use super::super::{pure_noise, rng};
    use super::*;
    use ndarray::{Array1, Array2};

    /// 10 000 examples in classes 0 to 9 in turn.
    fn balanced() -> Examples {
        Examples {
            inputs: Array2::from_shape_fn((10_000, 1), |(i, _)| i as Real),
            labels: Array1::from_shape_fn(10_000, |i| i % 10),
        }
    }

    fn changed(a: &Examples, b: &Examples) -> usize {
        assert_eq!(a.inputs, b.inputs);
        a.labels.iter().zip(&b.labels).filter(|(a, b)| a != b).count()
    }

    #[test]
    fn the_share_of_wrong_labels_is_the_one_asked_for() {
        let clean = balanced();
        // Three in ten are drawn anew, of which a tenth comes out as before: 2 700 ± 5 standard errors of 16.
        let resampled = changed(&clean, &clean.resample_labels(0.3, &mut rng(1)));
        assert!((2_620..=2_780).contains(&resampled), "{resampled}");
        assert_eq!(changed(&clean, &clean.flip_labels(0.3, &mut rng(1))), 3_000);
        assert_eq!(changed(&clean, &clean.flip_labels(1.0, &mut rng(1))), 10_000);
        for nothing in [clean.resample_labels(0.0, &mut rng(1)), clean.flip_labels(0.0, &mut rng(1))] {
            assert_eq!(nothing, clean);
        }
    }

    #[test]
    fn new_labels_are_uniform_over_all_and_over_the_other_classes() {
        let clean = balanced();
        for (noisy, allowed) in
            [(clean.resample_labels(1.0, &mut rng(2)), 10), (clean.flip_labels(1.0, &mut rng(2)), 9)]
        {
            let (mut steps, mut counts) = ([0; 10], [0; 10]);
            for (old, &new) in clean.labels.iter().zip(&noisy.labels) {
                steps[(new + 10 - old) % 10] += 1;
                counts[new] += 1;
            }
            let even = |counts: &[i32]| {
                let expected = 10_000.0 / counts.len() as f64;
                counts.iter().all(|&count| (f64::from(count) - expected).abs() < 5.0 * expected.sqrt())
            };
            assert!(even(&steps[10 - allowed..]) && even(&counts), "{steps:?} {counts:?}");
        }
    }

    #[test]
    fn a_nearest_neighbour_gets_what_leaked_right() {
        let (train, test) = (pure_noise(400, 10, 4, &mut rng(3)), pure_noise(600, 10, 4, &mut rng(4)));
        for share in [0.0, 0.5, 1.0] {
            let (contaminated, leaked) = contaminate(&train, &test, share, &mut rng(5));
            assert_eq!(contaminated.first(400), train);
            let copies = Vec::from_iter(400..contaminated.len());
            assert_eq!(contaminated.select(&copies), test.select(&leaked));
            let mut once = leaked.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), (share * 600.0) as usize);
            let nearest = |x| {
                let distances = (&contaminated.inputs - &x).mapv(|d| d * d).sum_axis(Axis(1));
                (0..contaminated.len()).min_by(|&a, &b| distances[a].total_cmp(&distances[b])).unwrap()
            };
            let hits = (0..600).filter(|&i| contaminated.labels[nearest(test.inputs.row(i))] == test.labels[i]);
            let accuracy = hits.count() as Real / 600.0;
            // Five standard errors at most.
            assert!((accuracy - (share + (1.0 - share) / 4.0)).abs() <= 0.09 * (1.0 - share), "{share}: {accuracy}");
        }
    }

    #[test]
    fn the_generator_decides() {
        let clean = balanced();
        assert_eq!(clean.resample_labels(0.5, &mut rng(1)), clean.resample_labels(0.5, &mut rng(1)));
        assert_ne!(clean.resample_labels(0.5, &mut rng(1)), clean.resample_labels(0.5, &mut rng(2)));
        assert_ne!(clean.flip_labels(0.5, &mut rng(1)), clean.flip_labels(0.5, &mut rng(2)));
        let leaked = |seed| contaminate(&clean, &clean, 0.1, &mut rng(seed)).1;
        assert_ne!(leaked(1), leaked(2));
    }

    #[test]
    fn no_examples_stay_none() {
        let none = balanced().first(0);
        assert!(none.resample_labels(1.0, &mut rng(1)).is_empty());
        assert!(none.flip_labels(1.0, &mut rng(1)).is_empty());
        assert_eq!(contaminate(&balanced(), &none, 1.0, &mut rng(1)), (balanced(), vec![]));
    }

    #[test]
    #[should_panic(expected = "resample_labels: a share of 30 of the examples; give a number from 0 (none) to 1 (all)")]
    fn a_percentage_is_refused() {
        balanced().resample_labels(30.0, &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "flip_labels: a share of NaN")]
    fn a_share_that_is_not_a_number_is_refused() {
        balanced().flip_labels(Real::NAN, &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "no other class to flip to")]
    fn a_single_class_cannot_flip() {
        balanced().select(&[0, 10, 20]).flip_labels(0.5, &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "the training examples have 1 features, the test examples 2")]
    fn two_parts_of_other_data_are_refused() {
        contaminate(&balanced(), &pure_noise(5, 2, 2, &mut rng(1)), 0.5, &mut rng(1));
    }
}
