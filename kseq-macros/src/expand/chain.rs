//! The constants that the compiler evaluates: for the input and each layer one with the shape, and one that reports what
//! is wrong with it. What is built on the shapes is built on a constant that there is only if nothing is wrong.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::demands::Question;
use super::emitted::{ArgumentCheck, Emitted, Inside};
use super::layers::held;
use super::names::Names;
use super::{activations, demands, objects, spans};
use crate::ast::Ends;
use crate::ir::{Input, Kind, Layer, Model, Owned, Value};
use crate::tokens::tokens;

/// The links, and the constants that report what is wrong. `emitted` is what the layers add that are understood.
pub fn chain(names: &Names, model: &Model, emitted: &[Option<Emitted>]) -> TokenStream {
    let mut items = input(names, model.input.as_ref());
    items.extend(links(names, model, emitted));
    items
}

/// Those of the layers.
pub fn links(names: &Names, model: &Model, emitted: &[Option<Emitted>]) -> TokenStream {
    let mut items = TokenStream::new();
    for (index, (layer, emitted)) in model.layers.iter().zip(emitted).enumerate() {
        let (before, _) = model.layers.split_at(index);
        let check = match before.iter().any(|other| other.name == layer.name) {
            // A mistake that is reported already.
            true => Ident::new("_", Span::mixed_site()),
            false => names.check(layer),
        };
        items.extend(match emitted {
            Some(emitted) => {
                // The softmax of the last layer is the model's head.
                let is_last = index + 1 == model.layers.len();
                let head = model.head.as_ref().filter(|_| is_last);
                let softmax = layer.is_softmax() || head.is_some_and(|head| head == "Softmax");
                link(names, layer, emitted, &check, softmax)
            }
            None => unknown(names, layer),
        });
    }
    items
}

