//! Classification by the most similar examples: nothing is trained.

use ndarray::{Array1, Array2, ArrayView1, Axis};

use crate::data::{Examples, check_finite};
use crate::progress::Progress;
use crate::tensor::Real;

/// The k-nearest-neighbours rule: an input gets the class that most of its k nearest examples have.
///
/// Near is meant by the Euclidean distance. Classes with equally many votes: the one of the nearest example among them.
/// Source: Cover & Hart 1967, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 13(1).
///
/// ```
/// use dl_interview::data::Examples;
/// use dl_interview::models::NearestNeighbors;
/// use ndarray::array;
///
/// let examples = Examples { inputs: array![[0.0], [1.0], [5.0]], labels: array![0, 0, 1] };
/// assert_eq!(NearestNeighbors::new(&examples, 1).classify(&array![[0.2], [4.0]]), [0, 1]);
/// assert_eq!(NearestNeighbors::new(&examples, 3).classify(&array![[0.2], [4.0]]), [0, 0]);
/// ```
#[derive(Clone, Debug)]
pub struct NearestNeighbors {
    /// What inputs are compared with.
    pub examples: Examples,
    /// How many of the nearest vote.
    pub k: usize,
}

impl NearestNeighbors {
    /// The rule with these examples, which it keeps a copy of.
    ///
    /// # Panics
    ///
    /// When `k` is 0, there are fewer than `k` examples, or one of their values is not finite.
    ///
    /// ```
    /// # use dl_interview::{data::{pure_noise, rng}, models::NearestNeighbors};
    /// let examples = pure_noise(60, 20, 2, &mut rng(42));
    /// // Even labels that are pure chance are remembered without a mistake.
    /// assert_eq!(NearestNeighbors::new(&examples, 1).accuracy(&examples.inputs, &examples.labels), 1.0);
    /// ```
    #[track_caller]
    pub fn new(examples: &Examples, k: usize) -> NearestNeighbors {
        assert!(
            (1..=examples.len()).contains(&k),
            "NearestNeighbors::new(…, {k}): {} examples cannot give {k} votes; give a k from 1 to that many",
            examples.len()
        );
        check_finite("NearestNeighbors::new", &examples.inputs);
        NearestNeighbors { examples: examples.clone(), k }
    }

    /// The class of each of the n × d inputs.
    ///
    /// # Panics
    ///
    /// When the inputs do not have the examples' d features, or a value is not finite.
    ///
    /// ```
    /// # use dl_interview::{data::Examples, models::NearestNeighbors};
    /// # use ndarray::array;
    /// let examples = Examples { inputs: array![[0.0, 0.0], [3.0, 4.0]], labels: array![7, 8] };
    /// assert_eq!(NearestNeighbors::new(&examples, 1).classify(&array![[3.0, 3.0]]), [8]);
    /// ```
    #[track_caller]
    pub fn classify(&self, inputs: &Array2<Real>) -> Vec<usize> {
        const INPUTS_AT_A_TIME: usize = 256; // all at once would need n × examples distances
        let known = &self.examples.inputs;
        assert!(
            inputs.ncols() == known.ncols(),
            "classify: inputs of {} features for examples of {}; give as many",
            inputs.ncols(),
            known.ncols()
        );
        check_finite("classify", inputs);
        check_finite("classify, in the examples", known); // a public field, which may have changed since `new`
        // Distances from the examples' means instead of from 0: |e|² of features around 1000 would swallow the differences.
        let means = known.mean_axis(Axis(0)).expect("k is at least 1");
        let known = known - &means;
        let squares = known.map_axis(Axis(1), |row| row.dot(&row));
        let mut classes = Vec::with_capacity(inputs.nrows());
        let operations = 2.0 * known.len() as f64 * inputs.nrows() as f64;
        let mut progress = Progress::new(inputs.nrows().div_ceil(INPUTS_AT_A_TIME), operations, true);
        for part in inputs.axis_chunks_iter(Axis(0), INPUTS_AT_A_TIME) {
            // |x − e|² = |x|² − 2 x·e + |e|², and |x|² is the same for all e.
            let nearness = &squares - &((&part - &means).dot(&known.t()) * 2.0);
            classes.extend(nearness.rows().into_iter().map(|distances| self.vote(distances)));
            let done = classes.len().div_ceil(INPUTS_AT_A_TIME) as f64;
            progress.line(done, || format!("{} of {} inputs", classes.len(), inputs.nrows()));
        }
        classes
    }

    /// The share of inputs whose [class](NearestNeighbors::classify) is its label, from 0 to 1.
    ///
    /// # Panics
    ///
    /// As [`classify`](NearestNeighbors::classify), when there is no input, or there are not as many labels as inputs.
    ///
    /// ```
    /// # use dl_interview::{data::Examples, models::NearestNeighbors};
    /// # use ndarray::array;
    /// let examples = Examples { inputs: array![[0.0], [1.0]], labels: array![0, 1] };
    /// assert_eq!(NearestNeighbors::new(&examples, 1).accuracy(&array![[0.1], [0.2]], &array![0, 1]), 0.5);
    /// ```
    #[track_caller]
    pub fn accuracy(&self, inputs: &Array2<Real>, labels: &Array1<usize>) -> Real {
        assert!(
            inputs.nrows() == labels.len() && !labels.is_empty(),
            "accuracy: {} inputs for {} labels; give one each, and at least one",
            inputs.nrows(),
            labels.len()
        );
        let right = self.classify(inputs).iter().zip(labels).filter(|(class, label)| class == label).count();
        right as Real / labels.len() as Real
    }

