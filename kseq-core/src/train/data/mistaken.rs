//! What is often given in place of samples or targets, each with its own words.
//!
//! A mistake is an implementation of [`TakesInputs`] or [`TakesTargets`] with a bound that nothing fulfils: the compiler finds it
//! by the type of the data, and reports the bound, whose words say what to do. Where the data are right, or the type of a literal is
//! still open, such an implementation is out of the question, since its bound does not hold: it decides nothing.

use std::string::String;
use std::vec::Vec;

use super::forms::Several;
use super::given::Given;
use super::inputs::{TakesInputs, TakesOneOrMore, TakesTargets};
use super::ragged::Grid;
use crate::open::Open;

/// A mistake: the trait that no data implement, and its words.
macro_rules! mistakes {
    ($($(#[$words:meta])* $name:ident;)*) => {
        $(
            $(#[$words])*
            #[doc = "Nothing implements it: a mistake in the data."]
            pub trait $name<'w, Data: ?Sized> {}
        )*
    };
}

mistakes! {
    #[diagnostic::on_unimplemented(
        message = "the data are `f64`, but a model computes with `f32`: found `{Data}`",
        label = "`f64` in it",
        note = "give literals the type, `0.0f32`, or convert: `x.iter().map(|row| row.map(|v| v as f32)).collect::<Vec<_>>()`"
    )]
    DataAreF64;
    #[diagnostic::on_unimplemented(
        message = "the data are whole numbers, but this model computes with `f32`: found `{Data}`",
        label = "whole numbers in it",
        note = "convert: `x.iter().map(|row| row.map(|v| v as f32)).collect::<Vec<_>>()`; tokens go into a model that begins with `Embedding`"
    )]
    DataAreIntegers;
    #[diagnostic::on_unimplemented(
        message = "the data are bytes, but a model computes with `f32`: found `{Data}`",
        label = "bytes in it",
        note = "convert, pixels with `/ 255.0`: `x.iter().map(|row| row.map(|v| f32::from(v) / 255.0)).collect::<Vec<_>>()`, images with a `map` for each axis"
    )]
    DataAreBytes;
    #[diagnostic::on_unimplemented(
        message = "the data are `bool`, but a model computes with `f32`: found `{Data}`",
        label = "`bool` in it",
        note = "convert: `x.iter().map(|row| row.map(f32::from)).collect::<Vec<_>>()`"
    )]
    DataAreBool;
    #[diagnostic::on_unimplemented(
        message = "this model takes tokens, whole numbers of type `u32`: found `{Data}`",
        label = "no `u32` in it",
        note = "convert: `x.iter().map(|row| row.map(|v| v as u32)).collect::<Vec<_>>()`"
    )]
    TokensAreU32;
    #[diagnostic::on_unimplemented(
        message = "these are numbers in one row, but a model takes samples, each an array of its input's shape: found `{Data}`",
        label = "not cut into samples",
        note = "cut it: `x.as_chunks::<N>().0` are samples of N numbers; `input_shape = (1,)` takes `[f32; 1]`"
    )]
    DataAreFlat;
    #[diagnostic::on_unimplemented(
        message = "this is one row of numbers, but a model takes several samples, each an array of its input's shape: found `{Data}`",
        label = "one row",
        note = "one sample is put into an array: `&[x]`; several samples in one row are cut: `x.as_chunks::<N>().0`; `input_shape = (1,)` takes `[f32; 1]`"
    )]
    DataAreOneRow;
    #[diagnostic::on_unimplemented(
        message = "each sample must be an array, whose length the compiler knows: found `{Data}`",
        label = "rows of any length",
        note = "`<[f32; N]>::try_from(row)` makes an array of a row, `as_chunks::<N>().0` arrays of all numbers in one `Vec`, `pad_sequences` sequences of one length"
    )]
    RowsAreVecs;
    #[diagnostic::on_unimplemented(
        message = "this is one sample, but a model takes several: found `{Data}`",
        label = "one sample",
        note = "put it into an array: `&[x]`; of several samples one is `&x[..1]`"
    )]
    OneSample;
    #[diagnostic::on_unimplemented(
        message = "the images have no axis of channels: found `{Data}`",
        label = "an axis is missing",
        note = "a gray image is `[[[f32; 1]; W]; H]`: `x.iter().map(|image| image.map(|row| row.map(|v| [v]))).collect::<Vec<_>>()`; or begin the model with `Reshape((28, 28, 1), input_shape = (28, 28))`"
    )]
    ImagesLackChannels;
    #[diagnostic::on_unimplemented(
        message = "the images have their channels first, but a model takes them last: found `{Data}`",
        label = "channels first",
        note = "a sample is `[[[f32; C]; W]; H]`, `image[y][x][channel]`: `std::array::from_fn(|y| std::array::from_fn(|x| std::array::from_fn(|c| image[c][y][x])))`; or begin the model with `Permute((2, 3, 1), input_shape = (C, H, W))`"
    )]
    ChannelsAreFirst;
    #[diagnostic::on_unimplemented(
        message = "these are texts, but a model computes with numbers: found `{Data}`",
        label = "texts",
        note = "make tokens of words and pad them: `kseq::preprocessing` has `pad_sequences`, `one_hot` and `Tokenizer`; of classes make their numbers"
    )]
    DataAreTexts;
    #[diagnostic::on_unimplemented(
        message = "the samples have rows, but this model takes all numbers of a sample in one: found `{Data}`",
        label = "rows in it",
        note = "begin the model with `Flatten(input_shape = (28, 28))`, the rows and columns of a sample"
    )]
    SamplesHaveRows;
    #[diagnostic::on_unimplemented(
        message = "the samples have all their numbers in one row, but this model takes images: found `{Data}`",
        label = "one row for each sample",
        note = "begin the model with `Reshape((28, 28, 1), input_shape = (784,))`, with the sizes of its images"
    )]
    ImagesAreFlat;
    #[diagnostic::on_unimplemented(
        message = "a sample is one row, but this model takes sequences of rows: found `{Data}`",
        label = "no axis of time",
        note = "steps of one number each are `[v]`: `x.iter().map(|row| row.map(|v| [v])).collect::<Vec<_>>()`; or begin the model with `Reshape((steps, features), input_shape = (N,))`"
    )]
    SequencesLackSteps;
    #[diagnostic::on_unimplemented(
        message = "a sequence has steps, each an array of its features: found `{Data}`",
        label = "numbers in place of steps",
        note = "steps of one number are `x.as_chunks::<1>().0`, of N numbers `x.as_chunks::<N>().0`: of several sequences `x.iter().map(|x| x.as_chunks::<1>().0).collect::<Vec<_>>()`"
    )]
    StepsAreNumbers;
    #[diagnostic::on_unimplemented(
        message = "the output has several rows, but a target is one row: found `{Data}`",
        label = "one row for each sample",
        note = "a `Dense` works on each row of its input: put a `Flatten()` before it; behind a recurrent layer leave out `return_sequences = True`"
    )]
    OutputHasRows;
    #[diagnostic::on_unimplemented(
        message = "the targets are numbers of classes, but this loss compares rows of `f32`: found `{Data}`",
        label = "numbers of classes",
        note = "with a softmax over the classes take `sparse_categorical_crossentropy` and `u32`, or one-hot rows, `to_categorical(&y)`; for one unit 0 and 1 are `[f32; 1]`: `y.iter().map(|&v| [v as f32]).collect::<Vec<_>>()`, of `bool` `[f32::from(v)]`"
    )]
    TargetsAreClasses;
    #[diagnostic::on_unimplemented(
        message = "the targets are single numbers, but the output is an array: nothing broadcasts: found `{Data}`",
        label = "each target must have the shape of the output",
        note = "for one unit a target is `[f32; 1]`: `y.iter().map(|&v| [v]).collect::<Vec<_>>()`, or `y.as_chunks::<1>().0`; for N units `y.as_chunks::<N>().0`"
    )]
    TargetsAreFlat;
    #[diagnostic::on_unimplemented(
        message = "the targets are one-hot rows, but a sparse loss takes numbers of classes, `u32`: found `{Data}`",
        label = "one-hot rows",
        note = "take `categorical_crossentropy` and `categorical_accuracy`"
    )]
    TargetsAreOneHot;
    #[diagnostic::on_unimplemented(
        message = "a sparse loss takes numbers of classes as `u32`: found `{Data}`",
        label = "no `u32`",
        note = "convert: `y.iter().map(|&v| v as u32).collect::<Vec<_>>()`"
    )]
    ClassesAreU32;
    #[diagnostic::on_unimplemented(
        message = "a sparse loss takes numbers of classes, `u32`, without an axis of length 1: found `{Data}`",
        label = "an axis of length 1",
        note = "take it off: `y.iter().map(|&[v]| v).collect::<Vec<_>>()`, or `y.as_flattened()`"
    )]
    ClassesHaveAnAxis;
}

