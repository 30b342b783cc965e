//! Features brought to a common scale.

use ndarray::{Array1, Array2, ArrayView1};

use super::check_finite;
use crate::tensor::Real;

/// How a feature x is scaled, column by column.
///
/// Only [`Log`](Scaling::Log) changes the shape of a distribution; the others shift and stretch it, so an outlier stays
/// as far out as it was. What differs is whether it drags the scale with it: see [`Scaler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// (x − min) / (max − min): the fitted values fill 0 to 1.
    MinMax,
    /// (x − mean) / std: mean 0 and standard deviation 1 (the one that divides by n).
    ZScore,
    /// (x − median) / (Q₃ − Q₁): the middle half of the values has width 1, however far out the others lie.
    ///
    /// Quartiles between two values are interpolated linearly. Source: Hyndman & Fan 1996, "Sample Quantiles in
    /// Statistical Packages", The American Statistician 50(4), definition 7.
    Robust,
    /// sign(x) ln(1 + |x|): the logarithm of large values, also of negative ones, and about x itself near 0.
    ///
    /// It has nothing to fit. Source: John & Draper 1980, "An Alternative Family of Transformations", Applied Statistics
    /// 29(2), with λ = 0.
    Log,
}

/// A scaling with the centre and the spread that it found in the inputs it was fitted to.
///
/// Fitted to the training part, it scales the validation and the test part by the numbers of the training part: those
/// parts are to stand for inputs that nobody has seen yet.
///
/// ```
/// use dl_interview::data::{Scaler, Scaling};
/// use ndarray::array;
///
/// let (train, test) = (array![[1.0], [2.0], [3.0]], array![[5.0]]);
/// let scaler = Scaler::fit(&train, Scaling::MinMax);
/// assert_eq!(scaler.transform(&train), array![[0.0], [0.5], [1.0]]);
/// assert_eq!(scaler.transform(&test), array![[2.0]]);
///
/// // One outlier: min–max presses all the others together, robust scaling leaves them apart. Clipping takes it back.
/// let spoilt = array![[1.0], [2.0], [3.0], [4.0], [1000.0]];
/// assert!(Scaler::fit(&spoilt, Scaling::MinMax).transform(&spoilt)[[3, 0]] < 0.004);
/// let robust = Scaler::fit(&spoilt, Scaling::Robust).transform(&spoilt);
/// assert_eq!(robust.clamp(-3.0, 3.0), array![[-1.0], [-0.5], [0.0], [0.5], [3.0]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    /// How each column is scaled.
    pub scaling: Scaling,
    /// What is taken off each column: d values (0 for [`Scaling::Log`]).
    pub center: Array1<Real>,
    /// What each column is divided by: d values above 0 (1 for [`Scaling::Log`], and where the fitted spread was 0).
    pub spread: Array1<Real>,
}

