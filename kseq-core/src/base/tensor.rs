//! Samples as nested arrays, channels last: `[f32; 784]`, `[[[f32; 3]; 100]; 100]`, `[u32; 80]`.
//!
//! A data set is a slice of samples. [`S`] goes the other way, from the value of a
//! [`Shape`] to the type.

use super::sealed::Sealed;
use crate::kernels::elementwise::first_not_finite;
use crate::shape::Shape;

#[cfg(feature = "std")]
use super::whole::Whole;
/// Only a host gives whole samples on the heap.
#[cfg(not(feature = "std"))]
use core::marker::Sized as Whole;

/// One sample: a nested array of `f32`, or an array of `u32` tokens.
///
/// `f32` and `u32` themselves are the samples of rank 0, so that one rule builds all ranks.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::tensor::Tensor;
/// type Image = [[[f32; 3]; 4]; 2];
/// assert_eq!(Image::SHAPE.to_string(), "(2, 4, 3)");
/// let pixels = vec![0.0; 2 * Image::LEN];
/// assert_eq!(Image::view(&pixels).len(), 2);
/// ```
///
/// A sample has an element at least: of a type without, no number of elements is a number of samples, and what takes such
/// does not compile.
///
/// ```compile_fail
/// # use kseq_core as kseq;
/// use kseq::tensor::Tensor;
/// <[[f32; 3]; 0]>::view(&[]);
/// ```
pub trait Tensor: Sealed + Whole + Copy + Send + Sync + 'static {
    /// `f32` or `u32`.
    type Elem: Copy + Default + Send + Sync + 'static;
    /// The shape, without the batch axis.
    const SHAPE: Shape;
    /// The number of elements of one sample; of an [`Open`](crate::open::Open) one that of a step.
    const LEN: usize;
    /// How many of the axes have a length that comes with the data.
    const OPEN: usize = 0;
    /// The sample whose elements are 0.
    const ZERO: Self;
    /// What there is of it at a time: of an [`Open`](crate::open::Open) one a step, else all of it.
    type AtOnce: Copy + Send + Sync + 'static;

    /// The same as that type has it.
    fn at_once(self) -> Self::AtOnce;

    /// The elements of consecutive samples.
    fn flat(samples: &[Self]) -> &[Self::Elem];
    /// The elements of consecutive samples, to be written.
    fn flat_mut(samples: &mut [Self]) -> &mut [Self::Elem];
    /// Consecutive elements as samples; a rest that does not fill a sample is left out.
    fn view(elements: &[Self::Elem]) -> &[Self];
    /// Consecutive elements as samples, to be written.
    fn view_mut(elements: &mut [Self::Elem]) -> &mut [Self];
    /// The first element that is NaN or infinite, with its index.
    fn first_not_finite(elements: &[Self::Elem]) -> Option<(usize, f32)>;
    /// The elements if they are tokens, else nothing.
    fn tokens(elements: &[Self::Elem]) -> &[u32];
    /// The elements if they are `f32`s, else nothing.
    fn floats(elements: &[Self::Elem]) -> &[f32];
    /// The elements, to be written, if they are `f32`s, else nothing.
    fn floats_mut(elements: &mut [Self::Elem]) -> &mut [f32];
    /// `f32`s as samples, to be written, if those consist of such.
    fn of_floats_mut(floats: &mut [f32]) -> Option<&mut [Self]>;
}

/// A type that is all of a sample.
#[cfg(feature = "std")]
macro_rules! is_whole {
    ([$($generics:tt)*] $sample:ty) => {
        impl<$($generics)*> Whole for $sample {
            type Sequence = Self;
            type Image = Self;

            fn sequence(steps: &[Self]) -> Self {
                steps.first().copied().unwrap_or(Self::ZERO)
            }
            fn image(pixels: &[Self], _: [usize; 2]) -> Self {
                Self::sequence(pixels)
            }
        }
    };
}
#[cfg(feature = "std")]
is_whole!([] f32);
#[cfg(feature = "std")]
is_whole!([] u32);
#[cfg(feature = "std")]
is_whole!([T: Tensor, const N: usize] [T; N]);

macro_rules! scalar {
    ($elem:ty, $shape:expr, $not_finite:expr, $tokens:expr, $floats:expr, $floats_mut:expr, $of_floats:expr) => {
        impl Tensor for $elem {
            type Elem = $elem;
            const SHAPE: Shape = $shape;
            const LEN: usize = 1;
            const ZERO: Self = 0 as $elem;
            type AtOnce = Self;

            #[inline]
            fn at_once(self) -> Self {
                self
            }

            #[inline]
            fn flat(samples: &[Self]) -> &[$elem] {
                samples
            }
            #[inline]
            fn flat_mut(samples: &mut [Self]) -> &mut [$elem] {
                samples
            }
            #[inline]
            fn view(elements: &[$elem]) -> &[Self] {
                elements
            }
            #[inline]
            fn view_mut(elements: &mut [$elem]) -> &mut [Self] {
                elements
            }
            #[inline]
            fn first_not_finite(elements: &[$elem]) -> Option<(usize, f32)> {
                $not_finite(elements)
            }
            #[inline]
            fn tokens(elements: &[$elem]) -> &[u32] {
                $tokens(elements)
            }
            #[inline]
            fn floats(elements: &[$elem]) -> &[f32] {
                $floats(elements)
            }
            #[inline]
            fn floats_mut(elements: &mut [$elem]) -> &mut [f32] {
                $floats_mut(elements)
            }
            #[inline]
            fn of_floats_mut(floats: &mut [f32]) -> Option<&mut [Self]> {
                $of_floats(floats)
            }
        }
    };
}

