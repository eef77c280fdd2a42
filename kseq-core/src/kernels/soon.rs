//! Memory that is needed soon, asked for while something else is computed.
//!
//! The sums of a convolution stay in registers and the caches, and the way from the last level cache lies idle; the rows
//! of the dense layer behind it do nothing but wait for theirs. A [`Soon`] lets the tiles of the one ask for the other's.

use core::sync::atomic::{AtomicPtr, Ordering};

use super::dispatch::{Isa, isa};

/// What is still to be asked for. (Atomic only to be shared: whoever reads an old place asks twice.)
pub(super) struct Soon {
    next: AtomicPtr<f32>,
    end: *mut f32,
    /// From one place that is asked for with a term of a tile to the next, of three: a cache line, or nothing.
    pub(super) spread: usize,
}

// SAFETY: the pointers are never read through: a prefetch may be of any address.
#[allow(unsafe_code)]
unsafe impl Sync for Soon {}

impl Soon {
    /// `far` is what comes from beyond all caches, and more slowly: too many questions would stop the tiles.
    pub(super) const fn new(memory: &[f32], far: bool) -> Self {
        let all = memory.as_ptr().cast_mut();
        Soon {
            next: AtomicPtr::new(all),
            end: all.wrapping_add(memory.len()),
            spread: if far { 0 } else { 16 },
        }
    }

    /// Where to go on, if anything is left.
    pub(super) fn next(&self) -> Option<*const f32> {
        let next = self.next.load(Ordering::Relaxed);
        (next < self.end).then_some(next.cast_const())
    }

    pub(super) fn go_on(&self, next: *const f32) {
        self.next.store(next.cast_mut(), Ordering::Relaxed);
    }
}

/// Whether the kernels ask for anything, so that it pays to give them something.
pub(crate) fn asks() -> bool {
    cfg!(target_arch = "x86_64") && isa() == Isa::Avx512
}
