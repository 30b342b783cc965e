//! Examples kept apart from each other: to train on, to choose with, to test with.

use std::array;

use ndarray::Array1;
use rand::seq::SliceRandom;

use super::Examples;
use crate::tensor::Real;

/// One round of cross-validation: the indices to train on and those to validate with.
///
/// ```
/// use dl_interview::data::{Fold, k_folds, rng};
///
/// let folds: Vec<Fold> = k_folds(10, 5, &mut rng(42));
/// assert_eq!((folds[0].train.len(), folds[0].valid.len()), (8, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// All indices that are not in `valid`, ascending.
    pub train: Vec<usize>,
    /// The indices left out of the training, ascending.
    pub valid: Vec<usize>,
}

impl Examples {
    /// The examples in random order, cut into parts with these shares: every example is in exactly one part.
    ///
    /// The first j parts together hold round(n · (sum of their shares)) examples, so no size is more than 1 away from
    /// its share.
    ///
    /// # Panics
    ///
    /// When a share is negative or not finite, or the shares do not add up to 1.
    ///
    /// ```
    /// use dl_interview::data::{Examples, rng};
    /// use ndarray::{Array1, Array2};
    ///
    /// let data = Examples { inputs: Array2::zeros((200, 2)), labels: Array1::zeros(200) };
    /// let [train, valid, test] = data.split([0.7, 0.15, 0.15], &mut rng(42));
    /// assert_eq!((train.len(), valid.len(), test.len()), (140, 30, 30));
    /// ```
    #[track_caller]
    pub fn split<const PARTS: usize>(&self, shares: [Real; PARTS], rng: &mut impl rand::Rng) -> [Examples; PARTS] {
        check_shares("split", &shares);
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(rng);
        let (mut start, mut share) = (0, 0.0);
        array::from_fn(|part| {
            share += shares[part] as f64;
            let last = part + 1 == PARTS;
            let end = if last { order.len() } else { (share * order.len() as f64).round() as usize };
            let indices = &order[start..end.min(order.len())];
            start += indices.len();
            self.select(indices)
        })
    }

    /// Like [`split`](Examples::split), but each class, too, is divided by these shares.
    ///
    /// Class by class, in random order, the next example goes to the part that is furthest behind its share. In two
    /// parts, no part is then as much as 1 away from its share, and no class in it as much as 2.
    ///
    /// # Panics
    ///
    /// When a share is negative or not finite, or the shares do not add up to 1.
    ///
    /// ```
    /// use dl_interview::data::{Examples, rng};
    /// use ndarray::{Array1, Array2};
    ///
    /// // One example in ten is of class 1.
    /// let labels = Array1::from_shape_fn(100, |i| usize::from(i % 10 == 0));
    /// let rare = Examples { inputs: Array2::zeros((100, 2)), labels };
    /// let [train, test] = rare.split_stratified([0.8, 0.2], &mut rng(42));
    /// assert_eq!((train.labels.sum(), test.labels.sum()), (8, 2));
    /// ```
    #[track_caller]
    pub fn split_stratified<const PARTS: usize>(
        &self,
        shares: [Real; PARTS],
        rng: &mut impl rand::Rng,
    ) -> [Examples; PARTS] {
        check_shares("split_stratified", &shares);
        let mut parts: [Vec<usize>; PARTS] = array::from_fn(|_| Vec::new());
        for (dealt, index) in class_by_class(&self.labels, rng).into_iter().enumerate() {
            let behind = |part: &usize| shares[*part] as f64 * (dealt + 1) as f64 - parts[*part].len() as f64;
            let furthest = (0..PARTS).filter(|&part| shares[part] > 0.0).max_by(|a, b| behind(a).total_cmp(&behind(b)));
            parts[furthest.expect("shares that add up to 1 are not none at all")].push(index);
        }
        parts.map(|mut part| {
            part.shuffle(rng);
            self.select(&part)
        })
    }
}

/// The indices `0..n` dealt at random to `k` folds whose sizes differ by at most 1: each is in `valid` exactly once.
///
/// `k` = n leaves one example out at a time. Source: Stone 1974, "Cross-Validatory Choice and Assessment of
/// Statistical Predictions", Journal of the Royal Statistical Society B 36(2).
///
/// # Panics
///
/// When `k` is below 2 or above `n`.
///
/// ```
/// use dl_interview::data::{k_folds, rng};
///
/// let folds = k_folds(10, 3, &mut rng(42));
/// let mut left_out: Vec<usize> = folds.into_iter().flat_map(|fold| fold.valid).collect();
/// left_out.sort();
/// assert_eq!(left_out, Vec::from_iter(0..10));
/// ```
#[track_caller]
pub fn k_folds(n: usize, k: usize, rng: &mut impl rand::Rng) -> Vec<Fold> {
    check_folds("k_folds", n, k);
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    deal(&order, k)
}

