//! Seconds per MNIST epoch of the engine, one JSON object a line: `cargo run --release --example epoch`.
//!
//! `bench/compare.py` runs it side by side with numpy, PyTorch and candle.

use std::time::Instant;

use dl_interview::data::{mnist, rng};
use dl_interview::models::{cnn, mlp};
use dl_interview::nn::{Activation, Net};
use dl_interview::optim::Optimizer;
use dl_interview::tensor::Tensor;
use dl_interview::train::{Fit, fit};
use ndarray::Array2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let train = mnist()?.train;
    let mut random = rng(42);
    let mlp_net = |random: &mut _| mlp(&[784, 128, 10], Activation::Relu, random);
    let runs: [(&str, Net, Optimizer); 3] = [
        ("mlp-sgd", mlp_net(&mut random), Optimizer::sgd(0.1)),
        ("mlp-adam", mlp_net(&mut random), Optimizer::adam(1e-3)),
        ("cnn-adam", cnn(&mut random), Optimizer::adam(1e-3)),
    ];
    let wanted = std::env::args().nth(1);
    for (name, net, optimizer) in runs {
        if wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        for _ in 0..2 {
            let start = Instant::now();
            let how = Fit { epochs: 1, batch: 64, optimizer: optimizer.clone(), progress: false, ..Fit::default() };
            let history = fit(&net, &train, None, &how);
            let (seconds, loss) = (start.elapsed().as_secs_f64(), history.train_loss[0]);
            println!(r#"{{"run": "{name}", "seconds": {seconds:.4}, "loss": {loss:.4}, "peak_mb": {}}}"#, peak_mb());
        }
    }
    if wanted.is_none() {
        let (a, b) = (Tensor::new(Array2::ones((1024, 1024))), Tensor::new(Array2::ones((1024, 1024))));
        for _ in 0..5 {
            let start = Instant::now();
            assert_eq!(a.matmul(&b).shape(), [1024, 1024]);
            println!(r#"{{"run": "matmul-1024", "seconds": {:.5}}}"#, start.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// The most memory that this process ever held, in MB; 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
