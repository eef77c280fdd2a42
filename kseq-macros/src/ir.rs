//! A model in which every word is understood, or as much as is understood of one with errors; shapes are the compiler's
//! to find out.

use kseq_catalogue::{self as catalogue, LayerRow, ObjectFamily};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::{Attribute, Expr, ExprPath, Lit};

use crate::ast::{Ends, Form};

/// One model.
pub struct Model {
    pub form: Form,
    /// Its name in Keras's sense; the item's name if it is not given.
    pub title: Option<String>,
    /// Where the list begins.
    pub begin: Span,
    pub budget: Vec<Limit>,
    /// Where `#[quantize]` stands: it has an int8 twin.
    pub quantize: Option<Ends>,
    /// `None` after an error.
    pub input: Option<Input>,
    /// At least one, unless there are errors.
    pub layers: Vec<Layer>,
    /// The type in `activations` that is taken off the last layer, to be fused with the loss.
    pub head: Option<Ident>,
    /// The type in `model` that says what is known of the outputs' values.
    pub ending: &'static str,
}

impl Model {
    /// Whether the batch size is fixed.
    pub fn fixes_batch(&self) -> bool {
        let input = self.input.as_ref();
        input.is_some_and(|input| input.batch.is_some())
    }

    /// Whether samples have axes whose length comes with the data.
    pub fn is_open(&self) -> bool {
        self.input.as_ref().is_some_and(|input| input.open > 0)
    }
}

/// One number of a budget.
pub struct Limit {
    /// A variant of `Measure`.
    pub measure: &'static str,
    pub value: Expr,
    pub ends: Ends,
}

/// A declared input.
pub struct Input {
    pub tokens: bool,
    pub dims: Vec<Expr>,
    /// How many of them, the first ones, are `None`: `Shape::NONE` as expressions.
    pub open: usize,
    pub batch: Option<Expr>,
    /// The model whose input it is; then the other fields say nothing.
    pub of: Option<ExprPath>,
    /// `input_length` alone: it says nothing of the other axes.
    pub length_only: bool,
    pub ends: Ends,
}

/// One layer.
pub struct Layer {
    /// From 1.
    pub number: usize,
    /// The field.
    pub name: Ident,
    /// `Dense`.
    pub class: String,
    pub docs: Vec<Attribute>,
    pub ends: Ends,
    pub kind: Kind,
    /// The `activity_regularizer`.
    pub activity: Option<Arg>,
    /// Inputs that are declared although the input is known: they must agree.
    pub agrees: Vec<Input>,
    /// `#[insist]`: what is refused because it learns nothing is meant.
    pub insists: bool,
    /// Where `#[float]` stands: the int8 twin has the layer in `f32`.
    pub float: Option<Ends>,
    /// An expression of type `bool`: whether training changes the layer. `None` if it is not said.
    pub trainable: Option<TokenStream>,
    /// What the names of its arguments begin with, where a wrapper has several layers: `backward_layer_`.
    pub scope: String,
}

impl Layer {
    /// The arguments of a built-in layer, and of the layer in it.
    pub fn args(&self) -> Vec<&Arg> {
        let Kind::Builtin { args, .. } = &self.kind else {
            return Vec::new();
        };
        let mut all: Vec<&Arg> = args.iter().collect();
        for arg in args {
            if let Value::Layer(inner) = &arg.value {
                all.extend(inner.args());
            }
        }
        all
    }

    /// Sets what the names of the arguments begin with, of the layers in it as well.
    pub fn set_scope(&mut self, within: &str) {
        self.scope = format!("{within}_{}", self.scope);
        if let Kind::Builtin { args, .. } = &mut self.kind {
            for arg in args {
                if let Value::Layer(inner) = &mut arg.value {
                    inner.set_scope(within);
                }
            }
        }
    }

    /// The same, each with the layer that has it, and what stands before the names of that layer's arrays in this one:
    /// of one whose arrays there are twice, two texts.
    pub fn owned_args(&self) -> Vec<Owned<'_>> {
        let Kind::Builtin { row, args } = &self.kind else {
            return Vec::new();
        };
        let mut all = Vec::new();
        let has_backward = args.iter().any(|arg| arg.name == "backward_layer");
        for arg in args {
            let Value::Layer(inner) = &arg.value else {
                all.push(Owned {
                    layer: self,
                    arg,
                    arrays: vec![String::new()],
                });
                continue;
            };
            let within: &[&str] = match (row.class, arg.name) {
                ("Bidirectional", "layer") if has_backward => &["forward_layer."],
                ("Bidirectional", "layer") => &["forward_layer.", "backward_layer."],
                ("Bidirectional", _) => &["backward_layer."],
                _ => &[""],
            };
            all.extend(inner.owned_args().into_iter().map(|owned| {
                let arrays = within.iter().flat_map(|within| {
                    let arrays = owned.arrays.iter();
                    arrays.map(move |array| format!("{within}{array}"))
                });
                Owned {
                    arrays: arrays.collect(),
                    ..owned
                }
            }));
        }
        all
    }

    /// Whether it ends with a softmax.
    pub fn is_softmax(&self) -> bool {
        matches!(self.activation(), Some(Activation::Builtin(name)) if name == "Softmax")
    }

    /// The activation with which the layer ends, if it has such an argument; of a wrapper that of the layer in it.
    pub fn activation(&self) -> Option<&Activation> {
        let Kind::Builtin { row, args } = &self.kind else {
            return None;
        };
        let last = args.iter().find(|arg| row.ends_with == Some(arg.name))?;
        match &last.value {
            Value::Activation(activation) => Some(activation),
            Value::Layer(inner) => inner.activation(),
            Value::Submodel(Submodel::List(model)) => model.layers.last()?.activation(),
            _ => None,
        }
    }

    /// The layer that is the last to work: of a wrapper the one in it, of a list of layers the last one.
    pub fn innermost(&self) -> &Layer {
        let Kind::Builtin { row, args } = &self.kind else {
            return self;
        };
        let last = args.iter().find(|arg| row.ends_with == Some(arg.name));
        match last.map(|arg| &arg.value) {
            Some(Value::Layer(inner)) => inner.innermost(),
            Some(Value::Submodel(Submodel::List(model))) => {
                model.layers.last().map_or(self, Layer::innermost)
            }
            _ => self,
        }
    }

    /// The model that is this layer, or is in it.
    pub fn submodel(&self) -> Option<&Submodel> {
        let Kind::Builtin { args, .. } = &self.kind else {
            return None;
        };
        args.iter().find_map(|arg| match &arg.value {
            Value::Submodel(model) => Some(model),
            Value::Layer(inner) => inner.submodel(),
            _ => None,
        })
    }

    /// All layers of a list in it, and of the lists in those.
    pub fn listed(&self) -> Vec<&Layer> {
        let Some(Submodel::List(model)) = self.submodel() else {
            return Vec::new();
        };
        let layers = model.layers.iter();
        let all = layers.flat_map(|layer| [vec![layer], layer.listed()].concat());
        all.collect()
    }

    /// The arguments of a built-in layer, of the layer in it, and of all layers of a list in it.
    pub fn all_args(&self) -> Vec<&Arg> {
        let mut all = self.args();
        all.extend(self.listed().into_iter().flat_map(Layer::args));
        all
    }
}

