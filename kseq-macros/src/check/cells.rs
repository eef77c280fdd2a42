//! `RNN` and its cells: `RNN(LSTMCell(8), return_sequences = true)` is `LSTM(8, return_sequences = true)`, and several cells
//! are layers one behind the other, of which all but the last give the outputs of all steps.

use kseq_catalogue as catalogue;
use proc_macro2::Ident;
use quote::quote;
use syn::{Expr, ExprPath, parse_quote_spanned};

use super::label::LayerLabel;
use super::{args, value, wrapper};
use crate::ast::{Arg, Call, Ends, Errors};
use crate::tokens::tokens;

/// The layer of an `RNN`, or nothing after an error.
pub fn layer(call: Call, label: &LayerLabel, errors: &mut Errors) -> Option<Call> {
    let before = errors.count();
    let row = catalogue::layer("RNN")?;
    let own: Vec<&str> = row.params.iter().map(|param| param.name).collect();
    let mut given = args::name_positional(call.args, &own, "RNN", label, errors);
    let at = given.iter().position(|arg| arg.is("cell"));
    let Some(at) = at else {
        let help = "`RNN(LSTMCell(32))`, or several: `RNN([LSTMCell(32), LSTMCell(16)])`";
        errors.at(
            call.ends,
            format_args!("{label}`RNN` needs `cell`, a cell such as LSTMCell(32)\n  help: {help}"),
        );
        return None;
    };
    let cell = given.remove(at).value;
    for arg in &given {
        if !args::is_common(arg) && !own.iter().any(|own| arg.is(own)) {
            args::unknown(arg, "RNN", &own, true, label, errors);
        }
    }
    let cells = cells(&cell, label, errors)?;
    let layer = match <[Cell; 1]>::try_from(cells) {
        Ok([cell]) => Call {
            docs: call.docs,
            path: cell.layer,
            args: cell.args.into_iter().chain(given).collect(),
            ends: call.ends,
        },
        Err(several) => Call {
            docs: call.docs,
            ..stacked(&several, given, call.ends, label, errors)
        },
    };
    (errors.count() == before).then_some(layer)
}

/// A cell: the layer whose step it is, and its arguments by name.
struct Cell {
    layer: ExprPath,
    args: Vec<Arg>,
}

/// One cell, or those of a list or of `StackedRNNCells`.
fn cells(e: &Expr, label: &LayerLabel, errors: &mut Errors) -> Option<Vec<Cell>> {
    const WHAT: &str = "a cell such as LSTMCell(32), or a list of cells";
    let Expr::Array(list) = value::peel(e) else {
        return stack(e, WHAT, label, errors);
    };
    if list.elems.is_empty() {
        value::refuse(e, "cell", WHAT, label, errors);
        return None;
    }
    let cell = |e| stack(e, "a cell such as LSTMCell(32)", label, errors);
    let stacks: Vec<_> = list.elems.iter().map(cell).collect();
    let stacks: Option<Vec<_>> = stacks.into_iter().collect();
    Some(stacks?.into_iter().flatten().collect())
}

/// One cell, or those of `StackedRNNCells`.
fn stack(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Vec<Cell>> {
    let Some(call) = wrapper::read(e) else {
        value::refuse(e, "cell", what, label, errors);
        return None;
    };
    if !call.path.path.is_ident("StackedRNNCells") {
        return one(e, call, label, errors).map(|cell| vec![cell]);
    }
    match call.args.as_slice() {
        [arg] if arg.name.is_none() || arg.is("cells") => cells(&arg.value, label, errors),
        _ => {
            errors.at(
                call.ends,
                format_args!(
                    "{label}`StackedRNNCells` takes a list of cells\n  help: `StackedRNNCells([LSTMCell(32), \
                     LSTMCell(16)])`"
                ),
            );
            None
        }
    }
}

fn one(e: &Expr, call: Call, label: &LayerLabel, errors: &mut Errors) -> Option<Cell> {
    let Some(name) = call.path.path.get_ident().cloned() else {
        value::refuse(e, "cell", "a cell such as LSTMCell(32)", label, errors);
        return None;
    };
    let Some(row) = catalogue::cell(&name.to_string()) else {
        let help = match catalogue::cell(&format!("{name}Cell")) {
            Some(_) => format!("write `{name}Cell(...)`, or `{name}(...)` without `RNN`"),
            None => "cells are LSTMCell, GRUCell and SimpleRNNCell".to_owned(),
        };
        errors.at(
            call.ends,
            format_args!("{label}`{name}` is no cell of an `RNN`\n  help: {help}"),
        );
        return None;
    };
    let before = errors.count();
    let own: Vec<&str> = row.params.iter().map(|param| param.name).collect();
    let class = name.to_string();
    let mut given = args::name_positional(call.args, &own, &class, label, errors);
    // Its name and its type are nobody's here.
    given.retain(|arg| !arg.is("name") && !arg.is("dtype"));
    for arg in &given {
        if !own.iter().any(|own| arg.is(own)) {
            args::unknown(arg, &class, &own, false, label, errors);
        }
    }
    let layer = Ident::new(class.trim_end_matches("Cell"), name.span());
    let layer: ExprPath = parse_quote_spanned! {name.span()=> #layer };
    (errors.count() == before).then_some(Cell { layer, args: given })
}

/// The layers of several cells in a list.
fn stacked(
    cells: &[Cell],
    given: Vec<Arg>,
    ends: Ends,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Call {
    let row = catalogue::layer("RNN");
    let is_own =
        |arg: &Arg| row.is_some_and(|row| row.params.iter().any(|param| arg.is(param.name)));
    let (own, common): (Vec<Arg>, Vec<Arg>) = given.into_iter().partition(is_own);
    if let Some(arg) = own.iter().find(|arg| arg.is("go_backwards"))
        && value::truth(&arg.value) != Some(false)
    {
        errors.at(
            arg.ends,
            format_args!(
                "{label}`go_backwards` of several cells is not implemented\n  help: write the layers one behind the \
                 other, the first one with `go_backwards = true, return_sequences = true`"
            ),
        );
    }
    let last = cells.len() - 1;
    let layers = cells.iter().enumerate().map(|(i, cell)| {
        let of_cell = cell.args.iter();
        let of_all = own
            .iter()
            .filter(|arg| i == last || arg.is("stateful") || arg.is("unroll"));
        let args = of_cell.chain(of_all).map(|arg| {
            let (name, value) = (&arg.name, &arg.value);
            quote! { #name = #value }
        });
        let args: Vec<_> = args.collect();
        let all = (i < last).then(|| tokens! { , return_sequences = true });
        let path = &cell.layer;
        quote! { #path(#(#args),* #all) }
    });
    let layers: Vec<_> = layers.collect();
    let list: Expr = syn::parse_quote! { [#(#layers),*] };
    let mut args = vec![Arg {
        name: None,
        value: list,
        ends,
    }];
    args.extend(common);
    Call {
        docs: Vec::new(),
        path: syn::parse_quote!(Sequential),
        args,
        ends,
    }
}
