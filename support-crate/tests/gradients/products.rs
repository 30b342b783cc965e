use crate::difference::{check, numbers};

#[test]
fn matmul() {
    for (n, k, m) in [(2, 3, 4), (1, 3, 1), (3, 1, 2), (1, 1, 1)] {
        let (x, y) = (numbers(&[n, k], 1), numbers(&[k, m], 2));
        check("x y", &[x.clone(), y.clone()], |x| x[0].matmul(&x[1]));
        let (xt, yt) = (numbers(&[k, n], 1), numbers(&[m, k], 2));
        check("xᵀ y", &[xt.clone(), y], |x| x[0].t().matmul(&x[1]));
        check("x yᵀ", &[x, yt.clone()], |x| x[0].matmul(&x[1].t()));
        check("xᵀ yᵀ", &[xt, yt], |x| x[0].t().matmul(&x[1].t()));
    }
    check("x x", &[numbers(&[3, 3], 1)], |x| x[0].matmul(&x[0]));
    check("x xᵀ", &[numbers(&[2, 3], 1)], |x| x[0].matmul(&x[0].t()));
}

#[test]
fn linear() {
    for (n, inputs, outputs) in [(3, 4, 2), (1, 3, 1), (2, 1, 3)] {
        let parts = [numbers(&[n, inputs], 1), numbers(&[outputs, inputs], 2), numbers(&[outputs], 3)];
        check("linear", &parts, |x| x[0].linear(&x[1], &x[2]));
        let turned = [numbers(&[inputs, n], 1), numbers(&[inputs, outputs], 2), numbers(&[outputs], 3)];
        check("linear of views", &turned, |x| x[0].t().linear(&x[1].t(), &x[2]));
    }
}

#[test]
fn a_small_network() {
    let parts = [numbers(&[3, 4], 1), numbers(&[5, 4], 2), numbers(&[5], 3), numbers(&[2, 5], 4), numbers(&[2], 5)];
    check("two layers", &parts, |x| {
        x[0].linear(&x[1], &x[2]).tanh().linear(&x[3], &x[4]).log_softmax(1).slice(1, 0, 1).mean()
    });
}
