//! Siamese networks: instead of classes, a distance is learned, which also compares classes never seen.

use ndarray::Array1;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::NearestNeighbors;
use crate::data::{Examples, check_finite};
use crate::nn::{Net, contrastive};
use crate::optim::Optimizer;
use crate::progress::{Progress, is_interrupted, training_operations};
use crate::tensor::{Real, Tensor};

/// The knobs of [`train_siamese`].
///
/// ```
/// use dl_interview::models::SiameseTraining;
///
/// let knobs = SiameseTraining { steps: 1500, ..Default::default() };
/// assert_eq!((knobs.steps, knobs.pairs, knobs.lr, knobs.margin), (1500, 128, 1e-3, 1.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SiameseTraining {
    /// Mini-batches; 1000.
    pub steps: usize,
    /// Pairs in a mini-batch, every other one of two examples of the same class; 128.
    pub pairs: usize,
    /// The learning rate of Adam; 0.001.
    pub lr: Real,
    /// The distance beyond which examples of different classes no longer push each other away; 1.
    pub margin: Real,
    /// Whether a training of more than about two seconds prints up to a dozen lines on its way; yes.
    pub progress: bool,
}

impl Default for SiameseTraining {
    fn default() -> SiameseTraining {
        SiameseTraining { steps: 1000, pairs: 128, lr: 1e-3, margin: 1.0, progress: true }
    }
}

/// Teaches `net`, d → embedding, to put examples of the same class close together and others `margin` apart, by
/// [`contrastive`]; returns the loss of each step.
///
/// Both examples of a pair go through the same weights: hence "siamese". A class is drawn first, then its examples, so that
/// rare classes count as much; classes with a single example are left out. Sources: Bromley, Guyon, LeCun, Säckinger &
/// Shah 1993, "Signature Verification using a 'Siamese' Time Delay Neural Network", NIPS; for one-shot learning Koch,
/// Zemel & Salakhutdinov 2015, "Siamese Neural Networks for One-shot Image Recognition", ICML Deep Learning Workshop (with
/// a classifier of pairs in place of the contrastive loss).
///
/// JupyterLab's stop button ends the training after the step it is at; there are then fewer losses than `steps`.
///
/// # Panics
///
/// When fewer than two classes have two examples, an input is not finite, a batch has fewer than 2 pairs, the rate is
/// negative or not finite, the margin is not above 0, or the net does not fit the examples.
///
/// ```
/// use dl_interview::data::{glyphs, rng};
/// use dl_interview::models::{SiameseTraining, mlp, train_siamese};
/// use dl_interview::nn::Activation;
///
/// let mut rng = rng(42);
/// let net = mlp(&[400, 128, 32], Activation::Relu, &mut rng);
/// let knobs = SiameseTraining { steps: 50, ..Default::default() };
/// let losses = train_siamese(&net, &glyphs(20, 10, &mut rng), &knobs, &mut rng);
/// assert_eq!(losses.len(), 50);
/// assert!(losses[49] < losses[0] / 2.0);
/// ```
#[track_caller]
pub fn train_siamese(
    net: &Net,
    examples: &Examples,
    training: &SiameseTraining,
    rng: &mut impl rand::Rng,
) -> Vec<Real> {
    let members = members("train_siamese", &examples.labels, 2);
    check_finite("train_siamese", &examples.inputs);
    let pairs = training.pairs;
    assert!(pairs >= 2, "SiameseTraining: {pairs} pairs a batch; give at least 2, one of the same class and one not");
    let same: Vec<bool> = (0..pairs).map(|i| i % 2 == 0).collect();
    let (parameters, mut optimizer) = (net.parameters(), Optimizer::adam(training.lr));
    net.train();
    let mut losses = Vec::with_capacity(training.steps);
    let steps = training.steps;
    let operations = training_operations(net, &examples.inputs) * (2 * pairs * steps) as f64;
    let mut progress = Progress::new(steps, operations, training.progress);
    for step in 1..=steps {
        let (left, right): (Vec<usize>, Vec<usize>) = same.iter().map(|&same| pair(&members, same, rng)).unzip();
        let [a, b] = [left, right].map(|side| net.forward(&Tensor::new(examples.select(&side).inputs)));
        let loss = contrastive(&a, &b, &same, training.margin);
        optimizer.zero_grad(&parameters);
        loss.backward();
        optimizer.step(&parameters);
        losses.push(loss.item());
        if is_interrupted() {
            progress.say_stopped(format!("step {step} of {steps}"), "what was learned until then is kept");
            break;
        }
        progress.line(step as f64, || format!("step {step} of {steps} · loss {:.4}", loss.item()));
    }
    losses
}

/// The same examples with their embeddings, the outputs of `net`, as inputs.
///
/// # Panics
///
/// When the inputs do not fit the net.
///
/// ```
/// use dl_interview::data::{glyphs, rng};
/// use dl_interview::models::{embed, mlp};
/// use dl_interview::nn::Activation;
///
/// let mut rng = rng(42);
/// let net = mlp(&[400, 128, 32], Activation::Relu, &mut rng);
/// assert_eq!(embed(&net, &glyphs(30, 10, &mut rng)).inputs.dim(), (300, 32));
/// ```
#[track_caller]
pub fn embed(net: &Net, examples: &Examples) -> Examples {
    Examples { inputs: net.predict(&examples.inputs), labels: examples.labels.clone() }
}

