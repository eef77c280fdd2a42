//! Arguments as they are written: by position, then by name; those that are unknown, and those that every layer takes
//! (A6, A7).

use kseq_catalogue::{COMMON, COMMON_LATER, FORMER, LayerRow};
use proc_macro2::{Ident, TokenStream};

use super::label::LayerLabel;
use super::value;
use crate::ast::{Arg, Ends, Errors};
use crate::ir::Value;
use crate::suggest::did_you_mean;

/// The same arguments with the names of now.
pub fn renamed(mut args: Vec<Arg>, row: &LayerRow) -> Vec<Arg> {
    for name in args.iter_mut().filter_map(|arg| arg.name.as_mut()) {
        let mut former = row.former.iter();
        if let Some((_, here)) = former.find(|(former, _)| name == former) {
            *name = Ident::new(here, name.span());
        }
    }
    args
}

/// Gives the arguments that come by position the names of the parameters; reports those that are
/// too many or given twice, and leaves them out.
pub fn name_positional(
    args: Vec<Arg>,
    names: &[&str],
    class: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Vec<Arg> {
    let by_position = args.iter().filter(|arg| arg.name.is_none()).count();
    let mut named: Vec<Arg> = Vec::new();
    let mut position = 0;
    let mut too_many = false;
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
                        "{label}an argument by position stands behind `{before} = ...`\n  \
                         help: put it first, or give it its name"
                    ),
                );
            }
            let Some(name) = names.get(position) else {
                if std::mem::replace(&mut too_many, true) {
                    continue;
                }
                let most = match names.len() {
                    0 => "no arguments".to_owned(),
                    1 => "at most 1 argument".to_owned(),
                    n => format!("at most {n} arguments"),
                };
                errors.at(
                    ends,
                    format_args!("{label}`{class}` takes {most} by position, found {by_position}"),
                );
                continue;
            };
            arg.name = Some(Ident::new(name, ends.first));
            if named.len() == position {
                named.push(arg);
            } else if position == 0 && !named.iter().any(|other| other.name == arg.name) {
                // So that it is not missing, too.
                named.insert(position, arg);
            }
            position += 1;
            continue;
        }
        let same = named.iter().position(|other| other.name == arg.name);
        match (same, &arg.name) {
            (Some(same), Some(name)) => {
                let how = match same < position {
                    true => ": by position and by name",
                    false => "",
                };
                errors.at(ends, format_args!("{label}`{name}` is given twice{how}"));
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
    label: &LayerLabel,
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
    let ends = Ends::at(name.span());
    let old = FORMER.iter().find(|former| {
        name == former.name && (known.contains(&former.here) || !former.says.is_empty())
    });
    if let Some(former) = old {
        let here = former.here;
        let help = match former.says {
            "" => format!(
                "write `{here} = {}`",
                value::text_of(&arg.value).replace('`', "")
            ),
            says => says.to_owned(),
        };
        errors.at(
            ends,
            format_args!(
                "{label}`{class}` has no argument `{name}`; Keras 1 called it so, now it is `{here}`\n  help: {help}"
            ),
        );
        return;
    }
    let guess = did_you_mean(&name.to_string(), &known, '`');
    errors.at(
        ends,
        format_args!("{label}`{class}` has no argument `{name}`{guess}\n  help: it takes: {takes}"),
    );
}

/// Whether every layer takes the argument.
pub fn is_common(arg: &Arg) -> bool {
    let mut later = COMMON_LATER.iter();
    COMMON.iter().any(|name| arg.is(name)) || later.any(|param| arg.is(param.name))
}

/// Splits off the arguments that every layer takes; those that the layer itself has a parameter
/// for (`Embedding(input_dim, ..)`) stay.
pub fn split_common(args: Vec<Arg>, own: &[&str]) -> (Vec<Arg>, Vec<Arg>) {
    let is_own = |arg: &Arg| own.iter().any(|own| arg.is(own));
    args.into_iter()
        .partition(|arg| is_common(arg) && !is_own(arg))
}

/// `trainable = false`: whether training changes the layer, an expression of type `bool`.
pub fn trainable(common: &[Arg], label: &LayerLabel, errors: &mut Errors) -> Option<TokenStream> {
    let arg = common.iter().find(|arg| arg.is("trainable"))?;
    match value::flag(&arg.value, "trainable", label, errors)? {
        Value::Flag(trainable) => Some(quote::quote!(#trainable)),
        Value::FlagExpr(trainable) => Some(quote::quote!((#trainable))),
        _ => None,
    }
}

/// What remains of the common arguments after the name and the input are taken: those that are not
/// implemented.
pub fn refuse_later(common: &[Arg], label: &LayerLabel, errors: &mut Errors) {
    for arg in common {
        let param = COMMON_LATER.iter().find(|param| arg.is(param.name));
        if let Some(param) = param {
            value::later(param, &arg.value, label, errors);
        }
    }
    let name = common.iter().find(|arg| arg.is("name"));
    if let Some(arg) = name
        && value::string(&arg.value).is_none()
        && !value::is_none(&arg.value)
    {
        value::refuse(
            &arg.value,
            "name",
            "a string such as \"encoder\"",
            label,
            errors,
        );
    }
}
