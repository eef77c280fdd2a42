//! Attention of the steps of a sample on each other.

use crate::activations::{sigmoid, softmax};
use crate::call::{Call, axis};
use crate::run::{Fill, Run};
use crate::tape::Var;
use crate::tensor::{Tensor, each};

/// In place of the score of a step that is not looked at.
const NEVER: f64 = -1e9;

/// `MultiHeadAttention`, `GroupQueryAttention`: query, key and value are the input.
pub fn attention(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let is_grouped = call.class == "GroupQueryAttention";
    let (heads, groups, width, values) = match is_grouped {
        true => (
            call.must("num_query_heads"),
            call.must("num_key_value_heads"),
            call.must("head_dim"),
            call.must("head_dim"),
        ),
        false => {
            let (heads, width) = (call.must("num_heads"), call.must("key_dim"));
            (heads, heads, width, call.whole("value_dim", width))
        }
    };
    let features = x.width();
    let outer = x.sample()[..x.sample().len() - 1].to_vec();
    let rank = x.shape.len();
    let along: Vec<usize> = match call.some_wholes("attention_axes") {
        Some(axes) => axes.iter().map(|number| axis(*number, rank)).collect(),
        None => (1..rank - 1).collect(),
    };
    let mask = run.mask_of(x.values.len() / features);
    let mut project = |name: &str, heads: usize, width: usize| {
        let kernel = run.param(
            call,
            "kernel",
            &format!("{name}_kernel"),
            &[features, heads, width],
            Fill::Sum(features),
        );
        let bias = call.flag("use_bias", true);
        let bias = bias.then(|| {
            run.param(
                call,
                "bias",
                &format!("{name}_bias"),
                &[heads, width],
                Fill::Around(0.0, 0.3),
            )
        });
        Tensor::made(
            &[&[x.batch()], &outer[..], &[heads, width]].concat(),
            |at| {
                let (place, behind) = at.split_at(at.len() - 2);
                let row = (0..features)
                    .map(|i| x.at(&[place, &[i]].concat()) * kernel.at(&[i, behind[0], behind[1]]));
                row.sum::<Var>() + bias.as_ref().map_or(Var::ZERO, |bias| bias.at(behind))
            },
        )
    };
    let (query, key) = (
        project("query", heads, width),
        project("key", groups, width),
    );
    let gate = call
        .flag("use_gate", false)
        .then(|| project("gate", heads, values));
    let value = project("value", groups, values);
    let lens: Vec<usize> = along.iter().map(|axis| x.shape[*axis]).collect();
    let is_causal = call.flag("use_causal_mask", false);
    let window = call
        .get("sliding_window")
        .map(|_| call.must("sliding_window") as i64);
    // The layer `Softmax` gives nothing to a step that looks at nothing, the function that Keras has for sequences gives it all alike.
    let gives_nothing = rank > 3 || call.number("dropout", 0.0) > 0.0;
    let looks = |at: &[usize], other: &[usize]| {
        let (from, to) = (at[along[0]] as i64, other[along[0]] as i64);
        let row = |index: &[usize]| {
            let axes = index.iter().zip(&x.shape);
            axes.fold(0, |row, (at, len)| row * len + at)
        };
        let is_real = |index: &[usize]| mask.as_ref().is_none_or(|mask| mask[row(index)]);
        (!is_causal || to <= from)
            && window.is_none_or(|window| (from - to).abs() < window)
            && is_real(at)
            && is_real(other)
    };
    let mut context = Tensor::zeros(&[&[x.batch()], &outer[..], &[heads, values]].concat());
    each(&[&x.shape[..rank - 1], &[heads]].concat(), |at| {
        let (place, head) = (&at[..rank - 1], at[rank - 1]);
        let group = head / (heads / groups);
        let mut others = Vec::new();
        each(&lens, |at| {
            let mut other = place.to_vec();
            along
                .iter()
                .zip(at)
                .for_each(|(axis, at)| other[*axis] = *at);
            others.push(other);
        });
        let score = |other: &Vec<usize>| match looks(place, other) {
            false => Var::constant(NEVER),
            true => {
                let products = (0..width).map(|i| {
                    query.at(&[place, &[head, i]].concat())
                        * key.at(&[&other[..], &[group, i]].concat())
                });
                products.sum::<Var>() / (width as f64).sqrt()
            }
        };
        let scores: Vec<Var> = others.iter().map(score).collect();
        let mut weights = softmax(&scores);
        if gives_nothing && mask.is_some() && !others.iter().any(|other| looks(place, other)) {
            weights.fill(Var::ZERO);
        }
        for i in 0..values {
            let index = [place, &[head, i]].concat();
            let sum: Var = others
                .iter()
                .zip(&weights)
                .map(|(other, weight)| *weight * value.at(&[&other[..], &[group, i]].concat()))
                .sum();
            let gate = gate.as_ref().map(|gate| sigmoid(gate.at(&index)));
            let to = context.place(&index);
            context.values[to] = gate.map_or(sum, |gate| sum * gate);
        }
    });
    let outputs = call.sizes("output_shape", 1, features);
    let shape = [&[heads, values], &outputs[..]].concat();
    let kernel = run.param(
        call,
        "kernel",
        "output_kernel",
        &shape,
        Fill::Sum(heads * values),
    );
    let bias = call.flag("use_bias", true);
    let bias = bias.then(|| {
        run.param(
            call,
            "bias",
            "output_bias",
            &outputs,
            Fill::Around(0.0, 0.3),
        )
    });
    Tensor::made(&[&[x.batch()], &outer[..], &outputs[..]].concat(), |at| {
        let (place, behind) = at.split_at(rank - 1);
        let mut sum = bias.as_ref().map_or(Var::ZERO, |bias| bias.at(behind));
        each(&[heads, values], |of| {
            sum += context.at(&[place, of].concat()) * kernel.at(&[of, behind].concat())
        });
        sum
    })
}
