//! `Compiled`: a model with optimizer, loss and metrics: `fit`, `evaluate`, the `*_on_batch` family.

use core::ops::{Deref, DerefMut};
use std::boxed::Box;
use std::vec::Vec;

use super::fit::{Fit, Pairs, Shuffle};
use super::history::History;
use super::progress::Progress;
use super::sequential::{Sequential, locked};
use crate::check;
use crate::error::Error;
use crate::layer::Ctx;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::params::{Flat, zeroed_box};
use crate::rng::{Purpose, Rng};
use crate::step::{self, Step};

/// Samples of a batch in `fit`, if nothing else is said.
const FIT_BATCH: usize = 32;
/// Samples of a batch in `evaluate`.
const EVALUATE_BATCH: usize = 128;

/// A model that can be trained: what [`Sequential::compile`] gives. All of [`Sequential`] is there
/// too (`predict`, `summary`, `get_layer`), and the parameters are fields: `model.dense_1.kernel`.
#[must_use]
pub struct Compiled<M: Model, O, L, Me> {
    model: Sequential<M>,
    optimizer: O,
    loss: L,
    metrics: Me,
    gradients: Box<M::Params>,
    slots: Vec<f32>,
    work: Vec<f32>,
    /// The number of updates so far.
    step: u64,
}

/// Loss and metrics over the samples of a call.
///
/// ```
/// use kseq_core::train::Scores;
/// let scores = Scores { loss: 0.5, metrics: (0.75,) };
/// let (accuracy,) = scores.metrics;
/// assert_eq!(accuracy, 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores<V> {
    /// The mean loss.
    pub loss: f32,
    /// The metrics, in the order of `compile`.
    pub metrics: V,
}

/// A mean over samples that come in batches of different sizes.
#[derive(Default)]
struct Mean {
    sum: f64,
    samples: usize,
}

impl Mean {
    fn add(&mut self, mean: f32, samples: usize) {
        self.sum += f64::from(mean) * samples as f64;
        self.samples += samples;
    }

    fn get(&self) -> f32 {
        (self.sum / self.samples.max(1) as f64) as f32
    }
}

