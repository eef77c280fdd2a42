//! The sums that take the time, for each instruction set.

cfg_select! {
    target_arch = "x86_64" => {
        mod avx2;
        mod avx512;
        mod avx512_channels;
    }
    target_arch = "aarch64" => {
        mod neon;
    }
    _ => {}
}
cfg_select! {
    any(target_arch = "x86_64", target_arch = "aarch64") => {
        #[cfg_attr(target_arch = "aarch64", allow(dead_code))] // To be written for it.
        mod channels;
        mod host;
        mod isa;
        mod reader;
        use host::{Source, rows};
        #[cfg(target_arch = "x86_64")]
        pub(crate) use isa::{Isa, isa};
        #[cfg(all(test, feature = "std"))]
        pub(crate) use isa::each;
    }
    _ => {}
}
mod block;
mod finish;
mod kernel;
mod lines;

// The compiler does not say on stable which Arm has SMLAD. Of the bare targets with a hard-float ABI, those without 64-bit atomics
// are Cortex-M's, from the M4F on, and these have it.
cfg_select! {
    all(target_arch = "arm", target_abi = "eabihf", target_os = "none", not(target_has_atomic = "64")) => {
        mod cortex_m;
        use cortex_m as tiles;
    }
    _ => {
        mod portable;
        use portable as tiles;
    }
}

use crate::op::{Conv, Pool};
use crate::params::Params;
pub(crate) use block::block_sums;
pub(crate) use finish::{Range, requantize};
pub(crate) use kernel::Kernel;
pub(crate) use lines::{copy_lines, fill};

/// Rows of `len` values, `inputs` with padding, to rows of `outputs`, with vector instructions; whether there are any.
#[inline(always)]
pub(crate) fn vector_rows(
    params: &Params<'_>,
    x: &[i8],
    len: usize,
    inputs: usize,
    outputs: usize,
    y: &mut [i8],
) -> bool {
    cfg_select! {
        any(target_arch = "x86_64", target_arch = "aarch64") => {
            let (Some(from), Some(to)) = (x.len().checked_div(len), y.len().checked_div(outputs)) else {
                return false;
            };
            rows(params, Source::Rows(x, len), inputs, outputs, from.min(to), y)
        }
        _ => {
            let _ = (params, x, len, inputs, outputs, y);
            false
        }
    }
}

/// A convolution of an image with vector instructions; whether there are any.
#[inline(always)]
pub(crate) fn vector_image(
    conv: &Conv,
    params: &Params<'_>,
    inputs: usize,
    x: &[i8],
    y: &mut [i8],
) -> bool {
    cfg_select! {
        any(target_arch = "x86_64", target_arch = "aarch64") => {
            let [h, w] = &conv.axes;
            let source = Source::Image(conv, x, params.zeros.input);
            rows(params, source, inputs, conv.filters, h.output * w.output, y)
        }
        _ => {
            let _ = (conv, params, inputs, x, y);
            false
        }
    }
}

/// A depthwise convolution of an image with vector instructions; whether there are any.
#[inline(always)]
pub(crate) fn vector_depthwise(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8]) -> bool {
    cfg_select! {
        any(target_arch = "x86_64", target_arch = "aarch64") => channels::depthwise(conv, params, x, y),
        _ => {
            let _ = (conv, params, x, y);
            false
        }
    }
}

/// The largest values of the windows of an image, or their means, with vector instructions; whether there are any.
#[inline(always)]
pub(crate) fn vector_pool(pool: &Pool, average: bool, x: &[i8], y: &mut [i8]) -> bool {
    cfg_select! {
        any(target_arch = "x86_64", target_arch = "aarch64") => if average {
            channels::average(pool, x, y)
        } else {
            channels::max(pool, x, y)
        },
        _ => {
            let _ = (pool, average, x, y);
            false
        }
    }
}

/// Runs loops with the vector instructions that the CPU has. Only what is inlined is compiled with them.
#[inline(always)]
pub(crate) fn simd<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if isa() >= Isa::Avx2 {
        #[target_feature(enable = "avx2")]
        fn avx2<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        // SAFETY: `isa` returns those only if AVX2 is there.
        #[allow(unsafe_code)]
        return unsafe { avx2(f) };
    }
    f()
}

/// Stands in a loop that is to stay one: what would be unrolled for a wide CPU, or become a call of `memcpy`, is code that a
/// microcontroller has to keep. Elsewhere it is nothing.
#[inline(always)]
pub(crate) fn rolled() {
    #[cfg(all(
        not(feature = "std"),
        any(target_arch = "arm", target_arch = "riscv32")
    ))]
    // SAFETY: no instruction.
    #[allow(unsafe_code)]
    unsafe {
        core::arch::asm!("", options(nostack, preserves_flags));
    }
}

/// The same number, which the compiler does not know: it is no reason for a loop to be written out.
#[inline(always)]
pub(crate) fn unknown(n: usize) -> usize {
    #[cfg(all(
        not(feature = "std"),
        any(target_arch = "arm", target_arch = "riscv32")
    ))]
    // SAFETY: no instruction.
    #[allow(unsafe_code)]
    unsafe {
        let mut n = n;
        core::arch::asm!("/* {} */", inout(reg) n, options(pure, nomem, nostack, preserves_flags));
        return n;
    }
    #[allow(unreachable_code)]
    n
}

#[cfg(all(
    test,
    feature = "std",
    unix,
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tests;
