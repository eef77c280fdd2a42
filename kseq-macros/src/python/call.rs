//! What is Python among the arguments of `compile!`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::{Expr, UnOp};

use super::words;
use crate::ast::Ends;

/// What is written in place of `**kwargs`.
const ARGUMENTS: &str = "optimizer = \"adam\", loss = \"mse\"";

/// What is wrong with a value that Rust can read but that means something else in Python.
pub fn of_value(e: &Expr) -> Option<String> {
    if let Expr::Unary(star) = e
        && matches!(star.op, UnOp::Deref(_))
    {
        // A reference that is followed, unless nothing else is to be seen.
        let twice = matches!(&*star.expr, Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)));
        return twice.then(|| format!("`compile!`: {}", words::unpacked(ARGUMENTS)));
    }
    if let Expr::Binary(binary) = e
        && matches!(binary.op, syn::BinOp::Eq(_))
        && let Expr::Path(name) = &*binary.left
    {
        let name = quote::quote!(#name).to_string();
        return Some(format!("`compile!`: {}", words::compared(&name)));
    }
    if let Expr::Assign(assign) = e
        && let Expr::Binary(name) = &*assign.left
        && matches!(name.op, syn::BinOp::Sub(_))
    {
        let written = quote::quote!(#name).to_string().replace(' ', "");
        return Some(format!("`compile!`: {}", words::hyphen(&written)));
    }
    None
}

/// What is wrong with tokens that are no value in Rust, and where: of the whole argument, and of its value.
pub fn of_tokens(all: &TokenStream, value: &TokenStream) -> Option<(Ends, String)> {
    let tokens = match value.is_empty() {
        true => all,
        false => value,
    };
    if let Some(text) = text(all, value) {
        // A comment has no end here.
        let first = all.clone().into_iter().next();
        let comment =
            first.filter(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == '#'));
        let ends = comment.map(|tree| Ends::at(tree.span()));
        return Some((
            ends.unwrap_or_else(|| Ends::of_tokens(tokens.clone())),
            text,
        ));
    }
    // The arguments of a class, the elements of a list.
    tokens.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Group(group) => pieces(group.stream()).into_iter().find_map(|piece| {
            let named = matches!(piece.get(1), Some(TokenTree::Punct(p)) if p.as_char() == '=');
            let value = piece.iter().skip(if named { 2 } else { 0 }).cloned();
            let value: TokenStream = value.collect();
            match syn::parse2::<Expr>(value.clone()) {
                Ok(value) => Some((Ends::of(&value), of_value(&value)?)),
                Err(_) => of_tokens(&piece.into_iter().collect(), &value),
            }
        }),
        _ => None,
    })
}

/// The tokens between commas.
fn pieces(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ',');
    let pieces = trees.split(is_comma).map(<[TokenTree]>::to_vec);
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn text(all: &TokenStream, value: &TokenStream) -> Option<String> {
    let trees: Vec<TokenTree> = value.clone().into_iter().collect();
    let whole: Vec<TokenTree> = all.clone().into_iter().collect();
    let word = |at: usize| match trees.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    let punct = |trees: &[TokenTree], at: usize, wanted: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted);
    let text = match (trees.first(), word(0).as_str()) {
        (_, "lambda") => words::lambda(
            "a metric is a function `fn name(y_true: &[f32; N], y_pred: &[f32; N]) -> f32`, given by its name; a loss is \
             `losses::function(name)`; a learning rate that changes is a schedule such as `ExponentialDecay(...)`",
        ),
        (_, "not") => words::not(&word(1)),
        (_, "f" | "r" | "u" | "b" | "rb" | "fr") if matches!(trees.get(1), Some(TokenTree::Literal(_))) => {
            words::prefix(&trees.get(1).map_or_else(String::new, ToString::to_string))
        }
        (Some(TokenTree::Group(group)), _) if group.delimiter() == Delimiter::Brace => {
            "a model of one output takes one value, not a dict\n  help: write the value alone: `loss = \"mse\"`, \
             `metrics = [\"mae\"]`, `optimizer = Adam(0.001)`"
                .to_owned()
        }
        (Some(TokenTree::Group(group)), _)
            if group.delimiter() == Delimiter::Bracket && has_word(group.stream(), "for") =>
        {
            words::comprehension("[\"mae\", \"mse\"]")
        }
        _ if punct(&whole, 0, '#') => words::COMMENT.to_owned(),
        _ if punct(&whole, 0, '*') => words::unpacked(ARGUMENTS),
        _ if whole.iter().any(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ';')) => {
            words::no_comma("arguments")
        }
        // `Net::new(1)` is none.
        (_, name)
            if !name.is_empty()
                && matches!(whole.get(1), Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == Spacing::Alone) =>
        {
            words::colon(&format!("{name} = ..."))
        }
        _ if matches!(trees.get(1), Some(TokenTree::Ident(word)) if word == "if" || word == "or" || word == "and") => {
            let text = words::between(&word(1)).unwrap_or_default();
            format!(
                "{text}\n  help: the types of optimizer, loss and metrics are fixed when the program is compiled: write one"
            )
        }
        _ => return None,
    };
    Some(format!("`compile!`: {text}"))
}

fn has_word(tokens: TokenStream, word: &str) -> bool {
    tokens
        .into_iter()
        .any(|tree| matches!(tree, TokenTree::Ident(found) if found == word))
}
