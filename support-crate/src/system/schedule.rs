//! When each stage of a pipeline works, and when it waits.

use super::Span;

/// What each stage of a pipeline does when, made by [`gpipe`].
///
/// ```
/// use dl_interview::system::gpipe;
///
/// let schedule = gpipe(2, 1, 1.0, 2.0);
/// let tasks: Vec<&str> = schedule.spans.iter().map(|span| span.task.as_str()).collect();
/// assert_eq!(tasks, ["F0", "F0", "B0", "B0"]);
/// assert_eq!(schedule.length(), 6.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineSchedule {
    /// How many stages there are, each on a device of its own.
    pub stages: usize,
    /// What they do, for a Gantt chart: `F3` is the forward pass of micro-batch 3, `B3` its backward pass.
    pub spans: Vec<Span>,
}

/// Splits a batch into micro-batches that follow each other through K stages: all forward passes, then all backward
/// passes in the opposite order. `forward` and `backward` is what one micro-batch takes in one stage.
///
/// The share of time in which devices wait, the *bubble*, is (K − 1) / (M + K − 1). With one micro-batch only one
/// device works at any time, as in a model that is merely cut in pieces. Source: Huang et al. 2019, "GPipe: Efficient
/// Training of Giant Neural Networks using Pipeline Parallelism", NeurIPS.
///
/// # Panics
///
/// When there are no stages or no micro-batches, or a time is negative, 0 or not finite.
///
/// ```
/// use dl_interview::system::gpipe;
///
/// assert_eq!(gpipe(4, 1, 1.0, 2.0).bubble(), 3.0 / 4.0); // naive: 1/K of the time used
/// assert_eq!(gpipe(4, 12, 1.0, 2.0).bubble(), 3.0 / 15.0);
/// ```
#[track_caller]
pub fn gpipe(stages: usize, micro_batches: usize, forward: f64, backward: f64) -> PipelineSchedule {
    assert!(
        stages > 0 && micro_batches > 0,
        "gpipe: {stages} stages and {micro_batches} micro-batches; there must be at least one of each"
    );
    assert!(
        forward > 0.0 && backward > 0.0 && forward.is_finite() && backward.is_finite(),
        "gpipe: {forward} forth and {backward} back; times must be positive and finite"
    );
    let mut free = vec![0.0; stages]; // when each stage has finished what it was given so far
    let mut spans = Vec::new();
    let last = stages - 1;
    for micro_batch in 0..micro_batches {
        let mut ready = 0.0;
        for (stage, free) in free.iter_mut().enumerate() {
            ready = work(&mut spans, stage, format!("F{micro_batch}"), free, ready, forward);
        }
    }
    for micro_batch in (0..micro_batches).rev() {
        let mut ready = free[last]; // the last stage is the first to know the loss
        for (stage, free) in free.iter_mut().enumerate().rev() {
            ready = work(&mut spans, stage, format!("B{micro_batch}"), free, ready, backward);
        }
    }
    PipelineSchedule { stages, spans }
}

/// Starts as soon as the stage is free and its input is there; gives the time of the end.
fn work(spans: &mut Vec<Span>, stage: usize, task: String, free: &mut f64, ready: f64, time: f64) -> f64 {
    let start = free.max(ready);
    *free = start + time;
    spans.push(Span { lane: format!("stage {stage}"), task, start, end: *free });
    *free
}

impl PipelineSchedule {
    /// From the first start to the last end.
    ///
    /// ```
    /// assert_eq!(dl_interview::system::gpipe(1, 4, 1.0, 2.0).length(), 12.0);
    /// ```
    pub fn length(&self) -> f64 {
        self.spans.iter().map(|span| span.end).fold(0.0, f64::max)
    }

    /// The share of all stages' time in which they wait.
    ///
    /// ```
    /// assert_eq!(dl_interview::system::gpipe(2, 3, 1.0, 1.0).bubble(), 1.0 / 4.0);
    /// ```
    pub fn bubble(&self) -> f64 {
        let all = self.stages as f64 * self.length();
        let busy: f64 = self.spans.iter().map(Span::length).sum();
        (all - busy) / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bubble_is_k_minus_one_over_m_plus_k_minus_one() {
        for stages in 1..=8 {
            for micro_batches in 1..=16 {
                for (forward, backward) in [(1.0, 1.0), (1.0, 2.0), (3.0, 1.0)] {
                    let schedule = gpipe(stages, micro_batches, forward, backward);
                    let expected = (stages - 1) as f64 / (micro_batches + stages - 1) as f64;
                    assert_eq!(schedule.bubble(), expected, "K = {stages}, M = {micro_batches}");
                    assert_eq!(schedule.length(), (micro_batches + stages - 1) as f64 * (forward + backward));
                }
            }
        }
    }

    #[test]
    fn nothing_starts_before_its_input_is_there_and_no_stage_does_two_things_at_once() {
        let (stages, micro_batches) = (4, 5);
        let spans = gpipe(stages, micro_batches, 1.0, 2.0).spans;
        let find = |stage: usize, task: String| {
            let lane = format!("stage {stage}");
            spans.iter().find(|span| span.lane == lane && span.task == task).unwrap()
        };
        for m in 0..micro_batches {
            for stage in 1..stages {
                assert!(find(stage, format!("F{m}")).start >= find(stage - 1, format!("F{m}")).end);
                assert!(find(stage - 1, format!("B{m}")).start >= find(stage, format!("B{m}")).end);
            }
            assert!(find(stages - 1, format!("B{m}")).start >= find(stages - 1, format!("F{}", micro_batches - 1)).end);
        }
        for (i, a) in spans.iter().enumerate() {
            let others = spans[..i].iter().filter(|b| b.lane == a.lane);
            others.for_each(|b| assert!(a.end <= b.start || b.end <= a.start, "{a:?} {b:?}"));
        }
        assert_eq!(spans.len(), 2 * stages * micro_batches);
    }

    #[test]
    #[should_panic(expected = "0 stages and 1 micro-batches")]
    fn no_stage() {
        gpipe(0, 1, 1.0, 1.0);
    }

    #[test]
    #[should_panic(expected = "times must be positive")]
    fn no_time() {
        gpipe(1, 1, 0.0, 1.0);
    }
}
