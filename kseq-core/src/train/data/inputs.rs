//! What `fit`, `evaluate` and `predict` take as data: slices, arrays and vectors of samples and of targets. The traits are
//! there for their words: data of another shape are refused with what was expected and what to do. What is often given
//! instead has words of its own, in `mistaken.rs`.
//!
//! Of samples with axes of any length ([`Open`]) several are given in any container, a sequence as its steps, an image as a [`Grid`];
//! which of them are meant says the [`Form`].
//!
//! The implementations are for any type, in place of `TheModel`: see `base/words.rs`.

use core::marker::PhantomData;
use std::boxed::Box;
use std::rc::Rc;
use std::sync::Arc;
use std::vec::Vec;

use super::forms::{
    Form, Images, IsSeveral, One, OneImage, OneSequence, Outputs, Sequences, Several,
};
use super::given::{Given, Sample};
use super::ragged::{Grid, Ragged};
use crate::base::words::TheModel;
use crate::open::Open;
use crate::tensor::Tensor;

/// No model takes it.
#[allow(missing_debug_implementations)]
pub struct Unknown<T, const N: usize>(PhantomData<T>);

/// What data are inputs of type `T`: see [`Inputs`].
#[diagnostic::on_unimplemented(
    message = "these are no samples of the model: expected several `{T}`, found `{Data}`",
    label = "each sample must be a `{T}`",
    note = "a sample has the shape of the model's input, without the batch axis, as nested arrays of `f32` (`1.0`, not `1`; of `u32` for tokens); of other containers give a slice: `&x[..]`, numbers in one slice are `x.as_chunks::<N>().0`; where the model has `None`, an `Open<S>` is a slice or a `Vec` of steps `S`, an `Open<S, 2>` a `Grid<S>`"
)]
pub trait TakesInputs<T, Data: ?Sized> {
    /// One of any length, or several.
    type Form: Form;
    /// The samples.
    fn take(data: &Data) -> Given<'_, T>;
}

/// What data are targets of type `T`: see [`Targets`].
#[diagnostic::on_unimplemented(
    message = "these targets do not fit the model's output and its loss: expected several `{T}`, found `{Data}`",
    label = "each target must be a `{T}`",
    note = "nothing broadcasts: a target has the shape of the output, for one unit `[f32; 1]`; classes as numbers (`u32`) go with `SparseCategoricalCrossentropy`, one-hot rows with `CategoricalCrossentropy`; where the model has `None`, an `Open<S>` is a slice or a `Vec` of steps `S`, an `Open<S, 2>` a `Grid<S>`"
)]
pub trait TakesTargets<T, Data: ?Sized> {
    /// The targets.
    fn take(data: &Data) -> Given<'_, T>;
}

/// What data are one or several inputs of type `T`: see [`OneOrMore`].
#[diagnostic::on_unimplemented(
    message = "these are no samples of the model: expected one or several `{T}`, found `{Data}`",
    label = "each sample must be a `{T}`",
    note = "a sample has the shape of the model's input, without the batch axis, as nested arrays of `f32` (`1.0`, not `1`; of `u32` for tokens); of other containers give a slice: `&x[..]`, numbers in one slice are `x.as_chunks::<N>().0`; where the model has `None`, an `Open<S>` is a slice or a `Vec` of steps `S`, an `Open<S, 2>` a `Grid<S>`"
)]
pub trait TakesOneOrMore<T, Data: ?Sized> {
    /// One or several.
    type Form: Form;
    /// The samples.
    fn take(data: &Data) -> Given<'_, T>;
}

/// What data are of a form: an implementation of each of these traits.
macro_rules! take {
    ([$($takes:ident)*] $row:tt) => {
        $(take! { @ $takes $row })*
    };
    (@ $takes:ident { $form:ident, [$($generics:tt)*] $t:ty, $data:ty, $given:expr }) => {
        impl<$($generics)* Z: ?Sized> $takes<$t, $data> for Z {
            take! { @form $takes $form }

            #[allow(clippy::needless_lifetimes, reason = "some of the types have a lifetime of their own")]
            fn take<'d>(data: &'d $data) -> Given<'d, $t> {
                let given: fn(&'d $data) -> Given<'d, $t> = $given;
                given(data)
            }
        }
    };
    // Targets come with inputs, whose form says it.
    (@form TakesTargets $form:ident) => {};
    (@form $takes:ident $form:ident) => {
        type Form = $form;
    };
}

