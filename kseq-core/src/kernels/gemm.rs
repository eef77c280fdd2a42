//! Matrix products of `f32`.
//!
//! One micro-kernel per [`Isa`] computes a tile of C: the sums stay in registers while it walks down a panel of B
//! and reads A through strides, so A is never copied. B is read in place when its rows are contiguous, otherwise
//! (a transposed matrix) it is copied panel by panel to a buffer on the stack. Nothing is allocated.
//!
//! Every element of C is one chain of multiply-adds, from 0 (or from C) with k ascending; in [narrow] products it is two, of
//! the even and the odd terms, since a single sample waits for nothing but the chain. How C is cut into tiles,
//! blocks and tasks cannot be seen in the result: the bits are the same for any number of threads and for a row
//! computed alone, and AVX2 and AVX-512 agree (NEON and [`Isa::Portable`], which does not fuse, have one chain always).
//!
//! [narrow]: is_narrow

#![allow(unsafe_code)]

use super::dispatch::{Isa, isa};
use super::gemm_portable;
use crate::pool::Pool;

/// A read-only view of a matrix over a slice: element (i, j) is `data[i * rs + j * cs]`.
///
/// Rows may overlap, as the patches of a convolution do.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// From one row to the next.
    pub rs: usize,
    /// From one column to the next.
    pub cs: usize,
}

impl<'a> Mat<'a> {
    /// A matrix stored row after row.
    pub const fn rows(data: &'a [f32], columns: usize) -> Self {
        Mat {
            data,
            rs: columns,
            cs: 1,
        }
    }

    /// The transposed matrix: the same elements with the strides exchanged.
    #[must_use]
    pub const fn t(self) -> Self {
        Mat {
            data: self.data,
            rs: self.cs,
            cs: self.rs,
        }
    }

    /// Whether all elements of a `rows` by `columns` matrix are inside of the slice.
    #[inline]
    fn holds(&self, rows: usize, columns: usize) -> bool {
        fits(self.data.len(), rows, self.rs, columns, self.cs)
    }
}

/// Whether `(rows - 1) * rs + (columns - 1) * cs < len`, without overflow.
#[inline]
fn fits(len: usize, rows: usize, rs: usize, columns: usize, cs: usize) -> bool {
    let (Some(row), Some(column)) = (rows.checked_sub(1), columns.checked_sub(1)) else {
        return true; // no element at all
    };
    let last = row
        .checked_mul(rs)
        .zip(column.checked_mul(cs))
        .and_then(|(r, c)| r.checked_add(c));
    last.is_some_and(|last| last < len)
}

/// What a product begins with and what becomes of its sums, while they are in registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends<'a> {
    /// Whether the sums start from C, not from 0.
    pub accumulate: bool,
    /// What is added to the sums of each column, or nothing.
    pub bias: &'a [f32],
    /// Whether what is not positive then becomes 0 (NaN stays), as `relu` does.
    pub relu: bool,
}

impl Ends<'_> {
    /// From the sums of one row to what is stored.
    fn finish(&self, sums: &mut [f32]) {
        for (sum, bias) in sums.iter_mut().zip(self.bias) {
            *sum += bias;
        }
        if self.relu {
            sums.iter_mut().for_each(|c| *c = gemm_portable::relu(*c));
        }
    }
}

/// C = A B, or C += A B if `accumulate`. A is `m` by `k`, B is `k` by `n`, C is `m` by `n` with rows `ldc` apart.
///
/// ```
/// use kseq_core::kernels::{Mat, gemm};
/// use kseq_core::pool::Pool;
///
/// let x = [1.0, 2.0];
/// let w = [1.0, 10.0, 100.0, 2.0, 20.0, 200.0]; // 2 by 3
/// let mut y = [0.0; 3];
/// gemm(1, 3, 2, Mat::rows(&x, 2), Mat::rows(&w, 3), &mut y, 3, false, &Pool::Serial);
/// assert_eq!(y, [5.0, 50.0, 500.0]);
/// let mut dx = [0.0; 2]; // y W^T
/// gemm(1, 2, 3, Mat::rows(&y, 3), Mat::rows(&w, 3).t(), &mut dx, 2, false, &Pool::Serial);
/// assert_eq!(dx, [50505.0, 101010.0]);
/// ```
///
/// # Panics
///
/// When an element of A, B or C would be outside of its slice, or the rows of C overlap.
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of every GEMM since 1979"
)]
#[inline]
pub fn gemm(
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    accumulate: bool,
    pool: &Pool,
) {
    let ends = Ends {
        accumulate,
        ..Ends::default()
    };
    gemm_ends(m, n, k, a, b, c, ldc, ends, pool);
}

