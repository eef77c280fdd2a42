//! A sample or several, as memory that needs no heap.

use crate::open::Open;
use crate::tensor::Tensor;

/// A sample of type `T`, or several: an array, a slice, with std a `Vec`.
#[diagnostic::on_unimplemented(
    message = "expected a sample or several: `{T}`, an array or a slice of it; found `{Self}`",
    label = "no sample of this model",
    note = "a sample has the shape of the model's input or output, without the batch axis, as nested arrays of `f32` (of `u32` for tokens)"
)]
pub trait AsSamples<T> {
    /// The samples.
    fn as_samples(&self) -> &[T];
    /// The samples, to be written.
    fn as_samples_mut(&mut self) -> &mut [T];
}

impl<T> AsSamples<T> for T {
    #[inline]
    fn as_samples(&self) -> &[T] {
        core::slice::from_ref(self)
    }
    #[inline]
    fn as_samples_mut(&mut self) -> &mut [T] {
        core::slice::from_mut(self)
    }
}

impl<T> AsSamples<T> for [T] {
    #[inline]
    fn as_samples(&self) -> &[T] {
        self
    }
    #[inline]
    fn as_samples_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<T, const N: usize> AsSamples<T> for [T; N] {
    #[inline]
    fn as_samples(&self) -> &[T] {
        self
    }
    #[inline]
    fn as_samples_mut(&mut self) -> &mut [T] {
        self
    }
}

#[cfg(feature = "std")]
impl<T> AsSamples<T> for std::vec::Vec<T> {
    fn as_samples(&self) -> &[T] {
        self
    }
    fn as_samples_mut(&mut self) -> &mut [T] {
        self
    }
}

// A sequence of any length, or several of one length, as all of their steps. No macro writes these: the compiler would show it.
impl<S: Tensor> AsSamples<Open<S>> for [S] {
    #[inline]
    fn as_samples(&self) -> &[Open<S>] {
        Open::of(self)
    }
    #[inline]
    fn as_samples_mut(&mut self) -> &mut [Open<S>] {
        Open::of_mut(self)
    }
}

impl<S: Tensor, const N: usize> AsSamples<Open<S>> for [S; N] {
    #[inline]
    fn as_samples(&self) -> &[Open<S>] {
        Open::of(self)
    }
    #[inline]
    fn as_samples_mut(&mut self) -> &mut [Open<S>] {
        Open::of_mut(self)
    }
}

#[cfg(feature = "std")]
impl<S: Tensor> AsSamples<Open<S>> for std::vec::Vec<S> {
    fn as_samples(&self) -> &[Open<S>] {
        Open::of(self)
    }
    fn as_samples_mut(&mut self) -> &mut [Open<S>] {
        Open::of_mut(self)
    }
}
