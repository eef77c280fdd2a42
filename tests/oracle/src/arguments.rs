//! Random optimizers, schedules, regularizers, constraints and activations, with random arguments of which each changes the result.

use crate::activations;
use crate::call::{Call, Value};
use crate::random::{Random, two_digits};

/// Keras's optimizers.
#[rustfmt::skip]
pub const OPTIMIZERS: &[&str] = &[
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam", "RMSprop",
    "ScheduleFreeAdamW", "SGD",
];

/// Keras's schedules of the learning rate.
#[rustfmt::skip]
pub const SCHEDULES: &[&str] = &[
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay",
];

/// Keras's regularizers.
pub const REGULARIZERS: &[&str] = &["L1", "L2", "L1L2", "OrthogonalRegularizer"];

/// Keras's constraints.
pub const CONSTRAINTS: &[&str] = &["MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"];

/// A call whose arguments are given or left out.
pub(crate) struct Draw<'a> {
    pub(crate) call: Call,
    pub(crate) random: &'a mut Random,
}

impl Draw<'_> {
    /// An argument, half of the time.
    pub(crate) fn maybe(&mut self, name: &str, value: impl FnOnce(&mut Random) -> Value) {
        if self.random.chance(0.5) {
            let value = value(self.random);
            self.call.set(name, value);
        }
    }

    /// A number of a range.
    pub(crate) fn number(&mut self, name: &str, low: f64, high: f64) {
        self.maybe(name, |random| two_digits(random, low, high).into());
    }

    /// One of some numbers.
    pub(crate) fn one(&mut self, name: &str, of: &[f64]) {
        self.maybe(name, |random| random.pick(of).into());
    }

    pub(crate) fn flag(&mut self, name: &str) {
        self.maybe(name, |random| random.chance(0.8).into());
    }

    pub(crate) fn whole(&mut self, name: &str, low: usize, high: usize) {
        self.maybe(name, |random| random.between(low, high).into());
    }
}

pub(crate) fn draw<'a>(class: &str, random: &'a mut Random) -> Draw<'a> {
    let call = Call::new(class);
    Draw { call, random }
}

/// A random optimizer. `layers` are names of layers, some of which it may be told to treat in another way.
pub fn optimizer(random: &mut Random, layers: &[String]) -> Call {
    let class = random.pick(OPTIMIZERS);
    optimizer_of(class, random, layers)
}

