//! What each layer of a net costs: numbers out, parameters, arithmetic, memory.

use std::collections::HashSet;
use std::fmt;

use ndarray::ArrayD;

use super::memory::{MemoryPlan, Precision};
use crate::nn::{Activation, Layer, Net};
use crate::notebook::{Table, table};
use crate::optim::Optimizer;
use crate::tensor::{Tensor, no_grad};

/// What one layer costs, per example. A *multiply–add* a · b + c counts as two FLOPs.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::system::summary;
///
/// let net = Net::new(vec![Layer::conv2d(1, 8, 3, &mut rng(42)).padding(1)]);
/// let layer = &summary(&net, &[1, 28, 28]).layers[0];
/// assert_eq!((layer.output.clone(), layer.parameters), (vec![8, 28, 28], 80));
/// assert_eq!(layer.multiply_adds, 8 * 28 * 28 * 9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSummary {
    /// The kind and the settings.
    pub name: String,
    /// The shape of the output.
    pub output: Vec<usize>,
    /// Numbers to be learned, without those that a layer before it has too.
    pub parameters: usize,
    /// Multiply–adds on the way forth, of linear layers and convolutions; what acts on each number by itself is a few
    /// per cent of that and not counted.
    pub multiply_adds: usize,
    /// Multiply–adds forth and back: three times those forth, but only twice in the first layer with weights, whose
    /// input needs no gradient.
    pub training_multiply_adds: usize,
    /// Numbers that stay in memory until the graph is dropped. The output, for most layers: each operation keeps its
    /// inputs, which are the outputs of others. Flatten and reshape share theirs. PReLU is made of six operations.
    pub kept: usize,
    /// Numbers kept until the sweep has passed the layer: the mask of dropout, the statistics of a layer normalization.
    pub kept_aside: usize,
    /// Places of the largest in max pooling, 4 bytes each, kept as long.
    pub places: usize,
    /// Numbers needed on the way back while the layer is at work: gradients of its output and its input.
    flow: usize,
    /// Numbers in one unfolded image (im2col), of which each thread has one.
    unfolded: usize,
    /// Numbers copied by ∂L/∂W = Gᵀ X of a linear layer, because Gᵀ lies in memory the other way round.
    copied: usize,
}

/// What every layer of a net costs, per example, made by [`summary`]. A cell shows it as a table.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::optim::Optimizer;
/// use dl_interview::system::{Precision, summary};
///
/// let mut rng = rng(42);
/// let net = Net::new(vec![Layer::linear(784, 128, &mut rng), Layer::relu(), Layer::linear(128, 10, &mut rng)]);
/// let summary = summary(&net, &[784]);
/// assert_eq!(summary.parameters(), 101_770);
/// assert_eq!(summary.forward_flops(), 2 * (784 * 128 + 128 * 10));
/// let plan = summary.memory(64, &Optimizer::adam(0.001), Precision::Single);
/// assert_eq!(plan.activations, 64 * (128 + 128 + 10) * 4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The shape of an example.
    pub input: Vec<usize>,
    /// From the input to the output.
    pub layers: Vec<LayerSummary>,
}

/// Counts what every layer of `net` costs for an example of shape `input`, without its first axis: `[784]`, `[1, 28, 28]`.
///
/// # Panics
///
/// When the shape does not fit the net.
///
/// ```
/// use dl_interview::{data::rng, nn::{Layer, Net}, system::summary};
///
/// let net = Net::new(vec![Layer::max_pool(2), Layer::flatten(), Layer::linear(196, 10, &mut rng(42))]);
/// let text = summary(&net, &[1, 28, 28]).table().text();
/// assert!(text.contains("Linear(196 → 10)"));
/// ```
#[track_caller]
pub fn summary(net: &Net, input: &[usize]) -> Summary {
    let learns = |layer: &Layer| !layer.parameters().is_empty();
    let first = net.layers.iter().position(learns).unwrap_or(net.layers.len());
    let mut shape = input.to_vec();
    let mut layers: Vec<LayerSummary> = Vec::new();
    let mut counted = HashSet::new();
    for (i, layer) in net.layers.iter().enumerate() {
        let mut cost = cost(layer, &shape);
        let parameters = layer.parameters().into_iter().map(|(_, tensor)| tensor);
        cost.parameters = parameters.filter(|tensor| counted.insert(tensor.address())).map(|tensor| tensor.len()).sum();
        // What comes before the first weight records no graph; only the last of it is kept, as somebody's input.
        if i < first {
            (cost.kept_aside, cost.places, cost.flow) = (0, 0, 0);
            if cost.kept > 0 {
                cost.kept = size(&cost.output);
                layers.iter_mut().for_each(|layer| layer.kept = 0);
            }
        }
        if i == first {
            cost.flow -= if passes_in_place(layer) { 0 } else { size(&shape) };
            cost.training_multiply_adds -= cost.multiply_adds;
        }
        shape = cost.output.clone();
        layers.push(cost);
    }
    Summary { input: input.to_vec(), layers }
}

fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Whether the gradient of the output becomes that of the input without a second array.
fn passes_in_place(layer: &Layer) -> bool {
    use Layer::*;
    !matches!(layer, Linear { .. } | Conv2d { .. } | ConvTranspose2d { .. } | MaxPool { .. } | AvgPool { .. })
}

/// Examples that a product over the batch copies at a time, so as to read them in the order of memory.
const COPIED_TOGETHER: usize = 512;

#[track_caller]
fn cost(layer: &Layer, input: &[usize]) -> LayerSummary {
    let one: Vec<usize> = [1].iter().chain(input).copied().collect();
    // Not in training: one example alone has no variance, and the net is not to be changed by being looked at.
    let output = no_grad(|| layer.forward(&Tensor::new(ArrayD::zeros(one)), false)).shape()[1..].to_vec();
    let (numbers_in, numbers_out) = (size(input), size(&output));
    let weights = layer.weight().map_or(0, |weight| weight.len());
    // Each weight of a convolution meets every window: as many as there are pixels on the side of the windows.
    let (multiply_adds, unfolded) = match layer {
        Layer::Linear { .. } => (weights, 0),
        Layer::Conv2d { weight, .. } => {
            let windows = numbers_out / output[0];
            (weights * windows, weights / weight.shape()[0] * windows)
        }
        Layer::ConvTranspose2d { weight, .. } => {
            let windows = numbers_in / input[0];
            (weights * windows, weights / weight.shape()[0] * windows)
        }
        _ => (0, 0),
    };
    let (kept, kept_aside, places) = match layer {
        Layer::Flatten | Layer::Reshape { .. } | Layer::Activation(Activation::Identity) => (0, 0, 0),
        Layer::Activation(Activation::Prelu(_)) => (6 * numbers_out, 0, 0),
        Layer::Dropout { .. } => (numbers_out, numbers_out, 0),
        Layer::LayerNorm { gamma, .. } => (numbers_out, 2 * numbers_out / gamma.len(), 0),
        Layer::MaxPool { .. } => (numbers_out, 0, numbers_out),
        _ => (numbers_out, 0, 0),
    };
    LayerSummary {
        name: format!("{layer:?}"),
        parameters: 0, // counted over all layers
        multiply_adds,
        training_multiply_adds: 3 * multiply_adds,
        kept,
        kept_aside,
        places,
        flow: numbers_out + if passes_in_place(layer) { 0 } else { numbers_in },
        unfolded,
        copied: if let Layer::Linear { .. } = layer { numbers_out } else { 0 },
        output,
    }
}

impl LayerSummary {
    /// The bytes of activations that the layer keeps for the way back, for a batch of so many examples.
    ///
    /// ```
    /// use dl_interview::{data::rng, nn::{Layer, Net}, system::{Precision, summary}};
    ///
    /// let mut rng = rng(42);
    /// let net = Net::new(vec![Layer::linear(3, 100, &mut rng), Layer::dropout(0.5, &mut rng)]);
    /// let dropout = &summary(&net, &[3]).layers[1];
    /// assert_eq!(dropout.activation_bytes(64, Precision::Single), 64 * (100 + 100) * 4); // output and mask
    /// ```
    pub fn activation_bytes(&self, batch: usize, precision: Precision) -> usize {
        batch * self.kept * precision.bytes_per_value() + self.aside_bytes(batch, precision)
    }

    fn aside_bytes(&self, batch: usize, precision: Precision) -> usize {
        batch * (self.kept_aside * precision.bytes_per_value() + self.places * 4)
    }

    /// What the layer takes on the way back beyond what it keeps and its own gradients.
    fn workspace_bytes(&self, batch: usize, precision: Precision) -> usize {
        let threads = rayon::current_num_threads().min(batch.div_ceil(8)); // a thread takes 8 images at a time
        let copies = batch.min(COPIED_TOGETHER) * self.copied;
        (batch * self.flow + threads * self.unfolded + copies) * precision.bytes_per_value()
    }
}

