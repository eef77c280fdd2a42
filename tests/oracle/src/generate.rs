//! Random models: layers of all kinds one behind the other, wherever Keras takes them.

use crate::arguments;
use crate::call::Call;
use crate::expected;
use crate::model::{BATCHES, Model};
use crate::random::{Random, single, two_digits};
use crate::run::{Arrays, Run};
use crate::suiting::{self, Ending};
use crate::tape;
use crate::tensor::Tensor;

mod images;
mod layers;
mod sequences;
mod values;

/// The most values that a sample has between two layers.
const LARGEST: usize = 400;
/// The most axes that a sample has in kseq.
const AXES: usize = 4;
/// The most scalars of a pass with derivatives.
const LONGEST: usize = 1_500_000;

/// The model of a seed.
pub fn model(seed: u64) -> Model {
    let mut random = Random::new(seed);
    loop {
        if let Some(model) = attempt(seed, &mut random.fork()).filter(stays_small) {
            return model;
        }
    }
}

/// The largest number within a model: its square, too, is one of float32's.
pub const MOST: f64 = 1e18;

/// Whether three steps of the training leave all numbers finite, and none very large. (What random layers draw is kseq's to say.)
fn stays_small(model: &Model) -> bool {
    let noise = |_: &Call, shape: &[usize], _: u64| {
        let len = shape.iter().product();
        [vec![0.0; len], vec![1.0; len]]
    };
    tape::forget_largest();
    let numbers = expected::all(model, &noise, None);
    let mut all = numbers.values().flatten();
    all.all(|number| number.is_finite() && number.abs() < 1e4) && tape::largest() < MOST
}

/// What a layer is chosen by.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The shape of a sample.
    pub shape: &'a [usize],
    /// Whether it holds tokens.
    pub tokens: Option<usize>,
    /// Whether a mask comes here.
    pub is_masked: bool,
    /// How many layers this one would be in.
    pub depth: usize,
    /// Whether layers may be random in training.
    pub may_be_random: bool,
    /// Whether layers may carry a state from batch to batch.
    pub may_be_stateful: bool,
    /// Whether nobody trains the model: its layers may be random in a training in ways that the oracle does not know.
    pub only_predicts: bool,
}

fn attempt(seed: u64, random: &mut Random) -> Option<Model> {
    let batch = random.between(2, 5);
    let (input, tokens) = layers::input(random);
    let may_be_random = random.chance(0.3);
    let may_be_stateful = random.chance(0.15);
    let only_predicts = random.chance(0.06);
    let count = random.between(3, 12);
    let x: Vec<Vec<f64>> = (0..BATCHES)
        .map(|_| samples(random, batch, &input, tokens))
        .collect();
    let mut model = Model {
        seed,
        has_input_layer: random.chance(0.5) || tokens.is_some(),
        input,
        tokens,
        batch,
        layers: Vec::new(),
        arrays: Arrays::new(),
        shapes: Vec::new(),
        x,
        y: Vec::new(),
        projection: Vec::new(),
        loss: Call::new("MeanSquaredError"),
        optimizer: Call::new("SGD").with("learning_rate", 0.05),
        weights: None,
        ending: None,
        only_predicts,
    };
    let (mut shape, mut tries, mut is_masked) = (model.input.clone(), 0, false);
    while model.layers.len() < count {
        tries += 1;
        if tries > 200 {
            return None;
        }
        let tokens = model.tokens.filter(|_| model.layers.is_empty());
        let place = Place {
            shape: &shape,
            tokens,
            is_masked,
            depth: 0,
            may_be_random,
            may_be_stateful,
            only_predicts,
        };
        let Some(layer) = layers::random_layer(random, &place) else {
            continue;
        };
        model.layers.push(layer);
        let before = model.arrays.clone();
        match fits(&mut model, random) {
            Some((output, masked)) => {
                (shape, is_masked) = (output.clone(), masked);
                model.shapes.push(output);
            }
            None => {
                model.layers.pop();
                model.arrays = before;
            }
        }
    }
    finished(model, is_masked, random)
}