take! { [TakesInputs TakesTargets TakesOneOrMore] { Several, [T,] T, [T], |x| Given::rows(x) } }
take! { [TakesInputs TakesTargets TakesOneOrMore] { Several, [T, const N: usize,] T, [T; N], |x| Given::rows(x) } }
take! { [TakesInputs TakesTargets TakesOneOrMore] { Several, [T,] T, Vec<T>, |x| Given::rows(x) } }
// Every input has an axis: with any `T` it could be a pointer, too.
take! { [TakesOneOrMore] { One, [T, const A: usize,] [T; A], [T; A], |x| Given::rows(core::slice::from_ref(x)) } }

// Sequences.
take! { [TakesInputs TakesOneOrMore] { OneSequence, [S: Tensor,] Open<S>, [S], one } }
take! { [TakesInputs TakesOneOrMore] { OneSequence, [S: Tensor, const N: usize,] Open<S>, [S; N], |x| one(x) } }
take! { [TakesInputs TakesOneOrMore] { OneSequence, [S: Tensor,] Open<S>, Vec<S>, |x| one(x) } }
take! { [TakesInputs TakesTargets TakesOneOrMore] { Sequences, [S: Tensor,] Open<S>, Ragged<S>, |x| apart(x.iter()) } }

// Images.
take! { [TakesInputs TakesOneOrMore] { OneImage, [S: Tensor,] Open<S, 2>, Grid<S>, |x| Given::equal(grid(x).steps, grid(x).lengths, 1) } }
take! { [TakesInputs TakesOneOrMore] { OneImage, [S: Tensor, const W: usize, const H: usize,] Open<S, 2>, [[S; W]; H],
    |x| Given::equal(Open::of(x.as_flattened()), [H, W], 1)
} }

/// Containers of sequences and images.
macro_rules! contained {
    ($($form:ident, [$($generics:tt)*] $t:ty, $element:ty, $given:expr;)*) => {
        $(
            take! { [TakesInputs TakesTargets TakesOneOrMore] { $form, [$($generics)*] $t, [$element], $given } }
            take! { [TakesInputs TakesTargets TakesOneOrMore] { $form, [$($generics)* const SAMPLES: usize,] $t, [$element; SAMPLES], $given } }
            take! { [TakesInputs TakesTargets TakesOneOrMore] { $form, [$($generics)*] $t, Vec<$element>, $given } }
        )*
    };
}

contained! {
    Sequences, [S: Tensor, const N: usize,] Open<S>, [S; N], |x| Given::equal(Open::of(x.as_flattened()), [N, 1], x.len());
    Sequences, [S: Tensor,] Open<S>, Vec<S>, |x| apart(x.iter().map(|x| &x[..]));
    Sequences, ['s, S: Tensor,] Open<S>, &'s [S], |x| apart(x.iter().copied());
    Sequences, ['s, S: Tensor, const N: usize,] Open<S>, &'s [S; N], |x| apart(x.iter().map(|x| &x[..]));
    Sequences, ['s, S: Tensor,] Open<S>, &'s Vec<S>, |x| apart(x.iter().map(|x| &x[..]));
    Sequences, [S: Tensor,] Open<S>, Box<[S]>, |x| apart(x.iter().map(|x| &x[..]));
    Sequences, [S: Tensor,] Open<S>, Rc<[S]>, |x| apart(x.iter().map(|x| &x[..]));
    Sequences, [S: Tensor,] Open<S>, Arc<[S]>, |x| apart(x.iter().map(|x| &x[..]));
    Images, [S: Tensor, const W: usize, const H: usize,] Open<S, 2>, [[S; W]; H],
        |x| Given::equal(Open::of(x.as_flattened().as_flattened()), [H, W], x.len());
    Images, [S: Tensor,] Open<S, 2>, Grid<S>, |x| Given::apart(x.iter().map(grid));
    Images, ['s, S: Tensor,] Open<S, 2>, &'s Grid<S>, |x| Given::apart(x.iter().map(|x| grid(x)));
}

/// A sequence by itself.
fn one<S: Tensor>(steps: &[S]) -> Given<'_, Open<S>> {
    Given::equal(Open::of(steps), [steps.len(), 1], 1)
}

fn apart<'d, S: Tensor>(sequences: impl Iterator<Item = &'d [S]>) -> Given<'d, Open<S>> {
    Given::apart(sequences.map(|steps| Sample {
        steps: Open::of(steps),
        lengths: [steps.len(), 1],
    }))
}

fn grid<S: Tensor>(image: &Grid<S>) -> Sample<'_, Open<S, 2>> {
    Sample {
        steps: Open::of(image.pixels()),
        lengths: [image.height(), image.width()],
    }
}

