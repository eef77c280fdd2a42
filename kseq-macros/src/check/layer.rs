//! One layer: whose it is (A5), and what it is given.

use kseq_catalogue::{self as catalogue, ACTIVITY, GLU, LayerRow, Param};
use syn::{Attribute, Expr, Meta};

use super::bind::{Owner, bind};
use super::input::Declared;
use super::label::LayerLabel;
use super::naming::{class_of, is_input, labels};
use super::{activation, args, cells, input, object, simple, unknown, value, wrapper};
use crate::ast::{self, Arg, Call, Ends, Errors};
use crate::ir::{self, Layer, Submodel, Value};
use crate::parse::text_of;
use crate::suggest::did_you_mean;

/// A layer, as far as it is understood.
struct CheckedLayer {
    layer: Layer,
    declared: Declared,
}

/// The model of a list that is a layer of another one, `within` that.
fn of_list(calls: Vec<Call>, within: &str, ends: Ends, errors: &mut Errors) -> ir::Model {
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
        quantize: None,
        input,
        layers,
        head: None,
        ending: "EndsAnyhow",
    }
}

/// The layers of a list, and what they say of its input: that of a model must be said, a list `within` a layer has it from there.
pub fn layers(
    calls: Vec<Call>,
    within: &str,
    errors: &mut Errors,
) -> (Option<ir::Input>, Vec<Layer>) {
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
        } = of_call(call, &label, errors);
        if let (Some(at), false) = (layer.float, within.is_empty()) {
            errors.at(
                at,
                format_args!(
                    "{label}`#[float]` is for a layer of the model, not for one in a layer\n  \
                     help: write it before the whole list: all of it stays in f32"
                ),
            );
        }
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
        layers.push(Layer {
            agrees: inputs.into_iter().flatten().collect(),
            ..layer
        });
    }
    (input, layers)
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

/// The layer of a call.
fn of_call(call: Call, label: &LayerLabel, errors: &mut Errors) -> CheckedLayer {
    if class_of(&call) == "RNN" && call.path.path.get_ident().is_some() {
        let ends = call.ends;
        if let Some(call) = cells::layer(call, label, errors) {
            let mut checked = of_call(call, label, errors);
            "RNN".clone_into(&mut checked.layer.class);
            return checked;
        }
        return nothing(ends, label);
    }
    of_known_call(call, label, errors)
}

/// What stands for a layer of which nothing is understood; its input may be any.
fn nothing(ends: Ends, label: &LayerLabel) -> CheckedLayer {
    CheckedLayer {
        layer: Layer {
            number: label.number,
            name: label.field(),
            class: "RNN".to_owned(),
            docs: Vec::new(),
            ends,
            kind: ir::Kind::Unknown,
            activity: None,
            agrees: Vec::new(),
            insists: false,
            float: None,
            trainable: None,
            scope: String::new(),
        },
        declared: Declared {
            inputs: vec![None],
            unsaid: None,
        },
    }
}

fn of_known_call(mut call: Call, label: &LayerLabel, errors: &mut Errors) -> CheckedLayer {
    let class = class_of(&call);
    let builtin = call.path.path.get_ident().is_some() && call.path.qself.is_none();
    let mut row = catalogue::layer(&class).filter(|_| builtin);
    if row.is_some_and(|row| row.class == "Activation") && activation::takes_glu(&mut call) {
        row = Some(&GLU);
    }
    let params = row.map_or(&[][..], |row| row.params);
    let own: Vec<&'static str> = params.iter().map(|param| param.name).collect();
    let Attributes {
        insisting,
        float,
        docs,
    } = attributes(std::mem::take(&mut call.docs), label, errors);
    if let Some(former) = former_call(&call) {
        errors.at(call.ends, format_args!("{label}{former}"));
    }
    let (given, unpacked) = match tuple_unpacked(&call, row) {
        Some(help) => {
            errors.at(call.ends, format_args!("{label}{help}"));
            let named = call.args.into_iter().filter(|arg| arg.name.is_some());
            (named.collect(), true)
        }
        None => (call.args, false),
    };
    let args = match row {
        Some(row) => {
            let given = args::renamed(given, row);
            args::name_positional(given, &own, &class, label, errors)
        }
        None => given,
    };
    let (mut common, rest) = args::split_common(args, &own);
    if class == "Bidirectional" {
        wrapper::refuse_two_outputs(&rest, label, errors);
    }
    let mut declared = input::declared(&mut common, &class, row, call.ends, label, errors);
    let trainable = args::trainable(&common, label, errors);
    let mut regularizer = activity(&mut common, label, errors);
    if let (Some(arg), "ActivityRegularization") = (&regularizer, class.as_str()) {
        errors.at(
            arg.ends,
            format_args!("{label}`{class}` is given by `l1` and `l2`\n  help: leave `activity_regularizer` out"),
        );
    }
    args::refuse_later(&common, label, errors);
    let mut kind = match (row, builtin) {
        _ if unpacked => None,
        (Some(row), _) => {
            let owner = Owner {
                class: &class,
                ends: call.ends,
                takes_common: true,
                label,
            };
            bind(row.params, rest, &owner, read, errors).map(|mut args| {
                let own = args.iter().position(|arg| arg.name == ACTIVITY.name);
                if let Some(own) = own {
                    regularizer = Some(args.remove(own));
                }
                if row.class == "SpectralNormalization" {
                    wrapper::refuse_without_kernel(&args, label, errors);
                }
                if row.class == "Bidirectional" {
                    let own = regularizer.take();
                    regularizer = wrapper::penalty_of_ways(&mut args, own, label, errors);
                }
                let (row, args) = activation::as_activation(row, args, call.ends);
                ir::Kind::Builtin { row, args }
            })
        }
        (None, true) => {
            unknown::unknown(&call.path, &class, label, errors);
            None
        }
        (None, false) => {
            let args = user(rest, &text_of(&call.path), label, errors);
            args.map(|args| ir::Kind::User {
                path: call.path,
                args,
            })
        }
    };
    if let Some(kind) = &mut kind {
        declared_by(kind, &mut declared, call.ends);
    }
    let layer = Layer {
        number: label.number,
        name: label.field(),
        class,
        docs,
        ends: call.ends,
        kind: kind.unwrap_or(ir::Kind::Unknown),
        activity: regularizer,
        agrees: Vec::new(),
        insists: insisting.is_some(),
        float,
        trainable,
        scope: String::new(),
    };
    if let Some(insisting) = insisting
        && !matches!(layer.kind, ir::Kind::Unknown)
        && !layer.is_softmax()
    {
        errors.at(
            insisting,
            format_args!(
                "{label}`#[insist]` is for a layer that ends with a softmax, over one unit\n  help: leave it out"
            ),
        );
    }
    CheckedLayer { layer, declared }
}

