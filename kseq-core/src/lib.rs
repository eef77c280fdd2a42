//! core
#![no_std]

#[cfg(feature = "std")]
extern crate std;

pub mod kernels;
pub mod math;
pub mod pool;
