//! `MultiHeadAttention`, `GroupQueryAttention`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::expand::spans;
use crate::tokens::tokens;

pub fn multi_head_attention(layer: &Builtin<'_>) -> Emitted {
    let rules = tokens! { ::kseq::__core::layers::multi_head_attention };
    let (heads, key, known) = (layer.arg("num_heads"), layer.arg("key_dim"), layer.shape());
    let value = match layer.find("value_dim") {
        Some(_) => layer.dim("value_dim", 0),
        None => key.clone(),
    };
    let axes = match layer.find("attention_axes") {
        Some(_) => layer.arg("attention_axes"),
        None => tokens! { &[] },
    };
    let (outputs, output) = match layer.find("output_shape") {
        None => (tokens! { ::core::option::Option::None }, None),
        Some(_) => {
            let given = layer.arg("output_shape");
            let given = tokens! { ::core::option::Option::Some(#given) };
            let weights =
                |i: usize| tokens! { #rules::output_weights(#known, #heads, #value, #given)[#i] };
            let none = tokens! { ::kseq::__core::shape::Shape::new(&[0]) };
            let (kernel, bias) = (weights(0), weights(1));
            let bias = layer.choose("use_bias", &bias, &none);
            let types = [kernel, tokens! { (#bias) }];
            (
                given,
                Some(types.map(|shape| spans::sample(layer.span(), &shape))),
            )
        }
    };
    let causal = layer.flag("use_causal_mask");
    let by_order = match layer.find("sliding_window") {
        Some(_) => tokens! { true },
        None => causal,
    };
    let at =
        |index: usize| quote_spanned! {layer.span()=> { #rules::axes(#known, #axes)[#index] } };
    let span = match layer.find("attention_axes") {
        Some(_) => [at(0), at(1)],
        None => [
            tokens! { 0 },
            quote_spanned! {layer.span()=> { #known.rank() - 2 } },
        ],
    };
    attention(
        layer,
        &Sizes {
            key_heads: heads.clone(),
            heads: heads.clone(),
            value: value.clone(),
            key: key.clone(),
        },
        output,
        &span,
        tokens! { #rules::shape(__input, [#heads, #key, #value], #outputs, #axes, #by_order) },
    )
}

pub fn group_query_attention(layer: &Builtin<'_>) -> Emitted {
    let rules = tokens! { ::kseq::__core::layers::multi_head_attention };
    let [key, heads, key_heads] =
        ["head_dim", "num_query_heads", "num_key_value_heads"].map(|name| layer.arg(name));
    attention(
        layer,
        &Sizes {
            value: key.clone(),
            key: key.clone(),
            heads: heads.clone(),
            key_heads: key_heads.clone(),
        },
        None,
        &[tokens! { 0 }, tokens! { 0 }],
        tokens! { #rules::group_shape(__input, [#key, #heads, #key_heads]) },
    )
}

struct Sizes {
    heads: TokenStream,
    key_heads: TokenStream,
    key: TokenStream,
    value: TokenStream,
}

/// What both emit; `output` are the types of kernel and bias of the outputs where these are not the features of the input.
fn attention(
    layer: &Builtin<'_>,
    sizes: &Sizes,
    output: Option<[TokenStream; 2]>,
    axes: &[TokenStream; 2],
    rule: TokenStream,
) -> Emitted {
    let Sizes {
        heads,
        key_heads,
        key,
        value,
    } = sizes;
    let shape = layer.shape();
    let features = quote_spanned! {layer.span()=> #shape.last() };
    let zero = tokens! { 0 };
    let kernel = |features: &TokenStream, heads: &TokenStream, size: &TokenStream| {
        tokens! { [[[::core::primitive::f32; { #size }]; { #heads }]; { #features }] }
    };
    let bias = |heads: &TokenStream, size: &TokenStream, flag: &str| {
        let heads = layer.choose("use_bias", heads, &zero);
        let heads = match flag {
            "" => heads,
            _ => layer.choose(flag, &heads, &zero),
        };
        tokens! { [[::core::primitive::f32; { #size }]; { #heads }] }
    };
    let gated = layer.choose("use_gate", &features, &zero);
    let [output_kernel, output_bias] = output.unwrap_or_else(|| {
        let of_bias = layer.choose("use_bias", &features, &zero);
        [
            kernel(heads, value, &features),
            tokens! { [::core::primitive::f32; { #of_bias }] },
        ]
    });
    let types = [
        kernel(&features, heads, key),
        bias(heads, key, ""),
        kernel(&features, key_heads, key),
        bias(key_heads, key, ""),
        kernel(&gated, heads, value),
        bias(heads, value, "use_gate"),
        kernel(&features, key_heads, value),
        bias(key_heads, value, ""),
        output_kernel,
        output_bias,
    ];
    let params = tokens! { ::kseq::__core::layers::MultiHeadAttentionParams<#(#types),*> };
    let (class, plain) = (
        layer.class(),
        Ident::new(layer.row.class, Span::mixed_site()),
    );
    let (dropout, causal) = (layer.arg("dropout"), layer.flag("use_causal_mask"));
    let [kernel_initializer, bias_initializer] =
        ["kernel_initializer", "bias_initializer"].map(|name| layer.initializer(name));
    let rules = tokens! { ::kseq::__core::layers::multi_head_attention };
    let mut checks =
        Vec::from_iter(layer.check("dropout", tokens! { #rules::dropout_rule(#dropout) }));
    let mut more = TokenStream::new();
    if layer.find("sliding_window").is_some() {
        let window = layer.arg("sliding_window");
        checks.extend(layer.check("sliding_window", tokens! { #rules::window_rule(#window) }));
        more.extend(tokens! { .sliding_window(#window) });
    }
    if layer.find("seed").is_some() {
        let seed = layer.arg("seed");
        more.extend(tokens! { .seed(#seed) });
    }
    let [first, last] = axes;
    Emitted {
        checks,
        params: Some(params.clone()),
        ..Emitted::plain(
            rule,
            tokens! {
                ::kseq::__core::layers::#class<#params, #first, #last, { #dropout > 0.0 }>
            },
            tokens! {
                ::kseq::__core::layers::#plain::new(
                    #dropout, #causal, #kernel_initializer, #bias_initializer
                ) #more
            },
        )
    }
}
