//! What each layer adds to the expansion: one function a layer.

pub mod normalization;
pub mod pooling;
pub mod recurrent;
pub mod reshaping;
pub mod wrappers;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::{Names, place, tokens};
use crate::ast::Ends;
use crate::ir::{Activation, Arg, Kind, Layer, Model, Object, Value};

pub mod conv;

/// The function of a layer in the catalogue.
pub type Emit = fn(&Given<'_>) -> Parts;

/// The parts of a layer.
pub struct Parts {
    /// The shape rule's answer for an `input`; for the user's layer its type.
    pub rule: TokenStream,
    /// Further checks, at the argument: expressions of type `Option<Refusal>`.
    pub checks: Vec<(Ends, TokenStream)>,
    /// The layer's type.
    pub ty: TokenStream,
    /// The layer's value.
    pub value: TokenStream,
    /// The type of its parameters.
    pub params: TokenStream,
    /// The type of its state.
    pub state: TokenStream,
    /// Whether it implements `InPlace`.
    pub in_place: bool,
    /// The regularizer of its output that the layer itself is.
    pub activity: Option<TokenStream>,
}

/// A built-in layer's arguments.
pub struct Given<'a> {
    names: &'a Names,
    layer: &'a Layer,
    args: &'a [Arg],
    /// The layers before this one.
    before: &'a [Layer],
    /// Whether the model fixes the batch size.
    batch: bool,
    /// Whether it is in a wrapper: its samples are the steps of a sequence.
    each: bool,
}

