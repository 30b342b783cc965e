//! The lines along which a field has one value: marching squares.

use ndarray::Array2;

use super::colour::is_finite;

/// The lines on which the field has the value `level`, in units of the grid: (column, row), each from point to point.
///
/// Closed lines end where they began. Squares with a value that is no number have no lines.
///
/// Source: the case of two dimensions of Lorensen & Cline 1987, "Marching Cubes: A High Resolution 3D Surface
/// Construction Algorithm", Computer Graphics 21(4).
pub(super) fn level_lines(values: &Array2<f64>, level: f64) -> Vec<Vec<(f64, f64)>> {
    let (rows, columns) = values.dim();
    // A line enters and leaves a square through edges. Edge 2 · (i · columns + j) goes from grid point (i, j) to the
    // right, the next one up; each lies between two squares, so that at most two pieces of a line meet there.
    let mut next = vec![[usize::MAX; 2]; 2 * rows * columns];
    let mut join = |a: usize, b: usize| {
        for (from, to) in [(a, b), (b, a)] {
            let free = usize::from(next[from][0] != usize::MAX);
            next[from][free] = to;
        }
    };
    for i in 0..rows.saturating_sub(1) {
        for j in 0..columns.saturating_sub(1) {
            let corners = [values[[i, j]], values[[i, j + 1]], values[[i + 1, j + 1]], values[[i + 1, j]]];
            if !corners.iter().all(|value| is_finite(*value)) {
                continue;
            }
            let (below, left) = (2 * (i * columns + j), 2 * (i * columns + j) + 1);
            let (right, above) = (left + 2, below + 2 * columns);
            let edges = [below, right, above, left]; // edge k goes from corner k to the next one
            let inside = corners.map(|value| value >= level);
            let crossed: Vec<usize> = (0..4).filter(|&k| inside[k] != inside[(k + 1) % 4]).map(|k| edges[k]).collect();
            match crossed[..] {
                [a, b] => join(a, b),
                [a, b, c, d] => {
                    // A saddle: the middle of the square says which two corners hang together.
                    let middle = corners.iter().map(|value| 0.25 * value).sum::<f64>() >= level;
                    let pairs = if middle == inside[0] { [(a, b), (c, d)] } else { [(d, a), (b, c)] };
                    pairs.into_iter().for_each(|(a, b)| join(a, b));
                }
                _ => {}
            }
        }
    }

    let point = |edge: usize| {
        let (i, j) = (edge / 2 / columns, edge / 2 % columns);
        let (to_i, to_j) = if edge.is_multiple_of(2) { (i, j + 1) } else { (i + 1, j) };
        let (from, to) = (values[[i, j]], values[[to_i, to_j]]);
        let share = ((level - from) / (to - from)).clamp(0.0, 1.0);
        (j as f64 + share * (to_j - j) as f64, i as f64 + share * (to_i - i) as f64)
    };
    // First the lines that end at the border, then the closed ones.
    let ends: Vec<usize> =
        (0..next.len()).filter(|&edge| next[edge][0] != usize::MAX && next[edge][1] == usize::MAX).collect();
    let mut lines = Vec::new();
    for start in ends.into_iter().chain(0..next.len()) {
        if next[start] == [usize::MAX; 2] {
            continue; // no line, or one that is done
        }
        let (mut line, mut edge) = (vec![point(start)], start);
        while let Some(way) = next[edge].iter().position(|to| *to != usize::MAX) {
            let to = std::mem::replace(&mut next[edge][way], usize::MAX);
            let back = next[to].iter().position(|from| *from == edge).expect("pieces are joined both ways");
            next[to][back] = usize::MAX;
            line.push(point(to));
            edge = to;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_level_of_a_cone_is_a_circle() {
        let cone = Array2::from_shape_fn((81, 81), |(i, j)| (i as f64 - 40.0).hypot(j as f64 - 40.0));
        let lines = level_lines(&cone, 30.0);
        assert_eq!(lines.len(), 1);
        let circle = &lines[0];
        assert_eq!(circle.first(), circle.last());
        for (x, y) in circle {
            let radius = (x - 40.0).hypot(y - 40.0);
            assert!((radius - 30.0).abs() < 0.02, "{radius}");
        }
        let length: f64 = circle.windows(2).map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1)).sum();
        assert!((length / (2.0 * std::f64::consts::PI * 30.0) - 1.0).abs() < 1e-3, "{length}");
    }

    #[test]
    fn a_plane_has_one_line_from_border_to_border() {
        let plane = Array2::from_shape_fn((3, 4), |(_, j)| j as f64);
        assert_eq!(level_lines(&plane, 1.25), [vec![(1.25, 0.0), (1.25, 1.0), (1.25, 2.0)]]);
        assert!(level_lines(&plane, 7.0).is_empty());
    }

    #[test]
    fn a_saddle_has_two_lines_around_the_corners_that_do_not_hang_together() {
        for (high, joined) in [(3.0, true), (1.5, false)] {
            let lines = level_lines(&array![[high, 0.0], [0.0, high]], 1.0);
            assert_eq!(lines.len(), 2);
            // Where the middle is above the level, a line goes around each of the two low corners, (1, 0) and (0, 1).
            let middle = |line: &Vec<(f64, f64)>| (line[0].0 + line[1].0 - 1.0) * (line[0].1 + line[1].1 - 1.0);
            assert!(lines.iter().all(|line| (middle(line) < 0.0) == joined), "{lines:?}");
        }
    }

    #[test]
    fn squares_without_a_number_have_no_lines() {
        let mut plane = Array2::from_shape_fn((5, 2), |(_, j)| j as f64);
        plane[[2, 0]] = f64::NAN;
        assert_eq!(level_lines(&plane, 0.5), [vec![(0.5, 0.0), (0.5, 1.0)], vec![(0.5, 3.0), (0.5, 4.0)]]);
    }
}
