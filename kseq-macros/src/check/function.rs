//! How functions are named: strings, or identifiers as Python writes them.

use proc_macro2::Ident;
use syn::Expr;

use super::value;
use crate::ast::{Arg, Ends};
use crate::prefix;

/// How a function was named.
pub enum Named<'a> {
    /// `"relu"`
    String(String),
    /// `relu`, `activations.relu`, `tf.nn.relu`: the last identifier.
    Word(&'a Ident),
    /// `HeNormal(seed = 1)`, `initializers.HeNormal()`
    Call(&'a Ident, Vec<&'a Expr>),
    /// `initializers::HeNormal()`, `keras::activations::relu`: Keras's, or else an expression of the user's.
    Behind(&'a Ident, Option<Vec<&'a Expr>>),
    /// Anything else.
    Other,
}

/// How an expression names a function.
pub fn named(e: &Expr) -> Named<'_> {
    let e = value::peel(e);
    if let Some(text) = value::string(e) {
        return Named::String(text);
    }
    if let Some(ident) = value::ident(e) {
        return Named::Word(ident);
    }
    match e {
        Expr::Path(path) if path.qself.is_none() => match prefix::last_of(&path.path) {
            Some(name) if prefix::is_pythons(&path.path) => Named::Word(name),
            Some(name) => Named::Behind(name, None),
            None => Named::Other,
        },
        Expr::Field(_) => match prefix::dotted(e).as_deref() {
            Some([.., name]) => Named::Word(name),
            _ => Named::Other,
        },
        Expr::Call(call) => {
            let args = call.args.iter().collect();
            match (value::ident(&call.func), value::peel(&call.func)) {
                (Some(name), _) => Named::Call(name, args),
                (None, Expr::Path(path)) if path.qself.is_none() => {
                    match prefix::last_of(&path.path) {
                        Some(name) if prefix::is_pythons(&path.path) => Named::Call(name, args),
                        Some(name) => Named::Behind(name, Some(args)),
                        None => Named::Other,
                    }
                }
                _ => Named::Other,
            }
        }
        Expr::MethodCall(call) if prefix::dotted(&call.receiver).is_some() => {
            Named::Call(&call.method, call.args.iter().collect())
        }
        _ => Named::Other,
    }
}

/// The list of names, unless there is a good guess.
pub fn known(guess: &str, names: &[&str]) -> String {
    match guess {
        "" => format!("known are {}; ", names.join(", ")),
        _ => String::new(),
    }
}

/// `0.0` or `mean = 0.0`: Rust reads the second as an assignment.
pub fn argument(value: &Expr) -> Arg {
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
