//! The floating-point unit of a microcontroller: instructions for which `core` has no stable function, and the sums of a
//! tile of the matrix product, which a compiler that optimises for size would not keep in registers.
//!
//! With the hard-float targets of Cortex-M (M4F and later) these are assembly (`cortex_m.rs`), everywhere else plain Rust
//! (`no_unit.rs`), with the same results but for the rounding of a fused multiply-add.

#![allow(unsafe_code)]

#[allow(dead_code)] // Where it is assembly.
mod no_unit;

// The compiler does not say on stable which unit there is. Of the bare targets of Arm with a hard-float ABI, only those
// of Cortex-M, all of which fuse, have no 64-bit atomics.
cfg_select! {
    all(target_arch = "arm", target_abi = "eabihf", target_os = "none", not(target_has_atomic = "64")) => {
        mod cortex_m;
        use cortex_m as unit;
    }
    _ => {
        use no_unit as unit;
    }
}

pub(super) use unit::{columns, finish, larger, larger_of_three, outer, rows, scale, sum, vector};
#[cfg_attr(feature = "std", allow(unused_imports))]
pub(crate) use unit::{sqrt, sqrt_of};

/// Columns of a tile.
pub(super) const NR: usize = 8;

/// What sums begin with unless there is something.
pub(super) static ZEROS: [f32; NR] = [0.0; NR];

/// What is added in place of a bias: it changes no value.
static NO_BIAS: f32 = -0.0;

/// No instruction, where code is to be small: the compiler only has to keep what is said of it.
macro_rules! chip_asm {
    ($($asm:tt)*) => {
        #[cfg(all(
            not(feature = "std"),
            any(target_arch = "arm", target_arch = "riscv32")
        ))]
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!($($asm)*);
        }
    };
}

/// Stands in a loop that is to stay one: what would be unrolled for a wide CPU, or become a call of `memcpy`, is code that a chip
/// has to keep. Elsewhere it is nothing.
#[inline(always)]
pub(crate) fn rolled() {
    chip_asm!("", options(nostack, preserves_flags));
}

/// The same number, which the compiler does not know: it is no reason for a loop to be written out.
#[inline(always)]
pub(crate) fn unknown(n: usize) -> usize {
    #[allow(unused_mut)]
    let mut n = n;
    chip_asm!("/* {} */", inout(reg) n, options(pure, nomem, nostack, preserves_flags));
    n
}

/// The same values, of which there are an [`unknown`] number.
#[inline(always)]
pub(crate) fn unknown_many(y: &mut [f32]) -> &mut [f32] {
    // SAFETY: as many as there are.
    unsafe { core::slice::from_raw_parts_mut(y.as_mut_ptr(), unknown(y.len())) }
}

/// Some sums: columns of A times rows of B, in lines of terms. All distances are in bytes.
#[repr(C)] // The assembly has the offsets of its fields.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub a: *const f32,
    pub b: *const f32,
    pub c: *mut f32,
    /// What the sums begin with.
    pub start: *const f32,
    /// From one row to the next.
    pub row_a: usize,
    pub row_c: usize,
    pub row_start: usize,
    /// From one term to the next.
    pub term_a: usize,
    pub term_b: usize,
    /// From one column of B to the next.
    pub column_b: usize,
    /// From the end of one line of terms to the next.
    pub line_a: usize,
    pub line_b: usize,
    /// How many terms a line has, and how many lines there are: at least 1.
    pub terms: usize,
    pub lines: usize,
    /// A value for each column that is added in the end, or null.
    pub bias: *const f32,
    /// Whether what is not positive becomes 0 in the end: 1, else 0.
    pub relu: usize,
}

/// A row times a matrix whose columns lie side by side: `y += x W`, or `y = x W`. Distances are in bytes.
#[derive(Clone, Copy)]
pub(super) struct Vector {
    pub x: *const f32,
    pub w: *const f32,
    pub y: *mut f32,
    /// What the sums begin with: `y`, or as many zeros as are there.
    pub start: *const f32,
    /// Which bits of a distance in `y` are those in `start`: all, or none.
    pub follows: usize,
    /// From one row of W to the next.
    pub row: usize,
    /// Rows of W: at least 1.
    pub terms: usize,
    pub columns: usize,
}

impl Vector {
    /// The sums without the first `n`, at most as many as there are.
    #[inline(always)]
    fn without(self, n: usize) -> Self {
        let bytes = n * size_of::<f32>();
        Vector {
            w: self.w.wrapping_byte_add(bytes),
            y: self.y.wrapping_byte_add(bytes),
            start: self.start.wrapping_byte_add(bytes & self.follows),
            columns: self.columns - n,
            ..self
        }
    }
}