    fn vote(&self, distances: ArrayView1<Real>) -> usize {
        let mut order: Vec<usize> = (0..distances.len()).collect();
        let by_distance = |&a: &usize, &b: &usize| distances[a].total_cmp(&distances[b]).then(a.cmp(&b));
        order.select_nth_unstable_by(self.k - 1, by_distance);
        order.truncate(self.k);
        order.sort_by(by_distance);
        let labels: Vec<usize> = order.iter().map(|&i| self.examples.labels[i]).collect();
        let votes = |label: usize| labels.iter().filter(|&&other| other == label).count();
        // `max_by_key` takes the last of equals, so the nearest must come last.
        labels.iter().rev().copied().max_by_key(|&label| votes(label)).expect("k is at least 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{blobs, mnist, pure_noise, rng};
    use ndarray::{array, concatenate};

    #[test]
    fn a_tie_goes_to_the_nearest() {
        let examples = Examples { inputs: array![[0.0], [2.0], [3.0], [9.0]], labels: array![0, 1, 1, 0] };
        let class = |k, at| NearestNeighbors::new(&examples, k).classify(&array![[at]])[0];
        assert_eq!((class(2, 0.4), class(2, 1.9)), (0, 1)); // one vote each
        assert_eq!((class(3, 0.4), class(4, 0.4), class(4, 2.4)), (1, 0, 1));
        // At the same distance, the first example.
        assert_eq!((class(1, 1.0), class(1, 6.0)), (0, 1));
    }

    #[test]
    fn many_inputs_are_classified_as_one_by_one() {
        let data = blobs(600, &array![[-1.0, 0.0], [1.0, 0.0], [0.0, 2.0]], 1.0, &mut rng(1));
        let rule = NearestNeighbors::new(&data.first(300), 5);
        let together = rule.classify(&data.inputs);
        for (i, row) in data.inputs.rows().into_iter().enumerate() {
            assert_eq!(rule.classify(&row.to_owned().insert_axis(Axis(0)))[0], together[i], "input {i}");
            let mut apart: Vec<(Real, usize)> = rule
                .examples
                .inputs
                .rows()
                .into_iter()
                .zip(&rule.examples.labels)
                .map(|(known, &label)| ((&known - &row).mapv(|d| d * d).sum(), label))
                .collect();
            apart.sort_by(|a, b| a.0.total_cmp(&b.0));
            let votes = |class| apart[..5].iter().filter(|(_, label)| *label == class).count();
            assert_eq!(votes(together[i]), (0..3).map(votes).max().unwrap(), "input {i}");
        }
    }

    #[test]
    fn features_far_from_zero_are_told_apart_as_well() {
        // All distances are multiples of 1/64, and thus the same wherever the data lies.
        let near = blobs(400, &array![[-1.0, 0.0], [1.0, 0.0], [0.0, 2.0]], 1.0, &mut rng(1));
        let near = Examples { inputs: near.inputs.mapv(|x| (x * 64.0).round() / 64.0), ..near };
        let far = Examples { inputs: &near.inputs + &array![1000.0, -3000.0], ..near.clone() };
        let classes = |data: &Examples| {
            let (known, unknown) = (data.first(200), data.inputs.slice_axis(Axis(0), (200..).into()).to_owned());
            NearestNeighbors::new(&known, 1).classify(&unknown)
        };
        assert_eq!(classes(&near), classes(&far));
    }

    #[test]
    fn copies_of_test_examples_lift_the_accuracy_without_anything_learned() {
        // A share p is known by heart, the rest is guessed: p + (1 − p) / classes.
        let (train, test) = (pure_noise(500, 50, 10, &mut rng(1)), pure_noise(500, 50, 10, &mut rng(2)));
        for copied in [0, 200, 400] {
            let leaked = test.first(copied);
            let inputs = concatenate![Axis(0), train.inputs, leaked.inputs];
            let examples = Examples { inputs, labels: concatenate![Axis(0), train.labels, leaked.labels] };
            let p = copied as Real / 500.0;
            let accuracy = NearestNeighbors::new(&examples, 1).accuracy(&test.inputs, &test.labels);
            assert!((accuracy - (p + (1.0 - p) / 10.0)).abs() < 0.05, "{accuracy} with {copied} copies");
        }
    }

    #[test]
    fn digits_look_like_digits() {
        let data = mnist().unwrap();
        let (train, test) = (data.train.first(2000), data.test.first(1000));
        let accuracy = NearestNeighbors::new(&train, 1).accuracy(&test.inputs, &test.labels);
        assert!((0.86..0.92).contains(&accuracy), "{accuracy}");
    }

    #[test]
    #[should_panic(expected = "3 examples cannot give 4 votes")]
    fn there_are_not_enough_neighbours() {
        NearestNeighbors::new(&pure_noise(3, 2, 2, &mut rng(1)), 4);
    }

    #[test]
    #[should_panic(expected = "inputs of 3 features for examples of 2")]
    fn inputs_have_the_features_of_the_examples() {
        NearestNeighbors::new(&pure_noise(3, 2, 2, &mut rng(1)), 1).classify(&Array2::zeros((1, 3)));
    }

    #[test]
    #[should_panic(expected = "NearestNeighbors::new: the value in row 1, column 0 is NaN")]
    fn a_missing_value_of_an_example_is_refused() {
        NearestNeighbors::new(&Examples { inputs: array![[0.0], [Real::NAN]], labels: array![0, 1] }, 1);
    }

    #[test]
    #[should_panic(expected = "classify: the value in row 0, column 1 is inf")]
    fn an_infinite_value_of_an_input_is_refused() {
        NearestNeighbors::new(&pure_noise(3, 2, 2, &mut rng(1)), 1).classify(&array![[0.0, Real::INFINITY]]);
    }
}
