//! Products with a large B whose columns are contiguous and alias (the gradient of a wide layer's input): packing
//! is interleaved with the tiles. A part of B is transposed a little after each tile, and prefetched somewhat earlier, so
//! that the tiles hide the way to memory.
//!
//! In place the columns would fall into a few sets of the caches, and each would need the address of another page. A part is
//! copied in long pieces, since memory gives those much faster than what a panel is wide.

#![allow(unsafe_code)]

use super::micro_kernel::MicroKernel;
use super::product::{Product, even};
use crate::kernels::prefetch::{CacheLines, Prefetcher, TERMS_PER_PREFETCH, lines_of};
use core::mem::MaybeUninit;

/// The most rows of A, terms and columns of B that are packed together: with their sums they stay in the second level cache.
const MC: usize = 132;
const KC: usize = 128;
const NC: usize = 192;

/// Between the rows of a copy, so that their distance is no power of two.
const PAD: usize = 16;

/// Elements that are prefetched before they are copied.
const PREFETCHED_FLOATS: usize = 2048;

/// Columns that are copied together.
const PIECE: usize = 16;

/// Copies of a part of A, of the part of B that is used and of the next one.
#[repr(C, align(64))]
struct Copies {
    a: [f32; MC * (KC + PAD)],
    b: [[f32; NC * (KC + 1)]; 2],
}

/// A part of B that is copied together.
#[derive(Clone, Copy)]
struct Part {
    j: usize,
    n: usize,
    p: usize,
    k: usize,
}

/// How B is cut.
#[derive(Clone, Copy)]
struct Cut {
    n: usize,
    k: usize,
    columns: usize,
    terms: usize,
}

impl Cut {
    fn at(&self, j: usize, p: usize) -> Part {
        Part {
            j,
            n: self.columns.min(self.n - j),
            p,
            k: self.terms.min(self.k - p),
        }
    }

    /// All terms of some columns come first.
    fn after(&self, part: Part) -> Option<Part> {
        if part.p + part.k < self.k {
            Some(self.at(part.j, part.p + part.k))
        } else if part.j + part.n < self.n {
            Some(self.at(part.j + part.n, 0))
        } else {
            None
        }
    }

    fn pieces(&self, part: Part) -> usize {
        part.n.div_ceil(PIECE)
    }
}

/// Neighbouring pieces of a part: the first one and how many there are.
#[derive(Clone, Copy)]
struct Pieces {
    part: Part,
    first: usize,
    count: usize,
}

/// Where the next piece of B begins, of all of them one after the other.
#[derive(Clone, Copy)]
struct Cursor {
    cut: Cut,
    part: Option<Part>,
    piece: usize,
}

impl Cursor {
    /// The next pieces, at most `most`, of one part.
    fn next(&mut self, most: usize) -> Option<Pieces> {
        let part = self.part?;
        let (first, all) = (self.piece, self.cut.pieces(part));
        let count = most.min(all - first);
        self.piece += count;
        if self.piece == all {
            (self.part, self.piece) = (self.cut.after(part), 0);
        }
        Some(Pieces { part, first, count })
    }
}

impl MicroKernel {
    /// # Safety
    /// As for [`MicroKernel::run`]; the product has one line, and `brs` is 1.
    #[inline(never)] // A quarter of a megabyte of stack, for those who need it.
    pub(super) unsafe fn interleaved(&self, product: &Product) {
        let mut copies = MaybeUninit::<Copies>::uninit();
        let copies = copies.as_mut_ptr();
        let cut = Cut {
            n: product.n,
            k: product.k,
            columns: even(product.n, NC, self.nr),
            terms: even(product.k, KC, 16),
        };
        let (mut i, rows) = (0, even(product.m, MC, self.mr));
        while i < product.m {
            let m = rows.min(product.m - i);
            // SAFETY: a part of the product, which the caller promises to be valid; `copies` can be written.
            unsafe { self.interleaved_rows(&product.rows(i, m), cut, copies) };
            i += m;
        }
    }

