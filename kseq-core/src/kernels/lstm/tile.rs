//! The kernel: tiles of samples and units.

#![allow(unsafe_code)]
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

use super::raw::{Columns, RawSequence, RawState, RawStep, SampleRows};
use crate::kernels::cache::L1_FLOATS;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::dispatch::Isa;
use crate::kernels::dispatch::isa;
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector::Neon;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
use core::hint::black_box;
use core::mem::MaybeUninit;

/// A step of so many samples from one on.
pub type StepKernel = unsafe fn(&RawSequence, &RawStep, usize, usize);

/// That of this CPU, if it has fused multiply-add.
pub fn step_kernel() -> Option<StepKernel> {
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

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { step::<Avx512>(sequence, now, first, m) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { step::<Avx2>(sequence, now, first, m) }
}

#[cfg(target_arch = "aarch64")]
unsafe fn neon(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { step::<Neon>(sequence, now, first, m) }
}

/// A step of samples `first..first + m`: for each vector of units all samples, so that the kernels' columns stay in the cache.
///
/// # Safety
/// The sequence is valid for these samples, which are nobody else's, and the CPU has the instructions.
#[inline(always)]
unsafe fn step<V: Vector>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        let by_rows = by_rows::<V>(sequence, now, first, m);
        gates::<V>(sequence, now, first, m, by_rows);
    }
}

