//! Samples with axes of any length (Keras's `None`): what a model sees of them are their steps, one after the other.
#![allow(unsafe_code)]

#[cfg(feature = "std")]
use std::vec::Vec;

use super::sealed::Sealed;
#[cfg(feature = "std")]
use super::whole::{Grid, Whole};
use crate::shape::Shape;
use crate::tensor::{LastAxis, S, Tensor, Typed, has_elements};

/// A step of a sequence of any length, or with `AXES` = 2 a pixel of an image of any size: as a type of samples it is
/// `(None, ..)` or `(None, None, ..)`. Several sequences of one length are a slice of all their steps.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::{open::Open, tensor::Tensor};
/// type Sequence = Open<[f32; 16]>;
/// assert_eq!(Sequence::SHAPE.to_string(), "(None, 16)");
/// assert_eq!(Open::<[f32; 3], 2>::SHAPE.to_string(), "(None, None, 3)");
/// let steps = [[0.0; 16]; 5];
/// assert_eq!(Sequence::of(&steps).len(), 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(transparent)]
pub struct Open<S, const AXES: usize = 1>(pub S);

impl<S: Tensor, const AXES: usize> Open<S, AXES> {
    /// Steps as this type has them.
    #[must_use]
    pub const fn of(steps: &[S]) -> &[Self] {
        // SAFETY: `Open` is transparent: of the same size, alignment and content as what it holds.
        unsafe { core::slice::from_raw_parts(steps.as_ptr().cast(), steps.len()) }
    }

    /// The same, to be written.
    #[must_use]
    pub const fn of_mut(steps: &mut [S]) -> &mut [Self] {
        // SAFETY: as above, and they are borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(steps.as_mut_ptr().cast(), steps.len()) }
    }

    /// The steps by themselves: the inverse of [`of`](Self::of).
    #[must_use]
    pub const fn steps(open: &[Self]) -> &[S] {
        // SAFETY: as above.
        unsafe { core::slice::from_raw_parts(open.as_ptr().cast(), open.len()) }
    }

    /// The same, to be written.
    #[must_use]
    pub const fn steps_mut(open: &mut [Self]) -> &mut [S] {
        // SAFETY: as above, and they are borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(open.as_mut_ptr().cast(), open.len()) }
    }
}

impl<S: Sealed, const AXES: usize> Sealed for Open<S, AXES> {}

#[cfg(feature = "std")]
impl<S: Tensor, const AXES: usize> Whole for Open<S, AXES> {
    type Sequence = Vec<S>;
    type Image = Grid<S>;

    fn sequence(steps: &[Self]) -> Vec<S> {
        Self::steps(steps).to_vec()
    }
    fn image(pixels: &[Self], [height, width]: [usize; 2]) -> Grid<S> {
        Grid::of(height, width, Self::steps(pixels).to_vec())
    }
}

impl<S: Tensor, const AXES: usize> Tensor for Open<S, AXES> {
    type Elem = S::Elem;
    const SHAPE: Shape = {
        let (mut shape, mut i) = (S::SHAPE, 0);
        while i < AXES {
            shape = shape.stacked(Shape::NONE);
            i += 1;
        }
        shape
    };
    const LEN: usize = S::LEN;
    const OPEN: usize = AXES;
    const ZERO: Self = Open(S::ZERO);
    type AtOnce = S;

    #[inline]
    fn at_once(self) -> S {
        self.0
    }

    #[inline]
    fn flat(samples: &[Self]) -> &[S::Elem] {
        S::flat(Self::steps(samples))
    }
    #[inline]
    fn flat_mut(samples: &mut [Self]) -> &mut [S::Elem] {
        S::flat_mut(Self::steps_mut(samples))
    }
    #[inline]
    fn view(elements: &[S::Elem]) -> &[Self] {
        Self::of(S::view(elements))
    }
    #[inline]
    fn view_mut(elements: &mut [S::Elem]) -> &mut [Self] {
        Self::of_mut(S::view_mut(elements))
    }
    fn first_not_finite(elements: &[S::Elem]) -> Option<(usize, f32)> {
        S::first_not_finite(elements)
    }
    #[inline]
    fn tokens(elements: &[S::Elem]) -> &[u32] {
        S::tokens(elements)
    }
    #[inline]
    fn floats(elements: &[S::Elem]) -> &[f32] {
        S::floats(elements)
    }
    #[inline]
    fn floats_mut(elements: &mut [S::Elem]) -> &mut [f32] {
        S::floats_mut(elements)
    }
    #[inline]
    fn of_floats_mut(floats: &mut [f32]) -> Option<&mut [Self]> {
        Some(Self::of_mut(S::of_floats_mut(floats)?))
    }
}

impl<T: LastAxis<N>, const N: usize, const AXES: usize> LastAxis<N> for Open<T, AXES> {
    type With<const M: usize> = Open<T::With<M>, AXES>;
}

