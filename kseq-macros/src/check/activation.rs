//! Activations: a name that Keras knows, or the user's type (A8, A9).

use kseq_catalogue::{ACTIVATIONS, ACTIVATIONS_LATER, activation_names};
use proc_macro2::{Ident, Span};
use syn::Expr;

use super::function::{Named, known, named};
use super::label::LayerLabel;
use super::value;
use crate::ast::{Ends, Errors};
use crate::ir::Activation;
use crate::suggest::{did_you_mean, plain};

/// An activation.
pub fn activation(
    e: &Expr,
    what: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Activation> {
    let names: Vec<&str> = activation_names().collect();
    let own = "your own activation is named by a path: `self::MyActivation`";
    let ends = Ends::of(e);
    let builtin = |ty: &str| {
        let span = ends.first.resolved_at(Span::mixed_site());
        Some(Activation::Builtin(Ident::new(ty, span)))
    };
    let written_as = |ident: &Ident| {
        let written = plain(&ident.to_string());
        let is_written = |name: &&str| plain(name) == written;
        let mut rows = ACTIVATIONS.iter();
        rows.find(|row| row.names.iter().any(is_written))
    };
    let named = match named(e) {
        Named::Behind(name, None) if written_as(name).is_some() => Named::Word(name),
        Named::Behind(name, Some(args)) if written_as(name).is_some() => Named::Call(name, args),
        named => named,
    };
    let (given, shown, quote) = match named {
        _ if value::is_none(e) => return builtin("Linear"),
        Named::String(name) => {
            let mut rows = ACTIVATIONS.iter();
            if let Some(row) = rows.find(|row| row.names.contains(&name.as_str())) {
                return builtin(row.ty);
            }
            (name.clone(), format!("{name:?}"), '"')
        }
        Named::Word(ident) if value::truth(e).is_none() => {
            if let Some(row) = written_as(ident) {
                return builtin(row.ty);
            }
            (ident.to_string(), format!("`{ident}`"), '`')
        }
        Named::Call(name, args) if args.is_empty() && written_as(name).is_some() => {
            let word = written_as(name).and_then(|row| row.names.first().copied());
            let word = word.unwrap_or_default();
            errors.at(
                ends,
                format_args!(
                    "{label}`{what} = {name}()`: an activation is given by its name\n  help: write `{what} = {word:?}`"
                ),
            );
            return None;
        }
        Named::Call(name, _) => {
            errors.at(
                ends,
                format_args!(
                    "{label}`{what} = {name}(...)`: activations with arguments are not \
                     implemented in kseq yet\n  help: give a name such as \"relu\"; {own}"
                ),
            );
            return None;
        }
        _ => match value::peel(e) {
            Expr::Path(path) => return Some(Activation::User(path.clone())),
            e => {
                value::refuse(e, what, "an activation such as \"relu\"", label, errors);
                return None;
            }
        },
    };
    if ACTIVATIONS_LATER.contains(&given.as_str()) {
        let text = "is known to Keras, but not implemented in kseq yet";
        errors.at(
            ends,
            format_args!("{label}activation {shown} {text}\n  help: {own}"),
        );
    } else {
        let guess = did_you_mean(&given, &names, quote);
        let known = known(&guess, &names);
        errors.at(
            ends,
            format_args!("{label}unknown activation {shown}{guess}\n  help: {known}{own}"),
        );
    }
    None
}
