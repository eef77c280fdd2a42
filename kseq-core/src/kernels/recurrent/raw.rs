//! A sequence as pointers: where everything is.

#![allow(unsafe_code)]

use crate::kernels::cache::{L1_FLOATS, LINE_FLOATS};
use crate::kernels::vector::lanes;

/// Steps of samples for which a kernel is copied.
const USES: usize = 64;

/// A row for each step and sample.
#[derive(Clone, Copy)]
pub struct StepRows {
    /// The first row.
    pub data: *mut f32,
    /// From one step to the next.
    pub step: usize,
    /// From one sample to the next.
    pub sample: usize,
    /// How many steps there are in memory: what comes after them overwrites the first.
    pub slots: usize,
}

impl StepRows {
    /// The rows of a step.
    fn at(&self, t: usize) -> SampleRows<*mut f32> {
        SampleRows {
            data: self.data.wrapping_add(t % self.slots * self.step),
            stride: self.sample,
        }
    }
}

/// A row for each sample: the first one, and how far it is to that of the next sample.
#[derive(Clone, Copy)]
pub struct SampleRows<P> {
    pub data: P,
    pub stride: usize,
}

impl SampleRows<*mut f32> {
    fn cast_const(self) -> SampleRows<*const f32> {
        SampleRows {
            data: self.data.cast_const(),
            stride: self.stride,
        }
    }
}

/// A kernel of some gates, and how far it is from one vector of units, one gate, one term to the next.
#[derive(Clone, Copy)]
pub struct Columns {
    pub data: *const f32,
    pub vector: usize,
    pub gate: usize,
    pub term: usize,
}

impl Columns {
    /// As it is stored: the vectors side by side.
    pub fn of(kernel: &[f32], units: usize, gates: usize) -> Self {
        Columns {
            data: kernel.as_ptr(),
            vector: lanes(),
            gate: units,
            term: gates * units,
        }
    }

    /// Whether a kernel of this size should be copied, if there is room.
    pub fn pays(len: usize, uses: usize) -> bool {
        len > L1_FLOATS && uses >= USES
    }

    /// The workspace that a copy needs, wherever it begins.
    pub fn workspace_len(terms: usize, units: usize, gates: usize) -> usize {
        units.div_ceil(lanes()) * gates * lanes() * terms + LINE_FLOATS
    }

    /// Copied, so that what one vector of units needs lies together: rows of a large kernel alias: they fall into the
    /// same few sets of the first level cache. As it is stored if it is small, or used a few times only, or there is no room.
    pub fn copied<'m>(
        kernel: &[f32],
        (units, gates): (usize, usize),
        uses: usize,
        workspace: &'m mut [f32],
    ) -> (Self, &'m mut [f32]) {
        let (lanes, terms) = (lanes(), kernel.len() / (gates * units));
        let vector = gates * lanes * terms;
        let len = units.div_ceil(lanes) * vector;
        // A vector should not lie in two lines of the cache.
        let skipped = workspace.as_ptr().align_offset(64);
        if !Self::pays(kernel.len(), uses) || workspace.len().saturating_sub(skipped) < len {
            return (Self::of(kernel, units, gates), workspace);
        }
        let (to, rest) = workspace[skipped..].split_at_mut(len);
        for (v, to) in to.chunks_exact_mut(vector).enumerate() {
            let first = v * lanes;
            let some = lanes.min(units - first);
            let rows = kernel.chunks_exact(gates * units);
            for (row, to) in rows.zip(to.chunks_exact_mut(gates * lanes)) {
                let gates = row.chunks_exact(units);
                for (gate, to) in gates.zip(to.chunks_exact_mut(lanes)) {
                    to[..some].copy_from_slice(&gate[first..][..some]);
                }
            }
        }
        let copy = Columns {
            data: to.as_ptr(),
            vector,
            gate: lanes,
            term: gates * lanes,
        };
        (copy, rest)
    }

    /// Of the vector that begins with `unit`.
    #[inline(always)]
    pub fn from(self, unit: usize, lanes: usize) -> Self {
        let data = self.data.wrapping_add(unit / lanes * self.vector);
        Columns { data, ..self }
    }
}

