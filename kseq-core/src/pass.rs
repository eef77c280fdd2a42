//! A pass through a model, by a few samples at a time where the plan says so: see [`Front`](crate::plan::Front) and
//! [`Run`](crate::plan::Run).
//!
//! The code of `sequential!` is one line a layer for all layers; a pass through some of them runs these lines, of which
//! the others do nothing.

use crate::layer::Ctx;
use crate::model::Model;
use crate::tape::{Tape, Work};

/// The values before the head, outside training, in the memory of [`Work::new`]. Returns the penalties on outputs, if they
/// are asked for.
pub(crate) fn infer<M: Model>(
    (p, s): (&M::Params, &M::State),
    x: &[M::Input],
    y: &mut [M::Output],
    memory: &mut [f32],
    scoring: bool,
    cx: &mut Ctx<'_>,
) -> f32 {
    let (front, batch) = (&M::SIZES.front, x.len());
    let threads = match front.layers {
        0 => 1,
        _ => cx.pool.threads(),
    };
    let need = front.prediction(batch, threads);
    let few = front.few(batch, threads).unwrap_or(batch);
    let mut work = if need.is_some_and(|need| need <= memory.len()) {
        let (rest, memory) = memory.split_at_mut(batch * (front.rest[0] + front.rest[1]));
        let len = M::SLOTS[front.last].len;
        let outputs = rest[..batch * len].chunks_mut((few * len).max(1));
        for (x, out) in x.chunks(few).zip(outputs) {
            let mut work = Work::of(0..front.layers, memory, front.infer, x.len());
            work = work.into(front.last, out);
            M::infer(p, s, x, &mut [], &mut work, cx);
        }
        Work::of(front.layers..usize::MAX, rest, front.rest, batch)
    } else {
        Work::new(memory, &M::SIZES, batch)
    };
    if scoring {
        work = work.scoring();
    }
    M::infer(p, s, x, y, &mut work, cx);
    work.penalty()
}

/// The forward pass of training.
pub(crate) fn forward<M: Model>(
    p: &M::Params,
    s: &mut M::State,
    x: &[M::Input],
    t: &mut Tape<'_>,
    cx: &mut Ctx<'_>,
) {
    let (count, batch) = (M::SLOTS.len(), x.len());
    let threads = cx.pool.threads();
    let few = |i: usize| M::SLOTS[i].run.samples.saturating_mul(threads);
    let mut i = 0;
    while i < count {
        let mut until = M::SLOTS[i].run.until;
        let some = few(i);
        if some >= batch {
            while until < count && few(until) >= batch {
                until = M::SLOTS[until].run.until;
            }
        }
        let mut first = 0;
        for x in x.chunks(some) {
            t.take(i..until, first..first + x.len());
            M::forward(p, s, x, t, cx);
            first += x.len();
        }
        i = until;
    }
    t.take(0..usize::MAX, 0..batch);
}
