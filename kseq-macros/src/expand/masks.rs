//! The mask of a model that begins with an `Embedding` of padded tokens: how far it reaches say the layers' own constants.

use proc_macro2::{Literal, TokenStream};

use super::emitted::Emitted;
use super::names::Names;
use super::spans;
use crate::ir::{Kind, Layer, Model, Value};
use crate::tokens::tokens;

/// Whether the first layer makes a mask, or may do so.
pub fn makes_mask(model: &Model) -> bool {
    let Some(Kind::Builtin { args, .. }) = model.layers.first().map(|layer| &layer.kind) else {
        return false;
    };
    let mask_zero = args.iter().find(|arg| arg.name == "mask_zero");
    mask_zero.is_some_and(|arg| !matches!(arg.value, Value::Flag(false)))
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
