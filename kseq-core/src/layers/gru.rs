//! `GRU`: with the gates `z, r = recurrent_activation(x W + h U + b)` and the candidate
//! `g = activation(x W + b + r (h U + b'))`, a step is `h = z h + (1 - z) g`. With
//! `reset_after = false` the candidate is `activation(x W + b + (r h) U)`.
//!
//! # Shapes
//! - input: `(T, I)`
//! - kernel: `(I, 3 U)`, recurrent_kernel: `(U, 3 U)`, in the order z r g
//! - bias: `(2, 3 U)`, for the input and for the state; with `reset_after = false` `(3 U,)`
//! - output: `(U,)`, or `(T, U)` with `return_sequences`
//!
//! Follows `keras.layers.GRU` (Keras 3.15; Cho et al.: "Learning phrase representations using RNN
//! encoder-decoder for statistical machine translation", 2014). Dropout has one mask for all gates,
//! as Keras with `implementation = 2`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::recurrent::{Recurrent, RecurrentState};
//! use kseq_core::layers::{GRU, GRUParams};
//! use kseq_core::pool::Pool;
//!
//! let gru: GRU<1, 1, 3, 2, 0, true, false> = GRU::new(Recurrent::KERAS);
//! // z is 1/2: h goes half of the way to tanh(x).
//! let p = GRUParams { kernel: [[0.0, 0.0, 1.0]], recurrent_kernel: [[0.0; 3]], bias: [[0.0; 3]; 2] };
//! let mut memory = [0.0; 100];
//! let mut y = [[0.0f32; 1]];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! let cx = &mut cx.with_scratch(&mut memory);
//! gru.infer(&p, &RecurrentState { h: [] }, &[[[9.0], [-9.0]]], &mut y, cx);
//! assert!((y[0][0] + 0.25).abs() < 1e-6);
//! ```

use core::marker::PhantomData;

mod steps;

use steps::Run;

use super::recurrent::{
    self, Dims, Function, Masks, Recurrent, RecurrentState, Returns, Scratch, outputs,
};
use crate::activations::{Activation, Sigmoid, Tanh};
use crate::layer::{Backward, Ctx, Layer, Mask, Reads};
use crate::params::{Flat, params};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Rule, Shape};

