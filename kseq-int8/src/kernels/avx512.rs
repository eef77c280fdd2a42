//! 512 bits with VNNI: VPDPBUSD adds four products of 8 bits to each of sixteen sums. It takes values without a sign, so they are 128
//! larger, and 128 times the sum of the weights is taken from the bias.
#![allow(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "arrays of registers, whose lengths are constants"
)]

use super::host::{Prepared, ROWS, Tile, Unit};
use super::{Range, avx512_channels, channels};
use crate::packing::BLOCK;
use crate::params::Params;
use core::arch::x86_64::*;
use core::mem::MaybeUninit;

/// How far ahead weights are asked for that are read once.
const AHEAD: usize = 1024;
/// The rows whose sums of several blocks are in registers.
const HALF: usize = ROWS / 2;

pub(super) static UNIT: Unit = Unit {
    flip: 0x80,
    copy,
    prepare,
    tile,
    channels: Some(&channels::Unit {
        weights: avx512_channels::weights,
        depthwise: avx512_channels::depthwise,
        max: avx512_channels::max,
        average: avx512_channels::average,
    }),
};

/// Copies values, 128 larger.
///
/// # Safety
/// `len` values can be read and written.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn copy(from: *const i8, to: *mut i8, len: usize) {
    // SAFETY: as the caller says; the mask leaves out what is behind the last one.
    unsafe {
        let flip = _mm512_set1_epi8(i8::MIN);
        let mut done = 0;
        while done + 64 <= len {
            let x = _mm512_loadu_si512(from.add(done).cast());
            _mm512_storeu_si512(to.add(done).cast(), _mm512_xor_si512(x, flip));
            done += 64;
        }
        if done < len {
            let mask = u64::MAX >> (64 - (len - done));
            let x = _mm512_maskz_loadu_epi8(mask, from.add(done));
            _mm512_mask_storeu_epi8(to.add(done), mask, _mm512_xor_si512(x, flip));
        }
    }
}

/// Prepares a block.
///
/// # Safety
/// The kernel has `inputs` weights of each output.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn prepare(
    params: &Params<'_>,
    first: usize,
    inputs: usize,
    corrected: bool,
    to: &mut MaybeUninit<Prepared>,
) {
    Prepared::fill(to, params, |lane| first + lane);
    if !corrected {
        return;
    }
    let width = BLOCK.min(params.bias.len().saturating_sub(first));
    // SAFETY: the weights of the block, four of each output at a time.
    unsafe {
        let mask = mask(width);
        let mut kernel = params.bytes.as_ptr().add(first * inputs).cast::<i32>();
        let mut sums = _mm512_setzero_si512();
        let raised = _mm512_set1_epi8(i8::MIN);
        for _ in 0..inputs / 4 {
            sums = _mm512_dpbusd_epi32(sums, raised, _mm512_maskz_loadu_epi32(mask, kernel));
            kernel = kernel.add(width);
        }
        let bias = (&raw mut (*to.as_mut_ptr()).bias).cast::<i32>();
        _mm512_storeu_si512(
            bias.cast(),
            _mm512_sub_epi32(_mm512_loadu_si512(bias.cast()), sums),
        );
    }
}

/// The lanes of so many outputs.
#[inline(always)]
const fn mask(width: usize) -> __mmask16 {
    if width < BLOCK {
        (1 << width) - 1
    } else {
        u16::MAX
    }
}

/// Computes a tile.
///
/// # Safety
/// What [`Tile`] says.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn tile(t: &Tile<'_>) {
    // SAFETY: handed on. The rows of a tile can be read, and only those that are wanted are written.
    unsafe {
        let rows = t.rows;
        match (t.blocks.len(), t.alone) {
            (4, true) => sums::<1, 4>(t, 0),
            (2, true) => sums::<1, 2>(t, 0),
            (_, true) => alone(t),
            (4, false) => {
                sums::<HALF, 4>(t, 0);
                if rows > HALF {
                    sums::<HALF, 4>(t, HALF);
                }
            }
            (2, false) => {
                sums::<HALF, 2>(t, 0);
                if rows > HALF {
                    sums::<HALF, 2>(t, HALF);
                }
            }
            (_, false) if rows > HALF && t.step > 0 => sums::<ROWS, 1>(t, 0),
            (_, false) => {
                sums::<HALF, 1>(t, 0);
                if rows > HALF {
                    sums::<HALF, 1>(t, HALF);
                }
            }
        }
    }
}

