//! Dice's loss, of segmentations.

use super::Reduction;
use super::overlap::{Axes, Overlap, overlap_loss};
use super::plain::reduction;
use crate::text::Note;

/// Over the whole batch, `loss = 1 - 2 sum(t o) / (sum(t) + sum(o) + 1e-7)`: 0 where outputs and targets cover the same,
/// 1 where they have nothing in common. With an `axis` the sums are over these axes, and the loss is the mean of what
/// remains.
///
/// A loss over the whole batch has one value, which each sample's weight counts for.
///
/// # Targets
/// The type of the output.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{Dice, Loss};
/// let y = [[[1.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]];
/// let out = [[[0.0, 1.0], [0.0, 1.0]], [[0.4, 0.0], [0.0, 0.9]]];
/// assert!((Dice::new().call(&y, &out) - 0.6164384).abs() < 1e-6);
/// // Of each sample: 0.5 and 0.7575758.
/// assert!((Dice::new().axis(&[1, 2]).call(&y, &out) - 0.6287879).abs() < 1e-6);
/// ```
/// Milletari et al.: "V-Net" (2016).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Dice {
    axes: Axes,
    reduction: Reduction,
}

impl Dice {
    /// With Keras's defaults: over the whole batch.
    #[must_use]
    pub const fn new() -> Self {
        Dice {
            axes: None,
            reduction: Reduction::SumOverBatchSize,
        }
    }

    /// The axes over which the sums go, the batch being axis 0 as in Keras: `&[1, 2, 3]` gives a value for each image.
    #[must_use]
    pub const fn axis(mut self, axes: &'static [isize]) -> Self {
        self.axes = Some(axes);
        self
    }

    reduction!();

    const fn overlap(&self) -> Overlap {
        Overlap {
            c: 2.0,
            a: 0.0,
            b: 1.0,
            d: 1.0,
        }
    }
}

overlap_loss!(Dice, "dice", |self| self.overlap(), None::<Note>);
