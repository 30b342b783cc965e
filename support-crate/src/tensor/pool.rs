//! Pooling: one number for each window of an image.

use ndarray::{Array4, ArrayD};
use rayon::prelude::*;

use super::node::contiguous;
use super::{Real, Tensor};

/// Planes (one channel of one image) that a thread takes at a time.
const PLANES: usize = 64;

/// Where the windows of a plane lie.
#[derive(Clone, Copy)]
struct Windows {
    width: usize,
    size: usize,
    stride: usize,
    out: (usize, usize),
}

impl Windows {
    /// The first place of each window, line by line.
    fn corners(self) -> impl Iterator<Item = usize> {
        let Windows { width, stride, out, .. } = self;
        (0..out.0).flat_map(move |y| (0..out.1).map(move |x| y * stride * width + x * stride))
    }

    /// The largest number of each window of the plane `x`, and where it is. First down the columns of each row of windows,
    /// into `columns`, then along it: so most of the work runs over neighbours in memory.
    #[inline(always)]
    fn largest(self, x: &[Real], columns: &mut (Vec<Real>, Vec<u32>), best: &mut [Real], from: &mut [u32]) {
        let Windows { width, size, stride, out } = self;
        let (tops, places) = columns;
        for (y, (best, from)) in best.chunks_mut(out.1).zip(from.chunks_mut(out.1)).enumerate() {
            let start = y * stride * width;
            tops.copy_from_slice(&x[start..][..width]);
            places.iter_mut().zip(start as u32..).for_each(|(place, at)| *place = at);
            for dy in 1..size {
                let first = start + dy * width;
                let line = tops.iter_mut().zip(places.iter_mut()).zip(&x[first..][..width]).enumerate();
                for (i, ((top, place), &number)) in line {
                    (*top, *place) = larger((*top, *place), (number, (first + i) as u32));
                }
            }
            for (i, (best, from)) in best.iter_mut().zip(from).enumerate() {
                let (tops, places) = (&tops[i * stride..][..size], &places[i * stride..][..size]);
                (*best, *from) = (1..size).fold((tops[0], places[0]), |best, dx| larger(best, (tops[dx], places[dx])));
            }
        }
    }

    /// The places of a window relative to its first one, line by line.
    fn offsets(self) -> Vec<usize> {
        (0..self.size).flat_map(|y| (0..self.size).map(move |x| y * self.width + x)).collect()
    }
}

/// A number and its place in the plane.
type Placed = (Real, u32);

/// The larger of two, of equals the first, and NaN before all, so that it shows.
#[inline(always)]
fn larger(a: Placed, b: Placed) -> Placed {
    let b_wins = (b.0 > a.0) | b.0.is_nan() | ((b.0 == a.0) & (b.1 < a.1));
    // Number and place each selected for itself, not branched: which one wins is a coin flip.
    (if b_wins { b.0 } else { a.0 }, if b_wins { b.1 } else { a.1 })
}

impl Tensor {
    /// The largest number in each window of `size` × `size`, windows `stride` apart, in every channel by itself:
    /// n × c × h × w gives n × c × h′ × w′ with h′ = ⌊(h − size) / stride⌋ + 1. The gradient goes to the largest, to the
    /// first of equals.
    ///
    /// # Panics
    ///
    /// When the shape is not n × c × h × w, `stride` is 0, or the window is empty or larger than the image.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let image = Tensor::new(array![[[[1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 0.0, 0.0]]]]);
    /// assert_eq!(image.max_pool2d(2, 2).value(), array![[[[4.0, 5.0]]]].into_dyn());
    /// ```
    #[track_caller]
    pub fn max_pool2d(&self, size: usize, stride: usize) -> Tensor {
        let (shape, windows) = self.windows("max_pool2d", size, stride);
        let [n, channels, height, width] = shape;
        let (plane, places) = (height * width, windows.out.0 * windows.out.1);
        let x = contiguous(self.shared());
        let x = x.as_slice().expect("contiguous");
        let mut best = vec![0.0; n * channels * places];
        let mut from = vec![0_u32; best.len()];
        (best.par_chunks_mut(PLANES * places), from.par_chunks_mut(PLANES * places), x.par_chunks(PLANES * plane))
            .into_par_iter()
            .for_each(|(best, from, x)| {
                let each = best.chunks_mut(places).zip(from.chunks_mut(places)).zip(x.chunks(plane));
                let mut columns = (vec![0.0; width], vec![0; width]);
                for ((best, from), x) in each {
                    // The same call twice: with the numbers written out, the compiler unrolls the usual case.
                    match (size, stride) {
                        (2, 2) => Windows { size: 2, stride: 2, ..windows }.largest(x, &mut columns, best, from),
                        _ => windows.largest(x, &mut columns, best, from),
                    }
                }
            });
        let value = Array4::from_shape_vec((n, channels, windows.out.0, windows.out.1), best).expect("as many numbers");
        let bytes = from.len() * size_of::<u32>();
        Tensor::from_op("max_pool2d", value.into_dyn(), [self], move |grad, [input]| {
            input.accumulate(|| {
                spread(shape, places, grad.as_slice().expect("contiguous"), |to, i, grad| to[from[i] as usize] += grad)
            });
        })
        .keeping(bytes)
    }

