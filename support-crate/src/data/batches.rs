//! The order in which training sees the examples.

use std::ops::Deref;

use rand::seq::SliceRandom;

use crate::progress::{is_interrupted, say_stopped};

/// The indices `0..n` in random order, cut into ⌈n / size⌉ batches of `size`; the last may be smaller.
///
/// One call is one epoch: every example occurs exactly once. `n` = 0 gives no batch. JupyterLab's stop button ends a loop over
/// the batches after the one at hand: see [`Minibatches`].
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
pub fn minibatches(n: usize, size: usize, rng: &mut impl rand::Rng) -> Minibatches {
    assert!(
        size > 0,
        "minibatches({n}, 0, …): a batch of size 0 would never get through the data; give a size of 1 or more"
    );
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    Minibatches(order.chunks(size).map(<[usize]>::to_vec).collect())
}

/// The batches of one epoch, each a list of indices; made by [`minibatches`].
///
/// They can be looked at like a slice. A loop `for batch in minibatches(…)` ends early, after the batch at hand, when the
/// reader presses JupyterLab's stop button, and says so; a later loop of the same cell makes one batch, so that no mean is
/// one over nothing. A loop over epochs around it can ask [`is_interrupted`].
///
/// ```
/// use dl_interview::data::{minibatches, rng};
///
/// let batches = minibatches(10, 4, &mut rng(42));
/// assert_eq!((batches.len(), batches[2].len()), (3, 2));
/// assert_eq!(batches.into_iter().count(), 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Minibatches(Vec<Vec<usize>>);

impl Deref for Minibatches {
    type Target = Vec<Vec<usize>>;

    fn deref(&self) -> &Vec<Vec<usize>> {
        &self.0
    }
}

impl IntoIterator for Minibatches {
    type Item = Vec<usize>;
    type IntoIter = Epoch;

    fn into_iter(self) -> Epoch {
        Epoch { all: self.0.len(), left: self.0.into_iter() }
    }
}

/// Gives one batch after the other until the reader presses the stop button; see [`Minibatches`].
///
/// ```
/// use dl_interview::data::{minibatches, rng};
///
/// let mut epoch = minibatches(10, 4, &mut rng(42)).into_iter();
/// assert_eq!(epoch.next().map(|batch| batch.len()), Some(4));
/// ```
#[derive(Debug)]
pub struct Epoch {
    all: usize,
    left: std::vec::IntoIter<Vec<usize>>,
}

impl Iterator for Epoch {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let done = self.all - self.left.len();
        if done > 0 && done < self.all && is_interrupted() {
            say_stopped(format!("mini-batch {done} of {}", self.all), "what was learned until then is kept");
            self.left = Vec::new().into_iter();
            self.all = 0;
        }
        self.left.next()
    }
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
        assert_eq!(*order, [&[2, 7, 6][..], &[1, 4, 0], &[3, 5]]);
    }

    #[test]
    fn a_second_epoch_has_another_order() {
        let mut rng = rng(42);
        assert_ne!(minibatches(100, 10, &mut rng), minibatches(100, 10, &mut rng));
    }

    #[test]
    fn the_edges() {
        assert_eq!(*minibatches(0, 4, &mut rng(1)), Vec::<Vec<usize>>::new());
        assert_eq!(*minibatches(1, 4, &mut rng(1)), [[0]]);
        assert_eq!(minibatches(8, 4, &mut rng(1)).len(), 2);
    }

    #[test]
    #[should_panic(expected = "give a size of 1 or more")]
    fn a_batch_needs_a_size() {
        minibatches(8, 0, &mut rng(1));
    }
}
