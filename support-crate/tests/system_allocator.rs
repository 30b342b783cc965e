//! The arithmetic of memory against an allocator that counts every byte.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use dl_interview::data::rng;
use dl_interview::nn::{Activation, Layer, Loss, Net, contrastive};
use dl_interview::optim::Optimizer;
use dl_interview::system::{MemoryPlan, Precision, checkpointed_backward, graph_bytes, summary};
use dl_interview::tensor::{Real, Tensor, no_grad};
use ndarray::{Array1, Array2, ArrayD};

/// The system's allocator, with a tally of what the threads that work for a test take and give back. The others, those of the
/// test harness, may do so at any moment.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

fn tally(bytes: isize) {
    if COUNTS.get() {
        let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
        PEAK.fetch_max(live, Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        tally(layout.size() as isize);
        // SAFETY: the caller keeps the promises that `alloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        tally(-(layout.size() as isize));
        // SAFETY: `at` came from `System.alloc` with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time, or they would count each other's bytes. What a thread gives back when it ends, its buffer for products,
/// would count in the next test.
struct Alone {
    _guard: MutexGuard<'static, ()>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        COUNTS.set(false);
    }
}

fn alone() -> Alone {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(|failed| failed.into_inner());
    // What is made once and stays: the threads of rayon, and in each thread a buffer for products as large as its cache.
    let multiply = || {
        let matrix = |n, m| Tensor::new(ArrayD::zeros(vec![n, m]));
        no_grad(|| matrix(40, 40).matmul(&matrix(40, 4096)));
    };
    rayon::broadcast(|_| {
        COUNTS.set(true);
        multiply();
    });
    COUNTS.set(true);
    multiply();
    Alone { _guard: guard }
}

/// Bytes more than before, at most and in the end, while `work` runs and what it returns lives.
fn count<T>(work: impl FnOnce() -> T) -> (usize, usize, T) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = work();
    let more = |now: isize| usize::try_from(now - before).expect("nothing from before is given back");
    (more(PEAK.load(Relaxed)), more(LIVE.load(Relaxed)), result)
}

fn close(counted: usize, formula: usize, share: f64, what: &str) {
    let off = counted as f64 / formula as f64 - 1.0;
    println!("{what}: counted {counted}, formula {formula}, off by {:.2} %", off * 100.0);
    assert!(off.abs() <= share, "{what}: counted {counted}, formula {formula}, off by {:.2} %", off * 100.0);
}

fn mlp() -> Net {
    let mut rng = rng(42);
    Net::new(vec![
        Layer::linear(784, 256, &mut rng),
        Layer::relu(),
        Layer::linear(256, 128, &mut rng),
        Layer::tanh(),
        Layer::linear(128, 10, &mut rng),
    ])
}

fn cnn() -> Net {
    let mut rng = rng(42);
    Net::new(vec![
        Layer::conv2d(1, 8, 3, &mut rng).padding(1),
        Layer::relu(),
        Layer::max_pool(2),
        Layer::conv2d(8, 16, 3, &mut rng).padding(1),
        Layer::relu(),
        Layer::avg_pool(2),
        Layer::flatten(),
        Layer::linear(784, 256, &mut rng),
        Layer::sigmoid(),
        Layer::linear(256, 10, &mut rng),
    ])
}

/// One layer of each other kind.
fn zoo() -> Net {
    let mut rng = rng(42);
    Net::new(vec![
        Layer::conv2d(1, 8, 3, &mut rng).padding(1).stride(2),
        Layer::batch_norm(8),
        Layer::Activation(Activation::prelu()),
        Layer::conv_transpose2d(8, 4, 4, &mut rng).stride(2).padding(1),
        Layer::Activation(Activation::Identity),
        Layer::dropout(0.2, &mut rng),
        Layer::max_pool(2).stride(1),
        Layer::flatten(),
        Layer::layer_norm(4 * 27 * 27),
        Layer::linear(4 * 27 * 27, 32, &mut rng),
        Layer::Activation(Activation::Softmax),
        Layer::linear(32, 1, &mut rng).without_bias(),
    ])
}

fn batch(examples: usize, shape: &[usize]) -> Tensor {
    let shape: Vec<usize> = [examples].iter().chain(shape).copied().collect();
    Tensor::new(ArrayD::from_elem(shape, 0.1))
}

fn optimizers() -> [Optimizer; 3] {
    [Optimizer::sgd(0.01), Optimizer::sgd(0.01).momentum(0.9), Optimizer::adam(0.001)]
}

/// The second step of training, when the optimizer remembers something: bytes at the worst moment, and after it while the
/// graph still lives.
fn step(build: fn() -> Net, examples: usize, shape: &[usize], optimizer: &Optimizer) -> (usize, usize) {
    let (_, before, (net, mut optimizer)) = count(|| {
        let (net, mut optimizer) = (build(), optimizer.clone());
        net.forward(&batch(2, shape)).sum().backward();
        optimizer.step(&net.parameters());
        optimizer.zero_grad(&net.parameters());
        (net, optimizer)
    });
    let (peak, after, _graph) = count(|| {
        let loss = net.forward(&batch(examples, shape)).sum();
        loss.backward();
        optimizer.step(&net.parameters());
        loss
    });
    (before + peak, before + after)
}

#[test]
fn a_training_step_takes_what_the_formula_says() {
    let _alone = alone();
    let images = &[1, 28, 28][..];
    let cases = [("MLP", mlp as fn() -> Net, &[784][..]), ("CNN", cnn, images), ("zoo", zoo, images)];
    for (name, build, shape) in cases {
        let summary = summary(&build(), shape);
        for examples in [32, 64, 256] {
            for optimizer in optimizers() {
                let plan = summary.memory(examples, &optimizer, Precision::native());
                let what = format!("{name}, {examples} examples, {optimizer}");
                let (peak, after) = step(build, examples, shape, &optimizer);
                close(peak, plan.total(), 0.02, &format!("{what}, peak"));
                let end = summary.timeline(examples, &optimizer, Precision::native(), 1).pop().unwrap().1;
                close(after, end, 0.02, &format!("{what}, end"));
            }
        }
    }
}

#[test]
fn adam_keeps_two_numbers_per_parameter_more_than_sgd() {
    let _alone = alone();
    let [sgd, momentum, adam] = optimizers().map(|optimizer| step(mlp, 16, &[784], &optimizer).1);
    let parameters = mlp().parameter_count() * Precision::native().bytes_per_value();
    close(adam - sgd, 2 * parameters, 0.01, "Adam − SGD");
    close(momentum - sgd, parameters, 0.01, "momentum − SGD");
}

#[test]
fn activations_grow_linearly_with_the_batch() {
    let _alone = alone();
    let net = cnn();
    let sizes = [8.0, 16.0, 32.0, 64.0, 128.0];
    let bytes = sizes.map(|n| {
        let (_, live, _graph) = count(|| net.forward(&batch(n as usize, &[1, 28, 28])));
        live as f64
    });
    // R² of the straight line that fits best.
    let mean = |x: [f64; 5]| x.iter().sum::<f64>() / 5.0;
    let (mx, my) = (mean(sizes), mean(bytes));
    let sum = |f: &dyn Fn(f64, f64) -> f64| sizes.iter().zip(bytes).map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
    let r2 = sum(&|x, y| x * y).powi(2) / (sum(&|x, _| x * x) * sum(&|_, y| y * y));
    assert!(r2 >= 0.999, "{r2}");
}

#[test]
fn the_graph_counts_itself_as_the_allocator_does() {
    let _alone = alone();
    for (build, shape) in [(mlp as fn() -> Net, &[784][..]), (cnn, &[1, 28, 28]), (zoo, &[1, 28, 28])] {
        let (_, live, (net, loss)) = count(|| {
            let net = build();
            let loss = net.forward(&batch(64, shape)).sum();
            (net, loss)
        });
        close(live, graph_bytes(&loss).total(), 0.01, "before the sweep");
        let plan = summary(&net, shape).memory(64, &Optimizer::sgd(0.1), Precision::native());
        let MemoryPlan { parameters, input, activations, .. } = plan;
        close(graph_bytes(&loss).total(), parameters + input + activations, 1e-4, "graph and formula");
    }
}

#[test]
fn inference_takes_what_the_formula_says() {
    let _alone = alone();
    for (build, shape) in [(mlp as fn() -> Net, &[784][..]), (cnn, &[1, 28, 28])] {
        let (peak, ..) = count(|| {
            let net = build();
            no_grad(|| net.forward(&batch(1024, shape)))
        });
        close(peak, summary(&build(), shape).inference_bytes(1024, Precision::native()), 0.02, "inference");
    }
}

fn deep() -> Net {
    let mut rng = rng(42);
    Net::new((0..16).map(|_| Layer::linear(64, 64, &mut rng)).collect())
}

#[test]
fn checkpoints_save_memory_and_change_no_gradient() {
    let _alone = alone();
    let (optimizer, precision) = (Optimizer::sgd(0.1), Precision::native());
    let (net, x) = (deep(), batch(8000, &[64]));
    let summary = summary(&net, &[64]);
    // What is there before: the weights and the batch.
    let there = summary.timeline(8000, &optimizer, precision, 1)[0].1;
    let mut gradients = Vec::new();
    let mut peaks = Vec::new();
    for segments in [1, 2, 4, 8, 16] {
        net.parameters().iter().for_each(Tensor::zero_grad);
        let (peak, ..) = count(|| checkpointed_backward(&net, &x, segments, Tensor::sum));
        let formula = summary.peak(8000, &optimizer, precision, segments);
        close(there + peak, formula, 0.02, &format!("{segments} segments"));
        gradients.push(net.parameters().iter().map(Tensor::grad).collect::<Vec<_>>());
        peaks.push((there + peak) as f64);
    }
    assert!(gradients.iter().all(|other| other == &gradients[0]));
    assert!(peaks[2] <= 0.7 * peaks[0], "{peaks:?}");
    assert!(peaks[2] < peaks[1] && peaks[2] < peaks[4], "√16 segments are best: {peaks:?}");
}

#[test]
fn what_other_threads_take_does_not_count() {
    let _alone = alone();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                let many: Vec<Vec<u8>> = (1..100).map(|i| vec![0; 1000 * i]).collect();
                drop(std::hint::black_box(many));
            }
        });
        for _ in 0..2000 {
            let (peak, live, _numbers) = count(|| {
                drop(std::hint::black_box(vec![0_u8; 5000]));
                vec![0_u8; 1000]
            });
            assert_eq!((peak, live), (5000, 1000));
        }
        stop.store(true, Relaxed);
    });
}

