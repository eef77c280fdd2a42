//! Convolutions.

use kseq_catalogue::Kind;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::ir::Value;
use crate::tokens::tokens;

/// `Conv1D`, `Conv2D`, `Conv3D`.
pub fn conv(layer: &Builtin<'_>) -> Emitted {
    let groups = layer.arg("groups");
    let module = Ident::new(&layer.row.class.to_lowercase(), Span::mixed_site());
    let rule = tokens! { ::kseq::__core::layers::#module::shape };
    Emitted {
        walks: axes(layer) < 3,
        ..emitted(layer, &groups, &rule, &tokens! {})
    }
}

/// `Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`.
pub fn transposed(layer: &Builtin<'_>) -> Emitted {
    let padding = match layer.find("output_padding").map(|arg| &arg.value) {
        Some(Value::Sizes(_)) => {
            let sizes = layer.dims("output_padding", axes(layer));
            tokens! { ::core::option::Option::Some([#(#sizes),*]) }
        }
        _ => tokens! { ::core::option::Option::None },
    };
    let rule = tokens! { ::kseq::__core::layers::conv_transpose::shape };
    emitted(layer, &tokens! { 1 }, &rule, &tokens! { , #padding })
}

/// Over how many axes the layer goes.
pub fn axes(layer: &Builtin<'_>) -> usize {
    match layer.row.param("kernel_size").map(|param| param.kind) {
        Some(Kind::Sizes(axes)) => axes,
        _ => 1,
    }
}

/// By its rule, which takes `more` behind the window.
fn emitted(
    layer: &Builtin<'_>,
    groups: &TokenStream,
    rule: &TokenStream,
    more: &TokenStream,
) -> Emitted {
    let (class, axes) = (layer.class(), axes(layer));
    let filters = layer.arg("filters");
    let (kernel_size, window) = (layer.dims("kernel_size", axes), window(layer, groups));
    let bias = layer.choose("use_bias", &tokens! { #filters }, &tokens! { 0 });
    let channels = tokens! { ::kseq::__core::layers::channels };
    let shape = layer.shape();
    let channels = quote_spanned! {layer.span()=> { #channels(#shape, #groups) } };
    let dims = tokens! { #({ #kernel_size },)* #channels, { #filters }, { #bias } };
    let activation = layer.activation("activation");
    let kernel_initializer = layer.initializer("kernel_initializer");
    let bias_initializer = layer.initializer("bias_initializer");
    let params = Ident::new(&format!("{class}Params"), Span::mixed_site());
    let plain = Ident::new(layer.row.class, Span::mixed_site());
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::#params<#dims> }),
        ..Emitted::plain(
            tokens! { #rule(__input, #filters, [#(#kernel_size),*], &#window #more) },
            tokens! { ::kseq::__core::layers::#class<#dims, #activation> },
            tokens! {
                ::kseq::__core::layers::#plain::new(#window, #kernel_initializer, #bias_initializer)
            },
        )
    }
}

/// The window of a convolution.
pub fn window(layer: &Builtin<'_>, groups: &TokenStream) -> TokenStream {
    let axes = axes(layer);
    let [strides, dilation_rate] = ["strides", "dilation_rate"].map(|name| layer.dims(name, axes));
    let padding = match layer.word("padding") {
        "same" => "Same",
        "causal" => "Causal",
        _ => "Valid",
    };
    let padding = Ident::new(padding, Span::mixed_site());
    tokens! {
        ::kseq::__core::layers::Window {
            strides: [#(#strides),*],
            padding: ::kseq::__core::layers::Padding::#padding,
            dilation_rate: [#(#dilation_rate),*],
            groups: #groups,
        }
    }
}