/// An argument of a layer, or of a layer in it.
pub struct Owned<'a> {
    /// Whose it is.
    pub layer: &'a Layer,
    pub arg: &'a Arg,
    /// What stands before the names of that layer's arrays.
    pub arrays: Vec<String>,
}

/// Whose layer it is.
pub enum Kind {
    Builtin {
        row: &'static LayerRow,
        args: Vec<Arg>,
    },
    User {
        path: ExprPath,
        args: Vec<Expr>,
    },
    /// A layer with an error because of which its shape is unknown.
    Unknown,
}

/// An argument of a built-in layer, given or by default.
pub struct Arg {
    pub name: &'static str,
    pub value: Value,
    /// The argument, or the layer for a default.
    pub ends: Ends,
    /// Whether it is not given.
    pub by_default: bool,
}

impl Arg {
    /// A number that stands in the expansion as it is written: a constant of its own, which the compiler would
    /// have to check and evaluate, is for expressions, so that what is wrong with one is reported once.
    pub fn plain(&self, value: &TokenStream) -> Option<TokenStream> {
        let is_plain = self.by_default || is_plain(value);
        is_plain.then(|| respan(value.clone()))
    }

    /// Whether it is a literal, and in the range that the row gives.
    pub fn is_in_range(&self, row: &LayerRow) -> bool {
        let range = match row.param(self.name).map(|param| param.kind) {
            Some(catalogue::Kind::In(range) | catalogue::Kind::InOrNone(range)) => range,
            _ => return false,
        };
        let Value::Real(value) = &self.value else {
            return false;
        };
        let number = value.to_string().parse::<f32>();
        number.is_ok_and(|number| range.contains(f64::from(number)))
    }
}

/// A number without a suffix, which fits any type that it may be for.
fn is_plain(value: &TokenStream) -> bool {
    match syn::parse2::<Lit>(value.clone()) {
        Ok(Lit::Int(int)) => int.suffix().is_empty() && int.base10_parse::<u32>().is_ok(),
        Ok(Lit::Float(float)) => float.suffix().is_empty(),
        _ => false,
    }
}

/// Tokens that belong to no place of the user's: they may stand several times.
fn respan(tokens: TokenStream) -> TokenStream {
    let respan = |mut tree: TokenTree| {
        match &mut tree {
            TokenTree::Group(group) => {
                *group = Group::new(group.delimiter(), respan(group.stream()));
            }
            _ => tree.set_span(Span::mixed_site()),
        }
        tree
    };
    tokens.into_iter().map(respan).collect()
}

/// What an argument's value is.
pub enum Value {
    /// An expression of type `usize`.
    Size(TokenStream),
    /// Expressions of type `usize`: one for each dimension, or one for all.
    Sizes(Vec<TokenStream>),
    /// A constant of some other type.
    Const {
        ty: TokenStream,
        value: TokenStream,
    },
    /// An expression of type `f32`.
    Real(TokenStream),
    /// A literal `bool`.
    Flag(bool),
    /// An expression of type `bool`.
    FlagExpr(TokenStream),
    Activation(Activation),
    /// The layer in a wrapper; it has the wrapper's number and name.
    Layer(Box<Layer>),
    /// The model that a layer is.
    Submodel(Submodel),
    /// A function of the user's.
    Function(TokenStream),
    Object(&'static ObjectFamily, Object),
    /// One of the words that the catalogue lists.
    Word(String),
}

/// A model that is a layer.
pub enum Submodel {
    /// The layers in the list. It has no input, no head and no budget of its own.
    List(Box<Model>),
    /// A model that is there already.
    Named(ExprPath),
}

/// One of a family of functions.
pub enum Object {
    /// A constant of the family's type.
    Builtin(Ident),
    /// An expression of that type: the user's, or a variant with its arguments.
    Value(TokenStream),
}

/// An activation.
pub enum Activation {
    /// A type in `activations`; the identifier has the span of what the user wrote.
    Builtin(Ident),
    /// A layer that is an activation with arguments, and these.
    With {
        row: &'static LayerRow,
        args: Vec<Arg>,
    },
    /// The user's type.
    User(ExprPath),
}
