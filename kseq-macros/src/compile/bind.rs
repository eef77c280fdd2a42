//! The arguments of a class: each with its parameter of the catalogue, all that is wrong with them at once.

use kseq_catalogue::{ClassFamily, ClassRow, Param};
use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::message::{at, label};
use super::value::{Reader, Schedule, Value, elements, whole};
use crate::ast::{Arg, Ends, Errors};
use crate::check::kinds::example;
use crate::check::{args, function, value};
use crate::python;
use crate::suggest::nearest;

/// The arguments of a class as they are written.
pub type Args = Punctuated<Expr, Token![,]>;

/// An argument that is given.
pub struct Bound {
    pub param: &'static Param,
    /// The name, if it came by name.
    pub name: Option<Ident>,
    pub value: Value,
}

/// Other names of arguments, which Keras had or people guess.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "learning_rate"),
    ("lr_rate", "learning_rate"),
    ("lrate", "learning_rate"),
    ("learn_rate", "learning_rate"),
    ("eta", "learning_rate"),
    ("step_size", "learning_rate"),
];

/// The only one that is accepted: Keras 2's.
const ACCEPTED: &str = "lr";

/// What only one of is allowed.
const CLIPPING: &[&str] = &["clipnorm", "clipvalue", "global_clipnorm"];

/// The arguments that are given, in the order of the parameters; `None` after an error.
pub fn bind(
    family: &ClassFamily,
    row: &ClassRow,
    class: &Ident,
    given: &Args,
    schedule: Schedule,
    errors: &mut Errors,
) -> Option<Vec<Bound>> {
    let before = errors.count();
    let names: Vec<&str> = family.params(row).map(|param| param.name).collect();
    let mut read: Vec<Arg> = Vec::new();
    for e in given {
        if let Some(wrong) = python::of_value(e) {
            errors.at(Ends::of(e), wrong);
            continue;
        }
        let mut arg = function::argument(e);
        if let Some(name) = &mut arg.name
            && *name == ACCEPTED
            && names.contains(&"learning_rate")
        {
            *name = Ident::new("learning_rate", name.span());
        }
        read.push(arg);
    }
    let by_name: Vec<Ident> = read.iter().filter_map(|arg| arg.name.clone()).collect();
    let text = class.to_string();
    let label = label();
    let mut read = args::name_positional(read, &names, &text, &label, errors);
    let mut bound = Vec::new();
    let mut missing: Vec<&Param> = Vec::new();
    for param in family.params(row) {
        let at = read.iter().position(|arg| arg.is(param.name));
        let Some(arg) = at.map(|at| read.remove(at)) else {
            missing.extend(param.default.is_none().then_some(param));
            continue;
        };
        let reader = Reader {
            class: &text,
            param,
            label: &label,
            schedule,
        };
        if let Some(value) = reader.read(&arg.value, errors) {
            let name = by_name.iter().find(|name| *name == param.name).cloned();
            bound.push((arg, Bound { param, name, value }));
        }
    }
    for arg in &read {
        unknown(arg, &text, &names, errors);
        let meant = arg.name.as_ref();
        let meant = meant.and_then(|name| nearest(&name.to_string(), &names));
        missing.retain(|param| Some(param.name) != meant);
    }
    needs(class, &missing, errors);
    together(&text, &bound, &by_name, errors);
    let bound = bound.into_iter().map(|(_, bound)| bound).collect();
    (errors.count() == before).then_some(bound)
}

/// What must be given and is not: one mistake.
fn needs(class: &Ident, missing: &[&Param], errors: &mut Errors) {
    let each = missing.iter();
    let what = each.clone().map(|param| match missing {
        [_] => format!("`{}`, {}", param.name, param.kind.describe()),
        _ => format!("`{}`", param.name),
    });
    let what: Vec<String> = what.collect();
    let help = each.map(|param| format!("{} = {}", param.name, example(param.kind)));
    let help: Vec<String> = help.collect();
    if !missing.is_empty() {
        let (what, help) = (what.join(" and "), help.join(", "));
        at(
            class,
            format_args!("`{class}` needs {what}\n  help: `{class}(..., {help})`"),
            errors,
        );
    }
}

/// A name that is no parameter's.
fn unknown(arg: &Arg, class: &str, names: &[&str], errors: &mut Errors) {
    let alias = arg.name.as_ref().and_then(|name| {
        let alias = ALIASES.iter().find(|(alias, _)| name == alias);
        alias.filter(|(_, meant)| names.contains(meant))
    });
    match (alias, &arg.name) {
        (Some((_, meant)), Some(name)) => at(
            name,
            format_args!(
                "`{class}` has no argument `{name}`; did you mean `{meant}`?\n  help: it takes: {}",
                names.join(", ")
            ),
            errors,
        ),
        _ => args::unknown(arg, class, names, false, &label(), errors),
    }
}

/// What is wrong only together.
fn together(class: &str, bound: &[(Arg, Bound)], written: &[Ident], errors: &mut Errors) {
    let of = |name: &str| bound.iter().find(|(_, bound)| bound.param.name == name);
    let clips = bound.iter();
    let mut clips: Vec<_> = clips
        .filter(|(_, bound)| CLIPPING.contains(&bound.param.name))
        .collect();
    // In the order in which they were written; those without a name come first.
    clips.sort_by_key(|(_, bound)| written.iter().position(|name| name == bound.param.name));
    if let [(_, first), more @ ..] = clips.as_slice() {
        for (arg, second) in more {
            errors.at(
                arg.ends(),
                format_args!(
                    "`compile!`: `{}` and `{}` of `{class}` exclude each other\n  help: set only one of clipnorm, \
                     clipvalue and global_clipnorm",
                    second.param.name, first.param.name
                ),
            );
        }
    }
    let is_on = |name| {
        matches!(
            of(name),
            Some((
                _,
                Bound {
                    value: Value::Switch(true),
                    ..
                }
            ))
        )
    };
    if let Some((arg, _)) = of("label_weights")
        && !is_on("multi_label")
    {
        errors.at(
            arg.ends(),
            format_args!(
                "`compile!`: `label_weights` of `{class}` are of several labels\n  help: write `multi_label = True` as well"
            ),
        );
    }
    let count = of("num_classes").and_then(|(arg, _)| whole(&arg.value));
    // Of `BinaryIoU` there are always two.
    let count = count.or_else(|| (class == "BinaryIoU").then_some(2));
    if let (Some(count), Some((ids, _))) = (count, of("target_class_ids")) {
        for id in elements(&ids.value) {
            if whole(id).is_some_and(|id| id >= count) {
                let last = count.saturating_sub(1);
                at(
                    id,
                    format_args!(
                        "`target_class_ids` of `{class}` has {}, but there are {count} classes: 0 to {last}",
                        value::text_of(id)
                    ),
                    errors,
                );
            }
        }
    }
    if let (Some((arg, _)), Some((values, _))) = (of("boundaries"), of("values"))
        && let (Expr::Array(boundaries), Expr::Array(list)) = (&arg.value, &values.value)
        && boundaries.elems.len() + 1 != list.elems.len()
    {
        let (limits, found) = (boundaries.elems.len(), list.elems.len());
        errors.at(
            values.ends(),
            format_args!(
                "`compile!`: `values` of `{class}` must be one more than `boundaries`, found {found} for {limits}"
            ),
        );
    }
}
