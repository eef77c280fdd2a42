//! `Compiled`: a model with optimizer, loss and metrics: `fit`, `evaluate`, the `*_on_batch` family.

use core::ops::{Deref, DerefMut};
use std::path::Path;
use std::string::String;
use std::sync::Arc;

use super::data::{ClassWeight, Inputs, IntoGenerator, SampleWeight, Targets};
use super::fallback::Fallback;
use super::model::Sequential;
use super::report::{History, Scores};
use super::run::arrays::{self, OneBatch};
use super::run::checkpoint;
use super::run::context::EpochContext;
use super::run::generators;
use super::run::{Evaluate, Fit, OnBatch};
use super::state::Exchange;
use super::state::loop_state::LoopState;
use super::state::workspace::Workspace;
use crate::error::Error;
use crate::int8::aware::Aware;
use crate::int8::pass::Quantizable;
use crate::losses::{Loss, MeantFor};
use crate::metrics::{Metrics, names::names};
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::tensor::Tensor;

/// A model that can be trained: what [`Sequential::compile`] gives. All of [`Sequential`] is there
/// too (`predict`, `summary`, `get_layer`), and the parameters are fields: `model.dense_1.kernel`.
#[must_use]
pub struct Compiled<M: Model, O, L, Me> {
    model: Fallback<M>,
    optimizer: O,
    loss: L,
    loss_weights: f32,
    metrics: Me,
    /// `loss` and the metrics' names.
    names: Arc<[String]>,
    workspace: Workspace<M>,
    history: History,
}

/// An optimizer of a model whose outputs are `Out`.
/// For the words of it, and for those of a loss and of metrics: see `words.rs`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer",
    label = "expected an optimizer, such as `RMSprop::default()` or `SGD::new(0.01)`",
    note = "Keras's words go with the macro: `compile!(model, optimizer = \"adam\", loss = \"mse\", metrics = [\"accuracy\"])`"
)]
pub trait Trains<M: Model, Out: Tensor<Elem = f32>>: Sized {
    /// See [`Sequential::compile`].
    #[doc(hidden)]
    fn compile<L: MeantFor<Out, M::Units>, Me: Metrics<Out, L::Target>>(
        self,
        model: Sequential<M>,
        loss: L,
        metrics: Me,
    ) -> Compiled<M, Self, L, Me>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, O: Optimizer> Trains<M, M::Output> for O {
    fn compile<L: MeantFor<M::Output, M::Units>, Me: Metrics<M::Output, L::Target>>(
        self,
        model: Sequential<M>,
        loss: L,
        metrics: Me,
    ) -> Compiled<M, O, L, Me> {
        Compiled::new(model, self, loss, metrics)
    }
}

impl<M, O, L, Me> Compiled<M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    fn new(model: Sequential<M>, optimizer: O, loss: L, mut metrics: Me) -> Self {
        let mut own = std::vec![];
        metrics.for_each(&mut |m| {
            m.compiled_with(L::ACCURACY);
            own.push((m.name(), m.weighted()));
        });
        Compiled {
            names: names(&own).into(),
            model: Fallback(model),
            optimizer,
            loss,
            loss_weights: 1.0,
            metrics,
            workspace: Workspace::new::<O>(),
            history: History::default(),
        }
    }

    /// The training is aware of the integers of the model's int8 twin: a step sees kernels and outputs of layers rounded as the twin will
    /// have them, and changes the parameters as they are, by these gradients. So the model learns to live with what
    /// [`quantize`](Sequential::quantize) costs: some epochs with a small learning rate, from parameters that are trained. `evaluate` and
    /// `predict` are those of the model.
    ///
    /// The kernel of an output channel is rounded by `max(abs(w)) / 127`; the range of an output follows what is seen, with the share
    /// 0.95 of what it was before. The gradient of rounding is 1 (straight through). What is inside a layer (what a `tanh` takes, what is
    /// between the two convolutions of a `SeparableConv2D`) is not rounded.
    ///
    /// Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference (2018).
    pub fn quantize_aware(mut self) -> Self
    where
        M: Quantizable,
    {
        self.workspace.aware = Some(Aware::new());
        self
    }

