//! Which rule an optimizer follows, and with which settings.

use std::fmt;

use super::step::Slot;
use crate::tensor::Real;

/// A rule that turns gradients into new weights, and what it remembers from step to step.
///
/// Write it down like a number, hand it around, clone it: a clone has the same settings and no memory. It becomes a
/// runner by itself, at its first [`step`](Optimizer::step).
///
/// With g the gradient, η the learning rate, and every operation element by element:
///
/// | made by | rule | state |
/// |---|---|---|
/// | [`sgd`](Optimizer::sgd) | w ← w − η g | none |
/// | [`sgd`](Optimizer::sgd) + [`momentum`](Optimizer::momentum) | v ← μ v + g, w ← w − η v | v |
/// | … + [`nesterov`](Optimizer::nesterov) | v ← μ v + g, w ← w − η (g + μ v) | v |
/// | [`ada_grad`](Optimizer::ada_grad) | s ← s + g², w ← w − η g / (√s + ε) | s |
/// | [`rms_prop`](Optimizer::rms_prop) | s ← ρ s + (1−ρ) g², w ← w − η g / (√s + ε) | s |
/// | [`adam`](Optimizer::adam) | m ← β₁ m + (1−β₁) g, v ← β₂ v + (1−β₂) g², w ← w − η m̂ / (√v̂ + ε) | m, v |
/// | [`adam_w`](Optimizer::adam_w) | w ← (1 − η λ) w, then as Adam | m, v |
///
/// m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) undo that the averages start from 0. Where g is squared, it counts as at most what
/// can be squared, about 10¹⁹ in `f32`: otherwise one such gradient would make s infinite for ever.
///
/// ```
/// use dl_interview::optim::Optimizer;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let w = [Tensor::parameter(array![1.0, -2.0])];
/// let mut optimizer = Optimizer::sgd(0.1);
/// (&w[0] * &w[0]).sum().backward(); // g = 2 w
/// optimizer.step(&w);
/// optimizer.zero_grad(&w);
/// assert!((&w[0].value() - &array![0.8, -1.6].into_dyn()).iter().all(|error| error.abs() < 1e-6));
/// ```
pub struct Optimizer {
    pub(super) settings: Settings,
    pub(super) steps: usize,
    pub(super) slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    Sgd,
    AdaGrad,
    RmsProp,
    Adam,
    AdamW,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub rule: Rule,
    pub lr: Real,
    /// μ, or Adam's β₁.
    pub momentum: Real,
    pub convention: Momentum,
    pub nesterov: bool,
    /// ρ, or Adam's β₂: how much of the mean square stays.
    pub memory: Real,
    pub epsilon: Real,
    pub epsilon_inside: bool,
    pub bias_correction: bool,
    pub weight_decay: Real,
    pub max_norm: Real,
    pub max_value: Real,
}

/// Which of the three momentum equations in use [`Optimizer::sgd`] follows.
///
/// At a constant learning rate the first two take the same path, and the third does with η / (1−μ) in place of η. They
/// part when the learning rate changes on the way: in [`Scaled`](Momentum::Scaled) the old rate lives on in v.
///
/// ```
/// use dl_interview::optim::{Momentum, Optimizer};
///
/// let textbook = Optimizer::sgd(0.1).momentum(0.9).convention(Momentum::Scaled);
/// assert_eq!(textbook.to_string(), "SGD, η = 0.1, μ = 0.9 (v ← μ v + η g)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Momentum {
    /// v ← μ v + g, w ← w − η v: PyTorch's form.
    #[default]
    Sum,
    /// v ← μ v + η g, w ← w − v: the form of Polyak 1964 and of most textbooks.
    Scaled,
    /// v ← μ v + (1−μ) g, w ← w − η v: an exponential moving average, as Adam's m.
    Average,
}

impl Optimizer {
    fn new(rule: Rule, lr: Real, momentum: Real, memory: Real, epsilon: Real) -> Optimizer {
        let settings = Settings {
            rule,
            lr,
            momentum,
            convention: Momentum::Sum,
            nesterov: false,
            memory,
            epsilon,
            epsilon_inside: false,
            bias_correction: true,
            weight_decay: 0.0,
            max_norm: Real::INFINITY,
            max_value: Real::INFINITY,
        };
        Optimizer { settings, steps: 0, slots: Vec::new() }
    }

    /// Gradient descent, w ← w − η g: stochastic as soon as g comes from a mini-batch.
    ///
    /// Source: Robbins & Monro 1951, "A Stochastic Approximation Method", Annals of Mathematical Statistics 22(3).
    ///
    /// # Panics
    ///
    /// When `lr` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::sgd(0.1).lr(), 0.1);
    /// ```
    #[track_caller]
    pub fn sgd(lr: Real) -> Optimizer {
        Optimizer::new(Rule::Sgd, checked_rate("sgd", lr), 0.0, 0.0, 0.0)
    }

    /// AdaGrad, s ← s + g², w ← w − η g / (√s + ε), with ε = 1e-10: rates that only ever fall.
    ///
    /// Source: Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic
    /// Optimization", JMLR 12.
    ///
    /// # Panics
    ///
    /// When `lr` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::ada_grad(0.5).to_string(), "AdaGrad, η = 0.5");
    /// ```
    #[track_caller]
    pub fn ada_grad(lr: Real) -> Optimizer {
        Optimizer::new(Rule::AdaGrad, checked_rate("ada_grad", lr), 0.0, 0.0, 1e-10)
    }

