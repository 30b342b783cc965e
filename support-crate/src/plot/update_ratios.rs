//! How large the updates of a training are.

use super::axis_name::log_axis;
use super::canvas;
use super::figure::Figure;
use super::lines::chart;
use super::series::{Series, curve_at, level};
use crate::nn::Net;
use crate::train::History;

/// How large the last update of each epoch was compared with the weights, ‖Δw‖ / ‖w‖, for each parameter of `net`, with the
/// rule of thumb of 0.001: far above it the training is restless, far below it hardly moves.
///
/// Of more than eight parameters only the weights are drawn, without biases, and at most eight of them, from the first
/// to the last layer.
///
/// # Panics
///
/// If `net` has not as many parameters as the one whose history it is.
///
/// ```
/// use dl_interview::data::{moons, rng};
/// use dl_interview::models::mlp;
/// use dl_interview::nn::Activation;
/// use dl_interview::plot::update_ratios;
/// use dl_interview::train::{Fit, fit};
///
/// let (data, net) = (moons(100, 0.1, &mut rng(42)), mlp(&[2, 8, 2], Activation::Tanh, &mut rng(42)));
/// let history = fit(&net, &data, None, &Fit { epochs: 3, ..Fit::default() });
/// let figure = update_ratios("Are the steps of a good size?", &history, &net);
/// assert!(figure.alt().contains("“0.weight”: 3 values"));
/// ```
#[track_caller]
pub fn update_ratios(title: &str, history: &History, net: &Net) -> Figure {
    let names: Vec<String> = net.named_parameters().into_iter().map(|(name, _)| name).collect();
    let Some(epoch) = history.update_ratios.first() else {
        return canvas::words(title, "Nothing to draw: the history has no epoch yet.");
    };
    let (n, m) = (names.len(), epoch.len());
    assert_eq!(n, m, "update_ratios: the net has {n} parameters, the history tells of {m}; give the net it is of");
    let (chosen, mut said) = choose(&names);
    let mut zeros = 0;
    let mut series: Vec<Series> = chosen
        .iter()
        .map(|&at| {
            // A parameter that was still 0 has no ratio, and one that did not move has none on a logarithmic axis.
            let ratios = history.update_ratios.iter().map(|ratios| f64::from(ratios[at]));
            let known: Vec<(f64, f64)> = ratios
                .enumerate()
                .filter(|(_, ratio)| !ratio.is_nan())
                .map(|(epoch, ratio)| ((epoch + 1) as f64, ratio))
                .collect();
            zeros += history.epochs() - known.len();
            let (xs, ys): (Vec<f64>, Vec<f64>) = known.into_iter().unzip();
            curve_at(&names[at], &xs, &ys)
        })
        .collect();
    series.push(level("rule of thumb", 1e-3));
    if zeros > 0 {
        said.push(format!("Left out: {zeros} ratios of parameters that were still 0 before the step."));
    }
    chart(title, "epoch".into(), log_axis("|Δw| / |w| in the last step of the epoch"), &series, said)
}

/// Which of the parameters are drawn, and what to say about the others.
fn choose(names: &[String]) -> (Vec<usize>, Vec<String>) {
    const MOST: usize = 8;
    let all: Vec<usize> = (0..names.len()).collect();
    if all.len() <= MOST {
        return (all, Vec::new());
    }
    let weights: Vec<usize> = all.iter().copied().filter(|i| names[*i].ends_with("weight")).collect();
    let (few, what) = if weights.is_empty() { (all, "parameters") } else { (weights, "weights") };
    let n = few.len();
    let said = match n {
        n if n <= MOST => format!("Drawn are the {n} weights among the {} parameters.", names.len()),
        n => format!(
            "Drawn are {MOST} of the {n} {what}, from the first to the last; there are {} parameters.",
            names.len()
        ),
    };
    let spread = |i: usize| few[i * (n - 1) / (MOST - 1)];
    (if n <= MOST { few.clone() } else { (0..MOST).map(spread).collect() }, vec![said])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_parameters_the_weights_are_chosen() {
        let names = |layers: usize| -> Vec<String> {
            (0..layers).flat_map(|i| ["weight", "bias"].map(|what| format!("{i}.{what}"))).collect()
        };
        assert_eq!(choose(&names(4)), ((0..8).collect(), vec![]));
        let (chosen, said) = choose(&names(5));
        assert_eq!(
            (chosen, said[0].as_str()),
            (vec![0, 2, 4, 6, 8], "Drawn are the 5 weights among the 10 parameters.")
        );
        let (chosen, said) = choose(&names(15));
        assert_eq!(chosen, [0, 4, 8, 12, 16, 20, 24, 28]);
        assert!(said[0].starts_with("Drawn are 8 of the 15 weights"), "{said:?}");
    }
}
