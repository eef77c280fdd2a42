//! The window of a convolution: its shape rule, and what it sees of its input.

use super::rules::{expects, fits, sizes, windows_of};
use crate::kernels::conv::{Axis, Conv, Volume};
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::text::Text;

/// What is beyond the borders of the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Padding {
    /// Nothing: outputs see the input alone.
    Valid,
    /// Zeros on both sides, one more behind if they are odd: as many outputs as inputs, divided by the strides.
    Same,
    /// Zeros before: an output sees nothing that comes later. For sequences only.
    Causal,
}

/// Over how many axes a convolution goes, and how: the arguments of `Conv1D`, `Conv2D` and `Conv3D`.
#[derive(Clone, Copy, Debug)]
pub struct Window<const N: usize> {
    /// From one output to the next.
    pub strides: [usize; N],
    /// What is beyond the borders.
    pub padding: Padding,
    /// From one element of the kernel to the next.
    pub dilation_rate: [usize; N],
    /// Into how many groups channels and filters are divided, each with its own part of the kernel.
    pub groups: usize,
}

impl<const N: usize> Window<N> {
    /// Keras's defaults: strides 1, `"valid"`, dilation 1, one group.
    pub const DEFAULT: Self = Window {
        strides: [1; N],
        padding: Padding::Valid,
        dilation_rate: [1; N],
        groups: 1,
    };

    /// What the kernel covers on an axis.
    pub(super) const fn reach(&self, kernel_size: usize, axis: usize) -> usize {
        kernel_size
            .saturating_sub(1)
            .saturating_mul(self.dilation_rate[axis])
            .saturating_add(1)
    }

    /// Refuses what no convolution can be, whatever its input.
    pub(super) const fn refused(&self) -> Option<Refusal> {
        if let Some(refusal) = zero("strides", &self.strides) {
            return Some(refusal);
        }
        if let Some(refusal) = zero("dilation_rate", &self.dilation_rate) {
            return Some(refusal);
        }
        if let Some(refusal) = zero("groups", &[self.groups]) {
            return Some(refusal);
        }
        if N > 1 && matches!(self.padding, Padding::Causal) {
            let what = Text::new().str("padding \"causal\" is for sequences (Conv1D)");
            return Some(Refusal::new(what, "use padding = \"same\" or \"valid\""));
        }
        if range(&self.strides).1 && range(&self.dilation_rate).1 {
            let what = sizes(Text::new(), "strides", &self.strides);
            let what = sizes(
                what.str(" together with "),
                "dilation_rate",
                &self.dilation_rate,
            );
            let what = what.str(": at most one of them may be more than 1");
            return Some(Refusal::new(what, "leave one of them out"));
        }
        None
    }

    /// How many steps an output sees, and whether at the beginning, where there are fewer, outputs see zeros. `None` if they see what comes later.
    pub(super) const fn causal(&self, kernel_size: usize) -> Option<(usize, bool)> {
        let reach = self.reach(kernel_size, 0);
        match self.padding {
            Padding::Valid => Some((reach, false)),
            Padding::Causal => Some((reach, true)),
            Padding::Same if reach == 1 => Some((1, false)),
            Padding::Same => None,
        }
    }

    /// The axis of a convolution from `input` to `output` elements.
    #[cfg_attr(not(feature = "std"), inline(always))]
    const fn axis(&self, axis: usize, input: usize, output: usize, kernel_size: usize) -> Axis {
        let reach = self.reach(kernel_size, axis);
        let before = match self.padding {
            Padding::Valid => 0,
            Padding::Causal => reach - 1,
            Padding::Same => {
                let seen = output.saturating_sub(1) * self.strides[axis] + reach;
                seen.saturating_sub(input) / 2
            }
        };
        Axis {
            input,
            output,
            taps: kernel_size,
            stride: self.strides[axis],
            dilation: self.dilation_rate[axis],
            before: before as isize,
        }
    }
}

/// The channels that a filter sees; for groups that the rule refuses, all of them.
#[must_use]
pub const fn channels(input: Shape, groups: usize) -> usize {
    match input.last().checked_div(groups) {
        Some(channels) if channels > 0 => channels,
        _ => input.last(),
    }
}

/// Whether one of them is zero, and whether one of them is more than 1.
pub(super) const fn range<const N: usize>(sizes: &[usize; N]) -> (bool, bool) {
    let (mut zero, mut several, mut i) = (false, false, 0);
    while i < N {
        zero |= sizes[i] == 0;
        several |= sizes[i] > 1;
        i += 1;
    }
    (zero, several)
}

/// Whether a size is given that must not be 0, and is.
pub(super) const fn zero<const N: usize>(name: &str, given: &[usize; N]) -> Option<Refusal> {
    if !range(given).0 {
        return None;
    }
    let what = match N {
        1 => Text::new()
            .str(name)
            .str(" must be a positive integer, found 0"),
        _ => sizes(Text::new(), name, given).str(" must be positive integers"),
    };
    Some(Refusal::new(what, "sizes begin at 1"))
}

