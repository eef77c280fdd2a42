//! Right and wrong, positive and negative: what precision, recall and their relatives count.

use core::slice;

use super::element_weights::ElementWeights;
use super::mean::weighed;
use crate::tensor::Tensor;
use crate::text::Note;

/// Which elements count, and what is positive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selection<const T: usize> {
    /// An output above is a positive answer; `None` is 0.5, or with `top_k` whatever is among the k.
    pub(super) thresholds: Option<[f32; T]>,
    /// Only the k largest outputs of a row are positive.
    pub(super) top_k: Option<usize>,
    /// Only this unit counts.
    pub(super) class_id: Option<usize>,
}

impl<const T: usize> Selection<T> {
    pub(super) const fn new() -> Self {
        Selection {
            thresholds: None,
            top_k: None,
            class_id: None,
        }
    }

    /// The same with other thresholds.
    pub(super) const fn at<const U: usize>(self, thresholds: [f32; U]) -> Selection<U> {
        Selection {
            thresholds: Some(thresholds),
            top_k: self.top_k,
            class_id: self.class_id,
        }
    }

    pub(super) fn wrong<Out: Tensor>(&self) -> Option<Note> {
        let thresholds = self.thresholds.iter().flatten();
        let mut wrong = thresholds.filter_map(|t| super::arguments::in_0_to_1("thresholds", *t));
        wrong
            .next()
            .or_else(|| {
                self.top_k
                    .and_then(|k| super::arguments::at_least_1("top_k", k))
            })
            .or_else(|| self.class_id.and_then(class_id::<Out>))
    }

    /// Calls `f` with the threshold's number, the answer, the label and the weight of each element.
    pub(super) fn each<Out: Tensor<Elem = f32>>(
        &self,
        out: &[Out],
        y: &[Out],
        weight: Option<&[f32]>,
        mut f: impl FnMut(usize, bool, bool, f64),
    ) {
        let default = if self.top_k.is_some() {
            f32::NEG_INFINITY
        } else {
            0.5
        };
        let thresholds = self.thresholds.unwrap_or([default; T]);
        let units = UnitFilter {
            class_id: self.class_id,
            top_k: self.top_k,
        };
        elements(out, y, weight, units, |of| {
            for (i, threshold) in thresholds.iter().enumerate() {
                f(i, of.output > *threshold, of.label, of.weight);
            }
        });
    }
}

/// Which units of a row count.
#[derive(Clone, Copy, Default)]
pub(super) struct UnitFilter {
    /// Only this one.
    pub(super) class_id: Option<usize>,
    /// The others are `-inf` for the metric.
    pub(super) top_k: Option<usize>,
}

/// An element that counts.
#[derive(Clone, Copy)]
pub(super) struct Labeled {
    pub(super) output: f32,
    /// Whether its target is positive.
    pub(super) label: bool,
    /// NaN if the output is: whatever counts it is NaN then.
    pub(super) weight: f64,
}

/// Calls `f` with each element that counts.
pub(super) fn elements<Out: Tensor<Elem = f32>>(
    out: &[Out],
    y: &[Out],
    weight: Option<&[f32]>,
    units: UnitFilter,
    mut f: impl FnMut(Labeled),
) {
    let weights = ElementWeights::new(out, weight);
    let width = Out::SHAPE.last().max(1);
    let rows = Out::flat(out).chunks_exact(width);
    for (row, (out, y)) in rows.zip(Out::flat(y).chunks_exact(width)).enumerate() {
        let last = units.top_k.map(|k| last_of_top(out, k));
        for (i, (o, t)) in out.iter().zip(y).enumerate() {
            if units.class_id.is_some_and(|class| class != i) {
                continue;
            }
            let in_top = last.is_none_or(|last| !before(last, (*o, i)));
            f(Labeled {
                output: if in_top { *o } else { f32::NEG_INFINITY },
                label: *t != 0.0,
                weight: weighed(weights.of(row, i), slice::from_ref(o)),
            });
        }
    }
}

/// Whether the first output ranks before the second: it is larger, or as large and further ahead.
fn before(a: (f32, usize), b: (f32, usize)) -> bool {
    a.0 > b.0 || (a.0 == b.0 && a.1 < b.1)
}

/// The last of the `k` outputs that rank first.
fn last_of_top(out: &[f32], k: usize) -> (f32, usize) {
    let mut last = (f32::INFINITY, 0);
    for found in 0..k.min(out.len()) {
        let after = |o: &(f32, usize)| found == 0 || before(last, *o);
        let rest = out.iter().copied().zip(0..).filter(after);
        let next = rest.reduce(|best, o| if before(o, best) { o } else { best });
        // Nothing is left but NaN.
        let Some(next) = next else { break };
        last = next;
    }
    last
}

/// What is wrong with a unit's number, if anything.
pub(super) fn class_id<Out: Tensor>(class_id: usize) -> Option<Note> {
    let width = Out::SHAPE.last();
    let note = Note::new().str("class_id ").num(class_id);
    let note = note.str(", but the model has ").num(width);
    (class_id >= width).then_some(note.str(" outputs, from 0"))
}

/// The mean of a metric's values: what is reported of several.
pub(super) fn mean_of<const T: usize>(values: [f32; T]) -> f32 {
    let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
    (sum / T.max(1) as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_outputs_is_in_the_top() {
        let out = [0.3, 0.9, 0.3, 0.1];
        assert_eq!(last_of_top(&out, 1), (0.9, 1));
        assert_eq!(last_of_top(&out, 2), (0.3, 0));
        assert_eq!(last_of_top(&out, 3), (0.3, 2));
        assert_eq!(last_of_top(&out, 9), (0.1, 3));
        let mut top = [false; 4];
        let mut i = 0;
        let units = UnitFilter {
            top_k: Some(2),
            ..UnitFilter::default()
        };
        elements(&[out], &[out], None, units, |of| {
            top[i] = of.output > f32::NEG_INFINITY;
            i += 1;
        });
        assert_eq!(top, [true, true, false, false]);
    }
}
