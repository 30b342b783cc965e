//! Convolution and transposed convolution over images, as matrix products.
//!
//! *im2col* lays every window of an image out as a column; a convolution is then the product of the kernels, one per
//! row, and these columns. What a convolution does on the way back to its input (*col2im*: add every column back to
//! where it came from) is what a transposed convolution does on the way forth, so the two share their parts.
//!
//! Source: Chellapilla, Puri & Simard 2006, "High Performance Convolutional Neural Networks for Document Processing",
//! International Workshop on Frontiers in Handwriting Recognition.

use ndarray::{Array1, Array2, Array4, ArrayD, ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::node::{Shared, contiguous, copied};
use super::product::multiply;
use super::sums::sum_of;
use super::{Real, Tensor};

/// Images that one thread takes at a time. The sums over a batch are made in this fixed order, so that the result does
/// not depend on which thread was faster.
const IMAGES: usize = 8;

/// Where the windows of an image lie.
#[derive(Clone, Copy)]
struct Windows {
    channels: usize,
    height: usize,
    width: usize,
    kernel: (usize, usize),
    stride: usize,
    padding: usize,
    /// How many windows there are, down and across.
    out: (usize, usize),
}

impl Windows {
    /// The numbers in one image.
    fn image(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The rows and columns of the unfolded image: numbers in a window, windows.
    fn unfolded(&self) -> (usize, usize) {
        (self.channels * self.kernel.0 * self.kernel.1, self.out.0 * self.out.1)
    }

    /// Whether neighbouring lines of windows meet neighbouring lines of the image, so that they can be handled in one go:
    /// the case of a convolution that keeps the width.
    fn is_seamless(&self) -> bool {
        self.stride == 1 && self.out.1 == self.width
    }

    /// The windows whose number at offset `d` of the kernel lies inside the image, along one side:
    /// 0 ≤ i · stride + d − padding < length.
    fn inside(&self, d: usize, length: usize, windows: usize) -> std::ops::Range<usize> {
        let from = self.padding.saturating_sub(d).div_ceil(self.stride);
        let to = (length + self.padding).saturating_sub(d).div_ceil(self.stride).min(windows);
        from..to.max(from)
    }

    /// Calls `visit(start of the row, channel, dy, dx)` for each row of the unfolded image.
    fn each_row(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        let (mut row, places) = (0, self.out.0 * self.out.1);
        for channel in 0..self.channels {
            for dy in 0..self.kernel.0 {
                for dx in 0..self.kernel.1 {
                    visit(row, channel, dy, dx);
                    row += places;
                }
            }
        }
    }

    /// Calls `visit(start in the unfolded image, start in the image, length)` for each stretch of numbers that one
    /// offset of the kernel meets along one line of windows. In the image, neighbours of a stretch lie `stride` apart.
    /// What lies in the padding is left out. If [seamless](Self::is_seamless), the lines are joined to one stretch, and
    /// what lies in the padding between them is to be [cleared](Self::clear_seams).
    fn each_stretch(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Windows { height, width, stride, padding, out, .. } = *self;
        self.each_row(|row, channel, dy, dx| {
            let (down, across) = (self.inside(dy, height, out.0), self.inside(dx, width, out.1));
            if down.is_empty() || across.is_empty() {
                return;
            }
            let mut line = |y: usize, length| {
                let start =
                    (channel * height + y * stride + dy - padding) * width + across.start * stride + dx - padding;
                visit(row + y * out.1 + across.start, start, length);
            };
            if self.is_seamless() {
                line(down.start, (down.len() - 1) * width + across.len());
            } else {
                down.for_each(|y| line(y, across.len()));
            }
        });
    }

    fn clear_seams(&self, columns: &mut [Real]) {
        if self.is_seamless() {
            self.each_row(|row, _, _, dx| {
                let across = self.inside(dx, self.width, self.out.1);
                for x in (0..across.start).chain(across.end..self.width) {
                    let column = &mut columns[row + x..row + self.out.0 * self.width];
                    column.iter_mut().step_by(self.width).for_each(|number| *number = 0.0);
                }
            });
        }
    }

    /// im2col: `columns` must hold zeros where a window reaches into the padding, as it does when it is reused.
    fn unfold(&self, image: &[Real], columns: &mut [Real]) {
        let stride = self.stride;
        self.each_stretch(|to, from, length| {
            let to = &mut columns[to..to + length];
            if stride == 1 {
                to.copy_from_slice(&image[from..from + length]);
            } else {
                to.iter_mut().zip(image[from..].iter().step_by(stride)).for_each(|(to, &from)| *to = from);
            }
        });
        self.clear_seams(columns);
    }

    /// col2im: adds every column to where it came from. What lies in the padding is lost, also from `columns`.
    fn fold(&self, columns: &mut [Real], image: &mut [Real]) {
        self.clear_seams(columns);
        let stride = self.stride;
        self.each_stretch(|from, to, length| {
            let from = &columns[from..from + length];
            if stride == 1 {
                image[to..to + length].iter_mut().zip(from).for_each(|(to, &from)| *to += from);
            } else {
                image[to..].iter_mut().step_by(stride).zip(from).for_each(|(to, &from)| *to += from);
            }
        });
    }
}

fn view(numbers: &[Real], shape: (usize, usize)) -> ArrayView2<'_, Real> {
    ArrayView2::from_shape(shape, numbers).expect("as many numbers")
}

fn view_mut(numbers: &mut [Real], shape: (usize, usize)) -> ArrayViewMut2<'_, Real> {
    ArrayViewMut2::from_shape(shape, numbers).expect("as many numbers")
}

