//! Values: numbers, sizes, flags, words. Whatever is no literal is an expression for the compiler.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, Lit, UnOp};

use super::Place;
use crate::ast::{Ends, Errors};
use crate::ir::Value;
use crate::suggest::did_you_mean;

/// A literal, as far as the macro can see one.
enum Literally {
    /// `-3` is (true, 3).
    Int(bool, Option<u128>),
    Float,
    /// A string, a bool, a tuple, `None`: nothing that is a number.
    Other,
    /// An expression.
    No,
}

/// The expression without parentheses and invisible groups.
pub fn peel(mut e: &Expr) -> &Expr {
    loop {
        e = match e {
            Expr::Group(g) => &g.expr,
            Expr::Paren(p) => &p.expr,
            e => return e,
        }
    }
}

/// The value of a string literal.
pub fn string(e: &Expr) -> Option<String> {
    match peel(e) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(s) => Some(s.value()),
            _ => None,
        },
        _ => None,
    }
}

/// A path of one plain identifier.
pub fn ident(e: &Expr) -> Option<&syn::Ident> {
    match peel(e) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Python's `None`: the argument is not given.
pub fn is_none(e: &Expr) -> bool {
    ident(e).is_some_and(|ident| ident == "None")
}

/// `true`, `false`, and Python's `True`, `False`.
pub fn truth(e: &Expr) -> Option<bool> {
    match peel(e) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Bool(b) => Some(b.value),
            _ => None,
        },
        e => match ident(e)?.to_string().as_str() {
            "True" => Some(true),
            "False" => Some(false),
            _ => None,
        },
    }
}

/// How messages show a value.
pub fn text_of(e: &Expr) -> String {
    let e = peel(e);
    let mut text = match e {
        Expr::Unary(u) if matches!(u.op, UnOp::Neg(_)) => format!("-{}", text_of(&u.expr)),
        e => e.to_token_stream().to_string(),
    };
    if matches!(e, Expr::Path(_)) {
        text = format!("`{}`", text.replace(' ', ""));
    }
    if text.chars().count() > 40 {
        text = text.chars().take(37).chain("...".chars()).collect();
    }
    text
}

fn literally(e: &Expr) -> Literally {
    match peel(e) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => Literally::Int(false, int.base10_parse().ok()),
            Lit::Float(_) => Literally::Float,
            Lit::Verbatim(_) => Literally::No,
            _ => Literally::Other,
        },
        Expr::Unary(u) if matches!(u.op, UnOp::Neg(_)) => match literally(&u.expr) {
            Literally::Int(negative, int) => Literally::Int(!negative, int),
            other => other,
        },
        Expr::Tuple(_) | Expr::Array(_) | Expr::Closure(_) | Expr::Range(_) => Literally::Other,
        e if is_none(e) || truth(e).is_some() => Literally::Other,
        _ => Literally::No,
    }
}

/// A positive integer (A8, A10).
pub fn size(e: &Expr, what: &str, place: &Place, errors: &mut Errors) -> Option<TokenStream> {
    let fits = match literally(e) {
        Literally::Int(negative, int) => !negative && int != Some(0),
        Literally::Float | Literally::Other => false,
        Literally::No => true,
    };
    if !fits {
        refuse(e, what, "a positive integer", place, errors);
    }
    fits.then(|| peel(e).to_token_stream())
}

/// A number of type `f32` (A8); Python writes `Dropout(0)` as well.
pub fn real(e: &Expr, what: &str, place: &Place, errors: &mut Errors) -> Option<Value> {
    match literally(e) {
        Literally::Int(negative, Some(int)) => {
            let mut number = Literal::f32_unsuffixed(int as f32);
            number.set_span(peel(e).span());
            Some(Value::Real(match negative {
                true => quote!(-#number),
                false => number.into_token_stream(),
            }))
        }
        Literally::Other => {
            refuse(e, what, "a number such as 0.5", place, errors);
            None
        }
        _ => Some(Value::Real(peel(e).to_token_stream())),
    }
}

/// `true` or `false` (A8).
pub fn flag(e: &Expr, what: &str, place: &Place, errors: &mut Errors) -> Option<Value> {
    match (truth(e), literally(e)) {
        (Some(truth), _) => Some(Value::Flag(truth)),
        (None, Literally::No) => Some(Value::FlagExpr(peel(e).to_token_stream())),
        (None, _) => {
            refuse(e, what, "`true` or `false`", place, errors);
            None
        }
    }
}

/// One of the known words (A8, A9).
pub fn word(
    e: &Expr,
    (what, class): (&str, &str),
    (known, later): (&[&str], &[&str]),
    place: &Place,
    errors: &mut Errors,
) -> Option<Value> {
    let quoted = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|w| format!("{w:?}")).collect();
        words.join(", ")
    };
    let Some(given) = string(e) else {
        let one_of = format!("one of {}", quoted(known));
        let expected = match known {
            [only] => format!("{only:?}"),
            _ => one_of,
        };
        refuse(e, what, &expected, place, errors);
        return None;
    };
    if known.contains(&given.as_str()) {
        return Some(Value::Word(given));
    }
    let known_words = quoted(known);
    if later.contains(&given.as_str()) {
        errors.at(
            Ends::of(e),
            format_args!(
                "{place}`{what} = {given:?}` of `{class}` is known to Keras, but not implemented \
                 in kseq yet\n  help: implemented: {known_words}"
            ),
        );
    } else {
        let guess = did_you_mean(&given, known, '"');
        errors.at(
            Ends::of(e),
            format_args!("{place}unknown {what} {given:?}{guess}\n  help: known: {known_words}"),
        );
    }
    None
}

/// A8 and A10: a value of the wrong kind.
pub fn refuse(e: &Expr, what: &str, expected: &str, place: &Place, errors: &mut Errors) {
    let found = text_of(e);
    errors.at(
        Ends::of(e),
        format_args!("{place}`{what}` must be {expected}, found {found}"),
    );
}
