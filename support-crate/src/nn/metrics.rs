//! What a net is judged by, apart from its loss.

use ndarray::{Array1, Array2, ArrayViewD, Axis};

use crate::tensor::{Real, Tensor};

/// A row for each label: 1 at the class, 0 elsewhere; n × classes.
///
/// # Panics
///
/// When a label is not below `classes`.
///
/// ```
/// use dl_interview::nn::one_hot;
/// use ndarray::array;
///
/// assert_eq!(one_hot(&array![2, 0], 3), array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// ```
#[track_caller]
pub fn one_hot(labels: &Array1<usize>, classes: usize) -> Array2<Real> {
    if let Some(label) = labels.iter().find(|&&label| label >= classes) {
        panic!("label {label} is out of range for {classes} classes; classes count from 0");
    }
    let mut rows = Array2::zeros((labels.len(), classes));
    labels.iter().enumerate().for_each(|(i, &label)| rows[[i, label]] = 1.0);
    rows
}

/// The share of examples whose largest output is at their label, from 0 to 1. Logits or probabilities: it is the same.
///
/// # Panics
///
/// When the outputs are not n × classes with at least two classes, there is no example, there are not n labels, or an output
/// is NaN: a net that gives no numbers has no accuracy.
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
    if let Some(row) = outputs.with_value(|outputs| classes(outputs.view())).iter().position(Option::is_none) {
        panic!("accuracy: {}", no_class(row));
    }
    share_of_right(outputs, labels)
}

/// The [`accuracy`] of outputs that may be NaN: such a row is wrong, whatever its label.
#[track_caller]
pub(super) fn share_of_right(outputs: &Tensor, labels: &Array1<usize>) -> Real {
    let classes = outputs.with_value(|outputs| classes(outputs.view()));
    assert!(
        classes.len() == labels.len() && !labels.is_empty(),
        "accuracy: {} outputs for {} labels; give one label per row, and at least one",
        classes.len(),
        labels.len()
    );
    classes.iter().zip(labels).filter(|&(class, label)| *class == Some(*label)).count() as Real / labels.len() as Real
}

/// Where each row is largest; the first one if several are. None where a number is NaN.
#[track_caller]
pub(crate) fn classes(outputs: ArrayViewD<Real>) -> Vec<Option<usize>> {
    let shape = outputs.shape();
    assert!(
        shape.len() == 2 && shape[1] > 1,
        "outputs of shape {shape:?} name no class; give n × classes, one score for each of at least two (for one logit per \
         example train::evaluate counts what lies on the right side)"
    );
    let largest = |row: ArrayViewD<Real>| {
        let best = (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
        row.iter().all(|output| !output.is_nan()).then_some(best)
    };
    outputs.axis_iter(Axis(0)).map(largest).collect()
}

/// Why [`classes`] has none for a row, and the way out.
pub(super) fn no_class(row: usize) -> String {
    format!(
        "row {row} of the outputs holds NaN, so it names no class; look for what is not finite in the inputs or the weights"
    )
}

/// How often what was taken for what, classes × classes: entry (i, j) counts the examples of class i that were taken for
/// class j. The diagonal holds what is right; a row sums to the examples of its class.
///
/// [`Net::classify`](super::Net::classify) makes the list of what each example was taken for.
///
/// # Panics
///
/// When there are not as many predictions as labels, or one of either is not below `classes`.
///
/// ```
/// use dl_interview::nn::confusion;
/// use ndarray::array;
///
/// let counts = confusion(&[0, 1, 1, 2], &array![0, 0, 1, 2], 3);
/// assert_eq!(counts, array![[1, 1, 0], [0, 1, 0], [0, 0, 1]]); // a 0 was taken for a 1
/// ```
#[track_caller]
pub fn confusion(predicted: &[usize], labels: &Array1<usize>, classes: usize) -> Array2<usize> {
    assert!(
        predicted.len() == labels.len(),
        "confusion: {} predictions for {} labels; give one label per prediction",
        predicted.len(),
        labels.len()
    );
    let mut counts = Array2::zeros((classes, classes));
    for (&class, &label) in predicted.iter().zip(labels) {
        assert!(
            class < classes && label < classes,
            "confusion: an example of class {label} taken for class {class}, but there are {classes} classes, counted from 0"
        );
        counts[[label, class]] += 1;
    }
    counts
}

/// The Brier score: the squared distance of the probabilities from the right answer, Σ (p − [k is the class])², averaged over
/// the examples. 0 is best, 2 is worst; to say 1/2 and 1/2 always scores 1/2.
///
/// Source: Brier 1950, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather Review 78(1). With
/// two classes it is twice the mean squared error of the probability of one.
///
/// # Panics
///
/// When the probabilities are not n × classes or lie outside 0 to 1, there is no example, or there are not n labels below
/// `classes`.
///
/// ```
/// use dl_interview::nn::brier;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let p = Tensor::new(array![[0.5, 0.5], [0.0, 1.0]]);
/// assert_eq!(brier(&p, &array![0, 1]), 0.25);
/// ```
#[track_caller]
pub fn brier(probabilities: &Tensor, labels: &Array1<usize>) -> Real {
    let (p, n) = (probabilities.value(), labels.len());
    assert!(
        p.ndim() == 2 && p.shape()[0] == n && n > 0,
        "brier: probabilities of shape {:?} for {n} labels; give n × classes, at least one row",
        p.shape()
    );
    if let Some(p) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        panic!("brier: {p} is not a probability from 0 to 1; take the softmax of logits first");
    }
    let classes = p.shape()[1];
    (p - one_hot(labels, classes)).mapv(|d| d * d).sum() / n as Real
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    #[should_panic(expected = "accuracy: row 1 of the outputs holds NaN, so it names no class")]
    fn an_output_that_is_no_number_has_no_accuracy() {
        accuracy(&Tensor::new(array![[1.0, 0.0], [Real::NAN, 1.0]]), &array![0, 0]);
    }
}
