//! The whole macro on token streams: what it says of wrong models, and what it makes of right ones.

mod any_length;
mod any_tokens;
mod catalogue;
mod compile;
mod convolutions;
mod errors;
mod every_argument;
mod expansion;
mod params;
mod quantize;
mod syntax;

/// What the macro says of a model.
fn said(source: &str) -> Vec<String> {
    match source.parse() {
        Ok(tokens) => crate::sequential::expand(tokens).messages,
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

/// The model must be refused with exactly these messages.
#[track_caller]
fn refused(source: &str, messages: &[&str]) {
    let said = said(source);
    assert_eq!(said, messages, "{source}\n{}", said.join("\n"));
}

/// The only message must begin like this.
#[track_caller]
fn begins(source: &str, message: &str) {
    let said = said(source);
    let fits = said.len() == 1 && said.iter().all(|said| said.starts_with(message));
    assert!(fits, "{source}\n{}", said.join("\n"));
}

#[track_caller]
fn accepted(source: &str) {
    assert_eq!(said(source), [""; 0], "{source}");
}
