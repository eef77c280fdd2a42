//! A built-in layer where it is expanded: its arguments as expressions, its place in the model.

use kseq_catalogue::LayerRow;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use crate::expand::emitted::ArgumentCheck;
use crate::expand::names::{self, Names};
use crate::ir::{Activation, Arg, Layer, Object, Value};
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
}

impl Builtin<'_> {
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

    /// The constant that an argument is bound to.
    pub fn arg(&self, name: &str) -> Ident {
        self.names.arg(self.layer, name)
    }

    pub fn find(&self, name: &str) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.name == name)
    }

    /// The constant that dimension `index` of a [`Sizes`](Value::Sizes) is bound to.
    pub fn dim(&self, name: &str, index: usize) -> Ident {
        let index = match self.find(name).map(|arg| &arg.value) {
            Some(Value::Sizes(sizes)) if index < sizes.len() => index,
            _ => 0,
        };
        self.names.dim(self.layer, name, index)
    }

    /// The constants of `n` dimensions.
    pub fn dims(&self, name: &str, n: usize) -> Vec<Ident> {
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
            _ => {
                let bound = self.arg(name);
                tokens! { #bound }
            }
        }
    }

    /// The type of an activation.
    pub fn activation(&self, name: &str) -> TokenStream {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Activation(Activation::Builtin(name))) => tokens! {
                ::kseq::__core::activations::#name
            },
            _ => {
                let alias = self.arg(name);
                tokens! { #alias }
            }
        }
    }

    /// The value of an initializer.
    pub fn initializer(&self, name: &str) -> TokenStream {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Object(_, Object::Builtin(constant))) => tokens! {
                ::kseq::__core::initializers::Initializer::#constant
            },
            _ => {
                let bound = self.arg(name);
                tokens! { #bound }
            }
        }
    }

    /// A check at an argument.
    pub fn check(&self, name: &str, refusal: TokenStream) -> ArgumentCheck {
        let ends = self.find(name).map_or(self.layer.ends, |arg| arg.ends);
        ArgumentCheck { ends, refusal }
    }

    /// The layer's class, with the span of what the user wrote: hovering shows its documentation.
    pub fn class(&self) -> Ident {
        let class = Ident::new(&self.layer.class, Span::mixed_site());
        names::at(class, self.layer.ends.first)
    }
}