/// An optimizer of a class. Where an `epsilon` keeps small gradients small it is given more often than not: Adam with `1e-7` makes a
/// full step of a gradient that is nothing but rounding.
pub fn optimizer_of(class: &str, random: &mut Random, layers: &[String]) -> Call {
    let mut draw = draw(class, random);
    draw.maybe("learning_rate", |random| match random.chance(0.4) {
        true => schedule(random).into(),
        false => random.pick(&[0.001, 0.01, 0.05, 0.1]).into(),
    });
    let of_moments = [
        "Adam",
        "AdamW",
        "Adamax",
        "Lamb",
        "Nadam",
        "ScheduleFreeAdamW",
    ];
    if of_moments.contains(&class) {
        draw.number("beta_1", 0.5, 0.95);
        draw.number("beta_2", 0.8, 0.99);
    }
    if !["Adafactor", "Ftrl", "Lion", "SGD"].contains(&class) {
        draw.one("epsilon", &[1e-2, 1e-3, 1e-3, 1e-5]);
    }
    match class {
        "SGD" => {
            draw.number("momentum", 0.3, 0.95);
            draw.flag("nesterov");
        }
        "RMSprop" => {
            draw.number("rho", 0.5, 0.95);
            draw.number("momentum", 0.3, 0.9);
            draw.flag("centered");
        }
        "Adam" | "AdamW" => draw.flag("amsgrad"),
        "Adadelta" => draw.number("rho", 0.5, 0.98),
        "Adagrad" => draw.number("initial_accumulator_value", 0.0, 0.5),
        "Adafactor" => {
            draw.number("beta_2_decay", -0.9, -0.5);
            draw.one("epsilon_1", &[1e-30, 1e-4, 1e-2]);
            draw.one("epsilon_2", &[1e-3, 0.1, 0.5]);
            draw.number("clip_threshold", 0.3, 2.0);
        }
        "Ftrl" => {
            draw.number("learning_rate_power", -0.7, -0.3);
            draw.number("initial_accumulator_value", 0.05, 0.5);
            draw.one("l1_regularization_strength", &[0.0, 0.01, 0.1]);
            draw.one("l2_regularization_strength", &[0.0, 0.01, 0.1]);
            draw.one("l2_shrinkage_regularization_strength", &[0.0, 0.01, 0.1]);
            draw.number("beta", 0.0, 0.5);
        }
        "Lion" => {
            draw.number("beta_1", 0.5, 0.95);
            draw.number("beta_2", 0.5, 0.99);
        }
        "Muon" => {
            draw.number("adam_beta_1", 0.5, 0.95);
            draw.number("adam_beta_2", 0.8, 0.99);
            draw.one("adam_weight_decay", &[0.0, 0.02, 0.1]);
            draw.maybe("exclude_layers", |random| match layers {
                [] => Value::from(vec!["no_such_layer"]),
                layers => vec![random.pick(layers).as_str()].into(),
            });
            draw.flag("exclude_embeddings");
            draw.number("muon_a", 2.0, 3.5);
            draw.number("muon_b", -4.8, -3.0);
            draw.number("muon_c", 1.0, 2.1);
            draw.number("adam_lr_ratio", 0.5, 2.0);
            draw.number("momentum", 0.5, 0.98);
            draw.whole("ns_steps", 1, 5);
            draw.flag("nesterov");
            draw.one("rms_rate", &[0.0, 0.1, 0.3]);
        }
        "ScheduleFreeAdamW" => draw.whole("warmup_steps", 0, 5),
        _ => {}
    }
    common(&mut draw);
    draw.call
}

/// The arguments of all optimizers.
fn common(draw: &mut Draw<'_>) {
    let often = |draw: &mut Draw<'_>| draw.random.chance(0.5);
    draw.one("weight_decay", &[0.01, 0.1]);
    // Only one of the three.
    match draw.random.between(0, 7) {
        0 => draw.number("clipnorm", 0.05, 1.0),
        1 => draw.number("clipvalue", 0.01, 0.3),
        2 => draw.number("global_clipnorm", 0.05, 2.0),
        _ => {}
    }
    if often(draw) && often(draw) {
        draw.call.set("use_ema", true);
        draw.number("ema_momentum", 0.3, 0.95);
        draw.whole("ema_overwrite_frequency", 1, 3);
    }
    if often(draw) && often(draw) {
        draw.whole("gradient_accumulation_steps", 2, 3);
    }
    if often(draw) && often(draw) {
        draw.number("decay", 0.05, 1.0);
    }
    if often(draw) && often(draw) {
        draw.call.set("name", "some_optimizer");
    }
}

/// A random schedule, of which some batches see different rates.
pub fn schedule(random: &mut Random) -> Call {
    let class = random.pick(SCHEDULES);
    schedule_of(class, random)
}

/// A schedule of a class.
pub fn schedule_of(class: &str, random: &mut Random) -> Call {
    let mut draw = draw(class, random);
    let rate = |draw: &mut Draw<'_>| draw.random.pick(&[0.01, 0.05, 0.1]);
    if class == "PiecewiseConstantDecay" {
        let first = draw.random.between(0, 2);
        let boundaries = vec![first, first + draw.random.between(1, 2)];
        draw.call.set("boundaries", boundaries);
        let values: Vec<f64> = (0..3).map(|_| rate(&mut draw)).collect();
        draw.call.set("values", values);
    } else {
        let initial = rate(&mut draw);
        draw.call.set("initial_learning_rate", initial);
        let steps = match class {
            "CosineDecayRestarts" => "first_decay_steps",
            _ => "decay_steps",
        };
        let count = draw.random.between(1, 6);
        draw.call.set(steps, count);
    }
    match class {
        "CosineDecay" => {
            draw.number("alpha", 0.0, 0.5);
            if draw.random.chance(0.5) {
                draw.call.set("warmup_target", 0.2);
                draw.whole("warmup_steps", 1, 3);
            }
        }
        "CosineDecayRestarts" => {
            draw.one("t_mul", &[1.0, 1.5, 3.0]);
            draw.number("m_mul", 0.5, 1.0);
            draw.number("alpha", 0.0, 0.5);
        }
        "ExponentialDecay" | "InverseTimeDecay" => {
            let rate = two_digits(draw.random, 0.3, 0.95);
            draw.call.set("decay_rate", rate);
            draw.flag("staircase");
        }
        "PolynomialDecay" => {
            draw.one("end_learning_rate", &[0.0, 0.001, 0.02]);
            draw.number("power", 0.5, 2.0);
            draw.flag("cycle");
        }
        _ => {}
    }
    if draw.random.chance(0.2) {
        draw.call.set("name", "some_schedule");
    }
    draw.call
}

