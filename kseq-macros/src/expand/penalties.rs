//! Regularizers and constraints: their checks, and the tables of the model.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::layers::Parts;
use super::{Names, tokens};
use crate::ast::Ends;
use crate::ir::{Arg, Kind, Layer, Object, Value};

/// A rule of one of a layer's arrays.
struct Rule<'a> {
    /// `kernel`
    array: &'static str,
    arg: &'a Arg,
    /// The expression of the regularizer or the constraint.
    value: TokenStream,
}

/// The rules of a layer that its arguments with this ending give.
fn rules<'a>(
    names: &'a Names,
    layer: &'a Layer,
    ending: &'static str,
) -> impl Iterator<Item = Rule<'a>> {
    let args = match &layer.kind {
        Kind::Builtin { args, .. } => args.as_slice(),
        Kind::User { .. } => &[],
    };
    args.iter().filter_map(move |arg| {
        let array = match arg.name.strip_suffix(ending)? {
            "recurrent" => "recurrent_kernel",
            array => array,
        };
        let value = object(names, layer, arg)?;
        Some(Rule { array, arg, value })
    })
}

/// The expression of a [`Value::Object`].
fn object(names: &Names, layer: &Layer, arg: &Arg) -> Option<TokenStream> {
    match &arg.value {
        Value::Object(family, Object::Builtin(constant)) => {
            let site = Span::mixed_site();
            let (module, ty) = (Ident::new(family.module, site), Ident::new(family.ty, site));
            Some(tokens! { ::kseq::__core::#module::#ty::#constant })
        }
        Value::Object(_, Object::Value(_)) => {
            let bound = names.arg(layer, arg.name);
            Some(tokens! { #bound })
        }
        _ => None,
    }
}

const REGULARIZER: &str = "_regularizer";
const CONSTRAINT: &str = "_constraint";

/// What the regularizers and constraints of a layer's arrays demand of these.
pub fn checks(names: &Names, layer: &Layer, parts: &Parts) -> Vec<(Ends, TokenStream)> {
    let params = &parts.params;
    let specs = tokens! { <#params as ::kseq::__core::params::ParamBlock>::SPECS };
    let mut checks = Vec::new();
    for Rule { array, arg, value } in rules(names, layer, REGULARIZER) {
        let rule = tokens! { ::kseq::__core::regularizers::rule(&#value, #specs, #array) };
        checks.push((arg.ends, rule));
    }
    for Rule { array, arg, value } in rules(names, layer, CONSTRAINT) {
        let rule = tokens! { ::kseq::__core::constraints::rule(&#value, #specs, #array) };
        checks.push((arg.ends, rule));
    }
    checks
}

/// The regularizer of a layer's output: where it is given, and its expression.
pub fn activity(names: &Names, layer: &Layer, parts: &Parts) -> Option<(Ends, TokenStream)> {
    match (&layer.activity, &parts.activity) {
        (Some(arg), _) => match &arg.value {
            Value::Object(_, Object::Value(value)) => Some((arg.ends, value.clone())),
            _ => Some((arg.ends, object(names, layer, arg)?)),
        },
        (None, Some(value)) => Some((layer.ends, value.clone())),
        (None, None) => None,
    }
}

/// The constant of a layer's output penalty, and its check.
pub fn activity_items(
    names: &Names,
    layer: &Layer,
    parts: &Parts,
    at: &dyn Fn(Ends, &str, &TokenStream) -> TokenStream,
) -> TokenStream {
    let Some((ends, value)) = activity(names, layer, parts) else {
        return TokenStream::new();
    };
    let (step, name) = (names.step(layer), names.activity(layer));
    let shape = quote_spanned! {step.span()=> #step.shape() };
    let rule = tokens! { ::kseq::__core::regularizers::activity_rule(&#name, #shape) };
    let check = at(ends, "argument", &rule);
    tokens! {
        #[doc(hidden)]
        const #name: ::kseq::__core::regularizers::Regularizer = #value;
        const _: () = #check;
    }
}

/// The tables of the model, as far as they are not empty.
pub fn tables(names: &Names, layers: &[Layer]) -> TokenStream {
    let mut items = TokenStream::new();
    let entries = |ending: &'static str| -> Vec<TokenStream> {
        let mut entries = Vec::new();
        for (index, layer) in layers.iter().enumerate() {
            let index = Literal::usize_unsuffixed(index);
            for Rule { array, value, .. } in rules(names, layer, ending) {
                entries.push(tokens! { (Self::LAYERS, #index, #array, #value) });
            }
        }
        entries
    };
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
