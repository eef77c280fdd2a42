//! Layers around a layer.

use super::{Given, Parts, of_layer, tokens};
use crate::ir::Value;

pub fn time_distributed(given: &Given<'_>) -> Parts {
    let input = given.input();
    let inner = match given.find("layer").map(|arg| &arg.value) {
        Some(Value::Layer(inner)) => of_layer(&Given {
            each: true,
            layer: inner,
            ..*given
        }),
        _ => None,
    };
    // `check/wrapper.rs` lets nothing else through.
    let inner = inner.unwrap_or_else(|| super::flatten(given));
    let class = given.class();
    let Parts {
        rule, ty, value, ..
    } = &inner;
    Parts {
        rule: tokens! {
            {
                let sequence = #input;
                match ::kseq::__core::layers::time_distributed::step(sequence) {
                    ::core::result::Result::Ok(input) => {
                        ::kseq::__core::layers::time_distributed::shape(sequence, #rule)
                    }
                    ::core::result::Result::Err(refusal) => ::core::result::Result::Err(refusal),
                }
            }
        },
        ty: tokens! { ::kseq::__core::layers::#class<#ty> },
        value: tokens! { ::kseq::__core::layers::TimeDistributed::new(#value) },
        in_place: false,
        ..inner
    }
}
