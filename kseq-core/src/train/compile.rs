//! `Sequential::compile`, from a model to one that can be trained; and what the compiler says to those who forgot it.

use super::compiled::Compiled;
use super::model::Sequential;
use super::report::{History, Scores};
use super::run::{Evaluate, Fit};
use crate::error::Error;
use crate::losses::MeantFor;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;

impl<M: Model> Sequential<M> {
    /// Configures the model for training, as Keras's `compile`.
    ///
    /// `loss` fixes the type of the targets; `metrics` is a tuple, `(Accuracy,)` or `()`.
    pub fn compile<O, L, Me>(self, optimizer: O, loss: L, metrics: Me) -> Compiled<M, O, L, Me>
    where
        O: Optimizer,
        L: MeantFor<M::Output, M::Units>,
        Me: Metrics<M::Output, L::Target>,
    {
        Compiled::new(self, optimizer, loss, metrics)
    }
}

/// Never implemented: its error says that the model must be compiled.
#[diagnostic::on_unimplemented(
    message = "the model must be compiled before training or testing",
    label = "this model is not compiled",
    note = "call `let mut model = model.compile(optimizer, loss, metrics);` first"
)]
pub trait IsCompiled {}

/// What only a compiled model can do: here so that the compiler can say so.
impl<M: Model> Sequential<M> {
    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn fit<X, Y, W, C>(
        &mut self,
        _: &[X],
        _: &[Y],
        _: Fit<'_, M, Y, W, C>,
    ) -> Result<History, Error>
    where
        Self: IsCompiled,
    {
        Ok(History::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn evaluate<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn fit_generator<G, Y, W, C>(
        &mut self,
        _: G,
        _: Fit<'_, M, Y, W, C>,
    ) -> Result<History, Error>
    where
        Self: IsCompiled,
    {
        Ok(History::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn evaluate_generator<G>(&mut self, _: G, _: Evaluate<'_, M>) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn train_on_batch<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }

    /// Needs a compiled model.
    #[doc(hidden)]
    pub fn test_on_batch<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<Scores<()>, Error>
    where
        Self: IsCompiled,
    {
        Ok(Scores::default())
    }
}
