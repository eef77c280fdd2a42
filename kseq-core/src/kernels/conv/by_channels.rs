//! Convolutions of each channel by itself: as many groups as channels, one filter in each or several.
//!
//! Nothing is summed over channels, so these lie in the lanes of vectors: the sums of some neighbouring outputs stay in
//! registers over all taps, and for the gradient of the kernel those of some taps over the outputs. Where a channel has several
//! filters, each of them has a lane, for which the input's is repeated, and the gradients of an input are added at the end.

#![allow(unsafe_code)]

use super::patches::{OutputLoop, TermLoop, inside};
use crate::kernels::dispatch::Isa;
use crate::kernels::gemm::Epilogue;
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector::Neon;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};

/// Outputs that see the same taps: `y[r * rows.c + i * columns.c + c]` is the sum over all lines `l` and terms `t` of
/// `x[r * rows.a + i * columns.a + l * lines.a + t * terms.a + c / multiplier] * kernel[l * lines.b + t * terms.b + c]`.
#[derive(Clone, Copy)]
pub(super) struct Outputs<'a> {
    pub x: &'a [f32],
    pub kernel: &'a [f32],
    /// Channels of the kernel.
    pub channels: usize,
    /// So many channels of the kernel for one of the input; or if `gathers` (the gradient of an input), for one of the output.
    pub multiplier: usize,
    pub gathers: bool,
    pub rows: OutputLoop,
    pub columns: OutputLoop,
    pub lines: TermLoop,
    pub terms: TermLoop,
    /// What the sums become; they start from 0.
    pub epilogue: Epilogue<'a>,
}

