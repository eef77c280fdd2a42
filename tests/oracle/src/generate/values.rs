//! Layers of single values and rows, for samples of any shape.

use crate::arguments;
use crate::call::{Call, Value};
use crate::generate::Place;
use crate::random::{Random, two_digits};

use super::layers::{decorate, maybe, penalized};

/// Layers of single values or rows, for any shape.
pub fn of_values(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let rank = place.shape.len();
    let rate = |random: &mut Random| {
        if place.may_be_random {
            two_digits(random, 0.1, 0.6)
        } else {
            0.0
        }
    };
    let several = |random: &mut Random| {
        (1..=rank as i64)
            .filter(|_| random.chance(0.6))
            .collect::<Vec<_>>()
    };
    Some(match random.between(0, 15) {
        0 | 1 => {
            let width = place.shape[rank - 1];
            match width.is_multiple_of(2) && random.chance(0.15) {
                true => Call::new("Activation").with("activation", "glu"),
                false => Call::new("Activation").with("activation", arguments::activation(random)),
            }
        }
        2 => Some(with_arguments(random))
            .filter(|call| call.class != "Softmax" || place.shape[rank - 1] > 1)?,
        3 => {
            let mut call = Call::new("Softmax");
            let axes = several(random);
            // Of one value it is 1, which kseq refuses.
            let sizes = axes.iter().map(|axis| place.shape[*axis as usize - 1]);
            if sizes.product::<usize>() == 1 && place.shape.contains(&1) {
                return None;
            }
            match axes.len() {
                0 => call.set("axis", -(random.between(1, rank) as i64)),
                1 => call.set("axis", axes[0]),
                _ => call.set("axis", axes),
            }
            call
        }
        4 => {
            let mut call = Call::new("PReLU");
            let axes = several(random);
            if !axes.is_empty() {
                call.set("shared_axes", axes);
            }
            decorate(
                random,
                &mut call,
                &[("alpha", place.shape.to_vec())],
                place.shape,
            );
            call
        }
        5 => Call::new("ThresholdedReLU").with("theta", two_digits(random, 0.1, 0.5)),
        6 => Call::new("Identity"),
        7 => {
            let mut call = Call::new("Dropout")
                .with("rate", rate(random))
                .with("seed", random.between(1, 99));
            maybe(random, &mut call, 0.0, "noise_shape", |_| 0_usize);
            call
        }
        8 => match random.between(0, 2) {
            0 => Call::new("GaussianNoise")
                .with("stddev", rate(random))
                .with("seed", random.between(1, 99)),
            1 => Call::new("GaussianDropout")
                .with("rate", rate(random))
                .with("seed", random.between(1, 99)),
            _ => Call::new("AlphaDropout")
                .with("rate", rate(random))
                .with("seed", random.between(1, 99)),
        },
        9 => {
            let axes = rank.checked_sub(1).filter(|axes| *axes > 0)?;
            Call::new(&format!("SpatialDropout{axes}D"))
                .with("rate", rate(random))
                .with("seed", random.between(1, 99))
        }
        10 => {
            let mut call = Call::new("ActivityRegularization");
            maybe(random, &mut call, 0.6, "l1", |random| {
                two_digits(random, 0.01, 0.1)
            });
            maybe(random, &mut call, 0.6, "l2", |random| {
                two_digits(random, 0.01, 0.1)
            });
            call
        }
        11 => {
            let functions = [
                ("|x| x * x", "|x| 2.0 * x"),
                ("|x| 3.0 * x - 1.0", "|_| 3.0"),
            ];
            let (function, gradient) = random.pick(&functions);
            Call::new("Lambda")
                .with("function", Value::Rust(function.to_owned()))
                .with("gradient", Value::Rust(gradient.to_owned()))
        }
        12 => {
            let mut call = Call::new("Masking");
            maybe(random, &mut call, 0.2, "mask_value", |_| 0.5);
            call
        }
        13 => {
            let width = place.shape[rank - 1];
            let mut numbers = |low: f64, high: f64| match random.chance(0.5) {
                true => Value::from(two_digits(random, low, high)),
                false => Value::from(
                    (0..width)
                        .map(|_| two_digits(random, low, high))
                        .collect::<Vec<_>>(),
                ),
            };
            let (scale, offset) = (numbers(0.5, 2.0), numbers(-1.0, 1.0));
            Call::new("Rescaling")
                .with("scale", scale)
                .with("offset", offset)
        }
        14 => {
            let mut call = Call::new("Normalization");
            match random.between(0, 2) {
                0 => call.set("axis", None::<i64>),
                1 => call.set("axis", random.between(1, rank) as i64),
                _ => {}
            }
            maybe(random, &mut call, 0.3, "invert", |_| true);
            if random.chance(0.3) {
                call = call.without("axis");
                let width = place.shape[rank - 1];
                let mut numbers = |low: f64, high: f64| -> Vec<f64> {
                    (0..width).map(|_| two_digits(random, low, high)).collect()
                };
                call.set("mean", numbers(-0.5, 0.5));
                call.set("variance", numbers(0.3, 1.5));
            }
            call
        }
        _ => {
            let mut call = Call::new("UnitNormalization");
            let axes = several(random);
            match axes.len() {
                0 => {}
                1 => call.set("axis", axes[0]),
                _ => call.set("axis", axes),
            }
            call
        }
    })
}

