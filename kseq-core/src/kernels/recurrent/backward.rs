//! All steps of a sequence backwards on the threads of a pool: each takes some samples from the last step to the first.

#![allow(unsafe_code)]

use super::between::{RawMatrix, product};
use super::cell::Cell;
use super::gradients::{BackStep, GradientKernel, gradient_kernels};
use super::raw::SampleRows;
use super::run::{Shared, tasks};
use crate::kernels::dispatch::DEVICE;
use crate::kernels::gemm::Mat;
use crate::pool::Pool;
use core::ops::Range;

/// A sequence whose slab is filled: see [`Cell`].
pub(crate) struct BackwardSequence<'a> {
    pub cell: Cell,
    pub batch: usize,
    pub steps: usize,
    pub units: usize,
    /// `[steps + 1][batch]` rows.
    pub slab: &'a [f32],
    /// The gradients of its steps but the first one get to the same places, a step earlier.
    pub grads: &'a mut [f32],
    /// Of the output: `[batch][steps][units]` if it has all steps, else `[batch][units]`.
    pub dy: &'a [f32],
    pub sequences: bool,
    /// The state's kernel transposed: `(gates units, units)`.
    pub transposed: Mat<'a>,
    /// What the state was multiplied with in all gates: `[batch][units]`, or nothing.
    pub dropped: &'a [f32],
    /// `[batch][units]`
    pub memory: &'a mut [f32],
    /// Whether a step of a sample was left out; and whether its output was zeros then.
    pub skips: Option<&'a (dyn Fn(usize, usize) -> bool + Sync)>,
    pub zeroes: bool,
}

/// The arrays of a [`BackwardSequence`] as pointers.
struct Arrays {
    grads: Shared,
    memory: Shared,
    behind: GradientKernel,
    before: Option<GradientKernel>,
}

