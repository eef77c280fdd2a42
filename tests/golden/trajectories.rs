//! Whole trainings: the losses of each epoch, the final predictions and weights.

use kseq::__core::layer::Ctx;
use kseq::__core::tape::{Grads, Tape};
use kseq::activations::Activation;
use kseq::losses::{Loss, MeantFor};
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::params::{Flat, zeroed_box};
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::shape::Elem;
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
        Some("RMSprop") if M::Input::SHAPE.elem() == Elem::U32 => {
            train_tokens::<M, L>(golden, (lr, number("rho"), number("epsilon")))
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

/// The training of a model on tokens as Keras's TensorFlow backend does it: a token that a batch holds
/// several times has so many gradients, and RMSprop takes the mean square of each, not of their sum
/// (Keras 2 and the other backends, and kseq, take that of the sum).
fn train_tokens<M: Model, L>(
    golden: &Golden,
    (lr, rho, epsilon): (f32, f32, f32),
) -> Result<(), String>
where
    M::Input: Tensor<Elem: Number>,
    L: Loss<M::Output, Target = M::Output> + Default,
{
    let mut model = M::new(0);
    golden.weights("weight", model.params_mut().as_f32s_mut())?;
    let (x, y): (Vec<M::Input>, Vec<M::Output>) = (golden.samples("x")?, golden.samples("y")?);
    let tokens = golden.get("x")?;
    let size = golden.number("/batch_size").ok_or("no batch_size")? as usize;
    let epochs = golden.number("/epochs").ok_or("no epochs")? as usize;
    let (table, features) = (M::LAYERS[0].count_params(), M::LAYERS[0].output.last());
    let mut memory = vec![0.0; M::SIZES.train() * x.len()];
    let (mut state, mut dp) = (zeroed_box::<M::State>(), zeroed_box::<M::Params>());
    let mut velocity = vec![0.0; M::Params::LEN];
    let (mut losses, mut evaluated) = (Vec::new(), Vec::new());
    for _ in 0..epochs {
        let mut pass = |model: &mut Sequential<M>, first: usize, n: usize, update: bool| {
            let (x, y, tokens) = (
                &x[first..][..n],
                &y[first..][..n],
                &tokens[first * M::Input::LEN..],
            );
            let (scratch, memory) = memory.split_at_mut(M::SIZES.scratch * n);
            let (tape, grads) = memory.split_at_mut(M::SIZES.tape * n);
            let mut tape = Tape::new(tape, M::SLOTS, n);
            let mut grads = Grads::new(grads, &M::SIZES, n);
            let mut cx = Ctx::new(&Pool::Serial, 0, 0);
            cx.scratch = scratch;
            M::forward(model.params(), &mut state, x, &mut tape, &mut cx);
            let (width, out) = (M::Output::SHAPE.last(), tape.output());
            M::Head::forward(M::Output::flat_mut(out), width);
            let value = L::default().loss(out, y, None, grads.output(n));
            if update {
                let dy = M::Output::flat_mut(grads.output(n));
                M::Head::backward(M::Output::flat(out), &[], dy, width);
                M::backward(model.params(), x, &tape, &mut grads, &mut dp, &mut cx);
                let mut squares: Vec<f32> = dp.as_f32s().iter().map(|g| g * g).collect();
                squares[..table].fill(0.0);
                // What is left in the buffer is the gradient of the embedded tokens.
                let dy = grads.output::<f32>(n * M::Input::LEN * features);
                for (&token, dy) in tokens.iter().zip(dy.chunks(features)) {
                    let row = &mut squares[token as usize * features..][..features];
                    row.iter_mut().zip(dy).for_each(|(s, g)| *s += *g * *g);
                }
                let p = model.params_mut().as_f32s_mut();
                for (((p, g), v), s) in p
                    .iter_mut()
                    .zip(dp.as_f32s())
                    .zip(&mut velocity)
                    .zip(squares)
                {
                    *v = rho * *v + (1.0 - rho) * s;
                    *p -= lr * g / (*v + epsilon).sqrt();
                }
            }
            value
        };
        let batches = x.len() / size;
        let sum: f32 = (0..batches)
            .map(|i| pass(&mut model, i * size, size, true))
            .sum();
        losses.push(sum / batches as f32);
        evaluated.push(pass(&mut model, 0, x.len(), false));
    }
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
