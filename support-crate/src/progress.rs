//! What a long call says on its way, and how the reader ends it early.

use std::cell::Cell;
use std::fmt::Display;
#[cfg(unix)]
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use ndarray::{Array2, Axis, Slice};

use crate::nn::Net;
use crate::tensor::{Real, Tensor, no_grad};

/// Lines at the most.
const LINES: usize = 12;
/// Operations of about two seconds.
const LONG: f64 = 40e9;
/// With a clock: the shortest time between two lines.
const PAUSE: Duration = Duration::from_secs(2);

thread_local! {
    /// The operations inside the call that tells its progress, as far as they are known; none where there is no such call.
    static INSIDE: Cell<Option<f64>> = const { Cell::new(None) };
}

/// Up to a dozen lines on the way through `total` parts (epochs, steps, trials) of a long call. Calls inside it are silent.
///
/// With the environment variable `DLI_CLOCK` at 0, what is long and where the lines stand depends on the number of
/// operations alone, so that the same notebook prints the same lines everywhere. Otherwise the clock decides, and each line
/// says how much time is left.
pub(crate) struct Progress {
    total: usize,
    /// Of the whole call; 0 where only the calls inside can tell.
    operations: f64,
    speaks: bool,
    /// None without a clock.
    start: Option<Instant>,
    /// When and where the last line was.
    last: (Duration, f64),
    outside: Option<f64>,
    /// Before each line, where the parts are those of several machines.
    label: String,
    /// The parts of the machines before.
    before: f64,
}

impl Progress {
    pub(crate) fn new(total: usize, operations: f64, speaks: bool) -> Progress {
        is_interrupted(); // listens from here on
        let outside = INSIDE.get();
        INSIDE.set(Some(0.0));
        let clock = std::env::var_os("DLI_CLOCK").is_none_or(|value| value != "0");
        let start = (clock && outside.is_none()).then(Instant::now);
        let speaks = speaks && outside.is_none();
        Progress {
            total,
            operations,
            speaks,
            start,
            last: (Duration::ZERO, 0.0),
            outside,
            label: String::new(),
            before: 0.0,
        }
    }

    /// From here on, parts are counted from `before`, and lines begin with `label`.
    pub(crate) fn go_on(&mut self, before: usize, label: String) {
        (self.before, self.label) = (before as f64, label);
    }

    /// Prints `text`, if it is time for a line after `done` of the parts. Lines inside of a part (a fraction of it is done)
    /// come only with a clock.
    pub(crate) fn line<T: Display>(&mut self, done: f64, text: impl FnOnce() -> T) {
        let (done, elapsed) = (self.before + done, self.start.map(|start| start.elapsed()));
        if self.speaks && self.is_time(done, elapsed) {
            println!("{}{}{}", self.label, text(), elapsed.map_or(String::new(), |elapsed| self.left(done, elapsed)));
        }
    }

    fn is_time(&mut self, done: f64, elapsed: Option<Duration>) -> bool {
        let total = self.total as f64;
        let Some(elapsed) = elapsed else {
            let counted = INSIDE.get().unwrap_or(0.0) / done * total;
            let is_long = if self.operations > 0.0 { self.operations } else { counted } > LONG;
            return is_long && done.fract() == 0.0 && (done as usize).is_multiple_of(self.total.div_ceil(LINES));
        };
        let (when, at) = self.last;
        // The first one as soon as it is known to be long, the others evenly.
        let share_is_done = at == 0.0 || done - at >= total / (LINES - 1) as f64;
        // What a whole part says is better (an epoch its validation), if it is not far.
        let rest = elapsed.mul_f64((done.ceil() - done) / done);
        let now = elapsed >= when + PAUSE && share_is_done && (rest.is_zero() || rest > PAUSE) && done < total;
        if now {
            self.last = (elapsed, done);
        }
        now
    }

    fn left(&self, done: f64, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64() * (self.total as f64 - done) / done;
        if seconds < 100.0 {
            format!(" · {} s left", seconds.ceil())
        } else {
            format!(" · {} min left", (seconds / 60.0).round())
        }
    }

    /// Says where a call ended that the reader stopped, the outermost one; and that others after it in this cell end, too.
    pub(crate) fn say_stopped(&self, place: impl Display, kept: &str) {
        if self.outside.is_none() {
            say_stopped(format!("{}{place}", self.label), kept);
        }
    }
}

/// Says once in a cell where the stop button has ended something; of what comes after that, only that it ends, too.
pub(crate) fn say_stopped(place: impl Display, kept: &str) {
    static STOPPED: AtomicUsize = AtomicUsize::new(0);
    match STOPPED.fetch_add(1, Relaxed) {
        0 => println!("Stopped at {place}: {kept}."),
        1 => println!("What else this cell trains ends at once."),
        _ => (),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let here = self.operations.max(INSIDE.get().unwrap_or(0.0));
        INSIDE.set(self.outside.map(|before| before + here));
    }
}

/// How many operations the training of `net` takes for each example such as those in `inputs`.
pub(crate) fn training_operations(net: &Net, inputs: &Array2<Real>) -> f64 {
    let one = Tensor::new(inputs.slice_axis(Axis(0), Slice::from(..1)).to_owned());
    let outputs = no_grad(|| net.run_all(&one, false));
    let operations = (net.layers.iter().zip(outputs)).map(|(layer, output)| {
        // Each weight of a layer is used once per place: places = outputs / channels.
        let weight = layer.weight().map_or(0, |weight| weight.len());
        6 * weight * output.shape().iter().skip(2).product::<usize>()
    });
    operations.sum::<usize>() as f64
}

