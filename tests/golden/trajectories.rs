//! Whole trainings: the losses of each epoch, the final predictions and weights.

use kseq::losses::{Loss, MeantFor};
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::params::{Flat, zeroed_box};
use kseq::prelude::*;
use kseq::tensor::Tensor;
use serde_json::Value;

use crate::{Golden, Number, near};

/// The losses of a whole training and the final predictions.
pub fn trajectory_case<M: Model, L>(golden: &Golden) -> Result<(), String>
where
    M::Input: Tensor<Elem: Number>,
    L: MeantFor<M::Output, M::Units> + Loss<M::Output, Target = M::Output> + Default,
{
    let lr = golden
        .number("/optimizer/config/learning_rate")
        .ok_or("no learning rate")? as f32;
    let number = |key: &str| {
        golden
            .number(&format!("/optimizer/config/{key}"))
            .unwrap_or(0.0) as f32
    };
    let flag = |key: &str| {
        golden.json.pointer(&format!("/optimizer/config/{key}")) == Some(&Value::Bool(true))
    };
    match golden
        .json
        .pointer("/optimizer/class_name")
        .and_then(Value::as_str)
    {
        Some("SGD") => {
            let sgd = SGD::new(lr)
                .momentum(number("momentum"))
                .nesterov(flag("nesterov"));
            train::<M, L, _>(golden, sgd)
        }
        Some("RMSprop") => train::<M, L, _>(golden, RMSprop::new(lr).rho(number("rho"))),
        Some("Adadelta") => train::<M, L, _>(golden, Adadelta::new(lr).rho(number("rho"))),
        other => Err(format!("optimizer {other:?}")),
    }
}

fn train<M: Model, L, O: Optimizer>(golden: &Golden, optimizer: O) -> Result<(), String>
where
    M::Input: Tensor<Elem: Number>,
    L: MeantFor<M::Output, M::Units> + Loss<M::Output, Target = M::Output> + Default,
{
    let mut model = M::new(0);
    golden.weights("weight", model.params_mut().as_f32s_mut())?;
    let mut model = model.compile(optimizer, L::default(), ());
    let (x, y): (Vec<M::Input>, Vec<M::Output>) = (golden.samples("x")?, golden.samples("y")?);
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
            evaluated.push(model.evaluate(&x, &y).map_err(|e| e.to_string())?.loss);
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
) -> Result<(), String> {
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
    golden.weights("final_weight", weights.as_f32s_mut())?;
    near(
        "final_weight",
        weights.as_f32s(),
        model.params().as_f32s(),
        |w| 1e-4 * w.abs().max(1e-1),
    )
}
