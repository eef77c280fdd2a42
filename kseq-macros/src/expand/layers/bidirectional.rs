//! `Bidirectional`.

use proc_macro2::{Ident, Span, TokenStream};

use super::builtin::Builtin;
use crate::expand::emitted::{ArgumentCheck, Emitted};
use crate::tokens::tokens;

/// The wrapper around what the layer in it emits: twice, or once and the other layer.
pub fn bidirectional(layer: &Builtin<'_>, forward: Emitted) -> Emitted {
    let core = tokens! { ::kseq::__core::layers::bidirectional };
    let (class, mode) = (layer.class(), layer.word("merge_mode").to_uppercase());
    let mode = Ident::new(&mode, Span::mixed_site());
    let concat = mode == "CONCAT";
    let given = layer.held("backward_layer");
    let other = given.as_ref().and_then(|given| (given.emit)(given));
    let zeroing = |one: &Builtin<'_>, value: &TokenStream| {
        let sequences = one.flag("return_sequences");
        tokens! { #value.zeroing(#sequences) }
    };
    let Some(one) = layer.held("layer") else {
        return forward;
    };
    let value = zeroing(&one, &forward.value);
    let back = match (&given, &other) {
        (Some(given), Some(other)) => zeroing(given, &other.value),
        _ => tokens! { #value.backwards() },
    };
    let mut checks = forward.checks;
    checks.extend(ways(&one, given.as_ref()));
    let part = |of: fn(&Emitted) -> &Option<TokenStream>, first: &Option<TokenStream>| {
        let second = other.as_ref().map_or(first, of);
        tokens! { ::kseq::__core::params::TwoWays<#first, #second> }
    };
    let params = part(|other| &other.params, &forward.params);
    let state = part(|other| &other.state, &forward.state);
    let (rule, ty) = (&forward.rule, &forward.ty);
    let (rule_back, ty_back) = match &other {
        Some(other) => (&other.rule, &other.ty),
        None => (rule, ty),
    };
    let carries = forward.carries || other.as_ref().is_some_and(|other| other.carries);
    let rule = match &other {
        Some(_) => tokens! { #core::shape(#rule, #rule_back, #concat) },
        None => tokens! { #core::shape_of_one(#rule, #concat) },
    };
    let ty = tokens! {
        ::kseq::__core::layers::#class<#ty, #ty_back, { #core::#mode }>
    };
    let value = tokens! { ::kseq::__core::layers::Bidirectional::new(#value, #back) };
    if let Some(other) = other {
        checks.extend(other.checks);
    }
    Emitted {
        checks,
        params: Some(params),
        state: Some(state),
        carries,
        ..Emitted::plain(rule, ty, value)
    }
}

/// The check that the two ways agree in what they must, if it is not seen.
fn ways(one: &Builtin<'_>, other: Option<&Builtin<'_>>) -> Option<ArgumentCheck> {
    if other.is_none() && one.says("go_backwards", false) {
        return None;
    }
    let core = tokens! { ::kseq::__core::layers::bidirectional };
    let way = |of: &Builtin<'_>| {
        let [backwards, sequences, stateful] =
            ["go_backwards", "return_sequences", "stateful"].map(|name| of.flag(name));
        tokens! {
            #core::Way {
                go_backwards: #backwards,
                return_sequences: #sequences,
                stateful: #stateful,
            }
        }
    };
    let (first, ends) = (way(one), other.unwrap_or(one).layer.ends);
    let second = match other {
        Some(other) => {
            let other = way(other);
            tokens! { ::core::option::Option::Some(#other) }
        }
        None => tokens! { ::core::option::Option::None },
    };
    Some(ArgumentCheck {
        ends,
        refusal: tokens! { #core::ways_rule(#first, #second) },
    })
}
