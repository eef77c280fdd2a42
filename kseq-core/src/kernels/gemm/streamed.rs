//! Products whose matrices come from memory, or from a cache that others use too: what is needed next is prefetched while
//! the tiles before are computed, and the smaller matrix is the one that is packed.

#![allow(unsafe_code)]

use super::micro_kernel::{MicroKernel, Transpose};
use super::product::{Product, even};
use crate::kernels::cache::{L1_FLOATS, L2_FLOATS, LAST_LEVEL_FLOATS};
use crate::kernels::prefetch::{CacheLines, Prefetcher, lines_of};
use core::mem::MaybeUninit;

/// Terms of a strip of B, and where tiles share copies of its panels.
const STRIP: usize = 64;
const SHARED_STRIP: usize = 128;

/// Sums that stay in the second level cache, beside what streams through it.
const RESIDENT_SUMS: usize = L2_FLOATS / 4;

/// Columns of a panel of the packed matrix.
const PACKED_COLUMNS: usize = 32;

/// Rows of C' that are written to C together: two lines of memory and a half, in whole tiles.
const TRANSPOSED_ROWS: usize = 36;

#[repr(C, align(64))]
struct Buffer<const N: usize>([MaybeUninit<f32>; N]);

impl<const N: usize> Buffer<N> {
    const NEW: Self = Buffer([MaybeUninit::uninit(); N]);

    fn at(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }
}

/// Elements of C that do not stay in the caches until they are needed.
const NONTEMPORAL: usize = LAST_LEVEL_FLOATS / 2;

/// Non-temporal stores are seen by other threads before what follows.
fn store_fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64.
    unsafe {
        core::arch::x86_64::_mm_sfence();
    }
}

impl MicroKernel {
    /// A large B is read once, in the order in which it is stored, as far as the sums stay in the cache: some columns of a few rows at a
    /// time.
    ///
    /// # Safety
    /// As for [`MicroKernel::run`]; rows of B are contiguous.
    pub(super) unsafe fn stream(&self, product: &Product) {
        let (mut i, rows) = (0, even(product.m, RESIDENT_SUMS / 128, self.mr));
        while i < product.m {
            let m = rows.min(product.m - i);
            let (mut j, columns) = (0, even(product.n, (RESIDENT_SUMS / m).min(1024), self.nr));
            while j < product.n {
                let n = columns.min(product.n - j);
                // SAFETY: a part of the product, which the caller promises to be valid.
                unsafe { self.strips(&product.rows(i, m).columns(j, n)) };
                j += n;
            }
            i += m;
        }
    }

    /// All strips of B, each prefetched while the one before is used.
    ///
    /// # Safety
    /// As for [`MicroKernel::stream`].
    unsafe fn strips(&self, product: &Product) {
        let Product { m, n, k, .. } = *product;
        let (row_tiles, column_tiles) = (m.div_ceil(self.mr), n.div_ceil(self.nr));
        let tiles = row_tiles * column_tiles;
        let shared = self
            .strip
            .filter(|_| product.is_regular() && m >= 2 * self.mr);
        let terms = if shared.is_some() {
            SHARED_STRIP
        } else {
            STRIP
        };
        let mut p = 0;
        while p < k {
            let some = terms.min(k - p);
            let next = terms.min(k - p - some);
            // SAFETY: a part of the product.
            let strip = unsafe { product.terms(p, some) };
            // The next strip, and if its rows are contiguous that of A, line by line.
            let b = product.b.wrapping_add((p + some) * product.brs);
            let a = product.a.wrapping_add((p + some) * product.acs);
            let b = CacheLines::new(b, next, product.brs, n);
            let a = CacheLines::new(a, if product.acs == 1 { m } else { 0 }, product.ars, next);
            if let Some(shared) = shared {
                let mut prefetcher = Prefetcher::in_steps([a, b], tiles);
                let prefetcher = &raw mut prefetcher;
                // SAFETY: a strip whose prefetcher nobody else uses.
                unsafe {
                    shared(&Product {
                        prefetcher,
                        ..strip
                    })
                };
                p += some;
                continue;
            }
            let (of_a, of_b) = (a.len().div_ceil(tiles), b.len().div_ceil(tiles));
            let (mut a, mut b) = (a, b);
            for j in (0..n).step_by(self.nr) {
                // SAFETY: columns of the strip.
                let panel = unsafe { strip.columns(j, self.nr.min(n - j)) };
                let mut i = 0;
                for tile in 0..row_tiles {
                    a.fetch(of_a);
                    b.fetch(of_b);
                    let end = (tile + 1) * m / row_tiles;
                    // SAFETY: rows of the panel.
                    unsafe { (self.panel)(&panel.rows(i, end - i)) };
                    i = end;
                }
            }
            p += some;
        }
    }

