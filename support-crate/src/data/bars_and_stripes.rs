//! The smallest images with a structure.

use ndarray::Array2;

use crate::tensor::Real;

/// All images of side × side pixels whose rows are each of one colour, or whose columns are: 2 · 2^side − 2 patterns.
///
/// One image per row, side² pixels of 0 or 1; the blank and the full image occur once. For side 3 there are 14 of the
/// 2⁹ possible images, so a model of them can be judged exactly: at best it gives each −ln 14. Source: MacKay 2003,
/// "Information Theory, Inference, and Learning Algorithms", Cambridge University Press, chapter 43.
///
/// # Panics
///
/// When `side` is 0 or above 10 (2 046 patterns).
///
/// ```
/// use dl_interview::data::bars_and_stripes;
/// use ndarray::array;
///
/// assert_eq!(bars_and_stripes(3).dim(), (14, 9));
/// let side_2 = array![
///     [0.0, 0.0, 0.0, 0.0],
///     [1.0, 1.0, 0.0, 0.0],
///     [0.0, 0.0, 1.0, 1.0],
///     [1.0, 1.0, 1.0, 1.0],
///     [1.0, 0.0, 1.0, 0.0],
///     [0.0, 1.0, 0.0, 1.0],
/// ];
/// assert_eq!(bars_and_stripes(2), side_2);
/// ```
#[track_caller]
pub fn bars_and_stripes(side: usize) -> Array2<Real> {
    assert!(
        (1..=10).contains(&side),
        "bars_and_stripes({side}): there are 2 · 2^side − 2 patterns; ask for a side from 1 to 10"
    );
    let subsets = 1 << side;
    // Line by line, then column by column without the blank and the full image, which are the same either way.
    let patterns: Vec<(usize, bool)> =
        (0..subsets).map(|subset| (subset, true)).chain((1..subsets - 1).map(|subset| (subset, false))).collect();
    Array2::from_shape_fn((patterns.len(), side * side), |(pattern, pixel)| {
        let (subset, by_rows) = patterns[pattern];
        let line = if by_rows { pixel / side } else { pixel % side };
        (subset >> line & 1) as Real
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn they_are_exactly_the_images_of_equal_rows_or_equal_columns() {
        for side in 1..=4 {
            let is_pattern = |image: &usize| {
                let pixel = |row: usize, column: usize| image >> (row * side + column) & 1;
                let all = |equal: &dyn Fn(usize, usize) -> bool| {
                    (0..side).all(|row| (0..side).all(|column| equal(row, column)))
                };
                all(&|row, column| pixel(row, column) == pixel(row, 0))
                    || all(&|row, column| pixel(row, column) == pixel(0, column))
            };
            let expected: HashSet<usize> = (0..1 << (side * side)).filter(is_pattern).collect();
            let patterns = bars_and_stripes(side);
            let as_bits = |image: ndarray::ArrayView1<Real>| {
                image.iter().enumerate().map(|(bit, &pixel)| (pixel as usize) << bit).sum::<usize>()
            };
            let given: HashSet<usize> = patterns.rows().into_iter().map(as_bits).collect();
            assert_eq!(given, expected);
            assert_eq!(patterns.nrows(), expected.len());
        }
    }

    #[test]
    #[should_panic(expected = "bars_and_stripes(0): there are 2 · 2^side − 2 patterns")]
    fn an_image_has_a_side() {
        bars_and_stripes(0);
    }

    #[test]
    #[should_panic(expected = "ask for a side from 1 to 10")]
    fn too_many_patterns_are_refused() {
        bars_and_stripes(11);
    }
}
