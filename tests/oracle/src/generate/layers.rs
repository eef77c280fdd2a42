//! Layers with random arguments.

use crate::arguments;
use crate::call::{Call, Value};
use crate::generate::{Place, shape_after};
use crate::random::{Random, two_digits};

use super::images;
use super::sequences;
use super::values::{normalization, of_values, with_arguments};

/// The shape of a sample, and the number of tokens if it consists of them.
pub fn input(random: &mut Random) -> (Vec<usize>, Option<usize>) {
    // Some sizes are beside those of vectors and tiles.
    let features = |random: &mut Random| {
        if random.chance(0.15) {
            random.between(13, 35)
        } else {
            random.between(2, 8)
        }
    };
    match random.between(0, 9) {
        0 | 1 => (vec![features(random)], None),
        2..=4 => (vec![random.between(3, 8), features(random)], None),
        5 | 6 => (
            vec![
                random.between(4, 8),
                random.between(4, 8),
                random.between(1, 4),
            ],
            None,
        ),
        7 => (
            [5, 5, 5, 3]
                .into_iter()
                .map(|most| random.between(most - 2, most))
                .collect(),
            None,
        ),
        _ => (vec![random.between(3, 8)], Some(random.between(4, 9))),
    }
}

/// A layer for a place, if the one that was drawn can be there.
pub fn random_layer(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let layer = match place.tokens {
        Some(tokens) => of_tokens(random, place, tokens)?,
        None => match random.between(0, 19) {
            0..=2 => dense(random, place),
            3..=6 => of_values(random, place)?,
            7 => normalization(random, place)?,
            8 => moved(random, place)?,
            9 => wrapped(random, place)?,
            _ => match place.shape.len() {
                1 => of_vectors(random, place)?,
                2 => sequences::layer(random, place)?,
                _ => images::layer(random, place)?,
            },
        },
    };
    let is_wrapper = matches!(layer.class.as_str(), "Sequential" | "Residual");
    let frozen = random.chance(if is_wrapper { 0.1 } else { 0.07 });
    Some(if frozen {
        layer.with("trainable", false)
    } else {
        layer
    })
}

/// An argument with this probability.
pub fn maybe<T: Into<Value>>(
    random: &mut Random,
    call: &mut Call,
    probability: f64,
    name: &str,
    value: impl FnOnce(&mut Random) -> T,
) {
    if random.chance(probability) {
        let value = value(random);
        call.set(name, value);
    }
}

/// An activation in words, or a layer of one.
pub fn activation(random: &mut Random) -> Value {
    match random.between(0, 9) {
        0 => Value::Call(with_arguments(random)),
        1..=3 => Value::from(random.pick(&["relu", "tanh", "sigmoid"])),
        _ => Value::from(arguments::activation(random)),
    }
}

/// Regularizers and constraints for arrays of these shapes: what stands before `_regularizer`, and the shape.
pub fn weighed(random: &mut Random, call: &mut Call, arrays: &[(&str, Vec<usize>)]) {
    for (role, shape) in arrays {
        if random.chance(0.12) {
            call.set(
                &format!("{role}_regularizer"),
                arguments::regularizer(random, shape),
            );
        }
        if random.chance(0.1) {
            call.set(
                &format!("{role}_constraint"),
                arguments::constraint(random, shape),
            );
        }
    }
}

/// The same, and a penalty on the output.
pub fn decorate(
    random: &mut Random,
    call: &mut Call,
    arrays: &[(&str, Vec<usize>)],
    output: &[usize],
) {
    weighed(random, call, arrays);
    penalized(random, call, output);
}

/// A penalty on the output.
pub fn penalized(random: &mut Random, call: &mut Call, output: &[usize]) {
    if random.chance(0.06) {
        // One that looks at a matrix is for arrays.
        let shape = [&[2, 2], output].concat();
        call.set(
            "activity_regularizer",
            arguments::regularizer(random, &shape),
        );
    }
}

