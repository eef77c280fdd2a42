//! `PReLU`.

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::expand::spans;
use crate::tokens::tokens;

pub fn prelu(layer: &Builtin<'_>) -> Emitted {
    let (class, known) = (layer.class(), layer.shape());
    let axes = match layer.find("shared_axes").is_some() {
        true => layer.arg("shared_axes"),
        false => tokens! { &[] },
    };
    let rules = tokens! { ::kseq::__core::layers::prelu };
    let alpha = spans::sample(layer.span(), &tokens! { #rules::weight(#known, #axes) });
    let initializer = layer.initializer("alpha_initializer");
    Emitted {
        params: Some(tokens! { ::kseq::__core::layers::PReLUParams<#alpha> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #axes) },
            tokens! { ::kseq::__core::layers::#class<#alpha> },
            tokens! { ::kseq::__core::layers::PReLU::new(#initializer) },
        )
    }
}
