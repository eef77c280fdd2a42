//! Spans. An error in the generated code shows the user's code: a call whose first token and whose
//! parentheses carry the ends of a layer is underlined as that whole layer. Only one token of the
//! call has the span of the user's identifier, so that hovering shows one thing.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use quote::quote_spanned;

use crate::ast::Ends;
use crate::tokens::tokens;

/// `function(arguments)`, reported at `ends`.
pub fn callee(ends: Ends, function: &str, arguments: TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    let name = Ident::new(function, ends.first.resolved_at(site));
    let mut group = Group::new(Delimiter::Parenthesis, arguments);
    group.set_span(ends.last.resolved_at(site));
    TokenStream::from_iter([TokenTree::from(name), TokenTree::from(group)])
}

/// A call of a function in `chain`, reported at `ends`.
pub fn check(ends: Ends, function: &str, arguments: TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    let name = Ident::new(function, site);
    let alias = format!("__kseq_{function}");
    let imported = Ident::new(&alias, site);
    let call = callee(ends, &alias, arguments);
    tokens! {
        {
            use ::kseq::__core::chain::#name as #imported;
            #call
        }
    }
}

/// The type of the samples of a shape, which is an expression and may have axes of any length.
pub fn open_sample(at: Span, shape: &TokenStream) -> TokenStream {
    quote_spanned! {at=>
        <::kseq::__core::open::O<
            { #shape.open_axes() },
            { #shape.elem() as ::core::primitive::usize },
            { #shape.rank() },
            { #shape.dim(0) },
            { #shape.dim(1) },
            { #shape.dim(2) },
            { #shape.dim(3) },
        > as ::kseq::__core::tensor::Typed>::T
    }
}

/// The type of the samples of a shape, which is an expression. All of it has the span `at`, so that an erroneous
/// constant is noted once.
pub fn sample(at: Span, shape: &TokenStream) -> TokenStream {
    quote_spanned! {at=>
        <::kseq::__core::tensor::S<
            { #shape.elem() as ::core::primitive::usize },
            { #shape.rank() },
            { #shape.dim(0) },
            { #shape.dim(1) },
            { #shape.dim(2) },
            { #shape.dim(3) },
        > as ::kseq::__core::tensor::Typed>::T
    }
}