/// A size of an output, sometimes beside those of vectors.
pub fn units(random: &mut Random) -> usize {
    if random.chance(0.12) {
        random.between(15, 35)
    } else {
        random.between(1, 8)
    }
}

fn dense(random: &mut Random, place: &Place<'_>) -> Call {
    let (inputs, units) = (place.shape[place.shape.len() - 1], units(random));
    let mut call = Call::new("Dense").with("units", units);
    maybe(random, &mut call, 0.7, "activation", activation);
    maybe(random, &mut call, 0.2, "use_bias", |_| false);
    decorate(
        random,
        &mut call,
        &[("kernel", vec![inputs, units]), ("bias", vec![units])],
        place.shape,
    );
    call
}

/// Other shapes of the same values.
fn moved(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let rank = place.shape.len();
    Some(match random.between(0, 2) {
        0 if rank > 1 => Call::new("Flatten"),
        1 if rank > 1 => {
            let mut order: Vec<usize> = (1..=rank).collect();
            for i in (1..rank).rev() {
                order.swap(i, random.between(0, i));
            }
            Call::new("Permute").with(
                "dims",
                Value::Tuple(order.into_iter().map(Value::from).collect()),
            )
        }
        _ => {
            let mut len: usize = place.shape.iter().product();
            let mut shape = Vec::new();
            for _ in 0..random.between(0, 3) {
                let divisors: Vec<usize> = (1..=len).filter(|n| len.is_multiple_of(*n)).collect();
                let size = random.pick(&divisors);
                len /= size;
                shape.push(size as i64);
            }
            shape.push(len as i64);
            if random.chance(0.3) {
                let axis = random.between(0, shape.len() - 1);
                shape[axis] = -1;
            }
            Call::new("Reshape").with(
                "target_shape",
                Value::Tuple(shape.into_iter().map(Value::from).collect()),
            )
        }
    })
}

fn of_vectors(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    Some(match random.between(0, 4) {
        0 => Call::new("RepeatVector").with("n", random.between(1, 4)),
        1 => einsum(random, place)?,
        2 => Call::new("Reshape").with(
            "target_shape",
            Value::Tuple(vec![Value::from(place.shape[0]), Value::from(1_usize)]),
        ),
        3 if place.depth == 0 && random.chance(0.2) => {
            let ends: Vec<f64> = vec![-0.5, 0.25, 1.0];
            Call::new("Discretization")
                .with("bin_boundaries", ends)
                .with("output_mode", random.pick(&["int", "multi_hot", "count"]))
        }
        _ => dense(random, place),
    })
}

/// Products along axes that an equation names.
pub fn einsum(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let size = |random: &mut Random| Value::from(units(random).min(9));
    let shape = place.shape;
    let of = |axis: usize| Value::from(shape[axis]);
    let (equation, outputs, bias): (_, Vec<Value>, _) = match (shape.len(), random.between(0, 2)) {
        (1, _) => ("ab,bc->ac", vec![size(random)], "c"),
        (2, 0) => ("abc,cd->abd", vec![Value::Nothing, size(random)], "d"),
        (2, 1) => ("abc,bd->adc", vec![size(random), of(1)], "d"),
        (2, _) => (
            "abc,cde->abde",
            vec![of(0), size(random), size(random)],
            "de",
        ),
        (3, 0) => ("...c,cd->...d", vec![size(random)], "d"),
        _ => return None,
    };
    let mut call = Call::new("EinsumDense")
        .with("equation", equation)
        .with("output_shape", Value::Tuple(outputs));
    maybe(random, &mut call, 0.6, "bias_axes", |_| bias);
    maybe(random, &mut call, 0.6, "activation", activation);
    let kernel = [("kernel", vec![2; equation.len() / 4])];
    decorate(random, &mut call, &kernel, place.shape);
    if call.get("bias_axes").is_some() {
        weighed(random, &mut call, &[("bias", vec![2])]);
    }
    Some(call)
}

