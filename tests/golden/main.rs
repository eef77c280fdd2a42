//! The golden suite: kseq against what real Keras 3.15 computed.
//!
//! ```sh
//! cargo test --test golden                       # the project's own copy, and what of it lies in ../shared/golden
//! KSEQ_GOLDEN=folder cargo test --test golden    # another folder
//! ```
//! Every case's model is made from the serialised Keras layers by the macro `golden_suite!`. The
//! tolerance is ten times the file's own float32-against-float64 difference.
//!
//! Whatever the folder holds, the suite builds: a case that kseq cannot express is counted `unsupported`, with its reason.

// Keras writes its float32 numbers with the digits of float64.
#![allow(clippy::excessive_precision)]
// A folder need not have a case for everything that the suite can run.
#![allow(dead_code, unused_imports)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use kseq::tensor::Tensor;
use serde_json::Value;

mod constraints;
mod file;
mod layers;
mod losses;
mod metrics;
mod optimizers;
mod trajectories;

use constraints::constraint_case;
use layers::{layer_case, model_case};
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
type Run = fn(&Golden) -> Outcome;

/// What comes of it.
type Outcome = Result<(), Why>;

/// Why a case did not pass.
enum Why {
    /// Its file does not have what is needed, or kseq does not.
    Unsupported(String),
    /// kseq computes something else.
    Wrong(String),
}

impl From<String> for Why {
    fn from(why: String) -> Why {
        Why::Wrong(why)
    }
}

impl From<&str> for Why {
    fn from(why: &str) -> Why {
        Why::Wrong(why.to_owned())
    }
}

