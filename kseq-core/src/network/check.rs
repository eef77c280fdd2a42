//! What the compiler cannot know of data: lengths, NaN, class indices. Everything is checked before
//! the first step, so that nothing is lost half-way.

use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::Metrics;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::plan::Planned;
use crate::tensor::Tensor;
use crate::text::Note;

/// There are as many `x` as `y`.
#[inline]
pub(crate) fn same_lengths(what: &'static str, x: usize, y: usize) -> Result<(), Error> {
    match x == y {
        true => Ok(()),
        false => Err(Error::Lengths { what, x, y }),
    }
}

#[cfg(feature = "std")]
pub(crate) fn lengths(what: &'static str, x: usize, y: usize) -> Result<(), Error> {
    same_lengths(what, x, y)?;
    if x == 0 {
        return Err(Error::Empty { what });
    }
    Ok(())
}

/// The optimizer's arguments are in their ranges.
pub(crate) fn optimizer<O: Optimizer>(optimizer: &O) -> Result<(), Error> {
    match optimizer.check() {
        None => Ok(()),
        Some(why) => Err(Error::Argument {
            name: "optimizer",
            why,
        }),
    }
}

/// The loss is multiplied with a number.
#[cfg(feature = "std")]
pub(crate) fn loss_weights(scale: f32) -> Result<(), Error> {
    if scale.is_finite() {
        return Ok(());
    }
    let why = Note::new()
        .str("expected a finite number, found ")
        .float(scale);
    Err(Error::Argument {
        name: "loss_weights",
        why,
    })
}

/// Every input is finite.
pub(crate) fn inputs<X: Tensor>(what: &'static str, x: &[X]) -> Result<(), Error> {
    match X::first_not_finite(X::flat(x)) {
        None => Ok(()),
        Some((at, value)) => Err(Error::NotFinite {
            what,
            sample: at / X::LEN.max(1),
            element: at % X::LEN.max(1),
            value,
        }),
    }
}

/// The loss takes its arguments.
pub(crate) fn loss<Out, L>(loss: &L) -> Result<(), Error>
where
    Out: Tensor<Elem = f32>,
    L: Loss<Out>,
{
    match loss.check_arguments() {
        None => Ok(()),
        Some(why) => Err(Error::Argument { name: "loss", why }),
    }
}

