//! How many bytes a training step takes, and what for.

use std::fmt;

use crate::notebook::{Table, table};
use crate::optim::Optimizer;
use crate::tensor::{Real, Tensor};

/// How many bytes a number takes in training.
///
/// Per parameter, with Adam (two numbers of state each):
///
/// | | weight | gradient | state | sum |
/// |---|---|---|---|---|
/// | `Double` | 8 | 8 | 16 | 32 |
/// | `Single` | 4 | 4 | 8 | 16 |
/// | `Mixed` | 2 | 2 | 4 (the weight in fp32) + 8 | 16 |
/// | `Half` | 2 | 2 | 4 | 8 |
///
/// Mixed precision saves nothing here, but half of the activations. Source: Rajbhandari, Rasley, Ruwase & He 2020, "ZeRO:
/// Memory Optimizations Toward Training Trillion Parameter Models", SC20, section 3.1.
///
/// ```
/// use dl_interview::system::Precision;
///
/// assert_eq!([Precision::Single, Precision::Mixed].map(|p| p.bytes_per_parameter(2)), [16, 16]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 64 bits for everything.
    Double,
    /// 32 bits for everything.
    Single,
    /// 16 bits for everything.
    Half,
    /// 16 bits for weights, gradients and activations; 32 bits for a second copy of the weights and the optimizer.
    Mixed,
}

impl Precision {
    /// That of [`Real`], in which this crate computes.
    ///
    /// ```
    /// use dl_interview::{system::Precision, tensor::Real};
    ///
    /// assert_eq!(Precision::native().bytes_per_value(), size_of::<Real>());
    /// ```
    pub fn native() -> Precision {
        if size_of::<Real>() == 8 { Precision::Double } else { Precision::Single }
    }

    /// The bytes of a weight, a gradient, or an activation.
    ///
    /// ```
    /// assert_eq!(dl_interview::system::Precision::Mixed.bytes_per_value(), 2);
    /// ```
    pub fn bytes_per_value(self) -> usize {
        match self {
            Precision::Double => 8,
            Precision::Single => 4,
            Precision::Half | Precision::Mixed => 2,
        }
    }

    /// The bytes that the optimizer keeps for a parameter of which it remembers so many numbers.
    ///
    /// ```
    /// assert_eq!(dl_interview::system::Precision::Mixed.bytes_of_state(2), 4 + 2 * 4);
    /// ```
    pub fn bytes_of_state(self, numbers: usize) -> usize {
        match self {
            Precision::Mixed => 4 + 4 * numbers,
            _ => self.bytes_per_value() * numbers,
        }
    }

    /// Weight, gradient and state together, for an optimizer that remembers so many numbers per parameter.
    ///
    /// ```
    /// use dl_interview::system::Precision;
    ///
    /// assert_eq!([0, 1, 2].map(|numbers| Precision::Single.bytes_per_parameter(numbers)), [8, 12, 16]);
    /// ```
    pub fn bytes_per_parameter(self, numbers: usize) -> usize {
        2 * self.bytes_per_value() + self.bytes_of_state(numbers)
    }
}

/// How many numbers per parameter the optimizer remembers: 0 for SGD, 1 with momentum, 2 for Adam.
pub(super) fn state_per_parameter(optimizer: &Optimizer) -> usize {
    // It knows best: let a fresh copy take one step with one weight.
    let weight = [Tensor::parameter(ndarray::arr1(&[0.0]))];
    weight[0].set_grad(ndarray::arr1(&[0.0]).into_dyn());
    let mut optimizer = optimizer.clone();
    optimizer.step(&weight);
    optimizer.state_bytes() / size_of::<Real>()
}

/// The bytes of a training step, by purpose: M = P · (weight + gradient + state) + B · (input + activations) + workspace.
///
/// What a real device needs beyond: its context (some hundred MB), buffers of its libraries, fragmentation. Leave 10–20 %.
///
/// ```
/// use dl_interview::optim::Optimizer;
/// use dl_interview::system::{MemoryPlan, Precision};
///
/// let plan = MemoryPlan::of_parameters(7_000_000_000, &Optimizer::adam(1e-4), Precision::Mixed);
/// assert_eq!(plan.total(), 112_000_000_000); // before the first activation
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The weights.
    pub parameters: usize,
    /// One gradient per weight.
    pub gradients: usize,
    /// What the optimizer remembers; with mixed precision also its copy of the weights.
    pub optimizer_state: usize,
    /// The batch itself.
    pub input: usize,
    /// What the layers keep for the way back.
    pub activations: usize,
    /// What the worst moment of the step takes beyond all that: gradients of activations under way, unfolded images,
    /// matrices copied for a product.
    pub workspace: usize,
}

