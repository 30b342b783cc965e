//! Why a device waits for data, and what workers that load ahead change.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Span;

/// A loop that loads batches and computes on them, with real threads that sleep in place of work.
///
/// With t_l to load a batch, t_g to compute on it, and w workers that load ahead into a queue, the utilization of the
/// device, busy time / time, is
///
/// - t_g / (t_l + t_g) without workers: it waits for every batch;
/// - min(1, w t_g / t_l) with them: the slower side sets the pace.
///
/// From w ≥ t_l / t_g on, the device never waits. Source: Mohan, Phanishayee, Raniwala & Chidambaram 2021, "Analyzing and
/// Mitigating Data Stalls in DNN Training", PVLDB 14(5).
///
/// ```
/// use dl_interview::system::InputPipeline;
///
/// let without = InputPipeline { load_ms: 10.0, compute_ms: 5.0, workers: 0, depth: 2 };
/// assert_eq!(without.expected_utilization(), 1.0 / 3.0);
/// assert_eq!(InputPipeline { workers: 1, ..without }.expected_utilization(), 0.5);
/// assert_eq!(InputPipeline { workers: 2, ..without }.expected_utilization(), 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputPipeline {
    /// Milliseconds to load and prepare one batch.
    pub load_ms: f64,
    /// Milliseconds to compute on one batch.
    pub compute_ms: f64,
    /// How many threads load ahead; with 0 the device's own thread loads each batch before it computes on it.
    pub workers: usize,
    /// How many loaded batches may wait in the queue.
    pub depth: usize,
}

/// What [`InputPipeline::run`] saw.
///
/// ```
/// use dl_interview::system::InputPipeline;
///
/// let run = InputPipeline { load_ms: 2.0, compute_ms: 1.0, workers: 0, depth: 0 }.run(3);
/// let tasks: Vec<&str> = run.spans.iter().map(|span| span.task.as_str()).collect();
/// assert_eq!(tasks, ["load 0", "compute 0", "load 1", "compute 1", "load 2", "compute 2"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InputRun {
    /// Who did what when, in milliseconds from the start, in the order of the starts.
    pub spans: Vec<Span>,
    /// Busy time of the device / time, from the start of its first batch to that of its last: the first wait, which
    /// happens once, does not count.
    pub utilization: f64,
    /// Milliseconds until the last batch was computed.
    pub total_ms: f64,
}

impl InputPipeline {
    /// The utilization by the law above.
    ///
    /// # Panics
    ///
    /// When a time is not positive and finite.
    ///
    /// ```
    /// use dl_interview::system::InputPipeline;
    ///
    /// let slow_disk = InputPipeline { load_ms: 20.0, compute_ms: 5.0, workers: 2, depth: 2 };
    /// assert_eq!(slow_disk.expected_utilization(), 0.5);
    /// ```
    #[track_caller]
    pub fn expected_utilization(&self) -> f64 {
        self.check("expected_utilization");
        match self.workers {
            0 => self.compute_ms / (self.load_ms + self.compute_ms),
            workers => (workers as f64 * self.compute_ms / self.load_ms).min(1.0),
        }
    }