    /// Few terms whose rows of A', and maybe of B, alias (see [`MicroKernel::aliasing_stride`]):
    /// those of some rows of C are packed, and these rows computed to their ends.
    ///
    /// # Safety
    /// As for [`MicroKernel::run`]; `ars` is 1 and the product has one line.
    #[inline(never)] // Its copy is on the stack, and each page of it would be touched by products that need none.
    pub(super) unsafe fn outer(&self, product: &Product) {
        let mut copy = Buffer::<{ 2 * L1_FLOATS }>::NEW;
        let copy = copy.at();
        let Product { m, n, k, .. } = *product;
        let most = 2 * L1_FLOATS / k;
        let rows = even(m, (most - most % self.mr).min(self.mc), self.mr);
        let pack = product.bcs != 1 || product.brs >= self.aliasing_stride;
        let lines = product.c.addr().is_multiple_of(64)
            && product.ldc.is_multiple_of(16)
            && n.is_multiple_of(16);
        let nontemporal = lines && !product.accumulate && m * n >= NONTEMPORAL;
        let mut i = 0;
        while i < m {
            let some = rows.min(m - i);
            // SAFETY: a part of the product, whose terms fit into the copy.
            unsafe {
                let mut strip = product.rows(i, some);
                strip.nontemporal = nontemporal;
                for p in 0..k {
                    let from = strip.a.add(p * strip.acs);
                    from.copy_to_nonoverlapping(copy.add(p * rows), some);
                }
                (strip.a, strip.acs) = (copy, rows);
                let mut j = 0;
                while j < n {
                    let width = (self.width)(some, n - j);
                    let panel = strip.columns(j, width);
                    if pack {
                        (self.packed)(&panel);
                    } else {
                        (self.panel)(&panel);
                    }
                    j += width;
                }
            }
            i += some;
        }
        if nontemporal {
            store_fence();
        }
    }

    /// C' = B' A' for a B whose columns are contiguous and many more than the rows of A: those are then packed, not B, and
    /// tiles of C' written to C.
    ///
    /// # Safety
    /// As for [`MicroKernel::run`]; `acs` and `brs` are 1, the product has one line and no bias, and `transpose` is the kernel's.
    #[inline(never)] // Its copy is on the stack, and each page of it would be touched by products that need none.
    pub(super) unsafe fn transposed(&self, product: &Product, transpose: Transpose) {
        let mut copy = Buffer::<L1_FLOATS>::NEW;
        let mut tile = Buffer::<{ TRANSPOSED_ROWS * PACKED_COLUMNS }>::NEW;
        let (copy, tile) = (copy.at(), tile.at());
        let mut i = 0;
        while i < product.m {
            let m = PACKED_COLUMNS.min(product.m - i);
            let mut p = 0;
            while p < product.k {
                let k = (L1_FLOATS / PACKED_COLUMNS).min(product.k - p);
                // SAFETY: a part of the product; `k` rows of `PACKED_COLUMNS` elements fit into the copy.
                unsafe {
                    let part = product.rows(i, m).terms(p, k);
                    transpose([m, k], part.a, part.ars, copy, PACKED_COLUMNS);
                    self.transposed_panel(&part, copy, tile, transpose);
                }
                p += k;
            }
            i += m;
        }
    }

    /// All columns of some rows: the rows of A are the columns of `copy`.
    ///
    /// # Safety
    /// As for [`MicroKernel::transposed`]; the copy holds A', with rows of `PACKED_COLUMNS` elements, and `tile` has room for `TRANSPOSED_ROWS` of them.
    unsafe fn transposed_panel(
        &self,
        product: &Product,
        copy: *const f32,
        tile: *mut f32,
        transpose: Transpose,
    ) {
        let Product {
            m, n, k, c, ldc, ..
        } = *product;
        let mut j = 0;
        while j < n {
            let rows = TRANSPOSED_ROWS.min(n - j);
            let transposed = Product {
                m: rows,
                n: m,
                a: product.b.wrapping_add(j * product.bcs),
                ars: product.bcs,
                acs: 1,
                b: copy,
                brs: PACKED_COLUMNS,
                bcs: 1,
                c: tile,
                ldc: PACKED_COLUMNS,
                ..*product
            };
            let c = c.wrapping_add(j);
            // The rows of B' after these, and where their sums will be written.
            let after = transposed.a.wrapping_add(rows * product.bcs);
            let mut b = CacheLines::new(after, rows, product.bcs, k);
            CacheLines::new(c.wrapping_add(rows), m, ldc, rows).fetch(usize::MAX);
            // SAFETY: elements of C, and their places in the tile, which the panel reads if the sums start there.
            unsafe {
                if product.accumulate {
                    transpose([m, rows], c, ldc, tile, PACKED_COLUMNS);
                }
                let mut i = 0;
                while i < rows {
                    let some = self.mr.min(rows - i);
                    b.fetch(some * lines_of(k));
                    (self.panel)(&transposed.rows(i, some));
                    i += some;
                }
                transpose([rows, m], tile, PACKED_COLUMNS, c, ldc);
            }
            j += rows;
        }
    }
}
