//! `Batch`: what a generator gives for one step, and `IntoBatch`: the forms that it may have.

use std::boxed::Box;
use std::sync::Arc;
use std::vec::Vec;

use super::sample_weight::checked_sample_weight;
use crate::error::Error;
use crate::tensor::Tensor;

/// Why a generator could not make a batch: any error, or a text.
pub type Failure = Box<dyn core::error::Error + Send + Sync>;

/// Some samples with their targets, and perhaps what each of them counts for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch<X, Y = (), W = f32> {
    /// The samples.
    pub x: Vec<X>,
    /// A target for each.
    pub y: Vec<Y>,
    /// A weight for each: an `f32`, or one for each time step (see [`SampleWeight`]).
    ///
    /// [`SampleWeight`]: crate::train::SampleWeight
    pub sample_weight: Option<Vec<W>>,
}

/// The [`Batch`] that a type stands for.
pub type BatchOf<B> = Batch<<B as IntoBatch>::X, <B as IntoBatch>::Y, <B as IntoBatch>::W>;

/// What an iterator or a [`Sequence`] may give for one step: `(x, y)`, `(x, y, sample_weight)`, a
/// [`Batch`], or a `Result` of these with any error; for `predict_generator` also `x` alone.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::{Batch, IntoBatch};
/// let batch = (vec![[0.5f32; 3]; 2], vec![0u32, 1]).into_batch().unwrap();
/// assert_eq!((batch.x.len(), batch.y, batch.sample_weight), (2, vec![0, 1], None));
///
/// let failed: Result<(Vec<[f32; 3]>, Vec<u32>), &str> = Err("the disk is gone");
/// assert_eq!(failed.into_batch().unwrap_err().to_string(), "the disk is gone");
/// ```
///
/// [`Sequence`]: crate::train::Sequence
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a batch",
    label = "expected `(Vec<X>, Vec<Y>)`, with a third `Vec` for sample weights, or a `Result` of it",
    note = "X is the model's input type, Y the type of the loss's targets"
)]
pub trait IntoBatch {
    /// The samples.
    type X;
    /// The targets; `()` if there are none.
    type Y;
    /// The weights.
    type W: Tensor<Elem = f32>;

    /// The batch, or why there is none.
    ///
    /// # Errors
    /// What the generator says.
    fn into_batch(self) -> Result<BatchOf<Self>, Failure>
    where
        Self: Sized;
}

impl<X, Y, W: Tensor<Elem = f32>> IntoBatch for Batch<X, Y, W> {
    type X = X;
    type Y = Y;
    type W = W;

    fn into_batch(self) -> Result<Self, Failure> {
        Ok(self)
    }
}

impl<X> IntoBatch for Vec<X> {
    type X = X;
    type Y = ();
    type W = f32;

    fn into_batch(self) -> Result<Batch<X>, Failure> {
        (self, Vec::new()).into_batch()
    }
}

impl<X, Y> IntoBatch for (Vec<X>, Vec<Y>) {
    type X = X;
    type Y = Y;
    type W = f32;

    fn into_batch(self) -> Result<Batch<X, Y>, Failure> {
        let ((x, y), sample_weight) = (self, None);
        Ok(Batch {
            x,
            y,
            sample_weight,
        })
    }
}

impl<X, Y, W: Tensor<Elem = f32>> IntoBatch for (Vec<X>, Vec<Y>, Vec<W>) {
    type X = X;
    type Y = Y;
    type W = W;

    fn into_batch(self) -> Result<Batch<X, Y, W>, Failure> {
        let (x, y, weights) = self;
        let sample_weight = Some(weights);
        Ok(Batch {
            x,
            y,
            sample_weight,
        })
    }
}

impl<B: IntoBatch, E: Into<Failure>> IntoBatch for Result<B, E> {
    type X = B::X;
    type Y = B::Y;
    type W = B::W;

    fn into_batch(self) -> Result<BatchOf<B>, Failure> {
        self.map_err(Into::into)?.into_batch()
    }
}

/// A batch with its weights one after the other.
pub(super) type FlatBatch<X, Y> = Result<Batch<X, Y>, Failure>;

/// The batch with its weights one after the other, checked: one for each sample.
pub(super) fn flat<B: IntoBatch>(batch: B) -> FlatBatch<B::X, B::Y> {
    let batch = batch.into_batch()?;
    // Which output they are for is not known here.
    let weights =
        checked_sample_weight::<[f32; 1], _>(batch.sample_weight.as_deref(), batch.x.len())?;
    let sample_weight = weights.map(<[f32]>::to_vec);
    Ok(Batch {
        x: batch.x,
        y: batch.y,
        sample_weight,
    })
}

/// The error of a generator, with the index of the batch that it belongs to.
pub(in crate::train) fn failed(batch: usize, failure: Failure) -> Error {
    let source = Arc::from(failure);
    Error::Generator { batch, source }
}