/// What stands before a layer: the places of `#[insist]` and `#[float]`, and the doc comments.
struct Attributes {
    insisting: Option<Ends>,
    float: Option<Ends>,
    docs: Vec<Attribute>,
}

fn attributes(given: Vec<Attribute>, label: &LayerLabel, errors: &mut Errors) -> Attributes {
    let (docs, others): (Vec<_>, Vec<_>) = given
        .into_iter()
        .partition(|attr| attr.path().is_ident("doc"));
    let (mut insisting, mut float) = (None, None);
    for attr in others {
        match &attr.meta {
            Meta::Path(path) if path.is_ident("insist") => insisting = Some(Ends::of(&attr)),
            Meta::Path(path) if path.is_ident("float") => float = Some(Ends::of(&attr)),
            meta if meta.path().is_ident("float") => errors.at(
                Ends::of(&attr),
                format_args!(
                    "{label}`#[float]` takes no arguments: the layer stays in f32\n  help: write `#[float]`"
                ),
            ),
            meta if meta.path().is_ident("quantize") => errors.at(
                Ends::of(&attr),
                format_args!(
                    "{label}`#[quantize]` is for a whole model\n  \
                     help: write it before the model's name, and `#[float]` before a layer that stays in f32"
                ),
            ),
            _ => errors.at(
                Ends::of(&attr),
                format_args!(
                    "{label}a layer takes no attributes but doc comments, `#[insist]` and `#[float]`"
                ),
            ),
        }
    }
    Attributes {
        insisting,
        float,
        docs,
    }
}

/// The value of a parameter of a layer: a [`Read`](super::bind::Read).
fn read(param: &Param, value: &Expr, owner: &Owner<'_>, errors: &mut Errors) -> Option<Value> {
    match param.kind {
        catalogue::Kind::Layer if value::is_none(value) => None,
        catalogue::Kind::Layer => {
            let mut layer = inner(value, owner, errors)?;
            if param.name != "layer" {
                layer.set_scope(param.name);
            }
            Some(Value::Layer(Box::new(layer)))
        }
        catalogue::Kind::Layers => submodel(value, owner, errors).map(Value::Submodel),
        kind => match object::family(kind) {
            Some(_) if value::is_none(value) => None,
            Some(family) => object::object(family, value, param.name, owner.label, errors)
                .map(|object| Value::Object(family, object)),
            None => simple::read(param, value, owner, errors),
        },
    }
}

/// The layer in a wrapper; `None` after an error.
fn inner(e: &Expr, wrapper: &Owner<'_>, errors: &mut Errors) -> Option<Layer> {
    let call = wrapper::call(e, wrapper, errors)?;
    let ends = call.ends;
    let inner = of_call(call, wrapper.label, errors);
    if !inner.declared.inputs.is_empty() {
        wrapper::refuse_input(ends, wrapper, errors);
    }
    wrapper::refuse_arguments(&inner.layer, wrapper, errors);
    if !wrapper::fits(&inner.layer, wrapper, errors) {
        return None;
    }
    matches!(inner.layer.kind, ir::Kind::Builtin { .. }).then_some(inner.layer)
}