fn numbers(x: &Shared) -> &[Real] {
    x.as_slice().expect("contiguous")
}

/// What is gathered on the way back through a convolution, in both directions: with `small` the side that has one number
/// per window and `large` the side that the windows lie on.
struct Pair {
    windows: Windows,
    /// Channels of the small side.
    kernels: usize,
}

impl Pair {
    /// small = kernels · unfold(large) + bias.
    fn gather(&self, large: &[Real], kernels: &[Real], bias: Option<&[Real]>) -> Vec<Real> {
        let (window, places) = self.windows.unfolded();
        let kernels = view(kernels, (self.kernels, window));
        let images = large.len() / self.windows.image();
        let mut small = vec![0.0; images * self.kernels * places];
        (small.par_chunks_mut(IMAGES * self.kernels * places), large.par_chunks(IMAGES * self.windows.image()))
            .into_par_iter()
            .for_each(|(small, large)| {
                let mut columns = vec![0.0; window * places];
                let each = small.chunks_mut(self.kernels * places).zip(large.chunks(self.windows.image()));
                for (small, large) in each {
                    self.windows.unfold(large, &mut columns);
                    if let Some(bias) = bias {
                        small.chunks_mut(places).zip(bias).for_each(|(plane, &bias)| plane.fill(bias));
                    }
                    let mut small = view_mut(small, (self.kernels, places));
                    multiply(&kernels, &view(&columns, (window, places)), true, &mut small);
                }
            });
        small
    }

    /// large = fold(kernelsᵀ · small) + bias.
    fn scatter(&self, small: &[Real], kernels: &[Real], bias: Option<&[Real]>) -> Vec<Real> {
        let (window, places) = self.windows.unfolded();
        let kernels = view(kernels, (self.kernels, window));
        let images = small.len() / (self.kernels * places);
        let mut large = vec![0.0; images * self.windows.image()];
        (large.par_chunks_mut(IMAGES * self.windows.image()), small.par_chunks(IMAGES * self.kernels * places))
            .into_par_iter()
            .for_each(|(large, small)| {
                let mut columns = Array2::zeros((window, places));
                let each = large.chunks_mut(self.windows.image()).zip(small.chunks(self.kernels * places));
                for (large, small) in each {
                    if let Some(bias) = bias {
                        let plane = self.windows.height * self.windows.width;
                        large.chunks_mut(plane).zip(bias).for_each(|(plane, &bias)| plane.fill(bias));
                    }
                    multiply(&kernels.t(), &view(small, (self.kernels, places)), false, &mut columns.view_mut());
                    self.windows.fold(columns.as_slice_mut().expect("contiguous"), large);
                }
            });
        large
    }

    /// Σ over the images of small · unfold(large)ᵀ: what both directions leave in the kernels.
    fn kernel_gradient(&self, small: &[Real], large: &[Real]) -> Vec<Real> {
        let (window, places) = self.windows.unfolded();
        let parts: Vec<Array2<Real>> =
            (small.par_chunks(IMAGES * self.kernels * places), large.par_chunks(IMAGES * self.windows.image()))
                .into_par_iter()
                .map(|(small, large)| {
                    let mut columns = vec![0.0; window * places];
                    let mut sum = Array2::zeros((self.kernels, window));
                    let each = small.chunks(self.kernels * places).zip(large.chunks(self.windows.image()));
                    for (small, large) in each {
                        self.windows.unfold(large, &mut columns);
                        let columns = view(&columns, (window, places));
                        multiply(&view(small, (self.kernels, places)), &columns.t(), true, &mut sum.view_mut());
                    }
                    sum
                })
                .collect();
        if let [sum] = &parts[..] {
            return sum.iter().copied().collect();
        }
        let mut sum = vec![0.0_f64; self.kernels * window];
        for part in &parts {
            sum.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part as f64);
        }
        sum.into_iter().map(|sum| sum as Real).collect()
    }
}

