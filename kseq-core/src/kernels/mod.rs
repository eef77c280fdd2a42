//! The loops that take the time: matrix products and long vectors, for the CPU that the program finds itself on.
//!
//! Everything here is compiled once, in this crate, takes run-time sizes and allocates nothing. Results do not
//! depend on the number of threads, and for one [`Isa`] never on how the work was tiled.

pub mod conv;
pub mod dispatch;
pub mod elementwise;
pub mod gemm;
mod gemm_big;
mod gemm_block;
mod gemm_drive;
mod gemm_far;
pub(crate) mod lstm;
mod patches;
pub mod row;
mod transpose;

#[cfg(target_arch = "x86_64")]
mod gemm_avx2;
#[cfg(target_arch = "x86_64")]
mod gemm_avx512;
#[cfg(target_arch = "aarch64")]
mod gemm_neon;
mod gemm_portable;
#[cfg(target_arch = "x86_64")]
mod transpose_x86;
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]
mod vector;

pub use dispatch::{Isa, isa, simd};
pub use gemm::{Mat, gemm};
pub use row::row;
