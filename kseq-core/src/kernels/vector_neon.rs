//! The vectors of NEON: see `vector`.

#![allow(unsafe_code)]

use super::vector::Vector;
use core::arch::aarch64::*;

/// The first `n` lanes, at most four, from memory; zeros in the others. (Copied by a length that is not a constant they would take a
/// call.)
///
/// # Safety
/// They may be read.
#[inline(always)]
pub(super) unsafe fn load_first(from: *const f32, n: usize) -> float32x4_t {
    // SAFETY: promised by the caller; every aarch64 CPU that Rust compiles floats for has NEON.
    unsafe {
        let two = || vcombine_f32(vld1_f32(from), vdup_n_f32(0.0));
        match n {
            0 => vdupq_n_f32(0.0),
            1 => vld1q_lane_f32::<0>(from, vdupq_n_f32(0.0)),
            2 => two(),
            3 => vld1q_lane_f32::<2>(from.add(2), two()),
            _ => vld1q_f32(from),
        }
    }
}

/// Writes the first `n` lanes, at most four.
///
/// # Safety
/// They may be written.
#[inline(always)]
pub(super) unsafe fn store_first(x: float32x4_t, to: *mut f32, n: usize) {
    // SAFETY: as above.
    unsafe {
        match n {
            0 => {}
            1 => vst1q_lane_f32::<0>(to, x),
            2 => vst1_f32(to, vget_low_f32(x)),
            3 => {
                vst1_f32(to, vget_low_f32(x));
                vst1q_lane_f32::<2>(to.add(2), x);
            }
            _ => vst1q_f32(to, x),
        }
    }
}

/// Four lanes of NEON.
#[derive(Clone, Copy)]
pub(super) struct Neon(float32x4_t);

macro_rules! arithmetic {
    ($($name:ident($($b:ident),*) = $intrinsic:ident;)*) => {$(
        #[inline(always)]
        fn $name(self $(, $b: Self)*) -> Self {
            // SAFETY: there is a vector, so the CPU has the instructions.
            unsafe { Self($intrinsic(self.0 $(, $b.0)*)) }
        }
    )*};
}

impl Vector for Neon {
    const LANES: usize = 4;
    const ROWS: usize = 6;
    const AT_ONCE: usize = 4;
    /// How many.
    type Mask = usize;
    type Places = [usize; 4];

    #[inline(always)]
    unsafe fn places(of: impl Fn(usize) -> usize) -> [usize; 4] {
        core::array::from_fn(of)
    }
    #[inline(always)]
    fn at(self, places: [usize; 4]) -> Self {
        let mut lanes = [0.0; 4];
        // SAFETY: there is a vector, so the CPU has the instructions; the arrays have four lanes.
        unsafe {
            vst1q_f32(lanes.as_mut_ptr(), self.0);
            let lanes = places.map(|place| lanes[place % 4]);
            Self(vld1q_f32(lanes.as_ptr()))
        }
    }

    #[inline(always)]
    unsafe fn mask(n: usize) -> usize {
        n.min(4)
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Self(vdupq_n_f32(x)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Self(vld1q_f32(from)) }
    }
    #[inline(always)]
    unsafe fn load_some(from: *const f32, mask: usize) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Self(load_first(from, mask)) }
    }
    #[inline(always)]
    unsafe fn numbers(from: *const f32) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Self::load(from) }
    }
    #[inline(always)]
    fn number_mul_add<const I: usize>(numbers: Self, b: Self, c: Self) -> Self {
        // SAFETY: there is a vector, so the CPU has the instructions.
        unsafe {
            Self(match I {
                0 => vfmaq_laneq_f32::<0>(c.0, b.0, numbers.0),
                1 => vfmaq_laneq_f32::<1>(c.0, b.0, numbers.0),
                2 => vfmaq_laneq_f32::<2>(c.0, b.0, numbers.0),
                _ => vfmaq_laneq_f32::<3>(c.0, b.0, numbers.0),
            })
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe { vst1q_f32(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_some(self, to: *mut f32, mask: usize) {
        // SAFETY: promised by the caller.
        unsafe { store_first(self.0, to, mask) }
    }

    arithmetic! {
        add(b) = vaddq_f32;
        sub(b) = vsubq_f32;
        mul(b) = vmulq_f32;
        div(b) = vdivq_f32;
        abs() = vabsq_f32;
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: there is a vector, so the CPU has the instructions.
        unsafe { Self(vfmaq_f32(c.0, self.0, b.0)) }
    }
    #[inline(always)]
    fn at_least(self, low: f32) -> Self {
        // SAFETY: as above. NaN stays NaN.
        unsafe { Self(vmaxq_f32(self.0, vdupq_n_f32(low))) }
    }
    #[inline(always)]
    fn at_most(self, high: f32) -> Self {
        // SAFETY: as above.
        unsafe { Self(vminq_f32(self.0, vdupq_n_f32(high))) }
    }
    #[inline(always)]
    fn power(self) -> Self {
        // SAFETY: as above.
        unsafe {
            Self(vreinterpretq_f32_u32(vshlq_n_u32::<23>(
                vreinterpretq_u32_f32(self.0),
            )))
        }
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        // SAFETY: as above.
        unsafe { Self(vbslq_f32(vdupq_n_u32(1 << 31), sign.0, self.0)) }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: there is a vector, so the CPU has the instructions.
        unsafe { vaddvq_f32(self.0) }
    }
}
