//! Normalization: mean 0 and variance 1, per channel over a batch or per example, then a learned scale and shift.

use std::ops::Range;

use ndarray::{Array1, ArrayBase, ArrayD, Data, Ix1, IxDyn};

use super::node::{contiguous, copied};
use super::sums::{ROWS, sum_of, sum_of_pairs};
use super::{Real, Tensor};

impl Tensor {
    /// Batch normalization: y = γ x̂ + β with x̂ = (x − μ) / √(σ² + ε), where μ and σ² are the mean and the variance of each
    /// channel (axis 1) over all else.
    ///
    /// Takes n × c or n × c × h × w, γ and β of length c. Gives, besides y, the mean and the biased variance (divided by
    /// the count m, not m − 1) of each channel, from which a layer makes its running statistics.
    ///
    /// Backward, with g = ∂L/∂y and means over the channel: ∂L/∂x = γ / √(σ² + ε) · (g − mean(g) − x̂ mean(g x̂)),
    /// ∂L/∂γ = Σ g x̂, ∂L/∂β = Σ g.
    ///
    /// Source: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    /// Covariate Shift", ICML.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit, a channel has fewer than two numbers, or `eps` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let x = Tensor::new(array![[1.0, 10.0], [3.0, 30.0]]);
    /// let (gamma, beta) = (Tensor::parameter(array![1.0, 1.0]), Tensor::parameter(array![0.0, 5.0]));
    /// let (y, mean, variance) = x.batch_norm(&gamma, &beta, 0.0);
    /// assert_eq!(y.value(), array![[-1.0, 4.0], [1.0, 6.0]].into_dyn());
    /// assert_eq!((mean, variance), (array![2.0, 20.0], array![1.0, 100.0]));
    /// ```
    #[track_caller]
    pub fn batch_norm(&self, gamma: &Tensor, beta: &Tensor, eps: Real) -> (Tensor, Array1<Real>, Array1<Real>) {
        let shape = self.shape();
        check_channels("batch_norm", &shape);
        check_parameters("batch_norm", &shape, shape[1], gamma, beta, eps);
        let m = shape.iter().product::<usize>() / shape[1].max(1);
        assert!(
            m >= 2,
            "batch_norm: {m} numbers per channel, in shape {shape:?}, have no variance; give a larger batch, or normalize \
             with running statistics: batch_norm_with"
        );
        let x = contiguous(self.shared());
        let numbers = slice(&x);
        let mut sums = vec![0.0; shape[1]];
        for (k, chunk) in chunks(&shape) {
            sums[k] += sum_of(&numbers[chunk], |x| x);
        }
        let mean = Array1::from_iter(sums.iter().map(|sum| (sum / m as f64) as Real));
        sums.fill(0.0);
        for (k, chunk) in chunks(&shape) {
            let mean = mean[k];
            sums[k] += sum_of(&numbers[chunk], |x| (x - mean) * (x - mean));
        }
        let variance = Array1::from_iter(sums.iter().map(|sum| (sum / m as f64) as Real));
        let y = normalize("batch_norm", self, gamma, beta, Statistics::new(&mean, &variance, eps, true));
        (y, mean, variance)
    }

    /// [`batch_norm`](Tensor::batch_norm) with a given mean and variance of each channel: those of the training data,
    /// as a layer does when it is not training. They count as constants: ∂L/∂x = γ / √(σ² + ε) · g.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit, a variance is negative, or `eps` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let (gamma, beta) = (Tensor::parameter(array![1.0]), Tensor::parameter(array![0.0]));
    /// let y = Tensor::new(array![[5.0]]).batch_norm_with(&gamma, &beta, &array![1.0], &array![4.0], 0.0);
    /// assert_eq!(y.item(), 2.0);
    /// ```
    #[track_caller]
    pub fn batch_norm_with(
        &self,
        gamma: &Tensor,
        beta: &Tensor,
        mean: &Array1<Real>,
        variance: &Array1<Real>,
        eps: Real,
    ) -> Tensor {
        let shape = self.shape();
        check_channels("batch_norm_with", &shape);
        check_parameters("batch_norm_with", &shape, shape[1], gamma, beta, eps);
        assert!(
            mean.len() == shape[1] && variance.len() == shape[1],
            "batch_norm_with: {} means and {} variances for inputs of shape {shape:?}; give one of each per channel, {}",
            mean.len(),
            variance.len(),
            shape[1]
        );
        if let Some(negative) = variance.iter().find(|&&variance| variance < 0.0) {
            panic!(
                "batch_norm_with: a variance of {negative}; variances are at least 0 (are mean and variance swapped?)"
            );
        }
        normalize("batch_norm_with", self, gamma, beta, Statistics::new(mean, variance, eps, false))
    }

