//! 256 bits. Without products of 8 bits, values and weights become 16 bits wide, and VPMADDWD adds two products. (VPMADDUBSW would
//! saturate.) With AVX-VNNI it is VPDPBUSD, as with [512 bits](super::avx512).
#![allow(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "arrays of registers, whose lengths are constants"
)]

use super::Range;
use super::host::{Prepared, ROWS, Tile, Unit};
use crate::packing::BLOCK;
use crate::params::Params;
use core::arch::x86_64::*;
use core::mem::MaybeUninit;

/// Products of 16 bits.
pub(super) static UNIT: Unit = Unit {
    flip: 0,
    copy,
    prepare,
    tile,
    channels: None,
};

/// Products of 8 bits.
pub(super) static VNNI: Unit = Unit {
    flip: 0x80,
    copy: vnni::copy,
    prepare: vnni::prepare,
    tile: vnni::tile,
    channels: None,
};

/// The rows whose sums are in registers.
const SOME: usize = 3;

/// # Safety
/// `len` values can be read and written.
unsafe fn copy(from: *const i8, to: *mut i8, len: usize) {
    // SAFETY: handed on.
    unsafe { core::ptr::copy_nonoverlapping(from, to, len) };
}

/// # Safety
/// None; it is a function of the [`Unit`].
#[target_feature(enable = "avx2")]
unsafe fn prepare(
    params: &Params<'_>,
    first: usize,
    _: usize,
    _: bool,
    to: &mut MaybeUninit<Prepared>,
) {
    Prepared::fill(to, params, |lane| first + lane);
}

/// Computes a tile.
///
/// # Safety
/// What [`Tile`] says.
#[target_feature(enable = "avx2")]
unsafe fn tile(t: &Tile<'_>) {
    for block in 0..t.blocks.len() {
        for first in (0..t.rows).step_by(SOME) {
            // SAFETY: handed on.
            unsafe { sums(t, block, first) };
        }
    }
}

/// The row `r` of a tile; that of the last one if it is not wanted.
#[inline(always)]
fn row(t: &Tile<'_>, r: usize) -> *const u8 {
    let r = r.min(t.rows - 1).min(ROWS - 1);
    match t.step {
        0 => t.x[r],
        step => t.x[0].wrapping_add(r * step),
    }
}