impl Summary {
    /// Numbers to be learned.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, system::summary};
    /// assert_eq!(summary(&Net::new(vec![Layer::linear(3, 2, &mut rng(42))]), &[3]).parameters(), 8);
    /// ```
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }

    /// The floating-point operations of one example on the way forth: 2 per multiply–add.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, system::summary};
    /// assert_eq!(summary(&Net::new(vec![Layer::linear(3, 2, &mut rng(42))]), &[3]).forward_flops(), 12);
    /// ```
    pub fn forward_flops(&self) -> usize {
        2 * self.layers.iter().map(|layer| layer.multiply_adds).sum::<usize>()
    }

    /// Forth and back: about three times the way forth, since each weight meets a gradient twice more.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, system::summary};
    /// let mut rng = rng(42);
    /// let net = Net::new(vec![Layer::linear(3, 100, &mut rng), Layer::linear(100, 100, &mut rng)]);
    /// assert_eq!(summary(&net, &[3]).training_flops(), 2 * (2 * 300 + 3 * 10_000));
    /// ```
    pub fn training_flops(&self) -> usize {
        2 * self.layers.iter().map(|layer| layer.training_multiply_adds).sum::<usize>()
    }

    /// The memory of a training step at its worst moment. Not counted: the loss function itself, and what each thread keeps
    /// from its first matrix product on, a buffer as large as its cache (L2).
    ///
    /// With another precision than [`Precision::native`], what it would be.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, optim::Optimizer, system::{Precision, summary}};
    /// let summary = summary(&Net::new(vec![Layer::linear(784, 10, &mut rng(42))]), &[784]);
    /// let plan = |batch| summary.memory(batch, &Optimizer::sgd(0.1), Precision::Single);
    /// assert_eq!(plan(200).activations, 2 * plan(100).activations); // grows with the batch
    /// assert_eq!(plan(200).parameters, plan(100).parameters); // does not
    /// ```
    pub fn memory(&self, batch: usize, optimizer: &Optimizer, precision: Precision) -> MemoryPlan {
        let fixed = MemoryPlan::of_parameters(self.parameters(), optimizer, precision);
        let plan = MemoryPlan {
            input: batch * size(&self.input) * precision.bytes_per_value(),
            activations: self.layers.iter().map(|layer| layer.activation_bytes(batch, precision)).sum(),
            ..fixed
        };
        let peak = self.peak(batch, optimizer, precision, 1);
        MemoryPlan { workspace: peak.saturating_sub(plan.total()), ..plan }
    }

    /// The bytes live at the worst moment of a training step that keeps activations at the borders of so many segments
    /// only, and computes the others again ([`checkpointed_backward`](super::checkpointed_backward)).
    ///
    /// # Panics
    ///
    /// When there are no segments, or more than layers.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, optim::Optimizer, system::{Precision, summary}};
    /// let mut rng = rng(42);
    /// let net = Net::new((0..16).map(|_| Layer::linear(64, 64, &mut rng)).collect());
    /// let summary = summary(&net, &[64]);
    /// let peak = |segments| summary.peak(1000, &Optimizer::sgd(0.1), Precision::Single, segments);
    /// assert!(peak(4) < peak(1) && peak(4) < peak(16)); // best near √16
    /// ```
    #[track_caller]
    pub fn peak(&self, batch: usize, optimizer: &Optimizer, precision: Precision, segments: usize) -> usize {
        let moments = self.timeline(batch, optimizer, precision, segments);
        moments.into_iter().map(|(_, bytes)| bytes).max().unwrap_or(0)
    }

    /// The bytes live at each moment of a training step: one entry per layer forth and back, in the order of events.
    ///
    /// Everything lives: parameters, optimizer state, the batch, what was kept so far, and on the way back the gradients
    /// of the parameters so far and what the layer at work needs. Outputs stay until the end of the sweep, since here the
    /// graph owns them (a framework that frees each as soon as it was used has its peak at the start of the way back).
    ///
    /// # Panics
    ///
    /// When there are no segments, or more than layers.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, optim::Optimizer, system::{Precision, summary}};
    /// let summary = summary(&Net::new(vec![Layer::linear(784, 10, &mut rng(42))]), &[784]);
    /// let moments = summary.timeline(64, &Optimizer::sgd(0.1), Precision::Single, 1);
    /// let names: Vec<&str> = moments.iter().map(|(name, _)| name.as_str()).collect();
    /// assert_eq!(names, ["start", "forward 0", "backward 0", "end"]);
    /// ```
    #[track_caller]
    pub fn timeline(
        &self,
        batch: usize,
        optimizer: &Optimizer,
        precision: Precision,
        segments: usize,
    ) -> Vec<(String, usize)> {
        let borders = super::checkpoint::borders(self.layers.len(), segments);
        let value = precision.bytes_per_value();
        let fixed = MemoryPlan::of_parameters(self.parameters(), optimizer, precision);
        let numbers_into = |i: usize| if i == 0 { size(&self.input) } else { size(&self.layers[i - 1].output) };
        let mut live = fixed.parameters + fixed.optimizer_state + batch * size(&self.input) * value;
        let mut moments = vec![("start".to_string(), live)];
        // Forth through all segments but the last, of which only the inputs stay.
        for segment in borders.windows(2).rev().skip(1).rev() {
            for i in segment[0]..segment[1] {
                let inside = if i == segment[0] { 0 } else { numbers_into(i) };
                moments.push((format!("forward {i}"), live + batch * (inside + numbers_into(i + 1)) * value));
            }
            live += batch * numbers_into(segment[1]) * value;
        }
        for (number, segment) in borders.windows(2).enumerate().rev() {
            let layers = &self.layers[segment[0]..segment[1]];
            let again = if number + 1 == borders.len() - 1 { "forward" } else { "again" };
            // The gradient of the segment's output waits while the segment is computed again.
            let waiting = if again == "again" { batch * numbers_into(segment[1]) * value } else { 0 };
            for (i, layer) in (segment[0]..segment[1]).zip(layers) {
                live += layer.activation_bytes(batch, precision);
                moments.push((format!("{again} {i}"), live + waiting));
            }
            for (i, layer) in (segment[0]..segment[1]).zip(layers).rev() {
                live += layer.parameters * value;
                moments.push((format!("backward {i}"), live + layer.workspace_bytes(batch, precision)));
                live -= layer.aside_bytes(batch, precision);
            }
            if number > 0 {
                live -= layers.iter().map(|layer| batch * layer.kept * value).sum::<usize>();
                live -= batch * numbers_into(segment[0]) * value;
            }
        }
        moments.push(("end".to_string(), live));
        moments
    }

    /// The memory of inference, in bytes: the weights, the batch, and the input and output of the widest layer.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, system::{Precision, summary}};
    /// let net = Net::new(vec![Layer::linear(784, 10, &mut rng(42))]);
    /// assert_eq!(summary(&net, &[784]).inference_bytes(64, Precision::Single), 4 * (7850 + 64 * (784 + 10)));
    /// ```
    pub fn inference_bytes(&self, batch: usize, precision: Precision) -> usize {
        let outputs: Vec<usize> = self.layers.iter().map(|layer| size(&layer.output)).collect();
        let first = outputs.first().copied().unwrap_or(0); // its input is the batch
        let widest = outputs.windows(2).map(|pair| pair[0] + pair[1]).max().unwrap_or(0).max(first);
        (self.parameters() + batch * (size(&self.input) + widest)) * precision.bytes_per_value()
    }

    /// The table that a cell shows.
    ///
    /// ```
    /// # use dl_interview::{data::rng, nn::{Layer, Net}, system::summary};
    /// let text = summary(&Net::new(vec![Layer::linear(784, 10, &mut rng(42))]), &[784]).table().text();
    /// assert!(text.starts_with("layer"));
    /// ```
    pub fn table(&self) -> Table {
        let row = |layer: &LayerSummary| {
            let output: Vec<String> = layer.output.iter().map(usize::to_string).collect();
            let kept = layer.activation_bytes(1, Precision::Single);
            let numbers = [layer.parameters, layer.multiply_adds, kept].map(|n| n.to_string());
            [layer.name.clone(), output.join(" × ")].into_iter().chain(numbers).collect()
        };
        let kept: usize = self.layers.iter().map(|layer| layer.activation_bytes(1, Precision::Single)).sum();
        let total = [self.parameters(), self.forward_flops() / 2, kept].map(|n| n.to_string());
        let mut rows: Vec<Vec<String>> = self.layers.iter().map(row).collect();
        rows.push(["total".to_string(), String::new()].into_iter().chain(total).collect());
        table(&["layer", "output", "parameters", "multiply–adds", "bytes kept (f32)"], &rows)
    }

    /// Shows the [table](Summary::table) as the output of a cell; the kernel calls it.
    ///
    /// ```
    /// # use dl_interview::{nn::Net, system::summary};
    /// summary(&Net::new(vec![]), &[784]).evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }
}

