//! Cache blocking: how a product is cut over threads, and into pieces that stay in the caches.

#![allow(unsafe_code)]

use super::micro_kernel::MicroKernel;
use super::product::{Product, even};
use crate::kernels::cache::LAST_LEVEL_FLOATS;
use crate::kernels::prefetch::{CacheLines, Prefetcher, TERMS_PER_PREFETCH};
use crate::pool::{Pool, alone_below};

/// Multiply-adds of the smallest task; less than two of them (some 15 us) stay on one thread: what the other one writes has to
/// come from its cache.
const GEMM_TASK_MACS: usize = alone_below(1 << 20);

/// Elements of a matrix that takes its way from memory, or from a last level cache that others use too.
const STREAM: usize = LAST_LEVEL_FLOATS / 4;

impl MicroKernel {
    /// Cuts C into a grid of whole tiles, one task each, and computes them on the threads of the pool.
    ///
    /// # Safety
    /// All elements of the matrices of `product` can be accessed, nobody else accesses C, its rows do not overlap,
    /// and the CPU has the instructions of this kernel.
    pub(in crate::kernels) unsafe fn run(&self, product: &Product, pool: &Pool) {
        let threads = pool.threads();
        // A narrow tile takes as long as a full one.
        let n = product.n.next_multiple_of(self.nr);
        let work = product.m.saturating_mul(n).saturating_mul(product.k);
        if threads == 1 || work < 2 * GEMM_TASK_MACS {
            // SAFETY: promised by the caller.
            return unsafe { self.serial(product) };
        }
        // Twice as many tasks as threads, in case one of them is late.
        let tasks = (2 * threads).min(work / GEMM_TASK_MACS);
        let (row_tiles, column_tiles) = (product.m.div_ceil(self.mr), product.n.div_ceil(self.nr));
        // Columns first where B has to be packed, so that no panel is packed twice.
        let (gm, gn) = if product.bcs == 1 && product.m >= product.n {
            let gm = tasks.min(row_tiles);
            (gm, (tasks / gm).clamp(1, column_tiles))
        } else {
            let gn = tasks.min(column_tiles);
            ((tasks / gn).clamp(1, row_tiles), gn)
        };
        pool.for_each(gm * gn, 1, |task| {
            let (i, m) = part(task / gn, gm, row_tiles, self.mr, product.m);
            let (j, n) = part(task % gn, gn, column_tiles, self.nr, product.n);
            // SAFETY: promised by the caller; `part` gives every task rows and columns of its own.
            unsafe { self.serial(&product.rows(i, m).columns(j, n)) }
        });
    }

    /// Computes a product on this thread.
    ///
    /// # Safety
    /// As for [`MicroKernel::run`].
    unsafe fn serial(&self, product: &Product) {
        // Tiles that share a panel copy it while the first of them computes.
        let share = self
            .strip
            .filter(|_| product.is_regular() && !product.narrow && product.n >= self.nr);
        // Rows of B that alias are packed, which pays if they are used often: those that are half as
        // far apart, and take twice as many sets of the cache, only if they are used more often still. What tiles share pays soon.
        let (stride, uses) = match share {
            Some(_) => (self.aliasing_stride / 2, 4 * self.mr * self.nr),
            None => (self.aliasing_stride, 1024),
        };
        let all = product.m * self.nr;
        let aliases = product.k >= 64
            && (product.brs >= stride && all >= uses
                || product.brs >= (self.aliasing_stride / 2).max(256) && all >= 8192);
        let direct = product.bcs == 1 && !aliases || product.n == 1;
        // Many rows of C use a B that comes from memory so often that it need not be read in order.
        let shared = share.filter(|_| {
            let far = product.k * product.n >= STREAM && product.m >= 64;
            product.bcs == 1 && (aliases || far) || product.brs == 1
        });
        if product.brs == 1
            && product.bcs >= self.aliasing_stride.min(1024)
            && product.m >= 16
            && product.ars != 1
            && product.k > 128
            && product.n >= 4 * self.nr
            && product.k * product.n >= 2 * STREAM
        {
            // SAFETY: promised by the caller.
            return unsafe { self.interleaved(product) };
        }
        if product.bcs == 1
            && product.k * product.n >= STREAM
            && !(shared.is_some() && product.m >= 64)
        {
            // SAFETY: promised by the caller.
            return unsafe { self.stream(product) };
        }
        if let Some(transpose) = self.transpose
            && (product.acs, product.brs, product.bias.is_null()) == (1, 1, true)
            && product.m >= 16
            && product.k * product.n >= 2 * STREAM
        {
            // SAFETY: as above.
            return unsafe { self.transposed(product, transpose) };
        }
        if product.ars == 1
            && product.acs >= 1024
            && product.k <= 128
            && product.n >= 4 * self.nr
            && product.m >= 4 * self.mr
        {
            // SAFETY: as above.
            return unsafe { self.outer(product) };
        }
        let mc = if direct { self.mc } else { 8 * self.mc };
        // A copy of fewer columns has room for all terms of a narrow product, which must not be cut.
        let most = if product.narrow && !direct {
            self.nr
        } else {
            product.n
        };
        let (mut i, rows) = (0, even(product.m, mc, self.mr));
        while i < product.m {
            let m = rows.min(product.m - i);
            let (mut p, terms) = (0, even(product.k, 512, 1));
            while p < product.k {
                let k = terms.min(product.k - p);
                // SAFETY: a part of the product, which the caller promises to be valid.
                let strip = unsafe { product.rows(i, m).terms(p, k) };
                if let Some(shared) = shared.filter(|_| m >= 2 * self.mr) {
                    // SAFETY: a part of the product whose A, B and size are what such a kernel wants.
                    unsafe { shared(&strip) };
                    p += k;
                    continue;
                }
                let mut j = 0;
                while j < product.n {
                    let n = (self.width)(m, most.min(product.n - j));
                    let left = product.n - j - n;
                    let mut ahead = self.ahead(&strip, j + n, n.min(left), direct && n == self.nr);
                    // SAFETY: as above; the prefetcher outlives the panel.
                    unsafe {
                        let mut panel = strip.columns(j, n);
                        if let Some(ahead) = &mut ahead {
                            panel.prefetcher = ahead;
                        }
                        if direct {
                            (self.panel)(&panel)
                        } else {
                            (self.packed)(&panel)
                        }
                    }
                    j += n;
                }
                p += k;
            }
            i += m;
        }
    }

    /// What a panel prefetches: the next `n` columns of B, from `j` on, whose rows lie apart, so that no CPU guesses where. Few terms
    /// or rows of C leave no time for it.
    fn ahead(&self, strip: &Product, j: usize, n: usize, wanted: bool) -> Option<Prefetcher> {
        if !wanted || !self.prefetches || n == 0 || strip.k < 64 || strip.m < 2 * self.mr {
            return None;
        }
        let next = CacheLines::new(strip.b.wrapping_add(j), strip.k, strip.brs, n);
        let steps = strip.m.div_ceil(self.mr) * (strip.k / TERMS_PER_PREFETCH);
        Some(Prefetcher::in_steps([next, CacheLines::NONE], steps))
    }
}

/// The first element and the length of part `index` of `parts` of `n` elements, in whole tiles.
fn part(index: usize, parts: usize, tiles: usize, tile: usize, n: usize) -> (usize, usize) {
    let first = index * tiles / parts * tile;
    let end = ((index + 1) * tiles / parts * tile).min(n);
    (first, end - first)
}
