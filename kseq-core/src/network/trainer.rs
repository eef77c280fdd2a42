//! Training without a heap: a [`Trainer`] works in a [`TrainerMemory`], which is a `static`.

use crate::check;
use crate::constraints;
use crate::error::Error;
use crate::layer::Ctx;
use crate::losses::MeantFor;
use crate::model::Model;
use crate::network::updates::{Updates, gradients, slots, sums};
use crate::optimizers::Optimizer;
use crate::params::{Flat, zeroed};
use crate::pool::Pool;
use crate::step::{Examples, Memory, Objective, pass, predict_batch, scratch};
use crate::text::Note;

/// The `f32`s of a [`TrainerMemory`] for batches of this size.
#[must_use]
pub const fn trainer_memory<M: Model, O: Optimizer>(batch: usize) -> usize {
    M::SIZES.train() * batch + gradients::<M, O>() + slots::<M, O>() + sums::<M, O>()
}

/// All the memory that the training of a model needs, for a `static`.
///
/// It is all zeros, so that a linker puts it into `.bss`: it costs RAM and no flash. `LEN` is
/// [`trainer_memory`] of the largest batch.
pub struct TrainerMemory<M: Model, const LEN: usize> {
    params: M::Params,
    state: M::State,
    work: [f32; LEN],
}

impl<M: Model, const LEN: usize> TrainerMemory<M, LEN> {
    /// The memory before any use.
    #[must_use]
    pub const fn new() -> Self {
        TrainerMemory {
            params: zeroed(),
            state: zeroed(),
            work: [0.0; LEN],
        }
    }
}

impl<M: Model, const LEN: usize> Default for TrainerMemory<M, LEN> {
    fn default() -> Self {
        TrainerMemory::new()
    }
}

/// Training without a heap: a model in a [`TrainerMemory`], with its optimizer and loss.
pub struct Trainer<'m, M: Model, O, L> {
    params: &'m mut M::Params,
    state: &'m mut M::State,
    gradients: &'m mut [f32],
    slots: &'m mut [f32],
    occurrences: &'m mut [f32],
    work: &'m mut [f32],
    optimizer: O,
    loss: L,
    seed: u64,
    step: u64,
}

impl<'m, M, O, L> Trainer<'m, M, O, L>
where
    M: Model,
    O: Optimizer,
    L: MeantFor<M::Output, M::Units>,
{
    /// A model with initial parameters drawn from `seed`; what the memory held before is forgotten.
    ///
    /// # Errors
    /// The memory is too small for a single sample, or an argument of the optimizer or the loss is out of range.
    pub fn new<const LEN: usize>(
        memory: &'m mut TrainerMemory<M, LEN>,
        optimizer: O,
        loss: L,
        seed: u64,
    ) -> Result<Self, Error> {
        check::optimizer(&optimizer)?;
        check::loss::<M::Output, L>(&loss)?;
        let needed = const { trainer_memory::<M, O>(1) };
        if LEN < needed {
            let why = Note::new().str("expected at least ").num(needed);
            let why = why.str(" f32s for one sample, found ").num(LEN);
            return Err(Error::Argument { name: "LEN", why });
        }
        memory.params.as_f32s_mut().fill(0.0);
        memory.state.as_f32s_mut().fill(0.0);
        memory.work.fill(0.0);
        M::init(&mut memory.params, &mut memory.state, seed);
        let (slots, work) = memory.work.split_at_mut(const { slots::<M, O>() });
        let (gradients, work) = work.split_at_mut(const { gradients::<M, O>() });
        let (sums, work) = work.split_at_mut(const { sums::<M, O>() });
        Ok(Trainer {
            params: &mut memory.params,
            state: &mut memory.state,
            gradients,
            slots,
            occurrences: sums,
            work,
            optimizer,
            loss,
            seed,
            step: 0,
        })
    }

    /// The parameters, one field a layer.
    pub fn params(&self) -> &M::Params {
        self.params
    }

    /// The parameters, to be set.
    pub fn params_mut(&mut self) -> &mut M::Params {
        self.params
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
        check::batch_size::<M>(Some(x.len()))?;
        let room = self.work.len() / M::SIZES.train().max(1);
        if x.len() > room {
            let why = Note::new()
                .str("the memory is for ")
                .num(room)
                .str(" samples a batch, found ")
                .num(x.len());
            return Err(Error::Argument { name: "batch", why });
        }
        let (scratch, work) = scratch::<M>(self.work, x.len());
        let mut cx = Ctx::new(&Pool::Serial, self.seed, self.step).with_scratch(scratch);
        cx.frozen = M::FROZEN;
        cx.occurrences = (O::OCCURRENCES, self.occurrences);
        let objective = Objective {
            loss: &self.loss,
            scale: 1.0,
        };
        let weight = None;
        let examples = Examples { x, y, weight };
        let memory = Memory {
            gradients: self.gradients,
            slots: self.slots,
        };
        let updates = Updates::<M, O>::new(&self.optimizer, self.step, memory);
        let (p, s) = (&mut *self.params, &mut *self.state);
        let (loss, _, updates) =
            pass::<M, L, _>(p, s, work, updates, &objective, &examples, &mut cx);
        let loss = loss + updates.finish(p, &mut cx);
        constraints::constrain(M::CONSTRAINTS, p.as_f32s_mut(), &cx);
        self.step += 1;
        Ok(loss)
    }

    /// Forgets what the layers carry from one batch to the next.
    pub fn reset_states(&mut self) {
        M::reset_states(self.state);
    }

    /// The output for each sample; returns how many were predicted: the smaller length, and of a
    /// stateful model only whole batches.
    pub fn predict_into(&mut self, x: &[M::Input], y: &mut [M::Output]) -> usize {
        let cx = Ctx::new(&Pool::Serial, self.seed, self.step);
        if let Some(batch) = check::batch::<M>() {
            let mut predicted = 0;
            if self.work.len() >= batch * M::SIZES.train() {
                for (x, y) in x.chunks_exact(batch).zip(y.chunks_exact_mut(batch)) {
                    predict_batch::<M>(self.params, self.state, x, y, self.work, &cx);
                    predicted += batch;
                }
            }
            return predicted;
        }
        M::predict_into(self.params, self.state, x, y, self.work, &cx)
    }
}
