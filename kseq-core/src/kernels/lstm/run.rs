//! All steps of a sequence on the threads of a pool, in training and outside of it.

#![allow(unsafe_code)]

use super::lookahead::{LookaheadKernel, lookahead_kernel};
use super::raw::{Columns, RawSequence, RawState, SampleRows, StepRows};
use super::sequence::{InputScratch, Sequence};
use super::tile::step_kernel;
use crate::kernels::cache::{L1_FLOATS, L2_FLOATS};
use crate::kernels::gemm::{Mat, gemm};
use crate::pool::Pool;

/// Rows of one product with the input: they should stay in a second level cache.
const PRODUCT_ROWS: usize = 96;

/// Multiply-adds of the smallest task.
const LSTM_TASK_MACS: usize = 1 << 18;

/// Whether this CPU has the instructions, and the sizes are such that tiles of samples and units pay.
pub(crate) fn suits(batch: usize, units: usize, pool: &Pool) -> bool {
    let size = 4 * units * units;
    // Of a large kernel, one or a few samples read long rows; and threads divide its columns.
    let few = batch < 12 && (size > L2_FLOATS || pool.threads() > 1 && size >= 2 * LSTM_TASK_MACS);
    step_kernel().is_some() && units > 0 && !few
}

/// Whether the products with the input are taken step by step, from `[batch][steps][inputs]` as it is.
pub(crate) fn takes_input(batch: usize, inputs: usize, units: usize) -> bool {
    let terms = inputs + units;
    4 * units * terms <= L1_FLOATS || terms <= 128 && batch >= 24
}

/// The state of a batch, `[batch][units]` each; empty if it is zeros.
#[derive(Clone, Copy)]
pub(crate) struct InitialState<'a> {
    pub h: &'a [f32],
    pub c: &'a [f32],
}

impl Sequence<'_> {
    /// The output of all steps or of the last one, from the state before. The `workspace` has room for the whole input, and
    /// for `6 (steps + 1) units` a sample.
    pub fn infer(
        &self,
        before: InitialState<'_>,
        y: &mut [f32],
        sequences: bool,
        workspace: &mut [f32],
        pool: &Pool,
    ) {
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let n = 4 * units;
        let (cs, rest) = workspace.split_at_mut(2 * batch * units);
        let (hs, workspace) = rest.split_at_mut(2 * batch * units);
        let two_steps = |data| StepRows {
            data,
            step: batch * units,
            sample: units,
            slots: 2,
        };
        assert!(
            y.len() == batch * units * if sequences { steps } else { 1 } && steps > 0,
            "lstm: the output has another size"
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
        assert!(!self.by_step, "lstm: the input is that of the layer");
        let taken = takes_input(batch, inputs, units);
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
            c: two_steps(cs.as_mut_ptr()),
            h,
            last,
            before: self.raw_state(before),
            ..self.raw(taken, workspace)
        };
        // SAFETY: the kernels and the input have their sizes (`raw`), `y` as well (above), and the slices that were
        // divided are as large as is needed. Each sample has parts of its own of all that is written.
        unsafe { self.run(&raw, products, scratch, pool) }
    }

    /// The same in training: a slab of `steps + 1` times `batch` rows of i f g o c h gets all of them. Its first step is
    /// the state before; `zeros` says that it is nothing but zeros. The `workspace` is of any size.
    pub fn forward(&self, slab: &mut [f32], zeros: bool, workspace: &mut [f32], pool: &Pool) {
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let (n, row) = (4 * units, 6 * units);
        assert_eq!(
            slab.len(),
            (steps + 1) * batch * row,
            "lstm: the slab has another size"
        );
        let (first, rest) = slab.split_at_mut(batch * row);
        let taken = takes_input(batch, inputs, units);
        if !taken {
            assert!(self.by_step, "lstm: the input is in the order of the work");
            let (x, w) = (Mat::rows(self.x, inputs), Mat::rows(self.kernel, n));
            gemm(steps * batch, n, inputs, x, w, rest, row, false, pool);
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
        let raw = RawSequence {
            products: (!taken).then_some(rows(0)),
            gates: Some(rows(0)),
            c: rows(n),
            h: rows(5 * units),
            last: None,
            before: (!zeros && batch > 0).then(|| RawState {
                h: before(5 * units),
                c: before(n),
            }),
            ..self.raw(taken, workspace)
        };
        // SAFETY: the kernels and the input have their sizes (`raw`), and the slab as well (above). Each sample has
        // rows of its own.
        unsafe { self.run(&raw, InputProducts::InSteps, RawScratch::NONE, pool) }
    }

    /// Whether tasks of so many samples compute the products with the input by look-ahead: if the state's kernel does not stay in
    /// the first level cache and each of its columns serves one or two samples. It is copied, for which there must be room.
    fn lookahead(&self, samples: usize, available: usize, pool: &Pool) -> Option<InputProducts> {
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let kernel = lookahead_kernel()?;
        // Two chunks of rows for each task, the smallest of which has the most steps.
        let block = 2 * kernel.rows / (batch / self.tasks(pool)).max(1);
        let of_steps = batch * steps.min(block) * (4 * units + inputs);
        let pays = samples <= 2 && batch > 0 && Columns::pays(self.recurrent.len(), batch * steps);
        let enough = available >= of_steps + Columns::workspace_len(units, units);
        (pays && enough).then_some(InputProducts::Lookahead {
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
            c: rows(c),
        })
    }

    /// # Safety
    /// All pointers of `raw` are valid for `batch` samples; so are `4 units` products of the scratch, and `inputs` of its rows,
    /// for each of them and each step of `products`. Nobody else accesses what is written.
    #[expect(clippy::unreachable, reason = "`suits` has asked for the instructions")]
    unsafe fn run(
        &self,
        raw: &RawSequence,
        products: InputProducts,
        scratch: RawScratch,
        pool: &Pool,
    ) {
        let Some(step) = step_kernel() else {
            unreachable!("lstm: the CPU has no such instructions");
        };
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let n = 4 * units;
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
        let threads = pool.threads();
        if threads == 1 {
            return 1;
        }
        let work = self.batch * self.steps * (self.inputs + self.units) * 4 * self.units;
        (2 * threads)
            .min(work / LSTM_TASK_MACS)
            .clamp(1, self.batch.max(1))
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
struct Shared(*mut f32);

// SAFETY: see `Sequence::run`.
unsafe impl Sync for Shared {}

impl Shared {
    fn at(&self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}
