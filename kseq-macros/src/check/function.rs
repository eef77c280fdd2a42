//! Activations and initializers: strings, names as Python writes them, or the user's own (A9).

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Member};

use super::{Place, value};
use crate::ast::{Ends, Errors};
use crate::catalogue::{ACTIVATIONS, ACTIVATIONS_LATER, INITIALIZERS};
use crate::ir::Activation;
use crate::suggest::{did_you_mean, plain};

/// How a function was named.
enum Named<'a> {
    /// `"relu"`
    String(String),
    /// `relu`, `activations.relu`, `tf.nn.relu`: the last identifier.
    Word(&'a Ident),
    /// `HeNormal(seed = 1)`, `initializers.HeNormal()`
    Call(&'a Ident, Vec<&'a Expr>),
    /// Anything else.
    Other,
}

fn named(e: &Expr) -> Named<'_> {
    let e = value::peel(e);
    if let Some(text) = value::string(e) {
        return Named::String(text);
    }
    if let Some(ident) = value::ident(e) {
        return Named::Word(ident);
    }
    match e {
        Expr::Field(field) => match &field.member {
            Member::Named(name) if is_dotted(&field.base) => Named::Word(name),
            _ => Named::Other,
        },
        Expr::Call(call) => match value::ident(&call.func) {
            Some(name) => Named::Call(name, call.args.iter().collect()),
            None => Named::Other,
        },
        Expr::MethodCall(call) if is_dotted(&call.receiver) => {
            Named::Call(&call.method, call.args.iter().collect())
        }
        _ => Named::Other,
    }
}

/// Python's module path: `keras.activations`
fn is_dotted(e: &Expr) -> bool {
    match e {
        Expr::Field(field) => is_dotted(&field.base),
        e => value::ident(e).is_some(),
    }
}

/// An activation.
pub fn activation(e: &Expr, what: &str, place: &Place, errors: &mut Errors) -> Option<Activation> {
    let names: Vec<&str> = ACTIVATIONS.iter().map(|(name, _)| *name).collect();
    let own = "your own activation is named by a path: `self::MyActivation`";
    let ends = Ends::of(e);
    let builtin = |ty: &str| {
        let span = ends.first.resolved_at(Span::mixed_site());
        Some(Activation::Builtin(Ident::new(ty, span)))
    };
    let (given, shown, quote) = match named(e) {
        _ if value::is_none(e) => return builtin("Linear"),
        Named::String(name) => {
            if let Some((_, ty)) = ACTIVATIONS.iter().find(|(known, _)| *known == name) {
                return builtin(ty);
            }
            (name.clone(), format!("{name:?}"), '"')
        }
        Named::Word(ident) if value::truth(e).is_none() => {
            let written = plain(&ident.to_string());
            if let Some((_, ty)) = ACTIVATIONS
                .iter()
                .find(|(known, _)| plain(known) == written)
            {
                return builtin(ty);
            }
            (ident.to_string(), format!("`{ident}`"), '`')
        }
        Named::Call(name, _) => {
            errors.at(
                ends,
                format_args!(
                    "{place}`{what} = {name}(...)`: activations with arguments are not \
                     implemented in kseq yet\n  help: give a name such as \"relu\"; {own}"
                ),
            );
            return None;
        }
        _ => match value::peel(e) {
            Expr::Path(path) => return Some(Activation::User(path.clone())),
            e => {
                value::refuse(e, what, "an activation such as \"relu\"", place, errors);
                return None;
            }
        },
    };
    if ACTIVATIONS_LATER.contains(&given.as_str()) {
        let text = "is known to Keras, but not implemented in kseq yet";
        errors.at(
            ends,
            format_args!("{place}activation {shown} {text}\n  help: {own}"),
        );
    } else {
        let guess = did_you_mean(&given, &names, quote);
        let known = known(&guess, &names);
        errors.at(
            ends,
            format_args!("{place}unknown activation {shown}{guess}\n  help: {known}{own}"),
        );
    }
    None
}

/// An initializer: an expression of type `Initializer`.
pub fn initializer(
    e: &Expr,
    what: &str,
    place: &Place,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let find = |name: &str| {
        let written = plain(name);
        let mut known = INITIALIZERS.iter();
        let (_, constant) = known.find(|(known, _)| plain(known) == written)?;
        let constant = Ident::new(constant, Span::mixed_site());
        Some(quote_spanned! {Span::mixed_site()=>
            ::kseq::__core::initializers::Initializer::#constant
        })
    };
    let (given, shown, quote) = match named(e) {
        Named::String(name) => (name.clone(), format!("{name:?}"), '"'),
        Named::Word(ident) if value::truth(e).is_none() => {
            let name = ident.to_string();
            if !name.contains(char::is_lowercase) && find(&name).is_none() {
                // The user's constant.
                return Some(e.to_token_stream());
            }
            (name.clone(), format!("`{name}`"), '`')
        }
        Named::Call(name, args) if find(&name.to_string()).is_some() => {
            if args.is_empty() {
                return find(&name.to_string());
            }
            errors.at(
                Ends::of(e),
                format_args!(
                    "{place}`{what} = {name}(...)`: initializers with arguments are not \
                     implemented in kseq yet\n  help: give an expression of type `Initializer` \
                     that is written with `::`"
                ),
            );
            return None;
        }
        _ => {
            let is_literal = matches!(value::peel(e), Expr::Lit(_) | Expr::Unary(_));
            if is_literal || value::truth(e).is_some() {
                let expected = "an initializer such as \"glorot_uniform\"";
                value::refuse(e, what, expected, place, errors);
                return None;
            }
            return Some(e.to_token_stream());
        }
    };
    if let Some(tokens) = find(&given) {
        return Some(tokens);
    }
    let names: Vec<&str> = INITIALIZERS.iter().map(|(name, _)| *name).collect();
    let guess = did_you_mean(&given, &names, quote);
    let known = known(&guess, &names);
    let own = "your own initializer is an expression of type `Initializer`, written with `::`";
    errors.at(
        Ends::of(e),
        format_args!("{place}unknown initializer {shown}{guess}\n  help: {known}{own}"),
    );
    None
}

/// The list of names, unless there is a good guess.
fn known(guess: &str, names: &[&str]) -> String {
    match guess {
        "" => format!("known are {}; ", names.join(", ")),
        _ => String::new(),
    }
}
