//! Convolutions of each channel by itself: as many groups as channels, one filter in each or several.
//!
//! Nothing is summed over channels, so these lie in the lanes of vectors: the sums of some neighbouring outputs stay in
//! registers over all taps, and for the gradient of the kernel those of some taps over the outputs. Where a channel has several
//! filters, each of them has a lane, for which the input's is repeated, and the gradients of an input are added at the end.

#![allow(unsafe_code)]

use super::lanes::{ALL, GATHER, Lanes, SOME, SPREAD};
use super::patches::{OutputLoop, TermLoop, inside};
use crate::kernels::dispatch::Isa;
use crate::kernels::gemm::Epilogue;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector_neon::Neon;

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
    /// Where the sums start, and what they become.
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
    assert!(
        o.epilogue.then.fits(o.channels),
        "conv: not one normalization for each channel"
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
    // Where several filters are added up: else a sum is whole when it is stored.
    if o.gathers && o.multiplier > 1 && !o.epilogue.accumulate {
        for (r, i) in (0..rows.len).flat_map(|r| (0..columns.len).map(move |i| (r, i))) {
            y[r * rows.c + i * columns.c..][..given].fill(0.0);
        }
    }
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the largest offsets are inside of the slices, and the CPU has the instructions.
        Isa::Avx512 => unsafe { outputs_avx512(o, y) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { outputs_avx2(o, y) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as above.
        Isa::Neon => unsafe { outputs_of::<Neon>(o, y) },
        _ => outputs_portable(o, y),
    }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn outputs_avx512(o: &Outputs<'_>, y: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe { outputs_of::<Avx512>(o, y) }
}

/// # Safety
/// The CPU has the instructions, and all elements are inside of their slices.
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
            if (m == 1 || !o.gathers) && !o.epilogue.accumulate {
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
        let ends = Ends::new(o, &lanes, c);
        if matches!(MODE, ALL | SOME) && o.terms.len == 3 && !o.epilogue.accumulate {
            let step = [1, 2].map(|step| o.columns.a == step * o.terms.a);
            match (o.lines.len, step) {
                (3, [true, _]) => return slide::<V, MODE, 3, 1>(o, &lanes, &ends, c, x, y),
                (3, [_, true]) => return slide::<V, MODE, 3, 2>(o, &lanes, &ends, c, x, y),
                (2, [true, _]) => return slide::<V, MODE, 2, 1>(o, &lanes, &ends, c, x, y),
                (2, [_, true]) => return slide::<V, MODE, 2, 2>(o, &lanes, &ends, c, x, y),
                _ => {}
            }
        }
        let mut left = o.columns.len;
        while left > 0 {
            let done = match left {
                8.. => tile::<V, 8, MODE>(o, &lanes, &ends, c, x, y),
                4.. => tile::<V, 4, MODE>(o, &lanes, &ends, c, x, y),
                2.. => tile::<V, 2, MODE>(o, &lanes, &ends, c, x, y),
                _ => tile::<V, 1, MODE>(o, &lanes, &ends, c, x, y),
            };
            x = x.wrapping_add(done * o.columns.a);
            y = y.wrapping_add(done * o.columns.c);
            left -= done;
        }
    }
}

/// What becomes of sums: the numbers of their channels.
struct Ends<V> {
    /// Or -0, which changes no sum.
    bias: V,
    /// What is less becomes this: 0, or minus infinity, which changes no sum either.
    low: f32,
    then: Option<[V; 3]>,
    relu_then: bool,
}

impl<V: Vector> Ends<V> {
    /// Those of the channels from `c` on.
    ///
    /// # Safety
    /// As for [`row`].
    #[inline(always)]
    unsafe fn new<const MODE: u8>(o: &Outputs<'_>, lanes: &Lanes<V, MODE>, c: usize) -> Self {
        let (bias, then) = (o.epilogue.bias, o.epilogue.then);
        // SAFETY: promised by the caller: a number for each channel.
        let load = |from: *const f32| unsafe { lanes.load(from.wrapping_add(c)) };
        Ends {
            bias: match bias.is_empty() {
                // SAFETY: the CPU has the instructions.
                true => unsafe { V::splat(-0.0) },
                false => load(bias.as_ptr()),
            },
            low: match o.epilogue.relu {
                true => 0.0,
                false => f32::NEG_INFINITY,
            },
            then: match then.numbers() {
                Some(numbers) if MODE != GATHER => Some(numbers.map(|from| load(from.as_ptr()))),
                _ => None,
            },
            relu_then: then.is_relu(),
        }
    }

    #[inline(always)]
    fn of(&self, sum: V) -> V {
        let mut sum = sum.add(self.bias).at_least(self.low);
        if let Some([mean, factor, shift]) = self.then {
            sum = sum.sub(mean).mul(factor).add(shift);
            if self.relu_then {
                // (Of a zero with a sign, too.)
                sum = sum.at_least(0.0).add(sum.all(0.0));
            }
        }
        sum
    }
}

/// All outputs of a row, each of which sees three pixels side by side in each of some lines: what the next one sees as well stays in
/// registers. It is `STEP` pixels further.
///
/// # Safety
/// As for [`row`]; the lines and terms are so many.
#[inline(always)]
unsafe fn slide<V: Vector, const MODE: u8, const LINES: usize, const STEP: usize>(
    o: &Outputs<'_>,
    lanes: &Lanes<V, MODE>,
    ends: &Ends<V>,
    c: usize,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: promised by the caller; no output is asked for what is behind the last one.
    unsafe {
        let (mut kernel, mut seen) = ([[V::splat(0.0); 3]; LINES], [[V::splat(0.0); 3]; LINES]);
        let (mut x, mut y) = (x, y);
        for (l, (kernel, seen)) in kernel.iter_mut().zip(&mut seen).enumerate() {
            let from = o.kernel.as_ptr().wrapping_add(l * o.lines.b + c);
            for (t, k) in kernel.iter_mut().enumerate() {
                *k = lanes.load(from.wrapping_add(t * o.terms.b));
            }
            // Those that an output before the first one would have seen.
            for (t, pixel) in seen.iter_mut().enumerate().skip(STEP) {
                *pixel = lanes.load(x.wrapping_add(l * o.lines.a + (t - STEP) * o.terms.a));
            }
        }
        let mut left = o.columns.len;
        macro_rules! output {
            // What the one before saw is `$turn` times a step further in the registers.
            ($turn:literal) => {
                let mut sum = V::splat(0.0);
                for (l, (kernel, seen)) in kernel.iter().zip(&mut seen).enumerate() {
                    let line = x.wrapping_add(l * o.lines.a);
                    for t in 0..3 {
                        let seen = &mut seen[(t + ($turn + 1) * STEP) % 3];
                        if t + STEP >= 3 {
                            *seen = lanes.load(line.wrapping_add(t * o.terms.a));
                        }
                        sum = seen.mul_add(kernel[t], sum);
                    }
                }
                lanes.store(ends.of(sum), y);
                x = x.wrapping_add(o.columns.a);
                y = y.wrapping_add(o.columns.c);
            };
        }
        // On NEON three outputs at a time, instead of moving what is seen through the registers: that is a quarter of the
        // instructions. (AVX has too few registers; with AVX-512 moves cost nothing, and this is slower.)
        while V::LANES == 4 && left >= 3 {
            output!(0);
            output!(1);
            output!(2);
            left -= 3;
        }
        for _ in 0..left {
            let mut sum = V::splat(0.0);
            for (l, (kernel, seen)) in kernel.iter().zip(&mut seen).enumerate() {
                let line = x.wrapping_add(l * o.lines.a);
                for t in 0..3 {
                    seen[t] = match t + STEP < 3 {
                        true => seen[t + STEP],
                        false => lanes.load(line.wrapping_add(t * o.terms.a)),
                    };
                    sum = seen[t].mul_add(kernel[t], sum);
                }
            }
            lanes.store(ends.of(sum), y);
            x = x.wrapping_add(o.columns.a);
            y = y.wrapping_add(o.columns.c);
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
    ends: &Ends<V>,
    c: usize,
    x: *const f32,
    y: *mut f32,
) -> usize {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = [V::splat(0.0); N];
        if o.epilogue.accumulate && MODE != GATHER {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = lanes.load(y.wrapping_add(i * o.columns.c));
            }
        }
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
        for (i, sum) in sums.into_iter().enumerate() {
            let (sum, y) = (ends.of(sum), y.wrapping_add(i * o.columns.c));
            match MODE {
                GATHER => lanes.gather(sum, c, y),
                _ => lanes.store(sum, y),
            }
        }
    }
    N
}