impl<M, O, L, Me> Compiled<M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    pub(super) fn new(model: Sequential<M>, optimizer: O, loss: L, mut metrics: Me) -> Self {
        metrics.for_each(&mut |m| m.compiled_with(L::ACCURACY));
        Compiled {
            model,
            optimizer,
            loss,
            metrics,
            gradients: zeroed_box(),
            slots: std::vec![0.0; O::SLOTS * <M::Params as Flat>::LEN],
            work: Vec::new(),
            step: 0,
        }
    }

    /// Trains for the epochs that `options` asks for, as Keras's `fit`.
    ///
    /// Returns the values of each epoch: `loss` and metrics as means over the samples of the epoch,
    /// while the parameters change; `val_loss` and so on after it.
    ///
    /// # Errors
    /// Data or arguments that do not fit; everything is checked before the first step.
    pub fn fit(
        &mut self,
        x: &[M::Input],
        y: &[L::Target],
        options: Fit<'_, M::Input, L::Target>,
    ) -> Result<History, Error> {
        self.checked("fit", x, y)?;
        if let Some((x, y)) = options.validation_data {
            self.checked("validation_data", x, y)?;
        }
        let (train, validation) = options.split(x, y)?;
        check::batch_size::<M>(options.batch_size)?;
        check::batches::<M>("fit", train.0.len())?;
        if let Some((x, _)) = validation {
            check::batches::<M>("validation_data", x.len())?;
        }
        if let Some(why) = self.optimizer.check() {
            return Err(Error::Argument {
                name: "optimizer",
                why,
            });
        }
        let pool = self.model.pool.clone();
        // Inside the pool a step splits its work without the allocator.
        let mut history = History::default();
        pool.install(&mut || history = self.epochs(train, validation, &options));
        Ok(history)
    }

    fn epochs(
        &mut self,
        (x, y): Pairs<'_, M::Input, L::Target>,
        validation: Option<Pairs<'_, M::Input, L::Target>>,
        options: &Fit<'_, M::Input, L::Target>,
    ) -> History {
        let size = options
            .batch_size
            .or(check::batch::<M>())
            .unwrap_or(FIT_BATCH);
        let size = size.min(x.len());
        let mut order: Vec<usize> = (0..x.len()).collect();
        let shuffled = options.shuffle == Shuffle::True;
        let (mut batch_x, mut batch_y) = match shuffled {
            true => (x[..size].to_vec(), y[..size].to_vec()),
            false => (Vec::new(), Vec::new()),
        };
        self.reserve(size);
        let mut history = History::default();
        let mut logs = Vec::new();
        let steps = x.len().div_ceil(size);
        for epoch in options.initial_epoch..options.epochs {
            let mut progress = Progress::start(options.verbose, epoch, options.epochs, steps);
            if shuffled {
                // From the identity, so that an epoch's order depends on nothing but its number.
                order.iter_mut().zip(0..).for_each(|(o, i)| *o = i);
                let seed = self.model.seed;
                Rng::new(seed, Purpose::Shuffle, 0, epoch as u64).shuffle(&mut order);
            }
            let mut loss = Mean::default();
            self.metrics.for_each(&mut |m| m.reset());
            for batch in 0..steps {
                let range = batch * size..x.len().min((batch + 1) * size);
                let (x, y) = if shuffled {
                    for (to, &from) in order[range.clone()].iter().enumerate() {
                        // Slices, so that a large sample never passes over the stack.
                        batch_x[to..=to].copy_from_slice(&x[from..=from]);
                        batch_y[to..=to].copy_from_slice(&y[from..=from]);
                    }
                    (&batch_x[..range.len()], &batch_y[..range.len()])
                } else {
                    (&x[range.clone()], &y[range.clone()])
                };
                loss.add(self.train(x, y), range.len());
                progress.step(|| self.logs(loss.get()));
            }
            logs.clear();
            logs.extend(
                self.logs(loss.get())
                    .map(|(name, v)| (std::string::String::from(name), v)),
            );
            if let Some((x, y)) = validation {
                let loss = self.test_all(x, y);
                logs.extend(
                    self.logs(loss)
                        .map(|(name, v)| (std::format!("val_{name}"), v)),
                );
            }
            progress.end(&logs);
            history.record(epoch, &logs);
        }
        history
    }

    /// The loss and the metrics over all samples, without training.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn evaluate(
        &mut self,
        x: &[M::Input],
        y: &[L::Target],
    ) -> Result<Scores<Me::Values>, Error> {
        self.checked("evaluate", x, y)?;
        check::batches::<M>("evaluate", x.len())?;
        let pool = self.model.pool.clone();
        let mut loss = 0.0;
        pool.install(&mut || loss = self.test_all(x, y));
        Ok(self.scores(loss))
    }

    /// One update from one batch; loss and metrics are those before it.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn train_on_batch(
        &mut self,
        x: &[M::Input],
        y: &[L::Target],
    ) -> Result<Scores<Me::Values>, Error> {
        self.checked("train_on_batch", x, y)?;
        check::batch_size::<M>(Some(x.len()))?;
        self.reserve(x.len());
        self.metrics.for_each(&mut |m| m.reset());
        let pool = self.model.pool.clone();
        let mut loss = 0.0;
        pool.install(&mut || loss = self.train(x, y));
        Ok(self.scores(loss))
    }

    /// The loss and the metrics of one batch.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn test_on_batch(
        &mut self,
        x: &[M::Input],
        y: &[L::Target],
    ) -> Result<Scores<Me::Values>, Error> {
        self.checked("test_on_batch", x, y)?;
        check::batch_size::<M>(Some(x.len()))?;
        self.reserve(x.len());
        self.metrics.for_each(&mut |m| m.reset());
        let pool = self.model.pool.clone();
        let mut loss = 0.0;
        pool.install(&mut || loss = self.test(x, y));
        Ok(self.scores(loss))
    }

    /// `loss` and the names of the metrics, in the order of [`Scores`].
    pub fn metrics_names(&mut self) -> Vec<&'static str> {
        self.logs(0.0).map(|(name, _)| name).collect()
    }

    fn checked(&self, what: &'static str, x: &[M::Input], y: &[L::Target]) -> Result<(), Error> {
        check::pair(what, x, y)?;
        check::inputs(what, x)?;
        M::check(x)?;
        check::targets(what, &self.loss, y)
    }

    /// Makes room for batches of this size, once.
    fn reserve(&mut self, batch: usize) {
        let each = M::SIZES.train().max(step::test_memory::<M>());
        if self.work.len() < batch * each {
            self.work = std::vec![0.0; batch * each];
        }
    }

    /// One update; the metrics take the outputs in.
    fn train(&mut self, x: &[M::Input], y: &[L::Target]) -> f32 {
        let step = Step::<M> {
            params: &mut self.model.params,
            state: locked(&mut self.model.state),
            gradients: &mut self.gradients,
            slots: &mut self.slots,
            work: &mut self.work,
        };
        let cx = Ctx::new(&self.model.pool, self.model.seed, self.step);
        let (loss, out) = step.train((&self.optimizer, &self.loss), (x, y), None, &cx);
        self.step += 1;
        self.metrics.for_each(&mut |m| m.update(out, y, None));
        loss
    }

    /// The loss of one batch; the metrics take the outputs in.
    fn test(&mut self, x: &[M::Input], y: &[L::Target]) -> f32 {
        let cx = Ctx::new(&self.model.pool, self.model.seed, self.step);
        let weights = (&*self.model.params, locked(&mut self.model.state));
        let work = &mut self.work;
        let (loss, out) = step::test::<M, L>(weights, &self.loss, (x, y), None, work, &cx);
        self.metrics.for_each(&mut |m| m.update(out, y, None));
        loss
    }

    fn test_all(&mut self, x: &[M::Input], y: &[L::Target]) -> f32 {
        let size = check::batch::<M>().unwrap_or(EVALUATE_BATCH).min(x.len());
        self.reserve(size);
        self.metrics.for_each(&mut |m| m.reset());
        let mut loss = Mean::default();
        for (x, y) in x.chunks(size).zip(y.chunks(size)) {
            loss.add(self.test(x, y), x.len());
        }
        loss.get()
    }

    fn scores(&self, loss: f32) -> Scores<Me::Values> {
        let metrics = self.metrics.values();
        Scores { loss, metrics }
    }

    /// The names and values of loss and metrics, without the allocator.
    fn logs(&mut self, loss: f32) -> impl Iterator<Item = (&'static str, f32)> + use<M, O, L, Me> {
        let mut logs = [("loss", loss); 9];
        let mut count = 1;
        self.metrics.for_each(&mut |m| {
            if let Some(log) = logs.get_mut(count) {
                *log = (m.name(), m.result());
            }
            count += 1;
        });
        logs.into_iter().take(count)
    }
}

impl<M: Model, O, L, Me> Deref for Compiled<M, O, L, Me> {
    type Target = Sequential<M>;

    fn deref(&self) -> &Sequential<M> {
        &self.model
    }
}

impl<M: Model, O, L, Me> DerefMut for Compiled<M, O, L, Me> {
    fn deref_mut(&mut self) -> &mut Sequential<M> {
        &mut self.model
    }
}