    /// Trains for the epochs that `options` asks for, as Keras's `fit`.
    ///
    /// Returns the values of each epoch: `loss` and metrics as means over the samples of the epoch,
    /// while the parameters change; `val_loss` and so on after it.
    ///
    /// Of a model with `None` in its shape a batch has samples of one length: each sample is in one batch of an epoch, and the last batch of a
    /// length may be smaller. Sequences are given as slices of slices, `Vec`s of `Vec`s or a [`Ragged`](super::Ragged), images as
    /// [`Grid`](super::Grid)s.
    ///
    /// # Errors
    /// Data or arguments that do not fit; everything is checked before the first step. What a callback
    /// returns as its error: [`history`](Compiled::history) has the epochs before it.
    pub fn fit<W, C, X: Inputs<M::Input> + ?Sized, Y: Targets<L::Target> + ?Sized>(
        &mut self,
        x: &X,
        y: &Y,
        options: Fit<'_, M, L::Target, W, C>,
    ) -> Result<History, Error>
    where
        W: SampleWeight<M::Output>,
        C: ClassWeight<M::Output, L::Target>,
    {
        self.history = History::default();
        let (x, y) = (x.inputs(), y.targets());
        arrays::fit(self.context(), x.view(), y.view(), options)
    }

    /// The loss and the metrics over all samples, without training.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn evaluate<X: Inputs<M::Input> + ?Sized, Y: Targets<L::Target> + ?Sized>(
        &mut self,
        x: &X,
        y: &Y,
    ) -> Result<Scores<Me::Values>, Error> {
        self.evaluate_with(x, y, Evaluate::new())
    }

    /// The same with Keras's other arguments.
    ///
    /// # Errors
    /// Data or arguments that do not fit; what a callback returns as its error.
    pub fn evaluate_with<
        W: SampleWeight<M::Output>,
        X: Inputs<M::Input> + ?Sized,
        Y: Targets<L::Target> + ?Sized,
    >(
        &mut self,
        x: &X,
        y: &Y,
        options: Evaluate<'_, M, W>,
    ) -> Result<Scores<Me::Values>, Error> {
        let (x, y) = (x.inputs(), y.targets());
        arrays::evaluate(self.context(), x.view(), y.view(), options)
    }

    /// One update from one batch; loss and metrics are those before it.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn train_on_batch<X: Inputs<M::Input> + ?Sized, Y: Targets<L::Target> + ?Sized>(
        &mut self,
        x: &X,
        y: &Y,
    ) -> Result<Scores<Me::Values>, Error> {
        self.train_on_batch_with(x, y, OnBatch::new())
    }

    /// The same with weights of the samples and their classes.
    ///
    /// # Errors
    /// Data or weights that do not fit.
    pub fn train_on_batch_with<W, C, X: Inputs<M::Input> + ?Sized, Y: Targets<L::Target> + ?Sized>(
        &mut self,
        x: &X,
        y: &Y,
        options: OnBatch<'_, W, C>,
    ) -> Result<Scores<Me::Values>, Error>
    where
        W: SampleWeight<M::Output>,
        C: ClassWeight<M::Output, L::Target>,
    {
        let (x, y) = (x.inputs(), y.targets());
        arrays::on_batch(self.context(), x.view(), y.view(), options, OneBatch::Train)
    }

    /// The loss and the metrics of one batch.
    ///
    /// # Errors
    /// Data that do not fit.
    pub fn test_on_batch<X: Inputs<M::Input> + ?Sized, Y: Targets<L::Target> + ?Sized>(
        &mut self,
        x: &X,
        y: &Y,
    ) -> Result<Scores<Me::Values>, Error> {
        self.test_on_batch_with(x, y, OnBatch::new())
    }

    /// The same with weights of the samples.
    ///
    /// # Errors
    /// Data or weights that do not fit.
    pub fn test_on_batch_with<
        W: SampleWeight<M::Output>,
        X: Inputs<M::Input> + ?Sized,
        Y: Targets<L::Target> + ?Sized,
    >(
        &mut self,
        x: &X,
        y: &Y,
        options: OnBatch<'_, W>,
    ) -> Result<Scores<Me::Values>, Error> {
        let (x, y) = (x.inputs(), y.targets());
        arrays::on_batch(self.context(), x.view(), y.view(), options, OneBatch::Test)
    }

    /// Trains on the batches of an iterator or a [`Sequence`](super::Sequence), as Keras's `fit_generator`.
    ///
    /// Threads make the batches beside the training (see [`Generator`](super::Generator)). Their number changes neither
    /// the order of the batches nor a result: with the same batches, `fit` gives the same bits. When
    /// this returns, however it ends, all threads have ended; it waits for the batch that they are at.
    ///
    /// - A [`Sequence`](super::Sequence) is taken once in every epoch, each time in a new order unless
    ///   `shuffle(false)`; with `steps_per_epoch` an epoch continues where the last one ended, and ends with
    ///   the sequence.
    /// - An iterator is taken in its order. Without `steps_per_epoch` the epoch is all of it; with it,
    ///   the iterator gives `steps_per_epoch * epochs` batches, and no more are taken.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// # use kseq::{error::Error, losses::Loss, metrics::Metrics, model::Model, optimizers::Optimizer};
    /// # use kseq::train::{Compiled, Fit, Flow, Generator};
    /// # fn of<M: Model, O: Optimizer, L: Loss<M::Output>, Me: Metrics<M::Output, L::Target>>(
    /// #     model: &mut Compiled<M, O, L, Me>, x: &[M::Input], y: &[L::Target]) -> Result<(), Error> {
    /// let batches = (0..).map(|i| (vec![x[i % x.len()]; 8], vec![y[i % y.len()]; 8]));
    /// model.fit_generator(batches, Fit::new().steps_per_epoch(50).epochs(3))?;
    ///
    /// let batches = Generator::new(Flow::new(x, y, 32)?).workers(2);
    /// model.fit_generator(batches, Fit::new().epochs(3))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A batch that does not fit; [`Error::Generator`] with what the generator returns as its error;
    /// [`Error::Panic`] if its code panics; [`Error::Ended`] if an iterator has too few batches. The
    /// batches before have been trained on, with any number of workers, and [`history`](Compiled::history) has the
    /// epochs that ended.
    pub fn fit_generator<'g, Kind, G, C>(
        &mut self,
        generator: G,
        options: Fit<'_, M, L::Target, f32, C>,
    ) -> Result<History, Error>
    where
        G: IntoGenerator<'g, Kind, X = M::Input, Y = L::Target>,
        G::W: SampleWeight<M::Output>,
        C: ClassWeight<M::Output, L::Target>,
    {
        self.history = History::default();
        let generator = generator.into_generator().erased();
        generators::fit(self.context(), generator, options)
    }

    /// Loss and metrics over the batches of an iterator or a [`Sequence`](super::Sequence), as Keras's
    /// `evaluate_generator`.
    ///
    /// # Errors
    /// As [`fit_generator`](Compiled::fit_generator).
    pub fn evaluate_generator<'g, Kind, G>(
        &mut self,
        generator: G,
        options: Evaluate<'_, M>,
    ) -> Result<Scores<Me::Values>, Error>
    where
        G: IntoGenerator<'g, Kind, X = M::Input, Y = L::Target>,
        G::W: SampleWeight<M::Output>,
    {
        let generator = generator.into_generator().erased();
        generators::evaluate(self.context(), generator, options)
    }

    /// Saves the model with its optimizer: weights, state, slots, the number of updates, the learning rate.
    /// Keras's `model.save`; what the layers are is in the type. Of several ranks the first one saves.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        if !self.workspace.is_first() {
            return Ok(());
        }
        let mut state = LoopState::default();
        self.context()
            .with_training(&mut state, |t| checkpoint::save(path.as_ref(), t, &mut []))
    }

    /// Takes over a model that [`save`](Compiled::save) or a callback has saved, with its optimizer. Keras's
    /// `load_model`; the files of `save_weights` are for `load_weights`.
    ///
    /// # Errors
    /// The file cannot be read or is damaged, or was saved of another model, optimizer or metrics.
    /// Nothing is changed then.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let mut state = LoopState::default();
        self.context().with_training(&mut state, |t| {
            checkpoint::load(path.as_ref(), t, &mut [], None, &mut |_, _| Ok(None))
        })
    }

    /// Optimizer, loss and metrics.
    #[cfg(feature = "import")]
    pub(super) fn compiled_with(&mut self) -> (&O, &L, &mut Me) {
        (&self.optimizer, &self.loss, &mut self.metrics)
    }

    fn context(&mut self) -> EpochContext<'_, M, O, L, Me> {
        EpochContext {
            model: &mut self.model,
            optimizer: &mut self.optimizer,
            loss: &self.loss,
            loss_weights: self.loss_weights,
            metrics: &mut self.metrics,
            names: &self.names,
            workspace: &mut self.workspace,
            history: &mut self.history,
        }
    }
}

