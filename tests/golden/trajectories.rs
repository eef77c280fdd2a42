//! Whole trainings: the losses of each epoch, the final predictions and weights.

use kseq::losses::{Insist, Loss};
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::params::{Flat, zeroed_box};
use kseq::prelude::*;
use kseq::tensor::Tensor;

use crate::{Golden, Number, Outcome, near};

/// The losses of a whole training and the final predictions.
pub fn trajectory_case<M: Model, L, O: Optimizer>(golden: &Golden, optimizer: O, loss: L) -> Outcome
where
    M::Input: Tensor<Elem: Number>,
    L: Loss<M::Output, Target: Tensor<Elem: Number>>,
{
    let mut model = M::new(0);
    golden.fill("weight", true, model.params_mut().as_f32s_mut())?;
    // A recurrent layer's state is none of the file's.
    if golden.listed_weights().iter().any(|w| !w.1) {
        golden.fill("weight", false, model.state_mut().as_f32s_mut())?;
    }
    // Keras takes any outputs.
    let mut model = model.compile(optimizer, Insist(loss), ());
    let (x, y): (Vec<M::Input>, Vec<L::Target>) = (golden.samples("x")?, golden.samples("y")?);
    let size = golden.number("/batch_size").ok_or("no batch_size")? as usize;
    let epochs = golden.number("/epochs").ok_or("no epochs")? as usize;
    let mut evaluated = Vec::new();
    let mut losses = Vec::new();
    for epoch in 0..epochs {
        let fit = Fit::new()
            .batch_size(size)
            .initial_epoch(epoch)
            .epochs(epoch + 1);
        let history = model
            .fit(&x, &y, fit.shuffle(false).verbose(0))
            .map_err(|e| e.to_string())?;
        losses.extend(history.get("loss").unwrap_or(&[]));
        // It would go on from the state, and change it.
        if !M::STATEFUL {
            // A mask makes it depend on the batches.
            let batch = golden.number("/eval_batch_size").unwrap_or(32.0) as usize;
            let options = Evaluate::new().batch_size(batch);
            let scores = model.evaluate_with(&x, &y, options);
            evaluated.push(scores.map_err(|e| e.to_string())?.loss);
        }
    }
    model.reset_states();
    compare(golden, &model, &x, (&losses, &evaluated))
}

/// The losses of each epoch, the predictions and weights after the last one.
fn compare<M: Model>(
    golden: &Golden,
    model: &Sequential<M>,
    x: &[M::Input],
    (losses, evaluated): (&[f32], &[f32]),
) -> Outcome {
    let relative = |w: f64| 1e-4 * w.abs();
    near("fit_loss", golden.get("fit_loss")?, losses, relative)?;
    if !M::STATEFUL {
        near("eval_loss", golden.get("eval_loss")?, evaluated, relative)?;
    }
    let y = model.predict(x).map_err(|e| e.to_string())?;
    near(
        "predictions_final",
        golden.get("predictions_final")?,
        M::Output::flat(&y),
        relative,
    )?;
    let mut weights = zeroed_box::<M::Params>();
    golden.fill("final_weight", true, weights.as_f32s_mut())?;
    let (want, found) = (weights.as_f32s(), model.params().as_f32s());
    let tolerance = |w: f64| 1e-4 * w.abs().max(1e-1);
    Ok(near("final_weight", want, found, tolerance)?)
}
