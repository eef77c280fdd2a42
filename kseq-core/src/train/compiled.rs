//! `Compiled`: a model with optimizer, loss and metrics: `fit`, `evaluate`, the `*_on_batch` family.

use core::ops::{Deref, DerefMut};
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use super::fit::{Fit, Pairs, Shuffle};
use super::history::History;
use super::progress::Progress;
use super::sequential::{Sequential, locked};
use crate::check;
use crate::error::Error;
use crate::layer::Ctx;
use crate::losses::{Loss, MeantFor};
use crate::metrics::{MAX_METRICS, Metrics};
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
    /// `loss` and the metrics' names.
    names: Vec<String>,
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
        let mut names = std::vec![String::from("loss")];
        metrics.for_each(&mut |m| {
            m.compiled_with(L::ACCURACY);
            let same = |name: &String| {
                name.trim_end_matches(|c: char| c == '_' || c.is_ascii_digit()) == m.name()
            };
            let before = names.iter().filter(|name| same(name)).count();
            names.push(match before {
                0 => String::from(m.name()),
                n => std::format!("{}_{n}", m.name()),
            });
        });
        Compiled {
            names,
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
                // From the identity, so that an epoch's order depends on nothing but the number of
                // updates before it: calling `fit` again goes on, it does not begin again.
                order.iter_mut().zip(0..).for_each(|(o, i)| *o = i);
                Rng::new(self.model.seed, Purpose::Shuffle, 0, self.step).shuffle(&mut order);
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
                let values = self.values(loss.get());
                progress.step(&self.names, &values);
            }
            logs.clear();
            let values = self.values(loss.get());
            logs.extend(self.names.iter().cloned().zip(values));
            if let Some((x, y)) = validation {
                let loss = self.test_all(x, y);
                let values = self.values(loss);
                let names = self.names.iter().map(|name| std::format!("val_{name}"));
                logs.extend(names.zip(values));
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

    /// `loss` and the names of the metrics, in the order of [`Scores`]; of two metrics of one name
    /// the second is `accuracy_1`, as in Keras.
    pub fn metrics_names(&self) -> &[String] {
        &self.names
    }

    /// Compiles the model again: its parameters stay, the optimizer begins anew.
    pub fn compile<O2, L2, Me2>(
        self,
        optimizer: O2,
        loss: L2,
        metrics: Me2,
    ) -> Compiled<M, O2, L2, Me2>
    where
        O2: Optimizer,
        L2: MeantFor<M::Output, M::Units>,
        Me2: Metrics<M::Output, L2::Target>,
    {
        self.model.compile(optimizer, loss, metrics)
    }

    /// The optimizer, to change its learning rate between two calls of `fit`.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    fn checked(&self, what: &'static str, x: &[M::Input], y: &[L::Target]) -> Result<(), Error> {
        check::optimizer(&self.optimizer)?;
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

impl<M: Model, O: Clone, L: Clone, Me: Clone> Clone for Compiled<M, O, L, Me> {
    fn clone(&self) -> Self {
        let mut gradients = zeroed_box::<M::Params>();
        gradients
            .as_f32s_mut()
            .copy_from_slice(self.gradients.as_f32s());
        Compiled {
            model: self.model.clone(),
            optimizer: self.optimizer.clone(),
            loss: self.loss.clone(),
            metrics: self.metrics.clone(),
            names: self.names.clone(),
            gradients,
            slots: self.slots.clone(),
            work: Vec::new(),
            step: self.step,
        }
    }
}

impl<M: Model, O, L, Me> core::fmt::Debug for Compiled<M, O, L, Me> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Compiled")
            .field("model", &self.model)
            .field("metrics_names", &self.names)
            .field("updates", &self.step)
            .finish_non_exhaustive()
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