    /// Loads and computes so many batches, and looks at the clock.
    ///
    /// # Panics
    ///
    /// When there are fewer than 2 batches, or a time is not positive and finite.
    ///
    /// ```
    /// use dl_interview::system::InputPipeline;
    ///
    /// let slow = InputPipeline { load_ms: 6.0, compute_ms: 3.0, workers: 0, depth: 2 }.run(10);
    /// let fast = InputPipeline { load_ms: 6.0, compute_ms: 3.0, workers: 4, depth: 2 }.run(10);
    /// assert!(fast.utilization > slow.utilization);
    /// ```
    #[track_caller]
    pub fn run(&self, batches: usize) -> InputRun {
        self.check("run");
        assert!(batches >= 2, "run({batches}): the pace of a pipeline shows from 2 batches on; give more");
        let begin = Instant::now();
        // Sleeps, and says from when to when.
        let spend = |lane: &str, task: String, ms: f64| {
            let start = begin.elapsed().as_secs_f64() * 1e3;
            thread::sleep(Duration::from_secs_f64(ms / 1e3));
            Span { lane: lane.to_string(), task, start, end: begin.elapsed().as_secs_f64() * 1e3 }
        };
        let load = |lane: &str, batch: usize| spend(lane, format!("load {batch}"), self.load_ms);
        let compute = |batch: usize| spend("device", format!("compute {batch}"), self.compute_ms);

        let mut loads = Vec::new();
        let mut computes = Vec::new();
        if self.workers == 0 {
            for batch in 0..batches {
                loads.push(load("device", batch));
                computes.push(compute(batch));
            }
        } else {
            let next = AtomicUsize::new(0);
            let (queue, loaded) = mpsc::sync_channel(self.depth);
            thread::scope(|scope| {
                for worker in 0..self.workers {
                    let (queue, next, load) = (queue.clone(), &next, &load);
                    scope.spawn(move || {
                        let lane = format!("loader {worker}");
                        loop {
                            let batch = next.fetch_add(1, Ordering::Relaxed);
                            // A full queue makes the worker wait here with its batch in hand.
                            if batch >= batches || queue.send((batch, load(&lane, batch))).is_err() {
                                break;
                            }
                        }
                    });
                }
                drop(queue); // the workers have their own ends; when the last is done, the queue closes
                for (batch, span) in loaded {
                    loads.push(span);
                    computes.push(compute(batch));
                }
            });
        }
        let busy: f64 = computes[..batches - 1].iter().map(Span::length).sum();
        let utilization = busy / (computes[batches - 1].start - computes[0].start);
        let total_ms = computes[batches - 1].end;
        let mut spans = [loads, computes].concat();
        spans.sort_by(|a, b| a.start.total_cmp(&b.start));
        InputRun { spans, utilization, total_ms }
    }

    #[track_caller]
    fn check(&self, name: &str) {
        assert!(
            [self.load_ms, self.compute_ms].iter().all(|ms| *ms > 0.0 && ms.is_finite()),
            "{name}: {} ms to load and {} ms to compute; times must be positive and finite",
            self.load_ms,
            self.compute_ms
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline(load_ms: f64, compute_ms: f64, workers: usize) -> InputPipeline {
        InputPipeline { load_ms, compute_ms, workers, depth: 2 }
    }

    #[test]
    fn the_law() {
        let expected =
            |load, compute| [0, 1, 2, 4].map(|workers| pipeline(load, compute, workers).expected_utilization());
        assert_eq!(expected(20.0, 5.0), [0.2, 0.25, 0.5, 1.0]);
        assert_eq!(expected(5.0, 20.0), [0.8, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn measured_utilization_follows_the_law() {
        for workers in [0, 1, 2, 4] {
            let pipeline = pipeline(20.0, 5.0, workers);
            let law = pipeline.expected_utilization();
            // Other work on the machine lets a sleep end late: the law shows in the try that was disturbed least.
            let tries: Vec<f64> = (0..5).map(|_| pipeline.run(17).utilization - law).collect();
            assert!(tries.iter().any(|off| off.abs() < 0.1), "{workers} workers: off by {tries:?} from {law}");
        }
    }

    #[test]
    fn every_batch_is_loaded_once_then_computed_once() {
        for workers in [0, 1, 3] {
            let run = InputPipeline { load_ms: 1.0, compute_ms: 1.0, workers, depth: 1 }.run(10);
            assert_eq!(run.spans.len(), 20);
            for batch in 0..10 {
                let find = |task: String| {
                    let found: Vec<_> = run.spans.iter().filter(|span| span.task == task).collect();
                    assert_eq!(found.len(), 1, "{task}");
                    found[0].clone()
                };
                let (load, compute) = (find(format!("load {batch}")), find(format!("compute {batch}")));
                assert!(load.end <= compute.start && compute.end <= run.total_ms);
                assert_eq!(load.lane == "device", workers == 0);
            }
        }
    }

    #[test]
    fn a_queue_without_room_still_works() {
        let run = InputPipeline { load_ms: 1.0, compute_ms: 1.0, workers: 2, depth: 0 }.run(5);
        assert_eq!(run.spans.len(), 10);
    }

    #[test]
    #[should_panic(expected = "0 ms to load")]
    fn no_time() {
        pipeline(0.0, 1.0, 1).run(5);
    }

    #[test]
    #[should_panic(expected = "run(1)")]
    fn one_batch_has_no_pace() {
        pipeline(1.0, 1.0, 1).run(1);
    }
}
