//! What a model has besides whose samples have axes of any length: its plan as a function of the lengths, its memory, its steps.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use syn::ext::IdentExt;

use super::emitted::Emitted;
use super::layers::sequential::of_lengths;
use super::line::{Line, head};
use super::names::Names;
use crate::ir::{Kind, Model};
use crate::tokens::tokens;

/// The plan of a model that has axes of any length, by their lengths: the rules are asked again, with numbers.
pub fn plan_of_lengths(
    names: &Names,
    model: &Model,
    emitted: &[Option<Emitted>],
    lines: &[Line<'_>],
) -> TokenStream {
    let (plan, plan_of_lengths, head) = (names.plan(), names.plan_of_lengths(), head(model));
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
                    let rule = emitted.rule_of_lengths.as_ref().unwrap_or(&emitted.rule);
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
    let layers = lines
        .iter()
        .zip(&model.layers)
        .zip(emitted.iter().flatten());
    let facts = layers.map(|((line, layer), emitted)| {
        let (facts, types) = (line.facts(), &line.types);
        let (before, next) = (shape_of(layer.number - 1), shape_of(layer.number));
        let facts = tokens! { #facts.of_lengths::<#types>(#before, #next) };
        let inner = names.submodel(layer);
        match inner.filter(|_| emitted.rule_of_lengths.is_some()) {
            Some(inner) => {
                let plan = of_lengths(&inner);
                tokens! {
                    {
                        let __input = #before;
                        ::kseq::__core::submodel::of_lengths::<#inner>(#facts, #plan)
                    }
                }
            }
            None => facts,
        }
    });
    let ty = plan_type(names, lines.len());
    let streaming = streaming_constants(names, model, emitted, lines);
    tokens! {
        #streaming
        #[doc(hidden)]
        const fn #plan_of_lengths(
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
                match #plan_of_lengths([__length; 2]) {
                    ::core::result::Result::Ok(__plan) => break __plan.plan(),
                    ::core::result::Result::Err(_) => __length *= 2,
                }
            }
        };
    }
}

/// What a model says of the lengths of a batch to the one that it is a layer of: the shape of the output, and the memory.
pub fn of_these(names: &Names) -> TokenStream {
    let (name, vis) = (&names.model, &names.vis);
    let answer = match names.open {
        true => {
            let of_lengths = names.plan_of_lengths();
            tokens! {
                match #of_lengths(__lengths) {
                    ::core::result::Result::Ok(__plan) => {
                        ::core::result::Result::Ok((__plan.output(), *__plan.sizes()))
                    }
                    ::core::result::Result::Err(__why) => ::core::result::Result::Err(__why),
                }
            }
        }
        false => tokens! {
            {
                let _ = __lengths;
                ::core::result::Result::Ok((
                    <<Self as ::kseq::__core::model::Model>::Output as ::kseq::__core::tensor::Tensor>::SHAPE,
                    <Self as ::kseq::__core::model::Model>::SIZES,
                ))
            }
        },
    };
    tokens! {
        impl #name {
            #[doc(hidden)]
            #[allow(dead_code, clippy::result_large_err)]
            #vis const fn __of_lengths(
                __lengths: [::core::primitive::usize; 2],
            ) -> ::kseq::__core::submodel::OfThese {
                #answer
            }
        }
    }
}

/// The memory of samples with lengths that are constants, for programs without a heap.
pub fn memory(names: &Names, model: &Model) -> TokenStream {
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
pub fn plan_type(names: &Names, layers: usize) -> TokenStream {
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
pub fn step(names: &Names, lines: &[Line<'_>]) -> TokenStream {
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
            #(#steps)*
        }
    }
}

/// The shape of a batch behind the layer with this number; 0: of the input.
fn shape_of(number: usize) -> Ident {
    Ident::new(&format!("__s{number}"), Span::mixed_site())
}
