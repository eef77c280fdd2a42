//! Cases of optimizers and learning rate schedules: the Rust expression of each.

use kseq_catalogue::{Kind, OPTIMIZERS, SCHEDULES};
use kseq_import::translate;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use super::case::Emitted;
use super::values;

/// The function that runs the case; an error says what is not supported.
pub(super) fn case(case: &Value) -> Result<Emitted, String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    Ok(Emitted::only(if let Some(name) = text("schedule") {
        let schedule = schedule(name, &values::given(case.get("config")))?;
        quote!(|golden| schedule_case(golden, #schedule))
    } else {
        let name = text("optimizer").ok_or("neither a schedule nor an optimizer")?;
        let args = case.get("args").or_else(|| case.get("config"));
        let optimizer = optimizer(name, &values::given(args))?;
        quote!(|golden| optimizer_case(golden, #optimizer))
    }))
}

/// An optimizer with its arguments.
pub(super) fn optimizer(class: &str, args: &Map<String, Value>) -> Result<TokenStream, String> {
    let row = OPTIMIZERS
        .class(class)
        .ok_or_else(|| format!("no optimizer {class}"))?;
    let path = format_ident!("{class}");
    let path = quote!(::kseq::optimizers::#path);
    let mut tokens = match args.get("learning_rate") {
        None => quote!(#path::default()),
        Some(rate @ Value::Object(_)) => {
            let name = rate.get("schedule").and_then(Value::as_str);
            let name = name
                .or_else(|| translate::class_of(rate))
                .ok_or("no schedule")?;
            let schedule = schedule(name, &values::given(rate.get("config")))?;
            quote!(#path::new(#schedule))
        }
        Some(number) => {
            let number = values::real(number)?;
            quote!(#path::new(#number))
        }
    };
    // What changes the type is asked for without an argument, and first: it brings other arguments.
    let is_on = |flag: &str| args.get(flag) == Some(&Value::Bool(true));
    let switches = OPTIMIZERS.params(row);
    let switches = switches.filter(|param| param.kind == Kind::Switch && is_on(param.name));
    for param in switches {
        let method = format_ident!("{}", param.name);
        tokens.extend(quote!(.#method()));
    }
    for (name, value) in args {
        let wrong = |why: String| format!("{class}: {name}: {why}");
        let kind = OPTIMIZERS.param(row, name).map(|param| param.kind);
        let value = match name.as_str() {
            // Nothing depends on Adafactor's relative_step.
            "learning_rate" | "relative_step" | "name" => continue,
            _ if kind == Some(Kind::Switch) => {
                values::flag(value).map_err(wrong)?;
                continue;
            }
            ema if ema.starts_with("ema_") && !is_on("use_ema") => continue,
            _ if matches!(kind, None | Some(Kind::Later | Kind::Fixed(_))) => {
                return Err(format!("{class}: no argument {name} = {value}"));
            }
            _ if matches!(kind, Some(Kind::Whole(_))) => {
                let value = u32::try_from(values::whole(value).map_err(wrong)?);
                let value = value.map_err(|why| wrong(why.to_string()))?;
                quote!(#value)
            }
            "exclude_layers" => {
                let names = values::list(value, |name| {
                    name.as_str()
                        .map(str::to_owned)
                        .ok_or_else(|| name.to_string())
                });
                let names = names.map_err(wrong)?;
                quote!(&[#(#names),*])
            }
            "nesterov" | "exclude_embeddings" => {
                let value = values::flag(value).map_err(wrong)?;
                quote!(#value)
            }
            _ => {
                let value = values::real(value).map_err(wrong)?;
                quote!(#value)
            }
        };
        let method = format_ident!("{name}");
        tokens.extend(quote!(.#method(#value)));
    }
    Ok(tokens)
}

fn schedule(class: &str, config: &Map<String, Value>) -> Result<TokenStream, String> {
    let mut rows = SCHEDULES.rows.iter();
    let row = rows
        .find(|row| row.class == class)
        .ok_or_else(|| format!("no schedule {class}"))?;
    let argument = |key: &str| {
        let value = config
            .get(key)
            .ok_or_else(|| format!("{class}: no {key}"))?;
        of_schedule(key, value).map_err(|why| format!("{class}: {key}: {why}"))
    };
    let len = |key: &str| config.get(key).and_then(Value::as_array).map(Vec::len);
    if let (Some(boundaries), Some(values)) = (len("boundaries"), len("values"))
        && values != boundaries + 1
    {
        return Err(format!(
            "{class}: {values} values for {boundaries} boundaries"
        ));
    }
    let given: Result<Vec<_>, _> = row.new.iter().map(|key| argument(key)).collect();
    let (path, given) = (format_ident!("{class}"), given?);
    let mut tokens = quote!(::kseq::optimizers::schedules::#path::new(#(#given),*));
    for (key, value) in config {
        let method = format_ident!("{key}");
        tokens.extend(match key.as_str() {
            "name" | "warmup_steps" => continue,
            key if row.new.contains(&key) => continue,
            key if !row.own().any(|known| known.name == key) => {
                return Err(format!("{class}: no argument {key} = {value}"));
            }
            "warmup_target" => {
                let (target, steps) = (argument(key)?, argument("warmup_steps")?);
                quote!(.warmup(#target, #steps))
            }
            key => {
                let value = argument(key)?;
                quote!(.#method(#value))
            }
        });
    }
    Ok(tokens)
}

/// An argument of a schedule.
fn of_schedule(key: &str, value: &Value) -> Result<TokenStream, String> {
    Ok(match key {
        "decay_steps" | "first_decay_steps" | "warmup_steps" => {
            let value = values::whole(value)?;
            quote!(#value)
        }
        "boundaries" => {
            let values = values::list(value, values::whole)?;
            quote!([#(#values),*])
        }
        "values" => {
            let values = values::list(value, values::real)?;
            quote!([#(#values),*])
        }
        "staircase" | "cycle" => {
            let value = values::flag(value)?;
            quote!(#value)
        }
        _ => {
            let value = values::real(value)?;
            quote!(#value)
        }
    })
}