/// [`gemm`] that begins and ends as asked for.
///
/// # Panics
///
/// As [`gemm`], and when there is a bias that has not `n` values.
#[expect(clippy::too_many_arguments, reason = "those of `gemm`")]
pub fn gemm_ends(
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    ends: Ends<'_>,
    pool: &Pool,
) {
    // SAFETY: the CPU has the instructions that `isa` chooses.
    unsafe { product(isa(), (m, n, k), (a, b), (c, ldc), ends, pool) }
}

/// [`gemm`] with instructions of choice, to compare them.
///
/// # Panics
///
/// As [`gemm_ends`], and when the CPU lacks the instructions.
#[doc(hidden)]
#[expect(
    clippy::too_many_arguments,
    reason = "those of `gemm`, and the instructions"
)]
#[inline]
pub fn gemm_with(
    isa: Isa,
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    ends: Ends<'_>,
    pool: &Pool,
) {
    assert!(isa.available(), "gemm: the CPU has no such instructions");
    // SAFETY: the CPU has the instructions.
    unsafe { product(isa, (m, n, k), (a, b), (c, ldc), ends, pool) }
}

/// # Safety
/// The CPU has the instructions.
unsafe fn product(
    isa: Isa,
    (m, n, k): (usize, usize, usize),
    (a, b): (Mat<'_>, Mat<'_>),
    (c, ldc): (&mut [f32], usize),
    ends: Ends<'_>,
    pool: &Pool,
) {
    assert!(a.holds(m, k), "gemm: A does not fit into its slice");
    assert!(b.holds(k, n), "gemm: B does not fit into its slice");
    assert!(
        fits(c.len(), m, ldc, n, 1),
        "gemm: C does not fit into its slice"
    );
    assert!(m <= 1 || n <= ldc, "gemm: the rows of C overlap");
    assert!(
        ends.bias.is_empty() || ends.bias.len() == n,
        "gemm: not one bias for each column"
    );
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        for i in 0..m {
            let row = &mut c[i * ldc..][..n];
            if !ends.accumulate {
                row.fill(0.0);
            }
            ends.finish(row);
        }
        return;
    }
    let whole = Block {
        m,
        n,
        k,
        lines: 1,
        a_line: 0,
        b_line: 0,
        a: a.data.as_ptr(),
        ars: a.rs,
        acs: a.cs,
        b: b.data.as_ptr(),
        brs: b.rs,
        bcs: b.cs,
        c: c.as_mut_ptr(),
        ldc,
        bias: bias_of(ends.bias),
        load: ends.accumulate,
        relu: ends.relu,
        narrow: b.cs == 1 && is_narrow(n, k),
    };
    let family = Family::of(isa);
    if n > 1 || ldc > 1 {
        // SAFETY: all elements of the three matrices are inside of their slices, the rows of C do not overlap, and C is
        // borrowed exclusively; the CPU has the instructions.
        return unsafe { family.run(&whole, pool) };
    }
    // One column as a row: its bias is another one then for each column.
    let mut row = whole.transposed();
    (row.bias, row.relu) = (core::ptr::null(), false);
    // SAFETY: as above.
    unsafe { family.run(&row, pool) };
    for sum in &mut c[..m] {
        ends.finish(core::slice::from_mut(sum));
    }
}

/// A bias as a pointer.
fn bias_of(bias: &[f32]) -> *const f32 {
    match bias {
        [] => core::ptr::null(),
        _ => bias.as_ptr(),
    }
}