    /// Layer normalization: y = γ x̂ + β with x̂ = (x − μ) / √(σ² + ε), where μ and σ² are the mean and the biased variance
    /// over the last axis, of each example by itself; γ and β have the length of that axis.
    ///
    /// Backward, with g = ∂L/∂y and means over the last axis: ∂L/∂x = (γ g − mean(γ g) − x̂ mean(γ g x̂)) / √(σ² + ε),
    /// ∂L/∂γ = Σ g x̂ and ∂L/∂β = Σ g over all other axes.
    ///
    /// Source: Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450.
    ///
    /// # Panics
    ///
    /// When the shapes do not fit, or `eps` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let (gamma, beta) = (Tensor::parameter(array![1.0, 1.0]), Tensor::parameter(array![0.0, 0.0]));
    /// let y = Tensor::new(array![[1.0, 3.0], [10.0, 30.0]]).layer_norm(&gamma, &beta, 0.0);
    /// assert_eq!(y.value(), array![[-1.0, 1.0], [-1.0, 1.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn layer_norm(&self, gamma: &Tensor, beta: &Tensor, eps: Real) -> Tensor {
        let shape = self.shape();
        let Some(&length) = shape.last() else {
            panic!("layer_norm: a scalar has no last axis to normalize over; reshape it");
        };
        check_parameters("layer_norm", &shape, length, gamma, beta, eps);
        let d = length as Real;
        let x = contiguous(self.shared());
        let (scale, shift) = (contiguous(gamma.shared()), vector(beta));
        let mut y = x.to_owned();
        let mut statistics = Vec::new(); // μ and 1 / √(σ² + ε) of each row
        for row in slice_mut(&mut y).chunks_exact_mut(length.max(1)) {
            let mean = sum_of(row, |x| x) as Real / d;
            let inverse = 1.0 / (sum_of(row, |x| (x - mean) * (x - mean)) as Real / d + eps).sqrt();
            for ((x, gamma), beta) in row.iter_mut().zip(slice(&scale)).zip(&shift) {
                *x = (*x - mean) * inverse * gamma + beta;
            }
            statistics.push((mean, inverse));
        }
        let bytes = (2 * statistics.len() + copied(self, &x) + copied(gamma, &scale)) * size_of::<Real>();
        Tensor::from_op("layer_norm", y, [self, gamma, beta], move |mut grad, [input, gamma, beta]| {
            let scale = slice(&scale);
            // Σ g x̂ and Σ g: of a block of rows, and of all.
            let mut block = vec![(0.0, 0.0); length];
            let mut total = vec![(0.0_f64, 0.0_f64); length];
            let rows = slice_mut(&mut grad).chunks_exact_mut(length.max(1)).zip(slice(&x).chunks_exact(length.max(1)));
            for (row, ((grad, x), &(mean, inverse))) in rows.zip(&statistics).enumerate() {
                let (mut to_mean, mut to_variance) = (0.0, 0.0);
                for (k, (to_scale, to_shift)) in block.iter_mut().enumerate() {
                    let normal = (x[k] - mean) * inverse;
                    *to_scale += grad[k] * normal;
                    *to_shift += grad[k];
                    grad[k] *= scale[k];
                    to_mean += grad[k];
                    to_variance += grad[k] * normal;
                }
                let (to_mean, to_variance) = (to_mean / d, to_variance / d);
                for (grad, x) in grad.iter_mut().zip(x) {
                    *grad = inverse * (*grad - to_mean - (x - mean) * inverse * to_variance);
                }
                if (row + 1) % ROWS == 0 || row + 1 == statistics.len() {
                    for (total, block) in total.iter_mut().zip(&mut block) {
                        *total = (total.0 + block.0 as f64, total.1 + block.1 as f64);
                        *block = (0.0, 0.0);
                    }
                }
            }
            input.accumulate(|| grad);
            gamma.accumulate(|| Array1::from_iter(total.iter().map(|total| total.0 as Real)).into_dyn());
            beta.accumulate(|| Array1::from_iter(total.iter().map(|total| total.1 as Real)).into_dyn());
        })
        .keeping(bytes)
    }
}

/// What to normalize a channel by.
struct Statistics {
    mean: Array1<Real>,
    /// 1 / √(σ² + ε).
    inverse: Array1<Real>,
    /// Computed from the same inputs, and so depending on them; otherwise constant.
    of_batch: bool,
}

