//! Which values of a metric are better.

/// Which values of a metric are better: what `EarlyStopping` and `ModelCheckpoint` look for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Direction {
    /// Larger ones (`accuracy`).
    Up,
    /// Smaller ones (the losses).
    Down,
}