/// Like [`k_folds`], but in any two folds the examples of a class, too, differ by at most 1 in number.
///
/// Source: Kohavi 1995, "A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model Selection",
/// IJCAI.
///
/// # Panics
///
/// When `k` is below 2 or above the number of labels.
///
/// ```
/// use dl_interview::data::{rng, stratified_folds};
/// use ndarray::array;
///
/// let labels = array![0, 0, 0, 0, 1, 1];
/// for fold in stratified_folds(&labels, 2, &mut rng(42)) {
///     assert_eq!(fold.valid.iter().filter(|&&index| labels[index] == 1).count(), 1);
/// }
/// ```
#[track_caller]
pub fn stratified_folds(labels: &Array1<usize>, k: usize, rng: &mut impl rand::Rng) -> Vec<Fold> {
    check_folds("stratified_folds", labels.len(), k);
    deal(&class_by_class(labels, rng), k)
}

/// All indices, those of class 0 first; random within a class.
fn class_by_class(labels: &Array1<usize>, rng: &mut impl rand::Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(rng);
    order.sort_by_key(|&index| labels[index]);
    order
}

/// Deals `order` like cards to `k` players. A class that lies together in it is shared out evenly.
fn deal(order: &[usize], k: usize) -> Vec<Fold> {
    let mut fold_of = vec![0; order.len()];
    for (position, &index) in order.iter().enumerate() {
        fold_of[index] = position % k;
    }
    (0..k)
        .map(|fold| {
            let (valid, train) = (0..order.len()).partition(|&index| fold_of[index] == fold);
            Fold { train, valid }
        })
        .collect()
}

#[track_caller]
fn check_shares(name: &str, shares: &[Real]) {
    let sum: Real = shares.iter().sum();
    assert!(
        shares.iter().all(|&share| share >= 0.0) && (sum - 1.0).abs() < 1e-4,
        "{name}({shares:?}, …): the shares add up to {sum}; give one per part, at least 0 each and 1 together, such as \
         [0.7, 0.15, 0.15]"
    );
}

#[track_caller]
fn check_folds(name: &str, n: usize, k: usize) {
    assert!(
        (2..=n).contains(&k),
        "{name}: {k} folds of {n} examples; ask for at least 2 folds, to have examples to train on, and for at most \
         one fold per example"
    );
}

#[cfg(test)]
mod tests {
    use super::super::rng;
    use super::*;
    use ndarray::Array2;

    /// Every example knows its number, which is its only input; the classes have shares of 1/2, 1/3 and 1/6.
    fn numbered(n: usize) -> Examples {
        let labels = Array1::from_shape_fn(n, |i| [0, 1, 0, 2, 0, 1][i % 6]);
        Examples { inputs: Array2::from_shape_fn((n, 1), |(i, _)| i as Real), labels }
    }

    fn numbers(parts: &[Examples]) -> Vec<usize> {
        parts.iter().flat_map(|part| part.inputs.iter().map(|&number| number as usize)).collect()
    }

    fn count(labels: impl IntoIterator<Item = usize>, class: usize) -> i64 {
        labels.into_iter().filter(|&label| label == class).count() as i64
    }

    #[test]
    fn the_parts_of_a_split_are_a_partition_in_random_order() {
        for n in [0, 1, 2, 3, 10, 101] {
            let data = numbered(n);
            for parts in [
                data.split([0.7, 0.15, 0.15], &mut rng(1)),
                data.split_stratified([0.7, 0.15, 0.15], &mut rng(1)),
                data.split([1.0 / 3.0; 3], &mut rng(1)),
                data.split([0.0, 1.0, 0.0], &mut rng(1)),
            ] {
                let mut seen = numbers(&parts);
                assert!(n < 10 || !seen.is_sorted(), "{seen:?}");
                seen.sort();
                assert_eq!(seen, Vec::from_iter(0..n));
                for part in &parts {
                    assert_eq!(part, &data.select(&numbers(std::slice::from_ref(part))));
                }
            }
        }
    }

