//! `fit` with what it validates with: arrays, a generator or nothing.

use std::boxed::Box;
use std::format;

use super::context::EpochContext;
use super::epochs;
use super::fit::{Fit, ValidationSamples};
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::tensor::Tensor;
use crate::train::data::Shuffle;
use crate::train::data::batches::{Arrays, Batches};
use crate::train::data::buckets::{Buckets, Grouping};
use crate::train::data::given::View;
use crate::train::data::queue::{Queue, QueueOptions};
use crate::train::report::History;

/// The arrays to validate with, in batches.
pub(super) fn validation_arrays<'d, M: Model, Y: Tensor>(
    samples: ValidationSamples<'d, M::Input, Y>,
    batch_size: usize,
) -> Result<Source<'d, M::Input, Y>, Error> {
    let ValidationSamples { x, y, weight } = samples;
    let name = "validation_sample_weight";
    let checked = weight.map(|weight| weight.checked::<M::Output>(name, y.weighted()));
    let weight = checked.transpose()?;
    arrays::<M, Y>("validation_data", x, y, weight, batch_size, Taken::Tested)
}

/// A source of batches of arrays.
pub(super) type Source<'d, X, Y> = Box<dyn Batches<X, Y> + 'd>;

/// What the samples of arrays are taken for.
#[derive(Clone, Copy)]
pub(super) enum Taken {
    Trained(Shuffle),
    Tested,
}

/// Arrays in batches.
pub(super) fn arrays<'d, M: Model, Y: Tensor>(
    what: &'static str,
    x: View<'d, M::Input>,
    y: View<'d, Y>,
    weight: Option<&'d [f32]>,
    batch_size: usize,
    taken: Taken,
) -> Result<Source<'d, M::Input, Y>, Error> {
    check::batches::<M>(what, x.len())?;
    if M::Input::OPEN == 0 {
        let shuffle = match taken {
            Taken::Trained(shuffle) => shuffle,
            Taken::Tested => Shuffle::False,
        };
        let (x, y) = (x.rows(), y.rows());
        return Ok(Box::new(Arrays::new(x, y, weight, batch_size, shuffle)));
    }
    let grouping = match taken {
        Taken::Trained(shuffle) => shuffle.into(),
        // Its state goes from one batch to the next.
        Taken::Tested if M::STATEFUL => Grouping::Neighbours,
        Taken::Tested => Grouping::ByLength,
    };
    let buckets = Buckets::new(x, y, weight, batch_size, grouping);
    if let (Some(batch), Some(sample)) = (check::batch::<M>(), buckets.not_full()) {
        let why = format!(
            "this stateful model takes whole batches of {batch} samples of one length, and the one that begins here has fewer"
        );
        return Err(Error::Sample { what, sample, why });
    }
    Ok(Box::new(buckets))
}

/// Trains, and validates with arrays or with the generator of `options`.
pub(super) fn fit<M, O, L, Me, W, C>(
    context: EpochContext<'_, M, O, L, Me>,
    train: &mut dyn Batches<M::Input, L::Target>,
    mut arrays: Option<Source<'_, M::Input, L::Target>>,
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
        let validation = arrays.as_mut().map(|arrays| &mut **arrays as _);
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
