//! The unit of Cortex-M: 32 registers, `vfma` and `vsqrt`. (It is not among the features of these targets that the compiler
//! knows of, so its registers cannot be operands; they can be named as overwritten.)

use super::{NO_BIAS, NR, Tile, Vector};
use core::arch::asm;
use core::mem::offset_of;

/// `sum += b x` for each pair of registers `sum b`.
macro_rules! fma {
    ($x:literal: $($sum:literal $b:literal),+) => {
        concat!($("vfma.f32 s", $sum, ", s", $b, ", s", $x, "\n"),+)
    };
}

/// `sum += b` for each pair.
macro_rules! add {
    ($($sum:literal $b:literal),+) => {
        concat!($("vadd.f32 s", $sum, ", s", $sum, ", s", $b, "\n"),+)
    };
}

/// 0, which register `zero` holds, for each sum that is not positive. (Of an unordered comparison neither "lower" nor
/// "same" holds, so that NaN stays.)
macro_rules! relu {
    ($zero:literal: $($sum:literal),+) => {
        concat!($(
            "vcmp.f32 s", $sum, ", #0.0\nvmrs apsr_nzcv, fpscr\nit ls\nvmovls.f32 s", $sum, ", s", $zero, "\n",
        )+)
    };
}

/// The square root.
#[inline(always)]
pub(crate) fn sqrt(x: f32) -> f32 {
    let mut bits = x.to_bits();
    // SAFETY: instructions between registers, which the target has.
    unsafe {
        asm!("vmov s0, {x}", "vsqrt.f32 s0, s0", "vmov {x}, s0", x = inout(reg) bits, out("s0") _,
            options(pure, nomem, nostack));
    }
    f32::from_bits(bits)
}

/// The square root of a value in memory, which so need not pass through the registers of integers.
#[inline(always)]
pub(crate) fn sqrt_of(x: &f32) -> f32 {
    let root: u32;
    // SAFETY: loads a value that is borrowed.
    unsafe {
        asm!("vldr s0, [{x}]", "vsqrt.f32 s0, s0", "vmov {root}, s0", x = in(reg) x, root = lateout(reg) root,
            out("s0") _, options(pure, readonly, nostack));
    }
    f32::from_bits(root)
}

/// The sums of a row, 8 columns at a time, and what is left by one.
///
/// # Safety
/// The elements of the row, the matrix and the sums are valid.
#[inline(always)]
pub(in crate::kernels) unsafe fn vector(mut v: Vector) {
    while v.columns > 0 {
        // SAFETY: loads and stores are of elements that the caller promises to be valid.
        unsafe {
            if v.columns >= NR {
                asm!(
                    "vldmia {start}, {{s0-s7}}",
                    "2:", "vldmia {w}, {{s8-s15}}", "vldmia {x}!, {{s16}}", "add {w}, {w}, {row}",
                    "subs {k}, {k}, #1", fma!(16: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15), "bne 2b",
                    "vstmia {y}, {{s0-s7}}",
                    start = in(reg) v.start, y = in(reg) v.y, row = in(reg) v.row, k = inout(reg) v.terms => _,
                    x = inout(reg) v.x => _, w = inout(reg) v.w => _,
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                    out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _,
                    out("s14") _, out("s15") _, out("s16") _,
                    options(nostack),
                );
                v = v.without(NR);
            } else {
                asm!(
                    "vldr s0, [{start}]",
                    "2:", "vldr s1, [{w}]", "vldmia {x}!, {{s2}}", "add {w}, {w}, {row}", "subs {k}, {k}, #1",
                    "vfma.f32 s0, s1, s2", "bne 2b",
                    "vstr s0, [{y}]",
                    start = in(reg) v.start, y = in(reg) v.y, row = in(reg) v.row, k = inout(reg) v.terms => _,
                    x = inout(reg) v.x => _, w = inout(reg) v.w => _,
                    out("s0") _, out("s1") _, out("s2") _,
                    options(nostack),
                );
                v = v.without(1);
            }
        }
    }
}

