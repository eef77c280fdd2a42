//! `ConvLSTM1D`, `ConvLSTM2D`.

use proc_macro2::{Ident, Literal, Span};
use quote::quote_spanned;

use super::builtin::Builtin;
use super::{conv, recurrent};
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

pub fn conv_lstm(layer: &Builtin<'_>) -> Emitted {
    let (class, axes, plain) = (layer.class(), conv::axes(layer), layer.row.class);
    let (filters, sequences) = (layer.arg("filters"), layer.flag("return_sequences"));
    let (kernel_size, window) = (
        layer.dims("kernel_size", axes),
        conv::window(layer, &tokens! { 1 }),
    );
    let columns = recurrent::columns(&filters, 4);
    let bias = layer.choose("use_bias", &columns, &tokens! { 0 });
    let inputs = recurrent::inputs(layer);
    let dims = tokens! { #({ #kernel_size },)* #inputs, { #filters }, { #columns }, { #bias } };
    // What the state has besides its channels: the axes of the output before the last one.
    let (shapes, index) = (
        layer.names.shapes(),
        Literal::usize_unsuffixed(layer.layer.number),
    );
    let outputs = (0..axes).rev().map(|axis| {
        let behind = Literal::usize_unsuffixed(axis + 2);
        let shape = quote_spanned! {shapes.span()=> #shapes[#index] };
        quote_spanned! {layer.span()=> { #shape.dim(#shape.rank() - #behind) } }
    });
    let outputs: Vec<_> = outputs.collect();
    let rows = recurrent::rows(layer);
    let drops = recurrent::drops(layer);
    let activations = ["activation", "recurrent_activation"].map(|name| layer.activation(name));
    let (arguments, forget) = (recurrent::arguments(layer), layer.flag("unit_forget_bias"));
    let name = |end: &str| Ident::new(&format!("{plain}{end}"), Span::mixed_site());
    let (params, state, plain) = (name("Params"), name("State"), name(""));
    Emitted {
        checks: recurrent::checks(layer),
        params: Some(tokens! { ::kseq::__core::layers::#params<#dims> }),
        state: Some(tokens! {
            ::kseq::__core::layers::#state<#rows, #(#outputs,)* { #filters }>
        }),
        carries: !layer.says("stateful", false),
        ..Emitted::plain(
            tokens! {
                ::kseq::__core::layers::conv_lstm::shape(
                    __input, #filters, [#(#kernel_size),*], &#window, #sequences
                )
            },
            tokens! {
                ::kseq::__core::layers::#class<
                    #dims, #rows, #(#outputs,)* #drops, #(#activations),*
                >
            },
            tokens! {
                ::kseq::__core::layers::#plain::new(
                    #arguments, #forget, #window, [#(#kernel_size),*]
                )
            },
        )
    }
}
