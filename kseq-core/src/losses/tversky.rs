//! Tversky's loss, of segmentations.

use super::Reduction;
use super::overlap::{Axes, Overlap, overlap_loss};
use super::plain::reduction;

/// Over the whole batch, with i = sum(t o),
/// `loss = 1 - i / (i + alpha sum(t (1 - o)) + beta sum((1 - t) o) + 1e-7)`: as [`Dice`](super::Dice), which it is with
/// 0.5 and 0.5, but what is missed counts `alpha`, and what is found wrongly `beta`. With an `axis` the sums are over these
/// axes, and the loss is the mean of what remains.
///
/// (Keras's documentation says it the other way round; this is what Keras 3.15 computes.)
///
/// # Targets
/// The type of the output.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{Loss, Tversky};
/// let (y, out) = ([[1.0, 1.0, 0.0]], [[0.5, 0.5, 0.5]]);
/// // i = 1; 1 is missed, 0.5 is wrong.
/// let loss = Tversky::new().alpha(0.25).beta(1.5).call(&y, &out);
/// assert!((loss - 0.5).abs() < 1e-6);
/// ```
/// Salehi et al.: "Tversky loss function for image segmentation" (2017).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tversky {
    alpha: f32,
    beta: f32,
    axes: Axes,
    reduction: Reduction,
}

impl Tversky {
    /// With Keras's defaults: `alpha = 0.5`, `beta = 0.5`, over the whole batch.
    #[must_use]
    pub const fn new() -> Self {
        Tversky {
            alpha: 0.5,
            beta: 0.5,
            axes: None,
            reduction: Reduction::SumOverBatchSize,
        }
    }

    /// What counts of the targets that are missed; at least 0.
    #[must_use]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// What counts of the outputs that are wrong; at least 0.
    #[must_use]
    pub const fn beta(mut self, beta: f32) -> Self {
        self.beta = beta;
        self
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
            c: 1.0,
            a: 1.0 - self.alpha - self.beta,
            b: self.alpha,
            d: self.beta,
        }
    }
}

impl Default for Tversky {
    fn default() -> Self {
        Tversky::new()
    }
}

overlap_loss!(
    Tversky,
    "tversky",
    |self| self.overlap(),
    super::arguments::at_least_0("alpha", self.alpha)
        .or_else(|| super::arguments::at_least_0("beta", self.beta))
);
