//! One value of a family: a word, Keras's call of a class, or any expression.

use kseq_catalogue::{ClassFamily, ClassRow, LOSSES, METRICS, OPTIMIZERS, SCHEDULES, absent};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::bind::{Args, bind};
use super::emit;
use super::message::at;
use crate::ast::Errors;
use crate::check::value::{self, Literally, literally};
use crate::foreign;
use crate::prefix::{Qualified, after, qualified};
use crate::suggest::{did_you_mean, nearest, plain};

/// The tokens of a value of a family.
pub fn one(e: &Expr, family: &'static ClassFamily, errors: &mut Errors) -> TokenStream {
    if let Some(word) = value::string(e) {
        return match named(family, &word) {
            Some(row) => emit::named(&word, row, family, e.span()),
            None => unknown(e, &word, true, family, errors),
        };
    }
    let (name, args) = match e {
        Expr::Call(call) => (qualified(&call.func), Some(&call.args)),
        Expr::MethodCall(call) if call.turbofish.is_none() => {
            (after(&call.receiver, &call.method), Some(&call.args))
        }
        e => (qualified(e), None),
    };
    if let Some(wrong) = no_value(e, family) {
        at(e, wrong, errors);
        return TokenStream::new();
    }
    match name {
        Some(name) if name.is_keras() => {
            understood(e, &name, args, family, errors).unwrap_or_else(|| e.to_token_stream())
        }
        Some(name) if is_former(&name) => former(e, &name, family, errors),
        Some(name) if is_pythons(e, &name, args, family) => elsewhere(e, &name, family, errors),
        _ => e.to_token_stream(),
    }
}

/// The learning rate of an optimizer.
fn schedule(e: &Expr, errors: &mut Errors) -> TokenStream {
    one(e, &SCHEDULES, errors)
}

/// What no family has a value of.
fn no_value(e: &Expr, family: &ClassFamily) -> Option<String> {
    let expected = match family.what {
        "optimizer" => "an optimizer such as \"adam\"",
        "loss" => "a loss such as \"mse\"",
        "metric" => "a metric such as \"accuracy\"",
        _ => "a number or a schedule",
    };
    let wrong = match (literally(e), e) {
        (Literally::Int(..) | Literally::Float, _) => true,
        // A literal that the compiler has reported is none that syn knows.
        (Literally::Other, Expr::Closure(_)) => {
            return (family.what != "metric").then(|| {
                format!(
                    "a closure is no {}\n  help: `losses::function(...)` makes a loss of one with its gradient",
                    family.what
                )
            });
        }
        (Literally::Other, _) => true,
        _ => false,
    };
    let found = value::text_of(e);
    wrong.then(|| format!("expected {expected}, found {found}{}", alone(e, family)))
}

/// How one value is written, where several were.
fn alone(e: &Expr, family: &ClassFamily) -> String {
    let what = family.what;
    let listed: Vec<&Expr> = match e {
        Expr::Array(list) => list.elems.iter().collect(),
        Expr::Tuple(list) => list.elems.iter().collect(),
        _ => return String::new(),
    };
    match listed.as_slice() {
        [one] => format!(
            "\n  help: write it alone: {}",
            value::text_of(one).trim_matches('`')
        ),
        // `("adam", 0.001)`
        [word, rest @ ..]
            if rest
                .iter()
                .all(|e| !matches!(literally(e), Literally::Other)) =>
        {
            let row = value::string(word).and_then(|word| named(family, &word));
            let class = row.map_or("SGD", |row| row.class);
            format!("\n  help: its arguments are those of the class: `{class}(...)`")
        }
        _ => format!("\n  help: a model of one output takes one {what}"),
    }
}

/// The row that a word names; Keras does not mind how an optimizer's is spelled.
fn named(family: &ClassFamily, word: &str) -> Option<&'static ClassRow> {
    let of_optimizer = || {
        let rows = family.by_name();
        let mut rows = rows.filter(|_| family.what == "optimizer");
        rows.find(|row| row.names.contains(&word.to_lowercase().as_str()))
    };
    family.named(word).or_else(of_optimizer)
}

