//! Vectors of the instruction sets that have fused multiply-add, for kernels that are written once for all of them.
//!
//! A value of such a type exists only where the CPU has its instructions: making the first one is `unsafe`, and
//! arithmetic with it is not. What is generic over [`Vector`] must be `#[inline(always)]` and end up in a function with the
//! target features.

#![allow(unsafe_code)]

use super::dispatch::{Isa, isa};
use crate::math::gates;

/// A vector of `f32`s. Every operation rounds as its scalar counterpart does.
pub(super) trait Vector: Copy {
    /// How many.
    const LANES: usize;
    /// How many rows of four such vectors are summed up at once: what the registers have room for.
    const ROWS: usize;
    /// How many [`numbers`](Self::numbers) are read at once: several where an instruction takes a single lane of a vector.
    const AT_ONCE: usize;
    /// Some of the lanes, from the first.
    type Mask: Copy;
    /// For each lane one of another vector.
    type Places: Copy;

    /// The first `n` lanes; all of them if there are more.
    ///
    /// # Safety
    /// The CPU has the instructions.
    unsafe fn mask(n: usize) -> Self::Mask;
    /// For lane `i` lane `of(i)`, which is one.
    ///
    /// # Safety
    /// The CPU has the instructions.
    unsafe fn places(of: impl Fn(usize) -> usize) -> Self::Places;
    /// The lanes at these places.
    fn at(self, places: Self::Places) -> Self;
    /// The same value in all lanes.
    ///
    /// # Safety
    /// The CPU has the instructions.
    unsafe fn splat(x: f32) -> Self;
    /// # Safety
    /// The CPU has the instructions, and all lanes may be read.
    unsafe fn load(from: *const f32) -> Self;
    /// Zeros where the mask is not.
    ///
    /// # Safety
    /// The CPU has the instructions, and the lanes of the mask may be read.
    unsafe fn load_some(from: *const f32, mask: Self::Mask) -> Self;
    /// [`AT_ONCE`](Self::AT_ONCE) numbers that vectors are multiplied by.
    ///
    /// # Safety
    /// The CPU has the instructions, and so many numbers may be read.
    unsafe fn numbers(from: *const f32) -> Self;
    /// `numbers[I] * b + c`, rounded once; of a [`splat`](Self::splat) the first.
    fn number_mul_add<const I: usize>(numbers: Self, b: Self, c: Self) -> Self;
    /// # Safety
    /// All lanes may be written.
    unsafe fn store(self, to: *mut f32);
    /// # Safety
    /// The lanes of the mask may be written.
    unsafe fn store_some(self, to: *mut f32, mask: Self::Mask);

