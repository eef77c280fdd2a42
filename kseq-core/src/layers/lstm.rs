//! `LSTM`: with the gates `i, f, o = recurrent_activation(x W + h U + b)` and the candidate
//! `g = activation(x W + h U + b)`, a step is `c = f c + i g`, `h = o activation(c)`.
//!
//! # Shapes
//! - input: `(T, I)`
//! - kernel: `(I, 4 U)`, recurrent_kernel: `(U, 4 U)`, bias: `(4 U,)`, in the order i f g o
//! - output: `(U,)`, or `(T, U)` with `return_sequences`
//!
//! Follows `keras.layers.LSTM` (Keras 3.15; Hochreiter, Schmidhuber: "Long short-term memory", 1997).
//! Dropout has one mask for all gates, as Keras with `implementation = 2`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{LSTM, LSTMParams, LSTMState, recurrent::Recurrent};
//! use kseq_core::pool::Pool;
//!
//! let lstm: LSTM<1, 1, 4, 4, 0, false> = LSTM::new(Recurrent::KERAS, true);
//! // i and o are wide open, f is shut: only the last step counts.
//! let p = LSTMParams {
//!     kernel: [[0.0, 0.0, 1.0, 0.0]],
//!     recurrent_kernel: [[0.0; 4]],
//!     bias: [50.0, -50.0, 0.0, 50.0],
//! };
//! let s = LSTMState { h: [], c: [] };
//! let mut memory = [0.0; 100];
//! let mut y = [[0.0f32; 1]];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! lstm.infer(&p, &s, &[[[9.0], [9.0], [0.5]]], &mut y, &mut cx.with_scratch(&mut memory));
//! assert!((y[0][0] - 0.5f32.tanh().tanh()).abs() < 1e-6);
//! ```

use core::marker::PhantomData;

mod steps;
#[cfg(all(test, feature = "std"))]
mod tests;

use steps::Run;

use super::recurrent::{self, Dims, Function, Masks, Recurrent, Returns, Scratch, outputs};
use crate::activations::{Act, Activation, Sigmoid, Tanh};
use crate::layer::{Backward, Ctx, Layer, Mask, Reads};
use crate::params::{Flat, params};
use crate::pool::Pool;
use crate::rng::Rng;
use crate::shape::{Rule, Shape};

