//! Where the batches of a generator come from: an iterator or a `Sequence` of any type.

use core::any::Any;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::{String, ToString};

use super::batch::{FlatBatch, IntoBatch, flat};
use super::sequence::Sequence;
use super::sync::{Mutex, PoisonError, RwLock};
use crate::error::Error;
use crate::rng::Rng;

/// An iterator of any type.
type DynIterator<'g, X, Y> = Box<dyn Iterator<Item = FlatBatch<X, Y>> + Send + 'g>;

/// A [`Sequence`] of any type. Workers read it, and between two passes it may change.
pub(super) type SharedSequence<'g, X, Y> = RwLock<Box<dyn DynSequence<X, Y> + 'g>>;

/// Where the batches of a generator come from.
pub(super) enum BatchSource<'g, X, Y> {
    Iterator {
        batches: Mutex<DynIterator<'g, X, Y>>,
        /// How many there are, if the iterator knows.
        steps: Option<usize>,
        /// Whether it says that it never ends.
        endless: bool,
        /// Its `size_hint` panicked.
        panicked: Option<Error>,
    },
    Sequence(SharedSequence<'g, X, Y>),
}

impl<'g, X, Y> BatchSource<'g, X, Y> {
    pub fn of_iterator<I>(iterator: I) -> Self
    where
        I: Iterator<Item: IntoBatch<X = X, Y = Y>> + Send + 'g,
    {
        let hint = catch_unwind(AssertUnwindSafe(|| iterator.size_hint()));
        let panicked = hint.as_ref().err().map(|panic| panicked(0, &**panic));
        let (least, most) = hint.unwrap_or_default();
        BatchSource::Iterator {
            batches: Mutex::new(Box::new(iterator.fuse().map(flat))),
            steps: most.filter(|most| *most == least),
            endless: (least, most) == (usize::MAX, None),
            panicked,
        }
    }

    pub fn of_sequence<S>(sequence: S) -> Self
    where
        S: Sequence<Item: IntoBatch<X = X, Y = Y>> + 'g,
    {
        BatchSource::Sequence(RwLock::new(Box::new(ErasedSequence(sequence))))
    }

    /// A batch by its index, or the next one of an iterator.
    pub fn batch(&self, index: usize) -> Option<FlatBatch<X, Y>> {
        match self {
            BatchSource::Iterator { batches, .. } => {
                let mut batches = batches.lock().unwrap_or_else(PoisonError::into_inner);
                batches.next()
            }
            BatchSource::Sequence(sequence) => {
                let sequence = sequence.read().unwrap_or_else(PoisonError::into_inner);
                Some(sequence.batch(index))
            }
        }
    }
}

/// The error of a panic, with its text.
pub(super) fn panicked(batch: usize, panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref().cloned());
    let message = text.unwrap_or_else(|| String::from("(without a text)"));
    Error::Panic { batch, message }
}

/// What the queue asks of a [`Sequence`], without the type of its items.
pub(super) trait DynSequence<X, Y>: Send + Sync {
    fn len(&self) -> usize;
    fn batch(&self, index: usize) -> FlatBatch<X, Y>;
    fn on_epoch_begin(&mut self, rng: &mut Rng);
    fn on_epoch_end(&mut self);
}

struct ErasedSequence<S>(S);

impl<X, Y, S> DynSequence<X, Y> for ErasedSequence<S>
where
    S: Sequence<Item: IntoBatch<X = X, Y = Y>>,
{
    fn len(&self) -> usize {
        self.0.len()
    }
    fn batch(&self, index: usize) -> FlatBatch<X, Y> {
        flat(self.0.get(index))
    }
    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        self.0.on_epoch_begin(rng);
    }
    fn on_epoch_end(&mut self) {
        self.0.on_epoch_end();
    }
}