    /// Rows that fit into the copy of A.
    ///
    /// # Safety
    /// As for [`MicroKernel::interleaved`]; `copies` can be written.
    unsafe fn interleaved_rows(&self, product: &Product, cut: Cut, copies: *mut Copies) {
        // SAFETY: fields of what can be written.
        let (a, b) = unsafe { (&raw mut (*copies).a, &raw mut (*copies).b) };
        let (a, mut of_now): (*mut f32, *mut f32) = (a.cast(), b.cast());
        let mut of_next = of_now.wrapping_add(NC * (KC + 1));
        let first = cut.at(0, 0);
        let pieces = cut.pieces(first);
        let whole = Pieces {
            part: first,
            first: 0,
            count: pieces,
        };
        let second = Cursor {
            cut,
            part: cut.after(first),
            piece: 0,
        };
        let (mut copied, mut prefetched) = (second, second);
        // How many pieces are, and should be, prefetched and not copied yet.
        let (mut early, enough) = (
            0,
            PREFETCHED_FLOATS.div_ceil((first.k * first.n).div_ceil(pieces)),
        );
        // SAFETY: parts of the product and of its copies, which have room for them.
        unsafe { self.copy(product, whole, of_now) };
        let tiles = product.m.div_ceil(self.mr);
        // What is prefetched between the tiles, where they do not do it.
        let mut between = CacheLines::NONE;
        let mut now = Some(first);
        while let Some(part) = now {
            now = cut.after(part);
            let (all, mut done) = (now.map_or(0, |next| cut.pieces(next)), 0);
            let steps = part.k / TERMS_PER_PREFETCH;
            // SAFETY: as above.
            let mut panels = unsafe { product.terms(part.p, part.k).columns(part.j, part.n) };
            // SAFETY: as above.
            unsafe { copy_a(&panels, a, part.k + PAD) };
            (panels.a, panels.ars, panels.acs) = (a, part.k + PAD, 1);
            (panels.brs, panels.bcs) = (self.nr, 1);
            let (row, last) = (|t: usize| t * product.m / tiles, part.n.div_ceil(self.nr));
            let between_tiles = lines_of(part.n * part.k * 5 / 4).div_ceil(last * tiles);
            for (q, t) in (0..last).flat_map(|q| (0..tiles).map(move |t| (q, t))) {
                let end = ((q * tiles + t + 1) * all).div_ceil(last * tiles);
                let some = end - done;
                let wanted = (some + enough).saturating_sub(early);
                let in_tile = self.prefetches;
                let most = match in_tile {
                    true => wanted,
                    false => wanted.min(usize::from(between.len() == 0)),
                };
                let mut b = CacheLines::NONE;
                if let (1.., Some(pieces)) = (most, prefetched.next(most)) {
                    early += pieces.count;
                    b = lines_of_b(product, pieces);
                }
                if !in_tile {
                    if b.len() > 0 {
                        between = core::mem::replace(&mut b, CacheLines::NONE);
                    }
                    between.fetch(between_tiles);
                }
                // The sums of the next tile.
                let (q2, t2) = if t + 1 < tiles {
                    (q, t + 1)
                } else {
                    (q + 1, 0)
                };
                let mut c = match q2 < last {
                    true => {
                        let (i, j) = (row(t2), q2 * self.nr);
                        let c = panels.c.wrapping_add(i * product.ldc + j);
                        CacheLines::new(c, row(t2 + 1) - i, product.ldc, self.nr.min(part.n - j))
                    }
                    false => CacheLines::NONE,
                };
                if !in_tile {
                    c.fetch(usize::MAX);
                }
                let mut prefetcher = Prefetcher::in_steps([b, c], steps);
                // SAFETY: rows and columns of the part, and the panel that was copied of them.
                unsafe {
                    let (i, j) = (row(t), q * self.nr);
                    let mut tile = panels.rows(i, row(t + 1) - i);
                    tile.b = of_now.add(q * (part.k + 1) * self.nr);
                    tile.prefetcher = &raw mut prefetcher;
                    self.tile(&tile, j, self.nr.min(part.n - j));
                    if let (1.., Some(pieces)) = (some, copied.next(some)) {
                        self.copy(product, pieces, of_next);
                    }
                }
                early = early.saturating_sub(some);
                done = end;
            }
            (of_now, of_next) = (of_next, of_now);
        }
    }

    /// A tile of columns `j..j + n` whose B is a copied panel.
    ///
    /// # Safety
    /// The product is valid but for its B, which is the panel; it has these columns, at most `nr`.
    #[inline]
    unsafe fn tile(&self, product: &Product, j: usize, n: usize) {
        let mut done = 0;
        while done < n {
            let some = (self.width)(product.m, n - done).min(n - done);
            // SAFETY: columns of the product, and of the panel.
            unsafe {
                let mut tile = product.columns(j + done, some);
                tile.b = product.b.add(done);
                (self.panel)(&tile);
            }
            done += some;
        }
    }

    /// Copies some pieces of a part of B to panels of `nr` columns, which are a row further apart than they are long.
    ///
    /// # Safety
    /// As for [`MicroKernel::interleaved`]; they are pieces of a part, and `to` has room for it.
    unsafe fn copy(&self, product: &Product, pieces: Pieces, to: *mut f32) {
        let Pieces { part, first, count } = pieces;
        let (nr, ld) = (self.nr, (part.k + 1) * self.nr);
        for piece in first..first + count {
            // SAFETY: elements of the part, and their places in the copy.
            unsafe {
                let from = product.b.add(part.p + part.j * product.bcs);
                // A piece may be wider than a panel.
                let mut j = piece * PIECE;
                let end = (j + PIECE).min(part.n);
                while j < end {
                    let n = (nr - j % nr).min(end - j);
                    let from = from.add(j * product.bcs);
                    let to = to.add(j / nr * ld + j % nr);
                    match self.transpose {
                        Some(transpose) => transpose([n, part.k], from, product.bcs, to, nr),
                        None => {
                            for (p, j) in (0..part.k).flat_map(|p| (0..n).map(move |j| (p, j))) {
                                *to.add(p * nr + j) = *from.add(p + j * product.bcs);
                            }
                        }
                    }
                    j += n;
                }
            }
        }
    }
}

/// Where some pieces of a part are.
fn lines_of_b(product: &Product, Pieces { part, first, count }: Pieces) -> CacheLines {
    let j = first * PIECE;
    let n = (count * PIECE).min(part.n - j);
    let from = product.b.wrapping_add(part.p + (part.j + j) * product.bcs);
    CacheLines::new(from, n, product.bcs, part.k)
}

/// Copies A to rows `ld` apart.
///
/// # Safety
/// The product is valid, and `to` has room for its A.
unsafe fn copy_a(product: &Product, to: *mut f32, ld: usize) {
    for i in 0..product.m {
        // SAFETY: elements of A, and their places in the copy.
        unsafe {
            let (from, to) = (product.a.add(i * product.ars), to.add(i * ld));
            if product.acs == 1 {
                from.copy_to_nonoverlapping(to, product.k);
                continue;
            }
            for p in 0..product.k {
                *to.add(p) = *from.add(p * product.acs);
            }
        }
    }
}
