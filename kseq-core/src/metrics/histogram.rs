//! Outputs counted between evenly spaced thresholds.

use super::confusion::Labeled;
use crate::math;

/// Weights of negative and positive elements, by how many of the `N` thresholds `i / (N - 1)` their
/// output is above.
pub(super) type Histogram<const N: usize> = [[f64; 2]; N];

/// Of nothing yet.
pub(super) const fn empty<const N: usize>() -> Histogram<N> {
    const { assert!(N >= 2, "num_thresholds must be at least 2") };
    [[0.0; 2]; N]
}

/// What an answer of "positive" above a threshold would give.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Confusion {
    pub(super) true_positives: f64,
    pub(super) false_positives: f64,
    pub(super) true_negatives: f64,
    pub(super) false_negatives: f64,
}

/// Counts an element. The lowest threshold is at `lowest` thresholds: 0 if an output of 0 is not above
/// it, 1 if it is. What is NaN is above all thresholds, so that everything counted from there on is NaN.
pub(super) fn add(histogram: &mut [[f64; 2]], of: Labeled, lowest: usize) {
    if of.weight.is_nan() {
        return histogram
            .iter_mut()
            .last()
            .into_iter()
            .flatten()
            .for_each(|c| *c = f64::NAN);
    }
    let output = if of.output > 0.0 {
        of.output.min(1.0)
    } else {
        0.0
    };
    let spaces = histogram.len().saturating_sub(1);
    // The ceiling.
    let above = -math::floor(-output * spaces as f32);
    if let Some(counts) = histogram.get_mut((above as usize).max(lowest)) {
        counts[usize::from(of.label)] += of.weight;
    }
}

/// Whether an output was NaN.
pub(super) fn has_nan(histogram: &[[f64; 2]]) -> bool {
    histogram.as_flattened().last().is_some_and(|c| c.is_nan())
}

/// `all - some`. Sums of the same in another order can differ by a hair.
fn rest(all: f64, some: f64) -> f64 {
    if all < some { 0.0 } else { all - some }
}

/// Calls `f` for each threshold, the highest first.
pub(super) fn each(histogram: &[[f64; 2]], mut f: impl FnMut(Confusion)) {
    let (mut negatives, mut positives) = (0.0, 0.0);
    for [negative, positive] in histogram {
        negatives += negative;
        positives += positive;
    }
    let (mut false_positives, mut true_positives) = (0.0, 0.0);
    for [negative, positive] in histogram.iter().rev() {
        f(Confusion {
            true_positives,
            false_positives,
            true_negatives: rest(negatives, false_positives),
            false_negatives: rest(positives, true_positives),
        });
        false_positives += negative;
        true_positives += positive;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: f32, label: bool) -> Labeled {
        Labeled {
            output,
            label,
            weight: 1.0,
        }
    }

    #[test]
    fn outputs_are_above_what_is_less() {
        // Thresholds 0, 0.5 and 1.
        let mut histogram = empty::<3>();
        for (output, label) in [
            (0.0, true),
            (0.5, true),
            (0.6, false),
            (1.0, true),
            (7.0, true),
        ] {
            add(&mut histogram, of(output, label), 0);
        }
        let mut all = [[0.0; 4]; 3];
        let mut i = 3;
        each(&histogram, |c| {
            i -= 1;
            all[i] = [
                c.true_positives,
                c.false_positives,
                c.true_negatives,
                c.false_negatives,
            ];
        });
        let want = [
            [3.0, 1.0, 0.0, 1.0],
            [2.0, 1.0, 0.0, 2.0],
            [0.0, 0.0, 1.0, 4.0],
        ];
        assert_eq!(all, want);
        // With a lowest threshold below 0, everything is above it.
        let mut histogram = empty::<3>();
        add(&mut histogram, of(0.0, true), 1);
        add(&mut histogram, of(f32::NAN, false), 1);
        let mut last = Confusion::default();
        each(&histogram, |c| last = c);
        assert_eq!((last.true_positives, last.false_positives), (1.0, 1.0));
    }
}