    /// The mean of each window of `size` × `size`, windows `stride` apart, in every channel by itself: shapes as in
    /// [`max_pool2d`](Tensor::max_pool2d).
    ///
    /// # Panics
    ///
    /// When the shape is not n × c × h × w, `stride` is 0, or the window is empty or larger than the image.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let image = Tensor::new(array![[[[1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 0.0, 0.0]]]]);
    /// assert_eq!(image.avg_pool2d(2, 2).value(), array![[[[2.5, 1.25]]]].into_dyn());
    /// ```
    #[track_caller]
    pub fn avg_pool2d(&self, size: usize, stride: usize) -> Tensor {
        let (shape, windows) = self.windows("avg_pool2d", size, stride);
        let [n, channels, height, width] = shape;
        let places = windows.out.0 * windows.out.1;
        let x = contiguous(self.shared());
        let offsets = windows.offsets();
        let share = 1.0 / offsets.len() as Real;
        let mut means: Vec<Real> = Vec::with_capacity(n * channels * places);
        for x in x.as_slice().expect("contiguous").chunks(height * width) {
            means.extend(windows.corners().map(|at| offsets.iter().map(|offset| x[at + offset]).sum::<Real>() * share));
        }
        let value =
            Array4::from_shape_vec((n, channels, windows.out.0, windows.out.1), means).expect("as many numbers");
        Tensor::from_op("avg_pool2d", value.into_dyn(), [self], move |grad, [input]| {
            input.accumulate(|| {
                let corners: Vec<usize> = windows.corners().collect();
                spread(shape, places, grad.as_slice().expect("contiguous"), |to, i, grad| {
                    offsets.iter().for_each(|offset| to[corners[i % places] + offset] += grad * share);
                })
            });
        })
    }

    #[track_caller]
    fn windows(&self, op: &str, size: usize, stride: usize) -> ([usize; 4], Windows) {
        let shape = self.shape();
        let &[n, channels, height, width] = &shape[..] else {
            panic!("{op}: images of shape {shape:?}; expected n × channels × height × width (reshape them)");
        };
        assert!(stride > 0, "{op}: with stride 0 the window never moves; give 1 or more");
        assert!(
            0 < size && size <= height && size <= width,
            "{op}: a window of {size} × {size} does not fit into images of {height} × {width}"
        );
        let out = ((height - size) / stride + 1, (width - size) / stride + 1);
        ([n, channels, height, width], Windows { width, size, stride, out })
    }
}

/// The gradient of the pooled images: `give(plane, i, grad)` adds the i-th gradient to where it belongs in its plane.
fn spread(
    [n, channels, height, width]: [usize; 4],
    places: usize,
    grad: &[Real],
    give: impl Fn(&mut [Real], usize, Real) + Sync,
) -> ArrayD<Real> {
    let plane = height * width;
    let mut full = vec![0.0; n * channels * plane];
    full.par_chunks_mut(plane).with_min_len(PLANES).enumerate().for_each(|(p, to)| {
        (p * places..(p + 1) * places).for_each(|i| give(to, i, grad[i]));
    });
    Array4::from_shape_vec((n, channels, height, width), full).expect("as many numbers").into_dyn()
}
