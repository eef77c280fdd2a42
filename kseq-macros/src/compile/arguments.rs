//! The arguments of `compile!` itself.

use kseq_catalogue::{ClassRow, LOSSES, METRICS, OPTIMIZERS};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::call::{Call, Given};
use super::class::one;
use super::message::at;
use crate::ast::{Ends, Errors};
use crate::check::value::{self, Literally, literally};
use crate::metric_name;
use crate::suggest::did_you_mean;

/// The arguments of Keras's `compile`: those of Keras 2 in its order, and then those of Keras 3, which come by name.
const ARGUMENTS: [&str; 11] = [
    "optimizer",
    "loss",
    "metrics",
    "loss_weights",
    "sample_weight_mode",
    "weighted_metrics",
    "target_tensors",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
    "auto_scale_loss",
];

/// The arguments that have nothing to do here: what they take, and why nothing else.
const FIXED: [(&str, &[&str], &str); 6] = [
    (
        "sample_weight_mode",
        &["None"],
        "`sample_weight_mode` is not an argument here\n  help: leave it out: the type of the weights says it: \
         `Fit::new().sample_weight(&weights)` takes one `f32` for each sample, or one `[f32; T]` for each if the output is \
         a sequence of T steps",
    ),
    (
        "target_tensors",
        &["None"],
        "there are no `target_tensors`: targets are the `y` of `fit`\n  help: leave it out",
    ),
    (
        "run_eagerly",
        &["None", "False", "false"],
        "`run_eagerly` is always off: a step is code of this program\n  help: leave it out; a debugger can step through it",
    ),
    (
        "steps_per_execution",
        &["None", "1"],
        "`steps_per_execution` is always 1: there is no graph that would be started for each step\n  help: leave it out",
    ),
    (
        "jit_compile",
        &["None", "\"auto\"", "False", "false"],
        "there is nothing to compile while the program runs: it is compiled\n  help: leave `jit_compile` out",
    ),
    (
        "auto_scale_loss",
        &["None", "True", "true"],
        "`auto_scale_loss` belongs to float16, and all numbers are `f32`\n  help: leave it out",
    ),
];

/// Arguments of Keras's `fit`.
const OF_FIT: &[&str] = &[
    "batch_size",
    "callbacks",
    "class_weight",
    "epochs",
    "initial_epoch",
    "sample_weight",
    "shuffle",
    "validation_data",
    "validation_split",
    "verbose",
];

/// The most metrics of a model: the library has tuples of so many.
const MOST: usize = 12;