    #[test]
    fn the_sizes_of_a_split_follow_the_shares() {
        let sizes = |n, shares| numbered(n).split(shares, &mut rng(1)).map(|part| part.len());
        assert_eq!(sizes(10, [0.8, 0.1, 0.1]), [8, 1, 1]);
        assert_eq!(sizes(101, [0.5, 0.25, 0.25]), [51, 25, 25]);
        assert_eq!(sizes(7, [0.0, 1.0, 0.0]), [0, 7, 0]);
        assert_eq!(sizes(60_000, [0.9, 0.05, 0.05]), [54_000, 3_000, 3_000]);
        // Shares that are a little short of 1 in all leave nothing over.
        assert_eq!(sizes(60_000, [0.5, 0.25, 0.249_95]), [30_000, 15_000, 15_000]);
    }

    #[test]
    fn a_stratified_split_keeps_the_shares_of_each_class() {
        let data = numbered(97);
        let shares = [0.6, 0.25, 0.15];
        let parts = data.split_stratified(shares, &mut rng(3));
        for (part, share) in parts.iter().zip(shares) {
            assert!((part.len() as Real - share * 97.0).abs() < 1.0, "{} of 97 are not {share}", part.len());
            for class in 0..3 {
                let expected = share * count(data.labels.to_vec(), class) as Real;
                let measured = count(part.labels.to_vec(), class) as Real;
                assert!((measured - expected).abs() < 2.0, "class {class}: {measured} is not {expected}");
            }
            // The classes are mixed again.
            assert!(!part.labels.as_slice().unwrap().is_sorted());
        }
    }

    #[test]
    fn a_part_without_a_share_gets_nothing_where_the_shares_fall_a_little_short() {
        let sizes = |shares| numbered(60_000).split_stratified(shares, &mut rng(1)).map(|part| part.len());
        let [half, rest, nothing] = sizes([0.5, 0.499_95, 0.0]);
        assert_eq!((half + rest, nothing), (60_000, 0));
        assert!(half.abs_diff(rest) <= 6, "{half} and {rest}"); // the shares differ by 3 of 60 000
    }

    #[test]
    fn every_index_is_validated_once_and_classes_are_even() {
        for (n, k) in [(2, 2), (10, 3), (61, 10), (7, 7), (100, 2)] {
            let labels = numbered(n).labels;
            for (folds, stratified) in
                [(k_folds(n, k, &mut rng(1)), false), (stratified_folds(&labels, k, &mut rng(1)), true)]
            {
                assert_eq!(folds.len(), k);
                let mut seen: Vec<usize> = folds.iter().flat_map(|fold| fold.valid.clone()).collect();
                seen.sort();
                assert_eq!(seen, Vec::from_iter(0..n));
                for fold in &folds {
                    assert!(fold.valid.len() == n / k || fold.valid.len() == n.div_ceil(k));
                    let mut both = [fold.train.clone(), fold.valid.clone()].concat();
                    both.sort();
                    assert_eq!(both, Vec::from_iter(0..n));
                }
                for class in 0..if stratified { 3 } else { 0 } {
                    let counts = folds.iter().map(|fold| count(fold.valid.iter().map(|&index| labels[index]), class));
                    let (low, high) = (counts.clone().min().unwrap(), counts.max().unwrap());
                    assert!(high - low <= 1, "class {class} of {n} in {k} folds: {low} to {high}");
                }
            }
        }
    }

    #[test]
    fn the_generator_decides() {
        let data = numbered(50);
        assert_eq!(data.split([0.5, 0.5], &mut rng(1)), data.split([0.5, 0.5], &mut rng(1)));
        assert_ne!(data.split([0.5, 0.5], &mut rng(1)), data.split([0.5, 0.5], &mut rng(2)));
        assert_ne!(data.split_stratified([0.5, 0.5], &mut rng(1)), data.split_stratified([0.5, 0.5], &mut rng(2)));
        assert_ne!(k_folds(50, 5, &mut rng(1)), k_folds(50, 5, &mut rng(2)));
        assert_ne!(stratified_folds(&data.labels, 5, &mut rng(1)), stratified_folds(&data.labels, 5, &mut rng(2)));
    }

    #[test]
    #[should_panic(expected = "split([0.5, 0.25], …): the shares add up to 0.75")]
    fn shares_that_leave_examples_over_are_refused() {
        numbered(10).split([0.5, 0.25], &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "at least 0 each and 1 together")]
    fn negative_shares_are_refused() {
        numbered(10).split_stratified([1.5, -0.5], &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "at least 0 each and 1 together")]
    fn shares_that_are_not_numbers_are_refused() {
        numbered(10).split([Real::NAN, 1.0], &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "k_folds: 1 folds of 10 examples; ask for at least 2")]
    fn one_fold_is_refused() {
        k_folds(10, 1, &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "stratified_folds: 4 folds of 3 examples")]
    fn more_folds_than_examples_are_refused() {
        stratified_folds(&numbered(3).labels, 4, &mut rng(1));
    }
}
