//! Sums of products of planes, for the gradient of a kernel with few filters: see `planes`.

#![allow(unsafe_code)]

use super::patches::{TermLoop, inside};
use crate::kernels::dispatch::Isa;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};

/// To `sums[l * lines.b + t * terms.b + j]` the sum over all `p < n` of `a[l * lines.a + t * terms.a + p] * b[j * next + p]` is added.
/// It is taken in sixteen parts, of every sixteenth product, whatever the vectors.
#[derive(Clone, Copy)]
pub(super) struct Dots<'a> {
    pub a: &'a [f32],
    pub b: &'a [f32],
    pub n: usize,
    pub columns: usize,
    pub next: usize,
    pub lines: TermLoop,
    pub terms: TermLoop,
}

/// Adds them.
///
/// # Panics
///
/// When an element would be outside of its slice, or the CPU lacks the instructions.
pub(super) fn dots(isa: Isa, d: &Dots<'_>, sums: &mut [f32]) {
    if [d.n, d.columns, d.lines.len, d.terms.len].contains(&0) {
        return;
    }
    let loops = |of: fn(&TermLoop) -> usize, n| {
        [
            [d.lines.len, of(&d.lines)],
            [d.terms.len, of(&d.terms)],
            [n, 1],
        ]
    };
    assert!(
        inside(d.a.len(), &loops(|l| l.a, d.n))
            && inside(d.b.len(), &[[d.columns, d.next], [d.n, 1]])
            && inside(sums.len(), &loops(|l| l.b, d.columns)),
        "conv: planes outside of their slices"
    );
    assert!(isa.available(), "conv: the CPU has no such instructions");
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the largest offsets are inside of the slices, and the CPU has the instructions.
        Isa::Avx512 => unsafe { dots_avx512(d, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { dots_avx2(d, sums) },
        _ => dots_portable(d, sums),
    }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn dots_avx512(d: &Dots<'_>, sums: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { dots_of::<Avx512, 1, 4, 4>(d, sums) }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn dots_avx2(d: &Dots<'_>, sums: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { dots_of::<Avx2, 2, 2, 2>(d, sums) }
}

fn dots_portable(d: &Dots<'_>, sums: &mut [f32]) {
    for (l, t) in (0..d.lines.len).flat_map(|l| (0..d.terms.len).map(move |t| (l, t))) {
        let a = &d.a[l * d.lines.a + t * d.terms.a..][..d.n];
        for j in 0..d.columns {
            let b = &d.b[j * d.next..];
            let sum: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            sums[l * d.lines.b + t * d.terms.b + j] += sum;
        }
    }
}

/// With so many vectors for the parts, and tiles of at most so many taps and columns.
///
/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[inline(always)]
unsafe fn dots_of<V: Vector, const PARTS: usize, const TAPS: usize, const COLUMNS: usize>(
    d: &Dots<'_>,
    sums: &mut [f32],
) {
    let (taps, sums) = (d.lines.len * d.terms.len, sums.as_mut_ptr());
    let mut j = 0;
    while j < d.columns {
        // As even parts as there can be.
        let left = d.columns - j;
        let columns = left.div_ceil(left.div_ceil(COLUMNS));
        let mut tap = 0;
        while tap < taps {
            let many = taps - tap >= TAPS;
            // SAFETY: promised by the caller; as many taps and columns as are taken are left.
            unsafe {
                tap += match columns {
                    4.. if many && COLUMNS >= 4 => tile::<V, PARTS, TAPS, 4>(d, [tap, j], sums),
                    4.. if COLUMNS >= 4 => tile::<V, PARTS, 1, 4>(d, [tap, j], sums),
                    3 if many && COLUMNS >= 3 => tile::<V, PARTS, TAPS, 3>(d, [tap, j], sums),
                    3 if COLUMNS >= 3 => tile::<V, PARTS, 1, 3>(d, [tap, j], sums),
                    2.. if many => tile::<V, PARTS, TAPS, 2>(d, [tap, j], sums),
                    2.. => tile::<V, PARTS, 1, 2>(d, [tap, j], sums),
                    _ if many => tile::<V, PARTS, TAPS, 1>(d, [tap, j], sums),
                    _ => tile::<V, PARTS, 1, 1>(d, [tap, j], sums),
                };
            }
        }
        j += columns;
    }
}

/// Some taps of some columns, from these on; answers how many taps.
///
/// # Safety
/// As for [`dots_of`]; there are so many.
#[inline(always)]
unsafe fn tile<V: Vector, const PARTS: usize, const TAPS: usize, const COLUMNS: usize>(
    d: &Dots<'_>,
    [tap, j]: [usize; 2],
    sums: *mut f32,
) -> usize {
    let (mut a, mut to) = ([d.a.as_ptr(); TAPS], [sums; TAPS]);
    for i in 0..TAPS {
        let (line, term) = ((tap + i) / d.terms.len, (tap + i) % d.terms.len);
        a[i] = a[i].wrapping_add(line * d.lines.a + term * d.terms.a);
        to[i] = to[i].wrapping_add(line * d.lines.b + term * d.terms.b + j);
    }
    let b = d.b.as_ptr().wrapping_add(j * d.next);
    // SAFETY: promised by the caller.
    unsafe {
        let mut all = [[[V::splat(0.0); COLUMNS]; TAPS]; PARTS];
        let mut p = 0;
        while p + PARTS * V::LANES <= d.n {
            for sums in &mut all {
                let mut values = [V::splat(0.0); COLUMNS];
                for (j, value) in values.iter_mut().enumerate() {
                    *value = V::load(b.wrapping_add(j * d.next + p));
                }
                for (a, sums) in a.iter().zip(sums) {
                    let a = V::load(a.wrapping_add(p));
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum = a.mul_add(value, *sum);
                    }
                }
                p += V::LANES;
            }
        }
        for sums in &mut all {
            if p >= d.n {
                break;
            }
            let mask = V::mask(d.n - p);
            for (a, sums) in a.iter().zip(sums) {
                let a = V::load_some(a.wrapping_add(p), mask);
                for (j, sum) in sums.iter_mut().enumerate() {
                    let value = V::load_some(b.wrapping_add(j * d.next + p), mask);
                    *sum = a.mul_add(value, *sum);
                }
            }
            p += V::LANES;
        }
        for (i, to) in to.into_iter().enumerate() {
            for j in 0..COLUMNS {
                let mut sum = all[0][i][j];
                for more in &all[1..] {
                    sum = sum.add(more[i][j]);
                }
                *to.wrapping_add(j) += sum.sum();
            }
        }
    }
    TAPS
}
