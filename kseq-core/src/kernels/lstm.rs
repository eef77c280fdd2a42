//! The steps of an LSTM whose activations are sigmoid and tanh: products, gates, memory and output of some samples and
//! units at a time, without leaving the registers.
//!
//! An element of the sums is the chain that [`gemm`](super::gemm) gives: the terms of the input, then those of the state,
//! then the bias. So it cannot be seen whether the products with the input were taken here or before, how samples were
//! cut into tiles and threads, or which instructions with fused multiply-add were used.

#![allow(unsafe_code)]

mod ahead;
mod back;
mod tile;
mod walk;

pub(crate) use back::{Rows, back};

use super::gemm::{Mat, gemm};
use crate::pool::Pool;
use core::ops::Range;
use tile::family;
use walk::{Columns, NEAR, Now, Place, Walk};

/// Elements of a recurrent kernel that stays in a second level cache.
const STAYS: usize = 1 << 18;

/// Rows of one product with the input: they should stay in a second level cache.
const BLOCK: usize = 96;

/// Multiply-adds of the smallest task.
const SERIAL: usize = 1 << 18;

/// A sequence.
pub(crate) struct Sequence<'a> {
    pub batch: usize,
    pub steps: usize,
    pub inputs: usize,
    pub units: usize,
    /// `[batch][steps][inputs]`; or `[steps][batch][inputs]`, in the order of the work.
    pub x: &'a [f32],
    pub by_step: bool,
    /// Whether the last step of `[batch][steps][inputs]` comes first.
    pub backwards: bool,
    /// `(inputs, 4 units)`, in the order i f g o.
    pub kernel: &'a [f32],
    /// `(units, 4 units)`
    pub recurrent: &'a [f32],
    /// `(4 units,)` or empty.
    pub bias: &'a [f32],
    /// Whether a step (in the order of the work) of a sample is left out: state and output stay.
    pub skips: Option<&'a (dyn Fn(usize, usize) -> bool + Sync)>,
}

/// Whether this CPU has the instructions, and the sizes are such that tiles of samples and units pay.
pub(crate) fn suits(batch: usize, units: usize, pool: &Pool) -> bool {
    let size = 4 * units * units;
    // Of a large kernel, one or a few samples read long rows; and threads divide its columns.
    let few = batch < 12 && (size > STAYS || pool.threads() > 1 && size >= 2 * SERIAL);
    family().is_some() && units > 0 && !few
}

/// Whether the products with the input are taken step by step, from `[batch][steps][inputs]` as it is.
pub(crate) fn takes_input(batch: usize, inputs: usize, units: usize) -> bool {
    let terms = inputs + units;
    4 * units * terms <= NEAR || terms <= 128 && batch >= 24
}