/// The table as text.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rng;

    fn cnn() -> Net {
        let rng = &mut rng(42);
        Net::new(vec![
            Layer::reshape(1, 28, 28),
            Layer::conv2d(1, 8, 5, rng).padding(2).stride(2),
            Layer::batch_norm(8),
            Layer::relu(),
            Layer::max_pool(2),
            Layer::conv_transpose2d(8, 4, 4, rng).stride(2).padding(1).without_bias(),
            Layer::flatten(),
            Layer::dropout(0.5, rng),
            Layer::linear(784, 10, rng),
        ])
    }

    #[test]
    fn shapes_parameters_and_multiply_adds_layer_by_layer() {
        let net = cnn();
        let summary = summary(&net, &[784]);
        let columns: Vec<_> =
            summary.layers.iter().map(|layer| (layer.output.clone(), layer.parameters, layer.multiply_adds)).collect();
        let expected = [
            (vec![1, 28, 28], 0, 0),
            (vec![8, 14, 14], 8 * 25 + 8, 14 * 14 * 8 * 25),
            (vec![8, 14, 14], 16, 0),
            (vec![8, 14, 14], 0, 0),
            (vec![8, 7, 7], 0, 0),
            (vec![4, 14, 14], 8 * 4 * 16, 7 * 7 * 8 * 4 * 16),
            (vec![784], 0, 0),
            (vec![784], 0, 0),
            (vec![10], 7850, 7840),
        ];
        assert_eq!(columns, expected);
        assert_eq!(summary.parameters(), net.parameter_count());
        // The first convolution needs no gradient of its input.
        let (first, others) = (14 * 14 * 8 * 25, 7 * 7 * 8 * 4 * 16 + 7840);
        assert_eq!(summary.forward_flops(), 2 * (first + others));
        assert_eq!(summary.training_flops(), 2 * (2 * first + 3 * others));
    }

    #[test]
    fn kept_bytes_layer_by_layer() {
        let bytes: Vec<usize> =
            summary(&cnn(), &[784]).layers.iter().map(|layer| layer.activation_bytes(1, Precision::Single)).collect();
        let (map, small) = (8 * 14 * 14 * 4, 8 * 7 * 7);
        assert_eq!(bytes, [0, map, map, map, small * 4 + small * 4, 784 * 4, 0, 2 * 784 * 4, 40]);
    }

    #[test]
    fn what_comes_before_the_first_weight_keeps_its_last_output_only() {
        let rng = &mut rng(42);
        let before = vec![Layer::relu(), Layer::dropout(0.5, rng), Layer::max_pool(2), Layer::flatten()];
        let net = Net::new(before.into_iter().chain([Layer::linear(4, 2, rng)]).collect());
        let kept: Vec<usize> =
            summary(&net, &[1, 4, 4]).layers.iter().map(|layer| layer.activation_bytes(1, Precision::Single)).collect();
        assert_eq!(kept, [0, 0, 16, 0, 8]);
    }

    #[test]
    fn looking_changes_nothing() {
        let net = cnn();
        let before = net.state();
        summary(&net, &[784]);
        assert!(net.state() == before && net.is_training());
    }

    #[test]
    fn half_precision_halves_activations_and_resolution_quadruples_them() {
        let net = || Net::new(vec![Layer::conv2d(3, 4, 3, &mut rng(42)).padding(1), Layer::relu()]);
        let activations =
            |side, precision| summary(&net(), &[3, side, side]).memory(10, &Optimizer::sgd(0.1), precision).activations;
        assert_eq!(activations(32, Precision::Single), 2 * activations(32, Precision::Mixed));
        assert_eq!(activations(64, Precision::Single), 4 * activations(32, Precision::Single));
    }

    #[test]
    fn sixteen_layers_take_less_than_seven_tenths_with_checkpoints() {
        let rng = &mut rng(42);
        let net = Net::new((0..16).map(|_| Layer::linear(64, 64, rng)).collect());
        let summary = summary(&net, &[64]);
        let peak = |segments| summary.peak(1000, &Optimizer::sgd(0.1), Precision::Single, segments) as f64;
        assert!(peak(4) <= 0.7 * peak(1), "{} {}", peak(4), peak(1));
    }

    #[test]
    fn an_empty_net_costs_the_batch() {
        let plan = summary(&Net::new(vec![]), &[784]).memory(10, &Optimizer::adam(0.1), Precision::Single);
        assert_eq!(plan.total(), 10 * 784 * 4);
    }

    #[test]
    #[should_panic(expected = "linear")]
    fn a_shape_that_does_not_fit() {
        summary(&Net::new(vec![Layer::linear(3, 2, &mut rng(42))]), &[4]);
    }
}
