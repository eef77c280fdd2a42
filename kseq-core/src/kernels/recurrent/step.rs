//! The kernel of a step, for each layer and each instruction set.

#![allow(unsafe_code)]

use super::between::{ResetBefore, Simple, Steps};
use super::cell::Cell;
use super::gru::Gru;
use super::lstm::Lstm;
use super::raw::{RawSequence, RawStep};
use super::tile;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::dispatch::Isa;
use crate::kernels::dispatch::isa;
use crate::kernels::vector::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::vector::{Avx2, Avx512};
#[cfg(target_arch = "aarch64")]
use crate::kernels::vector_neon::Neon;

/// A step of so many samples from one on.
pub type StepKernel = unsafe fn(&RawSequence, &RawStep, usize, usize);

/// That of this CPU, if it has fused multiply-add.
pub fn step_kernel(cell: Cell) -> Option<StepKernel> {
    macro_rules! of_cell {
        ($kernel:ident) => {
            Some(match cell {
                Cell::Lstm => $kernel::<Lstm>,
                Cell::Gru { reset_after: true } => $kernel::<Gru>,
                Cell::Gru { reset_after: false } => $kernel::<ResetBefore>,
                Cell::Simple => $kernel::<Simple>,
            })
        };
    }
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => of_cell!(avx512),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => of_cell!(avx2),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => of_cell!(neon),
        _ => None,
    }
}

macro_rules! in_registers {
    ($($gates:ident)*) => {$(
        impl Steps for $gates {
            #[inline(always)]
            unsafe fn step<V: Vector>(
                sequence: &RawSequence,
                now: &RawStep,
                first: usize,
                m: usize,
            ) {
                // SAFETY: promised by the caller.
                unsafe { tile::step::<V, $gates>(sequence, now, first, m) }
            }
        }
    )*};
}
in_registers!(Lstm Gru);

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512<S: Steps>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { S::step::<Avx512>(sequence, now, first, m) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<S: Steps>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { S::step::<Avx2>(sequence, now, first, m) }
}

#[cfg(target_arch = "aarch64")]
unsafe fn neon<S: Steps>(sequence: &RawSequence, now: &RawStep, first: usize, m: usize) {
    // SAFETY: promised by the caller.
    unsafe { S::step::<Neon>(sequence, now, first, m) }
}