/// A random regularizer of an array, or of the output of a layer, of this shape.
pub fn regularizer(random: &mut Random, shape: &[usize]) -> Call {
    let several = shape.len() == 2 && shape.iter().all(|&len| len > 1);
    let known = if several {
        REGULARIZERS
    } else {
        &REGULARIZERS[..3]
    };
    let class = random.pick(known);
    regularizer_of(class, random)
}

/// A regularizer of a class; sometimes it is a word.
pub fn regularizer_of(class: &str, random: &mut Random) -> Call {
    let mut draw = draw(class, random);
    let factors = [0.001, 0.01, 0.03, 0.1];
    match class {
        "L1" => draw.one("l1", &factors),
        "L2" => draw.one("l2", &factors),
        "L1L2" => {
            draw.one("l1", &factors);
            draw.one("l2", &factors);
        }
        _ => {
            draw.one("factor", &factors);
            draw.maybe("mode", |random| random.pick(&["rows", "columns"]).into());
        }
    }
    let mut call = draw.call;
    if call.names().next().is_none() && random.chance(0.5) {
        call.word = Some(match class {
            "L1L2" => "l1_l2".to_owned(),
            "OrthogonalRegularizer" => "orthogonal_regularizer".to_owned(),
            class => class.to_lowercase(),
        });
        if class == "L1L2" {
            // What Keras documents of the word: the class alone is 0.
            call = call.with("l1", 0.01).with("l2", 0.01);
        }
    }
    call
}

/// A random constraint of an array of this shape.
pub fn constraint(random: &mut Random, shape: &[usize]) -> Call {
    let class = random.pick(CONSTRAINTS);
    constraint_of(class, random, shape)
}

/// A constraint of a class; sometimes it is a word.
pub fn constraint_of(class: &str, random: &mut Random, shape: &[usize]) -> Call {
    let mut draw = draw(class, random);
    match class {
        "MaxNorm" => draw.number("max_value", 0.3, 2.0),
        "MinMaxNorm" => {
            draw.number("min_value", 0.1, 0.6);
            draw.number("max_value", 0.7, 1.5);
            draw.one("rate", &[0.3, 0.5, 1.0]);
        }
        _ => {}
    }
    if class != "NonNeg" {
        draw.maybe("axis", |random| axes(random, shape.len()));
    }
    let mut call = draw.call;
    if call.names().next().is_none() && random.chance(0.5) {
        let word = match class {
            "MaxNorm" => "max_norm",
            "NonNeg" => "non_neg",
            "UnitNorm" => "unit_norm",
            _ => "min_max_norm",
        };
        call.word = Some(word.to_owned());
    }
    call
}

/// One axis or several of so many, each counted from the front or the end.
fn axes(random: &mut Random, rank: usize) -> Value {
    let counted = |random: &mut Random, axis: usize| match random.chance(0.3) {
        true => axis as i64 - rank as i64,
        false => axis as i64,
    };
    let first = random.between(0, rank - 1);
    let second = random.between(0, rank - 1);
    if first == second || random.chance(0.5) {
        return counted(random, first).into();
    }
    vec![counted(random, first), counted(random, second)].into()
}

/// The word of a random activation.
pub fn activation(random: &mut Random) -> &'static str {
    random.pick(activations::NAMES)
}

#[cfg(test)]
pub(crate) mod tests;