/// The sums of one row and one block, in four parts that take turns: one after the other they would wait.
///
/// # Safety
/// What [`Tile`] says.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn alone(t: &Tile<'_>) {
    let mask = mask(t.width);
    let mut sums = [_mm512_setzero_si512(); 4];
    let mut too_much = sums;
    let raised = _mm512_set1_epi8(i8::MIN);
    let mut kernel = t.kernel;
    for line in 0..t.lines {
        let x = t.x[0].wrapping_add(line * t.line_step);
        for i in 0..t.line / 4 {
            // SAFETY: four values, and four weights of each output; the mask leaves out what is behind them.
            unsafe {
                let x = _mm512_set1_epi32(x.add(4 * i).cast::<i32>().read_unaligned());
                let weights = _mm512_maskz_loadu_epi32(mask, kernel.cast());
                // These weights are read once, from further away.
                _mm_prefetch::<_MM_HINT_T0>(kernel.wrapping_byte_add(AHEAD).cast());
                let [a, b, c, d] = too_much;
                too_much = [b, c, d, _mm512_dpbusd_epi32(a, raised, weights)];
                let [a, b, c, d] = sums;
                sums = [b, c, d, _mm512_dpbusd_epi32(a, x, weights)];
            }
            kernel = kernel.wrapping_add(4 * t.width);
        }
    }
    let all = |[a, b, c, d]: [__m512i; 4]| {
        _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d))
    };
    // SAFETY: 64 bytes; handed on.
    unsafe {
        let bias = _mm512_load_si512(t.blocks[0].bias.as_ptr().cast());
        let sums = _mm512_add_epi32(bias, _mm512_sub_epi32(all(sums), all(too_much)));
        finish::<1, 1, true>(t, 0, mask, [[sums]]);
    }
}

/// The sums of `R` rows from `first` on and `C` blocks, and their outputs.
///
/// # Safety
/// What [`Tile`] says.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn sums<const R: usize, const C: usize>(t: &Tile<'_>, first: usize) {
    let width = if C == 1 { t.width } else { BLOCK };
    let mask = mask(width);
    let blocks = t.blocks.as_ptr();
    let mut sums = [[_mm512_setzero_si512(); C]; R];
    // SAFETY: as the caller says; the weights of a block are `inputs` of each of its outputs.
    unsafe {
        for c in 0..C {
            let bias = _mm512_load_si512((&raw const (*blocks.add(c)).bias).cast());
            for row in &mut sums {
                row[c] = bias;
            }
        }
        // One row: what the values are too large by is summed beside it, so that the weights are read once.
        let raised = _mm512_set1_epi8(i8::MIN);
        let mut too_much = [_mm512_setzero_si512(); C];
        let x: [*const u8; R] = core::array::from_fn(|r| match t.step {
            0 => opaque(t.x[first + r]),
            step => opaque(t.x[0].wrapping_add((first + r) * step)),
        });
        let mut weights = [_mm512_setzero_si512(); C];
        let mut kernel = t.kernel;
        for line in 0..t.lines {
            let begin = line * t.line_step;
            for i in 0..t.line / 4 {
                for c in 0..C {
                    let from = kernel.wrapping_add(c * BLOCK * t.inputs).cast::<i32>();
                    weights[c] = if C == 1 {
                        _mm512_maskz_loadu_epi32(mask, from)
                    } else {
                        _mm512_loadu_epi32(from)
                    };
                    if R == 1 {
                        // These weights are read once, from further away.
                        _mm_prefetch::<_MM_HINT_T0>(from.wrapping_byte_add(AHEAD).cast());
                        too_much[c] = _mm512_dpbusd_epi32(too_much[c], raised, weights[c]);
                    }
                }
                kernel = kernel.wrapping_add(4 * width);
                macro_rules! rows {
                    ($($r:literal)+) => { $(
                        if $r < R {
                            // Twelve rows three by three: an address of each three, the others one and two rows behind it. (For more
                            // there are no registers.)
                            let from = if R == ROWS {
                                x[$r / 3 * 3 % R].wrapping_add($r % 3 * t.step)
                            } else {
                                x[$r % R]
                            };
                            let from = from.wrapping_add(begin + 4 * i).cast::<i32>();
                            let x = _mm512_set1_epi32(from.read_unaligned());
                            for c in 0..C {
                                sums[$r % R][c] = _mm512_dpbusd_epi32(sums[$r % R][c], x, weights[c]);
                            }
                        }
                    )+ };
                }
                // (Written out: else the compiler keeps the sums in memory.)
                rows!(0 1 2 3 4 5 6 7 8 9 10 11);
            }
        }
        if R == 1 {
            for c in 0..C {
                sums[0][c] = _mm512_sub_epi32(sums[0][c], too_much[c]);
            }
        }
        if t.range.positive() {
            finish::<R, C, false>(t, first, mask, sums);
        } else {
            finish::<R, C, true>(t, first, mask, sums);
        }
    }
}

