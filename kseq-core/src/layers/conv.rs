//! What the convolutions share: their shape rule, and the passes over the samples of a batch.
//!
//! A sequence `(steps, channels)` is an image of height 1.

use super::dense::back_activation;
use super::{GRAIN, expects, windows_of};
use crate::initializers::{Fans, Initializer};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::elementwise::{add_bias, add_column_sums, axpy};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::text::Text;

/// What is beyond the borders of the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Padding {
    /// Nothing: outputs see the input alone.
    Valid,
    /// Zeros on both sides, one more behind if they are odd: as many outputs as inputs, divided by the strides.
    Same,
    /// Zeros before: an output sees nothing that comes later. For sequences only.
    Causal,
}

/// Over how many axes a convolution goes, and how: the arguments of `Conv1D` and `Conv2D`.
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
    const fn reach(&self, kernel_size: usize, axis: usize) -> usize {
        kernel_size
            .saturating_sub(1)
            .saturating_mul(self.dilation_rate[axis])
            .saturating_add(1)
    }

    /// The axis of a convolution from `input` to `output` elements.
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

/// `name (2, 3)`, or for one axis `name 2`.
pub(super) const fn sizes(t: Text, name: &str, sizes: &[usize]) -> Text {
    let t = t.str(name).str(" ");
    match sizes {
        [one] => t.num(*one),
        _ => t.text(&Shape::new(sizes).text()),
    }
}

/// Whether one of them is zero, and whether one of them is more than 1.
const fn range<const N: usize>(sizes: &[usize; N]) -> (bool, bool) {
    let (mut zero, mut several, mut i) = (false, false, 0);
    while i < N {
        zero |= sizes[i] == 0;
        several |= sizes[i] > 1;
        i += 1;
    }
    (zero, several)
}

/// Whether a size is given that must not be 0, and is.
const fn zero<const N: usize>(name: &str, given: &[usize; N]) -> Option<Refusal> {
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

/// The rule of `Conv1D` and `Conv2D`: the spatial axes as the window leaves them, the last axis becomes `filters`.
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
    if let Some(refusal) = zero("strides", &window.strides) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("dilation_rate", &window.dilation_rate) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("groups", &[window.groups]) {
        return Err(refusal);
    }
    if N > 1 && matches!(window.padding, Padding::Causal) {
        let what = Text::new().str("padding \"causal\" is for sequences (Conv1D)");
        return Err(Refusal::new(what, "use padding = \"same\" or \"valid\""));
    }
    if range(&window.strides).1 && range(&window.dilation_rate).1 {
        let what = sizes(Text::new(), "strides", &window.strides);
        let what = sizes(
            what.str(" together with "),
            "dilation_rate",
            &window.dilation_rate,
        );
        let what = what.str(": at most one of them may be more than 1");
        return Err(Refusal::new(what, "leave one of them out"));
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
    let mut output = input.with_last(filters);
    let mut i = 0;
    while i < N {
        let reach = window.reach(kernel_size[i], i);
        let same = !matches!(window.padding, Padding::Valid);
        let size = windows_of(input.dim(i), reach, window.strides[i], same);
        if size == 0 {
            return Err(too_large(input, kernel_size, window));
        }
        output = output.with_dim(i, size);
        i += 1;
    }
    Ok(output)
}

/// B2: a kernel that does not fit.
const fn too_large<const N: usize>(
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
pub(super) const fn geometry<const N: usize>(
    window: &Window<N>,
    kernel_size: [usize; N],
    input: Shape,
    output: Shape,
) -> Conv {
    let one = Axis {
        input: 1,
        output: 1,
        taps: 1,
        stride: 1,
        dilation: 1,
        before: 0,
    };
    let mut axes = [one; 2];
    let mut i = 0;
    while i < N {
        axes[2 - N + i] = window.axis(i, input.dim(i), output.dim(i), kernel_size[i]);
        i += 1;
    }
    Conv {
        axes,
        channels: input.last(),
        filters: output.last(),
        groups: window.groups,
    }
}

/// The initial kernel and bias.
pub(super) fn init(
    conv: &Conv,
    (kernel, bias): (&mut [f32], &mut [f32]),
    [kernel_initializer, bias_initializer]: [Initializer; 2],
    rng: &mut Rng,
) {
    let window = conv.axes[0].taps * conv.axes[1].taps;
    let fans = Fans::conv(window, conv.channels / conv.groups.max(1), conv.filters);
    kernel_initializer.fill(kernel, fans, rng);
    bias_initializer.fill(bias, Fans::vector(bias.len()), rng);
}

/// Calls `f` for some rows of a sample at a time: sample, first row, values.
fn for_rows(
    pool: &Pool,
    data: &mut [f32],
    (rows, row): (usize, usize),
    f: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let some = (GRAIN / row.max(1)).clamp(1, rows.max(1));
    pool.for_each_chunk(data, rows * row, |sample, data| {
        pool.for_each_chunk(data, some * row, |i, data| f(sample, i * some, data));
    });
}

/// `y = conv(x) + bias`, without the activation that `finish` applies while the values are in the cache.
pub(super) fn forward(
    conv: &Conv,
    x: &[f32],
    (kernel, bias): (&[f32], &[f32]),
    y: &mut [f32],
    pool: &Pool,
    finish: fn(&mut [f32], usize),
) {
    let len = conv.input_len();
    for_rows(
        pool,
        y,
        (conv.axes[0].output, conv.row_len()),
        |sample, first, y| {
            conv.forward(&x[sample * len..][..len], kernel, y, first);
            if !bias.is_empty() {
                add_bias(y, bias);
            }
            finish(y, conv.filters);
        },
    );
}

/// Samples whose gradients of the parameters are summed one after the other: a fixed number, so that the sum does not
/// depend on the number of threads.
const BATCH: usize = 16;

/// The scratch memory of [`backward`], in values a sample: the parameters for each [`BATCH`] that is begun, if it is not
/// the only one.
pub(super) const fn scratch(params: usize) -> usize {
    (2 * params).div_ceil(BATCH + 1)
}

/// What [`backward`] works on, flat.
pub(super) struct Pass<'a> {
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub cache: &'a [f32],
    pub dy: &'a mut [f32],
    pub dx: Option<&'a mut [f32]>,
}

/// What [`backward`] may use.
pub(super) struct Means<'a> {
    /// The backward pass of the activation.
    pub activation: fn(&[f32], &[f32], &mut [f32], usize),
    pub scratch: &'a mut [f32],
    pub pool: &'a Pool,
}

