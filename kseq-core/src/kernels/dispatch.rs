//! Which vector instructions to use.
//!
//! A Rust program is compiled for the oldest CPU of its target (SSE2 on x86-64). With std the kernels ask the CPU
//! once and run the best variant there is; without std the target features of the build decide.
//!
//! The environment variable `KSEQ_ISA` (`portable`, `avx2`, `avx512`) asks for less than the CPU has, e.g. to
//! compare results between machines. It is read once, at the first call.

#![allow(unsafe_code)]

/// A family of vector instructions that the kernels are written for, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Isa {
    /// Plain Rust: whatever the target's compiler makes of it. No fused multiply-add.
    Portable = 1,
    /// 128 bit vectors of aarch64.
    Neon = 2,
    /// 256 bit vectors and fused multiply-add of x86-64.
    Avx2 = 3,
    /// 512 bit vectors and masks of x86-64.
    Avx512 = 4,
}

impl Isa {
    /// All of them, the weakest first.
    pub const ALL: [Isa; 4] = [Isa::Portable, Isa::Neon, Isa::Avx2, Isa::Avx512];

    /// Whether this CPU can run it. Without std: whether the build assumes that it can.
    pub fn available(self) -> bool {
        match self {
            Isa::Portable => true,
            Isa::Neon => cfg!(target_arch = "aarch64"),
            Isa::Avx2 => has_avx2(),
            Isa::Avx512 => has_avx512(),
        }
    }

    /// The name that `KSEQ_ISA` knows.
    pub const fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Neon => "neon",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }
}

#[cfg(all(target_arch = "x86_64", feature = "std"))]
fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")
}

#[cfg(all(target_arch = "x86_64", feature = "std"))]
fn has_avx512() -> bool {
    has_avx2()
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512vl")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512dq")
}

#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
const fn has_avx2() -> bool {
    cfg!(all(
        target_arch = "x86_64",
        target_feature = "avx2",
        target_feature = "fma"
    ))
}

#[cfg(not(all(target_arch = "x86_64", feature = "std")))]
const fn has_avx512() -> bool {
    has_avx2()
        && cfg!(all(
            target_feature = "avx512f",
            target_feature = "avx512vl",
            target_feature = "avx512bw",
            target_feature = "avx512dq"
        ))
}

/// The instructions that the kernels use in this process.
#[cfg(feature = "std")]
#[inline]
pub fn isa() -> Isa {
    use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    #[cold]
    fn choose() -> Isa {
        let wanted = std::env::var("KSEQ_ISA").ok();
        let limit = Isa::ALL
            .into_iter()
            .find(|isa| Some(isa.name()) == wanted.as_deref());
        let limit = limit.unwrap_or(Isa::Avx512);
        let best = Isa::ALL
            .into_iter()
            .rfind(|isa| *isa <= limit && isa.available());
        let best = best.unwrap_or(Isa::Portable);
        CHOSEN.store(best as u8, Relaxed);
        best
    }

    if DEVICE {
        return Isa::Portable;
    }
    #[cfg(test)]
    if let Some(isa) = FORCED.get() {
        return isa;
    }
    match CHOSEN.load(Relaxed) {
        1 => Isa::Portable,
        2 => Isa::Neon,
        3 => Isa::Avx2,
        4 => Isa::Avx512,
        _ => choose(),
    }
}

#[cfg(all(test, feature = "std"))]
std::thread_local! {
    /// What [`forced`] asks for.
    static FORCED: core::cell::Cell<Option<Isa>> = const { core::cell::Cell::new(None) };
}

/// Runs `f` with these instructions on this thread, for tests of what asks for them by itself.
///
/// # Panics
/// When the CPU lacks them.
#[cfg(all(test, feature = "std"))]
pub(crate) fn forced<R>(isa: Isa, f: impl FnOnce() -> R) -> R {
    assert!(isa.available(), "the CPU has no {}", isa.name());
    let before = FORCED.replace(Some(isa));
    let result = f();
    FORCED.set(before);
    result
}

/// The instructions that the kernels use in this build.
#[cfg(not(feature = "std"))]
#[inline(always)]
pub const fn isa() -> Isa {
    if has_avx512() {
        Isa::Avx512
    } else if has_avx2() {
        Isa::Avx2
    } else if cfg!(target_arch = "aarch64") {
        Isa::Neon
    } else {
        Isa::Portable
    }
}

cfg_select! {
    any(
        kseq_device,
        not(any(
            feature = "std",
            target_arch = "aarch64",
            all(target_arch = "x86_64", target_feature = "avx2", target_feature = "fma")
        ))
    ) => {
        /// Whether the kernels are those of a microcontroller: small code, little stack, no caches. Without std, where the build has
        /// none of the other instructions; with `--cfg kseq_device` on a host, too, which is for tests.
        pub(crate) const DEVICE: bool = true;
        /// What sums over rows are kept in: on a microcontroller an `f64` is software.
        pub(crate) type Wide = f32;

        /// Such a sum as a value.
        #[inline(always)]
        pub(crate) const fn narrow(sum: Wide) -> f32 {
            sum
        }
    }
    _ => {
        /// Whether the kernels are those of a microcontroller.
        pub(crate) const DEVICE: bool = false;
        /// What sums over rows are kept in.
        pub(crate) type Wide = f64;

        /// Such a sum as a value.
        #[inline(always)]
        pub(crate) const fn narrow(sum: Wide) -> f32 {
            sum as f32
        }
    }
}

