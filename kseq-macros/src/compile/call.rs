//! Tokens -> the arguments of `compile!` as they are written.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Ident, Token};

use super::message::at;
use crate::ast::{Ends, Errors};
use crate::check::value;
use crate::python;

/// `model, optimizer = "rmsprop", loss = "mse", ...`
pub struct Call {
    /// `None` after an error.
    pub model: Option<Expr>,
    pub args: Vec<(Option<Ident>, Given)>,
    /// Whether everything could be read: else what seems to be missing may be there.
    pub is_whole: bool,
}

/// What is given for an argument.
#[allow(
    clippy::large_enum_variant,
    reason = "large only in the tests, where spans have lines and columns"
)]
pub enum Given {
    Value(Expr),
    /// There is an error already.
    Wrong,
}

/// Reads the arguments; a mistake in one does not hide those of the others.
pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Call {
    let mut all = Vec::new();
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            all.push(argument(input, errors));
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = read.parse2(tokens) {
        errors.push(error);
    }
    let mut all = all.into_iter();
    let model = match all.next() {
        Some((None, Given::Value(model))) => checked(model, errors),
        Some((Some(name), given)) => {
            if let Given::Value(_) = given {
                errors.at(Ends::at(name.span()), FIRST);
            }
            None
        }
        Some((None, Given::Wrong)) => None,
        None => {
            let message = "`compile!`: what is compiled?\n  help: write `compile!(model, optimizer \
                           = \"adam\", loss = \"mse\")`";
            errors.push(Error::new(proc_macro2::Span::call_site(), message));
            None
        }
    };
    Call {
        model,
        args: all.collect(),
        is_whole: errors.count() == 0,
    }
}

const FIRST: &str = "`compile!`: the model comes first\n  help: write `compile!(model, optimizer = ..., loss = ...)`";

/// The model, unless it cannot be one.
fn checked(model: Expr, errors: &mut Errors) -> Option<Expr> {
    if let Expr::Lit(literal) = &model {
        errors.at(Ends::of(literal), FIRST);
        return None;
    }
    if let Expr::Reference(reference) = &model {
        let shown = value::text_of(&reference.expr);
        at(
            &model,
            format_args!(
                "the model is given by value, and comes back compiled\n  help: write `let mut model = compile!({}, ...)`",
                shown.trim_matches('`').replace(" :: ", "::")
            ),
            errors,
        );
        return None;
    }
    // `Net`, `Net()`
    let path = match &model {
        Expr::Call(call) if call.args.is_empty() => &*call.func,
        model => model,
    };
    if let Some(name) = value::ident(path) {
        let text = name.to_string();
        if text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase) {
            at(
                &model,
                format_args!(
                    "`{name}` is a type, and a model is a value of it\n  help: write `compile!({name}::new(seed), ...)` \
                     with a number as the seed"
                ),
                errors,
            );
            return None;
        }
    }
    Some(model)
}

/// The expression that tokens begin with, and how many are left.
fn first(input: ParseStream<'_>) -> syn::Result<(Expr, usize)> {
    let value = input.parse()?;
    let rest: TokenStream = input.parse()?;
    Ok((value, rest.into_iter().count()))
}

/// `loss = "mse"`, up to the next comma.
fn argument(input: ParseStream<'_>, errors: &mut Errors) -> (Option<Ident>, Given) {
    let begin = input.fork();
    let named = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
    let mut name = None;
    if named {
        name = input.call(Ident::parse_any).ok();
        let _ = input.parse::<Token![=]>();
    }
    let value_begin = input.fork();
    // Apart: a parser that has failed in parentheses says so once more when all is read.
    let value = input
        .fork()
        .parse::<TokenStream>()
        .and_then(|rest| first.parse2(rest));
    if let Ok((value, rest)) = &value {
        let left = |input: ParseStream<'_>| input.fork().parse::<TokenStream>();
        let left = |input| left(input).map_or(0, |rest| rest.into_iter().count());
        while left(input) > *rest && input.parse::<TokenTree>().is_ok() {}
        if input.is_empty() || input.peek(Token![,]) {
            let given = match python::of_value(value) {
                Some(error) => {
                    errors.at(Ends::of(value), error);
                    Given::Wrong
                }
                None => Given::Value(value.clone()),
            };
            return (name, given);
        }
    }
    // A `lambda` has commas before its colon.
    let mut is_lambda = value_begin
        .fork()
        .parse::<Ident>()
        .is_ok_and(|word| word == "lambda");
    while !input.is_empty() && (is_lambda || !input.peek(Token![,])) {
        is_lambda &= !input.peek(Token![:]);
        let _ = input.parse::<TokenTree>();
    }
    let from = |start: ParseStream<'_>| {
        let mut tokens = TokenStream::new();
        while start.cursor() != input.cursor() {
            match start.parse::<TokenTree>() {
                Ok(tree) => tokens.extend([tree]),
                Err(_) => break,
            }
        }
        tokens
    };
    let (all, tokens) = (from(&begin), from(&value_begin));
    let ends = match tokens.is_empty() {
        true => Ends::of_tokens(all.clone()),
        false => Ends::of_tokens(tokens.clone()),
    };
    match (python::of_tokens(&all, &tokens), value) {
        (Some((ends, error)), _) => errors.at(ends, error),
        (None, Err(error)) => errors.push(error),
        (None, Ok(_)) => errors.at(ends, "`compile!`: expected `,` between the arguments"),
    }
    (name, Given::Wrong)
}
