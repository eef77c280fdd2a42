//! `#[quantize]` before a model and `#[float]` before a layer: what is wrong with the words.

use kseq_catalogue::{self as catalogue, quantized};
use syn::{Attribute, Meta};

use crate::ast::{Ends, Errors};
use crate::ir::{Input, Kind, Layer};

/// Whether a model has an int8 twin, by its attributes.
pub fn asked(attrs: &[Attribute], errors: &mut Errors) -> Option<Ends> {
    let mut asked = None;
    for attr in attrs {
        let ends = Ends::of(attr);
        if !matches!(attr.meta, Meta::Path(_)) {
            errors.at(
                ends,
                "`#[quantize]` takes no arguments: how ranges are found is said when the model is quantised\n  \
                 help: `model.quantize(&Calibration::new(&x).percentile(99.99))`",
            );
        } else if asked.is_some() {
            errors.at(ends, "`#[quantize]` is given twice");
        }
        asked = Some(ends);
    }
    asked
}

/// Refuses what no int8 twin can be, and `#[float]` where there is none.
pub fn check(asked: Option<Ends>, input: Option<&Input>, layers: &[Layer], errors: &mut Errors) {
    let Some(at) = asked else {
        for layer in layers {
            if let Some(ends) = layer.float {
                let (number, name) = (layer.number, &layer.name);
                errors.at(
                    ends,
                    format_args!(
                        "layer {number} `{name}`: `#[float]` is for a model with an int8 twin, of which it keeps a layer in f32\n  \
                         help: write `#[quantize]` before the model's name, or leave `#[float]` out"
                    ),
                );
            }
        }
        return;
    };
    if input.is_some_and(|input| input.open > 0) {
        errors.at(
            at,
            "`#[quantize]`: a sample of any length (`None`) has no int8 twin\n  help: give the axis a size",
        );
    }
    let tokens = input.is_some_and(|input| input.tokens);
    if tokens {
        errors.at(
            at,
            "`#[quantize]`: integer tokens have no int8 twin\n  help: leave `#[quantize]` out",
        );
    }
    for layer in layers {
        let known = match layer.kind {
            Kind::Unknown => continue,
            Kind::Builtin { .. } => quantized(&layer.class).is_some(),
            Kind::User { .. } => false,
        };
        // What reads tokens is reported already.
        let reads_tokens =
            tokens && catalogue::layer(&layer.class).is_some_and(|row| row.on_tokens);
        if layer.float.is_none() && !known && !reads_tokens {
            let (number, name, class) = (layer.number, &layer.name, &layer.class);
            errors.at(
                layer.ends,
                format_args!(
                    "layer {number} `{name}`: `{class}` has no int8 operator\n  \
                     help: write `#[float]` before it: it stays in f32, and what lies between is converted"
                ),
            );
        }
    }
}
