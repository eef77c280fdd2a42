//! Parameters with what belongs to them, cut into chunks and given to threads.

use core::ops::Range;

use super::slots::MAX_SLOTS;
use super::update::{OccurrenceSums, Update};
use crate::pool::Pool;

/// The parameters that one call of `Optimizer::update` gets: a constant, so that the split never
/// depends on the number of threads.
pub(super) const CHUNK: usize = 16 * 1024;

/// All parameters with what belongs to them.
pub(super) struct WholeModel<'a> {
    pub(super) p: &'a mut [f32],
    pub(super) g: &'a mut [f32],
    pub(super) slots: [&'a mut [f32]; MAX_SLOTS],
    pub(super) sums: Option<OccurrenceSums<'a>>,
}

impl<'a> WholeModel<'a> {
    pub(super) fn new(update: Update<'a>, count: usize) -> Self {
        let len = update.p.len();
        let mut slots: [&mut [f32]; MAX_SLOTS] = Default::default();
        let mut rest = update.slots;
        for slot in slots.iter_mut().take(count) {
            (*slot, rest) = split(rest, len);
        }
        WholeModel {
            p: update.p,
            g: update.g,
            slots,
            sums: update.sums,
        }
    }

    /// Whether there are sums over occurrences for these parameters.
    pub(super) fn has_sums(&self, range: &Range<usize>) -> bool {
        let of = |all: &OccurrenceSums<'_>| all.first..all.first + all.sums.len();
        self.sums.as_ref().is_some_and(|sums| *range == of(sums))
    }

    /// Some parameters with what belongs to them.
    pub(super) fn segment(&mut self, range: &Range<usize>, with_sums: bool) -> Segment<'_> {
        let mut slots: [&mut [f32]; MAX_SLOTS] = Default::default();
        for (segment, slot) in slots.iter_mut().zip(&mut self.slots) {
            *segment = cut(slot, range);
        }
        let sums = self.sums.as_mut().filter(|_| with_sums);
        Segment {
            p: cut(self.p, range),
            g: cut(self.g, range),
            slots,
            sums: sums.map(|all| &mut *all.sums),
        }
    }
}

/// The part of a slice that is there.
fn cut<'a>(all: &'a mut [f32], range: &Range<usize>) -> &'a mut [f32] {
    let end = range.end.min(all.len());
    all.get_mut(range.start.min(end)..end).unwrap_or_default()
}

/// Consecutive parameters with what belongs to them.
pub(super) struct Segment<'a> {
    pub(super) p: &'a mut [f32],
    pub(super) g: &'a mut [f32],
    pub(super) slots: [&'a mut [f32]; MAX_SLOTS],
    pub(super) sums: Option<&'a mut [f32]>,
}

impl<'a> Segment<'a> {
    fn split_at(self, mid: usize) -> (Segment<'a>, Segment<'a>) {
        let (p, p2) = split(self.p, mid);
        let (g, g2) = split(self.g, mid);
        let (mut slots, mut slots2): ([&mut [f32]; MAX_SLOTS], [&mut [f32]; MAX_SLOTS]) =
            Default::default();
        for ((slot, first), second) in self.slots.into_iter().zip(&mut slots).zip(&mut slots2) {
            (*first, *second) = split(slot, mid);
        }
        let (sums, sums2) = self.sums.map(|sums| split(sums, mid)).unzip();
        let second = Segment {
            p: p2,
            g: g2,
            slots: slots2,
            sums: sums2,
        };
        (Segment { p, g, slots, sums }, second)
    }
}

fn split(all: &mut [f32], mid: usize) -> (&mut [f32], &mut [f32]) {
    let mid = mid.min(all.len());
    all.split_at_mut(mid)
}

/// Halves, down to chunks, on the threads of the pool. Compiled once: only `update` knows the optimizer.
pub(super) fn halves(segment: Segment<'_>, update: &(dyn Fn(Segment<'_>) + Sync), pool: &Pool) {
    let chunks = segment.p.len().div_ceil(CHUNK);
    if chunks <= 1 {
        return update(segment);
    }
    let (first, second) = segment.split_at(chunks / 2 * CHUNK);
    pool.join(
        || halves(first, update, pool),
        || halves(second, update, pool),
    );
}
