//! A batch as groups of elements: those that differ only on some axes.

use crate::shape::Shape;

/// The most axes of a batch.
const MOST: usize = 8;

/// Neighbouring axes of a batch that are all summed, or all kept.
#[derive(Clone, Copy, Default)]
struct Run {
    size: usize,
    step: usize,
    is_summed: bool,
}

/// A batch as groups of elements, each of which has a loss.
pub(crate) struct Groups {
    runs: [Run; MOST],
    len: usize,
    /// Whether a group has elements of all samples.
    pub(crate) over_samples: bool,
}

impl Groups {
    /// Of so many samples of a shape; `is_summed` says over which axes of the batch, itself being axis 0, a group goes.
    pub(crate) fn new(shape: Shape, samples: usize, is_summed: impl Fn(usize) -> bool) -> Self {
        let rank = shape.rank() + 1;
        let mut groups = Groups {
            runs: [Run::default(); MOST],
            len: 0,
            over_samples: is_summed(0),
        };
        let mut step = 1;
        // From the last axis to the first, so that the steps are known; joined with its neighbour if it is of its kind.
        for axis in (0..rank).rev() {
            let size = match axis {
                0 => samples,
                axis => shape.dim(axis - 1),
            };
            let is_summed = is_summed(axis);
            let last = groups.len.checked_sub(1);
            let last = last.and_then(|last| groups.runs.get_mut(last));
            match last.filter(|last| last.is_summed == is_summed) {
                Some(last) => last.size *= size,
                None => {
                    if let Some(run) = groups.runs.get_mut(groups.len) {
                        *run = Run {
                            size,
                            step,
                            is_summed,
                        };
                        groups.len += 1;
                    }
                }
            }
            step *= size;
        }
        groups
    }

    fn runs(&self, are_summed: bool) -> impl Iterator<Item = &Run> {
        let runs = self.runs.iter().take(self.len);
        runs.filter(move |run| run.is_summed == are_summed)
    }

    /// How many groups there are.
    pub(crate) fn count(&self) -> usize {
        self.runs(false).map(|run| run.size).product()
    }

    /// Where the combination with this number of places on the kept or on the summed axes lies, without the first `left_out`
    /// runs of them.
    fn offset(&self, mut number: usize, are_summed: bool, left_out: usize) -> usize {
        let mut offset = 0;
        for run in self.runs(are_summed).skip(left_out) {
            offset += number % run.size.max(1) * run.step;
            number /= run.size.max(1);
        }
        offset
    }

    /// The elements of a group: where each row of them begins, how many there are, and the step between them.
    pub(crate) fn rows(&self, group: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let begin = self.offset(group, false, 0);
        let mut summed = self.runs(true);
        let (size, step) = summed.next().map_or((1, 1), |run| (run.size, run.step));
        let rows: usize = summed.map(|run| run.size).product();
        (0..rows).map(move |row| (begin + self.offset(row, true, 1), size, step))
    }
}

/// The elements of a row.
pub(crate) fn row(
    values: &[f32],
    (begin, size, step): (usize, usize, usize),
) -> impl Iterator<Item = &f32> {
    let rest = values.get(begin..).unwrap_or(&[]);
    rest.iter().step_by(step.max(1)).take(size)
}
