//! The model's type, and `impl Model`: the straight line through the layers.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::emitted::Emitted;
use super::layers::held;
use super::names::Names;
use super::{masks, objects};
use crate::ast::Form;
use crate::ir::{Kind, Layer, Model};
use crate::tokens::tokens;

/// How a pass calls one layer.
struct Line<'a> {
    /// From 0.
    index: Literal,
    is_first: bool,
    is_last: bool,
    in_place: bool,
    /// Whether it goes over windows.
    walks: bool,
    /// The model's plan.
    plan: Ident,
    /// Whether it has parameters or state.
    has_arrays: bool,
    /// Whether it may carry something from one batch to the next.
    carries: bool,
    /// `L, X0, X1`
    types: TokenStream,
    /// `X0, X1`
    samples: TokenStream,
    /// `X1`
    output: Ident,
    constant: Ident,
    /// The regularizer of the output.
    activity: Option<TokenStream>,
    /// Whether training changes it, if the list says so.
    trainable: Option<&'a TokenStream>,
    name: &'a Ident,
}

/// The plan, the type, and its `impl Model`.
pub fn item(names: &Names, model: &Model, emitted: &[Option<Emitted>]) -> TokenStream {
    let lines: Vec<Line<'_>> = model
        .layers
        .iter()
        .zip(emitted)
        .filter_map(|(layer, emitted)| Some((layer, emitted.as_ref()?)))
        .map(|(layer, emitted)| Line::new(names, layer, emitted, model.layers.len()))
        .collect();
    let (name, vis, plan) = (&names.model, &names.vis, names.plan());
    let planning = match names.open {
        true => plan_of_lengths(names, model, emitted, &lines),
        false => constant_plan(names, model, &lines),
    };
    let docs = docs(model);
    let constants = constants(names, model, &lines);
    let of_lengths = match names.open {
        true => {
            let of_lengths = names.plan_of_lengths();
            tokens! { #of_lengths(__lengths) }
        }
        false => tokens! { ::core::result::Result::Ok(()) },
    };
    let with_arrays = lines.iter().filter(|line| line.has_arrays);
    let init = with_arrays.map(Line::init);
    let carrying = lines.iter().filter(|line| line.carries);
    let reset_states = carrying.map(Line::reset_states);
    let check = match lines.first() {
        Some(first) => first.check(),
        None => tokens! { ::core::result::Result::Ok(()) },
    };
    let mask = mask(model, &plan);
    let step = names.open.then(|| step(names, &lines, mask.as_ref()));
    let infer = lines.iter().map(Line::infer);
    let forward = lines.iter().map(Line::forward);
    let backward = lines.iter().rev().map(Line::backward);
    let memory = names.open.then(|| memory(names, model));
    tokens! {
        #planning
        #docs
        #vis struct #name;
        #memory
        impl ::kseq::__core::model::Model for #name {
            #constants
            #[inline(always)]
            fn plan(
                __lengths: [::core::primitive::usize; 2],
            ) -> ::core::result::Result<Self::Plan, ::kseq::__core::shape::Refusal> {
                #of_lengths
            }
            #step
            fn init(__p: &mut Self::Params, __s: &mut Self::State, __seed: ::core::primitive::u64) {
                use ::kseq::__core::layer::init;
                #(#init)*
            }
            fn reset_states(__s: &mut Self::State) {
                use ::kseq::__core::layer::Layer;
                #(#reset_states)*
            }
            fn check(__x: &[Self::Input]) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
                #check
            }
            fn infer(
                __p: &Self::Params,
                __s: &Self::State,
                __x: &[Self::Input],
                __y: &mut [Self::Output],
                __w: &mut ::kseq::__core::tape::Buffers<'_>,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #mask
                #(#infer)*
            }
            fn forward(
                __p: &Self::Params,
                __s: &mut Self::State,
                __x: &[Self::Input],
                __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #mask
                #(#forward)*
            }
            fn backward(
                __p: &mut Self::Params,
                __x: &[Self::Input],
                __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
                __g: &mut ::kseq::__core::tape::Grads<'_, impl ::kseq::__core::tape::Sink>,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #mask
                #(#backward)*
            }
        }
    }
}

