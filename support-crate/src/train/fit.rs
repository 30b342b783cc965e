//! The loop over epochs.

use ndarray::{Array1, Array2, ArrayD, Axis, Slice};

use super::History;
use super::watch::{dead_units, update_ratios};
use crate::data::{Augment, Examples, minibatches, rng, rows};
use crate::nn::{self, Layer, Loss, Memory, Net, Targets, l1, l2, one_hot};
use crate::optim::{Optimizer, Schedule, grad_norm};
use crate::progress::{Progress, is_interrupted, training_operations};
use crate::tensor::{Real, Tensor, distinct, no_grad};

/// How to train: name what differs, and take the rest from `Fit::default()`.
///
/// ```
/// use dl_interview::optim::Optimizer;
/// use dl_interview::train::Fit;
///
/// let how = Fit { epochs: 3, optimizer: Optimizer::sgd(0.1).momentum(0.9), ..Fit::default() };
/// assert_eq!((how.epochs, how.batch), (3, 64));
/// ```
#[derive(Clone, Debug)]
pub struct Fit {
    /// How many times the training examples are gone through. Default 5.
    pub epochs: usize,
    /// Examples in a mini-batch; the last one of an epoch may be smaller. (If only one example were left for it, a net with
    /// batch normalization gets that one with the batch before: a single example has no variance.) Default 64.
    pub batch: usize,
    /// The update rule with its learning rate; every call starts with an empty memory. Default Adam, 0.001.
    pub optimizer: Optimizer,
    /// How the learning rate changes over the steps. Default: not at all.
    pub schedule: Schedule,
    /// What is made small. Default cross-entropy.
    pub loss: Loss,
    /// λ of the penalty λ Σ |w| over all weights (not biases). Default 0.
    pub l1: Real,
    /// λ of the penalty λ Σ w² over all weights (not biases). For plain SGD this is `weight_decay(2 λ)`, except that the
    /// optimizer's decay also pulls at the biases. Default 0.
    pub l2: Real,
    /// Changes applied to the images of every batch, anew each time. Default none.
    pub augment: Vec<Augment>,
    /// Early stopping: end after this many epochs in a row without a lower validation loss, and in any case restore the
    /// weights of the best epoch, also when the training is stopped, diverges or panics. Default: never. Source: Prechelt 1998, "Early Stopping, But When?", in Neural Networks:
    /// Tricks of the Trade, Springer.
    pub patience: Option<usize>,
    /// The seed of the order of the examples, and of the augmentation, which does not change the order. Default 42.
    pub seed: u64,
    /// Whether a loss that is no longer finite ends the training with a note in the history, instead of a panic. For
    /// experiments that look at divergence. Default no.
    pub may_diverge: bool,
    /// Whether a training of more than about two seconds prints up to a dozen lines on its way. Default yes.
    pub progress: bool,
}

impl Default for Fit {
    fn default() -> Fit {
        Fit {
            epochs: 5,
            batch: 64,
            optimizer: Optimizer::adam(1e-3),
            schedule: Schedule::Constant,
            loss: Loss::cross_entropy(),
            l1: 0.0,
            l2: 0.0,
            augment: Vec::new(),
            patience: None,
            seed: 42,
            may_diverge: false,
            progress: true,
        }
    }
}

/// Trains `net` to classify, with mini-batch gradient descent, and returns what happened on the way.
///
/// The net is left in training mode; [`Net::predict`] and [`Net::accuracy`] evaluate it correctly in either. JupyterLab's
/// stop button ends the training after the step it is at; net and history keep what there is by then (`History::stopped`).
///
/// # Panics
///
/// When there is no example, a label does not fit the net's outputs, a knob of `how` makes no sense (a batch of 0,
/// patience without validation examples), or the loss is no longer finite: the message names the epoch and the step.
///
/// ```
/// use dl_interview::data::{moons, rng};
/// use dl_interview::nn::{Layer, Net};
/// use dl_interview::optim::Optimizer;
/// use dl_interview::train::{Fit, fit};
///
/// let rng = &mut rng(42);
/// let data = moons(300, 0.1, rng);
/// let net = Net::new(vec![Layer::linear(2, 16, rng), Layer::relu(), Layer::linear(16, 2, rng)]);
/// let how = Fit { epochs: 40, batch: 30, optimizer: Optimizer::adam(0.02), ..Fit::default() };
/// let history = fit(&net, &data, None, &how);
/// assert!(*history.train_accuracy.last().unwrap() > 0.97);
/// ```
#[track_caller]
pub fn fit(net: &Net, train: &Examples, valid: Option<&Examples>, how: &Fit) -> History {
    run(net, Data::of(train), valid.map(Data::of), how, |_, _| ())
}

