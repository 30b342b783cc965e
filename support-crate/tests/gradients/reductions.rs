use crate::difference::{check, numbers};

const AXES: [&[usize]; 9] = [&[], &[0], &[1], &[2], &[0, 1], &[0, 2], &[2, 1], &[0, 1, 2], &[2, 0, 1]];

#[test]
fn sums_and_means() {
    for shape in [&[2, 3, 2][..], &[4], &[], &[1, 1]] {
        check("sum", &[numbers(shape, 1)], |x| x[0].sum());
        check("mean", &[numbers(shape, 1)], |x| x[0].mean());
    }
    for axes in AXES {
        check(&format!("sum_axes {axes:?}"), &[numbers(&[2, 3, 2], 1)], |x| x[0].sum_axes(axes));
        check(&format!("mean_axes {axes:?}"), &[numbers(&[2, 3, 2], 1)], |x| x[0].mean_axes(axes));
        check("of a view", &[numbers(&[2, 3, 2], 1)], |x| x[0].permute(&[1, 2, 0]).mean_axes(axes));
    }
    check("variance", &[numbers(&[3, 4], 1)], |x| (&x[0] - x[0].mean_axes(&[1])).powf(2.0).mean_axes(&[1]));
}

#[test]
fn extremes() {
    for axis in 0..3 {
        check("max_axis", &[numbers(&[2, 3, 4], 1)], |x| x[0].max_axis(axis));
        check("min_axis", &[numbers(&[2, 3, 4], 1)], |x| x[0].min_axis(axis));
        check("of a view", &[numbers(&[2, 3, 4], 1)], |x| x[0].permute(&[2, 0, 1]).max_axis(axis) * 2.0);
        check("used again", &[numbers(&[2, 3, 4], 1)], |x| &x[0] - x[0].max_axis(axis));
    }
    check("of a vector", &[numbers(&[5], 1)], |x| x[0].min_axis(0));
}
