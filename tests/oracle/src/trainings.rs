//! Random trainings of small models: what is random is the loss, the optimizer, the metrics, the weights, regularizers and constraints.

use std::fmt::Write;

use crate::activations::activation;
use crate::arguments::{constraint, optimizer, regularizer};
use crate::call::Call;
use crate::losses::Head;
use crate::metrics::{self, Batch};
use crate::optimizers::Variable;
use crate::random::{Random, single};
use crate::reductions::{Weights, class_weights};
use crate::run::{Arrays, Run};
use crate::step::{Forward, Parameter, Targets, Training};
use crate::suited_metrics;
use crate::suiting::{self, Ending, FitWeights, Kind};
use crate::tape::{self, Var};
use crate::tensor::Tensor;

/// How many samples there are: the last batch is a smaller one.
const SAMPLES: usize = 13;
/// The samples of a batch.
const BATCH: usize = 5;
/// How often all samples are gone through.
const EPOCHS: usize = 2;

/// A training.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it follows from.
    pub seed: u64,
    /// The shape of a sample.
    pub input: Vec<usize>,
    /// How many tokens there are, if the samples consist of them.
    pub tokens: Option<usize>,
    /// The layers, but for what the model ends with.
    pub body: Vec<Call>,
    /// The last activation.
    pub last: &'static str,
    /// Whether that is a layer of its own.
    pub last_is_layer: bool,
    /// Whether each row gets the length 1 at the end.
    pub has_unit_length: bool,
    /// The shape of a sample's output.
    pub output: Vec<usize>,
    /// The arrays before the training.
    pub arrays: Arrays,
    /// The loss.
    pub loss: Call,
    /// Keras's `loss_weights`.
    pub scale: Option<f64>,
    /// The optimizer.
    pub optimizer: Call,
    /// The metrics.
    pub metrics: Vec<Call>,
    /// Those that look at the weights.
    pub weighted_metrics: Vec<Call>,
    /// The weights.
    pub weights: FitWeights,
    /// What the targets are.
    pub kind: Kind,
    /// The samples.
    pub x: Vec<f64>,
    /// Their targets.
    pub y: Vec<f64>,
}

/// What a training comes to.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The loss of each epoch.
    pub loss: Vec<f64>,
    /// The values of the metrics in each epoch: first those without weights.
    pub metrics: Vec<Vec<f64>>,
    /// The arrays behind it.
    pub arrays: Arrays,
}

/// The training of a seed.
pub fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    loop {
        let case = attempt(seed, &mut random.fork());
        if let Some(case) = case.filter(is_sensible) {
            return case;
        }
    }
}

/// Whether all its numbers are finite, and none is very large.
fn is_sensible(case: &Case) -> bool {
    let trained = trained(case, None);
    let arrays = trained.arrays.values().flat_map(|array| &array.values);
    let results = trained.loss.iter().chain(trained.metrics.iter().flatten());
    arrays
        .chain(results)
        .all(|x| x.is_finite() && x.abs() < 1e4)
}

fn dense(random: &mut Random, inputs: usize, units: usize) -> Call {
    let mut call = Call::new("Dense").with("units", units);
    let kernel = [inputs, units];
    if random.chance(0.2) {
        call.set("use_bias", false);
    } else {
        if random.chance(0.2) {
            call.set("bias_regularizer", regularizer(random, &[units]));
        }
        if random.chance(0.15) {
            call.set("bias_constraint", constraint(random, &[units]));
        }
    }
    if random.chance(0.4) {
        call.set("kernel_regularizer", regularizer(random, &kernel));
    }
    if random.chance(0.3) {
        call.set("kernel_constraint", constraint(random, &kernel));
    }
    if random.chance(0.1) {
        call.set("trainable", false);
    }
    call
}