/// Whoever makes a mistake.
#[allow(missing_debug_implementations)]
pub struct Mistake;

/// `TakesInputs` or `TakesTargets` of what holds a mistaken sample.
macro_rules! mistaken {
    ($takes:ident: $($words:ident, [$($n:tt)*], $t:ty, $s:ty;)*) => {
        $(
            single! { $takes: $words, [$($n)*], $t, [$s]; }
            single! { $takes: $words, [$($n)*], $t, Vec<$s>; }
            single! { $takes: $words, [$($n)* const SAMPLES: usize,], $t, [$s; SAMPLES]; }
        )*
    };
}

/// The same of the data as they are.
macro_rules! single {
    (TakesInputs: $($words:ident, $rest:tt, $t:ty, $data:ty;)*) => {
        $(
            single! { @TakesInputs: $words, $rest, $t, $data; }
            single! { @samples $words, $rest, $t, $data; }
        )*
    };
    (TakesTargets: $($row:tt)*) => {
        single! { @TakesTargets: $($row)* }
    };
    (@form TakesTargets) => {};
    (@form TakesInputs) => {
        type Form = Several;
    };
    // One sample is none too few here.
    (@samples OneSample, $($row:tt)*) => {};
    (@samples DataAreOneRow, $($row:tt)*) => {};
    (@samples $words:ident, [$($n:tt)*], $t:ty, $data:ty;) => {
        impl<$($n)* Z: ?Sized> TakesOneOrMore<$t, $data> for Z
        where
            for<'w> Mistake: $words<'w, $data>,
        {
            type Form = Several;

            #[allow(clippy::needless_lifetimes, reason = "some of the types have a lifetime of their own")]
            fn take<'d>(_: &'d $data) -> Given<'d, $t> {
                Given::rows(&[])
            }
        }
    };
    (@$takes:ident: $($words:ident, [$($n:tt)*], $t:ty, $data:ty;)*) => {
        $(
            impl<$($n)* Z: ?Sized> $takes<$t, $data> for Z
            where
                for<'w> Mistake: $words<'w, $data>,
            {
                single! { @form $takes }

                #[allow(clippy::needless_lifetimes, reason = "some of the types have a lifetime of their own")]
                fn take<'d>(_: &'d $data) -> Given<'d, $t> {
                    Given::rows(&[])
                }
            }
        )*
    };
}