/// The model that a layer is: the layers of a list, or the name of one.
fn submodel(e: &Expr, owner: &Owner<'_>, errors: &mut Errors) -> Option<Submodel> {
    let label = owner.label;
    match value::peel(e) {
        Expr::Array(list) => {
            let before = errors.count();
            let calls = wrapper::calls(list, owner, errors);
            let within = format!("{}{}.", label.within, label.name);
            let ends = Ends {
                first: list.bracket_token.span.open(),
                last: list.bracket_token.span.close(),
            };
            let model = of_list(calls, &within, ends, errors);
            (errors.count() == before).then(|| Submodel::List(Box::new(model)))
        }
        Expr::Path(path) => Some(Submodel::Named(path.clone())),
        _ => {
            let what = "a list of layers, or the name of a model";
            value::refuse(e, "layers", what, label, errors);
            None
        }
    }
}

/// What a model that is a layer says of its input.
fn declared_by(kind: &mut ir::Kind, declared: &mut Declared, ends: Ends) {
    let ir::Kind::Builtin { args, .. } = kind else {
        return;
    };
    for arg in args {
        match &mut arg.value {
            Value::Submodel(Submodel::List(model)) => {
                // What a first layer takes unless it says otherwise does not bind the layer before.
                match model.input.take() {
                    Some(input) if input.of.is_some() || input.tokens && input.open > 0 => {
                        declared.unsaid = Some(input);
                    }
                    input => declared.inputs.extend(input.map(Some)),
                }
            }
            Value::Submodel(Submodel::Named(path)) => {
                declared.unsaid = Some(ir::Input {
                    tokens: false,
                    dims: Vec::new(),
                    open: 0,
                    batch: None,
                    of: Some(path.clone()),
                    length_only: false,
                    ends,
                });
            }
            _ => {}
        }
    }
}

/// The `activity_regularizer`, if it is among the common arguments.
fn activity(common: &mut Vec<Arg>, label: &LayerLabel, errors: &mut Errors) -> Option<ir::Arg> {
    let at = common.iter().position(|arg| arg.is(ACTIVITY.name));
    let arg = common.remove(at?);
    let family = object::family(ACTIVITY.kind).filter(|_| !value::is_none(&arg.value))?;
    let object = object::object(family, &arg.value, ACTIVITY.name, label, errors)?;
    Some(ir::Arg {
        name: ACTIVITY.name,
        value: Value::Object(family, object),
        ends: arg.ends,
        by_default: false,
    })
}

/// `Reshape(28, 28, 1)`, where one tuple is meant.
fn tuple_unpacked(call: &Call, row: Option<&LayerRow>) -> Option<String> {
    let [param] = row?.params else {
        return None;
    };
    let is_tuple = matches!(
        param.kind,
        catalogue::Kind::TargetShape | catalogue::Kind::Permutation
    );
    let by_position = call.args.iter().take_while(|arg| arg.name.is_none());
    let values: Vec<String> = by_position
        .map(|arg| value::text_of(&arg.value).replace('`', ""))
        .collect();
    let (class, name) = (class_of(call), param.name);
    (is_tuple && values.len() > 1).then(|| {
        format!(
            "`{class}` takes one tuple, `{name}`, found {} numbers\n  help: write `{class}(({}), ...)`",
            values.len(),
            values.join(", ")
        )
    })
}

/// `Convolution2D(8, 3, 3)`: Keras 1's rows and columns of a kernel, which are strides since.
fn former_call(call: &Call) -> Option<String> {
    let name = call.path.path.get_ident()?.to_string();
    let class = match name.as_str() {
        "Convolution1D" | "Convolution2D" | "SeparableConvolution1D" | "SeparableConvolution2D" => {
            name.replace("olution", "")
        }
        _ => return None,
    };
    let given: Vec<String> = call
        .args
        .iter()
        .take_while(|arg| arg.name.is_none())
        .map(|arg| value::text_of(&arg.value).replace('`', ""))
        .collect();
    let [filters, rows, columns, ..] = given.as_slice() else {
        return None;
    };
    let kernel = match class.ends_with("1D") {
        true => rows.clone(),
        false => format!("({rows}, {columns})"),
    };
    Some(format!(
        "the third argument of Keras 1's `{name}` is not that of `{class}`, where it is `strides`\n  \
         help: write `{class}({filters}, {kernel}, ...)`"
    ))
}

/// The user's layer: its arguments go to its `new`, by position.
fn user(args: Vec<Arg>, path: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Vec<Expr>> {
    let before = errors.count();
    for arg in &args {
        if let Some(name) = &arg.name {
            let common = catalogue::COMMON.join(", ");
            let guess = did_you_mean(&name.to_string(), catalogue::COMMON, '`');
            errors.at(
                Ends::at(name.span()),
                format_args!(
                    "{label}`{path}` takes its arguments by position, as its function `new` \
                     does; found `{name} = {}`{guess}\n  help: by name it takes: {common}",
                    value::text_of(&arg.value)
                ),
            );
        }
    }
    let values = args.into_iter().map(|arg| arg.value).collect();
    (errors.count() == before).then_some(values)
}