fn attempt(seed: u64, random: &mut Random) -> Option<Case> {
    let mut body = Vec::new();
    let (mut input, mut tokens) = (vec![3], None);
    let steps = random.between(3, 5);
    let inside = random.between(2, 4);
    match random.between(0, 5) {
        0..2 => {}
        2 => input = vec![steps, 3],
        3 => {
            input = vec![steps, 3];
            body.push(Call::new("Masking"));
        }
        _ => {
            (input, tokens) = (vec![steps], Some(5));
            let mut embedding = Call::new("Embedding")
                .with("input_dim", 5_usize)
                .with("output_dim", 3_usize);
            if random.chance(0.5) {
                embedding.set("mask_zero", true);
            }
            if random.chance(0.2) {
                embedding.set("embeddings_regularizer", regularizer(random, &[5, 3]));
            }
            if random.chance(0.2) {
                embedding.set("embeddings_constraint", constraint(random, &[5, 3]));
            }
            body.push(embedding);
        }
    }
    let is_sequence = input.len() == 2 || tokens.is_some();
    let mut first = dense(random, 3, inside).with("activation", "tanh");
    if random.chance(0.2) {
        first.set("activity_regularizer", regularizer(random, &[5]));
    }
    body.push(first);
    let (mut shape, mut width) = (vec![BATCH], inside);
    if is_sequence && random.chance(0.3) {
        body.push(Call::new("Flatten"));
        width = steps * inside;
    } else if is_sequence {
        shape.push(steps);
    }
    let units = random.between(1, 4);
    body.push(dense(random, width, units));
    shape.push(units);
    let loss = suiting::loss(random, &shape);
    let kind = suiting::kind(&loss, random, &shape);
    let (last, has_unit_length) = match suiting::ending(&loss, &shape) {
        Ending::Sigmoid => ("sigmoid", false),
        Ending::Softmax => ("softmax", false),
        Ending::Positive => (random.pick(&["softplus", "exponential"]), false),
        Ending::UnitLength => ("linear", true),
        Ending::Logits => ("linear", false),
        Ending::Anyhow => (random.pick(&["linear", "tanh"]), false),
    };
    let layers = ["dense_1", "dense_2", "embedding_1", "bias"].map(str::to_owned);
    let all = [&[SAMPLES], &shape[1..]].concat();
    let mut case = Case {
        seed,
        x: samples(random, &input, tokens),
        input,
        tokens,
        body,
        last,
        last_is_layer: random.chance(0.3),
        has_unit_length,
        output: shape[1..].to_vec(),
        arrays: Arrays::new(),
        scale: random.chance(0.2).then_some(0.5),
        optimizer: optimizer(random, &layers),
        metrics: Vec::new(),
        weighted_metrics: Vec::new(),
        weights: suiting::fit_weights(&loss, kind, random, &all),
        y: suiting::targets(kind, random, &all),
        loss,
        kind,
    };
    let is_masked = case.is_masked();
    let named = |metrics: Vec<Call>, prefix: &str| {
        let named = metrics.into_iter().enumerate();
        let named = named.map(|(i, metric)| {
            metric
                .without("name")
                .with("name", format!("{prefix}_{i}").as_str())
        });
        named.collect()
    };
    // Correlations along the steps, and losses that go over axes, have no rows that a mask could leave out.
    let goes_over_axes =
        |call: &Call| call.class == "CTC" || call.class == "Circle" || call.get("axis").is_some();
    if is_masked && goes_over_axes(&case.loss) {
        return None;
    }
    let metrics = |random: &mut Random| -> Vec<Call> {
        let metrics = suited_metrics::metrics(kind, random, &all);
        metrics
            .into_iter()
            .filter(|metric| !(goes_over_axes(metric) && all.len() > 2))
            .collect()
    };
    case.metrics = named(metrics(random), "metric");
    case.weighted_metrics = named(metrics(random), "weighted");
    let mut arrays = Arrays::new();
    tape::clear();
    let mut run = Run::new(&mut arrays);
    run.fill = Some(random.fork());
    run.list(&case.body, case.batch(0));
    case.arrays = arrays;
    Some(case)
}

/// Samples of numbers, or of tokens; some steps are padding.
fn samples(random: &mut Random, input: &[usize], tokens: Option<usize>) -> Vec<f64> {
    let len = SAMPLES * input.iter().product::<usize>();
    if let Some(tokens) = tokens {
        return (0..len)
            .map(|_| random.between(0, tokens - 1) as f64)
            .collect();
    }
    let mut values: Vec<f64> = (0..len).map(|_| single(random.normal())).collect();
    for row in values.chunks_mut(3) {
        if input.len() == 2 && random.chance(0.25) {
            row.fill(0.0);
        }
    }
    values
}

impl Case {
    /// The batches of an epoch: the samples of each.
    fn batches() -> Vec<std::ops::Range<usize>> {
        let first = (0..SAMPLES).step_by(BATCH);
        first
            .map(|first| first..(first + BATCH).min(SAMPLES))
            .collect()
    }

