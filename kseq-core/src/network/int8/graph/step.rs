//! One step of a twin: what it does, of which layer, and what it needs.

use kseq_int8::op::Op;
use kseq_int8::params::Layout;

use crate::base::operator::{InFloat, Normalise};

/// The places that a layer has for its steps: a conversion, one or two products, an activation.
pub const PLACES: usize = 4;

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it does.
    pub kind: Kind,
    /// Which layer's, from 0.
    pub layer: usize,
    /// The last layer that is a part of it: its activation, or a `BatchNormalization` whose factors are in its kernel.
    pub through: usize,
    /// Which part of that layer.
    pub part: Part,
    /// The `BatchNormalization` whose factors are in its kernel.
    pub folded: Option<(usize, Normalise)>,
    /// Where in the block its parameters begin.
    pub at: usize,
    /// Where its input lies; `None` is the network's input.
    pub input: Option<usize>,
    /// Where its output goes; `None` is the network's output.
    pub output: Option<usize>,
    /// Where in the arena its scratch memory begins, and how much there is.
    pub scratch: (usize, usize),
}

/// See [`Step::kind`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing: a place that is not needed.
    Nothing,
    /// An operator in integers.
    Int8(Op),
    /// So many values from `f32` to `i8`.
    Quantize(usize),
    /// So many values from `i8` to `f32`.
    Dequantize(usize),
    /// A layer in `f32`, with so many values in and out.
    Float(InFloat, [usize; 2]),
}

/// Which part of a layer a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A conversion before it.
    Before,
    /// Its product, with or without a bias; or all of it.
    Product {
        /// Whether there is a bias.
        bias: bool,
    },
    /// The depthwise convolution of a `SeparableConv`.
    Depthwise,
    /// Its convolution of single pixels.
    Pointwise {
        /// Whether there is a bias.
        bias: bool,
    },
    /// A `BatchNormalization` by itself.
    Normalise(usize),
    /// Its activation.
    Activation,
}

/// What a conversion has in the block: scale and zero point.
const CONVERSION: usize = 8;

const fn words(bytes: usize) -> usize {
    bytes.div_ceil(4) * 4
}

impl Step {
    pub(super) const NOTHING: Step = Step {
        kind: Kind::Nothing,
        layer: 0,
        through: 0,
        part: Part::Before,
        folded: None,
        at: 0,
        input: None,
        output: None,
        scratch: (0, 0),
    };

    pub(super) const fn new(kind: Kind, layer: usize, part: Part) -> Self {
        Step {
            kind,
            layer,
            through: layer,
            part,
            ..Step::NOTHING
        }
    }

    /// Whether there is something to do.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        !matches!(self.kind, Kind::Nothing)
    }

    /// The values in and out, and whether they are `f32`s.
    #[must_use]
    #[inline(always)]
    pub const fn ends(&self) -> ([usize; 2], [bool; 2]) {
        match &self.kind {
            Kind::Nothing => ([0; 2], [false; 2]),
            Kind::Int8(op) => ([op.input_len(), op.output_len()], [false; 2]),
            Kind::Quantize(len) => ([*len; 2], [true, false]),
            Kind::Dequantize(len) => ([*len; 2], [false, true]),
            Kind::Float(_, ends) => (*ends, [true; 2]),
        }
    }

    /// The bytes of its parameters.
    #[must_use]
    pub const fn block_len(&self) -> usize {
        match &self.kind {
            Kind::Nothing => 0,
            Kind::Int8(op) => words(Layout::of(op).len()),
            Kind::Quantize(_) | Kind::Dequantize(_) => CONVERSION,
            Kind::Float(of, _) => 4 * (of.params + of.state),
        }
    }

    pub(super) const fn scratch_len(&self) -> usize {
        match &self.kind {
            Kind::Int8(op) => words(kseq_int8::run::scratch_len(op)),
            Kind::Float(of, _) => 4 * of.scratch,
            _ => 0,
        }
    }

    pub(super) const fn bytes(&self, end: usize) -> usize {
        let (lens, floats) = self.ends();
        words(lens[end] * if floats[end] { 4 } else { 1 })
    }
}
