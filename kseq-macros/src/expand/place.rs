//! Spans. An error in the generated code shows the user's code: a call whose first token and whose
//! parentheses carry the ends of a layer is underlined as that whole layer. Only one token of the
//! call has the span of the user's identifier, so that hovering shows one thing.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use quote::quote_spanned;

use super::tokens;
use crate::ast::Ends;

/// A call of a function in `shape` that is reported at `ends`.
pub fn call(ends: Ends, function: &str, arguments: TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    let name = Ident::new(function, site);
    let alias = format!("__kseq_{function}");
    let imported = Ident::new(&alias, site);
    let callee = Ident::new(&alias, ends.first.resolved_at(site));
    let mut group = Group::new(Delimiter::Parenthesis, arguments);
    group.set_span(ends.last.resolved_at(site));
    let group = TokenTree::from(group);
    tokens! {
        {
            use ::kseq::__core::shape::#name as #imported;
            #callee #group
        }
    }
}

/// The sample type of a step: `tensor_of!(step)`, spelled out so that all of it has the span of the
/// step's name. An erroneous constant is then noted once.
pub fn sample(step: &Ident) -> TokenStream {
    quote_spanned! {step.span()=>
        <::kseq::__core::tensor::S<
            { #step.shape().elem() as usize },
            { #step.shape().rank() },
            { #step.shape().dim(0) },
            { #step.shape().dim(1) },
            { #step.shape().dim(2) },
            { #step.shape().dim(3) },
        > as ::kseq::__core::tensor::Typed>::T
    }
}
