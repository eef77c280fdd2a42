//! One or two samples whose state's kernel comes from a farther cache: while its columns are on their way, the
//! multiply-adds are those of the input of steps to come.

#![allow(unsafe_code)]
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

use super::Sequence;
use super::tile::{finish, lanes, load, store};
use super::walk::{Columns, Now, Walk};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::dispatch::Isa;
use crate::kernels::dispatch::isa;
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector::Neon;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
use core::ops::Range;

/// Elements of a line of the cache, and how far ahead the state's kernel is asked for.
const LINE: usize = 16;
const AHEAD: usize = 32 * LINE;

/// A step of one or two samples from one on, with its share of what is taken ahead.
pub type Step = unsafe fn(&Walk, &Now, usize, usize, &mut Ahead);

/// The step, and the rows that are taken ahead at once: samples of some steps.
pub fn family() -> Option<(Step, usize)> {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some((avx512, 8)),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => Some((avx2, 4)),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => Some((neon, 8)),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(walk: &Walk, now: &Now, first: usize, m: usize, ahead: &mut Ahead) {
    // SAFETY: promised by the caller.
    unsafe { step::<Avx512, 4>(walk, now, first, m, ahead) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(walk: &Walk, now: &Now, first: usize, m: usize, ahead: &mut Ahead) {
    // SAFETY: promised by the caller.
    unsafe { step::<Avx2, 2>(walk, now, first, m, ahead) }
}

#[cfg(target_arch = "aarch64")]
unsafe fn neon(walk: &Walk, now: &Now, first: usize, m: usize, ahead: &mut Ahead) {
    // SAFETY: promised by the caller.
    unsafe { step::<Neon, 4>(walk, now, first, m, ahead) }
}

impl Sequence<'_> {
    /// All steps of one sample or two, `first..first + m`: see [`Ahead`]. `z` and `copy` have room for `4 units` and `inputs`
    /// values for each sample and step, up to `2 rows / m` steps.
    ///
    /// # Safety
    /// The walk is valid for these samples, which are nobody else's.
    pub(super) unsafe fn run_ahead(
        &self,
        walk: &Walk,
        (step, rows): (Step, usize),
        (first, m): (usize, usize),
        (z, copy): (&mut [f32], &mut [f32]),
    ) {
        let (steps, inputs, n) = (self.steps, self.inputs, 4 * self.units);
        let (Columns { gate, term, .. }, lanes) = (walk.recurrent, lanes());
        assert!(
            gate == lanes && term == 4 * lanes,
            "lstm: the kernel is no copy"
        );
        let chunk = rows / m;
        let (mut start, mut end) = (0, (steps - 1) % chunk + 1);
        let others = if end < steps { chunk * m * n } else { 0 };
        let (other, own) = z.split_at_mut(others);
        self.products(0..end, first..first + m, own, copy);
        let (mut other, mut own) = (other.as_mut_ptr(), own.as_mut_ptr());
        while start < steps {
            let more = end < steps;
            // One sample: half of the steps each; two: one each.
            let (x, place, backwards) = walk.x;
            let x = |t: usize, b: usize| {
                let t = if backwards { steps - 1 - t } else { t };
                x.wrapping_add(t * place.step + b * place.sample)
            };
            let of_step = match backwards {
                true => place.step.wrapping_neg(),
                false => place.step,
            };
            let second = if m == 1 { (chunk / 2, 0) } else { (0, 1) };
            let mut ahead = Ahead {
                x: match more {
                    true => [x(end, first), x(end + second.0, first + second.1)],
                    false => [x(start, first); 2],
                },
                x_distance: of_step,
                z: [other, other.wrapping_add((second.0 * m + second.1) * n)],
                z_distance: m * n,
                kernel: self.kernel.as_ptr(),
                inputs,
                columns: n,
                steps: if more { end - start } else { 0 },
                tiles: 0,
                shares: 0,
            };
            for t in start..end {
                let mut now = walk.step(t);
                let own = own.wrapping_add((t - start) * m * n);
                now.products = Some((own.wrapping_sub(first * n), n));
                // SAFETY: promised by the caller; the two halves of `z` have room for the rows of a chunk each, and the input
                // has another chunk if there are more steps.
                unsafe {
                    step(walk, &now, first, m, &mut ahead);
                    self.skip(walk, &now, t, first..first + m);
                }
            }
            (start, end) = (end, (end + chunk).min(steps));
            (own, other) = (other, own);
        }
    }
}

/// The products of some steps that are taken during other steps, in shares: some terms of two vectors of columns.
pub struct Ahead {
    /// Two groups of rows of the input, evenly apart.
    pub x: [*const f32; 2],
    pub x_distance: usize,
    /// Where their products go.
    pub z: [*mut f32; 2],
    pub z_distance: usize,
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

impl Ahead {
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
/// The walk is valid for these samples, which are nobody else's, and the CPU has the instructions. `ahead` has two groups of
/// `Q` rows in inputs and products that nobody else accesses.
#[inline(always)]
unsafe fn step<V: Vector, const Q: usize>(
    walk: &Walk,
    now: &Now,
    first: usize,
    m: usize,
    ahead: &mut Ahead,
) {
    let tiles = walk.units.div_ceil(V::LANES);
    // As many shares as tiles, if all are whole.
    let parts = (Q / m).max(1);
    let all = match ahead.steps {
        0 => 0,
        _ => parts * ahead.columns.div_ceil(2 * V::LANES),
    };
    for tile in 0..tiles {
        // Back and forth: what was read last is near.
        let tile = if now.odd { tiles - 1 - tile } else { tile };
        let unit = tile * V::LANES;
        ahead.tiles += 1;
        let due = all * ahead.tiles / (tiles * ahead.steps).max(1);
        let share = (ahead.shares < due).then(|| ahead.next(parts, V::LANES));
        let tail = walk.units - unit < V::LANES;
        let tail = tail
            || share
                .as_ref()
                .is_some_and(|share| ahead.columns - share.column < 2 * V::LANES);
        // SAFETY: columns of these samples, and shares of the products ahead.
        unsafe {
            match (m, tail) {
                (1, false) => both::<V, 1, Q, false>(walk, now, first, unit, ahead, share),
                (1, true) => both::<V, 1, Q, true>(walk, now, first, unit, ahead, share),
                (2, false) => both::<V, 2, Q, false>(walk, now, first, unit, ahead, share),
                (2, true) => both::<V, 2, Q, true>(walk, now, first, unit, ahead, share),
                _ => unreachable!("one sample or two"),
            }
            while ahead.shares < due {
                let share = ahead.next(parts, V::LANES);
                alone::<V, Q>(ahead, &share);
            }
        }
    }
}

/// One vector of units of `M` samples from `b` on, and a share of what is taken ahead.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn both<V: Vector, const M: usize, const Q: usize, const TAIL: bool>(
    walk: &Walk,
    now: &Now,
    b: usize,
    unit: usize,
    ahead: &Ahead,
    share: Option<Share>,
) {
    let u = walk.units;
    // SAFETY: all that is accessed are rows of these samples and columns of these units, and what the share has.
    unsafe {
        let mask = V::mask(u - unit);
        let mut sums = [[V::splat(0.0); 4]; M];
        if let Some((z, distance)) = now.products {
            for (i, gates) in sums.iter_mut().enumerate() {
                let z = z.wrapping_add((b + i) * distance + unit);
                for (gate, sum) in gates.iter_mut().enumerate() {
                    *sum = load::<V, TAIL>(z.add(gate * u), mask);
                }
            }
        }
        let (mut h, distance, mut left) = match now.before {
            Some([(h, distance), _]) => (h.wrapping_add(b * distance), distance, u),
            None => (walk.recurrent.data, 0, 0),
        };
        let mut row = walk.recurrent.from(unit, V::LANES).data;
        if let Some(share) = share {
            let mut tile = Tile::<V, Q>::new::<TAIL>(ahead, &share);
            let mut terms = share.terms.len();
            while terms > 0 && left >= 2 {
                tile.term::<TAIL>();
                term::<V, M, TAIL>(&mut sums, h, distance, row, mask);
                term::<V, M, TAIL>(
                    &mut sums,
                    h.add(1),
                    distance,
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
            term::<V, M, TAIL>(&mut sums, h, distance, row, mask);
            row = row.wrapping_add(4 * V::LANES);
            h = h.wrapping_add(1);
            left -= 1;
        }
        finish::<V, M, 1, TAIL>(walk, now, b, unit, &sums.map(|gates| [gates]));
    }
}

/// A share without anything beside it.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn alone<V: Vector, const Q: usize>(ahead: &Ahead, share: &Share) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut tile = Tile::<V, Q>::new::<true>(ahead, share);
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
    distance: usize,
    row: *const f32,
    mask: V::Mask,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut values = [V::splat(0.0); M];
        for (i, value) in values.iter_mut().enumerate() {
            *value = V::splat(*h.add(i * distance));
        }
        for k in 0..4 {
            let b = load::<V, TAIL>(row.wrapping_add(k * V::LANES), mask);
            if k * V::LANES % LINE == 0 {
                V::prefetch(row.wrapping_add(k * V::LANES + AHEAD));
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
    x_distance: usize,
    w: *const f32,
    columns: usize,
    masks: [V::Mask; 2],
    z: [*mut f32; 2],
    z_distance: usize,
}

impl<V: Vector, const Q: usize> Tile<V, Q> {
    /// # Safety
    /// The share is one of these products, and the CPU has the instructions.
    #[inline(always)]
    unsafe fn new<const TAIL: bool>(ahead: &Ahead, share: &Share) -> Self {
        let left = ahead.columns - share.column;
        let first = share.terms.start;
        // SAFETY: promised by the caller.
        unsafe {
            let mut tile = Tile {
                sums: [[[V::splat(0.0); 2]; Q]; 2],
                x: ahead.x.map(|x| x.wrapping_add(first)),
                x_distance: ahead.x_distance,
                w: ahead
                    .kernel
                    .wrapping_add(first * ahead.columns + share.column),
                columns: ahead.columns,
                masks: [V::mask(left), V::mask(left.saturating_sub(V::LANES))],
                z: ahead.z.map(|z| z.wrapping_add(share.column)),
                z_distance: ahead.z_distance,
            };
            if first > 0 {
                for (sums, z) in tile.sums.iter_mut().zip(tile.z) {
                    for (i, sums) in sums.iter_mut().enumerate() {
                        for (v, sum) in sums.iter_mut().enumerate() {
                            let z = z.wrapping_add(i * tile.z_distance + v * V::LANES);
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
                    let x = V::splat(*x.wrapping_add(i.wrapping_mul(self.x_distance)));
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
                    let z = z.wrapping_add(i * self.z_distance + v * V::LANES);
                    // SAFETY: promised by the caller.
                    unsafe { store::<V, TAIL>(*sum, z, self.masks[v]) };
                }
            }
        }
    }
}
