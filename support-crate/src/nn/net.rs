//! Layers one after the other.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use ndarray::{Array1, Array2, ArrayD, Axis, Ix2, Slice, concatenate};

use super::layer::Copies;
use super::metrics::no_class;
use super::{Init, Layer};
use crate::notebook::{Table, table};
use crate::plot::html::debug;
use crate::tensor::{Real, Tensor, no_grad};

/// A feed-forward net: the output of each layer is the input of the next.
///
/// A net starts in training mode. A clone is a copy: it has weights, running statistics and dropout generators of its
/// own, equal at first.
///
/// Two layers may hold the same tensor (a *tied* weight): it is one parameter, named after the first of them, which gets the
/// gradients of both, is counted, stepped and saved once, and stays one in a clone.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::tensor::Tensor;
///
/// let mut rng = rng(42);
/// let net = Net::new(vec![Layer::linear(784, 128, &mut rng), Layer::relu(), Layer::linear(128, 10, &mut rng)]);
/// let logits = net.forward(&Tensor::new(ndarray::Array2::ones((64, 784))));
/// assert_eq!(logits.shape(), [64, 10]);
/// assert_eq!(net.parameter_count(), 784 * 128 + 128 + 128 * 10 + 10);
/// ```
pub struct Net {
    /// From the input to the output.
    pub layers: Vec<Layer>,
    training: Cell<bool>,
}

impl Clone for Net {
    fn clone(&self) -> Net {
        let mut copies = Copies::default();
        let layers = self.layers.iter().map(|layer| layer.clone_among(&mut copies)).collect();
        Net { layers, training: self.training.clone() }
    }
}

/// Its layers, as they name themselves.
impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers: Vec<String> = self.layers.iter().map(|layer| format!("{layer:?}")).collect();
        let table = self.table();
        debug(f, &format!("Net({})", layers.join(", ")), || table.html(), &table.text())
    }
}

impl Net {
    /// A net of these layers, in training mode.
    ///
    /// ```
    /// # use dl_interview::nn::Net;
    /// assert!(Net::new(vec![]).is_training());
    /// ```
    pub fn new(layers: Vec<Layer>) -> Net {
        Net { layers, training: Cell::new(true) }
    }

