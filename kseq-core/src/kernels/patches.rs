//! Sums over patches: the products of which a convolution consists.

#![allow(unsafe_code)]

use super::dispatch::Isa;
use super::gemm::{Ends, bias_of};
use super::gemm_block::Block;
use super::gemm_drive::Family;
use super::gemm_far::Ahead;

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
    /// What is asked for meanwhile, or null.
    pub ahead: *mut Ahead,
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
                    past: false,
                    ahead: p.ahead,
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
