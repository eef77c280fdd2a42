//! Activations with arguments: their types, and what is asked of the arguments.

use kseq_catalogue::{Emission, LayerRow};
use proc_macro2::{Ident, Literal, Span, TokenStream};

use super::emitted::ArgumentCheck;
use super::names::Names;
use crate::ir::{Activation, Arg, Layer, Value};
use crate::tokens::tokens;

/// `LeakyReluOf<1036831949>`: the type of what the argument `argument` of a layer is given.
pub fn ty(
    names: &Names,
    layer: &Layer,
    argument: &str,
    row: &LayerRow,
    args: &[Arg],
) -> TokenStream {
    let Emission::Activation(of) = row.emission else {
        return tokens! { ::kseq::__core::activations::Linear };
    };
    let bits = of.takes.iter().map(
        |(name, _)| match args.iter().find(|arg| arg.name == *name) {
            None => number(f32::INFINITY),
            Some(arg) => plain(arg).map_or_else(
                || {
                    let bound = bound_to(names, layer, argument, arg);
                    tokens! { { ::core::primitive::f32::to_bits(#bound) } }
                },
                number,
            ),
        },
    );
    let ty = Ident::new(of.ty, Span::mixed_site());
    tokens! { ::kseq::__core::activations::#ty<#(#bits),*> }
}

/// The bits of a number.
fn number(x: f32) -> TokenStream {
    let bits = Literal::u32_unsuffixed(x.to_bits());
    tokens! { #bits }
}

/// The number that an argument is written as.
fn plain(arg: &Arg) -> Option<f32> {
    match &arg.value {
        Value::Real(value) => arg.plain(value)?.to_string().parse().ok(),
        _ => None,
    }
}

/// The constant that an argument of an activation is bound to.
fn bound_to(names: &Names, layer: &Layer, argument: &str, arg: &Arg) -> Ident {
    names.arg(layer, &format!("{argument}_{}", arg.name))
}

/// An argument of an activation: a number, or the constant that it is bound to.
pub fn value(names: &Names, layer: &Layer, argument: &str, arg: &Arg) -> TokenStream {
    match plain(arg) {
        Some(number) => {
            let number = Literal::f32_unsuffixed(number);
            tokens! { #number }
        }
        None => {
            let bound = bound_to(names, layer, argument, arg);
            tokens! { #bound }
        }
    }
}

/// The activations of a layer that have arguments: the layer's argument, the row, the arguments.
fn given(layer: &Layer) -> impl Iterator<Item = (&'static str, &'static LayerRow, &[Arg])> {
    layer.args().into_iter().filter_map(|arg| match &arg.value {
        Value::Activation(Activation::With { row, args }) => {
            Some((arg.name, *row, args.as_slice()))
        }
        _ => None,
    })
}

/// The constants that the user's expressions are bound to.
pub fn bound(names: &Names, layer: &Layer) -> TokenStream {
    let mut items = TokenStream::new();
    for (argument, _, args) in given(layer) {
        for arg in args.iter().filter(|arg| plain(arg).is_none()) {
            if let Value::Real(value) = &arg.value {
                let name = bound_to(names, layer, argument, arg);
                items.extend(tokens! {
                    #[doc(hidden)]
                    const #name: ::core::primitive::f32 = #value;
                });
            }
        }
    }
    items
}

/// The checks of the arguments; a literal in its range needs none.
pub fn checks(names: &Names, layer: &Layer) -> Vec<ArgumentCheck> {
    let mut checks = Vec::new();
    for (argument, row, args) in given(layer) {
        let Emission::Activation(of) = row.emission else {
            continue;
        };
        for arg in args {
            let mut takes = of.takes.iter();
            let Some((_, rule)) = takes.find(|(name, _)| *name == arg.name) else {
                continue;
            };
            if arg.by_default || arg.is_in_range(row) {
                continue;
            }
            let rule = Ident::new(rule, Span::mixed_site());
            let value = value(names, layer, argument, arg);
            checks.push(ArgumentCheck {
                ends: arg.ends,
                refusal: tokens! { ::kseq::__core::activations::#rule(#value) },
            });
        }
    }
    checks
}