/// The lanes of 4 (or, with the second half, 8) outputs from `first` on that a block of `width` has.
#[inline]
#[target_feature(enable = "avx2")]
fn lanes(width: usize, first: usize) -> __m256i {
    let left = _mm256_set1_epi32(width as i32 - first as i32);
    _mm256_cmpgt_epi32(left, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

/// The sums of three rows and a block, and their outputs.
///
/// # Safety
/// What [`Tile`] says.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn sums(t: &Tile<'_>, block: usize, first: usize) {
    let width = if t.blocks.len() == 1 { t.width } else { BLOCK };
    let mut kernel = t.kernel.wrapping_add(block * BLOCK * t.inputs);
    let x: [*const u8; SOME] = core::array::from_fn(|r| row(t, first + r));
    let masks: [__m128i; 4] = core::array::from_fn(|i| _mm256_castsi256_si128(lanes(width, 4 * i)));
    // Of each output two sums, side by side.
    let mut sums = [[_mm256_setzero_si256(); 4]; SOME];
    for line in 0..t.lines {
        let begin = line * t.line_step;
        for i in 0..t.line / 4 {
            // SAFETY: four values of each row; the masks leave out what is behind the weights of the block.
            unsafe {
                let x = x.map(|x| {
                    let x = x.wrapping_add(begin + 4 * i).cast::<i32>().read_unaligned();
                    _mm256_cvtepi8_epi16(_mm_set1_epi32(x))
                });
                for c in 0..4 {
                    let from = kernel.wrapping_add(16 * c);
                    let weights = if width == BLOCK {
                        _mm_loadu_si128(from.cast())
                    } else {
                        _mm_maskload_epi32(from.cast(), masks[c])
                    };
                    let weights = _mm256_cvtepi8_epi16(weights);
                    for r in 0..SOME {
                        sums[r][c] = _mm256_add_epi32(sums[r][c], _mm256_madd_epi16(x[r], weights));
                    }
                }
            }
            kernel = kernel.wrapping_add(4 * width);
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        if first + r < t.rows {
            let halves = [0, 2].map(|c| {
                let both = _mm256_hadd_epi32(sums[c], sums[c + 1]);
                _mm256_permute4x64_epi64::<0b11_01_10_00>(both)
            });
            // SAFETY: a row that is wanted.
            unsafe { finish(t, block, first + r, width, halves) };
        }
    }
}

/// Two halves of a block without their bias, as outputs.
///
/// # Safety
/// What [`Tile`] says.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn finish(t: &Tile<'_>, block: usize, row: usize, width: usize, sums: [__m256i; 2]) {
    let p = &t.blocks[block];
    let done: [__m256i; 2] = core::array::from_fn(|i| {
        // SAFETY: 32 bytes.
        let bias = unsafe { _mm256_load_si256(p.bias.as_ptr().add(8 * i).cast()) };
        outputs(p, 4 * i, _mm256_add_epi32(sums[i], bias))
    });
    let y = bytes(t.range, done);
    let to = t.y.wrapping_add(row * t.outputs + block * BLOCK);
    // SAFETY: outputs of a row that is wanted.
    unsafe {
        if width == BLOCK {
            _mm_storeu_si128(to.cast(), y);
        } else {
            let mut all = [0_i8; BLOCK];
            _mm_storeu_si128(all.as_mut_ptr().cast(), y);
            core::ptr::copy_nonoverlapping(all.as_ptr(), to, width);
        }
    }
}

/// Sums as outputs, without the zero point.
#[inline]
#[target_feature(enable = "avx2")]
fn outputs(p: &Prepared, at: usize, sums: __m256i) -> __m256i {
    let even = half(p, 0, at, sums);
    let odd = half(p, 1, at, _mm256_srli_epi64::<32>(sums));
    _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd))
}

/// Those of the low half of each 64 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn half(p: &Prepared, half: usize, at: usize, sums: __m256i) -> __m256i {
    // SAFETY: 32 bytes, `at` is 0 or 4.
    let load = |x: &[i64; BLOCK / 2]| unsafe { _mm256_load_si256(x.as_ptr().add(at).cast()) };
    let product = _mm256_mul_epi32(sums, load(&p.multiplier[half]));
    let negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), product);
    let less = _mm256_and_si256(negative, load(&p.less[half]));
    let rounded = _mm256_add_epi64(_mm256_add_epi64(product, load(&p.add[half])), less);
    // Shifted without a sign, with what makes all of them positive, and that is taken off again.
    let (shift, most) = (load(&p.shift[half]), _mm256_set1_epi64x(i64::MIN));
    let shifted = _mm256_srlv_epi64(_mm256_xor_si256(rounded, most), shift);
    _mm256_sub_epi64(shifted, _mm256_srlv_epi64(most, shift))
}

/// A block of outputs as bytes, with the zero point, within the range.
#[inline]
#[target_feature(enable = "avx2")]
fn bytes(range: Range, [low, high]: [__m256i; 2]) -> __m128i {
    let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
    let words = _mm256_adds_epi16(words, _mm256_set1_epi16(range.zero as i16));
    let (low, high) = (
        _mm256_castsi256_si128(words),
        _mm256_extracti128_si256::<1>(words),
    );
    let y = _mm_max_epi8(_mm_packs_epi16(low, high), _mm_set1_epi8(range.min as i8));
    _mm_min_epi8(y, _mm_set1_epi8(range.max as i8))
}

mod vnni {
    //! With products of 8 bits.

    use super::*;

    /// The rows whose sums are in registers.
    const SOME: usize = 6;