fn reaches(result: &Tensor, leaf: &Tensor) -> bool {
    result.is(leaf) || result.inputs().iter().any(|input| reaches(input, leaf))
}

#[test]
fn every_operation_tells_what_it_keeps() {
    let _alone = alone();
    let (n, d) = (40, 1000);
    let numbers = |seed: usize| Array2::from_shape_fn((n, d), |(i, j)| ((i * 7 + j * 13 + seed) % 19) as Real / 20.0);
    let (x, y) = (Tensor::parameter(numbers(0)), Tensor::parameter(numbers(5)));
    let (images, kernels) = (x.reshape(&[n, 10, 10, 10]), Tensor::parameter(ArrayD::ones(vec![10, 10, 3, 3])));
    let vector = |n| Tensor::parameter(Array1::ones(n));
    let (ten, long, condition) = (vector(10), vector(d), Tensor::new(numbers(3).mapv(Real::round)));
    let (labels, values) = (Array1::from_iter((0..n).map(|i| i % d)), numbers(2));
    let rows: Vec<usize> = (0..5 * d).map(|i| i % n).collect();
    let columns: Vec<usize> = (0..n * d).map(|i| i % 10).collect();
    let turned = images.permute(&[0, 1, 3, 2]);
    let operations: [(&str, &dyn Fn() -> Tensor); 32] = [
        ("exp", &|| x.exp()),
        ("affine", &|| x.affine(2.0, 1.0)),
        ("relu", &|| x.relu()),
        ("add", &|| &x + &long),
        ("mul", &|| &x * &y),
        ("div", &|| &x / &y),
        ("maximum", &|| x.maximum(&y)),
        ("where_else", &|| condition.where_else(&x, &y)),
        ("sum", &|| x.sum()),
        ("mean_axes", &|| x.mean_axes(&[0])),
        ("max_axis", &|| x.max_axis(0)),
        ("min_axis", &|| x.min_axis(0)),
        ("softmax", &|| x.softmax(1)),
        ("log_softmax", &|| x.log_softmax(1)),
        ("matmul", &|| x.matmul(&y.t())),
        ("permute", &|| x.permute(&[1, 0])),
        ("reshape of what lies the other way round", &|| x.t().reshape(&[n, d])),
        ("slice", &|| x.slice(1, 10, 900)),
        ("concat", &|| Tensor::concat(0, &[x.clone(), y.clone()])),
        ("gather_rows", &|| x.reshape(&[n * d, 1]).gather_rows(&rows)),
        ("pick", &|| x.reshape(&[n * d / 10, 10]).pick(&columns[..n * d / 10])),
        ("dropout", &|| x.dropout(0.5, &mut rng(1))),
        ("max_pool2d", &|| images.max_pool2d(2, 2)),
        ("avg_pool2d", &|| images.avg_pool2d(2, 2)),
        ("conv2d", &|| images.conv2d(&kernels, &ten, 1, 1)),
        ("conv2d of what lies the other way round", &|| turned.conv2d(&kernels, &ten, 1, 1)),
        ("conv_transpose2d of the same", &|| turned.conv_transpose2d(&kernels, &ten, 1, 1)),
        ("batch_norm", &|| x.batch_norm(&long, &long, 1e-5).0),
        ("layer_norm", &|| x.reshape(&[n * d / 10, 10]).layer_norm(&ten, &ten, 1e-5)),
        ("cross_entropy", &|| Loss::cross_entropy().of(&x, &labels)),
        ("mse", &|| Loss::Mse.of(&x, &values)),
        ("contrastive", &|| contrastive(&x, &y, &vec![true; n], 1.0)),
    ];
    for (name, operation) in operations {
        let (_, live, result) = count(operation);
        // What was there before: the leaves, whose numbers the images share.
        let before: usize =
            [&x, &y, &kernels, &ten, &long].iter().filter(|leaf| reaches(&result, leaf)).map(|leaf| leaf.len()).sum();
        let told = graph_bytes(&result).total() - before * size_of::<Real>();
        println!("{name}: counted {live}, told {told}");
        // The nodes themselves take some hundred bytes each; what is put aside here, 8000 and more.
        assert!(live.abs_diff(told) < 7000, "{name}: counted {live}, told {told}");
    }
}
