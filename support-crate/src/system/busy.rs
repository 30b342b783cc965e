//! Which part of the time is spent on what one came for.

use std::time::{Duration, Instant};

/// A clock that runs all the time, and counts apart the time in which real work was done.
///
/// *Utilization* is busy time / wall time. It says how seldom a device waits, not how well it works: a device that
/// copies one number after the other is 100 % busy too.
///
/// ```
/// use dl_interview::system::BusyClock;
/// use std::{thread::sleep, time::Duration};
///
/// let mut clock = BusyClock::start();
/// sleep(Duration::from_millis(10)); // waiting for data
/// let answer = clock.busy(|| {
///     sleep(Duration::from_millis(10));
///     6 * 7
/// });
/// assert_eq!(answer, 42);
/// assert!(clock.utilization() < 0.9 && clock.busy_seconds() >= 0.01);
/// ```
#[derive(Clone, Debug)]
pub struct BusyClock {
    start: Instant,
    busy: Duration,
}

impl BusyClock {
    /// A clock that starts now.
    ///
    /// ```
    /// # use dl_interview::system::BusyClock;
    /// assert_eq!(BusyClock::start().busy_seconds(), 0.0);
    /// ```
    pub fn start() -> BusyClock {
        BusyClock { start: Instant::now(), busy: Duration::ZERO }
    }

    /// Does `work`, and counts the time it takes as busy.
    ///
    /// ```
    /// # use dl_interview::system::BusyClock;
    /// assert_eq!(BusyClock::start().busy(|| 2 + 2), 4);
    /// ```
    pub fn busy<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.busy += start.elapsed();
        result
    }

    /// The time spent in [`busy`](BusyClock::busy), in seconds.
    ///
    /// ```
    /// # use dl_interview::system::BusyClock;
    /// let mut clock = BusyClock::start();
    /// clock.busy(|| std::thread::sleep(std::time::Duration::from_millis(2)));
    /// assert!(clock.busy_seconds() >= 0.002);
    /// ```
    pub fn busy_seconds(&self) -> f64 {
        self.busy.as_secs_f64()
    }

    /// The time since the start, in seconds.
    ///
    /// ```
    /// # use dl_interview::system::BusyClock;
    /// let clock = BusyClock::start();
    /// assert!(clock.wall_seconds() >= clock.busy_seconds());
    /// ```
    pub fn wall_seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Busy time / wall time, from 0 to 1.
    ///
    /// ```
    /// # use dl_interview::system::BusyClock;
    /// assert_eq!(BusyClock::start().utilization(), 0.0);
    /// ```
    pub fn utilization(&self) -> f64 {
        // Two reads of a coarse clock may be equal.
        (self.busy_seconds() / self.wall_seconds().max(f64::MIN_POSITIVE)).min(1.0)
    }
}
