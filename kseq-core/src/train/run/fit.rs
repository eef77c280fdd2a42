//! `Fit`: the arguments of `fit`, under Keras's names and with Keras's defaults.

use core::ops::Range;
use std::vec::Vec;

use super::validation_freq::ValidationFreq;
use crate::error::Error;
use crate::model::Model;
use crate::tensor::Tensor;
use crate::text::Note;
use crate::train::callbacks::Callback;
use crate::train::data::arguments::{argument, has_fixed_shape, positive};
use crate::train::data::given::View;
use crate::train::data::sample_weight::FlatWeights;
use crate::train::data::{Generator, Given, Inputs, IntoGenerator, SampleWeight, Shuffle, Targets};

/// What `validation_data` is given.
type ValidationData<'a, M, Y> = (Given<'a, <M as Model>::Input>, Given<'a, Y>);

/// The arguments of `fit`.
///
/// ```
/// # use kseq_core as kseq;
/// # use kseq::{model::Model, train::{Fit, Callback}};
/// # fn of<'a, M: Model, Y>() -> Fit<'a, M, Y> {
/// Fit::new().batch_size(128).epochs(20).validation_split(0.2).shuffle(false)
/// # }
/// ```
#[must_use]
pub struct Fit<'a, M: Model, Y, W = f32, C = ()> {
    pub(in crate::train) batch_size: Option<usize>,
    pub(in crate::train) epochs: usize,
    pub(in crate::train) initial_epoch: usize,
    pub(in crate::train) verbose: u8,
    pub(in crate::train) callbacks: Vec<&'a mut dyn Callback<M>>,
    pub(in crate::train) validation_split: f64,
    pub(in crate::train) validation_data: Option<ValidationData<'a, M, Y>>,
    pub(in crate::train) validation_sample_weight: Option<FlatWeights<'a>>,
    pub(in crate::train) validation_generator: Option<Generator<'a, M::Input, Y>>,
    pub(in crate::train) validation_batch_size: Option<usize>,
    pub(in crate::train) validation_steps: Option<usize>,
    pub(in crate::train) validation_freq: ValidationFreq<'a>,
    pub(in crate::train) shuffle: Shuffle,
    pub(in crate::train) class_weight: C,
    pub(in crate::train) sample_weight: Option<&'a [W]>,
    pub(in crate::train) steps_per_epoch: Option<usize>,
}

impl<M: Model, Y> Default for Fit<'_, M, Y> {
    fn default() -> Self {
        Fit::new()
    }
}

impl<M: Model, Y> Fit<'_, M, Y> {
    /// Keras's defaults: batches of 32, one epoch, a progress bar, shuffled, no validation.
    pub const fn new() -> Self {
        Fit {
            batch_size: None,
            epochs: 1,
            initial_epoch: 0,
            verbose: 1,
            callbacks: Vec::new(),
            validation_split: 0.0,
            validation_data: None,
            validation_sample_weight: None,
            validation_generator: None,
            validation_batch_size: None,
            validation_steps: None,
            validation_freq: ValidationFreq::Every(1),
            shuffle: Shuffle::True,
            class_weight: (),
            sample_weight: None,
            steps_per_epoch: None,
        }
    }
}

impl<'a, M: Model, Y, W, C> Fit<'a, M, Y, W, C> {
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

