//! What can be added to a rule: momentum, decay, clipping, other constants.

use super::Optimizer;
use super::optimizer::{Momentum, Rule};
use crate::tensor::Real;

impl Optimizer {
    /// Gives plain gradient descent inertia: v ← μ v + g, w ← w − η v.
    ///
    /// Under a constant gradient the steps grow to η g / (1−μ), ten times η g at μ = 0.9. On a quadratic with condition
    /// number κ the number of steps falls from O(κ) to O(√κ), with the best η and μ of each.
    ///
    /// Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods", USSR Computational
    /// Mathematics and Mathematical Physics 4(5).
    ///
    /// # Panics
    ///
    /// When this is not [`sgd`](Optimizer::sgd), or not 0 ≤ μ < 1.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::sgd(0.1).momentum(0.9).to_string(), "SGD, η = 0.1, μ = 0.9");
    /// ```
    #[track_caller]
    pub fn momentum(mut self, momentum: Real) -> Optimizer {
        self.only("momentum", &[Rule::Sgd], "Adam's is set with betas, and the others have none");
        self.settings.momentum = checked_fraction("momentum", "μ", momentum);
        self
    }

    /// Chooses between the momentum equations in use.
    ///
    /// # Panics
    ///
    /// When this is not [`sgd`](Optimizer::sgd).
    ///
    /// ```
    /// use dl_interview::optim::{Momentum, Optimizer};
    ///
    /// let average = Optimizer::sgd(0.1).momentum(0.9).convention(Momentum::Average);
    /// assert_eq!(average.to_string(), "SGD, η = 0.1, μ = 0.9 (v ← μ v + (1−μ) g)");
    /// ```
    #[track_caller]
    pub fn convention(mut self, convention: Momentum) -> Optimizer {
        self.only("convention", &[Rule::Sgd], "only sgd has momentum to be written in several ways");
        self.settings.convention = convention;
        self
    }

    /// Looks ahead: the step is η (g + μ v) with the new v, where momentum alone would take η v.
    ///
    /// This is Nesterov's gradient at the point where the momentum leads, written at the point itself, as in PyTorch.
    ///
    /// Sources: Nesterov 1983, "A method for solving the convex programming problem with convergence rate O(1/k²)",
    /// Doklady Akademii Nauk SSSR 269; Sutskever, Martens, Dahl & Hinton 2013, "On the importance of initialization and
    /// momentum in deep learning", ICML.
    ///
    /// # Panics
    ///
    /// When this is not [`sgd`](Optimizer::sgd) with momentum.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::sgd(0.1).momentum(0.9).nesterov().to_string(), "SGD, η = 0.1, Nesterov, μ = 0.9");
    /// ```
    #[track_caller]
    pub fn nesterov(mut self) -> Optimizer {
        assert!(
            self.settings.rule == Rule::Sgd && self.settings.momentum > 0.0,
            "nesterov: there is no momentum to look ahead with in \"{self}\"; write sgd(…).momentum(0.9).nesterov()"
        );
        self.settings.nesterov = true;
        self
    }

    /// Pulls the weights towards 0: the gradient becomes g + λ w, as a penalty ½ λ ‖w‖² on the loss would make it (L2).
    ///
    /// In [`adam_w`](Optimizer::adam_w) it sets the decoupled decay instead, w ← (1 − η λ) w. For plain gradient descent
    /// both are the same; for rules that rescale the gradient they are not. It acts on all parameters that the optimizer
    /// is given: also on biases, on γ and β of normalizations, on the slopes of PReLU.
    ///
    /// # Panics
    ///
    /// When λ is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::sgd(0.1).weight_decay(0.01).to_string(), "SGD, η = 0.1, λ = 0.01");
    /// ```
    #[track_caller]
    pub fn weight_decay(mut self, decay: Real) -> Optimizer {
        assert!(
            decay >= 0.0 && decay.is_finite(),
            "weight_decay: λ = {decay} would blow the weights up; give a finite one of at least 0"
        );
        self.settings.weight_decay = decay;
        self
    }

