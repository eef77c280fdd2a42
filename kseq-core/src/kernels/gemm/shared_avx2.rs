//! Tiles of AVX2 that share a panel of B, 16 columns: the first one copies it to the stack while it computes, the others read the
//! copy, whose rows lie one after the other, and ask for the next panel meanwhile.
//!
//! What a tile begins with must not come through memory as vectors that were written as words, or the other way round: such a
//! load waits until all before it is done, and costs 100 cycles. So rows that lie anywhere are handed on by reference.

#![allow(unsafe_code)]

use super::avx2::{LANES, finish, load, load_one, mask, packed, panel, width};
use super::micro_kernel::MicroKernel;
use super::packing_x86;
use super::product::{Product, Repeats, even};
use core::arch::x86_64::{
    __m256, _CMP_NLE_UQ, _MM_HINT_T1, _mm_prefetch, _mm256_add_ps, _mm256_and_ps, _mm256_cmp_ps,
    _mm256_fmadd_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    _mm256_sub_ps,
};
use core::mem::MaybeUninit;

/// What AVX2 has: the tiles of `avx2.rs`, and these.
pub(super) static KERNEL: MicroKernel = MicroKernel {
    mr: ROWS,
    nr: COLUMNS,
    mc: 384,
    aliasing_stride: 256,
    prefetches: false,
    width,
    panel,
    packed,
    repeated: Some(repeated),
    strip: Some(strip),
    transpose: Some(packing_x86::columns),
};

/// Rows and columns of a full tile.
const ROWS: usize = 6;
const COLUMNS: usize = 2 * LANES;

/// Terms of a copy at most: what does not fit into the first cache is read in order.
const TERMS: usize = 1024;

/// Terms of a strip at most: a copy of them leaves some room there for rows of A.
const STRIP: usize = 448;

/// Tiles from which on a copy pays.
const USES: usize = 3;

#[repr(C, align(64))]
struct Panel([MaybeUninit<f32>; TERMS * COLUMNS]);

impl Panel {
    const NEW: Self = Panel([MaybeUninit::uninit(); TERMS * COLUMNS]);

    fn at(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }
}

/// Where a tile reads B.
const IN_PLACE: u8 = 0;
/// There, and copies it.
const MAKES: u8 = 1;
/// From the copy.
const COPIED: u8 = 2;

/// Terms between two requests.
const TERMS_PER_REQUEST: usize = 4;

/// Rows of the next panel, of which a tile asks for one every [`TERMS_PER_REQUEST`] terms.
#[derive(Clone, Copy)]
struct Next {
    row: *const f32,
    rs: usize,
    left: usize,
}

impl Next {
    const NONE: Self = Next {
        row: core::ptr::null(),
        rs: 0,
        left: 0,
    };

    /// Those for a tile of `k` terms.
    fn some(&mut self, k: usize, near: *const f32) -> (*const f32, usize) {
        let (row, some) = (self.row, self.left.min(k / TERMS_PER_REQUEST));
        self.left -= some;
        self.row = row.wrapping_add(some * self.rs);
        // With nothing left a line that is near, again and again.
        if some == 0 { (near, 0) } else { (row, self.rs) }
    }
}

/// Where the rows of a tile begin.
trait Rows: Copy {
    fn a(self, i: usize) -> *const f32;
    fn c(self, i: usize) -> *mut f32;
}

/// Rows of a product, one after the other.
#[derive(Clone, Copy)]
struct Regular<'a>(&'a Product, usize);

impl Rows for Regular<'_> {
    #[inline(always)]
    fn a(self, i: usize) -> *const f32 {
        self.0.a.wrapping_add((self.1 + i) * self.0.ars)
    }

    #[inline(always)]
    fn c(self, i: usize) -> *mut f32 {
        self.0.c.wrapping_add((self.1 + i) * self.0.ldc)
    }
}

/// Any rows.
#[derive(Clone, Copy)]
struct Scattered<'a>(&'a [*const f32; ROWS], &'a [*mut f32; ROWS]);

