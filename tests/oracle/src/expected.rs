//! What a model comes to, by the interpreter.

use std::collections::BTreeMap;

use crate::model::Model;
use crate::random::Random;
use crate::run::{Array, Arrays, Noise, Run};
use crate::tape::{self, Var};

/// A pass forward and back.
pub struct Pass {
    /// The outputs.
    pub output: Vec<f64>,
    /// The sum of the penalties on outputs.
    pub penalty: f64,
    /// The gradients of the parameters.
    pub gradients: BTreeMap<String, Vec<f64>>,
    /// All arrays behind it.
    pub arrays: Arrays,
}

/// Rounding as an engine of `f32`s has it, to see what it does to a model: how large, and which.
pub type Rounding = Option<(f64, u64)>;

/// Numbers with as much added to them.
fn perturbed(arrays: &Arrays, rounding: Rounding) -> Arrays {
    let mut arrays = arrays.clone();
    if let Some((share, seed)) = rounding {
        let mut random = Random::new(seed);
        for value in arrays.values_mut().flat_map(|array| &mut array.values) {
            *value *= 1.0 + share * random.uniform(-1.0, 1.0);
        }
    }
    arrays
}

fn run<'a>(arrays: &'a mut Arrays, rounding: Rounding) -> Run<'a> {
    let mut run = Run::new(arrays);
    run.rounding = rounding.map(|(share, seed)| (share, Random::new(seed)));
    run
}

/// The outputs for a batch, and the arrays behind it, which a stateful layer changes.
pub fn predict(model: &Model, arrays: &Arrays, batch: usize, rounding: Rounding) -> (Vec<f64>, Arrays) {
    tape::clear();
    let mut arrays = perturbed(arrays, rounding);
    let y = model.forward(&mut run(&mut arrays, rounding), model.samples(batch));
    (y.numbers(), arrays)
}

/// A pass as in training, back from the model's projection: the gradients are those of the sum of its products with the outputs, and of the
/// penalties on outputs.
pub fn pass(model: &Model, noise: &Noise<'_>, rounding: Rounding) -> Pass {
    tape::clear();
    let mut arrays = perturbed(&model.arrays, rounding);
    let mut run = run(&mut arrays, rounding);
    (run.training, run.derivatives, run.noise) = (true, true, Some(noise));
    let y = model.forward(&mut run, model.samples(0));
    let products = y.values.iter().zip(&model.projection).map(|(y, by)| *y * *by);
    let sum = products.sum::<Var>() + run.penalties;
    let penalty = run.penalties.value();
    let vars = std::mem::take(&mut run.vars);
    let gradients = gradients(sum, &vars);
    Pass { output: y.numbers(), penalty, gradients, arrays }
}

/// The gradients of all parameters by name.
pub fn gradients(of: Var, vars: &BTreeMap<String, Vec<Var>>) -> BTreeMap<String, Vec<f64>> {
    let all: Vec<Var> = vars.values().flatten().copied().collect();
    let mut found = tape::gradients(of, &all).into_iter();
    vars.iter().map(|(name, vars)| (name.clone(), found.by_ref().take(vars.len()).collect())).collect()
}

/// The arrays of a kind, the parameters or the state.
pub fn of_kind(arrays: &Arrays, is_state: bool) -> impl Iterator<Item = (&String, &Array)> {
    arrays.iter().filter(move |(_, array)| array.is_state == is_state)
}