const NO_CHANNELS: &str = "an image has an axis of channels, a grey one too: (28, 28, 1); \
                           for a sequence there is Conv1D";

/// The rule of `Conv1D`, `Conv2D` and `Conv3D`: the spatial axes as the window leaves them, the last axis becomes `filters`.
pub(super) const fn shape<const N: usize>(
    input: Shape,
    filters: usize,
    kernel_size: [usize; N],
    window: &Window<N>,
) -> Rule {
    if let Some(refusal) = expects("Conv", input, N) {
        return Err(match (N, input.rank(), input.elem()) {
            (2, 2, Elem::F32) => Refusal::new(refusal.what, NO_CHANNELS),
            _ => refusal,
        });
    }
    if let Some(refusal) = zero("filters", &[filters]) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("kernel_size", &kernel_size) {
        return Err(refusal);
    }
    if let Some(refusal) = window.refused() {
        return Err(refusal);
    }
    if !input.last().is_multiple_of(window.groups) {
        let what = Text::new()
            .str("groups ")
            .num(window.groups)
            .str(" must divide the ")
            .num(input.last())
            .str(" channels of its input ")
            .text(&input.text());
        return Err(Refusal::new(
            what,
            "choose a divisor of the channels, or change the layer before",
        ));
    }
    if !filters.is_multiple_of(window.groups) {
        let what = Text::new()
            .str("groups ")
            .num(window.groups)
            .str(" must divide filters, found ")
            .num(filters);
        return Err(Refusal::new(what, "make filters a multiple of groups"));
    }
    let output = input.with_last(filters);
    let channels = channels(input, window.groups);
    if let Some(refusal) = weights_too_large(channels, filters, &kernel_size) {
        return Err(refusal);
    }
    over(input, output, kernel_size, window)
}

/// `output` with the spatial axes as the window leaves those of the input.
pub(super) const fn over<const N: usize>(
    input: Shape,
    mut output: Shape,
    kernel_size: [usize; N],
    window: &Window<N>,
) -> Rule {
    let mut i = 0;
    while i < N {
        let reach = window.reach(kernel_size[i], i);
        let same = !matches!(window.padding, Padding::Valid);
        let size = windows_of(input.dim(i), reach, window.strides[i], same);
        if size == 0 || reach > isize::MAX as usize / 4 {
            return Err(too_large(input, kernel_size, window));
        }
        output = output.with_dim(i, size);
        i += 1;
    }
    Ok(output)
}

/// Refuses a kernel that has no place in memory.
pub(super) const fn weights_too_large<const N: usize>(
    channels: usize,
    filters: usize,
    kernel_size: &[usize; N],
) -> Option<Refusal> {
    let mut weights = channels.saturating_mul(filters);
    let mut i = 0;
    while i < N {
        weights = weights.saturating_mul(kernel_size[i]);
        i += 1;
    }
    if fits(&Shape::new(&[weights])) {
        return None;
    }
    let what = Text::new().str("its kernel is larger than the address space");
    Some(Refusal::new(
        what,
        "use fewer filters or a smaller kernel_size",
    ))
}

/// B2: a kernel that does not fit.
pub(super) const fn too_large<const N: usize>(
    input: Shape,
    kernel_size: [usize; N],
    window: &Window<N>,
) -> Refusal {
    let mut what = sizes(Text::new(), "kernel_size", &kernel_size);
    if range(&window.dilation_rate).1 {
        what = sizes(what.str(" with "), "dilation_rate", &window.dilation_rate);
        let (mut covers, mut i) = ([0; N], 0);
        while i < N {
            covers[i] = window.reach(kernel_size[i], i);
            i += 1;
        }
        what = sizes(what, ", which covers", &covers);
        what = what.str(",");
    }
    let what = what.str(" does not fit its input ").text(&input.text());
    Refusal::new(
        what,
        "use padding = \"same\", a smaller kernel_size, or drop a layer before that shrinks its input",
    )
}

/// A convolution from samples of one shape to those of another.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) const fn geometry<const N: usize>(
    window: &Window<N>,
    kernel_size: [usize; N],
    input: Shape,
    output: Shape,
) -> Conv {
    // (Without a loop, of which a compiler that optimises for size would not see through to the numbers.)
    let width = N - 1;
    let height = match width {
        0 => Axis::SINGLE,
        _ => {
            let (inputs, outputs) = (input.dim(width - 1), output.dim(width - 1));
            window.axis(width - 1, inputs, outputs, kernel_size[width - 1])
        }
    };
    let (inputs, outputs) = (input.dim(width), output.dim(width));
    Conv {
        axes: [
            height,
            window.axis(width, inputs, outputs, kernel_size[width]),
        ],
        channels: input.last(),
        filters: output.last(),
        groups: window.groups,
    }
}

