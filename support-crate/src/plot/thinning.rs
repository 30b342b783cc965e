//! What a figure draws of a series that has more values than it has pixels.

use super::series::{Series, drawable};

impl Series {
    /// The pieces of the band as outlines, drawn with about `budget` points each way.
    pub(super) fn band_outlines(&self, budget: usize) -> Vec<Vec<(f64, f64)>> {
        let stretch = self.band.len().div_ceil(budget.max(1)).max(1);
        let stretches: Vec<(f64, f64, f64)> = self
            .points
            .chunks(stretch)
            .zip(self.band.chunks(stretch))
            .map(|(at, bounds)| {
                let ends = [at[0].0, at[at.len() - 1].0];
                let x = if bounds.len() == 1 { ends[0] } else { 0.5 * (ends[0] + ends[1]) };
                bounds
                    .iter()
                    .fold((x, f64::NAN, f64::NAN), |(x, low, high), bound| (x, low.min(bound.0), high.max(bound.1)))
            })
            .collect();
        let pieces =
            stretches.split(|(x, low, _)| !x.is_finite() || !low.is_finite()).filter(|piece| !piece.is_empty());
        let outline = |piece: &[(f64, f64, f64)]| {
            let (under, over) = (piece.iter().map(|p| (p.0, p.1)), piece.iter().rev().map(|p| (p.0, p.2)));
            under.chain(over).collect()
        };
        pieces.map(outline).collect()
    }

    /// What to draw with about `budget` points: pieces without a gap for a curve, single points otherwise.
    pub(super) fn pieces(&self, budget: usize) -> Vec<Vec<(f64, f64)>> {
        if self.joined() {
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
            let present = || (0..chunk.len()).filter(|&i| drawable(&chunk[i]));
            let by_height = |a: &usize, b: &usize| chunk[*a].1.total_cmp(&chunk[*b].1);
            match (present().min_by(by_height), present().max_by(by_height)) {
                // In the order of the series, not of x: a path may go back and forth.
                (Some(low), Some(high)) if low != high => kept.extend([chunk[low.min(high)], chunk[low.max(high)]]),
                (Some(only), _) => kept.push(chunk[only]),
                _ => kept.push((f64::NAN, f64::NAN)), // a stretch without a single value stays a gap
            }
        }
        kept.push(self.points[last]);
        kept
    }
}

#[cfg(test)]
mod tests {
    use crate::plot::{curve, curve_at};

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
    fn a_path_that_goes_back_and_forth_keeps_its_order() {
        let xs: Vec<f64> = (0..30_000).map(|i| (f64::from(i) * 0.001).sin()).collect();
        let ys: Vec<f64> = xs.iter().map(|x| x * x).collect();
        let pieces = curve_at("swing", &xs, &ys).pieces(3000);
        let times: Vec<usize> = pieces[0].iter().map(|p| xs.iter().position(|x| *x == p.0).unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
    }

    #[test]
    fn a_gap_splits_a_curve() {
        let pieces = curve("gap", &[1.0, 2.0, f64::NAN, 4.0, f64::INFINITY]).pieces(1000);
        assert_eq!(pieces, [vec![(1.0, 1.0), (2.0, 2.0)], vec![(4.0, 4.0)]]);
    }

    #[test]
    fn a_band_has_gaps_and_keeps_its_extremes() {
        let one = |low: &[f64], high: &[f64]| {
            let both = curve("a", &vec![1.0; low.len()]).band(low, high).on(&"x".into(), &"y".into());
            both.band_outlines(1000)
        };
        assert_eq!(
            one(&[0.0, 0.5, f64::NAN, 0.0], &[1.0, 2.0, 3.0, 2.0]),
            [vec![(1.0, 0.0), (2.0, 0.5), (2.0, 2.0), (1.0, 1.0)], vec![(4.0, 0.0), (4.0, 2.0)]]
        );
        let mut low = vec![0.0; 10_000];
        low[4321] = -7.0;
        let outlines = one(&low, &vec![1.0; 10_000]);
        assert!(outlines[0].len() <= 2000 && outlines[0].iter().any(|point| point.1 == -7.0));
    }
}
