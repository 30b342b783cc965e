//! Lines of pixels: cut at the border of a plot, thinned, and written as a path.

use std::fmt::Write;

use super::canvas::units;
use super::field::Window;

/// Between two points drawn, in pixels.
const NEAR: f64 = 1.0;

/// What of a line of pixels lies inside the window, cut where it crosses the border, without points that nobody could
/// tell apart, and with at most about `budget` of them.
pub(super) fn pieces(points: &[(f64, f64)], budget: usize, window: &Window) -> Vec<Vec<(f64, f64)>> {
    let mut thin: Vec<(f64, f64)> = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let near = thin.last().is_some_and(|last| (last.0 - point.0).abs() < NEAR && (last.1 - point.1).abs() < NEAR);
        if !near || i == points.len() - 1 {
            thin.push(*point);
        }
    }
    let step = thin.len().div_ceil(budget.max(2)).max(1);
    let last = thin.last().copied();
    let mut thin: Vec<(f64, f64)> = thin.into_iter().step_by(step).collect();
    thin.extend(last.filter(|last| thin.last() != Some(last)));

    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    for pair in thin.windows(2) {
        let Some((from, to)) = cut(pair[0], pair[1], window) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    pieces
}

/// The part of a line inside the window (Liang & Barsky 1984, "A New Concept and Method for Line Clipping", ACM
/// Transactions on Graphics 3(1)).
fn cut(from: (f64, f64), to: (f64, f64), window: &Window) -> Option<((f64, f64), (f64, f64))> {
    let p = window.place;
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (start, end, low, high) in [(from.0, to.0, p.left, p.right), (from.1, to.1, p.top, p.bottom)] {
        let way = end - start;
        if way == 0.0 {
            if start < low || start > high {
                return None;
            }
            continue;
        }
        let (a, b) = ((low - start) / way, (high - start) / way);
        enter = enter.max(a.min(b));
        leave = leave.min(a.max(b));
    }
    let at = |share: f64| match share {
        0.0 => from, // exactly, so that pieces join
        1.0 => to,
        _ => {
            let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            (x.clamp(p.left, p.right), y.clamp(p.top, p.bottom)) // a step from very far is rounded
        }
    };
    (enter <= leave).then(|| (at(enter), at(leave)))
}

/// A line through pixels for a path's `d`, in the short form: each point from the one before.
pub(super) fn path_of(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let mut last = (0, 0);
    for (i, point) in points.iter().enumerate() {
        let at = (units(point.0), units(point.1));
        let (x, y) = (at.0 - last.0, at.1 - last.1);
        if i == 0 {
            let _ = write!(path, "M{x} {y}l");
        } else if (x, y) != (0, 0) {
            let _ = write!(path, "{x} {y} ");
        }
        last = at;
    }
    path.truncate(path.trim_end_matches([' ', 'l']).len());
    path
}

#[cfg(test)]
mod tests {
    use super::super::frame::Place;
    use super::*;

    fn window() -> Window {
        Window { place: Place { left: 0.0, right: 100.0, top: 0.0, bottom: 100.0 }, x: 0.0..1.0, y: 0.0..1.0 }
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_comes_back() {
        let way = [(50.0, 50.0), (150.0, 50.0), (150.0, 80.0), (50.0, 80.0)];
        let found = pieces(&way, 100, &window());
        assert_eq!(found, [[(50.0, 50.0), (100.0, 50.0)], [(100.0, 80.0), (50.0, 80.0)]]);
        assert!(pieces(&[(200.0, -50.0), (200.0, 300.0)], 100, &window()).is_empty());
        let far = pieces(&[(50.0, 50.0), (1e280, 50.0)], 100, &window());
        assert_eq!(far, [[(50.0, 50.0), (100.0, 50.0)]]);
    }

    #[test]
    fn a_long_walk_is_thinned_and_keeps_its_ends() {
        let way: Vec<(f64, f64)> = (0..50_000).map(|i| (f64::from(i % 2) * 90.0, 0.001 * f64::from(i))).collect();
        let found = pieces(&way, 1000, &window());
        assert!(found.len() == 1 && found[0].len() <= 1002, "{}", found[0].len());
        assert_eq!((found[0][0], *found[0].last().unwrap()), (way[0], way[49_999]));
    }

    #[test]
    fn a_path_is_written_from_point_to_point() {
        assert_eq!(path_of(&[(1.0, 1.0), (2.0, 3.5), (2.0, 3.5), (0.0, 0.0)]), "M2 2l2 5 -4 -7");
    }
}
