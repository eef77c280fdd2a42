//! What a model comes to, by the interpreter: every number has a name, under which kseq's is compared with it.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::losses::Head;
use crate::model::{BATCHES, Model};
use crate::optimizers::Variable;
use crate::random::Random;
use crate::reductions::Weights;
use crate::run::{Array, Arrays, Noise, Run};
use crate::sides;
use crate::step::{Forward, Parameter, Targets, Training};
use crate::tape::{self, Var};
use crate::tensor::Tensor;

/// Rounding as an engine of `f32`s has it, to see what it does to a model: how large, and which.
pub type Rounding = Option<(f64, u64)>;

/// Numbers by name: `prediction 0`, `gradient dense_1.kernel`, `step 2 dense_1.kernel`.
pub type Numbers = BTreeMap<String, Vec<f64>>;

/// All that is compared of a model.
pub fn all(model: &Model, noise: &Noise<'_>, rounding: Rounding) -> Numbers {
    let mut numbers = Numbers::new();
    predictions(model, rounding, &mut numbers);
    if model.only_predicts {
        return numbers;
    }
    pass(model, noise, rounding, &mut numbers);
    training(model, noise, rounding, &mut numbers);
    numbers
}

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

/// The outputs for all batches one after the other: a stateful layer goes on.
fn predictions(model: &Model, rounding: Rounding, numbers: &mut Numbers) {
    let mut arrays = perturbed(&model.arrays, rounding);
    for batch in 0..BATCHES {
        tape::clear();
        sides::begin();
        let y = model.forward(&mut run(&mut arrays, rounding), model.samples(batch));
        numbers.insert(format!("prediction {batch}"), y.numbers());
    }
}

/// A pass as in training, back from the model's projection: the gradients are those of the sum of its products with the outputs, and of the
/// penalties on outputs.
fn pass(model: &Model, noise: &Noise<'_>, rounding: Rounding, numbers: &mut Numbers) {
    tape::clear();
    sides::begin();
    let mut arrays = perturbed(&model.arrays, rounding);
    let mut run = run(&mut arrays, rounding);
    (run.training, run.derivatives, run.noise) = (true, true, Some(noise));
    let y = model.forward(&mut run, model.samples(0));
    let products = y
        .values
        .iter()
        .zip(&model.projection)
        .map(|(y, by)| *y * *by);
    let sum = products.sum::<Var>() + run.penalties;
    numbers.insert("pass output".to_owned(), y.numbers());
    numbers.insert("pass penalty".to_owned(), vec![run.penalties.value()]);
    let vars = std::mem::take(&mut run.vars);
    let all: Vec<Var> = vars.values().flatten().copied().collect();
    let mut rounding = rounding.map(|(share, seed)| (share, Random::new(seed)));
    let mut found = tape::rounded_gradients(sum, &all, &mut rounding).into_iter();
    for (name, vars) in &vars {
        let gradient: Vec<f64> = found.by_ref().take(vars.len()).collect();
        // What is frozen has none, as far as anybody is told.
        if arrays[name].trainable {
            numbers.insert(format!("gradient {name}"), gradient);
        }
    }
    for (name, array) in of_kind(&arrays, true) {
        numbers.insert(format!("pass {name}"), array.values.clone());
    }
}

