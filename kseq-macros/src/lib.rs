//! macros
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

// tokens -> layer list -> checks -> expansion
mod ast;
mod catalogue;
mod check;
mod expand;
mod ir;
mod parse;

mod derive;
mod fallback;
mod names;
mod suggest;

#[cfg(feature = "golden")]
mod golden;
#[cfg(feature = "golden")]
mod keras;
#[cfg(test)]
mod tests;

use ast::{Errors, Form};
use fallback::Fallback;
use proc_macro2::TokenStream;

/// doc
#[proc_macro]
pub fn sequential(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_sequential(tokens.into()).into()
}

/// doc
#[proc_macro_derive(ParamBlock)]
pub fn param_block(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::param_block(tokens.into()).into()
}

/// The golden suite of this project.
#[cfg(feature = "golden")]
#[doc(hidden)]
#[proc_macro]
pub fn golden_suite(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    golden::suite().into()
}

/// The expansion, or what is wrong with the words.
#[cfg(feature = "golden")]
fn expand_or_refuse(tokens: TokenStream) -> Result<TokenStream, String> {
    let mut errors = Errors::default();
    let expansion = expand_all(tokens, &mut errors);
    match errors.messages().is_empty() {
        true => Ok(expansion),
        false => Err(errors.messages().join("\n")),
    }
}

/// The whole way, on tokens that tests can make as well.
fn expand_sequential(tokens: TokenStream) -> TokenStream {
    expand_all(tokens, &mut Errors::default())
}

fn expand_all(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    let models = parse::parse(tokens, errors);
    // What has no syntax has no meaning yet: what else was wrong with it would be guesses.
    let readable = errors.count() == 0;
    let is_value = models.iter().any(|model| matches!(model.form, Form::Value));
    let mut expansion = TokenStream::new();
    for model in models {
        let fallback = Fallback::of(&model);
        let checked = readable.then(|| check::check(model, errors));
        expansion.extend(match checked.flatten() {
            Some(model) => expand::expand(&model),
            None => fallback.expand(),
        });
    }
    if errors.count() == 0 {
        return expansion;
    }
    let errors = errors.to_tokens();
    match is_value {
        true => quote::quote! { { #errors #expansion } },
        false => quote::quote! { #errors #expansion },
    }
}