/// What does not depend on whether optimizer, loss and metrics fit.
impl<M: Model, O, L, Me> Compiled<M, O, L, Me> {
    /// What the loss is multiplied with, in training and in what is reported. Default 1.
    ///
    /// Keras's `loss_weights`: with one output there is one.
    pub fn loss_weights(mut self, loss_weights: f32) -> Self {
        self.loss_weights = loss_weights;
        self
    }

    /// The values of the epochs of the last `fit` or `fit_generator`: what it returned, and if it returned an
    /// error, those of the epochs that ended before. Keras's `model.history`.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// `loss` and the names of the metrics, in the order of [`Scores`]; of two metrics of one name
    /// the second is `accuracy_1`, as in Keras.
    pub fn metrics_names(&self) -> &[String] {
        &self.names
    }

    /// The same model on this many threads; 0 means one for each core, as by default. The number never changes a result.
    ///
    /// # Errors
    /// As [`Sequential::threads`].
    pub fn threads(self, threads: usize) -> Result<Self, Error> {
        Ok(Compiled {
            model: Fallback(self.model.0.threads(threads)?),
            ..self
        })
    }

    /// Compiles the model again: its parameters stay, the optimizer begins anew, and so does the count of
    /// updates, from which the order of the samples and the masks of `Dropout` are drawn: they come again.
    #[rustfmt::skip]
    pub fn compile<P: Trains<M, Out>, K: MeantFor<Out, M::Units>, Ne: Metrics<Out, K::Target>, Out: Tensor<Elem = f32>>(
        self,
        optimizer: P,
        loss: K,
        metrics: Ne,
    ) -> Compiled<M, P, K, Ne> {
        optimizer.compile(self.model.0, loss, metrics)
    }