// The condition above is that of `isa`, which a `cfg` cannot ask.
#[cfg(not(feature = "std"))]
const _: () = assert!(DEVICE == (cfg!(kseq_device) || matches!(isa(), Isa::Portable)));

/// Runs a short loop with the best vector instructions: `f` is compiled once for each of them, and the CPU's is
/// called.
///
/// The features reach only what is inlined, so everything that `f` calls must be `#[inline(always)]`, as the
/// functions of [`math`](crate::math) are. Arithmetic stays as written (Rust never fuses `a * b + c`), so all
/// variants give the same bits.
///
/// Only for short loops: a closure cannot be marked `#[inline(always)]` itself. A loop over [`exp`](crate::math::exp)
/// or [`tanh`](crate::math::tanh) is inlined, one over [`erf`](crate::math::erf) is too long already and silently runs
/// without the features, ten times slower. The macro `simd_fn!` has no such limit; the kernels of this crate use that.
///
/// ```
/// use kseq_core::{kernels::simd, math};
///
/// let mut y = [-1.0_f32, 0.0, 1.0];
/// simd(|| y.iter_mut().for_each(|y| *y = math::sigmoid(*y)));
/// assert_eq!(y[1], 0.5);
/// ```
#[inline(always)]
pub fn simd<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn avx2<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
        fn avx512<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        match isa() {
            // SAFETY: `isa` returns it only when all these features are there.
            Isa::Avx512 => return unsafe { avx512(f) },
            // SAFETY: as above.
            Isa::Avx2 => return unsafe { avx2(f) },
            _ => {}
        }
    }
    f()
}

/// Defines a function that runs with the best vector instructions, like [`simd`] for a body of any length. What the
/// body calls must be `#[inline(always)]`.
///
/// The body may name a constant `FMA`: whether a fused multiply-add is one instruction, for the functions of
/// [`math`](crate::math) that have two forms. Without std it is false: `core` has no `f32::mul_add`.
///
/// ```ignore
/// simd_fn! {
///     /// y = max(y, 0)
///     pub fn relu(y: &mut [f32]) {
///         y.iter_mut().for_each(|y| *y = y.max(0.0));
///     }
/// }
///
/// simd_fn! {
///     fn apply<A: Activation>(y: &mut [f32]) {
///         y.iter_mut().for_each(|y| *y = A::value(*y));
///     }
/// }
/// ```
macro_rules! simd_fn {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$($g:ident: $bound:path),+ $(,)?>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?
        $body:block
    ) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        $vis fn $name $(<$($g: $bound),+>)? ($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body<const FMA: bool $(, $($g: $bound),+)?> ($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2 $(<$($g: $bound),+>)? ($($arg: $ty),*) $(-> $ret)? {
                    body::<{ cfg!(feature = "std") } $(, $($g),+)?> ($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
                fn avx512 $(<$($g: $bound),+>)? ($($arg: $ty),*) $(-> $ret)? {
                    body::<{ cfg!(feature = "std") } $(, $($g),+)?> ($($arg),*)
                }
                match $crate::kernels::isa() {
                    // SAFETY: `isa` returns it only when all these features are there.
                    $crate::kernels::Isa::Avx512 => return unsafe { avx512 $(::<$($g),+>)? ($($arg),*) },
                    // SAFETY: as above.
                    $crate::kernels::Isa::Avx2 => return unsafe { avx2 $(::<$($g),+>)? ($($arg),*) },
                    _ => {}
                }
            }
            #[cfg(all(target_arch = "aarch64", feature = "std"))]
            if $crate::kernels::isa() == $crate::kernels::Isa::Neon {
                return body::<true $(, $($g),+)?> ($($arg),*);
            }
            body::<false $(, $($g),+)?> ($($arg),*)
        }
    };
}
pub(crate) use simd_fn;

#[cfg(test)]
mod tests {
    use super::*;

    trait Term {
        const VALUE: f32;
    }

    struct Two;

    impl Term for Two {
        const VALUE: f32 = 2.0;
    }

    simd_fn! {
        /// The sum of `x` plus a constant.
        fn sum<T: Term>(x: &[f32]) -> f32 {
            x.iter().sum::<f32>() + T::VALUE
        }
    }

    #[test]
    fn simd_fn_takes_generics_and_returns() {
        assert_eq!(sum::<Two>(&[1.0, 2.0]), 5.0);
    }

    #[test]
    fn the_chosen_one_is_available() {
        assert!(isa().available());
        assert_eq!(isa(), isa());
    }

    #[test]
    fn simd_runs_once_and_returns() {
        let mut calls = 0;
        assert_eq!(
            simd(|| {
                calls += 1;
                7
            }),
            7
        );
        assert_eq!(calls, 1);
    }
}
