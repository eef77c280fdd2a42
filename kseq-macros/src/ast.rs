//! What the user wrote, token for token: nothing is judged here.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Expr, ExprPath, Ident, Visibility};

/// One model.
pub struct Model {
    /// How it is introduced, which decides what it expands to.
    pub form: Form,
    /// `Sequential(name = ...)`.
    pub title: Option<Expr>,
    /// The layers, and `Input`, in order.
    pub layers: Vec<Call>,
    /// Where a missing layer is missed.
    pub list: Ends,
}

/// The three forms.
#[derive(Clone)]
pub enum Form {
    /// `pub Net = [..]`: items.
    Item {
        attrs: Vec<Attribute>,
        vis: Visibility,
        name: Ident,
    },
    /// `[..]`: an expression.
    Value,
    /// `let mut model = Sequential(..);`: a statement.
    Variable { name: Ident },
}

/// One layer: `Dense(10, name = "out")`.
pub struct Call {
    pub docs: Vec<Attribute>,
    /// The layer without Python's `keras.layers.`.
    pub path: ExprPath,
    pub args: Vec<Arg>,
    pub ends: Ends,
}

/// One argument.
pub struct Arg {
    pub name: Option<Ident>,
    pub value: Expr,
}

impl Arg {
    /// From the name, if there is one, to the end of the value.
    pub fn ends(&self) -> Ends {
        let value = Ends::of(&self.value);
        Ends {
            first: self.name.as_ref().map_or(value.first, Ident::span),
            last: value.last,
        }
    }
}

/// The first and the last token of a piece of the user's code.
#[derive(Clone, Copy)]
pub struct Ends {
    pub first: Span,
    pub last: Span,
}

impl Ends {
    /// The ends of some syntax.
    pub fn of(syntax: &impl ToTokens) -> Ends {
        let mut tokens = syntax.to_token_stream().into_iter();
        let first = tokens.next();
        let last = tokens.last().or_else(|| first.clone());
        Ends {
            first: first.map_or_else(Span::call_site, |t| match t {
                proc_macro2::TokenTree::Group(g) => g.span_open(),
                t => t.span(),
            }),
            last: last.map_or_else(Span::call_site, |t| match t {
                proc_macro2::TokenTree::Group(g) => g.span_close(),
                t => t.span(),
            }),
        }
    }

    /// One token.
    pub fn at(span: Span) -> Ends {
        Ends {
            first: span,
            last: span,
        }
    }

    /// An error that underlines everything between the ends.
    pub fn error(self, message: impl std::fmt::Display) -> syn::Error {
        let mut tokens = TokenStream::new();
        for span in [self.first, self.last] {
            tokens.extend([proc_macro2::TokenTree::from(Ident::new("_x", span))]);
        }
        syn::Error::new_spanned(tokens, message)
    }
}

/// All errors of one run.
#[derive(Default)]
pub struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds one, or the several that a parser's error may hold.
    pub fn push(&mut self, error: syn::Error) {
        self.0.extend(error);
    }

    /// Adds one at the given place.
    pub fn at(&mut self, ends: Ends, message: impl std::fmt::Display) {
        self.push(ends.error(message));
    }

    /// The number of errors so far.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The `compile_error!`s.
    pub fn to_tokens(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    /// The messages.
    #[cfg(any(test, feature = "golden"))]
    pub fn messages(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}
