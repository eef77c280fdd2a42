//! What a window over two axes has beyond the borders, in TFLite's words.

use kseq_int8::op::Axis;

use super::schema::Padding;

/// Where the windows lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// As TFLite's own paddings have them.
    As(Padding),
    /// Over an input that has so much more before and behind, of height and width each.
    Padded([[usize; 2]; 2]),
}

/// The padding of height and width; nothing if the windows are not as many as there would be.
pub fn windows(axes: &[Axis; 2]) -> Option<Windows> {
    if axes.iter().all(is_valid) {
        Some(Windows::As(Padding::Valid))
    } else if axes.iter().all(is_same) {
        Some(Windows::As(Padding::Same))
    } else {
        let [h, w] = axes;
        Some(Windows::Padded([padded(h)?, padded(w)?]))
    }
}

/// From the first element of a window to the last.
fn reach(axis: &Axis) -> usize {
    axis.kernel.saturating_sub(1) * axis.dilation + 1
}

/// `VALID`: no window goes beyond the input.
fn is_valid(axis: &Axis) -> bool {
    let windows = axis
        .input
        .checked_sub(reach(axis))
        .map(|rest| rest / axis.stride.max(1) + 1);
    axis.before == 0 && windows == Some(axis.output)
}

/// `SAME`: a window for each stride of the input, and the smaller half of what is missing before it.
fn is_same(axis: &Axis) -> bool {
    let all =
        (axis.output.saturating_sub(1) * axis.stride + reach(axis)).saturating_sub(axis.input);
    axis.output == axis.input.div_ceil(axis.stride.max(1)) && axis.before == all / 2
}

/// What is to be added before and behind, so that `VALID` has these windows.
fn padded(axis: &Axis) -> Option<[usize; 2]> {
    let end = axis.output.saturating_sub(1) * axis.stride + reach(axis);
    let after = end.saturating_sub(axis.before + axis.input);
    let input = axis.before + axis.input + after;
    let whole = Axis {
        input,
        before: 0,
        ..*axis
    };
    is_valid(&whole).then_some([axis.before, after])
}

#[cfg(test)]
mod tests {
    use super::{Padding, Windows, windows};
    use kseq_int8::op::Axis;

    fn axis(
        input: usize,
        output: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
        before: usize,
    ) -> Axis {
        Axis {
            input,
            output,
            kernel,
            stride,
            dilation,
            before,
        }
    }

    #[test]
    fn words_of_tflite() {
        let one = axis(1, 1, 1, 1, 1, 0);
        let of = |axis| windows(&[one, axis]);
        // Of 49 and 40 numbers, windows of 10 and 8 with strides of 2.
        assert_eq!(
            of(axis(49, 25, 10, 2, 1, 4)),
            Some(Windows::As(Padding::Same))
        );
        assert_eq!(
            of(axis(40, 20, 8, 2, 1, 3)),
            Some(Windows::As(Padding::Same))
        );
        assert_eq!(
            of(axis(40, 17, 8, 2, 1, 0)),
            Some(Windows::As(Padding::Valid))
        );
        // Causal, with a dilation: all of it is before.
        assert_eq!(
            of(axis(10, 10, 3, 1, 2, 4)),
            Some(Windows::Padded([[0, 0], [4, 0]]))
        );
        assert_eq!(
            of(axis(10, 9, 2, 1, 1, 0)),
            Some(Windows::As(Padding::Valid))
        );
        // More behind than before.
        assert_eq!(
            of(axis(10, 11, 4, 1, 1, 1)),
            Some(Windows::Padded([[0, 0], [1, 3]]))
        );
        // Fewer windows than there is room for.
        assert_eq!(of(axis(10, 3, 2, 1, 1, 0)), None);
        // One axis as `SAME` has it, the other as `VALID`.
        let both = windows(&[axis(5, 5, 3, 1, 1, 1), axis(5, 3, 3, 1, 1, 0)]);
        assert_eq!(both, Some(Windows::Padded([[1, 1], [0, 0]])));
    }
}
