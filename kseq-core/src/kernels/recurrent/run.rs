//! All steps of a sequence on the threads of a pool, in training and outside of it.

#![allow(unsafe_code)]

use super::cell::Cell;
use super::lookahead::{LookaheadKernel, lookahead_kernel};
use super::raw::{Columns, RawSequence, RawState, SampleRows, StepRows};
use super::sequence::{InputScratch, Sequence};
use super::step::step_kernel;
use crate::kernels::cache::{L2_FLOATS, l2_floats};
use crate::kernels::gemm::{Mat, gemm};
use crate::pool::{Pool, alone_below};

/// Rows of one product with the input: they should stay in a second level cache.
const PRODUCT_ROWS: usize = 96;

/// Multiply-adds of the smallest task.
const TASK_MACS: usize = alone_below(1 << 18);

/// Samples of a task that are as good as any number: with fewer, the kernels' way from the caches is what takes the time.
const TASK_SAMPLES: usize = 24;

/// How many tasks so many samples are cut into, which need so many multiply-adds: they are independent of each other.
pub fn tasks(samples: usize, macs: usize, pool: &Pool) -> usize {
    let threads = pool.threads();
    if threads == 1 {
        return 1;
    }
    // Twice as many as threads, in case one of them is late.
    let most = match samples / TASK_SAMPLES >= 2 * threads {
        true => 2 * threads,
        false => threads,
    };
    most.min(macs / TASK_MACS).clamp(1, samples.max(1))
}

/// Whether this CPU has the instructions, and the sizes are such that tiles of samples and units pay.
pub(crate) fn suits(cell: Cell, batch: usize, units: usize) -> bool {
    let size = cell.gates() * units * units;
    // Of a large kernel, one or a few samples read long rows. (Not asked is how many threads there are: the bits are other ones.)
    let few = batch < 12 && size > L2_FLOATS;
    step_kernel(cell).is_some() && units > 0 && !few
}

/// The state of a batch, `[batch][units]` each; empty if it is zeros, and c if the layer has no memory.
#[derive(Clone, Copy)]
pub(crate) struct InitialState<'a> {
    pub h: &'a [f32],
    pub c: &'a [f32],
}

