//! [`ir`] -> tokens. Nothing can go wrong here.
//!
//! The items are flat and their names begin with the model's: a wrapping module would hide the
//! constants of a function. Names that no layer can have begin with a digit behind the prefix.

mod budget;
mod chain;
mod demands;
mod model;
mod objects;
mod params;
mod place;

pub mod layers;

use proc_macro2::{Ident, Span, TokenStream};
use syn::Visibility;
use syn::ext::IdentExt;

use crate::ast::Form;
use crate::ir::{Layer, Model};

/// Tokens of the macro: user's names are visible to them, and lints do not report them.
macro_rules! tokens {
    ($($t:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($t)*)
    };
}
pub(crate) use tokens;

/// The items of a model, or the expression or statement that contains them.
pub fn expand(model: &Model) -> TokenStream {
    let names = Names::new(&model.form, model.begin);
    let parts = layers::parts(&names, model);
    let mut items = chain::chain(&names, model, &parts);
    items.extend(chain::types(&names, model, &parts));
    items.extend(params::structs(&names, &model.layers, &parts));
    items.extend(model::item(&names, model, &parts));
    items.extend(budget::checks(&names, model));
    wrap(&names, &model.form, items)
}

/// A model with errors, whose `draft` is what is understood of it: see [`fallback`](crate::fallback).
pub fn stub(
    model: &Model,
    draft: Option<&Model>,
    fields: &[Ident],
    errors: TokenStream,
) -> TokenStream {
    let names = Names::new(&model.form, model.begin);
    let (module, sample) = (names.errors(), names.sample(0));
    let mut items = tokens! {
        #[doc(hidden)]
        mod #module { #errors }
        #[doc(hidden)]
        type #sample = #module::Missing;
    };
    if let Some(draft) = draft {
        items.extend(chain::chain(&names, draft, &layers::parts(&names, draft)));
    }
    items.extend(params::stubs(&names, fields, &sample));
    items.extend(model::item(&names, model, &[]));
    wrap(&names, &model.form, items)
}

/// Items, or an expression or a statement with them inside.
fn wrap(names: &Names, form: &Form, items: TokenStream) -> TokenStream {
    let model = &names.model;
    let value = tokens! { ::kseq::__core::model::build::<#model>() };
    match form {
        Form::Item { .. } => items,
        Form::Value => tokens! { { #items #value } },
        Form::Variable { name } => tokens! { let mut #name = { #items #value }; },
    }
}

/// The names of the generated items.
pub struct Names {
    /// The model's type.
    pub model: Ident,
    pub vis: Visibility,
    prefix: String,
    begin: Span,
}

impl Names {
    /// The names of a model whose list begins at `begin`.
    pub fn new(form: &Form, begin: Span) -> Names {
        let (model, vis) = match form {
            Form::Item { name, vis, .. } => (name.clone(), vis.clone()),
            Form::Value | Form::Variable { .. } => {
                let name = Ident::new("SequentialModel", Span::mixed_site());
                (name, Visibility::Inherited)
            }
        };
        let prefix = model.unraw().to_string();
        Names {
            model,
            vis,
            prefix,
            begin,
        }
    }

    fn with(&self, suffix: std::fmt::Arguments<'_>) -> Ident {
        let name = format!("{}{suffix}", self.prefix);
        Ident::new(&name, Span::mixed_site())
    }

    /// `Net__Params`: no model can have this name.
    pub fn params(&self) -> Ident {
        self.with(format_args!("__Params"))
    }

    /// `Net__State`
    pub fn state(&self) -> Ident {
        self.with(format_args!("__State"))
    }

    /// The constant that checks the declared input.
    fn input(&self) -> Ident {
        at(self.with(format_args!("__0_input")), self.begin)
    }

    /// The constant with all shapes, which there are only if nothing is wrong. Where it is used, the compiler notes
    /// "erroneous constant encountered" after an error, once for each place: all have the place where the list begins.
    fn shapes(&self) -> Ident {
        at(self.with(format_args!("__0_shapes")), self.begin)
    }

    fn batch(&self) -> Ident {
        self.with(format_args!("__0_batch"))
    }

    /// The module with the errors.
    fn errors(&self) -> Ident {
        self.with(format_args!("__errors"))
    }

    /// The constant with a number of the budget.
    fn limit(&self, measure: &str) -> Ident {
        self.with(format_args!("__0_budget_{measure}"))
    }

    fn plan(&self) -> Ident {
        self.with(format_args!("__0_plan"))
    }

    /// The constant with the step of the layer with this number; 0: of the input.
    fn step(&self, number: usize) -> Ident {
        self.with(format_args!("__{number}_link"))
    }

    /// The constant that reports what is wrong with a layer's shape.
    fn check(&self, layer: &Layer) -> Ident {
        at(self.with(format_args!("__{}", layer.name)), self.begin)
    }

    /// The type of the samples behind the layer with this number; 0: of the input.
    fn sample(&self, number: usize) -> Ident {
        self.with(format_args!("__X{number}"))
    }

    /// The layer's type.
    fn ty(&self, layer: &Layer) -> Ident {
        self.with(format_args!("__L{}", layer.number))
    }

    /// The layer's value.
    fn value(&self, layer: &Layer) -> Ident {
        self.with(format_args!("__{}_layer", layer.number))
    }

    /// A constant (or type) with which something is asked of the user's type.
    fn asked(&self, layer: &Layer, what: &str) -> Ident {
        at(
            self.with(format_args!("__{}_asked_{what}", layer.number)),
            self.begin,
        )
    }

    /// The constant, or the alias of the type, with an argument.
    fn arg(&self, layer: &Layer, name: &str) -> Ident {
        self.with(format_args!("__{}_{name}", layer.number))
    }

    /// The constant with one dimension of an argument.
    fn dim(&self, layer: &Layer, name: &str, index: usize) -> Ident {
        self.with(format_args!("__{}_{name}_{index}", layer.number))
    }
}

/// An identifier of the macro that shows the user's code at `span`.
fn at(mut ident: Ident, span: Span) -> Ident {
    ident.set_span(span.resolved_at(Span::mixed_site()));
    ident
}
