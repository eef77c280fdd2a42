//! The arguments of `evaluate` and the `*_on_batch` family, under Keras's names and with Keras's
//! defaults.

use std::vec::Vec;

use crate::error::Error;
use crate::model::Model;
use crate::text::Note;
use crate::train::callbacks::Callback;
use crate::train::data::arguments::{argument, has_fixed_shape, positive};

/// The arguments of `evaluate`.
///
/// ```
/// # use kseq_core as kseq;
/// # use kseq::{model::Model, train::Evaluate};
/// # fn of<'a, M: Model>() -> Evaluate<'a, M> {
/// Evaluate::new().batch_size(128).steps(10)
/// # }
/// ```
#[must_use]
pub struct Evaluate<'a, M: Model, W = f32> {
    pub(in crate::train) batch_size: Option<usize>,
    pub(in crate::train) verbose: u8,
    pub(in crate::train) sample_weight: Option<&'a [W]>,
    pub(in crate::train) steps: Option<usize>,
    pub(in crate::train) callbacks: Vec<&'a mut dyn Callback<M>>,
}

impl<M: Model> Default for Evaluate<'_, M> {
    fn default() -> Self {
        Evaluate::new()
    }
}

impl<M: Model> Evaluate<'_, M> {
    /// Batches of 32, all of them, silent (Keras prints a progress bar: `verbose(1)`).
    pub const fn new() -> Self {
        Evaluate {
            batch_size: None,
            verbose: 0,
            sample_weight: None,
            steps: None,
            callbacks: Vec::new(),
        }
    }
}

impl<'a, M: Model, W> Evaluate<'a, M, W> {
    /// Samples for each batch. Default 32, and for a stateful model its own batch size.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// 0: silent (default); 1: a progress bar; 2: one line.
    pub const fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// The number of batches. Default: all.
    pub const fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }

    /// Whose `on_test_*` methods are called, in this order.
    pub fn callbacks<const N: usize>(mut self, callbacks: [&'a mut dyn Callback<M>; N]) -> Self {
        self.callbacks.extend(callbacks);
        self
    }

    /// What each sample, or each of its time steps, counts for: see [`Fit::sample_weight`](crate::train::Fit::sample_weight).
    pub fn sample_weight<W2>(self, weights: &'a [W2]) -> Evaluate<'a, M, W2> {
        Evaluate {
            batch_size: self.batch_size,
            verbose: self.verbose,
            sample_weight: Some(weights),
            steps: self.steps,
            callbacks: self.callbacks,
        }
    }

    pub(in crate::train) fn check(&self) -> Result<(), Error> {
        positive("batch_size", self.batch_size)?;
        positive("steps", self.steps)
    }

    /// What a generator decides itself is not an argument.
    pub(in crate::train) fn check_generator(&self) -> Result<(), Error> {
        has_fixed_shape::<M>("evaluate_generator")?;
        if self.batch_size.is_some() || self.sample_weight.is_some() {
            let why =
                Note::new().str("no `batch_size` or `sample_weight`: the generator gives them");
            return Err(argument("evaluate_generator", why));
        }
        Ok(())
    }
}

/// What the samples of a single batch count for: the arguments of `train_on_batch` and
/// `test_on_batch`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::OnBatch;
/// let options = OnBatch::new().sample_weight(&[1.0, 0.5]).class_weight([1.0, 1.0, 2.0]);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct OnBatch<'a, W = f32, C = ()> {
    pub(in crate::train) sample_weight: Option<&'a [W]>,
    pub(in crate::train) class_weight: C,
}

impl Default for OnBatch<'_> {
    fn default() -> Self {
        OnBatch::new()
    }
}

impl OnBatch<'_> {
    /// Every sample counts the same.
    pub const fn new() -> Self {
        OnBatch {
            sample_weight: None,
            class_weight: (),
        }
    }
}

impl<'a, W, C> OnBatch<'a, W, C> {
    /// See [`Fit::sample_weight`](crate::train::Fit::sample_weight).
    pub fn sample_weight<W2>(self, weights: &'a [W2]) -> OnBatch<'a, W2, C> {
        OnBatch {
            sample_weight: Some(weights),
            class_weight: self.class_weight,
        }
    }

    /// See [`Fit::class_weight`](crate::train::Fit::class_weight).
    pub fn class_weight<C2>(self, class_weight: C2) -> OnBatch<'a, W, C2> {
        OnBatch {
            sample_weight: self.sample_weight,
            class_weight,
        }
    }
}