    /// 0: silent; 1: a progress bar (default); 2: one line an epoch; 3 (not in Keras): a progress bar below the curves of the loss and
    /// the metrics, which are drawn anew after each epoch. In a file, a pipe or a notebook that is as 1, with the curves at the end.
    pub const fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// What is called while the model trains, in this order: `.callbacks([&mut stop, &mut log])`.
    pub fn callbacks<const N: usize>(mut self, callbacks: [&'a mut dyn Callback<M>; N]) -> Self {
        self.callbacks.extend(callbacks);
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
    pub fn validation_data<X: Inputs<M::Input> + ?Sized, Z: Targets<Y> + ?Sized>(
        mut self,
        x: &'a X,
        y: &'a Z,
    ) -> Self {
        self.validation_data = Some((x.inputs(), y.targets()));
        self
    }

    /// The weights of the validation data: the third of Keras's tuple `(x_val, y_val, weights)`. An `f32`
    /// or an `[f32; T]` for each, as of [`sample_weight`](Fit::sample_weight).
    pub fn validation_sample_weight<V>(mut self, weights: &'a [V]) -> Self
    where
        V: SampleWeight<M::Output>,
    {
        self.validation_sample_weight = Some(FlatWeights::of(weights));
        self
    }

    /// An iterator or a [`Sequence`] whose batches are evaluated after every epoch: Keras's
    /// `validation_data = generator`. An iterator needs `validation_steps`, unless it has batches for
    /// one validation only.
    ///
    /// [`Sequence`]: crate::train::Sequence
    pub fn validation_generator<Kind, G>(mut self, generator: G) -> Self
    where
        G: IntoGenerator<'a, Kind, X = M::Input, Y = Y>,
        G::W: SampleWeight<M::Output>,
    {
        self.validation_generator = Some(generator.into_generator().erased());
        self
    }

    /// Samples for each batch of the validation. Default: `batch_size`.
    pub const fn validation_batch_size(mut self, batch_size: usize) -> Self {
        self.validation_batch_size = Some(batch_size);
        self
    }

    /// The batches of a validation. Default: all.
    pub const fn validation_steps(mut self, steps: usize) -> Self {
        self.validation_steps = Some(steps);
        self
    }

    /// After every N epochs, or after which ones (`&[1, 2, 10]`, counted from 1), there is a
    /// validation. Default 1.
    pub fn validation_freq(mut self, freq: impl Into<ValidationFreq<'a>>) -> Self {
        self.validation_freq = freq.into();
        self
    }

    /// Whether every epoch takes the samples in a new random order (default true), or
    /// [`Shuffle::Batch`], by Keras's word `"batch"`: batches of neighbours in a random order. Samples of different lengths are neighbours
    /// as long as their lengths are the same.
    pub fn shuffle(mut self, shuffle: impl Into<Shuffle>) -> Self {
        self.shuffle = shuffle.into();
        self
    }

    /// The batches of an epoch, at most. Default: all. With it, an epoch begins where the one before ended. As in
    /// Keras 3.15 it also ends with the data, and the next one begins them again, in a new order: of 5 batches,
    /// epochs of 3 steps take 3, 2, 3, 2, ...
    pub const fn steps_per_epoch(mut self, steps: usize) -> Self {
        self.steps_per_epoch = Some(steps);
        self
    }

    /// What each class counts for in the loss while training: one weight for each class,
    /// `[f32; N]` for N output units, and `[f32; 2]` for one. With `sample_weight` too, the weights are
    /// multiplied (as in Keras 2; Keras 3 refuses both).
    pub fn class_weight<C2>(self, class_weight: C2) -> Fit<'a, M, Y, W, C2> {
        self.exchange_class_weight(class_weight).1
    }

    /// The weights of the classes, and everything else with other ones.
    pub(in crate::train) fn exchange_class_weight<C2>(
        self,
        class_weight: C2,
    ) -> (C, Fit<'a, M, Y, W, C2>) {
        let before = self.class_weight;
        let options = Fit {
            batch_size: self.batch_size,
            epochs: self.epochs,
            initial_epoch: self.initial_epoch,
            verbose: self.verbose,
            callbacks: self.callbacks,
            validation_split: self.validation_split,
            validation_data: self.validation_data,
            validation_sample_weight: self.validation_sample_weight,
            validation_generator: self.validation_generator,
            validation_batch_size: self.validation_batch_size,
            validation_steps: self.validation_steps,
            validation_freq: self.validation_freq,
            shuffle: self.shuffle,
            class_weight,
            sample_weight: self.sample_weight,
            steps_per_epoch: self.steps_per_epoch,
        };
        (before, options)
    }

    /// The samples to train on and to validate with, each with its weights.
    pub(in crate::train) fn split<'d>(
        &self,
        x: View<'d, M::Input>,
        y: View<'d, Y>,
        validation_data: Option<&'d ValidationData<'a, M, Y>>,
    ) -> Result<Split<'d, M::Input, Y, W>, Error>
    where
        'a: 'd,
        Y: Tensor,
        W: Tensor<Elem = f32>,
    {
        if validation_data.is_some()
            || self.validation_generator.is_some()
            || self.validation_split == 0.0
        {
            return Ok(Split {
                train: WeightedSamples {
                    x,
                    y,
                    weight: self.sample_weight,
                },
                validation: self.validation_samples(validation_data),
            });
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
        let ((x, x_rest), (y, y_rest)) = (x.split_at(at), y.split_at(at));
        // Of targets of any length each step has a weight.
        let at = if Y::OPEN > 0 { y.steps() } else { at };
        let weights = self.sample_weight.map(|weights| {
            let (first, rest) = weights.split_at(at.min(weights.len()));
            (first, FlatWeights::of(rest))
        });
        Ok(Split {
            train: WeightedSamples {
                x,
                y,
                weight: weights.map(|(first, _)| first),
            },
            validation: Some(ValidationSamples {
                x: x_rest,
                y: y_rest,
                weight: weights.map(|(_, rest)| rest),
            }),
        })
    }

    /// `validation_data`, taken out of the options, with its weights.
    pub(in crate::train) fn validation_samples<'d>(
        &self,
        data: Option<&'d ValidationData<'a, M, Y>>,
    ) -> Option<ValidationSamples<'d, M::Input, Y>>
    where
        'a: 'd,
    {
        data.map(|(x, y)| ValidationSamples {
            x: x.view(),
            y: y.view(),
            weight: self.validation_sample_weight,
        })
    }

    /// What is left when the data are taken out.
    pub(in crate::train) fn into_epoch_options(self) -> EpochOptions<'a, M> {
        EpochOptions {
            epochs: self.initial_epoch..self.epochs,
            verbose: self.verbose,
            steps_per_epoch: self.steps_per_epoch,
            validation_steps: self.validation_steps,
            validation_freq: self.validation_freq,
            callbacks: self.callbacks,
        }
    }

