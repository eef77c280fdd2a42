//! Activations: a name that Keras knows, or the user's type (A8, A9).

use kseq_catalogue::{
    self as catalogue, ACTIVATIONS, Emission, LayerRow, activation_names, layers,
};
use proc_macro2::{Ident, Span};
use syn::Expr;

use super::bind::{Owner, Read, bind};
use super::function::{self, Named, known, named};
use super::label::LayerLabel;
use super::{args, value};
use crate::ast::{self, Call, Ends, Errors};
use crate::ir::{Activation, Arg, Value};
use crate::suggest::{did_you_mean, plain};

/// An activation.
pub fn activation(
    e: &Expr,
    what: &str,
    label: &LayerLabel,
    read: Read,
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
        Named::Behind(name, Some(args)) if of_layer(&name.to_string()).is_some() => {
            Named::Call(name, args)
        }
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
        Named::Word(ident) if ident == "LeakyReLU" => {
            errors.at(
                ends,
                format_args!(
                    "{label}`{what} = {ident}`: a layer's slope is 0.3, that of \"leaky_relu\" is 0.2\n  \
                     help: write `{what} = {ident}()` or `{what} = \"leaky_relu\"`"
                ),
            );
            return None;
        }
        Named::Word(ident) if value::truth(e).is_none() => {
            if let Some(row) = written_as(ident) {
                return builtin(row.ty);
            }
            (ident.to_string(), format!("`{ident}`"), '`')
        }
        Named::Call(name, args) if of_layer(&name.to_string()).is_some() => {
            let row = of_layer(&name.to_string())?;
            return of_call(row, args, what, ends, label, read, errors);
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
        Named::Call(name, _) if catalogue::layer(&name.to_string()).is_some() => {
            errors.at(
                ends,
                format_args!(
                    "{label}`{what} = {name}(...)`: `{name}` is a layer, and no activation\n  help: put it behind this one, \
                     as a layer of its own"
                ),
            );
            return None;
        }
        Named::Call(name, _) => {
            errors.at(
                ends,
                format_args!(
                    "{label}`{what} = {name}(...)`: the activations with arguments are {}\n  \
                     help: give one of them, or a name such as \"relu\"; {own}",
                    with_arguments()
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
    if given == "glu" {
        errors.at(
            ends,
            format_args!(
                "{label}activation {shown} halves the features, and is a layer of its own\n  \
                 help: put `Activation(\"glu\")` behind this one"
            ),
        );
    } else if given == "threshold" {
        errors.at(
            ends,
            format_args!(
                "{label}activation {shown} has two arguments, which Keras gives it in a function of one's own\n  \
                 help: with a value of 0 below the threshold it is `ReLU(threshold = 0.5)`; {own}"
            ),
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

/// Takes the argument of an `Activation` that is `"glu"`, which is a layer of its own.
pub fn takes_glu(call: &mut Call) -> bool {
    let is_glu = |arg: &ast::Arg| {
        let is_it = arg.name.as_ref().is_none_or(|name| name == "activation");
        is_it
            && match named(&arg.value) {
                Named::String(name) => name == "glu",
                Named::Word(name) => name == "glu",
                _ => false,
            }
    };
    let at = call.args.iter().position(is_glu);
    if let Some(at) = at {
        call.args.remove(at);
    }
    at.is_some()
}

/// A layer that other layers take as an activation.
fn of_layer(class: &str) -> Option<&'static LayerRow> {
    catalogue::layer(class).filter(|row| row.is_activation())
}

/// Of a layer with this class: an activation where its axis is the last one.
const SOFTMAX: &str = "Softmax";

/// `LeakyReLU(0.1)`, ...
fn with_arguments() -> String {
    let rows = layers().filter(|row| row.is_activation());
    let names: Vec<String> = rows.map(|row| format!("`{}`", row.class)).collect();
    names.join(", ")
}

/// What a call of such a layer says.
fn of_call(
    row: &'static LayerRow,
    given: Vec<&Expr>,
    what: &str,
    ends: Ends,
    label: &LayerLabel,
    read: Read,
    errors: &mut Errors,
) -> Option<Activation> {
    let given = given.into_iter().map(function::argument).collect();
    let given = args::renamed(given, row);
    let names: Vec<&str> = row.params.iter().map(|param| param.name).collect();
    let before = errors.count();
    let mut given = args::name_positional(given, &names, row.class, label, errors);
    given.retain(|arg| !arg.is("name") && !arg.is("dtype"));
    let owner = Owner {
        class: row.class,
        ends,
        takes_common: false,
        label,
    };
    let args = bind(row.params, given, &owner, read, errors)?;
    if errors.count() > before {
        return None;
    }
    let (row, mut args) = as_activation(row, args, ends);
    let of_arg = |arg: Arg| match arg.value {
        Value::Activation(activation) => Some(activation),
        _ => None,
    };
    let activation = match row.class {
        SOFTMAX => None,
        _ => args.pop().and_then(of_arg),
    };
    if activation.is_none() {
        errors.at(
            ends,
            format_args!(
                "{label}`{what} = {SOFTMAX}(...)` is over the last axis\n  help: leave `axis` out, or put \
                 `{SOFTMAX}(...)` behind as a layer of its own"
            ),
        );
    }
    activation
}

/// A layer that is an activation as an `Activation` with that one; others as they are.
pub fn as_activation(
    row: &'static LayerRow,
    args: Vec<Arg>,
    ends: Ends,
) -> (&'static LayerRow, Vec<Arg>) {
    let Some(here) = catalogue::layer("Activation") else {
        return (row, args);
    };
    let activation = match row.emission {
        Emission::Activation(_) => Activation::With { row, args },
        _ if row.class == SOFTMAX && is_over_the_last_axis(&args) => Activation::Builtin(
            Ident::new(SOFTMAX, ends.first.resolved_at(Span::mixed_site())),
        ),
        _ => return (row, args),
    };
    let arg = Arg {
        name: "activation",
        value: Value::Activation(activation),
        ends,
        by_default: false,
    };
    (here, vec![arg])
}

/// Whether an axis says -1, as far as the macro can see.
fn is_over_the_last_axis(args: &[Arg]) -> bool {
    args.iter().all(|arg| match &arg.value {
        Value::Const { value, .. } => value.to_string().replace(' ', "") == "&[-1]",
        _ => false,
    })
}