impl Scaler {
    /// Finds the centre and the spread of each column of `inputs`, n × d.
    ///
    /// A column without spread, such as a pixel that is always paper, is only centred.
    ///
    /// # Panics
    ///
    /// When `inputs` has no row, a value is not finite, or the values of a column lie further apart than the largest number
    /// (except for [`Scaling::Log`]).
    ///
    /// ```
    /// use dl_interview::data::{Scaler, Scaling};
    /// use ndarray::array;
    ///
    /// let scaler = Scaler::fit(&array![[1.0, 7.0], [3.0, 7.0]], Scaling::ZScore);
    /// assert_eq!(scaler.center, array![2.0, 7.0]);
    /// assert_eq!(scaler.spread, array![1.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn fit(inputs: &Array2<Real>, scaling: Scaling) -> Scaler {
        assert!(inputs.nrows() > 0, "Scaler::fit: there is no row to fit to; give at least one example");
        check_finite("Scaler::fit", inputs);
        let range = |column: ArrayView1<Real>| {
            let low = column.iter().copied().fold(Real::INFINITY, Real::min);
            (low, column.iter().copied().fold(Real::NEG_INFINITY, Real::max))
        };
        for (column, values) in inputs.columns().into_iter().enumerate() {
            let (low, high) = range(values);
            assert!(
                scaling == Scaling::Log || (high - low).is_finite(),
                "Scaler::fit: column {column} reaches from {low:e} to {high:e}, and the distance of the two is too large for a \
                 number; divide the column by 10 first"
            );
        }
        let (center, spread): (Vec<Real>, Vec<Real>) =
            inputs.columns().into_iter().map(|column| center_and_spread(column, scaling)).unzip();
        Scaler { scaling, center: center.into(), spread: spread.into() }
    }

    /// The inputs scaled: n × d, for any n.
    ///
    /// # Panics
    ///
    /// When `inputs` has not as many columns as the inputs of [`fit`](Scaler::fit) had.
    ///
    /// ```
    /// use dl_interview::data::{Scaler, Scaling};
    /// use ndarray::array;
    ///
    /// let scaler = Scaler::fit(&array![[0.0], [1.0]], Scaling::Log);
    /// assert_eq!(scaler.transform(&array![[0.0]]), array![[0.0]]);
    /// assert!((scaler.transform(&array![[-999.0]])[[0, 0]] + 6.907_755).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn transform(&self, inputs: &Array2<Real>) -> Array2<Real> {
        self.check_columns("transform", inputs);
        let inputs = match self.scaling {
            Scaling::Log => inputs.mapv(|x| x.signum() * x.abs().ln_1p()),
            Scaling::MinMax | Scaling::ZScore | Scaling::Robust => inputs.clone(),
        };
        (inputs - &self.center) / &self.spread
    }

    /// The inputs that [`transform`](Scaler::transform) makes `scaled` of: n × d.
    ///
    /// # Panics
    ///
    /// When `scaled` has not as many columns as the inputs of [`fit`](Scaler::fit) had.
    ///
    /// ```
    /// use dl_interview::data::{Scaler, Scaling};
    /// use ndarray::array;
    ///
    /// let scaler = Scaler::fit(&array![[10.0], [20.0]], Scaling::MinMax);
    /// assert_eq!(scaler.inverse(&array![[0.5]]), array![[15.0]]);
    /// ```
    #[track_caller]
    pub fn inverse(&self, scaled: &Array2<Real>) -> Array2<Real> {
        self.check_columns("inverse", scaled);
        let inputs = scaled * &self.spread + &self.center;
        match self.scaling {
            Scaling::Log => inputs.mapv(|y| y.signum() * y.abs().exp_m1()),
            Scaling::MinMax | Scaling::ZScore | Scaling::Robust => inputs,
        }
    }

    #[track_caller]
    fn check_columns(&self, name: &str, inputs: &Array2<Real>) {
        let (given, fitted) = (inputs.ncols(), self.center.len());
        assert!(
            given == fitted,
            "Scaler::{name}: the inputs have {given} columns, but the scaler was fitted to {fitted}; give inputs with the \
             same features"
        );
    }
}

fn center_and_spread(column: ArrayView1<Real>, scaling: Scaling) -> (Real, Real) {
    let low = column.iter().copied().fold(Real::INFINITY, Real::min);
    let high = column.iter().copied().fold(Real::NEG_INFINITY, Real::max);
    let (center, spread) = match scaling {
        Scaling::MinMax => (low, high - low),
        Scaling::ZScore => {
            // Summed in f64: an f32 sum over 60 000 rows keeps four digits or fewer.
            let n = column.len() as f64;
            let mean = column.iter().map(|&x| x as f64).sum::<f64>() / n;
            let variance = column.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / n;
            (mean as Real, variance.sqrt() as Real)
        }
        Scaling::Robust => {
            let mut sorted = column.to_vec();
            sorted.sort_unstable_by(Real::total_cmp);
            (quantile(&sorted, 0.5), quantile(&sorted, 0.75) - quantile(&sorted, 0.25))
        }
        Scaling::Log => return (0.0, 1.0),
    };
    // Rounding gives even a constant column a tiny variance, and dividing by that would blow it up.
    if low == high || spread == 0.0 { (center.clamp(low, high), 1.0) } else { (center, spread) }
}