/// Computes them.
///
/// # Panics
///
/// When an element would be outside of its slice, or the CPU lacks the instructions.
pub(super) fn outputs(isa: Isa, o: &Outputs<'_>, y: &mut [f32]) {
    let (rows, columns) = (o.rows, o.columns);
    if rows.len == 0 || columns.len == 0 || o.channels == 0 || o.multiplier == 0 {
        return;
    }
    assert!(
        o.channels.is_multiple_of(o.multiplier),
        "conv: not whole channels"
    );
    let few = o.channels / o.multiplier;
    let (seen, given) = match o.gathers {
        true => (o.channels, few),
        false => (few, o.channels),
    };
    let pixels = [[rows.len, rows.c], [columns.len, columns.c], [given, 1]];
    assert!(
        inside(y.len(), &pixels),
        "conv: outputs outside of their slice"
    );
    let bias = o.epilogue.bias;
    assert!(
        bias.is_empty() || bias.len() == o.channels,
        "conv: not one bias for each channel"
    );
    if o.lines.len > 0 && o.terms.len > 0 {
        let seen = [
            [rows.len, rows.a],
            [columns.len, columns.a],
            [o.lines.len, o.lines.a],
            [o.terms.len, o.terms.a],
            [seen, 1],
        ];
        let taps = [
            [o.lines.len, o.lines.b],
            [o.terms.len, o.terms.b],
            [o.channels, 1],
        ];
        assert!(
            inside(o.x.len(), &seen) && inside(o.kernel.len(), &taps),
            "conv: inputs outside of their slices"
        );
    }
    assert!(isa.available(), "conv: the CPU has no such instructions");
    if o.gathers {
        for (r, i) in (0..rows.len).flat_map(|r| (0..columns.len).map(move |i| (r, i))) {
            y[r * rows.c + i * columns.c..][..given].fill(0.0);
        }
    }
    // SAFETY: the largest offsets are inside of the slices, and the CPU has the instructions.
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { outputs_avx512(o, y) },
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { outputs_avx2(o, y) },
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => unsafe { outputs_of::<Neon>(o, y) },
        _ => outputs_portable(o, y),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn outputs_avx512(o: &Outputs<'_>, y: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { outputs_of::<Avx512>(o, y) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn outputs_avx2(o: &Outputs<'_>, y: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { outputs_of::<Avx2>(o, y) }
}

fn outputs_portable(o: &Outputs<'_>, y: &mut [f32]) {
    let m = o.multiplier;
    for r in 0..o.rows.len {
        for i in 0..o.columns.len {
            let at = r * o.rows.a + i * o.columns.a;
            let y = &mut y[r * o.rows.c + i * o.columns.c..];
            if !o.gathers {
                y[..o.channels].fill(0.0);
            }
            for (l, t) in (0..o.lines.len).flat_map(|l| (0..o.terms.len).map(move |t| (l, t))) {
                let x = &o.x[at + l * o.lines.a + t * o.terms.a..];
                let kernel = &o.kernel[l * o.lines.b + t * o.terms.b..][..o.channels];
                if m == 1 {
                    for ((y, x), k) in y.iter_mut().zip(x).zip(kernel) {
                        *y += x * k;
                    }
                    continue;
                }
                for (c, k) in kernel.iter().enumerate() {
                    match o.gathers {
                        true => y[c / m] += x[c] * k,
                        false => y[c] += x[c / m] * k,
                    }
                }
            }
            if !o.gathers {
                o.epilogue.finish(&mut y[..o.channels]);
            }
        }
    }
}

/// All lanes of a vector are channels.
const ALL: u8 = 0;
/// Only the first ones.
const SOME: u8 = 1;
/// The same with several filters for each channel of the input.
const SPREAD: u8 = 2;
/// And with several for each of the output, to which they are added.
const GATHER: u8 = 3;

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[inline(always)]
unsafe fn outputs_of<V: Vector>(o: &Outputs<'_>, y: &mut [f32]) {
    let y = y.as_mut_ptr();
    for r in 0..o.rows.len {
        let mut c = 0;
        while c < o.channels {
            // SAFETY: promised by the caller; a vector has no more channels than are left.
            unsafe {
                match o.multiplier {
                    1 if o.channels - c >= V::LANES => row::<V, ALL>(o, r, c, y),
                    1 => row::<V, SOME>(o, r, c, y),
                    _ if o.gathers => row::<V, GATHER>(o, r, c, y),
                    _ => row::<V, SPREAD>(o, r, c, y),
                }
            }
            c += V::LANES;
        }
    }
}

/// Row `r` of the outputs, of the channels of a vector from `c` on.
///
/// # Safety
/// As for [`outputs_of`]; with [`ALL`] there are as many channels as lanes.
#[inline(always)]
unsafe fn row<V: Vector, const MODE: u8>(o: &Outputs<'_>, r: usize, c: usize, y: *mut f32) {
    let (from, to) = match MODE {
        SPREAD => (c / o.multiplier, c),
        GATHER => (c, c / o.multiplier),
        _ => (c, c),
    };
    let mut x = o.x.as_ptr().wrapping_add(r * o.rows.a + from);
    let mut y = y.wrapping_add(r * o.rows.c + to);
    // SAFETY: promised by the caller; as many outputs as are done are left.
    unsafe {
        let lanes = Lanes::<V, MODE>::new(o.channels, o.multiplier, c);
        let mut left = o.columns.len;
        while left > 0 {
            let done = match left {
                8.. => tile::<V, 8, MODE>(o, &lanes, c, x, y),
                4.. => tile::<V, 4, MODE>(o, &lanes, c, x, y),
                2.. => tile::<V, 2, MODE>(o, &lanes, c, x, y),
                _ => tile::<V, 1, MODE>(o, &lanes, c, x, y),
            };
            x = x.wrapping_add(done * o.columns.a);
            y = y.wrapping_add(done * o.columns.c);
            left -= done;
        }
    }
}

/// Some outputs; answers how many.
///
/// # Safety
/// As for [`row`].
#[inline(always)]
unsafe fn tile<V: Vector, const N: usize, const MODE: u8>(
    o: &Outputs<'_>,
    lanes: &Lanes<V, MODE>,
    c: usize,
    x: *const f32,
    y: *mut f32,
) -> usize {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = [V::splat(0.0); N];
        let kernel = o.kernel.as_ptr().wrapping_add(c);
        for l in 0..o.lines.len {
            let mut x = x.wrapping_add(l * o.lines.a);
            let mut kernel = kernel.wrapping_add(l * o.lines.b);
            for _ in 0..o.terms.len {
                let k = lanes.load(kernel);
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = lanes.see(x.wrapping_add(i * o.columns.a)).mul_add(k, *sum);
                }
                x = x.wrapping_add(o.terms.a);
                kernel = kernel.wrapping_add(o.terms.b);
            }
        }
        if !o.epilogue.bias.is_empty() {
            let bias = lanes.load(o.epilogue.bias.as_ptr().wrapping_add(c));
            sums.iter_mut().for_each(|sum| *sum = sum.add(bias));
        }
        if o.epilogue.relu {
            sums.iter_mut().for_each(|sum| *sum = sum.at_least(0.0));
        }
        for (i, sum) in sums.into_iter().enumerate() {
            let y = y.wrapping_add(i * o.columns.c);
            match MODE {
                GATHER => lanes.gather(sum, c, y),
                _ => lanes.store(sum, y),
            }
        }
    }
    N
}

