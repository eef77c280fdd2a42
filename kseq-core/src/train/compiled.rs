//! `Compiled`: a model with optimizer, loss and metrics: `fit`, `evaluate`, the `*_on_batch` family.

use core::ops::{Deref, DerefMut};
use std::path::Path;
use std::string::String;
use std::sync::Arc;

use super::batches::{Arrays, Minibatch, Shuffle};
use super::callback::Run;
use super::checkpoint;
use super::data::{Inputs, Targets};
use super::epochs::Source;
use super::evaluate::{Evaluate, OnBatch};
use super::fit::{self, Fit, Validation, class_weights, combined, flat_weights, weights};
use super::generator::{self, Queue};
use super::history::History;
use super::memory::Memory;
use super::sample_weight::{ClassWeight, SampleWeight};
use super::sequential::Sequential;
use crate::check;
use crate::error::Error;
use crate::losses::{Loss, MeantFor};
use crate::metrics::{Metrics, names::names};
use crate::model::Model;
use crate::optimizers::Optimizer;

/// A model that can be trained: what [`Sequential::compile`] gives. All of [`Sequential`] is there
/// too (`predict`, `summary`, `get_layer`), and the parameters are fields: `model.dense_1.kernel`.
#[must_use]
pub struct Compiled<M: Model, O, L, Me> {
    pub(super) model: Sequential<M>,
    pub(super) optimizer: O,
    pub(super) loss: L,
    pub(super) loss_weights: f32,
    pub(super) metrics: Me,
    /// `loss` and the metrics' names.
    pub(super) names: Arc<[String]>,
    pub(super) memory: Memory<M>,
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

impl<M, O, L, Me> Compiled<M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    pub(super) fn new(model: Sequential<M>, optimizer: O, loss: L, mut metrics: Me) -> Self {
        let mut own = std::vec![];
        metrics.for_each(&mut |m| {
            m.compiled_with(L::ACCURACY);
            own.push((m.name(), m.weighted()));
        });
        Compiled {
            names: names(&own).into(),
            model,
            optimizer,
            loss,
            loss_weights: 1.0,
            metrics,
            memory: Memory::new::<O>(),
        }
    }

    /// What the loss is multiplied with, in training and in what is reported. Default 1.
    ///
    /// Keras's `loss_weights`: with one output there is one.
    pub fn loss_weights(mut self, loss_weights: f32) -> Self {
        self.loss_weights = loss_weights;
        self
    }

    /// Trains for the epochs that `options` asks for, as Keras's `fit`.
    ///
    /// Returns the values of each epoch: `loss` and metrics as means over the samples of the epoch,
    /// while the parameters change; `val_loss` and so on after it.
    ///
    /// # Errors
    /// Data or arguments that do not fit; everything is checked before the first step. What a callback
    /// returns as its error.
    pub fn fit<W, C>(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
        options: Fit<'_, M, L::Target, W, C>,
    ) -> Result<History, Error>
    where
        W: SampleWeight<M::Output>,
        C: ClassWeight<M::Output, L::Target>,
    {
        let (x, y) = (x.inputs(), y.targets());
        options.check()?;
        class_weights::<M::Output, L::Target, C>(&options.class_weight)?;
        self.checked("fit", x, y)?;
        if let Some((x, y)) = options.validation_data {
            self.checked("validation_data", x, y)?;
        }
        weights("sample_weight", options.sample_weight, x.len())?;
        let (((x, y), weight), validation) = options.split(x, y)?;
        check::batch_size::<M>(options.batch_size)?;
        check::batches::<M>("fit", x.len())?;
        let given = weights("sample_weight", weight, x.len())?;
        let weight = combined::<M::Output, _, _>(&options.class_weight, y, given);
        let size = self.batch_size(options.batch_size);
        let mut train = Arrays::new((x, y), weight.as_deref(), size, options.shuffle);
        check::batch_size::<M>(options.validation_batch_size)?;
        let size = options.validation_batch_size.unwrap_or(size);
        let validation = validation.map(|data| self.validation(data, size));
        let validation = validation.transpose()?;
        self.validated(&mut train, validation, options)
    }

