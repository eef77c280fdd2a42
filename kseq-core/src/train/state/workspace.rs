//! `Workspace`: the memory of a training, and one step in it.
#![expect(
    clippy::indexing_slicing,
    reason = "the beginning that is skipped to align the memory lies within it"
)]

use std::boxed::Box;
use std::sync::Arc;
use std::vec::Vec;

use super::exchange::{Alone, Exchange};
use super::ranks::Ranks;
use crate::base::share::Share;
use crate::error::Error;
use crate::int8::aware::Aware;
use crate::layer::Ctx;
use crate::losses::Loss;
use crate::model::{Model, planned};
use crate::optimizers::{self, Optimizer, Update};
use crate::params::{Aligned, Flat, UNALIGNED, aligned, unaligned, zeroed_box};
use crate::part_step::{self, PartStep};
use crate::plan::{OfLengths, Planned};
use crate::pool::Pool;
use crate::step::{self, BatchResult, Examples, Objective, TrainStep};
use crate::tape::Sink;
use crate::text::Note;
use crate::train::data::arguments::argument;
use crate::train::data::batches::{Extent, Minibatch};
use crate::train::model::Sequential;
use crate::train::model::sequential::locked;

/// What a training needs besides the model.
pub(in crate::train) struct Workspace<M: Model> {
    pub gradients: Box<Aligned<M::Params>>,
    /// The optimizer's slots, one after the other.
    pub slots: Vec<f32>,
    work: Vec<f32>,
    /// The samples of the last update, whose outputs are in `work`.
    pub batch: usize,
    /// What the optimizer asks of gradients that are sums over occurrences.
    pub occurrences: Vec<f32>,
    /// The number of updates so far.
    pub step: u64,
    /// The plan of the last batch.
    plan: Option<M::Plan>,
    /// What it takes to be aware of the integers of an int8 twin.
    pub aware: Option<Aware<M>>,
    /// Whose batches are cut into parts, if they are.
    pub ranks: Option<Box<Ranks>>,
    /// This training works on one thread, whatever the model's pool: see `Pool::enter`.
    pub alone: bool,
}

impl<M: Model> Workspace<M> {
    pub fn new<O: Optimizer>() -> Self {
        Workspace {
            gradients: zeroed_box(),
            slots: std::vec![0.0; O::SLOTS * <M::Params as Flat>::LEN],
            work: Vec::new(),
            batch: 0,
            occurrences: std::vec![0.0; step::occurrences::<M, O>()],
            step: 0,
            plan: None,
            aware: None,
            ranks: None,
            alone: false,
        }
    }

    /// Cuts batches into parts.
    pub fn set_parts(&mut self, parts: usize) -> Result<(), Error> {
        let ranks = self
            .ranks
            .as_ref()
            .map_or(1, |ranks| ranks.exchange.ranks());
        if parts < ranks || parts == 0 {
            let why = Note::new().str("expected at least ").num(ranks);
            let why = why.str(", one for each rank, found ").num(parts);
            return Err(argument("parts", why));
        }
        refuse_stateful::<M>("parts")?;
        if parts == 1 {
            self.ranks = None;
            return Ok(());
        }
        let alone = || Box::new(Ranks::new(Arc::new(Alone)));
        let ranks = self.ranks.get_or_insert_with(alone);
        (ranks.parts, ranks.exact) = (parts, true);
        Ok(())
    }

    /// The training is that of several processes, which get the parameters of the first one.
    pub fn set_ranks(
        &mut self,
        model: &mut Sequential<M>,
        exchange: Arc<dyn Exchange>,
    ) -> Result<(), Error> {
        refuse_stateful::<M>("distributed")?;
        self.ranks = None;
        if exchange.ranks() > 1 {
            let ranks = Box::new(Ranks::new(exchange));
            model.seed = ranks.broadcast_number(model.seed);
            ranks.broadcast(model.params.as_f32s_mut());
            ranks.broadcast(locked(&mut model.state).as_f32s_mut());
            self.ranks = Some(ranks);
        }
        Ok(())
    }

    /// Whether this process writes files: of several ranks the first one does.
    pub fn is_first(&self) -> bool {
        self.ranks.as_ref().is_none_or(|ranks| ranks.is_first())
    }

    /// About the multiply-accumulates between two points of a training step at which work is split among threads: there
    /// are three products for each one of a prediction, and several such points in each layer. For so many samples, or steps of those whose
    /// axes have any length.
    pub const fn macs(steps: usize) -> usize {
        M::MACS.saturating_mul(3).saturating_mul(steps) / 6
    }

