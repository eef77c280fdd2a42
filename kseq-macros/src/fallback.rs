//! What stands for a model with errors: the right names with types that take every call, so that
//! the rest of the user's program adds no errors of its own.

use proc_macro2::{Span, TokenStream};

use crate::ast::{Form, Model};
use crate::check::field_names;
use crate::expand::{Names, tokens, wrap};

/// What the check needs of the syntax to make a stub.
pub struct Fallback {
    form: Form,
    fields: Vec<proc_macro2::Ident>,
}

impl Fallback {
    /// Remembers the names of a model.
    pub fn of(model: &Model) -> Fallback {
        Fallback {
            form: model.form.clone(),
            fields: field_names(&model.layers),
        }
    }

    /// The stub.
    pub fn expand(&self) -> TokenStream {
        let names = Names::new(&self.form, Span::mixed_site());
        let (vis, model, params) = (&names.vis, &names.model, names.params());
        let fields = &self.fields;
        let stub = tokens! { ::kseq::__core::stub::Stub };
        let items = tokens! {
            #[doc(hidden)]
            #vis struct #params {
                #( #[doc(hidden)] pub #fields: ::kseq::__core::stub::StubParams, )*
            }
        };
        let value = tokens! { #stub::<#params>::new() };
        let item = match self.form {
            Form::Item { .. } => tokens! {
                #[doc(hidden)]
                #vis struct #model;
                impl #model {
                    #[doc(hidden)]
                    #vis fn new(seed: u64) -> #stub<#params> {
                        let _ = seed;
                        #value
                    }
                }
            },
            Form::Value | Form::Variable { .. } => TokenStream::new(),
        };
        wrap(&self.form, tokens! { #items #item }, value)
    }
}
