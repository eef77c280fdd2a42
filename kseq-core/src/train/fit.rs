//! `Fit`: the arguments of `fit`, under Keras's names and with Keras's defaults.

use crate::error::Error;
use crate::text::Note;

/// In which order an epoch takes the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shuffle {
    /// A new random order every epoch (`shuffle = True`).
    True,
    /// The given order (`shuffle = False`).
    False,
}

impl From<bool> for Shuffle {
    fn from(shuffle: bool) -> Self {
        if shuffle {
            Shuffle::True
        } else {
            Shuffle::False
        }
    }
}

/// Samples and their targets.
pub(super) type Pairs<'a, X, Y> = (&'a [X], &'a [Y]);

/// What is trained on, and what is validated with.
type Parts<'a, X, Y> = (Pairs<'a, X, Y>, Option<Pairs<'a, X, Y>>);

/// The arguments of `fit`.
///
/// ```
/// use kseq_core::train::Fit;
/// let options: Fit<'_, [f32; 4], [f32; 2]> = Fit::new().batch_size(128).epochs(20).shuffle(false);
/// # let _ = options;
/// ```
#[derive(Debug)]
#[must_use]
pub struct Fit<'a, X, Y> {
    pub(super) batch_size: Option<usize>,
    pub(super) epochs: usize,
    pub(super) initial_epoch: usize,
    pub(super) verbose: u8,
    pub(super) shuffle: Shuffle,
    pub(super) validation_split: f64,
    pub(super) validation_data: Option<(&'a [X], &'a [Y])>,
}

impl<X, Y> Default for Fit<'_, X, Y> {
    fn default() -> Self {
        Fit::new()
    }
}

impl<'a, X, Y> Fit<'a, X, Y> {
    /// Keras's defaults: batches of 32, one epoch, a progress bar, shuffled, no validation.
    pub const fn new() -> Self {
        Fit {
            batch_size: None,
            epochs: 1,
            initial_epoch: 0,
            verbose: 1,
            shuffle: Shuffle::True,
            validation_split: 0.0,
            validation_data: None,
        }
    }

    /// Samples for each update; the last batch of an epoch may be smaller. Default 32, and for a
    /// stateful model its own batch size.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// The epoch at which training ends, counted from 0: with `initial_epoch(2)`, `epochs(5)` trains
    /// three epochs. Default 1.
    pub const fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// The epoch at which training begins. Default 0.
    pub const fn initial_epoch(mut self, initial_epoch: usize) -> Self {
        self.initial_epoch = initial_epoch;
        self
    }

    /// 0: silent; 1: a progress bar (default); 2: one line an epoch.
    pub const fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// Whether every epoch takes the samples in a new random order. Default true.
    pub fn shuffle(mut self, shuffle: impl Into<Shuffle>) -> Self {
        self.shuffle = shuffle.into();
        self
    }

    /// The share of the samples, taken from the **end** before any shuffling, that is not trained on
    /// but evaluated after every epoch: at least 0, less than 1. Default 0.
    ///
    /// Sorted data would leave whole classes out of training: shuffle them first.
    pub const fn validation_split(mut self, validation_split: f64) -> Self {
        self.validation_split = validation_split;
        self
    }

    /// Data that is evaluated after every epoch; overrides `validation_split`.
    pub const fn validation_data(mut self, x: &'a [X], y: &'a [Y]) -> Self {
        self.validation_data = Some((x, y));
        self
    }

    /// The samples to train on and to validate with.
    pub(super) fn split(&self, x: &'a [X], y: &'a [Y]) -> Result<Parts<'a, X, Y>, Error> {
        if self.batch_size == Some(0) {
            let why = Note::new().str("expected at least 1 sample a batch, found 0");
            return Err(argument("batch_size", why));
        }
        if self.validation_data.is_some() || self.validation_split == 0.0 {
            return Ok(((x, y), self.validation_data));
        }
        let split = self.validation_split;
        if !(0.0..1.0).contains(&split) {
            let why = Note::new()
                .str("expected at least 0 and less than 1, found ")
                .float(self.validation_split as f32);
            return Err(argument("validation_split", why));
        }
        // Keras: floor(n * (1 - validation_split)) samples are trained on.
        let at = (x.len() as f64 * (1.0 - split)) as usize;
        if at == 0 || at == x.len() {
            let why = Note::new()
                .float(self.validation_split as f32)
                .str(" of ")
                .num(x.len())
                .str(" samples leaves one part without any");
            return Err(argument("validation_split", why));
        }
        Ok(((&x[..at], &y[..at]), Some((&x[at..], &y[at..]))))
    }
}

fn argument(name: &'static str, why: Note) -> Error {
    Error::Argument { name, why }
}
