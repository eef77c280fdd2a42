//! The structs with one field a layer.

use proc_macro2::{Ident, TokenStream};

use super::emitted::Emitted;
use super::names::Names;
use crate::ir::Layer;
use crate::tokens::tokens;

/// `Net__Params` and `Net__State`.
pub fn structs(names: &Names, layers: &[Layer], emitted: &[Option<Emitted>]) -> TokenStream {
    let emitted = || emitted.iter().flatten();
    let none = tokens! { ::kseq::__core::params::NoParams };
    let params = emitted().map(|emitted| emitted.params.as_ref().unwrap_or(&none));
    let state = emitted().map(|emitted| emitted.state.as_ref().unwrap_or(&none));
    let title = format!(" Parameters of `{}`, one field a layer.", names.prefix);
    let mut items = block(names, &names.params(), &title, layers, params);
    let title = format!(
        " What training of `{}` updates without a gradient, one field a layer.",
        names.prefix
    );
    items.extend(block(names, &names.state(), &title, layers, state));
    items
}

/// The same for a model with errors: a type that is an error for every layer.
pub fn stubs(names: &Names, fields: &[Ident], ty: &Ident) -> TokenStream {
    let fields = fields.iter().map(|field| {
        tokens! {
            #[doc(hidden)]
            pub #field: #ty,
        }
    });
    let mut items = definition(names, &names.params(), "", fields);
    items.extend(definition(names, &names.state(), "", std::iter::empty()));
    items
}

fn block<'a>(
    names: &Names,
    name: &Ident,
    title: &str,
    layers: &[Layer],
    types: impl Iterator<Item = &'a TokenStream>,
) -> TokenStream {
    let fields = layers.iter().zip(types).map(|(layer, ty)| {
        let Layer {
            docs,
            name,
            number,
            class,
            ..
        } = layer;
        let text = format!(" Layer {number}: `{class}`.");
        tokens! {
            #[doc = #text]
            #(#docs)*
            pub #name: #ty,
        }
    });
    definition(names, name, title, fields)
}

fn definition(
    names: &Names,
    name: &Ident,
    title: &str,
    fields: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let vis = &names.vis;
    tokens! {
        #[doc = #title]
        #[repr(C)]
        #vis struct #name { #(#fields)* }
        ::kseq::__core::__flat! { [] #name, [] }
    }
}
