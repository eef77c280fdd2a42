//! Whole trainings of the interpreter against those of real Keras: the golden trajectories of models that are small enough.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::activations::activation;
use crate::call::Call;
use crate::golden::{Case, cases, enough, of_object};
use crate::losses::Head;
use crate::optimizers::Variable;
use crate::random::Random;
use crate::run::{Arrays, Run, snake};
use crate::step::{Forward, Parameter, Targets, Training};
use crate::suiting;
use crate::tape::{self, Var};
use crate::tensor::Tensor;

/// The most weights of a model that is gone through.
const LARGEST: usize = 1000;

/// The layers; what the last one ends with, apart.
fn layers(case: &Case) -> (Vec<Call>, String) {
    let listed = case.json.get("layers").and_then(Json::as_array);
    let objects = listed.into_iter().flatten().filter_map(Json::as_object);
    let mut layers: Vec<Call> = objects.map(of_object).collect();
    let last = layers.pop().expect("a layer");
    let ending = last.text("activation", "linear").to_owned();
    layers.push(last.without("activation"));
    (layers, ending)
}

/// The oracle's name of each of Keras's arrays, by its number.
fn names(case: &Case, layers: &[Call]) -> Vec<String> {
    let mut counts = BTreeMap::new();
    let listed = case
        .json
        .get("layers")
        .and_then(Json::as_array)
        .into_iter()
        .flatten();
    let mut own = BTreeMap::new();
    for (layer, call) in listed.zip(layers) {
        let base = snake(&call.class);
        let count = counts.entry(base.clone()).or_insert(0);
        *count += 1;
        let name = layer.pointer("/config/name").and_then(Json::as_str);
        own.insert(name.expect("a name"), format!("{base}_{count}"));
    }
    let weights = case
        .json
        .get("weights")
        .and_then(Json::as_array)
        .into_iter()
        .flatten();
    let name = |weight: &Json| {
        let path = weight.get("path").and_then(Json::as_str).expect("a path");
        let mut parts = path.split('/').skip(1);
        let layer = parts.next().expect("a layer");
        let array = parts.last().expect("an array");
        format!("{}.{array}", own.get(layer).map_or(layer, String::as_str))
    };
    weights.map(name).collect()
}

fn loss_of(case: &Case) -> Call {
    match case.json.get("loss") {
        Some(Json::String(word)) => {
            let is_meant = |class: &&&str| suiting::words(class).contains(&word.as_str());
            let class = suiting::LOSSES
                .iter()
                .filter(|class| **class != "Crossentropy")
                .find(is_meant);
            Call::new(class.expect("a loss"))
        }
        Some(Json::Object(object)) => of_object(object),
        other => panic!("{}: loss {other:?}", case.name),
    }
}

/// Some samples of an array of a case.
fn batch(case: &Case, name: &str, first: usize, count: usize) -> Tensor {
    let (values, shape) = case.get(name);
    let each = values.len() / shape[0];
    let mut shape = shape.to_vec();
    shape[0] = count;
    Tensor::constants(&shape, &values[first * each..(first + count) * each])
}

/// Compares a training, if the oracle has all arrays of the model.
fn compare(case: &Case) -> bool {
    let (layers, ending) = layers(case);
    let names = names(case, &layers);
    let number = |key: &str| case.json.get(key).and_then(Json::as_u64).expect("a number") as usize;
    let (size, epochs) = (number("batch_size"), number("epochs"));
    let samples = case.get("x").1[0];
    // The arrays with what belongs to them, and Keras's values.
    let mut arrays = Arrays::new();
    tape::clear();
    let mut run = Run::new(&mut arrays);
    run.fill = Some(Random::new(1));
    run.list(&layers, batch(case, "x", 0, size));
    for (i, name) in names.iter().enumerate() {
        let Some(array) = arrays.get_mut(name) else {
            println!("{}: no array {name}", case.name);
            return false;
        };
        array.values = case.get(&format!("weight_{i}")).0.to_vec();
    }
    let trained: Vec<String> = arrays
        .iter()
        .filter(|(_, array)| !array.is_state)
        .map(|(name, _)| name.clone())
        .collect();
    let parameter = |name: &String| {
        let array = &arrays[name];
        Parameter {
            variable: Variable {
                path: name.replace('.', "/"),
                shape: array.shape.clone(),
                values: array.values.clone(),
            },
            trainable: array.trainable,
            regularizer: array.regularizer.clone(),
            constraint: array.constraint.clone(),
        }
    };
    let mut parameters: Vec<Parameter> = trained.iter().map(parameter).collect();
    let optimizer = case
        .json
        .get("optimizer")
        .and_then(Json::as_object)
        .expect("an optimizer");
    let mut training = Training::new(&loss_of(case), 1.0, &of_object(optimizer), &parameters);
    let mut losses = Vec::new();
    for epoch in 0..epochs {
        let mut sum = 0.0;
        for (step, first) in (0..samples).step_by(size).enumerate() {
            let count = size.min(samples - first);
            let y = batch(case, "y", first, count).numbers();
            let mut forward = |vars: &[Vec<Var>]| {
                let mut run = Run::new(&mut arrays);
                run.training = true;
                run.step = (epoch * samples.div_ceil(size) + step) as u64;
                run.vars = trained.iter().cloned().zip(vars.iter().cloned()).collect();
                let z = run.list(&layers, batch(case, "x", first, count));
                let head = match ending.as_str() {
                    "softmax" => Some(Head::Softmax),
                    "sigmoid" => Some(Head::Sigmoid),
                    _ => None,
                };
                let is_first = layers[0].class == "Embedding";
                let place = |name: &String| {
                    trained
                        .iter()
                        .position(|other| other == name)
                        .expect("an array")
                };
                let looked_up = run.looked_up.iter().filter(|_| is_first);
                Forward {
                    output: activation(&ending, &z.values, z.width()),
                    mask: run
                        .mask
                        .clone()
                        .filter(|mask| mask.len() == z.values.len() / z.width()),
                    penalties: run.penalties,
                    looked_up: looked_up
                        .map(|(name, all)| (place(name), all.clone()))
                        .collect(),
                    logits: head.map(|head| (head, z.values)),
                    shape: z.shape,
                }
            };
            let targets = Targets {
                y: &y,
                weights: None,
            };
            sum += training.step(&mut parameters, targets, &mut forward).loss * count as f64;
        }
        // Averages take the place of the parameters at the end of each `fit`, which is one epoch.
        training.finish(&mut parameters);
        losses.push(sum / samples as f64);
    }
    case.compare("fit_loss", &losses, 1e-4);
    for (i, name) in names.iter().enumerate() {
        let place = trained.iter().position(|other| other == name);
        let values = place.map_or_else(
            || &arrays[name].values,
            |place| &parameters[place].variable.values,
        );
        case.compare_to(&format!("final_weight_{i}"), values, 1e-4, 1e-5);
    }
    true
}

#[test]
fn trainings_are_those_of_keras() {
    let mut seen = 0;
    for case in cases("trajectories", "") {
        let weights = (0..).map_while(|i| case.find(&format!("weight_{i}")));
        let is_small = weights.map(|(values, _)| values.len()).sum::<usize>() < LARGEST;
        // Whose weights are normalised before each step; whose last layer is a wrapper.
        let is_plain = !case.name.contains("spectral");
        if is_small && is_plain && compare(&case) {
            println!("{}", case.name);
            seen += 1;
        }
    }
    enough(seen, 4, "trainings");
}
