//! How messages name a layer.

use std::fmt;

use proc_macro2::{Ident, Span};

/// How messages name a layer.
pub struct LayerLabel {
    /// From 1; 0 is the input.
    pub number: usize,
    pub name: String,
    /// What stands before it in messages: the layers around it, `sequential_1.`.
    pub within: String,
    /// Where the name comes from: the user's string, or the end of the layer.
    pub span: Span,
}

impl LayerLabel {
    /// The field's identifier.
    pub fn field(&self) -> Ident {
        Ident::new(&self.name, self.span.resolved_at(Span::mixed_site()))
    }
}

impl fmt::Display for LayerLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (within, name) = (&self.within, &self.name);
        match self.number {
            0 => write!(f, "`{within}{name}`: "),
            n => write!(f, "layer {n} `{within}{name}`: "),
        }
    }
}
