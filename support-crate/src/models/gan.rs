//! Generative adversarial networks: a forger and a detective who learn from each other.

use std::fmt;

use ndarray::{Array2, ArrayView1};
use rand::distr::Distribution;

use super::mlp_with;
use crate::data::{Normal, check_finite};
use crate::nn::{Activation, Init, Layer, Net};
use crate::optim::Optimizer;
use crate::tensor::{Real, Tensor};

/// What the generator makes small, with s the discriminator's logit for a sample: D(G(z)) = σ(s).
///
/// ```
/// use dl_interview::models::GanLoss;
///
/// assert_eq!(GanLoss::default(), GanLoss::NonSaturating);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GanLoss {
    /// −ln D(G(z)) = softplus(−s), whose slope in s is −1 where the discriminator sees through the sample, s ≪ 0.
    #[default]
    NonSaturating,
    /// ln(1 − D(G(z))) = −softplus(s), the value of the game itself, whose slope is 0 there: nothing to learn from.
    Minimax,
}

/// A generator, which turns noise z ~ 𝒩(0, I) into samples, and a discriminator, which tells samples from data.
///
/// Source: Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville & Bengio 2014, "Generative Adversarial
/// Nets", NIPS. A clone has weights of its own, and optimizers that remember nothing.
///
/// ```
/// use dl_interview::data::{blobs, ring_centers, rng};
/// use dl_interview::models::{Gan, modes_covered};
///
/// let (mut rng, centers) = (rng(42), ring_centers(8, 2.0));
/// let mut gan = Gan::ring(true, &mut rng);
/// let mut losses = vec![];
/// for _ in 0..5 {
///     losses.push(gan.step(&blobs(128, &centers, 0.02, &mut rng).inputs, &mut rng));
/// }
/// let samples = gan.sample(1000, &mut rng);
/// assert_eq!(samples.dim(), (1000, 2));
/// assert_eq!(modes_covered(&samples, &centers, 0.3), 0); // after five steps
/// ```
#[derive(Clone)]
pub struct Gan {
    /// n × [`noise`](Gan::noise) in, n × d out.
    pub generator: Net,
    /// n × d in, n × 1 logits out: above 0 for data, below for samples.
    pub discriminator: Net,
    /// How many random numbers the generator makes a sample of.
    pub noise: usize,
    /// What the generator makes small.
    pub loss: GanLoss,
    /// How the generator learns.
    pub generator_optimizer: Optimizer,
    /// How the discriminator learns.
    pub discriminator_optimizer: Optimizer,
}

impl Gan {
    /// A pair of these nets, with noise of that many dimensions, the non-saturating loss, and for both nets Adam with
    /// η = 0.0002 and β₁ = 0.5, as in Radford, Metz & Chintala 2016. All of it can be changed in the fields.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::{Gan, mlp};
    /// use dl_interview::nn::Activation;
    ///
    /// let mut rng = rng(42);
    /// let generator = mlp(&[1, 16, 3], Activation::Relu, &mut rng);
    /// let gan = Gan::new(generator, mlp(&[3, 16, 1], Activation::LeakyRelu(0.2), &mut rng), 1);
    /// assert_eq!(gan.sample(5, &mut rng).dim(), (5, 3));
    /// ```
    pub fn new(generator: Net, discriminator: Net, noise: usize) -> Gan {
        Gan {
            generator,
            discriminator,
            noise,
            loss: GanLoss::NonSaturating,
            generator_optimizer: adam(2e-4),
            discriminator_optimizer: adam(2e-4),
        }
    }

