//! Parameters, gradients, optimizer slots and layer state: named fields seen as one run of `f32`s.
#![allow(unsafe_code)]

use crate::shape::Shape;
use crate::tensor::Tensor;

/// A plain block of `f32`s, seen as one slice.
///
/// Deliberately not `Copy`: a copy of a large model's parameters would pass over the stack.
///
/// # Safety
/// The type is `#[repr(C)]`, consists of nothing but `f32`s, nested arrays of `f32`, and other
/// `Flat` types, and may be all zero bits. (`#[derive(ParamBlock)]` writes the impl and checks it.)
pub unsafe trait Flat: Sized + Send + Sync + 'static {
    /// The number of `f32`s.
    const LEN: usize = size_of::<Self>() / size_of::<f32>();

    /// All values, in the order of the fields.
    fn as_f32s(&self) -> &[f32] {
        if Self::LEN == 0 {
            return &[]; // what is empty need not be aligned
        }
        // SAFETY: the trait's contract says that `self` is `LEN` f32s without padding.
        unsafe { core::slice::from_raw_parts((&raw const *self).cast(), Self::LEN) }
    }

    /// All values, to be written.
    fn as_f32s_mut(&mut self) -> &mut [f32] {
        if Self::LEN == 0 {
            return &mut [];
        }
        // SAFETY: as above, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut((&raw mut *self).cast(), Self::LEN) }
    }
}

// SAFETY: one f32.
unsafe impl Flat for f32 {}
// SAFETY: an array adds no padding between its elements.
unsafe impl<T: Flat, const N: usize> Flat for [T; N] {}

/// Name and shape of one array of a layer's parameters or state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamSpec {
    /// Keras's name: `kernel`, `bias`.
    pub name: &'static str,
    /// Keras's layout: a Dense kernel is `(in, out)`.
    pub shape: Shape,
}

impl ParamSpec {
    /// The name and shape of a field of type `T`.
    #[must_use]
    pub const fn of<T: Tensor>(name: &'static str) -> Self {
        ParamSpec {
            name,
            shape: T::SHAPE,
        }
    }
}

/// The parameters (or the state) of one layer.
pub trait ParamBlock: Flat {
    /// The arrays, in the order of the fields.
    const SPECS: &'static [ParamSpec];
}

/// A layer without parameters, or without state.
#[repr(C)]
#[derive(Debug)]
pub struct NoParams;

// SAFETY: nothing is zero f32s.
unsafe impl Flat for NoParams {}

impl ParamBlock for NoParams {
    const SPECS: &'static [ParamSpec] = &[];
}

/// Parameters that begin with a line of the cache: a vector of 64 bytes that lies across two takes twice as long to load.
#[cfg(feature = "std")]
#[repr(C, align(64))]
pub struct Aligned<T>(T);

#[cfg(feature = "std")]
impl<T> core::ops::Deref for Aligned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(feature = "std")]
impl<T> core::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// All zeros, made in place on the heap: a model of 30 MB never passes over the stack.
#[cfg(feature = "std")]
#[must_use]
pub fn zeroed_box<T: Flat>() -> std::boxed::Box<Aligned<T>> {
    // SAFETY: a `Flat` type may be all zero bits, and so may what is around it.
    unsafe { std::boxed::Box::<Aligned<T>>::new_zeroed().assume_init() }
}

/// From the first element that begins a line of the cache on.
#[cfg(feature = "std")]
pub(crate) fn aligned(memory: &mut [f32]) -> &mut [f32] {
    let skip = unaligned(memory);
    &mut memory[skip..]
}

/// How many elements [`aligned`] leaves out.
#[cfg(feature = "std")]
pub(crate) fn unaligned(memory: &[f32]) -> usize {
    memory.as_ptr().align_offset(64).min(memory.len())
}

/// What [`aligned`] may leave out.
#[cfg(feature = "std")]
pub(crate) const UNALIGNED: usize = 15;

/// All zeros, for a `static`.
#[must_use]
pub const fn zeroed<T: Flat>() -> T {
    // SAFETY: a `Flat` type may be all zero bits.
    unsafe { core::mem::MaybeUninit::zeroed().assume_init() }
}
