//! Outside training on a microcontroller: one sample after the other, step by step, with the state of one step in memory
//! instead of a slab of all. The output of the last step lies where the layer's own goes.
//!
//! Nothing here can panic, so that no program has to link what a panic needs.

use super::call::Call;
use super::cell::{Step, Steps};
use super::slab::clear_padding;
use crate::kernels::fpu::{rolled, unknown, unknown_many};

/// What a call begins with: arrays `(samples, units)`, the output first, or nothing, which is zeros.
pub enum Start<'a> {
    /// It stays as it is.
    Given(&'a [f32]),
    /// It becomes that after the last step.
    Carried(&'a mut [f32]),
}

impl Start<'_> {
    pub fn state(&self) -> &[f32] {
        match self {
            Start::Given(state) => state,
            Start::Carried(state) => state,
        }
    }
}

/// The memory that [`stepwise`] needs.
pub const fn memory<S: Steps>(units: usize) -> usize {
    (S::WORK + S::CARRIES) * units
}

/// The output, for each sample: of the last step, or of all. The state has arrays of `len` values each; the memory is [`memory`]
/// values.
pub fn stepwise<S: Steps>(
    steps: &S,
    call: &Call<'_>,
    x: &[f32],
    (mut start, len): (Start<'_>, usize),
    y: &mut [f32],
    memory: &mut [f32],
) {
    let d = &call.d;
    let x = x.get(..unknown(x.len())).unwrap_or_default();
    let (work, rest) = memory.split_at_mut(memory.len().min(S::WORK * d.units));
    let (c, _) = rest.split_at_mut(rest.len().min(S::CARRIES * d.units));
    let mut rows = y.chunks_exact_mut(d.units.max(1));
    for b in 0..d.batch {
        let Some(mut h) = rows.next() else { break };
        // Where the sample's part of each array lies.
        let part = |array: usize| array * len + b * d.units..array * len + (b + 1) * d.units;
        copy_or_zeros(h, start.state().get(part(0)).unwrap_or_default());
        copy_or_zeros(c, start.state().get(part(1)).unwrap_or_default());
        for t in 0..unknown(d.steps) {
            if call.sequences && t > 0 {
                let Some(now) = rows.next() else { break };
                copy_or_zeros(now, h);
                h = now;
            }
            let at = match call.backwards {
                true => d.steps - 1 - t,
                false => t,
            };
            let at = (b * d.steps + at) * d.inputs;
            let Some(x) = x.get(at..at + d.inputs) else {
                break;
            };
            if !call.masks.skips(t, b) {
                let (work, c, h) = (&mut *work, &mut *c, &mut *h);
                steps.advance(call, Step { x, work, c, h });
            }
        }
        if let Start::Carried(state) = &mut start {
            copy_or_zeros(state.get_mut(part(0)).unwrap_or_default(), h);
            copy_or_zeros(state.get_mut(part(1)).unwrap_or_default(), c);
        }
    }
    clear_padding(call, y);
}

/// The values, and zeros behind them.
pub fn copy_or_zeros(to: &mut [f32], from: &[f32]) {
    let mut from = from.iter();
    for to in unknown_many(to) {
        rolled();
        *to = from.next().copied().unwrap_or(0.0);
    }
}
