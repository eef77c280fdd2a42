//! Layers: outputs, gradients of inputs and weights.

use kseq::__core::layer::{Ctx, Shapes};
use kseq::__core::layers::spectral_normalization::normalise;
use kseq::__core::step::predict_batch;
use kseq::__core::tape::{Gathered, Grads, Tape};
use kseq::activations::Activation;
use kseq::model::{Model, masked};
use kseq::params::{Flat, zeroed_box};
use kseq::plan::OfLengths;
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::regularizers::Penalty;
use kseq::tensor::Tensor;

use serde_json::Value;

use crate::{Golden, Number, Outcome, near};

/// Output, gradient of the input, gradients of the weights; of a stateful model also the outputs of
/// further calls, and after a reset.
pub fn layer_case<M: Model>(golden: &Golden) -> Outcome
where
    M::Input: Tensor<Elem: Number>,
{
    let mut model = M::new(0);
    golden.fill("weight", true, model.params_mut().as_f32s_mut())?;
    let mut state = zeroed_box::<M::State>();
    if golden.listed_weights().iter().any(|w| !w.1) {
        golden.fill("weight", false, state.as_f32s_mut())?;
        let given = model.state_mut().as_f32s_mut();
        given.copy_from_slice(state.as_f32s());
    }
    let training = golden.json.pointer("/training") == Some(&Value::Bool(true));
    let x: &[M::Input] = &golden.samples("input")?;
    let plan = &M::plan(lengths::<M>(golden)).map_err(|why| why.what.as_str().to_owned())?;
    let output = |model: &mut Sequential<M>, name: &str, x: &[M::Input]| {
        let y = predict(model, plan, x)?;
        golden.close(name, M::Output::flat(&y))
    };
    if !training {
        output(&mut model, "output", x)?;
    }
    if M::STATEFUL {
        for k in 2.. {
            let Ok(x) = golden.samples(&format!("input_{k}")) else {
                break;
            };
            output(&mut model, &format!("output_{k}"), &x)?;
        }
        model.reset_states();
        output(&mut model, "output_reset", x)?;
    }

    let projection = golden.get("grad_proj")?;
    let steps = plan.planned().map_or([1; 2], |planned| planned.steps);
    if projection.len() != x.len() / steps[0] * steps[1] * M::Output::LEN {
        return Err("grad_proj is not as large as the output".into());
    }
    let mut passes = pass(&model, plan, &mut state, x, training, projection);
    golden.close("output", &passes.output)?;
    if let Ok(losses) = golden.get("losses") {
        close_losses::<M>(losses, passes.penalty, &passes.params)?;
    }
    golden.close_weights("weight_after", false, state.as_f32s())?;
    if passes.penalty != 0.0 {
        // The file's gradients are without the penalties on outputs. Theirs do not depend on the projection: they are
        // what is left without one.
        state
            .as_f32s_mut()
            .copy_from_slice(model.state_mut().as_f32s());
        let zeros = vec![0.0; projection.len()];
        let penalties = pass(&model, plan, &mut state, x, training, &zeros);
        subtract(&mut passes.dp, &penalties.dp);
        subtract(&mut passes.dx, &penalties.dx);
    }
    golden.close_weights("grad_weight", true, &passes.dp)?;
    if golden.get("grad_input").is_err() {
        return Ok(()); // There is no gradient of tokens.
    }
    golden.close("grad_input", &passes.dx)
}

/// What a whole model answers.
pub fn model_case<M: Model>(golden: &Golden) -> Outcome
where
    M::Input: Tensor<Elem: Number>,
{
    let mut model = M::new(0);
    golden.fill("weight", true, model.params_mut().as_f32s_mut())?;
    golden.fill("weight", false, model.state_mut().as_f32s_mut())?;
    let x: &[M::Input] = &golden.samples("input")?;
    let plan = &M::plan(lengths::<M>(golden)).map_err(|why| why.what.as_str().to_owned())?;
    let y = predict(&mut model, plan, x)?;
    golden.close("output", M::Output::flat(&y))
}

/// How long the axes of the input are that the config says `None` of.
fn lengths<M: Model>(golden: &Golden) -> [usize; 2] {
    let axis = |axis: usize| {
        let size = golden.json.pointer(&format!("/tensors/input/shape/{axis}"));
        let size = size
            .and_then(Value::as_u64)
            .filter(|_| axis <= M::Input::OPEN);
        size.map_or(1, |size| size as usize)
    };
    [axis(1), axis(2)]
}

