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
