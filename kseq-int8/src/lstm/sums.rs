//! The sums of a block of rows: one row of values times a [packed](crate::packing) kernel.

use super::step::word;
use crate::packing::BLOCK;

/// Instructions that the sums are computed with. A value of such a type exists only where the CPU has them.
pub(super) trait Sums: Copy {
    /// What [`sums`](Self::sums) wants to know of the values, once for all blocks.
    fn prepare(self, x: &[i8]) -> i32;

    /// `bias[o] + sum over i of x[i] * kernel[o][i]`, for the rows `o` of a block, as many as `bias` has.
    fn sums(self, x: &[i8], prepared: i32, kernel: &[i8], bias: &[[i8; 4]]) -> [i32; BLOCK];
}

/// What the sums begin with.
#[inline(always)]
fn biases(bias: &[[i8; 4]]) -> [i32; BLOCK] {
    let mut sums = [0; BLOCK];
    for (sum, bias) in sums.iter_mut().zip(bias) {
        *sum = word(*bias);
    }
    sums
}

/// Plain Rust.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Sums for Portable {
    #[inline(always)]
    fn prepare(self, _: &[i8]) -> i32 {
        0
    }

    #[inline(always)]
    fn sums(self, x: &[i8], _: i32, kernel: &[i8], bias: &[[i8; 4]]) -> [i32; BLOCK] {
        let mut sums = biases(bias);
        let (quads, _) = x.as_chunks::<4>();
        for (x, group) in quads.iter().zip(kernel.chunks_exact(bias.len() * 4)) {
            for (sum, weights) in sums.iter_mut().zip(group.as_chunks::<4>().0) {
                for (x, w) in x.iter().zip(weights) {
                    *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
                }
            }
        }
        sums
    }
}

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(super) use x86::{Avx2, Vnni};

