//! How functions are named: strings, or identifiers as Python writes them.

use proc_macro2::Ident;
use syn::{Expr, Member};

use super::value;
use crate::ast::{Arg, Ends};

/// How a function was named.
pub enum Named<'a> {
    /// `"relu"`
    String(String),
    /// `relu`, `activations.relu`, `tf.nn.relu`: the last identifier.
    Word(&'a Ident),
    /// `HeNormal(seed = 1)`, `initializers.HeNormal()`
    Call(&'a Ident, Vec<&'a Expr>),
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