impl MemoryPlan {
    /// The part that depends on the number of parameters only, for a model of which nothing else is known.
    ///
    /// ```
    /// use dl_interview::{optim::Optimizer, system::{MemoryPlan, Precision}};
    ///
    /// let bytes = |optimizer| MemoryPlan::of_parameters(101_770, &optimizer, Precision::Single).total();
    /// assert_eq!(bytes(Optimizer::adam(0.001)), 1_628_320);
    /// assert_eq!(bytes(Optimizer::adam(0.001)) - bytes(Optimizer::sgd(0.1)), 8 * 101_770);
    /// ```
    pub fn of_parameters(count: usize, optimizer: &Optimizer, precision: Precision) -> MemoryPlan {
        MemoryPlan {
            parameters: count * precision.bytes_per_value(),
            gradients: count * precision.bytes_per_value(),
            optimizer_state: count * precision.bytes_of_state(state_per_parameter(optimizer)),
            input: 0,
            activations: 0,
            workspace: 0,
        }
    }

    /// All of it, in bytes.
    ///
    /// ```
    /// use dl_interview::{optim::Optimizer, system::{MemoryPlan, Precision}};
    ///
    /// let plan = MemoryPlan::of_parameters(1000, &Optimizer::sgd(0.1).momentum(0.9), Precision::Single);
    /// assert_eq!(plan.total(), 12_000);
    /// ```
    pub fn total(&self) -> usize {
        self.rows().iter().map(|(_, bytes)| bytes).sum()
    }

    /// What takes how much, with the share of each.
    ///
    /// ```
    /// use dl_interview::{optim::Optimizer, system::{MemoryPlan, Precision}};
    ///
    /// let plan = MemoryPlan::of_parameters(1000, &Optimizer::sgd(0.1), Precision::Single);
    /// assert!(plan.table().text().contains("0.004 MB   50.0 %"));
    /// ```
    pub fn table(&self) -> Table {
        let total = self.total();
        let row = |(name, bytes): (&str, usize)| {
            let share = 100.0 * bytes as f64 / total.max(1) as f64;
            vec![name.to_string(), format!("{:.3} MB", bytes as f64 / 1e6), format!("{share:.1} %")]
        };
        table(
            &["memory", "size", "share"],
            &self.rows().into_iter().chain([("total", total)]).map(row).collect::<Vec<_>>(),
        )
    }

    /// Shows the [table](MemoryPlan::table) as the output of a cell; the kernel calls it.
    ///
    /// ```
    /// use dl_interview::{optim::Optimizer, system::{MemoryPlan, Precision}};
    ///
    /// MemoryPlan::of_parameters(1000, &Optimizer::sgd(0.1), Precision::Half).evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }

    fn rows(&self) -> [(&'static str, usize); 6] {
        [
            ("parameters", self.parameters),
            ("gradients", self.gradients),
            ("optimizer state", self.optimizer_state),
            ("input", self.input),
            ("activations", self.activations),
            ("workspace", self.workspace),
        ]
    }
}

/// The table as text.
impl fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_per_parameter_of_every_optimizer() {
        let rules = [
            (Optimizer::sgd(0.1), 0),
            (Optimizer::sgd(0.1).momentum(0.9), 1),
            (Optimizer::ada_grad(0.1), 1),
            (Optimizer::rms_prop(0.1), 1),
            (Optimizer::adam(0.1), 2),
            (Optimizer::adam_w(0.1, 0.1), 2),
        ];
        for (optimizer, numbers) in rules {
            let plan = |precision| MemoryPlan::of_parameters(1000, &optimizer, precision).total();
            assert_eq!(plan(Precision::Single), 1000 * (8 + 4 * numbers), "{optimizer}");
            assert_eq!(plan(Precision::Double), 1000 * (16 + 8 * numbers));
            assert_eq!(plan(Precision::Half), 1000 * (4 + 2 * numbers));
            assert_eq!(plan(Precision::Mixed), 1000 * (2 + 2 + 4 + 4 * numbers));
        }
    }

    #[test]
    fn the_optimizer_that_was_asked_has_not_moved() {
        let optimizer = Optimizer::adam(0.1);
        assert_eq!(state_per_parameter(&optimizer), 2);
        assert_eq!((optimizer.steps(), optimizer.state_bytes()), (0, 0));
    }
}
