//! The output of a cell that ends in a value.

use std::fmt::Debug;

use crate::plot::html::show_formatted;

/// Shows every [`Debug`] value as the output of a cell, as `{:?}` writes it.
///
/// The kernel first tries a method of this name, and only when that does not compile formats the value itself: with
/// this trait in scope, a cell that ends in a value is compiled once, not twice. A type's own method of the same name
/// comes first, for the value and for a reference to it: a [`Figure`](crate::plot::Figure) is still shown as an image.
///
/// ```
/// use dl_interview::notebook::ShowDebug;
///
/// let shape = (60_000, 784);
/// shape.evcxr_display(); // the kernel shows: (60000, 784)
/// assert_eq!(format!("{shape:?}"), "(60000, 784)");
/// ```
pub trait ShowDebug {
    /// Sends the value to the kernel as plain text.
    ///
    /// ```
    /// use dl_interview::notebook::ShowDebug;
    ///
    /// let loss = Some(0.5);
    /// loss.evcxr_display();
    /// assert_eq!(format!("{loss:?}"), "Some(0.5)"); // what it showed
    /// ```
    fn evcxr_display(&self);
}

impl<T: Debug> ShowDebug for T {
    fn evcxr_display(&self) {
        show_formatted(&format!("{self:?}"));
    }
}
