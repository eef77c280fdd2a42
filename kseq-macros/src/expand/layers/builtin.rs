//! A built-in layer where it is expanded: its arguments as expressions, its place in the model.

use kseq_catalogue::LayerRow;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::expand::activations;
use crate::expand::emitted::{ArgumentCheck, Emitted};
use crate::expand::names::{self, Names};
use crate::ir::{Activation, Arg, Kind, Layer, Model, Object, Value};
use crate::tokens::tokens;

/// A built-in layer.
pub struct Builtin<'a> {
    pub names: &'a Names,
    pub layer: &'a Layer,
    pub row: &'static LayerRow,
    pub args: &'a [Arg],
    /// The layers before this one.
    pub before: &'a [Layer],
    /// Whether the model fixes the batch size.
    pub fixes_batch: bool,
    /// Whether it is in a wrapper: its samples are the steps of a sequence.
    pub is_step: bool,
    /// What a layer in it emits.
    pub emit: fn(&Builtin<'_>) -> Option<Emitted>,
    /// The items of a model in it.
    pub submodel: fn(&Names, &Model) -> TokenStream,
}

impl<'a> Builtin<'a> {
    /// The layer in a wrapper that is this argument.
    pub fn held(&self, argument: &str) -> Option<Builtin<'a>> {
        let mut args = self.args.iter();
        let arg = args.find(|arg| arg.name == argument)?;
        let Value::Layer(layer) = &arg.value else {
            return None;
        };
        let Kind::Builtin { row, args } = &layer.kind else {
            return None;
        };
        Some(Builtin {
            layer,
            row,
            args,
            is_step: self.is_step || self.row.class == "TimeDistributed",
            ..*self
        })
    }

    /// The shape of the input, for types.
    pub fn shape(&self) -> TokenStream {
        let shapes = self.names.shapes();
        let index = Literal::usize_unsuffixed(self.layer.number - 1);
        match self.is_step {
            true => quote_spanned! {shapes.span()=> #shapes[#index].unstacked() },
            false => quote_spanned! {shapes.span()=> #shapes[#index] },
        }
    }

    /// Where types that depend on shapes are noted.
    pub fn span(&self) -> Span {
        self.names.shapes().span()
    }

    /// The value of an argument: a number, or the constant that it is bound to.
    pub fn arg(&self, name: &str) -> TokenStream {
        let plain = self.find(name).and_then(|arg| match &arg.value {
            Value::Size(value) | Value::Real(value) | Value::Const { value, .. } => {
                arg.plain(value)
            }
            _ => None,
        });
        plain.unwrap_or_else(|| self.names.arg(self.layer, name).into_token_stream())
    }

    pub fn find(&self, name: &str) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.name == name)
    }

    /// Dimension `index` of a [`Sizes`](Value::Sizes): a number, or the constant that it is bound to.
    pub fn dim(&self, name: &str, index: usize) -> TokenStream {
        let Some((arg, sizes)) = self.find(name).and_then(|arg| match &arg.value {
            Value::Sizes(sizes) => Some((arg, sizes)),
            _ => None,
        }) else {
            return self.names.dim(self.layer, name, 0).into_token_stream();
        };
        let index = if index < sizes.len() { index } else { 0 };
        let plain = sizes.get(index).and_then(|size| arg.plain(size));
        plain.unwrap_or_else(|| self.names.dim(self.layer, name, index).into_token_stream())
    }

    /// `n` dimensions.
    pub fn dims(&self, name: &str, n: usize) -> Vec<TokenStream> {
        (0..n).map(|index| self.dim(name, index)).collect()
    }

    /// The word that an argument says.
    pub fn word(&self, name: &str) -> &str {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    /// One of two expressions.
    pub fn choose(&self, flag: &str, yes: &TokenStream, no: &TokenStream) -> TokenStream {
        match self.find(flag).map(|arg| &arg.value) {
            Some(Value::Flag(true)) => yes.clone(),
            Some(Value::Flag(false)) => no.clone(),
            _ => {
                let flag = self.arg(flag);
                tokens! { if #flag { #yes } else { #no } }
            }
        }
    }

    /// A flag: `true`, `false`, or the constant that it is bound to.
    pub fn flag(&self, name: &str) -> TokenStream {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Flag(flag)) => tokens! { #flag },
            _ => self.arg(name),
        }
    }

    /// Whether a flag is this literal.
    pub fn says(&self, name: &str, truth: bool) -> bool {
        matches!(self.find(name).map(|arg| &arg.value), Some(Value::Flag(flag)) if *flag == truth)
    }

    /// The type of an activation.
    pub fn activation(&self, name: &str) -> TokenStream {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Activation(Activation::Builtin(name))) => tokens! {
                ::kseq::__core::activations::#name
            },
            Some(Value::Activation(Activation::With { row, args })) => {
                activations::ty(self.names, self.layer, name, row, args)
            }
            _ => self.arg(name),
        }
    }

    /// The value of an initializer.
    pub fn initializer(&self, name: &str) -> TokenStream {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Object(_, Object::Builtin(constant))) => tokens! {
                ::kseq::__core::initializers::Initializer::#constant
            },
            _ => self.arg(name),
        }
    }

    /// A check at an argument; a default needs none, nor does a literal in its range. (One out of it is refused in the
    /// words of the library's rule, which the compiler evaluates.)
    pub fn check(&self, name: &str, refusal: TokenStream) -> Option<ArgumentCheck> {
        let arg = self.find(name)?;
        let ends = arg.ends;
        let fits = arg.by_default || arg.is_in_range(self.row);
        (!fits).then_some(ArgumentCheck { ends, refusal })
    }

    /// The layer's class, with the span of what the user wrote: hovering shows its documentation.
    pub fn class(&self) -> Ident {
        let class = Ident::new(self.row.class, Span::mixed_site());
        names::at(class, self.layer.ends.first)
    }
}