/// A product to be computed: the arguments of [`gemm`] as pointers, so that it can be cut in any direction.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// How often the `k` terms come: the sums of a convolution go over the rows of a patch.
    pub lines: usize,
    /// From the terms of one line to those of the next.
    pub a_line: usize,
    pub b_line: usize,
    pub a: *const f32,
    pub ars: usize,
    pub acs: usize,
    pub b: *const f32,
    pub brs: usize,
    pub bcs: usize,
    pub c: *mut f32,
    pub ldc: usize,
    /// A value for each column that is added in the end, or null.
    pub bias: *const f32,
    /// Whether the sums start from C.
    pub load: bool,
    /// Whether what is not positive becomes 0 in the end.
    pub relu: bool,
    /// Whether the even and the odd terms have sums of their own.
    pub narrow: bool,
}

/// Whether a product of so many columns and terms has two sums for each element, where there are such kernels: then its
/// columns fill no more than a vector, and its terms are never cut.
#[inline]
pub(super) const fn is_narrow(n: usize, k: usize) -> bool {
    n <= 16 && k <= 128
}

// SAFETY: a `Block` lives only as long as the borrows of the slices it was made of, and tasks on other threads get
// blocks with disjoint parts of C (see `Family::run`).
unsafe impl Sync for Block {}

impl Block {
    /// The same product with rows and columns exchanged, for C a contiguous column: then it is a row, and its elements
    /// lie side by side in vectors.
    fn transposed(self) -> Self {
        let Block {
            m,
            n,
            a,
            a_line,
            ars,
            acs,
            b,
            b_line,
            brs,
            bcs,
            ..
        } = self;
        Block {
            m: n,
            n: m,
            a_line: b_line,
            b_line: a_line,
            a: b,
            ars: bcs,
            acs: brs,
            b: a,
            brs: acs,
            bcs: ars,
            ..self
        }
    }

    /// Rows `i..i + m` of C.
    ///
    /// # Safety
    /// They are rows of this block.
    pub unsafe fn rows(mut self, i: usize, m: usize) -> Self {
        // SAFETY: the first element of a row inside of the block.
        unsafe {
            self.a = self.a.add(i * self.ars);
            self.c = self.c.add(i * self.ldc);
        }
        self.m = m;
        self
    }

    /// Columns `j..j + n` of C.
    ///
    /// # Safety
    /// They are columns of this block.
    pub unsafe fn columns(mut self, j: usize, n: usize) -> Self {
        // SAFETY: the first element of a column inside of the block.
        unsafe {
            self.b = self.b.add(j * self.bcs);
            self.c = self.c.add(j);
            if !self.bias.is_null() {
                self.bias = self.bias.add(j);
            }
        }
        self.n = n;
        self
    }

    /// Terms `p..p + k` of the sums; all but the first continue from C, and only the last ones end.
    ///
    /// # Safety
    /// They are terms of this block, which has one line.
    pub unsafe fn terms(mut self, p: usize, k: usize) -> Self {
        // SAFETY: the first column of A and row of B inside of the block.
        unsafe {
            self.a = self.a.add(p * self.acs);
            self.b = self.b.add(p * self.brs);
        }
        if p + k < self.k {
            (self.bias, self.relu) = (core::ptr::null(), false);
        }
        self.k = k;
        self.load |= p > 0;
        self
    }
}

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

/// Elements of a matrix that does not fit into a last level cache.
const STREAM: usize = 1 << 21;

