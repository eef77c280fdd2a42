//! A layer in the passes of its model: one line in each.

use std::collections::VecDeque;

use proc_macro2::{Ident, Literal, TokenStream};

use super::emitted::Emitted;
use super::layers::held;
use super::names::Names;
use super::objects;
use crate::ir::{Layer, Model};
use crate::tokens::tokens;

/// How a pass calls one layer.
pub struct Line<'a> {
    /// From 0.
    pub index: Literal,
    pub is_first: bool,
    pub is_last: bool,
    pub in_place: bool,
    /// Whether it goes over windows.
    pub walks: bool,
    /// The model's plan.
    pub plan: Ident,
    /// Whether it has parameters or state.
    pub has_arrays: bool,
    /// Whether it may carry something from one batch to the next.
    pub carries: bool,
    /// `L, X0, X1`
    pub types: TokenStream,
    /// `L`
    ty: TokenStream,
    /// `X0, X1`
    pub samples: TokenStream,
    /// `X1`
    pub output: Ident,
    pub constant: Ident,
    /// Whether it is a model, or has one in it.
    pub is_model: bool,
    /// The regularizer of the output.
    pub activity: Option<TokenStream>,
    /// Whether training changes it, if the list says so.
    pub trainable: Option<&'a TokenStream>,
    pub name: &'a Ident,
    /// The normalization behind it, of which the layer may do what it does in a prediction.
    pub behind: Option<TokenStream>,
}

/// Layers that may do what a normalization behind them does with their sums: whether one does, is `Fusion::GOES_ON`. The lines of
/// all others stay short.
const GO_ON: [&str; 6] = [
    "Conv1D",
    "Conv2D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
];

/// The lines of all layers.
pub fn lines<'a>(names: &Names, layers: &'a [Layer], emitted: &[Option<Emitted>]) -> Vec<Line<'a>> {
    let understood = layers
        .iter()
        .zip(emitted)
        .filter_map(|(layer, emitted)| Some((layer, emitted.as_ref()?)));
    let line = |(layer, emitted): (&'a Layer, &Emitted)| {
        (
            layer.class.as_str(),
            Line::new(names, layer, emitted, layers.len()),
        )
    };
    let mut rest: VecDeque<(&str, Line<'a>)> = understood.map(line).collect();
    let mut lines = Vec::new();
    while let Some((class, line)) = rest.pop_front() {
        let line = match (rest.front(), rest.get(1)) {
            (Some(("BatchNormalization", behind)), Some((_, other))) if GO_ON.contains(&class) => {
                line.normalised(behind, other)
            }
            _ => line,
        };
        lines.push(line);
    }
    lines
}