/// [`fit`], with a look at the net after each epoch: `look` gets the number of the epoch, from 1, and the net.
///
/// For what the history does not hold: another metric, snapshots of the weights, pictures.
///
/// # Panics
///
/// As [`fit`].
///
/// ```
/// use dl_interview::data::{moons, rng};
/// use dl_interview::models::mlp;
/// use dl_interview::nn::Activation;
/// use dl_interview::train::{Fit, fit_with};
///
/// let (data, net) = (moons(100, 0.1, &mut rng(42)), mlp(&[2, 8, 2], Activation::Tanh, &mut rng(42)));
/// let mut snapshots = Vec::new();
/// fit_with(&net, &data, None, &Fit { epochs: 3, ..Fit::default() }, |_, net| snapshots.push(net.state()));
/// assert_eq!(snapshots.len(), 3);
/// ```
#[track_caller]
pub fn fit_with(
    net: &Net,
    train: &Examples,
    valid: Option<&Examples>,
    how: &Fit,
    look: impl FnMut(usize, &Net),
) -> History {
    run(net, Data::of(train), valid.map(Data::of), how, look)
}

/// Trains `net` to give `targets` (n × k) for `inputs` (n × d): a regression, or an autoencoder. Like [`fit`] otherwise;
/// the loss is one on numbers, such as [`Loss::Mse`].
///
/// # Panics
///
/// As [`fit`], and when the rows of inputs and targets differ in number.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::{Layer, Loss, Net};
/// use dl_interview::optim::Optimizer;
/// use dl_interview::train::{Fit, fit_values};
/// use ndarray::Array2;
///
/// let x = Array2::from_shape_fn((100, 1), |(i, _)| i as _) / 100.0;
/// let net = Net::new(vec![Layer::linear(1, 1, &mut rng(42))]);
/// let how = Fit { epochs: 200, optimizer: Optimizer::sgd(0.1), loss: Loss::Mse, ..Fit::default() };
/// let history = fit_values(&net, (&x, &(2.0 * &x)), None, &how);
/// assert!(*history.train_loss.last().unwrap() < 1e-3);
/// ```
#[track_caller]
pub fn fit_values(
    net: &Net,
    train: (&Array2<Real>, &Array2<Real>),
    valid: Option<(&Array2<Real>, &Array2<Real>)>,
    how: &Fit,
) -> History {
    fn data<'a>((inputs, targets): (&'a Array2<Real>, &'a Array2<Real>)) -> Data<'a> {
        Data { inputs, goal: Goal::Values(targets) }
    }
    run(net, data(train), valid.map(data), how, |_, _| ())
}

/// The mean loss and the accuracy of `net`, run as in evaluation, on all `examples`.
///
/// # Panics
///
/// When there is no example, or a label does not fit the net's outputs.
///
/// ```
/// use dl_interview::data::Examples;
/// use dl_interview::nn::{Loss, Net};
/// use dl_interview::train::evaluate;
/// use ndarray::array;
///
/// let examples = Examples { inputs: array![[0.0, 0.0], [0.0, 0.0]], labels: array![0, 1] };
/// let (loss, accuracy) = evaluate(&Net::new(vec![]), &examples, &Loss::cross_entropy());
/// assert!((loss - 2f32.ln() as dl_interview::tensor::Real).abs() < 1e-6);
/// assert_eq!(accuracy, 0.5);
/// ```
#[track_caller]
pub fn evaluate(net: &Net, examples: &Examples, loss: &Loss) -> (Real, Real) {
    let data = Data::of(examples);
    data.check("evaluate", "");
    data.evaluate(net, loss)
}

fn is_finite(tensor: &Tensor) -> bool {
    tensor.with_value(|value| value.iter().all(|x| x.is_finite()))
}

/// Inputs and what the net shall make of them.
#[derive(Clone, Copy)]
struct Data<'a> {
    inputs: &'a Array2<Real>,
    goal: Goal<'a>,
}