    /// The output of the last layer.
    ///
    /// # Panics
    ///
    /// When the shape of `x`, or of what one layer hands on, does not fit the next.
    ///
    /// ```
    /// # use dl_interview::{nn::{Layer, Net}, tensor::Tensor};
    /// let net = Net::new(vec![Layer::relu()]);
    /// assert_eq!(net.forward(&Tensor::scalar(-1.0)).item(), 0.0);
    /// ```
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        run(&self.layers, x, self.is_training())
    }

    /// The output of every layer, in order: for the sizes of activations, or units that never fire.
    ///
    /// [`Tensor::keep_grad`] on one of them makes the next sweep leave its gradient there.
    ///
    /// # Panics
    ///
    /// When the shape of `x`, or of what one layer hands on, does not fit the next.
    ///
    /// ```
    /// # use dl_interview::{nn::{Layer, Net}, tensor::Tensor};
    /// let outputs = Net::new(vec![Layer::relu(), Layer::sigmoid()]).forward_all(&Tensor::scalar(-1.0));
    /// assert_eq!(outputs.iter().map(Tensor::item).collect::<Vec<_>>(), [0.0, 0.5]);
    /// ```
    #[track_caller]
    pub fn forward_all(&self, x: &Tensor) -> Vec<Tensor> {
        self.run_all(x, self.is_training())
    }

    /// The output of every layer in this mode, whatever the net's own mode is.
    #[track_caller]
    pub(crate) fn run_all(&self, x: &Tensor, training: bool) -> Vec<Tensor> {
        let mut outputs = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            outputs.push(layer.forward(outputs.last().unwrap_or(x), training));
        }
        outputs
    }

    /// What is to be learned, from the first layer to the last: handles, which an optimizer changes. What layers share is
    /// listed once.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}};
    /// let net = Net::new(vec![Layer::linear(3, 2, &mut rng(42))]);
    /// assert_eq!(net.parameters()[1].shape(), [2]);
    /// ```
    pub fn parameters(&self) -> Vec<Tensor> {
        self.named_parameters().into_iter().map(|(_, tensor)| tensor).collect()
    }

    /// The parameters with a name for each: the number of the layer, from 0, and what it is there.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}};
    /// let net = Net::new(vec![Layer::relu(), Layer::linear(3, 2, &mut rng(42))]);
    /// let names: Vec<String> = net.named_parameters().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["1.weight", "1.bias"]);
    /// ```
    pub fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let named = |(i, name, tensor)| (format!("{i}.{name}"), tensor);
        self.own_parameters().into_iter().flatten().map(named).collect()
    }

    /// The parameters of each layer that none before it has: the number of the layer, what it is there, and the tensor.
    fn own_parameters(&self) -> Vec<Vec<(usize, &'static str, Tensor)>> {
        let mut seen = HashSet::new();
        let mut own = |(i, layer): (usize, &Layer)| {
            let parameters = layer.parameters().into_iter().filter(|(_, tensor)| seen.insert(tensor.address()));
            parameters.map(|(name, tensor)| (i, name, tensor)).collect()
        };
        self.layers.iter().enumerate().map(&mut own).collect()
    }

    /// How many numbers are to be learned.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}};
    /// assert_eq!(Net::new(vec![Layer::linear(3, 2, &mut rng(42))]).parameter_count(), 8);
    /// ```
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(Tensor::len).sum()
    }

    /// Shows the layers and how many numbers each has to learn as the output of a cell; the kernel calls it. What a layer gives
    /// and costs depends on the input: see [`summary`](crate::system::summary).
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}};
    /// let net = Net::new(vec![Layer::linear(2, 3, &mut rng(42)), Layer::relu()]);
    /// net.evcxr_display();
    /// assert_eq!(format!("{net:?}"), "Net(Linear(2 → 3), Relu)");
    /// ```
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }

    fn table(&self) -> Table {
        let count = |own: &Vec<(usize, &str, Tensor)>| own.iter().map(|(.., tensor)| tensor.len()).sum::<usize>();
        let counts = self.own_parameters().iter().map(count).collect::<Vec<_>>();
        let row = |(i, layer): (usize, &Layer)| vec![i.to_string(), format!("{layer:?}"), counts[i].to_string()];
        let mut rows: Vec<Vec<String>> = self.layers.iter().enumerate().map(row).collect();
        rows.push(vec![String::new(), "in all".into(), self.parameter_count().to_string()]);
        table(&["", "layer", "parameters"], &rows)
    }

    /// From now on: batch statistics in batch normalization, zeros from dropout.
    ///
    /// ```
    /// # use dl_interview::nn::Net;
    /// let net = Net::new(vec![]);
    /// net.eval();
    /// net.train();
    /// assert!(net.is_training());
    /// ```
    pub fn train(&self) {
        self.training.set(true);
    }

    /// From now on: running statistics in batch normalization (which still normalizes), nothing from dropout.
    ///
    /// It has nothing to do with gradients; see [`no_grad`].
    ///
    /// ```
    /// # use dl_interview::nn::Net;
    /// let net = Net::new(vec![]);
    /// net.eval();
    /// assert!(!net.is_training());
    /// ```
    pub fn eval(&self) {
        self.training.set(false);
    }

    /// Whether the net is in training mode.
    ///
    /// ```
    /// # use dl_interview::nn::Net;
    /// assert!(Net::new(vec![]).is_training());
    /// ```
    pub fn is_training(&self) -> bool {
        self.training.get()
    }

    /// The outputs for n × d inputs as in evaluation mode, whatever the mode is, without a graph, and a few hundred
    /// examples at a time: n × k.
    ///
    /// # Panics
    ///
    /// When the inputs do not fit, or the output for an example is more than a row.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}};
    /// let net = Net::new(vec![Layer::linear(3, 2, &mut rng(42)), Layer::dropout(0.5, &mut rng(43))]);
    /// let inputs = ndarray::Array2::ones((1000, 3));
    /// assert_eq!(net.predict(&inputs), net.predict(&inputs));
    /// assert!(net.is_training());
    /// ```
    #[track_caller]
    pub fn predict(&self, inputs: &Array2<Real>) -> Array2<Real> {
        const EXAMPLES_AT_A_TIME: usize = 256; // the activations of a small net stay in the cache
        let (n, mut outputs, mut from) = (inputs.nrows(), Vec::new(), 0);
        while from < n || outputs.is_empty() {
            let to = n.min(from + EXAMPLES_AT_A_TIME);
            let part = Tensor::new(inputs.slice_axis(Axis(0), Slice::from(from..to)).to_owned());
            let output = no_grad(|| run(&self.layers, &part, false)).value();
            let shape = output.shape().to_vec();
            let Ok(output) = output.into_dimensionality::<Ix2>() else {
                panic!("predict: the net gives shape {shape:?}, not n × k; let Layer::flatten() be its last layer");
            };
            outputs.push(output);
            from = to;
        }
        let views: Vec<_> = outputs.iter().map(|output| output.view()).collect();
        concatenate(Axis(0), &views).expect("the same net gives rows of the same length")
    }

    /// The class of each input: where its output is largest, the first one if several are.
    ///
    /// # Panics
    ///
    /// As [`predict`](Net::predict), when the net gives NaN, and when it has fewer than two outputs; for one logit per example
    /// see [`evaluate`](crate::train::evaluate).
    ///
    /// ```
    /// # use dl_interview::nn::Net;
    /// assert_eq!(Net::new(vec![]).classify(&ndarray::array![[0.1, 0.9], [0.7, 0.3]]), [1, 0]);
    /// ```
    #[track_caller]
    pub fn classify(&self, inputs: &Array2<Real>) -> Vec<usize> {
        let classes = super::classes(self.predict(inputs).view().into_dyn()).into_iter().enumerate();
        classes.map(|(row, class)| class.unwrap_or_else(|| panic!("classify: {}", no_class(row)))).collect()
    }

    /// The share of inputs whose [class](Net::classify) is its label, from 0 to 1. An input for which a diverged net gives NaN
    /// is wrong, whatever its label.
    ///
    /// # Panics
    ///
    /// When the net has fewer than two outputs, there is no input, or there are not as many labels as inputs.
    ///
    /// ```
    /// # use dl_interview::nn::Net;
    /// use ndarray::array;
    /// assert_eq!(Net::new(vec![]).accuracy(&array![[0.1, 0.9], [0.7, 0.3]], &array![1, 1]), 0.5);
    /// let nan = dl_interview::tensor::Real::NAN;
    /// assert_eq!(Net::new(vec![]).accuracy(&array![[nan, nan], [0.7, 0.3]], &array![0, 0]), 0.5);
    /// ```
    #[track_caller]
    pub fn accuracy(&self, inputs: &Array2<Real>, labels: &Array1<usize>) -> Real {
        super::metrics::share_of_right(&Tensor::new(self.predict(inputs)), labels)
    }

    /// Draws all weight matrices and kernels anew and sets the biases to 0; normalizations and learned slopes stay.
    ///
    /// # Panics
    ///
    /// As [`Init::sample`].
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Init, Layer, Net}};
    /// let net = Net::new(vec![Layer::linear(3, 2, &mut rng(42))]);
    /// net.initialize(Init::Constant(1.0), &mut rng(43));
    /// assert_eq!(net.predict(&ndarray::array![[1.0, 2.0, 3.0]]), ndarray::array![[6.0, 6.0]]);
    /// ```
    #[track_caller]
    pub fn initialize(&self, init: Init, rng: &mut impl rand::Rng) {
        for layer in &self.layers {
            for (name, tensor) in layer.parameters() {
                match (name, layer) {
                    ("weight", Layer::ConvTranspose2d { .. }) => {
                        tensor.set_value(init.sample_transposed(&tensor.shape(), rng));
                    }
                    ("weight", _) => tensor.set_value(init.sample(&tensor.shape(), rng)),
                    ("bias", _) => tensor.set_value(ArrayD::zeros(tensor.shape())),
                    _ => {}
                }
            }
        }
    }

    /// All that the net has learned, by name: the parameters, and the running statistics of batch normalization.
    ///
    /// ```
    /// # use dl_interview::nn::{Layer, Net};
    /// let names: Vec<String> = Net::new(vec![Layer::batch_norm(8)]).state().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["0.gamma", "0.beta", "0.running_mean", "0.running_variance"]);
    /// ```
    pub fn state(&self) -> Vec<(String, ArrayD<Real>)> {
        let mut state = Vec::new();
        for (i, (layer, own)) in self.layers.iter().zip(self.own_parameters()).enumerate() {
            state.extend(own.into_iter().map(|(_, name, tensor)| (format!("{i}.{name}"), tensor.value())));
            if let Layer::BatchNorm { running_mean, running_variance, .. } = layer {
                state.push((format!("{i}.running_mean"), running_mean.borrow().clone().into_dyn()));
                state.push((format!("{i}.running_variance"), running_variance.borrow().clone().into_dyn()));
            }
        }
        state
    }

    /// Takes over what [`state`](Net::state) gave, of a net of the same layers. Nothing is changed if it does not fit.
    ///
    /// # Panics
    ///
    /// When names or shapes differ from this net's.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}};
    /// let new = |seed| Net::new(vec![Layer::linear(3, 2, &mut rng(seed))]);
    /// let (trained, fresh) = (new(1), new(2));
    /// fresh.load_state(&trained.state());
    /// assert_eq!(fresh.state(), trained.state());
    /// ```
    #[track_caller]
    pub fn load_state(&self, state: &[(String, ArrayD<Real>)]) {
        let describe = |state: &[(String, ArrayD<Real>)]| -> Vec<String> {
            state.iter().map(|(name, value)| format!("{name} {:?}", value.shape())).collect()
        };
        let (own, given) = (describe(&self.state()), describe(state));
        if let Some(i) = (0..own.len().max(given.len())).find(|&i| own.get(i) != given.get(i)) {
            let shown = |entries: &[String]| entries.get(i).map_or("no more".to_string(), String::clone);
            panic!(
                "load_state: entry {i} of this net is {}, of the state {}; give the state of a net of the same layers",
                shown(&own),
                shown(&given)
            );
        }
        let mut values = state.iter().map(|(_, value)| value.clone());
        let mut next = || values.next().expect("as many as the net has");
        for (layer, own) in self.layers.iter().zip(self.own_parameters()) {
            own.into_iter().for_each(|(.., tensor)| tensor.set_value(next()));
            if let Layer::BatchNorm { running_mean, running_variance, .. } = layer {
                for statistic in [running_mean, running_variance] {
                    statistic.replace(next().into_dimensionality().expect("the shapes were compared"));
                }
            }
        }
    }
}

/// The output of the last of these layers. The others are let go of, unless the graph needs them.
#[track_caller]
pub(crate) fn run(layers: &[Layer], x: &Tensor, training: bool) -> Tensor {
    let mut x = x.clone();
    for layer in layers {
        x = layer.forward(&x, training);
    }
    x
}