    /// Copies values, 128 larger.
    ///
    /// # Safety
    /// `len` values can be read and written.
    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) unsafe fn copy(from: *const i8, to: *mut i8, len: usize) {
        for i in 0..len {
            // SAFETY: as the caller says.
            unsafe { *to.add(i) = *from.add(i) ^ i8::MIN };
        }
    }

    /// Prepares a block: 128 times the sum of the weights is taken from the bias.
    ///
    /// # Safety
    /// The kernel has `inputs` weights of each output.
    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) unsafe fn prepare(
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
        let mut kernel = params.bytes.as_ptr().wrapping_add(first * inputs);
        let raised = _mm256_set1_epi8(i8::MIN);
        let mut sums = [_mm256_setzero_si256(); 2];
        for _ in 0..inputs / 4 {
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the mask leaves out what is behind the weights of the block.
                unsafe {
                    let weights = _mm256_maskload_epi32(
                        kernel.wrapping_add(32 * i).cast(),
                        lanes(width, 8 * i),
                    );
                    *sum = _mm256_dpbusd_avx_epi32(*sum, raised, weights);
                }
            }
            kernel = kernel.wrapping_add(4 * width);
        }
        for (i, sum) in sums.into_iter().enumerate() {
            // SAFETY: 32 bytes.
            unsafe {
                let bias = (&raw mut (*to.as_mut_ptr()).bias)
                    .cast::<i32>()
                    .add(8 * i)
                    .cast();
                _mm256_store_si256(bias, _mm256_sub_epi32(_mm256_load_si256(bias), sum));
            }
        }
    }

    /// Computes a tile.
    ///
    /// # Safety
    /// What [`Tile`] says.
    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) unsafe fn tile(t: &Tile<'_>) {
        for block in 0..t.blocks.len() {
            for first in (0..t.rows).step_by(SOME) {
                // SAFETY: handed on.
                unsafe {
                    if t.alone {
                        sums::<1>(t, block, first);
                    } else {
                        sums::<SOME>(t, block, first);
                    }
                }
            }
        }
    }

    /// The sums of rows and a block, and their outputs.
    ///
    /// # Safety
    /// What [`Tile`] says.
    #[inline]
    #[target_feature(enable = "avx2,avxvnni")]
    unsafe fn sums<const R: usize>(t: &Tile<'_>, block: usize, first: usize) {
        let width = if t.blocks.len() == 1 { t.width } else { BLOCK };
        let mut kernel = t.kernel.wrapping_add(block * BLOCK * t.inputs);
        let x: [*const u8; R] = core::array::from_fn(|r| row(t, first + r));
        let masks = [lanes(width, 0), lanes(width, 8)];
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        // One row: what the values are too large by is summed beside it, so that the weights are read once.
        let raised = _mm256_set1_epi8(i8::MIN);
        let mut too_much = [_mm256_setzero_si256(); 2];
        for line in 0..t.lines {
            let begin = line * t.line_step;
            for i in 0..t.line / 4 {
                // SAFETY: four values of each row; the masks leave out what is behind the weights of the block.
                unsafe {
                    let weights: [__m256i; 2] = core::array::from_fn(|c| {
                        let from = kernel.wrapping_add(32 * c);
                        if width == BLOCK {
                            _mm256_loadu_si256(from.cast())
                        } else {
                            _mm256_maskload_epi32(from.cast(), masks[c])
                        }
                    });
                    if R == 1 {
                        for (sum, weights) in too_much.iter_mut().zip(weights) {
                            *sum = _mm256_dpbusd_avx_epi32(*sum, raised, weights);
                        }
                    }
                    for (x, sums) in x.iter().zip(&mut sums) {
                        let x = x.wrapping_add(begin + 4 * i).cast::<i32>().read_unaligned();
                        let x = _mm256_set1_epi32(x);
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = _mm256_dpbusd_avx_epi32(*sum, x, weights);
                        }
                    }
                }
                kernel = kernel.wrapping_add(4 * width);
            }
        }
        for (r, mut sums) in sums.into_iter().enumerate() {
            if first + r < t.rows {
                for (sum, too_much) in sums.iter_mut().zip(too_much) {
                    *sum = _mm256_sub_epi32(*sum, too_much);
                }
                // SAFETY: a row that is wanted.
                unsafe { finish(t, block, first + r, width, sums) };
            }
        }
    }
}
