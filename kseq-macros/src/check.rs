//! [`ast`](crate::ast) -> [`ir`]: everything that is wrong with words. All errors of a model are
//! collected in one run; what is wrong with shapes is the compiler's to say.

mod activation;
pub mod args;
mod bind;
mod budget;
mod cells;
pub mod function;
mod input;
pub mod kinds;
pub mod label;
mod layer;
mod lists;
pub mod naming;
mod object;
mod quantize;
mod simple;
mod unknown;
pub mod value;
mod wrapper;

use kseq_catalogue::HEADS;
use proc_macro2::{Ident, Span};

use crate::ast::{self, Ends, Errors};
use crate::ir;
use layer::layers;

/// The model, or after errors what is understood of it.
pub fn check(model: ast::Model, errors: &mut Errors) -> ir::Model {
    let before = errors.count();
    let title = model.title.and_then(|t| title(&t, errors));
    let budget = budget::limits(&model.budgets, errors);
    let (input, mut layers) = layers(model.layers, "", errors);
    if layers.is_empty() && errors.count() == before {
        errors.at(
            model.list,
            "the list has no layers: a model needs at least one\n  \
             help: begin with `Dense(10, input_shape = (784,))`",
        );
    }
    budget::of_any_length(&budget, input.as_ref(), errors);
    let quantize = quantize::asked(&model.quantize, errors);
    quantize::check(quantize, input.as_ref(), &layers, errors);
    let ending = layers.last().map_or("EndsAnyhow", ending);
    let head = layers.last_mut().and_then(take_head);
    ir::Model {
        form: model.form,
        title,
        begin: model.list.first,
        budget,
        quantize,
        input,
        layers,
        head,
        ending,
    }
}

fn title(given: &syn::Expr, errors: &mut Errors) -> Option<String> {
    let text = value::string(given);
    if text.is_none() && !value::is_none(given) {
        errors.at(
            Ends::of(given),
            format_args!(
                "the model's name must be a string, found {}",
                value::text_of(given)
            ),
        );
    }
    text
}

/// What is known of the values that a layer ends with.
fn ending(last: &ir::Layer) -> &'static str {
    let last = last.innermost();
    match last.activation() {
        Some(ir::Activation::Builtin(name)) => match name.to_string().as_str() {
            "Softmax" => "EndsWithSoftmax",
            "Sigmoid" | "HardSigmoid" => "EndsWithSigmoid",
            "Exponential" | "Softplus" => "EndsWithPositive",
            // It is what comes before it.
            "Linear" if last.class == "Activation" => "EndsAnyhow",
            "Linear" => "EndsWithoutActivation",
            _ => "EndsWithOtherActivation",
        },
        // A largest value may be that of a probability.
        Some(ir::Activation::With { args, .. })
            if args.iter().any(|arg| arg.name == "max_value") =>
        {
            "EndsAnyhow"
        }
        Some(ir::Activation::With { .. }) => "EndsWithOtherActivation",
        Some(ir::Activation::User(_)) | None => "EndsAnyhow",
    }
}

/// Takes a softmax or sigmoid off the last layer: the loss fuses with it. A penalty on the output is
/// on what comes after it.
fn take_head(last: &mut ir::Layer) -> Option<Ident> {
    if last.activity.is_some() {
        return None;
    }
    let ir::Kind::Builtin { row, args } = &mut last.kind else {
        return None;
    };
    for arg in args {
        if row.ends_with == Some(arg.name)
            && let ir::Value::Layer(inner) = &mut arg.value
        {
            return take_head(inner);
        }
        if row.ends_with == Some(arg.name)
            && let ir::Value::Submodel(ir::Submodel::List(model)) = &mut arg.value
        {
            return model.layers.last_mut().and_then(take_head);
        }
        if row.ends_with == Some(arg.name)
            && let ir::Value::Activation(activation) = &mut arg.value
            && let ir::Activation::Builtin(name) = activation
            && HEADS.iter().any(|head| name == head)
        {
            let linear = Ident::new("Linear", Span::mixed_site());
            return Some(std::mem::replace(name, linear));
        }
    }
    None
}
