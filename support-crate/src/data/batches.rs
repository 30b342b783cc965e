//! The order in which training sees the examples.

use rand::seq::SliceRandom;

/// The indices `0..n` in random order, cut into ⌈n / size⌉ batches of `size`; the last may be smaller.
///
/// One call is one epoch: every example occurs exactly once. `n` = 0 gives no batch.
///
/// # Panics
///
/// When `size` is 0.
///
/// ```
/// use dl_interview::data::{minibatches, rng};
///
/// let epoch = minibatches(10, 4, &mut rng(42));
/// let sizes: Vec<usize> = epoch.iter().map(Vec::len).collect();
/// assert_eq!(sizes, [4, 4, 2]);
///
/// let mut seen = epoch.concat();
/// assert_ne!(seen, Vec::from_iter(0..10));
/// seen.sort();
/// assert_eq!(seen, Vec::from_iter(0..10));
/// ```
#[track_caller]
pub fn minibatches(n: usize, size: usize, rng: &mut impl rand::Rng) -> Vec<Vec<usize>> {
    assert!(
        size > 0,
        "minibatches({n}, 0, …): a batch of size 0 would never get through the data; give a size of 1 or more"
    );
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    order.chunks(size).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::super::rng;
    use super::*;

    // These numbers are what a notebook's committed output rests on: a new version of rand or
    // rand_pcg that changes them has to be noticed.
    #[test]
    fn the_order_of_a_seed_is_fixed() {
        let order = minibatches(8, 3, &mut rng(42));
        assert_eq!(order, [&[2, 7, 6][..], &[1, 4, 0], &[3, 5]]);
    }

    #[test]
    fn a_second_epoch_has_another_order() {
        let mut rng = rng(42);
        assert_ne!(minibatches(100, 10, &mut rng), minibatches(100, 10, &mut rng));
    }

    #[test]
    fn the_edges() {
        assert_eq!(minibatches(0, 4, &mut rng(1)), Vec::<Vec<usize>>::new());
        assert_eq!(minibatches(1, 4, &mut rng(1)), [[0]]);
        assert_eq!(minibatches(8, 4, &mut rng(1)).len(), 2);
    }

    #[test]
    #[should_panic(expected = "give a size of 1 or more")]
    fn a_batch_needs_a_size() {
        minibatches(8, 0, &mut rng(1));
    }
}
