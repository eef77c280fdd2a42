//! The recurrent layers.

use proc_macro2::{Literal, TokenStream};
use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::{ArgumentCheck, Emitted};
use crate::ir::{Kind, Layer, Value};
use crate::tokens::tokens;

pub fn lstm(layer: &Builtin<'_>) -> Emitted {
    let (inputs, units) = (inputs(layer), layer.arg("units"));
    let columns = columns(&units, 4);
    let bias = layer.choose("use_bias", &columns, &tokens! { 0 });
    let forget = layer.flag("unit_forget_bias");
    Cell {
        module: tokens! { lstm },
        dims: tokens! { #inputs, { #units }, { #columns }, { #bias } },
        more: tokens! {},
        params: tokens! { LSTMParams },
        state: tokens! { LSTMState },
        activations: &["activation", "recurrent_activation"],
        new: tokens! { , #forget },
    }
    .emitted(layer)
}

pub fn gru(layer: &Builtin<'_>) -> Emitted {
    let (inputs, units) = (inputs(layer), layer.arg("units"));
    let columns = columns(&units, 3);
    let after = layer.flag("reset_after");
    let biases = tokens! { 1 + #after as ::core::primitive::usize };
    let bias = layer.choose("use_bias", &biases, &tokens! { 0 });
    Cell {
        module: tokens! { gru },
        dims: tokens! { #inputs, { #units }, { #columns }, { #bias } },
        more: tokens! { { #after }, },
        params: tokens! { GRUParams },
        state: tokens! { recurrent::RecurrentState },
        activations: &["activation", "recurrent_activation"],
        new: tokens! {},
    }
    .emitted(layer)
}

pub fn simple_rnn(layer: &Builtin<'_>) -> Emitted {
    let (inputs, units) = (inputs(layer), layer.arg("units"));
    let bias = layer.choose("use_bias", &tokens! { #units }, &tokens! { 0 });
    Cell {
        module: tokens! { simple_rnn },
        dims: tokens! { #inputs, { #units }, { #bias } },
        more: tokens! {},
        params: tokens! { SimpleRNNParams },
        state: tokens! { recurrent::RecurrentState },
        activations: &["activation"],
        new: tokens! {},
    }
    .emitted(layer)
}

/// The features of a step.
pub fn inputs(layer: &Builtin<'_>) -> TokenStream {
    let shape = layer.shape();
    quote_spanned! {layer.span()=> { #shape.last() } }
}

/// The columns of the gates.
pub fn columns(units: &TokenStream, gates: usize) -> TokenStream {
    let gates = Literal::usize_unsuffixed(gates);
    tokens! { ::kseq::__core::layers::recurrent::gate_columns(#units, #gates) }
}

/// The model's batch size, an expression of type `Option<usize>`.
fn batch(layer: &Builtin<'_>) -> TokenStream {
    match layer.fixes_batch {
        true => {
            let batch = layer.names.batch();
            tokens! { ::core::option::Option::Some(#batch) }
        }
        false => tokens! { ::core::option::Option::None },
    }
}

/// What tells one recurrent layer from another.
struct Cell {
    /// The module of its shape rule.
    module: TokenStream,
    /// The dimensions that its type shares with its parameters.
    dims: TokenStream,
    /// The type's further dimensions, behind the rows of the state.
    more: TokenStream,
    params: TokenStream,
    state: TokenStream,
    activations: &'static [&'static str],
    /// What `new` takes besides the arguments of all.
    new: TokenStream,
}

impl Cell {
    fn emitted(&self, layer: &Builtin<'_>) -> Emitted {
        let (class, units) = (layer.class(), layer.arg("units"));
        let sequences = layer.flag("return_sequences");
        let (rows, drops, arguments) = (rows(layer), drops(layer), arguments(layer));
        let activations = self.activations.iter().map(|name| layer.activation(name));
        let Cell {
            module,
            dims,
            more,
            params,
            state,
            new,
            ..
        } = self;
        let last = last(layer);
        Emitted {
            checks: checks(layer),
            params: Some(tokens! { ::kseq::__core::layers::#params<#dims> }),
            state: Some(tokens! { ::kseq::__core::layers::#state<#rows, { #units }> }),
            carries: !layer.says("stateful", false),
            streams: true,
            ..Emitted::plain(
                tokens! {
                    ::kseq::__core::layers::#module::shape(__input, #units, #sequences, #last)
                },
                tokens! {
                    ::kseq::__core::layers::#class<#dims, #rows, #more #drops, #(#activations),*>
                },
                tokens! {
                    ::kseq::__core::layers::#class::new(#arguments #new)
                },
            )
        }
    }
}

/// The arguments that all recurrent layers take.
pub fn arguments(layer: &Builtin<'_>) -> TokenStream {
    let [backwards, zeroes] = ["go_backwards", "zero_output_for_mask"].map(|name| layer.flag(name));
    let [dropout, recurrent_dropout] = ["dropout", "recurrent_dropout"].map(|name| layer.arg(name));
    let [kernel, recurrent, bias] = ["kernel", "recurrent", "bias"]
        .map(|array| layer.initializer(&format!("{array}_initializer")));
    let seed = match layer.find("seed") {
        Some(_) => {
            let seed = layer.arg("seed");
            tokens! { ::core::option::Option::Some(#seed) }
        }
        None => tokens! { ::core::option::Option::None },
    };
    // As in Keras 3, a dropout of the state asks for it.
    let apart = match layer.word("implementation") {
        "1" => tokens! { true },
        _ => match layer
            .find("recurrent_dropout")
            .is_some_and(|arg| arg.by_default)
        {
            true => tokens! { false },
            false => tokens! { #recurrent_dropout > 0.0 },
        },
    };
    tokens! {
        ::kseq::__core::layers::recurrent::Recurrent {
            kernel_initializer: #kernel,
            recurrent_initializer: #recurrent,
            bias_initializer: #bias,
            go_backwards: #backwards,
            dropout: #dropout,
            recurrent_dropout: #recurrent_dropout,
            seed: #seed,
            mask_for_each_gate: #apart,
            zero_output_for_mask: #zeroes,
        }
    }
}

/// The rows of the state.
pub fn rows(layer: &Builtin<'_>) -> TokenStream {
    let (stateful, batch) = (layer.flag("stateful"), batch(layer));
    match layer.says("stateful", false) {
        true => tokens! { 0 },
        false => tokens! { { ::kseq::__core::layers::recurrent::state_rows(#stateful, #batch) } },
    }
}

/// Whether anything is dropped.
pub fn drops(layer: &Builtin<'_>) -> TokenStream {
    let is_kept = |name: &&str| layer.find(name).is_some_and(|arg| arg.by_default);
    let [dropout, recurrent] = ["dropout", "recurrent_dropout"].map(|name| layer.arg(name));
    match ["dropout", "recurrent_dropout"].iter().all(is_kept) {
        true => tokens! { false },
        false => tokens! { { ::kseq::__core::layers::recurrent::drops(#dropout, #recurrent) } },
    }
}

/// What is asked of the arguments.
pub fn checks(layer: &Builtin<'_>) -> Vec<ArgumentCheck> {
    let core = tokens! { ::kseq::__core::layers::recurrent };
    let mut checks = Vec::new();
    for name in ["dropout", "recurrent_dropout"] {
        let rate = layer.arg(name);
        checks.extend(layer.check(name, tokens! { #core::rate_rule(#name, #rate) }));
    }
    if !layer.says("stateful", false) {
        let (stateful, batch) = (layer.flag("stateful"), batch(layer));
        let rule = tokens! { #core::stateful_rule(#stateful, #batch) };
        checks.extend(layer.check("stateful", rule));
    }
    checks
}

/// The class of a recurrent layer, or of the one that reads both ways in it.
fn reads(layer: &Layer) -> Option<&str> {
    let Kind::Builtin { row, args } = &layer.kind else {
        return None;
    };
    if row.is_recurrent() {
        return Some(&layer.class);
    }
    let mut layers = args.iter().filter_map(|arg| match &arg.value {
        Value::Layer(inner) if row.class == "Bidirectional" => Some(inner),
        _ => None,
    });
    layers.next().and_then(|inner| reads(inner))
}

/// The recurrent layer that this one would get a sequence from, if it returned sequences.
fn last(layer: &Builtin<'_>) -> TokenStream {
    let row = |layer: &Layer| match layer.kind {
        Kind::Builtin { row, .. } => Some(row),
        _ => None,
    };
    let passes_on = |layer: &&Layer| row(layer).is_some_and(|row| row.keeps_shape);
    let before = layer.before.iter().rev().find(|layer| !passes_on(layer));
    let recurrent = before.and_then(|layer| Some((layer, reads(layer)?)));
    match recurrent {
        Some((layer, class)) => {
            let (number, name) = (
                Literal::usize_unsuffixed(layer.number),
                layer.name.to_string(),
            );
            tokens! {
                ::core::option::Option::Some(::kseq::__core::layers::recurrent::Last {
                    number: #number,
                    name: #name,
                    class: #class,
                })
            }
        }
        None => tokens! { ::core::option::Option::None },
    }
}