    /// What is wrong with an argument that is a number of something.
    pub(in crate::train) fn check(&self) -> Result<(), Error> {
        for (name, value) in [
            ("batch_size", self.batch_size),
            ("validation_batch_size", self.validation_batch_size),
            ("steps_per_epoch", self.steps_per_epoch),
            ("validation_steps", self.validation_steps),
        ] {
            positive(name, value)?;
        }
        if let Shuffle::Unknown(word) = self.shuffle {
            let why = Note::new().str("expected `true`, `false` or \"batch\", found ");
            return Err(argument("shuffle", why.str("\"").str(word).str("\"")));
        }
        if self.initial_epoch > self.epochs {
            let why = Note::new().num(self.initial_epoch).str(", but epochs = ");
            let why = why.num(self.epochs);
            let why = why.str(" is where training ends: it would do nothing; epochs counts from 0, not from initial_epoch");
            return Err(argument("initial_epoch", why));
        }
        if self.validation_data.is_some() && self.validation_generator.is_some() {
            let why = Note::new().str("there is `validation_data` too; give one of them");
            return Err(argument("validation_generator", why));
        }
        // What would be ignored is a mistake.
        let generator = self.validation_generator.is_some();
        if generator {
            has_fixed_shape::<M>("validation_generator")?;
        }
        if self.validation_sample_weight.is_some() && self.validation_data.is_none() {
            let why = Note::new().str(if generator {
                "the generator gives the weights with its batches: `(x, y, sample_weight)`"
            } else if self.validation_split != 0.0 {
                "of a `validation_split` the weights are the end of `sample_weight`"
            } else {
                "there is no `validation_data` that it belongs to"
            });
            return Err(argument("validation_sample_weight", why));
        }
        if self.validation_batch_size.is_some() && generator {
            let why = Note::new().str("the generator decides how many samples a batch has");
            return Err(argument("validation_batch_size", why));
        }
        match self.validation_freq {
            ValidationFreq::Every(every) => positive("validation_freq", Some(every)),
            ValidationFreq::Epochs(_) => Ok(()),
        }
    }

    /// What a generator decides itself is not an argument.
    pub(in crate::train) fn check_generator(&self) -> Result<(), Error> {
        has_fixed_shape::<M>("fit_generator")?;
        for (name, given, why) in [
            (
                "batch_size",
                self.batch_size.is_some(),
                "the generator decides how many samples a batch has",
            ),
            (
                "sample_weight",
                self.sample_weight.is_some(),
                "the generator gives the weights with its batches: `(x, y, sample_weight)`",
            ),
            (
                "validation_split",
                self.validation_split != 0.0,
                "a generator cannot be split; give `validation_data`",
            ),
        ] {
            if given {
                return Err(argument(name, Note::new().str(why)));
            }
        }
        Ok(())
    }
}

impl<'a, M: Model, Y, C> Fit<'a, M, Y, f32, C> {
    /// What each sample counts for in the loss while training: one `f32` for each sample; for an
    /// output that is a sequence of T rows, one `[f32; T]` for each sample (Keras's
    /// `sample_weight_mode = "temporal"`); for an output of any length one `f32` for each step of all targets, one after the other.
    pub fn sample_weight<W>(self, weights: &'a [W]) -> Fit<'a, M, Y, W, C> {
        Fit {
            batch_size: self.batch_size,
            epochs: self.epochs,
            initial_epoch: self.initial_epoch,
            verbose: self.verbose,
            callbacks: self.callbacks,
            validation_split: self.validation_split,
            validation_data: self.validation_data,
            validation_sample_weight: self.validation_sample_weight,
            validation_generator: self.validation_generator,
            validation_batch_size: self.validation_batch_size,
            validation_steps: self.validation_steps,
            validation_freq: self.validation_freq,
            shuffle: self.shuffle,
            class_weight: self.class_weight,
            sample_weight: Some(weights),
            steps_per_epoch: self.steps_per_epoch,
        }
    }
}

/// What `fit` does, besides the data.
pub(in crate::train) struct EpochOptions<'a, M: Model> {
    pub epochs: Range<usize>,
    pub verbose: u8,
    /// The batches of an epoch, if they are given: an epoch then begins where the last one ended.
    pub steps_per_epoch: Option<usize>,
    pub validation_steps: Option<usize>,
    pub validation_freq: ValidationFreq<'a>,
    pub callbacks: Vec<&'a mut dyn Callback<M>>,
}

/// The samples of `fit`, with its argument `sample_weight`.
pub(in crate::train) struct WeightedSamples<'a, X, Y, W> {
    pub x: View<'a, X>,
    pub y: View<'a, Y>,
    pub weight: Option<&'a [W]>,
}

/// Samples to validate with.
pub(in crate::train) struct ValidationSamples<'a, X, Y> {
    pub x: View<'a, X>,
    pub y: View<'a, Y>,
    pub weight: Option<FlatWeights<'a>>,
}

/// What is trained on, and what is validated with.
pub(in crate::train) struct Split<'a, X, Y, W> {
    pub train: WeightedSamples<'a, X, Y, W>,
    pub validation: Option<ValidationSamples<'a, X, Y>>,
}
