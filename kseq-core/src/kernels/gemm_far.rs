//! Products whose matrices come from far: what is to come is asked for while the tiles before are computed, and the
//! smaller matrix is the one that is copied.

#![allow(unsafe_code)]

use super::gemm_block::Block;
use super::gemm_drive::{Family, Transpose, even};
use core::mem::MaybeUninit;

/// Terms of a strip of B.
const STRIP: usize = 64;

/// Sums that stay in the second cache.
const SUMS: usize = 1 << 16;

/// Elements of a copy on the stack, an L1 cache at most.
const FLOATS: usize = 8 * 1024;

/// Columns of a panel of the copy.
const WIDE: usize = 32;

/// Rows of C' that are written to C together: two lines of memory and a half, in whole tiles.
const ROWS: usize = 36;

#[repr(C, align(64))]
struct Buffer<const N: usize>([MaybeUninit<f32>; N]);

impl<const N: usize> Buffer<N> {
    const NEW: Self = Buffer([MaybeUninit::uninit(); N]);

    fn at(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }
}

/// Elements of C that do not stay in the caches until they are needed.
const PAST: usize = 1 << 21;

/// Stores past the caches are seen by other threads before what follows.
fn written() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64.
    unsafe {
        core::arch::x86_64::_mm_sfence();
    }
}

/// Asks for a line of memory to be brought nearer.
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

/// Lines of 16 elements in a row of `n` that begins with one; of another the last one is not asked for.
const fn lines(n: usize) -> usize {
    n.div_ceil(16)
}

/// Terms that a tile adds between two requests.
pub(super) const STEP: usize = 8;

/// What is asked for while a tile is computed, some of it every [`STEP`] terms: lines of two matrices.
pub(super) struct Ahead([(Lines, usize); 2]);

impl Ahead {
    /// Contiguous memory, at the pace at which it comes: from the last level cache, or from beyond it (`far`), where more
    /// requests would only stop the tiles.
    pub fn memory(memory: &[f32], far: bool) -> Self {
        let lines = Lines::new(memory.as_ptr(), 1, 0, memory.len());
        let pace = if far { STEP } else { 3 * STEP };
        Ahead([(lines, pace), (Lines::NONE, 0)])
    }

    /// Whether anything is left.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub const fn asks(&self) -> bool {
        let Ahead([(first, _), (second, _)]) = self;
        first.left > 0 || second.left > 0
    }

    /// All these lines in so many steps.
    pub fn new(lines: [Lines; 2], steps: usize) -> Self {
        Ahead(lines.map(|lines| {
            let some = lines.left.div_ceil(steps.max(1));
            (lines, some)
        }))
    }

    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    #[inline(always)]
    pub fn fetch(&mut self) {
        for (lines, some) in &mut self.0 {
            lines.ask::<true>(*some);
        }
    }
}

/// The lines of a matrix with rows of `n` contiguous elements, to be asked for one after the other.
pub(super) struct Lines {
    row: *const f32,
    rs: usize,
    n: usize,
    /// How many there are still, and where in its row the next one begins.
    left: usize,
    at: usize,
}

impl Lines {
    pub const NONE: Self = Lines {
        row: core::ptr::null(),
        rs: 0,
        n: 0,
        left: 0,
        at: 0,
    };

    pub fn new(row: *const f32, rows: usize, rs: usize, n: usize) -> Self {
        let left = rows * lines(n);
        Lines {
            row,
            rs,
            n,
            left,
            at: 0,
        }
    }

    fn fetch(&mut self, some: usize) {
        self.ask::<false>(some);
    }