    /// The plan of the last batch.
    pub fn planned(&self) -> Option<Planned<'_>> {
        self.plan.as_ref().map(planned::<M>)
    }

    /// The memory of the last pass, as far as it has run.
    pub fn work(&self) -> &[f32] {
        &self.work[unaligned(&self.work)..]
    }

    /// Makes room for such batches, once. That there are plans for them has been asked before.
    pub fn reserve(&mut self, batches: &[Extent]) {
        for batch in batches {
            if let Ok(plan) = M::plan(batch.lengths) {
                let planned = planned::<M>(&plan);
                let parts = self.ranks.as_ref().map_or(1, |ranks| ranks.parts.max(1));
                self.reserve_values(batch.samples.div_ceil(parts) * Self::each(&planned));
            }
        }
    }

    /// The values that a sample needs.
    fn each(planned: &Planned<'_>) -> usize {
        let testing = step::test_memory_of::<M>(planned);
        planned.sizes.train().max(testing)
    }

    fn reserve_values(&mut self, values: usize) {
        if self.work.len() < values + UNALIGNED {
            self.work = std::vec![0.0; values + UNALIGNED];
        }
    }

    /// Makes the plan for a batch, and room for it: its samples. That there
    /// is a plan has been asked before the first step.
    fn prepare<Y>(&mut self, batch: &Minibatch<'_, M::Input, Y>) -> usize {
        let of = |plan: &M::Plan| plan.lengths() == batch.lengths;
        if !self.plan.as_ref().is_some_and(of) {
            self.plan = M::plan(batch.lengths).ok();
        }
        let Some(plan) = &self.plan else {
            return 0;
        };
        let planned = planned::<M>(plan);
        let samples = planned.samples(batch.x);
        let each = Self::each(&planned);
        self.reserve_values(samples * each);
        samples
    }

    /// One update: its loss, and the outputs before it.
    pub fn train<'s, O: Optimizer, L: Loss<M::Output>>(
        &'s mut self,
        model: &'s mut Sequential<M>,
        optimizer: &O,
        objective: &Objective<'_, L>,
        batch: &Minibatch<'_, M::Input, L::Target>,
    ) -> BatchResult<'s, M::Output> {
        self.batch = self.prepare(batch);
        let pool = pool_of(self.alone, &model.pool).for_work(Self::macs(batch.x.len()));
        let Some(plan) = &self.plan else {
            return BatchResult::NONE;
        };
        let step = TrainStep::<M> {
            params: &mut model.params,
            state: locked(&mut model.state),
            gradients: &mut self.gradients,
            slots: &mut self.slots,
            work: aligned(&mut self.work),
            occurrences: &mut self.occurrences,
            frozen: &model.frozen,
            plan,
            aware: self.aware.as_mut(),
        };
        let cx = Ctx::new(pool, model.seed, self.step);
        self.step += 1;
        step.train(optimizer, objective, &examples(batch), &cx)
    }

    /// Makes the plan for a batch that is cut into parts, and room for one of so many samples: how many outputs each sample has, and
    /// whether a mask decides what they count for.
    pub fn plan_parts<Y>(
        &mut self,
        batch: &Minibatch<'_, M::Input, Y>,
        samples: usize,
    ) -> (usize, bool) {
        let none = Minibatch {
            x: &[],
            y: &[],
            weight: None,
            ..*batch
        };
        self.prepare::<Y>(&none);
        let Some(planned) = self.planned() else {
            return (1, false);
        };
        let outputs = planned.output::<M::Output>();
        let is_masked = planned.sizes.masks.weights > 0;
        let values = samples * Self::each(&planned);
        self.reserve_values(values);
        (outputs, is_masked)
    }

    /// Forward, loss and backward of a part of a batch; the gradients go to the sink. `occurrences` is for what the optimizer asks
    /// of them.
    pub fn train_part<'s, O: Optimizer, L: Loss<M::Output>, S: Sink>(
        &'s mut self,
        model: &'s mut Sequential<M>,
        objective: &Objective<'_, L>,
        part: &Minibatch<'_, M::Input, L::Target>,
        share: Share<'_>,
        (sink, occurrences): (S, &'s mut [f32]),
    ) -> (BatchResult<'s, M::Output>, S) {
        self.prepare(part);
        let pool = pool_of(self.alone, &model.pool).for_work(Self::macs(part.x.len()));
        let Some(plan) = &self.plan else {
            return (BatchResult::NONE, sink);
        };
        let step = PartStep::<M> {
            params: &mut model.params,
            state: locked(&mut model.state),
            work: aligned(&mut self.work),
            occurrences,
            frozen: &model.frozen,
            plan,
        };
        let mut cx = Ctx::new(pool, model.seed, self.step);
        cx.share = share;
        step.pass::<O, L, S>(sink, objective, &examples(part), &cx)
    }

    /// What comes before the first part of a step.
    pub fn begin_parts(&mut self, model: &mut Sequential<M>) {
        part_step::begin::<M>(
            &mut model.params,
            locked(&mut model.state),
            aligned(&mut self.work),
        );
    }

    /// The update by the gradients of all parts; returns the penalties on the parameters before.
    pub fn update_parts<O: Optimizer>(
        &mut self,
        model: &mut Sequential<M>,
        optimizer: &O,
        samples: usize,
        gradients: &mut [f32],
        occurrences: &mut [f32],
    ) -> f32 {
        let pool = pool_of(self.alone, &model.pool).for_work(Self::macs(samples));
        let cx = Ctx::new(pool, model.seed, self.step);
        self.step += 1;
        let memory = (gradients, &mut self.slots[..]);
        let frozen = &model.frozen;
        part_step::update::<M, O>(
            optimizer,
            &mut model.params,
            memory,
            frozen,
            occurrences,
            &cx,
        )
    }

    /// The end of `fit`: after `use_ema` the parameters become their averages, as in Keras.
    pub fn finalize<O: Optimizer>(&mut self, model: &mut Sequential<M>, optimizer: &O) {
        let pool = pool_of(self.alone, &model.pool);
        let update = Update::new(model.params.as_f32s_mut(), &mut [], &mut self.slots);
        let update = update.layers(M::LAYERS).frozen(&model.frozen);
        optimizers::finalize(optimizer, self.step, update, pool);
    }

    /// The loss and the outputs without an update, of a batch or a part of one.
    pub fn test<L: Loss<M::Output>>(
        &mut self,
        model: &mut Sequential<M>,
        objective: &Objective<'_, L>,
        batch: &Minibatch<'_, M::Input, L::Target>,
        share: Share<'_>,
    ) -> BatchResult<'_, M::Output> {
        self.prepare(batch);
        let pool = pool_of(self.alone, &model.pool).for_work(Self::macs(batch.x.len()));
        let Some(plan) = &self.plan else {
            return BatchResult::NONE;
        };
        let mut cx = Ctx::new(pool, model.seed, self.step);
        cx.frozen = &model.frozen;
        cx.share = share;
        step::test::<M, L>(
            plan,
            &model.params,
            locked(&mut model.state),
            objective,
            &examples(batch),
            aligned(&mut self.work),
            &cx,
        )
    }
}

