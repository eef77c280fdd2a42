//! `PAD`.

use crate::kernels::fill;
use crate::op::Pad;
use crate::rows::{copy, rows, rows_mut};

/// Images `(height, width, channels)`, any number of them, with `zero` around them: the zero point, which stands for 0.
pub(crate) fn pad(pad: &Pad, zero: i8, x: &[i8], y: &mut [i8]) {
    let ([height, width, channels], [top, left], [_, right]) = (pad.input, pad.before, pad.after);
    let (inputs, line) = (height * width * channels, (left + width + right) * channels);
    let outputs = (top + height + pad.after[0]) * line;
    if inputs == 0 {
        return;
    }
    for (x, y) in rows(x, inputs).zip(rows_mut(y, outputs)) {
        fill(y, zero);
        let lines = rows_mut(y, line).skip(top);
        for (y, x) in lines.zip(rows(x, width * channels)) {
            if let Some(y) = y.get_mut(left * channels..) {
                copy(x, y);
            }
        }
    }
}