/// The input's constants.
fn input(names: &Names, input: Option<&Input>) -> TokenStream {
    let (link, check) = (names.link(0), names.input());
    let Some(input) = input else {
        return tokens! {
            #[doc(hidden)]
            const #link: ::kseq::__core::chain::Link = ::kseq::__core::chain::unknown_start();
        };
    };
    let shape = shape(input);
    let report = spans::check(input.ends, "input", tokens! { &#link });
    let start = match Literal::usize_unsuffixed(input.open) {
        _ if input.open == 0 => tokens! { start(#shape) },
        open => tokens! { start_open(#shape, #open) },
    };
    let mut items = tokens! {
        #[doc(hidden)]
        const #link: ::kseq::__core::chain::Link = ::kseq::__core::chain::#start;
        #[doc(hidden)]
        const #check: () = #report;
    };
    if let Some(batch) = &input.batch {
        let name = names.batch();
        items.extend(tokens! {
            #[doc(hidden)]
            const #name: ::core::primitive::usize = #batch;
        });
    }
    items
}

/// `Shape::new(&[784])`
fn shape(input: &Input) -> TokenStream {
    if let Some(path) = &input.of {
        return tokens! {
            <<#path as ::kseq::__core::model::Model>::Input as ::kseq::__core::tensor::Tensor>::SHAPE
        };
    }
    let dims = &input.dims;
    match input.tokens {
        true => tokens! { ::kseq::__core::shape::Shape::tokens(&[#(#dims),*]) },
        false => tokens! { ::kseq::__core::shape::Shape::new(&[#(#dims),*]) },
    }
}

/// A layer with an error in words.
fn unknown(names: &Names, layer: &Layer) -> TokenStream {
    let (previous, link) = (names.link(layer.number - 1), names.link(layer.number));
    let (number, name) = (Literal::usize_unsuffixed(layer.number), names.shown(layer));
    tokens! {
        #[doc(hidden)]
        const #link: ::kseq::__core::chain::Link =
            ::kseq::__core::chain::unknown(&#previous, #number, #name);
    }
}

/// A layer's constants.
fn link(
    names: &Names,
    layer: &Layer,
    emitted: &Emitted,
    check: &Ident,
    softmax: bool,
) -> TokenStream {
    let mut items = arguments(names, layer);
    items.extend(activations::bound(names, layer));
    items.extend(objects::bound(names, layer));
    let name = names.shown(layer);
    let number = Literal::usize_unsuffixed(layer.number);
    let (previous, link) = (names.link(layer.number - 1), names.link(layer.number));
    let at = |ends: Ends, function: &str, last: &TokenStream| {
        spans::check(
            ends,
            function,
            tokens! { &#previous, #number, #name, #last },
        )
    };
    let mut declare = TokenStream::new();
    for input in &layer.agrees {
        let check = match input.dims.first() {
            Some(length) if input.length_only => {
                at(input.ends, "agrees_length", &tokens! { #length })
            }
            _ => {
                let shape = shape(input);
                declare = tokens! { __next.declare(#shape); };
                at(input.ends, "agrees", &shape)
            }
        };
        items.extend(tokens! { const _: () = #check; });
    }
    for ArgumentCheck { ends, refusal } in &emitted.checks {
        let check = at(*ends, "argument", refusal);
        items.extend(tokens! { const _: () = #check; });
    }
    let of_functions = activations::checks(names, layer).into_iter();
    for ArgumentCheck { ends, refusal } in of_functions.chain(objects::checks(names, layer)) {
        let check = at(ends, "argument", &refusal);
        items.extend(tokens! { const _: () = #check; });
    }
    let rule = &emitted.rule;
    let rule = &match softmax {
        true => {
            let insists = layer.insists;
            tokens! { ::kseq::__core::layers::activation::softmax(#rule, #insists) }
        }
        false => rule.clone(),
    };
    let Question { types, ask } = match &layer.kind {
        Kind::User { path, .. } => demands::rule(names, layer, path, rule),
        Kind::Builtin { .. } | Kind::Unknown => Question {
            types: TokenStream::new(),
            ask: tokens! {
                while let ::core::option::Option::Some(__input) = __next.input() {
                    __next.answer(#rule);
                }
            },
        },
    };
    let inside = emitted.inside.as_ref().map(|inside| {
        let Inside {
            start, link, items, ..
        } = inside;
        let start = Ident::new(start, Span::mixed_site());
        tokens! {
            #[doc(hidden)]
            const #link: ::kseq::__core::chain::Link = ::kseq::__core::chain::#start(&#previous);
            #items
        }
    });
    let computed = tokens! {
        let mut __next = ::kseq::__core::chain::Next::after(&#previous, #number, #name);
        #declare
        #ask
        __next.link()
    };
    // Behind a mistake among the layers in this one nobody knows its shape.
    let computed = match &emitted.inside {
        Some(Inside {
            link: first, last, ..
        }) => tokens! {
            if ::kseq::__core::chain::judges(&#previous, &#first, &#last) {
                #computed
            } else {
                ::kseq::__core::chain::unknown(&#previous, #number, #name)
            }
        },
        None => computed,
    };
    let report = spans::check(layer.ends, "layer", tokens! { &#previous, &#link });
    let demands = demands::demands(names, layer, &at);
    tokens! {
        #items
        #types
        #inside
        #[doc(hidden)]
        const #link: ::kseq::__core::chain::Link = { #computed };
        #[doc(hidden)]
        const #check: () = #report;
        #demands
    }
}

/// The shapes, and what is built on them: types and values.
pub fn types(names: &Names, model: &Model, emitted: &[Option<Emitted>]) -> TokenStream {
    let shapes = names.shapes();
    // A list in a list has its input from the link before it.
    let mut checks: Vec<Ident> = model.input.iter().map(|_| names.input()).collect();
    let mut inside = Vec::new();
    for (layer, emitted) in model.layers.iter().zip(emitted) {
        checks.push(names.check(layer));
        checks.extend(demands::asked(names, layer));
        let model = emitted.as_ref().and_then(|emitted| emitted.inside.as_ref());
        inside.extend(model.map(|model| &model.shapes));
    }
    let count = Literal::usize_unsuffixed(checks.len());
    let links = (0..=model.layers.len()).map(|number| names.link(number));
    let mut items = quote_spanned! {shapes.span()=>
        #[doc(hidden)]
        const #shapes: &[::kseq::__core::shape::Shape] = {
            let __checked: [(); #count] = [#(#checks),*];
            #(let _ = #inside;)*
            &[#(#links.shape()),*]
        };
    };
    items.extend(sample(names, 0));
    for (layer, emitted) in model.layers.iter().zip(emitted) {
        let Some(emitted) = emitted else {
            continue;
        };
        let Emitted { ty, value, .. } = emitted;
        let (alias, constant) = (names.ty(layer), names.value(layer));
        let held = held(names, layer);
        items.extend(match &layer.kind {
            Kind::Builtin { row, .. } if row.keeps_shape => same_sample(names, layer.number),
            _ => sample(names, layer.number),
        });
        if let Kind::Builtin { .. } = layer.kind {
            items.extend(tokens! {
                #[doc(hidden)]
                type #alias = #ty;
            });
        }
        items.extend(tokens! {
            #[doc(hidden)]
            const #constant: #held = #value;
        });
        items.extend(objects::fits(names, layer, emitted));
    }
    items
}

/// The type of the samples behind the layer with this number.
fn sample(names: &Names, number: usize) -> TokenStream {
    let (alias, shapes) = (names.sample(number), names.shapes());
    let index = Literal::usize_unsuffixed(number);
    let shape = quote_spanned! {shapes.span()=> #shapes[#index] };
    let ty = names.sample_of(shapes.span(), &shape);
    tokens! {
        #[doc(hidden)]
        type #alias = #ty;
    }
}

/// The same behind a layer that keeps the shape.
fn same_sample(names: &Names, number: usize) -> TokenStream {
    let (alias, before) = (names.sample(number), names.sample(number - 1));
    tokens! {
        #[doc(hidden)]
        type #alias = #before;
    }
}

/// Every expression of the user is bound once: what is wrong with it is reported once. Numbers are not: each constant
/// costs the compiler some tenths of a millisecond.
fn arguments(names: &Names, layer: &Layer) -> TokenStream {
    let mut items = TokenStream::new();
    for Owned { layer, arg, .. } in layer.owned_args() {
        if let Value::Sizes(sizes) = &arg.value {
            for (index, size) in sizes.iter().enumerate() {
                if arg.plain(size).is_some() {
                    continue;
                }
                let name = names.dim(layer, arg.name, index);
                items.extend(tokens! {
                    #[doc(hidden)]
                    const #name: ::core::primitive::usize = #size;
                });
            }
            continue;
        }
        let (ty, value) = match &arg.value {
            Value::Size(value) => (tokens! { ::core::primitive::usize }, value),
            Value::Const { ty, value } => (ty.clone(), value),
            Value::Real(value) => (tokens! { ::core::primitive::f32 }, value),
            Value::FlagExpr(value) => (tokens! { ::core::primitive::bool }, value),
            _ => continue,
        };
        if arg.plain(value).is_some() {
            continue;
        }
        let name = names.arg(layer, arg.name);
        items.extend(tokens! {
            #[doc(hidden)]
            const #name: #ty = #value;
        });
    }
    items
}