impl Family {
    fn of(isa: Isa) -> &'static Family {
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
    unsafe fn run(&self, block: &Block, pool: &Pool) {
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
        if block.bcs == 1 && block.k * block.n >= STREAM {
            // SAFETY: promised by the caller.
            return unsafe { self.stream(block) };
        }
        if let Some(transpose) = self.transpose
            && (block.acs, block.brs, block.bias.is_null()) == (1, 1, true)
            && block.m >= 16
            && block.k * block.n >= STREAM
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
                    let n = (self.width)(m, block.n - j);
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

/// Sums over patches: `count` products that share B, as one row of a convolution's output after the other.
///
/// `c[r * count[2] + i * rows[2] + j]` is the sum over all lines `l` and terms `p` of
/// `a[r * count[1] + i * rows[1] + l * lines[1] + p * terms[1]] * b[l * lines[2] + p * terms[2] + j]`,
/// lines ascending, in each the terms ascending; where they start, and what becomes of them, say the `ends`.
pub(super) struct Patches<'a> {
    pub a: &'a [f32],
    pub b: &'a [f32],
    /// Columns of C.
    pub n: usize,
    /// How many products, and from one to the next in A and in C.
    pub count: [usize; 3],
    /// Rows of C in a product, and from one to the next in A and in C.
    pub rows: [usize; 3],
    /// Lines, and from one to the next in A and in B.
    pub lines: [usize; 3],
    /// Terms in a line, and from one to the next in A and in B.
    pub terms: [usize; 3],
    pub ends: Ends<'a>,
}

/// Computes them with instructions of choice, on this thread. Rows of C must not overlap.
///
/// # Panics
///
/// When an element of A, B or C would be outside of its slice, or the CPU lacks the instructions.
pub(super) fn patches(isa: Isa, p: &Patches<'_>, c: &mut [f32]) {
    // Terms of a panel of B that stay in the caches while all products use it.
    const TERMS: usize = 1024;
    let &Patches {
        a,
        b,
        n,
        count,
        rows,
        lines,
        terms,
        ..
    } = p;
    if count[0] == 0 || rows[0] == 0 || n == 0 {
        return;
    }
    assert!(
        inside(c.len(), &[[count[0], count[2]], [rows[0], rows[2]], [n, 1]]),
        "patches: C does not fit into its slice"
    );
    assert!(
        p.ends.bias.is_empty() || p.ends.bias.len() == n,
        "patches: not one bias for each column"
    );
    let bias = bias_of(p.ends.bias);
    if lines[0] == 0 || terms[0] == 0 {
        for r in 0..count[0] {
            for i in 0..rows[0] {
                let row = &mut c[r * count[2] + i * rows[2]..][..n];
                if !p.ends.accumulate {
                    row.fill(0.0);
                }
                p.ends.finish(row);
            }
        }
        return;
    }
    let at = |loops: [usize; 3]| [loops[0], loops[1]];
    assert!(
        inside(a.len(), &[at(count), at(rows), at(lines), at(terms)]),
        "patches: A does not fit into its slice"
    );
    assert!(
        inside(
            b.len(),
            &[[lines[0], lines[2]], [terms[0], terms[2]], [n, 1]]
        ),
        "patches: B does not fit into its slice"
    );
    assert!(isa.available(), "patches: the CPU has no such instructions");
    let family = Family::of(isa);
    let most = (TERMS / terms[0]).max(1);
    let mut line = 0;
    while line < lines[0] {
        let some = most.min(lines[0] - line);
        let last = line + some == lines[0];
        let mut j = 0;
        while j < n {
            let width = (family.width)(rows[0], n - j);
            for r in 0..count[0] {
                let block = Block {
                    m: rows[0],
                    n: width,
                    k: terms[0],
                    lines: some,
                    a_line: lines[1],
                    b_line: lines[2],
                    a: a.as_ptr().wrapping_add(r * count[1] + line * lines[1]),
                    ars: rows[1],
                    acs: terms[1],
                    b: b.as_ptr().wrapping_add(line * lines[2] + j),
                    brs: terms[2],
                    bcs: 1,
                    c: c.as_mut_ptr().wrapping_add(r * count[2] + j),
                    ldc: rows[2],
                    bias: match last && !bias.is_null() {
                        true => bias.wrapping_add(j),
                        false => core::ptr::null(),
                    },
                    load: p.ends.accumulate || line > 0,
                    relu: p.ends.relu && last,
                    narrow: false,
                };
                // SAFETY: the asserts above hold for the largest offsets, so all elements are inside of their slices, C is
                // borrowed exclusively, and the CPU has the instructions.
                unsafe { (family.panel)(&block) };
            }
            j += width;
        }
        line += some;
    }
}

/// Whether the largest offset of nested loops, each with a length of at least 1 and a stride, is less than `len`.
fn inside(len: usize, loops: &[[usize; 2]]) -> bool {
    let mut last = 0usize;
    for [n, stride] in loops {
        match (n - 1)
            .checked_mul(*stride)
            .and_then(|offset| last.checked_add(offset))
        {
            Some(offset) => last = offset,
            None => return false,
        }
    }
    last < len
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

#[cfg(all(test, feature = "std"))]
#[path = "gemm_tests.rs"]
mod tests;
