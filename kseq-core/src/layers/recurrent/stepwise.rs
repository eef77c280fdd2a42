//! Outside training on a microcontroller: one sample after the other, step by step, with the state of one step in memory
//! instead of a slab of all. The output of the last step lies where the layer's own goes.
//!
//! Nothing here can panic, so that no program has to link what a panic needs.

use super::call::Call;
use super::rnn::Steps;
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
    /// Calls `f` of a sample's rows: of the output, and of what else goes on to the next step.
    fn read(&self, call: &Call<'_>, b: usize, mut f: impl FnMut(&[f32], &[f32])) {
        let state = match self {
            Start::Given(state) => state,
            Start::Carried(state) => &**state,
        };
        let (at, u) = (b * call.d.units, call.d.units);
        let row = |first: usize| state.get(first..first + u).unwrap_or_default();
        f(row(at), row(call.d.batch * u + at));
    }

    fn write(&mut self, call: &Call<'_>, b: usize, h: &[f32], c: &[f32]) {
        let Start::Carried(state) = self else {
            return;
        };
        let u = call.d.units;
        for (first, values) in [(0, h), (call.d.batch * u, c)] {
            if let Some(row) = state.get_mut(first + b * u..first + b * u + u) {
                copy(row, values);
            }
        }
    }
}

/// The memory that [`stepwise`] needs.
pub const fn memory<S: Steps>(units: usize) -> usize {
    (S::WORK + S::CARRIES) * units
}

/// One sample, in one step of it.
pub struct Step<'a> {
    /// The input.
    pub x: &'a [f32],
    /// For products and gates.
    pub work: &'a mut [f32],
    /// What goes on to the next step besides the output.
    pub c: &'a mut [f32],
    /// The output of the step before, to become that of this one.
    pub h: &'a mut [f32],
}

/// The output, for each sample: of the last step, or of all. The memory is [`memory`] values.
pub fn stepwise<S: Steps>(
    steps: &S,
    call: &Call<'_>,
    x: &[f32],
    mut start: Start<'_>,
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
        start.read(call, b, |before, more| {
            copy(h, before);
            copy(c, more);
        });
        for t in 0..unknown(d.steps) {
            if call.sequences && t > 0 {
                let Some(now) = rows.next() else { break };
                copy(now, h);
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
        start.write(call, b, h, c);
    }
    clear_padding(call, y);
}

/// The values, and zeros behind them.
pub fn copy(to: &mut [f32], from: &[f32]) {
    let mut from = from.iter();
    for to in unknown_many(to) {
        rolled();
        *to = from.next().copied().unwrap_or(0.0);
    }
}
