//! A model with weights in the program that carries a state from batch to batch.

use core::slice;

use crate::as_samples::AsSamples;
use crate::baked::{Baked, TOO_SMALL};
use crate::check;
use crate::error::Error;
use crate::layer::Ctx;
use crate::model::{Model, infer_memory, planned};
use crate::params::{Flat, zeroed};
use crate::pool::Pool;
use crate::scratch::{Carries, OnStack};
use crate::step::infer_stateful;
use crate::tensor::Tensor;

/// The state of a model with `stateful = true`, with the [`Baked`] weights that it belongs to: made by [`Baked::stateful`].
///
/// The value is the state and a reference, nothing for training; several of them are several sequences that go on side by
/// side. It is the caller's, in `main` or in a `static_cell`.
#[must_use]
pub struct Stateful<'n, M: Model> {
    net: &'n Baked<M>,
    state: M::State,
}

impl<M: Model> Baked<M> {
    /// The model with a state of its own, at the beginning of a sequence.
    pub fn stateful(&self) -> Stateful<'_, M>
    where
        M::Scratch: Carries,
    {
        Stateful::new(self)
    }
}

impl<'n, M: Model> Stateful<'n, M> {
    /// The `f32`s of memory that [`predict_into`](Stateful::predict_into) needs.
    pub const SCRATCH: usize = infer_memory::<M>();

    /// The state at the beginning of a sequence.
    pub fn new(net: &'n Baked<M>) -> Self
    where
        M::Scratch: Carries,
    {
        let mut state = zeroed::<M::State>();
        // Moving averages stay; what layers carry is zero.
        state.as_f32s_mut().copy_from_slice(net.state().as_f32s());
        M::reset_states(&mut state);
        Stateful { net, state }
    }

    /// Forgets what the layers carry: the next sample begins a sequence.
    pub fn reset_states(&mut self) {
        M::reset_states(&mut self.state);
    }

    /// The output for one sample, of a model with `batch_input_shape = (1, ..)`; the state goes on.
    ///
    /// # Errors
    /// Tokens that are out of range, and a model with a larger batch: that takes whole ones, [`predict_into`](Self::predict_into).
    pub fn predict(&mut self, x: &M::Input) -> Result<M::Output, Error>
    where
        M::Scratch: OnStack,
    {
        let (mut y, mut scratch) = (M::Output::ZERO, <M::Scratch as OnStack>::ZEROS);
        self.batches(
            slice::from_ref(x),
            slice::from_mut(&mut y),
            scratch.as_mut(),
        )?;
        Ok(y)
    }

    /// The output for each sample of `x`, a sample or whole batches, in memory of the caller's:
    /// `[0.0; Stateful::<Net>::SCRATCH]`.
    ///
    /// Of a model with `None` steps `x` has all steps of the sequences of a batch, which are of one length, side by side, and `scratch`
    /// is `[0.0; n * Net::scratch(steps)]` for a batch of n.
    ///
    /// # Errors
    /// Tokens that are out of range, `x` and `y` of different lengths, and samples that do not fill a batch; of a model with `None`
    /// steps too small a `scratch`, and sequences for which a layer has no output.
    pub fn predict_into<X, Y, const N: usize>(
        &mut self,
        x: &X,
        y: &mut Y,
        scratch: &mut [f32; N],
    ) -> Result<(), Error>
    where
        X: AsSamples<M::Input> + ?Sized,
        Y: AsSamples<M::Output> + ?Sized,
    {
        const { assert!(N >= Self::SCRATCH, "{}", TOO_SMALL) };
        self.batches(x.as_samples(), y.as_samples_mut(), scratch)
    }

    fn batches(
        &mut self,
        x: &[M::Input],
        y: &mut [M::Output],
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        let batch = M::BATCH.unwrap_or(1).max(1);
        // Of sequences of any length all of a batch are given, side by side.
        let (inputs, outputs) = match M::Input::OPEN {
            0 => {
                check::same_lengths("predict", x.len(), y.len())?;
                check::batches::<M>("predict", x.len())?;
                (batch, batch)
            }
            _ => {
                check::whole_sequences("predict", x.len(), batch)?;
                (x.len(), y.len().max(1))
            }
        };
        M::check(x)?;
        let plan = check::plan::<M>(x, batch)?;
        check::steps::<M>(&planned::<M>(&plan), batch, y.len())?;
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
            let (p, s) = (&**self.net, self.net.state());
            let done = infer_stateful::<M>(&plan, p, s, &mut self.state, x, y, scratch, &cx);
            // Of samples of one length the compiler has judged it.
            if M::Input::OPEN > 0 && !done {
                return Err(check::scratch_too_small());
            }
        }
        Ok(())
    }
}