    /// Requests the line of memory that this is in; any address may be given.
    #[inline(always)]
    fn prefetch(line: *const f32) {
        #[cfg(target_arch = "x86_64")]
        {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: SSE is part of the architecture.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
    }

    /// A vector of constants.
    #[inline(always)]
    fn all(self, x: f32) -> Self {
        // SAFETY: there is a vector, so the CPU has the instructions.
        unsafe { Self::splat(x) }
    }
    fn add(self, b: Self) -> Self;
    fn sub(self, b: Self) -> Self;
    fn mul(self, b: Self) -> Self;
    fn div(self, b: Self) -> Self;
    /// `self * b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `if self < low { low } else { self }`
    fn at_least(self, low: f32) -> Self;
    /// `if self > high { high } else { self }`
    fn at_most(self, high: f32) -> Self;
    /// The low bits as an exponent: see `math::gates`.
    fn power(self) -> Self;
    fn abs(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    /// The sum of all lanes, which is that of both halves' sums.
    fn sum(self) -> f32;

    #[inline(always)]
    fn polynomial<const N: usize>(self, c: [f32; N]) -> Self {
        let mut sum = self.all(c[0]);
        let mut i = 1;
        while i < N {
            sum = sum.mul_add(self, self.all(c[i]));
            i += 1;
        }
        sum
    }

    /// [`math::tanh`](crate::math::tanh), bit by bit that with fused multiply-adds.
    #[inline(always)]
    fn tanh(self) -> Self {
        let size = self.abs().at_most(gates::MOST);
        let round = self.all(gates::ROUND_BIASED);
        let n = size.mul_add(self.all(gates::TURNS_OF_2), round);
        let turns = n.sub(round);
        let r = turns.mul_add(self.all(-gates::HALF_HIGH), size);
        let r = turns.mul_add(self.all(-gates::HALF_LOW), r);
        let p = r.polynomial(gates::TANH).mul(r).mul_add(r, r.add(r));
        let power = n.power();
        let m = p.mul_add(power, power.sub(self.all(1.0)));
        m.div(m.add(self.all(2.0))).copysign(self)
    }

    /// [`math::sigmoid`](crate::math::sigmoid), bit by bit that with fused multiply-adds.
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let x = self.at_least(gates::LOW).at_most(gates::HIGH);
        let round = self.all(gates::ROUND_BIASED);
        let n = x.mul_add(self.all(-gates::TURNS), round);
        let turns = n.sub(round);
        let r = turns.mul_add(self.all(gates::TURN_HIGH), x);
        let r = turns.mul_add(self.all(gates::TURN_LOW), r);
        let one = self.all(1.0);
        one.div(r.polynomial(gates::SIGMOID).mul_add(n.power(), one))
    }
}

/// How many lanes a vector of this CPU has.
pub(super) fn lanes() -> usize {
    match isa() {
        Isa::Avx512 => 16,
        Isa::Avx2 => 8,
        _ => 4,
    }
}

/// The operations that all x86 vectors have under names of one form.
#[cfg(target_arch = "x86_64")]
macro_rules! x86_arithmetic {
    ($($name:ident($($b:ident),*) = $intrinsic:ident;)*) => {$(
        #[inline(always)]
        fn $name(self $(, $b: Self)*) -> Self {
            // SAFETY: there is a vector, so the CPU has the instructions.
            unsafe { Self($intrinsic(self.0 $(, $b.0)*)) }
        }
    )*};
}

/// A number that vectors are multiplied by is one in all lanes.
#[cfg(target_arch = "x86_64")]
macro_rules! one_number {
    () => {
        #[inline(always)]
        unsafe fn numbers(from: *const f32) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self::splat(*from) }
        }
        #[inline(always)]
        fn number_mul_add<const I: usize>(number: Self, b: Self, c: Self) -> Self {
            number.mul_add(b, c)
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use core::arch::x86_64::*;

    /// Eight lanes of AVX2 and FMA.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256);

    /// Sixteen lanes of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    impl Vector for Avx512 {
        const LANES: usize = 16;
        const ROWS: usize = 6;
        const AT_ONCE: usize = 1;
        type Mask = __mmask16;
        type Places = __m512i;

        #[inline(always)]
        unsafe fn places(of: impl Fn(usize) -> usize) -> __m512i {
            let mut places = [0; 16];
            for (i, place) in places.iter_mut().enumerate() {
                *place = of(i) as i32;
            }
            // SAFETY: promised by the caller; the array has sixteen lanes.
            unsafe { _mm512_loadu_si512(places.as_ptr().cast()) }
        }
        #[inline(always)]
        fn at(self, places: __m512i) -> Self {
            // SAFETY: there is a vector, so the CPU has the instructions.
            unsafe { Self(_mm512_permutexvar_ps(places, self.0)) }
        }

        #[inline(always)]
        unsafe fn mask(n: usize) -> __mmask16 {
            (0xffff_u32 >> (16 - n.min(16))) as __mmask16
        }
        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self(_mm512_set1_ps(x)) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self(_mm512_loadu_ps(from)) }
        }
        #[inline(always)]
        unsafe fn load_some(from: *const f32, mask: __mmask16) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self(_mm512_maskz_loadu_ps(mask, from)) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: promised by the caller.
            unsafe { _mm512_storeu_ps(to, self.0) }
        }
        #[inline(always)]
        unsafe fn store_some(self, to: *mut f32, mask: __mmask16) {
            // SAFETY: promised by the caller.
            unsafe { _mm512_mask_storeu_ps(to, mask, self.0) }
        }

        one_number!();

        x86_arithmetic! {
            add(b) = _mm512_add_ps;
            sub(b) = _mm512_sub_ps;
            mul(b) = _mm512_mul_ps;
            div(b) = _mm512_div_ps;
            mul_add(b, c) = _mm512_fmadd_ps;
            abs() = _mm512_abs_ps;
        }
        #[inline(always)]
        fn at_least(self, low: f32) -> Self {
            // SAFETY: there is a vector, so the CPU has the instructions. The second operand is the answer if it is NaN.
            unsafe { Self(_mm512_max_ps(_mm512_set1_ps(low), self.0)) }
        }
        #[inline(always)]
        fn at_most(self, high: f32) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm512_min_ps(_mm512_set1_ps(high), self.0)) }
        }
        #[inline(always)]
        fn power(self) -> Self {
            // SAFETY: as above.
            unsafe {
                let bits = _mm512_slli_epi32::<23>(_mm512_castps_si512(self.0));
                Self(_mm512_castsi512_ps(bits))
            }
        }
        #[inline(always)]
        fn copysign(self, sign: Self) -> Self {
            // SAFETY: as above. Of the table's bits: where the first is set the second, else the third.
            unsafe {
                let [size, sign] = [self, sign].map(|v| _mm512_castps_si512(v.0));
                let bits = _mm512_set1_epi32(i32::MAX);
                Self(_mm512_castsi512_ps(_mm512_ternarylogic_epi32::<0xca>(
                    bits, size, sign,
                )))
            }
        }
        #[inline(always)]
        fn sum(self) -> f32 {
            // SAFETY: there is a vector, so the CPU has the instructions.
            unsafe {
                let high = _mm512_extractf32x8_ps::<1>(self.0);
                Avx2(_mm256_add_ps(_mm512_castps512_ps256(self.0), high)).sum()
            }
        }
    }

    impl Vector for Avx2 {
        const LANES: usize = 8;
        const ROWS: usize = 3;
        const AT_ONCE: usize = 1;
        type Mask = __m256i;
        type Places = __m256i;

        #[inline(always)]
        unsafe fn places(of: impl Fn(usize) -> usize) -> __m256i {
            let mut places = [0; 8];
            for (i, place) in places.iter_mut().enumerate() {
                *place = of(i) as i32;
            }
            // SAFETY: promised by the caller; the array has eight lanes.
            unsafe { _mm256_loadu_si256(places.as_ptr().cast()) }
        }
        #[inline(always)]
        fn at(self, places: __m256i) -> Self {
            // SAFETY: there is a vector, so the CPU has the instructions.
            unsafe { Self(_mm256_permutevar8x32_ps(self.0, places)) }
        }

        #[inline(always)]
        unsafe fn mask(n: usize) -> __m256i {
            // SAFETY: promised by the caller.
            unsafe {
                let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
                _mm256_cmpgt_epi32(_mm256_set1_epi32(n.min(8) as i32), lanes)
            }
        }
        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self(_mm256_set1_ps(x)) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self(_mm256_loadu_ps(from)) }
        }
        #[inline(always)]
        unsafe fn load_some(from: *const f32, mask: __m256i) -> Self {
            // SAFETY: promised by the caller.
            unsafe { Self(_mm256_maskload_ps(from, mask)) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: promised by the caller.
            unsafe { _mm256_storeu_ps(to, self.0) }
        }
        #[inline(always)]
        unsafe fn store_some(self, to: *mut f32, mask: __m256i) {
            // SAFETY: promised by the caller.
            unsafe { _mm256_maskstore_ps(to, mask, self.0) }
        }

        one_number!();

        x86_arithmetic! {
            add(b) = _mm256_add_ps;
            sub(b) = _mm256_sub_ps;
            mul(b) = _mm256_mul_ps;
            div(b) = _mm256_div_ps;
            mul_add(b, c) = _mm256_fmadd_ps;
        }
        #[inline(always)]
        fn at_least(self, low: f32) -> Self {
            // SAFETY: there is a vector, so the CPU has the instructions. The second operand is the answer if it is NaN.
            unsafe { Self(_mm256_max_ps(_mm256_set1_ps(low), self.0)) }
        }
        #[inline(always)]
        fn at_most(self, high: f32) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_min_ps(_mm256_set1_ps(high), self.0)) }
        }
        #[inline(always)]
        fn power(self) -> Self {
            // SAFETY: as above.
            unsafe {
                let bits = _mm256_slli_epi32::<23>(_mm256_castps_si256(self.0));
                Self(_mm256_castsi256_ps(bits))
            }
        }
        #[inline(always)]
        fn abs(self) -> Self {
            // SAFETY: as above.
            unsafe { Self(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
        }
        #[inline(always)]
        fn copysign(self, sign: Self) -> Self {
            // SAFETY: as above.
            unsafe {
                let sign = _mm256_and_ps(_mm256_set1_ps(-0.0), sign.0);
                Self(_mm256_or_ps(self.abs().0, sign))
            }
        }
        #[inline(always)]
        fn sum(self) -> f32 {
            // SAFETY: there is a vector, so the CPU has the instructions.
            unsafe {
                let high = _mm256_extractf128_ps::<1>(self.0);
                let four = _mm_add_ps(_mm256_castps256_ps128(self.0), high);
                let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
                _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
            }
        }
    }
}