#[derive(Clone, Copy)]
enum Goal<'a> {
    Labels(&'a Array1<usize>),
    Values(&'a Array2<Real>),
}

impl Data<'_> {
    fn of(examples: &Examples) -> Data<'_> {
        Data { inputs: &examples.inputs, goal: Goal::Labels(&examples.labels) }
    }

    fn len(&self) -> usize {
        self.inputs.nrows()
    }

    #[track_caller]
    fn check(&self, caller: &str, what: &str) {
        let goals = match self.goal {
            Goal::Labels(labels) => labels.len(),
            Goal::Values(values) => values.nrows(),
        };
        assert!(self.len() > 0, "{caller}: there are no {what}examples; give one or more");
        assert!(
            self.len() == goals,
            "{caller}: {} {what}inputs but {goals} targets; there must be one for each",
            self.len()
        );
    }

    /// The loss of `outputs`, those of the examples at `indices`, and how many were classified rightly.
    #[track_caller]
    fn judge(&self, outputs: &Tensor, indices: &[usize], loss: &Loss) -> (Tensor, usize) {
        match self.goal {
            Goal::Values(values) => (loss.of(outputs, &rows(values, indices)), 0),
            Goal::Labels(labels) => {
                let labels = labels.select(Axis(0), indices);
                let guesses = classes(outputs, loss).into_iter().zip(&labels);
                let right = guesses.filter(|(class, label)| *class == Some(**label)).count();
                (loss.of(outputs, targets(outputs, &labels, loss)), right)
            }
        }
    }

    /// Why a step on the examples at `indices` has no finite loss or gradient, and the way out.
    fn reason(&self, indices: &[usize], net: &Net, history: &History, lr: Real) -> String {
        let values = match self.goal {
            Goal::Labels(_) => None,
            Goal::Values(values) => Some(("targets", values)),
        };
        for (what, numbers) in [("inputs", self.inputs)].into_iter().chain(values) {
            for &i in indices {
                if let Some((column, number)) = numbers.row(i).iter().enumerate().find(|(_, x)| !x.is_finite()) {
                    return format!(
                        ": the {what} of training example {i} hold {number}, in column {column} (both counted from 0). Leave \
                         out examples that are not finite, or fill in what is missing"
                    );
                }
            }
        }
        if let ([_], Some((name, _))) =
            (&history.step_loss[..], net.named_parameters().iter().find(|(_, w)| !is_finite(w)))
        {
            return format!(
                ": the net's {name} was not finite when the training began. Start from a net that is, such as a new one"
            );
        }
        format!(
            ", with the learning rate at {lr}. Lower the learning rate, scale the inputs, or clip the gradients \
             (Optimizer::clip_norm); to look at a divergence, set may_diverge: true"
        )
    }

    #[track_caller]
    fn evaluate(&self, net: &Net, loss: &Loss) -> (Real, Real) {
        let all: Vec<usize> = (0..self.len()).collect();
        let outputs = Tensor::new(net.predict(self.inputs));
        let (loss, right) = no_grad(|| self.judge(&outputs, &all, loss));
        (loss.item(), right as Real / self.len() as Real)
    }
}

/// The labels in the form that the loss compares with: a loss on numbers gets 1 for the class and 0 for the others, or,
/// where a single output tells two classes apart, the label itself (the hinge loss −1 and 1).
#[track_caller]
fn targets(outputs: &Tensor, labels: &Array1<usize>, loss: &Loss) -> Targets {
    if matches!(loss, Loss::CrossEntropy { .. } | Loss::MultiHinge) {
        return labels.into();
    }
    let columns = outputs.shape().get(1).copied().unwrap_or(1);
    let mut values = if columns > 1 {
        one_hot(labels, columns)
    } else {
        assert!(
            labels.iter().all(|&label| label < 2),
            "fit: a single output tells two classes apart, 0 and 1, but there are more; give one output per class"
        );
        labels.mapv(|label| label as Real).insert_axis(Axis(1))
    };
    if *loss == Loss::Hinge {
        values = values * 2.0 - 1.0;
    }
    (&values).into()
}

