//! The rules themselves, as loops over slices that the compiler turns into vector instructions.

use super::optimizer::{Momentum, Rule, Settings};
use crate::tensor::Real;

/// How a raw gradient becomes the g of a rule: cut to ±limit, scaled, with λ w added.
#[derive(Clone, Copy)]
struct Incoming {
    limit: Real,
    scale: Real,
    decay: Real,
}

impl Incoming {
    #[inline(always)]
    fn at(self, grad: Real, weight: Real) -> Real {
        grad.clamp(-self.limit, self.limit) * self.scale + self.decay * weight
    }
}

/// η / root, with ε where the settings want it. One of the two ε is 0, which costs less than a branch.
#[derive(Clone, Copy)]
pub(super) struct Root {
    /// 1 / (1 − βᵗ), or 1.
    correction: Real,
    inside: Real,
    outside: Real,
}

impl Root {
    pub(super) fn new(settings: &Settings, steps: u32) -> Root {
        let (inside, outside) = if settings.epsilon_inside { (settings.epsilon, 0.0) } else { (0.0, settings.epsilon) };
        Root { correction: correction(settings, settings.memory, steps), inside, outside }
    }

    #[inline(always)]
    pub(super) fn of(self, second: Real) -> Real {
        (second * self.correction + self.inside).sqrt() + self.outside
    }
}

/// 1 / (1 − βᵗ) where the rule corrects its averages, 1 elsewhere. In f64: 1 − 0.999 keeps four digits in f32.
fn correction(settings: &Settings, beta: Real, steps: u32) -> Real {
    match settings.rule {
        Rule::Adam | Rule::AdamW if settings.bias_correction => {
            (1.0 / (1.0 - (beta as f64).powi(steps as i32))) as Real
        }
        _ => 1.0,
    }
}

fn rest(beta: Real) -> Real {
    (1.0 - beta as f64) as Real
}

/// One step of one parameter, its `steps`-th. `scale` is what clipping by norm leaves of the gradient.
pub(super) fn update(
    settings: &Settings,
    steps: u32,
    scale: Real,
    weights: &mut [Real],
    grads: &[Real],
    velocity: &mut Vec<Real>,
    second: &mut Vec<Real>,
) {
    let (lr, beta, memory) = (settings.lr, settings.momentum, settings.memory);
    let incoming = |decay| Incoming { limit: settings.max_value, scale, decay };
    let g = incoming(settings.weight_decay);
    let root = Root::new(settings, steps);
    match settings.rule {
        Rule::Sgd if beta == 0.0 => {
            for (w, &grad) in weights.iter_mut().zip(grads) {
                *w -= lr * g.at(grad, *w);
            }
        }
        Rule::Sgd => {
            velocity.resize(weights.len(), 0.0);
            // v ← μ v + a g, w ← w − b v
            let (a, b) = match settings.convention {
                Momentum::Sum => (1.0, lr),
                Momentum::Scaled => (lr, 1.0),
                Momentum::Average => (rest(beta), lr),
            };
            // Looking ahead, the step is b (μ v + a g); else the same with (1, 0) in place of (μ, a).
            let (ahead, push) = if settings.nesterov { (beta, a) } else { (1.0, 0.0) };
            for ((w, &grad), v) in weights.iter_mut().zip(grads).zip(velocity) {
                let g = g.at(grad, *w);
                *v = beta * *v + a * g;
                *w -= b * (ahead * *v + push * g);
            }
        }
        Rule::AdaGrad | Rule::RmsProp => {
            second.resize(weights.len(), 0.0);
            let (keep, add) = if settings.rule == Rule::AdaGrad { (1.0, 1.0) } else { (memory, rest(memory)) };
            for ((w, &grad), s) in weights.iter_mut().zip(grads).zip(second) {
                let g = g.at(grad, *w);
                *s = keep * *s + add * g * g;
                *w -= lr * g / root.of(*s);
            }
        }
        Rule::Adam | Rule::AdamW => {
            velocity.resize(weights.len(), 0.0);
            second.resize(weights.len(), 0.0);
            let decoupled = settings.rule == Rule::AdamW;
            let g = if decoupled { incoming(0.0) } else { g };
            let keep = if decoupled { 1.0 - lr * settings.weight_decay } else { 1.0 };
            let rate = lr * correction(settings, beta, steps);
            let (add, add_square) = (rest(beta), rest(memory));
            for (((w, &grad), m), v) in weights.iter_mut().zip(grads).zip(velocity).zip(second) {
                let g = g.at(grad, *w);
                *m = beta * *m + add * g;
                *v = memory * *v + add_square * g * g;
                *w = keep * *w - rate * *m / root.of(*v);
            }
        }
    }
}