impl Given<'_> {
    /// What the shape rule is asked for: a shape that the input could have.
    #[allow(clippy::unused_self, reason = "reads as part of the family")]
    fn input(&self) -> TokenStream {
        tokens! { input }
    }

    /// The shape of the input, for types.
    fn shape(&self) -> TokenStream {
        let shapes = self.names.shapes();
        let index = Literal::usize_unsuffixed(self.layer.number - 1);
        match self.each {
            true => quote_spanned! {shapes.span()=> #shapes[#index].unstacked() },
            false => quote_spanned! {shapes.span()=> #shapes[#index] },
        }
    }

    /// Where types that depend on shapes are noted.
    fn span(&self) -> Span {
        self.names.shapes().span()
    }

    /// The constant that an argument is bound to.
    fn arg(&self, name: &str) -> Ident {
        self.names.arg(self.layer, name)
    }

    fn find(&self, name: &str) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.name == name)
    }

    /// The constant that dimension `index` of a [`Sizes`](Value::Sizes) is bound to.
    fn dim(&self, name: &str, index: usize) -> Ident {
        let index = match self.find(name).map(|arg| &arg.value) {
            Some(Value::Sizes(sizes)) if index < sizes.len() => index,
            _ => 0,
        };
        self.names.dim(self.layer, name, index)
    }

    /// The constants of `n` dimensions.
    fn dims(&self, name: &str, n: usize) -> Vec<Ident> {
        (0..n).map(|index| self.dim(name, index)).collect()
    }

    /// The word that an argument says.
    fn word(&self, name: &str) -> &str {
        match self.find(name).map(|arg| &arg.value) {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    /// Whether an argument has a value; without the default `None` it always has one.
    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// One of two expressions.
    fn choose(&self, flag: &str, yes: &TokenStream, no: &TokenStream) -> TokenStream {
        match self.find(flag).map(|arg| &arg.value) {
            Some(Value::Flag(true)) => yes.clone(),
            Some(Value::Flag(false)) => no.clone(),
            _ => {
                let flag = self.arg(flag);
                tokens! { if #flag { #yes } else { #no } }
            }
        }
    }

    /// The type of an activation.
    fn activation(&self, name: &str) -> TokenStream {
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
    fn initializer(&self, name: &str) -> TokenStream {
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
    fn check(&self, name: &str, rule: TokenStream) -> (Ends, TokenStream) {
        let ends = self.find(name).map_or(self.layer.ends, |arg| arg.ends);
        (ends, rule)
    }

    /// The layer's class, with the span of what the user wrote: hovering shows its documentation.
    fn class(&self) -> Ident {
        let class = Ident::new(&self.layer.class, Span::mixed_site());
        super::at(class, self.layer.ends.first)
    }

    /// The name of a module or a function of `layers`.
    #[allow(clippy::unused_self, reason = "reads as part of the family")]
    fn module(&self, name: &str) -> Ident {
        Ident::new(name, Span::mixed_site())
    }

    /// A layer without parameters and state that may run in place.
    fn in_place(&self, rule: TokenStream, ty: TokenStream, value: TokenStream) -> Parts {
        Parts {
            in_place: true,
            ..self.plain(rule, ty, value)
        }
    }

    /// A layer without parameters and state.
    fn plain(&self, rule: TokenStream, ty: TokenStream, value: TokenStream) -> Parts {
        Parts {
            rule,
            checks: Vec::new(),
            ty,
            value,
            params: tokens! { ::kseq::__core::params::NoParams },
            state: tokens! { ::kseq::__core::params::NoParams },
            in_place: false,
            activity: None,
        }
    }
}

/// The parts of all layers that are understood.
pub fn parts(names: &Names, model: &Model) -> Vec<Option<Parts>> {
    let batch = model
        .input
        .as_ref()
        .is_some_and(|input| input.batch.is_some());
    let parts = model.layers.iter().enumerate().map(|(index, layer)| {
        let (before, _) = model.layers.split_at(index);
        of_layer(&Given {
            names,
            layer,
            args: &[],
            before,
            batch,
            each: false,
        })
    });
    parts.collect()
}

/// The parts of a layer, if it is understood; `given` is all but its arguments.
fn of_layer(given: &Given<'_>) -> Option<Parts> {
    match &given.layer.kind {
        Kind::Builtin { entry, args } => Some((entry.emit)(&Given { args, ..*given })),
        Kind::User { path, args } => Some(user(given.names, given.layer, path, args)),
        Kind::Unknown => None,
    }
}

/// The user's own layer: everything comes from its type.
fn user(names: &Names, layer: &Layer, path: &syn::ExprPath, args: &[syn::Expr]) -> Parts {
    // What is missing of it is reported at its name.
    let name = path.path.segments.last();
    let span = name.map_or(layer.ends.first, |name| name.ident.span());
    let ty = super::at(names.ty(layer), span);
    let new = place::callee(
        Ends {
            first: span,
            last: layer.ends.last,
        },
        "new",
        tokens! { #(#args),* },
    );
    let x = names.sample(layer.number - 1);
    let y = names.sample(layer.number);
    Parts {
        rule: tokens! { #path },
        checks: Vec::new(),
        ty: tokens! { #path },
        value: tokens! { ::kseq::__core::fusion::Own(#ty::#new) },
        params: tokens! { <#ty as ::kseq::__core::layer::Layer<#x, #y>>::Params },
        state: tokens! { <#ty as ::kseq::__core::layer::Layer<#x, #y>>::State },
        in_place: false,
        activity: None,
    }
}

/// The type of a layer's constant: the layer, or a layer of the user's in its wrapper.
pub fn held(names: &Names, layer: &Layer) -> TokenStream {
    let ty = names.ty(layer);
    match layer.kind {
        Kind::User { .. } => tokens! { ::kseq::__core::fusion::Own<#ty> },
        _ => tokens! { #ty },
    }
}

pub fn dense(given: &Given<'_>) -> Parts {
    let class = given.class();
    let (input, units) = (given.input(), given.arg("units"));
    let bias = given.choose("use_bias", &tokens! { #units }, &tokens! { 0 });
    let shape = given.shape();
    let inputs = quote_spanned! {given.span()=> { #shape.last() } };
    let dims = tokens! { #inputs, { #units }, { #bias } };
    let activation = given.activation("activation");
    let kernel_initializer = given.initializer("kernel_initializer");
    let bias_initializer = given.initializer("bias_initializer");
    Parts {
        rule: tokens! { ::kseq::__core::layers::dense::shape(#input, #units) },
        checks: Vec::new(),
        ty: tokens! { ::kseq::__core::layers::#class<#dims, #activation> },
        value: tokens! {
            ::kseq::__core::layers::Dense::new(#kernel_initializer, #bias_initializer)
        },
        params: tokens! { ::kseq::__core::layers::DenseParams<#dims> },
        state: tokens! { ::kseq::__core::params::NoParams },
        in_place: false,
        activity: None,
    }
}

pub fn activation(given: &Given<'_>) -> Parts {
    let (input, class) = (given.input(), given.class());
    let activation = given.activation("activation");
    given.in_place(
        tokens! { ::kseq::__core::layers::activation::shape(#input) },
        tokens! { ::kseq::__core::layers::#class<#activation> },
        tokens! { ::kseq::__core::layers::Activation::new() },
    )
}

pub fn activity_regularization(given: &Given<'_>) -> Parts {
    let (input, class) = (given.input(), given.class());
    let (l1, l2) = (given.arg("l1"), given.arg("l2"));
    let penalty = tokens! { ::kseq::__core::regularizers::Regularizer::L1L2 { l1: #l1, l2: #l2 } };
    let mut parts = given.in_place(
        tokens! { ::kseq::__core::layers::activity_regularization::shape(#input) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::ActivityRegularization::new() },
    );
    let rule = tokens! { ::kseq::__core::probe::regularizer(#penalty) };
    parts.checks.push((given.layer.ends, rule));
    parts.activity = Some(penalty);
    parts
}

pub fn dropout(given: &Given<'_>) -> Parts {
    let (input, class, rate) = (given.input(), given.class(), given.arg("rate"));
    let mut parts = given.in_place(
        tokens! { ::kseq::__core::layers::dropout::shape(#input) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::Dropout::new(#rate) },
    );
    let rule = tokens! { ::kseq::__core::layers::dropout::rate_rule(#rate) };
    parts.checks.push(given.check("rate", rule));
    parts
}

pub fn flatten(given: &Given<'_>) -> Parts {
    let (input, class) = (given.input(), given.class());
    given.in_place(
        tokens! { ::kseq::__core::layers::flatten::shape(#input) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::Flatten::new() },
    )
}