    /// The loss and the metrics over all samples, without training.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn evaluate(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
    ) -> Result<Scores<Me::Values>, Error> {
        self.evaluate_with(x, y, Evaluate::new())
    }

    /// The same with Keras's other arguments.
    ///
    /// # Errors
    /// Data or arguments that do not fit; what a callback returns as its error.
    pub fn evaluate_with<W: SampleWeight<M::Output>>(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
        options: Evaluate<'_, M, W>,
    ) -> Result<Scores<Me::Values>, Error> {
        let (x, y) = (x.inputs(), y.targets());
        options.check()?;
        self.checked("evaluate", x, y)?;
        check::batch_size::<M>(options.batch_size)?;
        check::batches::<M>("evaluate", x.len())?;
        let weight = weights("sample_weight", options.sample_weight, x.len())?;
        let size = self.batch_size(options.batch_size);
        let mut source = Arrays::new((x, y), weight, size, Shuffle::False);
        let (steps, verbose) = (options.steps, options.verbose);
        let loss = self.evaluation(&mut source, steps, verbose, options.callbacks)?;
        Ok(self.scores(loss))
    }

    /// One update from one batch; loss and metrics are those before it.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn train_on_batch(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
    ) -> Result<Scores<Me::Values>, Error> {
        self.train_on_batch_with(x, y, OnBatch::new())
    }

    /// The same with weights of the samples and their classes.
    ///
    /// # Errors
    /// Data or weights that do not fit.
    pub fn train_on_batch_with<W, C>(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
        options: OnBatch<'_, W, C>,
    ) -> Result<Scores<Me::Values>, Error>
    where
        W: SampleWeight<M::Output>,
        C: ClassWeight<M::Output, L::Target>,
    {
        let (x, y) = (x.inputs(), y.targets());
        self.checked("train_on_batch", x, y)?;
        self.on_batch(x, y, options, true)
    }

    /// The loss and the metrics of one batch.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn test_on_batch(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
    ) -> Result<Scores<Me::Values>, Error> {
        self.test_on_batch_with(x, y, OnBatch::new())
    }

    /// The same with weights of the samples.
    ///
    /// # Errors
    /// Data or weights that do not fit.
    pub fn test_on_batch_with<W: SampleWeight<M::Output>>(
        &mut self,
        x: &(impl Inputs<M::Input> + ?Sized),
        y: &(impl Targets<L::Target> + ?Sized),
        options: OnBatch<'_, W>,
    ) -> Result<Scores<Me::Values>, Error> {
        let (x, y) = (x.inputs(), y.targets());
        self.checked("test_on_batch", x, y)?;
        self.on_batch(x, y, options, false)
    }

    fn on_batch<W, C>(
        &mut self,
        x: &[M::Input],
        y: &[L::Target],
        options: OnBatch<'_, W, C>,
        training: bool,
    ) -> Result<Scores<Me::Values>, Error>
    where
        W: SampleWeight<M::Output>,
        C: ClassWeight<M::Output, L::Target>,
    {
        check::batch_size::<M>(Some(x.len()))?;
        class_weights::<M::Output, L::Target, C>(&options.class_weight)?;
        let mut weight = weights("sample_weight", options.sample_weight, x.len())?;
        let weighted;
        if !C::NONE {
            weighted = combined::<M::Output, _, _>(&options.class_weight, y, weight);
            weight = weighted.as_deref();
        }
        self.metrics.for_each(&mut |m| m.reset());
        let macs = Memory::<M>::macs(x.len());
        let pool = self.model.pool.for_work(macs).clone();
        let mut loss = 0.0;
        let batch = Minibatch {
            x,
            y,
            weight,
            unchecked: None,
        };
        pool.install(&mut || {
            loss = match training {
                true => self.train(&batch),
                false => self.test(&batch),
            }
        });
        Ok(self.scores(loss))
    }

    /// `loss` and the names of the metrics, in the order of [`Scores`]; of two metrics of one name
    /// the second is `accuracy_1`, as in Keras.
    pub fn metrics_names(&self) -> &[String] {
        &self.names
    }

    /// Compiles the model again: its parameters stay, the optimizer begins anew, and so does the count of
    /// updates, from which the order of the samples and the masks of `Dropout` are drawn: they come again.
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

    /// Saves the model with its optimizer: weights, state, slots, the number of updates, the learning rate.
    /// Keras's `model.save`; what the layers are is in the type.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.with(&mut Run::default(), |t| {
            checkpoint::save(path.as_ref(), t, &[])
        })
    }

    /// Takes over a model that [`save`](Compiled::save) or a callback has saved, with its optimizer. Keras's
    /// `load_model`; the files of `save_weights` are for `load_weights`.
    ///
    /// # Errors
    /// The file cannot be read or is damaged, or was saved of another model, optimizer or metrics.
    /// Nothing is changed then.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.with(&mut Run::default(), |t| {
            checkpoint::load(path.as_ref(), t, &mut [])
        })
    }

    /// The optimizer, to change its learning rate between two calls of `fit`.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// Data and arguments that training and testing need to be right.
    pub(super) fn checked(
        &self,
        what: &'static str,
        x: &[M::Input],
        y: &[L::Target],
    ) -> Result<(), Error> {
        check::optimizer(&self.optimizer)?;
        check::loss_weights(self.loss_weights)?;
        check::pair(what, x, y)?;
        check::inputs(what, x)?;
        M::check(x)?;
        check::targets(what, &self.loss, y)?;
        check::metrics::<M::Output, L::Target, _>(&self.metrics)
    }

    /// The arrays to validate with, in batches.
    pub(super) fn validation<'d>(
        &self,
        ((x, y), weight): Validation<'d, M::Input, L::Target>,
        size: usize,
    ) -> Result<Arrays<'d, M::Input, L::Target>, Error> {
        check::batches::<M>("validation_data", x.len())?;
        let weight = flat_weights("validation_sample_weight", weight, x.len())?;
        Ok(Arrays::new((x, y), weight, size, Shuffle::False))
    }

    /// The training, with arrays or a generator to validate with.
    pub(super) fn validated<W, C>(
        &mut self,
        train: Source<'_, M::Input, L::Target>,
        mut validation: Option<Arrays<'_, M::Input, L::Target>>,
        mut options: Fit<'_, M, L::Target, W, C>,
    ) -> Result<History, Error> {
        let generator = options.validation_generator.take();
        let course = options.into_course();
        let Some(generator) = generator else {
            let validation = validation.as_mut().map(|v| v as _);
            return self.course(train, validation, course);
        };
        let steps = course.validation_steps;
        generator.check("validation_steps", steps)?;
        let freq = course.validation_freq;
        let validations = course.epochs.clone().filter(|epoch| freq.includes(*epoch));
        let of_generator = generator::Course {
            pass: steps,
            total: steps.map(|steps| steps.saturating_mul(validations.count())),
            ..generator::Course::default()
        };
        let queue = Queue::new(generator, of_generator);
        queue.run(|validation| self.course(train, Some(validation), course))
    }

    /// The samples of a batch: those asked for, or those of a stateful model.
    pub(super) fn batch_size(&self, asked: Option<usize>) -> usize {
        asked.or(check::batch::<M>()).unwrap_or(fit::BATCH)
    }

    pub(super) fn scores(&self, loss: f32) -> Scores<Me::Values> {
        let metrics = self.metrics.values();
        Scores { loss, metrics }
    }
}

impl<M: Model, O: Clone, L: Clone, Me: Clone> Clone for Compiled<M, O, L, Me> {
    fn clone(&self) -> Self {
        Compiled {
            model: self.model.clone(),
            optimizer: self.optimizer.clone(),
            loss: self.loss.clone(),
            loss_weights: self.loss_weights,
            metrics: self.metrics.clone(),
            names: self.names.clone(),
            memory: self.memory.clone(),
        }
    }
}

impl<M: Model, O, L, Me> core::fmt::Debug for Compiled<M, O, L, Me> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Compiled")
            .field("model", &self.model)
            .field("metrics_names", &self.names)
            .field("updates", &self.memory.step)
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