/// h of all samples, and c if the layer has a memory.
#[derive(Clone, Copy)]
pub struct RawState {
    pub h: SampleRows<*const f32>,
    pub c: Option<SampleRows<*const f32>>,
}

/// A sequence as pointers.
#[derive(Clone, Copy)]
pub struct RawSequence {
    pub steps: usize,
    pub units: usize,
    /// 0 if the products with the input are there already.
    pub inputs: usize,
    /// The input, which is only read, and whether its last step comes first.
    pub x: StepRows,
    pub backwards: bool,
    pub kernel: Columns,
    pub recurrent: Columns,
    pub bias: Option<*const f32>,
    /// Another one, of the products with the state.
    pub state_bias: Option<*const f32>,
    /// The products with the input, and where each gate's begin in a row.
    pub products: Option<StepRows>,
    pub input_at: [usize; 4],
    /// Where the gates go, if they are kept.
    pub gates: Option<StepRows>,
    /// Where a GRU multiplies the state with its gate.
    pub reset: Option<StepRows>,
    pub c: Option<StepRows>,
    pub h: StepRows,
    /// Where the last output goes instead, rows of `units`.
    pub last: Option<*mut f32>,
    /// The state before the first step, if it is not zeros.
    pub before: Option<RawState>,
}

// SAFETY: a `RawSequence` lives only as long as the borrows of the slices it was made of, and tasks on other threads get
// samples of their own (see `Sequence::run`).
unsafe impl Sync for RawSequence {}

/// Where a step finds and leaves everything.
pub struct RawStep {
    /// Whether its number is odd.
    pub odd: bool,
    pub x: SampleRows<*const f32>,
    pub products: Option<SampleRows<*mut f32>>,
    pub gates: Option<SampleRows<*mut f32>>,
    pub reset: Option<SampleRows<*mut f32>>,
    pub h: SampleRows<*mut f32>,
    pub c: Option<SampleRows<*mut f32>>,
    /// The state before the step, if it is not zeros.
    pub before: Option<RawState>,
}

impl RawSequence {
    /// The step of the input that is worked on in step `t`.
    pub fn input_step(&self, t: usize) -> usize {
        if self.backwards {
            self.steps - 1 - t
        } else {
            t
        }
    }

    pub fn step(&self, t: usize) -> RawStep {
        RawStep {
            odd: !t.is_multiple_of(2),
            x: self.x.at(self.input_step(t)).cast_const(),
            products: self.products.map(|z| z.at(t)),
            gates: self.gates.map(|gates| gates.at(t)),
            reset: self.reset.map(|reset| reset.at(t)),
            h: match self.last {
                Some(y) if t + 1 == self.steps => SampleRows {
                    data: y,
                    stride: self.units,
                },
                _ => self.h.at(t),
            },
            c: self.c.map(|c| c.at(t)),
            before: match t.checked_sub(1) {
                Some(t) => Some(RawState {
                    h: self.h.at(t).cast_const(),
                    c: self.c.map(|c| c.at(t).cast_const()),
                }),
                None => self.before,
            },
        }
    }

    /// State and output of a step are those of the step before.
    ///
    /// # Safety
    /// It is a step and a sample of this sequence.
    pub unsafe fn stay(&self, now: &RawStep, b: usize) {
        let h = (Some(now.h), now.before.map(|before| before.h));
        let c = (now.c, now.before.and_then(|before| before.c));
        for (to, before) in [h, c] {
            let Some(to) = to else { continue };
            let data = to.data.wrapping_add(b * to.stride);
            // SAFETY: rows of `units` that do not overlap.
            unsafe {
                match before {
                    Some(SampleRows { data: from, stride }) => from
                        .wrapping_add(b * stride)
                        .copy_to_nonoverlapping(data, self.units),
                    None => data.write_bytes(0, self.units),
                }
            }
        }
    }
}
