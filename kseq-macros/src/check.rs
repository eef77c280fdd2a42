//! [`ast`](crate::ast) -> [`ir`]: everything that is wrong with words. All errors of a model are
//! collected in one run; what is wrong with shapes is the compiler's to say.

mod activation;
mod args;
mod budget;
mod function;
mod input;
mod layer;
mod lists;
mod object;
pub mod value;
mod wrapper;

use std::collections::HashMap;
use std::fmt;

use proc_macro2::{Ident, Span};

use crate::ast::{self, Call, Ends, Errors};
use crate::names::{self, Counter};
use crate::{catalogue, ir};

/// How messages name a layer.
pub struct Place {
    /// From 1; 0 is the input.
    number: usize,
    name: String,
    /// Where the name comes from: the user's string, or the end of the layer.
    span: Span,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => write!(f, "`{}`: ", self.name),
            n => write!(f, "layer {n} `{}`: ", self.name),
        }
    }
}

/// The model, or after errors what is understood of it.
pub fn check(model: ast::Model, errors: &mut Errors) -> ir::Model {
    let before = errors.count();
    let title = model.title.and_then(|t| title(&t, errors));
    let budget = budget::limits(&model.budgets, errors);
    let places = places(&model.layers, errors);
    let mut input = None;
    let mut layers = Vec::new();
    let mut first_layer = None;
    for (index, (call, place)) in model.layers.into_iter().zip(places).enumerate() {
        if is_input(&call) {
            if index > 0 {
                let why = "must come first: it declares the shape of the model's input";
                errors.at(call.ends, format_args!("{place}{why}"));
            } else {
                input = input::of_input(call, &place, errors);
                // Its errors are reported; the next layer's missing input would be one too many.
                first_layer = Some(());
            }
            continue;
        }
        let (ends, path) = (call.ends, call.path.path.get_ident().cloned());
        let (layer, mut declared) = layer::of_call(call, &place, errors);
        if first_layer.is_none() {
            first_layer = Some(());
            if declared.is_empty() {
                let class = path.map_or_else(|| place.name.clone(), |p| p.to_string());
                missing_input(ends, &place, &class, errors);
            } else {
                input = declared.remove(0);
            }
        }
        layers.push(ir::Layer {
            agrees: declared.into_iter().flatten().collect(),
            ..layer
        });
    }
    if layers.is_empty() && errors.count() == before {
        errors.at(
            model.list,
            "the list has no layers: a model needs at least one\n  \
             help: begin with `Dense(10, input_shape = (784,))`",
        );
    }
    let head = layers.last_mut().and_then(take_head);
    ir::Model {
        form: model.form,
        title,
        begin: model.list.first,
        budget,
        input,
        layers,
        head,
    }
}

fn is_input(call: &Call) -> bool {
    let class = call.path.path.get_ident();
    class.is_some_and(|class| catalogue::INPUTS.iter().any(|known| class == known))
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
fn missing_input(ends: Ends, place: &Place, class: &str, errors: &mut Errors) {
    errors.at(
        ends,
        format_args!(
            "{place}the first layer must say the shape of its input\n  \
             help: add it without the batch axis: `{class}(..., input_shape = (784,))`"
        ),
    );
}

/// The names of all layers (and of the input), given or automatic; reports names that do not fit.
fn places(calls: &[Call], errors: &mut Errors) -> Vec<Place> {
    let mut counter = Counter::default();
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut places = Vec::new();
    let mut number = 0;
    for call in calls {
        if is_input(call) {
            places.push(Place {
                number: 0,
                name: "Input".to_owned(),
                span: call.ends.last,
            });
            continue;
        }
        number += 1;
        let given = given_name(call);
        let (automatic, span) = match &given {
            Some((_, span)) => (None, *span),
            None => (Some(counter.next(&class_of(call))), call.ends.last),
        };
        let fits = |name: &String| names::refusal(name).is_none();
        // If its own name does not fit, messages use the automatic one.
        let own = given.map(|(name, _)| name).filter(fits).or(automatic);
        let name = own.unwrap_or_else(|| counter.next(&class_of(call)));
        let name = Some(name).filter(fits);
        let name = name.unwrap_or_else(|| format!("layer_{number}"));
        let place = Place { number, name, span };
        check_name(call, &place, errors);
        if let Some(other) = taken.insert(place.name.clone(), number) {
            let span = given_name(call).map_or(call.ends, |(_, span)| Ends::at(span));
            let name = &place.name;
            errors.at(
                span,
                format_args!(
                    "{place}the name `{name}` is taken by layer {other}\n  \
                     help: a layer's name is the name of its field: give every layer another"
                ),
            );
        }
        places.push(place);
    }
    places
}

/// The valid names of a model's layers, for the stub that stands for a wrong model.
pub fn field_names(calls: &[Call]) -> Vec<Ident> {
    let mut names: Vec<Ident> = Vec::new();
    for place in places(calls, &mut Errors::default()) {
        if place.number > 0 && !names.iter().any(|n| *n == place.name) {
            names.push(ident(&place));
        }
    }
    names
}

/// The field's identifier.
fn ident(place: &Place) -> Ident {
    Ident::new(&place.name, place.span.resolved_at(Span::mixed_site()))
}

/// The last segment of the path; of Keras's several names for a layer the main one.
fn class_of(call: &Call) -> String {
    use syn::ext::IdentExt;
    let last = call.path.path.segments.last();
    let class = last.map_or_else(String::new, |segment| segment.ident.unraw().to_string());
    let builtin = call.path.path.get_ident().is_some();
    let mut aliases = catalogue::ALIASES.iter();
    match aliases.find(|(alias, _)| builtin && *alias == class) {
        Some((_, class)) => (*class).to_owned(),
        None => class,
    }
}

/// `name = "encoder"`
fn given_name(call: &Call) -> Option<(String, Span)> {
    let named = |arg: &&ast::Arg| arg.name.as_ref().is_some_and(|name| name == "name");
    let value = &call.args.iter().find(named)?.value;
    Some((value::string(value)?, Ends::of(value).first))
}

fn check_name(call: &Call, place: &Place, errors: &mut Errors) {
    if let Some((name, span)) = given_name(call)
        && let Some(refusal) = names::refusal(&name)
    {
        errors.at(Ends::at(span), format_args!("{place}{refusal}"));
    }
}

/// Takes a softmax or sigmoid off the last layer: the loss fuses with it. A penalty on the output is
/// on what comes after it.
fn take_head(last: &mut ir::Layer) -> Option<Ident> {
    if last.activity.is_some() {
        return None;
    }
    let ir::Kind::Builtin { entry, args } = &mut last.kind else {
        return None;
    };
    for arg in args {
        if entry.ends_with == Some(arg.name)
            && let ir::Value::Layer(inner) = &mut arg.value
        {
            return take_head(inner);
        }
        if entry.ends_with == Some(arg.name)
            && let ir::Value::Activation(activation) = &mut arg.value
            && let ir::Activation::Builtin(name) = activation
            && catalogue::HEADS.iter().any(|head| name == head)
        {
            let linear = Ident::new("Linear", Span::mixed_site());
            return Some(std::mem::replace(name, linear));
        }
    }
    None
}
