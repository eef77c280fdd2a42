//! The floating-point unit of a microcontroller: instructions for which `core` has no stable function, and the sums of a
//! tile of the matrix product, which a compiler that optimises for size would not keep in registers.
//!
//! With the hard-float targets of Cortex-M (M4F and later) these are assembly; everywhere else plain Rust, with the same
//! results but for the rounding of a fused multiply-add. (`vfpv4` is not among the features of these targets that the
//! compiler knows of: registers of the unit cannot be operands, only be named as overwritten.)

#![allow(unsafe_code)]

/// Columns of a tile.
pub(super) const NR: usize = 8;

/// The terms of some sums: columns of A times rows of B.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// How many, at least 1.
    pub k: usize,
    pub a: *const f32,
    /// From one row of A to the next, and from one column.
    pub ars: usize,
    pub acs: usize,
    pub b: *const f32,
    /// From one row of B to the next, and from one column.
    pub brs: usize,
    pub bcs: usize,
}

/// Sums, which are a part of C.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub c: *mut f32,
    /// From one row to the next.
    pub ldc: usize,
    /// Whether they begin with 0, not with what is there.
    pub from_zero: bool,
}

#[cfg_attr(feature = "std", allow(unused_imports))]
pub(crate) use unit::sqrt;
pub(super) use unit::{add_columns, add_rows, finish};

// The compiler does not say on stable which unit there is. Of the bare targets of Arm with a hard-float ABI, only those
// of Cortex-M, all of which fuse, have no 64-bit atomics.
#[cfg(all(
    target_arch = "arm",
    target_abi = "eabihf",
    target_os = "none",
    not(target_has_atomic = "64")
))]
mod unit {
    use super::{NR, Sums, Terms};
    use core::arch::asm;

    /// The square root.
    #[inline(always)]
    pub(crate) fn sqrt(x: f32) -> f32 {
        let mut bits = x.to_bits();
        // SAFETY: instructions between registers, which the target has.
        unsafe {
            asm!("vmov s0, {x}", "vsqrt.f32 s0, s0", "vmov {x}, s0", x = inout(reg) bits, out("s0") _,
                options(pure, nomem, nostack, preserves_flags));
        }
        f32::from_bits(bits)
    }

    static ZEROS: [f32; NR] = [0.0; NR];

    impl Sums {
        /// Where they begin, and how far it is to the next row there.
        #[inline(always)]
        fn start(&self) -> (*const f32, usize) {
            match self.from_zero {
                true => (ZEROS.as_ptr(), 0),
                false => (self.c, self.ldc * size_of::<f32>()),
            }
        }
    }

    /// The sums of two rows and 8 columns: s0 to s15. B is in s16 to s23, A in s24 and s25; `a` and `a2` load and step.
    macro_rules! two_rows {
        ($sums:ident, $t:ident, $a:literal, $a2:literal) => {
            let (start, step) = $sums.start();
            asm!(
                "vldmia {start}, {{s0-s7}}",
                "add {start}, {start}, {step}",
                "vldmia {start}, {{s8-s15}}",
                "2:",
                "vldmia {b}, {{s16-s23}}",
                $a,
                $a2,
                "add {b}, {b}, {brs}",
                "subs {k}, {k}, #1",
                "vfma.f32 s0, s16, s24",
                "vfma.f32 s1, s17, s24",
                "vfma.f32 s2, s18, s24",
                "vfma.f32 s3, s19, s24",
                "vfma.f32 s4, s20, s24",
                "vfma.f32 s5, s21, s24",
                "vfma.f32 s6, s22, s24",
                "vfma.f32 s7, s23, s24",
                "vfma.f32 s8, s16, s25",
                "vfma.f32 s9, s17, s25",
                "vfma.f32 s10, s18, s25",
                "vfma.f32 s11, s19, s25",
                "vfma.f32 s12, s20, s25",
                "vfma.f32 s13, s21, s25",
                "vfma.f32 s14, s22, s25",
                "vfma.f32 s15, s23, s25",
                "bne 2b",
                "vstmia {c}, {{s0-s7}}",
                "add {c}, {c}, {ldc}",
                "vstmia {c}, {{s8-s15}} @ {acs}",
                start = inout(reg) start => _,
                step = in(reg) step,
                c = inout(reg) $sums.c => _,
                ldc = in(reg) $sums.ldc * size_of::<f32>(),
                k = inout(reg) $t.k => _,
                a = inout(reg) $t.a => _,
                a2 = inout(reg) $t.a.wrapping_add($t.ars) => _,
                b = inout(reg) $t.b => _,
                acs = in(reg) $t.acs * size_of::<f32>(),
                brs = in(reg) $t.brs * size_of::<f32>(),
                out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _, out("s7") _,
                out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _, out("s14") _,
                out("s15") _, out("s16") _, out("s17") _, out("s18") _, out("s19") _, out("s20") _, out("s21") _,
                out("s22") _, out("s23") _, out("s24") _, out("s25") _,
                options(nostack),
            )
        };
    }

