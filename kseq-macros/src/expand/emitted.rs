//! What a layer adds to the expansion.

use proc_macro2::{Ident, TokenStream};

use crate::ast::Ends;

/// What a layer adds to the expansion.
pub struct Emitted {
    /// The shape rule's answer for an `input`; for the user's layer its type.
    pub rule: TokenStream,
    /// The rule's answer for the lengths of a batch, if it is another.
    pub rule_of_lengths: Option<TokenStream>,
    /// Further checks, at the argument.
    pub checks: Vec<ArgumentCheck>,
    /// The layer's type.
    pub ty: TokenStream,
    /// The layer's value.
    pub value: TokenStream,
    /// The type of its parameters.
    pub params: Option<TokenStream>,
    /// The type of its state.
    pub state: Option<TokenStream>,
    /// Whether it may carry something from one batch to the next.
    pub carries: bool,
    /// Whether it implements `InPlace`.
    pub in_place: bool,
    /// Whether it goes over windows: has a `walk`.
    pub walks: bool,
    /// Whether how it goes step by step depends on its arguments: has a `streaming`.
    pub streams: bool,
    /// The regularizer of its output that the layer itself is.
    pub activity: Option<TokenStream>,
    /// The model that the layer is, or that is in it.
    pub inside: Option<Inside>,
}

impl Emitted {
    /// A layer without parameters and state: the answer of its rule, its type, its value.
    pub fn plain(rule: TokenStream, ty: TokenStream, value: TokenStream) -> Emitted {
        Emitted {
            rule,
            rule_of_lengths: None,
            checks: Vec::new(),
            ty,
            value,
            params: None,
            state: None,
            carries: false,
            in_place: false,
            walks: false,
            streams: false,
            activity: None,
            inside: None,
        }
    }
}

/// The items of a model that is a layer.
pub struct Inside {
    /// The function in `chain` that makes the beginning of its chain of the link before the layer.
    pub start: &'static str,
    /// The constant with that beginning.
    pub link: Ident,
    /// The constant with its end.
    pub last: Ident,
    /// All else.
    pub items: TokenStream,
    /// The constant that there is only if nothing is wrong with its layers.
    pub shapes: Ident,
}

/// A check that is reported at an argument, or a layer.
pub struct ArgumentCheck {
    pub ends: Ends,
    /// An expression of type `Option<Refusal>`.
    pub refusal: TokenStream,
}
