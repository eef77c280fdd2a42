//! What an argument of a layer is, and the kinds of arguments that several layers have.

/// An argument of a layer.
pub struct Param {
    /// Keras's name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its value when it is not given, as a user would write it; `None`: it must be given.
    pub default: Option<&'static str>,
}

/// What an argument takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A positive `usize`.
    Size,
    /// So many positive `usize`s as a tuple or a list, or one for all. With the default `None` an argument that is not
    /// given is bound to nothing: the layer says what it means.
    Sizes(usize),
    /// Not negative `usize`s before and behind so many axes: a pair for each axis, one for both of its sides, or one for
    /// all.
    Margins(usize),
    /// A tuple of positive `usize`s.
    Dims,
    /// A tuple of positive `usize`s, of which one may be -1.
    Target,
    /// An `isize`.
    Axis,
    /// One or several `isize`s.
    Axes,
    /// An `f32`.
    Real,
    /// A `bool`.
    Flag,
    /// An activation function.
    Activation,
    /// An initializer.
    Initial,
    /// A regularizer, or `None`.
    Penalty,
    /// A constraint, or `None`.
    Limit,
    /// A layer, for a wrapper.
    Layer,
    /// One of some words; the second list is known to Keras, but not implemented.
    Word(&'static [&'static str], &'static [&'static str]),
    /// Known to Keras, but not implemented: takes nothing but its default.
    Later,
}

pub(super) const fn must(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        default: None,
    }
}

pub(super) const fn or(name: &'static str, kind: Kind, default: &'static str) -> Param {
    Param {
        name,
        kind,
        default: Some(default),
    }
}

pub(super) const fn later(name: &'static str) -> Param {
    or(name, Kind::Later, "None")
}

pub(super) const fn penalty(name: &'static str) -> Param {
    or(name, Kind::Penalty, "None")
}

pub(super) const fn limit(name: &'static str) -> Param {
    or(name, Kind::Limit, "None")
}

pub(super) const fn data_format() -> Param {
    or("data_format", DATA_FORMAT, "\"channels_last\"")
}

/// The order of the axes.
const DATA_FORMAT: Kind = Kind::Word(&["channels_last"], &["channels_first"]);