/// The same address, which the compiler does not know: else it makes each from the one before.
#[inline(always)]
fn opaque(mut at: *const u8) -> *const u8 {
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("/* {} */", inout(reg) at, options(pure, readonly, nostack, preserves_flags));
    }
    at
}

/// Sums as outputs, four vectors at a time.
///
/// # Safety
/// What [`Tile`] says.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn finish<const R: usize, const C: usize, const SIGNED: bool>(
    t: &Tile<'_>,
    first: usize,
    mask: __mmask16,
    sums: [[__m512i; C]; R],
) {
    let sums = sums.as_flattened();
    let last = sums.len() - 1;
    // (Not unrolled: the sums are in memory now.)
    for four in 0..(R * C).div_ceil(4) {
        let done: [__m512i; 4] = core::array::from_fn(|i| {
            let at = (4 * four + i).min(last);
            outputs::<SIGNED>(&t.blocks[at % C], sums[at])
        });
        let y = bytes(t.range, done);
        let row = first + 4 * four / C;
        if row >= t.rows {
            return;
        }
        let to = t.y.wrapping_add(row * t.outputs);
        // SAFETY: only rows that are wanted are written, and of the last block only its outputs.
        unsafe {
            match C {
                4 => _mm512_storeu_si512(to.cast(), y),
                2 => {
                    _mm256_storeu_si256(to.cast(), _mm512_castsi512_si256(y));
                    if R > 1 && row + 1 < t.rows {
                        _mm256_storeu_si256(
                            to.add(t.outputs).cast(),
                            _mm512_extracti64x4_epi64::<1>(y),
                        );
                    }
                }
                _ => {
                    _mm_mask_storeu_epi8(to, mask, _mm512_castsi512_si128(y));
                    if R > 1 && row + 1 < t.rows {
                        _mm_mask_storeu_epi8(
                            to.add(t.outputs),
                            mask,
                            _mm512_extracti32x4_epi32::<1>(y),
                        );
                    }
                    if R > 1 && row + 2 < t.rows && 4 * four + 2 <= last {
                        _mm_mask_storeu_epi8(
                            to.add(2 * t.outputs),
                            mask,
                            _mm512_extracti32x4_epi32::<2>(y),
                        );
                    }
                    if R > 1 && row + 3 < t.rows && 4 * four + 3 <= last {
                        _mm_mask_storeu_epi8(
                            to.add(3 * t.outputs),
                            mask,
                            _mm512_extracti32x4_epi32::<3>(y),
                        );
                    }
                }
            }
        }
    }
}

/// Sums as outputs, without the zero point. Where it does not matter, negative ones are not made less.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) fn outputs<const SIGNED: bool>(p: &Prepared, sums: __m512i) -> __m512i {
    let even = half::<SIGNED>(p, 0, sums);
    let odd = half::<SIGNED>(p, 1, _mm512_shuffle_epi32::<0b11_11_01_01>(sums));
    _mm512_mask_shuffle_epi32::<0b10_10_00_00>(even, 0xaaaa, odd)
}

/// Those of the low half of each 64 bits.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn half<const SIGNED: bool>(p: &Prepared, half: usize, sums: __m512i) -> __m512i {
    // SAFETY: 64 bytes, at a multiple of that.
    let load = |x: &[i64; BLOCK / 2]| unsafe { _mm512_load_si512(x.as_ptr().cast()) };
    let product = _mm512_mul_epi32(sums, load(&p.multiplier[half]));
    let mut rounded = _mm512_add_epi64(product, load(&p.add[half]));
    if SIGNED {
        let negative = _mm512_movepi64_mask(product);
        rounded = _mm512_mask_add_epi64(rounded, negative, rounded, load(&p.less[half]));
    }
    _mm512_srav_epi64(rounded, load(&p.shift[half]))
}

/// Four vectors of outputs as bytes, one after the other, with the zero point, within the range.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn bytes(range: Range, [a, b, c, d]: [__m512i; 4]) -> __m512i {
    // Each 128 bits have four outputs of each.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_permutexvar_epi32(order, packed(range, [a, b, c, d]))
}

/// Four vectors of outputs as bytes: four of each, then the next four of each.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) fn packed(range: Range, [a, b, c, d]: [__m512i; 4]) -> __m512i {
    let zero = _mm512_set1_epi16(range.zero as i16);
    let ab = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero);
    let cd = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zero);
    let y = _mm512_packs_epi16(ab, cd);
    let y = _mm512_max_epi8(y, _mm512_set1_epi8(range.min as i8));
    _mm512_min_epi8(y, _mm512_set1_epi8(range.max as i8))
}
