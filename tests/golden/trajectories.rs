//! Whole trainings: the losses of each epoch, the final predictions and weights.

use kseq::losses::{Insist, Loss};
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::tensor::Tensor;

use crate::{Golden, Number, Outcome, Why};

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
    // Or ten times the file's own noise, if it says how large that is.
    let tolerance = |name: &str, least: f64| {
        let noise = golden.number(&format!("/f32_vs_f64/{name}/max_abs"));
        let noise = 10.0 * noise.unwrap_or(0.0);
        move |w: f64| (1e-4 * w.abs().max(least)).max(noise)
    };
    let near = |name: &str, found: &[f32]| {
        crate::near(name, golden.get(name)?, found, tolerance(name, 0.0)).map_err(Why::Wrong)
    };
    near("fit_loss", losses)?;
    if !M::STATEFUL {
        near("eval_loss", evaluated)?;
    }
    let y = model.predict(x).map_err(|e| e.to_string())?;
    near("predictions_final", M::Output::flat(&y))?;
    let found = model.params().as_f32s();
    let mut at = 0;
    for (i, _, len) in golden.listed_weights().iter().filter(|w| w.1) {
        let name = format!("final_weight_{i}");
        let found = &found[at..][..*len];
        crate::near(&name, golden.get(&name)?, found, tolerance(&name, 1e-1))?;
        at += len;
    }
    Ok(())
}
