//! Masks of sequences: which layers make one says the list, and how far it reaches the layers' own constants.

use proc_macro2::{Literal, TokenStream};

use super::emitted::Emitted;
use super::names::Names;
use super::spans;
use crate::ir::{Kind, Layer, Model, Submodel, Value};
use crate::tokens::tokens;

/// Whether a layer makes a mask, or may do so.
pub fn makes_mask(model: &Model) -> bool {
    let mut layers = model.layers.iter().enumerate();
    layers.any(|(index, layer)| makes(layer, index == 0))
}

fn makes(layer: &Layer, is_first: bool) -> bool {
    match (&layer.kind, layer.submodel()) {
        (_, Some(Submodel::List(model))) => {
            let mut layers = model.layers.iter().enumerate();
            layers.any(|(index, layer)| makes(layer, is_first && index == 0))
        }
        (_, Some(Submodel::Named(_))) => true,
        (Kind::Builtin { row, .. }, None) if row.class == "Masking" => true,
        (Kind::Builtin { args, .. }, None) => args.iter().any(|arg| {
            is_first && arg.name == "mask_zero" && !matches!(arg.value, Value::Flag(false))
        }),
        (Kind::User { .. } | Kind::Unknown, None) => false,
    }
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