/// The loss takes every target, and every target is finite.
pub(crate) fn targets<Out, L>(what: &'static str, loss: &L, y: &[L::Target]) -> Result<(), Error>
where
    Out: Tensor<Elem = f32>,
    L: Loss<Out>,
{
    let flat = L::Target::flat(y);
    if let Some((at, value)) = L::Target::first_not_finite(flat) {
        let each = <L::Target as Tensor>::LEN.max(1);
        let why = Note::new().str("has ").str(if value.is_nan() {
            "NaN"
        } else {
            "an infinite value"
        });
        let why = why.str(" at element ").num(at % each);
        return Err(Error::Target {
            what,
            sample: at / each,
            why,
        });
    }
    for (sample, y) in y.iter().enumerate() {
        if let Some(why) = loss.check(y) {
            return Err(Error::Target { what, sample, why });
        }
    }
    Ok(())
}

/// The metrics take their arguments.
pub(crate) fn metrics<Out, Y, Me>(metrics: &Me) -> Result<(), Error>
where
    Out: Tensor<Elem = f32>,
    Me: Metrics<Out, Y>,
{
    match metrics.check_arguments() {
        None => Ok(()),
        Some((name, why)) => Err(Error::Argument { name, why }),
    }
}

/// The number of samples in every batch of a stateful model: its state has a row for each.
pub(crate) fn batch<M: Model>() -> Option<usize> {
    M::BATCH.filter(|_| M::STATEFUL)
}

/// A stateful model takes its own batch size and no other.
pub(crate) fn batch_size<M: Model>(size: Option<usize>) -> Result<(), Error> {
    match (batch::<M>(), size) {
        (Some(expected), Some(found)) if expected != found => {
            let why = Note::new()
                .brief("not the batch size of this stateful model")
                .str("this stateful model has batches of ")
                .num(expected)
                .str(" samples, found ")
                .num(found);
            Err(Error::Argument {
                name: "batch_size",
                why,
            })
        }
        _ => Ok(()),
    }
}

/// The samples fill the batches of a stateful model.
pub(crate) fn batches<M: Model>(name: &'static str, samples: usize) -> Result<(), Error> {
    match batch::<M>() {
        Some(batch) if !samples.is_multiple_of(batch) => {
            let why = Note::new()
                .brief("this stateful model takes whole batches")
                .str("this stateful model takes whole batches of ")
                .num(batch)
                .str(" samples, found ")
                .num(samples);
            Err(Error::Argument { name, why })
        }
        _ => Ok(()),
    }
}

/// The samples of inputs for which there are so many targets or outputs: of axes of any length, all steps lie side by side. An
/// output of any length is that of one sample.
pub(crate) fn samples<M: Model>(
    what: &'static str,
    x: &[M::Input],
    y: usize,
) -> Result<usize, Error> {
    if M::Input::OPEN == 0 {
        same_lengths(what, x.len(), y)?;
        return Ok(y);
    }
    let samples = match M::Output::OPEN {
        0 => y,
        _ => 1,
    };
    whole_sequences(what, x.len(), samples)?;
    Ok(samples)
}

/// These steps, which lie side by side, are those of so many samples.
pub(crate) fn whole_sequences(what: &'static str, x: usize, samples: usize) -> Result<(), Error> {
    if x == 0 || samples == 0 {
        return Err(Error::Empty { what });
    }
    if x.is_multiple_of(samples) {
        return Ok(());
    }
    let why = Note::new()
        .brief("not as many steps of each sequence")
        .num(x)
        .str(" steps are not those of ")
        .num(samples)
        .str(" sequences of one length");
    Err(Error::Argument { name: "x", why })
}

/// Targets or outputs are as many as the model gives for so many samples with this plan: of any length all steps lie side by side.
pub(crate) fn steps<M: Model>(
    planned: &Planned<'_>,
    samples: usize,
    y: usize,
) -> Result<(), Error> {
    let expected = planned.output::<M::Output>() * samples;
    if M::Input::OPEN == 0 || y == expected {
        return Ok(());
    }
    let why = Note::new()
        .brief("not as many steps as the output has")
        .str("expected as the output ")
        .num(expected)
        .str(match M::Output::OPEN {
            0 => " samples, found ",
            _ => " steps, found ",
        })
        .num(y);
    Err(Error::Argument { name: "y", why })
}

/// Memory for samples of any length the compiler cannot judge.
pub(crate) fn scratch_too_small() -> Error {
    let why = Note::new()
        .brief("too small for samples of this length")
        .str("too small for samples of this length: it is `[0.0; Net::scratch(steps)]`");
    Error::Argument {
        name: "scratch",
        why,
    }
}

/// What the compiler says of images of any size without a heap.
pub(crate) const NO_IMAGES: &str = "the model takes images of any size, but pixels in a slice do not say how high and wide they are: \
                                    give the size in its `input_shape`; on a host `predict` and `fit` take a `Grid` or arrays";

/// The plan of a batch of so many samples: of one with an axis of any length, all steps lie side by side.
pub(crate) fn plan<M: Model>(x: &[M::Input], samples: usize) -> Result<M::Plan, Error> {
    plan_of::<M>(match M::Input::OPEN {
        0 => [1; 2],
        _ => [x.len() / samples.max(1), 1],
    })
}

/// The plan of a batch with these lengths.
pub(crate) fn plan_of<M: Model>(lengths: [usize; 2]) -> Result<M::Plan, Error> {
    M::plan(lengths).map_err(|refusal| {
        let why = Note::new().brief("the model takes no samples of this length");
        #[cfg(feature = "std")]
        let why = why.str(refusal.what.as_str());
        let _ = refusal;
        Error::Argument { name: "x", why }
    })
}
