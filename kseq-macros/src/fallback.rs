//! What stands for a model with errors, so that the rest of the user's program adds none of its own.
//!
//! The model has the right names, but its samples and parameters are of a type that does not exist,
//! in a module that contains the `compile_error!`s. Of such a module rustc (since 1.95) expects that
//! names are missing, and whatever touches a type that it could not find it takes as reported.

use proc_macro2::{Ident, Span, TokenStream};

use crate::ast::{Ends, Errors, Form, Model};
use crate::check::field_names;
use crate::expand;
use crate::ir;

/// What is kept of a model's syntax to make its stub.
pub struct Fallback {
    form: Form,
    begin: Span,
    fields: Vec<Ident>,
}

impl Fallback {
    /// Remembers the names of a model.
    pub fn of(model: &Model) -> Fallback {
        Fallback {
            form: model.form.clone(),
            begin: model.list.first,
            fields: field_names(&model.layers),
        }
    }

    /// The stub, with the errors in it.
    pub fn expand(self, errors: &Errors) -> TokenStream {
        let errors = errors.iter().map(syn::Error::to_compile_error).collect();
        let model = ir::Model {
            form: self.form,
            title: None,
            begin: self.begin,
            input: ir::Input {
                length_only: false,
                tokens: false,
                dims: Vec::new(),
                batch: None,
                ends: Ends::at(self.begin),
            },
            layers: Vec::new(),
            head: None,
        };
        expand::stub(&model, &self.fields, errors)
    }
}