/// With a loss and what it needs: a last layer, targets, weights; an optimizer.
fn finished(mut model: Model, is_masked: bool, random: &mut Random) -> Option<Model> {
    let shape = |model: &Model| [&[model.batch], model.output()].concat();
    let mut loss = suiting::loss(random, &shape(&model));
    // (What is put at the end passes a mask on.)
    while is_masked && !suiting::suits_a_mask(&loss, shape(&model).len()) {
        loss = suiting::loss(random, &shape(&model));
    }
    let units = model.output()[model.output().len() - 1];
    let dense = Call::new("Dense").with("units", units);
    let with = |random: &mut Random, activation: &str| match random.chance(0.6) {
        true => dense.clone().with("activation", activation),
        false => Call::new("Activation").with("activation", activation),
    };
    model.ending = match suiting::ending(&loss, &shape(&model)) {
        Ending::Anyhow => None,
        Ending::Logits => Some(dense),
        Ending::Sigmoid => Some(with(random, "sigmoid")),
        Ending::Softmax => Some(with(random, "softmax")),
        Ending::Positive => Some(with(random, "softplus")),
        Ending::UnitLength => Some(Call::new("UnitNormalization")),
    };
    if let Some(ending) = model.ending.clone() {
        model.layers.push(ending);
        let (output, _) = fits(&mut model, random)?;
        model.shapes.push(output);
    }
    let shape = shape(&model);
    let kind = suiting::kind(&loss, random, &shape);
    model.projection = (0..shape.iter().product())
        .map(|_| single(random.normal()))
        .collect();
    model.y = (0..BATCHES)
        .map(|_| suiting::targets(kind, random, &shape))
        .collect();
    let weights = |random: &mut Random| {
        (0..model.batch)
            .map(|_| two_digits(random, 0.3, 2.0))
            .map(single)
            .collect()
    };
    model.weights = (shape.len() == 2 && random.chance(0.4))
        .then(|| (0..BATCHES).map(|_| weights(random)).collect());
    let names: Vec<String> = model
        .arrays
        .keys()
        .filter_map(|name| name.split_once('.').map(|name| name.0.to_owned()))
        .collect();
    model.optimizer = arguments::optimizer(random, &names);
    model.loss = loss;
    Some(model)
}

/// The shape that a layer makes of another one, if it is not too large.
fn shape_after(layer: &Call, shape: &[usize], random: &mut Random) -> Option<Vec<usize>> {
    let mut arrays = Arrays::new();
    let mut run = Run::new(&mut arrays);
    run.fill = Some(random.fork());
    let x = Tensor::zeros(&[&[1], shape].concat());
    let y = run.list([layer], x);
    (y.values.len() <= LARGEST && y.sample().len() <= AXES).then(|| y.sample().to_vec())
}

/// Samples of numbers or tokens, some of which may be padding.
fn samples(random: &mut Random, batch: usize, input: &[usize], tokens: Option<usize>) -> Vec<f64> {
    let len = batch * input.iter().product::<usize>();
    match tokens {
        Some(tokens) => (0..len)
            .map(|_| random.between(0, tokens - 1) as f64)
            .collect(),
        None => {
            let mut values: Vec<f64> = (0..len).map(|_| single(random.normal())).collect();
            // Padding for a `Masking`.
            for row in values.chunks_mut(*input.last().expect("an axis")) {
                if input.len() > 1 && random.chance(0.2) {
                    row.fill(0.0);
                }
            }
            values
        }
    }
}

