//! Initializers, regularizers, constraints: their constants, their checks, and the tables of the model.

use kseq_catalogue::ObjectFamily;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::emitted::{ArgumentCheck, Emitted};
use super::names::Names;
use super::spans;
use crate::ast::Ends;
use crate::ir::{Arg, Layer, Object, Owned, Value};
use crate::tokens::tokens;

/// The arguments that are objects, the regularizer of the output among them, each with the layer that has it.
fn objects(layer: &Layer) -> impl Iterator<Item = (&Layer, &Arg, &'static ObjectFamily, &Object)> {
    let args = layer.owned_args().into_iter();
    let args = args.map(|Owned { layer, arg, .. }| (layer, arg));
    let activity = layer.activity.iter().map(move |arg| (layer, arg));
    args.chain(activity)
        .filter_map(|(layer, arg)| match &arg.value {
            Value::Object(family, object) => Some((layer, arg, *family, object)),
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
pub fn expression(names: &Names, layer: &Layer, arg: &Arg) -> Option<TokenStream> {
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
    for (layer, arg, family, object) in objects(layer) {
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
    for (layer, arg, family, object) in objects(layer) {
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
    array: String,
    arg: &'a Arg,
    value: TokenStream,
}

const INITIALIZER: &str = "_initializer";
const REGULARIZER: &str = "_regularizer";
const CONSTRAINT: &str = "_constraint";

/// The arrays that an argument `kernel_regularizer` or its like is for.
fn arrays_of(class: &str, what: &'static str) -> Vec<&'static str> {
    match (class, what) {
        ("MultiHeadAttention" | "GroupQueryAttention", "kernel") => vec![
            "query_kernel",
            "key_kernel",
            "gate_kernel",
            "value_kernel",
            "output_kernel",
        ],
        ("MultiHeadAttention" | "GroupQueryAttention", "bias") => vec![
            "query_bias",
            "key_bias",
            "gate_bias",
            "value_bias",
            "output_bias",
        ],
        (_, "recurrent") => vec!["recurrent_kernel"],
        ("SeparableConv1D" | "SeparableConv2D", "depthwise") => vec!["depthwise_kernel"],
        // (The only one.)
        (_, "depthwise") => vec!["kernel"],
        (_, "pointwise") => vec!["pointwise_kernel"],
        (_, array) => vec![array],
    }
}

/// What a layer's arguments with this ending ask of its arrays.
fn rules<'a>(names: &Names, layer: &'a Layer, ending: &'static str) -> Vec<OfArray<'a>> {
    let owned = layer.owned_args().into_iter();
    let rules = owned.filter_map(|Owned { layer, arg, arrays }| {
        let of = arrays_of(&layer.class, arg.name.strip_suffix(ending)?);
        let value = expression(names, layer, arg)?;
        let rule = move |within: &str, array: &str| OfArray {
            array: format!("{within}{array}"),
            arg,
            value: value.clone(),
        };
        let each = |within: String| of.iter().map(|array| rule(&within, array)).collect();
        let rules: Vec<Vec<_>> = arrays.into_iter().map(each).collect();
        Some(rules.into_iter().flatten())
    });
    rules.flatten().collect()
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
        if makes_matrices(arg) && !array.ends_with("recurrent_kernel") {
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
    let (number, name) = (Literal::usize_unsuffixed(layer.number), names.shown(layer));
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
    let all = match layers.iter().any(|layer| layer.submodel().is_some()) {
        true => tokens! { __LAYERS },
        false => tokens! { Self::LAYERS },
    };
    let all = &all;
    let entries = |ending: &'static str| -> Vec<TokenStream> {
        let entries = layers.iter().enumerate().flat_map(|(index, layer)| {
            let index = Literal::usize_unsuffixed(index);
            let rules = rules(names, layer, ending).into_iter();
            rules.map(move |OfArray { array, value, .. }| {
                tokens! { (#all, #index, #array, #value) }
            })
        });
        entries.collect()
    };
    // The models that are layers, or in one.
    let inside: Vec<TokenStream> = layers
        .iter()
        .enumerate()
        .filter_map(|(index, layer)| {
            let (model, index) = (names.submodel(layer)?, Literal::usize_unsuffixed(index));
            Some(tokens! { Tables::of::<#model>(#index) })
        })
        .collect();
    let mut items = TokenStream::new();
    let tables = [
        (
            REGULARIZER,
            "PENALTIES",
            "regularizers",
            "Penalty",
            "penalties",
        ),
        (
            CONSTRAINT,
            "CONSTRAINTS",
            "constraints",
            "Constrained",
            "constraints",
        ),
    ];
    let ident = |name: &str| Ident::new(name, Span::mixed_site());
    let model = &names.model;
    for (ending, constant, module, row, of) in tables {
        let own = entries(ending);
        if own.is_empty() && inside.is_empty() {
            continue;
        }
        let [constant, module, row] = [constant, module, row].map(ident);
        let value = table(model, of, &tokens! { #row }, &own, &inside);
        items.extend(tokens! {
            const #constant: &'static [::kseq::__core::#module::#row] = {
                use ::kseq::__core::#module::#row;
                #value
            };
        });
    }
    let own = normalised(names, layers, all);
    if !own.is_empty() || !inside.is_empty() {
        let value = table(model, "normalised", &tokens! { Normalised }, &own, &inside);
        items.extend(tokens! {
            const NORMALISED: &'static [::kseq::__core::layers::Normalised] = {
                use ::kseq::__core::layers::Normalised;
                #value
            };
        });
    }
    items
}

/// A table of rows of its own, and those of the models inside.
fn table(
    model: &Ident,
    table: &str,
    row: &TokenStream,
    own: &[TokenStream],
    inside: &[TokenStream],
) -> TokenStream {
    if inside.is_empty() {
        return tokens! { &[#(#row::new #own),*] };
    }
    let ident = |name: &str| Ident::new(name, Span::mixed_site());
    let (count, table) = (ident(&format!("count_{table}")), ident(table));
    tokens! {
        use ::kseq::__core::model::Model;
        use ::kseq::__core::submodel::{Tables, #count, #table};
        const __LAYERS: &[::kseq::__core::model::LayerInfo] = <#model as Model>::LAYERS;
        const __OWN: &[#row] = &[#(#row::new #own),*];
        const __INSIDE: &[Tables] = &[#(#inside),*];
        &#table::<{ #count(__OWN, __INSIDE) }>(__OWN, __INSIDE, __LAYERS)
    }
}

/// The kernels that a step of the training divides by their largest singular value.
fn normalised(names: &Names, layers: &[Layer], all: &TokenStream) -> Vec<TokenStream> {
    let entries = layers.iter().enumerate().filter_map(|(index, layer)| {
        let args = layer.args();
        let arg = args.iter().find(|arg| arg.name == "power_iterations")?;
        let Value::Size(value) = &arg.value else {
            return None;
        };
        let bound = names.arg(layer, arg.name);
        let iterations = arg.plain(value).unwrap_or_else(|| tokens! { #bound });
        let index = Literal::usize_unsuffixed(index);
        Some(tokens! { (#all, #index, #iterations) })
    });
    entries.collect()
}
