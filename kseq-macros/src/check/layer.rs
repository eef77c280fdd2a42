//! One layer: whose it is (A5), and what it is given.

use kseq_catalogue::{
    self as catalogue, ACTIVITY, GLU, INSTEAD, LayerRow, Other, Param, layers, layers_missing,
};
use syn::{Attribute, Expr, Meta};

use super::bind::{Owner, bind};
use super::input::Declared;
use super::label::LayerLabel;
use super::naming::class_of;
use super::{activation, args, cells, input, object, simple, value, wrapper};
use crate::ast::{Arg, Call, Ends, Errors};
use crate::foreign;
use crate::ir::{self, Layer, Submodel, Value};
use crate::parse::text_of;
use crate::suggest::{did_you_mean, nearest};

/// A layer, as far as it is understood.
pub struct CheckedLayer {
    pub layer: Layer,
    pub declared: Declared,
}

/// The layer of a call.
pub fn of_call(call: Call, label: &LayerLabel, errors: &mut Errors) -> CheckedLayer {
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
    let (insisting, docs) = attributes(std::mem::take(&mut call.docs), label, errors);
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
                    wrapper::refuse_without_kernel(&args, call.ends, label, errors);
                }
                let (row, args) = activation::as_activation(row, args, call.ends);
                ir::Kind::Builtin { row, args }
            })
        }
        (None, true) => {
            unknown(&call.path, &class, label, errors);
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

/// The place of `#[insist]`, and the doc comments.
fn attributes(
    given: Vec<Attribute>,
    label: &LayerLabel,
    errors: &mut Errors,
) -> (Option<Ends>, Vec<Attribute>) {
    let (docs, others): (Vec<_>, Vec<_>) = given
        .into_iter()
        .partition(|attr| attr.path().is_ident("doc"));
    let mut insisting = None;
    for attr in others {
        match &attr.meta {
            Meta::Path(path) if path.is_ident("insist") => insisting = Some(Ends::of(&attr)),
            _ => errors.at(
                Ends::of(&attr),
                format_args!("{label}a layer takes no attributes but doc comments and `#[insist]`"),
            ),
        }
    }
    (insisting, docs)
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
            let model = super::list(calls, &within, ends, errors);
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
    let given = |arg: &Arg| arg.name.as_ref().is_some_and(|name| name == ACTIVITY.name);
    let arg = common.remove(common.iter().position(given)?);
    let family = object::family(ACTIVITY.kind).filter(|_| !value::is_none(&arg.value))?;
    let object = object::object(family, &arg.value, ACTIVITY.name, label, errors)?;
    Some(ir::Arg {
        name: ACTIVITY.name,
        value: Value::Object(family, object),
        ends: arg.ends,
        by_default: false,
    })
}

/// A5
fn unknown(path: &syn::ExprPath, class: &str, label: &LayerLabel, errors: &mut Errors) {
    if matches!(
        class,
        "compile" | "fit" | "summary" | "build" | "evaluate" | "predict"
    ) {
        errors.at(
            Ends::of(path),
            format_args!(
                "{label}`{class}` is no layer\n  help: call it behind the macro, on the model"
            ),
        );
        return;
    }
    if catalogue::cell(class).is_some() || class == "StackedRNNCells" {
        errors.at(
            Ends::of(path),
            format_args!(
                "{label}`{class}` is one step of a layer, not a layer\n  help: write `RNN({class}(...))`"
            ),
        );
        return;
    }
    if let Some(here) = foreign::instead("layer", class) {
        errors.at(
            Ends::of(path),
            format_args!(
                "{label}unknown layer `{class}`\n  help: in Keras it is {here}; your own layer is named by a path: \
                 `self::{class}(...)`"
            ),
        );
        return;
    }
    let known: Vec<&str> = layers().map(|row| row.class).collect();
    let guess = nearest(class, &known);
    let implemented = match guess {
        Some(_) => String::new(),
        None => "the module `kseq::layers` lists what is implemented; ".to_owned(),
    };
    let missing: Vec<&str> = layers_missing().collect();
    let missing = nearest(class, &missing).filter(|near| guess.is_none() || *near == class);
    let message = match missing {
        Some(near) if near == class => match catalogue::absent("layers", class) {
            Some(why) => format!("kseq has no layer `{class}`: it {why}"),
            None => format!("kseq has no layer `{class}`"),
        },
        Some(near) => {
            format!("unknown layer `{class}`; Keras's `{near}` is near, but kseq does not have it")
        }
        None => format!(
            "unknown layer `{class}`{}",
            did_you_mean(class, &known, '`')
        ),
    };
    let implemented = match instead(class) {
        Some(instead) => {
            let why = match instead.says {
                "" => ", which is the same",
                why => why,
            };
            format!("write {}{why}; ", instead.here)
        }
        None => implemented,
    };
    errors.at(
        Ends::of(path),
        format_args!(
            "{label}{message}\n  help: {implemented}\
             your own layer is named by a path: `self::{class}(...)`"
        ),
    );
}

/// What does exactly the same as a layer that there is not, with the same arguments.
fn instead(class: &str) -> Option<&'static Other> {
    INSTEAD.iter().find(|row| row.name == class)
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
