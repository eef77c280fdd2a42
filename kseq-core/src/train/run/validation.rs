//! `fit` with what it validates with: arrays, a generator or nothing.

use super::context::EpochContext;
use super::epochs;
use super::fit::{Fit, ValidationSamples};
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::train::data::Shuffle;
use crate::train::data::batches::{Arrays, Batches};
use crate::train::data::queue::{Queue, QueueOptions};
use crate::train::report::History;

/// The arrays to validate with, in batches.
pub(super) fn validation_arrays<'d, M: Model, Y: Copy>(
    samples: ValidationSamples<'d, M::Input, Y>,
    batch_size: usize,
) -> Result<Arrays<'d, M::Input, Y>, Error> {
    let ValidationSamples { x, y, weight } = samples;
    check::batches::<M>("validation_data", x.len())?;
    let checked =
        weight.map(|weight| weight.checked::<M::Output>("validation_sample_weight", x.len()));
    let weight = checked.transpose()?;
    Ok(Arrays::new(x, y, weight, batch_size, Shuffle::False))
}

/// Trains, and validates with arrays or with the generator of `options`.
pub(super) fn fit<M, O, L, Me, W, C>(
    context: EpochContext<'_, M, O, L, Me>,
    train: &mut dyn Batches<M::Input, L::Target>,
    mut arrays: Option<Arrays<'_, M::Input, L::Target>>,
    mut options: Fit<'_, M, L::Target, W, C>,
) -> Result<History, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    let generator = options.validation_generator.take();
    let options = options.into_epoch_options();
    let Some(generator) = generator else {
        let validation = arrays.as_mut().map(|arrays| arrays as _);
        return epochs::fit(context, train, validation, options);
    };
    let steps = options.validation_steps;
    generator.check("validation_steps", steps)?;
    let freq = options.validation_freq;
    let validations = freq.count(options.epochs.clone());
    let queue_options = QueueOptions {
        pass: steps,
        total: steps.map(|steps| steps.saturating_mul(validations)),
        ..QueueOptions::default()
    };
    let queue = Queue::new(generator, queue_options);
    queue.run(|validation| epochs::fit(context, train, Some(validation), options))
}