/// Σ over images and places, per channel.
fn channel_sums(grad: &[Real], channels: usize, plane: usize) -> ArrayD<Real> {
    let mut sums = vec![0.0; channels];
    for (i, plane) in grad.chunks(plane).enumerate() {
        sums[i % channels] += sum_of(plane, |x| x);
    }
    Array1::from_iter(sums.into_iter().map(|sum| sum as Real)).into_dyn()
}

fn array(numbers: Vec<Real>, shape: (usize, usize, usize, usize)) -> ArrayD<Real> {
    Array4::from_shape_vec(shape, numbers).expect("as many numbers").into_dyn()
}

#[track_caller]
fn four(op: &str, what: &str, expected: &str, x: &Shared) -> (usize, usize, usize, usize) {
    match *x.shape() {
        [a, b, c, d] => (a, b, c, d),
        _ => panic!("{op}: {what} of shape {:?}; expected {expected} (reshape them)", x.shape()),
    }
}

/// There may be no images, but each of them, and each kernel, must hold a number, and there must be a kernel.
#[track_caller]
fn check_not_empty(op: &str, x: &Shared, w: &Shared) {
    assert!(
        !x.shape()[1..].contains(&0) && !w.shape().contains(&0),
        "{op}: images of shape {:?} and kernels of shape {:?}; give at least one channel, row and column, and at least one \
         kernel (only the number of images may be 0)",
        x.shape(),
        w.shape()
    );
}

impl Tensor {
    /// Slides each kernel over the images: n × in × h × w with kernels out × in × kh × kw and one bias per kernel gives
    /// n × out × h′ × w′, h′ = ⌊(h + 2 padding − kh) / stride⌋ + 1 and w′ likewise.
    ///
    /// y\[o, i, j\] = b\[o\] + Σ over c, p, q of W\[o, c, p, q\] · x\[c, i · stride + p − padding, j · stride + q − padding\],
    /// with zeros in the padding. (Strictly this is a cross-correlation: the kernel is not flipped.)
    ///
    /// # Panics
    ///
    /// When the shapes do not fit, hold a 0 (but for the number of images), `stride` is 0, or the kernel is larger than the
    /// padded image.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::{Array1, Array4};
    ///
    /// let image = Tensor::new(Array4::ones((1, 1, 28, 28)));
    /// let kernels = Tensor::parameter(Array4::ones((8, 1, 3, 3)));
    /// let bias = Tensor::parameter(Array1::from_elem(8, 0.5));
    /// let maps = image.conv2d(&kernels, &bias, 1, 1);
    /// assert_eq!(maps.shape(), [1, 8, 28, 28]);
    /// assert_eq!(maps.value()[[0, 0, 14, 14]], 9.5);
    /// assert_eq!(maps.value()[[0, 0, 0, 0]], 4.5); // in the corner, five of nine lie in the padding
    /// ```
    #[track_caller]
    pub fn conv2d(&self, weight: &Tensor, bias: &Tensor, stride: usize, padding: usize) -> Tensor {
        let (x, w, b) = (contiguous(self.shared()), contiguous(weight.shared()), contiguous(bias.shared()));
        let (n, channels, height, width) = four("conv2d", "images", "n × channels × height × width", &x);
        let (out, inputs, kh, kw) = four("conv2d", "kernels", "out × in × height × width", &w);
        assert!(
            inputs == channels && b.shape() == [out],
            "conv2d: kernels of shape {:?} and a bias of shape {:?} do not fit images of shape {:?}; \
             they must be out × {channels} × height × width and [out]",
            w.shape(),
            b.shape(),
            x.shape()
        );
        check_not_empty("conv2d", &x, &w);
        let (rows, columns) = (height + 2 * padding, width + 2 * padding);
        assert!(stride > 0, "conv2d: with stride 0 the kernel never moves; give 1 or more");
        assert!(
            0 < kh && kh <= rows && 0 < kw && kw <= columns,
            "conv2d: a kernel of {kh} × {kw} does not fit into images of {height} × {width} with padding {padding}"
        );
        let windows = Windows {
            channels,
            height,
            width,
            kernel: (kh, kw),
            stride,
            padding,
            out: ((rows - kh) / stride + 1, (columns - kw) / stride + 1),
        };
        let pair = Pair { windows, kernels: out };
        let y = pair.gather(numbers(&x), numbers(&w), Some(numbers(&b)));
        let (down, across) = windows.out;
        let bytes = (copied(self, &x) + copied(weight, &w)) * size_of::<Real>();
        Tensor::from_op(
            "conv2d",
            array(y, (n, out, down, across)),
            [self, weight, bias],
            move |grad, [input, weight, bias]| {
                let grad = grad.into_shared();
                weight.accumulate(|| array(pair.kernel_gradient(numbers(&grad), numbers(&x)), (out, channels, kh, kw)));
                bias.accumulate(|| channel_sums(numbers(&grad), out, down * across));
                input.accumulate(|| {
                    array(pair.scatter(numbers(&grad), numbers(&w), None), (n, channels, height, width))
                });
            },
        )
        .keeping(bytes)
    }