/// Three steps of a training: the loss before each, and all arrays after it.
fn training(model: &Model, noise: &Noise<'_>, rounding: Rounding, numbers: &mut Numbers) {
    let mut arrays = perturbed(&model.arrays, rounding);
    let mut parameters = parameters(&arrays);
    let names: Vec<String> = of_kind(&arrays, false)
        .map(|(name, _)| name.clone())
        .collect();
    // What an optimizer copies of the arrays (ScheduleFreeAdamW) it copies in the first step: with Keras run eagerly, behind the pass.
    normalise(model, noise, &mut arrays, &mut parameters, 0);
    let mut training = Training::new(&model.loss, 1.0, &model.optimizer, &parameters);
    training.rounding = rounding.map(|(share, seed)| (share, Random::new(seed)));
    for batch in 0..BATCHES {
        sides::begin();
        if batch > 0 {
            normalise(model, noise, &mut arrays, &mut parameters, batch);
        }
        let weights = model
            .weights
            .as_ref()
            .map(|weights| Weights::Samples(&weights[batch]));
        let targets = Targets {
            y: &model.y[batch],
            weights,
        };
        let mut forward = |vars: &[Vec<Var>]| {
            let mut run = run(&mut arrays, rounding);
            (run.training, run.noise, run.step) = (true, Some(noise), batch as u64);
            run.is_normalised = true;
            run.vars = names.iter().cloned().zip(vars.iter().cloned()).collect();
            let (y, logits) = ended(model, &mut run, model.samples(batch));
            let first = model
                .layers
                .first()
                .is_some_and(|layer| layer.class == "Embedding");
            let looked_up = run.looked_up.iter().filter(|_| first);
            let looked_up = looked_up
                .map(|(name, all)| (place_of(&names, name), all.clone()))
                .collect();
            let rows = y.values.len() / y.width();
            Forward {
                logits,
                mask: run.mask_of(rows),
                penalties: run.penalties,
                looked_up,
                output: y.values,
                shape: y.shape,
            }
        };
        let found = training.step(&mut parameters, targets, &mut forward);
        numbers.insert(format!("loss {batch}"), vec![found.loss]);
        for (name, parameter) in names.iter().zip(&parameters) {
            arrays
                .get_mut(name)
                .expect("a parameter")
                .values
                .clone_from(&parameter.variable.values);
        }
        for (name, array) in &arrays {
            numbers.insert(format!("step {batch} {name}"), array.values.clone());
        }
    }
}

fn place_of(names: &[String], name: &str) -> usize {
    names
        .iter()
        .position(|other| other == name)
        .expect("a parameter")
}

/// The outputs, and what the last layer's softmax or sigmoid was applied to.
fn ended(model: &Model, run: &mut Run<'_>, x: Tensor) -> (Tensor, Option<(Head, Vec<Var>)>) {
    let word = model
        .ending
        .as_ref()
        .and_then(|ending| ending.some_text("activation"));
    let head = match word {
        Some("softmax") => Head::Softmax,
        Some("sigmoid") => Head::Sigmoid,
        _ => return (model.forward(run, x), None),
    };
    // The same model with a linear end, and then the activation.
    let mut layers = model.layers.clone();
    let last = layers.pop().expect("a layer");
    layers.push(last.without("activation").with("activation", "linear"));
    let logits = run.list(&layers, x);
    let apply =
        |row: &[Var]| crate::activations::activation(word.unwrap_or("linear"), row, row.len());
    let values = logits
        .values
        .chunks(logits.width())
        .flat_map(apply)
        .collect();
    (
        Tensor {
            values,
            shape: logits.shape.clone(),
        },
        Some((head, logits.values)),
    )
}

/// Keras divides kernels before the pass that takes them (`SpectralNormalization`).
fn normalise(
    model: &Model,
    noise: &Noise<'_>,
    arrays: &mut Arrays,
    parameters: &mut [Parameter],
    batch: usize,
) {
    if !model
        .layers
        .iter()
        .any(|layer| layer.source().contains("SpectralNormalization"))
    {
        return;
    }
    let mut after = arrays.clone();
    let mut run = Run::new(&mut after);
    (run.training, run.noise) = (true, Some(noise));
    model.forward(&mut run, model.samples(batch));
    let changes = |name: &String, array: &Array| !array.is_state || name.ends_with("vector_u");
    for (name, array) in after
        .into_iter()
        .filter(|(name, array)| changes(name, array))
    {
        arrays.get_mut(&name).expect("an array").values = array.values;
    }
    for (parameter, (_, array)) in parameters.iter_mut().zip(of_kind(arrays, false)) {
        parameter.variable.values.clone_from(&array.values);
    }
}

/// The parameters as an optimizer sees them.
fn parameters(arrays: &Arrays) -> Vec<Parameter> {
    let of = |(name, array): (&String, &Array)| Parameter {
        variable: Variable {
            path: name.replace('.', "/"),
            shape: array.shape.clone(),
            values: array.values.clone(),
        },
        trainable: array.trainable,
        regularizer: array.regularizer.clone(),
        constraint: array.constraint.clone(),
    };
    of_kind(arrays, false).map(of).collect()
}

/// The arrays of a kind, the parameters or the state.
pub fn of_kind(arrays: &Arrays, is_state: bool) -> impl Iterator<Item = (&String, &Array)> {
    arrays
        .iter()
        .filter(move |(_, array)| array.is_state == is_state)
}

/// Whether a layer draws random numbers in a training.
pub fn is_noisy(layer: &Call) -> bool {
    layer.number("rate", layer.number("stddev", 0.0)) > 0.0
}