/// The class that each row of `outputs` stands for: the largest, or, with a single output, whether it is on the side of 1. NaN
/// stands for none.
fn classes(outputs: &Tensor, loss: &Loss) -> Vec<Option<usize>> {
    let border = if matches!(loss, Loss::BceWithLogits | Loss::Hinge) { 0.0 } else { 0.5 };
    outputs.with_value(|outputs| match outputs.shape() {
        [_, 1] => outputs.iter().map(|&x| (!x.is_nan()).then_some(usize::from(x > border))).collect(),
        _ => nn::classes(outputs),
    })
}

#[track_caller]
fn run(net: &Net, train: Data, valid: Option<Data>, how: &Fit, mut look: impl FnMut(usize, &Net)) -> History {
    train.check("fit", "training ");
    if let Some(valid) = valid {
        valid.check("fit", "validation ");
    }
    how.check(valid.is_some());
    join_the_workers(net);
    let classifies = matches!(train.goal, Goal::Labels(_));
    let normalizes = net.layers.iter().any(|layer| matches!(layer, Layer::BatchNorm { .. }));
    let params = net.parameters();
    let weights: Vec<Tensor> = net.layers.iter().filter_map(|layer| layer.weight()).collect();
    let weights: Vec<Tensor> = distinct(&weights).cloned().collect();
    let probe = train.inputs.slice_axis(Axis(0), Slice::from(..train.len().min(PROBE))).to_owned();
    let (mut order, mut draws) = (rng(how.seed), rng(how.seed ^ AUGMENTATION));
    let mut optimizer = how.optimizer.clone();
    let mut history = History::default();
    let (mut lowest, mut best) = (Real::INFINITY, Best { net, state: Vec::new() });
    let operations = training_operations(net, &probe) * (train.len() * how.epochs) as f64;
    let mut progress = Progress::new(how.epochs, operations, how.progress);

    net.train();
    for epoch in 1..=how.epochs {
        let mut batches = minibatches(train.len(), how.batch, &mut order).to_vec();
        if normalizes && batches.len() > 1 && batches.last().is_some_and(|last| last.len() == 1) {
            let left = batches.pop().unwrap_or_default();
            batches.last_mut().expect("there were two").extend(left);
        }
        let (base, total) = (how.optimizer.lr(), how.epochs * batches.len());
        let (mut loss_sum, mut right, mut seen) = (0.0_f64, 0, 0);
        for (step, batch) in batches.iter().enumerate() {
            optimizer.set_lr(how.schedule.rate(base, (epoch - 1) * batches.len() + step, total));
            let mut inputs = rows(train.inputs, batch);
            for change in &how.augment {
                inputs = change.apply(&inputs, &mut draws);
            }
            let untaken = Untaken { net, memories: Memory::of(&net.layers) };
            let (loss, right_here) = train.judge(&net.forward(&Tensor::new(inputs)), batch, &how.loss);
            loss_sum += f64::from(loss.item()) * batch.len() as f64;
            right += right_here;
            seen += batch.len();
            history.step_loss.push(loss.item());
            history.lr.push(optimizer.lr());
            let goal = how.with_penalties(loss, &weights);
            optimizer.zero_grad(&params);
            goal.backward();
            let norm = grad_norm(&params);
            history.grad_norm.push(norm);
            if !goal.item().is_finite() || !norm.is_finite() {
                history.diverged = Some((epoch, step + 1));
                if how.may_diverge {
                    return history;
                }
                let place = format!("fit: at epoch {epoch}, step {}, the loss is {}", step + 1, goal.item());
                panic!(
                    "{place} and the norm of its gradient {norm}{}",
                    train.reason(batch, net, &history, optimizer.lr())
                );
            }
            if is_interrupted() {
                history.stopped = Some((epoch, step + 1));
            }
            let is_last = step + 1 == batches.len() || history.stopped.is_some();
            let before: Vec<_> = if is_last { params.iter().map(Tensor::value).collect() } else { Vec::new() };
            optimizer.step(&params);
            untaken.taken();
            if is_last {
                history.update_ratios.push(update_ratios(&before, &params));
                history.grad_norms.push(params.iter().map(|param| grad_norm(std::slice::from_ref(param))).collect());
                break;
            }
            progress.line(epoch as f64 - 1.0 + (step + 1) as f64 / batches.len() as f64, || {
                let accuracy = format!(" · accuracy {:.2} %", 100.0 * right as Real / seen as Real);
                format!(
                    "epoch {epoch} of {}, step {} of {} · loss {:.4}{}",
                    how.epochs,
                    step + 1,
                    batches.len(),
                    loss_sum / seen as f64,
                    if classifies { &accuracy } else { "" }
                )
            });
        }
        history.dead_units.push(if probe.nrows() > 1 { dead_units(net, &probe) } else { Vec::new() });
        history.train_loss.push((loss_sum / seen as f64) as Real);
        if classifies {
            history.train_accuracy.push(right as Real / seen as Real);
        }
        if let Some(valid) = valid {
            let (loss, accuracy) = valid.evaluate(net, &how.loss);
            history.valid_loss.push(loss);
            if classifies {
                history.valid_accuracy.push(accuracy);
            }
            if loss < lowest {
                lowest = loss;
                history.best_epoch = Some(epoch);
                if how.patience.is_some() {
                    best.state = net.state();
                }
            }
        }
        look(epoch, net);
        if let Some((_, step)) = history.stopped {
            let place = format!("epoch {epoch} of {}, step {step} of {}", how.epochs, batches.len());
            progress.say_stopped(place, "what was learned until then is kept");
            break;
        }
        progress.line(epoch as f64, || format!("{history} (of {})", how.epochs));
        if how.patience.is_some_and(|patience| epoch >= history.best_epoch.unwrap_or(0) + patience) {
            break;
        }
    }
    history
}

