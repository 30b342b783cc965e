//! Spans of time sorted into the rows of a timeline.

use super::number::number;
use super::timeline::percent;
use crate::system::Span;

/// So many kinds of tasks have a colour of their own.
const KINDS: usize = 6;

/// What a timeline shows.
pub(super) struct Lanes {
    pub(super) lanes: Vec<Lane>,
    /// The kinds of tasks, in the order of their first start.
    pub(super) kinds: Vec<String>,
    pub(super) start: f64,
    pub(super) end: f64,
}

/// What one worker did.
pub(super) struct Lane {
    pub(super) name: String,
    /// In the order of their starts.
    pub(super) spans: Vec<Task>,
    /// The share of the whole time in which it did anything.
    pub(super) busy: f64,
    /// The share of the whole time that went into each kind.
    shares: Vec<f64>,
    pub(super) overlaps: bool,
}

pub(super) struct Task {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) task: String,
    pub(super) kind: usize,
}

/// Sorts spans whose ends are finite.
pub(super) fn lanes(spans: &[&Span]) -> Lanes {
    let mut sorted = spans.to_vec();
    sorted.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
    let start = sorted.iter().map(|span| span.start).fold(f64::INFINITY, f64::min);
    let end = sorted.iter().map(|span| span.end).fold(f64::NEG_INFINITY, f64::max);
    // A clock that was started just before the work: the axis begins with it.
    let start = if (0.0..=0.02 * end).contains(&start) { 0.0 } else { start };

    let mut kinds: Vec<String> = Vec::new();
    let names: Vec<String> = sorted.iter().map(|span| kind(&span.task)).collect();
    for name in names.iter() {
        if kinds.len() <= KINDS && !kinds.contains(name) {
            kinds.push(name.clone());
        }
    }
    if kinds.len() > KINDS {
        kinds.truncate(KINDS);
        kinds.push("other".to_owned());
    }
    let number_of = |name: &String| kinds.iter().position(|kind| kind == name).unwrap_or(KINDS);

    let mut lanes: Vec<Lane> = Vec::new();
    let mut place = std::collections::HashMap::new();
    for span in spans {
        place.entry(span.lane.as_str()).or_insert_with(|| {
            let name = span.lane.clone();
            lanes.push(Lane { name, spans: Vec::new(), busy: 0.0, shares: vec![0.0; kinds.len()], overlaps: false });
            lanes.len() - 1
        });
    }
    for (span, name) in sorted.iter().zip(&names) {
        let task = Task { start: span.start, end: span.end, task: span.task.clone(), kind: number_of(name) };
        lanes[place[span.lane.as_str()]].spans.push(task);
    }
    // Lanes that differ by a number only stand together, in its order, whoever was first.
    let groups: Vec<String> = lanes.iter().map(|lane| kind(&lane.name)).collect();
    lanes.sort_by_cached_key(|lane| {
        let group = kind(&lane.name);
        let number =
            lane.name.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse::<u64>().ok());
        (groups.iter().position(|other| *other == group), number)
    });
    // All at one moment: there is no time to have a share of.
    let whole = if end > start { end - start } else { f64::INFINITY };
    for lane in &mut lanes {
        let mut until = start;
        for span in &lane.spans {
            lane.shares[span.kind] += (span.end - span.start) / whole;
            lane.busy += (span.end - span.start.max(until)).max(0.0) / whole;
            // Clocks and sums round: what overlaps by a millionth of the whole only touches.
            lane.overlaps |= span.start < until - 1e-6 * whole;
            until = until.max(span.end);
        }
    }
    Lanes { lanes, kinds, start, end }
}

/// `load 3` and `F3` without the number: `load` and `F`.
fn kind(task: &str) -> String {
    let kind = task.trim_end().trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    let kind: String = if kind.is_empty() { "task" } else { kind }.chars().take(40).collect();
    super::html::one_line(&kind)
}

