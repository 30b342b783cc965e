//! The deep belief network: restricted Boltzmann machines, each of which learns what the one below makes of the data.

use ndarray::Array2;

use super::{Rbm, RbmTraining};
use crate::nn::{Layer, Net};
use crate::progress::{Progress, is_interrupted};
use crate::tensor::{Real, Tensor};

/// A deep belief network: a stack of [`Rbm`]s, the hidden layer of each being the visible layer of the next.
///
/// The two top layers are a restricted Boltzmann machine; from there down, each layer generates the one below. Source:
/// Hinton, Osindero & Teh 2006, "A Fast Learning Algorithm for Deep Belief Nets", Neural Computation 18(7).
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::{DeepBeliefNetwork, RbmTraining};
/// use ndarray::array;
///
/// let patterns = array![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]];
/// let mut rng = rng(42);
/// let mut network = DeepBeliefNetwork::new(&[4, 6, 2], &mut rng);
/// network.pretrain(&patterns, &RbmTraining { epochs: 100, ..Default::default() }, &mut rng);
/// assert_eq!(network.up(&patterns).dim(), (2, 2));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DeepBeliefNetwork {
    /// From the one that sees the data to the top.
    pub layers: Vec<Rbm>,
}

impl DeepBeliefNetwork {
    /// An untrained network with these layer sizes, the data's first: `[784, 256, 64]` is two machines, 784 × 256 and
    /// 256 × 64.
    ///
    /// # Panics
    ///
    /// With fewer than two sizes, or a size of 0.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::DeepBeliefNetwork;
    /// let network = DeepBeliefNetwork::new(&[784, 256, 64], &mut rng(42));
    /// assert_eq!(network.layers[1].weights.dim(), (256, 64));
    /// ```
    #[track_caller]
    pub fn new(sizes: &[usize], rng: &mut impl rand::Rng) -> DeepBeliefNetwork {
        assert!(
            sizes.len() >= 2 && !sizes.contains(&0),
            "DeepBeliefNetwork::new({sizes:?}, …): give at least two layer sizes, none of them 0"
        );
        DeepBeliefNetwork { layers: sizes.windows(2).map(|pair| Rbm::new(pair[0], pair[1], rng)).collect() }
    }

    /// Greedy pretraining: each machine learns the features p(h | v) of the finished one below, the first one `inputs`.
    ///
    /// Returns the reconstruction error of each epoch for each machine, from the bottom. No label is needed. JupyterLab's
    /// stop button ends it; the machines above the one it is at then stay untrained, and have no errors.
    ///
    /// # Panics
    ///
    /// Those of [`Rbm::train`].
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::{DeepBeliefNetwork, RbmTraining};
    /// # use ndarray::array;
    /// let patterns = array![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]];
    /// let mut rng = rng(42);
    /// let mut network = DeepBeliefNetwork::new(&[4, 6, 2], &mut rng);
    /// let errors = network.pretrain(&patterns, &RbmTraining { epochs: 1000, ..Default::default() }, &mut rng);
    /// assert_eq!((errors.len(), errors[0].len()), (2, 1000));
    /// assert!(errors[0][999] < errors[0][0] / 2.0);
    /// ```
    #[track_caller]
    pub fn pretrain(
        &mut self,
        inputs: &Array2<Real>,
        training: &RbmTraining,
        rng: &mut impl rand::Rng,
    ) -> Vec<Vec<Real>> {
        let mut features = inputs.clone();
        let mut errors = Vec::with_capacity(self.layers.len());
        let operations = self.layers.iter().map(|layer| layer.training_operations(inputs.nrows(), training)).sum();
        let count = self.layers.len();
        let mut progress = Progress::new(count * training.epochs, operations, training.progress);
        for (i, layer) in self.layers.iter_mut().enumerate() {
            progress.go_on(i * training.epochs, format!("machine {} of {count}, ", i + 1));
            errors.push(layer.learn(&features, training, rng, |_| (), &mut progress));
            if is_interrupted() {
                progress.say_stopped("its end", "what was learned until then is kept");
                break;
            }
            features = layer.hidden_probabilities(&features);
        }
        errors
    }

    /// The features of the top layer, n × its units: p(h | v) of each machine in turn, as a network of sigmoid layers.
    ///
    /// # Panics
    ///
    /// When a row does not have one value in 0..=1 for each visible unit.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::DeepBeliefNetwork;
    /// # use ndarray::Array2;
    /// let network = DeepBeliefNetwork::new(&[4, 6, 2], &mut rng(42));
    /// assert_eq!(network.up(&Array2::zeros((10, 4))).dim(), (10, 2));
    /// ```
    #[track_caller]
    pub fn up(&self, inputs: &Array2<Real>) -> Array2<Real> {
        let mut features = inputs.clone();
        for layer in &self.layers {
            features = layer.hidden_probabilities(&features);
        }
        features
    }

    /// `n` images that the network makes up (n × visible): `steps` Gibbs steps of the top machine, then one draw a
    /// layer down.
    ///
    /// # Panics
    ///
    /// When [`layers`](DeepBeliefNetwork::layers) is empty.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::DeepBeliefNetwork;
    /// let mut rng = rng(42);
    /// let network = DeepBeliefNetwork::new(&[4, 6, 2], &mut rng);
    /// assert_eq!(network.sample(10, 5, &mut rng).dim(), (10, 4));
    /// ```
    #[track_caller]
    pub fn sample(&self, n: usize, steps: usize, rng: &mut impl rand::Rng) -> Array2<Real> {
        let (top, below) = self.layers.split_last().expect("a network has at least one machine");
        let states = top.sample(n, steps, rng);
        below.iter().rev().fold(states, |states, layer| layer.sample_visible(&states, rng))
    }

    /// What [`up`](DeepBeliefNetwork::up) computes, as a net: a linear layer and a sigmoid for each machine, to be extended
    /// by an output layer and fine-tuned with [`fit`](crate::train::fit). Its weights are copies.
    ///
    /// ```
    /// # use dl_interview::data::rng;
    /// # use dl_interview::models::DeepBeliefNetwork;
    /// # use dl_interview::nn::Layer;
    /// # use ndarray::Array2;
    /// let mut rng = rng(42);
    /// let mut net = DeepBeliefNetwork::new(&[784, 256, 64], &mut rng).to_net();
    /// net.layers.push(Layer::linear(64, 10, &mut rng));
    /// assert_eq!(net.predict(&Array2::zeros((5, 784))).dim(), (5, 10));
    /// ```
    pub fn to_net(&self) -> Net {
        let layers = |machine: &Rbm| {
            let weight = Tensor::parameter(machine.weights.t().as_standard_layout().into_owned()); // out × in
            let bias = Some(Tensor::parameter(machine.hidden_bias.clone()));
            [Layer::Linear { weight, bias }, Layer::sigmoid()]
        };
        Net::new(self.layers.iter().flat_map(layers).collect())
    }
}