/// What remains of a step if the products with the state are there already, with `by_rows`; else all of it.
///
/// # Safety
/// As [`step`].
#[inline(always)]
pub unsafe fn gates<V: Vector>(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
    by_rows: bool,
) {
    let tiles = m.div_ceil(V::ROWS);
    // Two vectors of units where there are registers for them.
    let wide = 2 * m <= V::ROWS || m == 1;
    let most = if wide { 2 } else { 1 };
    let vectors = sequence.units.div_ceil(V::LANES);
    let parts = vectors.div_ceil(most);
    for part in 0..parts {
        // Back and forth: what was read last is still in the cache.
        let part = if now.odd { parts - 1 - part } else { part };
        let unit = part * most * V::LANES;
        let left = sequence.units - unit;
        let pairs = wide && left >= 2 * V::LANES;
        for i in 0..tiles {
            let (b, end) = (first + i * m / tiles, first + (i + 1) * m / tiles);
            macro_rules! choose {
                ($($rows:literal)*; $($few:literal)*) => {
                    match end - b {
                        $($few if pairs && ($few == 1 || 2 * $few <= V::ROWS) => {
                            tile::<V, $few, 2, false>(sequence, now, b, unit, by_rows);
                            continue;
                        })*
                        _ => {}
                    }
                    let mut unit = unit;
                    let mut left = left.min(most * V::LANES);
                    while left > 0 {
                        match (end - b, left >= V::LANES) {
                            $(($rows, true) if $rows <= V::ROWS => tile::<V, $rows, 1, false>(sequence, now, b, unit, by_rows),)*
                            $(($rows, false) if $rows <= V::ROWS => tile::<V, $rows, 1, true>(sequence, now, b, unit, by_rows),)*
                            _ => unreachable!("no such tile"),
                        }
                        unit += V::LANES;
                        left = left.saturating_sub(V::LANES);
                    }
                };
            }
            // SAFETY: samples `b..end` and units of the sequence.
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
unsafe fn by_rows<V: Vector>(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
) -> bool {
    /// SampleRows at once.
    const TERMS: usize = 8;
    let (u, n) = (sequence.units, 4 * sequence.units);
    let (Some(products), true) = (
        now.products,
        m <= 2 && u * n > L1_FLOATS && sequence.recurrent.gate == u,
    ) else {
        return false;
    };
    let Some(RawState { h, .. }) = now.before else {
        return true;
    };
    for b in first..first + m {
        let h = h.data.wrapping_add(b * h.stride);
        let z = products.data.wrapping_add(b * products.stride);
        let mut p = 0;
        while p < u {
            let some = TERMS.min(u - p);
            // SAFETY: rows `p..p + some` of the kernel, and all columns of the sample's products.
            unsafe {
                let mut values = [V::splat(0.0); TERMS];
                for (k, value) in values[..some].iter_mut().enumerate() {
                    *value = V::splat(*h.add(p + k));
                }
                let rows = sequence.recurrent.data.add(p * n);
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
    sequence: &RawSequence,
    now: &RawStep,
    b: usize,
    unit: usize,
    by_rows: bool,
) {
    let u = sequence.units;
    // SAFETY: all that is accessed are rows of these samples and columns of these units.
    unsafe {
        let mask = V::mask(u - unit);
        let mut sums = [[[V::splat(0.0); 4]; N]; M];
        if let Some(SampleRows { data: z, stride }) = now.products {
            let z = z.wrapping_add(b * stride + unit);
            for (i, rows) in sums.iter_mut().enumerate() {
                let z = z.wrapping_add(i * stride);
                for (v, gates) in rows.iter_mut().enumerate() {
                    for (gate, sum) in gates.iter_mut().enumerate() {
                        *sum = load::<V, TAIL>(z.add(gate * u + v * V::LANES), mask);
                    }
                }
            }
        }
        let SampleRows { data: x, stride } = now.x;
        let x = x.wrapping_add(b * stride);
        let w = sequence.kernel.from(unit, V::LANES);
        terms::<V, M, N, TAIL>(&mut sums, (x, stride, sequence.inputs), w, mask);
        if let (Some(RawState { h, .. }), false) = (now.before, by_rows) {
            let SampleRows { data: h, stride } = h;
            let h = h.wrapping_add(b * stride);
            let w = sequence.recurrent.from(unit, V::LANES);
            terms::<V, M, N, TAIL>(&mut sums, (h, stride, u), w, mask);
        }
        finish::<V, M, N, TAIL>(sequence, now, b, unit, &sums);
    }
}

/// From the sums of a tile without the bias to state and output.
///
/// # Safety
/// As [`step`].
#[inline(always)]
pub unsafe fn finish<V: Vector, const M: usize, const N: usize, const TAIL: bool>(
    sequence: &RawSequence,
    now: &RawStep,
    b: usize,
    unit: usize,
    sums: &[[[V; 4]; N]; M],
) {
    let u = sequence.units;
    // SAFETY: all that is accessed are rows of these samples and columns of these units.
    unsafe {
        let mask = V::mask(u - unit);
        // A copy that a loop can index: the sums above are registers.
        let mut copy = MaybeUninit::<[[[V; 4]; N]; M]>::uninit();
        let to: *mut V = copy.as_mut_ptr().cast();
        for (i, sum) in sums.as_flattened().as_flattened().iter().enumerate() {
            to.add(i).write(*sum);
        }
        for (i, rows) in (*black_box(copy.as_mut_ptr())).iter_mut().enumerate() {
            for (v, gates) in rows.iter_mut().enumerate() {
                let at = unit + v * V::LANES;
                let mut z = *gates;
                if let Some(bias) = sequence.bias {
                    for (gate, z) in z.iter_mut().enumerate() {
                        *z = z.add(load::<V, TAIL>(bias.add(gate * u + at), mask));
                    }
                }
                let [input, forget, candidate, output] =
                    [z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()];
                if let Some(SampleRows { data: to, stride }) = now.gates {
                    let to = to.wrapping_add((b + i) * stride + at);
                    for (gate, value) in [input, forget, candidate, output].into_iter().enumerate()
                    {
                        store::<V, TAIL>(value, to.add(gate * u), mask);
                    }
                }
                let added = input.mul(candidate);
                let sum = match now.before {
                    Some(RawState { c, .. }) => {
                        let before = c.data.wrapping_add((b + i) * c.stride + at);
                        forget.mul_add(load::<V, TAIL>(before, mask), added)
                    }
                    None => added,
                };
                let SampleRows { data: c, stride } = now.c;
                store::<V, TAIL>(sum, c.wrapping_add((b + i) * stride + at), mask);
                // What the loop below needs.
                (gates[0], gates[3]) = (sum, output);
            }
        }
        // A loop of its own, so that the tanh of several vectors overlap.
        for (i, rows) in (*black_box(copy.as_ptr())).iter().enumerate() {
            for (v, [sum, .., output]) in rows.iter().enumerate() {
                let SampleRows { data: h, stride } = now.h;
                let h = h.wrapping_add((b + i) * stride + unit + v * V::LANES);
                store::<V, TAIL>(output.mul(sum.tanh()), h, mask);
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
    (a, stride, k): (*const f32, usize, usize),
    kernel: Columns,
    mask: V::Mask,
) {
    let mut b = kernel.data;
    for p in 0..k {
        // SAFETY: promised by the caller.
        unsafe {
            let mut values = [V::splat(0.0); M];
            for (i, value) in values.iter_mut().enumerate() {
                *value = V::splat(*a.add(i * stride + p));
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
pub unsafe fn load<V: Vector, const TAIL: bool>(from: *const f32, mask: V::Mask) -> V {
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
pub unsafe fn store<V: Vector, const TAIL: bool>(value: V, to: *mut f32, mask: V::Mask) {
    // SAFETY: promised by the caller.
    unsafe {
        match TAIL {
            true => value.store_some(to, mask),
            false => value.store(to),
        }
    }
}