fn of_tokens(random: &mut Random, place: &Place<'_>, tokens: usize) -> Option<Call> {
    match random.between(0, 6) {
        1 => {
            let known = random.between(1, tokens - 1);
            let mut vocabulary: Vec<usize> = (0..tokens).collect();
            for i in (1..tokens).rev() {
                vocabulary.swap(i, random.between(0, i));
            }
            vocabulary.truncate(known);
            let mode = random.pick(&["int", "one_hot", "multi_hot", "count", "tf_idf"]);
            let mut call = Call::new("IntegerLookup")
                .with("vocabulary", vocabulary)
                .with("output_mode", mode);
            if mode == "tf_idf" {
                call.set(
                    "idf_weights",
                    (0..known)
                        .map(|_| two_digits(random, 0.3, 2.0))
                        .collect::<Vec<_>>(),
                );
            } else {
                maybe(random, &mut call, 0.4, "num_oov_indices", |random| {
                    random.between(1, 3)
                });
            }
            Some(call)
        }
        0 => Some(
            Call::new("CategoryEncoding")
                .with("num_tokens", tokens)
                .with(
                    "output_mode",
                    random.pick(&["one_hot", "multi_hot", "count"]),
                ),
        ),
        _ => {
            let width = units(random).min(8);
            let mut call = Call::new("Embedding")
                .with("input_dim", tokens)
                .with("output_dim", width);
            maybe(random, &mut call, 0.6, "mask_zero", |_| true);
            decorate(
                random,
                &mut call,
                &[("embeddings", vec![tokens, width])],
                place.shape,
            );
            Some(call)
        }
    }
}

/// Layers around layers.
fn wrapped(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    if place.depth > 1 {
        return None;
    }
    let inside = Place {
        depth: place.depth + 1,
        ..*place
    };
    match random.between(0, 3) {
        0 => {
            let mut shape = place.shape.to_vec();
            let mut list = Vec::new();
            for _ in 0..random.between(1, 3) {
                let layer = random_layer(
                    random,
                    &Place {
                        shape: &shape,
                        ..inside
                    },
                )?;
                shape = shape_after(&layer, &shape, random)?;
                list.push(layer);
            }
            Some(Call::new("Sequential").with("layers", list))
        }
        1 => {
            let mut list = Vec::new();
            for _ in 0..random.between(1, 3) {
                let layer = random_layer(random, &inside)?;
                if shape_after(&layer, place.shape, random)? == place.shape {
                    list.push(layer);
                }
            }
            (!list.is_empty()).then(|| Call::new("Residual").with("layers", list))
        }
        2 if place.shape.len() > 1 => {
            let layer = random_layer(
                random,
                &Place {
                    shape: &place.shape[1..],
                    may_be_stateful: false,
                    is_masked: true,
                    ..inside
                },
            )?;
            let text = layer.source();
            let refused = [
                "Masking",
                "SpectralNormalization",
                "activity_regularizer",
                "ActivityRegularization",
                "stateful",
            ];
            if refused.iter().any(|word| text.contains(word)) {
                return None;
            }
            let mut call = Call::new("TimeDistributed").with("layer", layer.without("trainable"));
            penalized(random, &mut call, place.shape);
            Some(call)
        }
        _ if place.depth == 0 => {
            let layer = match place.shape.len() {
                1 | 2 => dense(random, place),
                _ => images::convolution(random, place)?,
            };
            // It looks for an array called `kernel`.
            if layer.class.starts_with("Separable") {
                return None;
            }
            let layer = layer
                .without("kernel_constraint")
                .without("activity_regularizer");
            let mut call = Call::new("SpectralNormalization").with("layer", layer);
            maybe(random, &mut call, 0.5, "power_iterations", |random| {
                random.between(1, 3)
            });
            Some(call)
        }
        _ => None,
    }
}
