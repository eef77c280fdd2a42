//! An operator, computed.

use crate::op::Op;
use crate::params::{Layout, Params};
use crate::{conv, dense, depthwise, lstm, mean, pad, pool, softmax, table};

/// Computes an operator of any number of samples, which lie side by side in `x` and in `y`.
///
/// `block` holds its parameters (see [`Layout`]), and begins at a multiple of 4; `scratch` has at least [`scratch_len`] values, and if
/// it has more, more is done at a time. What does not fit is not computed; nothing here panics.
///
/// With an `op` that is a constant, only its kernel is linked.
#[inline(always)]
pub fn run(op: &Op, block: &[u8], x: &[i8], y: &mut [i8], scratch: &mut [i8]) {
    let params = &Params::of(Layout::of(op), block);
    match op {
        Op::Dense(d) => dense::dense(d.inputs, d.outputs, params, x, y, scratch),
        Op::Conv(c) => conv::conv(c, params, x, y, scratch),
        // With one channel it is a convolution: each filter sees it.
        Op::Depthwise(c) if c.channels == 1 => conv::conv(c, params, x, y, scratch),
        Op::Depthwise(c) => depthwise::depthwise(c, params, x, y),
        Op::MaxPool(p) => pool::max(p, x, y),
        Op::AveragePool(p) => pool::average(p, x, y),
        Op::Mean(m) => mean::mean(m, params, x, y),
        Op::Pad(p) => pad::pad(p, params.zeros.input, x, y),
        Op::Table(_) => table::table(params.bytes, x, y),
        Op::Softmax(r) => softmax::softmax(r, params, x, y),
        Op::Lstm(l) => lstm::lstm(l, params, x, y, scratch),
    }
}

/// The least scratch of [`run`], in `i8`s.
#[must_use]
pub const fn scratch_len(op: &Op) -> usize {
    match op {
        Op::Dense(d) => dense::scratch_len(d.inputs),
        Op::Conv(c) => conv::scratch_len(c),
        Op::Depthwise(c) if c.channels == 1 => conv::scratch_len(c),
        Op::Lstm(l) => lstm::scratch_len(l),
        _ => 0,
    }
}