/// One question of a one-shot test: which example of the support has the class of the query? All are indices of examples.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::models::Episode;
///
/// let labels = ndarray::array![0, 0, 1, 1, 2, 2];
/// let episode = Episode::draw(&labels, 3, &mut rng(42));
/// assert_eq!(episode.support.len(), 3);
/// assert_eq!(labels[episode.query], labels[episode.support[episode.answer]]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// One example of each of the classes to choose from.
    pub support: Vec<usize>,
    /// Another example of one of these classes.
    pub query: usize,
    /// The place in `support` of the example of the query's class.
    pub answer: usize,
}

impl Episode {
    /// Draws `ways` classes, an example of each, and a second one of one of them, all uniformly.
    ///
    /// Classes with a single example are left out. Source: Vinyals, Blundell, Lillicrap, Kavukcuoglu & Wierstra 2016,
    /// "Matching Networks for One Shot Learning", NIPS.
    ///
    /// # Panics
    ///
    /// When `ways` is below 2, or fewer classes than that have two examples.
    ///
    /// ```
    /// # use dl_interview::{data::rng, models::Episode};
    /// let episode = Episode::draw(&ndarray::array![0, 0, 0, 1, 1, 1, 2], 2, &mut rng(42));
    /// assert!(!episode.support.contains(&6)); // the only one of its class
    /// assert!(!episode.support.contains(&episode.query));
    /// ```
    #[track_caller]
    pub fn draw(labels: &Array1<usize>, ways: usize, rng: &mut impl rand::Rng) -> Episode {
        assert!(ways >= 2, "Episode::draw(…, {ways}, …): there is nothing to choose from; give 2 ways or more");
        Episode::of(&members("Episode::draw", labels, ways), ways, rng)
    }

    fn of(members: &[Vec<usize>], ways: usize, rng: &mut impl rand::Rng) -> Episode {
        let mut classes: Vec<&Vec<usize>> = members.iter().collect();
        let (classes, _) = classes.partial_shuffle(rng, ways);
        let answer = rng.random_range(0..ways);
        let drawn: Vec<[usize; 2]> = classes.iter().map(|class| two(class.len(), rng).map(|i| class[i])).collect();
        Episode { support: drawn.iter().map(|[first, _]| *first).collect(), query: drawn[answer][1], answer }
    }
}

/// The share of one-shot episodes, from 0 to 1, in which the support's example nearest to the query has its class.
///
/// The inputs may be anything that a Euclidean distance makes sense for: pixels, or what [`embed`] makes of them. Chance is
/// 1 / `ways`. Nothing is trained here; take classes that the training has not seen. The standard error is at most
/// 1 / (2 √`episodes`).
///
/// # Panics
///
/// When there is no episode, `ways` is below 2, or fewer classes than that have two examples.
///
/// ```
/// use dl_interview::data::{glyphs, rng};
/// use dl_interview::models::one_shot_accuracy;
///
/// let mut rng = rng(42);
/// let pixels = one_shot_accuracy(&glyphs(30, 10, &mut rng), 5, 1000, &mut rng);
/// assert!((0.4..0.8).contains(&pixels));
/// ```
#[track_caller]
pub fn one_shot_accuracy(examples: &Examples, ways: usize, episodes: usize, rng: &mut impl rand::Rng) -> Real {
    assert!(ways >= 2, "one_shot_accuracy(…, {ways}, …): there is nothing to choose from; give 2 ways or more");
    assert!(episodes > 0, "one_shot_accuracy: 0 episodes have no mean; give 1 or more");
    let members = members("one_shot_accuracy", &examples.labels, ways);
    let right = (0..episodes).filter(|_| {
        let Episode { support, query, .. } = Episode::of(&members, ways, rng);
        let rule = NearestNeighbors::new(&examples.select(&support), 1);
        let query = examples.select(&[query]);
        rule.classify(&query.inputs)[0] == query.labels[0]
    });
    right.count() as Real / episodes as Real
}

/// The examples of each class that has at least two.
#[track_caller]
fn members(caller: &str, labels: &Array1<usize>, least: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); labels.iter().max().map_or(0, |label| label + 1)];
    labels.iter().enumerate().for_each(|(i, &label)| members[label].push(i));
    members.retain(|class| class.len() >= 2);
    assert!(
        members.len() >= least,
        "{caller}: {} classes have two examples or more, but {least} must; give more examples",
        members.len()
    );
    members
}

/// Two examples of one class, or of two.
fn pair(members: &[Vec<usize>], same: bool, rng: &mut impl rand::Rng) -> (usize, usize) {
    let [one, other] = two(members.len(), rng).map(|class| &members[class]);
    if same {
        let [i, j] = two(one.len(), rng);
        (one[i], one[j])
    } else {
        (one[rng.random_range(0..one.len())], other[rng.random_range(0..other.len())])
    }
}

