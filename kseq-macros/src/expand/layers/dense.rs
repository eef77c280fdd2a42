//! `Dense`.

use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

pub fn dense(layer: &Builtin<'_>) -> Emitted {
    let class = layer.class();
    let units = layer.arg("units");
    let bias = layer.choose("use_bias", &tokens! { #units }, &tokens! { 0 });
    let shape = layer.shape();
    let inputs = quote_spanned! {layer.span()=> { #shape.last() } };
    let dims = tokens! { #inputs, { #units }, { #bias } };
    let activation = layer.activation("activation");
    let kernel_initializer = layer.initializer("kernel_initializer");
    let bias_initializer = layer.initializer("bias_initializer");
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::DenseParams<#dims> }),
        ..Emitted::plain(
            tokens! { ::kseq::__core::layers::dense::shape(__input, #units) },
            tokens! { ::kseq::__core::layers::#class<#dims, #activation> },
            tokens! { ::kseq::__core::layers::Dense::new(#kernel_initializer, #bias_initializer) },
        )
    }
}