    fn batch(&self, which: usize) -> Tensor {
        let samples = Case::batches()[which].clone();
        let shape = [&[samples.len()], &self.input[..]].concat();
        let each: usize = self.input.iter().product();
        Tensor::constants(&shape, &self.x[samples.start * each..samples.end * each])
    }

    /// Whether a mask reaches the output.
    fn is_masked(&self) -> bool {
        let makes_mask = |layer: &Call| layer.class == "Masking" || layer.flag("mask_zero", false);
        self.body.iter().any(makes_mask) && self.body.iter().all(|layer| layer.class != "Flatten")
    }

    /// The layers as a user writes them.
    fn layers(&self) -> Vec<String> {
        let mut layers = self.body.clone();
        if self.last != "linear" || self.seed.is_multiple_of(2) {
            match self.last_is_layer {
                true => layers.push(Call::new("Activation").with("activation", self.last)),
                false => layers
                    .last_mut()
                    .expect("a layer")
                    .set("activation", self.last),
            }
        }
        if self.has_unit_length {
            layers.push(Call::new("UnitNormalization"));
        }
        layers.iter().map(Call::source).collect()
    }

    /// A module of Rust with the model and its training. `super` has `Case`, `Ran`, `loaded` and `ran`.
    pub fn source(&self) -> String {
        let sizes: Vec<String> = self.input.iter().map(usize::to_string).collect();
        let dtype = if self.tokens.is_some() {
            ", dtype = \"int32\""
        } else {
            ""
        };
        let layers = self.layers().join(",\n        ");
        let list = |name: &str, metrics: &[Call]| {
            let metrics: Vec<String> = metrics.iter().map(Call::source).collect();
            format!(", {name} = [{}]", metrics.join(", "))
        };
        let metrics =
            list("metrics", &self.metrics) + &list("weighted_metrics", &self.weighted_metrics);
        let scale = self
            .scale
            .map_or(String::new(), |scale| format!(", loss_weights = {scale:?}"));
        let (ty, weights) = match &self.weights {
            FitWeights::Nothing => ("f32".to_owned(), ""),
            FitWeights::Samples(_) => ("f32".to_owned(), ".sample_weight(&weights)"),
            FitWeights::Rows(_) => (
                format!("[f32; {}]", self.output[0]),
                ".sample_weight(&weights)",
            ),
            FitWeights::Classes(weights) => (
                format!("[f32; {}]", weights.len()),
                ".class_weight(weights[0])",
            ),
        };
        let mut text = String::new();
        write!(
            text,
            "mod t{} {{\n    kseq::sequential! {{ pub Net = [\n        Input(shape = ({},){dtype}),\n        {layers},\n    ] }}\n    \
             pub fn run(case: &super::Case) -> Result<super::Ran, String> {{\n        \
             let mut model = kseq::compile!(super::loaded::<Net>(case), optimizer = {}, loss = {}{metrics}{scale});\n        \
             let weights: Vec<{ty}> = super::weights(case);\n        \
             let _ = &weights;\n        \
             let fit = kseq::prelude::Fit::new().batch_size({BATCH}).epochs({EPOCHS}).shuffle(false).verbose(0){weights};\n        \
             super::ran(case, &mut model, fit)\n    }}\n}}\n",
            self.seed,
            sizes.join(", "),
            self.optimizer,
            self.loss,
        )
        .expect("memory");
        text
    }
}

