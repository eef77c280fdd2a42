//! What an operator is: sizes and constants, known before any number is.

/// An operator, from one tensor of `i8` to another.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// `FULLY_CONNECTED`, of each of some rows.
    Dense(Dense),
    /// `CONV_2D`.
    Conv(Conv),
    /// `DEPTHWISE_CONV_2D`.
    Depthwise(Conv),
    /// `MAX_POOL_2D`. The output has the scale of the input.
    MaxPool(Pool),
    /// `AVERAGE_POOL_2D`. The output has the scale of the input.
    AveragePool(Pool),
    /// `MEAN` over the pixels, the same number of rows of `channels`.
    Mean(Mean),
    /// `PAD` with zeros. The output has the scale of the input.
    Pad(Pad),
    /// A function of one value: a table of 256.
    Table(Table),
    /// `SOFTMAX` over rows. The output has the scale 1 / 256 and the zero point -128.
    Softmax(Rows),
    /// `UNIDIRECTIONAL_SEQUENCE_LSTM`, with `i16` in the cell.
    Lstm(Lstm),
}

/// Rows of so many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many in a sample.
    pub rows: usize,
    /// The values of each.
    pub width: usize,
}

/// Which outputs there are at all: an activation that the operator does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clamp {
    /// All.
    None,
    /// At least 0: `RELU`.
    Relu,
    /// From 0 to 6: `RELU6`.
    Relu6,
    /// From -1 to 1: `RELU_N1_TO_1`.
    ReluN1To1,
}

/// See [`Op::Dense`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// How many rows a sample has.
    pub rows: usize,
    /// The values of a row.
    pub inputs: usize,
    /// The values of a row of the output.
    pub outputs: usize,
    /// Its activation.
    pub clamp: Clamp,
}

/// A window over one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The elements of the input.
    pub input: usize,
    /// The elements of the output.
    pub output: usize,
    /// The elements of the window.
    pub kernel: usize,
    /// From one window to the next.
    pub stride: usize,
    /// From one element of the window to the next.
    pub dilation: usize,
    /// The elements that the first window has before the input begins.
    pub before: usize,
}

/// See [`Op::Conv`] and [`Op::Depthwise`]: images `(height, width, channels)`; a sequence has a height of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Height and width.
    pub axes: [Axis; 2],
    /// The channels of the input.
    pub channels: usize,
    /// The channels of the output; of a depthwise one a multiple of those of the input.
    pub filters: usize,
    /// Its activation.
    pub clamp: Clamp,
}

/// See [`Op::MaxPool`] and [`Op::AveragePool`]: what is beyond the borders does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Height and width.
    pub axes: [Axis; 2],
    /// The channels.
    pub channels: usize,
}

/// See [`Op::Mean`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean {
    /// Of how many rows the mean is.
    pub rows: usize,
    /// The channels of each.
    pub channels: usize,
}

/// See [`Op::Pad`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// Height, width and channels of the input.
    pub input: [usize; 3],
    /// What is added before height and width.
    pub before: [usize; 2],
    /// What is added behind.
    pub after: [usize; 2],
}

/// See [`Op::Table`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Table {
    /// How many values a sample has.
    pub len: usize,
    /// Which function.
    pub function: Function,
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Function {
    /// Another scale: `QUANTIZE`, or an activation that [`Clamp`] has, by itself.
    Clamp(Clamp),
    /// `LOGISTIC`. The output has the scale 1 / 256 and the zero point -128.
    Sigmoid,
    /// `TANH`. The output has the scale 1 / 128 and the zero point 0.
    Tanh,
    /// `ELU`.
    Elu,
    /// `LEAKY_RELU` with this slope.
    LeakyRelu(f32),
    /// `HARD_SWISH`.
    HardSwish,
    /// `GELU`; whether it is the approximation by tanh.
    Gelu(bool),
}

/// See [`Op::Lstm`]: Keras's gates and activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// How many steps.
    pub steps: usize,
    /// The values of a step.
    pub inputs: usize,
    /// The units.
    pub units: usize,
    /// Whether each step is an output, or only the last.
    pub sequences: bool,
}

impl Axis {
    /// The element of the input that the window of an output has under one of its own; nothing beyond the borders.
    #[must_use]
    pub const fn seen(&self, output: usize, tap: usize) -> Option<usize> {
        match (output * self.stride + tap * self.dilation).checked_sub(self.before) {
            Some(at) if at < self.input => Some(at),
            _ => None,
        }
    }
}

impl Conv {
    /// The values of a sample's input.
    #[must_use]
    #[inline(always)]
    pub const fn input_len(&self) -> usize {
        let [h, w] = &self.axes;
        h.input * w.input * self.channels
    }

    /// The values of a sample's output.
    #[must_use]
    #[inline(always)]
    pub const fn output_len(&self) -> usize {
        let [h, w] = &self.axes;
        h.output * w.output * self.filters
    }

    /// The elements of the window.
    #[must_use]
    pub const fn taps(&self) -> usize {
        let [h, w] = &self.axes;
        h.kernel * w.kernel
    }
}

impl Op {
    /// The values of a sample's input.
    #[must_use]
    #[inline(always)]
    pub const fn input_len(&self) -> usize {
        match self {
            Op::Dense(d) => d.rows * d.inputs,
            Op::Conv(c) | Op::Depthwise(c) => c.input_len(),
            Op::MaxPool(p) | Op::AveragePool(p) => {
                let [h, w] = &p.axes;
                h.input * w.input * p.channels
            }
            Op::Mean(m) => m.rows * m.channels,
            Op::Pad(p) => {
                let [h, w, c] = p.input;
                h * w * c
            }
            Op::Table(t) => t.len,
            Op::Softmax(r) => r.rows * r.width,
            Op::Lstm(l) => l.steps * l.inputs,
        }
    }

    /// The values of a sample's output.
    #[must_use]
    #[inline(always)]
    pub const fn output_len(&self) -> usize {
        match self {
            Op::Dense(d) => d.rows * d.outputs,
            Op::Conv(c) | Op::Depthwise(c) => c.output_len(),
            Op::MaxPool(p) | Op::AveragePool(p) => {
                let [h, w] = &p.axes;
                h.output * w.output * p.channels
            }
            Op::Mean(m) => m.channels,
            Op::Pad(p) => {
                let ([h, w, c], [top, left], [bottom, right]) = (p.input, p.before, p.after);
                (top + h + bottom) * (left + w + right) * c
            }
            Op::Table(t) => t.len,
            Op::Softmax(r) => r.rows * r.width,
            Op::Lstm(l) if l.sequences => l.steps * l.units,
            Op::Lstm(l) => l.units,
        }
    }

    /// Whether scale and zero point of the output are those of the input.
    #[must_use]
    pub const fn keeps_scale(&self) -> bool {
        matches!(self, Op::MaxPool(_) | Op::AveragePool(_) | Op::Pad(_))
    }

    /// Scale and zero point of the output, where the specification fixes them.
    #[must_use]
    pub const fn fixed_output(&self) -> Option<(f32, i8)> {
        match self {
            Op::Softmax(_) => Some((1.0 / 256.0, -128)),
            Op::Table(t) => match t.function {
                Function::Sigmoid => Some((1.0 / 256.0, -128)),
                Function::Tanh => Some((1.0 / 128.0, 0)),
                _ => None,
            },
            _ => None,
        }
    }
}
