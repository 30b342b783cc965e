//! What training makes small, and what it is judged by.

use ndarray::{Array1, ArrayD, Axis};

use crate::tensor::{Real, Tensor};

/// Where each row is largest; the first one if several are. A row that starts with NaN counts as class 0.
#[track_caller]
pub(super) fn classes(outputs: &ArrayD<Real>) -> Vec<usize> {
    let shape = outputs.shape();
    assert!(
        shape.len() == 2 && shape[1] > 0,
        "outputs of shape {shape:?} name no class; give n × classes, one score per class"
    );
    let largest =
        |row: ndarray::ArrayViewD<Real>| (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
    outputs.axis_iter(Axis(0)).map(largest).collect()
}

/// The share of examples whose largest output is at their label, from 0 to 1. Logits or probabilities: it is the same.
///
/// # Panics
///
/// When the outputs are not n × classes, there is no example, or there are not n labels below `classes`.
///
/// ```
/// use dl_interview::nn::accuracy;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let logits = Tensor::new(array![[2.0, -1.0], [0.0, 3.0]]);
/// assert_eq!(accuracy(&logits, &array![0, 0]), 0.5);
/// ```
#[track_caller]
pub fn accuracy(outputs: &Tensor, labels: &Array1<usize>) -> Real {
    let classes = outputs.with_value(|outputs| classes(&outputs.to_owned()));
    assert!(
        classes.len() == labels.len() && !labels.is_empty(),
        "accuracy: {} outputs for {} labels",
        classes.len(),
        labels.len()
    );
    let right = classes.iter().zip(labels).filter(|(class, label)| class == label).count();
    right as Real / labels.len() as Real
}
