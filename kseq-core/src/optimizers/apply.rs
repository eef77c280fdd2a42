//! The pass over a whole model, split over threads.

use super::{MAX_SLOTS, Optimizer};
use crate::pool::Pool;

/// The parameters that one call of [`Optimizer::update`] gets: a constant, so that the split never
/// depends on the number of threads.
const CHUNK: usize = 16 * 1024;

/// The parameters below which a second thread costs more than it saves.
const SERIAL: usize = 16 * CHUNK;

/// Updates all parameters `p` of a model from their gradients `g`, in chunks over the pool's threads.
/// `slots` holds `SLOTS * p.len()` values, one slot after the other. Nothing is allocated.
///
/// Of slices that do not fit each other the part that does is updated.
///
/// ```
/// use kseq_core::{optimizers::{SGD, apply}, pool::Pool};
/// let (mut p, g, mut velocity) = ([1.0, 2.0], [1.0, -1.0], [0.0; 2]);
/// let sgd = SGD::new(0.5).momentum(0.9);
/// apply(&sgd, 0, &mut p, &g, &mut velocity, &Pool::Serial);
/// assert_eq!((p, velocity), ([0.5, 2.5], [-0.5, 0.5]));
/// ```
pub fn apply<O: Optimizer>(
    optimizer: &O,
    step: u64,
    p: &mut [f32],
    g: &[f32],
    slots: &mut [f32],
    pool: &Pool,
) {
    const {
        assert!(
            O::SLOTS <= MAX_SLOTS,
            "an optimizer has at most MAX_SLOTS slots"
        )
    };
    let len = p.len();
    let mut part = Part {
        p,
        g,
        slots: Default::default(),
    };
    let mut rest = slots;
    for slot in part.slots.iter_mut().take(O::SLOTS) {
        (*slot, rest) = split(rest, len);
    }
    let update = |mut part: Part<'_>| {
        let slots = part.slots.get_mut(..O::SLOTS).unwrap_or_default();
        optimizer.update(step, part.p, part.g, slots);
    };
    run(
        part,
        &update,
        if len < SERIAL { &Pool::Serial } else { pool },
    );
}

/// Consecutive parameters with what belongs to them.
struct Part<'a> {
    p: &'a mut [f32],
    g: &'a [f32],
    slots: [&'a mut [f32]; MAX_SLOTS],
}

impl<'a> Part<'a> {
    fn split_at(self, mid: usize) -> (Part<'a>, Part<'a>) {
        let (p, p2) = split(self.p, mid);
        let (g, g2) = self.g.split_at(mid.min(self.g.len()));
        let (mut slots, mut slots2): ([&mut [f32]; MAX_SLOTS], [&mut [f32]; MAX_SLOTS]) =
            Default::default();
        for ((slot, first), second) in self.slots.into_iter().zip(&mut slots).zip(&mut slots2) {
            (*first, *second) = split(slot, mid);
        }
        let second = Part {
            p: p2,
            g: g2,
            slots: slots2,
        };
        (Part { p, g, slots }, second)
    }
}

fn split(all: &mut [f32], mid: usize) -> (&mut [f32], &mut [f32]) {
    let mid = mid.min(all.len());
    all.split_at_mut(mid)
}

/// All chunks, on the threads of the pool. Compiled once: only `update` knows the optimizer.
fn run(part: Part<'_>, update: &(dyn Fn(Part<'_>) + Sync), pool: &Pool) {
    let mut part = Some(part);
    pool.install(&mut || {
        if let Some(part) = part.take() {
            halves(part, update, pool);
        }
    });
}

/// Halves, down to chunks.
fn halves(part: Part<'_>, update: &(dyn Fn(Part<'_>) + Sync), pool: &Pool) {
    let chunks = part.p.len().div_ceil(CHUNK);
    if chunks <= 1 {
        return update(part);
    }
    let (first, second) = part.split_at(chunks / 2 * CHUNK);
    let first = || halves(first, update, pool);
    let second = || halves(second, update, pool);
    match pool {
        Pool::Serial => {
            first();
            second();
        }
        #[cfg(feature = "rayon")]
        _ => {
            rayon::join(first, second);
        }
    }
}