impl BackwardSequence<'_> {
    /// The gradients of all steps. Answers whether this CPU has the instructions; if not, nothing is done.
    ///
    /// # Panics
    ///
    /// When the slices have other sizes.
    pub fn run(mut self, pool: &Pool) -> bool {
        if DEVICE {
            return false;
        }
        let &mut Self {
            cell,
            batch,
            steps,
            units,
            ..
        } = &mut self;
        let (row, of_units) = (cell.row() * units, batch * units);
        let state_terms = cell.gates() * units;
        assert!(
            self.slab.len() == (steps + 1) * batch * row
                && self.grads.len() == self.slab.len()
                && self.dy.len() == if self.sequences { steps } else { 1 } * of_units
                && (self.dropped.is_empty() || self.dropped.len() == of_units)
                && self.memory.len() >= of_units
                && (units == 0 || self.transposed.holds(state_terms, units)),
            "recurrent: sizes differ"
        );
        let Some((behind, before)) = gradient_kernels(cell) else {
            return false;
        };
        let arrays = Arrays {
            grads: Shared(self.grads.as_mut_ptr()),
            memory: Shared(self.memory.as_mut_ptr()),
            behind,
            before,
        };
        let work = batch * steps * state_terms * units;
        let tasks = tasks(batch, work, pool);
        let this = &self;
        pool.for_each(tasks, 1, |i| {
            let samples = i * batch / tasks..(i + 1) * batch / tasks;
            // SAFETY: all slices have their sizes (above), and every task has samples of its own.
            unsafe { this.samples(&arrays, samples) };
        });
        true
    }

    /// # Safety
    /// The arrays are those of this sequence, and nobody else accesses the gradients and the memory of these samples.
    unsafe fn samples(&self, arrays: &Arrays, samples: Range<usize>) {
        let &Self {
            cell,
            batch,
            steps,
            units: u,
            ..
        } = self;
        let (first, m, row) = (samples.start, samples.len(), cell.row() * u);
        let (step, h) = (batch * row, row - u);
        let slab = self.slab.as_ptr();
        let w = RawMatrix {
            data: self.transposed.data.as_ptr(),
            rs: self.transposed.rs,
            cs: self.transposed.cs,
        };
        let rows = |data: *mut f32, column: usize| SampleRows {
            data: data.wrapping_add(first * row + column),
            stride: row,
        };
        for t in (0..steps).rev() {
            let now = arrays.grads.at(t * step);
            let after = now.wrapping_add(step);
            let back = BackStep {
                units: u,
                row,
                values: slab.wrapping_add((t + 1) * step),
                before: slab.wrapping_add(t * step),
                after,
                now,
                dy: self.output_gradients(t),
                reset: arrays.memory.at(0),
                dropped: (!self.dropped.is_empty()).then_some(self.dropped.as_ptr()),
            };
            // SAFETY: promised by the caller: rows of these samples, of a step and the one behind it, which the arrays have.
            unsafe {
                if t + 1 == steps {
                    // Behind the last step, nothing.
                    for data in [now, after] {
                        data.wrapping_add(first * row).write_bytes(0, m * row);
                    }
                } else {
                    let dz = rows(after, 0).map(<*mut f32>::cast_const);
                    let sizes = [m, u, cell.of_state() * u];
                    product(sizes, dz, w, rows(now, h), false);
                    self.drop_state(now.wrapping_add(h), samples.clone());
                }
                self.carry(&back, t, samples.clone());
                self.rows_of(arrays.behind, &back, t, samples.clone());
                if let Some(before) = arrays.before {
                    let w = RawMatrix {
                        data: w.data.wrapping_add(2 * u * w.rs),
                        ..w
                    };
                    let to = SampleRows {
                        data: arrays.memory.at(first * u),
                        stride: u,
                    };
                    let dg = rows(now, 3 * u).map(<*mut f32>::cast_const);
                    product([m, u, u], dg, w, to, false);
                    self.rows_of(before, &back, t, samples.clone());
                }
            }
        }
        if let (Cell::Simple, Some(skips)) = (cell, self.skips) {
            for (t, b) in (0..steps).flat_map(|t| samples.clone().map(move |b| (t, b))) {
                if skips(t, b) {
                    // SAFETY: a row of these samples.
                    unsafe { arrays.grads.at(t * step + b * row).write_bytes(0, row) };
                }
            }
        }
    }

    /// The gradients of the outputs of a step, if the layer's output has them.
    fn output_gradients(&self, t: usize) -> Option<SampleRows<*const f32>> {
        let u = self.units;
        let (first, stride) = match self.sequences {
            true => (t * u, self.steps * u),
            false if t + 1 == self.steps => (0, u),
            false => return None,
        };
        Some(SampleRows {
            data: self.dy.as_ptr().wrapping_add(first),
            stride,
        })
    }

    /// What was dropped of the state has no gradient.
    ///
    /// # Safety
    /// `dh` are the last columns of a step's rows of gradients, which nobody else accesses.
    unsafe fn drop_state(&self, dh: *mut f32, samples: Range<usize>) {
        let u = self.units;
        let rows = self.dropped.chunks_exact(u).skip(samples.start);
        for (b, dropped) in samples.zip(rows) {
            let dh = dh.wrapping_add(b * self.cell.row() * u);
            // SAFETY: promised by the caller.
            let dh = unsafe { core::slice::from_raw_parts_mut(dh, u) };
            for (dh, dropped) in dh.iter_mut().zip(dropped) {
                *dh *= dropped;
            }
        }
    }

    /// A kernel for the samples that have the step.
    ///
    /// # Safety
    /// The rows of these samples are valid, nobody else accesses their gradients, and the CPU has the instructions.
    unsafe fn rows_of(
        &self,
        kernel: GradientKernel,
        back: &BackStep,
        t: usize,
        samples: Range<usize>,
    ) {
        let Some(skips) = self.skips else {
            // SAFETY: promised by the caller.
            return unsafe { kernel(back, samples.start, samples.len()) };
        };
        for b in samples.filter(|&b| !skips(t, b)) {
            // SAFETY: promised by the caller.
            unsafe { kernel(back, b, 1) };
        }
    }

    /// What goes through a step that was left out, or comes from one.
    ///
    /// # Safety
    /// As for [`rows_of`](Self::rows_of).
    unsafe fn carry(&self, back: &BackStep, t: usize, samples: Range<usize>) {
        let Some(skips) = self.skips else { return };
        let (u, row) = (self.units, back.row);
        for b in samples {
            // SAFETY: promised by the caller: the row of a sample, of this step and of the one behind it.
            let (now, after) = unsafe {
                (
                    core::slice::from_raw_parts_mut(back.now.wrapping_add(b * row), row),
                    core::slice::from_raw_parts(back.after.wrapping_add(b * row), row),
                )
            };
            let (gates, dh) = now.split_at_mut(row - u);
            let (memory, behind) = after.split_at(row - u);
            let (from_behind, skipped) = (t + 1 < self.steps && skips(t + 1, b), skips(t, b));
            match self.cell {
                // What came through the product is of no step.
                Cell::Simple if from_behind => dh.copy_from_slice(behind),
                Cell::Lstm if from_behind => add(dh, behind),
                // (Of a step that is not left out the kernel does it.)
                Cell::Gru { .. } if skipped => add(dh, behind),
                _ => {}
            }
            if !skipped {
                continue;
            }
            if let (false, Some(dy)) = (self.zeroes, back.dy) {
                let dy = dy.data.wrapping_add(b * dy.stride);
                // SAFETY: the gradients of this sample's output.
                add(dh, unsafe { core::slice::from_raw_parts(dy, u) });
            }
            gates.fill(0.0);
            if self.cell.has_memory() {
                gates[4 * u..].copy_from_slice(&memory[4 * u..]);
            }
        }
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}