/// A name of Keras's, with arguments or without; `None` if it may be the user's.
fn understood(
    e: &Expr,
    name: &Qualified<'_>,
    args: Option<&Args>,
    family: &'static ClassFamily,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let text = name.name.to_string();
    let has_module = !name.modules.is_empty();
    if let Some(row) = family.class(&text) {
        return Some(match args {
            Some(args) => {
                let bound = bind(family, row, name.name, args, schedule, errors);
                emit::built(family, row, name.name, bound)
            }
            None if matches!(family.what, "optimizer" | "schedule") => {
                let kind = family.what;
                at(
                    e,
                    format_args!(
                        "`{text}` is a class, and the {kind} is a value of it\n  help: write `{text}({})`",
                        if kind == "schedule" { "..." } else { "" }
                    ),
                    errors,
                );
                TokenStream::new()
            }
            None => emit::default(family, row, name.name.span()),
        });
    }
    // A loss that Keras has not among its metrics.
    if family.what == METRICS.what
        && LOSSES.class(&text).is_some()
        && let Some(loss) = understood(e, name, args, &LOSSES, errors)
    {
        let span = name.name.span();
        return Some(quote_spanned!(span=> ::kseq::metrics::MeanMetricWrapper::new(#loss)));
    }
    // `losses.mean_squared_error`: a function of Keras's.
    if has_module && args.is_none() && is_dotted(e) {
        return Some(match family.named(&text) {
            Some(row) => emit::default(family, row, name.name.span()),
            None => unknown(e, &text, false, family, errors),
        });
    }
    let is_keras_call = args.is_some_and(has_names);
    let is_upper = text.starts_with(char::is_uppercase);
    let is_pythons = has_module && is_dotted(e);
    // `MSE()`, `keras.losses.mse()`; what could be a function of the user's is left alone.
    if let (Some(row), true) = (family.named(&text), args.is_some())
        && (is_upper || is_keras_call || is_pythons)
    {
        at(
            e,
            format_args!(
                "`{text}` is a word, not a class\n  help: write \"{text}\", or `{}(...)`",
                row.class
            ),
            errors,
        );
        return Some(TokenStream::new());
    }
    if is_pythons {
        return Some(unknown(e, &text, false, family, errors));
    }
    // `Adm(0.1)`, `SGD` among the losses; a type of one's own may have any name.
    let is_call = args.is_some() && is_upper;
    let of_another = another(family, &text, false).is_some();
    let is_known = of_another || is_slip(family, &text) || foreign(family, &text).is_some();
    if !has_module && (is_keras_call || is_call && is_known) {
        return Some(unknown(e, &text, false, family, errors));
    }
    let is_class = args.is_none() && !has_module && is_upper;
    if is_class && of_another {
        return Some(unknown(e, &text, false, family, errors));
    }
    None
}

/// `beta = 2.0` among the arguments: no call of Rust's.
fn has_names(args: &Args) -> bool {
    args.iter().any(|arg| matches!(arg, Expr::Assign(_)))
}

/// What Keras has in place of another framework's name.
fn foreign(family: &ClassFamily, name: &str) -> Option<&'static str> {
    foreign::instead(family.what, name)
}

/// `optim.Adam(...)`, `torch.nn.MSELoss()`, `F.cross_entropy`: a class or a function of a module, as Rust does not write it.
fn is_pythons(e: &Expr, name: &Qualified<'_>, args: Option<&Args>, family: &ClassFamily) -> bool {
    let text = name.name.to_string();
    let is_class = text.starts_with(char::is_uppercase);
    let is_named = args.is_some_and(has_names);
    is_named || is_dotted(e) && (is_class || foreign(family, &text).is_some())
}

/// A name of a module that is not Keras's.
fn elsewhere(
    e: &Expr,
    name: &Qualified<'_>,
    family: &'static ClassFamily,
    errors: &mut Errors,
) -> TokenStream {
    let text = name.name.to_string();
    if family.class(&text).is_none() {
        return unknown(e, &text, false, family, errors);
    }
    let modules: Vec<String> = name.modules.iter().map(ToString::to_string).collect();
    let modules = modules.join(".");
    at(
        e,
        format_args!("`{modules}` is no module of Keras's\n  help: write `{text}(...)`"),
        errors,
    );
    TokenStream::new()
}

/// Whether it is written as Python does, with a point.
fn is_dotted(e: &Expr) -> bool {
    matches!(e, Expr::Field(_) | Expr::MethodCall(_))
}

/// Whether a name is nearly one of the family's.
fn is_slip(family: &ClassFamily, name: &str) -> bool {
    let classes: Vec<&str> = family.by_name().map(|row| row.class).collect();
    let Some(near) = nearest(name, &classes) else {
        return absent(family.module, name).is_some();
    };
    let (written, near) = (plain(name), plain(near));
    let lengths = written.len().abs_diff(near.len());
    let is_longer = written.starts_with(&near);
    lengths <= 2 && !is_longer || written == near
}

/// The family that a name is of, if it is another one.
fn another(family: &ClassFamily, name: &str, is_word: bool) -> Option<&'static ClassFamily> {
    let families = [&OPTIMIZERS, &LOSSES, &METRICS, &SCHEDULES].into_iter();
    let mut others = families.filter(|other| other.what != family.what);
    others.find(|other| match is_word {
        true => named(other, name).is_some(),
        false => other.class(name).is_some(),
    })
}

/// Modules of TensorFlow 1 and Keras 2: `tf.train`, `optimizers.legacy`, `adam_v2`.
fn is_former(name: &Qualified<'_>) -> bool {
    let is_old = |module: &&&Ident| {
        let module = module.to_string();
        ["train", "legacy", "experimental", "compat", "v1"].contains(&module.as_str())
            || module.ends_with("_v2")
    };
    name.modules.iter().any(|module| is_old(&module))
}

fn former(
    e: &Expr,
    name: &Qualified<'_>,
    family: &ClassFamily,
    errors: &mut Errors,
) -> TokenStream {
    let text = name.name.to_string();
    let class = text.strip_suffix("Optimizer").unwrap_or(&text);
    let class = match class {
        "GradientDescent" | "Momentum" => "SGD",
        class => class,
    };
    let classes: Vec<&str> = family.by_name().map(|row| row.class).collect();
    let Some(now) = nearest(class, &classes) else {
        return e.to_token_stream();
    };
    let modules: Vec<String> = name.modules.iter().map(ToString::to_string).collect();
    let modules = modules.join(".");
    at(
        e,
        format_args!(
            "`{modules}.{text}` is of a former TensorFlow or Keras; now it is `{now}`\n  help: write `{now}(...)`"
        ),
        errors,
    );
    TokenStream::new()
}

/// A word or a name that the family does not have.
fn unknown(
    e: &Expr,
    name: &str,
    is_word: bool,
    family: &ClassFamily,
    errors: &mut Errors,
) -> TokenStream {
    let kind = family.what;
    let (quoted, shown) = match is_word {
        true => ('"', format!("{name:?}")),
        false => ('`', format!("`{name}`")),
    };
    if let Some(other) = another(family, name, is_word) {
        let (what, argument) = (other.what, argument(other));
        let help = match argument {
            "" => "help: it goes into an optimizer: `optimizer = SGD(...)`".to_owned(),
            argument => format!(
                "help: it goes to `{argument}`; {} are {}",
                family.module,
                some(family)
            ),
        };
        at(
            e,
            format_args!(
                "{shown} is {} {what}, not {} {kind}\n  {help}",
                article(what),
                article(kind)
            ),
            errors,
        );
        return TokenStream::new();
    }
    if let Some(here) = foreign(family, name) {
        at(
            e,
            format_args!("unknown {kind} {shown}\n  help: in Keras it is {here}"),
            errors,
        );
        return TokenStream::new();
    }
    if let Some(why) = absent(family.module, name) {
        let known: Vec<&str> = family.by_name().map(|row| row.class).collect();
        at(
            e,
            format_args!(
                "kseq has no {kind} {shown}: it {why}\n  help: there are {}",
                known.join(", ")
            ),
            errors,
        );
        return TokenStream::new();
    }
    // `"adam(lr=0.01)"`, `"keras.optimizers.Adam"`
    let inner = name.split('(').next().unwrap_or(name);
    let inner = inner.rsplit('.').next().unwrap_or(inner);
    if let Some(row) = named(family, inner)
        && is_word
        && inner != name
    {
        let class = row.class;
        at(
            e,
            format_args!(
                "{shown} is no word\n  help: write \"{}\", or without quotes `{class}(...)`",
                row.names.first().unwrap_or(&class)
            ),
            errors,
        );
        return TokenStream::new();
    }
    let words = family.by_name().flat_map(|row| row.names.iter().copied());
    let classes = family.by_name().map(|row| row.class);
    let known: Vec<&str> = match is_word {
        true => words.collect(),
        false => classes.chain(words).collect(),
    };
    let guess = did_you_mean(name, &known, quoted);
    let help = match (family.what, guess.is_empty()) {
        ("schedule", _) => format!("known: {}", known.join(", ")),
        ("metric", false) => format!("your own is a function: `metrics = [{}]`", family.example),
        ("metric", true) => format!(
            "known are {}; your own is a function: `metrics = [{}]`",
            some(family),
            family.example
        ),
        (_, true) => format!(
            "known are {}; your own is a value: `{kind} = {}`",
            some(family),
            family.example
        ),
        (_, false) => format!("your own is a value: `{kind} = {}`", family.example),
    };
    at(
        e,
        format_args!("unknown {kind} {shown}{guess}\n  help: {help}"),
        errors,
    );
    TokenStream::new()
}

fn article(noun: &str) -> &'static str {
    match noun.starts_with('o') {
        true => "an",
        false => "a",
    }
}

/// The argument of `compile!` that takes values of a family.
fn argument(family: &ClassFamily) -> &'static str {
    match family.what {
        "optimizer" => "optimizer",
        "loss" => "loss",
        "metric" => "metrics",
        _ => "",
    }
}

/// Some words of a family.
fn some(family: &ClassFamily) -> &'static str {
    match family.what {
        "optimizer" => "\"adam\", \"sgd\", \"rmsprop\" ...",
        "loss" => "\"mse\", \"binary_crossentropy\", \"categorical_crossentropy\" ...",
        _ => "\"accuracy\", \"mae\", \"auc\" ...",
    }
}