// With a single answer the compiler would take the type of `validation_data` for what the model asks for.
take! { [TakesInputs TakesTargets] { Several, [T, const N: usize,] Unknown<T, N>, [T], |_| Given::rows(&[]) } }
take! { [TakesInputs TakesTargets] { Several, [T, const N: usize,] Unknown<T, N>, [T; N], |_| Given::rows(&[]) } }
take! { [TakesInputs TakesTargets] { Several, [T, const N: usize,] Unknown<T, N>, Vec<T>, |_| Given::rows(&[]) } }
take! { [TakesInputs TakesTargets] { Several, [T, const N: usize,] Unknown<T, N>, Ragged<T>, |_| Given::rows(&[]) } }
take! { [TakesInputs] { Several, [T, const N: usize,] Unknown<T, N>, Grid<T>, |_| Given::rows(&[]) } }

/// What points to data.
macro_rules! pointers {
    ([$($takes:ident)*] $pointers:tt) => {
        $(pointers! { @ $takes $pointers })*
    };
    (@ $takes:ident { $($pointer:ty),* }) => {
        $(
            impl<Z, T, S: ?Sized> $takes<T, $pointer> for Z
            where
                Z: $takes<T, S> + ?Sized,
            {
                pointers! { @form $takes }

                #[allow(clippy::needless_lifetimes, reason = "some of the types have a lifetime of their own")]
                fn take<'d>(data: &'d $pointer) -> Given<'d, T> {
                    <Z as $takes<T, S>>::take(data)
                }
            }
        )*
    };
    (@form TakesTargets) => {};
    (@form $takes:ident) => {
        type Form = <Z as $takes<T, S>>::Form;
    };
}
pointers! { [TakesInputs TakesTargets TakesOneOrMore] { &S, &mut S, Box<S>, Rc<S>, Arc<S> } }

/// Inputs of type `T`, one after the other: a slice, an array or a `Vec` of them, or what points to one. Of sequences of any length each is a
/// slice, an array or a `Vec` of its steps, or all are a [`Ragged`]; of images of any size each is a [`Grid`] or an array.
pub trait Inputs<T> {
    /// The samples.
    fn inputs(&self) -> Given<'_, T>;
}

impl<T, X: ?Sized> Inputs<T> for X
where
    TheModel: TakesInputs<T, X, Form: IsSeveral>,
{
    fn inputs(&self) -> Given<'_, T> {
        <TheModel as TakesInputs<T, X>>::take(self)
    }
}

/// Inputs of type `T` as [`Inputs`] are, for which a `Vec` of outputs is given, or one sequence or image of any length, for which an
/// output is.
pub trait ToPredict<T> {
    /// What is given for the samples, if for each it is an `Out`.
    type For<Out: Tensor>;
    /// The samples.
    fn samples(&self) -> Given<'_, T>;
    /// What is given for them.
    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out>;
}

impl<T, X: ?Sized> ToPredict<T> for X
where
    TheModel: TakesInputs<T, X>,
{
    type For<Out: Tensor> = <<TheModel as TakesInputs<T, X>>::Form as Form>::For<Out>;

    fn samples(&self) -> Given<'_, T> {
        <TheModel as TakesInputs<T, X>>::take(self)
    }
    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out> {
        <<TheModel as TakesInputs<T, X>>::Form as Form>::give(outputs)
    }
}

/// One input of type `T`, for which an output is given, or several as [`Inputs`] are, for which a `Vec` of them is.
pub trait OneOrMore<T> {
    /// What is given for the samples, if for each it is an `Out`.
    type For<Out: Tensor>;
    /// The samples.
    fn samples(&self) -> Given<'_, T>;
    /// What is given for them.
    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out>;
}

impl<T, X: ?Sized> OneOrMore<T> for X
where
    TheModel: TakesOneOrMore<T, X>,
{
    type For<Out: Tensor> = <<TheModel as TakesOneOrMore<T, X>>::Form as Form>::For<Out>;

    fn samples(&self) -> Given<'_, T> {
        <TheModel as TakesOneOrMore<T, X>>::take(self)
    }
    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out> {
        <<TheModel as TakesOneOrMore<T, X>>::Form as Form>::give(outputs)
    }
}

/// Targets of type `T`, one after the other: a slice, an array or a `Vec` of them, or what points to one; of sequences and images as [`Inputs`].
pub trait Targets<T> {
    /// The targets.
    fn targets(&self) -> Given<'_, T>;
}

impl<T, Y: ?Sized> Targets<T> for Y
where
    TheModel: TakesTargets<T, Y>,
{
    fn targets(&self) -> Given<'_, T> {
        <TheModel as TakesTargets<T, Y>>::take(self)
    }
}