/// The training by the interpreter; with rounding as an engine of `f32`s has it, to see what that does.
pub fn trained(case: &Case, rounding: Option<(f64, u64)>) -> Trained {
    let mut arrays = case.arrays.clone();
    let names: Vec<String> = arrays.keys().cloned().collect();
    let parameter = |name: &String| {
        let array = &case.arrays[name];
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
    let mut parameters: Vec<Parameter> = names.iter().map(parameter).collect();
    let mut training = Training::new(
        &case.loss,
        case.scale.unwrap_or(1.0),
        &case.optimizer,
        &parameters,
    );
    let mut noise = rounding.map(|(share, seed)| (share, Random::new(seed)));
    training.rounding.clone_from(&noise);
    let len = case.y.len() / SAMPLES;
    let mut found = Trained {
        loss: Vec::new(),
        metrics: Vec::new(),
        arrays: Arrays::new(),
    };
    for _ in 0..EPOCHS {
        let (mut loss, mut seen) = (0.0, Vec::new());
        for (which, samples) in Case::batches().into_iter().enumerate() {
            let weights = weights(case, samples.clone());
            let y = &case.y[samples.start * len..samples.end * len];
            let mut mask = None;
            let mut forward = |vars: &[Vec<Var>]| {
                let forward = forward(case, &mut arrays, &names, vars, which, &mut noise);
                mask.clone_from(&forward.mask);
                forward
            };
            let given = weights.as_ref().map(|(weights, each)| match each {
                true => Weights::Rows(weights),
                false => Weights::Samples(weights),
            });
            let targets = Targets { y, weights: given };
            let passed = training.step(&mut parameters, targets, &mut forward);
            loss += passed.loss * samples.len() as f64;
            seen.push(Batch {
                y: y.to_vec(),
                outputs: passed.output,
                shape: [&[samples.len()], &case.output[..]].concat(),
                weights: weights.map(|(weights, _)| weights),
                mask,
            });
        }
        found.loss.push(loss / SAMPLES as f64);
        let weighted = case
            .weighted_metrics
            .iter()
            .map(|metric| reported(metric, &seen));
        let weighted: Vec<f64> = weighted.collect();
        seen.iter_mut().for_each(|batch| batch.weights = None);
        let plain = case.metrics.iter().map(|metric| reported(metric, &seen));
        found.metrics.push(plain.chain(weighted).collect());
    }
    training.finish(&mut parameters);
    for (name, parameter) in names.iter().zip(parameters) {
        arrays.get_mut(name).expect("an array").values = parameter.variable.values;
    }
    found.arrays = arrays;
    found
}

/// What a history shows of a metric that may have several values.
fn reported(metric: &Call, batches: &[Batch]) -> f64 {
    let values = metrics::result(metric, batches);
    values.iter().sum::<f64>() / values.len() as f64
}

/// The weights of some samples, and whether each is one of a row.
fn weights(case: &Case, samples: std::ops::Range<usize>) -> Option<(Vec<f64>, bool)> {
    match &case.weights {
        FitWeights::Nothing => None,
        FitWeights::Samples(weights) => Some((weights[samples].to_vec(), false)),
        FitWeights::Rows(weights) => {
            let each = case.output[0];
            Some((
                weights[samples.start * each..samples.end * each].to_vec(),
                true,
            ))
        }
        FitWeights::Classes(weights) => {
            let width = (case.kind != Kind::Classes).then(|| case.output[0]);
            let all = class_weights(&case.y, width, weights);
            Some((all[samples].to_vec(), false))
        }
    }
}

fn forward(
    case: &Case,
    arrays: &mut Arrays,
    names: &[String],
    vars: &[Vec<Var>],
    which: usize,
    noise: &mut Option<(f64, Random)>,
) -> Forward {
    let mut run = Run::new(arrays);
    run.training = true;
    run.vars = names.iter().cloned().zip(vars.iter().cloned()).collect();
    run.rounding.clone_from(noise);
    let logits = run.list(&case.body, case.batch(which));
    let mut output = activation(case.last, &logits.values, logits.width());
    if let Some((share, random)) = noise {
        let random = &mut random.fork();
        output
            .iter_mut()
            .for_each(|y| *y = *y * (1.0 + *share * random.uniform(-1.0, 1.0)));
    }
    if case.has_unit_length {
        let unit = |row: &[Var]| -> Vec<Var> {
            let length = row.iter().map(|x| x.square()).sum::<Var>().sqrt();
            row.iter().map(|&x| x / length).collect()
        };
        output = output.chunks(logits.width()).flat_map(unit).collect();
    }
    let head = match case.last {
        "softmax" => Some(Head::Softmax),
        "sigmoid" => Some(Head::Sigmoid),
        _ => None,
    };
    let looked_up = std::mem::take(&mut run.looked_up).into_iter();
    let place = |name: String| {
        names
            .iter()
            .position(|known| *known == name)
            .expect("an array")
    };
    Forward {
        mask: run.mask.clone().filter(|_| case.is_masked()),
        penalties: run.penalties,
        looked_up: looked_up.map(|(name, all)| (place(name), all)).collect(),
        output,
        logits: head.map(|head| (head, logits.values)),
        shape: logits.shape,
    }
}

#[cfg(test)]
mod tests;
