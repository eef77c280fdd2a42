//! Python's `{"rmax": 3.0}`, which becomes `dict(rmax = 3.0)`: in front of a colon Rust has no value.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use syn::{Error, LitStr, Result};

/// The tokens of an argument's value with its dicts as calls, at any depth: layers may stand in it. Nothing if there is none: a group
/// that is made anew has forgotten where its brackets are.
pub fn with_dicts(value: TokenStream) -> Result<Option<TokenStream>> {
    match has_dict(value.clone(), true) {
        true => replaced(value, true).map(Some),
        false => Ok(None),
    }
}

fn has_dict(tokens: TokenStream, mut is_value: bool) -> bool {
    tokens.into_iter().any(|token| {
        let is_here = is_value;
        is_value = is_equals(&token);
        match token {
            TokenTree::Group(group) => is_dict(&group, is_here) || has_dict(group.stream(), false),
            _ => false,
        }
    })
}

fn is_equals(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '=')
}

/// Whether braces hold a first key, or nothing where a value stands.
fn is_dict(group: &Group, is_value: bool) -> bool {
    let mut inside = group.stream().into_iter();
    group.delimiter() == Delimiter::Brace
        && match (inside.next(), inside.next()) {
            (None, _) => is_value,
            (Some(key), Some(TokenTree::Punct(colon))) => {
                colon.as_char() == ':' && text(&key).is_some()
            }
            _ => false,
        }
}

fn text(key: &TokenTree) -> Option<LitStr> {
    syn::parse2(key.clone().into()).ok()
}

fn replaced(tokens: TokenStream, mut is_value: bool) -> Result<TokenStream> {
    let mut all = TokenStream::new();
    for token in tokens {
        let is_here = is_value;
        is_value = is_equals(&token);
        let TokenTree::Group(group) = token else {
            all.extend([token]);
            continue;
        };
        let (delimiter, inside) = match is_dict(&group, is_here) {
            true => {
                let name = Ident::new("dict", group.span());
                all.extend([TokenTree::Ident(name)]);
                (Delimiter::Parenthesis, with_names(group.stream())?)
            }
            false => (group.delimiter(), group.stream()),
        };
        let mut made = Group::new(delimiter, replaced(inside, false)?);
        made.set_span(group.span());
        all.extend([TokenTree::Group(made)]);
    }
    Ok(all)
}

/// `"rmax": 3.0` as `rmax = 3.0`
fn with_names(entries: TokenStream) -> Result<TokenStream> {
    let mut all = TokenStream::new();
    let mut rest = entries.into_iter().peekable();
    let mut is_key = true;
    while let Some(token) = rest.next() {
        let colon = rest
            .next_if(|next| is_key && matches!(next, TokenTree::Punct(p) if p.as_char() == ':'));
        is_key = matches!(&token, TokenTree::Punct(p) if p.as_char() == ',');
        let (Some(colon), Some(key)) = (&colon, text(&token)) else {
            all.extend([token].into_iter().chain(colon));
            continue;
        };
        let name = syn::parse_str::<Ident>(&key.value());
        let name = name.map_err(|_| Error::new(key.span(), "expected a key that is a name"))?;
        let mut equals = Punct::new('=', Spacing::Alone);
        equals.set_span(colon.span());
        let name = Ident::new(&name.to_string(), key.span());
        all.extend([TokenTree::Ident(name), TokenTree::Punct(equals)]);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        let replaced = with_dicts(value.parse().ok()?).ok()??;
        Some(replaced.to_string())
    }

    fn tokens(text: &str) -> Option<String> {
        Some(text.parse::<TokenStream>().ok()?.to_string())
    }

    #[test]
    fn dicts_at_any_depth_become_calls() {
        for (value, call) in [
            ("{}", "dict()"),
            ("{\"a\": 1.0, \"b\": -x}", "dict(a = 1.0, b = -x)"),
            (
                "[Dense(3), N(c = {\"a\": 1.0}), N(c = {})]",
                "[Dense(3), N(c = dict(a = 1.0)), N(c = dict())]",
            ),
        ] {
            assert_eq!(read(value), tokens(call));
        }
        for value in ["3", "|x| {}", "{ 3 }", "{ \"a\" }"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