    /// The sums of one row and 8 columns: s0 to s7. B is in s8 to s15, A in s16.
    macro_rules! one_row {
        ($sums:ident, $t:ident, $a:literal) => {
            asm!(
                "vldmia {start}, {{s0-s7}}",
                "2:",
                "vldmia {b}, {{s8-s15}}",
                $a,
                "add {b}, {b}, {brs}",
                "subs {k}, {k}, #1",
                "vfma.f32 s0, s8, s16",
                "vfma.f32 s1, s9, s16",
                "vfma.f32 s2, s10, s16",
                "vfma.f32 s3, s11, s16",
                "vfma.f32 s4, s12, s16",
                "vfma.f32 s5, s13, s16",
                "vfma.f32 s6, s14, s16",
                "vfma.f32 s7, s15, s16",
                "bne 2b",
                "vstmia {c}, {{s0-s7}} @ {acs}",
                start = in(reg) $sums.start().0,
                c = in(reg) $sums.c,
                k = inout(reg) $t.k => _,
                a = inout(reg) $t.a => _,
                b = inout(reg) $t.b => _,
                acs = in(reg) $t.acs * size_of::<f32>(),
                brs = in(reg) $t.brs * size_of::<f32>(),
                out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _, out("s7") _,
                out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _, out("s14") _,
                out("s15") _, out("s16") _,
                options(nostack),
            )
        };
    }

    /// Adds the terms to the sums of one or two rows and 8 columns.
    ///
    /// # Safety
    /// The elements of all three matrices are valid, `bcs` is 1, and `MR` is 1 or 2.
    #[inline(always)]
    pub(in crate::kernels) unsafe fn add_rows<const MR: usize>(sums: Sums, t: Terms) {
        // SAFETY: loads and stores are of elements that the caller promises to be valid.
        unsafe {
            match (MR, t.acs) {
                (1, 1) => one_row!(sums, t, "vldmia {a}!, {{s16}}"),
                (1, _) => one_row!(sums, t, "vldr s16, [{a}]\nadd {a}, {a}, {acs}"),
                (_, 1) => {
                    two_rows!(sums, t, "vldmia {a}!, {{s24}}", "vldmia {a2}!, {{s25}}");
                }
                _ => {
                    two_rows!(
                        sums,
                        t,
                        "vldr s24, [{a}]\nadd {a}, {a}, {acs}",
                        "vldr s25, [{a2}]\nadd {a2}, {a2}, {acs}"
                    );
                }
            }
        }
    }

    /// The sums of one row and 4 columns, s0 to s3, or of one column. B is in s4 to s7, A in s8.
    macro_rules! columns {
        ($sums:ident, $t:ident, $start:literal, $b:literal, [$($fma:literal)*], $end:literal) => {
            asm!(
                $start,
                "2:",
                "vldr s8, [{a}]",
                "add {a}, {a}, {acs}",
                $b,
                "add {b}, {b}, {brs}",
                "subs {k}, {k}, #1",
                $($fma,)*
                "bne 2b",
                $end,
                start = in(reg) $sums.start().0,
                c = in(reg) $sums.c,
                k = inout(reg) $t.k => _,
                a = inout(reg) $t.a => _,
                b = inout(reg) $t.b => _,
                at = out(reg) _,
                acs = in(reg) $t.acs * size_of::<f32>(),
                brs = in(reg) $t.brs * size_of::<f32>(),
                bcs = in(reg) $t.bcs * size_of::<f32>(),
                out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _, out("s7") _,
                out("s8") _,
                options(nostack),
            )
        };
    }

    /// Adds the terms to the sums of one row and `N` columns, with any strides.
    ///
    /// # Safety
    /// The elements of all three matrices are valid, and `N` is 1 or 4.
    #[inline(always)]
    pub(in crate::kernels) unsafe fn add_columns<const N: usize>(sums: Sums, t: Terms) {
        // SAFETY: as for `add_rows`.
        unsafe {
            match N {
                1 => columns!(
                    sums,
                    t,
                    "vldr s0, [{start}]",
                    "vldr s4, [{b}]",
                    ["vfma.f32 s0, s4, s8"],
                    "vstr s0, [{c}] @ {at} {bcs}"
                ),
                _ => columns!(
                    sums,
                    t,
                    "vldmia {start}, {{s0-s3}}",
                    "vldr s4, [{b}]\nadd {at}, {b}, {bcs}\nvldr s5, [{at}]\nadd {at}, {at}, {bcs}\nvldr s6, [{at}]\n\
                     add {at}, {at}, {bcs}\nvldr s7, [{at}]",
                    ["vfma.f32 s0, s4, s8" "vfma.f32 s1, s5, s8" "vfma.f32 s2, s6, s8" "vfma.f32 s3, s7, s8"],
                    "vstmia {c}, {{s0-s3}}"
                ),
            }
        }
    }

