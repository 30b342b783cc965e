//! Who did what, from when to when.

/// One bar of a Gantt chart: what one worker did for a while.
///
/// ```
/// use dl_interview::system::Span;
///
/// let span = Span { lane: "device".into(), task: "batch 3".into(), start: 0.5, end: 0.75 };
/// assert_eq!(span.length(), 0.25);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Who was busy: a device, a stage, a loader.
    pub lane: String,
    /// With what.
    pub task: String,
    /// When it began, in the unit that the chart counts in.
    pub start: f64,
    /// When it ended.
    pub end: f64,
}

impl Span {
    /// How long it took.
    ///
    /// ```
    /// # use dl_interview::system::Span;
    /// assert_eq!(Span { lane: "stage 0".into(), task: "F 0".into(), start: 1.0, end: 3.0 }.length(), 2.0);
    /// ```
    pub fn length(&self) -> f64 {
        self.end - self.start
    }
}
