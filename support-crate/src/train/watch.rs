//! What to keep an eye on while a net learns.

use ndarray::{Array2, ArrayD, Axis};

use crate::nn::{Layer, Net};
use crate::tensor::{Real, Tensor, no_grad, norm};

/// The share of units, per activation layer, that give the same output for every one of `inputs`: those that say nothing
/// about their input any more.
///
/// Of a ReLU these are the *dead* units, whose input is never positive, so that no gradient reaches their weights. In a
/// feature map a unit is a channel. The net is run as in evaluation.
///
/// # Panics
///
/// When the inputs do not fit, or there are fewer than two: to one input every unit gives one output.
///
/// ```
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::train::dead_units;
/// use ndarray::array;
///
/// // of two units, one sees only negative numbers
/// assert_eq!(dead_units(&Net::new(vec![Layer::relu()]), &array![[1.0, -1.0], [2.0, -3.0]]), [0.5]);
/// ```
#[track_caller]
pub fn dead_units(net: &Net, inputs: &Array2<Real>) -> Vec<Real> {
    assert!(
        inputs.nrows() > 1,
        "dead_units: {} inputs cannot tell which units respond to them; give many of the training examples",
        inputs.nrows()
    );
    let outputs = no_grad(|| net.run_all(&Tensor::new(inputs.clone()), false));
    let activations = net.layers.iter().zip(&outputs).filter(|(layer, _)| matches!(layer, Layer::Activation(_)));
    activations.map(|(_, output)| output.with_value(|output| share_of_constants(&output.to_owned()))).collect()
}

fn share_of_constants(outputs: &ArrayD<Real>) -> Real {
    let units = outputs.axis_iter(Axis(1)).map(|unit| {
        let first = unit.first().copied().unwrap_or(0.0);
        unit.iter().all(|&x| x == first)
    });
    let (count, constant) = units.fold((0, 0), |(n, k), is| (n + 1, k + usize::from(is)));
    constant as Real / count as Real
}

/// ‖after − before‖ / ‖before‖ of each tensor: how large a step was compared with the weights; NaN if they were 0.
pub(super) fn update_ratios(before: &[ArrayD<Real>], params: &[Tensor]) -> Vec<Real> {
    let norm = |x: &ArrayD<Real>| norm([x.view()]) as Real;
    before
        .iter()
        .zip(params)
        .map(|(before, param)| match norm(before) {
            0.0 => Real::NAN,
            size => norm(&(param.value() - before)) / size,
        })
        .collect()
}