impl Statistics {
    fn new(mean: &Array1<Real>, variance: &Array1<Real>, eps: Real, of_batch: bool) -> Statistics {
        Statistics { mean: mean.clone(), inverse: variance.mapv(|variance| 1.0 / (variance + eps).sqrt()), of_batch }
    }
}

/// γ (x − μ) / √(σ² + ε) + β in each channel.
fn normalize(op: &'static str, input: &Tensor, gamma: &Tensor, beta: &Tensor, by: Statistics) -> Tensor {
    let x = contiguous(input.shared());
    let shape = input.shape();
    let (scale, shift) = (vector(gamma) * &by.inverse, vector(beta));
    let mut y = x.to_owned();
    let numbers = slice_mut(&mut y);
    for (k, chunk) in chunks(&shape) {
        let (mean, scale, shift) = (by.mean[k], scale[k], shift[k]);
        numbers[chunk].iter_mut().for_each(|x| *x = (*x - mean) * scale + shift);
    }
    let bytes = (3 * shape[1] + copied(input, &x)) * size_of::<Real>();
    Tensor::from_op(op, y, [input, gamma, beta], move |mut grad, [input, gamma, beta]| {
        let numbers = slice(&x);
        let mut to_scale = vec![0.0; shape[1]]; // Σ g x̂
        let mut to_shift = vec![0.0; shape[1]]; // Σ g
        for (k, chunk) in chunks(&shape) {
            let (mean, grad) = (by.mean[k], &slice(&grad)[chunk.clone()]);
            to_scale[k] += by.inverse[k] as f64 * sum_of_pairs(grad, &numbers[chunk], |g, x| g * (x - mean));
            to_shift[k] += sum_of(grad, |g| g);
        }
        let [to_scale, to_shift] =
            [to_scale, to_shift].map(|sums| Array1::from_iter(sums.iter().map(|&sum| sum as Real)));
        gamma.accumulate(|| to_scale.clone().into_dyn());
        beta.accumulate(|| to_shift.clone().into_dyn());
        input.accumulate(|| {
            let m = (numbers.len() / shape[1].max(1)) as Real;
            let grads = slice_mut(&mut grad);
            for (k, chunk) in chunks(&shape) {
                let (mean, scale, grad) = (by.mean[k], scale[k], &mut grads[chunk.clone()]);
                if by.of_batch {
                    let (to_mean, slope) = (to_shift[k] / m, by.inverse[k] * to_scale[k] / m);
                    let change = |(g, x): (&mut Real, &Real)| *g = scale * (*g - to_mean - (x - mean) * slope);
                    grad.iter_mut().zip(&numbers[chunk]).for_each(change);
                } else {
                    grad.iter_mut().for_each(|g| *g *= scale);
                }
            }
            grad
        });
    })
    .keeping(bytes)
}

/// Where each run of numbers of one channel lies in an n × c × … array in standard layout, and which channel it is.
fn chunks(shape: &[usize]) -> impl Iterator<Item = (usize, Range<usize>)> {
    let (channels, length) = (shape[1], shape[2..].iter().product::<usize>());
    (0..shape[0] * channels).map(move |i| (i % channels, i * length..(i + 1) * length))
}

#[track_caller]
fn check_channels(op: &str, shape: &[usize]) {
    assert!(
        shape.len() == 2 || shape.len() == 4,
        "{op}: inputs of shape {shape:?}; give n × c or n × c × h × w, with the channels in axis 1"
    );
}

#[track_caller]
fn check_parameters(op: &str, shape: &[usize], length: usize, gamma: &Tensor, beta: &Tensor, eps: Real) {
    let (gamma, beta) = (gamma.shape(), beta.shape());
    assert!(
        gamma == [length] && beta == [length],
        "{op}: scales of shape {gamma:?} and shifts of shape {beta:?} do not fit inputs of shape {shape:?}; \
         both must have shape [{length}]"
    );
    assert!(eps >= 0.0 && eps.is_finite(), "{op}: eps = {eps} must be finite and at least 0, such as 1e-5");
}

fn vector(tensor: &Tensor) -> Array1<Real> {
    tensor.value().into_dimensionality::<Ix1>().expect("its shape was checked")
}

fn slice<S: Data<Elem = Real>>(array: &ArrayBase<S, IxDyn>) -> &[Real] {
    array.as_slice().expect("standard layout")
}

fn slice_mut(array: &mut ArrayD<Real>) -> &mut [Real] {
    array.as_slice_mut().expect("standard layout")
}