impl Rows for Scattered<'_> {
    #[inline(always)]
    fn a(self, i: usize) -> *const f32 {
        self.0[i]
    }

    #[inline(always)]
    fn c(self, i: usize) -> *mut f32 {
        self.1[i]
    }
}

/// See [`MicroKernel::strip`](super::micro_kernel::MicroKernel::strip).
///
/// # Safety
/// As there.
pub(super) unsafe fn strip(product: &Product) {
    let mut copy = Panel::NEW;
    let copy = copy.at();
    let terms = even(product.k, STRIP, 1);
    let tiles = product.m.div_ceil(ROWS);
    let mut p = 0;
    while p < product.k {
        let k = terms.min(product.k - p);
        // SAFETY: terms and columns of the product, which the caller promises to be valid, as the prefetcher is; they fit into the
        // copy.
        unsafe {
            let part = product.terms(p, k);
            let mut j = 0;
            while j < product.n {
                let left = product.n - j;
                if left < COLUMNS {
                    let n = width(part.m, left);
                    packed(&part.columns(j, n));
                    j += n;
                    continue;
                }
                let panel = part.columns(j, COLUMNS);
                j += COLUMNS;
                let in_place = part.bcs == 1;
                if !in_place {
                    packing_x86::columns([COLUMNS, k], panel.b, panel.bcs, copy, COLUMNS);
                }
                let mut next = match j < product.n {
                    _ if !in_place || !product.prefetcher.is_null() => Next::NONE,
                    true => Next {
                        row: part.b.wrapping_add(j),
                        rs: part.brs,
                        left: k,
                    },
                    false => Next {
                        row: part.b.wrapping_add(k * part.brs),
                        rs: part.brs,
                        left: terms.min(product.k - p - k),
                    },
                };
                let mut i = 0;
                for t in 0..tiles {
                    let end = (t + 1) * part.m / tiles;
                    let some = next.some(k, copy);
                    let (rows, at) = (end - i, Regular(&panel, i));
                    match (in_place && t == 0, part.ars == 1) {
                        (true, true) => choose::<MAKES, true>(&panel, rows, at, copy, some),
                        (true, false) => choose::<MAKES, false>(&panel, rows, at, copy, some),
                        (false, true) => choose::<COPIED, true>(&panel, rows, at, copy, some),
                        (false, false) => choose::<COPIED, false>(&panel, rows, at, copy, some),
                    };
                    if let Some(prefetcher) = product.prefetcher.as_mut() {
                        prefetcher.step();
                    }
                    i = end;
                }
            }
        }
        p += k;
    }
}

/// See [`MicroKernel::repeated`](super::micro_kernel::MicroKernel::repeated).
///
/// # Safety
/// As there.
pub(super) unsafe fn repeated(product: &Product, times: Repeats) {
    let mut copy = Panel::NEW;
    let copy = copy.at();
    let rows = product.m * times.count;
    let tiles = rows.div_ceil(ROWS);
    let copies = product.k * product.lines <= TERMS && tiles >= USES && product.brs > COLUMNS;
    let (mut first, mut time, mut row) = (0, 0, 0);
    for t in 0..tiles {
        let end = (t + 1) * rows / tiles;
        let (mut a, mut c) = ([product.a; ROWS], [product.c; ROWS]);
        for (a, c) in a.iter_mut().zip(&mut c).take(end - first) {
            *a = a.wrapping_add(time * times.a + row * product.ars);
            *c = c.wrapping_add(time * times.c + row * product.ldc);
            row += 1;
            if row == product.m {
                (time, row) = (time + 1, 0);
            }
        }
        let (rows, at, next) = (end - first, Scattered(&a, &c), (copy.cast_const(), 0));
        // SAFETY: as many rows of the products as the tile is for, and two whole vectors of columns.
        unsafe {
            match (copies, t) {
                (false, _) => choose::<IN_PLACE, false>(product, rows, at, copy, next),
                (true, 0) => choose::<MAKES, false>(product, rows, at, copy, next),
                _ => choose::<COPIED, false>(product, rows, at, copy, next),
            }
        }
        first = end;
    }
}

