//! A layered drawing of a graph: which row each node gets, and where in it.
//!
//! Source: Sugiyama, Tagawa & Toda 1981, "Methods for Visual Understanding of Hierarchical System Structures", IEEE
//! Transactions on Systems, Man, and Cybernetics 11(2).

/// Between two nodes, a node and an edge that passes, two such edges: in pixels.
const GAPS: [f64; 3] = [18.0, 10.0, 6.0];
const SWEEPS: usize = 12;

/// Where the nodes lie, and on which way the edges pass the rows between.
pub(super) struct Layout {
    /// Row of each node, from the top.
    pub(super) row: Vec<usize>,
    /// Centre of each node, in pixels from the left.
    pub(super) x: Vec<f64>,
    /// One per input of each node, in that order.
    pub(super) edges: Vec<Edge>,
}

pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where it passes the rows between, from top to bottom.
    pub(super) bends: Vec<f64>,
}

/// Lays out nodes that each come after their `inputs`, in rows that are `space` wide.
pub(super) fn layout(inputs: &[Vec<usize>], widths: &[f64], space: f64) -> Layout {
    let row = rows(inputs, widths, space);
    let mut sheet = Sheet::new(row, widths, space);
    let mut edges = Vec::new();
    for (to, inputs) in inputs.iter().enumerate() {
        for &from in inputs {
            edges.push((from, to, sheet.connect(from, to)));
        }
    }
    sheet.order();
    sheet.place();
    sheet.centre();
    let edges = edges.into_iter().map(|(from, to, bends)| {
        let bends = bends.into_iter().map(|item| sheet.x[item]).collect();
        Edge { from, to, bends }
    });
    let edges = edges.collect();
    let n = inputs.len();
    Layout { row: sheet.row[..n].to_vec(), x: sheet.x[..n].to_vec(), edges }
}

/// Each node as close above its uses as rows have room; the row of the result is the lowest.
fn rows(inputs: &[Vec<usize>], widths: &[f64], space: f64) -> Vec<usize> {
    let mut above = vec![0; inputs.len()]; // rows between the bottom and the node
    let mut filled: Vec<f64> = Vec::new();
    for (i, inputs) in inputs.iter().enumerate().rev() {
        // A fifth of a row is left to the edges that pass.
        let is_full = |width: Option<&f64>| width.is_some_and(|width| width + widths[i] > 0.8 * space);
        while is_full(filled.get(above[i])) {
            above[i] += 1;
        }
        filled.resize(filled.len().max(above[i] + 1), 0.0);
        filled[above[i]] += widths[i] + GAPS[0];
        for &input in inputs {
            above[input] = above[input].max(above[i] + 1);
        }
    }
    above.iter().map(|above| filled.len() - 1 - above).collect()
}

/// The nodes, and after them the places where edges pass a row.
struct Sheet {
    row: Vec<usize>,
    width: Vec<f64>,
    /// Who lies in each row, from left to right.
    rows: Vec<Vec<usize>>,
    up: Vec<Vec<usize>>,
    down: Vec<Vec<usize>>,
    x: Vec<f64>,
    space: f64,
}

impl Sheet {
    fn new(row: Vec<usize>, widths: &[f64], space: f64) -> Sheet {
        let mut rows = vec![Vec::new(); row.iter().max().map_or(0, |last| last + 1)];
        for (i, row) in row.iter().enumerate() {
            rows[*row].push(i);
        }
        let none = vec![Vec::new(); row.len()];
        Sheet { width: widths.to_vec(), x: vec![0.0; row.len()], row, rows, up: none.clone(), down: none, space }
    }

    /// Links two nodes, and answers with the items on the way.
    fn connect(&mut self, from: usize, to: usize) -> Vec<usize> {
        let mut bends = Vec::new();
        let mut last = from;
        for row in self.row[from] + 1..self.row[to] {
            let item = self.row.len();
            self.row.push(row);
            self.rows[row].push(item);
            self.width.push(0.0);
            self.x.push(0.0);
            self.up.push(Vec::new());
            self.down.push(Vec::new());
            self.link(last, item);
            bends.push(item);
            last = item;
        }
        self.link(last, to);
        bends
    }

    fn link(&mut self, upper: usize, lower: usize) {
        self.down[upper].push(lower);
        self.up[lower].push(upper);
    }