/// The output activation.
pub fn head(model: &Model) -> TokenStream {
    match &model.head {
        Some(head) => tokens! { ::kseq::__core::activations::#head },
        None => tokens! { ::kseq::__core::activations::Linear },
    }
}

impl<'a> Line<'a> {
    pub fn new(names: &Names, layer: &'a Layer, emitted: &Emitted, count: usize) -> Line<'a> {
        let index = layer.number - 1;
        let (ty, constant) = (held(names, layer), names.value(layer));
        let (x, y) = (names.sample(index), names.sample(layer.number));
        Line {
            index: Literal::usize_unsuffixed(index),
            is_first: index == 0,
            is_last: layer.number == count,
            in_place: emitted.in_place,
            walks: emitted.walks && !names.open,
            plan: names.plan(),
            has_arrays: emitted.params.is_some() || emitted.state.is_some(),
            carries: emitted.carries,
            types: tokens! { #ty, #x, #y },
            ty,
            samples: tokens! { #x, #y },
            output: y,
            constant,
            is_model: layer.submodel().is_some(),
            activity: objects::activity(names, layer, emitted).map(|penalty| penalty.value),
            trainable: layer.trainable.as_ref(),
            name: &layer.name,
            behind: None,
        }
    }

    /// The same with a normalization behind it, and any other layer behind that, which may be a `relu`.
    pub fn normalised(mut self, normalization: &Line<'_>, other: &Line<'_>) -> Line<'a> {
        if self.activity.is_some() {
            return self;
        }
        let data = normalization.data();
        let is_relu = match other.in_place && !other.is_last && normalization.activity.is_none() {
            true => other.is_relu(),
            false => tokens! { false },
        };
        self.behind = Some(tokens! { (#data, #is_relu) });
        self
    }

    fn data(&self) -> TokenStream {
        let (constant, name) = (&self.constant, self.name);
        tokens! { &#constant, &__p.#name, &__s.#name }
    }

    fn is_relu(&self) -> TokenStream {
        let ty = &self.ty;
        tokens! { <#ty as ::kseq::__core::layer::InPlace>::IS_RELU }
    }

    pub fn facts(&self) -> TokenStream {
        let (types, samples, constant) = (&self.types, &self.samples, &self.constant);
        let facts = match (self.in_place, self.walks) {
            (true, _) => tokens! { Facts::in_place::<#types>() },
            (false, false) => tokens! { Facts::of::<#types>() },
            (false, true) => tokens! { Facts::of::<#types>().walk(#constant.walk::<#samples>()) },
        };
        let facts = match self.activity {
            Some(_) => tokens! { #facts.penalized() },
            None => facts,
        };
        match self.trainable {
            Some(trainable) => tokens! { #facts.frozen(!#trainable) },
            None => facts,
        }
    }

    pub fn init(&self) -> TokenStream {
        let (index, samples) = (&self.index, &self.samples);
        let (constant, name) = (&self.constant, self.name);
        tokens! {
            init::<_, #samples>(&#constant, &mut __p.#name, &mut __s.#name, __seed, #index);
        }
    }

    pub fn reset_states(&self) -> TokenStream {
        let (samples, constant, name) = (&self.samples, &self.constant, self.name);
        tokens! { Layer::<#samples>::reset_states(&#constant, &mut __s.#name); }
    }

    pub fn check(&self) -> TokenStream {
        let (samples, constant) = (&self.samples, &self.constant);
        tokens! { ::kseq::__core::layer::Layer::<#samples>::check(&#constant, __x) }
    }

    pub fn infer(&self) -> TokenStream {
        let (samples, output) = (&self.samples, &self.output);
        let (data, index) = (self.data(), &self.index);
        // A walk is given by reference: that of a value of its own does not keep those of the other layers in a program.
        let plan = &self.plan;
        let spot = match self.walks {
            true => tokens! { &const { #plan.spots[#index] } },
            false => tokens! { &Self::SPOTS[#index] },
        };
        let penalty = self.activity.as_ref().map(|activity| match self.is_last {
            true => tokens! {
                __w.penalize_output::<#output>(&#activity, __y, __cx);
            },
            false => tokens! { __w.penalize::<#output>(#spot, &#activity, __cx); },
        });
        let pass = match (self.is_first, self.is_last, self.in_place) {
            (true, false, _) if self.behind.is_some() => {
                let behind = &self.behind;
                tokens! {
                    __w.first_normalised::<_, _, #samples>(#spot, (#data), #behind, __x, __cx);
                }
            }
            (false, false, false) if self.behind.is_some() => {
                let behind = &self.behind;
                tokens! { __w.next_normalised::<_, _, #samples>(#spot, (#data), #behind, __cx); }
            }
            (true, true, _) => {
                let (types, is_model) = (&self.types, self.is_model);
                let score = is_model.then(|| tokens! { __w.score::<#types>(__cx); });
                tokens! {
                    ::kseq::__core::layer::Layer::<#samples>::infer(#data, __x, __y, __cx);
                    #score
                }
            }
            (true, false, _) => tokens! { __w.first::<_, #samples>(#spot, #data, __x, __cx); },
            (false, false, true) => {
                tokens! { __w.in_place::<_, #output>(#spot, #data, __cx); }
            }
            (false, false, false) => tokens! { __w.next::<_, #samples>(#spot, #data, __cx); },
            (false, true, _) => tokens! { __w.last::<_, #samples>(#spot, #data, __y, __cx); },
        };
        tokens! { #pass #penalty }
    }

    pub fn step(&self, streaming: &Ident) -> TokenStream {
        let (samples, index) = (&self.samples, &self.index);
        let (constant, name) = (&self.constant, self.name);
        let kept = tokens! { #streaming[#index].state };
        let data = tokens! { &#constant, &__p.#name, &__s.#name };
        match self.is_first {
            true => tokens! { __w.first::<_, #samples>(#kept, #data, __x, __cx); },
            false => tokens! { __w.next::<_, #samples>((#index, #kept), #data, __cx); },
        }
    }

    pub fn forward(&self) -> TokenStream {
        let (samples, output) = (&self.samples, &self.output);
        let (index, constant, name) = (&self.index, &self.constant, self.name);
        let data = tokens! { &#constant, &__p.#name, &mut __s.#name };
        let penalty = self.activity.as_ref().map(|activity| {
            tokens! { __t.penalize::<#output>(#index, &#activity, __cx); }
        });
        let pass = match (self.is_first, self.in_place) {
            (true, _) => tokens! {
                __t.first::<_, #samples>(#data, __x, __cx);
            },
            (false, true) => tokens! { __t.in_place::<_, #output>(#index, #data, __cx); },
            (false, false) => tokens! { __t.next::<_, #samples>(#index, #data, __cx); },
        };
        tokens! { #pass #penalty }
    }

    pub fn backward(&self) -> TokenStream {
        let (samples, output) = (&self.samples, &self.output);
        let (index, constant, name) = (&self.index, &self.constant, self.name);
        let layer = tokens! { &#constant, &mut __p.#name };
        let penalty = self.activity.as_ref().map(|activity| {
            tokens! { __t.back_penalty::<#output>(#index, &#activity, __g, __cx); }
        });
        let pass = match (self.is_first, self.in_place) {
            (true, _) => tokens! {
                __t.back_first::<_, #samples>(#layer, __x, __g, __cx);
            },
            (false, true) => {
                tokens! { __t.back_in_place::<_, #output>(#index, #layer, __g, __cx); }
            }
            (false, false) => tokens! { __t.back::<_, #samples>(#index, #layer, __g, __cx); },
        };
        tokens! { #penalty #pass }
    }
}