impl Sequence<'_> {
    /// The output, of all steps or the last one; the state before is `(h, c)`, or zeros if they are empty. `memory` has
    /// room for the whole input, and for `6 (steps + 1) units` a sample.
    pub fn infer(
        &self,
        (h, c): (&[f32], &[f32]),
        y: &mut [f32],
        sequences: bool,
        memory: &mut [f32],
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
        let (cs, rest) = memory.split_at_mut(2 * batch * units);
        let (hs, room) = rest.split_at_mut(2 * batch * units);
        let one = Place {
            step: batch * units,
            sample: units,
            turns: 2,
        };
        assert!(
            y.len() == batch * units * if sequences { steps } else { 1 } && steps > 0,
            "lstm: the output has another size"
        );
        let (all, last) = match sequences {
            true => (y.as_mut_ptr(), None),
            false => (hs.as_mut_ptr(), Some(y.as_mut_ptr())),
        };
        assert!(!self.by_step, "lstm: the input is that of the layer");
        let taken = takes_input(batch, inputs, units);
        let samples = batch.div_ceil(self.tasks(pool)).max(1);
        let products = match taken {
            true => Products::InSteps,
            false => self
                .ahead(samples, room.len(), pool)
                .unwrap_or(Products::Before((BLOCK / samples).clamp(1, steps))),
        };
        let block = products.steps().min(steps);
        let (z, room) = room.split_at_mut(batch * block * n);
        let (copies, room) = room.split_at_mut(batch * block * inputs);
        let rows = (z.as_mut_ptr(), copies.as_mut_ptr());
        let of_steps = |width: usize| Place {
            step: width,
            sample: steps * width,
            turns: steps,
        };
        let walk = Walk {
            gates: None,
            c: (cs.as_mut_ptr(), one),
            h: (all, if sequences { of_steps(units) } else { one }),
            last,
            before: self.before(h, c),
            ..self.walk(taken, room)
        };
        // SAFETY: the kernels and the input have their sizes (`walk`), `y` as well (above), and the slices that were
        // divided are as large as is needed. Each sample has parts of its own of all that is written.
        unsafe { self.run(&walk, products, rows, pool) }
    }

    /// The same in training: a slab of `steps + 1` times `batch` rows of i f g o c h gets all of them. Its first step is
    /// the state before; `zeros` says that it is nothing but zeros. `room` is memory of any size and content.
    pub fn forward(&self, slab: &mut [f32], zeros: bool, room: &mut [f32], pool: &Pool) {
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
        let place = Place {
            step: batch * row,
            sample: row,
            turns: steps,
        };
        let (rest, none) = (rest.as_mut_ptr(), core::ptr::null_mut());
        let before = |column: usize| (first[column..].as_ptr(), row);
        let walk = Walk {
            products: (!taken).then_some((rest, place)),
            gates: Some((rest, place)),
            c: (rest.wrapping_add(n), place),
            h: (rest.wrapping_add(5 * units), place),
            last: None,
            before: (!zeros && batch > 0).then(|| [before(5 * units), before(n)]),
            ..self.walk(taken, room)
        };
        // SAFETY: the kernels and the input have their sizes (`walk`), and the slab as well (above). Each sample has
        // rows of its own.
        unsafe { self.run(&walk, Products::InSteps, (none, none), pool) }
    }

    /// Whether tasks of so many samples take the products with the input ahead: if the state's kernel is far and each of its
    /// columns serves one or two samples. It is copied, for which there must be room.
    fn ahead(&self, samples: usize, room: usize, pool: &Pool) -> Option<Products> {
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let (step, rows) = ahead::family()?;
        // Two chunks of rows for each task, the smallest of which has the most steps.
        let block = 2 * rows / (batch / self.tasks(pool)).max(1);
        let of_steps = batch * steps.min(block) * (4 * units + inputs);
        let pays = samples <= 2 && batch > 0 && Columns::pays(self.recurrent.len(), batch * steps);
        (pays && room >= of_steps + Columns::room(units, units))
            .then_some(Products::Ahead((step, rows), block))
    }

    fn before(&self, h: &[f32], c: &[f32]) -> Option<[(*const f32, usize); 2]> {
        let len = self.batch * self.units;
        if h.is_empty() || len == 0 {
            return None;
        }
        Some([h, c].map(|state| (state[..len].as_ptr(), self.units)))
    }

    /// What all have in common, with checks.
    fn walk(&self, takes_input: bool, room: &mut [f32]) -> Walk {
        let &Sequence {
            batch,
            steps,
            inputs,
            units,
            ..
        } = self;
        let n = 4 * units;
        assert!(
            self.x.len() == batch * steps * inputs
                && self.kernel.len() == inputs * n
                && self.recurrent.len() == units * n
                && (self.bias.is_empty() || self.bias.len() == n),
            "lstm: sizes differ"
        );
        let uses = batch * steps;
        let (recurrent, room) = Columns::copied(self.recurrent, units, uses, room);
        let (kernel, _) = match takes_input {
            true => Columns::copied(self.kernel, units, uses, room),
            false => (Columns::of(self.kernel, units), room),
        };
        let (step, sample) = match self.by_step {
            true => (batch * inputs, inputs),
            false => (inputs, steps * inputs),
        };
        let place = Place {
            step,
            sample,
            turns: steps,
        };
        Walk {
            steps,
            units,
            inputs: if takes_input { inputs } else { 0 },
            x: (self.x.as_ptr(), place, self.backwards && !self.by_step),
            kernel,
            recurrent,
            bias: (!self.bias.is_empty()).then_some(self.bias.as_ptr()),
            products: None,
            gates: None,
            c: (core::ptr::null_mut(), place),
            h: (core::ptr::null_mut(), place),
            last: None,
            before: None,
        }
    }

    /// # Safety
    /// All places of the walk are valid for `batch` samples; so are `4 units` values of `z`, and `inputs` of `copies`, for each
    /// of them and each step of `products`. Nobody else accesses what is written.
    unsafe fn run(
        &self,
        walk: &Walk,
        products: Products,
        (z, copies): (*mut f32, *mut f32),
        pool: &Pool,
    ) {
        let Some(step) = family() else {
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
        let (z_all, copies) = (Shared(z), Shared(copies));
        let tasks = self.tasks(pool);
        pool.for_each(tasks, 1, |i| {
            let (first, end) = (i * batch / tasks, (i + 1) * batch / tasks);
            let m = end - first;
            let block = products.steps().min(steps);
            // SAFETY: promised by the caller: the parts of these samples.
            let part = |all: &Shared, width: usize| unsafe {
                core::slice::from_raw_parts_mut(all.at(first * block * width), m * block * width)
            };
            let mut walk = *walk;
            let (mut z, mut copy): (&mut [f32], &mut [f32]) = (&mut [], &mut []);
            if block > 0 {
                (z, copy) = (part(&z_all, n), part(&copies, inputs));
            }
            match products {
                Products::Ahead(step, _) if m > 0 => {
                    // SAFETY: promised by the caller.
                    return unsafe { self.run_ahead(&walk, step, (first, m), (z, copy)) };
                }
                Products::Before(_) => {
                    let place = Place {
                        step: m * n,
                        sample: n,
                        turns: block,
                    };
                    walk.products = Some((z.as_mut_ptr().wrapping_sub(first * n), place));
                }
                _ => {}
            }
            for t in 0..steps {
                if let Products::Before(_) = products
                    && t.is_multiple_of(block)
                {
                    self.products(t..steps.min(t + block), first..end, z, copy);
                }
                let now = walk.step(t);
                // SAFETY: promised by the caller; `family` asks for the instructions, and every task has samples of its own.
                unsafe {
                    step(&walk, &now, first, m);
                    self.skip(&walk, &now, t, first..end);
                }
            }
        });
    }

    /// State and output stay where a step is left out.
    ///
    /// # Safety
    /// It is a step, and they are samples of this sequence.
    unsafe fn skip(&self, walk: &Walk, now: &Now, t: usize, samples: Range<usize>) {
        let Some(skips) = self.skips else { return };
        for b in samples.filter(|&b| skips(t, b)) {
            // SAFETY: promised by the caller.
            unsafe { walk.stay(now, b) };
        }
    }

    /// How many tasks it is cut into: samples are independent of each other.
    fn tasks(&self, pool: &Pool) -> usize {
        let threads = pool.threads();
        if threads == 1 {
            return 1;
        }
        let work = self.batch * self.steps * (self.inputs + self.units) * 4 * self.units;
        (2 * threads).min(work / SERIAL).clamp(1, self.batch.max(1))
    }

    /// `z[step][sample]` gets the products of the input of some steps and samples. `copy` has room for that.
    fn products(
        &self,
        steps: Range<usize>,
        samples: Range<usize>,
        z: &mut [f32],
        copy: &mut [f32],
    ) {
        let (inputs, n) = (self.inputs, 4 * self.units);
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
            let mut to = copy.chunks_exact_mut(inputs);
            for t in steps.clone() {
                for (b, to) in samples.clone().zip(&mut to) {
                    to.copy_from_slice(&row(t, b)[..inputs]);
                }
            }
            Mat::rows(copy, inputs)
        };
        let w = Mat::rows(self.kernel, n);
        gemm(
            steps.len() * samples.len(),
            n,
            inputs,
            x,
            w,
            z,
            n,
            false,
            &Pool::Serial,
        );
    }
}

/// Where the products with the input come from.
#[derive(Clone, Copy)]
enum Products {
    /// They are there, or taken in each step.
    InSteps,
    /// Taken for so many steps before the first of them.
    Before(usize),
    /// Taken during the steps before, with so many steps in memory: see [`Ahead`](ahead::Ahead).
    Ahead((ahead::Step, usize), usize),
}

impl Products {
    /// The steps whose products are in memory at the same time.
    fn steps(self) -> usize {
        match self {
            Products::InSteps => 0,
            Products::Before(steps) | Products::Ahead(_, steps) => steps,
        }
    }
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
