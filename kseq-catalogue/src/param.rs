//! What an argument is, and the arguments that many rows have.

use crate::range::Range;

/// An argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param {
    /// Keras's name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its value when it is not given, as a user would write it; `None`: it must be given. Of what is not implemented there may
    /// be several, with `|` between them: those of several versions of Keras.
    pub default: Option<&'static str>,
}

/// What an argument takes.
// Not `#[non_exhaustive]`: the macros take every variant apart, and one that they do not know must not compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A positive `usize`.
    Size,
    /// So many positive `usize`s as a tuple or a list, or one for all.
    Sizes(usize),
    /// The same; the default `None` means the value of the argument with this name.
    SizesLike(usize, &'static str),
    /// Not negative `usize`s before and behind so many axes: a pair for each axis, one for both of its sides, or one for
    /// all.
    Margins(usize),
    /// So many `usize`s that may be 0, as a tuple or a list, or one for all; the default is `None`.
    Extra(usize),
    /// A tuple of positive `usize`s: the axes of a sample in another order.
    Permutation,
    /// A tuple of positive `usize`s, of which one may be -1.
    TargetShape,
    /// A tuple of positive `usize`s and `None`s; the default `None` means none of them.
    NoiseShape,
    /// A whole number, or `None`, which is the default.
    Seed,
    /// An `isize`.
    Axis,
    /// One or several `isize`s; the default `None` means no axis.
    Axes,
    /// The same; `None` means no axis, too.
    AxesOrNone,
    /// An `f32`.
    Real,
    /// A `bool`.
    Flag,
    /// An activation function.
    Activation,
    /// An initializer.
    Initializer,
    /// A regularizer, or `None`.
    Regularizer,
    /// A constraint, or `None`.
    Constraint,
    /// A layer, for a wrapper.
    Layer,
    /// A list of layers, or the name of a model.
    Layers,
    /// A function of Rust: a path or a closure.
    Function,
    /// One of some words.
    Word(Words),
    /// One of some numbers.
    OneOf(&'static [&'static str]),
    /// Known to Keras, but not implemented: takes nothing but its default.
    Later,
    /// An `f32` of a range.
    In(Range),
    /// The same; `None`, which Keras 2 has for an epsilon, is the default.
    InOrNone(Range),
    /// A whole number of at least so much.
    Whole(u64),
    /// A learning rate: an `f32` that is not negative, or a schedule.
    LearningRate,
    /// A `bool` that decides a type, and so must be a literal.
    Switch,
    /// A number of thresholds: a constant, part of the type.
    Thresholds,
    /// A number of classes, part of the type of what is made.
    Classes,
    /// One `f32` of a range, or a list of them. Of a layer a list may have lists in it, and come by reference: `&MEANS`.
    Several(Range),
    /// A list of `f32`s.
    Reals,
    /// A dict of `f32`s with these keys, each of which may be missing, or `None`: an array of `Option`s.
    Dict(&'static [&'static str]),
    /// A list of whole numbers.
    Wholes,
    /// A list of class numbers.
    Ids,
    /// A list of names.
    Names,
    /// A name: a string.
    Name,
    /// The type of numbers: `float32`.
    Dtype,
    /// Takes nothing but its default, for this reason.
    Fixed(&'static str),
}

/// The words that an argument takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    /// Those that are implemented.
    pub known: &'static [&'static str],
    /// Keras's others.
    pub later: &'static [&'static str],
}

/// An argument that must be given.
pub(crate) const fn must(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        default: None,
    }
}

/// An argument with a default.
pub(crate) const fn or(name: &'static str, kind: Kind, default: &'static str) -> Param {
    Param {
        name,
        kind,
        default: Some(default),
    }
}

/// An argument that is not implemented.
pub(crate) const fn later(name: &'static str) -> Param {
    or(name, Kind::Later, "None")
}

pub(crate) const fn regularizer(name: &'static str) -> Param {
    or(name, Kind::Regularizer, "None")
}

pub(crate) const fn constraint(name: &'static str) -> Param {
    or(name, Kind::Constraint, "None")
}

/// One of these words, all of which are implemented.
pub(crate) const fn word(known: &'static [&'static str]) -> Kind {
    Kind::Word(Words { known, later: &[] })
}

/// The order of the axes.
pub(crate) const fn data_format() -> Param {
    const ORDER: Words = Words {
        known: &["channels_last"],
        later: &["channels_first"],
    };
    or("data_format", Kind::Word(ORDER), "\"channels_last\"")
}

/// A name; what it does is the family's to say.
pub(crate) const NAME: Param = or("name", Kind::Name, "None");

pub(crate) const DTYPE: Param = or("dtype", Kind::Dtype, "None");

/// The axis of the classes.
pub(crate) const LAST_AXIS: Param = or("axis", Kind::Fixed("classes are the last axis"), "-1");
