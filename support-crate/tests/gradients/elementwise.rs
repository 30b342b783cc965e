use dl_interview::tensor::Tensor;

use crate::difference::{check, numbers, positive};

type Function = fn(&Tensor) -> Tensor;

#[test]
fn functions_of_each_element() {
    let functions: [(&str, Function); 12] = [
        ("affine", |x| x.affine(-2.5, 0.3)),
        ("exp", Tensor::exp),
        ("sin", Tensor::sin),
        ("cos", Tensor::cos),
        ("abs", Tensor::abs),
        ("powf 0", |x| x.powf(0.0)),
        ("powf 1", |x| x.powf(1.0)),
        ("powf 2", |x| x.powf(2.0)),
        ("powf 3", |x| x.powf(3.0)),
        ("powf -2", |x| x.powf(-2.0)),
        ("clamp", |x| x.clamp(-0.75, 0.85)),
        ("clamp from below", |x| x.clamp(-0.75, 1e3)),
    ];
    for (name, f) in functions {
        check(name, &[numbers(&[3, 4], 1)], |x| f(&x[0]));
        check(&format!("{name} of a view"), &[numbers(&[2, 3, 2], 4)], |x| f(&x[0].permute(&[2, 0, 1])));
        check(&format!("{name} of a number"), &[numbers(&[], 2)], |x| f(&x[0]));
    }
    let functions: [(&str, Function); 4] =
        [("ln", Tensor::ln), ("sqrt", Tensor::sqrt), ("powf 0.5", |x| x.powf(0.5)), ("powf -1.3", |x| x.powf(-1.3))];
    for (name, f) in functions {
        check(name, &[positive(&[3, 4], 1)], |x| f(&x[0]));
        check(&format!("{name} of a view"), &[positive(&[3, 4], 1)], |x| f(&x[0].t()));
    }
}

#[test]
fn dropout_with_the_same_noise_each_time() {
    for p in [0.0, 0.3, 0.75] {
        check("dropout", &[numbers(&[4, 5], 1)], |x| x[0].dropout(p, &mut dl_interview::data::rng(7)));
        check("dropout of a view", &[numbers(&[4, 5], 1)], |x| x[0].t().dropout(p, &mut dl_interview::data::rng(7)));
    }
}
