//! Collating sequences.

use core::cmp::Ordering;

/// A function with the attribute [`collation`](macro@crate::collation): the attribute makes a type of the function's name.
#[diagnostic::on_unimplemented(message = "`{Self}` is no collation", label = "put `#[collation]` on it")]
pub trait Collation {
    /// Its registration.
    const COLLATION: CollatingSequence;
}

/// A registration: a name and how to compare.
#[derive(Clone, Copy, Debug)]
pub struct CollatingSequence {
    name: &'static str,
    compare: fn(&str, &str) -> Ordering,
}

impl CollatingSequence {
    /// * `name` - SQL name, 1 to 255 bytes without U+0000
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, compare: fn(&str, &str) -> Ordering) -> Self {
        Self { name, compare }
    }

    /// The name for use after COLLATE.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Compares two texts.
    #[must_use]
    #[inline]
    pub fn compare(&self, left: &str, right: &str) -> Ordering {
        (self.compare)(left, right)
    }
}
