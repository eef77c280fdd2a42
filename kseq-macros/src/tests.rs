//! The whole macro on token streams: what it says of wrong models, and what it makes of right ones.

mod errors;
mod expansion;
mod params;

/// What the macro says of a model.
fn said(source: &str) -> Vec<String> {
    match source.parse() {
        Ok(tokens) => crate::expand_all(tokens).1,
        Err(error) => vec![format!("not Rust: {error}")],
    }
}

/// A token stream as rustfmt would write it.
fn pretty(tokens: proc_macro2::TokenStream) -> String {
    let text = tokens.to_string();
    match syn::parse2(tokens) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error} in:\n{text}"),
    }
}
