//! Matrix products of `f32`.
//!
//! One micro-kernel per [`Isa`](super::Isa) computes a tile of C: the sums stay in registers while it walks down a panel of B
//! and reads A through strides, mostly in place. B is read in place when its rows are contiguous, otherwise
//! (a transposed matrix) it is packed panel by panel into a buffer on the stack. Nothing is allocated.
//!
//! Every element of C is one chain of multiply-adds, from 0 (or from C) with k ascending; in narrow products (at most 16
//! columns and 128 terms) it is four, of the even and the odd terms of each half, since a single sample waits for nothing
//! but the chain. How C is cut into tiles, blocks and tasks cannot be seen in the result: the bits are the same for any
//! number of threads and for a row computed alone, and AVX2 and AVX-512 agree (NEON and [`Isa::Portable`](super::Isa::Portable),
//! which does not fuse, have one chain always).
//!
//! From the bottom up: `epilogue`, `then` and `product` (a product as pointers, to be cut in any direction), `micro_kernel` (what an
//! instruction set offers), one file for each instruction set with `packing_x86` and `shared_avx2`, `select` (which of them is taken),
//! `streamed` and `interleaved` (matrices that come from memory), `blocking` (how a product is cut for caches and threads),
//! `multiply` (what is called). Beside them `row`, a single row times a matrix, and `transpose`. `device` is all of it on a
//! microcontroller.

mod blocking;
pub(crate) mod device;
mod epilogue;
mod interleaved;
mod matrix;
mod micro_kernel;
mod multiply;
mod portable;
mod product;
pub mod row;
mod select;
mod streamed;
mod then;
mod transpose;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod long_row;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod packing_x86;
#[cfg(target_arch = "x86_64")]
mod shared_avx2;

pub use epilogue::Epilogue;
pub use matrix::Mat;
pub use multiply::{gemm, gemm_with_epilogue, gemm_with_isa};
pub use then::{Normalised, Then};

#[cfg(target_arch = "x86_64")]
pub(super) use packing_x86::transpose_8x8;
pub(super) use product::{LONG_LINE, Product, Repeats};
pub(super) use select::micro_kernel;
pub(super) use then::ThenAt;
pub(super) use transpose::transpose;

#[cfg(all(test, feature = "std"))]
mod tests;