macro_rules! elements {
    ($words:ident: $($e:ident)*) => {
        $(
            mistaken! { TakesInputs:
                $words, [const A: usize,], [f32; A], [$e; A];
                $words, [const A: usize, const B: usize,], [[f32; A]; B], [[$e; A]; B];
                $words, [const A: usize, const B: usize, const C: usize,], [[[f32; A]; B]; C], [[[$e; A]; B]; C];
                $words, [const A: usize,], Open<[f32; A]>, Vec<[$e; A]>;
                $words, [const A: usize,], Open<[f32; A], 2>, Grid<[$e; A]>;
            }
            single! { TakesInputs:
                $words, [const A: usize,], Open<[f32; A]>, [[$e; A]];
                $words, [const A: usize,], Open<[f32; A]>, Vec<[$e; A]>;
            }
            mistaken! { TakesTargets:
                $words, [const A: usize,], [f32; A], [$e; A];
                $words, [const A: usize, const B: usize, const C: usize,], [[[f32; A]; B]; C], [[[$e; A]; B]; C];
            }
        )*
    };
}
mistaken! { TakesInputs:
    DataAreBytes, [const A: usize, const B: usize, const C: usize,], [f32; A], [[u8; B]; C];
    DataAreBytes, [const A: usize, const B: usize,], [[[f32; 1]; A]; B], [[u8; A]; B];
}

