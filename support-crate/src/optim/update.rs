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

/// The g of a rule that squares it, no larger than what can be squared: one gradient of 10²⁰ would make the mean square ∞, in
/// `f32`, and it would stay ∞. What is not finite becomes NaN, so that it shows.
#[inline(always)]
fn squarable(g: Real) -> Real {
    let largest = Real::MAX.sqrt() / 2.0;
    g.clamp(-largest, largest) + 0.0 * g
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
        let root = (second * self.correction + self.inside).sqrt() + self.outside;
        // With ε = 0, where no gradient has come yet (or its square was too small): no step, not 0 / 0.
        if root == 0.0 { Real::INFINITY } else { root }
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
                let g = squarable(g.at(grad, *w));
                let sum = keep * *s + add * g * g;
                *s = if sum > Real::MAX { Real::MAX } else { sum };
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
                let g = squarable(g.at(grad, *w));
                *m = beta * *m + add * g;
                *v = memory * *v + add_square * g * g;
                *w = keep * *w - rate * *m / root.of(*v);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Momentum, Optimizer};
    use crate::tensor::{Real, Tensor};
    use ndarray::{Array1, array};

    /// The weights after each step under gradients `g(step)`, from 0.
    fn walk(mut optimizer: Optimizer, steps: usize, g: impl Fn(usize) -> Array1<Real>) -> Vec<Array1<Real>> {
        let w = [Tensor::parameter(Array1::zeros(g(0).len()))];
        let step = |step| {
            w[0].set_grad(g(step).into_dyn());
            optimizer.step(&w);
            Array1::from_iter(w[0].value())
        };
        (0..steps).map(step).collect()
    }

    #[track_caller]
    fn assert_close(found: Real, expected: f64) {
        assert!((found as f64 / expected - 1.0).abs() < 1e-4, "{found} is not {expected}");
    }

    #[test]
    fn the_length_of_the_first_step() {
        let rate = 0.01;
        for scale in [0.01, 1.0, 1000.0] {
            let first = |optimizer: Optimizer| walk(optimizer, 1, |_| array![3.0 * scale, -scale])[0].clone() / rate;
            for (optimizer, expected) in [
                (Optimizer::adam(rate), 1.0),
                (Optimizer::adam(rate).bias_correction(false), 0.1 / 0.001_f64.sqrt()),
                (Optimizer::rms_prop(rate), 10.0_f64.sqrt()),
                (Optimizer::rms_prop(rate).rho(0.99), 10.0),
                (Optimizer::ada_grad(rate), 1.0),
            ] {
                let step = first(optimizer);
                assert_close(step[0], -expected);
                assert_close(step[1], expected);
            }
            assert_close(first(Optimizer::sgd(rate))[0], -3.0 * scale as f64);
        }
    }

    #[test]
    fn the_path_of_adam_does_not_change_with_the_scale_of_the_loss() {
        let g = |scale: Real| move |step: usize| array![scale * (1.0 + step as Real).sin(), scale * 0.3];
        let of = |scale| walk(Optimizer::adam(0.1).epsilon(0.0), 50, g(scale));
        for (small, large) in of(1.0).iter().zip(of(1000.0)) {
            assert!((small - &large).iter().all(|error| error.abs() < 1e-4), "{small} {large}");
        }
    }

    #[test]
    fn under_a_constant_force_momentum_reaches_its_terminal_velocity() {
        let (rate, force) = (0.01, 2.0);
        for momentum in [0.5, 0.9] {
            for (convention, effective) in [
                (Momentum::Sum, rate / (1.0 - momentum)),
                (Momentum::Scaled, rate / (1.0 - momentum)),
                (Momentum::Average, rate),
            ] {
                let optimizer = Optimizer::sgd(rate).momentum(momentum).convention(convention);
                for optimizer in [optimizer.clone(), optimizer.nesterov()] {
                    let path = walk(optimizer, 300, |_| array![force]);
                    let last = path[298][0] - path[299][0];
                    assert!((last / (effective * force) - 1.0).abs() < 1e-3, "{convention:?} {momentum}: {last}");
                }
            }
        }
    }

    #[test]
    fn the_conventions_agree_until_the_rate_changes() {
        let g = |step: usize| array![(step as Real).cos()];
        let path = |convention, nesterov, drops| {
            let mut optimizer = Optimizer::sgd(0.1).momentum(0.9).convention(convention);
            if nesterov {
                optimizer = optimizer.nesterov();
            }
            if convention == Momentum::Average {
                optimizer.set_lr(1.0); // 0.1 / (1 − 0.9)
            }
            let w = [Tensor::parameter(array![0.0])];
            for step in 0..20 {
                if drops && step == 10 {
                    optimizer.set_lr(optimizer.lr() / 10.0);
                }
                w[0].set_grad(g(step).into_dyn());
                optimizer.step(&w);
            }
            w[0].value()[[0]]
        };
        for nesterov in [false, true] {
            let all = |drops| [Momentum::Sum, Momentum::Scaled, Momentum::Average].map(|c| path(c, nesterov, drops));
            let [sum, scaled, average] = all(false);
            assert!((sum - scaled).abs() < 1e-6 && (sum - average).abs() < 1e-6, "{sum} {scaled} {average}");
            let [sum, scaled, average] = all(true);
            assert!((sum - scaled).abs() > 0.01 && (sum - average).abs() < 1e-6, "{sum} {scaled} {average}");
        }
    }

    #[test]
    fn decay_shrinks_what_has_no_gradient() {
        let shrunk = |mut optimizer: Optimizer| {
            let w = [Tensor::parameter(array![2.0])];
            w[0].set_grad(array![0.0].into_dyn());
            optimizer.step(&w);
            w[0].value()[[0]]
        };
        assert_close(shrunk(Optimizer::sgd(0.1).weight_decay(0.5)), 1.9);
        assert_close(shrunk(Optimizer::adam_w(0.1, 0.5)), 1.9);
        assert_close(shrunk(Optimizer::adam(0.1).weight_decay(0.5)), 1.9); // by chance: the step is η long
        assert_close(shrunk(Optimizer::adam(0.1).weight_decay(0.01)), 1.9); // whatever λ
    }

    #[test]
    fn a_gradient_that_is_no_number_is_not_hidden() {
        for optimizer in [
            Optimizer::sgd(0.1).clip_value(1.0),
            Optimizer::sgd(0.1).clip_norm(1.0),
            Optimizer::adam(0.1).clip_value(1.0),
        ] {
            assert!(walk(optimizer, 1, |_| array![Real::NAN, 1.0])[0][0].is_nan());
        }
    }
}
