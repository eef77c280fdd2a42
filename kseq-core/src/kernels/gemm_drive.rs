//! How a product is cut: over threads, and into pieces that stay in the caches, for the micro-kernels of an instruction set.

#![allow(unsafe_code)]

use super::dispatch::Isa;
use super::gemm_block::Block;
use super::gemm_portable;
use crate::pool::Pool;

/// The micro-kernels of one instruction set.
pub(super) struct Family {
    /// Rows of a full tile.
    pub mr: usize,
    /// Columns of a full tile.
    pub nr: usize,
    /// Rows per pass over all panels of B.
    pub mc: usize,
    /// Rows of B this far apart are better copied.
    pub far: usize,
    /// How many of `n` columns a panel for `m` rows takes: few rows want wide panels.
    pub width: fn(m: usize, n: usize) -> usize,
    /// Computes a panel: any number of rows and lines, `n` as given by `width`, `bcs` = 1.
    ///
    /// # Safety
    /// The matrices are valid for the sizes of the block, and the CPU has the instructions.
    pub panel: unsafe fn(&Block),
    /// As `panel`, for one line and any strides of B: copies it to the stack first.
    ///
    /// # Safety
    /// As `panel`.
    pub packed: unsafe fn(&Block),
    /// A fast transposition, if there is one.
    pub transpose: Option<Transpose>,
}

/// Writes the columns of a matrix with so many rows and columns as rows: its first element, from row to row, and the
/// same for where they are written.
pub(super) type Transpose = unsafe fn([usize; 2], *const f32, usize, *mut f32, usize);

/// Multiply-adds of the smallest task; less than two of them (some 15 us) stay on one thread, since another one may sleep.
const SERIAL: usize = 1 << 20;

/// Elements of a matrix that takes its way from memory, or from a last level cache that others use too.
const STREAM: usize = 1 << 20;

impl Family {
    pub(super) fn of(isa: Isa) -> &'static Family {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &super::gemm_avx512::FAMILY,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &super::gemm_avx2::FAMILY,
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => &super::gemm_neon::FAMILY,
            _ => &gemm_portable::FAMILY,
        }
    }

    /// Cuts C into a grid of whole tiles, one task each, and computes them on the threads of the pool.
    ///
    /// # Safety
    /// All elements of the matrices of `block` can be accessed, nobody else accesses C, its rows do not overlap,
    /// and the CPU has the instructions of this family.
    pub(super) unsafe fn run(&self, block: &Block, pool: &Pool) {
        let threads = pool.threads();
        // A narrow tile takes as long as a full one.
        let n = block.n.next_multiple_of(self.nr);
        let work = block.m.saturating_mul(n).saturating_mul(block.k);
        if threads == 1 || work < 2 * SERIAL {
            // SAFETY: promised by the caller.
            return unsafe { self.serial(block) };
        }
        // Twice as many tasks as threads, in case one of them is late.
        let tasks = (2 * threads).min(work / SERIAL);
        let (row_tiles, column_tiles) = (block.m.div_ceil(self.mr), block.n.div_ceil(self.nr));
        // Columns first where B has to be packed, so that no panel is packed twice.
        let (gm, gn) = if block.bcs == 1 && block.m >= block.n {
            let gm = tasks.min(row_tiles);
            (gm, (tasks / gm).clamp(1, column_tiles))
        } else {
            let gn = tasks.min(column_tiles);
            ((tasks / gn).clamp(1, row_tiles), gn)
        };
        pool.for_each(gm * gn, 1, |task| {
            let (i, m) = part(task / gn, gm, row_tiles, self.mr, block.m);
            let (j, n) = part(task % gn, gn, column_tiles, self.nr, block.n);
            // SAFETY: promised by the caller; `part` gives every task rows and columns of its own.
            unsafe { self.serial(&block.rows(i, m).columns(j, n)) }
        });
    }

    /// Computes a block on this thread.
    ///
    /// # Safety
    /// As for [`Family::run`].
    unsafe fn serial(&self, block: &Block) {
        // Rows of B far apart share the same few places of the caches. Copied they do not, which pays if it is used often.
        let far_apart = block.brs >= self.far && block.k >= 64 && block.m * self.nr >= 1024;
        let direct = block.bcs == 1 && !far_apart || block.n == 1;
        if block.brs == 1
            && block.bcs >= self.far.min(1024)
            && block.m >= 16
            && block.ars != 1
            && block.k > 128
            && block.n >= 4 * self.nr
            && block.k * block.n >= 2 * STREAM
        {
            // SAFETY: promised by the caller.
            return unsafe { self.big(block) };
        }
        if block.bcs == 1 && block.k * block.n >= STREAM {
            // SAFETY: promised by the caller.
            return unsafe { self.stream(block) };
        }
        if let Some(transpose) = self.transpose
            && (block.acs, block.brs, block.bias.is_null()) == (1, 1, true)
            && block.m >= 16
            && block.k * block.n >= 2 * STREAM
        {
            // SAFETY: as above.
            return unsafe { self.flipped(block, transpose) };
        }
        if block.ars == 1
            && block.acs >= 1024
            && block.k <= 128
            && block.n >= 4 * self.nr
            && block.m >= 4 * self.mr
        {
            // SAFETY: as above.
            return unsafe { self.outer(block) };
        }
        let mc = if direct { self.mc } else { 8 * self.mc };
        // A copy of fewer columns has room for all terms of a narrow block, which must not be cut.
        let most = if block.narrow && !direct {
            self.nr
        } else {
            block.n
        };
        let (mut i, rows) = (0, even(block.m, mc, self.mr));
        while i < block.m {
            let m = rows.min(block.m - i);
            let (mut p, terms) = (0, even(block.k, 512, 1));
            while p < block.k {
                let k = terms.min(block.k - p);
                // SAFETY: a part of the block, which the caller promises to be valid.
                let strip = unsafe { block.rows(i, m).terms(p, k) };
                let mut j = 0;
                while j < block.n {
                    let n = (self.width)(m, most.min(block.n - j));
                    // SAFETY: as above.
                    unsafe {
                        let panel = strip.columns(j, n);
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
}

/// The length of equal parts of `n`, of at most `limit` but for rounding up to a multiple of `unit`.
pub(super) fn even(n: usize, limit: usize, unit: usize) -> usize {
    // At least one part: a division that cannot panic.
    n.div_ceil(n.div_ceil(limit).max(1)).next_multiple_of(unit)
}

/// The first element and the length of part `index` of `parts` of `n` elements, in whole tiles.
fn part(index: usize, parts: usize, tiles: usize, tile: usize, n: usize) -> (usize, usize) {
    let first = index * tiles / parts * tile;
    let end = ((index + 1) * tiles / parts * tile).min(n);
    (first, end - first)
}
