//! The whole way from the words of models to their code.

use proc_macro2::{Ident, TokenStream};

use crate::ast::{Errors, Form};
use crate::fallback::Fallback;
use crate::{again, check, expand, parse};

/// What becomes of the tokens.
pub struct Expansion {
    pub tokens: TokenStream,
    /// The errors among them, in words.
    #[cfg_attr(
        not(any(test, feature = "golden")),
        expect(dead_code, reason = "for tests and the golden suite")
    )]
    pub messages: Vec<String>,
}

/// The expansion of tokens by themselves.
#[cfg(any(test, feature = "golden"))]
pub fn expand(tokens: TokenStream) -> Expansion {
    expand_after(tokens, |_| 0)
}

/// The expansion in a crate that may have models of the same names.
pub fn expand_in_crate(tokens: TokenStream) -> Expansion {
    let text = tokens.to_string();
    expand_after(tokens, |name| again::times(name, &text))
}

fn expand_after(tokens: TokenStream, before: impl Fn(&Ident) -> usize) -> Expansion {
    let mut errors = Errors::default();
    let is_empty = tokens.is_empty();
    let models = parse::parse(tokens, &mut errors);
    let mut messages: Vec<String> = errors.iter().map(syn::Error::to_string).collect();
    let mut tokens: TokenStream = errors.iter().map(syn::Error::to_compile_error).collect();
    for mut model in models {
        if let Form::Item { name, again, .. } = &mut model.form {
            *again = before(name);
        }
        let fallback = Fallback::of(&model);
        let mut errors = std::mem::take(&mut model.errors);
        // What has no syntax has no meaning yet: what else was wrong with it would be guesses.
        let readable = errors.count() == 0;
        let checked = readable.then(|| check::check(model, &mut errors));
        messages.extend(errors.iter().map(syn::Error::to_string));
        tokens.extend(match checked {
            Some(model) if errors.count() == 0 => expand::expand(&model),
            // Between items it would be one, and a block is none.
            _ if is_empty => errors.iter().map(syn::Error::to_compile_error).collect(),
            draft => fallback.expand(draft, &errors),
        });
    }
    Expansion { tokens, messages }
}

/// The expansion, or what is wrong with the words.
#[cfg(feature = "golden")]
pub fn expand_or_refuse(tokens: TokenStream) -> Result<TokenStream, String> {
    let Expansion { tokens, messages } = expand(tokens);
    match messages.is_empty() {
        true => Ok(tokens),
        false => Err(messages.join("\n")),
    }
}