/// The gradients of the parameters, the kernel's in the first values of `dp`, and of the input.
pub(super) fn backward(
    conv: &Conv,
    kernel: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    means: Means<'_>,
) {
    let Means {
        activation,
        scratch,
        pool,
    } = means;
    let Pass { x, dy: dz, dx, .. } = pass;
    back_activation(pass.y, pass.cache, dz, activation, conv.filters, pool);
    let dz = &*dz;
    let (input, output) = (conv.input_len(), conv.output_len());
    if let Some(dx) = dx {
        // The flipped kernel is as large as its gradient, which comes afterwards.
        let (flipped, _) = dp.split_at_mut(kernel.len());
        conv.flip(kernel, flipped, pool);
        let [h, w] = conv.axes;
        let rows = (h.input, w.input * conv.channels);
        let flipped = &*flipped;
        for_rows(pool, dx, rows, |sample, first, dx| {
            conv.backward(&dz[sample * output..][..output], flipped, dx, first);
        });
    }
    dp.fill(0.0);
    let samples = dz.len() / output.max(1);
    if samples <= BATCH {
        return add_gradients(conv, x, dz, dp, pool, true);
    }
    let params = dp.len().max(1);
    let batches = samples.div_ceil(BATCH);
    let few = batches < pool.threads();
    let sums = &mut scratch[..batches * params];
    sums.fill(0.0);
    pool.for_each_chunk(sums, params, |i, sums| {
        let some = i * BATCH..samples.min((i + 1) * BATCH);
        let x = &x[some.start * input..some.end * input];
        let dz = &dz[some.start * output..some.end * output];
        add_gradients(conv, x, dz, sums, pool, few);
    });
    pool.for_each_chunk(dp, GRAIN, |i, dp| {
        for sums in sums.chunks_exact(params) {
            axpy(1.0, &sums[i * GRAIN..][..dp.len()], dp);
        }
    });
}

