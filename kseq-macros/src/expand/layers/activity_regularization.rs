//! `ActivityRegularization`: a penalty on the output, which is the input.

use super::builtin::Builtin;
use crate::expand::emitted::{ArgumentCheck, Emitted};
use crate::tokens::tokens;

pub fn activity_regularization(layer: &Builtin<'_>) -> Emitted {
    let class = layer.class();
    let (l1, l2) = (layer.arg("l1"), layer.arg("l2"));
    let penalty = tokens! { ::kseq::__core::regularizers::Regularizer::L1L2 { l1: #l1, l2: #l2 } };
    let refusal = tokens! { ::kseq::__core::probe::regularizer(#penalty) };
    Emitted {
        checks: vec![ArgumentCheck {
            ends: layer.layer.ends,
            refusal,
        }],
        in_place: true,
        activity: Some(penalty),
        ..Emitted::plain(
            tokens! { ::kseq::__core::layers::activity_regularization::shape(__input) },
            tokens! { ::kseq::__core::layers::#class },
            tokens! { ::kseq::__core::layers::ActivityRegularization::new() },
        )
    }
}
