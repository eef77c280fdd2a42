//! `Lambda`.

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::expand::{names, spans};
use crate::ir::Value;
use crate::tokens::tokens;

pub fn lambda(layer: &Builtin<'_>) -> Emitted {
    let core = tokens! { ::kseq::__core::layers };
    let [function, gradient] = ["function", "gradient"].map(|name| match layer.find(name) {
        Some(arg) => match &arg.value {
            Value::Function(function) => function.clone(),
            _ => TokenStream::new(),
        },
        None => TokenStream::new(),
    });
    // What does not fit is reported at the layer.
    let new = spans::callee(layer.layer.ends, "new", tokens! { #function, #gradient });
    if layer.find("output_shape").is_none() {
        return Emitted::plain(
            tokens! { #core::lambda::shape(__input) },
            tokens! { #core::Lambda },
            tokens! { #core::Lambda::#new },
        );
    }
    let output = layer.arg("output_shape");
    let names = layer.names;
    // A step's is not that of the layer.
    let ty = match layer.is_step {
        true => tokens! { #core::LambdaOf },
        false => names::at(names.ty(layer.layer), layer.layer.ends.first).into_token_stream(),
    };
    let [x, y] = [layer.layer.number - 1, layer.layer.number].map(|number| names.sample(number));
    let [x, y] = match layer.is_step {
        true => [x, y].map(|sample| tokens! { <#sample as ::kseq::__core::open::Stepwise>::Step }),
        false => [x, y].map(|sample| tokens! { #sample }),
    };
    Emitted::plain(
        tokens! { #core::lambda::declared(__input, #output) },
        tokens! { #core::LambdaOf<#x, #y> },
        tokens! { #ty::#new },
    )
}