/// The sums of `MR` rows, 1 or 2, and 8 columns. Of two rows they are in s0 to s15, B is in s16 to s23, A in s24 and s25.
///
/// # Safety
/// The elements of all matrices are valid, and the columns of B lie side by side.
#[inline(never)]
pub(in crate::kernels) unsafe fn rows<const MR: usize>(t: &Tile) {
    // SAFETY: loads and stores are of elements that the caller promises to be valid.
    unsafe {
        match MR {
            1 => {
                asm!(
                    "ldr {tmp}, [{t}, #{start}]", "vldmia {tmp}, {{s0-s7}}", "ldr {acs}, [{t}, #{term_a}]",
                    "ldr {brs}, [{t}, #{term_b}]", "ldr {a}, [{t}, #{at_a}]", "ldr {b}, [{t}, #{at_b}]",
                    "ldr {lines}, [{t}, #{count_lines}]",
                    "2:", "ldr {k}, [{t}, #{count_terms}]", "cmp {acs}, #4", "bne 6f",
                    "3:", "vldmia {b}, {{s8-s15}}", "vldmia {a}!, {{s16}}", "add {b}, {b}, {brs}",
                    "subs {k}, {k}, #1", fma!(16: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15), "bne 3b", "b 7f",
                    "6:", "vldmia {b}, {{s8-s15}}", "vldr s16, [{a}]", "add {a}, {a}, {acs}", "add {b}, {b}, {brs}",
                    "subs {k}, {k}, #1", fma!(16: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15), "bne 6b",
                    "7:", "ldr {tmp}, [{t}, #{line_a}]", "add {a}, {a}, {tmp}", "ldr {tmp}, [{t}, #{line_b}]",
                    "add {b}, {b}, {tmp}", "subs {lines}, {lines}, #1", "bne 2b", "ldr {tmp}, [{t}, #{at_c}]",
                    "vstmia {tmp}, {{s0-s7}}",
                    t = in(reg) t, tmp = out(reg) _, a = out(reg) _, b = out(reg) _, k = out(reg) _,
                    lines = out(reg) _, acs = out(reg) _, brs = out(reg) _, at_a = const offset_of!(Tile, a),
                    at_b = const offset_of!(Tile, b), at_c = const offset_of!(Tile, c),
                    start = const offset_of!(Tile, start), term_a = const offset_of!(Tile, term_a),
                    term_b = const offset_of!(Tile, term_b), line_a = const offset_of!(Tile, line_a),
                    line_b = const offset_of!(Tile, line_b), count_terms = const offset_of!(Tile, terms),
                    count_lines = const offset_of!(Tile, lines),
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                    out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _,
                    out("s14") _, out("s15") _, out("s16") _,
                    options(nostack),
                );
                finish(t.c, NR, t.bias, t.relu != 0);
            }
            _ => {
                asm!(
                    "ldr {tmp}, [{t}, #{start}]", "vldmia {tmp}, {{s0-s7}}", "ldr {k}, [{t}, #{row_start}]",
                    "add {tmp}, {tmp}, {k}", "vldmia {tmp}, {{s8-s15}}", "ldr {acs}, [{t}, #{term_a}]",
                    "ldr {brs}, [{t}, #{term_b}]", "ldr {a}, [{t}, #{at_a}]", "ldr {b}, [{t}, #{at_b}]",
                    "ldr {tmp}, [{t}, #{row_a}]", "add {a2}, {a}, {tmp}", "ldr {lines}, [{t}, #{count_lines}]",
                    "ldr {line_a}, [{t}, #{at_line_a}]", "ldr {line_b}, [{t}, #{at_line_b}]", "cmp {acs}, #4", "bne 6f",
                    "2:", "ldr {k}, [{t}, #{count_terms}]",
                    "3:", "vldmia {b}, {{s16-s23}}", "vldmia {a}!, {{s24}}", "vldmia {a2}!, {{s25}}",
                    "add {b}, {b}, {brs}", "subs {k}, {k}, #1", fma!(24: 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23),
                    fma!(25: 8 16, 9 17, 10 18, 11 19, 12 20, 13 21, 14 22, 15 23), "bne 3b", "add {a}, {a}, {line_a}",
                    "add {a2}, {a2}, {line_a}", "add {b}, {b}, {line_b}", "subs {lines}, {lines}, #1", "bne 2b", "b 8f",
                    "6:", "ldr {k}, [{t}, #{count_terms}]",
                    "7:", "vldmia {b}, {{s16-s23}}", "vldr s24, [{a}]", "add {a}, {a}, {acs}", "vldr s25, [{a2}]",
                    "add {a2}, {a2}, {acs}", "add {b}, {b}, {brs}", "subs {k}, {k}, #1",
                    fma!(24: 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23),
                    fma!(25: 8 16, 9 17, 10 18, 11 19, 12 20, 13 21, 14 22, 15 23), "bne 7b", "add {a}, {a}, {line_a}",
                    "add {a2}, {a2}, {line_a}", "add {b}, {b}, {line_b}", "subs {lines}, {lines}, #1", "bne 6b",
                    "8:",
                    "ldr {tmp}, [{t}, #{bias}]", "cmp {tmp}, #0", "beq 4f", "vldmia {tmp}, {{s16-s23}}",
                    add!(0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23,
                        8 16, 9 17, 10 18, 11 19, 12 20, 13 21, 14 22, 15 23),
                    "4:", "ldr {tmp}, [{t}, #{relu}]", "cmp {tmp}, #0", "beq 5f", "mov {tmp}, #0", "vmov s24, {tmp}",
                    relu!(24: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                    "5:", "ldr {tmp}, [{t}, #{at_c}]", "vstmia {tmp}, {{s0-s7}}", "ldr {k}, [{t}, #{row_c}]",
                    "add {tmp}, {tmp}, {k}", "vstmia {tmp}, {{s8-s15}}",
                    t = in(reg) t, tmp = out(reg) _, a = out(reg) _, a2 = out(reg) _, b = out(reg) _, k = out(reg) _,
                    lines = out(reg) _, acs = out(reg) _, brs = out(reg) _, line_a = out(reg) _, line_b = out(reg) _, at_a = const offset_of!(Tile, a),
                    at_b = const offset_of!(Tile, b), at_c = const offset_of!(Tile, c),
                    start = const offset_of!(Tile, start), row_a = const offset_of!(Tile, row_a),
                    row_c = const offset_of!(Tile, row_c), row_start = const offset_of!(Tile, row_start),
                    term_a = const offset_of!(Tile, term_a), term_b = const offset_of!(Tile, term_b),
                    at_line_a = const offset_of!(Tile, line_a), at_line_b = const offset_of!(Tile, line_b),
                    count_terms = const offset_of!(Tile, terms), count_lines = const offset_of!(Tile, lines),
                    bias = const offset_of!(Tile, bias), relu = const offset_of!(Tile, relu),
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                    out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _,
                    out("s14") _, out("s15") _, out("s16") _, out("s17") _, out("s18") _, out("s19") _, out("s20") _,
                    out("s21") _, out("s22") _, out("s23") _, out("s24") _, out("s25") _,
                    options(nostack),
                )
            }
        }
    }
}

/// The larger one of two values, `n` times (at least once); NaN stays.
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn larger(y: *mut f32, a: *const f32, b: *const f32, n: usize) {
    // SAFETY: loads and stores are of values that the caller promises to be there.
    unsafe {
        asm!(
            "2:", "vldmia {a}!, {{s0}}", "vldmia {b}!, {{s1}}", "vcmp.f32 s1, s0", "vmrs apsr_nzcv, fpscr", "it gt",
            "vmovgt.f32 s0, s1", "it vs", "vaddvs.f32 s0, s0, s1", "vstmia {y}!, {{s0}}", "subs {n}, {n}, #1", "bne 2b",
            y = inout(reg) y => _, a = inout(reg) a => _, b = inout(reg) b => _, n = inout(reg) n => _,
            out("s0") _, out("s1") _,
            options(nostack),
        )
    }
}

/// The largest one of three values, `n` times (at least once); NaN stays.
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn larger_of_three(
    y: *mut f32,
    a: *const f32,
    b: *const f32,
    c: *const f32,
    n: usize,
) {
    // SAFETY: loads and stores are of values that the caller promises to be there.
    unsafe {
        asm!(
            "2:", "vldmia {a}!, {{s0}}", "vldmia {b}!, {{s1}}", "vldmia {c}!, {{s2}}", "vcmp.f32 s1, s0",
            "vmrs apsr_nzcv, fpscr", "it gt", "vmovgt.f32 s0, s1", "it vs", "vaddvs.f32 s0, s0, s1",
            "vcmp.f32 s2, s0", "vmrs apsr_nzcv, fpscr", "it gt", "vmovgt.f32 s0, s2", "it vs",
            "vaddvs.f32 s0, s0, s2", "vstmia {y}!, {{s0}}", "subs {n}, {n}, #1", "bne 2b",
            y = inout(reg) y => _, a = inout(reg) a => _, b = inout(reg) b => _, c = inout(reg) c => _,
            n = inout(reg) n => _, out("s0") _, out("s1") _, out("s2") _,
            options(nostack),
        )
    }
}

/// The sum of three values, `n` times (at least once).
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn sum(
    y: *mut f32,
    a: *const f32,
    b: *const f32,
    c: *const f32,
    n: usize,
) {
    // SAFETY: as above.
    unsafe {
        asm!(
            "2:", "vldmia {a}!, {{s0}}", "vldmia {b}!, {{s1}}", "vldmia {c}!, {{s2}}", "vadd.f32 s0, s0, s1",
            "vadd.f32 s0, s0, s2", "vstmia {y}!, {{s0}}", "subs {n}, {n}, #1", "bne 2b",
            y = inout(reg) y => _, a = inout(reg) a => _, b = inout(reg) b => _, c = inout(reg) c => _,
            n = inout(reg) n => _, out("s0") _, out("s1") _, out("s2") _,
            options(nostack),
        )
    }
}

/// Multiplies `n` values (at least one) by a number.
///
/// # Safety
/// There are so many.
#[inline(never)]
pub(in crate::kernels) unsafe fn scale(y: *mut f32, n: usize, factor: f32) {
    // SAFETY: as above.
    unsafe {
        asm!(
            "vmov s1, {factor}", "2:", "vldr s0, [{y}]", "vmul.f32 s0, s0, s1", "vstmia {y}!, {{s0}}",
            "subs {n}, {n}, #1", "bne 2b",
            y = inout(reg) y => _, n = inout(reg) n => _, factor = in(reg) factor.to_bits(), out("s0") _, out("s1") _,
            options(nostack),
        )
    }
}

/// Adds the bias, unless it is null, to `n` sums (at least one), and makes what is not positive 0 if that is wanted.
///
/// # Safety
/// There are so many of both.
#[inline(never)]
pub(in crate::kernels) unsafe fn finish(sums: *mut f32, n: usize, bias: *const f32, relu: bool) {
    if bias.is_null() && !relu {
        return;
    }
    // Without relu nothing is too small.
    let (bias, step) = match bias.is_null() {
        true => (&raw const NO_BIAS, 0),
        false => (bias, size_of::<f32>()),
    };
    let least = if relu { 0.0 } else { f32::NEG_INFINITY };
    // SAFETY: as above.
    unsafe {
        asm!(
            "vmov s2, {least}", "2:", "vldr s0, [{y}]", "vldr s1, [{bias}]", "add {bias}, {bias}, {step}",
            "vadd.f32 s0, s0, s1", "vcmp.f32 s0, s2", "vmrs apsr_nzcv, fpscr", "it ls", "vmovls.f32 s0, s2",
            "vstmia {y}!, {{s0}}", "subs {n}, {n}, #1", "bne 2b",
            y = inout(reg) sums => _, bias = inout(reg) bias => _, step = in(reg) step,
            least = in(reg) least.to_bits(), n = inout(reg) n => _, out("s0") _, out("s1") _, out("s2") _,
            options(nostack),
        )
    }
}

/// Sums of one term, of `m` rows (at least 1) and 8 columns, without bias and relu: the gradient of a kernel by one sample.
///
/// # Safety
/// The elements of all matrices are valid, and the columns of B lie side by side.
#[inline(never)]
pub(in crate::kernels) unsafe fn outer(t: &Tile, m: usize) {
    // SAFETY: as for `rows`.
    unsafe {
        asm!(
            "ldr {a}, [{t}, #{at_a}]", "ldr {tmp}, [{t}, #{at_b}]", "vldmia {tmp}, {{s8-s15}}",
            "ldr {c}, [{t}, #{at_c}]", "ldr {start}, [{t}, #{at_start}]", "ldr {acs}, [{t}, #{row_a}]",
            "ldr {ldc}, [{t}, #{row_c}]", "ldr {tmp}, [{t}, #{row_start}]",
            "2:", "vldmia {start}, {{s0-s7}}", "vldr s16, [{a}]", "add {start}, {start}, {tmp}",
            "add {a}, {a}, {acs}", "subs {m}, {m}, #1", fma!(16: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15),
            "vstmia {c}, {{s0-s7}}", "add {c}, {c}, {ldc}",
            "bne 2b",
            t = in(reg) t, m = inout(reg) m => _, tmp = out(reg) _, a = out(reg) _, c = out(reg) _,
            start = out(reg) _, acs = out(reg) _, ldc = out(reg) _, at_a = const offset_of!(Tile, a),
            at_b = const offset_of!(Tile, b), at_c = const offset_of!(Tile, c),
            at_start = const offset_of!(Tile, start), row_a = const offset_of!(Tile, row_a),
            row_c = const offset_of!(Tile, row_c), row_start = const offset_of!(Tile, row_start),
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _, out("s7") _,
            out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _, out("s14") _,
            out("s15") _, out("s16") _,
            options(nostack),
        )
    }
}

/// The sums of one row and `N` columns, 1 or 4, with any strides.
///
/// # Safety
/// The elements of all matrices are valid.
#[inline(never)]
pub(in crate::kernels) unsafe fn columns<const N: usize>(t: &Tile) {
    // SAFETY: as for `rows`.
    unsafe {
        match N {
            1 => {
                asm!(
                    "ldr {tmp}, [{t}, #{start}]", "vldr s0, [{tmp}]", "ldr {acs}, [{t}, #{term_a}]",
                    "ldr {brs}, [{t}, #{term_b}]", "ldr {a}, [{t}, #{at_a}]", "ldr {b}, [{t}, #{at_b}]",
                    "ldr {lines}, [{t}, #{count_lines}]",
                    "2:", "ldr {k}, [{t}, #{count_terms}]",
                    "3:", "vldr s8, [{a}]", "vldr s4, [{b}]", "add {a}, {a}, {acs}", "add {b}, {b}, {brs}",
                    "subs {k}, {k}, #1", "vfma.f32 s0, s4, s8", "bne 3b", "ldr {tmp}, [{t}, #{line_a}]",
                    "add {a}, {a}, {tmp}", "ldr {tmp}, [{t}, #{line_b}]", "add {b}, {b}, {tmp}",
                    "subs {lines}, {lines}, #1", "bne 2b", "ldr {tmp}, [{t}, #{at_c}]", "vstr s0, [{tmp}]",
                    t = in(reg) t, tmp = out(reg) _, a = out(reg) _, b = out(reg) _, k = out(reg) _,
                    lines = out(reg) _, acs = out(reg) _, brs = out(reg) _, at_a = const offset_of!(Tile, a),
                    at_b = const offset_of!(Tile, b), at_c = const offset_of!(Tile, c),
                    start = const offset_of!(Tile, start), term_a = const offset_of!(Tile, term_a),
                    term_b = const offset_of!(Tile, term_b), line_a = const offset_of!(Tile, line_a),
                    line_b = const offset_of!(Tile, line_b), count_terms = const offset_of!(Tile, terms),
                    count_lines = const offset_of!(Tile, lines),
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                    out("s7") _, out("s8") _,
                    options(nostack),
                )
            }
            _ => {
                asm!(
                    "ldr {tmp}, [{t}, #{start}]", "vldmia {tmp}, {{s0-s3}}", "ldr {acs}, [{t}, #{term_a}]",
                    "ldr {brs}, [{t}, #{term_b}]", "ldr {bcs}, [{t}, #{column_b}]", "ldr {a}, [{t}, #{at_a}]",
                    "ldr {b}, [{t}, #{at_b}]", "ldr {lines}, [{t}, #{count_lines}]",
                    "2:", "ldr {k}, [{t}, #{count_terms}]",
                    "3:", "vldr s8, [{a}]", "vldr s4, [{b}]", "add {tmp}, {b}, {bcs}", "vldr s5, [{tmp}]",
                    "add {tmp}, {tmp}, {bcs}", "vldr s6, [{tmp}]", "add {tmp}, {tmp}, {bcs}", "vldr s7, [{tmp}]",
                    "add {a}, {a}, {acs}", "add {b}, {b}, {brs}", "subs {k}, {k}, #1", fma!(8: 0 4, 1 5, 2 6, 3 7), "bne 3b",
                    "ldr {tmp}, [{t}, #{line_a}]", "add {a}, {a}, {tmp}", "ldr {tmp}, [{t}, #{line_b}]",
                    "add {b}, {b}, {tmp}", "subs {lines}, {lines}, #1", "bne 2b", "ldr {tmp}, [{t}, #{at_c}]",
                    "vstmia {tmp}, {{s0-s3}}",
                    t = in(reg) t, tmp = out(reg) _, a = out(reg) _, b = out(reg) _, k = out(reg) _,
                    lines = out(reg) _, acs = out(reg) _, brs = out(reg) _, bcs = out(reg) _,
                    at_a = const offset_of!(Tile, a), at_b = const offset_of!(Tile, b),
                    at_c = const offset_of!(Tile, c), start = const offset_of!(Tile, start),
                    term_a = const offset_of!(Tile, term_a), term_b = const offset_of!(Tile, term_b),
                    column_b = const offset_of!(Tile, column_b), line_a = const offset_of!(Tile, line_a),
                    line_b = const offset_of!(Tile, line_b), count_terms = const offset_of!(Tile, terms),
                    count_lines = const offset_of!(Tile, lines),
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                    out("s7") _, out("s8") _,
                    options(nostack),
                )
            }
        }
        finish(t.c, N, t.bias, t.relu != 0);
    }
}