/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn choose<const FROM: u8, const COLUMN: bool>(
    t: &Product,
    rows: usize,
    at: impl Rows,
    copy: *mut f32,
    next: (*const f32, usize),
) {
    // SAFETY: promised by the caller.
    unsafe {
        match rows {
            1 => tile::<1, FROM, COLUMN>(t, at, copy, next),
            2 => tile::<2, FROM, COLUMN>(t, at, copy, next),
            3 => tile::<3, FROM, COLUMN>(t, at, copy, next),
            4 => tile::<4, FROM, COLUMN>(t, at, copy, next),
            5 => tile::<5, FROM, COLUMN>(t, at, copy, next),
            _ => tile::<ROWS, FROM, COLUMN>(t, at, copy, next),
        }
    }
}

/// `MR` rows by 2 vectors of C, whose rows of A and of C begin here. Several terms at a time, and one counter for all rows of A: every
/// addition beside the sums may take the place of one of them.
///
/// # Safety
/// The CPU has AVX2 and FMA; the product is valid with these rows of A and C and 16 columns, `ars` is 1 if `COLUMN` and `acs` is 1
/// else; the copy holds B, or has room for it if this tile makes it.
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const MR: usize, const FROM: u8, const COLUMN: bool>(
    t: &Product,
    rows: impl Rows,
    mut copy: *mut f32,
    (mut next, next_rs): (*const f32, usize),
) {
    let Product {
        k,
        lines,
        a_line,
        b_line,
        acs,
        brs,
        ..
    } = *t;
    let none = mask(0);
    let mut sums = [[_mm256_setzero_ps(); 2]; MR];
    if t.accumulate {
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: columns of the product.
            *row = unsafe { load::<2, true>(rows.c(i), none) };
        }
    }
    let mut a: [*const f32; MR] = core::array::from_fn(|i| rows.a(i));
    for line in 0..lines {
        let mut b = t.b.wrapping_add(line * b_line);
        let (mut column, mut at) = (a[0], 0);
        macro_rules! terms {
            ($n:literal: $($u:literal)*) => {
                $(
                    // SAFETY: a row of B or of its copy and a column of A, inside of the product.
                    unsafe {
                        let to = copy.wrapping_add($u * COLUMNS);
                        let from = if FROM == COPIED { to } else { b.wrapping_add($u * brs) };
                        let b: [__m256; 2] = load::<2, true>(from, none);
                        if FROM == MAKES {
                            _mm256_storeu_ps(to, b[0]);
                            _mm256_storeu_ps(to.add(LANES), b[1]);
                        }
                        for (i, row) in sums.iter_mut().enumerate() {
                            let a = match COLUMN {
                                true => column.add($u * acs + i),
                                false => a[i].add(at + $u),
                            };
                            let a = _mm256_set1_ps(*a);
                            for (sum, b) in row.iter_mut().zip(b) {
                                *sum = _mm256_fmadd_ps(a, b, *sum);
                            }
                        }
                    }
                )*
                at += $n;
                column = column.wrapping_add(if COLUMN { $n * acs } else { 0 });
                b = b.wrapping_add(if FROM == COPIED { 0 } else { $n * brs });
                copy = copy.wrapping_add(if FROM == IN_PLACE { 0 } else { $n * COLUMNS });
            };
        }
        let fours = k - k % TERMS_PER_REQUEST;
        while at < fours {
            if FROM == COPIED && !COLUMN {
                terms!(4: 0 1 2 3);
            } else {
                terms!(2: 0 1);
                terms!(2: 0 1);
            }
            if FROM != IN_PLACE {
                _mm_prefetch::<_MM_HINT_T1>(next.cast());
                next = next.wrapping_add(next_rs);
            }
        }
        while at < k {
            terms!(1: 0);
        }
        a = a.map(|row| row.wrapping_add(a_line));
    }
    finish!(t, sums, none, 2, true);
    for (i, row) in sums.iter().enumerate() {
        for (v, sum) in row.iter().enumerate() {
            // SAFETY: columns of the product.
            unsafe { _mm256_storeu_ps(rows.c(i).add(v * LANES), *sum) };
        }
    }
}
