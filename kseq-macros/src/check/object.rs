//! Initializers, regularizers, constraints: a name that Keras knows, with or without arguments, or the
//! user's expression of the type `Initializer` and so on (A8, A9).

use kseq_catalogue::{CONSTRAINTS, INITIALIZERS, Kind, ObjectFamily, ObjectRow, REGULARIZERS};
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Expr;

use super::bind::{Owner, bind};
use super::function::{self, Named, known, named};
use super::label::LayerLabel;
use super::{args, simple, value};
use crate::ast::{Arg, Ends, Errors};
use crate::ir::{self, Object, Value};
use crate::names::camel;
use crate::suggest::{did_you_mean, plain};
use crate::tokens::tokens;

/// The family of a kind of arguments.
pub fn family(kind: Kind) -> Option<&'static ObjectFamily> {
    match kind {
        Kind::Initializer => Some(&INITIALIZERS),
        Kind::Regularizer => Some(&REGULARIZERS),
        Kind::Constraint => Some(&CONSTRAINTS),
        _ => None,
    }
}

/// One of the family.
pub fn object(
    family: &'static ObjectFamily,
    e: &Expr,
    what: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Object> {
    let find = |name: &str| {
        let written = plain(family.stem(name));
        family.find(|name| plain(name) == written)
    };
    let named = match named(e) {
        Named::Behind(name, None) if find(&name.to_string()).is_some() => Named::Word(name),
        Named::Behind(name, Some(args)) if find(&name.to_string()).is_some() => {
            Named::Call(name, args)
        }
        named => named,
    };
    let (given, shown, quote) = match named {
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
            Some(row) => {
                let class = name.to_string();
                let owner = Owner {
                    class: &class,
                    ends: Ends::of(e),
                    takes_common: false,
                    label,
                };
                return made(family, row, &values, false, &owner, errors);
            }
            None => (name.to_string(), format!("`{name}`"), '`'),
        },
        _ => {
            let is_literal = matches!(value::peel(e), Expr::Lit(_) | Expr::Unary(_));
            if is_literal || value::truth(e).is_some() {
                value::refuse(e, what, family.expected, label, errors);
                return None;
            }
            return Some(Object::Value(e.to_token_stream()));
        }
    };
    if let Some(row) = find(&given) {
        let owner = Owner {
            class: &given,
            ends: Ends::of(e),
            takes_common: false,
            label,
        };
        // A class without parentheses is the class with its defaults, a word is what Keras documents of it.
        let is_word = quote == '"' || !given.contains(char::is_uppercase);
        return made(family, row, &[], is_word, &owner, errors);
    }
    let names: Vec<&str> = family.names().collect();
    let guess = did_you_mean(&given, &names, quote);
    let known = known(&guess, &names);
    let (kind, ty) = (family.what, family.ty);
    errors.at(
        Ends::of(e),
        format_args!(
            "{label}unknown {kind} {shown}{guess}\n  help: {known}your own {kind} is an expression \
             of type `{ty}`, written with `::`"
        ),
    );
    None
}

/// The constant, or the variant with its arguments: `RandomNormal(mean = 0.0, stddev = 0.05)`
fn made(
    family: &'static ObjectFamily,
    row: &'static ObjectRow,
    values: &[&Expr],
    is_word: bool,
    owner: &Owner<'_>,
    errors: &mut Errors,
) -> Option<Object> {
    let site = Span::mixed_site();
    let given = values
        .iter()
        .map(|value| function::argument(value))
        .collect();
    let names: Vec<&str> = row.params.iter().map(|param| param.name).collect();
    let given = args::name_positional(given, &names, owner.class, owner.label, errors);
    let before = errors.count();
    given
        .iter()
        .for_each(|arg| refuse_none(arg, row, owner, errors));
    let bound = bind(row.params, given, owner, simple::read, errors)?;
    if errors.count() > before {
        return None;
    }
    let (seeds, bound): (Vec<_>, Vec<_>) = bound.into_iter().partition(|arg| arg.name == "seed");
    let seed = seeds.into_iter().find_map(|arg| match arg.value {
        Value::Const { value, .. } => Some(value),
        _ => None,
    });
    if let Some(constant) = row.constant
        && (is_word || bound.is_empty())
    {
        let constant = Ident::new(constant, site);
        let Some(seed) = seed else {
            return Some(Object::Builtin(constant));
        };
        let (module, ty) = (Ident::new(family.module, site), Ident::new(family.ty, site));
        let of = tokens! { ::kseq::__core::#module::#ty::#constant };
        return Some(Object::Value(seeded(&of, &seed)));
    }
    let (module, ty) = (Ident::new(family.module, site), Ident::new(family.ty, site));
    let variant = Ident::new(&camel(row.name), site);
    let fields = bound.iter().filter_map(|arg| {
        let name = Ident::new(arg.name, Span::mixed_site());
        let value = scalar(&module, arg)?;
        Some(tokens! { #name: #value })
    });
    let value = match row.name {
        "constant" => {
            let value = bound.iter().filter_map(|arg| scalar(&module, arg));
            tokens! { ::kseq::__core::#module::#ty::#variant(#(#value)*) }
        }
        _ => tokens! { ::kseq::__core::#module::#ty::#variant { #(#fields),* } },
    };
    Some(Object::Value(match seed {
        Some(seed) => seeded(&value, &seed),
        None => value,
    }))
}

/// An initializer with a seed of its own.
fn seeded(of: &TokenStream, seed: &TokenStream) -> TokenStream {
    tokens! { ::kseq::__core::initializers::Initializer::Seeded { of: &#of, seed: #seed } }
}

/// `None` for a number: Keras has a default of its own for it, all axes, or fails when the model runs.
fn refuse_none(arg: &Arg, row: &ObjectRow, owner: &Owner<'_>, errors: &mut Errors) {
    let mut params = row.params.iter();
    let param = params.find(|param| arg.is(param.name));
    let default = param.and_then(|param| param.default).unwrap_or("None");
    // Of L1L2 it is 0, the default.
    if !value::is_none(&arg.value) || default == "None" || row.name == "l1_l2" {
        return;
    }
    let (label, class) = (owner.label, owner.class);
    let name = param.map_or("", |param| param.name);
    errors.at(
        Ends::of(&arg.value),
        format_args!(
            "{label}`{name}` of `{class}` must not be `None`\n  help: leave it out for Keras's default, {default}"
        ),
    );
}

fn scalar(module: &Ident, arg: &ir::Arg) -> Option<TokenStream> {
    match &arg.value {
        Value::Real(value) | Value::Const { value, .. } => Some(value.clone()),
        Value::Word(word) => {
            let ty = Ident::new(&camel(arg.name), Span::mixed_site());
            let variant = Ident::new(&camel(word), Span::mixed_site());
            Some(tokens! { ::kseq::__core::#module::#ty::#variant })
        }
        _ => None,
    }
}
