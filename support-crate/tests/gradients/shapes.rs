use dl_interview::tensor::Tensor;

use crate::difference::{check, numbers};

#[test]
fn the_same_numbers_arranged_otherwise() {
    let x = [numbers(&[2, 3, 4], 1)];
    check("reshape", &x, |x| x[0].reshape(&[4, 6]));
    check("reshape to more", &x, |x| x[0].reshape(&[2, 1, 12, 1]));
    check("reshape of a view", &x, |x| x[0].permute(&[2, 0, 1]).reshape(&[8, 3]));
    check("flatten", &x, |x| x[0].flatten());
    check("flatten of a view", &x, |x| x[0].permute(&[1, 2, 0]).flatten());
    check("flatten a vector", &[numbers(&[3], 1)], |x| x[0].flatten());
    check("t", &[numbers(&[2, 3], 1)], |x| x[0].t());
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        check("permute", &x, |x| x[0].permute(&order));
        check("permute twice", &x, |x| x[0].permute(&order).sin().permute(&order));
    }
}

#[test]
fn parts_and_wholes() {
    let x = [numbers(&[2, 3, 4], 1)];
    for (axis, from, to) in [(0, 0, 1), (0, 1, 2), (1, 1, 3), (2, 0, 4), (2, 1, 3), (2, 3, 4)] {
        check("slice", &x, |x| x[0].slice(axis, from, to));
        check("slice of a view", &x, |x| x[0].permute(&[0, 2, 1]).slice(axis, 0, 1));
    }
    for axis in 0..3 {
        let mut other = vec![2, 3, 4];
        other[axis] = 2;
        let parts = [numbers(&[2, 3, 4], 1), numbers(&other, 2)];
        check("concat", &parts, |x| Tensor::concat(axis, x));
        check("concat of itself", &parts, |x| Tensor::concat(axis, &[x[0].clone(), x[1].clone(), x[0].sin()]));
    }
    let parts = [numbers(&[2, 3], 1), numbers(&[3, 2], 2)];
    check("concat of a view", &parts, |x| Tensor::concat(0, &[x[0].clone(), x[1].t()]));
    check("concat of one", &parts[..1], |x| Tensor::concat(1, x));
    check("gather_rows", &x, |x| x[0].gather_rows(&[1, 0, 1, 1]));
    check("gather_rows of a view", &x, |x| x[0].permute(&[2, 0, 1]).gather_rows(&[3, 1]));
    let p = [numbers(&[3, 4], 1)];
    check("pick", &p, |x| x[0].pick(&[3, 0, 3]));
    check("pick of a view", &p, |x| x[0].t().pick(&[2, 0, 1, 1]));
    check("pick the right class", &p, |x| -x[0].softmax(1).pick(&[0, 1, 3]).ln());
    check("gather_rows of a vector", &[numbers(&[4], 1)], |x| x[0].gather_rows(&[2, 2, 0, 1, 3]));
}
