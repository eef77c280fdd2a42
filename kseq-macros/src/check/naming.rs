//! The names of a model's layers: given, or counted as in Keras.

use std::collections::HashMap;

use kseq_catalogue as catalogue;
use proc_macro2::{Ident, Span};
use syn::Expr;
use syn::ext::IdentExt;

use super::label::LayerLabel;
use super::value;
use crate::ast::{Call, Ends, Errors};
use crate::names::{self, Counter};

/// Whether it declares the input.
pub fn is_input(call: &Call) -> bool {
    let class = call.path.path.get_ident();
    class.is_some_and(|class| catalogue::INPUTS.iter().any(|known| class == known))
}

/// The names of all layers (and of the input), given or automatic; reports names that do not fit.
pub fn labels(calls: &[Call], within: &str, errors: &mut Errors) -> Vec<LayerLabel> {
    let within = within.to_owned();
    let mut counter = Counter::default();
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut labels = Vec::new();
    let mut number = 0;
    for call in calls {
        if is_input(call) {
            labels.push(LayerLabel {
                number: 0,
                name: "Input".to_owned(),
                within: within.clone(),
                span: call.ends.last,
            });
            continue;
        }
        number += 1;
        let given = given_name(call);
        let (automatic, span) = match &given {
            Some((_, span)) => (None, *span),
            None => {
                let own = model_name(call).filter(|name| !taken.contains_key(name));
                let automatic = own.unwrap_or_else(|| counter.next(&class_of(call)));
                (Some(automatic), call.ends.last)
            }
        };
        let fits = |name: &String| names::refusal(name).is_none();
        // If its own name does not fit, messages use the automatic one.
        let own = given.map(|(name, _)| name).filter(fits).or(automatic);
        let name = own.unwrap_or_else(|| counter.next(&class_of(call)));
        let name = Some(name).filter(fits);
        let name = name.unwrap_or_else(|| format!("layer_{number}"));
        let label = LayerLabel {
            number,
            name,
            within: within.clone(),
            span,
        };
        check_name(call, &label, errors);
        if let Some(other) = taken.insert(label.name.clone(), number) {
            let span = given_name(call).map_or(call.ends, |(_, span)| Ends::at(span));
            let name = &label.name;
            errors.at(
                span,
                format_args!(
                    "{label}the name `{name}` is taken by layer {other}\n  \
                     help: a layer's name is the name of its field: give every layer another"
                ),
            );
        }
        labels.push(label);
    }
    labels
}

/// The valid names of a model's layers, for the stub that stands for a wrong model.
pub fn field_names(calls: &[Call]) -> Vec<Ident> {
    let mut names: Vec<Ident> = Vec::new();
    for label in labels(calls, "", &mut Errors::default()) {
        if label.number > 0 && !names.iter().any(|n| *n == label.name) {
            names.push(label.field());
        }
    }
    names
}

/// The last segment of the path; of Keras's several names for a layer the main one.
pub fn class_of(call: &Call) -> String {
    let last = call.path.path.segments.last();
    let class = last.map_or_else(String::new, |segment| segment.ident.unraw().to_string());
    let is_builtin = call.path.path.get_ident().is_some();
    let row = catalogue::layer(&class).filter(|_| is_builtin);
    row.map_or(class, |row| row.class.to_owned())
}

/// `Encoder`: a model that is there already is called as in Keras.
fn model_name(call: &Call) -> Option<String> {
    if class_of(call) != "Sequential" {
        return None;
    }
    match value::peel(&call.args.first()?.value) {
        Expr::Path(path) => {
            let last = path.path.segments.last()?;
            Some(names::snake(&last.ident.unraw().to_string()))
        }
        _ => None,
    }
}

/// `name = "encoder"`
fn given_name(call: &Call) -> Option<(String, Span)> {
    let value = &call.args.iter().find(|arg| arg.is("name"))?.value;
    Some((value::string(value)?, Ends::of(value).first))
}

fn check_name(call: &Call, label: &LayerLabel, errors: &mut Errors) {
    if let Some((name, span)) = given_name(call)
        && let Some(refusal) = names::refusal(&name)
    {
        errors.at(Ends::at(span), format_args!("{label}{refusal}"));
    }
}
