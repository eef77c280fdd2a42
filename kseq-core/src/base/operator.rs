//! What a layer is in integers: plain data, of which `#[quantize]` makes the steps of a network in `i8`.

use kseq_int8::op::{self, Clamp, Conv, Dense, Function, Lstm, Mean, Op, Pad, Pool, Rows};

use crate::kernels::conv;
use crate::kernels::walk::{Pooling, Walk};
use crate::shape::Shape;

/// What a layer is in integers.
#[derive(Clone, Copy, Debug)]
pub enum Operator {
    /// Its output is its input, outside training: `Dropout`, `Flatten`, `Reshape`.
    Same,
    /// A product with a kernel, and an activation.
    Product {
        /// The product.
        op: Op,
        /// Whether a bias is added.
        bias: bool,
        /// The activation.
        then: Then,
    },
    /// A depthwise convolution, one of single pixels, and an activation.
    Separable {
        /// The first one, without a bias.
        depthwise: Conv,
        /// The second one.
        pointwise: Conv,
        /// Whether a bias is added.
        bias: bool,
        /// The activation.
        then: Then,
    },
    /// No parameters.
    Plain(Op),
    /// An activation by itself, of rows.
    Activation(Then, Rows),
    /// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` for each channel, the last axis.
    Normalise(Normalise),
    /// A recurrent layer.
    Lstm {
        /// Its sizes.
        op: Lstm,
        /// Whether it has a bias.
        bias: bool,
    },
    /// It stays as it is, in `f32`.
    Float(InFloat),
    /// There is no such operator, for this reason; in `f32` it may stay.
    Refused(&'static str),
    /// No twin has it, for this reason.
    Never(&'static str),
}

/// See [`Operator::Normalise`].
#[derive(Clone, Copy, Debug)]
pub struct Normalise {
    /// The values of a sample.
    pub len: usize,
    /// How many channels.
    pub channels: usize,
    /// What is added to the variance.
    pub epsilon: f32,
    /// Whether there is a gamma.
    pub scale: bool,
    /// Whether there is a beta.
    pub center: bool,
}

/// The memory of a layer that stays in `f32`.
#[derive(Clone, Copy, Debug)]
pub struct InFloat {
    /// Its parameters.
    pub params: usize,
    /// Its state.
    pub state: usize,
    /// What it needs besides.
    pub scratch: usize,
    /// What it would be in integers, if it would be one product.
    pub like: Option<Like>,
}

/// A product with an activation.
#[derive(Clone, Copy, Debug)]
pub struct Like {
    /// The product.
    pub op: Op,
    /// Whether a bias is added.
    pub bias: bool,
    /// The activation.
    pub then: Then,
}

/// Why a stateful layer is in no twin.
pub(crate) const STAYS: &str =
    "a state that stays from batch to batch (`stateful = true`) has no int8 twin";

/// What follows a product: an activation in integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// A part of the operator before it.
    Clamp(Clamp),
    /// A table.
    Function(Function),
    /// `softmax` of each row.
    Softmax,
    /// None has the one of this name.
    Refused(&'static str),
}

impl Then {
    /// No activation.
    pub const NOTHING: Then = Then::Clamp(Clamp::None);
}

const fn axis(axis: &conv::Axis) -> op::Axis {
    op::Axis {
        input: axis.input,
        output: axis.output,
        kernel: axis.taps,
        stride: axis.stride,
        dilation: axis.dilation,
        before: if axis.before > 0 {
            axis.before as usize
        } else {
            0
        },
    }
}

/// The operator of a convolution in one group.
pub(crate) const fn plain_conv(conv: &conv::Conv) -> Conv {
    let [h, w] = &conv.axes;
    Conv {
        axes: [axis(h), axis(w)],
        channels: conv.channels,
        filters: conv.filters,
        clamp: Clamp::None,
    }
}

impl Operator {
    /// A dense layer of rows.
    pub(crate) const fn dense(
        len: usize,
        [inputs, outputs]: [usize; 2],
        bias: bool,
        then: Then,
    ) -> Self {
        let op = Op::Dense(Dense {
            rows: len / if inputs == 0 { 1 } else { inputs },
            inputs,
            outputs,
            clamp: Clamp::None,
        });
        Operator::Product { op, bias, then }
    }

    /// A convolution.
    pub(crate) const fn conv(conv: &conv::Conv, bias: bool, then: Then) -> Self {
        if conv.groups > 1 {
            return Operator::Refused("a convolution in groups has no int8 operator");
        }
        let op = Op::Conv(plain_conv(conv));
        Operator::Product { op, bias, then }
    }

    /// A depthwise convolution.
    pub(crate) const fn depthwise(conv: &conv::Conv, bias: bool, then: Then) -> Self {
        let op = Op::Depthwise(plain_conv(conv));
        Operator::Product { op, bias, then }
    }

    /// A pooling over an image or a sequence.
    pub(crate) const fn pooling(walk: &Walk) -> Self {
        let Walk::Pool(Pooling {
            axes: [h, w],
            channels,
            average,
        }) = walk
        else {
            return Operator::Refused("a pooling over a volume has no int8 operator");
        };
        let pool = Pool {
            axes: [axis(h), axis(w)],
            channels: *channels,
        };
        Operator::Plain(match average {
            true => Op::AveragePool(pool),
            false => Op::MaxPool(pool),
        })
    }

    /// The mean of all pixels.
    pub(crate) const fn mean(input: Shape) -> Self {
        let channels = input.last();
        match input.len() {
            Some(len) if channels > 0 => Operator::Plain(Op::Mean(Mean {
                rows: len / channels,
                channels,
            })),
            _ => Operator::Refused("a sample of any length has no int8 operator"),
        }
    }

    /// Zeros around an image or a sequence.
    pub(crate) const fn padding(input: Shape, output: Shape, before: &[usize]) -> Self {
        let (input_axes, output_axes, before) = match before {
            [before] => ([1, input.dim(0)], [1, output.dim(0)], [0, *before]),
            [top, left] => (
                [input.dim(0), input.dim(1)],
                [output.dim(0), output.dim(1)],
                [*top, *left],
            ),
            _ => return Operator::Refused("padding of a volume has no int8 operator"),
        };
        let [h, w] = input_axes;
        let [top, left] = before;
        let [height, width] = output_axes;
        Operator::Plain(Op::Pad(Pad {
            input: [h, w, input.last()],
            before,
            after: [height - h - top, width - w - left],
        }))
    }

    /// An activation by itself.
    pub(crate) const fn activation(then: Then, input: Shape) -> Self {
        let width = input.last();
        match input.len() {
            Some(len) if width > 0 => Operator::Activation(
                then,
                Rows {
                    rows: len / width,
                    width,
                },
            ),
            _ => Operator::Refused("a sample of any length has no int8 operator"),
        }
    }

    /// The layer ends with this activation as well: that of the model's [`Head`](crate::model::Model::Head).
    #[must_use]
    pub const fn ending(self, head: Then, output: Shape) -> Self {
        match (self, head) {
            (any, Then::Clamp(Clamp::None)) => any,
            (
                Operator::Product {
                    op,
                    bias,
                    then: Then::Clamp(Clamp::None),
                },
                head,
            ) => Operator::Product {
                op,
                bias,
                then: head,
            },
            (
                Operator::Separable {
                    depthwise,
                    pointwise,
                    bias,
                    then: Then::Clamp(Clamp::None),
                },
                head,
            ) => Operator::Separable {
                depthwise,
                pointwise,
                bias,
                then: head,
            },
            (Operator::Same | Operator::Activation(Then::Clamp(Clamp::None), _), head) => {
                Operator::activation(head, output)
            }
            (any @ (Operator::Float(_) | Operator::Refused(_) | Operator::Never(_)), _) => any,
            _ => Operator::Refused("the activation at its end has no int8 operator"),
        }
    }
}
