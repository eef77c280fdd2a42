//! The sizes of the caches that the kernels and the plans of a pass assume, in `f32`s, each named once.
//!
//! They are those of common x86-64 cores of the last ten years, and close enough for others: what is cut by them stays
//! correct with any cache, and bits never depend on them. The code asks for a share of a cache (`L2_FLOATS / 2`) where
//! something else lies in it at the same time.

/// A line of the cache: 64 bytes.
pub(crate) const LINE_FLOATS: usize = 16;

/// The first level data cache of a core: 32 KiB.
pub(crate) const L1_FLOATS: usize = 8 * 1024;

/// The second level cache of a core: 1 MiB.
pub(crate) const L2_FLOATS: usize = 1 << 18;

/// The last level cache, as far as a program can count on it, since cores and programs share it: 16 MiB. What is larger
/// comes from memory each time.
pub(crate) const LAST_LEVEL_FLOATS: usize = 1 << 22;

/// The second level cache of this core: what it says of itself, which is from 256 KiB to 2 MiB, else [`L2_FLOATS`]. For what
/// streams all of that cache over and over, where a guess that is too large has it come from farther away every time.
#[cfg(all(target_arch = "x86_64", feature = "std", not(miri)))]
pub(crate) fn l2_floats() -> usize {
    use core::arch::x86_64::__cpuid;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// AMD64 Architecture Programmer's Manual, volume 3, E.4.5; Intel's manual, volume 2A, `CPUID`: KiB in the upper half of ECX.
    const L2: u32 = 0x8000_0006;

    /// 0 until it has been asked for: the instruction takes microseconds in a virtual machine.
    static ASKED: AtomicUsize = AtomicUsize::new(0);

    #[cold]
    fn ask() -> usize {
        let kib = match __cpuid(0x8000_0000).eax >= L2 {
            true => __cpuid(L2).ecx >> 16,
            false => 0,
        };
        let floats = match kib {
            0 => L2_FLOATS,
            kib => kib as usize * 1024 / size_of::<f32>(),
        };
        ASKED.store(floats, Relaxed);
        floats
    }

    match ASKED.load(Relaxed) {
        0 => ask(),
        floats => floats,
    }
}

/// The second level cache, of which nothing is known.
#[cfg(not(all(target_arch = "x86_64", feature = "std", not(miri))))]
pub(crate) const fn l2_floats() -> usize {
    L2_FLOATS
}
