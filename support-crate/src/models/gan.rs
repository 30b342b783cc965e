//! Generative adversarial networks: a forger and a critic who learn from each other.

use ndarray::{Array2, ArrayView1};
use rand::distr::Distribution;

use super::mlp_with;
use crate::nn::{Activation, Init, Layer, Net};
use crate::optim::Optimizer;
use crate::random::Normal;
use crate::tensor::{Real, Tensor};

/// What the generator makes small, from the discriminator's logits s = logit D(G(z)).
///
/// ```
/// use dl_interview::models::GanLoss;
///
/// assert_eq!(GanLoss::default(), GanLoss::NonSaturating);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GanLoss {
    /// −ln D(G(z)) = softplus(−s): its slope in s is −1 where the discriminator sees through a sample.
    #[default]
    NonSaturating,
    /// ln(1 − D(G(z))) = −softplus(s), the value of the two-player game: its slope is 0 there.
    Minimax,
}

/// A generator, which turns noise z ~ 𝒩(0, I) into samples, and a discriminator, which tells samples from data.
///
/// Source: Goodfellow et al. 2014, "Generative Adversarial Nets", NIPS.
///
/// ```
/// use dl_interview::data::{blobs, ring_centers, rng};
/// use dl_interview::models::Gan;
///
/// let mut rng = rng(42);
/// let mut gan = Gan::ring(true, &mut rng);
/// let real = blobs(256, &ring_centers(8, 2.0), 0.02, &mut rng).inputs;
/// let (discriminator_loss, generator_loss) = gan.step(&real, &mut rng);
/// assert!((discriminator_loss - 2.0 * gan.loss_of_a_coin()).abs() < 0.5);
/// ```
#[derive(Clone)]
pub struct Gan {
    /// n × [`noise`](Gan::noise) in, n × d out.
    pub generator: Net,
    /// n × d in, n × 1 logits out: above 0 for "real".
    pub discriminator: Net,
    /// The number of random numbers that the generator makes a sample of.
    pub noise: usize,
    /// What the generator makes small.
    pub loss: GanLoss,
    /// How the generator learns.
    pub generator_optimizer: Optimizer,
    /// How the discriminator learns.
    pub discriminator_optimizer: Optimizer,
}

impl Gan {
    pub fn new(generator: Net, discriminator: Net, noise: usize) -> Gan {
        let adam = Optimizer::adam(2e-4).betas(0.5, 0.999);
        Gan {
            generator,
            discriminator,
            noise,
            loss: GanLoss::NonSaturating,
            generator_optimizer: adam.clone(),
            discriminator_optimizer: adam,
        }
    }

    pub fn dcgan(rng: &mut impl rand::Rng) -> Gan {
        let c = env("C", 16.0) as usize;
        let generator = Net::new(vec![
            Layer::linear(64, 2 * c * 7 * 7, rng).without_bias(),
            Layer::reshape(2 * c, 7, 7),
            Layer::batch_norm(2 * c),
            Layer::relu(),
            Layer::conv_transpose2d(2 * c, c, 4, rng).stride(2).padding(1).without_bias(), // 14 × 14
            Layer::batch_norm(c),
            Layer::relu(),
            Layer::conv_transpose2d(c, 1, 4, rng).stride(2).padding(1), // 28 × 28
            Layer::sigmoid(),
            Layer::flatten(),
        ]);
        let leaky = || Layer::Activation(Activation::LeakyRelu(0.2));
        let discriminator = Net::new(vec![
            Layer::reshape(1, 28, 28),
            Layer::conv2d(1, c, 4, rng).stride(2).padding(1), // 14 × 14
            leaky(),
            Layer::conv2d(c, 2 * c, 4, rng).stride(2).padding(1).without_bias(), // 7 × 7
            if env("DBN", 1.0) > 0.0 { Layer::batch_norm(2 * c) } else { leaky() },
            leaky(),
            Layer::flatten(),
            Layer::linear(2 * c * 7 * 7, 1, rng),
        ]);
        for net in [&generator, &discriminator] {
            net.initialize(Init::Normal { std: 0.02 }, rng);
        }
        Gan::new(generator, discriminator, 64)
    }

    pub fn ring(batch_norm: bool, rng: &mut impl rand::Rng) -> Gan {
        let hidden = |width| match batch_norm {
            true => vec![Layer::batch_norm(width), Layer::relu()],
            false => vec![Layer::relu()],
        };
        let generator = mlp_with(&[16, 64, 64, 64, 64, 2], hidden, rng);
        generator.initialize(Init::Normal { std: 0.02 }, rng);
        let leaky = |_| vec![Layer::Activation(Activation::LeakyRelu(0.2))];
        let discriminator = {
            let w = env("DW", 64.0) as usize;
            mlp_with(&[2, w, w, 1], leaky, rng)
        };
        let mut gan = Gan::new(generator, discriminator, 16);
        let adam = Optimizer::adam(1e-3).betas(0.5, 0.999);
        (gan.generator_optimizer, gan.discriminator_optimizer) = (adam.clone(), adam);
        gan
    }

    pub fn step(&mut self, real: &Array2<Real>, rng: &mut impl rand::Rng) -> (Real, Real) {
        let (generator, discriminator) = (self.generator.parameters(), self.discriminator.parameters());
        let fake = self.generator.forward(&Tensor::new(self.draw_noise(real.nrows(), rng)));

        // −ln D(x) − ln(1 − D(G(z))): `detach` lets the discriminator learn alone.
        self.discriminator_optimizer.zero_grad(&discriminator);
        let on_real = self.discriminator.forward(&Tensor::new(real.clone()));
        let on_fake = self.discriminator.forward(&fake.detach());
        let discriminator_loss = (-on_real).softplus().mean() + on_fake.softplus().mean();
        discriminator_loss.backward();
        self.discriminator_optimizer.step(&discriminator);

        self.generator_optimizer.zero_grad(&generator);
        let on_fake = self.discriminator.forward(&fake);
        let generator_loss = match self.loss {
            GanLoss::NonSaturating => (-on_fake).softplus().mean(),
            GanLoss::Minimax => -on_fake.softplus().mean(),
        };
        generator_loss.backward();
        self.generator_optimizer.step(&generator);
        (discriminator_loss.item(), generator_loss.item())
    }

    pub fn sample(&self, n: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        self.generator.predict(&self.draw_noise(n, rng))
    }

    pub fn draw_noise(&self, n: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        let normal = Normal::new(0.0, 1.0);
        Array2::from_shape_simple_fn((n, self.noise), || normal.sample(rng))
    }
}

pub fn modes_covered(samples: &Array2<Real>, centers: &Array2<Real>, radius: Real) -> usize {
    let near = |a: ArrayView1<Real>, b: ArrayView1<Real>| (&a - &b).mapv(|d| d * d).sum() <= radius * radius;
    let hits = |center: ArrayView1<Real>| samples.rows().into_iter().filter(|sample| near(*sample, center)).count();
    centers.rows().into_iter().filter(|center| 100 * hits(*center) >= samples.nrows()).count()
}

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).map_or(default, |c| c.parse().unwrap())
}