/// Gated recurrent unit from `I` features to `U` units. `G` is `3 U`; `B` is the number of biases: 2
/// with `reset_after`, else 1, and 0 without a bias; `S` is the batch size if the layer is stateful,
/// else 0; `DROPS` says whether one of the dropouts is used.
pub struct GRU<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const RESET_AFTER: bool,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> {
    arguments: Recurrent,
    activations: PhantomData<(A, R)>,
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const RESET_AFTER: bool,
    const DROPS: bool,
    A,
    R,
> GRU<I, U, G, B, S, RESET_AFTER, DROPS, A, R>
{
    /// The layer with its arguments.
    #[must_use]
    pub const fn new(arguments: Recurrent) -> Self {
        GRU {
            arguments,
            activations: PhantomData,
        }
    }
}

params! {
    /// The parameters of a [`GRU`].
    pub struct GRUParams<const I: usize, const U: usize, const G: usize, const B: usize> {
        /// `(I, 3 U)`
        pub kernel: [[f32; G]; I],
        /// `(U, 3 U)`
        pub recurrent_kernel: [[f32; G]; U],
        /// `(2, 3 U)`; Keras's `(3 U,)` with `reset_after = false`; nothing with `use_bias = false`
        pub bias: [[f32; G]; B] = match B {
            1 => Shape::new(&[G]),
            _ => Shape::new(&[B, G]),
        },
    }
}

/// The shape rule: see [`recurrent::shape`].
pub const fn shape(
    input: Shape,
    units: usize,
    return_sequences: bool,
    before: Option<recurrent::Last>,
) -> Rule {
    recurrent::shape("GRU", input, units, return_sequences, 3, before)
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const RESET_AFTER: bool,
    const DROPS: bool,
    const T: usize,
    A,
    R,
    Out,
> Layer<[[f32; I]; T], Out> for GRU<I, U, G, B, S, RESET_AFTER, DROPS, A, R>
where
    A: Activation,
    R: Activation,
    Out: Returns<T, U>,
{
    type Params = GRUParams<I, U, G, B>;
    type State = RecurrentState<S, U>;
    const CACHE: usize = recurrent::slab(T, 5 * U);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = S > 0;
    const MACS: usize = recurrent::macs(T, I, U, 3 * U);
    const MASK: Mask = recurrent::keeps_mask(Out::SEQUENCES);
    const SCRATCH: usize = recurrent::scratch(T, I, U, 5 * U, DROPS);

    fn init(&self, p: &mut Self::Params, _: &mut Self::State, rng: &mut Rng) {
        let (kernel, recurrent) = (&mut p.kernel, &mut p.recurrent_kernel);
        let (kernel, recurrent) = (kernel.as_flattened_mut(), recurrent.as_flattened_mut());
        self.arguments
            .kernels(kernel, recurrent, dims(0, T, I, U), rng);
        self.arguments.bias(p.bias.as_flattened_mut(), rng);
    }

    fn reset_states(&self, s: &mut Self::State) {
        s.as_f32s_mut().fill(0.0);
    }

    fn infer(
        &self,
        p: &Self::Params,
        s: &Self::State,
        x: &[[[f32; I]; T]],
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) {
        let d = dims(x.len(), T, I, U);
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments.undropped());
        let run = self.run(p, d, scratch.masks, pool);
        recurrent::start(scratch.slab, &d, s.h.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, scratch.slab, scratch.h);
        outputs(
            scratch.slab,
            Out::flat_mut(y),
            &d,
            Out::SEQUENCES,
            (&run.masks, pool),
        );
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[[[f32; I]; T]],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let d = dims(x.len(), T, I, U);
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments);
        let run = self.run(p, d, scratch.masks, pool);
        recurrent::start(cache, &d, s.h.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, cache, scratch.h);
        outputs(
            cache,
            Out::flat_mut(y),
            &d,
            Out::SEQUENCES,
            (&run.masks, pool),
        );
        recurrent::end(cache, &d, s.h.as_flattened_mut());
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, [[f32; I]; T], Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let (d, trains) = (dims(pass.x.len(), T, I, U), cx.trains());
        let (mut scratch, pool) = Scratch::new(cx, &d, &self.arguments);
        let run = self.run(p, d, scratch.masks, pool);
        let dy = Out::flat(pass.dy);
        run.backward(pass.cache, dy, Out::SEQUENCES, &mut scratch);
        let x = pass.x.as_flattened().as_flattened();
        let dx = pass.dx.map(|dx| dx.as_flattened_mut().as_flattened_mut());
        let (dw, du) = (&mut dp.kernel, &mut dp.recurrent_kernel);
        let (dw, du) = (dw.as_flattened_mut(), du.as_flattened_mut());
        let dp = trains.then_some((dw, du, dp.bias.as_flattened_mut()));
        run.gradients(pass.cache, (x, dx), dp, scratch);
    }
}

/// The rows of the slab: z r, the part of the candidate that comes from the state (with
/// `reset_after`: `h U + b'`, else `r h`), the candidate g, the output h. Those of the gradients:
/// the same, z r g before their activations; and for h what goes on to the step before besides the
/// products with the recurrent kernel.
fn dims(batch: usize, steps: usize, inputs: usize, units: usize) -> Dims {
    Dims {
        batch,
        steps,
        inputs,
        units,
        row: 5 * units,
    }
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const RESET_AFTER: bool,
    const DROPS: bool,
    A: Activation,
    R: Activation,
> GRU<I, U, G, B, S, RESET_AFTER, DROPS, A, R>
{
    fn run<'a>(
        &self,
        p: &'a GRUParams<I, U, G, B>,
        d: Dims,
        masks: Masks<'a>,
        pool: &'a Pool,
    ) -> Run<'a> {
        const { assert!(G == 3 * U, "G is 3 U") };
        Run {
            d,
            kernel: p.kernel.as_flattened(),
            recurrent: p.recurrent_kernel.as_flattened(),
            bias: p.bias.as_flattened(),
            activation: Function::of::<A>(),
            recurrent_activation: Function::of::<R>(),
            reset_after: RESET_AFTER,
            backwards: self.arguments.go_backwards,
            masks,
            pool,
        }
    }
}
