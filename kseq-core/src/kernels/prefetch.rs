//! Prefetching: lines of memory are requested while a kernel computes something else, a few at a time, so that
//! nobody waits for memory later. A hint only: no result depends on it.

#![allow(unsafe_code)]

use super::cache::LINE_FLOATS;
use super::dispatch::{Isa, isa};

/// Memory that is read soon, for a kernel to prefetch meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prefetch<'a> {
    /// The values that will be read.
    pub memory: &'a [f32],
    /// Whether they come from beyond all caches, where more requests at once would only stop the kernel.
    pub from_ram: bool,
}

impl Prefetch<'_> {
    /// Whether there is a kernel on this CPU that prefetches what it is given.
    pub(crate) fn is_used() -> bool {
        cfg!(target_arch = "x86_64") && isa() == Isa::Avx512
    }
}

/// Requests that a line of memory is brought into the second level cache.
#[inline(always)]
fn fetch(at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint; it may be any address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Terms that a tile adds between two requests.
pub(super) const TERMS_PER_PREFETCH: usize = 8;

/// What is prefetched while a tile is computed, some of it every [`TERMS_PER_PREFETCH`] terms: lines of two matrices.
pub(super) struct Prefetcher([(CacheLines, usize); 2]);

impl Prefetcher {
    /// Contiguous memory, at the pace at which it comes.
    pub fn new(prefetch: Prefetch<'_>) -> Self {
        let memory = prefetch.memory;
        let lines = CacheLines::new(memory.as_ptr(), 1, 0, memory.len());
        let pace = if prefetch.from_ram {
            TERMS_PER_PREFETCH
        } else {
            3 * TERMS_PER_PREFETCH
        };
        Prefetcher([(lines, pace), (CacheLines::NONE, 0)])
    }

    /// All these lines in so many steps.
    pub fn in_steps(lines: [CacheLines; 2], steps: usize) -> Self {
        Prefetcher(lines.map(|lines| {
            let some = lines.left.div_ceil(steps.max(1));
            (lines, some)
        }))
    }

    /// Whether anything is left.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub const fn is_pending(&self) -> bool {
        let Prefetcher([(first, _), (second, _)]) = self;
        first.left > 0 || second.left > 0
    }

    /// The lines of one step.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    #[inline(always)]
    pub fn step(&mut self) {
        for (lines, some) in &mut self.0 {
            lines.prefetch::<true>(*some);
        }
    }
}

/// The lines of the cache that a matrix with rows of `n` contiguous elements takes, to be prefetched one after the other.
pub(super) struct CacheLines {
    row: *const f32,
    rs: usize,
    n: usize,
    /// How many there are still, and where in its row the next one begins.
    left: usize,
    at: usize,
}

impl CacheLines {
    pub const NONE: Self = CacheLines {
        row: core::ptr::null(),
        rs: 0,
        n: 0,
        left: 0,
        at: 0,
    };

    pub fn new(row: *const f32, rows: usize, rs: usize, n: usize) -> Self {
        let left = rows * lines_of(n);
        CacheLines {
            row,
            rs,
            n,
            left,
            at: 0,
        }
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.left
    }

    /// The next lines, at most `some`.
    pub fn fetch(&mut self, some: usize) {
        self.prefetch::<false>(some);
    }

    /// With `PAGES` for rows on pages of their own: the first request to one may be lost while its address is looked up, so
    /// there is another one a row earlier.
    #[inline(always)]
    fn prefetch<const PAGES: bool>(&mut self, some: usize) {
        let some = some.min(self.left);
        self.left -= some;
        for _ in 0..some {
            fetch(self.row.wrapping_add(self.at));
            self.at += LINE_FLOATS;
            if self.at >= self.n {
                self.at = 0;
                self.row = self.row.wrapping_add(self.rs);
                if PAGES {
                    fetch(self.row.wrapping_add(self.rs));
                }
            }
        }
    }
}

/// The lines in a row of `n` elements that begins with one; of another row the last line is not prefetched.
pub(super) const fn lines_of(n: usize) -> usize {
    n.div_ceil(LINE_FLOATS)
}
