//! Initializers, regularizers, constraints: a name that Keras knows, with or without arguments, or the
//! user's expression of the type `Initializer` and so on (A8, A9).

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Expr;

use super::function::{self, Named, known, named};
use super::{Place, args, value};
use crate::ast::{Ends, Errors};
use crate::catalogue::{Family, Function};
use crate::expand::tokens;
use crate::ir::{self, Object, Value};
use crate::suggest::{did_you_mean, plain};

/// One of the family.
pub fn object(
    family: &'static Family,
    e: &Expr,
    what: &str,
    place: &Place,
    errors: &mut Errors,
) -> Option<Object> {
    let find = |name: &str| {
        let written = plain(name);
        let mut functions = family.functions.iter();
        functions.find(|function| plain(function.name) == written)
    };
    let (given, shown, quote) = match named(e) {
        Named::String(name) => (name.clone(), format!("{name:?}"), '"'),
        Named::Word(ident) if value::truth(e).is_none() => {
            let name = ident.to_string();
            if !name.contains(char::is_lowercase) && find(&name).is_none() {
                // The user's constant.
                return Some(Object::Value(e.to_token_stream()));
            }
            (name.clone(), format!("`{name}`"), '`')
        }
        Named::Call(name, values) => match find(&name.to_string()) {
            Some(function) => {
                let class = name.to_string();
                return made(
                    family,
                    function,
                    (&class, &values),
                    Ends::of(e),
                    place,
                    errors,
                );
            }
            None => (name.to_string(), format!("`{name}`"), '`'),
        },
        _ => {
            let is_literal = matches!(value::peel(e), Expr::Lit(_) | Expr::Unary(_));
            if is_literal || value::truth(e).is_some() {
                value::refuse(e, what, family.expected, place, errors);
                return None;
            }
            return Some(Object::Value(e.to_token_stream()));
        }
    };
    if let Some(function) = find(&given) {
        return made(family, function, (&given, &[]), Ends::of(e), place, errors);
    }
    let names: Vec<&str> = family.functions.iter().map(|f| f.name).collect();
    let guess = did_you_mean(&given, &names, quote);
    let known = known(&guess, &names);
    let (kind, ty) = (family.what, family.ty);
    errors.at(
        Ends::of(e),
        format_args!(
            "{place}unknown {kind} {shown}{guess}\n  help: {known}your own {kind} is an expression \
             of type `{ty}`, written with `::`"
        ),
    );
    None
}

/// The constant, or the variant with its arguments: `RandomNormal(mean = 0.0, stddev = 0.05)`
fn made(
    family: &'static Family,
    function: &'static Function,
    (class, values): (&str, &[&Expr]),
    ends: Ends,
    place: &Place,
    errors: &mut Errors,
) -> Option<Object> {
    let site = Span::mixed_site();
    let given = values
        .iter()
        .map(|value| function::argument(value))
        .collect();
    let names: Vec<&str> = function.params.iter().map(|param| param.name).collect();
    let given = args::name_positional(given, &names, class, place, errors);
    let before = errors.count();
    let bound = args::bind(function.params, class, given, false, (ends, place), errors)?;
    if errors.count() > before {
        return None;
    }
    if let Some(constant) = function.constant
        && (values.is_empty() || bound.is_empty())
    {
        return Some(Object::Builtin(Ident::new(constant, site)));
    }
    let (module, ty) = (Ident::new(family.module, site), Ident::new(family.ty, site));
    let variant = Ident::new(&camel(function.name), site);
    let fields = bound.iter().filter_map(|arg| {
        let name = Ident::new(arg.name, Span::mixed_site());
        let value = scalar(&module, arg)?;
        Some(tokens! { #name: #value })
    });
    Some(Object::Value(match function.name {
        "constant" => {
            let value = bound.iter().filter_map(|arg| scalar(&module, arg));
            tokens! { ::kseq::__core::#module::#ty::#variant(#(#value)*) }
        }
        _ => tokens! { ::kseq::__core::#module::#ty::#variant { #(#fields),* } },
    }))
}

fn scalar(module: &Ident, arg: &ir::Arg) -> Option<TokenStream> {
    match &arg.value {
        Value::Real(value) | Value::Const(_, value) => Some(value.clone()),
        Value::Word(word) => {
            let ty = Ident::new(&camel(arg.name), Span::mixed_site());
            let variant = Ident::new(&camel(word), Span::mixed_site());
            Some(tokens! { ::kseq::__core::#module::#ty::#variant })
        }
        _ => None,
    }
}

/// `fan_in` -> `FanIn`
fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_uppercase() + rest
    });
    words.collect()
}
