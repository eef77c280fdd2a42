//! A pass through a model, by a few samples at a time where the plan says so: see [`Front`](crate::plan::Front) and
//! [`Run`](crate::plan::Run).
//!
//! The code of `sequential!` is one line a layer for all layers; a pass through some of them runs these lines, of which
//! the others do nothing.

use crate::kernels::Prefetch;
use crate::kernels::cache::{L2_FLOATS, LAST_LEVEL_FLOATS};
use crate::layer::Ctx;
use crate::model::{LayerInfo, Model};
use crate::params::Flat;
use crate::plan::Tail;
use crate::tape::{Tape, Work};

/// Multiply-accumulates of a sample that several threads share.
const SHARED: usize = 1 << 25;

/// Weights that stay in the second level cache until they are used.
const PREFETCHED_WEIGHTS: usize = L2_FLOATS / 2;

/// Rows of a convolution's output in a part: those of a window of the most common pooling.
const ROWS: usize = 2;

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
    let (plain, tail) = (M::SIZES.infer[0] + M::SIZES.infer[1], &M::SIZES.tail);
    let alone = cx.pool.threads() == 1 || M::MACS < SHARED;
    let by_parts = tail.until > 0 && batch == 1 && alone && !scoring;
    if by_parts && memory.len() >= plain + tail.more && Prefetch::is_used() {
        self::by_parts::<M>((p, s), x, y, memory, cx);
        return 0.0;
    }
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

/// One sample; the layers of the [`Tail`](crate::plan::Tail) by parts of it.
fn by_parts<M: Model>(
    (p, s): (&M::Params, &M::State),
    x: &[M::Input],
    y: &mut [M::Output],
    memory: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let Tail {
        first, until, rows, ..
    } = M::SIZES.tail;
    let (memory, more) = memory.split_at_mut(M::SIZES.infer[0] + M::SIZES.infer[1]);
    let mut work = Work::new(memory, &M::SIZES, 1);
    let params = |layers: &[LayerInfo]| layers.iter().map(LayerInfo::count_params).sum();
    let before: usize = params(&M::LAYERS[..until - 1]);
    let weights = &p.as_f32s()[before..][..params(&M::LAYERS[until - 1..until])];
    if first > 0 {
        work.take(0..first);
        M::infer(p, s, x, y, &mut work, cx);
    }
    work.take_parts(first..until, more);
    for part in 0..rows.div_ceil(ROWS) {
        let some = part * ROWS..rows.min((part + 1) * ROWS);
        let share = |row: usize| weights.len() / rows * row;
        let soon = share(some.start)..share(some.end).min(share(some.start) + PREFETCHED_WEIGHTS);
        let cx = &mut cx.prefetching(Prefetch {
            memory: &weights[soon],
            from_ram: weights.len() >= LAST_LEVEL_FLOATS,
        });
        work.take_part(some);
        M::infer(p, s, x, y, &mut work, cx);
    }
    if until < M::SLOTS.len() {
        work.take(until..usize::MAX);
        M::infer(p, s, x, y, &mut work, cx);
    }
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
