//! `MultiHeadAttention`.

use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

pub fn multi_head_attention(layer: &Builtin<'_>) -> Emitted {
    let class = layer.class();
    let rules = tokens! { ::kseq::__core::layers::multi_head_attention };
    let (heads, key) = (layer.arg("num_heads"), layer.arg("key_dim"));
    let value = match layer.find("value_dim") {
        Some(_) => layer.dim("value_dim", 0),
        None => key.clone(),
    };
    let output = match layer.find("output_shape") {
        Some(_) => {
            let output = layer.arg("output_shape");
            tokens! { ::core::option::Option::Some(#output) }
        }
        None => tokens! { ::core::option::Option::None },
    };
    let shape = layer.shape();
    let inputs = quote_spanned! {layer.span()=> { #shape.last() } };
    let outputs = quote_spanned! {layer.span()=> #rules::features(#output, #shape) };
    let of_heads = layer.choose("use_bias", &heads, &tokens! { 0 });
    let of_outputs = layer.choose("use_bias", &outputs, &tokens! { 0 });
    let dims = tokens! {
        #inputs, { #heads }, { #of_heads }, { #key }, { #value }, { #outputs }, { #of_outputs }
    };
    let (dropout, causal) = (layer.arg("dropout"), layer.flag("use_causal_mask"));
    let kernel_initializer = layer.initializer("kernel_initializer");
    let bias_initializer = layer.initializer("bias_initializer");
    let rate = tokens! { ::kseq::__core::layers::multi_head_attention::dropout_rule(#dropout) };
    Emitted {
        checks: layer.check("dropout", rate).into_iter().collect(),
        params: Some(tokens! { ::kseq::__core::layers::MultiHeadAttentionParams<#dims> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, [#heads, #key, #value], #output) },
            tokens! { ::kseq::__core::layers::#class<#dims, { #dropout > 0.0 }> },
            tokens! {
                ::kseq::__core::layers::MultiHeadAttention::new(
                    #dropout, #causal, #kernel_initializer, #bias_initializer
                )
            },
        )
    }
}
