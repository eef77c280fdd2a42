//! `GRU`: with the gates `z, r = recurrent_activation(x W + h U + b)` and the candidate
//! `g = activation(x W + b + r (h U + b'))`, a step is `h = z h + (1 - z) g`. With
//! `reset_after = false` the candidate is `activation(x W + b + (r h) U)`. For users: `docs/layers/GRU.md`.
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
#[cfg(all(test, feature = "std"))]
mod tests;

use steps::GRUSteps;

use super::recurrent::{self, Cell, Function, RNN, Recurrent, RecurrentState, kernels_for};
use crate::activations::{Activation, Sigmoid, Tanh};
use crate::base::sealed::Sealed;
use crate::kernels::recurrent as kernels;
use crate::params::params;
use crate::shape::{Rule, Shape};

/// Gated recurrent unit from `I` features to `U` units. `G` is `3 U`; `B` is the number of biases: 2
/// with `reset_after`, else 1, and 0 without a bias; `S` is the batch size if the layer is stateful,
/// else 0; `DROPS` says whether one of the dropouts is used.
///
/// In a layer list `GRU(..)`, whose arguments are explained in `kseq::layers::GRU`.
pub type GRU<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const RESET_AFTER: bool,
    const DROPS: bool,
    A = Tanh,
    R = Sigmoid,
> = RNN<I, U, S, DROPS, GRUCell<G, B, RESET_AFTER, A, R>>;

/// The cell of a [`GRU`].
pub struct GRUCell<const G: usize, const B: usize, const RESET_AFTER: bool, A, R> {
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
        let cell = GRUCell {
            activations: PhantomData,
        };
        RNN::around(arguments, cell)
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

impl<const G: usize, const B: usize, const RESET_AFTER: bool, A, R> Sealed
    for GRUCell<G, B, RESET_AFTER, A, R>
{
}

impl<
    const I: usize,
    const U: usize,
    const G: usize,
    const B: usize,
    const S: usize,
    const RESET_AFTER: bool,
    A,
    R,
> Cell<I, U, S> for GRUCell<G, B, RESET_AFTER, A, R>
where
    A: Activation,
    R: Activation,
{
    type Params = GRUParams<I, U, G, B>;
    type State = RecurrentState<S, U>;
    type Steps = GRUSteps;
    const GATES: usize = 3;
    /// z r, the part of the candidate that comes from the state (with `reset_after`: `h U + b'`, else `r h`), the
    /// candidate g, z r g before their activations if those keep their inputs, the output h. In the slab of the
    /// gradients: the same, z r g before their activations; and for h what goes on to the step before besides the
    /// products with the recurrent kernel.
    const ROW: usize = if A::KEEPS_INPUT || R::KEEPS_INPUT {
        8
    } else {
        5
    };

    fn steps(&self) -> GRUSteps {
        const { assert!(G == 3 * U, "G is 3 U") };
        GRUSteps {
            activation: Function::of::<A>(),
            recurrent_activation: Function::of::<R>(),
            reset_after: RESET_AFTER,
            kernels: kernels_for(
                kernels::Cell::Gru {
                    reset_after: RESET_AFTER,
                },
                &A::ACT,
                &R::ACT,
            ),
        }
    }
}