    /// A small DCGAN for 28 × 28 images in rows of 784, pixels from 0 to 1.
    ///
    /// The generator enlarges 64 random numbers to 32 × 7 × 7, 16 × 14 × 14 and 28 × 28 by transposed convolutions; the
    /// discriminator goes the opposite way by convolutions of stride 2. Batch normalization stands everywhere but at the
    /// generator's output, which may have any mean, and at the discriminator's input, which must not lose it; LeakyReLU(0.2)
    /// in the discriminator, weights from 𝒩(0, 0.02²). Source: Radford, Metz & Chintala 2016, "Unsupervised Representation
    /// Learning with Deep Convolutional Generative Adversarial Networks", ICLR.
    ///
    /// Two things differ from there: a sigmoid ends the generator, because pixels lie in 0..=1 (tanh goes with −1..=1),
    /// and η is 0.001 instead of 0.0002, because a small net on a few thousand digits can hurry. Three epochs of 10 000
    /// digits, 32 a batch, give what looks like digits.
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::Gan;
    ///
    /// let gan = Gan::digits(&mut rng(42));
    /// let images = gan.sample(10, &mut rng(43));
    /// assert_eq!(images.dim(), (10, 784));
    /// assert!(images.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
    /// ```
    pub fn digits(rng: &mut impl rand::Rng) -> Gan {
        const NOISE: usize = 64;
        let leaky = || Layer::Activation(Activation::LeakyRelu(0.2));
        let generator = Net::new(vec![
            Layer::linear(NOISE, 32 * 7 * 7, rng).without_bias(),
            Layer::reshape(32, 7, 7),
            Layer::batch_norm(32),
            Layer::relu(),
            Layer::conv_transpose2d(32, 16, 4, rng).stride(2).padding(1).without_bias(), // 16 × 14 × 14
            Layer::batch_norm(16),
            Layer::relu(),
            Layer::conv_transpose2d(16, 1, 4, rng).stride(2).padding(1), // 28 × 28
            Layer::sigmoid(),
            Layer::flatten(),
        ]);
        let discriminator = Net::new(vec![
            Layer::reshape(1, 28, 28),
            Layer::conv2d(1, 16, 4, rng).stride(2).padding(1), // 16 × 14 × 14
            leaky(),
            Layer::conv2d(16, 32, 4, rng).stride(2).padding(1).without_bias(), // 32 × 7 × 7
            Layer::batch_norm(32),
            leaky(),
            Layer::flatten(),
            Layer::linear(32 * 7 * 7, 1, rng),
        ]);
        generator.initialize(DCGAN_INIT, rng);
        discriminator.initialize(DCGAN_INIT, rng);
        let mut gan = Gan::new(generator, discriminator, NOISE);
        (gan.generator_optimizer, gan.discriminator_optimizer) = (adam(1e-3), adam(1e-3));
        gan
    }

    /// A pair of perceptrons for points of the plane, to see modes collapse: 16-64-64-64-64-2, with or without batch
    /// normalization in the generator's hidden layers, against 2-64-64-1.
    ///
    /// The generator's weights are from 𝒩(0, 0.02²), as in a DCGAN. So narrow a start lets the noise shrink from layer to
    /// layer, unless batch normalization restores it; from [`Init::he`]'s weights on, both cover about as many modes, so it
    /// makes up for the start and is no remedy in itself. The discriminator's are [`Init::he`]'s. η is 0.0003 for the
    /// generator and 0.0006 for the discriminator, which has to be ahead to drive samples apart. About 1000 steps of 128
    /// points show the difference on [`ring_centers(8, 2.0)`](crate::data::ring_centers).
    ///
    /// ```
    /// use dl_interview::data::rng;
    /// use dl_interview::models::Gan;
    ///
    /// let [without, with] = [false, true].map(|batch_norm| Gan::ring(batch_norm, &mut rng(42)));
    /// assert_eq!(with.generator.parameter_count() - without.generator.parameter_count(), 4 * 2 * 64);
    /// ```
    pub fn ring(batch_norm: bool, rng: &mut impl rand::Rng) -> Gan {
        const NOISE: usize = 16;
        let normalization = |width| batch_norm.then(|| Layer::batch_norm(width));
        let hidden = |width| normalization(width).into_iter().chain([Layer::relu()]).collect();
        let generator = mlp_with(&[NOISE, 64, 64, 64, 64, 2], hidden, rng);
        generator.initialize(DCGAN_INIT, rng);
        let discriminator = mlp_with(&[2, 64, 64, 1], |_| vec![Layer::Activation(Activation::LeakyRelu(0.2))], rng);
        let mut gan = Gan::new(generator, discriminator, NOISE);
        (gan.generator_optimizer, gan.discriminator_optimizer) = (adam(3e-4), adam(6e-4));
        gan
    }

