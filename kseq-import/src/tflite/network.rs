//! What a file is made of, as plain data.

use kseq_int8::arithmetic::Scale;
use kseq_int8::op::{self, Op};

/// A network: what goes in, and what is done with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// How many samples go in at once; nothing for any number of them, and with an LSTM, whose state has room for so many, for one.
    pub batch: Option<usize>,
    /// What goes in.
    pub input: Tensor,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// What goes from one step to the next, of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its axes, without the batch.
    pub shape: Vec<usize>,
    /// What its `i8`s stand for; nothing if it has `f32`s.
    pub scale: Option<Scale>,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name: the layer's.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// What comes out.
    pub output: Tensor,
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// An operator on `i8`.
    Int8 {
        /// Which one.
        op: Op,
        /// What it has learned.
        parameters: Int8,
    },
    /// The same operator on `f32`.
    Float {
        /// Which one.
        op: Op,
        /// What it has learned.
        parameters: Float,
    },
    /// `UNIDIRECTIONAL_SEQUENCE_LSTM` on `i8`: its kernels are none of those that [`Int8`] has.
    Lstm {
        /// Its sizes.
        op: op::Lstm,
        /// What it has learned.
        parameters: Box<Lstm>,
    },
    /// `QUANTIZE`: `i8` of `f32`.
    Quantize,
    /// `DEQUANTIZE`: `f32` of `i8`.
    Dequantize,
    /// Other axes: what `Flatten` and `Reshape` do. (A `RESHAPE` stands in the file only where an operator asks for it.)
    Reshape,
}

/// The parameters of an operator on `i8`; of one without any, nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Int8 {
    /// The kernel: `[output][tap][channel]`, TFLite's `OHWI`; of a depthwise convolution `[tap][output channel]`, `1HWC`.
    pub kernel: Vec<i8>,
    /// The bias, with the scale of the input times that of the kernel; nothing for zeros.
    pub bias: Vec<i32>,
    /// The scales of the kernel: one for each output channel, or one for all.
    pub scales: Vec<f32>,
}

/// The parameters of an LSTM on `i8`, as [`kseq_int8::lstm`] has them; the gates are i, f, g, o.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lstm {
    /// The scale of the cell is 2 to this power.
    pub cell: i8,
    /// `W` of each gate, `[unit][input]`.
    pub kernels: [Vec<i8>; 4],
    /// `U` of each gate, `[unit][unit before]`.
    pub recurrent: [Vec<i8>; 4],
    /// The bias of each gate, with the scale of the input times that of `W`; nothing for zeros.
    pub biases: [Vec<i32>; 4],
    /// The scale of each `W`.
    pub kernel_scales: [f32; 4],
    /// The scale of each `U`.
    pub recurrent_scales: [f32; 4],
}

/// The parameters of an operator on `f32`, in the same order; of one without any, nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Float {
    /// The kernel.
    pub kernel: Vec<f32>,
    /// The bias; nothing for zeros.
    pub bias: Vec<f32>,
}
