//! How the messages of `compile!` begin, and where they point.

use proc_macro2::Span;
use quote::ToTokens;

use crate::ast::{Ends, Errors};
use crate::check::label::LayerLabel;

/// How messages begin.
pub fn label() -> LayerLabel {
    LayerLabel {
        number: 0,
        name: "compile!".to_owned(),
        within: String::new(),
        span: Span::mixed_site(),
    }
}

/// An error at an expression.
pub fn at(e: &impl ToTokens, message: impl std::fmt::Display, errors: &mut Errors) {
    errors.at(Ends::of(e), format_args!("`compile!`: {message}"));
}
