//! `LSTM`: with the gates `i, f, o = recurrent_activation(x W + h U + b)` and the candidate
//! `g = activation(x W + h U + b)`, a step is `c = f c + i g`, `h = o activation(c)`. For users: `docs/layers/LSTM.md`.
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

use kseq_int8::op;

mod steps;
#[cfg(all(test, feature = "std"))]
mod tests;

use steps::LSTMSteps;

use super::recurrent::{self, Cell, Function, RNN, Recurrent, kernels_for};
use crate::activations::{Act, Activation, Sigmoid, Tanh};
use crate::base::operator::{Operator, STAYS};
use crate::base::sealed::Sealed;
use crate::kernels::recurrent as kernels;
use crate::params::params;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// Long short-term memory from `I` features to `U` units. `G` is `4 U`; `B` is `4 U` with a bias
/// and 0 without; `S` is the batch size if the layer is stateful, else 0; `DROPS` says whether one
/// of the dropouts is used.
///
/// In a layer list `LSTM(..)`, whose arguments are explained in `kseq::layers::LSTM`.
pub type LSTM<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> = RNN<I, U, S, DROPS, LSTMCell<G, B, A, R>>;

/// The cell of an [`LSTM`].
pub struct LSTMCell<const G: usize, const B: usize, A, R> {
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
        let cell = LSTMCell {
            unit_forget_bias,
            activations: PhantomData,
        };
        RNN::around(arguments, cell)
    }

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator
    where
        A: Activation,
        R: Activation,
    {
        if S > 0 {
            return Operator::Never(STAYS);
        }
        if self.goes_backwards() {
            return Operator::Refused("a layer that goes backwards has no int8 operator");
        }
        if !matches!((A::ACT, R::ACT), (Some(Act::Tanh), Some(Act::Sigmoid))) {
            return Operator::Refused("only tanh and sigmoid, its defaults, have an int8 operator");
        }
        let op = op::Lstm {
            steps: In::LEN / if I == 0 { 1 } else { I },
            inputs: I,
            units: U,
            sequences: Out::SHAPE.rank() > 1,
        };
        Operator::Lstm { op, bias: B > 0 }
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

impl<const G: usize, const B: usize, A, R> Sealed for LSTMCell<G, B, A, R> {}

impl<const I: usize, const U: usize, const G: usize, const B: usize, const S: usize, A, R>
    Cell<I, U, S> for LSTMCell<G, B, A, R>
where
    A: Activation,
    R: Activation,
{
    type Params = LSTMParams<I, U, G, B>;
    type State = LSTMState<S, U>;
    type Steps = LSTMSteps;
    const GATES: usize = 4;
    /// i f g o, the same before their activations if those keep their inputs, the memory c, the output h. In the slab of
    /// the gradients: the same four before their activations, what goes on to the memory of the step before, and the
    /// output.
    const ROW: usize = if A::KEEPS_INPUT || R::KEEPS_INPUT {
        10
    } else {
        6
    };

    fn steps(&self) -> LSTMSteps {
        const { assert!(G == 4 * U, "G is 4 U") };
        LSTMSteps {
            activation: Function::of::<A>(),
            recurrent_activation: Function::of::<R>(),
            kernels: kernels_for(kernels::Cell::Lstm, &A::ACT, &R::ACT),
        }
    }

    fn init_bias(&self, bias: &mut [f32]) {
        if self.unit_forget_bias && B > 0 {
            bias[U..2 * U].fill(1.0);
        }
    }
}
