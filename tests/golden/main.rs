//! The golden suite: kseq against what real Keras 3.15 computed.
//!
//! ```sh
//! cargo test --release --test golden                       # the project's own copy
//! KSEQ_GOLDEN=../shared/golden cargo test --release --test golden
//! ```
//! Every case's model is made from the serialised Keras layers by the macro `golden_suite!`. The
//! tolerance is ten times the file's own float32-against-float64 difference.

// Keras writes its float32 numbers with the digits of float64.
#![allow(clippy::excessive_precision)]

use std::collections::BTreeMap;
use std::process::ExitCode;

use kseq::tensor::Tensor;
use serde_json::Value;

mod constraints;
mod layers;
mod losses;
mod metrics;
mod optimizers;
mod trajectories;

use constraints::constraint_case;
use layers::layer_case;
use optimizers::{optimizer_case, schedule_case};
use trajectories::trajectory_case;

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
    "groupnorm",
    "leakyrelu_layer",
    "masking",
    "prelu",
    "relu_layer",
    "rescaling",
    "rmsnorm",
    "separable",
    "softmax_layer",
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
