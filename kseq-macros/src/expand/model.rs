//! The model's type, and `impl Model`: the straight line through the layers.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::any_length::{memory, of_these, plan_of_lengths, plan_type, step};
use super::emitted::Emitted;
use super::line::{Line, head, lines};
use super::names::Names;
use super::{config, masks, objects};
use crate::ast::Form;
use crate::ir::{Layer, Model};
use crate::tokens::tokens;

/// The plan, the type, and its `impl Model`.
pub fn item(names: &Names, model: &Model, emitted: &[Option<Emitted>]) -> TokenStream {
    let lines = lines(names, &model.layers, emitted);
    let (name, vis) = (&names.model, &names.vis);
    let planning = match names.open {
        true => plan_of_lengths(names, model, emitted, &lines),
        false => constant_plan(names, model, &lines),
    };
    let docs = match names.as_layer() {
        Some(_) => tokens! { #[doc(hidden)] },
        None => docs(model),
    };
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
    let step = names.open.then(|| step(names, &lines));
    let infer = lines.iter().map(Line::infer);
    let forward = lines.iter().map(Line::forward);
    let backward = lines.iter().rev().map(Line::backward);
    let is_open = names.open && names.as_layer().is_none();
    let memory = is_open.then(|| memory(names, model));
    let may_be_asked = names.open || names.as_layer().is_none();
    let of_these = may_be_asked.then(|| of_these(names));
    tokens! {
        #planning
        #docs
        #vis struct #name;
        #memory
        #of_these
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
                #(#infer)*
            }
            fn forward(
                __p: &Self::Params,
                __s: &mut Self::State,
                __x: &[Self::Input],
                __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                #(#forward)*
            }
            fn backward(
                __p: &mut Self::Params,
                __x: &[Self::Input],
                __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
                __g: &mut ::kseq::__core::tape::Grads<'_, impl ::kseq::__core::tape::Sink>,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
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

/// The associated types and constants.
fn constants(names: &Names, model: &Model, lines: &[Line<'_>]) -> TokenStream {
    let (params, state, plan) = (names.params(), names.state(), names.plan());
    let name = &names.model;
    let (input, output) = (names.sample(0), names.sample(lines.len()));
    let head = head(model);
    let title = match (&model.title, &model.form) {
        _ if names.as_layer().is_some() => names.as_layer().unwrap_or_default().to_owned(),
        (Some(title), _) => title.clone(),
        (None, Form::Item { name, .. }) => name.unraw().to_string(),
        (None, _) => "sequential_1".to_owned(),
    };
    let batch = match names.fixes_batch {
        true => {
            let batch = names.batch();
            tokens! { ::core::option::Option::Some(#batch) }
        }
        false => tokens! { ::core::option::Option::None },
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
    let config = cfg!(all(feature = "config", not(test))).then(|| config::config(names, model));
    let scores = scores(names, model, lines);
    let masks = masks::makes_mask(model).then(|| {
        tokens! { const MASKS: &'static [::kseq::__core::layer::Masked] = &{ #plan.masks }; }
    });
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
        #masks
        #frozen
        #config
        #scores
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

/// Whether there are penalties on outputs, if there may be any.
fn scores(names: &Names, model: &Model, lines: &[Line<'_>]) -> TokenStream {
    if lines.iter().any(|line| line.activity.is_some()) {
        return tokens! { const SCORES: ::core::primitive::bool = true; };
    }
    let inside = model
        .layers
        .iter()
        .filter_map(|layer| names.submodel(layer));
    let mut inside = inside.peekable();
    if inside.peek().is_none() {
        return TokenStream::new();
    }
    tokens! {
        const SCORES: ::core::primitive::bool =
            #(<#inside as ::kseq::__core::model::Model>::SCORES)||*;
    }
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
