//! What `fit`, `evaluate` and `predict` take as data: slices, arrays and vectors of samples and of targets. The traits are
//! there for their words: data of another shape are refused with what was expected and what to do. What is often given
//! instead has words of its own, in `mistaken.rs`.
//!
//! The implementations are for any type, in place of `TheModel`: see `base/words.rs`.

use core::marker::PhantomData;
use std::boxed::Box;
use std::rc::Rc;
use std::sync::Arc;
use std::vec::Vec;

use crate::base::words::TheModel;
use crate::tensor::Tensor;

/// No model takes it.
#[allow(missing_debug_implementations)]
pub struct Unknown<T, const N: usize>(PhantomData<T>);

/// What data are inputs of type `T`: see [`Inputs`].
#[diagnostic::on_unimplemented(
    message = "these are no samples of the model: expected several `{T}`, found `{Data}`",
    label = "each sample must be a `{T}`",
    note = "a sample has the shape of the model's input, without the batch axis, as nested arrays of `f32` (`1.0`, not `1`; of `u32` for tokens); of other containers give a slice: `&x[..]`, numbers in one slice are `x.as_chunks::<N>().0`"
)]
pub trait TakesInputs<T, Data: ?Sized> {
    /// The samples.
    fn take(data: &Data) -> &[T];
}

/// What data are targets of type `T`: see [`Targets`].
#[diagnostic::on_unimplemented(
    message = "these targets do not fit the model's output and its loss: expected several `{T}`, found `{Data}`",
    label = "each target must be a `{T}`",
    note = "nothing broadcasts: a target has the shape of the output, for one unit `[f32; 1]`; classes as numbers (`u32`) go with `SparseCategoricalCrossentropy`, one-hot rows with `CategoricalCrossentropy`"
)]
pub trait TakesTargets<T, Data: ?Sized> {
    /// The targets.
    fn take(data: &Data) -> &[T];
}

/// What data are one or several inputs of type `T`: see [`OneOrMore`].
#[diagnostic::on_unimplemented(
    message = "these are no samples of the model: expected one or several `{T}`, found `{Data}`",
    label = "each sample must be a `{T}`",
    note = "a sample has the shape of the model's input, without the batch axis, as nested arrays of `f32` (`1.0`, not `1`; of `u32` for tokens); of other containers give a slice: `&x[..]`, numbers in one slice are `x.as_chunks::<N>().0`"
)]
pub trait TakesOneOrMore<T, Data: ?Sized> {
    /// What is given for the samples, if for each it is an `Out`.
    type For<Out: Tensor>;
    /// The samples.
    fn take(data: &Data) -> &[T];
    /// What is given for them.
    fn give<Out: Tensor>(outputs: Vec<Out>) -> Self::For<Out>;
}

// Every input has an axis: with any `T` it could be a pointer, too.
impl<Z: ?Sized, T, const A: usize> TakesOneOrMore<[T; A], [T; A]> for Z {
    type For<Out: Tensor> = Out;

    fn take(data: &[T; A]) -> &[[T; A]] {
        core::slice::from_ref(data)
    }
    fn give<Out: Tensor>(outputs: Vec<Out>) -> Out {
        outputs.first().copied().unwrap_or(Out::ZERO)
    }
}

macro_rules! several {
    ($([$($generics:tt)*] $data:ty;)*) => {
        $(
            impl<Z: ?Sized, T, $($generics)*> TakesOneOrMore<T, $data> for Z {
                type For<Out: Tensor> = Vec<Out>;

                fn take(data: &$data) -> &[T] {
                    data
                }
                fn give<Out: Tensor>(outputs: Vec<Out>) -> Vec<Out> {
                    outputs
                }
            }
        )*
    };
    ($($pointer:ty),*) => {
        $(
            impl<Z, T, S: ?Sized> TakesOneOrMore<T, $pointer> for Z
            where
                Z: TakesOneOrMore<T, S> + ?Sized,
            {
                type For<Out: Tensor> = <Z as TakesOneOrMore<T, S>>::For<Out>;

                #[allow(clippy::needless_lifetimes, reason = "some of the types have a lifetime of their own")]
                fn take<'d>(data: &'d $pointer) -> &'d [T] {
                    <Z as TakesOneOrMore<T, S>>::take(data)
                }
                fn give<Out: Tensor>(outputs: Vec<Out>) -> Self::For<Out> {
                    <Z as TakesOneOrMore<T, S>>::give(outputs)
                }
            }
        )*
    };
}
several! { [] [T]; [const N: usize] [T; N]; [] Vec<T>; }
several! { &S, &mut S, Box<S>, Rc<S>, Arc<S> }

