//! `ConvLSTM1D` and `ConvLSTM2D`: an [`LSTM`](super::LSTM) whose products are convolutions. For users:
//! `docs/layers/ConvLSTM2D.md`.
//!
//! A sequence of rows is one of images of height 1, so both are one implementation.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::conv_lstm::{ConvLSTM1D, ConvLSTM1DParams, ConvLSTM1DState};
//! use kseq_core::layers::{Window, recurrent::Recurrent};
//! use kseq_core::pool::Pool;
//!
//! let lstm: ConvLSTM1D<1, 1, 1, 4, 4, 0, 2, false> =
//!     ConvLSTM1D::new(Recurrent::KERAS, true, Window::DEFAULT, [1]);
//! // i and o are wide open, f is shut: only the last step counts.
//! let p = ConvLSTM1DParams {
//!     kernel: [[[0.0, 0.0, 1.0, 0.0]]],
//!     recurrent_kernel: [[[0.0; 4]]],
//!     bias: [50.0, -50.0, 0.0, 50.0],
//! };
//! let s = ConvLSTM1DState { h: [], c: [] };
//! // Two steps of two values.
//! let x = [[[[9.0], [9.0]], [[0.5], [-0.5]]]];
//! let (mut memory, mut y) = ([0.0; 100], [[[0.0f32; 1]; 2]]);
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! lstm.infer(&p, &s, &x, &mut y, &mut cx.with_scratch(&mut memory));
//! let want = 0.5f32.tanh().tanh();
//! assert!((y[0][0][0] - want).abs() < 1e-6 && (y[0][1][0] + want).abs() < 1e-6);
//! ```

use core::marker::PhantomData;

mod gates;
mod memory;
mod rules;
mod steps;
#[cfg(all(test, feature = "std"))]
mod tests;

pub use rules::shape;

use super::bidirectional::OneWay;
use super::noise;
use super::recurrent::{Function, Recurrent, keeps_mask};
use super::window::{self, Padding, Window};
use crate::activations::{Activation, Sigmoid, Tanh};
use crate::base::part::{copy, part, split, split_mut};
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::initializers::Fans;
use crate::kernels::conv::Conv;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::open::Open;
use crate::params::{ParamBlock, params};
use crate::rng::Rng;
use crate::shape::Shape;
use crate::tensor::Tensor;
use memory::{Drops, Sizes};
use steps::Cell;

/// A convolutional LSTM over `N` axes with `F` filters, see [`ConvLSTM1D`] and [`ConvLSTM2D`]. `P` and `S` are the types of
/// its parameters and its state; `DROPS` says whether one of the dropouts is used.
pub struct ConvLSTM<const N: usize, const F: usize, const DROPS: bool, P, S, A = Tanh, R = Sigmoid>
{
    arguments: Recurrent,
    unit_forget_bias: bool,
    window: Window<N>,
    kernel_size: [usize; N],
    types: PhantomData<fn(P, S, A, R)>,
}

/// Over one axis: kernels of `K` values over `C` channels, `F` filters, outputs of `O` values. `G` is `4 F`; `B` is `4 F` with a
/// bias and 0 without; `S` is the batch size if the layer is stateful, else 0.
///
/// In a layer list `ConvLSTM1D(..)`, whose arguments are explained in `kseq::layers::ConvLSTM1D`.
pub type ConvLSTM1D<
    const K: usize,
    const C: usize,
    const F: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const O: usize,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> = ConvLSTM<1, F, DROPS, ConvLSTM1DParams<K, C, F, G, B>, ConvLSTM1DState<S, O, F>, A, R>;

/// Over two axes: kernels of `KH` by `KW` values over `C` channels, `F` filters, outputs of `OH` by `OW` values. `G` is `4 F`;
/// `B` is `4 F` with a bias and 0 without; `S` is the batch size if the layer is stateful, else 0.
///
/// In a layer list `ConvLSTM2D(..)`, whose arguments are explained in `kseq::layers::ConvLSTM2D`.
pub type ConvLSTM2D<
    const KH: usize,
    const KW: usize,
    const C: usize,
    const F: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const OH: usize,
    const OW: usize,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> = ConvLSTM<
    2,
    F,
    DROPS,
    ConvLSTM2DParams<KH, KW, C, F, G, B>,
    ConvLSTM2DState<S, OH, OW, F>,
    A,
    R,
