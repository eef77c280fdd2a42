//! The names of the generated items.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Visibility;
use syn::ext::IdentExt;

use super::spans;
use crate::ast::Form;
use crate::ir::{Layer, Model, Submodel};

/// The names of the generated items.
pub struct Names {
    /// The model's type.
    pub model: Ident,
    pub vis: Visibility,
    /// What the names begin with: the model's own.
    pub prefix: String,
    begin: Span,
    /// Whether the model's samples have axes of any length.
    pub open: bool,
    /// Whether the number of samples in a batch is fixed.
    pub fixes_batch: bool,
    /// What stands before the names of layers in messages: those around a list in a list, `sequential_1.`.
    within: String,
}

impl Names {
    /// The names of a model's items.
    pub fn of(of: &Model) -> Names {
        let (model, vis) = match &of.form {
            Form::Item {
                name, vis, again, ..
            } => (numbered(name, *again), vis.clone()),
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
            begin: of.begin,
            open: of.is_open(),
            fixes_batch: of.fixes_batch(),
            within: String::new(),
        }
    }

    /// The names of the items of a model that is a layer of this one, whose list begins there.
    pub fn inside(&self, layer: &Layer, begin: Span) -> Names {
        let model = self.with(format_args!("__{}_model", layer.number));
        Names {
            vis: self.vis.clone(),
            prefix: model.to_string(),
            model,
            begin,
            open: self.open,
            fixes_batch: self.fixes_batch,
            within: format!("{}{}.", self.within, layer.name),
        }
    }

    /// The layer that the model is, if it is one.
    pub fn as_layer(&self) -> Option<&str> {
        let around = self.within.strip_suffix('.')?;
        around.rsplit('.').next()
    }

    /// The type of the model that a layer is, or that is in it.
    pub fn submodel(&self, layer: &Layer) -> Option<TokenStream> {
        Some(match layer.submodel()? {
            Submodel::List(model) => self.inside(layer, model.begin).model.into_token_stream(),
            Submodel::Named(path) => path.into_token_stream(),
        })
    }

    /// A layer's name in messages.
    pub fn shown(&self, layer: &Layer) -> String {
        format!("{}{}", self.within, layer.name)
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
    pub fn input(&self) -> Ident {
        at(self.with(format_args!("__0_input")), self.begin)
    }

    /// The constant with all shapes, which there are only if nothing is wrong. Where it is used, the compiler notes
    /// "erroneous constant encountered" after an error, once for each place: all have the place where the list begins.
    pub fn shapes(&self) -> Ident {
        at(self.with(format_args!("__0_shapes")), self.begin)
    }

    pub fn batch(&self) -> Ident {
        self.with(format_args!("__0_batch"))
    }

    /// The module with the errors.
    pub fn errors(&self) -> Ident {
        self.with(format_args!("__errors"))
    }

    /// The constant with the steps of the int8 twin.
    pub fn int8(&self) -> Ident {
        self.with(format_args!("__0_int8"))
    }

    /// The constant with a number of the budget.
    pub fn limit(&self, measure: &str) -> Ident {
        self.with(format_args!("__0_budget_{measure}"))
    }

    /// The type of the samples of a shape.
    pub fn sample_of(&self, at: Span, shape: &TokenStream) -> TokenStream {
        match self.open {
            true => spans::open_sample(at, shape),
            false => spans::sample(at, shape),
        }
    }

    /// The function that plans for the lengths of a batch.
    pub fn plan_of_lengths(&self) -> Ident {
        self.with(format_args!("__0_plan_of_lengths"))
    }

    /// How each layer works step by step.
    pub fn streaming(&self) -> Ident {
        self.with(format_args!("__0_streaming"))
    }

    /// How the model does.
    pub fn streams(&self) -> Ident {
        self.with(format_args!("__0_streams"))
    }

    pub fn plan(&self) -> Ident {
        self.with(format_args!("__0_plan"))
    }

    /// The constant with the link of the layer with this number; 0: of the input.
    pub fn link(&self, number: usize) -> Ident {
        self.with(format_args!("__{number}_link"))
    }

    /// The constant that reports what is wrong with a layer's shape.
    pub fn check(&self, layer: &Layer) -> Ident {
        at(self.with(format_args!("__{}", layer.name)), self.begin)
    }

    /// The type of the samples behind the layer with this number; 0: of the input.
    pub fn sample(&self, number: usize) -> Ident {
        self.with(format_args!("__X{number}"))
    }

    /// The layer's type.
    pub fn ty(&self, layer: &Layer) -> Ident {
        self.with(format_args!("__L{}", layer.number))
    }

    /// The layer's value.
    pub fn value(&self, layer: &Layer) -> Ident {
        self.with(format_args!("__{}_layer", layer.number))
    }

    /// A constant (or type) with which something is asked of the user's type.
    pub fn asked(&self, layer: &Layer, what: &str) -> Ident {
        at(
            self.with(format_args!(
                "__{}_asked_{}{what}",
                layer.number, layer.scope
            )),
            self.begin,
        )
    }

    /// The constant, or the alias of the type, with an argument.
    pub fn arg(&self, layer: &Layer, name: &str) -> Ident {
        self.with(format_args!("__{}_{}{name}", layer.number, layer.scope))
    }

    /// The constant with one dimension of an argument.
    pub fn dim(&self, layer: &Layer, name: &str, index: usize) -> Ident {
        let scope = &layer.scope;
        self.with(format_args!("__{}_{scope}{name}_{index}", layer.number))
    }
}

/// The name of a model's type, if there were some of that name before.
fn numbered(name: &Ident, again: usize) -> Ident {
    match again {
        0 => name.clone(),
        // Lints leave the macro's names alone.
        again => at(
            Ident::new(
                &format!("{}__{}", name.unraw(), again + 1),
                Span::mixed_site(),
            ),
            name.span(),
        ),
    }
}

/// An identifier of the macro that shows the user's code at `span`.
pub fn at(mut ident: Ident, span: Span) -> Ident {
    ident.set_span(span.resolved_at(Span::mixed_site()));
    ident
}
