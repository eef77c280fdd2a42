//! What the layer list of a model says, for those who write it down in Keras's words: `sequential!` emits it with kseq's feature
//! `import`, as constants of which nothing remains in a program that does not ask.

use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::regularizers::Regularizer;

/// A layer: its class and the arguments that it was given. What it is called, its shapes and its arrays are in
/// [`LayerInfo`](crate::model::LayerInfo).
#[derive(Clone, Copy, Debug)]
pub struct LayerConfig {
    /// Keras's class: `Dense`.
    pub class: &'static str,
    /// Keras's names of the arguments, and their values; what is not given has Keras's default.
    pub arguments: &'static [(&'static str, Value)],
}

/// The value of an argument.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// A size.
    Size(usize),
    /// A size for each axis.
    Sizes(&'static [usize]),
    /// Before and behind each axis.
    Pairs(&'static [usize]),
    /// The axes of a sample, of which one may be `None`: what is left, Keras's -1.
    TargetShape(&'static [Option<usize>]),
    /// Sizes, and Keras's `None`s.
    NoiseShape(&'static [Option<usize>]),
    /// The seed of random numbers.
    Seed(u64),
    /// An axis.
    Axis(isize),
    /// Axes: none are Keras's `None`.
    Axes(&'static [isize]),
    /// Whole numbers.
    Wholes(&'static [i64]),
    /// A number.
    Real(f32),
    /// Numbers.
    Reals(&'static [f32]),
    /// Numbers by name, each of which may be missing.
    Dict(&'static [&'static str], &'static [Option<f32>]),
    /// A flag.
    Flag(bool),
    /// One of Keras's words.
    Word(&'static str),
    /// An initializer.
    Initializer(Initializer),
    /// A regularizer.
    Regularizer(Regularizer),
    /// A constraint.
    Constraint(Constraint),
    /// A layer in a wrapper, or one that is an activation.
    Layer(LayerConfig),
    /// The layers of a model that is a layer.
    Layers(&'static [LayerConfig]),
    /// What Keras has no word for: an activation or a layer of the program's own, a function.
    Own,
}