    /// Orders each row by the mean position of its neighbours in the row before, down and up in turns, and keeps the
    /// order with the fewest crossings.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            let downwards = sweep % 2 == 0;
            let mut rows: Vec<usize> = (0..self.rows.len()).collect();
            if !downwards {
                rows.reverse();
            }
            let mut at = self.positions();
            for row in rows {
                let neighbours = if downwards { &self.up } else { &self.down };
                let mean = |item: usize| match neighbours[item].len() {
                    0 => at[item],
                    n => neighbours[item].iter().map(|other| at[*other]).sum::<f64>() / n as f64,
                };
                let mut keyed: Vec<(f64, usize)> = self.rows[row].iter().map(|item| (mean(*item), *item)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                for (i, (_, item)) in keyed.iter().enumerate() {
                    at[*item] = (i as f64 + 0.5) / keyed.len() as f64;
                }
                self.rows[row] = keyed.into_iter().map(|(_, item)| item).collect();
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// Each item's place in its row, from 0 to 1.
    fn positions(&self) -> Vec<f64> {
        let mut at = vec![0.0; self.row.len()];
        for row in &self.rows {
            for (i, item) in row.iter().enumerate() {
                at[*item] = (i as f64 + 0.5) / row.len() as f64;
            }
        }
        at
    }

    fn crossings(&self) -> usize {
        let at = self.positions();
        let mut crossings = 0;
        for row in &self.rows {
            let ends: Vec<(f64, f64)> =
                row.iter().flat_map(|item| self.down[*item].iter().map(|lower| (at[*item], at[*lower]))).collect();
            for (i, a) in ends.iter().enumerate() {
                crossings += ends[..i].iter().filter(|b| (a.0 - b.0) * (a.1 - b.1) < 0.0).count();
            }
        }
        crossings
    }

    /// Moves each item towards its neighbours, as far as those in its row leave room.
    fn place(&mut self) {
        for row in &self.rows {
            let middle = vec![0.5 * self.space; row.len()];
            for (item, x) in row.iter().zip(self.apart(row, &middle)) {
                self.x[*item] = x;
            }
        }
        for sweep in 0..SWEEPS {
            for i in 0..self.rows.len() {
                let row = self.rows[if sweep % 2 == 0 { i } else { self.rows.len() - 1 - i }].clone();
                let wanted: Vec<f64> = row
                    .iter()
                    .map(|item| {
                        let near: Vec<f64> =
                            self.up[*item].iter().chain(&self.down[*item]).map(|other| self.x[*other]).collect();
                        if near.is_empty() { self.x[*item] } else { near.iter().sum::<f64>() / near.len() as f64 }
                    })
                    .collect();
                for (item, x) in row.iter().zip(self.apart(&row, &wanted)) {
                    self.x[*item] = x;
                }
            }
        }
    }

    /// Moves everything to the middle of the sheet.
    fn centre(&mut self) {
        let items = || self.x.iter().zip(&self.width);
        let low = items().map(|(x, width)| x - 0.5 * width).fold(f64::INFINITY, f64::min);
        let high = items().map(|(x, width)| x + 0.5 * width).fold(f64::NEG_INFINITY, f64::max);
        let shift = 0.5 * (self.space - low - high);
        self.x.iter_mut().for_each(|x| *x += shift);
    }

    /// Centres in this order, as close as can be to the wanted ones in squares, without overlap and inside the row.
    fn apart(&self, row: &[usize], wanted: &[f64]) -> Vec<f64> {
        let half = |item: usize| 0.5 * self.width[item];
        let gap = |pair: &[usize]| GAPS[pair.iter().filter(|item| self.width[**item] == 0.0).count()];
        let (first, last) = (half(row[0]), half(row[row.len() - 1]));
        let mut offset = vec![first];
        for pair in row.windows(2) {
            offset.push(offset[offset.len() - 1] + half(pair[0]) + gap(pair) + half(pair[1]));
        }
        // A row that is too full is squeezed.
        let (needed, given) = (offset[offset.len() - 1] - first, self.space - first - last);
        let squeeze = (given / needed.max(1.0)).clamp(0.0, 1.0);
        offset.iter_mut().for_each(|offset| *offset = first + (*offset - first) * squeeze);
        let room = (given - needed * squeeze).max(0.0);
        // With the distances taken out, what is left must only not fall: neighbours that would are moved together.
        let mut blocks: Vec<(f64, usize)> = Vec::new();
        for (wanted, offset) in wanted.iter().zip(&offset) {
            let mut block = (wanted - offset, 1);
            while let Some(last) = blocks.last().copied().filter(|last| last.0 >= block.0) {
                let count = last.1 + block.1;
                block = ((last.0 * last.1 as f64 + block.0 * block.1 as f64) / count as f64, count);
                blocks.pop();
            }
            blocks.push(block);
        }
        let shifts = blocks.into_iter().flat_map(|(shift, count)| vec![shift.clamp(0.0, room); count]);
        shifts.zip(offset).map(|(shift, offset)| shift + offset).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_lies_below_its_inputs_and_as_close_as_can_be() {
        // 0 and 1 are used at once, 2 only at the end.
        let layout = layout(&[vec![], vec![], vec![], vec![0, 1], vec![3], vec![4, 2]], &[50.0; 6], 600.0);
        assert_eq!(layout.row, [0, 0, 2, 1, 2, 3]);
    }

    #[test]
    fn no_two_nodes_of_a_row_overlap_and_a_full_row_is_followed_by_another() {
        let mut inputs = vec![vec![]; 20];
        inputs.push((0..20).collect());
        let layout = layout(&inputs, &[100.0; 21], 600.0);
        assert_eq!(layout.row[20], 5);
        for i in 0..21 {
            assert!((50.0..=550.0).contains(&layout.x[i]), "{:?}", layout.x);
            for j in (0..i).filter(|j| layout.row[*j] == layout.row[i]) {
                assert!((layout.x[i] - layout.x[j]).abs() >= 100.0, "{:?}", layout.x);
            }
        }
    }

    #[test]
    fn an_order_without_crossings_is_found() {
        // Two chains whose ends are listed crosswise.
        let inputs = [vec![], vec![], vec![1], vec![0], vec![2], vec![3], vec![5, 4]];
        let layout = layout(&inputs, &[40.0; 7], 600.0);
        assert_eq!(layout.x[0] < layout.x[1], layout.x[3] < layout.x[2]);
        assert_eq!(layout.x[3] < layout.x[2], layout.x[5] < layout.x[4]);
    }

    #[test]
    fn a_long_edge_goes_around_the_nodes_between() {
        let layout = layout(&[vec![], vec![0], vec![1], vec![2, 0]], &[80.0; 4], 600.0);
        let long = layout.edges.iter().find(|edge| edge.from == 0 && edge.to == 3).unwrap();
        assert_eq!(long.bends.len(), 2);
        for (bend, node) in long.bends.iter().zip([1, 2]) {
            assert!((bend - layout.x[node]).abs() > 40.0, "{:?} {:?}", long.bends, layout.x);
        }
    }
}