fn main() -> ExitCode {
    let is_own = option_env!("KSEQ_GOLDEN").is_none();
    let (mut passed, mut failed, mut unsupported) = (0, 0, 0);
    for case in CASES {
        // Of the project's own copy everything must pass that is there.
        let may_be_unsupported = |why: &str| !is_own || why.starts_with("missing");
        match outcome(case) {
            Ok(()) => passed += 1,
            Err(Why::Unsupported(why)) if may_be_unsupported(&why) => {
                let why = why.lines().next().unwrap_or_default();
                println!("unsupported {}: {why}", case.name);
                unsupported += 1;
            }
            Err(Why::Wrong(why) | Why::Unsupported(why)) => {
                println!("failed {}: {why}", case.name);
                failed += 1;
            }
        }
    }
    println!("golden: {passed} passed, {failed} failed, {unsupported} unsupported");
    // The project's own copy is not empty.
    if failed == 0 && (passed > 0 || !is_own) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs a case; a panic is a failure of this case alone.
fn outcome(case: &Case) -> Outcome {
    let run = case.run.map_err(|why| Why::Unsupported(why.to_owned()))?;
    let golden = Golden::read(case).map_err(Why::Unsupported)?;
    match catch_unwind(AssertUnwindSafe(|| run(&golden))) {
        Ok(outcome) => outcome,
        Err(_) => Err(Why::Wrong("a panic".to_owned())),
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
        let mut paths = FOLDERS
            .iter()
            .map(|folder| format!("{folder}/{}/{}", case.family, case.name));
        let there = paths.find(|path| std::path::Path::new(&format!("{path}.json")).is_file());
        let path = there.ok_or("no file of this case is there any more")?;
        let json = std::fs::read(format!("{path}.json")).map_err(|e| e.to_string())?;
        let json = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
        let tensors = file::tensors(&format!("{path}.safetensors"))?;
        Ok(Golden { json, tensors })
    }

    fn get(&self, name: &str) -> Result<&[f32], Why> {
        let values = self.tensors.get(name);
        values
            .map(Vec::as_slice)
            .ok_or_else(|| Why::Unsupported(format!("no tensor {name} of numbers in the file")))
    }

    fn samples<T: Tensor<Elem: Number>>(&self, name: &str) -> Result<Vec<T>, Why> {
        let values = self.get(name)?;
        if values.len() % T::LEN.max(1) != 0 {
            let (all, each) = (values.len(), T::LEN);
            let why = format!("{name} has {all} elements, a sample {each}");
            return Err(Why::Unsupported(why));
        }
        let elements = values.iter().map(|&v| Number::of(v));
        Ok(T::view(&elements.collect::<Vec<_>>()).to_vec())
    }

    /// So many samples, each with zeros behind it up to the length that it has here.
    fn padded<T: Tensor<Elem: Number>>(&self, name: &str, samples: usize) -> Result<Vec<T>, Why> {
        let values = self.get(name)?;
        let each = values.len().checked_div(samples).unwrap_or(0);
        if T::SHAPE.rank() != 1 || each == 0 || each >= T::LEN {
            return self.samples(name);
        }
        let mut elements = Vec::new();
        for sample in values.chunks(each) {
            elements.extend(sample.iter().map(|&v| <T::Elem as Number>::of(v)));
            elements.resize(elements.len() + T::LEN - each, Number::of(0.0));
        }
        Ok(T::view(&elements).to_vec())
    }

    fn number(&self, pointer: &str) -> Option<f64> {
        self.json.pointer(pointer)?.as_f64()
    }

    /// Fills parameters from the tensors `prefix_0`, `prefix_1`, ... in Keras's order.
    fn weights(&self, prefix: &str, out: &mut [f32]) -> Outcome {
        let mut all = Vec::new();
        while let Ok(values) = self.get(&format!("{prefix}_{}", all.len())) {
            all.push(values);
        }
        fill(&all.concat(), out)
    }

    /// The weights of a case, as its file lists them: (index, whether it is a parameter, length).
    ///
    /// What is no parameter is kseq's state: that follows from its name, since parameters can be frozen.
    fn listed_weights(&self) -> Vec<(usize, bool, usize)> {
        let list = self.json.get("weights").and_then(Value::as_array);
        let list = list.into_iter().flatten().enumerate();
        list.map(|(i, weight)| {
            let path = weight.get("path").and_then(Value::as_str);
            let is_parameter = match path.and_then(|path| path.rsplit('/').next()) {
                Some("mean" | "variance" | "count" | "vector_u") => false,
                Some(name) => !name.starts_with("moving_") && !name.starts_with("renorm_"),
                None => weight.get("trainable") != Some(&Value::Bool(false)),
            };
            let len = self.get(&format!("weight_{i}")).map_or(0, <[f32]>::len);
            (i, is_parameter, len)
        })
        .collect()
    }

    /// Fills parameters (or state) from the file's weights, the tensors `prefix_0`, ...
    fn fill(&self, prefix: &str, parameters: bool, out: &mut [f32]) -> Outcome {
        let mut all = Vec::new();
        for (i, _, _) in self.listed_weights().iter().filter(|w| w.1 == parameters) {
            all.extend(self.get(&format!("{prefix}_{i}"))?);
        }
        fill(&all, out)
    }

    /// Compares what the file has for the parameters (or the state) under `prefix`.
    fn close_weights(&self, prefix: &str, parameters: bool, found: &[f32]) -> Outcome {
        let mut at = 0;
        for (i, _, len) in self.listed_weights().iter().filter(|w| w.1 == parameters) {
            let name = format!("{prefix}_{i}");
            if self.get(&name).is_ok() {
                self.close(&name, &found[at..][..*len])?;
            }
            at += len;
        }
        Ok(())
    }

    /// Within ten times the file's own noise, at least `floor`.
    fn close(&self, name: &str, found: &[f32]) -> Outcome {
        let kind = self.json.pointer("/kind").and_then(Value::as_str);
        let dense = kind.is_some_and(|k| k == "dense" || k.starts_with("activation_"));
        let floor = if dense { FLOOR_DENSE } else { FLOOR };
        let noise = self.number(&format!("/f32_vs_f64/{name}/max_abs"));
        let tolerance = (10.0 * noise.unwrap_or(0.0)).max(floor);
        Ok(near(name, self.get(name)?, found, |_| tolerance)?)
    }
}

/// Copies all weights.
fn fill(weights: &[f32], out: &mut [f32]) -> Outcome {
    if weights.len() != out.len() {
        let (file, kseq) = (weights.len(), out.len());
        return Err(format!("{file} weights in the file, {kseq} in kseq").into());
    }
    out.copy_from_slice(weights);
    Ok(())
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
        // kseq has no negative classes: Keras's -1 is one that the model does not have.
        if value < 0.0 { u32::MAX } else { value as u32 }
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
