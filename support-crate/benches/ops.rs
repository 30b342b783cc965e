//! How long the operations take: `cargo bench -p dl-interview --bench ops -- --quick`.
#![allow(missing_docs)] // criterion's macros make public items

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dl_interview::data::rng;
use dl_interview::tensor::{Real, Tensor};
use ndarray::{ArrayD, IxDyn};
use rand::RngExt;

fn random(shape: &[usize], seed: u64) -> ArrayD<Real> {
    let mut rng = rng(seed);
    ArrayD::from_shape_simple_fn(IxDyn(shape), || rng.random_range(-1.0..1.0))
}

fn products(c: &mut Criterion) {
    for n in [64, 256] {
        let (x, y) = (Tensor::new(random(&[n, n], 1)), Tensor::new(random(&[n, n], 2)));
        c.bench_function(&format!("matmul {n}×{n}"), |bench| bench.iter(|| x.matmul(&y)));
    }
    let x = Tensor::new(random(&[64, 784], 1));
    let (w, b) = (Tensor::parameter(random(&[128, 784], 2)), Tensor::parameter(random(&[128], 3)));
    c.bench_function("linear 64×784×128", |bench| bench.iter(|| x.linear(&w, &b)));
    let grad = random(&[64, 128], 4);
    c.bench_function("linear 64×784×128, forward and backward", |bench| {
        bench.iter(|| {
            [&w, &b].into_iter().for_each(Tensor::zero_grad);
            x.linear(&w, &b).backward_from(grad.clone());
        })
    });
}

/// Each next to a plain loop over a slice, which it should not be much slower than.
fn elementwise(c: &mut Criterion) {
    let shape = [64, 8, 28, 28];
    let (a, b) = (random(&shape, 1), random(&shape, 2));
    c.bench_function("plain loop x + y 64×8×28×28", |bench| {
        bench.iter(|| -> Vec<Real> {
            let (a, b) = (black_box(a.as_slice().unwrap()), b.as_slice().unwrap());
            a.iter().zip(b).map(|(&x, &y)| x + y).collect()
        })
    });
    let (x, y) = (Tensor::parameter(a.clone()), Tensor::parameter(b.clone()));
    let (channel, number) = (Tensor::parameter(random(&[8, 1, 1], 3)), Tensor::scalar(0.5));
    c.bench_function("add 64×8×28×28", |bench| bench.iter(|| &x + &y));
    c.bench_function("mul 64×8×28×28", |bench| bench.iter(|| &x * &y));
    c.bench_function("add 64×8×28×28 + 8×1×1", |bench| bench.iter(|| &x + &channel));
    c.bench_function("maximum 64×8×28×28 and a number", |bench| bench.iter(|| x.maximum(&number)));
    c.bench_function("affine 64×8×28×28", |bench| bench.iter(|| &x * 2.0));
    c.bench_function("relu 64×8×28×28", |bench| bench.iter(|| x.relu()));
    c.bench_function("sum 64×8×28×28", |bench| bench.iter(|| x.sum()));
    c.bench_function("sum_axes 64×8×28×28 along 0, 2, 3", |bench| bench.iter(|| x.sum_axes(&[0, 2, 3])));
    c.bench_function("dropout 64×8×28×28", |bench| bench.iter(|| x.dropout(0.5, &mut rng(1))));
    let both = |bench: &mut criterion::Bencher, f: &dyn Fn() -> Tensor| {
        bench.iter(|| {
            [&x, &y, &channel].into_iter().for_each(Tensor::zero_grad);
            f().backward_from(a.clone());
        })
    };
    c.bench_function("add 64×8×28×28, forward and backward", |bench| both(bench, &|| &x + &y));
    c.bench_function("mul 64×8×28×28, forward and backward", |bench| both(bench, &|| &x * &y));
    c.bench_function("mul 64×8×28×28 · 8×1×1, forward and backward", |bench| both(bench, &|| &x * &channel));
    c.bench_function("relu 64×8×28×28, forward and backward", |bench| both(bench, &|| x.relu()));
    c.bench_function("tanh 64×8×28×28, forward and backward", |bench| both(bench, &|| x.tanh()));
}

fn normalization(c: &mut Criterion) {
    let shape = [64, 8, 28, 28];
    let x = Tensor::parameter(random(&shape, 1));
    let (gamma, beta) = (Tensor::parameter(random(&[8], 2)), Tensor::parameter(random(&[8], 3)));
    let grad = random(&shape, 4);
    c.bench_function("batch_norm 64×8×28×28", |bench| bench.iter(|| x.batch_norm(&gamma, &beta, 1e-5)));
    c.bench_function("batch_norm 64×8×28×28, forward and backward", |bench| {
        bench.iter(|| {
            [&x, &gamma, &beta].into_iter().for_each(Tensor::zero_grad);
            x.batch_norm(&gamma, &beta, 1e-5).0.backward_from(grad.clone());
        })
    });
    let x = Tensor::parameter(random(&[64, 128], 1));
    let (gamma, beta) = (Tensor::parameter(random(&[128], 2)), Tensor::parameter(random(&[128], 3)));
    c.bench_function("batch_norm 64×128", |bench| bench.iter(|| x.batch_norm(&gamma, &beta, 1e-5)));
    c.bench_function("layer_norm 64×128", |bench| bench.iter(|| x.layer_norm(&gamma, &beta, 1e-5)));
    let logits = Tensor::parameter(random(&[64, 10], 1));
    c.bench_function("softmax 64×10", |bench| bench.iter(|| logits.softmax(1)));
    c.bench_function("log_softmax 64×10", |bench| bench.iter(|| logits.log_softmax(1)));
}

/// The layers of the small CNN that `bench/compare.py` trains.
fn images(c: &mut Criterion) {
    let parameter = |shape: &[usize], seed| Tensor::parameter(random(shape, seed));
    let mut both = |name: &str, x: &Tensor, f: &dyn Fn(&Tensor) -> Tensor| {
        c.bench_function(name, |bench| bench.iter(|| f(x)));
        let grad = random(&f(x).shape(), 9);
        c.bench_function(&format!("{name}, forward and backward"), |bench| {
            bench.iter(|| {
                x.zero_grad();
                f(x).backward_from(grad.clone());
            })
        });
    };
    let (x, w, b) = (parameter(&[64, 1, 28, 28], 1), parameter(&[8, 1, 3, 3], 2), parameter(&[8], 3));
    both("conv2d 64×1×28×28 to 8 channels", &x, &|x| x.conv2d(&w, &b, 1, 1));
    let (x, w, b) = (parameter(&[64, 8, 14, 14], 1), parameter(&[16, 8, 3, 3], 2), parameter(&[16], 3));
    both("conv2d 64×8×14×14 to 16 channels", &x, &|x| x.conv2d(&w, &b, 1, 1));
    let (x, w, b) = (parameter(&[64, 32, 7, 7], 1), parameter(&[32, 16, 4, 4], 2), parameter(&[16], 3));
    both("conv_transpose2d 64×32×7×7 to 16 channels", &x, &|x| x.conv_transpose2d(&w, &b, 2, 1));
    let x = parameter(&[64, 8, 28, 28], 1);
    both("max_pool2d 64×8×28×28", &x, &|x| x.max_pool2d(2, 2));
    both("avg_pool2d 64×8×28×28", &x, &|x| x.avg_pool2d(2, 2));
}

criterion_group!(benches, products, elementwise, normalization, images);
criterion_main!(benches);
