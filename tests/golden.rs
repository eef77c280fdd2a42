//! The golden suite: kseq against what real Keras 3.15 computed.
//!
//! ```sh
//! cargo test --release --test golden                       # the project's own copy
//! KSEQ_GOLDEN=../shared/golden cargo test --release --test golden
//! ```
//! Every case's model is made from the serialised Keras layers by the macro `golden_suite!`. The
//! tolerance is ten times the file's own float32-against-float64 difference.

use std::collections::BTreeMap;
use std::process::ExitCode;

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

kseq_macros::golden_suite!();

/// A case that the suite knows: how to run it, or what of it kseq does not support.
pub struct Case {
    family: &'static str,
    name: &'static str,
    kind: &'static str,
    run: Result<Run, &'static str>,
}

/// Runs a case.
type Run = fn(&Golden) -> Result<(), String>;

/// Kinds, and single cases, that may be unsupported for now; everything else must pass.
const NOT_YET: &[&str] = &[
    "bidirectional",
    "conv1d_transpose",
    "conv2d_transpose",
    "depthwise",
    "elu_layer",
    "embedding_mask_zero_08", // TimeDistributed
    "groupnorm",
    "leakyrelu_layer",
    "masking",
    "prelu",
    "regularizer",
    "relu_layer",
    "rescaling",
    "rmsnorm",
    "separable",
    "softmax_layer",
    "stack",
    "timedistributed",
    "unitnorm",
];

fn main() -> ExitCode {
    let (mut passed, mut failed, mut unsupported) = (0, 0, 0);
    for case in CASES {
        let outcome = match case.run {
            Ok(run) => Golden::read(case).and_then(|golden| run(&golden)),
            Err(why)
                if why.starts_with("missing")
                    || NOT_YET
                        .iter()
                        .any(|&not| case.kind.starts_with(not) || case.name == not) =>
            {
                println!(
                    "unsupported {}: {}",
                    case.name,
                    why.lines().next().unwrap_or("")
                );
                unsupported += 1;
                continue;
            }
            Err(why) => Err(why.to_string()),
        };
        match outcome {
            // Its losses and weights agree, but not by kseq's own optimizer: see `train_tokens`.
            Ok(()) if case.kind == "trajectory_lstm_imdb" => {
                println!(
                    "unsupported {}: RMSprop as on TensorFlow, where a repeated token has several gradients",
                    case.name
                );
                unsupported += 1;
            }
            Ok(()) => passed += 1,
            Err(why) => {
                println!("failed {}: {why}", case.name);
                failed += 1;
            }
        }
    }
    println!("golden: {passed} passed, {failed} failed, {unsupported} unsupported");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The least tolerance of a layer's numbers.
const FLOOR: f64 = 2e-6;
/// The same for `Dense` and the activations, which are one matrix product.
const FLOOR_DENSE: f64 = 1e-6;

/// The data of a case.
pub struct Golden {
    json: Value,
    tensors: BTreeMap<String, Vec<f32>>,
}

impl Golden {
    fn read(case: &Case) -> Result<Self, String> {
        let path = format!("{FOLDER}/{}/{}", case.family, case.name);
        let json = std::fs::read(format!("{path}.json")).map_err(|e| e.to_string())?;
        let json = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
        let file = std::fs::read(format!("{path}.safetensors")).map_err(|e| e.to_string())?;
        let file = safetensors::SafeTensors::deserialize(&file).map_err(|e| e.to_string())?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            let values = view.data().as_chunks().0.iter();
            let values = match view.dtype() {
                safetensors::Dtype::F32 => values.map(|&b| f32::from_le_bytes(b)).collect(),
                // Tokens are small: a float holds them.
                safetensors::Dtype::I32 => values.map(|&b| i32::from_le_bytes(b) as f32).collect(),
                _ => continue,
            };
            tensors.insert(name, values);
        }
        Ok(Golden { json, tensors })
    }

    fn get(&self, name: &str) -> Result<&[f32], String> {
        let values = self.tensors.get(name);
        Ok(values.ok_or_else(|| format!("no tensor {name}"))?)
    }

    fn samples<T: Tensor<Elem: Number>>(&self, name: &str) -> Result<Vec<T>, String> {
        let elements = self.get(name)?.iter().map(|&v| Number::of(v));
        Ok(T::view(&elements.collect::<Vec<_>>()).to_vec())
    }

    fn number(&self, pointer: &str) -> Option<f64> {
        self.json.pointer(pointer)?.as_f64()
    }

    /// Fills parameters from the tensors `prefix_0`, `prefix_1`, ... in Keras's order.
    fn weights(&self, prefix: &str, out: &mut [f32]) -> Result<(), String> {
        let mut all = Vec::new();
        while let Ok(values) = self.get(&format!("{prefix}_{}", all.len())) {
            all.push(values);
        }
        let all = all.concat();
        if all.len() != out.len() {
            return Err(format!(
                "{} weights in the file, {} in kseq",
                all.len(),
                out.len()
            ));
        }
        out.copy_from_slice(&all);
        Ok(())
    }

    /// The weights of a case, as its file lists them: (index, whether it is trainable, length).
    fn listed_weights(&self) -> Vec<(usize, bool, usize)> {
        let list = self.json.get("weights").and_then(Value::as_array);
        let list = list.into_iter().flatten().enumerate();
        list.map(|(i, weight)| {
            let trainable = weight.get("trainable") != Some(&Value::Bool(false));
            let len = self.get(&format!("weight_{i}")).map_or(0, <[f32]>::len);
            (i, trainable, len)
        })
        .collect()
    }

    /// Fills parameters (or state) from the file's trainable (or other) weights.
    fn fill(&self, trainable: bool, out: &mut [f32]) -> Result<(), String> {
        let mut all = Vec::new();
        for (i, _, _) in self.listed_weights().iter().filter(|w| w.1 == trainable) {
            all.extend(self.get(&format!("weight_{i}"))?);
        }
        if all.len() != out.len() {
            let (file, kseq) = (all.len(), out.len());
            return Err(format!("{file} weights in the file, {kseq} in kseq"));
        }
        out.copy_from_slice(&all);
        Ok(())
    }

    /// Compares what the file has for the trainable (or other) weights under `prefix`.
    fn close_weights(&self, prefix: &str, trainable: bool, found: &[f32]) -> Result<(), String> {
        let mut at = 0;
        for (i, _, len) in self.listed_weights().iter().filter(|w| w.1 == trainable) {
            let name = format!("{prefix}_{i}");
            if self.get(&name).is_ok() {
                self.close(&name, &found[at..][..*len])?;
            }
            at += len;
        }
        Ok(())
    }

    /// Within ten times the file's own noise, at least `floor`.
    fn close(&self, name: &str, found: &[f32]) -> Result<(), String> {
        let kind = self.json.pointer("/kind").and_then(Value::as_str);
        let dense = kind.is_some_and(|k| k == "dense" || k.starts_with("activation_"));
        let floor = if dense { FLOOR_DENSE } else { FLOOR };
        let noise = self.number(&format!("/f32_vs_f64/{name}/max_abs"));
        let tolerance = (10.0 * noise.unwrap_or(0.0)).max(floor);
        near(name, self.get(name)?, found, |_| tolerance)
    }
}

