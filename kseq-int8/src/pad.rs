//! `PAD`.

use crate::op::Pad;

/// Images `(height, width, channels)`, any number of them, with `zero` around them: the zero point, which stands for 0.
pub(crate) fn pad(pad: &Pad, zero: i8, x: &[i8], y: &mut [i8]) {
    let ([height, width, channels], [top, left], [_, right]) = (pad.input, pad.before, pad.after);
    let (inputs, line) = (height * width * channels, (left + width + right) * channels);
    let outputs = (top + height + pad.after[0]) * line;
    if inputs == 0 {
        return;
    }
    for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
        y.fill(zero);
        let lines = y.chunks_exact_mut(line).skip(top);
        for (y, x) in lines.zip(x.chunks_exact(width * channels)) {
            for (y, x) in y.iter_mut().skip(left * channels).zip(x) {
                *y = *x;
            }
        }
    }
}
