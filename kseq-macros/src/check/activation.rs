//! Activations: a name that Keras knows, or the user's type (A8, A9).

use proc_macro2::{Ident, Span};
use syn::Expr;

use super::function::{Named, known, named};
use super::{Place, value};
use crate::ast::{Ends, Errors};
use crate::catalogue::{ACTIVATIONS, ACTIVATIONS_LATER};
use crate::ir::Activation;
use crate::suggest::{did_you_mean, plain};

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