/// By the moments of a batch, of a sample, of a group.
pub fn normalization(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let rank = place.shape.len();
    let axis = |random: &mut Random| match random.chance(0.6) || place.is_masked {
        true => None,
        false => Some(random.between(1, rank) as i64),
    };
    let of = |axis: Option<i64>| place.shape[axis.map_or(rank, |axis| axis as usize) - 1];
    let mut call;
    match random.between(0, 4) {
        0 | 1 => {
            let axis = axis(random);
            call = Call::new("BatchNormalization");
            axis.iter().for_each(|axis| call.set("axis", *axis));
            maybe(random, &mut call, 0.4, "momentum", |random| {
                two_digits(random, 0.5, 0.95)
            });
            maybe(random, &mut call, 0.3, "renorm", |_| true);
            maybe(random, &mut call, 0.3, "renorm_momentum", |random| {
                two_digits(random, 0.5, 0.95)
            });
            affine(random, &mut call, &[of(axis)], place);
        }
        2 => {
            call = Call::new("LayerNormalization");
            // Neighbours in ascending order.
            let first = random.between(1, rank);
            let last = random.between(first, rank);
            let axes: Vec<i64> = (first..=last).map(|axis| axis as i64).collect();
            let shape = match random.chance(0.5) {
                true => vec![of(None)],
                false => {
                    let shape = place.shape[first - 1..last].to_vec();
                    if axes.len() == 1 {
                        call.set("axis", axes[0])
                    } else {
                        call.set("axis", axes)
                    }
                    shape
                }
            };
            if random.chance(0.15) {
                call.set("rms_scaling", true);
                penalized(random, &mut call, place.shape);
            } else {
                affine(random, &mut call, &shape, place);
            }
        }
        3 => {
            let axis = axis(random);
            let channels = of(axis);
            let groups: Vec<i64> = (1..=channels as i64)
                .filter(|n| channels as i64 % n == 0)
                .chain([-1])
                .collect();
            call = Call::new("GroupNormalization").with("groups", random.pick(&groups));
            axis.iter().for_each(|axis| call.set("axis", *axis));
            affine(random, &mut call, &[channels], place);
        }
        _ => {
            call = Call::new("RMSNormalization");
            // The last axes: the scale is multiplied along these whatever is said.
            maybe(random, &mut call, 0.4, "axis", |random| {
                let first = random.between(1, rank) as i64;
                Value::List((first..=rank as i64).map(Value::from).collect())
            });
        }
    }
    maybe(random, &mut call, 0.4, "epsilon", |random| {
        two_digits(random, 0.01, 0.3)
    });
    Some(call)
}

fn affine(random: &mut Random, call: &mut Call, shape: &[usize], place: &Place<'_>) {
    maybe(random, call, 0.2, "center", |_| false);
    maybe(random, call, 0.2, "scale", |_| false);
    decorate(
        random,
        call,
        &[("beta", shape.to_vec()), ("gamma", shape.to_vec())],
        place.shape,
    );
}

/// An activation that is a layer.
pub fn with_arguments(random: &mut Random) -> Call {
    match random.between(0, 3) {
        0 => {
            let mut call = Call::new("ReLU");
            maybe(random, &mut call, 0.4, "max_value", |random| {
                two_digits(random, 0.6, 2.0)
            });
            maybe(random, &mut call, 0.4, "negative_slope", |random| {
                two_digits(random, 0.05, 0.5)
            });
            maybe(random, &mut call, 0.4, "threshold", |random| {
                two_digits(random, 0.05, 0.5)
            });
            call
        }
        1 => {
            let mut call = Call::new("LeakyReLU");
            maybe(random, &mut call, 0.7, "negative_slope", |random| {
                two_digits(random, 0.05, 0.5)
            });
            call
        }
        2 => {
            let mut call = Call::new("ELU");
            maybe(random, &mut call, 0.7, "alpha", |random| {
                two_digits(random, 0.2, 1.5)
            });
            call
        }
        _ => Call::new("Softmax"),
    }
}
