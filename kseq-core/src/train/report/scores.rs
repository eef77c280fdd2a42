//! `Scores`: what `evaluate` and the `*_on_batch` family return.

/// Loss and metrics over the samples of a call.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Scores;
/// let scores = Scores { loss: 0.5, metrics: (0.75,) };
/// let (accuracy,) = scores.metrics;
/// assert_eq!(accuracy, 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores<V> {
    /// The mean loss.
    pub loss: f32,
    /// The metrics, in the order of `compile`.
    pub metrics: V,
}
