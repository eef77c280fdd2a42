//! `BatchNormalization`, `LayerNormalization`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::expand::spans;
use crate::tokens::tokens;

pub fn batch_normalization(layer: &Builtin<'_>) -> Emitted {
    let (class, axis) = (layer.class(), layer.arg("axis"));
    let rules = tokens! { ::kseq::__core::layers::batch_normalization };
    let known = layer.shape();
    let size = quote_spanned! {layer.span()=> #rules::size(#known, #axis) };
    let zero = tokens! { 0 };
    let scale = layer.choose("scale", &size, &zero);
    let center = layer.choose("center", &size, &zero);
    let renorm = layer.choose("renorm", &size, &zero);
    let dims = tokens! { { #size }, { #scale }, { #center }, { #renorm } };
    let (momentum, epsilon) = (layer.arg("momentum"), layer.arg("epsilon"));
    let initializers = [
        "gamma_initializer",
        "beta_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer",
    ];
    let initializers = initializers.map(|name| layer.initializer(name));
    let checks = layer.check("epsilon", tokens! { #rules::epsilon_rule(#epsilon) });
    let mut checks = Vec::from_iter(checks);
    let mut arguments = TokenStream::new();
    if !layer.says("renorm", false) {
        let momentum = layer.arg("renorm_momentum");
        let clipping = match layer.find("renorm_clipping").is_some() {
            false => tokens! { [::core::option::Option::None; 3] },
            true => layer.arg("renorm_clipping"),
        };
        let rule = tokens! { #rules::clipping_rule(#clipping) };
        checks.extend(layer.check("renorm_clipping", rule));
        arguments = tokens! { .renorm(#clipping, #momentum) };
    }
    Emitted {
        checks,
        params: Some(
            tokens! { ::kseq::__core::layers::BatchNormalizationParams<{ #scale }, { #center }> },
        ),
        state: Some(
            tokens! { ::kseq::__core::layers::BatchNormalizationState<{ #size }, { #renorm }> },
        ),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #axis) },
            tokens! { ::kseq::__core::layers::#class<#dims> },
            tokens! {
                ::kseq::__core::layers::BatchNormalization::new(
                    #axis, #momentum, #epsilon, [#(#initializers),*]
                ) #arguments
            },
        )
    }
}

pub fn layer_normalization(layer: &Builtin<'_>) -> Emitted {
    let (class, axes) = (layer.class(), layer.arg("axis"));
    let rules = tokens! { ::kseq::__core::layers::layer_normalization };
    let weight = |flag: &str| -> TokenStream {
        let known = layer.shape();
        let some = tokens! { #rules::weight(#known, #axes) };
        let none = tokens! { #rules::NO_WEIGHT };
        let shape = layer.choose(flag, &some, &none);
        spans::sample(layer.span(), &shape)
    };
    let (gamma, beta) = (weight("scale"), weight("center"));
    let known = layer.shape();
    let size = quote_spanned! {layer.span()=> #rules::size(#known, #axes) };
    let epsilon = layer.arg("epsilon");
    let initializers = ["gamma_initializer", "beta_initializer"];
    let initializers = initializers.map(|name| layer.initializer(name));
    Emitted {
        checks: Vec::from_iter(layer.check("epsilon", tokens! { #rules::epsilon_rule(#epsilon) })),
        params: Some(tokens! { ::kseq::__core::layers::LayerNormalizationParams<#gamma, #beta> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #axes) },
            tokens! { ::kseq::__core::layers::#class<{ #size }, #gamma, #beta> },
            tokens! {
                ::kseq::__core::layers::LayerNormalization::new(
                    #axes, #epsilon, [#(#initializers),*]
                )
            },
        )
    }
}
