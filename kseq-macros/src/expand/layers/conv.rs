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
        ..by_filters(layer, &groups, &rule, &tokens! {})
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
    by_filters(layer, &tokens! { 1 }, &rule, &tokens! { , #padding })
}

/// Over how many axes the layer goes.
pub fn axes(layer: &Builtin<'_>) -> usize {
    match layer.row.param("kernel_size").map(|param| param.kind) {
        Some(Kind::Sizes(axes)) => axes,
        _ => 1,
    }
}

/// One kernel over all channels of a group; the rule takes `more` behind the window.
fn by_filters(
    layer: &Builtin<'_>,
    groups: &TokenStream,
    rule: &TokenStream,
    more: &TokenStream,
) -> Emitted {
    let filters = layer.arg("filters");
    let (kernel_size, window) = (
        layer.dims("kernel_size", axes(layer)),
        window(layer, groups),
    );
    let bias = layer.choose("use_bias", &tokens! { #filters }, &tokens! { 0 });
    let channels = channels(layer, groups);
    let initializer = layer.initializer("kernel_initializer");
    emitted(
        layer,
        tokens! { #rule(__input, #filters, [#(#kernel_size),*], &#window #more) },
        &tokens! { #({ #kernel_size },)* #channels, { #filters }, { #bias } },
        &tokens! { #window, #initializer },
    )
}

/// `DepthwiseConv1D`, `DepthwiseConv2D`.
pub fn depthwise(layer: &Builtin<'_>) -> Emitted {
    let one = tokens! { 1 };
    let (kernel_size, window) = (layer.dims("kernel_size", axes(layer)), window(layer, &one));
    let multiplier = layer.arg("depth_multiplier");
    let depth = depth(layer, &multiplier);
    let bias = layer.choose("use_bias", &depth, &tokens! { 0 });
    let channels = channels(layer, &one);
    let initializer = layer.initializer("depthwise_initializer");
    let rule = tokens! { ::kseq::__core::layers::depthwise_conv::shape };
    Emitted {
        walks: true,
        ..emitted(
            layer,
            tokens! { #rule(__input, #multiplier, [#(#kernel_size),*], &#window) },
            &tokens! { #({ #kernel_size },)* #channels, { #multiplier }, { #bias } },
            &tokens! { #window, #initializer },
        )
    }
}

/// `SeparableConv1D`, `SeparableConv2D`.
pub fn separable(layer: &Builtin<'_>) -> Emitted {
    let one = tokens! { 1 };
    let (kernel_size, window) = (layer.dims("kernel_size", axes(layer)), window(layer, &one));
    let (filters, multiplier) = (layer.arg("filters"), layer.arg("depth_multiplier"));
    let depth = depth(layer, &multiplier);
    let bias = layer.choose("use_bias", &tokens! { #filters }, &tokens! { 0 });
    let channels = channels(layer, &one);
    let dims = tokens! {
        #({ #kernel_size },)* #channels, { #multiplier }, { #depth }, { #filters }, { #bias }
    };
    let [depthwise, pointwise] =
        ["depthwise_initializer", "pointwise_initializer"].map(|name| layer.initializer(name));
    let rule = tokens! { ::kseq::__core::layers::separable_conv::shape };
    Emitted {
        streams: true,
        ..emitted(
            layer,
            tokens! { #rule(__input, #filters, #multiplier, [#(#kernel_size),*], &#window) },
            &dims,
            &tokens! { #window, [#depthwise, #pointwise] },
        )
    }
}

/// By its rule, the sizes of its type, and what is built from before the initializer of the bias.
fn emitted(
    layer: &Builtin<'_>,
    rule: TokenStream,
    dims: &TokenStream,
    built_from: &TokenStream,
) -> Emitted {
    let name = |end: &str| Ident::new(&format!("{}{end}", layer.row.class), Span::mixed_site());
    let (class, plain, params) = (layer.class(), name(""), name("Params"));
    let activation = layer.activation("activation");
    let bias_initializer = layer.initializer("bias_initializer");
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::#params<#dims> }),
        ..Emitted::plain(
            rule,
            tokens! { ::kseq::__core::layers::#class<#dims, #activation> },
            tokens! { ::kseq::__core::layers::#plain::new(#built_from, #bias_initializer) },
        )
    }
}

/// The window of a convolution.
pub fn window(layer: &Builtin<'_>, groups: &TokenStream) -> TokenStream {
    let axes = axes(layer);
    let [strides, dilation_rate] = ["strides", "dilation_rate"].map(|name| layer.dims(name, axes));
    let padding = padding(layer);
    tokens! {
        ::kseq::__core::layers::Window {
            strides: [#(#strides),*],
            padding: #padding,
            dilation_rate: [#(#dilation_rate),*],
            groups: #groups,
        }
    }
}

/// `Padding::Same`
pub fn padding(layer: &Builtin<'_>) -> TokenStream {
    let padding = match layer.word("padding") {
        "same" => "Same",
        "causal" => "Causal",
        _ => "Valid",
    };
    let padding = Ident::new(padding, Span::mixed_site());
    tokens! { ::kseq::__core::layers::Padding::#padding }
}

/// The channels that a filter sees, as an argument of a type.
fn channels(layer: &Builtin<'_>, groups: &TokenStream) -> TokenStream {
    let channels = tokens! { ::kseq::__core::layers::channels };
    let shape = layer.shape();
    quote_spanned! {layer.span()=> { #channels(#shape, #groups) } }
}

/// As many channels for each channel of the input as the multiplier says.
fn depth(layer: &Builtin<'_>, multiplier: &TokenStream) -> TokenStream {
    let depth = tokens! { ::kseq::__core::layers::separable_conv::depth };
    let shape = layer.shape();
    quote_spanned! {layer.span()=> #depth(#shape, #multiplier) }
}
