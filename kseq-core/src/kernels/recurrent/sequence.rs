//! A sequence that a recurrent layer passes, as slices: what its sizes are, and its products with the input.

#![allow(unsafe_code)]

use super::cell::Cell;
use super::raw::{Columns, RawSequence, RawStep, StepRows};
use crate::kernels::gemm::{Mat, gemm};
use crate::pool::Pool;
use core::ops::Range;

/// A sequence, and the kernels of the layer.
pub(crate) struct Sequence<'a> {
    pub cell: Cell,
    pub batch: usize,
    pub steps: usize,
    pub inputs: usize,
    pub units: usize,
    /// `[batch][steps][inputs]`; or `[steps][batch][inputs]`, in the order of the work.
    pub x: &'a [f32],
    pub by_step: bool,
    /// Whether the last step of `[batch][steps][inputs]` comes first.
    pub backwards: bool,
    /// `(inputs, gates units)`
    pub kernel: &'a [f32],
    /// `(units, gates units)`
    pub recurrent: &'a [f32],
    /// `(gates units,)` or empty; of a GRU that resets after the product `(2, gates units)`.
    pub bias: &'a [f32],
    /// Whether a step (in the order of the work) of a sample is left out: state and output stay.
    pub skips: Option<&'a (dyn Fn(usize, usize) -> bool + Sync)>,
}

/// Memory for the products with the input of some steps and samples: `[steps][samples][gates units]`, and for the rows of the
/// input in that order.
pub struct InputScratch<'a> {
    pub products: &'a mut [f32],
    pub rows: &'a mut [f32],
}

impl Sequence<'_> {
    /// The sequence as pointers, with checks of its sizes, but for what is written. Kernels are copied to the `workspace` if that
    /// pays.
    pub fn raw(&self, takes_input: bool, workspace: &mut [f32]) -> RawSequence {
        let &Sequence {
            cell,
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let (gates, n) = (cell.gates(), cell.gates() * units);
        let (bias, state_bias) = match cell {
            Cell::Gru { reset_after: true } => self.bias.split_at(self.bias.len() / 2),
            _ => (self.bias, &[][..]),
        };
        assert!(
            self.x.len() == batch * steps * inputs
                && self.kernel.len() == inputs * n
                && self.recurrent.len() == units * n
                && [bias, state_bias]
                    .iter()
                    .all(|b| b.is_empty() || b.len() == n),
            "recurrent: sizes differ"
        );
        let uses = batch * steps;
        let (recurrent, rest) = match cell.in_registers() {
            true => Columns::copied(self.recurrent, (units, gates), uses, workspace),
            false => (Columns::of(self.recurrent, units, gates), workspace),
        };
        let (kernel, _) = match takes_input {
            true => Columns::copied(self.kernel, (units, gates), uses, rest),
            false => (Columns::of(self.kernel, units, gates), rest),
        };
        let (step, sample) = match self.by_step {
            true => (batch * inputs, inputs),
            false => (inputs, steps * inputs),
        };
        let rows = |data| StepRows {
            data,
            step,
            sample,
            slots: steps,
        };
        RawSequence {
            steps,
            units,
            inputs: if takes_input { inputs } else { 0 },
            x: rows(self.x.as_ptr().cast_mut()),
            backwards: self.backwards && !self.by_step,
            kernel,
            recurrent,
            bias: (!bias.is_empty()).then_some(bias.as_ptr()),
            state_bias: (!state_bias.is_empty()).then_some(state_bias.as_ptr()),
            products: None,
            input_at: [0, 1, 2, 3].map(|gate| gate * units),
            gates: None,
            reset: None,
            c: None,
            h: rows(core::ptr::null_mut()),
            last: None,
            before: None,
        }
    }

    /// State and output stay where a step is left out.
    ///
    /// # Safety
    /// It is a step, and they are samples of this sequence.
    pub unsafe fn skip(&self, raw: &RawSequence, now: &RawStep, t: usize, samples: Range<usize>) {
        let Some(skips) = self.skips else { return };
        for b in samples.filter(|&b| skips(t, b)) {
            // SAFETY: promised by the caller.
            unsafe { raw.stay(now, b) };
        }
    }

    /// The products with the input of some steps and samples.
    pub fn input_products(
        &self,
        steps: Range<usize>,
        samples: Range<usize>,
        scratch: InputScratch<'_>,
    ) {
        let InputScratch { products, rows } = scratch;
        let (inputs, n) = (self.inputs, self.cell.gates() * self.units);
        let row = |t: usize, b: usize| {
            let t = if self.backwards {
                self.steps - 1 - t
            } else {
                t
            };
            &self.x[(b * self.steps + t) * inputs..]
        };
        let x = if steps.len() == 1 {
            // The rows of one step lie apart, but evenly.
            Mat {
                data: row(steps.start, samples.start),
                rs: self.steps * inputs,
                cs: 1,
            }
        } else if samples.len() == 1 && !self.backwards {
            Mat::rows(row(steps.start, samples.start), inputs)
        } else {
            let mut to = rows.chunks_exact_mut(inputs);
            for t in steps.clone() {
                for (b, to) in samples.clone().zip(&mut to) {
                    to.copy_from_slice(&row(t, b)[..inputs]);
                }
            }
            Mat::rows(rows, inputs)
        };
        // (Those that are narrow have the bits of training.)
        for (gates, _) in self.cell.input_runs() {
            let first = gates.start * self.units;
            let w = Mat {
                data: self.kernel.get(first..).unwrap_or_default(),
                rs: n,
                cs: 1,
            };
            gemm(
                steps.len() * samples.len(),
                gates.len() * self.units,
                inputs,
                x,
                w,
                &mut products[first..],
                n,
                false,
                &Pool::Serial,
            );
        }
    }
}