/// The threads of a training: none beside its own if that is so, whatever the model's pool.
fn pool_of(alone: bool, model: &Pool) -> &Pool {
    match alone {
        true => &Pool::Serial,
        false => model,
    }
}

/// The state that a model carries from batch to batch is that of the samples of a whole batch.
fn refuse_stateful<M: Model>(name: &'static str) -> Result<(), Error> {
    match M::STATEFUL {
        false => Ok(()),
        true => {
            let why = "a stateful model carries a state for each sample of a batch on to the next one, so that a batch is not cut; leave `stateful = True` out";
            Err(argument(name, Note::new().str(why)))
        }
    }
}

fn examples<'a, X, Y>(batch: &Minibatch<'a, X, Y>) -> Examples<'a, X, Y> {
    Examples {
        x: batch.x,
        y: batch.y,
        weight: batch.weight,
    }
}

impl<M: Model> Clone for Workspace<M> {
    fn clone(&self) -> Self {
        let mut gradients = zeroed_box::<M::Params>();
        let from = self.gradients.as_f32s();
        gradients.as_f32s_mut().copy_from_slice(from);
        Workspace {
            gradients,
            slots: self.slots.clone(),
            work: Vec::new(),
            batch: 0,
            occurrences: self.occurrences.clone(),
            step: self.step,
            plan: None,
            aware: self.aware.clone(),
            ranks: self.ranks.clone(),
            alone: false,
        }
    }
}