/// The value below which the share `p` of the values lies, interpolated between two of them.
fn quantile(sorted: &[Real], p: Real) -> Real {
    let position = p * (sorted.len() - 1) as Real;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - position.floor()) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::super::{Normal, rng};
    use super::*;
    use ndarray::{Axis, array, s};
    use rand::distr::Distribution;

    const ALL: [Scaling; 4] = [Scaling::MinMax, Scaling::ZScore, Scaling::Robust, Scaling::Log];

    /// 1 000 rows whose columns have scales 1 and 100, the second with mean 50.
    fn two_scales() -> Array2<Real> {
        let (normal, mut rng) = (Normal::new(0.0, 1.0), rng(1));
        let z = Array2::from_shape_simple_fn((1000, 2), || normal.sample(&mut rng));
        z * array![1.0, 100.0] + array![0.0, 50.0]
    }

    #[test]
    fn the_statistics_are_those_of_each_scaling() {
        let data = two_scales();
        let scaled = ALL.map(|scaling| Scaler::fit(&data, scaling).transform(&data));
        for column in 0..2 {
            let mut sorted = scaled.clone().map(|inputs| inputs.column(column).to_vec());
            sorted.iter_mut().for_each(|values| values.sort_by(Real::total_cmp));
            assert_eq!((sorted[0][0], sorted[0][999]), (0.0, 1.0));
            let z = scaled[1].column(column);
            assert!(z.mean().unwrap().abs() < 1e-5 && (z.std(0.0) - 1.0).abs() < 1e-4);
            // Rows 250 and 750 of 1 000 lie a quarter of a step beside the quartiles.
            assert!((sorted[2][499] + sorted[2][500]).abs() < 1e-5);
            assert!((sorted[2][750] - sorted[2][250] - 1.0).abs() < 0.02);
        }
        let logs = Scaler::fit(&data, Scaling::Log).transform(&array![[0.0, 1.0], [-1.0, -99.0]]);
        let gaps = logs.mapv(Real::exp) - array![[1.0, 2.0], [0.5, 0.01]];
        assert!(gaps.iter().all(|gap| gap.abs() < 1e-6), "{gaps}");
    }

    #[test]
    fn quartiles_are_interpolated() {
        let scaler = Scaler::fit(&array![[4.0], [1.0], [3.0], [2.0]], Scaling::Robust);
        assert_eq!((scaler.center, scaler.spread), (array![2.5], array![1.5]));
        let scaler = Scaler::fit(&array![[4.0], [0.0]], Scaling::Robust);
        assert_eq!((scaler.center, scaler.spread), (array![2.0], array![2.0]));
    }

    #[test]
    fn the_inverse_takes_the_scaling_back() {
        let data = two_scales();
        for scaling in ALL {
            let scaler = Scaler::fit(&data, scaling);
            // Also outside the fitted range.
            for inputs in [&data, &(&data * 10.0)] {
                let back = scaler.inverse(&scaler.transform(inputs));
                for (column, expected) in back.columns().into_iter().zip(inputs.columns()) {
                    let largest = expected.iter().fold(0.0, |largest: Real, x| largest.max(x.abs()));
                    let gap = (&column - &expected).iter().fold(0.0, |gap: Real, x| gap.max(x.abs()));
                    assert!(gap < 1e-6 * largest, "{scaling:?}: {gap} of {largest}");
                }
            }
        }
    }

    #[test]
    fn only_the_fitted_part_sets_the_scale() {
        let data = two_scales();
        let train = data.slice(s![..500, ..]).to_owned();
        let mut changed = data.clone();
        changed.slice_mut(s![500.., ..]).mapv_inplace(|x| x * 50.0 + 7.0);
        for scaling in ALL {
            let scaler = Scaler::fit(&train, scaling);
            assert_eq!(scaler.transform(&data).slice(s![..500, ..]), scaler.transform(&changed).slice(s![..500, ..]));
        }
        // What is 50 times as large stays so.
        let scaled = Scaler::fit(&train, Scaling::ZScore).transform(&changed);
        assert!(scaled.slice(s![500.., ..]).std_axis(Axis(0), 0.0).iter().all(|&std| std > 40.0));
    }

    #[test]
    fn one_outlier_crushes_the_others_unless_the_scaling_is_robust() {
        let inliers = two_scales().slice(s![..100, ..1]).to_owned();
        let mut spoilt = inliers.clone();
        spoilt.push_row(array![100.0].view()).unwrap();
        let kept = |scaling| {
            let spread = |fitted: &Array2<Real>| Scaler::fit(fitted, scaling).transform(&inliers).std(0.0);
            spread(&spoilt) / spread(&inliers)
        };
        assert!(kept(Scaling::MinMax) < 0.1, "{}", kept(Scaling::MinMax));
        assert!(kept(Scaling::ZScore) < 0.15, "{}", kept(Scaling::ZScore));
        assert!((0.9..=1.01).contains(&kept(Scaling::Robust)), "{}", kept(Scaling::Robust));
    }

    #[test]
    fn a_column_without_spread_is_only_centred() {
        // 0.1 has no exact binary form, so its rounded mean may differ from it.
        let constant = Array2::from_elem((997, 1), 0.1);
        for scaling in [Scaling::MinMax, Scaling::ZScore, Scaling::Robust] {
            let scaler = Scaler::fit(&constant, scaling);
            assert_eq!(scaler.transform(&constant), Array2::<Real>::zeros((997, 1)), "{scaling:?}");
            assert_eq!(scaler.inverse(&scaler.transform(&constant)), constant);
        }
        // More than half are equal: quartiles without a distance, but still other values.
        let mostly = array![[0.0], [0.0], [0.0], [0.0], [5.0]];
        assert_eq!(Scaler::fit(&mostly, Scaling::Robust).transform(&mostly), mostly);
        // A single row has no spread either.
        assert_eq!(Scaler::fit(&array![[3.0]], Scaling::ZScore).transform(&array![[4.0]]), array![[1.0]]);
    }

    #[test]
    #[should_panic(expected = "Scaler::transform: the inputs have 3 columns, but the scaler was fitted to 2")]
    fn other_features_are_refused() {
        Scaler::fit(&two_scales(), Scaling::ZScore).transform(&Array2::zeros((1, 3)));
    }

    #[test]
    #[should_panic(expected = "Scaler::inverse: the inputs have 1 columns")]
    fn other_features_are_refused_on_the_way_back() {
        Scaler::fit(&two_scales(), Scaling::ZScore).inverse(&Array2::zeros((1, 1)));
    }

    #[test]
    #[should_panic(expected = "the value in row 1, column 0 is NaN")]
    fn a_missing_value_is_refused() {
        Scaler::fit(&array![[1.0], [Real::NAN]], Scaling::MinMax);
    }

    #[test]
    #[should_panic(expected = "Scaler::fit: column 1 reaches from")]
    fn a_range_beyond_all_numbers_is_refused() {
        let far = 0.9 * Real::MAX;
        Scaler::fit(&array![[0.0, far], [1.0, -far]], Scaling::MinMax);
    }

    #[test]
    #[should_panic(expected = "there is no row to fit to")]
    fn nothing_to_fit_to_is_refused() {
        Scaler::fit(&Array2::zeros((0, 2)), Scaling::Robust);
    }
}