/// What holds samples, and what points to it.
macro_rules! held {
    ($($takes:ident)*) => {
        $(
            impl<Z: ?Sized, T> $takes<T, [T]> for Z {
                fn take(data: &[T]) -> &[T] {
                    data
                }
            }

            impl<Z: ?Sized, T, const N: usize> $takes<T, [T; N]> for Z {
                fn take(data: &[T; N]) -> &[T] {
                    data
                }
            }

            impl<Z: ?Sized, T> $takes<T, Vec<T>> for Z {
                fn take(data: &Vec<T>) -> &[T] {
                    data
                }
            }

            held! { $takes: &S, &mut S, Box<S>, Rc<S>, Arc<S> }

            held! { $takes, unknown: [T], [T; N], Vec<T> }
        )*
    };
    // With a single answer the compiler would take the type of `validation_data` for what the model asks for.
    ($takes:ident, unknown: $($data:ty),*) => {
        $(
            impl<Z: ?Sized, T, const N: usize> $takes<Unknown<T, N>, $data> for Z {
                fn take(_: &$data) -> &[Unknown<T, N>] {
                    &[]
                }
            }
        )*
    };
    ($takes:ident: $($pointer:ty),*) => {
        $(
            impl<Z, T, S: ?Sized> $takes<T, $pointer> for Z
            where
                Z: $takes<T, S> + ?Sized,
            {
                #[allow(clippy::needless_lifetimes, reason = "some of the types have a lifetime of their own")]
                fn take<'d>(data: &'d $pointer) -> &'d [T] {
                    <Z as $takes<T, S>>::take(data)
                }
            }
        )*
    };
}
held!(TakesInputs TakesTargets);

/// Inputs of type `T`, one after the other: a slice, an array or a `Vec` of them, or what points to one.
pub trait Inputs<T> {
    /// The samples.
    fn inputs(&self) -> &[T];
}

impl<T, X: ?Sized> Inputs<T> for X
where
    TheModel: TakesInputs<T, X>,
{
    fn inputs(&self) -> &[T] {
        <TheModel as TakesInputs<T, X>>::take(self)
    }
}

/// One input of type `T`, for which an output is given, or several as [`Inputs`] are, for which a `Vec` of them is.
pub trait OneOrMore<T> {
    /// What is given for the samples, if for each it is an `Out`.
    type For<Out: Tensor>;
    /// The samples.
    fn samples(&self) -> &[T];
    /// What is given for them.
    fn give<Out: Tensor>(outputs: Vec<Out>) -> Self::For<Out>;
}

impl<T, X: ?Sized> OneOrMore<T> for X
where
    TheModel: TakesOneOrMore<T, X>,
{
    type For<Out: Tensor> = <TheModel as TakesOneOrMore<T, X>>::For<Out>;

    fn samples(&self) -> &[T] {
        <TheModel as TakesOneOrMore<T, X>>::take(self)
    }
    fn give<Out: Tensor>(outputs: Vec<Out>) -> Self::For<Out> {
        <TheModel as TakesOneOrMore<T, X>>::give(outputs)
    }
}

/// Targets of type `T`, one after the other: a slice, an array or a `Vec` of them, or what points to one.
pub trait Targets<T> {
    /// The targets.
    fn targets(&self) -> &[T];
}

impl<T, Y: ?Sized> Targets<T> for Y
where
    TheModel: TakesTargets<T, Y>,
{
    fn targets(&self) -> &[T] {
        <TheModel as TakesTargets<T, Y>>::take(self)
    }
}