    /// Shortens the gradient of all parameters together, if its norm exceeds `max`: g ← g · max / ‖g‖.
    ///
    /// It comes before weight decay, and leaves what [`grad`](crate::tensor::Tensor::grad) shows alone.
    ///
    /// Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks", ICML.
    ///
    /// # Panics
    ///
    /// When `max` is not a positive number.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0, 0.0])];
    /// w[0].set_grad(array![30.0, 40.0].into_dyn()); // of norm 50
    /// Optimizer::sgd(1.0).clip_norm(5.0).step(&w);
    /// assert!((&w[0].value() + &array![3.0, 4.0].into_dyn()).iter().all(|error| error.abs() < 1e-5));
    /// ```
    #[track_caller]
    pub fn clip_norm(mut self, max: Real) -> Optimizer {
        assert!(max > 0.0, "clip_norm({max}): no gradient would be left; give a positive norm, such as 1.0");
        self.settings.max_norm = max;
        self
    }

    /// Cuts every component of the gradient to −max ≤ gᵢ ≤ max, before anything else is done to it.
    ///
    /// # Panics
    ///
    /// When `max` is not a positive number.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0, 0.0])];
    /// w[0].set_grad(array![30.0, -0.5].into_dyn());
    /// Optimizer::sgd(1.0).clip_value(1.0).step(&w);
    /// assert_eq!(w[0].value(), array![-1.0, 0.5].into_dyn());
    /// ```
    #[track_caller]
    pub fn clip_value(mut self, max: Real) -> Optimizer {
        assert!(max > 0.0, "clip_value({max}): no gradient would be left; give a positive value, such as 1.0");
        self.settings.max_value = max;
        self
    }

    /// Whether Adam divides its averages by 1 − βᵗ (it does unless told otherwise).
    ///
    /// Without, the first step is (1−β₁) / √(1−β₂) η = 3.162 η long instead of η.
    ///
    /// # Panics
    ///
    /// When this is not Adam or AdamW.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::adam(0.1).bias_correction(false).to_string(), "Adam, η = 0.1, no bias correction");
    /// ```
    #[track_caller]
    pub fn bias_correction(mut self, corrects: bool) -> Optimizer {
        self.only("bias_correction", &[Rule::Adam, Rule::AdamW], "only Adam's averages are corrected");
        self.settings.bias_correction = corrects;
        self
    }

    /// Adam's β₁ and β₂: how much of the averages of g and of g² stays at each step.
    ///
    /// # Panics
    ///
    /// When this is not Adam or AdamW, or not 0 ≤ β < 1.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::adam(0.1).betas(0.5, 0.9).to_string(), "Adam, η = 0.1, β = 0.5, 0.9");
    /// ```
    #[track_caller]
    pub fn betas(mut self, beta1: Real, beta2: Real) -> Optimizer {
        self.only("betas", &[Rule::Adam, Rule::AdamW], "set momentum for sgd, rho for rms_prop");
        self.settings.momentum = checked_fraction("betas", "β₁", beta1);
        self.settings.memory = checked_fraction("betas", "β₂", beta2);
        self
    }

    /// RMSprop's ρ: how much of the average of g² stays at each step.
    ///
    /// # Panics
    ///
    /// When this is not RMSprop, or not 0 ≤ ρ < 1.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    ///
    /// assert_eq!(Optimizer::rms_prop(0.1).rho(0.99).to_string(), "RMSprop, η = 0.1, ρ = 0.99");
    /// ```
    #[track_caller]
    pub fn rho(mut self, rho: Real) -> Optimizer {
        self.only("rho", &[Rule::RmsProp], "set betas for adam, momentum for sgd");
        self.settings.memory = checked_fraction("rho", "ρ", rho);
        self
    }

