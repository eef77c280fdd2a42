//! What the compiler cannot know of samples with axes of any length: whether a model takes samples of such lengths, and whether
//! targets are as long as its outputs.

use std::borrow::ToOwned;
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::given::View;
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::model::Model;
use crate::plan::OfLengths;
use crate::tensor::Tensor;
use crate::text::Note;

/// The lengths of a model's outputs for samples of these lengths: 1 where the type has all of the output.
pub(in crate::train) fn of_outputs<M: Model>(plan: &M::Plan) -> [usize; 2] {
    let planned = plan.planned();
    let last = planned.as_ref().and_then(|planned| planned.shapes.0.last());
    match (M::Output::OPEN, last) {
        (1, Some(shape)) => [shape.dim(0), 1],
        (2, Some(shape)) => [shape.dim(0), shape.dim(1)],
        _ => [1; 2],
    }
}

/// The plan for samples of these lengths, or what the model says of them.
pub(in crate::train) fn plan<M: Model>(lengths: [usize; 2]) -> Result<M::Plan, String> {
    M::plan(lengths).map_err(|refusal| refusal.what.as_str().to_owned())
}

fn refused(what: &'static str, sample: usize, why: String) -> Error {
    Error::Sample { what, sample, why }
}

/// The samples have a step at least, and their values are finite and in range.
fn check_inputs<M: Model>(what: &'static str, x: View<'_, M::Input>) -> Result<(), Error> {
    for (sample, steps) in x.samples().map(|x| x.steps).enumerate() {
        if steps.is_empty() {
            let why = "it is empty; a sample has a step at least".to_owned();
            return Err(refused(what, sample, why));
        }
        let checked = check::inputs(what, steps).and_then(|()| M::check(steps));
        checked.map_err(|error| in_sample::<M::Input>(sample, error))?;
    }
    Ok(())
}

/// An error of a step, as one of the sample that it belongs to.
fn in_sample<T: Tensor>(of: usize, mut error: Error) -> Error {
    if let Error::NotFinite {
        sample, element, ..
    }
    | Error::Input {
        sample, element, ..
    } = &mut error
    {
        *element += *sample * T::LEN;
        *sample = of;
    }
    if let Error::Target { sample, why, .. } = &mut error {
        if T::OPEN > 0 {
            let step = Note::new().str("step ").num(*sample).str(" ");
            *why = step.str(why.as_str());
        }
        *sample = of;
    }
    error
}

/// The plan for a sample of these lengths.
fn plan_of_sample<M: Model>(
    what: &'static str,
    sample: usize,
    lengths: [usize; 2],
) -> Result<M::Plan, Error> {
    plan::<M>(lengths).map_err(|why| {
        let [steps, width] = lengths;
        let lengths = match M::Input::OPEN {
            1 => format!("{steps} steps"),
            _ => format!("{steps} by {width} pixels"),
        };
        refused(what, sample, format!("of {lengths}: {why}"))
    })
}

/// The lengths of the outputs for each sample.
pub(in crate::train) fn outputs<M: Model>(
    what: &'static str,
    x: View<'_, M::Input>,
) -> Result<Vec<[usize; 2]>, Error> {
    let mut known = BTreeMap::new();
    let of_sample = |(sample, lengths): (usize, [usize; 2])| {
        if let Some(outputs) = known.get(&lengths) {
            return Ok(*outputs);
        }
        let plan = plan_of_sample::<M>(what, sample, lengths)?;
        let outputs = of_outputs::<M>(&plan);
        known.insert(lengths, outputs);
        Ok(outputs)
    };
    x.samples()
        .map(|x| x.lengths)
        .enumerate()
        .map(of_sample)
        .collect()
}

/// The samples to predict.
pub(in crate::train) fn check_samples<M: Model>(
    x: View<'_, M::Input>,
) -> Result<Vec<[usize; 2]>, Error> {
    check_steps::<M>(x)?;
    outputs::<M>("predict", x)
}

/// The plan for samples to predict that have these lengths.
pub(in crate::train) fn check_equal<M: Model>(
    x: View<'_, M::Input>,
    lengths: [usize; 2],
) -> Result<M::Plan, Error> {
    check_steps::<M>(x)?;
    plan_of_sample::<M>("predict", 0, lengths)
}

fn check_steps<M: Model>(x: View<'_, M::Input>) -> Result<(), Error> {
    for (sample, steps) in x.samples().map(|x| x.steps).enumerate() {
        if steps.is_empty() {
            let why = "it is empty; a sample has a step at least".to_owned();
            return Err(refused("predict", sample, why));
        }
        M::check(steps).map_err(|error| in_sample::<M::Input>(sample, error))?;
    }
    Ok(())
}

/// The samples and their targets, as many of each.
pub(in crate::train) fn check_data<M: Model, L: Loss<M::Output>>(
    what: &'static str,
    loss: &L,
    x: View<'_, M::Input>,
    y: View<'_, L::Target>,
) -> Result<(), Error> {
    check_inputs::<M>(what, x)?;
    let outputs = outputs::<M>(what, x)?;
    if <L::Target as Tensor>::OPEN == 0 {
        return check::targets::<M::Output, L>(what, loss, y.rows());
    }
    for (sample, (y, expected)) in y.samples().zip(outputs).enumerate() {
        if y.lengths != expected {
            let size = |note: Note, [steps, width]: [usize; 2]| match <L::Target as Tensor>::OPEN {
                1 => note.num(steps).str(" steps"),
                _ => note.num(steps).str(" by ").num(width).str(" pixels"),
            };
            let why = size(Note::new().str("expected as the output "), expected);
            let why = size(why.str(", found "), y.lengths);
            return Err(Error::Target { what, sample, why });
        }
        let checked = check::targets::<M::Output, L>(what, loss, y.steps);
        checked.map_err(|error| in_sample::<L::Target>(sample, error))?;
    }
    Ok(())
}
