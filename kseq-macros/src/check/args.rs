//! Arguments to parameters: by position, then by name (A6, A7).

use proc_macro2::{Ident, Span, TokenStream};
use syn::Expr;

use super::{Place, activation, lists, object, value, wrapper};
use crate::ast::{Arg, Ends, Errors};
use crate::catalogue::{self, COMMON, COMMON_LATER, FORMER, Family, Kind, Param};
use crate::expand::tokens;
use crate::ir::{self, Activation, Object, Value};
use crate::suggest::{did_you_mean, nearest};

/// Gives the arguments that come by position the names of the parameters; reports those that are
/// too many or given twice, and leaves them out.
pub fn name_positional(
    args: Vec<Arg>,
    names: &[&str],
    class: &str,
    place: &Place,
    errors: &mut Errors,
) -> Vec<Arg> {
    let by_position = args.iter().filter(|arg| arg.name.is_none()).count();
    let mut named: Vec<Arg> = Vec::new();
    let mut position = 0;
    for mut arg in args {
        let ends = arg.ends();
        if arg.name.is_none() {
            if let Some(before) = named.get(position) {
                let before = before
                    .name
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string);
                errors.at(
                    ends,
                    format_args!(
                        "{place}an argument by position stands behind `{before} = ...`\n  \
                         help: put it first, or give it its name"
                    ),
                );
                continue;
            }
            let Some(name) = names.get(position) else {
                let most = match names.len() {
                    0 => "no arguments".to_owned(),
                    1 => "at most 1 argument".to_owned(),
                    n => format!("at most {n} arguments"),
                };
                errors.at(
                    ends,
                    format_args!("{place}`{class}` takes {most} by position, found {by_position}"),
                );
                break;
            };
            arg.name = Some(Ident::new(name, ends.first));
            position += 1;
            named.push(arg);
            continue;
        }
        let same = named.iter().position(|other| other.name == arg.name);
        match (same, &arg.name) {
            (Some(same), Some(name)) => {
                let how = match same < position {
                    true => ": by position and by name",
                    false => "",
                };
                errors.at(ends, format_args!("{place}`{name}` is given twice{how}"));
            }
            _ => named.push(arg),
        }
    }
    named
}

/// A6
pub fn unknown(
    arg: &Arg,
    class: &str,
    own: &[&str],
    takes_common: bool,
    place: &Place,
    errors: &mut Errors,
) {
    let Some(name) = &arg.name else {
        return;
    };
    let mut known = own.to_vec();
    let mut takes = own.join(", ");
    if takes_common {
        let common: Vec<&str> = COMMON
            .iter()
            .copied()
            .filter(|c| !own.contains(c))
            .collect();
        known.extend(&common);
        let between = if own.is_empty() {
            ""
        } else {
            "; and as every layer: "
        };
        takes = format!("{takes}{between}{}", common.join(", "));
    }
    let old = FORMER
        .iter()
        .find(|(old, new)| name == old && known.contains(new));
    let guess = match old {
        Some((_, new)) => format!("; Keras 1 called it so, now it is `{new}`"),
        None => did_you_mean(&name.to_string(), &known, '`'),
    };
    errors.at(
        Ends::at(name.span()),
        format_args!("{place}`{class}` has no argument `{name}`{guess}\n  help: it takes: {takes}"),
    );
}

/// Splits off the arguments that every layer takes; those that the layer itself has a parameter
/// for (`Embedding(input_dim, ..)`) stay.
pub fn split_common(args: Vec<Arg>, own: &[&str]) -> (Vec<Arg>, Vec<Arg>) {
    let is_common = |arg: &Arg| {
        let name = arg.name.as_ref().map(ToString::to_string);
        name.is_some_and(|name| {
            let later = COMMON_LATER.iter().any(|param| param.name == name);
            (later || COMMON.contains(&name.as_str())) && !own.contains(&name.as_str())
        })
    };
    args.into_iter().partition(is_common)
}