    /// ε, which keeps the division by √s finite. With ε = 0 nothing moves where s is 0: no gradient has come yet, or only some
    /// whose squares are too small for a number.
    ///
    /// # Panics
    ///
    /// When this is [`sgd`](Optimizer::sgd), which divides by nothing, or when ε is negative or not finite.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0])];
    /// w[0].set_grad(array![1.0].into_dyn());
    /// Optimizer::adam(0.1).epsilon(1.0).step(&w); // η g / (√g² + ε)
    /// assert!((w[0].value()[[0]] + 0.05).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn epsilon(mut self, epsilon: Real) -> Optimizer {
        self.only("epsilon", &[Rule::AdaGrad, Rule::RmsProp, Rule::Adam, Rule::AdamW], "sgd divides by nothing");
        assert!(
            epsilon >= 0.0 && epsilon.is_finite(),
            "epsilon({epsilon}): the root could vanish; give a small number of at least 0, such as 1e-8"
        );
        self.settings.epsilon = epsilon;
        self
    }

    /// Puts ε under the root, √(s + ε) in place of √s + ε, as some texts write it.
    ///
    /// It matters where s is not much larger than ε: there 1e-8 under the root weighs as 1e-4 beside it.
    ///
    /// # Panics
    ///
    /// When this is [`sgd`](Optimizer::sgd), which divides by nothing.
    ///
    /// ```
    /// use dl_interview::optim::Optimizer;
    /// use dl_interview::tensor::Tensor;
    /// use ndarray::array;
    ///
    /// let w = [Tensor::parameter(array![0.0])];
    /// w[0].set_grad(array![1.0].into_dyn());
    /// Optimizer::adam(0.1).epsilon(3.0).epsilon_inside().step(&w); // η g / √(g² + ε)
    /// assert!((w[0].value()[[0]] + 0.05).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn epsilon_inside(mut self) -> Optimizer {
        self.only("epsilon_inside", &[Rule::AdaGrad, Rule::RmsProp, Rule::Adam, Rule::AdamW], "sgd divides by nothing");
        self.settings.epsilon_inside = true;
        self
    }

    #[track_caller]
    fn only(&self, method: &str, rules: &[Rule], why: &str) {
        assert!(rules.contains(&self.settings.rule), "{method}: it means nothing to \"{self}\"; {why}");
    }
}

#[track_caller]
fn checked_fraction(method: &str, symbol: &str, value: Real) -> Real {
    assert!(
        (0.0..1.0).contains(&value),
        "{method}: {symbol} = {value} would never forget, or never converge; give 0 ≤ {symbol} < 1, such as 0.9"
    );
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let refused = |make: fn() -> Optimizer, message: &str| {
            let payload = *std::panic::catch_unwind(make).unwrap_err().downcast::<String>().unwrap();
            assert!(payload.contains(message), "{payload}");
        };
        refused(|| Optimizer::sgd(-0.1), "sgd: a learning rate of -0.1");
        refused(|| Optimizer::adam(Real::NAN), "adam: a learning rate of NaN");
        refused(|| Optimizer::rms_prop(Real::INFINITY), "rms_prop: a learning rate of inf");
        refused(|| Optimizer::ada_grad(-1.0), "ada_grad: a learning rate of -1");
        refused(|| Optimizer::adam_w(0.1, -1.0), "λ = -1");
        refused(|| Optimizer::adam_w(Real::NAN, 0.0), "adam_w: a learning rate of NaN");
        refused(|| Optimizer::sgd(0.1).momentum(1.0), "μ = 1");
        refused(|| Optimizer::sgd(0.1).nesterov(), "no momentum to look ahead with in \"SGD, η = 0.1\"");
        refused(|| Optimizer::adam(0.1).momentum(0.9), "momentum: it means nothing to \"Adam, η = 0.1\"");
        refused(|| Optimizer::adam(0.1).convention(Momentum::Average), "convention");
        refused(|| Optimizer::adam(0.1).betas(0.9, 1.0), "β₂ = 1");
        refused(|| Optimizer::adam(0.1).betas(-0.1, 0.9), "β₁ = -0.1");
        refused(|| Optimizer::adam(0.1).rho(0.9), "rho: it means nothing");
        refused(|| Optimizer::rms_prop(0.1).rho(Real::NAN), "ρ = NaN");
        refused(|| Optimizer::rms_prop(0.1).betas(0.9, 0.9), "betas: it means nothing");
        refused(|| Optimizer::rms_prop(0.1).bias_correction(false), "bias_correction: it means nothing");
        refused(|| Optimizer::sgd(0.1).epsilon(0.1), "epsilon: it means nothing");
        refused(|| Optimizer::sgd(0.1).epsilon_inside(), "epsilon_inside: it means nothing");
        refused(|| Optimizer::adam(0.1).epsilon(-1.0), "epsilon(-1)");
        refused(|| Optimizer::sgd(0.1).clip_norm(0.0), "clip_norm(0)");
        refused(|| Optimizer::sgd(0.1).clip_value(Real::NAN), "clip_value(NaN)");
        refused(|| Optimizer::sgd(0.1).weight_decay(Real::INFINITY), "λ = inf");
        refused(
            || {
                let mut optimizer = Optimizer::sgd(0.1);
                optimizer.set_lr(-1.0);
                optimizer
            },
            "set_lr: a learning rate of -1",
        );
    }
}
