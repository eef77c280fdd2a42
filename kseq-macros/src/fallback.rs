//! What stands for a model with errors, so that the rest of the user's program adds none of its own.
//!
//! The model has the right names, but its samples and parameters are of a type that does not exist,
//! in a module that contains the `compile_error!`s. Of such a module rustc (since 1.95) expects that
//! names are missing, and whatever touches a type that it could not find it takes as reported.
//!
//! The chain of shapes stays: with it the compiler reports what else is wrong with those layers that are understood.

use proc_macro2::{Ident, Span, TokenStream};

use crate::ast::{Ends, Errors, Form, Model};
use crate::check::naming::field_names;
use crate::expand;
use crate::ir;

/// What is kept of a model's syntax to make its stub.
pub struct Fallback {
    form: Form,
    begin: Span,
    fields: Vec<Ident>,
    quantize: bool,
}

impl Fallback {
    /// Remembers the names of a model.
    pub fn of(model: &Model) -> Fallback {
        Fallback {
            form: model.form.clone(),
            begin: model.list.first,
            fields: field_names(&model.layers),
            quantize: !model.quantize.is_empty(),
        }
    }

    /// The stub, with the errors in it; `draft` is what is understood of the model, if it could be read.
    pub fn expand(self, draft: Option<ir::Model>, errors: &Errors) -> TokenStream {
        let errors = errors.iter().map(syn::Error::to_compile_error).collect();
        let ends = Ends::at(self.begin);
        let empty = ir::Model {
            form: self.form,
            title: None,
            begin: self.begin,
            budget: Vec::new(),
            quantize: self.quantize.then_some(ends),
            input: None,
            layers: Vec::new(),
            head: None,
            ending: "EndsAnyhow",
        };
        expand::stub(&empty, draft.as_ref(), &self.fields, errors)
    }
}