/// The weights of the best epoch so far. The net gets them back when this is dropped: however the training ends.
struct Best<'a> {
    net: &'a Net,
    state: Vec<(String, ArrayD<Real>)>,
}

impl Drop for Best<'_> {
    fn drop(&mut self) {
        if !self.state.is_empty() {
            self.net.load_state(&self.state);
        }
    }
}

/// What the layers remembered before a step. They get it back when this is dropped before the step was taken.
struct Untaken<'a> {
    net: &'a Net,
    memories: Vec<Memory>,
}

impl Untaken<'_> {
    fn taken(mut self) {
        self.memories.clear();
    }
}

impl Drop for Untaken<'_> {
    fn drop(&mut self) {
        Memory::put_back(&self.memories, &self.net.layers);
    }
}

/// Makes this thread one of rayon's. Else each operation that is shared among the threads would put it to sleep and wake it
/// up again: an epoch of a small CNN would take a fifth longer.
fn join_the_workers(net: &Net) {
    use Layer::*;
    // The threads never end, and each cell of a notebook starts its own: not for nets whose layers do not share their work.
    let shares =
        |layer: &Layer| matches!(layer, Conv2d { .. } | ConvTranspose2d { .. } | MaxPool { .. } | AvgPool { .. });
    if net.layers.iter().any(shares) {
        // With this thread as the only one, another thread's convolution would wait for ever while this one waits for it.
        let threads = rayon::ThreadPoolBuilder::new().num_threads(workers().max(2));
        // An error says that they run already, as they were.
        let _ = threads.use_current_thread().build_global();
    }
}

/// As many threads as rayon would start by itself.
fn workers() -> usize {
    let wanted = std::env::var("RAYON_NUM_THREADS").ok().and_then(|threads| threads.parse().ok());
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
    wanted.filter(|&threads| threads > 0).unwrap_or_else(cores)
}

impl Fit {
    #[track_caller]
    fn check(&self, validates: bool) {
        assert!(self.epochs > 0, "fit: 0 epochs train nothing; give 1 or more");
        assert!(
            self.patience.is_none() || validates,
            "fit: patience watches the validation loss, and there are no validation examples; give some, or no patience"
        );
        assert!(self.patience != Some(0), "fit: with a patience of 0 the training would end at once; give 1 or more");
        for (name, value) in [("l1", self.l1), ("l2", self.l2)] {
            assert!(value.is_finite() && value >= 0.0, "fit: {name} is {value}; a penalty is 0 or more");
        }
    }

    fn with_penalties(&self, mut loss: Tensor, weights: &[Tensor]) -> Tensor {
        if self.l1 > 0.0 {
            loss = loss + l1(weights) * self.l1;
        }
        if self.l2 > 0.0 {
            loss = loss + l2(weights) * self.l2;
        }
        loss
    }
}

/// Makes of the seed of the order another one, for the augmentation: with and without it, the order is the same.
const AUGMENTATION: u64 = 0x5eed_a06e;
/// Training examples that are looked at for dead units.
const PROBE: usize = 500;
