//! `fit`, `evaluate` and the `*_on_batch` family on arrays.

use std::vec::Vec;

use super::context::EpochContext;
use super::epochs;
use super::evaluate::{Evaluate, OnBatch};
use super::fit::{Fit, Split};
use super::validation::{self, Taken, validation_arrays};
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::train::data::arguments::batch_size;
use crate::train::data::batches::Minibatch;
use crate::train::data::given::View;
use crate::train::data::sample_weight::{check_class_weight, checked_sample_weight, combined};
use crate::train::data::{ClassWeight, SampleWeight};
use crate::train::report::{History, Scores};

/// [`Compiled::fit`](crate::train::Compiled::fit).
pub(in crate::train) fn fit<M, O, L, Me, W, C>(
    context: EpochContext<'_, M, O, L, Me>,
    x: View<'_, M::Input>,
    y: View<'_, L::Target>,
    mut options: Fit<'_, M, L::Target, W, C>,
) -> Result<History, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
    W: SampleWeight<M::Output>,
    C: ClassWeight<M::Output, L::Target>,
{
    options.check()?;
    check_class_weight::<M::Output, L::Target, C>(&options.class_weight)?;
    context.check_compiled()?;
    context.check_data("fit", x, y)?;
    let validation_data = options.validation_data.take();
    if let Some((x, y)) = &validation_data {
        context.check_data("validation_data", x.view(), y.view())?;
    }
    checked_sample_weight::<M::Output, _>(options.sample_weight, y.weighted())?;
    let Split { train, validation } = options.split(x, y, validation_data.as_ref())?;
    check::batch_size::<M>(options.batch_size)?;
    check::batches::<M>("fit", train.x.len())?;
    let weight = checked_sample_weight::<M::Output, _>(train.weight, train.y.weighted())?;
    let weight = combined::<M::Output, _, _>(&options.class_weight, train.y.rows(), weight);
    let (size, weight) = (batch_size::<M>(options.batch_size), weight.as_deref());
    let taken = Taken::Trained(options.shuffle);
    let mut train = validation::arrays::<M, _>("fit", train.x, train.y, weight, size, taken)?;
    check::batch_size::<M>(options.validation_batch_size)?;
    let size = options.validation_batch_size.unwrap_or(size);
    let validation = validation.map(|samples| validation_arrays::<M, _>(samples, size));
    validation::fit(context, &mut *train, validation.transpose()?, options)
}

/// [`Compiled::evaluate_with`](crate::train::Compiled::evaluate_with).
pub(in crate::train) fn evaluate<M, O, L, Me, W>(
    context: EpochContext<'_, M, O, L, Me>,
    x: View<'_, M::Input>,
    y: View<'_, L::Target>,
    options: Evaluate<'_, M, W>,
) -> Result<Scores<Me::Values>, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
    W: SampleWeight<M::Output>,
{
    options.check()?;
    context.check_compiled()?;
    context.check_data("evaluate", x, y)?;
    check::batch_size::<M>(options.batch_size)?;
    check::batches::<M>("evaluate", x.len())?;
    let weight = checked_sample_weight::<M::Output, _>(options.sample_weight, y.weighted())?;
    let size = batch_size::<M>(options.batch_size);
    let mut data = validation::arrays::<M, _>("evaluate", x, y, weight, size, Taken::Tested)?;
    let (steps, verbose) = (options.steps, options.verbose);
    epochs::evaluate(context, &mut *data, steps, verbose, options.callbacks)
}

/// What is done with a single batch.
#[derive(Clone, Copy)]
pub(in crate::train) enum OneBatch {
    Train,
    Test,
}

/// [`Compiled::train_on_batch_with`](crate::train::Compiled::train_on_batch_with) and `test_on_batch_with`.
pub(in crate::train) fn on_batch<M, O, L, Me, W, C>(
    mut context: EpochContext<'_, M, O, L, Me>,
    x: View<'_, M::Input>,
    y: View<'_, L::Target>,
    options: OnBatch<'_, W, C>,
    what: OneBatch,
) -> Result<Scores<Me::Values>, Error>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
    W: SampleWeight<M::Output>,
    C: ClassWeight<M::Output, L::Target>,
{
    let name = match what {
        OneBatch::Train => "train_on_batch",
        OneBatch::Test => "test_on_batch",
    };
    context.check_compiled()?;
    context.check_data(name, x, y)?;
    check::batch_size::<M>(Some(x.len()))?;
    check_class_weight::<M::Output, L::Target, C>(&options.class_weight)?;
    let mut weight = checked_sample_weight::<M::Output, _>(options.sample_weight, y.weighted())?;
    let weighted;
    if !C::NONE {
        weighted = combined::<M::Output, _, _>(&options.class_weight, y.rows(), weight);
        weight = weighted.as_deref();
    }
    let (mut memory_x, mut memory_y) = (Vec::new(), Vec::new());
    let lengths = x.sample(0).lengths;
    let batch = Minibatch {
        x: x.one_length(name, &mut memory_x)?,
        y: y.one_length(name, &mut memory_y)?,
        weight,
        lengths,
        unchecked: None,
    };
    Ok(context.on_batch(&batch, matches!(what, OneBatch::Train)))
}