/// A sequence of steps, of a fixed number or of any.
pub trait Stepwise: Tensor {
    /// A step.
    type Step: Tensor<Elem = Self::Elem>;
    /// The steps of sequences, one after the other.
    fn each(sequences: &[Self]) -> &[Self::Step];
    /// The same, to be written.
    fn each_mut(sequences: &mut [Self]) -> &mut [Self::Step];
    /// The inverse of [`each`](Self::each); a rest that is no sequence is left out.
    fn of_steps(steps: &[Self::Step]) -> &[Self];
}

impl<S: Tensor, const T: usize> Stepwise for [S; T] {
    type Step = S;

    fn each(sequences: &[Self]) -> &[S] {
        sequences.as_flattened()
    }
    fn each_mut(sequences: &mut [Self]) -> &mut [S] {
        sequences.as_flattened_mut()
    }
    fn of_steps(steps: &[S]) -> &[Self] {
        const { has_elements::<T>() };
        steps.as_chunks().0
    }
}

impl<S: Tensor> Stepwise for Open<S> {
    type Step = S;

    fn each(sequences: &[Self]) -> &[S] {
        Self::steps(sequences)
    }
    fn each_mut(sequences: &mut [Self]) -> &mut [S] {
        Self::steps_mut(sequences)
    }
    fn of_steps(steps: &[S]) -> &[Self] {
        Self::of(steps)
    }
}

/// The same as [`S`] for a shape whose first `OPEN` axes are of any length. See [`Typed`].
pub struct O<
    const OPEN: usize,
    const ELEM: usize,
    const RANK: usize,
    const D0: usize,
    const D1: usize,
    const D2: usize,
    const D3: usize,
>;

impl<
    const OPEN: usize,
    const ELEM: usize,
    const RANK: usize,
    const D0: usize,
    const D1: usize,
    const D2: usize,
    const D3: usize,
> Sealed for O<OPEN, ELEM, RANK, D0, D1, D2, D3>
{
}

impl<
    const ELEM: usize,
    const RANK: usize,
    const D0: usize,
    const D1: usize,
    const D2: usize,
    const D3: usize,
> Typed for O<0, ELEM, RANK, D0, D1, D2, D3>
where
    S<ELEM, RANK, D0, D1, D2, D3>: Typed,
{
    type T = <S<ELEM, RANK, D0, D1, D2, D3> as Typed>::T;
}

macro_rules! typed {
    ($([$($size:ident)*] $open:literal, $elem:literal, $rank:literal, $d0:tt, $d1:tt, $d2:tt, $d3:tt => $step:ty;)*) => {
        $(
            impl<$(const $size: usize),*> Typed for O<$open, $elem, $rank, $d0, $d1, $d2, $d3> {
                type T = Open<$step, $open>;
            }
        )*
    };
}

typed! {
    [A] 1, 0, 1, A, 0, 0, 0 => f32;
    [A B] 1, 0, 2, A, B, 0, 0 => [f32; B];
    [A B C] 1, 0, 3, A, B, C, 0 => [[f32; C]; B];
    [A B C D] 1, 0, 4, A, B, C, D => [[[f32; D]; C]; B];
    [A] 1, 1, 1, A, 0, 0, 0 => u32;
    [A B] 1, 1, 2, A, B, 0, 0 => [u32; B];
    [A B] 2, 0, 2, A, B, 0, 0 => f32;
    [A B C] 2, 0, 3, A, B, C, 0 => [f32; C];
    [A B C D] 2, 0, 4, A, B, C, D => [[f32; D]; C];
    [A B] 2, 1, 2, A, B, 0, 0 => u32;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    /// Steps as samples and back, of which nothing is copied.
    #[test]
    fn steps_and_samples_are_the_same_memory() {
        let mut steps = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let start = steps.as_ptr().cast::<f32>();
        let open = Open::<[f32; 2], 2>::of_mut(&mut steps);
        open[1].0[0] = -3.0;
        assert_eq!(open.as_ptr().cast(), start);
        Open::steps_mut(open)[2] = [7.0, 8.0];
        assert_eq!(Open::steps(open), [[1.0, 2.0], [-3.0, 4.0], [7.0, 8.0]]);
        Open::<[f32; 2], 2>::flat_mut(open)[5] = 9.0;
        assert_eq!(
            Open::<[f32; 2], 2>::flat(open),
            [1.0, 2.0, -3.0, 4.0, 7.0, 9.0]
        );
        assert_eq!(Open::<[f32; 2]>::of(&steps).len(), 3);
        assert!(Open::<[f32; 2]>::of(&[]).is_empty());
    }

    /// Of elements whatever fills whole steps, from any float on.
    #[test]
    fn views_of_elements() {
        type Step = Open<[[f32; 2]; 2]>;
        let mut elements = [0.0; 14];
        for first in 0..6 {
            elements[first] = 1.0;
            let view = Step::view_mut(&mut elements[first..]);
            assert_eq!(view.len(), (14 - first) / 4);
            view[1].0[1][0] += 1.0;
            let view = Step::of_floats_mut(&mut elements[first..]).expect("f32s");
            assert_eq!(view[0].0[0][0], 1.0);
            assert_eq!(Step::view(&elements[first..])[1].0[1], [1.0, 0.0]);
            elements.fill(0.0);
        }
    }
}
