//! Where the parameters of an operator lie in its block of bytes.

use crate::op::Op;
use crate::packing::packed_len;
use crate::views::{signed, words};

/// What the block of an operator has, in this order: `bias` and `multiplier`, `channels` words each; `shift`, `channels` bytes; the
/// [`Zeros`], 4 bytes; then `bytes` bytes: the kernel, or a table; and zeros up to a multiple of 4.
///
/// A convolution's and a dense layer's kernel is [packed](crate::packing), a depthwise one's lies as `[tap][output channel]`.
/// All that an [LSTM](crate::lstm) has beyond four bytes stands in `bytes`.
/// The bias has the input's zero point in it: `bias[o] - input_zero * sum(kernel[o])`, so that the sums are of the plain `i8`s.
///
/// Words are as the machine has them, the lowest byte first almost everywhere; the block begins at a multiple of 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many numbers `bias`, `multiplier` and `shift` have.
    pub channels: usize,
    /// The bytes behind them.
    pub bytes: usize,
    /// How a sum becomes an output.
    pub rounding: Rounding,
}

/// How a sum times the ratio of the scales becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rounding {
    /// By [`multiply_once`](crate::arithmetic::multiply_once): a dense layer.
    Once,
    /// By [`multiply`](crate::arithmetic::multiply): all others.
    #[default]
    Twice,
}

/// What an operator knows of its tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Zeros {
    /// The zero point of the input.
    pub input: i8,
    /// The zero point of the output.
    pub output: i8,
    /// The least output.
    pub min: i8,
    /// The largest output.
    pub max: i8,
}

/// The parameters of an operator, where they lie in its block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    /// What each sum begins with.
    pub bias: &'a [i32],
    /// See [`multiply`](crate::arithmetic::multiply).
    pub multiplier: &'a [i32],
    /// See [`multiply`](crate::arithmetic::multiply).
    pub shift: &'a [i8],
    /// The zero points, and the least and the largest output.
    pub zeros: Zeros,
    /// The kernel or the table.
    pub bytes: &'a [i8],
    /// How a sum becomes an output.
    pub rounding: Rounding,
}

impl<'a> Params<'a> {
    /// The parts of a block. All are empty if it is too short, the words if it does not begin at a multiple of 4.
    #[must_use]
    #[inline(always)]
    pub fn of(layout: Layout, block: &'a [u8]) -> Params<'a> {
        Self::parts(layout, block).unwrap_or_default()
    }

    #[inline(always)]
    fn parts(layout: Layout, block: &'a [u8]) -> Option<Params<'a>> {
        let (bias, rest) = block.split_at_checked(4 * layout.channels)?;
        let (multiplier, rest) = rest.split_at_checked(4 * layout.channels)?;
        let (shift, rest) = rest.split_at_checked(layout.channels)?;
        let (zeros, rest) = rest.split_at_checked(4)?;
        let bytes = rest.get(..layout.bytes)?;
        let &[input, output, min, max] = signed(zeros) else {
            return None;
        };
        Some(Params {
            bias: words(bias),
            multiplier: words(multiplier),
            shift: signed(shift),
            zeros: Zeros {
                input,
                output,
                min,
                max,
            },
            bytes: signed(bytes),
            rounding: layout.rounding,
        })
    }
}

impl Layout {
    /// That of an operator.
    #[must_use]
    #[inline(always)]
    pub const fn of(op: &Op) -> Layout {
        let (channels, bytes) = match op {
            Op::Dense(d) => (d.outputs, packed_len(d.inputs, d.outputs)),
            Op::Conv(c) => (c.filters, packed_len(c.taps() * c.channels, c.filters)),
            Op::Depthwise(c) if c.channels == 1 => (c.filters, packed_len(c.taps(), c.filters)),
            Op::Depthwise(c) => (c.filters, c.taps() * c.filters),
            Op::MaxPool(_) | Op::AveragePool(_) | Op::Pad(_) => (0, 0),
            Op::Mean(_) => (1, 0),
            Op::Table(_) => (0, 256),
            // The bias is the least difference to the largest value that counts.
            Op::Softmax(_) => (1, 0),
            Op::Lstm(l) => (0, crate::lstm::bytes(l)),
        };
        let rounding = match op {
            Op::Dense(_) => Rounding::Once,
            _ => Rounding::Twice,
        };
        Layout {
            channels,
            bytes,
            rounding,
        }
    }

    /// The bytes of the block.
    #[must_use]
    pub const fn len(&self) -> usize {
        (9 * self.channels + 4 + self.bytes).div_ceil(4) * 4
    }

    /// Whether there is nothing but the zero points.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.channels == 0 && self.bytes == 0
    }
}