    /// With `PAGES` for rows on pages of their own: the first request to one may be lost while its address is looked up, so
    /// there is another one a row earlier.
    #[inline(always)]
    fn ask<const PAGES: bool>(&mut self, some: usize) {
        let some = some.min(self.left);
        self.left -= some;
        for _ in 0..some {
            fetch(self.row.wrapping_add(self.at));
            self.at += 16;
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

impl Family {
    /// A large B is read once, in the order in which it is stored, as far as sums stay near: some columns of a few rows at a
    /// time.
    ///
    /// # Safety
    /// As for [`Family::run`]; rows of B are contiguous.
    pub(super) unsafe fn stream(&self, block: &Block) {
        let (mut i, rows) = (0, even(block.m, SUMS / 128, self.mr));
        while i < block.m {
            let m = rows.min(block.m - i);
            let (mut j, columns) = (0, even(block.n, (SUMS / m).min(1024), self.nr));
            while j < block.n {
                let n = columns.min(block.n - j);
                // SAFETY: a part of the block, which the caller promises to be valid.
                unsafe { self.strips(&block.rows(i, m).columns(j, n)) };
                j += n;
            }
            i += m;
        }
    }

    /// All strips of B, each asked for while the one before is used.
    ///
    /// # Safety
    /// As for [`Family::stream`].
    unsafe fn strips(&self, block: &Block) {
        let Block { m, n, k, .. } = *block;
        let (row_tiles, column_tiles) = (m.div_ceil(self.mr), n.div_ceil(self.nr));
        let tiles = row_tiles * column_tiles;
        let mut p = 0;
        while p < k {
            let some = STRIP.min(k - p);
            let next = STRIP.min(k - p - some);
            // SAFETY: a part of the block.
            let strip = unsafe { block.terms(p, some) };
            // The next strip, and if its rows are contiguous that of A, line by line.
            let b = block.b.wrapping_add((p + some) * block.brs);
            let a = block.a.wrapping_add((p + some) * block.acs);
            let mut b = Lines::new(b, next, block.brs, n);
            let mut a = Lines::new(a, if block.acs == 1 { m } else { 0 }, block.ars, next);
            let (of_a, of_b) = (a.left.div_ceil(tiles), b.left.div_ceil(tiles));
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

    /// Few terms whose rows of A', and maybe of B, lie far apart, where they would share the same few places of the caches:
    /// those of some rows of C are copied, and these rows computed to their ends.
    ///
    /// # Safety
    /// As for [`Family::run`]; `ars` is 1 and the block has one line.
    pub(super) unsafe fn outer(&self, block: &Block) {
        let mut copy = Buffer::<{ 2 * FLOATS }>::NEW;
        let copy = copy.at();
        let Block { m, n, k, .. } = *block;
        let most = 2 * FLOATS / k;
        let rows = even(m, (most - most % self.mr).min(self.mc), self.mr);
        let far = block.bcs != 1 || block.brs >= self.far;
        let lines = block.c.addr().is_multiple_of(64)
            && block.ldc.is_multiple_of(16)
            && n.is_multiple_of(16);
        let past = lines && !block.load && m * n >= PAST;
        let mut i = 0;
        while i < m {
            let some = rows.min(m - i);
            // SAFETY: a part of the block, whose terms fit into the copy.
            unsafe {
                let mut strip = block.rows(i, some);
                strip.past = past;
                for p in 0..k {
                    let from = strip.a.add(p * strip.acs);
                    from.copy_to_nonoverlapping(copy.add(p * rows), some);
                }
                (strip.a, strip.acs) = (copy, rows);
                let mut j = 0;
                while j < n {
                    let width = (self.width)(some, n - j);
                    let panel = strip.columns(j, width);
                    if far {
                        (self.packed)(&panel);
                    } else {
                        (self.panel)(&panel);
                    }
                    j += width;
                }
            }
            i += some;
        }
        if past {
            written();
        }
    }

    /// C' = B' A' for a B whose columns are contiguous and many more than the rows of A: those are then copied, not B, and
    /// tiles of C' written to C.
    ///
    /// # Safety
    /// As for [`Family::run`]; `acs` and `brs` are 1, the block has one line and no bias, and `transpose` is the family's.
    pub(super) unsafe fn flipped(&self, block: &Block, transpose: Transpose) {
        let mut copy = Buffer::<FLOATS>::NEW;
        let mut tile = Buffer::<{ ROWS * WIDE }>::NEW;
        let (copy, tile) = (copy.at(), tile.at());
        let mut i = 0;
        while i < block.m {
            let m = WIDE.min(block.m - i);
            let mut p = 0;
            while p < block.k {
                let k = (FLOATS / WIDE).min(block.k - p);
                // SAFETY: a part of the block; `k` rows of `WIDE` elements fit into the copy.
                unsafe {
                    let part = block.rows(i, m).terms(p, k);
                    transpose([m, k], part.a, part.ars, copy, WIDE);
                    self.flipped_panel(&part, copy, tile, transpose);
                }
                p += k;
            }
            i += m;
        }
    }

    /// All columns of some rows: the rows of A are the columns of `copy`.
    ///
    /// # Safety
    /// As for [`Family::flipped`]; the copy holds A', with rows of `WIDE` elements, and `tile` has room for `ROWS` of them.
    unsafe fn flipped_panel(
        &self,
        block: &Block,
        copy: *const f32,
        tile: *mut f32,
        transpose: Transpose,
    ) {
        let Block {
            m, n, k, c, ldc, ..
        } = *block;
        let mut j = 0;
        while j < n {
            let rows = ROWS.min(n - j);
            let flipped = Block {
                m: rows,
                n: m,
                a: block.b.wrapping_add(j * block.bcs),
                ars: block.bcs,
                acs: 1,
                b: copy,
                brs: WIDE,
                bcs: 1,
                c: tile,
                ldc: WIDE,
                ..*block
            };
            let c = c.wrapping_add(j);
            // The rows of B' after these, and where their sums will be written.
            let after = flipped.a.wrapping_add(rows * block.bcs);
            let mut b = Lines::new(after, rows, block.bcs, k);
            Lines::new(c.wrapping_add(rows), m, ldc, rows).fetch(usize::MAX);
            // SAFETY: elements of C, and their places in the tile, which the panel reads if the sums start there.
            unsafe {
                if block.load {
                    transpose([m, rows], c, ldc, tile, WIDE);
                }
                let mut i = 0;
                while i < rows {
                    let some = self.mr.min(rows - i);
                    b.fetch(some * lines(k));
                    (self.panel)(&flipped.rows(i, some));
                    i += some;
                }
                transpose([rows, m], tile, WIDE, c, ldc);
            }
            j += rows;
        }
    }
}
