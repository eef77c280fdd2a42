//! Layers of sequences.

use crate::arguments;
use crate::call::{Call, Value};
use crate::generate::Place;
use crate::random::{Random, two_digits};

use super::images::{convolution, frame, local, pooling, transposed};
use super::layers::{activation, decorate, einsum, maybe, penalized, units};

/// A layer for `(steps, features)`.
pub fn layer(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    match random.between(0, 13) {
        0..=3 => Some(recurrent(random, place, None, "")),
        4 => Some(bidirectional(random, place)),
        5 => Some(rnn(random, place)),
        6 | 7 => convolution(random, place),
        8 => transposed(random, place),
        9 => pooling(random, place),
        10 => frame(random, place),
        11 => attention(random, place),
        12 => einsum(random, place),
        _ => local(random, place),
    }
}

/// Arguments of a step, and of all.
fn recurrent(random: &mut Random, place: &Place<'_>, size: Option<usize>, suffix: &str) -> Call {
    let class = random.pick(&["LSTM", "LSTM", "GRU", "GRU", "SimpleRNN"]);
    let (features, units) = (
        place.shape[1],
        size.unwrap_or_else(|| units(random).min(20)),
    );
    let gates = match class {
        "LSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let mut call = Call::new(&format!("{class}{suffix}")).with("units", units);
    maybe(random, &mut call, 0.3, "activation", inside);
    if class != "SimpleRNN" {
        maybe(random, &mut call, 0.3, "recurrent_activation", inside);
    }
    maybe(random, &mut call, 0.15, "use_bias", |_| false);
    let mut bias = vec![gates * units];
    if class == "GRU" {
        if random.chance(0.4) {
            call.set("reset_after", false);
        } else {
            bias = vec![2, gates * units];
        }
    }
    let arrays = [
        ("kernel", vec![features, gates * units]),
        ("recurrent", vec![units, gates * units]),
        ("bias", bias),
    ];
    let mut penalties = call.clone();
    decorate(random, &mut penalties, &arrays, place.shape);
    call = if suffix.is_empty() && size.is_none() {
        penalties
    } else {
        penalties.without("activity_regularizer")
    };
    if suffix.is_empty() {
        of_all(random, &mut call, place);
    }
    call
}

/// What a gate goes through: what keeps its size, mostly.
fn inside(random: &mut Random) -> Value {
    match random.chance(0.7) {
        true => Value::from(random.pick(&[
            "tanh",
            "sigmoid",
            "relu",
            "hard_sigmoid",
            "softsign",
            "linear",
        ])),
        false => activation(random),
    }
}

fn of_all(random: &mut Random, call: &mut Call, place: &Place<'_>) {
    maybe(random, call, 0.6, "return_sequences", |_| true);
    maybe(random, call, 0.25, "go_backwards", |_| true);
    maybe(random, call, 0.2, "zero_output_for_mask", |_| true);
    // Nothing depends on it.
    maybe(random, call, 0.1, "unroll", |_| true);
    if place.only_predicts && call.class != "RNN" {
        maybe(random, call, 0.5, "dropout", |random| {
            two_digits(random, 0.1, 0.5)
        });
        maybe(random, call, 0.3, "recurrent_dropout", |random| {
            two_digits(random, 0.1, 0.5)
        });
    }
    if place.may_be_stateful {
        maybe(random, call, 0.7, "stateful", |_| true);
    }
}

fn bidirectional(random: &mut Random, place: &Place<'_>) -> Call {
    let units = units(random).min(12);
    let forward = recurrent(random, place, Some(units), "")
        .without("go_backwards")
        .without("trainable");
    let mut call = Call::new("Bidirectional").with("layer", forward.clone());
    maybe(random, &mut call, 0.6, "merge_mode", |random| {
        random.pick(&["concat", "sum", "mul", "ave"])
    });
    if random.chance(0.3) {
        let mut backward = recurrent(random, place, Some(units), "")
            .without("go_backwards")
            .without("trainable");
        for name in ["return_sequences", "stateful", "zero_output_for_mask"] {
            backward = backward.without(name);
            if forward.flag(name, false) {
                backward.set(name, true);
            }
        }
        call.set("backward_layer", backward.with("go_backwards", true));
    }
    penalized(random, &mut call, place.shape);
    call
}

fn rnn(random: &mut Random, place: &Place<'_>) -> Call {
    let count = random.between(1, 3);
    let cells: Vec<Call> = (0..count)
        .map(|_| recurrent(random, place, None, "Cell"))
        .collect();
    let cell = match (count, random.chance(0.5)) {
        (1, _) => Value::from(cells[0].clone()),
        (_, true) => Value::from(cells),
        _ => Value::from(Call::new("StackedRNNCells").with("cells", cells)),
    };
    let mut call = Call::new("RNN").with("cell", cell);
    of_all(random, &mut call, place);
    if count > 1 {
        call.without("go_backwards")
    } else {
        call
    }
}

/// `MultiHeadAttention`, `GroupQueryAttention`; of images over some axes.
pub fn attention(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let features = place.shape[place.shape.len() - 1];
    let rank = place.shape.len();
    let mut call;
    if rank == 2 && random.chance(0.35) {
        let groups = random.between(1, 2);
        call = Call::new("GroupQueryAttention")
            .with("head_dim", random.between(1, 4))
            .with("num_query_heads", groups * random.between(1, 2))
            .with("num_key_value_heads", groups);
    } else {
        call = Call::new("MultiHeadAttention")
            .with("num_heads", random.between(1, 3))
            .with("key_dim", random.between(1, 4));
        maybe(random, &mut call, 0.4, "value_dim", |random| {
            random.between(1, 4)
        });
        maybe(random, &mut call, 0.3, "output_shape", |random| {
            Value::Tuple(vec![Value::from(random.between(1, 6))])
        });
        if rank > 2 {
            maybe(random, &mut call, 0.7, "attention_axes", |random| {
                Value::Tuple(vec![Value::from(random.between(1, rank - 1))])
            });
        }
    }
    let one_axis = rank == 2 || call.get("attention_axes").is_some();
    if one_axis {
        maybe(random, &mut call, 0.3, "sliding_window", |random| {
            random.between(1, 3)
        });
        maybe(random, &mut call, 0.3, "use_causal_mask", |_| true);
    }
    maybe(random, &mut call, 0.2, "use_bias", |_| false);
    maybe(random, &mut call, 0.2, "use_gate", |_| true);
    if place.only_predicts && !place.is_masked {
        maybe(random, &mut call, 0.5, "dropout", |random| {
            two_digits(random, 0.1, 0.5)
        });
    }
    let kernel = [("kernel", vec![features, 2, 2])];
    decorate(random, &mut call, &kernel, place.shape);
    if call.flag("use_bias", true) && random.chance(0.1) {
        call.set("bias_regularizer", arguments::regularizer(random, &[2]));
    }
    if call.flag("use_bias", true) && random.chance(0.1) {
        call.set("bias_constraint", arguments::constraint(random, &[2]));
    }
    Some(call)
}
