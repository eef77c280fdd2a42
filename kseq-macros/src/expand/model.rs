//! The model's type, and `impl Model`: the straight line through the layers.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote_spanned;

use super::layers::Parts;
use super::{Names, activation, tokens};
use crate::ast::Form;
use crate::ir::{Layer, Model};

/// How a pass calls one layer.
struct Line<'a> {
    /// From 0.
    index: Literal,
    position: Position,
    in_place: bool,
    /// `L, X0, X1`
    types: TokenStream,
    /// `L, X1`
    types_in_place: TokenStream,
    /// `Layer::<X0, X1>`
    layer: TokenStream,
    constant: Ident,
    name: &'a Ident,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Only,
    First,
    Middle,
    Last,
}

/// The plan, the type, and its `impl Model`.
pub fn item(names: &Names, model: &Model, parts: &[Parts]) -> TokenStream {
    let lines: Vec<Line<'_>> = model
        .layers
        .iter()
        .zip(parts)
        .map(|(layer, parts)| Line::new(names, layer, parts, model.layers.len()))
        .collect();
    let (name, vis, plan) = (&names.model, &names.vis, names.plan());
    let (params, state) = (names.params(), names.state());
    let (attrs, docs) = match &model.form {
        Form::Item { attrs, .. } => (attrs.as_slice(), docs(model)),
        Form::Value | Form::Variable { .. } => (&[][..], String::new()),
    };
    let title = match (&model.title, &model.form) {
        (Some(title), _) => title.clone(),
        (None, Form::Item { .. }) => names.prefix.clone(),
        (None, _) => "sequential_1".to_owned(),
    };
    let count = Literal::usize_unsuffixed(lines.len());
    let facts = lines.iter().map(Line::facts);
    let head = model.head.as_ref().map_or_else(
        || tokens! { ::kseq::__core::activations::Linear },
        activation,
    );
    let (input, output) = (names.sample(0), names.sample(lines.len()));
    let units = model.layers.last().map(|layer| {
        let step = names.step(layer);
        quote_spanned! {step.span()=> { #step.shape().last() > 1 } }
    });
    let infos = lines.iter().zip(&model.layers).map(|(line, layer)| {
        let (types, name, class) = (&line.types, layer.name.to_string(), &layer.class);
        tokens! { ::kseq::__core::model::LayerInfo::of::<#types>(#name, #class) }
    });
    let init = lines.iter().map(Line::init);
    let infer = lines.iter().map(Line::infer);
    let forward = lines.iter().map(Line::forward);
    let backward = lines.iter().rev().map(Line::backward);
    tokens! {
        #[doc(hidden)]
        const #plan: ::kseq::__core::plan::Plan<#count> =
            ::kseq::__core::plan::Plan::new([#(#facts),*]);
        #(#attrs)*
        #[doc = #docs]
        #vis struct #name;
        impl ::kseq::__core::model::Model for #name {
            type Input = #input;
            type Output = #output;
            type Params = #params;
            type State = #state;
            type Head = #head;
            type Units = <::kseq::__core::model::Units<#units>
                as ::kseq::__core::model::UnitsOf>::T;
            const NAME: &'static str = #title;
            const LAYERS: &'static [::kseq::__core::model::LayerInfo] = &[#(#infos),*];
            const SLOTS: &'static [::kseq::__core::plan::Slot] = &#plan.slots;
            const SIZES: ::kseq::__core::plan::Sizes = #plan.sizes;
            fn init(p: &mut Self::Params, s: &mut Self::State, seed: u64) {
                #(#init)*
            }
            fn infer(
                p: &Self::Params,
                s: &Self::State,
                x: &[Self::Input],
                y: &mut [Self::Output],
                w: &mut ::kseq::__core::tape::Work<'_>,
                cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #(#infer)*
            }
            fn forward(
                p: &Self::Params,
                s: &mut Self::State,
                x: &[Self::Input],
                t: &mut ::kseq::__core::tape::Tape<'_>,
                cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #(#forward)*
            }
            fn backward(
                p: &Self::Params,
                x: &[Self::Input],
                t: &::kseq::__core::tape::Tape<'_>,
                g: &mut ::kseq::__core::tape::Grads<'_>,
                dp: &mut Self::Params,
                cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #(#backward)*
            }
        }
    }
}

/// The list of layers, behind the user's own documentation.
fn docs(model: &Model) -> String {
    let layers = model.layers.iter().map(|layer| format!("`{}`", layer.name));
    let layers: Vec<String> = layers.collect();
    format!(
        "\nA `Sequential` model of the layers {}.",
        layers.join(", ")
    )
}

impl<'a> Line<'a> {
    fn new(names: &Names, layer: &'a Layer, parts: &Parts, count: usize) -> Line<'a> {
        let index = layer.number - 1;
        let (ty, constant) = (names.ty(layer), names.value(layer));
        let (x, y) = (names.sample(index), names.sample(layer.number));
        Line {
            index: Literal::usize_unsuffixed(index),
            position: match (index == 0, layer.number == count) {
                (true, true) => Position::Only,
                (true, false) => Position::First,
                (false, false) => Position::Middle,
                (false, true) => Position::Last,
            },
            in_place: parts.in_place,
            types: tokens! { #ty, #x, #y },
            types_in_place: tokens! { #ty, #y },
            layer: tokens! { ::kseq::__core::layer::Layer::<#x, #y> },
            constant,
            name: &layer.name,
        }
    }

    fn facts(&self) -> TokenStream {
        let types = &self.types;
        match self.in_place {
            true => tokens! { ::kseq::__core::plan::Facts::in_place::<#types>() },
            false => tokens! { ::kseq::__core::plan::Facts::of::<#types>() },
        }
    }

    fn init(&self) -> TokenStream {
        let (index, layer, constant, name) = (&self.index, &self.layer, &self.constant, self.name);
        let rng = tokens! {
            ::kseq::__core::rng::Rng::new(seed, ::kseq::__core::rng::Purpose::Init, #index, 0)
        };
        tokens! { #layer::init(&#constant, &mut p.#name, &mut s.#name, &mut #rng); }
    }

    fn infer(&self) -> TokenStream {
        let (layer, constant, name) = (&self.layer, &self.constant, self.name);
        let (types, types_in_place) = (&self.types, &self.types_in_place);
        let data = tokens! { &#constant, &p.#name, &s.#name };
        match (self.position, self.in_place) {
            (Position::Only, _) => tokens! { #layer::infer(#data, x, y, cx); },
            (Position::First, _) => tokens! { w.first::<#types>(#data, x, cx); },
            (Position::Middle, true) => tokens! { w.in_place::<#types_in_place>(#data, cx); },
            (Position::Middle, false) => tokens! { w.next::<#types>(#data, cx); },
            (Position::Last, _) => tokens! { w.last::<#types>(#data, y, cx); },
        }
    }

    fn forward(&self) -> TokenStream {
        let (index, constant, name) = (&self.index, &self.constant, self.name);
        let (types, types_in_place) = (&self.types, &self.types_in_place);
        let data = tokens! { &#constant, &p.#name, &mut s.#name };
        match (self.position, self.in_place) {
            (Position::Only | Position::First, _) => tokens! { t.first::<#types>(#data, x, cx); },
            (_, true) => tokens! { t.in_place::<#types_in_place>(#index, #data, cx); },
            (_, false) => tokens! { t.next::<#types>(#index, #data, cx); },
        }
    }

    fn backward(&self) -> TokenStream {
        let (index, constant, name) = (&self.index, &self.constant, self.name);
        let (types, types_in_place) = (&self.types, &self.types_in_place);
        let (layer, dp) = (tokens! { &#constant, &p.#name }, tokens! { &mut dp.#name });
        match (self.position, self.in_place) {
            (Position::Only | Position::First, _) => tokens! {
                t.back_first::<#types>(#layer, x, g, #dp, cx);
            },
            (_, true) => tokens! {
                t.back_in_place::<#types_in_place>(#index, #layer, g, #dp, cx);
            },
            (_, false) => tokens! { t.back::<#types>(#index, #layer, g, #dp, cx); },
        }
    }
}