/// Two different numbers below `n`, all pairs equally likely.
fn two(n: usize, rng: &mut impl rand::Rng) -> [usize; 2] {
    let first = rng.random_range(0..n);
    [first, (first + rng.random_range(1..n)) % n]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{glyphs, pure_noise, rng};
    use crate::models::mlp;
    use crate::nn::Activation;
    use ndarray::{Array2, array};

    #[test]
    fn pairs_are_of_the_same_class_or_not_and_every_one_occurs() {
        let labels = array![0, 0, 0, 2, 2, 3, 4, 4]; // class 1 has no example, class 3 a single one
        let members = members("test", &labels, 3);
        assert_eq!(members, [vec![0, 1, 2], vec![3, 4], vec![6, 7]]);
        let mut rng = rng(1);
        for (same, expected) in [(true, 6 + 2 + 2), (false, 2 * (3 * 2 + 3 * 2 + 2 * 2))] {
            let mut pairs: Vec<_> = (0..2000).map(|_| pair(&members, same, &mut rng)).collect();
            assert!(pairs.iter().all(|&(i, j)| i != j && (labels[i] == labels[j]) == same));
            pairs.sort();
            pairs.dedup();
            assert_eq!(pairs.len(), expected);
        }
    }

    #[test]
    fn every_class_and_every_place_is_asked_for() {
        let labels = Array1::from_shape_fn(40, |i| i / 4);
        let (mut asked, mut answers, mut rng) = ([0; 10], [0; 5], rng(1));
        for _ in 0..2000 {
            let Episode { support, query, answer } = Episode::draw(&labels, 5, &mut rng);
            let mut classes: Vec<usize> = support.iter().map(|&i| labels[i]).collect();
            assert_eq!(classes[answer], labels[query]);
            assert!(!support.contains(&query));
            classes.sort();
            classes.dedup();
            assert_eq!(classes.len(), 5);
            asked[labels[query]] += 1;
            answers[answer] += 1;
        }
        assert!(asked.iter().all(|&times| (130..270).contains(&times)), "{asked:?}");
        assert!(answers.iter().all(|&times| (320..480).contains(&times)), "{answers:?}");
    }

    #[test]
    fn the_accuracy_lies_between_chance_and_certainty() {
        let labels = Array1::from_shape_fn(60, |i| i / 2);
        let accuracy =
            |inputs, ways| one_shot_accuracy(&Examples { inputs, labels: labels.clone() }, ways, 4000, &mut rng(1));
        assert_eq!(accuracy(Array2::from_shape_fn((60, 1), |(i, _)| (i / 2) as Real), 5), 1.0);
        // Where all lie on one point, the order of the support decides, which is random.
        for (ways, chance) in [(2, 0.5), (5, 0.2), (20, 0.05)] {
            let accuracy = accuracy(Array2::zeros((60, 3)), ways);
            assert!((accuracy - chance).abs() < 0.035, "{accuracy} of {chance}");
        }
    }

    #[test]
    fn a_distance_learned_on_many_classes_beats_pixels_on_new_ones() {
        let mut rng = rng(1);
        let (background, unseen) = (glyphs(300, 10, &mut rng), glyphs(30, 10, &mut rng));
        let mut learned = |classes: usize| {
            let net = mlp(&[400, 128, 32], Activation::Relu, &mut rng);
            let knobs = SiameseTraining { steps: 700, ..Default::default() };
            train_siamese(&net, &background.first(10 * classes), &knobs, &mut rng);
            one_shot_accuracy(&embed(&net, &unseen), 5, 2000, &mut rng)
        };
        let (few, many) = (learned(5), learned(300));
        let pixels = one_shot_accuracy(&unseen, 5, 2000, &mut rng);
        assert!(pixels > 0.4, "{pixels}");
        assert!(many >= pixels + 0.06, "{many} learned on 300 classes, {pixels} with pixels");
        assert!(few <= many - 0.12, "{few} learned on 5 classes, {many} on 300");
    }

    #[test]
    #[should_panic(expected = "train_siamese: 1 classes have two examples or more, but 2 must")]
    fn one_class_teaches_no_distance() {
        let examples = Examples { inputs: Array2::zeros((3, 4)), labels: array![0, 0, 1] };
        let net = mlp(&[4, 2], Activation::Relu, &mut rng(1));
        train_siamese(&net, &examples, &SiameseTraining::default(), &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "train_siamese: the value in row 3, column 1 is inf")]
    fn inputs_are_numbers() {
        let mut examples = pure_noise(8, 2, 2, &mut rng(1));
        examples.inputs[[3, 1]] = Real::INFINITY;
        let net = Net::new(vec![]);
        train_siamese(&net, &examples, &SiameseTraining::default(), &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "one_shot_accuracy: 3 classes have two examples or more, but 5 must")]
    fn there_are_not_enough_classes() {
        one_shot_accuracy(&glyphs(3, 2, &mut rng(1)), 5, 10, &mut rng(1));
    }

    #[test]
    #[should_panic(expected = "there is nothing to choose from")]
    fn one_way_is_no_choice() {
        Episode::draw(&array![0, 0], 1, &mut rng(1));
    }
}