    /// Adds the bias, unless it is null, to `N` sums of a row, and makes what is not positive 0 if `relu`.
    ///
    /// # Safety
    /// The elements are valid; `N` is 8, or another number.
    #[inline(always)]
    pub(in crate::kernels) unsafe fn finish<const N: usize>(
        c: *mut f32,
        bias: *const f32,
        relu: bool,
    ) {
        if N != NR {
            // SAFETY: promised by the caller.
            return unsafe { super::finish_each::<N>(c, bias, relu) };
        }
        /// Of an unordered comparison neither "lower" nor "same" holds: NaN stays.
        macro_rules! relu {
            ($($s:literal)*) => {
                asm!(
                    "vldmia {c}, {{s0-s7}}",
                    "vldr s8, [{zero}]",
                    $(concat!("vcmp.f32 ", $s, ", #0.0\nvmrs apsr_nzcv, fpscr\nit ls\nvmovls.f32 ", $s, ", s8"),)*
                    "vstmia {c}, {{s0-s7}}",
                    c = in(reg) c,
                    zero = in(reg) &raw const ZEROS,
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                    out("s7") _, out("s8") _,
                    options(nostack),
                )
            };
        }
        // SAFETY: loads and stores are of elements that the caller promises to be valid.
        unsafe {
            if !bias.is_null() {
                asm!(
                    "vldmia {c}, {{s0-s7}}",
                    "vldmia {bias}, {{s8-s15}}",
                    "vadd.f32 s0, s0, s8",
                    "vadd.f32 s1, s1, s9",
                    "vadd.f32 s2, s2, s10",
                    "vadd.f32 s3, s3, s11",
                    "vadd.f32 s4, s4, s12",
                    "vadd.f32 s5, s5, s13",
                    "vadd.f32 s6, s6, s14",
                    "vadd.f32 s7, s7, s15",
                    "vstmia {c}, {{s0-s7}}",
                    c = in(reg) c,
                    bias = in(reg) bias,
                    out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _, out("s7") _,
                    out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _, out("s14") _,
                    out("s15") _,
                    options(nostack, preserves_flags),
                );
            }
            if relu {
                relu!("s0" "s1" "s2" "s3" "s4" "s5" "s6" "s7");
            }
        }
    }
}

#[cfg(not(all(
    target_arch = "arm",
    target_abi = "eabihf",
    target_os = "none",
    not(target_has_atomic = "64")
)))]
mod unit {
    pub(in crate::kernels) use super::finish_each as finish;
    use super::{NR, Sums, Terms};

    /// The square root.
    #[inline(always)]
    #[cfg_attr(feature = "std", allow(dead_code))]
    pub(crate) fn sqrt(x: f32) -> f32 {
        libm::sqrtf(x)
    }

    /// Adds the terms to the sums of `MR` rows and 8 columns.
    ///
    /// # Safety
    /// The elements of all three matrices are valid.
    #[inline(always)]
    pub(in crate::kernels) unsafe fn add_rows<const MR: usize>(to: Sums, t: Terms) {
        // SAFETY: promised by the caller.
        unsafe { super::add::<MR, NR>(to, t) }
    }

    /// Adds the terms to the sums of one row and `N` columns, with any strides.
    ///
    /// # Safety
    /// The elements of all three matrices are valid.
    #[inline(always)]
    pub(in crate::kernels) unsafe fn add_columns<const N: usize>(to: Sums, t: Terms) {
        // SAFETY: promised by the caller.
        unsafe { super::add::<1, N>(to, t) }
    }
}

/// Adds the terms to the sums of `MR` rows and `N` columns.
///
/// # Safety
/// The elements of all three matrices are valid.
#[inline(always)]
#[allow(dead_code, reason = "not where it is assembly")]
unsafe fn add<const MR: usize, const N: usize>(to: Sums, t: Terms) {
    let Terms {
        k,
        mut a,
        ars,
        acs,
        mut b,
        brs,
        bcs,
    } = t;
    let mut sums = [[0.0; N]; MR];
    if !to.from_zero {
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: a part of a row of C.
            *row = unsafe { to.c.add(i * to.ldc).cast::<[f32; N]>().read() };
        }
    }
    for _ in 0..k {
        // SAFETY: a term of each of the sums.
        unsafe {
            for (i, row) in sums.iter_mut().enumerate() {
                let a = *a.add(i * ars);
                for (j, sum) in row.iter_mut().enumerate() {
                    *sum += a * *b.add(j * bcs);
                }
            }
        }
        a = a.wrapping_add(acs);
        b = b.wrapping_add(brs);
    }
    for (i, row) in sums.into_iter().enumerate() {
        // SAFETY: a part of a row of C.
        unsafe { to.c.add(i * to.ldc).cast::<[f32; N]>().write(row) };
    }
}

/// Adds the bias, unless it is null, to `N` sums of a row, and makes what is not positive 0 if `relu`.
///
/// # Safety
/// The elements are valid.
#[inline(always)]
unsafe fn finish_each<const N: usize>(c: *mut f32, bias: *const f32, relu: bool) {
    for j in 0..N {
        // SAFETY: promised by the caller.
        unsafe {
            let mut sum = *c.add(j);
            if !bias.is_null() {
                sum += *bias.add(j);
            }
            // NaN stays.
            *c.add(j) = if relu && sum <= 0.0 { 0.0 } else { sum };
        }
    }
}
