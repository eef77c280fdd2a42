//! Convolutions.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;

use super::{Given, Parts, tokens};

/// `Conv1D`, `Conv2D`.
pub fn conv(given: &Given<'_>) -> Parts {
    let class = given.class();
    let axes = if given.layer.class == "Conv1D" { 1 } else { 2 };
    let (input, filters, groups) = (given.input(), given.arg("filters"), given.arg("groups"));
    let dims = |name: &str| -> Vec<Ident> { (0..axes).map(|i| given.dim(name, i)).collect() };
    let (kernel_size, strides) = (dims("kernel_size"), dims("strides"));
    let dilation_rate = dims("dilation_rate");
    let padding = match given.word("padding") {
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
    let bias = given.choose("use_bias", &tokens! { #filters }, &tokens! { 0 });
    let channels = tokens! { ::kseq::__core::layers::channels };
    let shape = given.shape();
    let channels = quote_spanned! {given.span()=> { #channels(#shape, #groups) } };
    let dims = tokens! { #({ #kernel_size },)* #channels, { #filters }, { #bias } };
    let activation = given.activation("activation");
    let kernel_initializer = given.initializer("kernel_initializer");
    let bias_initializer = given.initializer("bias_initializer");
    let module = Ident::new(&given.layer.class.to_lowercase(), Span::mixed_site());
    let params = Ident::new(&format!("{class}Params"), Span::mixed_site());
    let plain = Ident::new(&given.layer.class, Span::mixed_site());
    Parts {
        rule: tokens! {
            ::kseq::__core::layers::#module::shape(
                #input, #filters, [#(#kernel_size),*], &#window
            )
        },
        checks: Vec::new(),
        ty: tokens! { ::kseq::__core::layers::#class<#dims, #activation> },
        value: tokens! {
            ::kseq::__core::layers::#plain::new(#window, #kernel_initializer, #bias_initializer)
        },
        params: tokens! { ::kseq::__core::layers::#params<#dims> },
        state: tokens! { ::kseq::__core::params::NoParams },
        in_place: false,
        activity: None,
    }
}