    /// One step of the discriminator, then one of the generator, on n × d data and as many samples; returns the losses that
    /// the two had, the discriminator's first.
    ///
    /// The discriminator makes −ln D(x) − ln(1 − D(G(z))) small, which is 2 ln 2 = 1.386 when it tosses a coin; data and
    /// samples are batches of their own, also for batch normalization. The generator then makes its [`loss`](Gan::loss)
    /// small on the same samples. Both nets are left in training mode.
    ///
    /// # Panics
    ///
    /// When there is no data, a number in it is not finite, or the samples are not of its width.
    ///
    /// ```
    /// # use dl_interview::{data::rng, models::Gan};
    /// let mut rng = rng(42);
    /// let mut gan = Gan::ring(false, &mut rng);
    /// let (discriminator, generator) = gan.step(&ndarray::Array2::ones((128, 2)), &mut rng);
    /// assert!(discriminator > 0.0 && generator > 0.0);
    /// ```
    #[track_caller]
    pub fn step(&mut self, real: &Array2<Real>, rng: &mut impl rand::Rng) -> (Real, Real) {
        assert!(real.nrows() > 0, "step: there is no data to compare samples with; give at least one row");
        check_finite("step", real);
        self.generator.train();
        self.discriminator.train();
        let (generator, discriminator) = (self.generator.parameters(), self.discriminator.parameters());
        let fake = self.generator.forward(&Tensor::new(self.draw_noise(real.nrows(), rng)));
        assert!(
            fake.shape() == real.shape(),
            "step: the generator makes samples of shape {:?} for data of shape {:?}; they must be alike",
            fake.shape(),
            real.shape()
        );

        self.discriminator_optimizer.zero_grad(&discriminator);
        let on_real = self.discriminator.forward(&Tensor::new(real.clone()));
        let on_fake = self.discriminator.forward(&fake.detach()); // the generator does not learn here
        let discriminator_loss = (-on_real).softplus().mean() + on_fake.softplus().mean();
        discriminator_loss.backward();
        self.discriminator_optimizer.step(&discriminator);

        self.generator_optimizer.zero_grad(&generator);
        let on_fake = self.discriminator.forward(&fake);
        let generator_loss = match self.loss {
            GanLoss::NonSaturating => (-on_fake).softplus().mean(),
            GanLoss::Minimax => -on_fake.softplus().mean(),
        };
        generator_loss.backward(); // fills the discriminator's gradients as well, which the next step forgets
        self.generator_optimizer.step(&generator);
        (discriminator_loss.item(), generator_loss.item())
    }

    /// `n` samples, n × d, in evaluation mode: no sample depends on the others.
    ///
    /// ```
    /// # use dl_interview::{data::rng, models::Gan};
    /// assert_eq!(Gan::ring(true, &mut rng(42)).sample(100, &mut rng(43)).dim(), (100, 2));
    /// ```
    pub fn sample(&self, n: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        self.generator.predict(&self.draw_noise(n, rng))
    }

    /// The noise for `n` samples, n × [`noise`](Gan::noise) numbers from 𝒩(0, 1): to look into the generator with.
    ///
    /// ```
    /// # use dl_interview::{data::rng, models::Gan};
    /// let gan = Gan::ring(true, &mut rng(42));
    /// let z = gan.draw_noise(100, &mut rng(43));
    /// assert_eq!(gan.generator.predict(&z), gan.sample(100, &mut rng(43)));
    /// ```
    pub fn draw_noise(&self, n: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        let normal = Normal::new(0.0, 1.0);
        Array2::from_shape_simple_fn((n, self.noise), || normal.sample(rng))
    }
}

const DCGAN_INIT: Init = Init::Normal { std: 0.02 };

fn adam(lr: Real) -> Optimizer {
    Optimizer::adam(lr).betas(0.5, 0.999)
}

impl fmt::Debug for Gan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gan { generator, discriminator, noise, loss, .. } = self;
        let (g, d) = (&generator.layers, &discriminator.layers);
        write!(f, "Gan(noise {noise}, generator {g:?}, discriminator {d:?}, {loss:?})")
    }
}

/// How many of the `centers`, k × d, have at least 1 % of the samples, n × d, within `radius`.
///
/// # Panics
///
/// When samples and centres have not as many columns.
///
/// ```
/// use dl_interview::models::modes_covered;
/// use ndarray::array;
///
/// let centers = array![[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]];
/// assert_eq!(modes_covered(&array![[0.1, 0.0], [0.0, 0.1], [0.9, 0.0]], &centers, 0.2), 2);
/// ```
#[track_caller]
pub fn modes_covered(samples: &Array2<Real>, centers: &Array2<Real>, radius: Real) -> usize {
    assert!(
        samples.ncols() == centers.ncols(),
        "modes_covered: samples of {} columns, centres of {}; give as many",
        samples.ncols(),
        centers.ncols()
    );
    let near = |a: ArrayView1<Real>, b: ArrayView1<Real>| (&a - &b).mapv(|d| d * d).sum() <= radius * radius;
    let hits = |center: ArrayView1<Real>| samples.rows().into_iter().filter(|sample| near(*sample, center)).count();
    let covered = |center: &ArrayView1<Real>| hits(*center) > 0 && 100 * hits(*center) >= samples.nrows();
    centers.rows().into_iter().filter(covered).count()
}