/// Long short-term memory from `I` features to `U` units. `G` is `4 U`; `B` is `4 U` with a bias
/// and 0 without; `S` is the batch size if the layer is stateful, else 0; `DROPS` says whether one
/// of the dropouts is used.
pub struct LSTM<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> {
    arguments: Recurrent,
    unit_forget_bias: bool,
    activations: PhantomData<(A, R)>,
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A,
    R,
> LSTM<I, U, G, B, S, DROPS, A, R>
{
    /// The layer with its arguments; `unit_forget_bias` lets the forget gate begin with a bias of 1.
    #[must_use]
    pub const fn new(arguments: Recurrent, unit_forget_bias: bool) -> Self {
        LSTM {
            arguments,
            unit_forget_bias,
            activations: PhantomData,
        }
    }
}

params! {
    /// The parameters of an [`LSTM`].
    pub struct LSTMParams<const I: usize, const U: usize, const G: usize, const B: usize> {
        /// `(I, 4 U)`
        pub kernel: [[f32; G]; I],
        /// `(U, 4 U)`
        pub recurrent_kernel: [[f32; G]; U],
        /// `(4 U,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

params! {
    /// What a stateful [`LSTM`] carries from one batch of `S` samples to the next; nothing with S = 0.
    pub struct LSTMState<const S: usize, const U: usize> {
        /// The output of the last step, for each place in the batch.
        pub h: [[f32; U]; S],
        /// The cell's memory.
        pub c: [[f32; U]; S],
    }
}

/// The shape rule: see [`recurrent::shape`].
pub const fn shape(
    input: Shape,
    units: usize,
    return_sequences: bool,
    before: Option<recurrent::Last>,
) -> Rule {
    recurrent::shape("LSTM", input, units, return_sequences, 4, before)
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    const T: usize,
    A,
    R,
    Out,
> Layer<[[f32; I]; T], Out> for LSTM<I, U, G, B, S, DROPS, A, R>
where
    A: Activation,
    R: Activation,
    Out: Returns<T, U>,
{
    type Params = LSTMParams<I, U, G, B>;
    type State = LSTMState<S, U>;
    const CACHE: usize = recurrent::slab(T, 6 * U);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = S > 0;
    const MACS: usize = recurrent::macs(T, I, U, 4 * U);
    const MASK: Mask = recurrent::keeps_mask(Out::SEQUENCES);
    const SCRATCH: usize = recurrent::scratch(T, I, U, 6 * U, DROPS);

    fn init(&self, p: &mut Self::Params, _: &mut Self::State, rng: &mut Rng) {
        let (kernel, recurrent) = (&mut p.kernel, &mut p.recurrent_kernel);
        let (kernel, recurrent) = (kernel.as_flattened_mut(), recurrent.as_flattened_mut());
        self.arguments
            .kernels(kernel, recurrent, dims(0, T, I, U), rng);
        self.arguments.bias(&mut p.bias, rng);
        if self.unit_forget_bias && B > 0 {
            p.bias[U..2 * U].fill(1.0);
        }
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
        let tokens = cx.mask(d.batch * d.steps).unwrap_or(&[]);
        let masks = Masks::undropped(tokens, &d, self.arguments.go_backwards);
        let run = self.run(p, d, masks, cx.pool);
        let state = (s.h.as_flattened(), s.c.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.infer(x, state, Out::flat_mut(y), Out::SEQUENCES, cx.scratch);
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
        run.start(cache, s.h.as_flattened(), s.c.as_flattened());
        let x = x.as_flattened().as_flattened();
        run.forward(x, scratch.x, cache, scratch.h, (S == 0, scratch.slab));
        outputs(
            cache,
            Out::flat_mut(y),
            &d,
            Out::SEQUENCES,
            (&run.masks, pool),
        );
        run.end(cache, s.h.as_flattened_mut(), s.c.as_flattened_mut());
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, [[f32; I]; T], Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let (d, trains) = (dims(pass.x.len(), T, I, U), cx.trains());
        let (scratch, pool) = Scratch::new(cx, &d, &self.arguments);
        let run = self.run(p, d, scratch.masks, pool);
        let dy = Out::flat(pass.dy);
        run.backward(pass.cache, dy, Out::SEQUENCES, (scratch.slab, scratch.x));
        let x = pass.x.as_flattened().as_flattened();
        let dx = pass.dx.map(|dx| dx.as_flattened_mut().as_flattened_mut());
        let (dw, du) = (&mut dp.kernel, &mut dp.recurrent_kernel);
        let dp = (
            dw.as_flattened_mut(),
            du.as_flattened_mut(),
            &mut dp.bias[..],
        );
        let dp = trains.then_some(dp);
        run.gradients(pass.cache, (x, dx), dp, scratch);
    }
}

/// The rows of the slab: i f g o, the memory c, the output h. Those of the gradients: the same four
/// before their activations, what goes on to the memory of the step before, and the output.
fn dims(batch: usize, steps: usize, inputs: usize, units: usize) -> Dims {
    Dims {
        batch,
        steps,
        inputs,
        units,
        row: 6 * units,
    }
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A: Activation,
    R: Activation,
> LSTM<I, U, G, B, S, DROPS, A, R>
{
    fn run<'a>(
        &self,
        p: &'a LSTMParams<I, U, G, B>,
        d: Dims,
        masks: Masks<'a>,
        pool: &'a Pool,
    ) -> Run<'a> {
        const { assert!(G == 4 * U, "G is 4 U") };
        Run {
            d,
            kernel: p.kernel.as_flattened(),
            recurrent: p.recurrent_kernel.as_flattened(),
            bias: &p.bias,
            activation: Function::of::<A>(),
            recurrent_activation: Function::of::<R>(),
            usual: const { matches!(A::ACT, Some(Act::Tanh)) && matches!(R::ACT, Some(Act::Sigmoid)) },
            backwards: self.arguments.go_backwards,
            masks,
            pool,
        }
    }
}