/// The channels in a vector.
struct Lanes<V: Vector, const MODE: u8> {
    /// How many.
    len: usize,
    mask: V::Mask,
    multiplier: usize,
    /// Of the channels of an input: how many there are, and which one each lane sees.
    seen: V::Mask,
    places: V::Places,
}

impl<V: Vector, const MODE: u8> Lanes<V, MODE> {
    /// The channels from `c` on.
    ///
    /// # Safety
    /// The CPU has the instructions.
    #[inline(always)]
    unsafe fn new(channels: usize, multiplier: usize, c: usize) -> Self {
        let len = (channels - c).min(V::LANES);
        let (skip, seen) = match MODE {
            SPREAD => (
                c % multiplier,
                (c + len - 1) / multiplier - c / multiplier + 1,
            ),
            _ => (0, len),
        };
        let place = |lane: usize| match MODE {
            SPREAD => (skip + lane) / multiplier,
            _ => lane,
        };
        // SAFETY: promised by the caller.
        unsafe {
            Lanes {
                len,
                mask: V::mask(len),
                multiplier,
                seen: V::mask(seen),
                places: V::places(place),
            }
        }
    }

    /// The values of an input.
    ///
    /// # Safety
    /// Those that the lanes see may be read.
    #[inline(always)]
    unsafe fn see(&self, from: *const f32) -> V {
        // SAFETY: promised by the caller; there is a mask, so the CPU has the instructions.
        unsafe {
            match MODE {
                SPREAD => V::load_some(from, self.seen).at(self.places),
                _ => self.load(from),
            }
        }
    }

    /// # Safety
    /// These lanes may be read.
    #[inline(always)]
    unsafe fn load(&self, from: *const f32) -> V {
        // SAFETY: as above.
        unsafe {
            match MODE {
                ALL => V::load(from),
                _ => V::load_some(from, self.mask),
            }
        }
    }

    /// # Safety
    /// These lanes may be written.
    #[inline(always)]
    unsafe fn store(&self, value: V, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe {
            match MODE {
                ALL => value.store(to),
                _ => value.store_some(to, self.mask),
            }
        }
    }

    /// Adds each lane to the channel that it belongs to, the first one to that of `c`.
    ///
    /// # Safety
    /// These channels may be written.
    #[inline(always)]
    unsafe fn gather(&self, value: V, c: usize, to: *mut f32) {
        let mut lanes = [0.0; 16];
        // SAFETY: promised by the caller; no vector has more lanes.
        unsafe {
            value.store(lanes.as_mut_ptr());
            let (mut to, mut left) = (to, self.multiplier - c % self.multiplier);
            for lane in &lanes[..self.len] {
                *to += lane;
                left -= 1;
                if left == 0 {
                    (to, left) = (to.wrapping_add(1), self.multiplier);
                }
            }
        }
    }
}

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
        // SAFETY: the largest offsets are inside of the slices, and the CPU has the instructions.
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { taps_avx512(&part, kernel) },
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { taps_avx2(&part, kernel) },
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => unsafe { taps_of::<Neon>(&part, kernel) },
            _ => taps_portable(&part, kernel),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn taps_avx512(t: &Taps<'_>, kernel: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { taps_of::<Avx512>(t, kernel) }
}

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
        at[i] = line * t.lines.a + term * t.terms.a;
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
                    *sum = lanes.see(x.wrapping_add(at)).mul_add(gradient, *sum);
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