>;

params! {
    /// The parameters of a [`ConvLSTM1D`].
    pub struct ConvLSTM1DParams<const K: usize, const C: usize, const F: usize, const G: usize, const B: usize> {
        /// `(K, C, 4 F)`
        pub kernel: [[[f32; G]; C]; K],
        /// `(K, F, 4 F)`
        pub recurrent_kernel: [[[f32; G]; F]; K],
        /// `(4 F,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

params! {
    /// The parameters of a [`ConvLSTM2D`].
    pub struct ConvLSTM2DParams<
        const KH: usize, const KW: usize, const C: usize, const F: usize, const G: usize, const B: usize
    > {
        /// `(KH, KW, C, 4 F)`
        pub kernel: [[[[f32; G]; C]; KW]; KH],
        /// `(KH, KW, F, 4 F)`
        pub recurrent_kernel: [[[[f32; G]; F]; KW]; KH],
        /// `(4 F,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

params! {
    /// What a stateful [`ConvLSTM1D`] carries from one batch of `S` samples to the next; nothing with S = 0.
    pub struct ConvLSTM1DState<const S: usize, const O: usize, const F: usize> {
        /// The output of the last step, for each place in the batch.
        pub h: [[[f32; F]; O]; S],
        /// The cell's memory.
        pub c: [[[f32; F]; O]; S],
    }
}

params! {
    /// What a stateful [`ConvLSTM2D`] carries from one batch of `S` samples to the next; nothing with S = 0.
    pub struct ConvLSTM2DState<const S: usize, const OH: usize, const OW: usize, const F: usize> {
        /// The output of the last step, for each place in the batch.
        pub h: [[[[f32; F]; OW]; OH]; S],
        /// The cell's memory.
        pub c: [[[[f32; F]; OW]; OH]; S],
    }
}

impl<const N: usize, const F: usize, const DROPS: bool, P, S, A, R>
    ConvLSTM<N, F, DROPS, P, S, A, R>
{
    /// The layer with its arguments; `unit_forget_bias` lets the forget gate begin with a bias of 1.
    #[must_use]
    pub const fn new(
        arguments: Recurrent,
        unit_forget_bias: bool,
        window: Window<N>,
        kernel_size: [usize; N],
    ) -> Self {
        ConvLSTM {
            arguments,
            unit_forget_bias,
            window,
            kernel_size,
            types: PhantomData,
        }
    }

    /// The same from the last step to the first.
    #[must_use]
    pub const fn backwards(mut self) -> Self {
        self.arguments.go_backwards = true;
        self
    }

    /// The same with zeros, or the output before, for masked steps.
    #[must_use]
    pub const fn zeroing(mut self, zeroes: bool) -> Self {
        self.arguments.zero_output_for_mask = zeroes;
        self
    }

    /// The convolutions of the input and of the state, between the shapes of a step.
    fn convs(&self, input: Shape, output: Shape) -> [Conv; 2] {
        let gates = output.with_last(4 * F);
        let same = Window {
            padding: Padding::Same,
            ..Window::DEFAULT
        };
        [
            window::geometry(&self.window, self.kernel_size, input, gates),
            window::geometry(&same, self.kernel_size, output, gates),
        ]
    }
}

/// Whether all steps come out.
const fn sequences<In: Tensor, Out: Tensor>() -> bool {
    In::SHAPE.rank() == Out::SHAPE.rank()
}

/// The shapes of a step of the input and of the output.
const fn each<In: Tensor, Out: Tensor>() -> [Shape; 2] {
    let output = match sequences::<In, Out>() {
        true => Out::SHAPE.unstacked(),
        false => Out::SHAPE,
    };
    [In::SHAPE.unstacked(), output]
}

/// The sizes of a sample with so many steps.
const fn sizes<In, Out, A, R>(steps: usize, drops: bool) -> Sizes
where
    In: Tensor,
    Out: Tensor,
    A: Activation,
    R: Activation,
{
    let [input, output] = each::<In, Out>();
    let (input, state) = match (input.len(), output.len()) {
        (Some(input), Some(state)) => (input, state),
        _ => (0, 0),
    };
    Sizes {
        steps,
        input,
        state,
        filters: output.last(),
        keeps: A::KEEPS_INPUT || R::KEEPS_INPUT,
        drops,
    }
}

/// What a size is for no steps, and more for each.
const fn per_step(none: usize, one: usize) -> PerStep {
    PerStep::new(none, one - none)
}

impl<const N: usize, const F: usize, const DROPS: bool, P, S, A, R, In, Out> Layer<In, Out>
    for ConvLSTM<N, F, DROPS, P, S, A, R>
where
    P: ParamBlock,
    S: ParamBlock,
    A: Activation,
    R: Activation,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
    type Params = P;
    type State = S;
    const CACHE: usize = sizes::<In, Out, A, R>(steps_of::<In>(), DROPS).cache();
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = S::LEN > 0;
    const MACS: usize = {
        // Each weight is used once for each pixel of each step.
        let sizes = sizes::<In, Out, A, R>(steps_of::<In>(), false);
        let pixels = sizes.state / if F == 0 { 1 } else { F };
        P::LEN.saturating_mul(pixels).saturating_mul(sizes.steps)
    };
    const MASK: Mask = keeps_mask(sequences::<In, Out>());
    const SCRATCH: usize = sizes::<In, Out, A, R>(steps_of::<In>(), DROPS).scratch(P::LEN);
    const INFER_SCRATCH: usize = sizes::<In, Out, A, R>(1, false).infer();
    const NEEDS: Needs = {
        let none = sizes::<In, Out, A, R>(0, DROPS);
        let one = sizes::<In, Out, A, R>(1, DROPS);
        Needs {
            cache: per_step(none.cache(), one.cache()),
            scratch: per_step(none.scratch(P::LEN), one.scratch(P::LEN)),
            infer_scratch: PerStep::sample(one.infer()),
        }
    };

    fn init(&self, p: &mut Self::Params, _: &mut Self::State, rng: &mut Rng) {
        let [input, output] = each::<In, Out>();
        let [of_input, of_state] = self.convs(input, output);
        let arrays = p.as_f32s_mut();
        let Recurrent {
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            ..
        } = &self.arguments;
        let (kernel, rest) = arrays.split_at_mut(of_input.kernel_len());
        let (recurrent, bias) = rest.split_at_mut(of_state.kernel_len());
        let window = of_input.axes[0].taps * of_input.axes[1].taps;
        let fans = |channels| Fans::conv(window, channels, 4 * F);
        kernel_initializer.fill(kernel, fans(of_input.channels), rng);
        recurrent_initializer.fill(recurrent, fans(F), rng);
        bias_initializer.fill(bias, Fans::vector(bias.len()), rng);
        if self.unit_forget_bias && !bias.is_empty() {
            bias[F..2 * F].fill(1.0);
        }
    }

    fn reset_states(&self, s: &mut Self::State) {
        s.as_f32s_mut().fill(0.0);
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let batch = cx.samples(x);
        let cell = self.cell::<In, Out>(p, cx, batch);
        let (carried, mut cx) = cx.carried::<S>();
        let carried = carried.filter(|_| S::LEN > 0);
        let (pool, len) = (cx.pool, S::LEN / 2);
        let memory = core::mem::take(&mut cx.scratch);
        let memory = memory.get_mut(..batch * cell.sizes.infer());
        let (memory, x) = (memory.unwrap_or_default(), In::flat(x));
        let each = (cell.sizes.infer().max(1), cell.output_len().max(1));
        let given = match &carried {
            Some(carried) => carried.as_f32s(),
            None => s.as_f32s(),
        };
        steps::pairs(pool, (memory, Out::flat_mut(y)), each, |b, memory, y| {
            cell.infer(b, x, split(given, len), memory, y);
        });
        if let Some(carried) = carried {
            let (h, c) = split_mut(carried.as_f32s_mut(), len);
            let state = cell.sizes.state;
            for (b, memory) in memory.chunks_exact(each.0).enumerate() {
                copy(&mut h[b * state..][..state], part(memory, 0, state));
                copy(&mut c[b * state..][..state], part(memory, state, state));
            }
        }
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let batch = cx.samples(x);
        let cell = self.cell::<In, Out>(p, cx, batch);
        let (noise, len) = (noise::rng(self.arguments.seed, cx), S::LEN / 2);
        let drops = Drops {
            noise: &noise,
            before: cx.place(batch).0,
            input: self.arguments.dropout,
            state: self.arguments.recurrent_dropout,
        };
        let drops = (DROPS && cx.training).then_some(&drops);
        let each = (cell.sizes.cache().max(1), cell.output_len().max(1));
        let (x, given) = (In::flat(x), s.as_f32s());
        let both = (&mut *cache, Out::flat_mut(y));
        steps::pairs(cx.pool, both, each, |b, cache, y| {
            cell.forward(b, x, split(given, len), cache, y, drops);
        });
        let (h, c) = split_mut(s.as_f32s_mut(), len);
        let state = cell.sizes.state;
        let states = h.chunks_exact_mut(state.max(1));
        for ((h, c), cache) in states
            .zip(c.chunks_exact_mut(state.max(1)))
            .zip(cache.chunks_exact(each.0))
        {
            let slab = cell.sizes.slab(cache);
            copy(h, part(slab.h, cell.sizes.steps * state, state));
            copy(c, part(slab.c, cell.sizes.steps * state, state));
        }
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let batch = cx.samples(pass.x);
        let cell = self.cell::<In, Out>(p, cx, batch);
        let dp = (dp.as_f32s_mut(), cx.trains());
        let pass = pass.flat();
        cell.backward(pass, dp, cx.scratch, cx.pool);
    }
}

/// The steps of a sample; 1 of any number.
const fn steps_of<In: Tensor>() -> usize {
    match In::OPEN {
        0 => In::SHAPE.dim(0),
        _ => 1,
    }
}

impl<const N: usize, const F: usize, const DROPS: bool, P, S, A, R>
    ConvLSTM<N, F, DROPS, P, S, A, R>
where
    P: ParamBlock,
    S: ParamBlock,
    A: Activation,
    R: Activation,
{
    /// The layer without generics, for a batch.
    fn cell<'a, In: Tensor, Out: Tensor>(&self, p: &'a P, cx: &Ctx<'a>, batch: usize) -> Cell<'a> {
        let steps = cx.input_shape::<In>().dim(0);
        let [input, output] = each::<In, Out>();
        let [of_input, of_state] = self.convs(input, output);
        let (kernel, rest) = split(p.as_f32s(), of_input.kernel_len());
        let (recurrent, bias) = split(rest, of_state.kernel_len());
        Cell {
            sizes: sizes::<In, Out, A, R>(steps, DROPS),
            of_input,
            of_state,
            kernel,
            recurrent,
            bias,
            activation: Function::of::<A>(),
            recurrent_activation: Function::of::<R>(),
            sequences: sequences::<In, Out>(),
            backwards: self.arguments.go_backwards,
            zeroes: self.arguments.zero_output_for_mask,
            tokens: cx.mask(batch * steps).unwrap_or(&[]),
        }
    }
}

impl<const N: usize, const F: usize, const DROPS: bool, P, S, A, R, In, Out> Fusion<In, Out>
    for ConvLSTM<N, F, DROPS, P, S, A, R>
where
    P: ParamBlock,
    S: ParamBlock,
    A: Activation,
    R: Activation,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
{
}

impl<const N: usize, const F: usize, const DROPS: bool, P, S, A, R, In, Out> OneWay<In, Out>
    for ConvLSTM<N, F, DROPS, P, S, A, R>
where
    P: ParamBlock,
    S: ParamBlock,
    A: Activation,
    R: Activation,
    In: Tensor<Elem = f32>,
    Out: OfChannels,
{
    type Half = Out::With<F>;
}

/// Samples of images or sequences, and the same with other channels.
pub trait OfChannels: Tensor<Elem = f32> {
    /// The same with `F` channels.
    type With<const F: usize>: Tensor<Elem = f32>;
}

macro_rules! of_channels {
    ($([$($size:ident)*] $sample:ty => $with:ty;)*) => {$(
        impl<$(const $size: usize,)* const C: usize> OfChannels for $sample {
            type With<const F: usize> = $with;
        }
    )*};
}

of_channels! {
    [A] [[f32; C]; A] => [[f32; F]; A];
    [A D] [[[f32; C]; A]; D] => [[[f32; F]; A]; D];
    [A D E] [[[[f32; C]; A]; D]; E] => [[[[f32; F]; A]; D]; E];
    [A] Open<[[f32; C]; A]> => Open<[[f32; F]; A]>;
    [A D] Open<[[[f32; C]; A]; D]> => Open<[[[f32; F]; A]; D]>;
}