    /// The transpose of [`conv2d`](Tensor::conv2d), which enlarges: n × in × h × w with kernels in × out × kh × kw gives
    /// n × out × h′ × w′, h′ = (h − 1) · stride − 2 padding + kh and w′ likewise.
    ///
    /// Every number of the input stamps the kernel, multiplied by it, into the output. Sources: Zeiler, Krishnan, Taylor &
    /// Fergus 2010, "Deconvolutional Networks", CVPR; Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep
    /// learning", arXiv:1603.07285, which draws it.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit, hold a 0 (but for the number of images), `stride` is 0, or nothing is left of the output
    /// after taking the padding away.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::{Array4, array};
    ///
    /// let small = Tensor::new(Array4::ones((1, 1, 7, 7)));
    /// let (kernel, bias) = (Tensor::parameter(Array4::ones((1, 1, 4, 4))), Tensor::parameter(array![0.0]));
    /// assert_eq!(small.conv_transpose2d(&kernel, &bias, 2, 1).shape(), [1, 1, 14, 14]);
    /// ```
    #[track_caller]
    pub fn conv_transpose2d(&self, weight: &Tensor, bias: &Tensor, stride: usize, padding: usize) -> Tensor {
        let (x, w, b) = (contiguous(self.shared()), contiguous(weight.shared()), contiguous(bias.shared()));
        let (n, inputs, down, across) = four("conv_transpose2d", "images", "n × channels × height × width", &x);
        let (from, out, kh, kw) = four("conv_transpose2d", "kernels", "in × out × height × width", &w);
        assert!(
            from == inputs && b.shape() == [out],
            "conv_transpose2d: kernels of shape {:?} and a bias of shape {:?} do not fit images of shape {:?}; \
             they must be {inputs} × out × height × width and [out]",
            w.shape(),
            b.shape(),
            x.shape()
        );
        check_not_empty("conv_transpose2d", &x, &w);
        assert!(stride > 0, "conv_transpose2d: with stride 0 all stamps fall on one place; give 1 or more");
        let length = |length: usize, kernel: usize| {
            ((length - 1) * stride + kernel).checked_sub(2 * padding).filter(|&it| it > 0)
        };
        let (Some(height), Some(width)) = (length(down, kh), length(across, kw)) else {
            panic!(
                "conv_transpose2d: of {down} × {across} with a kernel of {kh} × {kw} and stride {stride} nothing is left \
                 after taking away a padding of {padding} on every side; give less padding"
            );
        };
        let windows = Windows { channels: out, height, width, kernel: (kh, kw), stride, padding, out: (down, across) };
        let pair = Pair { windows, kernels: inputs };
        let y = pair.scatter(numbers(&x), numbers(&w), Some(numbers(&b)));
        let value = array(y, (n, out, height, width));
        let bytes = (copied(self, &x) + copied(weight, &w)) * size_of::<Real>();
        Tensor::from_op("conv_transpose2d", value, [self, weight, bias], move |grad, [input, weight, bias]| {
            let grad = grad.into_shared();
            weight.accumulate(|| array(pair.kernel_gradient(numbers(&x), numbers(&grad)), (inputs, out, kh, kw)));
            bias.accumulate(|| channel_sums(numbers(&grad), out, height * width));
            input.accumulate(|| array(pair.gather(numbers(&grad), numbers(&w), None), (n, inputs, down, across)));
        })
        .keeping(bytes)
    }
}