/// `trainable = false`: whether training changes the layer, an expression of type `bool`.
pub fn trainable(common: &[Arg], place: &Place, errors: &mut Errors) -> Option<TokenStream> {
    let given = |arg: &&Arg| arg.name.as_ref().is_some_and(|name| name == "trainable");
    let arg = common.iter().find(given)?;
    match value::flag(&arg.value, "trainable", place, errors)? {
        Value::Flag(trainable) => Some(quote::quote!(#trainable)),
        Value::FlagExpr(trainable) => Some(quote::quote!((#trainable))),
        _ => None,
    }
}

/// The `activity_regularizer`, if it is among the common arguments.
pub fn activity(common: &mut Vec<Arg>, place: &Place, errors: &mut Errors) -> Option<ir::Arg> {
    let param = &catalogue::ACTIVITY;
    let given = |arg: &Arg| arg.name.as_ref().is_some_and(|name| name == param.name);
    let arg = common.remove(common.iter().position(given)?);
    let value = typed(param, "", &arg.value, place, errors)?;
    Some(ir::Arg {
        name: param.name,
        value,
        ends: arg.ends,
    })
}

/// What remains of the common arguments after the name and the input are taken: those that are not
/// implemented.
pub fn refuse_later(common: &[Arg], place: &Place, errors: &mut Errors) {
    for arg in common {
        let param = COMMON_LATER
            .iter()
            .find(|param| arg.name.as_ref().is_some_and(|name| name == param.name));
        if let Some(param) = param {
            later(param, &arg.value, place, errors);
        }
    }
    let name = common
        .iter()
        .find(|arg| arg.name.as_ref().is_some_and(|name| name == "name"));
    if let Some(arg) = name
        && value::string(&arg.value).is_none()
        && !value::is_none(&arg.value)
    {
        value::refuse(
            &arg.value,
            "name",
            "a string such as \"encoder\"",
            place,
            errors,
        );
    }
}

/// The values of all parameters of a built-in layer (or an initializer), in order; `None` after an error that leaves
/// the layer's shape open.
pub fn bind(
    params: &'static [Param],
    class: &str,
    mut args: Vec<Arg>,
    takes_common: bool,
    (layer, place): (Ends, &Place),
    errors: &mut Errors,
) -> Option<Vec<ir::Arg>> {
    let mut bound = Vec::new();
    let mut missing = Vec::new();
    let mut is_known = true;
    for param in params {
        let given = |arg: &Arg| arg.name.as_ref().is_some_and(|name| name == param.name);
        let given = args.iter().position(given).map(|at| args.remove(at));
        let ends = given.as_ref().map_or(layer, |arg| arg.ends);
        let given = given.filter(|arg| !value::is_none(&arg.value));
        let value = match (given, param.default) {
            (Some(arg), _) => arg.value,
            (None, Some(default)) => match syn::parse_str::<Expr>(default) {
                Ok(value) => value,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            },
            (None, None) => {
                missing.push(param);
                continue;
            }
        };
        let before = errors.count();
        let mut value = typed(param, class, &value, place, errors);
        if errors.count() > before {
            value = stand_in(param.kind);
            let no_matter = matches!(param.kind, Kind::Later | Kind::Penalty | Kind::Limit);
            is_known &= value.is_some() || no_matter;
        }
        if let Some(value) = value {
            bound.push(ir::Arg {
                name: param.name,
                value,
                ends,
            });
        }
    }
    is_known &= missing.is_empty();
    let implemented = params.iter().filter(|param| param.kind != Kind::Later);
    let own: Vec<&str> = implemented.map(|param| param.name).collect();
    for arg in &args {
        unknown(arg, class, &own, takes_common, place, errors);
        // `Dense(unit = 3)` is one mistake, not two.
        let meant = arg.name.as_ref().and_then(|n| {
            let mut former = FORMER
                .iter()
                .filter(|(old, new)| n == old && own.contains(new));
            let former = former.next().map(|(_, new)| *new);
            former.or_else(|| nearest(&n.to_string(), &own))
        });
        missing.retain(|param| Some(param.name) != meant);
    }
    for param in missing {
        let (name, kind, example) = (param.name, describe(param.kind), example(param.kind));
        let help = match params.first().is_some_and(|first| first.name == name) {
            true => format!("`{class}({example})` or `{class}({name} = {example})`"),
            false => format!("`{class}(..., {name} = {example})`"),
        };
        errors.at(
            layer,
            format_args!("{place}`{class}` needs `{name}`, {kind}\n  help: {help}"),
        );
    }
    is_known.then_some(bound)
}

/// What stands for a value with errors, if it makes no difference to shapes.
fn stand_in(kind: Kind) -> Option<Value> {
    let linear = || Ident::new("Linear", Span::mixed_site());
    let zeros = || Ident::new("ZEROS", Span::mixed_site());
    match kind {
        Kind::Activation => Some(Value::Activation(Activation::Builtin(linear()))),
        Kind::Initial => Some(Value::Object(
            &catalogue::INITIALIZERS,
            Object::Builtin(zeros()),
        )),
        Kind::Real => Some(Value::Real(tokens! { 0.5 })),
        _ => None,
    }
}

/// The value of a parameter; `None` after an error, and for parameters without a meaning here.
fn typed(
    param: &Param,
    class: &str,
    value: &Expr,
    place: &Place,
    errors: &mut Errors,
) -> Option<Value> {
    let name = param.name;
    match param.kind {
        Kind::Size => value::size(value, name, place, errors).map(Value::Size),
        Kind::Sizes(_) if value::is_none(value) => None,
        Kind::Sizes(n) => value::sizes(value, name, n, place, errors).map(Value::Sizes),
        Kind::Margins(n) => lists::margins(value, name, n, place, errors).map(Value::Sizes),
        Kind::Dims => lists::dims(value, name, place, errors),
        Kind::Target => lists::target(value, name, place, errors),
        Kind::Axis => lists::axis(value, name, place, errors),
        Kind::Axes => lists::axes(value, name, place, errors),
        Kind::Real => value::real(value, name, place, errors),
        Kind::Flag => value::flag(value, name, place, errors),
        Kind::Activation => {
            activation::activation(value, name, place, errors).map(Value::Activation)
        }
        Kind::Initial | Kind::Penalty | Kind::Limit => {
            let family = family(param.kind).filter(|_| !value::is_none(value))?;
            object::object(family, value, name, place, errors)
                .map(|object| Value::Object(family, object))
        }
        Kind::Layer => {
            wrapper::layer(value, class, place, errors).map(|layer| Value::Layer(Box::new(layer)))
        }
        Kind::Word(known, unfinished) => {
            value::word(value, (name, class), (known, unfinished), place, errors)
        }
        Kind::Later => {
            later(param, value, place, errors);
            None
        }
    }
}

fn family(kind: Kind) -> Option<&'static Family> {
    match kind {
        Kind::Initial => Some(&catalogue::INITIALIZERS),
        Kind::Penalty => Some(&catalogue::REGULARIZERS),
        Kind::Limit => Some(&catalogue::CONSTRAINTS),
        _ => None,
    }
}

fn later(param: &Param, given: &Expr, place: &Place, errors: &mut Errors) {
    let default = param.default.unwrap_or("None");
    let truth = match default {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    };
    let is_default =
        value::text_of(given) == default || truth.is_some() && value::truth(given) == truth;
    if !is_default && !value::is_none(given) {
        let name = param.name;
        errors.at(
            Ends::of(given),
            format_args!(
                "{place}`{name}` is known to Keras, but not implemented in kseq yet\n  \
                 help: leave it out"
            ),
        );
    }
}

pub fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Size => "a positive integer",
        Kind::Sizes(1) => "a positive integer, or a tuple such as (3,)",
        Kind::Sizes(2) => "a positive integer, or a tuple such as (3, 3)",
        Kind::Sizes(_) => "a positive integer, or a tuple such as (3, 3, 3)",
        Kind::Margins(1) => "a number, or a tuple such as (1, 2)",
        Kind::Margins(_) => "a number, or a tuple such as ((1, 2), (3, 4))",
        Kind::Dims => "a tuple of positive integers such as (2, 1)",
        Kind::Target => "a tuple of positive integers such as (7, 7, 64), one of which may be -1",
        Kind::Axis => "an integer such as -1",
        Kind::Axes => "an integer such as -1, or a tuple of them",
        Kind::Real => "a number",
        Kind::Flag => "`true` or `false`",
        Kind::Activation => "an activation",
        Kind::Initial => "an initializer",
        Kind::Penalty => "a regularizer",
        Kind::Limit => "a constraint",
        Kind::Layer => "a layer",
        Kind::Word(..) => "a string",
        Kind::Later => "`None`",
    }
}

fn example(kind: Kind) -> String {
    match kind {
        Kind::Size => "10".to_owned(),
        Kind::Sizes(_) => "3".to_owned(),
        Kind::Margins(_) => "1".to_owned(),
        Kind::Dims => "(2, 1)".to_owned(),
        Kind::Target => "(7, -1)".to_owned(),
        Kind::Axis | Kind::Axes => "-1".to_owned(),
        Kind::Real => "0.5".to_owned(),
        Kind::Flag => "true".to_owned(),
        Kind::Activation => "\"relu\"".to_owned(),
        Kind::Initial => "\"glorot_uniform\"".to_owned(),
        Kind::Penalty => "L2(0.01)".to_owned(),
        Kind::Limit => "MaxNorm(2.0)".to_owned(),
        Kind::Layer => "Dense(8)".to_owned(),
        Kind::Word(known, _) => format!("{:?}", known.first().unwrap_or(&"")),
        Kind::Later => "None".to_owned(),
    }
}
