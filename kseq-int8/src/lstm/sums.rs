//! The sums of a block of rows: one row of values times a [packed](crate::packing) kernel.

use crate::kernels::block_sums;
use crate::packing::BLOCK;
use crate::rows::{copy, rows};

/// Instructions that the sums are computed with. A value of such a type exists only where the CPU has them.
pub(super) trait Sums: Copy {
    /// What [`sums`](Self::sums) wants to know of the values, once for all blocks.
    fn prepare(self, x: &[i8]) -> i32;

    /// `to[o] = bias[o] + sum over i of x[i] * kernel[o][i]`, for the rows `o` of a block, as many as `bias` has.
    fn sums(self, x: &[i8], prepared: i32, kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]);
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
    fn sums(self, x: &[i8], _: i32, kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]) {
        if cfg!(not(feature = "std")) {
            return block_sums(x, kernel, bias, to);
        }
        copy(bias, to);
        let (quads, _) = x.as_chunks::<4>();
        for (x, group) in quads.iter().zip(rows(kernel, bias.len() * 4)) {
            for (sum, weights) in to.iter_mut().zip(group.as_chunks::<4>().0) {
                for (x, w) in x.iter().zip(weights) {
                    *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Vnni};

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(unsafe_code)]

    use super::{BLOCK, Sums, copy};
    use crate::kernels::Isa;
    use crate::rows::rows;
    use core::arch::x86_64::*;

    /// AVX2.
    #[derive(Clone, Copy)]
    pub(in crate::lstm) struct Avx2(());

    impl Avx2 {
        /// If this CPU has it.
        pub(in crate::lstm) fn detect() -> Option<Avx2> {
            Isa::Avx2.available().then_some(Avx2(()))
        }
    }

    impl Sums for Avx2 {
        #[inline(always)]
        fn prepare(self, _: &[i8]) -> i32 {
            0
        }

        #[inline(always)]
        fn sums(self, x: &[i8], _: i32, kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]) {
            // SAFETY: the CPU has AVX2, as there is a value of this type.
            unsafe { avx2(x, kernel, bias, to) }
        }
    }

    /// Four rows at a time: their weights as 16 bits, times the four values; pairs of products are added.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn avx2(x: &[i8], kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]) {
        let mut sums = [_mm256_setzero_si256(); BLOCK / 4];
        for (x, group) in x
            .as_chunks::<4>()
            .0
            .iter()
            .zip(rows(kernel, bias.len() * 4))
        {
            let x = _mm_set1_epi32(i32::from_ne_bytes(x.map(|x| x as u8)));
            let x = _mm256_cvtepi8_epi16(x);
            for (sum, rows) in sums.iter_mut().zip(group.as_chunks::<16>().0) {
                // SAFETY: `rows` are 16 bytes.
                let rows = unsafe { _mm_loadu_si128(rows.as_ptr().cast()) };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(rows)));
            }
        }
        copy(bias, to);
        for (out, sum) in to.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            let pairs = _mm256_hadd_epi32(sum, sum);
            let low = _mm256_castsi256_si128(pairs);
            let sum = _mm_unpacklo_epi64(low, _mm256_extracti128_si256(pairs, 1));
            // SAFETY: `out` are four words.
            unsafe {
                let bias = _mm_loadu_si128(out.as_ptr().cast());
                _mm_storeu_si128(out.as_mut_ptr().cast(), _mm_add_epi32(bias, sum));
            }
        }
    }

    /// AVX-512 with VNNI.
    #[derive(Clone, Copy)]
    pub(in crate::lstm) struct Vnni(());

    impl Vnni {
        /// If this CPU has it.
        pub(in crate::lstm) fn detect() -> Option<Vnni> {
            Isa::Avx512.available().then_some(Vnni(()))
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
        fn sums(self, x: &[i8], prepared: i32, kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]) {
            // SAFETY: the CPU has the instructions, as there is a value of this type.
            unsafe { vnni(x, prepared, kernel, bias, to) }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    #[inline]
    fn vnni(x: &[i8], prepared: i32, kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]) {
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
        copy(bias, to);
        // SAFETY: `to` are 16 words.
        unsafe {
            let bias = _mm512_loadu_si512(to.as_ptr().cast());
            _mm512_storeu_si512(to.as_mut_ptr().cast(), _mm512_add_epi32(sum, bias));
        }
    }
}

#[cfg(all(test, target_arch = "x86_64", feature = "std"))]
mod tests {
    use super::*;
    use crate::kernels::each;
    use crate::op::{Lstm, Op};
    use crate::params::Layout;
    use crate::{run, scratch_len};
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
                let (x, kernel, bias) = (draw(columns), draw(columns * rows), draw(rows));
                let bias: &Vec<i32> = &bias.iter().map(|b| i32::from(*b) << 20).collect();
                let (mut found, mut to) = ([0; BLOCK], [0; BLOCK]);
                with.sums(&x, with.prepare(&x), &kernel, bias, &mut found);
                Portable.sums(&x, 0, &kernel, bias, &mut to);
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

    /// So is all that comes of any block, of any number of units.
    #[test]
    fn each_instruction_set_has_the_same_outputs() {
        for units in 1..=35 {
            let (steps, inputs, sequences) = (3, units % 9 + 1, true);
            let op = Op::Lstm(Lstm {
                steps,
                inputs,
                units,
                sequences,
            });
            let len = Layout::of(&op).len();
            let mut state = units as u32;
            let mut words = std::vec![0_u32; len / 4];
            for word in &mut words {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *word = state ^ state >> 16;
            }
            let mut block = std::vec![0; len];
            for (to, word) in block.chunks_mut(4).zip(&words) {
                to.copy_from_slice(&word.to_ne_bytes());
            }
            let x: Vec<i8> = block
                .iter()
                .take(steps * inputs)
                .map(|b| *b as i8)
                .collect();
            let (mut outputs, mut scratch) = (Vec::new(), std::vec![0; scratch_len(&op)]);
            each(|isa| {
                let mut y = std::vec![99; steps * units];
                run(&op, &block, &x, &mut y, &mut scratch);
                outputs.push((isa, y));
            });
            for (isa, y) in &outputs {
                assert_eq!(*y, outputs[0].1, "{isa:?} {units}");
            }
        }
    }
}
