//! What a model demands of the user's own types. A missing trait is asked for in a constant, which
//! words the error; the layer's constant is built on it, so that nothing else is reported.

use proc_macro2::{Ident, TokenStream};
use syn::ExprPath;

use super::{Names, place, tokens};
use crate::ir::{Activation, Arg, Kind, Layer, Value};
use crate::parse::text_of;

/// Words the check at a place: (ends, function in `shape`, last argument).
type At<'a> = &'a dyn Fn(crate::ast::Ends, &str, &TokenStream) -> TokenStream;

/// The constant of a layer: the items before it, and its value, made from the check of the shape.
pub fn step(
    names: &Names,
    layer: &Layer,
    previous: &Ident,
    check: TokenStream,
    at: At<'_>,
) -> (TokenStream, TokenStream) {
    match &layer.kind {
        Kind::Builtin { args, .. } => with_activations(names, layer, args, check, at),
        Kind::User { path, .. } => with_layer(names, layer, path, previous, check, at),
    }
}

/// The user's activations are `Activation`s.
fn with_activations(
    names: &Names,
    layer: &Layer,
    args: &[Arg],
    mut check: TokenStream,
    at: At<'_>,
) -> (TokenStream, TokenStream) {
    let mut items = TokenStream::new();
    for arg in args {
        let Value::Activation(Activation::User(path)) = &arg.value else {
            continue;
        };
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
        check = tokens! { { let () = #asked; #check } };
    }
    (items, check)
}

/// The user's layer is a `Layer` from the samples before it to those that its `ShapeRule` answers.
fn with_layer(
    names: &Names,
    layer: &Layer,
    path: &ExprPath,
    previous: &Ident,
    check: TokenStream,
    at: At<'_>,
) -> (TokenStream, TokenStream) {
    let (output, asked) = (names.check(layer), names.asked(layer, "layer"));
    let sample = place::sample(&output);
    let (alias, input) = (names.ty(layer), names.sample(layer.number - 1));
    let text = text_of(path);
    let refusal = tokens! {
        {
            use ::kseq::__core::probe::{Missing as _, Probe, layer};
            let is_layer = Probe::<(#alias, #input, #sample)>::IS_LAYER;
            let is_in_place = Probe::<#alias>::IS_IN_PLACE;
            layer((is_layer, is_in_place), #text, #previous.shape(), #output.shape())
        }
    };
    let asking = at(layer.ends, "argument", &refusal);
    let items = tokens! {
        #[doc(hidden)]
        const #output: ::kseq::__core::shape::Step = #check;
        #[doc(hidden)]
        const #asked: () = #asking;
    };
    (items, tokens! { { let () = #asked; #output } })
}
