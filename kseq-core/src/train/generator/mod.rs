//! `fit_generator`, `evaluate_generator`, `predict_generator`: batches from an iterator or a
//! [`Sequence`], made by threads beside the training.

mod augment;
mod batch;
mod image;
mod queue;
mod sequence;

use core::marker::PhantomData;
use std::boxed::Box;
use std::sync::{Mutex, PoisonError, RwLock};
use std::vec::Vec;

pub use augment::{ImageDataGenerator, ImageFlow};
pub use batch::{Batch, BatchOf, Failure, IntoBatch};
pub use image::{FillMode, Image, Transform};
pub(super) use queue::{Course, Queue};
pub use sequence::{Flow, Samples, Sequence};

use super::compiled::{Compiled, Scores};
use super::evaluate::{Evaluate, Predict};
use super::fit::{Fit, argument, class_weights, combined, positive};
use super::history::History;
use super::progress::ProgbarLogger;
use super::sample_weight::{ClassWeight, SampleWeight};
use super::sequential::Sequential;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::rng::{Purpose, Rng};
use crate::text::Note;
use batch::flat;
use queue::{Indexed, Shared, failed};

/// A batch with its weights one after the other.
type Flat<X, Y> = Result<Batch<X, Y>, Failure>;

/// An iterator of any type.
type Boxed<'g, X, Y> = Box<dyn Iterator<Item = Flat<X, Y>> + Send + 'g>;

/// Where the batches of a generator come from.
enum Source<'g, X, Y> {
    Iterator {
        batches: Mutex<Boxed<'g, X, Y>>,
        /// How many there are, if the iterator knows.
        steps: Option<usize>,
        /// Whether it says that it never ends.
        endless: bool,
    },
    Sequence(Shared<'g, X, Y>),
}

impl<X, Y> Source<'_, X, Y> {
    /// A batch by its index, or the next one of an iterator.
    fn batch(&self, index: usize) -> Option<Flat<X, Y>> {
        match self {
            Source::Iterator { batches, .. } => {
                let mut batches = batches.lock().unwrap_or_else(PoisonError::into_inner);
                batches.next()
            }
            Source::Sequence(sequence) => {
                let sequence = sequence.read().unwrap_or_else(PoisonError::into_inner);
                Some(sequence.batch(index))
            }
        }
    }
}

struct Erased<S>(S);

impl<X, Y, S> Indexed<X, Y> for Erased<S>
where
    S: Sequence,
    S::Item: IntoBatch<X = X, Y = Y>,
{
    fn len(&self) -> usize {
        self.0.len()
    }
    fn batch(&self, index: usize) -> Flat<X, Y> {
        flat(self.0.get(index))
    }
    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        self.0.on_epoch_begin(rng);
    }
    fn on_epoch_end(&mut self) {
        self.0.on_epoch_end();
    }
}

/// An iterator or a [`Sequence`], and how many threads run it beside the training.
///
/// The methods of a model take iterators and sequences as they are; this is for other numbers than
/// Keras's defaults.
///
/// ```
/// use kseq_core::train::{Flow, Generator};
/// let (x, y) = (vec![[0.0f32; 4]; 100], vec![1u32; 100]);
/// let batches = Generator::new(Flow::new(x, y, 32)?).workers(2).max_queue_size(4);
/// # let _ = batches;
/// # Ok::<(), kseq_core::error::Error>(())
/// ```
#[must_use]
pub struct Generator<'g, X, Y, W = f32> {
    source: Source<'g, X, Y>,
    workers: usize,
    max_queue_size: usize,
    /// The type of the weights, to be checked against the model's output.
    weights: PhantomData<fn() -> W>,
}

impl<'g, X, Y, W> Generator<'g, X, Y, W> {
    /// Keras's defaults: one worker, a queue of ten.
    pub fn new<Kind>(source: impl IntoGenerator<'g, Kind, X = X, Y = Y, W = W>) -> Self {
        source.into_generator()
    }

    fn of(source: Source<'g, X, Y>) -> Self {
        Generator {
            source,
            workers: 1,
            max_queue_size: 10,
            weights: PhantomData,
        }
    }

    /// The threads that make batches. 0: the thread that trains does, between the steps. Default 1.
    ///
    /// An iterator has one at most, since it has one order; more than `max_queue_size` have nothing to
    /// do. The number never changes a result.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The batches that are ready or being made, at most, besides the one that is trained on: this
    /// bounds the memory. Default 10.
    pub fn max_queue_size(mut self, max_queue_size: usize) -> Self {
        self.max_queue_size = max_queue_size;
        self
    }