/// The same over up to three axes.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) const fn volume<const N: usize>(
    window: &Window<N>,
    kernel_size: [usize; N],
    input: Shape,
    output: Shape,
) -> Volume {
    Volume {
        deep: match N {
            3 => window.axis(0, input.dim(0), output.dim(0), kernel_size[0]),
            _ => Axis::SINGLE,
        },
        plane: geometry(window, kernel_size, input, output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: Window<2> = Window {
        padding: Padding::Same,
        ..Window::DEFAULT
    };

    /// What a refusal says.
    #[track_caller]
    fn refused<const N: usize>(rule: Rule, says: [&str; N]) {
        let Err(refusal) = rule else {
            panic!("must be refused: {says:?}");
        };
        for text in says {
            let what = refusal.what.as_str();
            assert!(what.contains(text), "{what}: {text}");
        }
    }

    #[test]
    fn sizes_of_the_output() {
        let image = Shape::new(&[28, 27, 4]);
        let rule = |kernel_size, window: &Window<2>| shape(image, 6, kernel_size, window).ok();
        let is = |h, w| Some(Shape::new(&[h, w, 6]));
        assert_eq!(rule([3, 5], &Window::DEFAULT), is(26, 23));
        assert_eq!(rule([28, 27], &Window::DEFAULT), is(1, 1));
        assert_eq!(rule([3, 5], &SAME), is(28, 27));
        let strides = |padding| Window {
            strides: [2, 3],
            padding,
            ..Window::DEFAULT
        };
        assert_eq!(rule([3, 2], &strides(Padding::Valid)), is(13, 9));
        assert_eq!(rule([3, 2], &strides(Padding::Same)), is(14, 9));
        let dilation_rate = [3, 4];
        let dilated = Window {
            dilation_rate,
            ..Window::DEFAULT
        };
        assert_eq!(rule([3, 2], &dilated), is(22, 23));
        let causal = Window {
            padding: Padding::Causal,
            dilation_rate: [4],
            ..Window::DEFAULT
        };
        let sequence = Shape::new(&[5, 3]);
        assert_eq!(
            shape(sequence, 2, [3], &causal).ok(),
            Some(Shape::new(&[5, 2]))
        );
    }

    #[test]
    fn zeros_before_the_input() {
        let before = |window: &Window<1>, kernel_size, input, output| {
            let (input, output) = (Shape::new(&[input, 1]), Shape::new(&[output, 1]));
            geometry(window, [kernel_size], input, output).axes[1].before
        };
        let same = |strides| Window {
            strides: [strides],
            padding: Padding::Same,
            ..Window::DEFAULT
        };
        // An odd one is behind.
        assert_eq!(before(&same(1), 3, 5, 5), 1);
        assert_eq!(before(&same(1), 4, 5, 5), 1);
        assert_eq!(before(&same(2), 3, 6, 3), 0);
        assert_eq!(before(&same(2), 3, 5, 3), 1);
        assert_eq!(before(&same(4), 2, 9, 3), 0);
        let causal = Window {
            padding: Padding::Causal,
            dilation_rate: [3],
            ..Window::DEFAULT
        };
        assert_eq!(before(&causal, 3, 5, 5), 6);
    }

    #[test]
    fn refusals_say_what_was_found() {
        let image = Shape::new(&[8, 8, 6]);
        let usual = Window::DEFAULT;
        refused(shape(image, 4, [3], &Window::DEFAULT), ["Conv1D", "ndim=3"]);
        refused(
            shape(Shape::new(&[9]), 4, [3, 3], &usual),
            ["Conv2D", "ndim=4", "(None, 9)"],
        );
        refused(
            shape(Shape::tokens(&[9]), 4, [3], &Window::DEFAULT),
            ["integer tokens (9,)"],
        );
        refused(shape(image, 0, [3, 3], &usual), ["filters", "found 0"]);
        refused(shape(image, 4, [3, 0], &usual), ["kernel_size (3, 0)"]);
        refused(
            shape(image, 4, [3, 9], &usual),
            ["kernel_size (3, 9)", "(8, 8, 6)"],
        );
        let strides = [1, 2];
        let window = Window { strides, ..usual };
        assert!(shape(image, 4, [3, 3], &window).is_ok());
        let dilation_rate = [2, 1];
        let window = Window {
            dilation_rate,
            ..window
        };
        refused(
            shape(image, 4, [3, 3], &window),
            ["strides (1, 2)", "dilation_rate (2, 1)"],
        );
        let groups = |groups| Window { groups, ..usual };
        refused(shape(image, 4, [1, 1], &groups(0)), ["groups", "found 0"]);
        refused(
            shape(image, 4, [1, 1], &groups(4)),
            ["groups 4", "the 6 channels"],
        );
        refused(
            shape(image, 4, [1, 1], &groups(3)),
            ["groups 3", "filters, found 4"],
        );
        let window = Window {
            padding: Padding::Causal,
            ..usual
        };
        refused(shape(image, 4, [3, 3], &window), ["causal", "Conv1D"]);
        refused(
            shape(image, usize::MAX, [3, 3], &usual),
            ["larger than the address space"],
        );
        let window = Window {
            dilation_rate: [usize::MAX; 2],
            ..SAME
        };
        refused(shape(image, 4, [3, 3], &window), ["does not fit"]);
    }
}
