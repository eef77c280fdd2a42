//! `Embedding`, and the recurrent layers.

use proc_macro2::{Literal, TokenStream};
use quote::quote_spanned;

use super::{Given, Parts};
use crate::ast::Ends;
use crate::expand::{Names, tokens};
use crate::ir::{Arg, Kind, Layer, Value};

pub fn embedding(given: &Given<'_>) -> Parts {
    let (class, input) = (given.class(), given.input());
    let (rows, features) = (given.arg("input_dim"), given.arg("output_dim"));
    let dims = tokens! { { #rows }, { #features } };
    let initializer = given.initializer("embeddings_initializer");
    let mask_zero = flag(given, "mask_zero");
    Parts {
        rule: tokens! { ::kseq::__core::layers::embedding::shape(#input, #rows, #features) },
        checks: Vec::new(),
        ty: tokens! { ::kseq::__core::layers::#class<#dims, { #mask_zero }> },
        value: tokens! { ::kseq::__core::layers::Embedding::new(#initializer) },
        params: tokens! { ::kseq::__core::layers::EmbeddingParams<#dims> },
        state: tokens! { ::kseq::__core::params::NoParams },
        in_place: false,
        activity: None,
    }
}

pub fn lstm(given: &Given<'_>) -> Parts {
    let Common { inputs, units, .. } = Common::of(given);
    let columns = tokens! { #units.wrapping_mul(4) };
    let bias = given.choose("use_bias", &columns, &tokens! { 0 });
    let dims = tokens! { #inputs, { #units }, { #columns }, { #bias } };
    let forget = flag(given, "unit_forget_bias");
    parts(
        given,
        &Own {
            module: tokens! { lstm },
            more: tokens! {},
            params: tokens! { LSTMParams },
            state: tokens! { LSTMState },
            activations: &["activation", "recurrent_activation"],
            new: tokens! { , #forget },
            dims,
        },
    )
}

pub fn gru(given: &Given<'_>) -> Parts {
    let Common { inputs, units, .. } = Common::of(given);
    let after = flag(given, "reset_after");
    let biases = tokens! { 1 + #after as usize };
    let bias = given.choose("use_bias", &biases, &tokens! { 0 });
    let dims = tokens! { #inputs, { #units }, { #units.wrapping_mul(3) }, { #bias } };
    parts(
        given,
        &Own {
            module: tokens! { gru },
            more: tokens! { { #after }, },
            params: tokens! { GRUParams },
            state: tokens! { recurrent::RecurrentState },
            activations: &["activation", "recurrent_activation"],
            new: tokens! {},
            dims,
        },
    )
}

pub fn simple_rnn(given: &Given<'_>) -> Parts {
    let Common { inputs, units, .. } = Common::of(given);
    let bias = given.choose("use_bias", &tokens! { #units }, &tokens! { 0 });
    let dims = tokens! { #inputs, { #units }, { #bias } };
    parts(
        given,
        &Own {
            module: tokens! { simple_rnn },
            more: tokens! {},
            params: tokens! { SimpleRNNParams },
            state: tokens! { recurrent::RecurrentState },
            activations: &["activation"],
            new: tokens! {},
            dims,
        },
    )
}

/// What tells one recurrent layer from another.
struct Own {
    /// The module of its shape rule.
    module: TokenStream,
    /// The dimensions that its type shares with its parameters.
    dims: TokenStream,
    /// The type's further dimensions, behind the rows of the state.
    more: TokenStream,
    params: TokenStream,
    state: TokenStream,
    activations: &'static [&'static str],
    /// What `new` takes besides the common arguments.
    new: TokenStream,
}

/// What all recurrent layers take.
struct Common {
    inputs: TokenStream,
    units: TokenStream,
    /// An expression of type `Option<usize>`.
    batch: TokenStream,
}

impl Common {
    fn of(given: &Given<'_>) -> Common {
        let (shape, units) = (given.shape(), given.arg("units"));
        let batch = match given.batch {
            true => {
                let batch = given.names.batch();
                tokens! { Some(#batch) }
            }
            false => tokens! { None },
        };
        Common {
            inputs: quote_spanned! {given.span()=> { #shape.last() } },
            units: tokens! { #units },
            batch,
        }
    }
}

fn parts(given: &Given<'_>, own: &Own) -> Parts {
    let Common { units, batch, .. } = Common::of(given);
    let (class, input) = (given.class(), given.input());
    let [sequences, stateful, backwards] =
        ["return_sequences", "stateful", "go_backwards"].map(|name| flag(given, name));
    let [dropout, recurrent_dropout] = ["dropout", "recurrent_dropout"].map(|name| given.arg(name));
    let [kernel, recurrent, bias] = ["kernel", "recurrent", "bias"]
        .map(|array| given.initializer(&format!("{array}_initializer")));
    let core = tokens! { ::kseq::__core::layers::recurrent };
    let rows = tokens! { { #core::state_rows(#stateful, #batch) } };
    let drops = tokens! { { #dropout > 0.0 || #recurrent_dropout > 0.0 } };
    let activations = own.activations.iter().map(|name| given.activation(name));
    let Own {
        module,
        dims,
        more,
        params,
        state,
        new,
        ..
    } = own;
    let last = last(given);
    Parts {
        rule: tokens! {
            ::kseq::__core::layers::#module::shape(#input, #units, #sequences, #last)
        },
        checks: checks(given, own, &stateful, &batch),
        ty: tokens! {
            ::kseq::__core::layers::#class<#dims, #rows, #more #drops, #(#activations),*>
        },
        value: tokens! {
            ::kseq::__core::layers::#class::new(#core::Recurrent {
                kernel_initializer: #kernel,
                recurrent_initializer: #recurrent,
                bias_initializer: #bias,
                go_backwards: #backwards,
                dropout: #dropout,
                recurrent_dropout: #recurrent_dropout,
            } #new)
        },
        params: tokens! { ::kseq::__core::layers::#params<#dims> },
        state: tokens! { ::kseq::__core::layers::#state<#rows, { #units }> },
        in_place: false,
        activity: None,
    }
}

/// What is asked of the arguments.
fn checks(
    given: &Given<'_>,
    own: &Own,
    stateful: &TokenStream,
    batch: &TokenStream,
) -> Vec<(Ends, TokenStream)> {
    let core = tokens! { ::kseq::__core::layers::recurrent };
    let mut checks = Vec::new();
    for name in ["dropout", "recurrent_dropout"] {
        let rate = given.arg(name);
        checks.push(given.check(name, tokens! { #core::rate_rule(#name, #rate) }));
    }
    for &name in own.activations {
        let activation = given.activation(name);
        let rule = tokens! {
            {
                use ::kseq::__core::probe::{Missing as _, Probe};
                #core::activation_rule(#name, Probe::<#activation>::KEEPS_INPUT)
            }
        };
        checks.push(given.check(name, rule));
    }
    let rule = tokens! { #core::stateful_rule(#stateful, #batch) };
    checks.push(given.check("stateful", rule));
    checks
}

/// A flag: `true`, `false`, or the constant that it is bound to.
fn flag(given: &Given<'_>, name: &str) -> TokenStream {
    flag_of(given.names, given.layer, given.args, name)
}

fn flag_of(names: &Names, layer: &Layer, args: &[Arg], name: &str) -> TokenStream {
    match args
        .iter()
        .find(|arg| arg.name == name)
        .map(|arg| &arg.value)
    {
        Some(Value::Flag(flag)) => tokens! { #flag },
        _ => {
            let bound = names.arg(layer, name);
            tokens! { #bound }
        }
    }
}

/// Whether the input is a masked sequence, if it may be: an expression of type `bool`.
pub fn masked(given: &Given<'_>) -> Option<TokenStream> {
    let mut flags = Vec::new();
    for layer in given.before {
        let Kind::Builtin { args, .. } = &layer.kind else {
            return None;
        };
        let flag = match (layer.number, layer.class.as_str()) {
            (1, "Embedding") => "mask_zero",
            (2.., class) if RECURRENT.contains(&class) => "return_sequences",
            (2.., "Dense" | "TimeDistributed") => continue,
            (2.., class) if KEEP_THE_SHAPE.contains(&class) => continue,
            _ => return None,
        };
        flags.push(flag_of(given.names, layer, args, flag));
    }
    (!flags.is_empty()).then(|| tokens! { #(#flags)&&* })
}

const RECURRENT: [&str; 3] = ["LSTM", "GRU", "SimpleRNN"];

/// Layers that give a vector if they get one.
const KEEP_THE_SHAPE: [&str; 4] = [
    "Activation",
    "BatchNormalization",
    "Dropout",
    "LayerNormalization",
];

/// The recurrent layer that this one would get a sequence from, if it returned sequences.
fn last(given: &Given<'_>) -> TokenStream {
    let keeps = |layer: &&Layer| KEEP_THE_SHAPE.contains(&layer.class.as_str());
    let before = given.before.iter().rev().find(|layer| !keeps(layer));
    let is_builtin = |layer: &&Layer| matches!(layer.kind, Kind::Builtin { .. });
    let recurrent = |layer: &&Layer| RECURRENT.contains(&layer.class.as_str());
    match before.filter(is_builtin).filter(recurrent) {
        Some(layer) => {
            let (number, name) = (
                Literal::usize_unsuffixed(layer.number),
                layer.name.to_string(),
            );
            let class = &layer.class;
            tokens! {
                Some(::kseq::__core::layers::recurrent::Last {
                    number: #number,
                    name: #name,
                    class: #class,
                })
            }
        }
        None => tokens! { None },
    }
}
