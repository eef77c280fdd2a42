//! `LocallyConnected1D`, `LocallyConnected2D`.

use proc_macro2::{Ident, Span};

use super::builtin::Builtin;
use super::conv::{axes, padding};
use crate::expand::emitted::Emitted;
use crate::expand::spans;
use crate::tokens::tokens;

pub fn locally_connected(layer: &Builtin<'_>) -> Emitted {
    let (class, known, axes) = (layer.class(), layer.shape(), axes(layer));
    let filters = layer.arg("filters");
    let [kernel_size, strides] = ["kernel_size", "strides"].map(|name| layer.dims(name, axes));
    let rules = tokens! { ::kseq::__core::layers::locally_connected };
    let padding = padding(layer);
    let sizes = tokens! { #filters, [#(#kernel_size),*], [#(#strides),*], #padding };
    let weights = |bias: usize| tokens! { #rules::weights(#known, #sizes)[#bias] };
    let kernel = spans::sample(layer.span(), &weights(0));
    let bias = weights(1);
    let none = tokens! { ::kseq::__core::shape::Shape::new(&[0]) };
    let bias = layer.choose("use_bias", &bias, &none);
    let bias = spans::sample(layer.span(), &tokens! { (#bias) });
    let activation = layer.activation("activation");
    let kernel_initializer = layer.initializer("kernel_initializer");
    let bias_initializer = layer.initializer("bias_initializer");
    let plain = Ident::new(layer.row.class, Span::mixed_site());
    // As in Keras.
    let is_within = layer.word("padding") == "valid" || layer.word("implementation") != "1";
    let check = match is_within {
        true => None,
        false => layer.check("padding", tokens! { #rules::padding_rule() }),
    };
    Emitted {
        checks: Vec::from_iter(check),
        params: Some(tokens! { ::kseq::__core::layers::LocallyConnectedParams<#kernel, #bias> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #sizes) },
            tokens! { ::kseq::__core::layers::#class<#kernel, #bias, #activation> },
            tokens! {
                ::kseq::__core::layers::#plain::new(
                    [#(#kernel_size),*], [#(#strides),*], #kernel_initializer, #bias_initializer
                ).padding(#padding)
            },
        )
    }
}
