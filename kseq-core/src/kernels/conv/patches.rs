//! Sums over patches: the products of which a convolution consists.

#![allow(unsafe_code)]

use crate::kernels::dispatch::Isa;
use crate::kernels::gemm::{Epilogue, LONG_LINE, Product, Repeats, ThenAt, micro_kernel};
use crate::kernels::prefetch::Prefetcher;

/// A loop over outputs: how many, and how far it is from one to the next in A and in C.
#[derive(Clone, Copy)]
pub(super) struct OutputLoop {
    pub len: usize,
    pub a: usize,
    pub c: usize,
}

impl OutputLoop {
    pub const ONCE: Self = OutputLoop { len: 1, a: 0, c: 0 };
}

/// A loop over the terms of a sum: how many, and how far it is from one to the next in A and in B.
#[derive(Clone, Copy)]
pub(super) struct TermLoop {
    pub len: usize,
    pub a: usize,
    pub b: usize,
}

/// Sums over patches: `count` products that share B, as one row of a convolution's output after the other.
///
/// `c[r * count.c + i * rows.c + j]` is the sum over all lines `l` and terms `p` of
/// `a[r * count.a + i * rows.a + l * lines.a + p * terms.a] * b[l * lines.b + p * terms.b + j]`,
/// lines ascending, in each the terms ascending; where they start, and what becomes of them, says the epilogue.
pub(super) struct Patches<'a> {
    pub a: &'a [f32],
    pub b: &'a [f32],
    /// Columns of C.
    pub n: usize,
    /// Products.
    pub count: OutputLoop,
    /// Rows of C in a product.
    pub rows: OutputLoop,
    /// Lines of a patch.
    pub lines: TermLoop,
    /// Terms in a line.
    pub terms: TermLoop,
    pub epilogue: Epilogue<'a>,
    /// What is prefetched meanwhile, or null.
    pub prefetcher: *mut Prefetcher,
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
    if count.len == 0 || rows.len == 0 || n == 0 {
        return;
    }
    assert!(
        inside(c.len(), &[[count.len, count.c], [rows.len, rows.c], [n, 1]]),
        "patches: C does not fit into its slice"
    );
    assert!(
        p.epilogue.bias.is_empty() || p.epilogue.bias.len() == n,
        "patches: not one bias for each column"
    );
    assert!(
        p.epilogue.then.fits(n),
        "patches: not one normalization for each column"
    );
    let (bias, then) = (p.epilogue.bias_ptr(), p.epilogue.then.at());
    if lines.len == 0 || terms.len == 0 {
        for r in 0..count.len {
            for i in 0..rows.len {
                let row = &mut c[r * count.c + i * rows.c..][..n];
                p.epilogue.without_terms(row);
            }
        }
        return;
    }
    assert!(
        inside(
            a.len(),
            &[
                [count.len, count.a],
                [rows.len, rows.a],
                [lines.len, lines.a],
                [terms.len, terms.a],
            ]
        ),
        "patches: A does not fit into its slice"
    );
    assert!(
        inside(
            b.len(),
            &[[lines.len, lines.b], [terms.len, terms.b], [n, 1]]
        ),
        "patches: B does not fit into its slice"
    );
    assert!(isa.available(), "patches: the CPU has no such instructions");
    let kernel = micro_kernel(isa);
    // Rows of all products fill the tiles, where the lines are not short. (Three rows have a tile of their own, as many vectors wide as
    // others are rows high.)
    let repeated = kernel
        .repeated
        .filter(|_| count.len > 1 && terms.a == 1 && terms.len >= LONG_LINE);
    let times = Repeats {
        count: count.len,
        a: count.a,
        c: count.c,
    };
    let most = (TERMS / terms.len).max(1);
    let mut line = 0;
    while line < lines.len {
        let some = most.min(lines.len - line);
        let last = line + some == lines.len;
        let mut j = 0;
        while j < n {
            let left = n - j;
            let repeated =
                repeated.filter(|_| left >= kernel.nr && (rows.len != 3 || left < 2 * kernel.nr));
            let (width, products) = match repeated {
                Some(_) => (kernel.nr, 1),
                None => ((kernel.width)(rows.len, left), count.len),
            };
            for r in 0..products {
                let product = Product {
                    m: rows.len,
                    n: width,
                    k: terms.len,
                    lines: some,
                    a_line: lines.a,
                    b_line: lines.b,
                    a: a.as_ptr().wrapping_add(r * count.a + line * lines.a),
                    ars: rows.a,
                    acs: terms.a,
                    b: b.as_ptr().wrapping_add(line * lines.b + j),
                    brs: terms.b,
                    bcs: 1,
                    c: c.as_mut_ptr().wrapping_add(r * count.c + j),
                    ldc: rows.c,
                    bias: match last && !bias.is_null() {
                        true => bias.wrapping_add(j),
                        false => core::ptr::null(),
                    },
                    accumulate: p.epilogue.accumulate || line > 0,
                    relu: p.epilogue.relu && last,
                    then: match last {
                        true => then.at_column(j),
                        false => ThenAt::NONE,
                    },
                    narrow: false,
                    nontemporal: false,
                    prefetcher: p.prefetcher,
                };
                // SAFETY: the asserts above hold for the largest offsets, so all elements are inside of their slices, C is
                // borrowed exclusively, and the CPU has the instructions. The prefetcher is null or that of
                // `Conv::forward_prefetching`, which outlives this call and is on no other thread.
                unsafe {
                    match repeated {
                        Some(repeated) => repeated(&product, times),
                        None => (kernel.panel)(&product),
                    }
                }
            }
            j += width;
        }
        line += some;
    }
}

/// Whether the largest offset of nested loops, each with a length of at least 1 and a stride, is less than `len`.
pub(super) fn inside(len: usize, loops: &[[usize; 2]]) -> bool {
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
