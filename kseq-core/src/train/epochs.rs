//! The loop of `fit` over epochs and batches, and that of `evaluate`: whatever the source of the data.

use core::ops::Range;
use std::format;
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

use super::batches::{Batches, Minibatch};
use super::callback::{Callback, EachMetric, EngineOf, Logs, Mean, Position, Run, Training};
use super::checkpoint;
use super::compiled::Compiled;
use super::fit::ValidationFreq;
use super::history::History;
use super::progress::ProgbarLogger;
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::{MAX_METRICS, Metrics};
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::rng::{Purpose, Rng};

/// What `fit` does, besides the data.
pub(super) struct Course<'a, M: Model> {
    pub epochs: Range<usize>,
    pub verbose: u8,
    /// The batches of an epoch, if they are given: an epoch then begins where the last one ended.
    pub steps: Option<usize>,
    pub validation_steps: Option<usize>,
    pub validation_freq: ValidationFreq<'a>,
    pub callbacks: Vec<&'a mut dyn Callback<M>>,
}

/// Where batches come from.
pub(super) type Source<'s, X, Y> = &'s mut dyn Batches<X, Y>;

/// What is trained on, and what is validated with.
type Sources<'s, X, Y> = (Source<'s, X, Y>, Option<Source<'s, X, Y>>);

/// One call of a method of a callback.
type Hook<'h, M> =
    &'h mut dyn FnMut(&mut dyn Callback<M>, &mut Training<'_, M>) -> Result<(), Error>;

