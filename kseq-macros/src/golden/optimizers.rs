//! Cases of optimizers and learning rate schedules: the Rust expression of each.

use kseq_catalogue::{FLAGS, SCHEDULES};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

/// No items, and the function that runs the case; an error says what is not supported.
pub(super) fn case(case: &Value) -> Result<(TokenStream, TokenStream), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    let object = |key: &str| case.get(key).and_then(Value::as_object);
    let run = if let Some(name) = text("schedule") {
        let schedule = schedule(name, object("config").ok_or("no config")?)?;
        quote!(|golden| schedule_case(golden, #schedule))
    } else {
        let name = text("optimizer").ok_or("neither a schedule nor an optimizer")?;
        let optimizer = optimizer(name, object("args").ok_or("no args")?)?;
        quote!(|golden| optimizer_case(golden, #optimizer))
    };
    Ok((TokenStream::new(), run))
}

fn optimizer(name: &str, args: &Map<String, Value>) -> Result<TokenStream, String> {
    let path = format_ident!("{name}");
    let path = quote!(::kseq::optimizers::#path);
    let mut tokens = match args.get("learning_rate") {
        None => quote!(#path::default()),
        Some(Value::Object(rate)) => {
            let name = rate.get("schedule").and_then(Value::as_str);
            let config = rate.get("config").and_then(Value::as_object);
            let schedule = schedule(
                name.ok_or("no schedule")?,
                config.ok_or("no schedule's config")?,
            )?;
            quote!(#path::new(#schedule))
        }
        Some(number) => {
            let number = literal(number)?;
            quote!(#path::new(#number))
        }
    };
    // What changes the type is asked for without an argument, and first: it brings other arguments.
    let flag = |value: &Value| value == &Value::Bool(true);
    let (flags, others): (Vec<_>, Vec<_>) = args
        .iter()
        // Nothing depends on Adafactor's relative_step.
        .filter(|(name, _)| !["learning_rate", "relative_step"].contains(&name.as_str()))
        .partition(|(name, _)| FLAGS.contains(&name.as_str()));
    for (name, _) in flags.into_iter().filter(|(_, value)| flag(value)) {
        let method = format_ident!("{name}");
        tokens = quote!(#tokens.#method());
    }
    for (name, value) in others {
        let (method, value) = (format_ident!("{name}"), literal(value)?);
        tokens = quote!(#tokens.#method(#value));
    }
    Ok(tokens)
}

fn schedule(name: &str, config: &Map<String, Value>) -> Result<TokenStream, String> {
    let mut rows = SCHEDULES.rows.iter();
    let row = rows.find(|row| row.class == name);
    let positional = row.ok_or_else(|| format!("schedule {name}"))?.new;
    let argument = |key: &str| literal(config.get(key).ok_or_else(|| format!("no {key}"))?);
    let given = positional
        .iter()
        .map(|key| argument(key))
        .collect::<Result<Vec<_>, _>>()?;
    let path = format_ident!("{name}");
    let mut tokens = quote!(::kseq::optimizers::schedules::#path::new(#(#given),*));
    for (key, value) in config {
        let method = format_ident!("{key}");
        tokens = match key.as_str() {
            key if positional.contains(&key) => continue,
            "name" | "warmup_steps" => continue,
            "warmup_target" => {
                let (target, steps) = (literal(value)?, argument("warmup_steps")?);
                quote!(#tokens.warmup(#target, #steps))
            }
            _ => {
                let value = literal(value)?;
                quote!(#tokens.#method(#value))
            }
        };
    }
    Ok(tokens)
}

/// A number, flag or list as it is written in Rust.
fn literal(value: &Value) -> Result<TokenStream, String> {
    let text = value.to_string();
    text.parse().map_err(|e| format!("{text}: {e}"))
}
