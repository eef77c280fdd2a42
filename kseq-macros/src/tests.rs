//! The whole macro on token streams: what it says of wrong models, and what it makes of right ones.

mod errors;
mod expansion;
mod params;

use crate::ast::Errors;

/// What the macro says of a model.
fn said(source: &str) -> Vec<String> {
    let mut errors = Errors::default();
    match source.parse() {
        Ok(tokens) => {
            let _ = crate::expand_all(tokens, &mut errors);
        }
        Err(error) => return vec![format!("not Rust: {error}")],
    }
    errors.messages()
}

/// A token stream as rustfmt would write it.
fn pretty(tokens: proc_macro2::TokenStream) -> String {
    let text = tokens.to_string();
    match syn::parse2(tokens) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error} in:\n{text}"),
    }
}