scalar!(
    f32,
    Shape::new(&[]),
    |elements: &[f32]| {
        let at = first_not_finite(elements)?;
        Some((at, *elements.get(at)?))
    },
    |_| &[],
    core::convert::identity,
    core::convert::identity,
    Some
);
scalar!(
    u32,
    Shape::tokens(&[]),
    |_| None,
    core::convert::identity,
    |_| &[],
    |_| &mut [],
    |_| None
);

/// That an axis has a length, for what takes elements as samples.
pub(super) const fn has_elements<const N: usize>() {
    assert!(
        N > 0,
        "a sample has no elements: an axis of its type, as in `[f32; 0]`, is 0 long; every axis needs at least 1"
    );
}

impl<T: Tensor, const N: usize> Tensor for [T; N] {
    type Elem = T::Elem;
    const SHAPE: Shape = T::SHAPE.stacked(N);
    const LEN: usize = N * T::LEN;
    const ZERO: Self = [T::ZERO; N];
    type AtOnce = Self;

    #[inline]
    fn at_once(self) -> Self {
        self
    }

    #[inline]
    fn flat(samples: &[Self]) -> &[T::Elem] {
        T::flat(samples.as_flattened())
    }
    #[inline]
    fn flat_mut(samples: &mut [Self]) -> &mut [T::Elem] {
        T::flat_mut(samples.as_flattened_mut())
    }
    #[inline]
    fn view(elements: &[T::Elem]) -> &[Self] {
        const { has_elements::<N>() };
        T::view(elements).as_chunks().0
    }
    #[inline]
    fn view_mut(elements: &mut [T::Elem]) -> &mut [Self] {
        const { has_elements::<N>() };
        T::view_mut(elements).as_chunks_mut().0
    }
    fn first_not_finite(elements: &[T::Elem]) -> Option<(usize, f32)> {
        T::first_not_finite(elements)
    }
    #[inline]
    fn tokens(elements: &[T::Elem]) -> &[u32] {
        T::tokens(elements)
    }
    #[inline]
    fn floats(elements: &[T::Elem]) -> &[f32] {
        T::floats(elements)
    }
    #[inline]
    fn floats_mut(elements: &mut [T::Elem]) -> &mut [f32] {
        T::floats_mut(elements)
    }
    #[inline]
    fn of_floats_mut(floats: &mut [f32]) -> Option<&mut [Self]> {
        const { has_elements::<N>() };
        Some(T::of_floats_mut(floats)?.as_chunks_mut().0)
    }
}

/// A sample whose last axis has `N` elements: what layers that work on the last axis take.
pub trait LastAxis<const N: usize>: Tensor<Elem = f32> {
    /// The same sample with `M` elements on the last axis.
    type With<const M: usize>: Tensor<Elem = f32>;
}

impl<const N: usize> LastAxis<N> for [f32; N] {
    type With<const M: usize> = [f32; M];
}

impl<T: LastAxis<N>, const N: usize, const A: usize> LastAxis<N> for [T; A] {
    type With<const M: usize> = [T::With<M>; A];
}

/// A shape as a type: element (0 for `f32`, 1 for `u32`), rank, sizes. See [`Typed`].
pub struct S<
    const ELEM: usize,
    const RANK: usize,
    const D0: usize,
    const D1: usize,
    const D2: usize,
    const D3: usize,
>;

/// The sample type of a shape.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::{shape::Shape, tensor::{S, Typed}};
/// const IN: Shape = Shape::new(&[28, 28]);
/// type Image = <S<
///     { IN.elem() as usize }, { IN.rank() }, { IN.dim(0) }, { IN.dim(1) }, { IN.dim(2) }, { IN.dim(3) },
/// > as Typed>::T;
/// let image: Image = [[0.0f32; 28]; 28];
/// # let _ = image;
/// ```
pub trait Typed: Sealed {
    /// The nested array.
    type T: Tensor;
}

impl<
    const ELEM: usize,
    const RANK: usize,
    const D0: usize,
    const D1: usize,
    const D2: usize,
    const D3: usize,
> Sealed for S<ELEM, RANK, D0, D1, D2, D3>
{
}

impl Typed for S<0, 0, 0, 0, 0, 0> {
    type T = f32;
}
impl<const A: usize> Typed for S<0, 1, A, 0, 0, 0> {
    type T = [f32; A];
}
impl<const A: usize, const B: usize> Typed for S<0, 2, A, B, 0, 0> {
    type T = [[f32; B]; A];
}
impl<const A: usize, const B: usize, const C: usize> Typed for S<0, 3, A, B, C, 0> {
    type T = [[[f32; C]; B]; A];
}
impl<const A: usize, const B: usize, const C: usize, const D: usize> Typed for S<0, 4, A, B, C, D> {
    type T = [[[[f32; D]; C]; B]; A];
}
impl<const A: usize> Typed for S<1, 1, A, 0, 0, 0> {
    type T = [u32; A];
}
impl<const A: usize, const B: usize> Typed for S<1, 2, A, B, 0, 0> {
    type T = [[u32; B]; A];
}
