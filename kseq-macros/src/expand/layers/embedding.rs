//! `Embedding`.

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

pub fn embedding(layer: &Builtin<'_>) -> Emitted {
    let class = layer.class();
    let (rows, features) = (layer.arg("input_dim"), layer.arg("output_dim"));
    let dims = tokens! { { #rows }, { #features } };
    let initializer = layer.initializer("embeddings_initializer");
    let mask_zero = layer.flag("mask_zero");
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::EmbeddingParams<#dims> }),
        ..Emitted::plain(
            tokens! { ::kseq::__core::layers::embedding::shape(__input, #rows, #features) },
            tokens! { ::kseq::__core::layers::#class<#dims, { #mask_zero }> },
            tokens! { ::kseq::__core::layers::Embedding::new(#initializer) },
        )
    }
}
