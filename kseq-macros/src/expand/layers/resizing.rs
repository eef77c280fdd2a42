//! `Resizing`, `CenterCrop`, `UpSampling2D`: images at another size. The interpolation is part of the type, since memory depends on it.

use proc_macro2::{Ident, Span, TokenStream};

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::expand::names;
use crate::names::camel;
use crate::tokens::tokens;

/// The layer's class, whatever it is called in the list.
fn class_of(layer: &Builtin<'_>, class: &str) -> Ident {
    names::at(
        Ident::new(class, Span::mixed_site()),
        layer.layer.ends.first,
    )
}

/// `::kseq::__core::layers::Interpolation::Bilinear`
fn interpolation(layer: &Builtin<'_>) -> TokenStream {
    let word = Ident::new(&camel(layer.word("interpolation")), Span::mixed_site());
    tokens! { ::kseq::__core::layers::Interpolation::#word }
}

/// A layer that resizes images by an interpolation.
fn resized(
    layer: &Builtin<'_>,
    rule: TokenStream,
    antialias: &TokenStream,
    fit: &TokenStream,
) -> Emitted {
    let (class, how) = (class_of(layer, "Resizing"), interpolation(layer));
    Emitted::plain(
        rule,
        tokens! { ::kseq::__core::layers::#class<{ #how.radius() }> },
        tokens! { ::kseq::__core::layers::Resizing::new(#how, #antialias, #fit) },
    )
}

pub fn resizing(layer: &Builtin<'_>) -> Emitted {
    let (height, width) = (layer.arg("height"), layer.arg("width"));
    let crop = layer.flag("crop_to_aspect_ratio");
    let pad = layer.flag("pad_to_aspect_ratio");
    let (antialias, value) = (layer.flag("antialias"), layer.arg("fill_value"));
    let rule = tokens! {
        ::kseq::__core::layers::resizing::shape(__input, #height, #width, #crop, #pad)
    };
    let fit = tokens! { ::kseq::__core::layers::Fit::of(#crop, #pad, #value) };
    resized(layer, rule, &antialias, &fit)
}

pub fn center_crop(layer: &Builtin<'_>) -> Emitted {
    let (height, width) = (layer.arg("height"), layer.arg("width"));
    let class = layer.class();
    Emitted::plain(
        tokens! { ::kseq::__core::layers::resizing::center_shape(__input, #height, #width) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::CenterCrop::center() },
    )
}

pub fn up_sampling_2d(layer: &Builtin<'_>) -> Emitted {
    let size = layer.dims("size", 2);
    let rule = tokens! { ::kseq::__core::layers::up_sampling::shape(__input, &[#(#size),*]) };
    if layer.word("interpolation") != "nearest" {
        let fit = tokens! { ::kseq::__core::layers::Fit::Stretch };
        return resized(layer, rule, &tokens! { false }, &fit);
    }
    let class = class_of(layer, "UpSampling2D");
    Emitted::plain(
        rule,
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::UpSampling2D::new() },
    )
}