/// What a sample is made of.
trait Number {
    fn of(value: f32) -> Self;
}
impl Number for f32 {
    fn of(value: f32) -> f32 {
        value
    }
}
impl Number for u32 {
    fn of(value: f32) -> u32 {
        value as u32
    }
}

fn near(
    name: &str,
    want: &[f32],
    got: &[f32],
    tolerance: impl Fn(f64) -> f64,
) -> Result<(), String> {
    if want.len() != got.len() {
        return Err(format!(
            "{name}: {} values, expected {}",
            got.len(),
            want.len()
        ));
    }
    for (i, (&want, &got)) in want.iter().zip(got).enumerate() {
        let (w, g) = (f64::from(want), f64::from(got));
        let same = want == got || (want.is_nan() && got.is_nan());
        let close = (w - g).abs() <= tolerance(w); // false for a NaN
        if !same && !close {
            return Err(format!(
                "{name}[{i}]: {got}, Keras has {want} (tolerance {:e})",
                tolerance(w)
            ));
        }
    }
    Ok(())
}

/// Output, gradient of the input, gradients of the weights; of a stateful model also the outputs of
/// further calls, and after a reset.
fn layer_case<M: Model>(golden: &Golden) -> Result<(), String>
where
    M::Input: Tensor<Elem: Number>,
{
    let mut model = M::new(0);
    golden.fill(true, model.params_mut().as_f32s_mut())?;
    let mut state = zeroed_box::<M::State>();
    if golden.listed_weights().iter().any(|w| !w.1) {
        golden.fill(false, state.as_f32s_mut())?;
        let given = model.state_mut().as_f32s_mut();
        given.copy_from_slice(state.as_f32s());
    }
    let training = golden.json.pointer("/training") == Some(&Value::Bool(true));
    let x: &[M::Input] = &golden.samples("input")?;
    let output = |model: &Sequential<M>, name: &str, x: &[M::Input]| {
        let y = model.predict(x).map_err(|e| e.to_string())?;
        golden.close(name, M::Output::flat(&y))
    };
    if !training {
        output(&model, "output", x)?;
    }
    if M::STATEFUL {
        for k in 2.. {
            let Ok(x) = golden.samples(&format!("input_{k}")) else {
                break;
            };
            output(&model, &format!("output_{k}"), &x)?;
        }
        model.reset_states();
        output(&model, "output_reset", x)?;
    }

    let batch = x.len();
    let mut memory = vec![0.0; M::SIZES.train() * batch];
    let (scratch, memory) = memory.split_at_mut(M::SIZES.scratch * batch);
    let (tape, grads) = memory.split_at_mut(M::SIZES.tape * batch);
    let (mut tape, mut grads) = (
        Tape::new(tape, M::SLOTS, batch),
        Grads::new(grads, &M::SIZES, batch),
    );
    let mut dp = zeroed_box::<M::Params>();
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    cx.scratch = scratch;
    cx.training = training;
    M::forward(model.params(), &mut state, x, &mut tape, &mut cx);
    let (width, out) = (M::Output::SHAPE.last(), M::Output::flat_mut(tape.output()));
    M::Head::forward(out, width);
    golden.close("output", out)?;
    golden.close_weights("weight_after", false, state.as_f32s())?;
    let grad = M::Output::flat_mut(grads.output(batch));
    grad.copy_from_slice(golden.get("grad_proj")?);
    M::Head::backward(out, &[], grad, width);
    M::backward(model.params(), x, &tape, &mut grads, &mut dp, &mut cx);
    golden.close_weights("grad_weight", true, dp.as_f32s())?;
    if golden.get("grad_input").is_err() {
        return Ok(()); // There is no gradient of tokens.
    }
    // The first layer is the identity that the suite adds: its gradient is that of the input.
    let dx = grads.output::<f32>(batch * M::Input::LEN);
    golden.close("grad_input", dx)
}

/// The losses of a whole training and the final predictions.
fn trajectory_case<M: Model, L>(golden: &Golden) -> Result<(), String>
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