/// The plan of a model whose shapes are constants.
fn constant_plan(names: &Names, model: &Model, lines: &[Line<'_>]) -> TokenStream {
    let (plan, head) = (names.plan(), head(model));
    let count = Literal::usize_unsuffixed(lines.len());
    let facts = lines.iter().map(Line::facts);
    tokens! {
        #[doc(hidden)]
        const #plan: ::kseq::__core::plan::Plan<#count> = {
            use ::kseq::__core::plan::{Facts, Plan};
            Plan::new::<#head>([#(#facts),*])
        };
    }
}

/// The plan of a model that has axes of any length, by their lengths: the rules are asked again, with numbers.
fn plan_of_lengths(
    names: &Names,
    model: &Model,
    emitted: &[Option<Emitted>],
    lines: &[Line<'_>],
) -> TokenStream {
    let (plan, of_lengths, head) = (names.plan(), names.plan_of_lengths(), head(model));
    let shapes = names.shapes();
    let count = Literal::usize_unsuffixed(lines.len());
    let (input, output) = (names.sample(0), names.sample(lines.len()));
    let numbers = 1..=lines.len();
    let each = numbers.clone().map(shape_of);
    let rules = emitted
        .iter()
        .flatten()
        .zip(&model.layers)
        .map(|(emitted, layer)| {
            let (before, next) = (shape_of(layer.number - 1), shape_of(layer.number));
            let index = Literal::usize_unsuffixed(layer.number);
            let rule = match &layer.kind {
                // What it answers is a constant of its type: the same axes are of any length.
                Kind::User { .. } => {
                    let input = Literal::usize_unsuffixed(layer.number - 1);
                    tokens! { #shapes[#index].with_open(#shapes[#input].lengths_of(&#before)) }
                }
                Kind::Builtin { .. } | Kind::Unknown => {
                    let rule = &emitted.rule;
                    let number = Literal::usize_unsuffixed(layer.number);
                    let name = Literal::string(&layer.name.unraw().to_string());
                    tokens! {
                        {
                            let __input = #before;
                            match #rule {
                                ::core::result::Result::Ok(__shape) => __shape,
                                ::core::result::Result::Err(__why) => {
                                    return ::core::result::Result::Err(__why.at(#number, #name));
                                }
                            }
                        }
                    }
                }
            };
            tokens! { let #next = #rule; }
        });
    let facts = lines.iter().zip(1..).map(|(line, number)| {
        let (facts, types) = (line.facts(), &line.types);
        let (before, next) = (shape_of(number - 1), shape_of(number));
        tokens! { #facts.of_lengths::<#types>(#before, #next) }
    });
    let ty = plan_type(names, lines.len());
    let streaming = streaming_constants(names, model, emitted, lines);
    tokens! {
        #streaming
        #[doc(hidden)]
        const fn #of_lengths(
            __lengths: [::core::primitive::usize; 2],
        ) -> ::core::result::Result<#ty, ::kseq::__core::shape::Refusal> {
            use ::kseq::__core::plan::{Facts, PlanOfLengths};
            let __s0 = #shapes[0].with_open(__lengths);
            #(#rules)*
            ::core::result::Result::Ok(PlanOfLengths::new::<#head, #input, #output>(
                __lengths,
                [#(#facts),*],
                [__s0 #(, #each)*],
            ))
        }
        #[doc(hidden)]
        const #plan: ::kseq::__core::plan::Plan<#count> = {
            // The shortest that all layers take, of powers of two.
            let mut __length = 1;
            loop {
                match #of_lengths([__length; 2]) {
                    ::core::result::Result::Ok(__plan) => break __plan.plan(),
                    ::core::result::Result::Err(_) => __length *= 2,
                }
            }
        };
    }
}

/// The memory of samples with lengths that are constants, for programs without a heap.
fn memory(names: &Names, model: &Model) -> TokenStream {
    let (name, vis, of_lengths) = (&names.model, &names.vis, names.plan_of_lengths());
    let axes = model.input.as_ref().map_or(0, |input| input.open);
    let (lengths, array) = match axes {
        1 => (
            tokens! { __steps: ::core::primitive::usize },
            tokens! { [__steps, 1] },
        ),
        _ => (
            tokens! { __height: ::core::primitive::usize, __width: ::core::primitive::usize },
            tokens! { [__height, __width] },
        ),
    };
    let plan = tokens! {
        let __plan = match #of_lengths(#array) {
            ::core::result::Result::Ok(__plan) => __plan,
            ::core::result::Result::Err(__why) => ::kseq::__core::plan::refused(&__why),
        };
    };
    tokens! {
        impl #name {
            /// The `f32`s of memory for the prediction of one sample of this length, or a shorter one.
            #[must_use]
            #[allow(dead_code)]
            #vis const fn scratch(#lengths) -> ::core::primitive::usize {
                #plan
                __plan.sizes().predict()
            }
            /// The `f32`s of a `TrainerMemory` for batches of so many samples of this length, or shorter ones.
            #[must_use]
            #[allow(dead_code)]
            #vis const fn trainer_memory<O: ::kseq::__core::optimizers::Optimizer>(
                __batch: ::core::primitive::usize,
                #lengths
            ) -> ::core::primitive::usize {
                #plan
                ::kseq::__core::trainer::trainer_memory_of::<#name, O>(
                    __plan.sizes(),
                    __plan.output_len::<<#name as ::kseq::__core::model::Model>::Output>(),
                    __batch,
                )
            }
        }
    }
}

