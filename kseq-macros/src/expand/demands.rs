//! What a model demands of the user's own types. A missing trait is asked for in a constant, which
//! words the error; the model's types are built on that constant, so that nothing else is reported.

use proc_macro2::{Ident, TokenStream};
use syn::ExprPath;

use super::names::Names;
use crate::ir::{Activation, Kind, Layer, Owned, Value};
use crate::parse::text_of;
use crate::tokens::tokens;

/// Words the check at a place: (ends, function in `chain`, last argument).
type At<'a> = &'a dyn Fn(crate::ast::Ends, &str, &TokenStream) -> TokenStream;

/// The constants in which the traits of a layer are asked for.
pub fn demands(names: &Names, layer: &Layer, at: At<'_>) -> TokenStream {
    match &layer.kind {
        Kind::Builtin { .. } => activations(names, layer, at),
        Kind::User { path, .. } => is_layer(names, layer, path, at),
        Kind::Unknown => TokenStream::new(),
    }
}

/// The names of those constants.
pub fn asked(names: &Names, layer: &Layer) -> Vec<Ident> {
    match &layer.kind {
        Kind::User { .. } => vec![names.asked(layer, "layer")],
        _ => users(layer)
            .map(|(owned, _)| names.asked(owned.layer, owned.arg.name))
            .collect(),
    }
}

/// The activations of a layer that are the user's types.
fn users(layer: &Layer) -> impl Iterator<Item = (Owned<'_>, &ExprPath)> {
    let args = layer.owned_args().into_iter();
    args.filter_map(|owned| match &owned.arg.value {
        Value::Activation(Activation::User(path)) => Some((owned, path)),
        _ => None,
    })
}

/// The user's activations are `Activation`s.
fn activations(names: &Names, layer: &Layer, at: At<'_>) -> TokenStream {
    let mut items = TokenStream::new();
    for (Owned { layer, arg, .. }, path) in users(layer) {
        let (alias, asked) = (names.arg(layer, arg.name), names.asked(layer, arg.name));
        let text = text_of(path);
        let refusal = tokens! {
            {
                use ::kseq::__core::probe::{Missing as _, Probe, activation};
                activation(Probe::<#alias>::IS_ACTIVATION, #text)
            }
        };
        let asking = at(arg.ends, "argument", &refusal);
        items.extend(tokens! {
            #[doc(hidden)]
            type #alias = #path;
            #[doc(hidden)]
            const #asked: () = #asking;
        });
    }
    items
}

/// How a layer's rule is asked for its answer.
pub struct Question {
    /// The types with which it is asked.
    pub types: TokenStream,
    /// Statements.
    pub ask: TokenStream,
}

/// The user's layer has a `ShapeRule` for the samples before it.
pub fn rule(names: &Names, layer: &Layer, path: &ExprPath, ty: &TokenStream) -> Question {
    let (alias, input) = (names.ty(layer), names.asked(layer, "input"));
    let (previous, text) = (names.link(layer.number - 1), text_of(path));
    let sample = names.sample_of(input.span(), &tokens! { #previous.shape() });
    let types = tokens! {
        #[doc(hidden)]
        type #alias = #ty;
        #[doc(hidden)]
        type #input = #sample;
    };
    let ask = tokens! {
        {
            use ::kseq::__core::probe::{Missing as _, Probe};
            __next.answer_of_type(#text, Probe::<(#alias, #input)>::RULE);
        }
    };
    Question { types, ask }
}

/// The user's layer is a `Layer` from the samples before it to those that its `ShapeRule` answers.
fn is_layer(names: &Names, layer: &Layer, path: &ExprPath, at: At<'_>) -> TokenStream {
    let (previous, link) = (names.link(layer.number - 1), names.link(layer.number));
    let asked = names.asked(layer, "layer");
    let (alias, input) = (names.ty(layer), names.asked(layer, "input"));
    let output = names.sample_of(asked.span(), &tokens! { #link.shape() });
    let text = text_of(path);
    let refusal = tokens! {
        {
            use ::kseq::__core::probe::{Missing as _, Probe, layer};
            let __is_layer = Probe::<(#alias, #input, #output)>::IS_LAYER;
            let __is_in_place = Probe::<#alias>::IS_IN_PLACE;
            layer((__is_layer, __is_in_place), #text, &#previous, &#link)
        }
    };
    let asking = at(layer.ends, "argument", &refusal);
    tokens! {
        #[doc(hidden)]
        const #asked: () = #asking;
    }
}
