//! `Sequential`: a model as a layer.

use proc_macro2::TokenStream;
use syn::ExprPath;

use super::builtin::Builtin;
use crate::expand::emitted::{Emitted, Inside};
use crate::ir::{Model, Submodel, Value};
use crate::tokens::tokens;

pub fn sequential(layer: &Builtin<'_>) -> Emitted {
    match layer.find("layers").map(|arg| &arg.value) {
        Some(Value::Submodel(Submodel::List(model))) => list(layer, model),
        Some(Value::Submodel(Submodel::Named(path))) => named(layer, path),
        _ => Emitted::plain(TokenStream::new(), TokenStream::new(), TokenStream::new()),
    }
}

/// What is added to its own input.
pub fn residual(layer: &Builtin<'_>) -> Emitted {
    let core = tokens! { ::kseq::__core::layers };
    let class = layer.class();
    let inner = sequential(layer);
    let Emitted {
        rule, ty, value, ..
    } = &inner;
    let shape = |rule: &TokenStream| tokens! { #core::residual::shape(__input, #rule) };
    Emitted {
        rule: shape(rule),
        rule_of_lengths: inner.rule_of_lengths.as_ref().map(shape),
        ty: tokens! { #core::#class<#ty> },
        value: tokens! { #core::Residual::new(#value) },
        ..inner
    }
}

/// A model that is there already.
fn named(layer: &Builtin<'_>, path: &ExprPath) -> Emitted {
    let batch = match layer.fixes_batch {
        true => {
            let batch = layer.names.batch();
            tokens! { ::core::option::Option::Some(#batch) }
        }
        false => tokens! { ::core::option::Option::None },
    };
    let rule = tokens! { ::kseq::__core::submodel::shape::<#path>(__input, #batch) };
    model(&tokens! { #path }, rule)
}

/// The layers in the list: a model of its own, whose chain goes on from the link before.
fn list(layer: &Builtin<'_>, inner: &Model) -> Emitted {
    let names = layer.names.inside(layer.layer, inner.begin);
    let ty = &names.model;
    let last = names.link(inner.layers.len());
    let rule = tokens! { ::kseq::__core::submodel::list(&#last) };
    let mut items = (layer.submodel)(&names, inner);
    if layer.fixes_batch {
        let (batch, of) = (names.batch(), layer.names.batch());
        items.extend(tokens! {
            #[doc(hidden)]
            const #batch: ::core::primitive::usize = #of;
        });
    }
    Emitted {
        inside: Some(Inside {
            start: "inside",
            link: names.link(0),
            items,
            last,
            shapes: names.shapes(),
        }),
        ..model(&tokens! { #ty }, rule)
    }
}

fn model(model: &TokenStream, rule: TokenStream) -> Emitted {
    let core = tokens! { ::kseq::__core::submodel };
    let ty = tokens! {
        #core::Nested<
            #model,
            { #core::text::<#model>() },
            { #core::arrays::<#model>(false) },
            { #core::arrays::<#model>(true) },
        >
    };
    let is = tokens! { ::kseq::__core::model::Model };
    let layer = tokens! {
        <#ty as ::kseq::__core::layer::Layer<<#model as #is>::Input, <#model as #is>::Output>>
    };
    let of_lengths = of_lengths(model);
    Emitted {
        rule_of_lengths: Some(tokens! { #core::shape_of_lengths(#of_lengths) }),
        params: Some(tokens! { #layer::Params }),
        state: Some(tokens! { #layer::State }),
        carries: true,
        ..Emitted::plain(rule, ty.clone(), tokens! { #core::Nested::new() })
    }
}

/// What the plan of a model says of a batch whose samples have the shape `__input`.
pub fn of_lengths(model: &TokenStream) -> TokenStream {
    let input = tokens! {
        <<#model as ::kseq::__core::model::Model>::Input as ::kseq::__core::tensor::Tensor>::SHAPE
    };
    tokens! { <#model>::__of_lengths(#input.lengths_of(&__input)) }
}