    /// What is wrong with the arguments; `steps` are those asked for.
    pub(super) fn check(&self, what: &'static str, steps: Option<usize>) -> Result<(), Error> {
        positive("max_queue_size", Some(self.max_queue_size))?;
        match self.source {
            Source::Iterator { endless: true, .. } if steps.is_none() => Err(argument(
                what,
                Note::new().str("this iterator never ends: say how many batches are to be taken"),
            )),
            _ => Ok(()),
        }
    }

    /// The same without the type of the weights, which has been checked.
    pub(super) fn erased(self) -> Generator<'g, X, Y> {
        Generator {
            source: self.source,
            workers: self.workers,
            max_queue_size: self.max_queue_size,
            weights: PhantomData,
        }
    }
}

/// What the generator methods take: an iterator of batches, a [`Sequence`], or a [`Generator`] of one
/// of them. `Kind` tells which; the compiler finds it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a generator",
    label = "expected an iterator of batches, or a `Sequence`",
    note = "an iterator runs on a thread of its own and is therefore `Send`; its items are `(Vec<X>, Vec<Y>)`, with a third `Vec` for sample weights, or a `Result` of it"
)]
pub trait IntoGenerator<'g, Kind> {
    /// The samples.
    type X;
    /// The targets.
    type Y;
    /// The weights.
    type W;

    /// The generator.
    fn into_generator(self) -> Generator<'g, Self::X, Self::Y, Self::W>;
}

/// The kind of an iterator.
pub struct OfIterator;
/// The kind of a [`Sequence`].
pub struct OfSequence;
/// The kind of a [`Generator`].
pub struct OfGenerator;

impl<'g, I> IntoGenerator<'g, OfIterator> for I
where
    I: Iterator<Item: IntoBatch> + Send + 'g,
{
    type X = <I::Item as IntoBatch>::X;
    type Y = <I::Item as IntoBatch>::Y;
    type W = <I::Item as IntoBatch>::W;

    fn into_generator(self) -> Generator<'g, Self::X, Self::Y, Self::W> {
        let (least, most) = self.size_hint();
        Generator::of(Source::Iterator {
            batches: Mutex::new(Box::new(self.fuse().map(flat))),
            steps: most.filter(|most| *most == least),
            endless: (least, most) == (usize::MAX, None),
        })
    }
}

impl<'g, S> IntoGenerator<'g, OfSequence> for S
where
    S: Sequence + 'g,
{
    type X = <S::Item as IntoBatch>::X;
    type Y = <S::Item as IntoBatch>::Y;
    type W = <S::Item as IntoBatch>::W;

    fn into_generator(self) -> Generator<'g, Self::X, Self::Y, Self::W> {
        Generator::of(Source::Sequence(RwLock::new(Box::new(Erased(self)))))
    }
}

impl<'g, X, Y, W> IntoGenerator<'g, OfGenerator> for Generator<'g, X, Y, W> {
    type X = X;
    type Y = Y;
    type W = W;

    fn into_generator(self) -> Self {
        self
    }
}

