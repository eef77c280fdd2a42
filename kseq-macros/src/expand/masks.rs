//! Masks of sequences: which layers make one says the list, and how far it reaches the layers' own constants.

use proc_macro2::{Literal, TokenStream};

use super::emitted::Emitted;
use super::names::Names;
use super::spans;
use crate::ir::{Kind, Layer, Model, Value};
use crate::tokens::tokens;

/// Whether a layer makes a mask, or may do so.
pub fn makes_mask(model: &Model) -> bool {
    let mut layers = model.layers.iter().enumerate();
    layers.any(|(index, layer)| match &layer.kind {
        Kind::Builtin { row, .. } if row.class == "Masking" => true,
        Kind::Builtin { args, .. } => args.iter().any(|arg| {
            index == 0 && arg.name == "mask_zero" && !matches!(arg.value, Value::Flag(false))
        }),
        Kind::User { .. } | Kind::Unknown => false,
    })
}

/// The check of a layer that does not take a masked sequence.
pub fn check(names: &Names, model: &Model, layer: &Layer, emitted: &Emitted) -> TokenStream {
    let (Some(rule), true) = (&emitted.mask_rule, makes_mask(model)) else {
        return TokenStream::new();
    };
    let before = model.layers.iter().take(layer.number - 1).map(|layer| {
        let (ty, x, y) = (
            names.ty(layer),
            names.sample(layer.number - 1),
            names.sample(layer.number),
        );
        tokens! { <#ty as Layer<#x, #y>>::MASK }
    });
    let masks = tokens! {
        {
            use ::kseq::__core::layer::Layer;
            &[#(#before),*]
        }
    };
    let (previous, number, name) = (
        names.link(layer.number - 1),
        Literal::usize_unsuffixed(layer.number),
        names.shown(layer),
    );
    let arguments = tokens! { &#previous, #number, #name, #rule(#masks) };
    let check = spans::check(layer.ends, "argument", arguments);
    tokens! { const _: () = #check; }
}
