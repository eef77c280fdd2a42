//! The int8 twin of a model: its layers as steps, and the line through them.

use kseq_catalogue::{Quantized, quantized};
use proc_macro2::{Ident, Literal, TokenStream};

use super::emitted::Emitted;
use super::line::{Line, head};
use super::names::Names;
use super::spans::callee;
use crate::ir::Model;
use crate::tokens::tokens;

/// The places of a layer in the core's `Graph`.
const PLACES: usize = 4;

/// The steps, what the compiler checks of them, and `impl Quantizable`; nothing without `#[quantize]`.
pub fn item(names: &Names, model: &Model, emitted: &[Option<Emitted>]) -> TokenStream {
    let Some(at) = model.quantize else {
        return TokenStream::new();
    };
    let count = model.layers.len();
    let understood = model.layers.iter().zip(emitted);
    let lines: Vec<_> = understood
        .filter_map(|(layer, emitted)| {
            let line = Line::new(names, layer, emitted.as_ref()?, count);
            Some((layer, line))
        })
        .collect();
    let (graph, name) = (names.int8(), &names.model);
    let length = Literal::usize_unsuffixed(count);
    let operators = lines.iter().map(|(layer, line)| {
        let (types, samples, constant) = (&line.types, &line.samples, &line.constant);
        let operator = match quantized(&layer.class) {
            Some(Quantized::Operator) if layer.float.is_some() => {
                tokens! { float_like::<#types>(#constant.int8::<#samples>()) }
            }
            _ if layer.float.is_some() => tokens! { float::<#types>() },
            Some(Quantized::Operator) => tokens! { #constant.int8::<#samples>() },
            Some(Quantized::Same) | None => tokens! { Operator::Same },
        };
        match line.is_last {
            true => {
                let (head, output) = (head(model), &line.output);
                tokens! { ending::<#head, #output>(#operator) }
            }
            false => operator,
        }
    });
    let samples = (0..=count).map(|number| names.sample(number));
    let checks = lines.iter().map(|(layer, line)| {
        let (index, field) = (&line.index, layer.name.to_string());
        let check = callee(
            layer.ends,
            "__kseq_int8",
            tokens! { &#graph, #index, #field },
        );
        tokens! {
            const _: () = {
                use ::kseq::__core::int8::check::layer as __kseq_int8;
                #check
            };
        }
    });
    let steps = lines.iter().map(|(layer, line)| {
        let (index, types, constant) = (&line.index, &line.types, &line.constant);
        // Each step a constant of its own: what a firmware holds of them is only those whose sizes are read where it runs.
        let steps = (0..PLACES).map(|place| {
            let place = Literal::usize_unsuffixed(place);
            tokens! { const { &{ #graph.steps[#index][#place] } } }
        });
        let steps = tokens! { [#(#steps),*] };
        match layer.float {
            Some(_) => tokens! { __q.float::<#types>(#steps, &#constant); },
            None => tokens! { __q.layer(#steps); },
        }
    });
    let table = Literal::usize_unsuffixed(table_len(names, model));
    let whole = callee(at, "__kseq_int8", tokens!(&#graph));
    tokens! {
        #[doc(hidden)]
        const #graph: ::kseq::__core::int8::graph::Graph<#length> = {
            use ::kseq::__core::int8::graph::{Graph, Operator, ending, float, float_like};
            use ::kseq::__core::tensor::Tensor;
            Graph::new([#(#operators),*], &[#(<#samples as Tensor>::LEN),*])
        };
        #(#checks)*
        const _: () = {
            use ::kseq::__core::int8::check::model as __kseq_int8;
            #whole
        };
        impl ::kseq::__core::int8::pass::Quantizable for #name {
            type Block = [::core::primitive::f32; #graph.plan.block / 4];
            const STEPS: &'static [[::kseq::__core::int8::graph::Step; 4]] = &#graph.steps;
            const INT8: ::kseq::__core::int8::graph::Plan = #graph.plan;
            type Int8Table = ::kseq::__core::int8::summary::Table<Self, #table>;
            #[inline(always)]
            fn int8(__q: &mut impl ::kseq::__core::int8::pass::Passes) {
                use ::kseq::__core::int8::pass::Passes;
                #(#steps)*
            }
        }
    }
}

/// What stands for the twin of a model with errors, whose types are `missing`.
pub fn stub(names: &Names, model: &Model, missing: &Ident) -> TokenStream {
    if model.quantize.is_none() {
        return TokenStream::new();
    }
    let name = &names.model;
    tokens! {
        impl ::kseq::__core::int8::pass::Quantizable for #name {
            type Block = #missing;
            type Int8Table = #missing;
            const STEPS: &'static [[::kseq::__core::int8::graph::Step; 4]] = &[];
            const INT8: ::kseq::__core::int8::graph::Plan = ::kseq::__core::int8::graph::Plan::NOTHING;
            fn int8(_: &mut impl ::kseq::__core::int8::pass::Passes) {}
        }
    }
}

/// The bytes that the table takes at most: four rows and lines for each layer, which may be a conversion, two products and an
/// activation; a header and totals. A shape takes up to 60, an operator with an activation or the name of another layer 40 and that, a
/// number 30; lines are drawn with characters of 3 bytes.
fn table_len(names: &Names, model: &Model) -> usize {
    let cells = model.layers.iter().map(|layer| {
        let name = layer.name.to_string().len();
        name + (layer.class.len() + 3).max(".conversion".len()) + name
    });
    let width = cells.max().unwrap_or_default() + 60 + 40 + 30 + 10;
    let title = model.title.as_ref().map_or(0, String::len) + names.model.to_string().len();
    (4 * model.layers.len() + 2) * 4 * width + title + 400
}
