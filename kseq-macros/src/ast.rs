//! What the user wrote, token for token: nothing is judged here.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Expr, ExprPath, Ident, Visibility};

/// One model.
pub struct Model {
    /// How it is introduced, which decides what it expands to.
    pub form: Form,
    /// `#[budget(params = 100_000)]`
    pub budgets: Vec<Attribute>,
    /// `#[quantize]`
    pub quantize: Vec<Attribute>,
    /// `Sequential(name = ...)`.
    pub title: Option<Expr>,
    /// The layers, and `Input`, in order.
    pub layers: Vec<Call>,
    /// Where a missing layer is missed.
    pub list: Ends,
    /// What could not be read.
    pub errors: Errors,
}

/// The three forms.
#[derive(Clone)]
pub enum Form {
    /// `pub Net = [..]`: items.
    Item {
        attrs: Vec<Attribute>,
        vis: Visibility,
        name: Ident,
        /// How many models of this name the crate had before: see [`again`](crate::again).
        again: usize,
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
    /// The ends of the value.
    pub ends: Ends,
}

impl Arg {
    /// Whether it is given by this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|given| given == name)
    }

    /// From the name, if there is one, to the end of the value.
    pub fn ends(&self) -> Ends {
        Ends {
            first: self.name.as_ref().map_or(self.ends.first, Ident::span),
            last: self.ends.last,
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
    /// The ends of some syntax. (If it ends with parentheses, syn has forgotten where they close.)
    pub fn of(syntax: &impl ToTokens) -> Ends {
        Ends::of_tokens(syntax.to_token_stream())
    }

    /// The ends of tokens as the user wrote them.
    pub fn of_tokens(tokens: TokenStream) -> Ends {
        let mut tokens = tokens.into_iter();
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

/// Breaks long lines; the further lines of a help are indented.
fn wrapped(message: &str) -> String {
    const WIDTH: usize = 100;
    let mut text = String::new();
    for (i, line) in message.lines().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column > 0 && column + word.trim_end().len() > WIDTH {
                text.truncate(text.trim_end().len());
                text.push_str("\n        ");
                column = 8;
            }
            text.push_str(word);
            column += word.len();
        }
    }
    text
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
        self.push(ends.error(wrapped(&message.to_string())));
    }

    /// Gives a place to errors that have none: the compiler would show them at the whole call. What syn misses at the end of all
    /// tokens, it misses behind the last one.
    pub fn settle(&mut self, tokens: &TokenStream) {
        let Some(last) = tokens.clone().into_iter().last() else {
            return;
        };
        let place = Ends::of_tokens(last.into()).last;
        // Outside of the compiler, too, nothing else tells where a span is.
        let nowhere = format!("{:?}", Span::call_site());
        for error in &mut self.0 {
            if format!("{:?}", error.span()) == nowhere {
                *error = syn::Error::new(place, error.to_string());
            }
        }
    }

    /// The number of errors so far.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The errors, in order.
    pub fn iter(&self) -> impl Iterator<Item = &syn::Error> {
        self.0.iter()
    }
}
