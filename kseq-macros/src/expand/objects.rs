//! Initializers, regularizers, constraints: their constants, their checks, and the tables of the model.

use kseq_catalogue::ObjectFamily;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::emitted::{ArgumentCheck, Emitted};
use super::names::Names;
use super::spans;
use crate::ast::Ends;
use crate::ir::{Arg, Layer, Object, Value};
use crate::tokens::tokens;

/// The arguments that are objects, the regularizer of the output among them.
fn objects(layer: &Layer) -> impl Iterator<Item = (&Arg, &'static ObjectFamily, &Object)> {
    let args = layer.args().into_iter();
    args.chain(&layer.activity)
        .filter_map(|arg| match &arg.value {
            Value::Object(family, object) => Some((arg, *family, object)),
            _ => None,
        })
}

/// `initializers::Initializer`
fn type_of(family: &ObjectFamily) -> TokenStream {
    let site = Span::mixed_site();
    let (module, ty) = (Ident::new(family.module, site), Ident::new(family.ty, site));
    tokens! { ::kseq::__core::#module::#ty }
}

/// An expression without free variables: a constant's name.
fn expression(names: &Names, layer: &Layer, arg: &Arg) -> Option<TokenStream> {
    match &arg.value {
        Value::Object(family, Object::Builtin(constant)) => {
            let ty = type_of(family);
            Some(tokens! { #ty::#constant })
        }
        Value::Object(_, Object::Value(_)) => {
            let bound = names.arg(layer, arg.name);
            Some(tokens! { #bound })
        }
        _ => None,
    }
}

/// The constants that the user's expressions are bound to.
pub fn bound(names: &Names, layer: &Layer) -> TokenStream {
    let mut items = TokenStream::new();
    for (arg, family, object) in objects(layer) {
        if let Object::Value(value) = object {
            let (name, ty) = (names.arg(layer, arg.name), type_of(family));
            items.extend(tokens! {
                #[doc(hidden)]
                const #name: #ty = #value;
            });
        }
    }
    items
}

/// The checks of their arguments.
pub fn checks(names: &Names, layer: &Layer) -> Vec<ArgumentCheck> {
    let mut checks = Vec::new();
    for (arg, family, object) in objects(layer) {
        if let Object::Value(_) = object {
            let (asked, name) = (
                Ident::new(family.what, Span::mixed_site()),
                names.arg(layer, arg.name),
            );
            checks.push(ArgumentCheck {
                ends: arg.ends,
                refusal: tokens! { ::kseq::__core::probe::#asked(#name) },
            });
        }
    }
    checks
}

/// An initializer, a regularizer or a constraint of one of a layer's arrays.
struct OfArray<'a> {
    /// `kernel`
    array: &'static str,
    arg: &'a Arg,
    value: TokenStream,
}

const INITIALIZER: &str = "_initializer";
const REGULARIZER: &str = "_regularizer";
const CONSTRAINT: &str = "_constraint";

/// What a layer's arguments with this ending ask of its arrays.
fn rules<'a>(names: &Names, layer: &'a Layer, ending: &'static str) -> Vec<OfArray<'a>> {
    let args = layer.args();
    let mixes = args.iter().any(|arg| arg.name == "pointwise_initializer");
    let rules = args.into_iter().filter_map(|arg| {
        let array = match arg.name.strip_suffix(ending)? {
            "recurrent" => "recurrent_kernel",
            "depthwise" if mixes => "depthwise_kernel",
            // (The only one.)
            "depthwise" => "kernel",
            "pointwise" => "pointwise_kernel",
            array => array,
        };
        let value = expression(names, layer, arg)?;
        Some(OfArray { array, arg, value })
    });
    rules.collect()
}

/// The regularizer of a layer's output.
pub struct OutputPenalty {
    /// Where it is given.
    pub ends: Ends,
    /// An expression of type `Regularizer`.
    pub value: TokenStream,
}

/// The regularizer of a layer's output, if it has one.
pub fn activity(names: &Names, layer: &Layer, emitted: &Emitted) -> Option<OutputPenalty> {
    match (&layer.activity, &emitted.activity) {
        (Some(arg), _) => Some(OutputPenalty {
            ends: arg.ends,
            value: expression(names, layer, arg)?,
        }),
        (None, Some(value)) => Some(OutputPenalty {
            ends: layer.ends,
            value: value.clone(),
        }),
        (None, None) => None,
    }
}

/// Whether an initializer may be one for matrices only.
fn makes_matrices(arg: &Arg) -> bool {
    match &arg.value {
        Value::Object(_, Object::Builtin(name)) => name == "ORTHOGONAL" || name == "IDENTITY",
        _ => true,
    }
}

/// The checks that initializers, regularizers and constraints fit the arrays, and the output, that they are for.
pub fn fits(names: &Names, layer: &Layer, emitted: &Emitted) -> TokenStream {
    let params = &emitted.params;
    let specs = tokens! { <#params as ::kseq::__core::params::ParamBlock>::SPECS };
    let mut checks = Vec::new();
    for OfArray { array, arg, value } in rules(names, layer, INITIALIZER) {
        if makes_matrices(arg) && array != "recurrent_kernel" {
            let rule = tokens! { ::kseq::__core::initializers::rule(&#value, #specs, #array) };
            checks.push((arg.ends, rule));
        }
    }
    for OfArray { array, arg, value } in rules(names, layer, REGULARIZER) {
        let rule = tokens! { ::kseq::__core::regularizers::rule(&#value, #specs, #array) };
        checks.push((arg.ends, rule));
    }
    for OfArray { array, arg, value } in rules(names, layer, CONSTRAINT) {
        let rule = tokens! { ::kseq::__core::constraints::rule(&#value, #specs, #array) };
        checks.push((arg.ends, rule));
    }
    if let Some(OutputPenalty { ends, value }) = activity(names, layer, emitted) {
        let (shapes, index) = (names.shapes(), Literal::usize_unsuffixed(layer.number));
        let shape = quote_spanned! {shapes.span()=> #shapes[#index] };
        let rule = tokens! { ::kseq::__core::regularizers::activity_rule(&#value, #shape) };
        checks.push((ends, rule));
    }
    let (number, name) = (
        Literal::usize_unsuffixed(layer.number),
        layer.name.to_string(),
    );
    let previous = names.link(layer.number - 1);
    let mut items = TokenStream::new();
    for (ends, rule) in checks {
        let arguments = tokens! { &#previous, #number, #name, #rule };
        let check = spans::check(ends, "argument", arguments);
        items.extend(tokens! { const _: () = #check; });
    }
    items
}

/// The tables of the model, as far as they are not empty.
pub fn tables(names: &Names, layers: &[Layer]) -> TokenStream {
    let entries = |ending: &'static str| -> Vec<TokenStream> {
        let entries = layers.iter().enumerate().flat_map(|(index, layer)| {
            let index = Literal::usize_unsuffixed(index);
            let rules = rules(names, layer, ending).into_iter();
            rules.map(move |OfArray { array, value, .. }| {
                tokens! { (Self::LAYERS, #index, #array, #value) }
            })
        });
        entries.collect()
    };
    let mut items = TokenStream::new();
    let penalties = entries(REGULARIZER);
    if !penalties.is_empty() {
        items.extend(tokens! {
            const PENALTIES: &'static [::kseq::__core::regularizers::Penalty] = {
                use ::kseq::__core::regularizers::Penalty;
                &[#(Penalty::new #penalties),*]
            };
        });
    }
    let constraints = entries(CONSTRAINT);
    if !constraints.is_empty() {
        items.extend(tokens! {
            const CONSTRAINTS: &'static [::kseq::__core::constraints::Constrained] = {
                use ::kseq::__core::constraints::Constrained;
                &[#(Constrained::new #constraints),*]
            };
        });
    }
    items
}
