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
mod simple;
pub mod value;
mod wrapper;

use kseq_catalogue::HEADS;
use proc_macro2::{Ident, Span};

use crate::ast::{self, Ends, Errors};
use crate::ir;
use input::Declared;
use label::LayerLabel;
use layer::CheckedLayer;
use naming::{is_input, labels};

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
    let ending = layers.last().map_or("EndsAnyhow", ending);
    let head = layers.last_mut().and_then(take_head);
    ir::Model {
        form: model.form,
        title,
        begin: model.list.first,
        budget,
        input,
        layers,
        head,
        ending,
    }
}

/// The model of a list that is a layer of another one, `within` that.
fn list(calls: Vec<ast::Call>, within: &str, ends: Ends, errors: &mut Errors) -> ir::Model {
    let before = errors.count();
    let (input, layers) = layers(calls, within, errors);
    if layers.is_empty() && errors.count() == before {
        errors.at(ends, "the list has no layers");
    }
    ir::Model {
        form: ast::Form::Value,
        title: None,
        begin: ends.first,
        budget: Vec::new(),
        input,
        layers,
        head: None,
        ending: "EndsAnyhow",
    }
}

/// The layers of a list, and what they say of its input: that of a model must be said, a list `within` a layer has it from there.
fn layers(
    calls: Vec<ast::Call>,
    within: &str,
    errors: &mut Errors,
) -> (Option<ir::Input>, Vec<ir::Layer>) {
    let labels = labels(&calls, within, errors);
    let mut input = None;
    let mut layers = Vec::new();
    let mut first_layer = None;
    // An input that comes too late is one mistake.
    let declares_late = calls.iter().skip(1).any(is_input);
    for (index, (call, label)) in calls.into_iter().zip(labels).enumerate() {
        if is_input(&call) {
            if index > 0 {
                let why = "must come first: it declares the shape of the model's input";
                errors.at(call.ends, format_args!("{label}{why}"));
            } else {
                input = input::of_input(call, &label, errors);
                // Its errors are reported; the next layer's missing input would be one too many.
                first_layer = Some(());
            }
            continue;
        }
        let (ends, path) = (call.ends, call.path.path.get_ident().cloned());
        let CheckedLayer {
            layer,
            declared: Declared { mut inputs, unsaid },
        } = layer::of_call(call, &label, errors);
        if first_layer.is_none() {
            first_layer = Some(());
            if inputs.is_empty() && declares_late {
                input = None;
            } else if !inputs.is_empty() {
                input = inputs.remove(0);
            } else if unsaid.is_some() {
                input = unsaid;
            } else if within.is_empty() {
                let class = path.map_or_else(|| label.name.clone(), |p| p.to_string());
                missing_input(ends, &label, &class, errors);
            }
        }
        layers.push(ir::Layer {
            agrees: inputs.into_iter().flatten().collect(),
            ..layer
        });
    }
    (input, layers)
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

/// A2
fn missing_input(ends: Ends, label: &LayerLabel, class: &str, errors: &mut Errors) {
    let row = kseq_catalogue::layer(class);
    let given = match row {
        _ if class.contains("2D") => "input_shape = (28, 28, 1)",
        Some(row) if row.is_recurrent() || row.is_wrapper() || class.contains("1D") => {
            "input_shape = (100, 16)"
        }
        _ => "input_shape = (784,)",
    };
    errors.at(
        ends,
        format_args!(
            "{label}the first layer must say the shape of its input\n  \
             help: add it without the batch axis: `{class}(..., {given})`"
        ),
    );
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
