//! `Sequence`: batches by index, and `Flow`: those of samples in memory or in a file.

use std::boxed::Box;
use std::format;
use std::vec::Vec;

use super::arguments::positive;
use super::batch::{Batch, Failure, IntoBatch};
use super::order::Order;
use crate::check;
use crate::error::Error;
use crate::rng::Rng;

/// Batches by index: Keras's `keras.utils.Sequence` (`PyDataset` in Keras 3).
///
/// A pass over the data takes each batch once, in a new random order unless `fit` has
/// `shuffle(false)`. Several workers ask for batches at once; the order in which they are trained
/// on does not depend on it.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Sequence;
///
/// /// The multiples of 7, eight at a time.
/// struct Sevens;
///
/// impl Sequence for Sevens {
///     type Item = (Vec<[f32; 1]>, Vec<[f32; 1]>);
///
///     fn len(&self) -> usize {
///         100
///     }
///
///     fn get(&self, index: usize) -> Self::Item {
///         let x: Vec<[f32; 1]> = (0..8).map(|i| [(8 * index + i) as f32]).collect();
///         let y = x.iter().map(|[x]| [7.0 * x]).collect();
///         (x, y)
///     }
/// }
/// assert_eq!(Sevens.get(2).1[1], [119.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no sequence of batches",
    label = "expected a `Sequence`",
    note = "of arrays it is `Flow::new(&x, &y, batch_size)?`: `datagen.flow(Flow::new(&x, &y, 32)?)?`, which `fit_generator` takes"
)]
pub trait Sequence: Send + Sync {
    /// A batch, or a `Result` of one.
    type Item: IntoBatch;

    /// The number of batches of a pass over the data (`__len__`), asked anew when a pass has begun: it may be
    /// another one then. A training that is resumed finds the same one if it is drawn in
    /// [`on_epoch_begin`](Sequence::on_epoch_begin).
    fn len(&self) -> usize;

    /// Whether there is no batch.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A batch (`__getitem__`); it depends on nothing but its index and this pass over the data.
    fn get(&self, index: usize) -> Self::Item;

    /// Before a pass over the data. A sequence that shuffles samples or changes them at random takes
    /// its numbers from here: they are drawn from the model's seed and new for each pass, and a training
    /// that is resumed gets the same ones.
    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        let _ = rng;
    }

    /// As soon as the last batch of a pass has been taken.
    fn on_epoch_end(&mut self) {}
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<S: Sequence + ?Sized> Sequence for $pointer {
            type Item = S::Item;

            fn len(&self) -> usize {
                (**self).len()
            }
            fn get(&self, index: usize) -> S::Item {
                (**self).get(index)
            }
            fn on_epoch_begin(&mut self, rng: &mut Rng) {
                (**self).on_epoch_begin(rng);
            }
            fn on_epoch_end(&mut self) {
                (**self).on_epoch_end();
            }
        }
    )*};
}
forward!(&mut S, Box<S>);

/// Samples by index, wherever they are: in memory, or in a file that is larger than it.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Samples;
/// assert_eq!(vec![7u32, 8, 9].read(&[2, 0])?, [9, 7]);
/// # Ok::<(), kseq::train::Failure>(())
/// ```
pub trait Samples: Send + Sync {
    /// One sample, or one target.
    type Sample: Send;

    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples with these indices, all of which are less than [`len`](Samples::len), or why they cannot be read.
    ///
    /// # Errors
    /// What the samples say, as a file does that has become too short.
    fn read(&self, indices: &[usize]) -> Result<Vec<Self::Sample>, Failure>;
}

macro_rules! in_memory {
    ($($array:ty),*) => {$(
        impl<T: Copy + Send + Sync> Samples for $array {
            type Sample = T;

            fn len(&self) -> usize {
                <[T]>::len(self)
            }
            fn read(&self, indices: &[usize]) -> Result<Vec<T>, Failure> {
                let mut samples = Vec::with_capacity(indices.len());
                for &i in indices {
                    // As a slice, so that a large sample never passes over the stack.
                    let sample = self.get(i..=i).ok_or_else(|| {
                        std::format!("there is no sample {i}, there are {}", self.len())
                    })?;
                    samples.extend_from_slice(sample);
                }
                Ok(samples)
            }
        }
    )*};
}
in_memory!(Vec<T>, &[T]);

impl<T: Copy + Send + Sync> Samples for &Vec<T> {
    type Sample = T;

    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn read(&self, indices: &[usize]) -> Result<Vec<T>, Failure> {
        self.as_slice().read(indices)
    }
}

/// Samples and targets as a [`Sequence`] of batches of neighbours; the last one may be smaller.
///
/// It reads what is asked for and no more: the way to train on a file that is larger than memory.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::{Flow, Sequence};
/// let (x, y) = (vec![[1.0f32], [2.0], [3.0]], vec![0u32, 1, 0]);
/// let batches = Flow::new(&x, &y, 2)?;
/// assert_eq!(batches.len(), 2);
/// assert_eq!(batches.get(1)?.x, [[3.0]]);
/// # Ok::<(), kseq::train::Failure>(())
/// ```
#[derive(Clone, Debug)]
pub struct Flow<A, B> {
    x: A,
    y: B,
    batch_size: usize,
    shuffle: bool,
    /// The order of the samples.
    order: Order,
}

impl<A: Samples, B: Samples> Flow<A, B> {
    /// Batches of `batch_size` samples.
    ///
    /// # Errors
    /// Different numbers of samples and targets, none at all, or batches of none.
    pub fn new(x: A, y: B, batch_size: usize) -> Result<Self, Error> {
        positive("batch_size", Some(batch_size))?;
        check::lengths("flow", x.len(), y.len())?;
        Ok(Flow {
            x,
            y,
            batch_size,
            shuffle: false,
            order: Order::Given,
        })
    }

    /// Whether every pass mixes the samples anew. Default false: batches are neighbours, which a
    /// disk reads fast, and only their order is random. Keras's `flow` has true.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }
}

impl<A: Samples, B: Samples> Flow<A, B> {
    /// The samples of a batch.
    fn indices(&self, batch: usize) -> Vec<usize> {
        let n = self.x.len();
        let first = n.min(batch.saturating_mul(self.batch_size));
        let end = n.min(first.saturating_add(self.batch_size));
        (first..end).map(|i| self.order.at(i)).collect()
    }
}

impl<A: Samples, B: Samples> Sequence for Flow<A, B> {
    type Item = Result<Batch<A::Sample, B::Sample>, Failure>;

    fn len(&self) -> usize {
        self.x.len().div_ceil(self.batch_size)
    }

    fn get(&self, index: usize) -> Self::Item {
        let indices = self.indices(index);
        let (x, y) = (self.x.read(&indices)?, self.y.read(&indices)?);
        for (name, samples) in [("x", x.len()), ("y", y.len())] {
            if samples != indices.len() {
                let asked = indices.len();
                return Err(
                    format!("{asked} samples of {name} were asked for and {samples} read").into(),
                );
            }
        }
        Ok(Batch {
            x,
            y,
            sample_weight: None,
        })
    }

    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        if self.shuffle {
            let before = core::mem::take(&mut self.order);
            self.order = Order::random(self.x.len(), rng, before);
        }
    }
}