elements!(DataAreF64: f64);
elements!(DataAreBytes: u8);
elements!(DataAreBool: bool);
elements!(DataAreIntegers: u16 u32 u64 usize i8 i16 i32 i64 isize);

macro_rules! classes {
    ($($e:ident)*) => {
        $(mistaken! { TakesTargets:
            TargetsAreClasses, [const A: usize,], [f32; A], $e;
            TargetsAreClasses, [const A: usize, const B: usize,], [[f32; A]; B], [$e; B];
        })*
    };
}
classes!(bool u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

macro_rules! tokens {
    ($($e:ident)*) => {
        $(
            mistaken! { TakesInputs:
                TokensAreU32, [const A: usize,], [u32; A], [$e; A];
                TokensAreU32, [], Open<u32>, Vec<$e>;
            }
            single! { TakesInputs:
                TokensAreU32, [], Open<u32>, [$e];
                TokensAreU32, [], Open<u32>, Vec<$e>;
            }
            mistaken! { TakesTargets:
                ClassesAreU32, [], u32, $e;
                ClassesAreU32, [const A: usize,], [u32; A], [$e; A];
                ClassesAreU32, [], Open<u32>, Vec<$e>;
            }
        )*
    };
}
tokens!(bool u8 u16 u64 usize i8 i16 i32 i64 isize f32 f64);

single! { TakesInputs:
    DataAreFlat, [T, const A: usize,], [T; A], [f32];
    DataAreFlat, [T, const A: usize,], [T; A], Vec<f32>;
    DataAreOneRow, [T, const A: usize, const SAMPLES: usize,], [T; A], [f32; SAMPLES];
}

mistaken! { TakesInputs:
    StepsAreNumbers, [const A: usize,], Open<[f32; A]>, Vec<f32>;
    StepsAreNumbers, ['r, const A: usize,], Open<[f32; A]>, &'r [f32];
    RowsAreVecs, [T, E, const A: usize,], [T; A], Vec<E>;
    RowsAreVecs, ['r, T, E, const A: usize,], [T; A], &'r [E];
    ImagesLackChannels, [const A: usize, const B: usize,], [[[f32; 1]; A]; B], [[f32; A]; B];
    SamplesHaveRows, [const A: usize, const B: usize, const C: usize,], [f32; A], [[f32; B]; C];
    ImagesAreFlat, [const A: usize, const B: usize, const C: usize, const D: usize,], [[[f32; A]; B]; C], [f32; D];
    ChannelsAreFirst, [const A: usize, const B: usize, const C: usize,], [[[f32; A]; B]; C], [[[f32; B]; C]; A];
    DataAreTexts, ['r, T, const A: usize,], [T; A], &'r str;
    DataAreTexts, [T, const A: usize,], [T; A], String;
}

single! { TakesInputs:
    // Of an array it could be one sample.
    SequencesLackSteps, [const A: usize, const B: usize, const D: usize,], [[f32; A]; B], [[f32; D]];
    SequencesLackSteps, [const A: usize, const B: usize, const D: usize,], [[f32; A]; B], Vec<[f32; D]>;
    OneSample, [T, const A: usize, const B: usize,], [[T; A]; B], [[T; A]; B];
    DataAreTexts, [T, const A: usize,], [T; A], str;
    DataAreTexts, [T, const A: usize,], [T; A], String;
}

mistaken! { TakesTargets:
    TargetsAreFlat, [T, const A: usize,], [T; A], f32;
    RowsAreVecs, [T, E, const A: usize,], [T; A], Vec<E>;
    OutputHasRows, [const A: usize, const B: usize,], [[f32; A]; B], [f32; A];
    OutputHasRows, [const A: usize, const B: usize, const C: usize,], [[[f32; A]; B]; C], [f32; A];
    OutputHasRows, [const A: usize,], [u32; A], u32;
    TargetsAreOneHot, [const A: usize,], u32, [f32; A];
    TargetsAreOneHot, [const A: usize, const B: usize,], [u32; B], [[f32; A]; B];
    ClassesHaveAnAxis, [], u32, [u32; 1];
    DataAreTexts, ['r, T, const A: usize,], [T; A], &'r str;
    DataAreTexts, ['r,], u32, &'r str;
    DataAreTexts, [T, const A: usize,], [T; A], String;
    DataAreTexts, [], u32, String;
}
