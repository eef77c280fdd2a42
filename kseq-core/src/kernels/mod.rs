//! The loops that take the time: matrix products and long vectors, for the CPU that the program finds itself on.
//!
//! Everything here is compiled once, in this crate, takes run-time sizes and allocates nothing. Results do not
//! depend on the number of threads, and for one [`Isa`] never on how the work was tiled.
//!
//! Shared by all: `cache` (the sizes that are assumed), [`dispatch`] (which instructions), `vector` (vectors as a trait; `vector_neon`),
//! `prefetch`. Above them the matrix product ([`gemm`](mod@gemm)), and on that convolutions ([`conv`]) and the steps of recurrent layers
//! (`recurrent`); [`elementwise`] are loops over long vectors. `walk` is what a microcontroller has for convolutions and poolings.

pub(crate) mod cache;
pub mod conv;
pub mod dispatch;
pub mod elementwise;
pub(crate) mod fpu;
pub mod gemm;
pub(crate) mod prefetch;
pub(crate) mod recurrent;
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]
mod vector;
#[cfg(target_arch = "aarch64")]
mod vector_neon;
pub(crate) mod walk;

#[cfg(test)]
mod draw;
#[cfg(all(test, feature = "std", unix))]
mod guarded;

pub use dispatch::{Isa, isa, simd};
pub use gemm::row::{self, row};
pub use gemm::{Mat, gemm};
pub use prefetch::Prefetch;
