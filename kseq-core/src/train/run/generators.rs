//! `fit_generator` and `evaluate_generator`.

use super::context::EpochContext;
use super::epochs;
use super::evaluate::Evaluate;
use super::fit::Fit;
use super::validation::{self, validation_arrays};
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::train::data::arguments::batch_size;
use crate::train::data::queue::{Queue, QueueOptions};
use crate::train::data::sample_weight::{check_class_weight, combined};
use crate::train::data::{ClassWeight, Generator, Shuffle};
use crate::train::report::{History, Scores};

/// [`Compiled::fit_generator`](crate::train::Compiled::fit_generator).
pub(in crate::train) fn fit<M, O, L, Me, C>(
    context: EpochContext<'_, M, O, L, Me>,
    generator: Generator<'_, M::Input, L::Target>,
    mut options: Fit<'_, M, L::Target, f32, C>,
) -> Result<History, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
    C: ClassWeight<M::Output, L::Target>,
{
    options.check()?;
    context.check_compiled()?;
    check_class_weight::<M::Output, L::Target, C>(&options.class_weight)?;
    generator.check("steps_per_epoch", options.steps_per_epoch)?;
    options.check_generator()?;
    let validation_data = options.validation_data.take();
    if let Some((x, y)) = &validation_data {
        context.check_data("validation_data", x.view(), y.view())?;
    }
    check::batch_size::<M>(options.validation_batch_size)?;
    let size = batch_size::<M>(options.validation_batch_size);
    let validation = options.validation_samples(validation_data.as_ref());
    let validation = validation.map(|samples| validation_arrays::<M, _>(samples, size));
    let validation = validation.transpose()?;
    let (class_weight, options) = options.exchange_class_weight(());
    let weigh = |y: &[L::Target], given: Option<&[f32]>| {
        combined::<M::Output, _, _>(&class_weight, y, given)
    };
    let epochs = options.epochs.saturating_sub(options.initial_epoch);
    let steps = options.steps_per_epoch;
    let queue_options = QueueOptions {
        shuffle: options.shuffle != Shuffle::False,
        pass: None,
        total: steps.map(|steps| steps.saturating_mul(epochs)),
        weigh: if C::NONE { None } else { Some(&weigh) },
    };
    let queue = Queue::new(generator, queue_options);
    queue.run(|train| validation::fit(context, train, validation, options))
}

/// [`Compiled::evaluate_generator`](crate::train::Compiled::evaluate_generator).
pub(in crate::train) fn evaluate<M, O, L, Me>(
    context: EpochContext<'_, M, O, L, Me>,
    generator: Generator<'_, M::Input, L::Target>,
    options: Evaluate<'_, M>,
) -> Result<Scores<Me::Values>, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    options.check()?;
    context.check_compiled()?;
    generator.check("steps", options.steps)?;
    options.check_generator()?;
    let (steps, verbose) = (options.steps, options.verbose);
    let queue_options = QueueOptions {
        pass: steps,
        total: steps,
        ..QueueOptions::default()
    };
    let queue = Queue::new(generator, queue_options);
    queue.run(|data| epochs::evaluate(context, data, steps, verbose, options.callbacks))
}
