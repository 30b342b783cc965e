use dl_interview::tensor::Tensor;

use crate::difference::{check, numbers};

type Function = fn(&Tensor) -> Tensor;

type Joined = fn(&Tensor, &Tensor) -> Tensor;

const JOINS: [(&str, Joined); 6] = [
    ("+", |x, y| x + y),
    ("-", |x, y| x - y),
    ("*", |x, y| x * y),
    ("/", |x, y| x / y),
    ("maximum", Tensor::maximum),
    ("minimum", Tensor::minimum),
];

#[test]
fn operators_of_every_pair_of_shapes() {
    let pairs: [(&[usize], &[usize]); 12] = [
        (&[2, 3], &[2, 3]),
        (&[2, 3], &[3]),
        (&[3], &[2, 3]),
        (&[2, 3], &[2, 1]),
        (&[2, 1], &[1, 3]), // both are stretched
        (&[2, 3], &[]),
        (&[], &[2, 3]),
        (&[], &[]),
        (&[1], &[2, 2]),
        (&[2, 1, 3], &[4, 1]),
        (&[2, 3, 2, 2], &[3, 1, 1]),
        (&[1, 1], &[3]), // more dimensions, but shorter
    ];
    for (name, join) in JOINS {
        for (m, n) in pairs {
            check(&format!("{m:?} {name} {n:?}"), &[numbers(m, 1), numbers(n, 5)], |x| join(&x[0], &x[1]));
        }
    }
}

#[test]
fn operators_with_a_number_on_either_side() {
    let x = [numbers(&[2, 3], 1)];
    let forms: [(&str, Function); 10] = [
        ("x + c", |x| x + 1.7),
        ("c + x", |x| 1.7 + x),
        ("x - c", |x| x - 1.7),
        ("c - x", |x| 1.7 - x),
        ("x * c", |x| x * -1.7),
        ("c * x", |x| -1.7 * x),
        ("x / c", |x| x / -1.7),
        ("c / x", |x| -1.7 / x),
        ("-x", |x| -x),
        ("owned", |x| -(1.7 - (x.clone() * 2.0 + x) / (x * x.clone() + 1.0) - x.clone())),
    ];
    for (name, f) in forms {
        check(name, &x, |x| f(&x[0]));
    }
}

#[test]
fn operands_that_are_views() {
    for (name, join) in JOINS {
        check(name, &[numbers(&[3, 2], 1), numbers(&[2, 3], 5)], |x| join(&x[0].t(), &x[1]));
        check(name, &[numbers(&[3, 2], 1), numbers(&[3, 2], 5)], |x| join(&x[0].t(), &x[1].t()));
        check(name, &[numbers(&[3, 1], 1), numbers(&[2, 3], 5)], |x| join(&x[0].t(), &x[1]));
        check(name, &[numbers(&[3, 4], 1), numbers(&[2], 5)], |x| join(&x[0].slice(1, 1, 3), &x[1]));
    }
}

#[test]
fn select_of_every_shape() {
    let condition = |shape: &[usize]| Tensor::new(numbers(shape, 2).mapv(|c| if c > 0.5 { c } else { 0.0 }));
    for (c, m, n) in [
        (&[2, 3][..], &[2, 3][..], &[2, 3][..]),
        (&[3], &[2, 3], &[]),
        (&[2, 3], &[], &[3]),
        (&[4, 2, 3], &[3], &[2, 1]),
        (&[], &[2, 3], &[2, 3]),
    ] {
        check("where_else", &[numbers(m, 1), numbers(n, 5)], |x| condition(c).where_else(&x[0], &x[1]));
    }
}

#[test]
fn a_value_that_is_used_more_than_once() {
    let x = [numbers(&[2, 3], 1)];
    check("x x x + x", &x, |x| &x[0] * &x[0] * &x[0] + &x[0]);
    check("diamond", &x, |x| {
        let y = x[0].sin();
        (&y * &y) / (&y + 3.0) - y.exp()
    });
    check("one long path and one short", &x, |x| {
        let y = x[0].tanh();
        let long = y.exp().sin().powf(2.0).affine(0.5, 1.0);
        long * y
    });
    check("as a row and as a matrix", &x, |x| &x[0] * &x[0].sum_axes(&[0]) + x[0].slice(0, 1, 2));
    check("where_else of itself", &x, |x| x[0].where_else(&(&x[0] * 2.0), &x[0]));
    check("x - x", &x, |x| &x[0] - &x[0]);
    check("x / x", &x, |x| &x[0] / &x[0]);
}