    /// Cuts each batch into so many parts, one after the other in the order of the samples, whose gradients are computed apart and
    /// summed in a fixed order. So a training has the same bits on one process and on several, if there are at least as many parts as
    /// ranks; and the memory of a step is that of a part. 1: whole batches, as by default on one process.
    ///
    /// A batch has the gradient that it has as a whole, but for rounding. `BatchNormalization` normalises each part by itself.
    ///
    /// # Errors
    /// No parts, fewer than ranks, or a model that carries state from batch to batch.
    pub fn parts(mut self, parts: usize) -> Result<Self, Error> {
        self.workspace.set_parts(parts)?;
        Ok(self)
    }

    /// The training is that of several processes, its ranks: each has a part of every batch, in the order of the samples, and all
    /// have the same parameters after every step, at first those of rank 0. Every rank is given the same data and arguments.
    ///
    /// # Errors
    /// A model that carries state from batch to batch.
    pub fn distributed(mut self, exchange: Arc<dyn Exchange>) -> Result<Self, Error> {
        self.workspace.set_ranks(&mut self.model, exchange)?;
        Ok(self)
    }

    /// The optimizer, to change its learning rate between two calls of `fit`.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }
}

impl<M: Model, O: Clone, L: Clone, Me: Clone> Clone for Compiled<M, O, L, Me> {
    fn clone(&self) -> Self {
        Compiled {
            model: Fallback(self.model.0.clone()),
            optimizer: self.optimizer.clone(),
            loss: self.loss.clone(),
            loss_weights: self.loss_weights,
            metrics: self.metrics.clone(),
            names: self.names.clone(),
            workspace: self.workspace.clone(),
            history: self.history.clone(),
        }
    }
}

impl<M: Model, O, L, Me> core::fmt::Debug for Compiled<M, O, L, Me> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Compiled")
            .field("model", &self.model.0)
            .field("metrics_names", &self.names)
            .field("updates", &self.workspace.step)
            .finish_non_exhaustive()
    }
}

impl<M: Model, O, L, Me> Deref for Compiled<M, O, L, Me> {
    type Target = Fallback<M>;

    fn deref(&self) -> &Fallback<M> {
        &self.model
    }
}

impl<M: Model, O, L, Me> DerefMut for Compiled<M, O, L, Me> {
    fn deref_mut(&mut self) -> &mut Fallback<M> {
        &mut self.model
    }
}
