//! The gradient of a kernel that convolves each channel by itself: see `by_channels`.

#![allow(unsafe_code)]

use super::lanes::{ALL, Lanes, SOME, SPREAD};
use super::patches::{TermLoop, inside};
use crate::kernels::dispatch::Isa;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector_neon::Neon;

/// Gradients of some taps of a kernel over outputs that see an input by all of them: to `kernel[l * lines.b + t * terms.b + c]` the sum over
/// all rows `r` and columns `i` of `x[r * rows.a + i * columns.a + l * lines.a + t * terms.a + c / multiplier] * dy[r * rows.b + i * columns.b + c]`
/// is added.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a> {
    pub x: &'a [f32],
    pub dy: &'a [f32],
    /// Channels of the kernel, and how many of them there are for one of the input.
    pub channels: usize,
    pub multiplier: usize,
    pub rows: TermLoop,
    pub columns: TermLoop,
    pub lines: TermLoop,
    pub terms: TermLoop,
}

/// Outputs whose products are summed before the sums go back to memory, if that many are in whole rows: what they see is in the first
/// level cache for all channels.
const OUTPUTS: usize = 32;

/// Adds them.
///
/// # Panics
///
/// When an element would be outside of its slice, or the CPU lacks the instructions.
pub(super) fn taps(isa: Isa, t: &Taps<'_>, kernel: &mut [f32]) {
    let counts = [
        t.rows.len,
        t.columns.len,
        t.lines.len,
        t.terms.len,
        t.channels,
        t.multiplier,
    ];
    if counts.contains(&0) {
        return;
    }
    assert!(
        t.channels.is_multiple_of(t.multiplier),
        "conv: not whole channels"
    );
    let seen = [
        [t.rows.len, t.rows.a],
        [t.columns.len, t.columns.a],
        [t.lines.len, t.lines.a],
        [t.terms.len, t.terms.a],
        [t.channels / t.multiplier, 1],
    ];
    let outputs = [
        [t.rows.len, t.rows.b],
        [t.columns.len, t.columns.b],
        [t.channels, 1],
    ];
    let sums = [
        [t.lines.len, t.lines.b],
        [t.terms.len, t.terms.b],
        [t.channels, 1],
    ];
    assert!(
        inside(t.x.len(), &seen) && inside(t.dy.len(), &outputs) && inside(kernel.len(), &sums),
        "conv: taps outside of their slices"
    );
    assert!(isa.available(), "conv: the CPU has no such instructions");
    let some = OUTPUTS.div_ceil(t.columns.len);
    for first in (0..t.rows.len).step_by(some) {
        let part = Taps {
            x: &t.x[first * t.rows.a..],
            dy: &t.dy[first * t.rows.b..],
            rows: TermLoop {
                len: some.min(t.rows.len - first),
                ..t.rows
            },
            ..*t
        };
        match isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the largest offsets are inside of the slices, and the CPU has the instructions.
            Isa::Avx512 => unsafe { taps_avx512(&part, kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Isa::Avx2 => unsafe { taps_avx2(&part, kernel) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Isa::Neon => unsafe { taps_of::<Neon>(&part, kernel) },
            _ => taps_portable(&part, kernel),
        }
    }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn taps_avx512(t: &Taps<'_>, kernel: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { taps_of::<Avx512>(t, kernel) }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn taps_avx2(t: &Taps<'_>, kernel: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { taps_of::<Avx2>(t, kernel) }
}

fn taps_portable(t: &Taps<'_>, kernel: &mut [f32]) {
    for r in 0..t.rows.len {
        for i in 0..t.columns.len {
            let dy = &t.dy[r * t.rows.b + i * t.columns.b..][..t.channels];
            for (l, j) in (0..t.lines.len).flat_map(|l| (0..t.terms.len).map(move |j| (l, j))) {
                let at = r * t.rows.a + i * t.columns.a + l * t.lines.a + j * t.terms.a;
                let kernel = &mut kernel[l * t.lines.b + j * t.terms.b..][..t.channels];
                if t.multiplier > 1 {
                    for (c, (k, dy)) in kernel.iter_mut().zip(dy).enumerate() {
                        *k += t.x[at + c / t.multiplier] * dy;
                    }
                    continue;
                }
                for ((k, x), dy) in kernel.iter_mut().zip(&t.x[at..]).zip(dy) {
                    *k += x * dy;
                }
            }
        }
    }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[inline(always)]
unsafe fn taps_of<V: Vector>(t: &Taps<'_>, kernel: &mut [f32]) {
    let kernel = kernel.as_mut_ptr();
    let mut c = 0;
    while c < t.channels {
        // SAFETY: promised by the caller; a vector has no more channels than are left.
        unsafe {
            match t.multiplier {
                1 if t.channels - c >= V::LANES => all_taps::<V, ALL>(t, c, kernel),
                1 => all_taps::<V, SOME>(t, c, kernel),
                _ => all_taps::<V, SPREAD>(t, c, kernel),
            }
        }
        c += V::LANES;
    }
}

/// The channels of a vector from `c` on.
///
/// # Safety
/// As for [`taps_of`]; with [`ALL`] there are as many channels as lanes.
#[inline(always)]
unsafe fn all_taps<V: Vector, const MODE: u8>(t: &Taps<'_>, c: usize, kernel: *mut f32) {
    let count = t.lines.len * t.terms.len;
    // SAFETY: promised by the caller; as many taps as are done are left.
    unsafe {
        let lanes = Lanes::<V, MODE>::new(t.channels, t.multiplier, c);
        let mut tap = 0;
        while tap < count {
            tap += match count - tap {
                9.. => tap_tile::<V, 9, MODE>(t, &lanes, c, tap, kernel),
                6.. => tap_tile::<V, 6, MODE>(t, &lanes, c, tap, kernel),
                4.. => tap_tile::<V, 4, MODE>(t, &lanes, c, tap, kernel),
                2.. => tap_tile::<V, 2, MODE>(t, &lanes, c, tap, kernel),
                _ => tap_tile::<V, 1, MODE>(t, &lanes, c, tap, kernel),
            };
        }
    }
}

/// The gradients of some taps; answers how many.
///
/// # Safety
/// As for [`all_taps`].
#[inline(always)]
unsafe fn tap_tile<V: Vector, const N: usize, const MODE: u8>(
    t: &Taps<'_>,
    lanes: &Lanes<V, MODE>,
    c: usize,
    tap: usize,
    kernel: *mut f32,
) -> usize {
    let (mut at, mut to) = ([0; N], [kernel; N]);
    for i in 0..N {
        let (line, term) = ((tap + i) / t.terms.len, (tap + i) % t.terms.len);
        // In bytes, which an address may be the sum of everywhere.
        at[i] = (line * t.lines.a + term * t.terms.a) * size_of::<f32>();
        to[i] = kernel.wrapping_add(line * t.lines.b + term * t.terms.b + c);
    }
    let from = t.x.as_ptr().wrapping_add(c / t.multiplier);
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = [V::splat(0.0); N];
        for (sum, to) in sums.iter_mut().zip(to) {
            *sum = lanes.load(to);
        }
        for r in 0..t.rows.len {
            let mut x = from.wrapping_add(r * t.rows.a);
            let mut dy = t.dy.as_ptr().wrapping_add(r * t.rows.b + c);
            for _ in 0..t.columns.len {
                let gradient = lanes.load(dy);
                for (sum, at) in sums.iter_mut().zip(at) {
                    *sum = lanes.see(x.wrapping_byte_add(at)).mul_add(gradient, *sum);
                }
                x = x.wrapping_add(t.columns.a);
                dy = dy.wrapping_add(t.columns.b);
            }
        }
        for (sum, to) in sums.into_iter().zip(to) {
            lanes.store(sum, to);
        }
    }
    N
}
