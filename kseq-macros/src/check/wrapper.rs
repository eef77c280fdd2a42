//! The layer in a wrapper: `TimeDistributed(Dense(8))`.

use kseq_catalogue::ACTIVITY;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprPath, Token};

use super::bind::Owner;
use super::label::LayerLabel;
use super::{function, value};
use crate::ast::{Arg, Call, Ends, Errors};
use crate::ir::{self, Layer, Value};

/// What is written as the layer; `None` after an error.
pub fn call(e: &Expr, wrapper: &Owner<'_>, errors: &mut Errors) -> Option<Call> {
    let label = wrapper.label;
    let in_list = |value: Expr, ends| Call {
        docs: Vec::new(),
        path: syn::parse_quote!(Sequential),
        args: vec![Arg {
            name: None,
            value,
            ends,
        }],
        ends,
    };
    if let Expr::Array(_) | Expr::Path(_) = value::peel(e)
        && !value::is_none(e)
    {
        // Layers in brackets, or a model that is there already.
        return Some(in_list(value::peel(e).clone(), Ends::of(e)));
    }
    let Some(call) = read(e) else {
        let what = match wrapper.class {
            "Bidirectional" => "a recurrent layer such as LSTM(8)",
            _ => "a layer such as Dense(8)",
        };
        value::refuse(e, "layer", what, label, errors);
        return None;
    };
    // One of the user's own, whose types are those of a model's layers.
    Some(match call.path.path.get_ident() {
        Some(_) => call,
        None => in_list(syn::parse_quote!([#e]), call.ends),
    })
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

/// A layer that does not fit the wrapper: `Bidirectional` is around recurrent ones. Returns whether it does.
pub fn fits(layer: &Layer, wrapper: &Owner<'_>, errors: &mut Errors) -> bool {
    let Owner { class, label, .. } = *wrapper;
    let is_recurrent = match &layer.kind {
        ir::Kind::Builtin { row, .. } => row.is_recurrent(),
        _ => true,
    };
    let fits = class != "Bidirectional" || is_recurrent;
    if !fits {
        errors.at(
            layer.ends,
            format_args!(
                "{label}`Bidirectional` is around a recurrent layer, found `{}`\n  help: {}",
                layer.class,
                match layer.class.as_str() {
                    "TimeDistributed" => "write `TimeDistributed(Bidirectional(...))`",
                    _ => "write `Bidirectional(LSTM(32))`: LSTM, GRU and SimpleRNN read a sequence step by step",
                }
            ),
        );
    }
    fits
}

/// `merge_mode = None`
pub fn refuse_two_outputs(args: &[Arg], label: &LayerLabel, errors: &mut Errors) {
    if let Some(arg) = args.iter().find(|arg| arg.is("merge_mode"))
        && value::is_none(&arg.value)
    {
        errors.at(
            arg.ends,
            format_args!(
                "{label}`merge_mode = None` gives two outputs, and a layer of a Sequential has one (Keras refuses it \
                 there, too)\n  help: write \"concat\", \"sum\", \"mul\" or \"ave\""
            ),
        );
    }
}

/// The `activity_regularizer` of the two ways: where their outputs lie side by side it is one of all of them.
pub fn penalty_of_ways(
    args: &mut [ir::Arg],
    own: Option<ir::Arg>,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<ir::Arg> {
    let name = ACTIVITY.name;
    let side_by_side = args
        .iter()
        .any(|arg| matches!(&arg.value, Value::Word(word) if word == "concat"));
    let ways = args.iter_mut().filter_map(|arg| match &mut arg.value {
        Value::Layer(layer) => Some(layer),
        _ => None,
    });
    let mut ways: Vec<_> = ways.collect();
    let given = ways.iter_mut().filter_map(|way| way.activity.take());
    let given: Vec<ir::Arg> = given.collect();
    let Some(first) = given.first() else {
        return own;
    };
    let says = |arg: &ir::Arg| match &arg.value {
        Value::Object(_, ir::Object::Builtin(name)) => name.to_string(),
        Value::Object(_, ir::Object::Value(value)) => value.to_string(),
        _ => String::new(),
    };
    let both = given.len() == ways.len() && given.iter().all(|arg| says(arg) == says(first));
    if own.is_some() || !both || !side_by_side {
        errors.at(
            first.ends,
            format_args!(
                "{label}an `{name}` of each way alone is not implemented\n  help: give it to `Bidirectional`, with \
                 merge_mode = \"concat\" it is the same: `Bidirectional(..., {name} = \"l2\")`"
            ),
        );
        return own;
    }
    given.into_iter().next()
}

/// What a layer in a wrapper must not be given.
pub fn refuse_arguments(layer: &Layer, wrapper: &Owner<'_>, errors: &mut Errors) {
    let Owner { class, label, .. } = *wrapper;
    if class == "Bidirectional" {
        return; // `penalty_of_ways`
    }
    if let Some(arg) = &layer.activity {
        let name = ACTIVITY.name;
        match class {
            "SpectralNormalization" => errors.at(
                arg.ends,
                format_args!(
                    "{label}an `{name}` of a layer in `{class}` is not implemented\n  \
                     help: give it to `{class}`, whose output is the same: `{class}(..., {name} = \"l2\")`"
                ),
            ),
            _ => errors.at(
                arg.ends,
                format_args!(
                    "{label}Keras ignores the `{name}` of a layer in `{class}`\n  \
                     help: give it to `{class}`: `{class}(..., {name} = \"l2\")`"
                ),
            ),
        }
    }
    let all = core::iter::once(layer).chain(layer.listed());
    let divides =
        |inner: &&Layer| class == "TimeDistributed" && inner.class == "SpectralNormalization";
    for inner in all.filter(divides) {
        errors.at(
            inner.ends,
            format_args!(
                "{label}`SpectralNormalization` divides a kernel before a step of the training, not in each step of a sequence\n  \
                 help: a `Dense` takes sequences as they are: `SpectralNormalization(Dense(...))`"
            ),
        );
    }
    for inner in layer.listed() {
        if inner.activity.is_some() || inner.class == "ActivityRegularization" {
            errors.at(
                inner.ends,
                format_args!(
                    "{label}a penalty on an output inside of `{class}` would be one on each step\n  \
                     help: give it to `{class}`: `{class}(..., {} = \"l2\")`",
                    ACTIVITY.name
                ),
            );
        }
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
    let mut args = layer.all_args().into_iter();
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

/// The layers in brackets in a list of layers.
pub fn calls(list: &syn::ExprArray, owner: &Owner<'_>, errors: &mut Errors) -> Vec<Call> {
    let mut calls = Vec::new();
    for e in &list.elems {
        let read = match value::peel(e) {
            Expr::Path(_) | Expr::Array(_) => call(e, owner, errors),
            _ => read(e),
        };
        match read {
            Some(call) => calls.push(call),
            None => value::refuse(e, "layers", "layers such as Dense(8)", owner.label, errors),
        }
    }
    calls
}

/// Layers in a `SpectralNormalization` that have no kernel.
pub fn refuse_without_kernel(args: &[ir::Arg], label: &LayerLabel, errors: &mut Errors) {
    const KERNELS: [&str; 3] = [
        "kernel_initializer",
        "embeddings_initializer",
        "depthwise_initializer",
    ];
    for arg in args {
        let Value::Layer(inner) = &arg.value else {
            continue;
        };
        let ir::Kind::Builtin { row, .. } = &inner.kind else {
            continue;
        };
        let has = |name: &str| row.param(name).is_some();
        let has_one = KERNELS.iter().any(|name| has(name));
        let has_more = row.is_recurrent() || has("pointwise_initializer") || has("num_heads");
        if !has_one || has_more {
            errors.at(
                inner.ends,
                format_args!(
                    "{label}`{}` has no kernel for `SpectralNormalization` to divide\n  \
                     help: it goes around a `Dense`, a convolution or an `Embedding`",
                    row.class
                ),
            );
        }
    }
}

/// An expression as a layer in a list is read: `Dense(8)`, `layers.Dense(8)`.
pub fn read(e: &Expr) -> Option<Call> {
    let docs = match value::peel(e) {
        Expr::Call(call) => call.attrs.clone(),
        Expr::MethodCall(call) => call.attrs.clone(),
        _ => Vec::new(),
    };
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
        docs,
        path,
        args: args.iter().map(function::argument).collect(),
        ends: Ends::of(e),
    })
}
