//! The micro-kernels by instruction set.

use super::micro_kernel::MicroKernel;
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx512, shared_avx2};
use crate::kernels::dispatch::Isa;

pub(in crate::kernels) fn micro_kernel(isa: Isa) -> &'static MicroKernel {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => &avx512::KERNEL,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => &shared_avx2::KERNEL,
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => &neon::KERNEL,
        _ => &portable::KERNEL,
    }
}
