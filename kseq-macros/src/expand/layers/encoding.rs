//! `Discretization`, `IntegerLookup`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::names::camel;
use crate::tokens::tokens;

pub fn discretization(layer: &Builtin<'_>) -> Emitted {
    let (class, mode) = (layer.class(), mode(layer));
    let rules = tokens! { ::kseq::__core::layers::discretization };
    let [boundaries, bins] = ["bin_boundaries", "num_bins"].map(|name| given(layer, name));
    let fixed = list(layer, "bin_boundaries");
    let epsilon = layer.arg("epsilon");
    let learned = match layer.find("num_bins") {
        Some(_) => {
            let bins = layer.arg("num_bins");
            tokens! { ::core::primitive::usize::saturating_sub(#bins, 1) }
        }
        None => tokens! { 0 },
    };
    let array = tokens! { [::core::primitive::f32; { #learned }] };
    let bits =
        tokens! { { ::core::primitive::f32::to_bits(#epsilon) as ::core::primitive::usize } };
    let rule = tokens! { #rules::epsilon_rule(#epsilon) };
    Emitted {
        checks: Vec::from_iter(layer.check("epsilon", rule)),
        state: Some(tokens! { ::kseq::__core::layers::DiscretizationState<#array, #bits> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, #boundaries, #bins, #mode) },
            tokens! { ::kseq::__core::layers::#class<#array, #bits> },
            tokens! { ::kseq::__core::layers::Discretization::new(#fixed, #mode) },
        )
    }
}

pub fn integer_lookup(layer: &Builtin<'_>) -> Emitted {
    let (class, mode) = (layer.class(), mode(layer));
    let rules = tokens! { ::kseq::__core::layers::integer_lookup };
    let max_tokens = match layer.find("max_tokens") {
        Some(_) => layer.arg("max_tokens"),
        None => tokens! { 0 },
    };
    let unknown = layer.arg("num_oov_indices");
    let [mask, oov, fixed, weights] =
        ["mask_token", "oov_token", "vocabulary", "idf_weights"].map(|name| list(layer, name));
    let vocabulary = given(layer, "vocabulary");
    let [invert, pads] = ["invert", "pad_to_max_tokens"].map(|name| layer.flag(name));
    let arguments = tokens! {
        #rules::Arguments {
            max_tokens: #max_tokens,
            num_oov_indices: #unknown,
            mask_token: #mask,
            oov_token: #rules::oov(#oov),
            vocabulary: #vocabulary,
            idf_weights: #weights,
            invert: #invert,
            mode: #mode,
            pad_to_max_tokens: #pads,
        }
    };
    let learned = match layer.find("vocabulary") {
        Some(_) => tokens! { 0 },
        None => quote_spanned! {layer.span()=> #arguments.learned() },
    };
    let of_weights = match layer.word("output_mode") {
        "tf_idf" => learned.clone(),
        _ => tokens! { 0 },
    };
    let types = tokens! {
        [[::core::primitive::f32; 2]; { #learned }],
        [::core::primitive::f32; { #of_weights }],
        { #rules::mask(#mask) },
        { #rules::oov(#oov) }
    };
    Emitted {
        state: Some(tokens! { ::kseq::__core::layers::IntegerLookupState<#types> }),
        ..Emitted::plain(
            tokens! { #rules::shape(__input, &#arguments) },
            tokens! { ::kseq::__core::layers::#class<#types> },
            tokens! {
                ::kseq::__core::layers::IntegerLookup::new(#unknown, #fixed, #weights, #mode)
                    .invert(#invert)
            },
        )
    }
}

/// `OutputMode::OneHot`
fn mode(layer: &Builtin<'_>) -> TokenStream {
    let variant = Ident::new(&camel(layer.word("output_mode")), Span::mixed_site());
    tokens! { ::kseq::__core::layers::OutputMode::#variant }
}

/// The value of an argument, if it is given.
fn given(layer: &Builtin<'_>, name: &str) -> TokenStream {
    match layer.find(name) {
        Some(_) => {
            let value = layer.arg(name);
            tokens! { ::core::option::Option::Some(#value) }
        }
        None => tokens! { ::core::option::Option::None },
    }
}

/// A list, which is empty if it is not given.
fn list(layer: &Builtin<'_>, name: &str) -> TokenStream {
    match layer.find(name) {
        Some(_) => layer.arg(name),
        None => tokens! { &[] },
    }
}
