//! The constants that the compiler evaluates: one for the input, one for each layer, each built on
//! the one before. A wrong model fails here.

use proc_macro2::{Ident, Literal, Span, TokenStream};

use super::layers::Parts;
use super::{Names, demands, penalties, place, tokens};
use crate::ast::Ends;
use crate::catalogue::INITIALIZERS;
use crate::ir::{Input, Kind, Layer, Object, Value};

/// The input's constant and type.
pub fn input(names: &Names, input: &Input) -> TokenStream {
    let (step, sample) = (names.input(), names.sample(0));
    let ty = place::sample(&step);
    let check = place::check(input.ends, "input", shape(input));
    let mut items = tokens! {
        #[doc(hidden)]
        const #step: ::kseq::__core::shape::Step = #check;
        #[doc(hidden)]
        type #sample = #ty;
    };
    if let Some(batch) = &input.batch {
        let name = names.batch();
        items.extend(tokens! {
            #[doc(hidden)]
            const #name: usize = #batch;
        });
    }
    items
}

/// `Shape::new(&[784])`
fn shape(input: &Input) -> TokenStream {
    let dims = &input.dims;
    match input.tokens {
        true => tokens! { ::kseq::__core::shape::Shape::tokens(&[#(#dims),*]) },
        false => tokens! { ::kseq::__core::shape::Shape::new(&[#(#dims),*]) },
    }
}

/// A layer's constants and types.
pub fn layer(names: &Names, layer: &Layer, parts: &Parts) -> TokenStream {
    let mut items = arguments(names, layer);
    let name = layer.name.to_string();
    let number = Literal::usize_unsuffixed(layer.number);
    let previous = &parts.previous;
    let at = |ends: Ends, function: &str, last: &TokenStream| {
        place::check(
            ends,
            function,
            tokens! { &#previous, #number, #name, #last },
        )
    };
    for input in &layer.agrees {
        let check = match input.dims.first() {
            Some(length) if input.length_only => {
                at(input.ends, "agrees_length", &tokens! { #length })
            }
            _ => at(input.ends, "agrees", &shape(input)),
        };
        items.extend(tokens! { const _: () = #check; });
    }
    for (ends, rule) in &parts.checks {
        let check = at(*ends, "argument", rule);
        items.extend(tokens! { const _: () = #check; });
    }
    for (ends, initializer) in initializers(names, layer) {
        let rule = tokens! { ::kseq::__core::probe::initializer(#initializer) };
        let check = at(ends, "argument", &rule);
        items.extend(tokens! { const _: () = #check; });
    }
    for (ends, rule) in penalties::checks(names, layer, parts) {
        let check = at(ends, "argument", &rule);
        items.extend(tokens! { const _: () = #check; });
    }
    let Parts {
        rule, ty, value, ..
    } = parts;
    let (alias, constant, step) = (names.ty(layer), names.value(layer), names.step(layer));
    items.extend(tokens! {
        #[doc(hidden)]
        type #alias = #ty;
    });
    let check = at(layer.ends, "layer", rule);
    let (demands, check) = demands::step(names, layer, previous, check, &at);
    items.extend(demands);
    let (sample, output) = (names.sample(layer.number), place::sample(&step));
    items.extend(tokens! {
        #[doc(hidden)]
        const #step: ::kseq::__core::shape::Step = #check;
        #[doc(hidden)]
        type #sample = #output;
        #[doc(hidden)]
        const #constant: #alias = #value;
    });
    items.extend(penalties::activity_items(names, layer, parts, &at));
    items
}

/// Every expression of the user is bound once: what is wrong with it is reported once.
fn arguments(names: &Names, layer: &Layer) -> TokenStream {
    let Kind::Builtin { args, .. } = &layer.kind else {
        return TokenStream::new();
    };
    let mut items = TokenStream::new();
    for arg in args {
        if let Value::Sizes(sizes) = &arg.value {
            for (index, size) in sizes.iter().enumerate() {
                let name = names.dim(layer, arg.name, index);
                items.extend(tokens! {
                    #[doc(hidden)]
                    const #name: usize = #size;
                });
            }
            continue;
        }
        let (ty, value) = match &arg.value {
            Value::Size(value) => (tokens! { usize }, value),
            Value::Const(ty, value) => (ty.clone(), value),
            Value::Real(value) => (tokens! { f32 }, value),
            Value::FlagExpr(value) => (tokens! { bool }, value),
            Value::Object(family, Object::Value(value)) => {
                let site = Span::mixed_site();
                let (module, ty) = (Ident::new(family.module, site), Ident::new(family.ty, site));
                (tokens! { ::kseq::__core::#module::#ty }, value)
            }
            _ => continue,
        };
        let name = names.arg(layer, arg.name);
        items.extend(tokens! {
            #[doc(hidden)]
            const #name: #ty = #value;
        });
    }
    items
}

/// The user's initializers, which have arguments of their own.
fn initializers<'a>(
    names: &'a Names,
    layer: &'a Layer,
) -> impl Iterator<Item = (Ends, Ident)> + 'a {
    let args = match &layer.kind {
        Kind::Builtin { args, .. } => args.as_slice(),
        Kind::User { .. } => &[],
    };
    args.iter().filter_map(|arg| match &arg.value {
        Value::Object(family, Object::Value(_)) if family.what == INITIALIZERS.what => {
            Some((arg.ends, names.arg(layer, arg.name)))
        }
        _ => None,
    })
}
