//! Seconds per MNIST epoch with candle, one JSON object a line. Built and run by `bench/compare.py`.

use std::time::Instant;

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{
    AdamW, Conv2dConfig, Linear, Module, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap, conv2d, linear, loss,
};
use dl_interview::data::{Examples, minibatches, mnist, rng};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let train = mnist()?.train;
    let wanted = std::env::args().nth(1);
    for run in ["mlp-sgd", "mlp-adam", "cnn-adam"] {
        if wanted.as_ref().is_none_or(|wanted| wanted == run) {
            // The CNN takes minutes per epoch: a tenth of it tells enough.
            epoch(run, &train.first(if run == "cnn-adam" { 6_000 } else { 60_000 }))?;
        }
    }
    Ok(())
}

fn epoch(run: &str, train: &Examples) -> Result<()> {
    let device = Device::Cpu;
    let weights = VarMap::new();
    let vb = VarBuilder::from_varmap(&weights, DType::F32, &device);
    let net: Box<dyn Fn(&Tensor) -> Result<Tensor>> = if run.starts_with("mlp") {
        let (one, two): (Linear, Linear) = (linear(784, 128, vb.pp("1"))?, linear(128, 10, vb.pp("2"))?);
        Box::new(move |x| two.forward(&one.forward(x)?.relu()?))
    } else {
        let same = Conv2dConfig { padding: 1, ..Default::default() };
        let (one, two) = (conv2d(1, 8, 3, same, vb.pp("1"))?, conv2d(8, 16, 3, same, vb.pp("2"))?);
        let last = linear(784, 10, vb.pp("3"))?;
        Box::new(move |x| {
            let x = one.forward(&x.reshape(((), 1, 28, 28))?)?.relu()?.max_pool2d(2)?;
            let x = two.forward(&x)?.relu()?.max_pool2d(2)?;
            last.forward(&x.flatten_from(1)?)
        })
    };
    let mut sgd = SGD::new(weights.all_vars(), 0.1)?;
    let mut adam = AdamW::new(weights.all_vars(), ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..Default::default() })?;
    let inputs = Tensor::from_slice(train.inputs.as_slice().expect("contiguous"), train.inputs.dim(), &device)?;
    let labels: Vec<u32> = train.labels.iter().map(|&label| label as u32).collect();
    let labels = Tensor::new(&labels[..], &device)?;
    let start = Instant::now();
    let mut right = 0.0;
    for batch in minibatches(train.len(), 64, &mut rng(42)) {
        let batch: Vec<u32> = batch.iter().map(|&i| i as u32).collect();
        let batch = Tensor::new(&batch[..], &device)?;
        let (x, y) = (inputs.index_select(&batch, 0)?, labels.index_select(&batch, 0)?);
        let logits = net(&x)?;
        let loss = loss::cross_entropy(&logits, &y)?;
        if run.ends_with("sgd") { sgd.backward_step(&loss)? } else { adam.backward_step(&loss)? }
        right += logits.argmax(D::Minus1)?.eq(&y)?.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()?;
    }
    let seconds = start.elapsed().as_secs_f64() * 60_000.0 / train.len() as f64;
    println!(r#"{{"run": "{run}", "seconds": {seconds:.3}, "accuracy": {:.4}}}"#, right / train.len() as f32);
    Ok(())
}
