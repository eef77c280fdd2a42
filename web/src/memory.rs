//! Memory that JavaScript reads and writes. Atomics say so without `unsafe`; in WebAssembly they are loads and stores.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// So many `f32`s, by their bits.
pub type Floats<const N: usize> = [AtomicU32; N];

/// All of them zero.
pub const fn zeros<const N: usize>() -> Floats<N> {
    [const { AtomicU32::new(0) }; N]
}

/// Writes as many values as there are of both.
pub fn write(to: &[AtomicU32], from: &[f32]) {
    for (to, from) in to.iter().zip(from) {
        to.store(from.to_bits(), Relaxed);
    }
}