/// Whether the reader wants this cell to end: JupyterLab's stop button was pressed since the cell began (in a stock kernel:
/// since its first long call, or the first question). It stays so until the end of the cell.
///
/// All trainings of this crate ask it after each step. A loop of one's own can do so, too. The answer is always no outside
/// of a notebook, where Ctrl-C ends the program as ever.
///
/// ```
/// use dl_interview::train::is_interrupted;
///
/// let mut sum = 0.0;
/// for step in 1..=1000 {
///     sum += 1.0 / step as f64;
///     if is_interrupted() {
///         break;
///     }
/// }
/// assert!(sum > 7.48);
/// ```
pub fn is_interrupted() -> bool {
    // Each cell comes with statics of its own, that is, with another flag and another handler on top of those of earlier
    // cells. These stay, because a signal without any would end the process; they only set the flags of cells that are over.
    #[cfg(unix)]
    static FLAG: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
        let flag = Arc::default();
        if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
            // An error means that it cannot be stopped; it can still be trained.
            let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&flag));
        }
        flag
    });
    #[cfg(not(unix))]
    static FLAG: LazyLock<AtomicBool> = LazyLock::new(AtomicBool::default);
    FLAG.load(Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(total: usize, operations: f64) -> Progress {
        let mut progress = Progress::new(total, operations, true);
        progress.start = None;
        progress
    }

    /// The parts after which there is a line, without a clock.
    fn lines(total: usize, operations: f64) -> Vec<usize> {
        let mut progress = quiet(total, operations);
        (1..=total).filter(|&done| progress.is_time(done as f64, None)).collect()
    }

    /// When there is a line and what it says, with a clock, if each part takes that many seconds and has that many steps.
    fn timed(total: usize, steps: usize, seconds: f64) -> Vec<(f64, String)> {
        let mut progress = quiet(total, 0.0);
        let dones = (0..total).flat_map(|part| (1..=steps).map(move |step| part as f64 + step as f64 / steps as f64));
        dones
            .filter_map(|done| {
                let elapsed = Duration::from_secs_f64(done * seconds);
                progress.is_time(done, Some(elapsed)).then(|| (done, progress.left(done, elapsed)))
            })
            .collect()
    }

    #[test]
    fn without_a_clock_the_operations_decide() {
        assert_eq!(lines(5, 1e12), [1, 2, 3, 4, 5]);
        assert_eq!(lines(100, 1e12), [9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]);
        assert!((1..500).all(|total| (1..=LINES).contains(&lines(total, 1e12).len())));
        assert!(lines(5, 39e9).is_empty());
        assert!(!quiet(5, 1e12).is_time(2.5, None));
    }

    #[test]
    fn with_a_clock_a_line_comes_after_two_seconds_and_a_dozen_at_most() {
        assert!(timed(100, 10, 0.019).is_empty());
        assert_eq!(timed(10, 4, 1.0).iter().map(|line| line.0).collect::<Vec<_>>(), [2.0, 4.0, 6.0, 8.0]);
        for (total, steps, seconds) in [(1, 900, 60.0), (3, 100, 200.0), (1000, 1, 1.0), (7, 3, 0.9), (20, 50, 2.5)] {
            let lines = timed(total, steps, seconds);
            assert!((2..=LINES).contains(&lines.len()), "{total} {steps} {seconds}: {lines:?}");
            assert!(lines[0].0 * seconds < 5.0, "{total} {steps} {seconds}: {lines:?}");
            assert!(lines.windows(2).all(|pair| (pair[1].0 - pair[0].0) * seconds >= 1.99));
        }
    }

    #[test]
    fn long_epochs_speak_inside_and_short_ones_at_their_end() {
        assert!(timed(3, 100, 60.0).iter().any(|(done, _)| done.fract() > 0.0));
        assert!(timed(30, 100, 1.5).iter().all(|(done, _)| done.fract() == 0.0));
    }

    #[test]
    fn the_time_left_is_what_the_rest_takes_at_the_same_pace() {
        let progress = quiet(10, 0.0);
        assert_eq!(progress.left(2.5, Duration::from_secs(5)), " · 15 s left");
        assert_eq!(progress.left(1.0, Duration::from_secs(60)), " · 9 min left");
    }

    #[test]
    fn what_is_inside_is_silent_and_counts() {
        let mut outer = quiet(20, 0.0);
        let mut spoken = Vec::new();
        for trial in 1..=20 {
            let inner = Progress::new(5, 3e9, true);
            assert!(!inner.speaks);
            drop(Progress::new(1, 1e9, true)); // inside the inner one, whose own count has it already
            drop(inner);
            spoken.extend(outer.is_time(trial as f64, None).then_some(trial));
        }
        assert_eq!(spoken, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
        drop(outer);
        assert!(Progress::new(1, 0.0, true).speaks);
    }

    #[test]
    fn a_cheap_search_is_silent() {
        let mut outer = quiet(3, 0.0);
        drop(Progress::new(1, 1e9, true));
        assert!(!outer.is_time(1.0, None));
    }
}
