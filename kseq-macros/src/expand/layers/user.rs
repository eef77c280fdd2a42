//! The user's layers.

use proc_macro2::TokenStream;

use crate::ast::Ends;
use crate::expand::emitted::Emitted;
use crate::expand::names::{self, Names};
use crate::expand::spans;
use crate::ir::{Kind, Layer};
use crate::tokens::tokens;

/// The user's own layer: everything comes from its type.
pub fn user(names: &Names, layer: &Layer, path: &syn::ExprPath, args: &[syn::Expr]) -> Emitted {
    // What is missing of it is reported at its name.
    let name = path.path.segments.last();
    let span = name.map_or(layer.ends.first, |name| name.ident.span());
    let ty = names::at(names.ty(layer), span);
    let new = spans::callee(
        Ends {
            first: span,
            last: layer.ends.last,
        },
        "new",
        tokens! { #(#args),* },
    );
    let x = names.sample(layer.number - 1);
    let y = names.sample(layer.number);
    Emitted {
        params: Some(tokens! { <#ty as ::kseq::__core::layer::Layer<#x, #y>>::Params }),
        state: Some(tokens! { <#ty as ::kseq::__core::layer::Layer<#x, #y>>::State }),
        carries: true,
        ..Emitted::plain(
            tokens! { #path },
            tokens! { #path },
            tokens! { ::kseq::__core::fusion::Own(#ty::#new) },
        )
    }
}

/// The type of a layer's constant: the layer, or what is around one of the user's.
pub fn held(names: &Names, layer: &Layer) -> TokenStream {
    let ty = names.ty(layer);
    match layer.kind {
        Kind::User { .. } => tokens! { ::kseq::__core::fusion::Own<#ty> },
        _ => tokens! { #ty },
    }
}
