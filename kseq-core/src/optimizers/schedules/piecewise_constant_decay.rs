//! A learning rate that is a constant for so long, then another.

use super::super::arguments::{NOT_NEGATIVE, first_wrong};
use super::schedule::LearningRateSchedule;
use crate::text::Note;

/// PiecewiseConstantDecay.
///
/// ```text
/// lr = values[i] for the first i with step <= boundaries[i], otherwise the last value
/// ```
///
/// There is one value more than boundaries: the compiler counts.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::{LearningRateSchedule, PiecewiseConstantDecay};
/// const STEPS: PiecewiseConstantDecay<2, 3> =
///     PiecewiseConstantDecay::new([100, 200], [1.0, 0.5, 0.1]);
/// assert_eq!([0, 100, 101, 200, 201].map(|step| STEPS.at(step)), [1.0, 1.0, 0.5, 0.5, 0.1]);
/// ```
///
/// ```compile_fail
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::PiecewiseConstantDecay;
/// let steps = PiecewiseConstantDecay::new([100, 200], [1.0, 0.5]);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PiecewiseConstantDecay<const BOUNDARIES: usize, const VALUES: usize> {
    boundaries: [u64; BOUNDARIES],
    values: [f32; VALUES],
}

impl<const BOUNDARIES: usize, const VALUES: usize> PiecewiseConstantDecay<BOUNDARIES, VALUES> {
    /// `boundaries` ascend.
    #[must_use]
    pub const fn new(boundaries: [u64; BOUNDARIES], values: [f32; VALUES]) -> Self {
        const {
            assert!(
                VALUES == BOUNDARIES + 1,
                "PiecewiseConstantDecay takes one value more than boundaries"
            )
        };
        PiecewiseConstantDecay { boundaries, values }
    }
}

#[diagnostic::do_not_recommend]
impl<const BOUNDARIES: usize, const VALUES: usize> LearningRateSchedule
    for PiecewiseConstantDecay<BOUNDARIES, VALUES>
{
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::object(
            "PiecewiseConstantDecay",
            &[("boundaries", &self.boundaries), ("values", &self.values)],
        ))
    }

    fn at(&self, step: u64) -> f32 {
        let passed = self.boundaries.iter().take_while(|b| step > **b).count();
        self.values.get(passed).copied().unwrap_or_default()
    }

    fn check(&self) -> Option<Note> {
        if !self.boundaries.is_sorted_by(|a, b| a < b) {
            return Some(Note::new().str("boundaries must ascend"));
        }
        let values = self.values.iter();
        values
            .map(|&value| [NOT_NEGATIVE.of("values", value)])
            .find_map(|value| first_wrong(&value))
    }
}
