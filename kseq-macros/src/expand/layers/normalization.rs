//! `BatchNormalization`, `LayerNormalization`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Given, Parts, place, tokens};

pub fn batch_normalization(given: &Given<'_>) -> Parts {
    let (input, class, axis) = (given.input(), given.class(), given.arg("axis"));
    let rules = tokens! { ::kseq::__core::layers::batch_normalization };
    let known = given.shape();
    let size = quote_spanned! {given.span()=> #rules::size(#known, #axis) };
    let zero = tokens! { 0 };
    let scale = given.choose("scale", &size, &zero);
    let center = given.choose("center", &size, &zero);
    let dims = tokens! { { #size }, { #scale }, { #center } };
    let (momentum, epsilon) = (given.arg("momentum"), given.arg("epsilon"));
    let initializers = [
        "gamma_initializer",
        "beta_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer",
    ];
    let initializers = initializers.map(|name| given.initializer(name));
    let masked = super::recurrent::masked(given);
    let checks = masked.map(|masked| (given.layer.ends, tokens! { #rules::mask_rule(#masked) }));
    Parts {
        checks: checks.into_iter().collect(),
        params: tokens! { ::kseq::__core::layers::BatchNormalizationParams<{ #scale }, { #center }> },
        state: tokens! { ::kseq::__core::layers::BatchNormalizationState<{ #size }> },
        ..given.plain(
            tokens! { #rules::shape(#input, #axis) },
            tokens! { ::kseq::__core::layers::#class<#dims> },
            tokens! {
                ::kseq::__core::layers::BatchNormalization::new(
                    #axis, #momentum, #epsilon, [#(#initializers),*]
                )
            },
        )
    }
}

pub fn layer_normalization(given: &Given<'_>) -> Parts {
    let (input, class, axes) = (given.input(), given.class(), given.arg("axis"));
    let rules = tokens! { ::kseq::__core::layers::layer_normalization };
    let weight = |flag: &str| -> TokenStream {
        let known = given.shape();
        let some = tokens! { #rules::weight(#known, #axes) };
        let none = tokens! { #rules::NO_WEIGHT };
        let shape = given.choose(flag, &some, &none);
        place::sample(given.span(), &shape)
    };
    let (gamma, beta) = (weight("scale"), weight("center"));
    let known = given.shape();
    let size = quote_spanned! {given.span()=> #rules::size(#known, #axes) };
    let epsilon = given.arg("epsilon");
    let initializers = ["gamma_initializer", "beta_initializer"];
    let initializers = initializers.map(|name| given.initializer(name));
    Parts {
        params: tokens! { ::kseq::__core::layers::LayerNormalizationParams<#gamma, #beta> },
        ..given.plain(
            tokens! { #rules::shape(#input, #axes) },
            tokens! { ::kseq::__core::layers::#class<{ #size }, #gamma, #beta> },
            tokens! {
                ::kseq::__core::layers::LayerNormalization::new(
                    #axes, #epsilon, [#(#initializers),*]
                )
            },
        )
    }
}
