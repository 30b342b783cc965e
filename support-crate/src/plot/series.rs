//! One set of values in a chart.

/// A named curve or cloud of points for [`lines`](super::lines()), made by [`curve`] or [`points`].
///
/// ```
/// use dl_interview::plot::{Series, curve, points};
///
/// let both: Vec<Series> = vec![curve("mean", &[1.0, 2.0]), points("runs", &[1.0, 1.0], &[0.5, 1.5])];
/// assert_eq!(both.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) joined: bool,
}

/// A curve through `ys` at x = 1, 2, 3, …: one value per epoch or step.
///
/// It takes a `&Vec` or a slice of `f32` or `f64`. Where a value is not finite the curve has a gap.
///
/// ```
/// use dl_interview::plot::{curve, lines};
///
/// let losses: Vec<f32> = vec![2.3, 0.4, 0.2];
/// let figure = lines("Does it learn?", "epoch", "loss", &[curve("train", &losses)]);
/// assert!(figure.alt().contains("epoch from 1 to 3"));
/// ```
pub fn curve(name: &str, ys: &[impl Into<f64> + Copy]) -> Series {
    let points = ys.iter().enumerate().map(|(i, y)| ((i + 1) as f64, (*y).into())).collect();
    Series { name: name.into(), points, joined: true }
}

/// Separate points at (`xs[i]`, `ys[i]`).
///
/// # Panics
///
/// If there are not as many `xs` as `ys`.
///
/// ```
/// use dl_interview::plot::{lines, points};
///
/// let runs = points("ten seeds", &[1.0, 2.0, 3.0], &[0.97, 0.98, 0.96]);
/// let figure = lines("How much does the seed matter?", "seed", "accuracy", &[runs]);
/// assert!(figure.alt().contains("seed from 1 to 3"));
/// ```
pub fn points(name: &str, xs: &[impl Into<f64> + Copy], ys: &[impl Into<f64> + Copy]) -> Series {
    assert_eq!(
        xs.len(),
        ys.len(),
        "points(\"{name}\"): {} xs and {} ys, but each point needs one of both",
        xs.len(),
        ys.len()
    );
    let points = xs.iter().zip(ys).map(|(x, y)| ((*x).into(), (*y).into())).collect();
    Series { name: name.into(), points, joined: false }
}

/// Whether a point can be drawn. Beyond 1e290 the difference of two values may overflow.
pub(super) fn drawable((x, y): &(f64, f64)) -> bool {
    x.abs() <= 1e290 && y.abs() <= 1e290
}

impl Series {
    pub(super) fn drawable(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.points.iter().copied().filter(drawable)
    }

    /// What to draw with about `budget` points: pieces without a gap for a curve, single points otherwise.
    pub(super) fn pieces(&self, budget: usize) -> Vec<Vec<(f64, f64)>> {
        if self.joined {
            let points = if self.points.len() > budget { self.envelope(budget) } else { self.points.clone() };
            points.split(|point| !drawable(point)).filter(|piece| !piece.is_empty()).map(<[_]>::to_vec).collect()
        } else {
            // Lowest and highest of each stretch would make a cloud look like its outline: take every k-th.
            let step = self.points.len().div_ceil(budget.max(1)).max(1);
            self.points.iter().step_by(step).filter(|point| drawable(point)).map(|point| vec![*point]).collect()
        }
    }

    /// A long curve's first and last point, and the lowest and highest of each stretch between them: at the
    /// width of a figure it looks like the whole curve.
    fn envelope(&self, budget: usize) -> Vec<(f64, f64)> {
        let last = self.points.len() - 1;
        let stretch = self.points.len().div_ceil((budget / 2).max(1));
        let mut kept = vec![self.points[0]];
        for chunk in self.points[1..last].chunks(stretch) {
            let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
            let low = chunk.iter().filter(|point| drawable(point)).min_by(by_height);
            let high = chunk.iter().filter(|point| drawable(point)).max_by(by_height);
            let mut both: Vec<(f64, f64)> = low.into_iter().chain(high).copied().collect();
            both.sort_by(|a, b| a.0.total_cmp(&b.0));
            both.dedup();
            if both.is_empty() {
                both.push((f64::NAN, f64::NAN)); // a stretch without a single value stays a gap
            }
            kept.extend(both);
        }
        kept.push(self.points[last]);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_ends_and_extremes() {
        let mut ys: Vec<f64> = (0..100_000).map(|i| (f64::from(i) * 0.01).sin()).collect();
        ys[54_321] = 7.0;
        ys[12_345] = -5.0;
        let pieces = curve("long", &ys).pieces(1000);
        assert_eq!(pieces.len(), 1);
        let kept = &pieces[0];
        assert!(kept.len() <= 1002, "{}", kept.len());
        assert_eq!((kept[0], kept[kept.len() - 1]), ((1.0, ys[0]), (100_000.0, ys[99_999])));
        assert!(kept.contains(&(54_322.0, 7.0)) && kept.contains(&(12_346.0, -5.0)));
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_gap_splits_a_curve() {
        let pieces = curve("gap", &[1.0, 2.0, f64::NAN, 4.0, f64::INFINITY]).pieces(1000);
        assert_eq!(pieces, [vec![(1.0, 1.0), (2.0, 2.0)], vec![(4.0, 4.0)]]);
    }

    #[test]
    #[should_panic(expected = "points(\"a\"): 2 xs and 1 ys")]
    fn points_need_as_many_xs_as_ys() {
        points("a", &[1.0, 2.0], &[1.0]);
    }
}
