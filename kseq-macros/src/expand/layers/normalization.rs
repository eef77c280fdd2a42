//! `BatchNormalization`, `LayerNormalization`, `GroupNormalization`, `RMSNormalization`, `Normalization`.

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
    if !layer.says("synchronized", false) {
        let synchronized = layer.flag("synchronized");
        arguments.extend(tokens! { .synchronized(#synchronized) });
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

pub fn normalization(layer: &Builtin<'_>) -> Emitted {
    let (class, axes, known) = (layer.class(), layer.arg("axis"), layer.shape());
    let rules = tokens! { ::kseq::__core::layers::normalization };
    let list = |name: &str| match layer.find(name) {
        Some(_) => layer.arg(name),
        None => tokens! { &[] },
    };
    let (mean, variance) = (list("mean"), list("variance"));
    let is_given = layer.find("mean").is_some() || layer.find("variance").is_some();
    let learned = quote_spanned! {layer.span()=> #rules::weight(#known, #axes) };
    let (array, count) = match is_given {
        true => (
            tokens! { [::core::primitive::f32; 0] },
            tokens! { [::core::primitive::f32; 0] },
        ),
        false => (
            spans::sample(layer.span(), &learned),
            tokens! { ::core::primitive::f32 },
        ),
    };
    let bits = quote_spanned! {layer.span()=> #rules::bits(#known, #axes) };
    let invert = layer.flag("invert");
    Emitted {
        state: Some(tokens! {
            ::kseq::__core::layers::NormalizationState<#array, #count, { #bits }>
        }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #axes, #mean, #variance) },
            tokens! { ::kseq::__core::layers::#class<#array, #count, { #bits }> },
            tokens! { ::kseq::__core::layers::Normalization::new(#mean, #variance, #invert) },
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
    // With `rms_scaling` there is a gamma, and no beta.
    let rms_scaling = match layer.says("rms_scaling", false) {
        true => None,
        false => Some(layer.flag("rms_scaling")),
    };
    let (gamma, beta) = match &rms_scaling {
        None => (weight("scale"), weight("center")),
        Some(rms) => {
            let known = layer.shape();
            let (some, none) = (
                tokens! { #rules::weight(#known, #axes) },
                tokens! { #rules::NO_WEIGHT },
            );
            let scale = layer.flag("scale");
            let center = layer.flag("center");
            let gamma = tokens! { if #scale || #rms { #some } else { #none } };
            let beta = tokens! { if #center && !#rms { #some } else { #none } };
            (
                spans::sample(layer.span(), &gamma),
                spans::sample(layer.span(), &beta),
            )
        }
    };
    let scaling = rms_scaling.map(|rms| tokens! { .rms_scaling(#rms) });
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
                )#scaling
            },
        )
    }
}

pub fn group_normalization(layer: &Builtin<'_>) -> Emitted {
    let (class, known) = (layer.class(), layer.shape());
    let [groups, axis, epsilon] = ["groups", "axis", "epsilon"].map(|name| layer.arg(name));
    let rules = tokens! { ::kseq::__core::layers::group_normalization };
    let size = quote_spanned! {layer.span()=> #rules::size(#known, #axis) };
    let zero = tokens! { 0 };
    let scale = layer.choose("scale", &size, &zero);
    let center = layer.choose("center", &size, &zero);
    let initializers = ["gamma_initializer", "beta_initializer"];
    let initializers = initializers.map(|name| layer.initializer(name));
    Emitted {
        checks: Vec::from_iter(layer.check("epsilon", tokens! { #rules::epsilon_rule(#epsilon) })),
        params: Some(
            tokens! { ::kseq::__core::layers::GroupNormalizationParams<{ #scale }, { #center }> },
        ),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #groups, #axis) },
            tokens! { ::kseq::__core::layers::#class<{ #size }, { #scale }, { #center }> },
            tokens! {
                ::kseq::__core::layers::GroupNormalization::new(
                    #groups, #axis, #epsilon, [#(#initializers),*]
                )
            },
        )
    }
}

pub fn rms_normalization(layer: &Builtin<'_>) -> Emitted {
    let (class, known) = (layer.class(), layer.shape());
    let (axes, epsilon) = (layer.arg("axis"), layer.arg("epsilon"));
    let rules = tokens! { ::kseq::__core::layers::rms_normalization };
    let scale = spans::sample(layer.span(), &tokens! { #rules::weight(#known, #axes) });
    Emitted {
        checks: Vec::from_iter(layer.check("epsilon", tokens! { #rules::epsilon_rule(#epsilon) })),
        params: Some(tokens! { ::kseq::__core::layers::RMSNormalizationParams<#scale> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #axes) },
            tokens! { ::kseq::__core::layers::#class<#scale> },
            tokens! { ::kseq::__core::layers::RMSNormalization::new(#axes, #epsilon) },
        )
    }
}