    /// RMSprop, s ← ρ s + (1−ρ) g², w ← w − η g / (√s + ε), with the lecture's ρ = 0.9, and ε = 1e-8.
    ///
    /// PyTorch's default is ρ = 0.99: see [`rho`](Optimizer::rho). The first step is η / √(1−ρ) long, 3.162 η.
    ///
    /// Source: Tieleman & Hinton 2012, "Lecture 6.5 – RMSProp", Coursera: Neural Networks for Machine Learning.
    ///
    /// # Panics
    ///
    /// When `lr` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::rms_prop(0.01).to_string(), "RMSprop, η = 0.01, ρ = 0.9");
    /// ```
    #[track_caller]
    pub fn rms_prop(lr: Real) -> Optimizer {
        Optimizer::new(Rule::RmsProp, checked_rate("rms_prop", lr), 0.0, 0.9, 1e-8)
    }

    /// Adam, momentum over RMSprop with both averages corrected for their start at 0; β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    ///
    /// The first step is η long in every coordinate where |g| ≫ ε, whatever the scale of the gradient (0 where g = 0).
    ///
    /// Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", ICLR.
    ///
    /// # Panics
    ///
    /// When `lr` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::adam(0.001).to_string(), "Adam, η = 0.001");
    /// ```
    #[track_caller]
    pub fn adam(lr: Real) -> Optimizer {
        Optimizer::new(Rule::Adam, checked_rate("adam", lr), 0.9, 0.999, 1e-8)
    }

    /// AdamW: w ← (1 − η λ) w, then as [`adam`](Optimizer::adam). The decay does not pass through the averages.
    ///
    /// This is PyTorch's form: λ is multiplied by η. In the paper it is multiplied by the factor of the schedule alone, so
    /// that λ and η can be chosen apart.
    ///
    /// Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", ICLR.
    ///
    /// # Panics
    ///
    /// When `lr` or `decay` (λ) is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::adam_w(0.001, 0.01).to_string(), "AdamW, η = 0.001, λ = 0.01");
    /// ```
    #[track_caller]
    pub fn adam_w(lr: Real, decay: Real) -> Optimizer {
        Optimizer::new(Rule::AdamW, checked_rate("adam_w", lr), 0.9, 0.999, 1e-8).weight_decay(decay)
    }

    /// The learning rate η.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::adam(0.001).lr(), 0.001);
    /// ```
    pub fn lr(&self) -> Real {
        self.settings.lr
    }

    /// Changes the learning rate; what the optimizer remembers stays.
    ///
    /// # Panics
    ///
    /// When `lr` is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// let mut optimizer = Optimizer::sgd(0.1);
    /// optimizer.set_lr(0.01);
    /// assert_eq!(optimizer.lr(), 0.01);
    /// ```
    #[track_caller]
    pub fn set_lr(&mut self, lr: Real) {
        self.settings.lr = checked_rate("set_lr", lr);
    }
}

#[track_caller]
fn checked_rate(name: &str, lr: Real) -> Real {
    assert!(
        lr >= 0.0 && lr.is_finite(),
        "{name}: a learning rate of {lr} leads nowhere; give a finite one of at least 0"
    );
    lr
}

impl Clone for Optimizer {
    /// The same settings, the learning rate of now included; but no memory, as before the first step.
    fn clone(&self) -> Optimizer {
        Optimizer { settings: self.settings.clone(), steps: 0, slots: Vec::new() }
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = &self.settings;
        let name = match set.rule {
            Rule::Sgd => "SGD",
            Rule::AdaGrad => "AdaGrad",
            Rule::RmsProp => "RMSprop",
            Rule::Adam => "Adam",
            Rule::AdamW => "AdamW",
        };
        write!(f, "{name}, η = {}", set.lr)?;
        match set.rule {
            Rule::Sgd if set.momentum > 0.0 => {
                write!(f, "{}, μ = {}", if set.nesterov { ", Nesterov" } else { "" }, set.momentum)?;
                f.write_str(match set.convention {
                    Momentum::Sum => "",
                    Momentum::Scaled => " (v ← μ v + η g)",
                    Momentum::Average => " (v ← μ v + (1−μ) g)",
                })?;
            }
            Rule::RmsProp => write!(f, ", ρ = {}", set.memory)?,
            Rule::Adam | Rule::AdamW => {
                if (set.momentum, set.memory) != (0.9, 0.999) {
                    write!(f, ", β = {}, {}", set.momentum, set.memory)?;
                }
                if !set.bias_correction {
                    write!(f, ", no bias correction")?;
                }
            }
            _ => {}
        }
        if set.weight_decay > 0.0 {
            write!(f, ", λ = {}", set.weight_decay)?;
        }
        if set.max_norm.is_finite() {
            write!(f, ", ‖g‖ ≤ {}", set.max_norm)?;
        }
        if set.max_value.is_finite() {
            write!(f, ", |gᵢ| ≤ {}", set.max_value)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Optimizer {
    /// As `Display`, and how far it has come: a notebook shows a value with `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Optimizer({self}; {} steps taken, {} bytes of state)", self.steps, self.state_bytes())
    }
}