/// The plan of a batch of a model with so many layers that has axes of any length.
fn plan_type(names: &Names, layers: usize) -> TokenStream {
    let streams = names.streams();
    let count = Literal::usize_unsuffixed(layers);
    let several = Literal::usize_unsuffixed(layers + 1);
    tokens! {
        ::kseq::__core::plan::PlanOfLengths<
            #count, #several, { #streams.memory }, { #streams.causal },
        >
    }
}

/// How the layers work step by step, and the model.
fn streaming_constants(
    names: &Names,
    model: &Model,
    emitted: &[Option<Emitted>],
    lines: &[Line<'_>],
) -> TokenStream {
    let (shapes, each, all) = (names.shapes(), names.streaming(), names.streams());
    let count = Literal::usize_unsuffixed(lines.len());
    let input = names.sample(0);
    let layers = lines
        .iter()
        .zip(emitted.iter().flatten())
        .zip(&model.layers);
    let layers = layers.map(|((line, emitted), layer)| {
        let (types, samples, constant) = (&line.types, &line.samples, &line.constant);
        let (before, rule) = (Literal::usize_unsuffixed(layer.number - 1), &emitted.rule);
        let streaming = match (emitted.walks, emitted.streams) {
            // What a window is too large for has an output only with padding.
            (true, _) => tokens! {
                {
                    let __input = #shapes[#before].with_dim(0, #constant.reach() - 1);
                    #constant.streaming::<#samples>(#rule.is_ok())
                }
            },
            (false, true) => tokens! { #constant.streaming::<#samples>() },
            (false, false) => tokens! { streaming::<#types>() },
        };
        tokens! { at_steps::<#types>(#streaming) }
    });
    tokens! {
        #[doc(hidden)]
        const #each: [::kseq::__core::plan::Streaming; #count] = {
            use ::kseq::__core::plan::{at_steps, streaming};
            [#(#layers),*]
        };
        #[doc(hidden)]
        const #all: ::kseq::__core::plan::Streams =
            ::kseq::__core::plan::Streams::new::<#input>(&#each);
    }
}

/// The step of a model.
fn step(names: &Names, lines: &[Line<'_>], mask: Option<&TokenStream>) -> TokenStream {
    let (each, all) = (names.streaming(), names.streams());
    let steps = lines.iter().map(|line| line.step(&each));
    tokens! {
        const STREAMS: ::kseq::__core::plan::Streams = #all;
        fn step(
            __p: &Self::Params,
            __s: &Self::State,
            __x: &[Self::Input],
            __w: &mut ::kseq::__core::tape::Steps<'_>,
            __cx: &mut ::kseq::__core::layer::Ctx<'_>,
        ) {
            #mask
            #(#steps)*
        }
    }
}

/// The shape of a batch behind the layer with this number; 0: of the input.
fn shape_of(number: usize) -> Ident {
    Ident::new(&format!("__s{number}"), Span::mixed_site())
}

/// What a pass of a model begins with whose first layer makes a mask of the tokens.
fn mask(model: &Model, plan: &Ident) -> Option<TokenStream> {
    let masked = tokens! { let __cx = &mut __cx.masked(__x, #plan.mask_reach); };
    masks::makes_mask(model).then_some(masked)
}

/// The output activation.
fn head(model: &Model) -> TokenStream {
    match &model.head {
        Some(head) => tokens! { ::kseq::__core::activations::#head },
        None => tokens! { ::kseq::__core::activations::Linear },
    }
}

/// The associated types and constants.
fn constants(names: &Names, model: &Model, lines: &[Line<'_>]) -> TokenStream {
    let (params, state, plan) = (names.params(), names.state(), names.plan());
    let name = &names.model;
    let (input, output) = (names.sample(0), names.sample(lines.len()));
    let head = head(model);
    let title = match (&model.title, &model.form) {
        (Some(title), _) => title.clone(),
        (None, Form::Item { name, .. }) => name.unraw().to_string(),
        (None, _) => "sequential_1".to_owned(),
    };
    let batch = match model.input.as_ref().map(|input| &input.batch) {
        Some(Some(_)) => {
            let batch = names.batch();
            tokens! { ::core::option::Option::Some(#batch) }
        }
        _ => tokens! { ::core::option::Option::None },
    };
    let several = match model.layers.last() {
        Some(layer) => {
            let (shapes, index) = (names.shapes(), Literal::usize_unsuffixed(layer.number));
            quote_spanned! {shapes.span()=> { #shapes[#index].last() > 1 } }
        }
        None => tokens! { true },
    };
    let ending = Ident::new(model.ending, Span::mixed_site());
    let summary = Literal::usize_unsuffixed(summary_len(&title, &model.layers));
    let tables = objects::tables(names, &model.layers);
    let infos = lines.iter().zip(&model.layers).map(|(line, layer)| {
        let (types, name, class) = (&line.types, layer.name.to_string(), &layer.class);
        tokens! { LayerInfo::of::<#types>(#name, #class) }
    });
    let frozen = frozen(model);
    let plan_type = match names.open {
        true => plan_type(names, lines.len()),
        false => tokens! { () },
    };
    tokens! {
        type Input = #input;
        type Output = #output;
        type Params = #params;
        type State = #state;
        type Head = #head;
        type Units = <::kseq::__core::model::Units<
            #several,
            ::kseq::__core::model::#ending,
        > as ::kseq::__core::model::UnitsOf>::T;
        type Scratch = ::kseq::__core::scratch::Scratch<
            { ::kseq::__core::scratch::on_stack::<#name>() },
            { ::kseq::__core::scratch::fits::<#name>() },
            { #plan.stateful },
        >;
        type Table = ::kseq::__core::summary::Table<Self, #summary>;
        type Plan = #plan_type;
        const NAME: &'static ::core::primitive::str = #title;
        const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
            use ::kseq::__core::model::LayerInfo;
            &[#(#infos),*]
        };
        const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &{ #plan.placements };
        const REST: &'static [::kseq::__core::plan::Placement] = &{ #plan.rest };
        const SPOTS: &'static [::kseq::__core::plan::Spot] = &{ #plan.spots };
        const SIZES: ::kseq::__core::plan::Sizes = #plan.sizes;
        const BATCH: ::core::option::Option<::core::primitive::usize> = #batch;
        const STATEFUL: ::core::primitive::bool = #plan.stateful;
        #frozen
        #tables
    }
}

/// Which layers training leaves alone, if the list says so of any.
fn frozen(model: &Model) -> TokenStream {
    if model.layers.iter().all(|layer| layer.trainable.is_none()) {
        return TokenStream::new();
    }
    let frozen = model.layers.iter().map(|layer| match &layer.trainable {
        Some(trainable) => tokens! { !#trainable },
        None => tokens! { false },
    });
    tokens! { const FROZEN: &'static [::core::primitive::bool] = &[#(#frozen),*]; }
}

/// The bytes that the summary takes at most: a row and a line for each layer, a header and totals. The shape of a layer
/// takes up to 60, the numbers of parameters and of multiply-accumulates up to 30 each; lines are drawn with characters of
/// 3 bytes.
fn summary_len(title: &str, layers: &[Layer]) -> usize {
    let name = layers.iter().map(|layer| {
        let class = layer.class.len();
        layer.name.to_string().len() + class + 3
    });
    let width = name.max().unwrap_or_default() + 60 + 30 + 30 + 10;
    (layers.len() + 2) * 4 * width + title.len() + 400
}

/// The user's documentation, and the list of layers.
fn docs(model: &Model) -> TokenStream {
    let Form::Item { attrs, .. } = &model.form else {
        return TokenStream::new();
    };
    let layers = model.layers.iter().map(|layer| format!("`{}`", layer.name));
    let layers: Vec<String> = layers.collect();
    let list = format!(" A `Sequential` model of the layers {}.", layers.join(", "));
    let between = attrs
        .iter()
        .any(|attr| attr.path().is_ident("doc"))
        .then(|| tokens! { #[doc = ""] });
    tokens! {
        #(#attrs)*
        #between
        #[doc = #list]
    }
}

impl<'a> Line<'a> {
    fn new(names: &Names, layer: &'a Layer, emitted: &Emitted, count: usize) -> Line<'a> {
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
            samples: tokens! { #x, #y },
            output: y,
            constant,
            activity: objects::activity(names, layer, emitted).map(|penalty| penalty.value),
            trainable: layer.trainable.as_ref(),
            name: &layer.name,
        }
    }

    fn facts(&self) -> TokenStream {
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

    fn init(&self) -> TokenStream {
        let (index, samples) = (&self.index, &self.samples);
        let (constant, name) = (&self.constant, self.name);
        tokens! {
            init::<_, #samples>(&#constant, &mut __p.#name, &mut __s.#name, __seed, #index);
        }
    }

    fn reset_states(&self) -> TokenStream {
        let (samples, constant, name) = (&self.samples, &self.constant, self.name);
        tokens! { Layer::<#samples>::reset_states(&#constant, &mut __s.#name); }
    }

    fn check(&self) -> TokenStream {
        let (samples, constant) = (&self.samples, &self.constant);
        tokens! { ::kseq::__core::layer::Layer::<#samples>::check(&#constant, __x) }
    }

    fn infer(&self) -> TokenStream {
        let (samples, output) = (&self.samples, &self.output);
        let (constant, name) = (&self.constant, self.name);
        let data = tokens! { &#constant, &__p.#name, &__s.#name };
        let index = &self.index;
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
            (true, true, _) => tokens! {
                ::kseq::__core::layer::Layer::<#samples>::infer(#data, __x, __y, __cx);
            },
            (true, false, _) => tokens! { __w.first::<_, #samples>(#spot, #data, __x, __cx); },
            (false, false, true) => {
                tokens! { __w.in_place::<_, #output>(#spot, #data, __cx); }
            }
            (false, false, false) => tokens! { __w.next::<_, #samples>(#spot, #data, __cx); },
            (false, true, _) => tokens! { __w.last::<_, #samples>(#spot, #data, __y, __cx); },
        };
        tokens! { #pass #penalty }
    }

    fn step(&self, streaming: &Ident) -> TokenStream {
        let (samples, index) = (&self.samples, &self.index);
        let (constant, name) = (&self.constant, self.name);
        let kept = tokens! { #streaming[#index].state };
        let data = tokens! { &#constant, &__p.#name, &__s.#name };
        match self.is_first {
            true => tokens! { __w.first::<_, #samples>(#kept, #data, __x, __cx); },
            false => tokens! { __w.next::<_, #samples>((#index, #kept), #data, __cx); },
        }
    }

    fn forward(&self) -> TokenStream {
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

    fn backward(&self) -> TokenStream {
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