#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod x86 {
    #![allow(unsafe_code)]

    use super::super::{Block, samples};
    use super::{BLOCK, Sums, biases};
    use crate::op::Lstm;
    use core::arch::x86_64::*;

    /// AVX2.
    #[derive(Clone, Copy)]
    pub(in crate::lstm) struct Avx2(());

    impl Avx2 {
        /// If this CPU has it.
        pub(in crate::lstm) fn detect() -> Option<Avx2> {
            std::is_x86_feature_detected!("avx2").then_some(Avx2(()))
        }

        /// [`samples`] with these instructions, also where the compiler makes vectors of loops.
        pub(in crate::lstm) fn run(
            self,
            l: &Lstm,
            block: &Block<'_>,
            x: &[i8],
            y: &mut [i8],
            scratch: &mut [i8],
        ) {
            #[target_feature(enable = "avx2")]
            fn run(
                with: Avx2,
                l: &Lstm,
                block: &Block<'_>,
                x: &[i8],
                y: &mut [i8],
                scratch: &mut [i8],
            ) {
                samples(with, l, block, x, y, scratch);
            }
            // SAFETY: the CPU has the instructions, as there is a value of this type.
            unsafe { run(self, l, block, x, y, scratch) }
        }
    }

    impl Sums for Avx2 {
        #[inline(always)]
        fn prepare(self, _: &[i8]) -> i32 {
            0
        }

        #[inline(always)]
        fn sums(self, x: &[i8], _: i32, kernel: &[i8], bias: &[[i8; 4]]) -> [i32; BLOCK] {
            // SAFETY: the CPU has AVX2, as there is a value of this type.
            unsafe { avx2(x, kernel, bias) }
        }
    }

    /// Four rows at a time: their weights as 16 bits, times the four values; pairs of products are added.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn avx2(x: &[i8], kernel: &[i8], bias: &[[i8; 4]]) -> [i32; BLOCK] {
        let mut sums = [_mm256_setzero_si256(); BLOCK / 4];
        for (x, group) in x
            .as_chunks::<4>()
            .0
            .iter()
            .zip(kernel.chunks_exact(bias.len() * 4))
        {
            let x = _mm_set1_epi32(i32::from_ne_bytes(x.map(|x| x as u8)));
            let x = _mm256_cvtepi8_epi16(x);
            for (sum, rows) in sums.iter_mut().zip(group.as_chunks::<16>().0) {
                // SAFETY: `rows` are 16 bytes.
                let rows = unsafe { _mm_loadu_si128(rows.as_ptr().cast()) };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(rows)));
            }
        }
        let mut out = biases(bias);
        for (out, sum) in out.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            let pairs = _mm256_hadd_epi32(sum, sum);
            let low = _mm256_castsi256_si128(pairs);
            let sum = _mm_unpacklo_epi64(low, _mm256_extracti128_si256(pairs, 1));
            // SAFETY: `out` are four words.
            unsafe {
                let bias = _mm_loadu_si128(out.as_ptr().cast());
                _mm_storeu_si128(out.as_mut_ptr().cast(), _mm_add_epi32(bias, sum));
            }
        }
        out
    }

    /// AVX-512 with VNNI.
    #[derive(Clone, Copy)]
    pub(in crate::lstm) struct Vnni(());

    impl Vnni {
        /// If this CPU has it.
        pub(in crate::lstm) fn detect() -> Option<Vnni> {
            (std::is_x86_feature_detected!("avx512f")
                && std::is_x86_feature_detected!("avx512bw")
                && std::is_x86_feature_detected!("avx512dq")
                && std::is_x86_feature_detected!("avx512vl")
                && std::is_x86_feature_detected!("avx512vnni"))
            .then_some(Vnni(()))
        }

        /// [`samples`] with these instructions, also where the compiler makes vectors of loops.
        pub(in crate::lstm) fn run(
            self,
            l: &Lstm,
            block: &Block<'_>,
            x: &[i8],
            y: &mut [i8],
            scratch: &mut [i8],
        ) {
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
            fn run(
                with: Vnni,
                l: &Lstm,
                block: &Block<'_>,
                x: &[i8],
                y: &mut [i8],
                scratch: &mut [i8],
            ) {
                samples(with, l, block, x, y, scratch);
            }
            // SAFETY: the CPU has the instructions, as there is a value of this type.
            unsafe { run(self, l, block, x, y, scratch) }
        }
    }

    impl Sums for Vnni {
        /// VPDPBUSD takes weights from 0 to 255: they are 128 too large, and each sum 128 times that of the values.
        #[inline(always)]
        fn prepare(self, x: &[i8]) -> i32 {
            let sum: i32 = x.iter().map(|x| i32::from(*x)).sum();
            sum.wrapping_mul(-128)
        }

        #[inline(always)]
        fn sums(self, x: &[i8], prepared: i32, kernel: &[i8], bias: &[[i8; 4]]) -> [i32; BLOCK] {
            // SAFETY: the CPU has the instructions, as there is a value of this type.
            unsafe { vnni(x, prepared, kernel, bias) }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    #[inline]
    fn vnni(x: &[i8], prepared: i32, kernel: &[i8], bias: &[[i8; 4]]) -> [i32; BLOCK] {
        let rows = bias.len().min(BLOCK);
        // As many steps as there are values and weights for.
        let mut left = (x.len() / 4).min(kernel.len() / (4 * rows.max(1)));
        let (mut x, mut kernel) = (x.as_ptr(), kernel.as_ptr());
        let mask = u16::MAX >> (BLOCK - rows).min(15);
        let flip = _mm512_set1_epi32(0x8080_8080_u32 as i32);
        let mut sums = [_mm512_setzero_si512(); 4];
        while left > 0 {
            let steps = left.min(sums.len());
            for sum in sums.iter_mut().take(steps) {
                // SAFETY: a step has four values, and as many words of weights as the mask has bits.
                unsafe {
                    let four = _mm512_set1_epi32(x.cast::<i32>().read_unaligned());
                    let w = _mm512_maskz_loadu_epi32(mask, kernel.cast());
                    *sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(w, flip), four);
                    x = x.add(4);
                    kernel = kernel.add(4 * rows);
                }
            }
            left -= steps;
        }
        let sum = sums
            .into_iter()
            .fold(_mm512_set1_epi32(prepared), |a, b| _mm512_add_epi32(a, b));
        let mut out = biases(bias);
        // SAFETY: `out` are 16 words.
        unsafe {
            let bias = _mm512_loadu_si512(out.as_ptr().cast());
            _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_add_epi32(sum, bias));
        }
        out
    }
}

#[cfg(all(test, target_arch = "x86_64", feature = "std"))]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// The instructions' sums are those of plain Rust.
    fn same(with: impl Sums) {
        let mut state = 1_u32;
        let mut draw = |n: usize| -> Vec<i8> {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Often the ends.
                match state >> 29 {
                    0 => -128,
                    1 => 127,
                    _ => (state >> 16) as i8,
                }
            };
            (0..n).map(|_| next()).collect()
        };
        for rows in [4, 8, 12, 16] {
            for columns in (4..=64).step_by(4) {
                let (x, kernel, bias) = (draw(columns), draw(columns * rows), draw(rows * 4));
                let bias = bias.as_chunks::<4>().0;
                let found = with.sums(&x, with.prepare(&x), &kernel, bias);
                let to = Portable.sums(&x, 0, &kernel, bias);
                assert_eq!(found[..rows], to[..rows], "{rows} {columns}");
            }
        }
    }

    #[test]
    fn each_instruction_set_has_the_same_sums() {
        if let Some(avx2) = Avx2::detect() {
            same(avx2);
        }
        if let Some(vnni) = Vnni::detect() {
            same(vnni);
        }
    }
}