/// Adds the gradients of kernel and bias, summed over all samples in their order; `split` over threads by lines.
fn add_gradients(conv: &Conv, x: &[f32], dz: &[f32], dp: &mut [f32], pool: &Pool, split: bool) {
    let (dkernel, dbias) = dp.split_at_mut(conv.kernel_len());
    if !dbias.is_empty() {
        add_column_sums(dbias, dz, &Pool::Serial);
    }
    let line = dkernel.len() / conv.axes[0].taps.max(1);
    let samples = || {
        let x = x.chunks_exact(conv.input_len().max(1));
        x.zip(dz.chunks_exact(conv.output_len().max(1)))
    };
    if !split || pool.threads() == 1 {
        // A sample at a time, while it is in the cache.
        samples().for_each(|(x, dz)| conv.add_kernel_gradient(x, dz, dkernel, 0));
        return;
    }
    pool.for_each_chunk(dkernel, line, |i, dkernel| {
        samples().for_each(|(x, dz)| conv.add_kernel_gradient(x, dz, dkernel, i));
    });
}

/// Implements [`Layer`](crate::layer::Layer) for a convolution: its type, its samples, its sizes.
macro_rules! convolution {
    (
        $layer:ident<$($k:ident),+; $c:ident, $f:ident, $b:ident>, $params:ident,
        ($($i:ident),+) -> ($($o:ident),+), $ci:ident, $input:ty => $output:ty
    ) => {
        impl<
            $(const $k: usize,)+ const $c: usize, const $f: usize, const $b: usize, A,
            $(const $i: usize, const $o: usize,)+ const $ci: usize,
        > $crate::layer::Layer<$input, $output> for $layer<$($k,)+ $c, $f, $b, A>
        where
            A: $crate::activations::Activation,
        {
            type Params = $params<$($k,)+ $c, $f, $b>;
            type State = $crate::params::NoParams;
            const CACHE: usize = if A::KEEPS_INPUT {
                <$output as $crate::tensor::Tensor>::LEN
            } else {
                0
            };
            const READS_OUTPUT: $crate::layer::Reads = A::READS_OUTPUT;
            const SCRATCH: usize = $crate::layers::conv::scratch(Self::Params::LEN);

            fn init(
                &self,
                p: &mut Self::Params,
                _: &mut Self::State,
                rng: &mut $crate::rng::Rng,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s_mut().split_at_mut(conv.kernel_len());
                let initializers = [self.kernel_initializer, self.bias_initializer];
                $crate::layers::conv::init(&conv, arrays, initializers, rng);
            }

            fn infer(
                &self,
                p: &Self::Params,
                _: &Self::State,
                x: &[$input],
                y: &mut [$output],
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s().split_at(conv.kernel_len());
                let (x, y) = (<$input>::flat(x), <$output>::flat_mut(y));
                $crate::layers::conv::forward(&conv, x, arrays, y, cx.pool, A::forward);
            }

            fn forward(
                &self,
                p: &Self::Params,
                s: &mut Self::State,
                x: &[$input],
                y: &mut [$output],
                cache: &mut [f32],
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                if !A::KEEPS_INPUT {
                    return self.infer(p, s, x, y, cx);
                }
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s().split_at(conv.kernel_len());
                $crate::layers::conv::forward(
                    &conv, <$input>::flat(x), arrays, cache, cx.pool, |_, _| (),
                );
                let y = <$output>::flat_mut(y);
                y.copy_from_slice(cache);
                $crate::layers::dense::activate(y, A::forward, $f, cx.pool);
            }

            fn backward(
                &self,
                p: &Self::Params,
                pass: $crate::layer::Backward<'_, $input, $output>,
                dp: &mut Self::Params,
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let (kernel, _) = p.as_f32s().split_at(conv.kernel_len());
                let pass = $crate::layers::conv::Pass {
                    x: <$input>::flat(pass.x),
                    y: <$output>::flat(pass.y),
                    cache: pass.cache,
                    dy: <$output>::flat_mut(pass.dy),
                    dx: pass.dx.map(<$input>::flat_mut),
                };
                let means = $crate::layers::conv::Means {
                    activation: A::backward,
                    scratch: cx.scratch,
                    pool: cx.pool,
                };
                $crate::layers::conv::backward(&conv, kernel, pass, dp.as_f32s_mut(), means);
            }
        }
    };
}
pub(super) use convolution;
