//! One layer: whose it is (A5), and what it is given.

use super::{Place, args, class_of, input, value};
use crate::ast::{Arg, Call, Ends, Errors};
use crate::catalogue::{self, ACTIVITY, LAYERS, LAYERS_LATER, ON_TOKENS};
use crate::ir::{Input, Kind, Layer};
use crate::parse::text_of;
use crate::suggest::{did_you_mean, nearest};

/// The layer, and the inputs that it declares, `None` for one with errors.
pub fn of_call(call: Call, place: &Place, errors: &mut Errors) -> (Layer, Vec<Option<Input>>) {
    let class = class_of(&call);
    let builtin = call.path.path.get_ident().is_some() && call.path.qself.is_none();
    let entry = LAYERS.iter().find(|entry| entry.class == class);
    let own: Vec<&'static str> = match (builtin, entry) {
        (true, Some(entry)) => entry.params.iter().map(|param| param.name).collect(),
        _ => Vec::new(),
    };
    for attr in call.docs.iter().filter(|attr| !attr.path().is_ident("doc")) {
        errors.at(
            Ends::of(attr),
            format_args!("{place}a layer takes no attributes but doc comments"),
        );
    }
    let args = match builtin && entry.is_some() {
        true => args::name_positional(call.args, &own, &class, place, errors),
        false => call.args,
    };
    let (mut common, rest) = args::split_common(args, &own);
    let on_tokens = builtin && ON_TOKENS.contains(&class.as_str());
    let declared = input::declared(&mut common, (&class, on_tokens), place, errors);
    let trainable = args::trainable(&common, place, errors);
    let mut activity = args::activity(&mut common, place, errors);
    if let (Some(arg), "ActivityRegularization") = (&activity, class.as_str()) {
        errors.at(
            arg.ends,
            format_args!("{place}`{class}` is given by `l1` and `l2`\n  help: leave `activity_regularizer` out"),
        );
    }
    args::refuse_later(&common, place, errors);
    let kind = match (builtin, entry) {
        (true, Some(entry)) => {
            args::bind(entry.params, &class, rest, true, (call.ends, place), errors).map(
                |mut args| {
                    let own = args.iter().position(|arg| arg.name == ACTIVITY.name);
                    if let Some(own) = own {
                        activity = Some(args.remove(own));
                    }
                    Kind::Builtin { entry, args }
                },
            )
        }
        (true, None) => {
            unknown(&call.path, &class, place, errors);
            None
        }
        (false, _) => user(rest, &text_of(&call.path), place, errors).map(|args| Kind::User {
            path: call.path,
            args,
        }),
    };
    let layer = Layer {
        number: place.number,
        name: super::ident(place),
        class,
        docs: call.docs,
        ends: call.ends,
        kind: kind.unwrap_or(Kind::Unknown),
        activity,
        agrees: Vec::new(),
        trainable,
    };
    (layer, declared)
}

/// A5
fn unknown(path: &syn::ExprPath, class: &str, place: &Place, errors: &mut Errors) {
    let known: Vec<&str> = LAYERS.iter().map(|layer| layer.class).collect();
    let guess = nearest(class, &known);
    let implemented = match guess {
        Some(_) => String::new(),
        None => "the module `kseq::layers` lists what is implemented; ".to_owned(),
    };
    let later = nearest(class, LAYERS_LATER).filter(|later| guess.is_none() || *later == class);
    let message = match later {
        Some(later) if later == class => {
            format!("layer `{class}` is not implemented in kseq yet")
        }
        Some(later) => format!(
            "unknown layer `{class}`; Keras's `{later}` is near, but not implemented in kseq yet"
        ),
        None => format!(
            "unknown layer `{class}`{}",
            did_you_mean(class, &known, '`')
        ),
    };
    let instead = catalogue::INSTEAD.iter().find(|(name, _)| *name == class);
    let implemented = match instead {
        Some((_, instead)) => format!("write {instead}; "),
        None => implemented,
    };
    errors.at(
        Ends::of(path),
        format_args!(
            "{place}{message}\n  help: {implemented}\
             your own layer is named by a path: `self::{class}(...)`"
        ),
    );
}

/// The user's layer: its arguments go to its `new`, by position.
fn user(args: Vec<Arg>, path: &str, place: &Place, errors: &mut Errors) -> Option<Vec<syn::Expr>> {
    let before = errors.count();
    for arg in &args {
        if let Some(name) = &arg.name {
            let common = catalogue::COMMON.join(", ");
            let guess = did_you_mean(&name.to_string(), catalogue::COMMON, '`');
            errors.at(
                Ends::at(name.span()),
                format_args!(
                    "{place}`{path}` takes its arguments by position, as its function `new` \
                     does; found `{name} = {}`{guess}\n  help: by name it takes: {common}",
                    value::text_of(&arg.value)
                ),
            );
        }
    }
    let values = args.into_iter().map(|arg| arg.value).collect();
    (errors.count() == before).then_some(values)
}