/// The outputs of a batch.
fn predict<M: Model>(
    model: &mut Sequential<M>,
    plan: &M::Plan,
    x: &[M::Input],
) -> Result<Vec<M::Output>, String> {
    let Some(planned) = plan.planned() else {
        return model.predict(x).map_err(|e| e.to_string());
    };
    let sizes = planned.sizes;
    let samples = planned.samples(x);
    let mut work = vec![0.0; samples * (sizes.predict() + sizes.tape + sizes.scratch)];
    let mut y = vec![M::Output::ZERO; samples * planned.steps[1]];
    let mut p = zeroed_box::<M::Params>();
    p.as_f32s_mut().copy_from_slice(model.params().as_f32s());
    let cx = Ctx::new(&Pool::Serial, 0, 0);
    predict_batch::<M>(plan, &p, model.state_mut(), x, &mut y, &mut work, &cx);
    Ok(y)
}

/// What a pass forward and back comes to.
struct Passes {
    output: Vec<f32>,
    /// The sum of the penalties on outputs.
    penalty: f32,
    /// The parameters, as a training step normalises them.
    params: Vec<f32>,
    dp: Vec<f32>,
    /// The gradient of the output of the first layer: the identity that the suite adds, so that it is that of the input.
    dx: Vec<f32>,
}

/// Forward, and back from a gradient of the outputs.
fn pass<M: Model>(
    model: &Sequential<M>,
    plan: &M::Plan,
    state: &mut M::State,
    x: &[M::Input],
    training: bool,
    projection: &[f32],
) -> Passes {
    let planned = plan.planned();
    let (sizes, placements) = match &planned {
        Some(planned) => (planned.sizes, planned.placements),
        None => (&M::SIZES, M::PLACEMENTS),
    };
    let steps = planned.map_or([1; 2], |planned| planned.steps);
    let batch = x.len() / steps[0];
    let mut memory = vec![0.0; sizes.train() * batch];
    let (scratch, memory) = memory.split_at_mut(sizes.scratch * batch);
    let (scratch, masks) = scratch.split_at_mut(scratch.len() - sizes.masks.each() * batch);
    let (tape, grads) = memory.split_at_mut(sizes.tape * batch);
    let (mut p, mut dp) = (zeroed_box::<M::Params>(), zeroed_box::<M::Params>());
    p.as_f32s_mut().copy_from_slice(model.params().as_f32s());
    if training {
        normalise(M::NORMALISED, p.as_f32s_mut(), state.as_f32s_mut(), scratch);
    }
    let (mut tape, mut grads) = (
        Tape::new(tape, placements, batch),
        Grads::new(grads, sizes.grads, batch, Gathered(dp.as_f32s_mut())),
    );
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    cx.scratch = scratch;
    cx.training = training;
    let shapes = planned.map_or(Shapes(&[]), |planned| planned.shapes);
    let mut cx = cx.of_shapes(&shapes);
    let in_masks = &mut masked::<M>(&mut cx, x, masks, 0);
    M::forward(&p, state, x, &mut tape, in_masks);
    let penalty = tape.penalty();
    let (width, out) = (M::Output::SHAPE.last(), M::Output::flat_mut(tape.output()));
    M::Head::forward(out, width);
    let output = out.to_vec();
    let grad = M::Output::flat_mut(grads.output(batch * steps[1] * M::Output::LEN));
    grad.copy_from_slice(projection);
    M::Head::backward(out, &[], grad, width);
    let mut cx = masked::<M>(&mut cx, x, masks, sizes.masks.found(batch));
    M::backward(&mut p, x, &mut tape, &mut grads, &mut cx);
    let dx = grads.output::<f32>(x.len() * M::Input::LEN).to_vec();
    Passes {
        output,
        penalty,
        params: p.as_f32s().to_vec(),
        dp: dp.as_f32s().to_vec(),
        dx,
    }
}

fn subtract(from: &mut [f32], what: &[f32]) {
    for (from, what) in from.iter_mut().zip(what) {
        *from -= what;
    }
}

/// The penalties: first those of outputs, of which kseq has the sum, then those of arrays, in the order of the arrays.
fn close_losses<M: Model>(losses: &[f32], on_outputs: f32, params: &[f32]) -> Result<(), String> {
    // As in Keras, frozen layers have none; nor has an array that there is not.
    let is_there = |one: &&Penalty| {
        let (layer, range) = (one.at().layer, one.at().range());
        !range.is_empty() && M::FROZEN.get(layer) != Some(&true)
    };
    let mut arrays: Vec<_> = M::PENALTIES.iter().filter(is_there).collect();
    arrays.sort_by_key(|one| one.at().range().start);
    let arrays = arrays.iter().map(|one| one.value(params, &Pool::Serial));
    let arrays: Vec<f32> = arrays.collect();
    let Some(outputs) = losses.len().checked_sub(arrays.len()) else {
        let (keras, kseq) = (losses.len(), arrays.len());
        return Err(format!("losses: {keras} in the file, {kseq} in kseq"));
    };
    let (outputs, of_arrays) = losses.split_at(outputs);
    let tolerance = |w: f64| 1e-6 * w.abs().max(1.0);
    near(
        "losses of outputs",
        &[outputs.iter().sum()],
        &[on_outputs],
        tolerance,
    )?;
    near("losses of arrays", of_arrays, &arrays, tolerance)
}
