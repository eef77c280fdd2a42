//! `SpectralNormalization`.

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::tokens::tokens;

/// The wrapper around what the layer in it emits.
pub fn spectral_normalization(layer: &Builtin<'_>, inner: Emitted) -> Emitted {
    let class = layer.class();
    let Emitted {
        ty, value, params, ..
    } = &inner;
    let core = tokens! { ::kseq::__core::layers::spectral_normalization };
    let specs = tokens! { <#params as ::kseq::__core::params::ParamBlock>::SPECS };
    let columns = tokens! { { #core::columns(#specs) } };
    Emitted {
        state: Some(tokens! { #core::SpectralNormalizationState<#columns> }),
        ty: tokens! { ::kseq::__core::layers::#class<#ty, #columns> },
        value: tokens! { ::kseq::__core::layers::SpectralNormalization::new(#value) },
        in_place: false,
        walks: false,
        streams: false,
        ..inner
    }
}
