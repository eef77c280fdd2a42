//! Look-ahead for one or two samples whose state's kernel comes from a farther cache: while its columns are on their way,
//! the products with the input of the next steps are computed.

#![allow(unsafe_code)]
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

use super::lstm::Lstm;
use super::raw::{Columns, RawSequence, RawState, RawStep, SampleRows};
use super::sequence::{InputScratch, Sequence};
use super::tile::Gates;
use super::units::{load, store};
use crate::kernels::cache::LINE_FLOATS;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::dispatch::Isa;
use crate::kernels::dispatch::isa;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
use crate::kernels::vector::{Vector, lanes};
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector_neon::Neon;
use core::ops::Range;

/// How many elements ahead the state's kernel is prefetched.
const PREFETCH_DISTANCE: usize = 32 * LINE_FLOATS;

/// A step of one or two samples that computes products of later steps meanwhile.
#[derive(Clone, Copy)]
pub struct LookaheadKernel {
    /// The samples from one on, so many of them, with the step's share of the later products.
    pub step: unsafe fn(&RawSequence, &RawStep, usize, usize, &mut Lookahead),
    /// The rows whose products are computed at once: samples of some steps.
    pub rows: usize,
}

/// That of this CPU, if it has fused multiply-add.
pub fn lookahead_kernel() -> Option<LookaheadKernel> {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some(LookaheadKernel {
            step: avx512,
            rows: 8,
        }),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => Some(LookaheadKernel {
            step: avx2,
            rows: 4,
        }),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => Some(LookaheadKernel {
            step: neon,
            rows: 8,
        }),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
    lookahead: &mut Lookahead,
) {
    // SAFETY: promised by the caller.
    unsafe { step::<Avx512, 4>(sequence, now, first, m, lookahead) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
    lookahead: &mut Lookahead,
) {
    // SAFETY: promised by the caller.
    unsafe { step::<Avx2, 2>(sequence, now, first, m, lookahead) }
}

#[cfg(target_arch = "aarch64")]
unsafe fn neon(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
    lookahead: &mut Lookahead,
) {
    // SAFETY: promised by the caller.
    unsafe { step::<Neon, 4>(sequence, now, first, m, lookahead) }
}

impl Sequence<'_> {
    /// All steps of one sample or two: see [`Lookahead`]. The scratch has room for each sample and step, up to
    /// `2 rows / samples` steps.
    ///
    /// # Safety
    /// The sequence is valid for these samples, which are nobody else's.
    pub(super) unsafe fn run_with_lookahead(
        &self,
        raw: &RawSequence,
        kernel: LookaheadKernel,
        samples: Range<usize>,
        scratch: InputScratch<'_>,
    ) {
        let (first, m) = (samples.start, samples.len());
        let (steps, inputs, n) = (self.steps, self.inputs, 4 * self.units);
        let (Columns { gate, term, .. }, lanes) = (raw.recurrent, lanes());
        assert!(
            gate == lanes && term == 4 * lanes,
            "lstm: the kernel is no copy"
        );
        let chunk = kernel.rows / m;
        let (mut start, mut end) = (0, (steps - 1) % chunk + 1);
        let others = if end < steps { chunk * m * n } else { 0 };
        let InputScratch { products, rows } = scratch;
        let (other, own) = products.split_at_mut(others);
        let first_products = InputScratch {
            products: &mut *own,
            rows,
        };
        self.input_products(0..end, samples.clone(), first_products);
        let (mut other, mut own) = (other.as_mut_ptr(), own.as_mut_ptr());
        while start < steps {
            let more = end < steps;
            // One sample: half of the steps each; two: one each.
            let x = |t: usize, b: usize| {
                let offset = raw.input_step(t) * raw.x.step + b * raw.x.sample;
                raw.x.data.cast_const().wrapping_add(offset)
            };
            let of_step = match raw.backwards {
                true => raw.x.step.wrapping_neg(),
                false => raw.x.step,
            };
            let second = if m == 1 { (chunk / 2, 0) } else { (0, 1) };
            let mut lookahead = Lookahead {
                x: match more {
                    true => [x(end, first), x(end + second.0, first + second.1)],
                    false => [x(start, first); 2],
                },
                x_stride: of_step,
                z: [other, other.wrapping_add((second.0 * m + second.1) * n)],
                z_stride: m * n,
                kernel: self.kernel.as_ptr(),
                inputs,
                columns: n,
                steps: if more { end - start } else { 0 },
                tiles: 0,
                shares: 0,
            };
            for t in start..end {
                let mut now = raw.step(t);
                let own = own.wrapping_add((t - start) * m * n);
                now.products = Some(SampleRows {
                    data: own.wrapping_sub(first * n),
                    stride: n,
                });
                // SAFETY: promised by the caller; the two halves of `z` have room for the rows of a chunk each, and the input
                // has another chunk if there are more steps.
                unsafe {
                    (kernel.step)(raw, &now, first, m, &mut lookahead);
                    self.skip(raw, &now, t, samples.clone());
                }
            }
            (start, end) = (end, (end + chunk).min(steps));
            (own, other) = (other, own);
        }
    }
}