/// The call of the method `compile`.
pub fn expand(call: Call, errors: &mut Errors) -> TokenStream {
    let mut given = slots(call.args, errors);
    if call.model.is_none() {
        // Positions mean nothing.
        return TokenStream::new();
    }
    for (name, takes, why) in FIXED {
        let slot = ARGUMENTS.iter().position(|known| *known == name);
        let slot = slot.and_then(|slot| given.get_mut(slot));
        if let Some(Given::Value(value)) = slot.and_then(Option::take) {
            let text = value.to_token_stream().to_string();
            if !takes.contains(&text.as_str()) {
                at(&value, why, errors);
            }
        }
    }
    let [optimizer, loss, metrics, loss_weights, _, weighted, ..] = given;
    let present = |slot: Option<Given>| match slot {
        Some(Given::Value(value)) if value::is_none(&value) => None,
        slot => slot,
    };
    let optimizer = match optimizer {
        Some(Given::Value(none)) if value::is_none(&none) => {
            at(
                &none,
                "`optimizer` is `None`, and nothing would train\n  help: write `optimizer = \"adam\"`, for instance",
                errors,
            );
            TokenStream::new()
        }
        Some(Given::Value(optimizer)) => placed(&optimizer, one(&optimizer, &OPTIMIZERS, errors)),
        Some(Given::Wrong) => TokenStream::new(),
        // Keras's default.
        None => quote!(<::kseq::optimizers::RMSprop as ::core::default::Default>::default()),
    };
    let loss = match loss {
        Some(Given::Value(none)) if value::is_none(&none) => {
            at(
                &none,
                "`loss` is `None`, and there is nothing to train for\n  help: write `loss = \"categorical_crossentropy\"`, \
                 for instance",
                errors,
            );
            TokenStream::new()
        }
        Some(Given::Value(loss)) => {
            // A list of one, for the one output.
            let loss = only(&loss).unwrap_or(loss);
            match bare_word(&loss, errors) {
                true => TokenStream::new(),
                false => placed(&loss, one(&loss, &LOSSES, errors)),
            }
        }
        Some(Given::Wrong) => TokenStream::new(),
        None => {
            if let Some(model) = call.model.as_ref().filter(|_| call.is_whole) {
                errors.at(
                    Ends::of(model),
                    "`compile!` needs a `loss`\n  help: add `loss = \"categorical_crossentropy\"`, for instance",
                );
            }
            TokenStream::new()
        }
    };
    let (metrics, weighted) = (present(metrics), present(weighted));
    too_many([&metrics, &weighted], errors);
    let place = [&metrics, &weighted]
        .into_iter()
        .find_map(|given| match given {
            Some(Given::Value(list)) => Some(list.span()),
            _ => None,
        });
    let plain = list(metrics.as_ref(), errors);
    let weighted = list(weighted.as_ref(), errors);
    let weighted = weighted.iter().map(|m| {
        let span = m.span();
        quote_spanned!(span=> ::kseq::metrics::Weighted(#m))
    });
    let model = call.model.as_ref().map(receiver);
    let scaled = match present(loss_weights) {
        Some(Given::Value(weights)) => {
            let weights = weight(&weights, errors);
            Some(quote!(.loss_weights(#weights)))
        }
        _ => None,
    };
    let metrics = plain.into_iter().chain(weighted).map(|m| quote!(#m,));
    // A tuple that does not fit is underlined where the list was written.
    let metrics = quote_spanned!(place.unwrap_or_else(Span::mixed_site)=> (#(#metrics)*));
    let call_site = call
        .model
        .as_ref()
        .map_or_else(Span::call_site, Spanned::span);
    let compile = Ident::new("compile", call_site.resolved_at(Span::mixed_site()));
    quote!(#model.#compile(#optimizer, #loss, #metrics) #scaled)
}

/// The value of an argument, where it was written: what does not fit is underlined there.
fn placed(argument: &Expr, value: TokenStream) -> TokenStream {
    match argument {
        Expr::Call(_) | Expr::MethodCall(_) => {
            let mut value = Group::new(Delimiter::None, value);
            value.set_span(argument.span());
            value.into_token_stream()
        }
        _ => value,
    }
}

/// What is given for each argument.
fn slots(
    args: Vec<(Option<Ident>, Given)>,
    errors: &mut Errors,
) -> [Option<Given>; ARGUMENTS.len()] {
    let mut given: [Option<Given>; ARGUMENTS.len()] = Default::default();
    for (position, (name, value)) in args.into_iter().enumerate() {
        let index = match &name {
            // Keras 3's others come by name.
            None => Some(position).filter(|&at| at < 7),
            Some(name) => ARGUMENTS.iter().position(|known| name == known),
        };
        let ends = match (&name, &value) {
            (Some(name), _) => Ends::at(name.span()),
            (None, Given::Value(value)) => Ends::of(value),
            (None, Given::Wrong) => continue,
        };
        let Some(slot) = index.and_then(|index| given.get_mut(index)) else {
            errors.at(ends, unknown(name.as_ref()));
            continue;
        };
        if slot.is_some() {
            let name = index.and_then(|index| ARGUMENTS.get(index)).copied();
            let name = name.unwrap_or_default();
            errors.at(ends, format_args!("`compile!`: `{name}` is given twice"));
            continue;
        }
        *slot = Some(value);
    }
    given
}

/// What is said of an argument that `compile!` does not have.
fn unknown(name: Option<&Ident>) -> String {
    let Some(name) = name else {
        return format!(
            "`compile!` does not take an argument more\n  help: it takes: the model, {}",
            ARGUMENTS.join(", ")
        );
    };
    let text = name.to_string();
    if OF_FIT.contains(&text.as_str()) {
        return format!(
            "`compile!` does not take `{name}`: it is an argument of `fit`\n  help: \
             `model.fit(&x, &y, Fit::new().{name}(...))`"
        );
    }
    let mut optimizers = OPTIMIZERS.rows.iter();
    let of_optimizer = |row: &&ClassRow| OPTIMIZERS.param(row, &text).is_some();
    if text == "lr" || (text != "name" && optimizers.any(|row| of_optimizer(&row))) {
        return format!(
            "`compile!` does not take `{name}`: it is an argument of the optimizer\n  help: \
             `optimizer = SGD({name} = ...)`"
        );
    }
    let guess = did_you_mean(&text, &ARGUMENTS, '`');
    let known = ARGUMENTS.join(", ");
    format!("`compile!` does not take `{name}`{guess}\n  help: it takes: the model, {known}")
}

/// The weight of the one output, as a number or a list of one.
fn weight(e: &Expr, errors: &mut Errors) -> TokenStream {
    let one = only(e);
    let weight = one.as_ref().unwrap_or(e);
    if matches!(literally(weight), Literally::Other) {
        let found = value::text_of(e);
        at(
            e,
            format_args!("`loss_weights` is a number: there is one output, found {found}"),
            errors,
        );
    }
    value::number(weight)
}

/// The single element of a list.
fn only(list: &Expr) -> Option<Expr> {
    match list {
        Expr::Array(list) if list.elems.len() == 1 => list.elems.first().cloned(),
        Expr::Tuple(list) if list.elems.len() == 1 => list.elems.first().cloned(),
        _ => None,
    }
}

/// The elements of a list or a tuple; of a list for each output, those of the one output.
fn elements(e: &Expr) -> Option<Vec<&Expr>> {
    let elements: Vec<&Expr> = match e {
        Expr::Array(list) => list.elems.iter().collect(),
        Expr::Tuple(list) => list.elems.iter().collect(),
        _ => return None,
    };
    match elements.as_slice() {
        [one] => self::elements(one).or(Some(elements)),
        _ => Some(elements),
    }
}

/// The library has tuples of up to twelve.
fn too_many(lists: [&Option<Given>; 2], errors: &mut Errors) {
    let all = lists.into_iter().filter_map(|list| match list {
        Some(Given::Value(list)) => elements(list),
        _ => None,
    });
    if let Some(more) = all.flatten().nth(MOST) {
        at(
            more,
            format_args!(
                "a model has at most {MOST} metrics\n  help: leave out this one and those behind it"
            ),
            errors,
        );
    }
}

/// `["accuracy", "mse", mean_pred]`
fn list(metrics: Option<&Given>, errors: &mut Errors) -> Vec<TokenStream> {
    let Some(Given::Value(metrics)) = metrics else {
        return Vec::new();
    };
    let Some(elements) = elements(metrics) else {
        let shown = value::text_of(metrics);
        let known = value::ident(metrics).filter(|name| METRICS.named(&name.to_string()).is_some());
        let shown = match known {
            Some(name) => format!("\"{name}\""),
            // Of several in other brackets, or added up.
            None if matches!(
                metrics,
                Expr::Repeat(_) | Expr::Block(_) | Expr::Binary(_) | Expr::Closure(_)
            ) =>
            {
                "\"accuracy\", \"mae\"".to_owned()
            }
            None => shown.trim_matches('`').to_owned(),
        };
        at(
            metrics,
            format_args!("metrics are a list\n  help: write `[{shown}]`"),
            errors,
        );
        return Vec::new();
    };
    let metric = |e: &Expr| {
        metric_name::check(e, errors);
        if bare_word(e, errors) {
            return TokenStream::new();
        }
        match metric_name::users_function(e) {
            Some(function) => {
                let name = function.to_string();
                quote_spanned!(function.span()=> ::kseq::metrics::function(#name, #function))
            }
            None => one(e, &METRICS, errors),
        }
    };
    elements.into_iter().map(metric).collect()
}

/// A word of Keras without quotes: `loss = mse`, `loss = mse()`.
fn bare_word(e: &Expr, errors: &mut Errors) -> bool {
    let name = match e {
        Expr::Call(call) if call.args.is_empty() => &*call.func,
        e => e,
    };
    let Expr::Path(path) = name else {
        return false;
    };
    let Some(name) = path.path.get_ident() else {
        return false;
    };
    let word = name.to_string();
    let mut families = [&LOSSES, &METRICS].into_iter();
    let is_known = word.starts_with(char::is_lowercase)
        && families.any(|family| family.named(&word).is_some());
    if is_known {
        at(
            e,
            format_args!(
                "`{word}` is a word of Keras's and goes in quotes\n  help: write \"{word}\" (a variable or function of \
                 your own with this name: `({})`)",
                value::text_of(e).trim_matches('`')
            ),
            errors,
        );
    }
    is_known
}

/// The tokens of a model's expression, to call a method on.
fn receiver(model: &Expr) -> TokenStream {
    match model {
        Expr::Path(_) | Expr::MethodCall(_) | Expr::Call(_) => model.to_token_stream(),
        model => quote!({ #model }),
    }
}
