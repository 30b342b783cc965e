//! The recorded graph, laid out to be looked at.

use std::collections::{HashMap, HashSet};

use ndarray::ArrayD;

use super::{Real, Tensor};

/// One value in a [`Graph`].
///
/// ```
/// use dl_interview::tensor::{Graph, Tensor};
///
/// let node = &Graph::of(&Tensor::scalar(2.0).named("x")).nodes[0];
/// assert_eq!((node.label.as_str(), node.value[[]]), ("x", 2.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GraphNode {
    /// Its name, or else the operation that made it.
    pub label: String,
    /// The operation that made it, or `"parameter"` or `"constant"`.
    pub op: &'static str,
    /// Its numbers.
    pub value: ArrayD<Real>,
    /// The gradient found in it, if any: call `backward` after [`Graph::keep_grads`].
    pub grad: Option<ArrayD<Real>>,
    /// Its layer in a drawing: 0 for a leaf, otherwise 1 more than its highest input.
    pub layer: usize,
    /// Which nodes it was computed from, as indices, in the order of the arguments.
    pub inputs: Vec<usize>,
}

/// What a result was computed from, and how: nodes in an order in which each comes after its inputs.
///
/// A drawing needs nothing else; [`to_dot`](Graph::to_dot) writes it for Graphviz.
///
/// ```
/// use dl_interview::tensor::{Graph, Tensor};
/// use ndarray::array;
///
/// let w = Tensor::parameter(array![3.0]).named("w");
/// let loss = (&w * &w).sum().named("loss");
/// Graph::keep_grads(&loss);
/// loss.backward();
/// let graph = Graph::of(&loss);
/// assert_eq!(graph.nodes.iter().map(|node| node.label.as_str()).collect::<Vec<_>>(), ["w", "mul", "loss"]);
/// assert_eq!(graph.nodes[1].inputs, [0, 0]);
/// assert_eq!(graph.nodes[0].grad, Some(array![6.0].into_dyn()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The values, leaves first.
    pub nodes: Vec<GraphNode>,
}

impl Graph {
    /// The graph below `result`, with the values and gradients as they are now.
    ///
    /// ```
    /// use dl_interview::tensor::{Graph, Tensor};
    /// use ndarray::array;
    ///
    /// let w = Tensor::parameter(array![1.0, 2.0]);
    /// assert_eq!(Graph::of(&w.exp().sum()).nodes.len(), 3);
    /// ```
    pub fn of(result: &Tensor) -> Graph {
        let tensors = everything_below(result);
        let index: HashMap<_, _> = tensors.iter().enumerate().map(|(i, tensor)| (tensor.address(), i)).collect();
        let node = |tensor: &Tensor| GraphNode {
            label: tensor.name().unwrap_or_else(|| tensor.op().to_string()),
            op: tensor.op(),
            value: tensor.value(),
            grad: tensor.grad(),
            layer: tensor.height(),
            inputs: tensor.input_slice().iter().map(|input| index[&input.address()]).collect(),
        };
        Graph { nodes: tensors.iter().map(node).collect() }
    }

    /// Asks every value below `result` to keep its gradient in the next `backward`, so that a drawing can show it.
    ///
    /// ```
    /// use dl_interview::tensor::{Graph, Tensor};
    /// use ndarray::array;
    ///
    /// let square = Tensor::parameter(array![3.0]).powf(2.0);
    /// let loss = square.sum();
    /// Graph::keep_grads(&loss);
    /// loss.backward();
    /// assert_eq!(square.grad().unwrap()[[0]], 1.0);
    /// ```
    pub fn keep_grads(result: &Tensor) {
        everything_below(result).iter().for_each(|tensor| {
            tensor.keep_grad();
        });
    }

    /// The graph in the language of Graphviz, from left to right.
    ///
    /// ```
    /// use dl_interview::tensor::{Graph, Tensor};
    /// use ndarray::array;
    ///
    /// let dot = Graph::of(&Tensor::parameter(array![1.0]).named("w").exp()).to_dot();
    /// assert!(dot.contains("n0 -> n1"));
    /// ```
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph {\n  rankdir=LR;\n  node [shape=box];\n");
        for (i, node) in self.nodes.iter().enumerate() {
            let shape: Vec<String> = node.value.shape().iter().map(usize::to_string).collect();
            let label = format!("{} {}", node.label, shape.join("×")).trim().replace('\\', "/").replace('"', "'");
            dot += &format!("  n{i} [label=\"{label}\"];\n");
            for input in &node.inputs {
                dot += &format!("  n{input} -> n{i};\n");
            }
        }
        dot + "}\n"
    }
}

/// `result` and all it was computed from, each after its inputs.
fn everything_below(result: &Tensor) -> Vec<Tensor> {
    let mut seen = HashSet::from([result.address()]);
    let mut found = vec![result.clone()];
    let mut next = 0;
    while next < found.len() {
        for input in found[next].inputs().into_iter().rev() {
            if seen.insert(input.address()) {
                found.push(input);
            }
        }
        next += 1;
    }
    found.reverse();
    found.sort_by_key(Tensor::height); // stable: leaves stay in the order of their use
    found
}
