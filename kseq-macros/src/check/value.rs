//! Values: numbers, sizes, flags, words. Whatever is no literal is an expression for the compiler.

use kseq_catalogue::{Kind, Param, Words, layers};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, Lit, UnOp};

use super::label::LayerLabel;
use crate::ast::{Ends, Errors};
use crate::ir::Value;
use crate::suggest::did_you_mean;

/// A literal, as far as the macro can see one.
pub enum Literally {
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

/// A string literal as a value.
pub fn name(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    let Some(text) = string(e) else {
        refuse(e, what, Kind::Name.describe(), label, errors);
        return None;
    };
    let ty = quote!(&::core::primitive::str);
    let value = Literal::string(&text).into_token_stream();
    Some(Value::Const { ty, value })
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

/// The elements of a tuple or a list.
pub fn elements(e: &Expr) -> Option<Vec<&Expr>> {
    match peel(e) {
        Expr::Tuple(tuple) => Some(tuple.elems.iter().collect()),
        Expr::Array(array) => Some(array.elems.iter().collect()),
        _ => None,
    }
}

/// How messages show a value.
pub fn text_of(e: &Expr) -> String {
    let e = peel(e);
    let mut text = match e {
        Expr::Unary(u) if matches!(u.op, UnOp::Neg(_)) => format!("-{}", text_of(&u.expr)),
        Expr::Tuple(t) if t.elems.len() == 1 => format!("({},)", list(&t.elems)),
        Expr::Tuple(t) => format!("({})", list(&t.elems)),
        Expr::Array(a) => format!("[{}]", list(&a.elems)),
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

/// The values of a tuple or an array.
fn list<'a>(values: impl IntoIterator<Item = &'a Expr>) -> String {
    let values: Vec<String> = values.into_iter().map(text_of).collect();
    values.join(", ")
}

/// What the macro can see of a number.
pub fn literally(e: &Expr) -> Literally {
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

/// A function of Rust: a path, or a closure.
pub fn function(e: &Expr, name: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    match peel(e) {
        Expr::Path(_) | Expr::Closure(_) | Expr::Cast(_) | Expr::Block(_) if !is_none(e) => {
            Some(Value::Function(quote!(#e)))
        }
        _ => {
            refuse(e, name, "a function such as |x| x * x", label, errors);
            None
        }
    }
}

/// A positive integer (A8, A10).
pub fn size(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<TokenStream> {
    let fits = match literally(e) {
        Literally::Int(negative, int) => !negative && int != Some(0),
        Literally::Float | Literally::Other => false,
        Literally::No => true,
    };
    if !fits {
        refuse(e, what, "a positive integer", label, errors);
    }
    fits.then(|| peel(e).to_token_stream())
}

/// `n` positive integers as a tuple or a list, or one that stands for all (A8, A10).
pub fn sizes(
    e: &Expr,
    what: &str,
    n: usize,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Vec<TokenStream>> {
    let several = match peel(e) {
        Expr::Tuple(tuple) => Some(&tuple.elems),
        Expr::Array(array) => Some(&array.elems),
        Expr::Repeat(_) => None,
        e if !matches!(literally(e), Literally::Other | Literally::Float) => {
            return size(e, what, label, errors).map(|size| vec![size]);
        }
        _ => None,
    };
    let Some(several) = several.filter(|several| several.len() == n) else {
        refuse(e, what, Kind::Sizes(n).describe(), label, errors);
        return None;
    };
    let sizes: Vec<_> = several
        .iter()
        .filter_map(|e| size(e, what, label, errors))
        .collect();
    (sizes.len() == n).then_some(sizes)
}

/// A number of type `f32` (A8); Python writes `Dropout(0)` as well.
pub fn real(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    if let Literally::Other = literally(e) {
        refuse(e, what, "a number such as 0.5", label, errors);
        return None;
    }
    Some(Value::Real(number(e)))
}

/// `1` where an `f32` is wanted, as Python allows.
pub fn number(e: &Expr) -> TokenStream {
    match literally(e) {
        Literally::Int(negative, Some(int)) => {
            let mut number = Literal::f32_unsuffixed(int as f32);
            number.set_span(peel(e).span());
            match negative {
                true => quote!(-#number),
                false => number.into_token_stream(),
            }
        }
        _ => peel(e).to_token_stream(),
    }
}

/// A whole number of any sign, as a `u64` (A8).
pub fn seed(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    let value = match literally(e) {
        Literally::Int(false, _) => peel(e).to_token_stream(),
        Literally::Int(true, _) | Literally::No => {
            let e = peel(e);
            let ty = match literally(e) {
                Literally::No => quote!(),
                _ => quote!(as ::core::primitive::i64),
            };
            quote!((#e #ty) as ::core::primitive::u64)
        }
        Literally::Float | Literally::Other => {
            refuse(
                e,
                what,
                "a whole number such as 1, or `None`",
                label,
                errors,
            );
            return None;
        }
    };
    let ty = quote!(::core::primitive::u64);
    Some(Value::Const { ty, value })
}

/// `true` or `false` (A8).
pub fn flag(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    match (truth(e), literally(e)) {
        (Some(truth), _) => Some(Value::Flag(truth)),
        (None, Literally::No) => Some(Value::FlagExpr(peel(e).to_token_stream())),
        (None, _) => {
            refuse(e, what, "`true` or `false`", label, errors);
            None
        }
    }
}

/// Of which class an argument is.
pub struct Argument<'a> {
    pub name: &'a str,
    pub class: &'a str,
}

/// One of the known words (A8, A9).
pub fn word(
    e: &Expr,
    argument: &Argument<'_>,
    words: Words,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Value> {
    let Argument { name, class } = argument;
    let quoted: Vec<String> = words.known.iter().map(|w| format!("{w:?}")).collect();
    let known = quoted.join(", ");
    let Some(given) = string(e) else {
        let expected = match words.known {
            [_] => known,
            _ => format!("one of {known}"),
        };
        let unquoted = ident(e).filter(|word| words.known.iter().any(|known| word == known));
        if let Some(word) = unquoted {
            errors.at(
                Ends::of(e),
                format_args!(
                    "{label}`{name}` must be {expected}, found `{word}`\n  help: write it in quotes: `\"{word}\"`"
                ),
            );
            return None;
        }
        refuse(e, name, &expected, label, errors);
        return None;
    };
    if words.known.contains(&given.as_str()) {
        return Some(Value::Word(given));
    }
    if words.later.contains(&given.as_str()) {
        errors.at(
            Ends::of(e),
            format_args!(
                "{label}`{name} = {given:?}` of `{class}` is known to Keras, but not implemented \
                 in kseq yet\n  help: implemented: {known}"
            ),
        );
    } else if let Some(other) = of_another(&given, name) {
        errors.at(
            Ends::of(e),
            format_args!(
                "{label}`{name} = {given:?}` is for `{other}`, not for `{class}`\n  \
                 help: `{class}` takes {known}"
            ),
        );
    } else {
        let guess = did_you_mean(&given, words.known, '"');
        errors.at(
            Ends::of(e),
            format_args!("{label}unknown {name} {given:?}{guess}\n  help: known: {known}"),
        );
    }
    None
}

/// The layer whose argument of that name knows the word.
fn of_another(word: &str, argument: &str) -> Option<&'static str> {
    let knows = |param: &Param| match param.kind {
        Kind::Word(words) => param.name == argument && words.known.contains(&word),
        _ => false,
    };
    let mut rows = layers();
    let row = rows.find(|row| row.params.iter().any(knows))?;
    Some(row.class)
}

/// Whether a value is the default of an argument that takes nothing else.
fn is_default(param: &Param, given: &Expr) -> bool {
    // Several defaults are those of several versions.
    let mut defaults = param.default.unwrap_or("None").split('|');
    let is_default = defaults.any(|default| match default {
        "True" => truth(given) == Some(true),
        "False" => truth(given) == Some(false),
        default => text_of(given) == default,
    });
    is_default || is_none(given)
}

/// Takes nothing but the default of an argument, for a reason.
pub fn fixed(param: &Param, why: &str, given: &Expr, label: &LayerLabel, errors: &mut Errors) {
    if !is_default(param, given) {
        let (name, default) = (param.name, param.default.unwrap_or("None"));
        errors.at(
            Ends::of(given),
            format_args!(
                "{label}`{name}` takes nothing but `{default}`, found {}\n  help: leave it out: {why}",
                text_of(given)
            ),
        );
    }
}

/// Takes nothing but the default of an argument that is not implemented.
pub fn later(param: &Param, given: &Expr, label: &LayerLabel, errors: &mut Errors) {
    if !is_default(param, given) {
        let name = param.name;
        errors.at(
            Ends::of(given),
            format_args!(
                "{label}`{name}` is known to Keras, but not implemented in kseq yet\n  \
                 help: leave it out"
            ),
        );
    }
}

/// A8 and A10: a value of the wrong kind.
pub fn refuse(e: &Expr, what: &str, expected: &str, label: &LayerLabel, errors: &mut Errors) {
    let found = text_of(e);
    let what = match what.contains(' ') {
        true => what.to_owned(),
        false => format!("`{what}`"),
    };
    // A number or a flag in quotes.
    let inner = string(e).filter(|inner| {
        let word = matches!(inner.as_str(), "true" | "false" | "True" | "False" | "None");
        word || inner.parse::<f64>().is_ok() && !inner.starts_with(char::is_alphabetic)
    });
    let help = match inner {
        Some(inner) if !expected.contains('"') => {
            format!("\n  help: write it without quotes: `{}`", inner.trim())
        }
        _ => String::new(),
    };
    errors.at(
        Ends::of(e),
        format_args!("{label}{what} must be {expected}, found {found}{help}"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `sizes` makes of an argument for two dimensions: the sizes, or the messages.
    fn two(source: &str) -> Result<Vec<String>, Vec<String>> {
        let mut errors = Errors::default();
        let label = LayerLabel {
            number: 1,
            name: "conv2d_1".to_owned(),
            within: String::new(),
            span: proc_macro2::Span::call_site(),
        };
        let e: Expr = syn::parse_str(source).map_err(|e| vec![e.to_string()])?;
        match sizes(&e, "strides", 2, &label, &mut errors) {
            Some(sizes) => Ok(sizes.iter().map(ToString::to_string).collect()),
            None => Err(errors.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn sizes_are_one_number_or_one_for_each_dimension() {
        let accepted = |source, sizes: &[&str]| {
            let sizes = sizes.iter().map(ToString::to_string).collect();
            assert_eq!(two(source), Ok(sizes));
        };
        accepted("3", &["3"]);
        accepted("(3)", &["3"]);
        accepted("K", &["K"]);
        accepted("K + 1", &["K + 1"]);
        accepted("(3, 5)", &["3", "5"]);
        accepted("[3, K]", &["3", "K"]);
    }

    #[test]
    fn other_sizes_are_refused() {
        let refused = |source, messages: &[&str]| {
            let begin = "layer 1 `conv2d_1`: `strides` must be a positive integer";
            let messages = messages.iter().map(|m| format!("{begin}{m}")).collect();
            assert_eq!(two(source), Err(messages));
        };
        let tuple = ", or a tuple such as (3, 3), found ";
        for found in [
            "(3, 3, 3)",
            "(3,)",
            "[3]",
            "\"three\"",
            "1.5",
            "[3 ; 2]",
            "true",
        ] {
            refused(found, &[&format!("{tuple}{found}")]);
        }
        let help = "\"3\"\n  help: write it without quotes: `3`";
        refused("\"3\"", &[&format!("{tuple}{help}")]);
        refused("0", &[", found 0"]);
        refused("-3", &[", found -3"]);
        refused("(0, -2)", &[", found 0", ", found -2"]);
        refused("(2, (2, 2))", &[", found (2, 2)"]);
        refused("(1.5, N)", &[", found 1.5"]);
    }
}