impl Lane {
    /// The share of the time of each kind, in words.
    pub(super) fn parts(&self, kinds: &[String]) -> Vec<String> {
        let occurs = |kind: usize| self.spans.iter().any(|span| span.kind == kind);
        let parts = kinds.iter().zip(&self.shares).enumerate().filter(|(kind, _)| occurs(*kind));
        parts.map(|(_, (name, share))| format!("{name} {}", percent(*share))).collect()
    }

    pub(super) fn words(&self, kinds: &[String]) -> String {
        let count = self.spans.len();
        let tasks = if count == 1 { "1 task".to_owned() } else { format!("{} tasks", number(count as f64)) };
        format!("“{}”: {tasks}, {} busy ({})", self.name, percent(self.busy), self.parts(kinds).join(", "))
    }

    /// The share of each of `count` equal columns of time that went into each kind.
    pub(super) fn columns(&self, start: f64, end: f64, count: usize, kinds: usize) -> Vec<Vec<f64>> {
        let mut columns = vec![vec![0.0; kinds]; count];
        let wide = (end - start) / count as f64;
        if wide <= 0.0 {
            return columns;
        }
        for span in &self.spans {
            let (from, to) = ((span.start - start) / wide, (span.end - start) / wide);
            let touched = columns.iter_mut().enumerate().take(to.ceil() as usize).skip(from as usize);
            for (column, shares) in touched {
                let left = column as f64;
                shares[span.kind] += (to.min(left + 1.0) - from.max(left)).max(0.0);
            }
        }
        for column in &mut columns {
            let total: f64 = column.iter().sum();
            column.iter_mut().for_each(|share| *share /= total.max(1.0));
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(lane: &str, task: &str, start: f64, end: f64) -> Span {
        Span { lane: lane.into(), task: task.into(), start, end }
    }

    #[test]
    fn a_kind_is_the_task_without_its_number() {
        for (task, name) in [("load 12", "load"), ("F3", "F"), ("7", "task"), ("", "task"), ("conv2d", "conv2d")] {
            assert_eq!(kind(task), name);
        }
    }

    #[test]
    fn numbered_lanes_stand_in_their_order() {
        let names = ["loader 10", "device", "loader 2", "disk"];
        let spans = names.map(|lane| span(lane, "x", 0.0, 1.0));
        let sorted: Vec<String> = lanes(&spans.iter().collect::<Vec<_>>()).lanes.into_iter().map(|l| l.name).collect();
        assert_eq!(sorted, ["loader 2", "loader 10", "device", "disk"]);
    }

    #[test]
    fn shares_are_of_the_time_from_the_first_start_to_the_last_end() {
        let spans = [span("a", "x 0", 2.0, 4.0), span("b", "y 0", 3.0, 10.0), span("a", "x 1", 3.0, 6.0)];
        let lanes = lanes(&spans.iter().collect::<Vec<_>>());
        let a = &lanes.lanes[0];
        assert_eq!((a.busy, a.shares[0], a.overlaps), (0.5, 0.625, true), "what overlaps is busy only once");
        assert_eq!((lanes.lanes[1].busy, lanes.lanes[1].overlaps), (0.875, false));
    }

    #[test]
    fn columns_keep_the_busy_time() {
        let spans = [span("a", "x 0", 0.0, 2.5), span("a", "y 0", 3.0, 4.0), span("a", "x 1", 9.0, 10.0)];
        let lanes = lanes(&spans.iter().collect::<Vec<_>>());
        let columns = lanes.lanes[0].columns(0.0, 10.0, 5, 2);
        assert_eq!(columns, [[1.0, 0.0], [0.25, 0.5], [0.0, 0.0], [0.0, 0.0], [0.5, 0.0]]);
        let at_once = [span("a", "x 0", 0.0, 2.0), span("a", "y 0", 0.0, 1.0), span("a", "y 1", 0.0, 1.0)];
        let lanes = super::lanes(&at_once.iter().collect::<Vec<_>>());
        assert_eq!(lanes.lanes[0].columns(0.0, 2.0, 2, 2)[0], [2.0 / 3.0, 1.0 / 3.0], "never higher than the row");
    }
}