impl<M, O, L, Me> Compiled<M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    pub(super) fn course<'s>(
        &mut self,
        train: Source<'s, M::Input, L::Target>,
        validation: Option<Source<'s, M::Input, L::Target>>,
        course: Course<'_, M>,
    ) -> Result<History, Error> {
        let mut names = self.names.to_vec();
        if validation.is_some() {
            names.extend(self.names.iter().map(|name| format!("val_{name}")));
        }
        let mut run = Run {
            position: Position {
                epoch: course.epochs.start,
                ..Position::default()
            },
            epochs: course.epochs.end,
            steps: course.steps.or(train.steps()),
            names: names.into(),
            ..Run::default()
        };
        let mut progress = ProgbarLogger::new(course.verbose);
        let mut callbacks: Vec<&mut dyn Callback<M>> = std::vec![&mut progress];
        callbacks.extend(course.callbacks.into_iter().map(|c| c as _));
        monitored(&callbacks, &run.names)?;
        let validating = validation.as_ref().map_or(0, |v| v.largest());
        self.memory.reserve(train.largest().max(validating));
        let limits = (course.steps, course.validation_steps);
        let freq = course.validation_freq;
        let pool = self.model.pool.clone();
        let mut sources = (train, validation);
        let mut outcome = Ok(());
        // Inside the pool a step splits its work without the allocator.
        pool.install(&mut || {
            outcome = self.epochs(&mut sources, &mut run, &mut callbacks, limits, freq);
        });
        outcome.map(|()| run.history)
    }

    fn epochs(
        &mut self,
        (train, validation): &mut Sources<'_, M::Input, L::Target>,
        run: &mut Run,
        callbacks: &mut [&mut dyn Callback<M>],
        (steps, validation_steps): (Option<usize>, Option<usize>),
        freq: ValidationFreq<'_>,
    ) -> Result<(), Error> {
        self.each(run, callbacks, &mut |c, t| c.on_train_begin(t))?;
        if let Some(path) = run.restore.take() {
            self.with(run, |t| checkpoint::load(&path, t, callbacks))?;
        }
        let names = run.names.clone();
        // A pass is under way if a callback has resumed an interrupted training.
        let mut under_way = run.position.taken > 0;
        if under_way {
            train.begin(self.order(run.position.pass))?;
            train.skip(run.position.taken)?;
        }
        // An epoch that was stopped before its end still ends.
        while run.position.epoch < run.epochs && (!run.stop || run.position.batch > 0) {
            let epoch = run.position.epoch;
            if run.position.batch == 0 {
                run.loss = Mean::default();
                self.metrics.for_each(&mut |m| m.reset());
                under_way &= steps.is_some();
                self.each(run, callbacks, &mut |c, t| c.on_epoch_begin(epoch, t))?;
            }
            // Whoever stops the training before an epoch's first batch stops it after that batch, as in
            // Keras: an epoch has values.
            let goes_on = |run: &Run| !run.stop || run.position.batch == 0;
            while steps.is_none_or(|steps| run.position.batch < steps) && goes_on(run) {
                if !under_way {
                    self.begin(*train, run)?;
                    under_way = true;
                }
                let Some(batch) = train.next()? else {
                    under_way = false;
                    if run.position.taken == 0 {
                        return Err(Error::Empty { what: "fit" });
                    }
                    match steps {
                        None => break,
                        Some(_) => continue,
                    }
                };
                self.checked_batch("fit", &batch)?;
                let at = run.position.batch;
                self.each(run, callbacks, &mut |c, t| c.on_train_batch_begin(at, t))?;
                let loss = self.train(&batch);
                run.loss.add(loss, batch.x.len());
                run.position.batch += 1;
                run.position.taken += 1;
                let values = self.values(run.loss.get());
                let logs = Logs::new(&names, &values[..self.names.len()]);
                let mut end = |c: &mut dyn Callback<M>, t: &mut Training<'_, M>| {
                    c.on_train_batch_end(at, &logs, t)
                };
                self.each(run, callbacks, &mut end)?;
                self.backups(run, callbacks)?;
            }
            // Known at the latest now.
            run.steps = Some(run.position.batch);
            let mut values = [0.0; 2 * (MAX_METRICS + 1)];
            let mut count = self.names.len();
            values[..count].copy_from_slice(&self.values(run.loss.get())[..count]);
            if let Some(validation) = validation.as_mut().filter(|_| freq.includes(epoch)) {
                self.test_all(*validation, validation_steps, run, callbacks)?;
                let validated = self.values(run.tested.get());
                values[count..2 * count].copy_from_slice(&validated[..count]);
                count *= 2;
            }
            let logs = Logs::new(&names, &values[..count]);
            run.history.record(epoch, &logs.iter().collect::<Vec<_>>());
            // Where a training goes on that is interrupted from now on.
            run.position.epoch += 1;
            run.position.batch = 0;
            if steps.is_none() {
                run.position.taken = 0;
            }
            run.logged.clear();
            self.each(run, callbacks, &mut |c, t| c.on_epoch_end(epoch, &logs, t))?;
            self.backups(run, callbacks)?;
        }
        self.memory.finalize(&mut self.model, &self.optimizer);
        self.each(run, callbacks, &mut |c, t| c.on_train_end(t))
    }

    /// Writes the checkpoints that callbacks have asked for.
    fn backups(
        &mut self,
        run: &mut Run,
        callbacks: &mut [&mut dyn Callback<M>],
    ) -> Result<(), Error> {
        while let Some(path) = run.backups.pop() {
            self.with(run, |t| checkpoint::save(&path, t, callbacks))?;
        }
        Ok(())
    }

    /// Begins a pass over the data; its order depends on nothing but the number of updates before it:
    /// calling `fit` again goes on, it does not begin again.
    fn begin(
        &self,
        train: &mut dyn Batches<M::Input, L::Target>,
        run: &mut Run,
    ) -> Result<(), Error> {
        run.position.pass = self.memory.step;
        run.position.taken = 0;
        train.begin(self.order(run.position.pass))
    }

    fn order(&self, pass: u64) -> Rng {
        Rng::new(self.model.seed, Purpose::Shuffle, 0, pass)
    }

    /// `evaluate`, from any source: the loss, while the metrics hold their values.
    pub(super) fn evaluation(
        &mut self,
        source: Source<'_, M::Input, L::Target>,
        steps: Option<usize>,
        verbose: u8,
        callbacks: Vec<&mut dyn Callback<M>>,
    ) -> Result<f32, Error> {
        let mut run = Run {
            steps: steps.or(source.steps()),
            names: self.names.clone(),
            ..Run::default()
        };
        let mut progress = ProgbarLogger::new(verbose);
        let mut all: Vec<&mut dyn Callback<M>> = std::vec![&mut progress];
        all.extend(callbacks.into_iter().map(|c| c as _));
        self.memory.reserve(source.largest());
        let pool = self.model.pool.clone();
        let mut outcome = Ok(());
        pool.install(&mut || outcome = self.test_all(source, steps, &mut run, &mut all));
        outcome.map(|()| run.tested.get())
    }

    /// Loss and metrics over a source, without training.
    fn test_all(
        &mut self,
        source: &mut dyn Batches<M::Input, L::Target>,
        steps: Option<usize>,
        run: &mut Run,
        callbacks: &mut [&mut dyn Callback<M>],
    ) -> Result<(), Error> {
        let names = self.names.clone();
        self.metrics.for_each(&mut |m| m.reset());
        run.tested = Mean::default();
        self.each(run, callbacks, &mut |c, t| c.on_test_begin(t))?;
        source.begin(self.order(0))?;
        for at in 0..steps.unwrap_or(usize::MAX) {
            let Some(batch) = source.next()? else {
                if at == 0 {
                    return Err(Error::Empty { what: "evaluate" });
                }
                break;
            };
            self.checked_batch("evaluate", &batch)?;
            self.each(run, callbacks, &mut |c, t| c.on_test_batch_begin(at, t))?;
            let loss = self.test(&batch);
            run.tested.add(loss, batch.x.len());
            let values = self.values(run.tested.get());
            let logs = Logs::new(&names, &values);
            let mut end = |c: &mut dyn Callback<M>, t: &mut Training<'_, M>| {
                c.on_test_batch_end(at, &logs, t)
            };
            self.each(run, callbacks, &mut end)?;
        }
        let values = self.values(run.tested.get());
        let logs = Logs::new(&names, &values);
        self.each(run, callbacks, &mut |c, t| c.on_test_end(&logs, t))
    }

    /// Calls a method of every callback.
    fn each(
        &mut self,
        run: &mut Run,
        callbacks: &mut [&mut dyn Callback<M>],
        f: Hook<'_, M>,
    ) -> Result<(), Error> {
        self.with(run, |t| callbacks.iter_mut().try_for_each(|c| f(*c, t)))
    }

    /// Calls `f` with the training as it is.
    pub(super) fn with<R>(
        &mut self,
        run: &mut Run,
        f: impl FnOnce(&mut Training<'_, M>) -> R,
    ) -> R {
        let metrics = &mut self.metrics;
        let mut engine = EngineOf {
            optimizer: &mut self.optimizer,
            metrics: |f: EachMetric<'_>| {
                metrics.for_each(&mut |m| {
                    let direction = m.direction();
                    f(m.state(), direction);
                });
            },
        };
        f(&mut Training {
            model: &mut self.model,
            engine: &mut engine,
            memory: &mut self.memory,
            run,
        })
    }

    /// One update; the metrics take the outputs in.
    pub(super) fn train(&mut self, batch: &Minibatch<'_, M::Input, L::Target>) -> f32 {
        let with = (&self.optimizer, &self.loss, self.loss_weights);
        let (loss, out) = self.memory.train(&mut self.model, with, batch);
        self.metrics.update(out, batch.y, batch.weight);
        loss
    }

    /// The loss of one batch; the metrics take the outputs in.
    pub(super) fn test(&mut self, batch: &Minibatch<'_, M::Input, L::Target>) -> f32 {
        let with = (&self.loss, self.loss_weights);
        let (loss, out) = self.memory.test(&mut self.model, with, batch);
        self.metrics.update(out, batch.y, batch.weight);
        loss
    }

    /// A batch of a generator is looked at when it comes; the generator has checked its weights.
    fn checked_batch(
        &self,
        what: &'static str,
        batch: &Minibatch<'_, M::Input, L::Target>,
    ) -> Result<(), Error> {
        let Some(index) = batch.unchecked else {
            return Ok(());
        };
        let checked = self.checked(what, batch.x, batch.y);
        let checked = checked.and_then(|()| check::batch_size::<M>(Some(batch.x.len())));
        checked.map_err(|e| Error::Generator {
            batch: index,
            source: Arc::new(e),
        })
    }

    /// The values of loss and metrics, without the allocator; what there is no metric for is 0.
    fn values(&mut self, loss: f32) -> [f32; MAX_METRICS + 1] {
        let mut values = [0.0; MAX_METRICS + 1];
        values[0] = loss;
        let mut rest = values[1..].iter_mut();
        self.metrics.for_each(&mut |m| {
            if let Some(value) = rest.next() {
                *value = m.result();
            }
        });
        values
    }
}

/// A name that a callback monitors exists.
fn monitored<M: Model>(callbacks: &[&mut dyn Callback<M>], names: &[String]) -> Result<(), Error> {
    let unknown = callbacks.iter().filter_map(|c| c.monitor());
    match unknown.into_iter().find(|m| !names.iter().any(|n| n == m)) {
        None => Ok(()),
        Some(name) => Err(Error::Monitor {
            name: name.to_string(),
            names: names.to_vec(),
        }),
    }
}
