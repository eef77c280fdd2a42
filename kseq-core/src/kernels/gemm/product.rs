//! A product to be computed, as pointers, so that it can be cut in any direction.

#![allow(unsafe_code)]

use super::then::ThenAt;
use crate::kernels::prefetch::Prefetcher;

/// A product to be computed, or a part of one: the arguments of `gemm` as pointers.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Product {
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
    pub accumulate: bool,
    /// Whether what is not positive becomes 0 in the end.
    pub relu: bool,
    /// What becomes of it behind that.
    pub then: ThenAt,
    /// Whether the even and the odd terms of each [`half`] have sums of their own (on x86-64).
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub narrow: bool,
    /// Whether C is written by non-temporal stores, past the caches: whole lines of it, and so much that none would stay there.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub nontemporal: bool,
    /// What the tiles prefetch meanwhile, one after the other, or null.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub prefetcher: *mut Prefetcher,
}

/// Terms of a line from which on it pays to have a pointer for each row of a tile, all of which move with the line.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(in crate::kernels) const LONG_LINE: usize = 16;

/// How often a product comes with the same B, and how far it is from one to the next in A and in C.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(in crate::kernels) struct Repeats {
    pub count: usize,
    pub a: usize,
    pub c: usize,
}

/// Whether a product of so many columns and terms has four sums for each element, where there are such kernels: then its
/// columns fill no more than a vector, and its terms are never cut.
#[inline]
pub(super) const fn is_narrow(n: usize, k: usize) -> bool {
    n <= 16 && k <= 128
}

/// The terms of the first half of a narrow product, the even and odd ones of which have sums of their own, as have those of
/// the second one: where there is a single row, these chains of additions are what takes the time.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
#[inline]
pub(super) const fn half(k: usize) -> usize {
    k / 4 * 2
}

// SAFETY: a `Product` lives only as long as the borrows of the slices it was made of, and tasks on other threads get
// products with disjoint parts of C (see `MicroKernel::run` in `blocking.rs`). What is cut for threads has no prefetcher.
unsafe impl Sync for Product {}

impl Product {
    /// A product of so many rows, columns and terms: the first element of A and of B, and how far it is to the next row and the
    /// next column; and C, and how far apart its rows are.
    pub(in crate::kernels) fn new(
        [m, n, k]: [usize; 3],
        (a, ars, acs): (*const f32, usize, usize),
        (b, brs, bcs): (*const f32, usize, usize),
        (c, ldc): (*mut f32, usize),
        accumulate: bool,
    ) -> Self {
        Product {
            m,
            n,
            k,
            lines: 1,
            a_line: 0,
            b_line: 0,
            a,
            ars,
            acs,
            b,
            brs,
            bcs,
            c,
            ldc,
            bias: core::ptr::null(),
            accumulate,
            relu: false,
            then: ThenAt::NONE,
            narrow: bcs == 1 && is_narrow(n, k),
            nontemporal: false,
            prefetcher: core::ptr::null_mut(),
        }
    }

    /// The same product with rows and columns exchanged, for C a contiguous column: then it is a row, and its elements
    /// lie side by side in vectors.
    pub(super) fn transposed(self) -> Self {
        let Product {
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
        Product {
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

    /// Whether the rows or the columns of A are contiguous.
    pub(super) fn is_regular(&self) -> bool {
        self.ars == 1 || self.acs == 1
    }

    /// Rows `i..i + m` of C.
    ///
    /// # Safety
    /// They are rows of this product.
    pub unsafe fn rows(mut self, i: usize, m: usize) -> Self {
        // SAFETY: the first element of a row inside of the product.
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
    /// They are columns of this product.
    pub unsafe fn columns(mut self, j: usize, n: usize) -> Self {
        // SAFETY: the first element of a column inside of the product.
        unsafe {
            self.b = self.b.add(j * self.bcs);
            self.c = self.c.add(j);
            if !self.bias.is_null() {
                self.bias = self.bias.add(j);
            }
        }
        self.then = self.then.at_column(j);
        self.n = n;
        self
    }

    /// Terms `p..p + k` of the sums; all but the first continue from C, and only the last ones end.
    ///
    /// # Safety
    /// They are terms of this product, which has one line.
    pub unsafe fn terms(mut self, p: usize, k: usize) -> Self {
        debug_assert!(k == self.k || !self.narrow, "gemm: halves of a part");
        // SAFETY: the first column of A and row of B inside of the product.
        unsafe {
            self.a = self.a.add(p * self.acs);
            self.b = self.b.add(p * self.brs);
        }
        if p + k < self.k {
            (self.bias, self.relu, self.then) = (core::ptr::null(), false, ThenAt::NONE);
        }
        self.k = k;
        self.accumulate |= p > 0;
        self
    }
}

/// The length of equal parts of `n`, of at most `limit` but for rounding up to a multiple of `unit`.
pub(super) fn even(n: usize, limit: usize, unit: usize) -> usize {
    // At least one part: a division that cannot panic.
    n.div_ceil(n.div_ceil(limit).max(1)).next_multiple_of(unit)
}