/// The products of some steps that are taken during other steps, in shares: some terms of two vectors of columns.
pub struct Lookahead {
    /// Two groups of rows of the input, evenly apart.
    pub x: [*const f32; 2],
    pub x_stride: usize,
    /// Where their products go.
    pub z: [*mut f32; 2],
    pub z_stride: usize,
    /// `(inputs, columns)`
    pub kernel: *const f32,
    pub inputs: usize,
    pub columns: usize,
    /// The steps that they are divided among; with 0 there is nothing to do.
    pub steps: usize,
    /// Tiles of a step that are done, and shares.
    pub tiles: usize,
    pub shares: usize,
}

/// A part of the terms of two vectors of columns.
struct Share {
    column: usize,
    terms: Range<usize>,
}

impl Lookahead {
    /// The next share; there are `parts` of them for each two vectors.
    #[inline(always)]
    fn next(&mut self, parts: usize, lanes: usize) -> Share {
        let (column, part) = (self.shares / parts * 2 * lanes, self.shares % parts);
        self.shares += 1;
        Share {
            column,
            terms: part * self.inputs / parts..(part + 1) * self.inputs / parts,
        }
    }
}

/// A step of samples `first..first + m`, one or two, whose products with the input are there.
///
/// # Safety
/// The sequence is valid for these samples, which are nobody else's, and the CPU has the instructions. `lookahead` has two groups of
/// `Q` rows in inputs and products that nobody else accesses.
#[expect(
    clippy::unreachable,
    reason = "one sample or two, as the caller promises"
)]
#[inline(always)]
unsafe fn step<V: Vector, const Q: usize>(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
    lookahead: &mut Lookahead,
) {
    let tiles = sequence.units.div_ceil(V::LANES);
    // As many shares as tiles, if all are whole.
    let parts = (Q / m).max(1);
    let all = match lookahead.steps {
        0 => 0,
        _ => parts * lookahead.columns.div_ceil(2 * V::LANES),
    };
    for tile in 0..tiles {
        // Back and forth: what was read last is still in the cache.
        let tile = if now.odd { tiles - 1 - tile } else { tile };
        let unit = tile * V::LANES;
        lookahead.tiles += 1;
        let due = all * lookahead.tiles / (tiles * lookahead.steps).max(1);
        let share = (lookahead.shares < due).then(|| lookahead.next(parts, V::LANES));
        let tail = sequence.units - unit < V::LANES;
        let tail = tail
            || share
                .as_ref()
                .is_some_and(|share| lookahead.columns - share.column < 2 * V::LANES);
        // SAFETY: columns of these samples, and shares of the products lookahead.
        unsafe {
            match (m, tail) {
                (1, false) => both::<V, 1, Q, false>(sequence, now, first, unit, lookahead, share),
                (1, true) => both::<V, 1, Q, true>(sequence, now, first, unit, lookahead, share),
                (2, false) => both::<V, 2, Q, false>(sequence, now, first, unit, lookahead, share),
                (2, true) => both::<V, 2, Q, true>(sequence, now, first, unit, lookahead, share),
                _ => unreachable!("one sample or two"),
            }
            while lookahead.shares < due {
                let share = lookahead.next(parts, V::LANES);
                alone::<V, Q>(lookahead, &share);
            }
        }
    }
}

/// One vector of units of `M` samples from `b` on, and a share of what is computed ahead.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn both<V: Vector, const M: usize, const Q: usize, const TAIL: bool>(
    sequence: &RawSequence,
    now: &RawStep,
    b: usize,
    unit: usize,
    lookahead: &Lookahead,
    share: Option<Share>,
) {
    let u = sequence.units;
    // SAFETY: all that is accessed are rows of these samples and columns of these units, and what the share has.
    unsafe {
        let mask = V::mask(u - unit);
        let mut sums = [[V::splat(0.0); 4]; M];
        if let Some(SampleRows { data: z, stride }) = now.products {
            for (i, gates) in sums.iter_mut().enumerate() {
                let z = z.wrapping_add((b + i) * stride + unit);
                for (gate, sum) in gates.iter_mut().enumerate() {
                    *sum = load::<V, TAIL>(z.add(gate * u), mask);
                }
            }
        }
        let (mut h, stride, mut left) = match now.before {
            Some(RawState { h, .. }) => (h.data.wrapping_add(b * h.stride), h.stride, u),
            None => (sequence.recurrent.data, 0, 0),
        };
        let mut row = sequence.recurrent.from(unit, V::LANES).data;
        if let Some(share) = share {
            let mut tile = Tile::<V, Q>::new::<TAIL>(lookahead, &share);
            let mut terms = share.terms.len();
            while terms > 0 && left >= 2 {
                tile.term::<TAIL>();
                term::<V, M, TAIL>(&mut sums, h, stride, row, mask);
                term::<V, M, TAIL>(
                    &mut sums,
                    h.add(1),
                    stride,
                    row.wrapping_add(4 * V::LANES),
                    mask,
                );
                row = row.wrapping_add(8 * V::LANES);
                h = h.wrapping_add(2);
                left -= 2;
                terms -= 1;
            }
            while terms > 0 {
                tile.term::<TAIL>();
                terms -= 1;
            }
            tile.end::<TAIL>();
        }
        while left > 0 {
            term::<V, M, TAIL>(&mut sums, h, stride, row, mask);
            row = row.wrapping_add(4 * V::LANES);
            h = h.wrapping_add(1);
            left -= 1;
        }
        Lstm::finish::<V, M, 1, TAIL>(sequence, now, b, unit, &sums.map(|gates| [gates]));
    }
}

