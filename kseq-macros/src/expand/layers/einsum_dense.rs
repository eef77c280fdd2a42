//! `EinsumDense`.

use proc_macro2::{Ident, Span};

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::expand::spans;
use crate::tokens::tokens;

pub fn einsum_dense(layer: &Builtin<'_>) -> Emitted {
    let (class, known) = (layer.class(), layer.shape());
    let plain = Ident::new(layer.row.class, Span::mixed_site());
    let rules = tokens! { ::kseq::__core::layers::einsum_dense };
    let text = |name: &str| match layer.find(name) {
        Some(_) => layer.arg(name),
        None => tokens! { "" },
    };
    let (equation, bias_axes) = (text("equation"), text("bias_axes"));
    let output_shape = match layer.find("output_shape") {
        Some(_) => layer.arg("output_shape"),
        None => tokens! { &[] },
    };
    let asked = tokens! { #equation, #output_shape, #bias_axes };
    let weights = |i: usize| {
        spans::sample(
            layer.span(),
            &tokens! { #rules::weights(#known, #asked)[#i] },
        )
    };
    let (kernel, bias) = (weights(0), weights(1));
    let activation = layer.activation("activation");
    let [kernel_initializer, bias_initializer] =
        ["kernel_initializer", "bias_initializer"].map(|name| layer.initializer(name));
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::EinsumDenseParams<#kernel, #bias> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #asked) },
            tokens! { ::kseq::__core::layers::#class<#kernel, #bias, #activation> },
            tokens! {
                ::kseq::__core::layers::#plain::new(
                    #rules::plan_of(#known, #asked), #kernel_initializer, #bias_initializer
                )
            },
        )
    }
}
