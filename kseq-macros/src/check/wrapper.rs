//! The layer in a wrapper: `TimeDistributed(Dense(8))`.

use kseq_catalogue::ACTIVITY;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprPath, Token};

use super::bind::Owner;
use super::{function, value};
use crate::ast::{Call, Ends, Errors};
use crate::ir::{Layer, Value};

/// What is written as the layer; `None` after an error.
pub fn call(e: &Expr, wrapper: &Owner<'_>, errors: &mut Errors) -> Option<Call> {
    let Owner { class, label, .. } = *wrapper;
    let Some(call) = read(e) else {
        value::refuse(e, "layer", "a layer such as Dense(8)", label, errors);
        return None;
    };
    if call.path.path.get_ident().is_none() {
        errors.at(
            call.ends,
            format_args!(
                "{label}`{class}` takes the layers of Keras, not one of your own\n  help: implement \
                 `Layer<[In; T], [Out; T]>` for yours, and use it by itself"
            ),
        );
        return None;
    }
    Some(call)
}

/// A layer in a wrapper that declares its input.
pub fn refuse_input(layer: Ends, wrapper: &Owner<'_>, errors: &mut Errors) {
    let Owner { class, label, .. } = *wrapper;
    errors.at(
        layer,
        format_args!(
            "{label}the input of a layer in `{class}` is a step of the sequence\n  \
             help: give `input_shape` to `{class}`: `{class}(..., input_shape = (10, 16))`"
        ),
    );
}

/// What a layer in a wrapper must not be given.
pub fn refuse_arguments(layer: &Layer, wrapper: &Owner<'_>, errors: &mut Errors) {
    let Owner { class, label, .. } = *wrapper;
    if let Some(arg) = &layer.activity {
        let name = ACTIVITY.name;
        errors.at(
            arg.ends,
            format_args!(
                "{label}Keras ignores the `{name}` of a layer in `{class}`\n  \
                 help: give it to `{class}`: `{class}(..., {name} = \"l2\")`"
            ),
        );
    }
    if layer.class == "Masking" {
        errors.at(
            layer.ends,
            format_args!(
                "{label}the mask of a layer in `{class}` goes nowhere\n  \
                 help: `Masking` looks at the last axis of any input: write it without `{class}`"
            ),
        );
    }
    let mut args = layer.args().into_iter();
    let stateful = args.find(|arg| arg.name == "stateful");
    if let Some(arg) = stateful
        && !matches!(arg.value, Value::Flag(false))
    {
        errors.at(
            arg.ends,
            format_args!(
                "{label}a layer in `{class}` cannot be stateful: its state would go from step to step, \
                 not from batch to batch\n  help: leave `stateful` out"
            ),
        );
    }
}

/// An expression as a layer in a list is read: `Dense(8)`, `layers.Dense(8)`.
fn read(e: &Expr) -> Option<Call> {
    let (path, args): (ExprPath, &Punctuated<Expr, Token![,]>) = match value::peel(e) {
        Expr::Call(call) => match value::peel(&call.func) {
            Expr::Path(path) => (path.clone(), &call.args),
            _ => return None,
        },
        Expr::MethodCall(call) => {
            let method = &call.method;
            (syn::parse_quote!(#method), &call.args)
        }
        _ => return None,
    };
    Some(Call {
        docs: Vec::new(),
        path,
        args: args.iter().map(function::argument).collect(),
        ends: Ends::of(e),
    })
}
