//! Convolutions.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

/// `Conv1D`, `Conv2D`.
pub fn conv(layer: &Builtin<'_>) -> Emitted {
    let class = layer.class();
    let axes = if layer.row.class == "Conv1D" { 1 } else { 2 };
    let (filters, groups) = (layer.arg("filters"), layer.arg("groups"));
    let [kernel_size, strides, dilation_rate] =
        ["kernel_size", "strides", "dilation_rate"].map(|name| layer.dims(name, axes));
    let padding = match layer.word("padding") {
        "same" => "Same",
        "causal" => "Causal",
        _ => "Valid",
    };
    let padding = Ident::new(padding, Span::mixed_site());
    let window = tokens! {
        ::kseq::__core::layers::Window {
            strides: [#(#strides),*],
            padding: ::kseq::__core::layers::Padding::#padding,
            dilation_rate: [#(#dilation_rate),*],
            groups: #groups,
        }
    };
    let bias = layer.choose("use_bias", &tokens! { #filters }, &tokens! { 0 });
    let channels = tokens! { ::kseq::__core::layers::channels };
    let shape = layer.shape();
    let channels = quote_spanned! {layer.span()=> { #channels(#shape, #groups) } };
    let dims = tokens! { #({ #kernel_size },)* #channels, { #filters }, { #bias } };
    let activation = layer.activation("activation");
    let kernel_initializer = layer.initializer("kernel_initializer");
    let bias_initializer = layer.initializer("bias_initializer");
    let module = Ident::new(&layer.row.class.to_lowercase(), Span::mixed_site());
    let params = Ident::new(&format!("{class}Params"), Span::mixed_site());
    let plain = Ident::new(layer.row.class, Span::mixed_site());
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::#params<#dims> }),
        walks: true,
        ..Emitted::plain(
            tokens! {
                ::kseq::__core::layers::#module::shape(
                    __input, #filters, [#(#kernel_size),*], &#window
                )
            },
            tokens! { ::kseq::__core::layers::#class<#dims, #activation> },
            tokens! {
                ::kseq::__core::layers::#plain::new(#window, #kernel_initializer, #bias_initializer)
            },
        )
    }
}
