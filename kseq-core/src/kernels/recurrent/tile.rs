//! The kernel of a step in registers: tiles of samples and units.

#![allow(unsafe_code)]
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

use super::raw::{Columns, RawSequence, RawState, RawStep, SampleRows};
use super::units::load;
use crate::kernels::cache::L1_FLOATS;
use crate::kernels::vector::Vector;

/// What the four sums of a unit are, and what becomes of them.
pub trait Gates {
    /// How many gates the kernels have.
    const COUNT: usize;
    /// To which sum the products of each gate with the input are added.
    const INPUT: [usize; 4];
    /// The same of the products with the state.
    const STATE: [usize; 4];

    /// From the sums of a tile, `M` samples from `b` on by `N` vectors of units from `unit` on, without the bias to state and
    /// output.
    ///
    /// # Safety
    /// As [`step`].
    unsafe fn finish<V: Vector, const M: usize, const N: usize, const TAIL: bool>(
        sequence: &RawSequence,
        now: &RawStep,
        b: usize,
        unit: usize,
        sums: &[[[V; 4]; N]; M],
    );
}

/// A step of samples `first..first + m`: for each vector of units all samples, so that the kernels' columns stay in the cache.
///
/// # Safety
/// The sequence is valid for these samples, which are nobody else's, and the CPU has the instructions.
#[inline(always)]
pub unsafe fn step<V: Vector, G: Gates>(
    sequence: &RawSequence,
    now: &RawStep,
    first: usize,
    m: usize,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let by_rows = G::COUNT == 4 && by_rows::<V>(sequence, now, first, m);
        gates::<V, G>(sequence, now, first, m, by_rows);
    }
}

/// What remains of a step if the products with the state are there already, with `by_rows`; else all of it.
///
/// # Safety
/// As [`step`].
#[inline(always)]
unsafe fn gates<V: Vector, G: Gates>(
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
                            tile::<V, G, $few, 2, false>(sequence, now, b, unit, by_rows);
                            continue;
                        })*
                        _ => {}
                    }
                    let mut unit = unit;
                    let mut left = left.min(most * V::LANES);
                    while left > 0 {
                        match (end - b, left >= V::LANES) {
                            $(($rows, true) if $rows <= V::ROWS => tile::<V, G, $rows, 1, false>(sequence, now, b, unit, by_rows),)*
                            $(($rows, false) if $rows <= V::ROWS => tile::<V, G, $rows, 1, true>(sequence, now, b, unit, by_rows),)*
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
unsafe fn tile<V: Vector, G: Gates, const M: usize, const N: usize, const TAIL: bool>(
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
                for (v, sums) in rows.iter_mut().enumerate() {
                    for gate in 0..G::COUNT {
                        let z = z.add(sequence.input_at[gate] + v * V::LANES);
                        sums[G::INPUT[gate]] = load::<V, TAIL>(z, mask);
                    }
                }
            }
        }
        let SampleRows { data: x, stride } = now.x;
        let x = x.wrapping_add(b * stride);
        let w = sequence.kernel.from(unit, V::LANES);
        let of_input = (G::COUNT, G::INPUT);
        terms::<V, M, N, TAIL>(&mut sums, of_input, (x, stride, sequence.inputs), w, mask);
        if let (Some(RawState { h, .. }), false) = (now.before, by_rows) {
            let SampleRows { data: h, stride } = h;
            let h = h.wrapping_add(b * stride);
            let w = sequence.recurrent.from(unit, V::LANES);
            let of_state = (G::COUNT, G::STATE);
            terms::<V, M, N, TAIL>(&mut sums, of_state, (h, stride, u), w, mask);
        }
        G::finish::<V, M, N, TAIL>(sequence, now, b, unit, &sums);
    }
}

/// Adds `k` terms of so many gates to their sums: `a` has a row for each sample.
///
/// # Safety
/// They are valid for these sizes, and the CPU has the instructions.
#[inline(always)]
unsafe fn terms<V: Vector, const M: usize, const N: usize, const TAIL: bool>(
    sums: &mut [[[V; 4]; N]; M],
    (gates, sum): (usize, [usize; 4]),
    (a, stride, k): (*const f32, usize, usize),
    kernel: Columns,
    mask: V::Mask,
) {
    let mut b = kernel.data;
    // Of a single sample, the addresses of several terms are more than there are registers for.
    let some = if M > 1 { V::AT_ONCE } else { 1 };
    macro_rules! add {
        ($values:ident: $($i:literal)*) => {$(
            if $i < some {
                for v in 0..N {
                    for gate in 0..gates {
                        let b = load::<V, TAIL>(b.add(gate * kernel.gate + v * kernel.vector), mask);
                        for (sums, a) in sums.iter_mut().zip($values) {
                            sums[v][sum[gate]] = V::number_mul_add::<$i>(a, b, sums[v][sum[gate]]);
                        }
                    }
                }
                b = b.wrapping_add(kernel.term);
            }
        )*};
    }
    for p in 0..k / some {
        // SAFETY: promised by the caller.
        unsafe {
            let mut values = [V::splat(0.0); M];
            for (i, value) in values.iter_mut().enumerate() {
                let from = a.add(i * stride + p * some);
                *value = if some > 1 {
                    V::numbers(from)
                } else {
                    V::splat(*from)
                };
            }
            add!(values: 0 1 2 3);
        }
    }
    for p in k - k % some..k {
        // SAFETY: promised by the caller.
        unsafe {
            let mut values = [V::splat(0.0); M];
            for (i, value) in values.iter_mut().enumerate() {
                *value = V::splat(*a.add(i * stride + p));
            }
            add!(values: 0);
        }
    }
}