impl<M, O, L, Me> Compiled<M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    /// Trains on the batches of an iterator or a [`Sequence`], as Keras's `fit_generator`.
    ///
    /// Threads make the batches beside the training (see [`Generator`]). Their number changes neither
    /// the order of the batches nor a result: with the same batches, `fit` gives the same bits. When
    /// this returns, however it ends, all threads have ended; it waits for the batch that they are at.
    ///
    /// - A [`Sequence`] is taken once in every epoch, each time in a new order unless
    ///   `shuffle(false)`; with `steps_per_epoch` an epoch goes on where the last one ended.
    /// - An iterator is taken in its order. Without `steps_per_epoch` the epoch is all of it; with it,
    ///   the iterator gives `steps_per_epoch * epochs` batches, and no more are taken.
    ///
    /// ```
    /// # use kseq_core::{error::Error, losses::Loss, metrics::Metrics, model::Model, optimizers::Optimizer};
    /// # use kseq_core::train::{Compiled, Fit, Flow, Generator};
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
    /// batches before have been trained on, with any number of workers.
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
        let generator = generator.into_generator().erased();
        options.check()?;
        class_weights::<M::Output, L::Target, C>(&options.class_weight)?;
        generator.check("steps_per_epoch", options.steps_per_epoch)?;
        for (name, given, why) in [
            (
                "batch_size",
                options.batch_size.is_some(),
                "the generator decides how many samples a batch has",
            ),
            (
                "sample_weight",
                options.sample_weight.is_some(),
                "the generator gives the weights with its batches: `(x, y, sample_weight)`",
            ),
            (
                "validation_split",
                options.validation_split != 0.0,
                "a generator cannot be split; give `validation_data`",
            ),
        ] {
            if given {
                return Err(argument(name, Note::new().str(why)));
            }
        }
        let data = options.validation_data;
        if let Some((x, y)) = data {
            self.checked("validation_data", x, y)?;
        }
        let size = self.batch_size(options.validation_batch_size);
        let weights = options.validation_sample_weight;
        let validation = data.map(|data| self.validation((data, weights), size));
        let validation = validation.transpose()?;
        let (class_weight, options) = options.exchange_class_weight(());
        let weigh = |y: &[L::Target], given: Option<&[f32]>| {
            combined::<M::Output, _, _>(&class_weight, y, given)
        };
        let epochs = options.epochs.saturating_sub(options.initial_epoch);
        let steps = options.steps_per_epoch;
        let course = Course {
            shuffle: options.shuffle != super::Shuffle::False,
            pass: None,
            total: steps.map(|steps| steps.saturating_mul(epochs)),
            weigh: if C::NONE { None } else { Some(&weigh) },
        };
        Queue::new(generator, course).run(|train| self.validated(train, validation, options))
    }

    /// Loss and metrics over the batches of an iterator or a [`Sequence`], as Keras's
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
        options.check()?;
        generator.check("steps", options.steps)?;
        if options.batch_size.is_some() || options.sample_weight.is_some() {
            let why =
                Note::new().str("no `batch_size` or `sample_weight`: the generator gives them");
            return Err(argument("evaluate_generator", why));
        }
        let (steps, verbose) = (options.steps, options.verbose);
        let course = Course {
            pass: steps,
            total: steps,
            ..Course::default()
        };
        let queue = Queue::new(generator, course);
        let loss =
            queue.run(|source| self.evaluation(source, steps, verbose, options.callbacks))?;
        Ok(self.scores(loss))
    }
}

impl<M: Model> Sequential<M> {
    /// The outputs for the batches of an iterator or a [`Sequence`], one after the other, as Keras's
    /// `predict_generator`. Targets and weights are ignored.
    ///
    /// ```
    /// # use kseq_core::{error::Error, model::Model, train::{Predict, Sequential}};
    /// # fn of<M: Model>(model: &Sequential<M>, x: &[M::Input]) -> Result<(), Error> {
    /// let y = model.predict_generator(x.chunks(32).map(<[M::Input]>::to_vec), Predict::new())?;
    /// assert_eq!(y.len(), x.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Sequential::predict) and [`fit_generator`](Compiled::fit_generator).
    pub fn predict_generator<'g, Kind, G>(
        &self,
        generator: G,
        options: Predict,
    ) -> Result<Vec<M::Output>, Error>
    where
        G: IntoGenerator<'g, Kind, X = M::Input>,
        G::Y: Send,
    {
        let generator = generator.into_generator().erased();
        let steps = options.steps;
        positive("steps", steps)?;
        generator.check("steps", steps)?;
        if options.batch_size.is_some() {
            let why = Note::new().str("the generator decides how many samples a batch has");
            return Err(argument("batch_size", why));
        }
        let mut progress = ProgbarLogger::new(options.verbose);
        let course = Course {
            pass: steps,
            total: steps,
            ..Course::default()
        };
        Queue::new(generator, course).run(|source| {
            let mut outputs = Vec::new();
            progress.begin(steps.or(source.steps()).unwrap_or(0));
            source.begin(Rng::new(self.seed, Purpose::Shuffle, 0, 0))?;
            for at in 0..steps.unwrap_or(usize::MAX) {
                let Some(batch) = source.next()? else { break };
                let y = self.predict(batch.x);
                let at = batch.unchecked.unwrap_or(at);
                outputs.extend(y.map_err(|e| failed(at, e.into()))?);
            }
            progress.finish();
            Ok(outputs)
        })
    }
}
