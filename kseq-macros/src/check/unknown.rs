//! Layers that are not known: what was meant, what another framework calls so, what Keras has and kseq does not.

use kseq_catalogue::{self as catalogue, INSTEAD, Other, layers, layers_missing};

use super::label::LayerLabel;
use crate::ast::{Ends, Errors};
use crate::foreign;
use crate::suggest::{did_you_mean, nearest};

/// A5
pub fn unknown(path: &syn::ExprPath, class: &str, label: &LayerLabel, errors: &mut Errors) {
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
