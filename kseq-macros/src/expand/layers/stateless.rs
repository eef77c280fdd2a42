//! Layers without parameters and state, by what their rows say.

use kseq_catalogue::{Kind, Operand, Stateless, ValueCheck};
use proc_macro2::{Ident, Literal, Span, TokenStream};

use super::builtin::Builtin;
use crate::expand::emitted::Emitted;
use crate::ir::Value;
use crate::names::camel;
use crate::tokens::tokens;

pub fn stateless(layer: &Builtin<'_>, row: &Stateless) -> Emitted {
    let class = layer.class();
    let plain = ident(layer.row.class);
    let rule = function(row.rule);
    let rule_takes = row.rule_takes.iter().map(|operand| {
        let value = operand_of(layer, operand);
        match is_array(layer, operand) {
            true => tokens! { , &#value },
            false => tokens! { , #value },
        }
    });
    let new_takes = row
        .new_takes
        .iter()
        .map(|operand| operand_of(layer, operand));
    let mut types = row
        .types
        .iter()
        .map(|name| layer.activation(name))
        .peekable();
    let types = types.peek().is_some().then(|| tokens! { <#(#types),*> });
    let checks = row
        .checks
        .iter()
        .filter_map(|ValueCheck { argument, rule }| {
            let (rule, value) = (function(*rule), layer.arg(argument));
            layer.check(argument, tokens! { #rule(#value) })
        });
    // With a seed a layer's random numbers are its own.
    let seeds = seeds_of(layer).filter(|name| layer.find(name).is_some());
    let seeds = seeds.map(|name| layer.arg(name));
    Emitted {
        checks: checks.collect(),
        in_place: row.in_place,
        walks: row.walks,
        ..Emitted::plain(
            tokens! { #rule(__input #(#rule_takes)*) },
            tokens! { ::kseq::__core::layers::#class #types },
            tokens! { ::kseq::__core::layers::#plain::new(#(#new_takes),*)#(.seed(#seeds))* },
        )
    }
}

/// The arguments that are seeds: one at most.
fn seeds_of(layer: &Builtin<'_>) -> impl Iterator<Item = &'static str> {
    let params = layer.row.params.iter();
    params
        .filter(|param| param.kind == Kind::Seed)
        .map(|param| param.name)
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// `::kseq::__core::layers::dropout::rate_rule`
fn function([module, function]: [&str; 2]) -> TokenStream {
    let (module, function) = (ident(module), ident(function));
    tokens! { ::kseq::__core::layers::#module::#function }
}

/// What a function is given.
fn operand_of(layer: &Builtin<'_>, operand: &Operand) -> TokenStream {
    match *operand {
        Operand::Value(name) => value_of(layer, name),
        Operand::List(name) => {
            let value = value_of(layer, name);
            tokens! { [#value] }
        }
        Operand::Says(name, word) => {
            let says = layer.word(name) == word;
            tokens! { #says }
        }
        Operand::OneOf(name, ty) => {
            let (ty, variant) = (ident(ty), ident(&camel(layer.word(name))));
            tokens! { ::kseq::__core::layers::#ty::#variant }
        }
        Operand::Text(text) => tokens! { #text },
        Operand::Number(number) => {
            let number = Literal::usize_unsuffixed(number);
            tokens! { #number }
        }
    }
}

fn kind(layer: &Builtin<'_>, name: &str) -> Option<Kind> {
    layer.row.param(name).map(|param| param.kind)
}

/// Whether what a function is given is an array.
fn is_array(layer: &Builtin<'_>, operand: &Operand) -> bool {
    match *operand {
        Operand::Value(name) => matches!(
            kind(layer, name),
            Some(Kind::Sizes(_) | Kind::SizesLike(..) | Kind::Margins(_))
        ),
        Operand::List(_) => true,
        Operand::Says(..) | Operand::OneOf(..) | Operand::Text(_) | Operand::Number(_) => false,
    }
}

/// The value of an argument.
fn value_of(layer: &Builtin<'_>, name: &str) -> TokenStream {
    let name = match kind(layer, name) {
        Some(Kind::SizesLike(_, other)) if layer.find(name).is_none() => other,
        _ => name,
    };
    match kind(layer, name) {
        Some(Kind::Sizes(n) | Kind::SizesLike(n, _)) => {
            let sizes = layer.dims(name, n);
            tokens! { [#(#sizes),*] }
        }
        Some(Kind::Margins(n)) => margins(layer, name, n),
        Some(Kind::Flag) => layer.flag(name),
        // Not given.
        Some(Kind::Several(_) | Kind::Wholes) if layer.find(name).is_none() => tokens! { &[] },
        _ => layer.arg(name),
    }
}

/// `[[top, bottom], [left, right]]` of `n` axes, from 1, `n` or `2 n` numbers.
fn margins(layer: &Builtin<'_>, name: &str, n: usize) -> TokenStream {
    let numbers = match layer.find(name).map(|arg| &arg.value) {
        Some(Value::Sizes(numbers)) => numbers.len(),
        _ => 1,
    };
    let side = |side: usize| layer.dim(name, side * numbers / (2 * n));
    let axes = (0..n).map(|axis| {
        let sides: [TokenStream; 2] = [side(2 * axis), side(2 * axis + 1)];
        tokens! { [#(#sides),*] }
    });
    tokens! { [#(#axes),*] }
}
