//! Training without a heap: a [`Trainer`] holds a model and all its memory in one `static`.

use crate::check;
use crate::error::Error;
use crate::layer::Ctx;
use crate::losses::MeantFor;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::params::{Flat, zeroed};
use crate::pool::Pool;
use crate::step::Step;
use crate::text::Note;

/// The `f32`s that a [`Trainer`] needs for its batches and its optimizer.
#[must_use]
pub const fn trainer_memory<M: Model, O: Optimizer>(batch: usize) -> usize {
    M::SIZES.train() * batch + O::SLOTS * <M::Params as Flat>::LEN
}

/// A model with everything its training needs, for a `static`: no heap, no stack.
///
/// `MEMORY` is [`trainer_memory`] of the largest batch.
pub struct Trainer<M: Model, O, L, const MEMORY: usize> {
    params: M::Params,
    state: M::State,
    gradients: M::Params,
    memory: [f32; MEMORY],
    optimizer: O,
    loss: L,
    seed: u64,
    step: u64,
}

impl<M, O, L, const MEMORY: usize> Trainer<M, O, L, MEMORY>
where
    M: Model,
    O: Optimizer,
    L: MeantFor<M::Output, M::Units>,
{
    /// A trainer whose parameters are all zero; call [`Trainer::init`] before training.
    #[must_use]
    pub const fn new(optimizer: O, loss: L) -> Self {
        Trainer {
            params: zeroed(),
            state: zeroed(),
            gradients: zeroed(),
            memory: [0.0; MEMORY],
            optimizer,
            loss,
            seed: 0,
            step: 0,
        }
    }

    /// Sets the initial parameters and forgets all training.
    pub fn init(&mut self, seed: u64) {
        self.params.as_f32s_mut().fill(0.0);
        self.state.as_f32s_mut().fill(0.0);
        self.memory.fill(0.0);
        (self.seed, self.step) = (seed, 0);
        M::init(&mut self.params, &mut self.state, seed);
    }

    /// The parameters, one field a layer.
    pub fn params(&self) -> &M::Params {
        &self.params
    }

    /// The parameters, to be set.
    pub fn params_mut(&mut self) -> &mut M::Params {
        &mut self.params
    }

    /// One update from one batch; returns the loss before it.
    ///
    /// # Errors
    /// Data that do not fit each other or the memory.
    pub fn train_on_batch(&mut self, x: &[M::Input], y: &[L::Target]) -> Result<f32, Error> {
        check::pair::<M::Input, L::Target>("train_on_batch", x, y)?;
        check::inputs("train_on_batch", x)?;
        M::check(x)?;
        check::targets("train_on_batch", &self.loss, y)?;
        let slots = O::SLOTS * <M::Params as Flat>::LEN;
        let (slots, work) = self.memory.split_at_mut(slots.min(MEMORY));
        let room = work.len() / M::SIZES.train().max(1);
        if x.len() > room {
            let why = Note::new()
                .str("the memory of this Trainer is for ")
                .num(room)
                .str(" samples a batch, found ")
                .num(x.len());
            return Err(Error::Argument { name: "batch", why });
        }
        let step = Step::<M> {
            params: &mut self.params,
            state: &mut self.state,
            gradients: &mut self.gradients,
            slots,
            work,
        };
        let cx = Ctx::new(&Pool::Serial, self.seed, self.step);
        let (loss, _) = step.train((&self.optimizer, &self.loss), (x, y), None, &cx);
        self.step += 1;
        Ok(loss)
    }

    /// The output for each sample; returns how many were predicted (the smaller length).
    pub fn predict_into(&mut self, x: &[M::Input], y: &mut [M::Output]) -> usize {
        let slots = (O::SLOTS * <M::Params as Flat>::LEN).min(MEMORY);
        let cx = Ctx::new(&Pool::Serial, self.seed, self.step);
        let work = &mut self.memory[slots..];
        M::predict_into(&self.params, &self.state, x, y, work, &cx)
    }
}
