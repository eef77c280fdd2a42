//! Initializers: a name that Keras knows, with or without arguments, or the user's expression of type
//! `Initializer` (A8, A9).

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Expr;

use super::function::{Named, known, named};
use super::{Place, args, value};
use crate::ast::{Arg, Ends, Errors};
use crate::catalogue::{self, INITIALIZERS};
use crate::expand::tokens;
use crate::ir::{self, Initializer, Value};
use crate::suggest::{did_you_mean, plain};

/// An initializer.
pub fn initializer(
    e: &Expr,
    what: &str,
    place: &Place,
    errors: &mut Errors,
) -> Option<Initializer> {
    let (given, shown, quote) = match named(e) {
        Named::String(name) => (name.clone(), format!("{name:?}"), '"'),
        Named::Word(ident) if value::truth(e).is_none() => {
            let name = ident.to_string();
            if !name.contains(char::is_lowercase) && find(&name).is_none() {
                // The user's constant.
                return Some(Initializer::User(e.to_token_stream()));
            }
            (name.clone(), format!("`{name}`"), '`')
        }
        Named::Call(name, values) => match find(&name.to_string()) {
            Some(entry) if values.is_empty() => return Some(constant(entry)),
            Some(entry) => return call(entry, name, &values, Ends::of(e), place, errors),
            None => (name.to_string(), format!("`{name}`"), '`'),
        },
        _ => {
            let is_literal = matches!(value::peel(e), Expr::Lit(_) | Expr::Unary(_));
            if is_literal || value::truth(e).is_some() {
                let expected = "an initializer such as \"glorot_uniform\"";
                value::refuse(e, what, expected, place, errors);
                return None;
            }
            return Some(Initializer::User(e.to_token_stream()));
        }
    };
    if let Some(entry) = find(&given) {
        return Some(constant(entry));
    }
    let names: Vec<&str> = INITIALIZERS.iter().map(|entry| entry.name).collect();
    let guess = did_you_mean(&given, &names, quote);
    let known = known(&guess, &names);
    let own = "your own initializer is an expression of type `Initializer`, written with `::`";
    errors.at(
        Ends::of(e),
        format_args!("{place}unknown initializer {shown}{guess}\n  help: {known}{own}"),
    );
    None
}

fn find(name: &str) -> Option<&'static catalogue::Initializer> {
    let written = plain(name);
    INITIALIZERS
        .iter()
        .find(|entry| plain(entry.name) == written)
}

/// With Keras's defaults.
fn constant(entry: &catalogue::Initializer) -> Initializer {
    Initializer::Builtin(Ident::new(entry.constant, Span::mixed_site()))
}

/// `RandomNormal(mean = 0.0, stddev = 0.05)`
fn call(
    entry: &'static catalogue::Initializer,
    class: &Ident,
    values: &[&Expr],
    ends: Ends,
    place: &Place,
    errors: &mut Errors,
) -> Option<Initializer> {
    let class = class.to_string();
    let given = values.iter().map(|value| argument(value)).collect();
    let names: Vec<&str> = entry.params.iter().map(|param| param.name).collect();
    let given = args::name_positional(given, &names, &class, place, errors);
    let before = errors.count();
    let bound = args::bind(entry.params, &class, given, false, (ends, place), errors)?;
    if errors.count() > before {
        return None;
    }
    if bound.is_empty() {
        return Some(constant(entry));
    }
    let variant = Ident::new(&camel(entry.name), Span::mixed_site());
    let fields = bound.iter().filter_map(field);
    Some(Initializer::User(match entry.name {
        "constant" => {
            let value = bound.iter().filter_map(scalar);
            tokens! { ::kseq::__core::initializers::Initializer::#variant(#(#value)*) }
        }
        _ => tokens! { ::kseq::__core::initializers::Initializer::#variant { #(#fields),* } },
    }))
}

/// `0.0` or `mean = 0.0`: Rust reads the second as an assignment.
fn argument(value: &Expr) -> Arg {
    let ends = Ends::of(value);
    if let Expr::Assign(assign) = value
        && let Some(name) = value::ident(&assign.left)
    {
        return Arg {
            name: Some(name.clone()),
            value: (*assign.right).clone(),
            ends: Ends::of(&assign.right),
        };
    }
    Arg {
        name: None,
        value: value.clone(),
        ends,
    }
}

fn scalar(arg: &ir::Arg) -> Option<TokenStream> {
    match &arg.value {
        Value::Real(value) => Some(value.clone()),
        Value::Word(word) => {
            let ty = Ident::new(&camel(arg.name), Span::mixed_site());
            let variant = Ident::new(&camel(word), Span::mixed_site());
            Some(tokens! { ::kseq::__core::initializers::#ty::#variant })
        }
        _ => None,
    }
}

fn field(arg: &ir::Arg) -> Option<TokenStream> {
    let name = Ident::new(arg.name, Span::mixed_site());
    let value = scalar(arg)?;
    Some(tokens! { #name: #value })
}

/// `fan_in` -> `FanIn`
fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_uppercase() + rest
    });
    words.collect()
}
