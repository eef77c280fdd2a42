//! `#[budget(params = 100_000, flash = 64 * 1024)]`: what a model may cost.

use syn::punctuated::Punctuated;
use syn::{Attribute, Token};

use super::value;
use crate::ast::{Arg, Ends, Errors};
use crate::ir::{Input, Limit};
use crate::parse::argument;
use crate::suggest::did_you_mean;

/// The arguments, and the variants of `Measure`.
const MEASURES: [(&str, &str); 5] = [
    ("params", "Params"),
    ("flash", "Flash"),
    ("ram", "Ram"),
    ("train_ram", "TrainRam"),
    ("macs", "Macs"),
];

/// The limits of all budgets of a model.
pub fn limits(attrs: &[Attribute], errors: &mut Errors) -> Vec<Limit> {
    let mut limits: Vec<Limit> = Vec::new();
    for attr in attrs {
        let parser = Punctuated::<Arg, Token![,]>::parse_terminated_with;
        let parsed = attr.parse_args_with(|input: syn::parse::ParseStream<'_>| {
            parser(input, |input| argument(input, &mut Errors::default()))
        });
        match parsed {
            Ok(args) => {
                for arg in args {
                    limits.extend(limit(arg, &limits, errors));
                }
            }
            Err(error) => errors.push(error),
        }
    }
    limits
}

/// Refuses limits of a model whose samples have axes of any length: what they are for depends on the length.
pub fn of_any_length(limits: &[Limit], input: Option<&Input>, errors: &mut Errors) {
    if input.is_none_or(|input| input.open == 0) {
        return;
    }
    let name = |measure: &str| MEASURES.iter().find(|(_, known)| *known == measure);
    for limit in limits {
        let instead = match limit.measure {
            "Ram" => "`Net::scratch(STEPS)` is the number of `f32`s that a prediction takes",
            "TrainRam" => {
                "`Net::trainer_memory::<SGD>(1, STEPS)` is the number of `f32`s that training takes"
            }
            "Macs" => "give the axis a size, or leave it out",
            _ => continue,
        };
        let name = name(limit.measure).map_or("", |(name, _)| name);
        errors.at(
            limit.ends,
            format_args!(
                "the budget's `{name}` depends on the length of a sample, which comes with the data (`None`)\n  help: {instead}"
            ),
        );
    }
}

fn limit(arg: Arg, before: &[Limit], errors: &mut Errors) -> Option<Limit> {
    let names = MEASURES.map(|(name, _)| name);
    let takes = format!("help: a budget takes: {}", names.join(", "));
    let ends = arg.ends();
    let Some(name) = &arg.name else {
        let text = "a budget's numbers have names: `#[budget(params = 100_000)]`";
        errors.at(ends, format_args!("{text}\n  {takes}"));
        return None;
    };
    let Some((_, measure)) = MEASURES.iter().find(|(known, _)| name == known) else {
        let guess = did_you_mean(&name.to_string(), &names, '`');
        let text = format!("a budget has no number `{name}`{guess}\n  {takes}");
        errors.at(Ends::at(name.span()), text);
        return None;
    };
    if before.iter().any(|limit| limit.measure == *measure) {
        errors.at(ends, format_args!("the budget's `{name}` is given twice"));
        return None;
    }
    if let value::Literally::Float | value::Literally::Other | value::Literally::Int(true, _) =
        value::literally(&arg.value)
    {
        let found = value::text_of(&arg.value);
        errors.at(
            arg.ends,
            format_args!("the budget's `{name}` must be an integer, found {found}"),
        );
        return None;
    }
    Some(Limit {
        measure,
        value: arg.value,
        ends,
    })
}
