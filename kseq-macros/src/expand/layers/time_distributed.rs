//! `TimeDistributed`.

use super::builtin::Builtin;
use crate::expand::emitted::{ArgumentCheck, Emitted, Inside};
use crate::ir::Submodel;
use crate::tokens::tokens;

/// The wrapper around what the layer in it emits.
pub fn time_distributed(layer: &Builtin<'_>, mut inner: Emitted) -> Emitted {
    let class = layer.class();
    let mut checks = core::mem::take(&mut inner.checks);
    if let Some(Submodel::Named(path)) = layer.layer.submodel() {
        checks.push(ArgumentCheck {
            ends: layer.layer.ends,
            refusal: tokens! { ::kseq::__core::submodel::each_step::<#path>() },
        });
    }
    let Emitted {
        rule, ty, value, ..
    } = &inner;
    Emitted {
        checks,
        rule: tokens! {
            {
                let __sequence = __input;
                match ::kseq::__core::layers::time_distributed::step(__sequence) {
                    ::core::result::Result::Ok(__input) => {
                        ::kseq::__core::layers::time_distributed::shape(__sequence, #rule)
                    }
                    ::core::result::Result::Err(__refusal) => ::core::result::Result::Err(__refusal),
                }
            }
        },
        ty: tokens! { ::kseq::__core::layers::#class<#ty> },
        value: tokens! { ::kseq::__core::layers::TimeDistributed::new(#value) },
        // A step has one shape.
        rule_of_lengths: None,
        in_place: false,
        walks: false,
        inside: inner.inside.map(|inside| Inside {
            start: "steps_inside",
            ..inside
        }),
        ..inner
    }
}