/// The shape of the last layer's output, and whether a mask comes out, if the layer gives sensible numbers and not too many.
fn fits(model: &mut Model, random: &mut Random) -> Option<(Vec<usize>, bool)> {
    tape::clear();
    let mut arrays = std::mem::take(&mut model.arrays);
    let mut run = Run::new(&mut arrays);
    run.fill = Some(random.fork());
    run.derivatives = true;
    let y = model.forward(&mut run, model.samples(0));
    let is_masked = run.mask.is_some();
    model.arrays = arrays;
    let len = y.sample().iter().product::<usize>();
    let is_sensible = |y: &Tensor| {
        let numbers = y.numbers();
        let largest = numbers
            .iter()
            .fold(0.0, |largest: f64, y| largest.max(y.abs()));
        let first = numbers[0];
        numbers.iter().all(|y| y.is_finite())
            && (1e-2..1e3).contains(&largest)
            && numbers.iter().any(|y| (y - first).abs() > 1e-3)
    };
    let fits = (1..=LARGEST).contains(&len)
        && y.sample().len() <= AXES
        && tape::len() < LONGEST
        && is_sensible(&y);
    fits.then(|| (y.sample().to_vec(), is_masked))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Place, layers, shape_after};
    use crate::call::{Call, Value};
    use crate::random::Random;

    /// Rows of the catalogue that no model has, and why.
    const ABSENT: &[(&str, &str)] = &[
        (
            "AutoContrast",
            "rounds its numbers to whole ones, and so jumps everywhere; tests/golden has it",
        ),
        (
            "RandomCrop",
            "resizes what it does not cut; tests/golden has it",
        ),
    ];

    /// Arguments that no layer is given: of which classes (by the beginning of the name), which (by the end), and why.
    const ARGUMENTS: &[(&str, &[&str], &str)] = &[
        (
            "",
            &["_initializer", "unit_forget_bias"],
            "both programs are given the same arrays",
        ),
        (
            "",
            &[
                "data_format",
                "time_major",
                "return_state",
                "sparse",
                "flash_attention",
                "vocabulary_dtype",
            ],
            "take one value",
        ),
        (
            "",
            &[
                "lora_rank",
                "lora_alpha",
                "quantization_config",
                "gptq_unpacked_column_size",
                "oov_method",
                "salt",
            ],
            "take their default",
        ),
        (
            "",
            &["use_cudnn", "implementation", "synchronized", "unroll"],
            "change nothing",
        ),
        ("Auto", &[""], "see ABSENT"),
        ("Bidirectional", &["weights"], "takes its default"),
        ("Embedding", &["weights"], "takes its default"),
        (
            "Lambda",
            &["output_shape", "mask", "arguments"],
            "functions of the models' own are one for each shape",
        ),
        (
            "",
            &["seed"],
            "not of the layers whose random numbers the oracle asks for",
        ),
        ("Random", &[""], "outside training they do nothing"),
        ("Solarization", &[""], "as they"),
        (
            "ConvLSTM",
            &["dropout"],
            "random in training, and nothing outside",
        ),
        (
            "BatchNormalization",
            &["renorm_clipping"],
            "tests/golden has it",
        ),
        (
            "",
            &["noise_shape"],
            "its shared numbers are tested by themselves",
        ),
        (
            "Resizing",
            &["_to_aspect_ratio", "fill_mode", "fill_value", "antialias"],
            "tests/golden has it",
        ),
        (
            "Discretization",
            &["num_bins", "epsilon"],
            "adapt is no part of a model",
        ),
        (
            "IntegerLookup",
            &["max_tokens", "mask_token", "oov_token", "invert"],
            "adapt is no part of a model; the others: tests/golden",
        ),
    ];

    /// The arguments that a layer is given, and those of layers in it.
    fn note(layer: &Call, drawn: &mut BTreeMap<String, BTreeSet<String>>) {
        let names: Vec<String> = layer.names().map(str::to_owned).collect();
        for name in &names {
            match layer.get(name) {
                Some(Value::Call(inner)) => note(inner, drawn),
                Some(Value::List(list)) => list.iter().for_each(|value| {
                    if let Value::Call(inner) = value {
                        note(inner, drawn);
                    }
                }),
                _ => {}
            }
        }
        drawn.entry(layer.class.clone()).or_default().extend(names);
    }

    /// Each is drawn for some place, and the interpreter knows it there.
    #[test]
    fn every_layer_of_the_catalogue_is_drawn() {
        let (mut found, mut drawn) = (BTreeMap::new(), BTreeMap::new());
        let shapes: [&[usize]; 6] = [&[6], &[5, 4], &[6, 5, 3], &[4, 4, 2], &[3, 3, 3, 2], &[5]];
        for seed in 0..40_000 {
            let random = &mut Random::new(seed);
            let shape = random.pick(&shapes);
            let place = Place {
                shape,
                tokens: (shape == [5]).then_some(6),
                is_masked: random.chance(0.3),
                depth: 0,
                may_be_random: true,
                may_be_stateful: true,
                only_predicts: random.chance(0.5),
            };
            let Some(layer) = layers::random_layer(random, &place) else {
                continue;
            };
            if seed % 4 == 0 {
                shape_after(&layer, shape, random);
            }
            note(&layer, &mut drawn);
            let source = format!(" {layer}");
            for row in kseq_catalogue::layers() {
                let times = [" ", "[", "("]
                    .map(|before| source.matches(&format!("{before}{}(", row.class)).count());
                *found.entry(row.class).or_insert(0) += times.into_iter().sum::<usize>();
            }
        }
        let is_drawn = |class: &str, name: &str| {
            let names: Option<&BTreeSet<String>> = drawn.get(class);
            names.is_some_and(|names| names.contains(name))
        };
        let is_absent = |class: &str, name: &str| {
            let mut absent = ARGUMENTS.iter();
            absent.any(|(of, names, _)| {
                (of.is_empty() || class.starts_with(of))
                    && names.iter().any(|absent| name.ends_with(absent))
            })
        };
        for row in kseq_catalogue::layers() {
            let names = row.params.iter().map(|param| param.name);
            let missing: Vec<&str> = names
                .filter(|name| !is_drawn(row.class, name) && !is_absent(row.class, name))
                .collect();
            assert!(
                missing.is_empty(),
                "{}: nobody draws {missing:?}",
                row.class
            );
        }
        for (class, times) in found {
            let reason = ABSENT.iter().find(|absent| absent.0 == class);
            assert_eq!(
                times == 0,
                reason.is_some(),
                "{class}: drawn {times} times, {reason:?}"
            );
        }
    }
}
