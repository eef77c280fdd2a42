//! What Python has and Rust has not, as it is met among the arguments of `compile!`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::{Expr, UnOp};

use crate::ast::Ends;

/// What is wrong with a value that Rust can read but that means something else in Python.
pub fn of_value(e: &Expr) -> Option<String> {
    if let Expr::Unary(star) = e
        && matches!(star.op, UnOp::Deref(_))
    {
        let stars = match &*star.expr {
            Expr::Unary(inner) if matches!(inner.op, UnOp::Deref(_)) => "**",
            // A reference that is followed, unless nothing else is to be seen.
            _ => return None,
        };
        return Some(format!(
            "`compile!`: arguments are not unpacked with `{stars}`\n  help: write them out: `optimizer = ..., \
             loss = ...`"
        ));
    }
    if let Expr::Binary(binary) = e
        && matches!(binary.op, syn::BinOp::Eq(_))
        && matches!(&*binary.left, Expr::Path(_))
    {
        return Some("`compile!`: an argument is given with `=`, not with `==`".to_owned());
    }
    if let Expr::Assign(assign) = e
        && let Expr::Binary(name) = &*assign.left
        && matches!(name.op, syn::BinOp::Sub(_))
    {
        let written = quote::quote!(#name).to_string().replace(' ', "");
        let meant = written.replace('-', "_");
        return Some(format!(
            "`compile!`: a name has no `-` in it\n  help: write `{meant} = ...`"
        ));
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
        (_, "lambda") => "there is no `lambda` in Rust\n  help: a metric is a function `fn name(y_true: &[f32; N], \
                          y_pred: &[f32; N]) -> f32`, given by its name; a loss is `losses::function(name)`; a learning rate that \
                          changes is a schedule such as `ExponentialDecay(...)`"
            .to_owned(),
        (_, "not") => {
            "Rust's `not` is `!`\n  help: write `false` for `not True`, `true` for `not False`".to_owned()
        }
        (_, "f" | "r" | "u" | "b") if matches!(trees.get(1), Some(TokenTree::Literal(_))) => {
            "the words of `compile!` are known when the program is compiled\n  help: write a plain string".to_owned()
        }
        (Some(TokenTree::Group(group)), _) if group.delimiter() == Delimiter::Brace => {
            "a model of one output takes one value, not a dict\n  help: write the value alone: `loss = \"mse\"`, \
             `metrics = [\"mae\"]`, `optimizer = Adam(0.001)`"
                .to_owned()
        }
        (Some(TokenTree::Group(group)), _)
            if group.delimiter() == Delimiter::Bracket && has_word(group.stream(), "for") =>
        {
            "the values are listed one by one: each is a type of its own\n  help: write `[\"mae\", \"mse\"]`".to_owned()
        }
        _ if punct(&whole, 0, '#') => "a comment begins with `//` in Rust".to_owned(),
        _ if punct(&whole, 0, '*') => {
            "arguments are not unpacked with `*` or `**`\n  help: write them out: `optimizer = ..., loss = ...`"
                .to_owned()
        }
        _ if whole.iter().any(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ';')) => {
            "arguments are separated by `,`, not by `;`".to_owned()
        }
        // `Net::new(1)` is none.
        (_, name)
            if !name.is_empty()
                && matches!(whole.get(1), Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == Spacing::Alone) =>
        {
            format!("an argument is given with `=`, not with `:`\n  help: write `{name} = ...`")
        }
        _ if matches!(trees.get(1), Some(TokenTree::Ident(word)) if word == "if" || word == "or" || word == "and") => {
            "Python's `x if c else y`, `or`, `and` are no Rust\n  help: the types of optimizer, loss and metrics are \
             fixed when the program is compiled: write one"
                .to_owned()
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
