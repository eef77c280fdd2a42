//! The layers that disturb a training: `Dropout`, `SpatialDropout1D`, `2D` and `3D`, `GaussianNoise`, `GaussianDropout`,
//! `AlphaDropout`.

use proc_macro2::{Literal, TokenStream};

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

pub fn dropout(layer: &Builtin<'_>) -> Emitted {
    let rate = layer.arg("rate");
    let rules = tokens! { ::kseq::__core::layers::dropout };
    if layer.find("noise_shape").is_none() {
        let class = layer.class();
        return emitted(
            layer,
            &rules,
            "rate",
            tokens! { #rules::shape(__input) },
            tokens! { ::kseq::__core::layers::#class },
            tokens! { ::kseq::__core::layers::Dropout::new(#rate) },
        );
    }
    let (shape, noise_shape) = (layer.shape(), layer.arg("noise_shape"));
    let shared = tokens! { ::kseq::__core::layers::SharedDropout };
    emitted(
        layer,
        &rules,
        "rate",
        tokens! { ::kseq::__core::layers::shared_dropout::shape(__input, #noise_shape) },
        shared.clone(),
        tokens! { #shared::of(#rate, #shape, #noise_shape) },
    )
}

pub fn spatial_dropout(layer: &Builtin<'_>) -> Emitted {
    let (class, rate, shape) = (layer.class(), layer.arg("rate"), layer.shape());
    let axes = match layer.row.class {
        "SpatialDropout1D" => 1,
        "SpatialDropout2D" => 2,
        _ => 3,
    };
    let axes = Literal::usize_unsuffixed(axes);
    emitted(
        layer,
        &tokens! { ::kseq::__core::layers::dropout },
        "rate",
        tokens! { ::kseq::__core::layers::shared_dropout::spatial_shape(__input, #axes) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::SharedDropout::spatial(#rate, #shape) },
    )
}

pub fn gaussian_noise(layer: &Builtin<'_>) -> Emitted {
    let (class, stddev) = (layer.class(), layer.arg("stddev"));
    let rules = tokens! { ::kseq::__core::layers::gaussian_noise };
    emitted(
        layer,
        &rules,
        "stddev",
        tokens! { #rules::shape(__input) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::GaussianNoise::new(#stddev) },
    )
}

pub fn gaussian_dropout(layer: &Builtin<'_>) -> Emitted {
    let (class, rate) = (layer.class(), layer.arg("rate"));
    let rules = tokens! { ::kseq::__core::layers::gaussian_dropout };
    emitted(
        layer,
        &rules,
        "rate",
        tokens! { #rules::shape(__input) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::GaussianDropout::new(#rate) },
    )
}

pub fn alpha_dropout(layer: &Builtin<'_>) -> Emitted {
    let (class, rate, shape) = (layer.class(), layer.arg("rate"), layer.shape());
    let rules = tokens! { ::kseq::__core::layers::alpha_dropout };
    let (rule, value) = match layer.find("noise_shape") {
        None => (
            tokens! { #rules::shape(__input) },
            tokens! { ::kseq::__core::layers::AlphaDropout::new(#rate, #shape) },
        ),
        Some(_) => {
            let noise_shape = layer.arg("noise_shape");
            (
                tokens! { #rules::noise_shape(__input, #noise_shape) },
                tokens! { ::kseq::__core::layers::AlphaDropout::of(#rate, #shape, #noise_shape) },
            )
        }
    };
    let ty = tokens! { ::kseq::__core::layers::#class };
    emitted(layer, &rules, "rate", rule, ty, value)
}

/// A layer that overwrites its input, with the check of its first argument, and a seed of its own if it is given one.
fn emitted(
    layer: &Builtin<'_>,
    rules: &TokenStream,
    first: &'static str,
    rule: TokenStream,
    ty: TokenStream,
    value: TokenStream,
) -> Emitted {
    let given = layer.arg(first);
    let check = match first {
        "rate" => tokens! { #rules::rate_rule(#given) },
        _ => tokens! { #rules::stddev_rule(#given) },
    };
    let value = match layer.find("seed") {
        Some(_) => {
            let seed = layer.arg("seed");
            tokens! { #value.seed(#seed) }
        }
        None => value,
    };
    Emitted {
        checks: Vec::from_iter(layer.check(first, check)),
        in_place: true,
        ..Emitted::plain(rule, ty, value)
    }
}
