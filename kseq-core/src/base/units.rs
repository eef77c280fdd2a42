//! How many units an output has, as a type: what a loss may demand of a model.

use super::sealed::Sealed;

/// The output has one unit on its last axis.
pub struct OneUnit;
/// The output has at least two units on its last axis.
pub struct ManyUnits;

/// From a number to [`OneUnit`] or [`ManyUnits`].
pub struct Units<const SEVERAL: bool>;

impl<const SEVERAL: bool> Sealed for Units<SEVERAL> {}

/// See [`Units`].
pub trait UnitsOf: Sealed {
    /// [`OneUnit`] or [`ManyUnits`].
    type T;
}
impl UnitsOf for Units<false> {
    type T = OneUnit;
}
impl UnitsOf for Units<true> {
    type T = ManyUnits;
}
