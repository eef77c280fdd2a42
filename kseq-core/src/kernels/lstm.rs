//! The steps of an LSTM whose activations are sigmoid and tanh: products, gates, memory and output of some samples and
//! units at a time, without leaving the registers.
//!
//! An element of the sums is the chain that [`gemm`](super::gemm) gives: the terms of the input, then those of the state,
//! then the bias. So it cannot be seen whether the products with the input were taken here or before, how samples were
//! cut into tiles and threads, or which instructions with fused multiply-add were used.

#![allow(unsafe_code)]

use super::dispatch::{Isa, isa};
use super::gemm::{Mat, gemm};
use super::vector::Vector;
use crate::pool::Pool;
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Elements of kernels that stay in a first level cache, beside the rest.
const NEAR: usize = 1 << 13;

/// Elements of a recurrent kernel that stays in a second level cache.
const STAYS: usize = 1 << 18;

/// Rows of one product with the input: they should stay in a second level cache.
const BLOCK: usize = 96;

/// Steps of samples for which a kernel is copied.
const USES: usize = 64;

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
    /// room for `6 (steps + 1) units` a sample.
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
        let block = if taken {
            0
        } else {
            (BLOCK / samples).clamp(1, steps)
        };
        let (rows, room) = room.split_at_mut(batch * block * (n + inputs));
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
        unsafe { self.run(&walk, (rows.as_mut_ptr(), block), pool) }
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
        let rest = rest.as_mut_ptr();
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
        unsafe { self.run(&walk, (core::ptr::null_mut(), 0), pool) }
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

    /// With `block`, products with the input are taken for so many steps at once, in `rows`.
    ///
    /// # Safety
    /// All places of the walk are valid for `batch` samples, as are `4 units + inputs` values for each sample and step of a
    /// block, and nobody else accesses what is written.
    unsafe fn run(&self, walk: &Walk, (rows, block): (*mut f32, usize), pool: &Pool) {
        let Some(step) = family() else {
            unreachable!("lstm: the CPU has no such instructions");
        };
        let &Sequence {
            batch,
            inputs,
            units,
            ..
        } = self;
        let (n, rows) = (4 * units, Rows(rows));
        let tasks = self.tasks(pool);
        pool.for_each(tasks, 1, |i| {
            let (first, end) = (i * batch / tasks, (i + 1) * batch / tasks);
            let m = end - first;
            let mut walk = *walk;
            let z = rows.at(first * block * (n + inputs));
            if block > 0 {
                let place = Place {
                    step: m * n,
                    sample: n,
                    turns: block,
                };
                walk.products = Some((z.wrapping_sub(first * n), place));
            }
            for t in 0..self.steps {
                if block > 0 && t.is_multiple_of(block) {
                    let block = block.min(self.steps - t);
                    // SAFETY: promised by the caller: the parts of these samples.
                    let memory =
                        unsafe { core::slice::from_raw_parts_mut(z, m * block * (n + inputs)) };
                    let (z, x) = memory.split_at_mut(m * block * n);
                    self.products(t..t + block, first..end, z, x);
                }
                // SAFETY: promised by the caller; `family` asks for the instructions, and every task has samples of its own.
                unsafe { step(&walk, t, first, m) };
                let Some(skips) = self.skips else { continue };
                for b in (first..end).filter(|&b| skips(t, b)) {
                    // SAFETY: as above.
                    unsafe { walk.stay(t, b) };
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

/// A pointer that tasks share: each takes a part of its own.
struct Rows(*mut f32);

// SAFETY: see `Sequence::run`.
unsafe impl Sync for Rows {}

impl Rows {
    fn at(&self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}

/// From one step and one sample to the next; after `turns` steps it begins again.
#[derive(Clone, Copy)]
struct Place {
    step: usize,
    sample: usize,
    turns: usize,
}

impl Place {
    #[inline(always)]
    fn at(&self, t: usize, b: usize) -> usize {
        t % self.turns * self.step + b * self.sample
    }
}

/// A kernel of four gates, and how far it is from one vector of units, one gate, one term to the next.
#[derive(Clone, Copy)]
struct Columns {
    data: *const f32,
    vector: usize,
    gate: usize,
    term: usize,
}

impl Columns {
    /// As it is stored: the vectors side by side.
    fn of(kernel: &[f32], units: usize) -> Self {
        Columns {
            data: kernel.as_ptr(),
            vector: lanes(),
            gate: units,
            term: 4 * units,
        }
    }

    /// Copied, so that what one vector of units needs lies together: rows of a large kernel are far apart, and share the
    /// same few places of the first cache. As it is stored if it is small, or used a few times only, or there is no room.
    fn copied<'m>(
        kernel: &[f32],
        units: usize,
        uses: usize,
        room: &'m mut [f32],
    ) -> (Self, &'m mut [f32]) {
        let (lanes, terms) = (lanes(), kernel.len() / (4 * units));
        let vector = 4 * lanes * terms;
        let len = units.div_ceil(lanes) * vector;
        // A vector should not lie in two lines of the cache.
        let skipped = room.as_ptr().align_offset(64);
        if kernel.len() <= NEAR || uses < USES || room.len().saturating_sub(skipped) < len {
            return (Self::of(kernel, units), room);
        }
        let (to, room) = room[skipped..].split_at_mut(len);
        for (v, to) in to.chunks_exact_mut(vector).enumerate() {
            let first = v * lanes;
            let some = lanes.min(units - first);
            let rows = kernel.chunks_exact(4 * units);
            for (row, to) in rows.zip(to.chunks_exact_mut(4 * lanes)) {
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
            term: 4 * lanes,
        };
        (copy, room)
    }

    /// Of the vector that begins with `unit`.
    #[inline(always)]
    fn from(self, unit: usize, lanes: usize) -> Self {
        let data = self.data.wrapping_add(unit / lanes * self.vector);
        Columns { data, ..self }
    }
}

/// A sequence as pointers.
#[derive(Clone, Copy)]
struct Walk {
    steps: usize,
    units: usize,
    /// 0 if the products with the input are there already.
    inputs: usize,
    /// The input, and whether its last step comes first.
    x: (*const f32, Place, bool),
    kernel: Columns,
    recurrent: Columns,
    bias: Option<*const f32>,
    /// The products with the input.
    products: Option<(*mut f32, Place)>,
    /// Where the gates go, if they are kept.
    gates: Option<(*mut f32, Place)>,
    c: (*mut f32, Place),
    h: (*mut f32, Place),
    /// Where the last output goes instead, rows of `units`.
    last: Option<*mut f32>,
    /// h and c before the first step, with the distance of their rows.
    before: Option<[(*const f32, usize); 2]>,
}

// SAFETY: a `Walk` lives only as long as the borrows of the slices it was made of, and tasks on other threads get samples
// of their own (see `Sequence::run`).
unsafe impl Sync for Walk {}

impl Walk {
    #[inline(always)]
    fn turned(&self, t: usize, backwards: bool) -> usize {
        if backwards { self.steps - 1 - t } else { t }
    }

    /// Where the output of a step goes.
    #[inline(always)]
    fn output(&self, t: usize, b: usize) -> *mut f32 {
        match self.last {
            Some(y) if t + 1 == self.steps => y.wrapping_add(b * self.units),
            _ => self.h.0.wrapping_add(self.h.1.at(t, b)),
        }
    }

    /// h and c before a step, of sample `b`, if they are not zeros, and the distance to the next sample's h.
    #[inline(always)]
    fn state(&self, t: usize, b: usize) -> Option<(*const f32, usize, *const f32)> {
        if t > 0 {
            let c = self.c.0.wrapping_add(self.c.1.at(t - 1, b));
            return Some((self.output(t - 1, b), self.h.1.sample, c));
        }
        self.before.map(|[(h, distance), (c, c_distance)]| {
            let c = c.wrapping_add(b * c_distance);
            (h.wrapping_add(b * distance), distance, c)
        })
    }

    /// State and output of a step are those of the step before.
    ///
    /// # Safety
    /// It is a step and a sample of this sequence.
    unsafe fn stay(&self, t: usize, b: usize) {
        let c = self.c.0.wrapping_add(self.c.1.at(t, b));
        for (k, to) in [self.output(t, b), c].into_iter().enumerate() {
            // SAFETY: rows of `units` that do not overlap.
            unsafe {
                match self.state(t, b) {
                    Some((h, _, c)) => [h, c][k].copy_to_nonoverlapping(to, self.units),
                    None => to.write_bytes(0, self.units),
                }
            }
        }
    }
}

/// A step of so many samples from one on.
type Step = unsafe fn(&Walk, usize, usize, usize);

fn family() -> Option<Step> {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some(avx512),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => Some(avx2),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => Some(neon),
        _ => None,
    }
}

/// The units in a vector.
fn lanes() -> usize {
    match isa() {
        Isa::Avx512 => 16,
        Isa::Avx2 => 8,
        _ => 4,
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(walk: &Walk, t: usize, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { step::<super::vector::Avx512>(walk, t, first, m) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(walk: &Walk, t: usize, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { step::<super::vector::Avx2>(walk, t, first, m) }
}

#[cfg(target_arch = "aarch64")]
unsafe fn neon(walk: &Walk, t: usize, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { step::<super::vector::Neon>(walk, t, first, m) }
}

/// Step `t` of samples `first..first + m`: for each vector of units all samples, so that the kernels' columns stay near.
///
/// # Safety
/// The walk is valid for these samples, which are nobody else's, and the CPU has the instructions.
#[inline(always)]
unsafe fn step<V: Vector>(walk: &Walk, t: usize, first: usize, m: usize) {
    let tiles = m.div_ceil(V::ROWS);
    // Two vectors of units where there are registers for them.
    let wide = 2 * m <= V::ROWS || m == 1;
    let most = if wide { 2 } else { 1 };
    let vectors = walk.units.div_ceil(V::LANES);
    let parts = vectors.div_ceil(most);
    // SAFETY: promised by the caller.
    let by_rows = unsafe { by_rows::<V>(walk, t, first, m) };
    for part in 0..parts {
        // Back and forth: what was read last is near.
        let part = if t.is_multiple_of(2) {
            part
        } else {
            parts - 1 - part
        };
        let unit = part * most * V::LANES;
        let left = walk.units - unit;
        for i in 0..tiles {
            let (b, end) = (first + i * m / tiles, first + (i + 1) * m / tiles);
            macro_rules! choose {
                ($($rows:literal)*; $($few:literal)*) => {
                    match end - b {
                        $($few if wide && ($few == 1 || 2 * $few <= V::ROWS) => {
                            if left >= 2 * V::LANES {
                                tile::<V, $few, 2, false>(walk, t, b, unit, by_rows);
                                continue;
                            }
                        })*
                        _ => {}
                    }
                    let mut unit = unit;
                    let mut left = left.min(most * V::LANES);
                    while left > 0 {
                        match (end - b, left >= V::LANES) {
                            $(($rows, true) if $rows <= V::ROWS => tile::<V, $rows, 1, false>(walk, t, b, unit, by_rows),)*
                            $(($rows, false) if $rows <= V::ROWS => tile::<V, $rows, 1, true>(walk, t, b, unit, by_rows),)*
                            _ => unreachable!("no such tile"),
                        }
                        unit += V::LANES;
                        left = left.saturating_sub(V::LANES);
                    }
                };
            }
            // SAFETY: samples `b..end` and units of the walk.
            unsafe {
                choose!(1 2 3 4 5 6; 1 2 3);
            }
        }
    }
}

/// Adds the products with the state to those with the input, row after row of the kernel, if there are few samples and the
/// kernel is large: then it comes from a farther cache, in the order it is stored. Answers whether it did.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn by_rows<V: Vector>(walk: &Walk, t: usize, first: usize, m: usize) -> bool {
    /// Rows at once.
    const TERMS: usize = 8;
    let (u, n) = (walk.units, 4 * walk.units);
    let (Some((z, place)), true) = (
        walk.products,
        m <= 2 && u * n > NEAR && walk.recurrent.gate == u,
    ) else {
        return false;
    };
    for b in first..first + m {
        let Some((h, _, _)) = walk.state(t, b) else {
            continue;
        };
        let z = z.wrapping_add(place.at(t, b));
        let mut p = 0;
        while p < u {
            let some = TERMS.min(u - p);
            // SAFETY: rows `p..p + some` of the kernel, and all columns of the sample's products.
            unsafe {
                let mut values = [V::splat(0.0); TERMS];
                for (k, value) in values[..some].iter_mut().enumerate() {
                    *value = V::splat(*h.add(p + k));
                }
                let rows = walk.recurrent.data.add(p * n);
                let mut j = 0;
                while j < n {
                    let whole = j + V::LANES <= n;
                    let mask = V::mask(n - j);
                    if whole && some == TERMS {
                        let mut sum = V::load(z.add(j));
                        for (k, value) in values.iter().enumerate() {
                            sum = value.mul_add(V::load(rows.add(k * n + j)), sum);
                        }
                        sum.store(z.add(j));
                    } else {
                        let mut sum = V::load_some(z.add(j), mask);
                        for (k, value) in values[..some].iter().enumerate() {
                            sum = value.mul_add(V::load_some(rows.add(k * n + j), mask), sum);
                        }
                        sum.store_some(z.add(j), mask);
                    }
                    j += V::LANES;
                }
            }
            p += some;
        }
    }
    true
}

/// `M` samples from `b` on by `N` vectors of units from `unit` on; with `TAIL` the last vector goes beyond the last unit.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const N: usize, const TAIL: bool>(
    walk: &Walk,
    t: usize,
    b: usize,
    unit: usize,
    by_rows: bool,
) {
    let u = walk.units;
    // SAFETY: all that is accessed are rows of these samples and columns of these units.
    unsafe {
        let mask = V::mask(u - unit);
        let mut sums = [[[V::splat(0.0); 4]; N]; M];
        if let Some((z, place)) = walk.products {
            let z = z.add(place.at(t, b) + unit);
            for (i, rows) in sums.iter_mut().enumerate() {
                let z = z.add(i * place.sample);
                for (v, gates) in rows.iter_mut().enumerate() {
                    for (gate, sum) in gates.iter_mut().enumerate() {
                        *sum = load::<V, TAIL>(z.add(gate * u + v * V::LANES), mask);
                    }
                }
            }
        }
        let (x, place, backwards) = walk.x;
        let x = x.wrapping_add(place.at(walk.turned(t, backwards), b));
        let w = walk.kernel.from(unit, V::LANES);
        terms::<V, M, N, TAIL>(&mut sums, (x, place.sample, walk.inputs), w, mask);
        let state = if by_rows { None } else { walk.state(t, b) };
        if let Some((h, distance, _)) = state {
            let w = walk.recurrent.from(unit, V::LANES);
            terms::<V, M, N, TAIL>(&mut sums, (h, distance, u), w, mask);
        }
        // A copy that a loop can index: the sums above are registers.
        let mut copy = MaybeUninit::<[[[V; 4]; N]; M]>::uninit();
        let to: *mut V = copy.as_mut_ptr().cast();
        for (i, sum) in sums.as_flattened().as_flattened().iter().enumerate() {
            to.add(i).write(*sum);
        }
        for (i, rows) in (*black_box(copy.as_ptr())).iter().enumerate() {
            for (v, gates) in rows.iter().enumerate() {
                let at = unit + v * V::LANES;
                let mut z = *gates;
                if let Some(bias) = walk.bias {
                    for (gate, z) in z.iter_mut().enumerate() {
                        *z = z.add(load::<V, TAIL>(bias.add(gate * u + at), mask));
                    }
                }
                let gates = [z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()];
                if let Some((to, place)) = walk.gates {
                    let to = to.add(place.at(t, b + i) + at);
                    for (gate, value) in gates.into_iter().enumerate() {
                        store::<V, TAIL>(value, to.add(gate * u), mask);
                    }
                }
                let [input, forget, candidate, output] = gates;
                let c = walk.c.0.add(walk.c.1.at(t, b + i) + at);
                let added = input.mul(candidate);
                let sum = match walk.state(t, b + i) {
                    Some((_, _, before)) => {
                        forget.mul_add(load::<V, TAIL>(before.add(at), mask), added)
                    }
                    None => added,
                };
                store::<V, TAIL>(sum, c, mask);
                store::<V, TAIL>(output.mul(sum.tanh()), walk.output(t, b + i).add(at), mask);
            }
        }
    }
}

/// Adds `k` terms to the sums: `a` has a row for each sample.
///
/// # Safety
/// They are valid for these sizes, and the CPU has the instructions.
#[inline(always)]
unsafe fn terms<V: Vector, const M: usize, const N: usize, const TAIL: bool>(
    sums: &mut [[[V; 4]; N]; M],
    (a, distance, k): (*const f32, usize, usize),
    kernel: Columns,
    mask: V::Mask,
) {
    let mut b = kernel.data;
    for p in 0..k {
        // SAFETY: promised by the caller.
        unsafe {
            let mut values = [V::splat(0.0); M];
            for (i, value) in values.iter_mut().enumerate() {
                *value = V::splat(*a.add(i * distance + p));
            }
            for v in 0..N {
                for gate in 0..4 {
                    let b = load::<V, TAIL>(b.add(gate * kernel.gate + v * kernel.vector), mask);
                    for (sums, a) in sums.iter_mut().zip(values) {
                        sums[v][gate] = a.mul_add(b, sums[v][gate]);
                    }
                }
            }
        }
        b = b.wrapping_add(kernel.term);
    }
}

/// # Safety
/// The lanes, with `TAIL` those of the mask, may be read.
#[inline(always)]
unsafe fn load<V: Vector, const TAIL: bool>(from: *const f32, mask: V::Mask) -> V {
    // SAFETY: promised by the caller.
    unsafe {
        match TAIL {
            true => V::load_some(from, mask),
            false => V::load(from),
        }
    }
}

/// # Safety
/// The lanes, with `TAIL` those of the mask, may be written.
#[inline(always)]
unsafe fn store<V: Vector, const TAIL: bool>(value: V, to: *mut f32, mask: V::Mask) {
    // SAFETY: promised by the caller.
    unsafe {
        match TAIL {
            true => value.store_some(to, mask),
            false => value.store(to),
        }
    }
}
