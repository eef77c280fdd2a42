//! `Generator`: an iterator or a `Sequence`, whose batches are made by threads beside the training.

use core::marker::PhantomData;

use super::arguments::{argument, positive};
use super::batch::IntoBatch;
use super::sequence::Sequence;
use super::source::BatchSource;
use crate::error::Error;
use crate::text::Note;

/// So many threads can only be a mistake.
const MAX_WORKERS: usize = 1024;

/// An iterator or a [`Sequence`], and how many threads run it beside the training.
///
/// The methods of a model take iterators and sequences as they are; this is for other numbers than
/// Keras's defaults.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::{Flow, Generator};
/// let (x, y) = (vec![[0.0f32; 4]; 100], vec![1u32; 100]);
/// let batches = Generator::new(Flow::new(x, y, 32)?).workers(2).max_queue_size(4);
/// # let _ = batches;
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[must_use]
pub struct Generator<'g, X, Y, W = f32> {
    pub(super) source: BatchSource<'g, X, Y>,
    pub(super) workers: usize,
    pub(super) max_queue_size: usize,
    /// The type of the weights, to be checked against the model's output.
    weights: PhantomData<fn() -> W>,
}

impl<'g, X, Y, W> Generator<'g, X, Y, W> {
    /// Keras's defaults: one worker, a queue of ten.
    pub fn new<Kind>(source: impl IntoGenerator<'g, Kind, X = X, Y = Y, W = W>) -> Self {
        source.into_generator()
    }

    fn of(source: BatchSource<'g, X, Y>) -> Self {
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
    pub(in crate::train) fn check(
        &self,
        what: &'static str,
        steps: Option<usize>,
    ) -> Result<(), Error> {
        positive("max_queue_size", Some(self.max_queue_size))?;
        // An iterator has one worker, and more than there is room for have nothing to do.
        let workers = match self.source {
            BatchSource::Iterator { .. } => 1,
            BatchSource::Sequence(_) => self.workers.min(self.max_queue_size),
        };
        if workers > MAX_WORKERS {
            let why = Note::new().str("expected at most ").num(MAX_WORKERS);
            let why = why.str(" threads, found ").num(workers);
            return Err(argument("workers", why));
        }
        match &self.source {
            BatchSource::Iterator {
                panicked: Some(panic),
                ..
            } => Err(panic.clone()),
            BatchSource::Iterator { endless: true, .. } if steps.is_none() => Err(argument(
                what,
                Note::new().str("this iterator never ends: say how many batches are to be taken"),
            )),
            _ => Ok(()),
        }
    }

    /// The same without the type of the weights, which has been checked.
    pub(in crate::train) fn erased(self) -> Generator<'g, X, Y> {
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
        Generator::of(BatchSource::of_iterator(self))
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
        Generator::of(BatchSource::of_sequence(self))
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
