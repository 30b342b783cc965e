//! How N devices add up their gradients when each talks to one neighbour only.

use std::sync::mpsc;
use std::thread;

use crate::tensor::Real;

/// What [`ring_all_reduce`] gives.
///
/// ```
/// use dl_interview::system::ring_all_reduce;
///
/// let result = ring_all_reduce(&[vec![1.0, 2.0], vec![10.0, 20.0]]);
/// assert_eq!(result.sums, [[11.0, 22.0], [11.0, 22.0]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RingSum {
    /// The sum of all vectors, as each device has it in the end: equal to the last bit.
    pub sums: Vec<Vec<Real>>,
    /// The bytes that each device sent.
    pub bytes_sent: Vec<usize>,
}

/// Adds up the vectors of N devices, each a thread, that sit in a ring and send to the next one only.
///
/// The vector is cut into N chunks. In N − 1 rounds each device passes on one chunk, and adds its own numbers to the one
/// it gets, until each holds the full sum of one chunk (*reduce–scatter*); in N − 1 more rounds the sums go round
/// (*all-gather*). Each device sends 2 (N − 1) / N · S bytes for a vector of S bytes, nearly independent of N; the sum of
/// all devices' bytes is 2 (N − 1) S whether or not N divides the length.
///
/// Source: Patarasuk & Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations", Journal of
/// Parallel and Distributed Computing 69(2).
///
/// # Panics
///
/// When there is no device, or the vectors differ in length.
///
/// ```
/// use dl_interview::{system::ring_all_reduce, tensor::Real};
///
/// let (devices, length) = (4, 1000);
/// let result = ring_all_reduce(&vec![vec![1.0; length]; devices]);
/// assert_eq!(result.sums[3], vec![4.0; length]);
/// assert_eq!(result.bytes_sent[3], 2 * 3 * length * size_of::<Real>() / 4);
/// ```
#[track_caller]
pub fn ring_all_reduce(vectors: &[Vec<Real>]) -> RingSum {
    let n = vectors.len();
    assert!(n > 0, "ring_all_reduce: there is no device; give at least one vector");
    let length = vectors[0].len();
    if let Some(other) = vectors.iter().find(|vector| vector.len() != length) {
        panic!("ring_all_reduce: vectors of {length} and of {} numbers; all devices must have as many", other.len());
    }
    let chunk = |i: usize| i % n * length / n..(i % n + 1) * length / n;
    let device =
        |i: usize, mut own: Vec<Real>, to_next: mpsc::Sender<Vec<Real>>, from_last: mpsc::Receiver<Vec<Real>>| {
            let mut sent = 0;
            for round in 0..2 * (n - 1) {
                // Device i starts with chunk i; what came in last round goes out in this one.
                let (out, arriving) = (chunk(i + 2 * n - round), chunk(i + 2 * n - round - 1));
                let message = own[out].to_vec();
                sent += size_of_val(&message[..]);
                to_next.send(message).expect("the next device listens until it has all chunks");
                let message = from_last.recv().expect("the last device sends all chunks");
                let target = own[arriving].iter_mut().zip(message);
                if round < n - 1 {
                    target.for_each(|(own, other)| *own += other);
                } else {
                    target.for_each(|(own, sum)| *own = sum);
                }
            }
            (own, sent)
        };
    let (senders, mut receivers): (Vec<_>, Vec<_>) = (0..n).map(|_| mpsc::channel()).unzip();
    receivers.rotate_right(1); // device i receives what device i − 1 sends
    let (sums, bytes_sent) = thread::scope(|scope| {
        let ends = senders.into_iter().zip(receivers).zip(vectors).enumerate();
        let devices: Vec<_> =
            ends.map(|(i, ((to, from), own))| scope.spawn(move || device(i, own.clone(), to, from))).collect();
        devices.into_iter().map(|device| device.join().expect("a device adds and sends, no more")).unzip()
    });
    RingSum { sums, bytes_sent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(devices: usize, length: usize) -> Vec<Vec<Real>> {
        (0..devices).map(|i| (0..length).map(|j| (i * i + 3 * j) as Real).collect()).collect()
    }

    #[test]
    fn every_device_gets_the_sum() {
        for devices in 1..=8 {
            for length in [0, 1, 2, 7, 8, 100] {
                let vectors = vectors(devices, length);
                let sum: Vec<Real> = (0..length).map(|j| vectors.iter().map(|vector| vector[j]).sum()).collect();
                let result = ring_all_reduce(&vectors);
                assert_eq!(result.sums, vec![sum; devices], "{devices} devices, {length} numbers");
            }
        }
    }

    #[test]
    fn bytes_are_two_n_minus_one_over_n_times_the_size() {
        for devices in 1..=8 {
            let length = 840; // which 1 to 8 divide
            let bytes = length * size_of::<Real>();
            let result = ring_all_reduce(&vectors(devices, length));
            assert!(result.bytes_sent.iter().all(|&sent| sent * devices == 2 * (devices - 1) * bytes), "{devices}");
            let odd = ring_all_reduce(&vectors(devices, length + 1));
            let bytes = bytes + size_of::<Real>();
            assert_eq!(odd.bytes_sent.iter().sum::<usize>(), 2 * (devices - 1) * bytes);
        }
    }

    #[test]
    fn the_sums_are_equal_to_the_last_bit() {
        let vectors: Vec<Vec<Real>> =
            (0..5).map(|i| (0..50).map(|j| ((i * 50 + j) as Real).sin() * 1e3).collect()).collect();
        let sums = ring_all_reduce(&vectors).sums;
        assert!(sums.iter().all(|sum| sum == &sums[0]));
    }

    #[test]
    #[should_panic(expected = "vectors of 2 and of 3 numbers")]
    fn vectors_of_different_lengths() {
        ring_all_reduce(&[vec![1.0, 2.0], vec![1.0, 2.0, 3.0]]);
    }

    #[test]
    #[should_panic(expected = "there is no device")]
    fn no_device() {
        ring_all_reduce(&[]);
    }
}
