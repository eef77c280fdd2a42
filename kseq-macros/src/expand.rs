//! [`ir`] -> tokens. Nothing can go wrong here.
//!
//! The items are flat and their names begin with the model's: a wrapping module would hide the
//! constants of a function. Names that no layer can have begin with a digit behind the prefix.

mod activations;
mod any_length;
mod budget;
mod chain;
mod config;
mod demands;
mod emitted;
mod int8;
mod layers;
mod line;
mod masks;
mod model;
mod names;
mod objects;
mod params;
pub mod spans;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;

use crate::ast::Form;
use crate::ir::Model;
use crate::tokens::tokens;
use names::Names;

/// The items of a model, or the expression or statement that contains them.
pub fn expand(model: &Model) -> TokenStream {
    let names = Names::of(model);
    let emitted = layers::emitted(&names, model, submodel);
    let mut items = chain::chain(&names, model, &emitted);
    items.extend(chain::types(&names, model, &emitted));
    items.extend(params::structs(&names, &model.layers, &emitted));
    items.extend(model::item(&names, model, &emitted));
    items.extend(int8::item(&names, model, &emitted));
    items.extend(budget::checks(&names, model));
    wrap(&names, &model.form, items)
}

/// The items of a model that is a layer of another one, but for the beginning of its chain.
fn submodel(names: &Names, model: &Model) -> TokenStream {
    let emitted = layers::emitted(names, model, submodel);
    let mut items = chain::links(names, model, &emitted);
    items.extend(chain::types(names, model, &emitted));
    items.extend(params::structs(names, &model.layers, &emitted));
    items.extend(model::item(names, model, &emitted));
    items
}

/// A model with errors, whose `draft` is what is understood of it: see [`fallback`](crate::fallback).
pub fn stub(
    model: &Model,
    draft: Option<&Model>,
    fields: &[Ident],
    errors: TokenStream,
) -> TokenStream {
    let names = Names::of(model);
    let (module, sample) = (names.errors(), names.sample(0));
    let mut items = tokens! {
        #[doc(hidden)]
        mod #module { #errors }
        #[doc(hidden)]
        type #sample = #module::Missing;
    };
    if let Some(draft) = draft {
        // Shapes of any length are those of the draft; the stub has none.
        let names = Names::of(draft);
        let emitted = layers::emitted(&names, draft, submodel);
        items.extend(chain::chain(&names, draft, &emitted));
    }
    items.extend(params::stubs(&names, fields, &sample));
    items.extend(model::item(&names, model, &[]));
    items.extend(int8::stub(&names, model, &sample));
    wrap(&names, &model.form, items)
}

/// Items, or an expression or a statement with them inside.
fn wrap(names: &Names, form: &Form, items: TokenStream) -> TokenStream {
    let model = &names.model;
    let items = match alias(names, form) {
        Some(alias) => tokens! { #items #alias },
        None => items,
    };
    let value = tokens! { ::kseq::__core::model::build::<#model>() };
    match form {
        Form::Item { .. } => items,
        Form::Value => tokens! { { #items #value } },
        Form::Variable { name } => tokens! { let mut #name = { #items #value }; },
    }
}

/// The name of a model that has it as one before: all of it is the user's token, where it is an error if there are two.
fn alias(names: &Names, form: &Form) -> Option<TokenStream> {
    let Form::Item {
        vis, name, again, ..
    } = form
    else {
        return None;
    };
    let (model, span) = (&names.model, name.span().resolved_at(Span::mixed_site()));
    let docs = format!(" The model `{}`.", name.unraw());
    let mut lead = vis.to_token_stream();
    lead.extend(quote_spanned!(span=> type #name = #model;));
    (*again > 0).then(|| tokens! { #[doc = #docs] #lead })
}