/// A share without anything beside it.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn alone<V: Vector, const Q: usize>(lookahead: &Lookahead, share: &Share) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut tile = Tile::<V, Q>::new::<true>(lookahead, share);
        for _ in share.terms.clone() {
            tile.term::<true>();
        }
        tile.end::<true>();
    }
}

/// Adds the product of a row of the state's kernel with an element of the state.
///
/// # Safety
/// They are valid for `M` samples and a vector of units, and the CPU has the instructions.
#[inline(always)]
unsafe fn term<V: Vector, const M: usize, const TAIL: bool>(
    sums: &mut [[V; 4]; M],
    h: *const f32,
    stride: usize,
    row: *const f32,
    mask: V::Mask,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut values = [V::splat(0.0); M];
        for (i, value) in values.iter_mut().enumerate() {
            *value = V::splat(*h.add(i * stride));
        }
        for k in 0..4 {
            let b = load::<V, TAIL>(row.wrapping_add(k * V::LANES), mask);
            if k * V::LANES % LINE_FLOATS == 0 {
                V::prefetch(row.wrapping_add(k * V::LANES + PREFETCH_DISTANCE));
            }
            for (sums, a) in sums.iter_mut().zip(values) {
                sums[k] = a.mul_add(b, sums[k]);
            }
        }
    }
}

/// The sums of a share: two groups of `Q` rows by two vectors of columns.
struct Tile<V: Vector, const Q: usize> {
    sums: [[[V; 2]; Q]; 2],
    x: [*const f32; 2],
    x_stride: usize,
    w: *const f32,
    columns: usize,
    masks: [V::Mask; 2],
    z: [*mut f32; 2],
    z_stride: usize,
}

impl<V: Vector, const Q: usize> Tile<V, Q> {
    /// # Safety
    /// The share is one of these products, and the CPU has the instructions.
    #[inline(always)]
    unsafe fn new<const TAIL: bool>(lookahead: &Lookahead, share: &Share) -> Self {
        let left = lookahead.columns - share.column;
        let first = share.terms.start;
        // SAFETY: promised by the caller.
        unsafe {
            let mut tile = Tile {
                sums: [[[V::splat(0.0); 2]; Q]; 2],
                x: lookahead.x.map(|x| x.wrapping_add(first)),
                x_stride: lookahead.x_stride,
                w: lookahead
                    .kernel
                    .wrapping_add(first * lookahead.columns + share.column),
                columns: lookahead.columns,
                masks: [V::mask(left), V::mask(left.saturating_sub(V::LANES))],
                z: lookahead.z.map(|z| z.wrapping_add(share.column)),
                z_stride: lookahead.z_stride,
            };
            if first > 0 {
                for (sums, z) in tile.sums.iter_mut().zip(tile.z) {
                    for (i, sums) in sums.iter_mut().enumerate() {
                        for (v, sum) in sums.iter_mut().enumerate() {
                            let z = z.wrapping_add(i * tile.z_stride + v * V::LANES);
                            *sum = load::<V, TAIL>(z, tile.masks[v]);
                        }
                    }
                }
            }
            tile
        }
    }

    /// # Safety
    /// There is another term.
    #[inline(always)]
    unsafe fn term<const TAIL: bool>(&mut self) {
        // SAFETY: promised by the caller.
        unsafe {
            let w = [
                load::<V, TAIL>(self.w, self.masks[0]),
                load::<V, TAIL>(self.w.wrapping_add(V::LANES), self.masks[1]),
            ];
            for (sums, x) in self.sums.iter_mut().zip(&mut self.x) {
                for (i, sums) in sums.iter_mut().enumerate() {
                    let x = V::splat(*x.wrapping_add(i.wrapping_mul(self.x_stride)));
                    for (sum, w) in sums.iter_mut().zip(w) {
                        *sum = x.mul_add(w, *sum);
                    }
                }
                *x = x.wrapping_add(1);
            }
        }
        self.w = self.w.wrapping_add(self.columns);
    }

    /// # Safety
    /// Nobody else accesses the products.
    #[inline(always)]
    unsafe fn end<const TAIL: bool>(&self) {
        for (sums, z) in self.sums.iter().zip(self.z) {
            for (i, sums) in sums.iter().enumerate() {
                for (v, sum) in sums.iter().enumerate() {
                    let z = z.wrapping_add(i * self.z_stride + v * V::LANES);
                    // SAFETY: promised by the caller.
                    unsafe { store::<V, TAIL>(*sum, z, self.masks[v]) };
                }
            }
        }
    }
}