impl Sequence<'_> {
    /// The output of all steps or of the last one, from the state before. The `workspace` has room for the whole input, and
    /// for a row of the slab for each step and the one before, and `units` more, a sample.
    pub fn infer(
        &self,
        before: InitialState<'_>,
        y: &mut [f32],
        sequences: bool,
        workspace: &mut [f32],
        pool: &Pool,
    ) {
        let &Sequence {
            cell,
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let n = cell.gates() * units;
        let two = |wanted: bool| if wanted { 2 * batch * units } else { 0 };
        let (cs, rest) = workspace.split_at_mut(two(cell.has_memory()));
        let (hs, rest) = rest.split_at_mut(two(!sequences));
        let (reset, workspace) = rest.split_at_mut(match cell {
            Cell::Gru { reset_after: false } => batch * units,
            _ => 0,
        });
        let two_steps = |data| StepRows {
            data,
            step: batch * units,
            sample: units,
            slots: 2,
        };
        assert!(
            y.len() == batch * units * if sequences { steps } else { 1 } && steps > 0,
            "recurrent: the output has another size"
        );
        if batch == 0 {
            return;
        }
        let (h, last) = match sequences {
            true => {
                let h = StepRows {
                    data: y.as_mut_ptr(),
                    step: units,
                    sample: steps * units,
                    slots: steps,
                };
                (h, None)
            }
            false => (two_steps(hs.as_mut_ptr()), Some(y.as_mut_ptr())),
        };
        assert!(!self.by_step, "recurrent: the input is that of the layer");
        let taken = cell.takes_input(batch, inputs, units);
        let samples = batch.div_ceil(self.tasks(pool)).max(1);
        let products = match taken {
            true => InputProducts::InSteps,
            false => {
                self.lookahead(samples, workspace.len(), pool)
                    .unwrap_or(InputProducts::Before(
                        (PRODUCT_ROWS / samples).clamp(1, steps),
                    ))
            }
        };
        let block = products.steps().min(steps);
        let (z, workspace) = workspace.split_at_mut(batch * block * n);
        let (copies, workspace) = workspace.split_at_mut(batch * block * inputs);
        let scratch = RawScratch {
            products: z.as_mut_ptr(),
            rows: copies.as_mut_ptr(),
        };
        let raw = RawSequence {
            gates: None,
            reset: Some(StepRows {
                data: reset.as_mut_ptr(),
                step: 0,
                sample: units,
                slots: 1,
            }),
            c: cell.has_memory().then(|| two_steps(cs.as_mut_ptr())),
            h,
            last,
            before: self.raw_state(before),
            ..self.raw(taken, workspace)
        };
        // SAFETY: the kernels and the input have their sizes (`raw`), `y` as well (above), and the slices that were
        // divided are as large as is needed. Each sample has parts of its own of all that is written.
        unsafe { self.run(&raw, products, scratch, pool) }
    }

    /// The same in training: a slab of `steps + 1` times `batch` rows gets all of them (see [`Cell`]). Its first step is
    /// the state before; `zeros` says that it is nothing but zeros. The `workspace` is of any size.
    pub fn forward(&self, slab: &mut [f32], zeros: bool, workspace: &mut [f32], pool: &Pool) {
        let &Sequence {
            cell,
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let (n, row) = (cell.gates() * units, cell.row() * units);
        assert_eq!(
            slab.len(),
            (steps + 1) * batch * row,
            "recurrent: the slab has another size"
        );
        if batch == 0 {
            return;
        }
        let (first, rest) = slab.split_at_mut(batch * row);
        let taken = cell.takes_input(batch, inputs, units);
        if !taken {
            assert!(
                self.by_step,
                "recurrent: the input is in the order of the work"
            );
            let x = Mat::rows(self.x, inputs);
            for (gates, at) in cell.input_runs() {
                let w = Mat {
                    data: self.kernel.get(gates.start * units..).unwrap_or_default(),
                    rs: n,
                    cs: 1,
                };
                let (to, width) = (&mut rest[at * units..], gates.len() * units);
                gemm(steps * batch, width, inputs, x, w, to, row, false, pool);
            }
        }
        let rest = rest.as_mut_ptr();
        let rows = |column: usize| StepRows {
            data: rest.wrapping_add(column),
            step: batch * row,
            sample: row,
            slots: steps,
        };
        let before = |column: usize| SampleRows {
            data: first[column..].as_ptr(),
            stride: row,
        };
        let (h, c) = (row - units, (row - units).saturating_sub(units));
        let mut input_at = [0; 4];
        for (to, at) in input_at.iter_mut().zip(cell.of_input()) {
            *to = at * units;
        }
        let raw = RawSequence {
            products: (!taken).then_some(rows(0)),
            input_at,
            gates: Some(rows(0)),
            reset: Some(rows(2 * units)),
            c: cell.has_memory().then(|| rows(c)),
            h: rows(h),
            last: None,
            before: (!zeros).then(|| RawState {
                h: before(h),
                c: cell.has_memory().then(|| before(c)),
            }),
            ..self.raw(taken, workspace)
        };
        // SAFETY: the kernels and the input have their sizes (`raw`), and the slab as well (above). Each sample has
        // rows of its own.
        unsafe { self.run(&raw, InputProducts::InSteps, RawScratch::NONE, pool) }
    }

    /// Whether tasks of so many samples compute the products with the input by look-ahead: if the state's kernel does not stay in
    /// the first level cache, each of its columns serves one or two samples, and the second level cache holds both kernels: else
    /// both come from farther away, the input's every few steps, where the products before them need it once. The state's kernel is
    /// copied, for which there must be room.
    fn lookahead(&self, samples: usize, available: usize, pool: &Pool) -> Option<InputProducts> {
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        if self.cell != Cell::Lstm {
            return None;
        }
        let kernel = lookahead_kernel()?;
        // Two chunks of rows for each task, the smallest of which has the most steps.
        let block = 2 * kernel.rows / (batch / self.tasks(pool)).max(1);
        let of_steps = batch * steps.min(block) * (4 * units + inputs);
        let pays = samples <= 2 && batch > 0 && Columns::pays(self.recurrent.len(), batch * steps);
        let near = self.recurrent.len() + self.kernel.len() <= l2_floats();
        let enough = available >= of_steps + Columns::workspace_len(units, units, 4);
        (pays && near && enough).then_some(InputProducts::Lookahead {
            kernel,
            steps: block,
        })
    }

    fn raw_state(&self, InitialState { h, c }: InitialState<'_>) -> Option<RawState> {
        let len = self.batch * self.units;
        if h.is_empty() || len == 0 {
            return None;
        }
        let rows = |state: &[f32]| SampleRows {
            data: state[..len].as_ptr(),
            stride: self.units,
        };
        Some(RawState {
            h: rows(h),
            c: self.cell.has_memory().then(|| rows(c)),
        })
    }

    /// # Safety
    /// All pointers of `raw` are valid for `batch` samples; so are `gates units` products of the scratch, and `inputs` of its rows,
    /// for each of them and each step of `products`. Nobody else accesses what is written.
    #[expect(clippy::unreachable, reason = "`suits` has asked for the instructions")]
    unsafe fn run(
        &self,
        raw: &RawSequence,
        products: InputProducts,
        scratch: RawScratch,
        pool: &Pool,
    ) {
        let Some(step) = step_kernel(self.cell) else {
            unreachable!("recurrent: the CPU has no such instructions");
        };
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let n = self.cell.gates() * units;
        let (z_all, copies) = (Shared(scratch.products), Shared(scratch.rows));
        let tasks = self.tasks(pool);
        pool.for_each(tasks, 1, |i| {
            let (first, end) = (i * batch / tasks, (i + 1) * batch / tasks);
            let m = end - first;
            let block = products.steps().min(steps);
            // SAFETY: promised by the caller: the parts of these samples.
            let part = |all: &Shared, width: usize| unsafe {
                core::slice::from_raw_parts_mut(all.at(first * block * width), m * block * width)
            };
            let mut raw = *raw;
            let (mut z, mut copy): (&mut [f32], &mut [f32]) = (&mut [], &mut []);
            if block > 0 {
                (z, copy) = (part(&z_all, n), part(&copies, inputs));
            }
            if let InputProducts::Lookahead { kernel, .. } = products
                && m > 0
            {
                let scratch = InputScratch {
                    products: z,
                    rows: copy,
                };
                // SAFETY: promised by the caller.
                return unsafe { self.run_with_lookahead(&raw, kernel, first..end, scratch) };
            }
            for t in 0..steps {
                if let InputProducts::Before(_) = products
                    && t.is_multiple_of(block)
                {
                    let scratch = InputScratch {
                        products: &mut *z,
                        rows: &mut *copy,
                    };
                    self.input_products(t..steps.min(t + block), first..end, scratch);
                    // Only now: a pointer that was taken before would not outlive the borrow.
                    raw.products = Some(StepRows {
                        data: z.as_mut_ptr().wrapping_sub(first * n),
                        step: m * n,
                        sample: n,
                        slots: block,
                    });
                }
                let now = raw.step(t);
                // SAFETY: promised by the caller; `step_kernel` asks for the instructions, and every task has samples of its own.
                unsafe {
                    step(&raw, &now, first, m);
                    self.skip(&raw, &now, t, first..end);
                }
            }
        });
    }

    /// How many tasks it is cut into: samples are independent of each other.
    fn tasks(&self, pool: &Pool) -> usize {
        let terms = self.inputs + self.units;
        let work = self.batch * self.steps * terms * self.cell.gates() * self.units;
        tasks(self.batch, work, pool)
    }
}

/// Where the products with the input come from.
#[derive(Clone, Copy)]
enum InputProducts {
    /// They are there, or taken in each step.
    InSteps,
    /// Taken for so many steps before the first of them.
    Before(usize),
    /// Computed during the steps before, with so many steps in memory.
    Lookahead {
        kernel: LookaheadKernel,
        steps: usize,
    },
}

impl InputProducts {
    /// The steps whose products are in memory at the same time.
    fn steps(self) -> usize {
        match self {
            InputProducts::InSteps => 0,
            InputProducts::Before(steps) | InputProducts::Lookahead { steps, .. } => steps,
        }
    }
}

/// The memory of [`InputScratch`], for all samples.
struct RawScratch {
    products: *mut f32,
    rows: *mut f32,
}

impl RawScratch {
    const NONE: Self = RawScratch {
        products: core::ptr::null_mut(),
        rows: core::ptr::null_mut(),
    };
}

/// A pointer that tasks share: each takes a part of its own.
pub struct Shared(pub *mut f32);

// SAFETY: see `Sequence::run`.
unsafe impl Sync for Shared {}

impl Shared {
    pub fn at(&self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}

// A microcontroller's kernels take no steps here (`step_kernel`).
#[cfg(all(test, feature = "std", not(miri), not(kseq_device)))]
mod tests {
    use super::*;
    use crate::kernels::dispatch::{Isa, forced};
    use std::{vec, vec::Vec};

    /// Where the products with the input come from changes no bit: which kernels fit into a cache is another question on each CPU.
    #[test]
    fn looking_ahead_changes_no_bit() {
        let number = |i: usize| ((i * 2_654_435_761) % 1009) as f32 / 1009.0 - 0.5;
        let (steps, units, inputs) = (70, 128, 48);
        for batch in [1, 2] {
            let numbers = |len: usize| -> Vec<f32> { (0..len).map(number).collect() };
            let (x, kernel) = (numbers(batch * steps * inputs), numbers(inputs * 4 * units));
            let (recurrent, bias) = (numbers(units * 4 * units), numbers(4 * units));
            let sequence = Sequence {
                cell: Cell::Lstm,
                batch,
                steps,
                inputs,
                units,
                x: &x,
                by_step: false,
                backwards: false,
                kernel: &kernel,
                recurrent: &recurrent,
                bias: &bias,
                skips: None,
            };
            // What the products before the steps need: too little for a copy of the state's kernel, without which there is no looking
            // ahead.
            let block = steps.min(PRODUCT_ROWS / batch);
            let least = batch * (4 * units + block * (4 * units + inputs));
            assert!(least < Columns::workspace_len(units, units, 4));
            let output = |memory: usize| {
                let mut y = vec![0.0; batch * units];
                let before = InitialState { h: &[], c: &[] };
                sequence.infer(before, &mut y, false, &mut vec![0.0; memory], &Pool::Serial);
                y.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            for isa in Isa::ALL {
                if isa == Isa::Portable || !isa.available() {
                    continue;
                }
                let more = least + Columns::workspace_len(units, units, 4);
                let [without, with] = [least, more].map(|memory| forced(isa, || output(memory)));
                assert_eq!(without, with, "{isa:?}, {batch} samples of {inputs}");
            }
        }
    }
}
