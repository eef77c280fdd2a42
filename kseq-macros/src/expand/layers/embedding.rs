//! `Embedding`.

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::ir::{Arg, Kind, Layer, Value};
use crate::tokens::tokens;

pub fn embedding(layer: &Builtin<'_>) -> Emitted {
    let class = layer.class();
    let (rows, features) = (layer.arg("input_dim"), layer.arg("output_dim"));
    let dims = tokens! { { #rows }, { #features } };
    let initializer = layer.initializer("embeddings_initializer");
    let mask_zero = layer.flag("mask_zero");
    let behind_lookup = layer.before.last().is_some_and(gives_tokens);
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::EmbeddingParams<#dims> }),
        ..Emitted::plain(
            tokens! { ::kseq::__core::layers::embedding::shape(__input, #rows, #features, #behind_lookup) },
            tokens! { ::kseq::__core::layers::#class<#dims, { #mask_zero }> },
            tokens! { ::kseq::__core::layers::Embedding::new(#initializer) },
        )
    }
}

/// Whether the numbers that a layer gives are tokens.
fn gives_tokens(layer: &Layer) -> bool {
    let Kind::Builtin { row, args } = &layer.kind else {
        return false;
    };
    let is_int = |arg: &Arg| {
        arg.name == "output_mode" && matches!(&arg.value, Value::Word(word) if word == "int")
    };
    let is_lookup = matches!(row.class, "Discretization" | "IntegerLookup");
    is_lookup && args.iter().any(is_int)
}
