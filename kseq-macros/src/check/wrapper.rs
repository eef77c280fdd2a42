//! The layer in a wrapper: `TimeDistributed(Dense(8))`.

use syn::punctuated::Punctuated;
use syn::{Expr, ExprPath, Token};

use super::{Place, function, layer, value};
use crate::ast::{Call, Ends, Errors};
use crate::catalogue::ACTIVITY;
use crate::ir::{Kind, Layer, Value};

/// The layer; `None` after an error.
pub fn layer(e: &Expr, class: &str, place: &Place, errors: &mut Errors) -> Option<Layer> {
    let Some(call) = call(e) else {
        value::refuse(e, "layer", "a layer such as Dense(8)", place, errors);
        return None;
    };
    if call.path.path.get_ident().is_none() {
        errors.at(
            call.ends,
            format_args!(
                "{place}`{class}` takes the layers of Keras, not one of your own\n  help: implement \
                 `Layer<[In; T], [Out; T]>` for yours, and use it by itself"
            ),
        );
        return None;
    }
    let ends = call.ends;
    let (layer, declared) = layer::of_call(call, place, errors);
    if !declared.is_empty() {
        errors.at(
            ends,
            format_args!(
                "{place}the input of a layer in `{class}` is a step of the sequence\n  \
                 help: give `input_shape` to `{class}`: `{class}(..., input_shape = (10, 16))`"
            ),
        );
    }
    if let Some(arg) = &layer.activity {
        let name = ACTIVITY.name;
        errors.at(
            arg.ends,
            format_args!(
                "{place}Keras ignores the `{name}` of a layer in `{class}`\n  \
                 help: give it to `{class}`: `{class}(..., {name} = \"l2\")`"
            ),
        );
    }
    let Kind::Builtin { args, .. } = &layer.kind else {
        return None;
    };
    let stateful = args.iter().find(|arg| arg.name == "stateful");
    if let Some(arg) = stateful
        && !matches!(arg.value, Value::Flag(false))
    {
        errors.at(
            arg.ends,
            format_args!(
                "{place}a layer in `{class}` cannot be stateful: its state would go from step to step, \
                 not from batch to batch\n  help: leave `stateful` out"
            ),
        );
    }
    Some(layer)
}

/// An expression as a layer in a list is read: `Dense(8)`, `layers.Dense(8)`.
fn call(e: &Expr) -> Option<Call> {
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
