//! `compile!`: every argument of every optimizer, schedule, loss and metric of the catalogue reaches the value.

use kseq_catalogue::{ClassFamily, ClassRow, Kind, LOSSES, METRICS, OPTIMIZERS, Param, SCHEDULES};

use super::compile::expansion;

/// A value of an argument that is not its default.
fn other(param: &Param) -> String {
    match param.kind {
        Kind::In(range) | Kind::InOrNone(range) => {
            let inside = range.inside().iter().copied();
            let mut near = inside.map(|x| x * 0.5 + 0.125).chain([0.375, 1.5, -0.25]);
            let fits = |x: &f32| range.contains(f64::from(*x));
            format!("{:?}", near.rfind(fits).expect("a number of the range"))
        }
        Kind::LearningRate => "0.375".to_owned(),
        Kind::Whole(least) => (least + 3).to_string(),
        Kind::Thresholds | Kind::Classes => "7".to_owned(),
        Kind::Flag | Kind::Switch if param.default == Some("True") => "False".to_owned(),
        Kind::Flag | Kind::Switch => "True".to_owned(),
        Kind::Word(words) => format!("{:?}", words.known.last().expect("a word")),
        Kind::Axis => "1".to_owned(),
        Kind::Axes | Kind::Ids => "[1]".to_owned(),
        Kind::Several(_) | Kind::Reals => "[0.25, 0.5]".to_owned(),
        Kind::Wholes => "[3]".to_owned(),
        Kind::Names => "[\"some\"]".to_owned(),
        other => panic!("{}: a value of {other:?}", param.name),
    }
}

/// A class with arguments, and what goes with them.
fn with(family: &ClassFamily, row: &ClassRow, given: &[&'static Param]) -> String {
    let musts = family.params(row).filter(|param| param.default.is_none());
    // Some mean nothing without another one.
    let goes_with = |param: &&Param| match param.name {
        "ema_momentum" | "ema_overwrite_frequency" => Some("use_ema"),
        "num_labels" | "label_weights" => Some("multi_label"),
        "warmup_steps" => Some("warmup_target"),
        _ => None,
    };
    let needed = given.iter().filter_map(goes_with);
    let needed = needed.filter_map(|name| family.param(row, name));
    let mut all: Vec<&'static Param> = musts.chain(needed).chain(given.iter().copied()).collect();
    all.dedup();
    let all = all
        .into_iter()
        .map(|param| format!("{} = {}", param.name, other(param)));
    format!("{}({})", row.class, all.collect::<Vec<_>>().join(", "))
}

/// What is written is in the value: nothing that a row takes is dropped.
#[test]
fn every_argument_reaches_the_value() {
    for family in [&OPTIMIZERS, &SCHEDULES, &LOSSES, &METRICS] {
        for row in family.by_name() {
            let params = family.params(row).filter(|param| param.default.is_some());
            let is_idle = |kind| {
                matches!(
                    kind,
                    Kind::Later | Kind::Fixed(_) | Kind::Name | Kind::Dtype
                )
            };
            // Of labels the number is checked alone.
            let params = params.filter(|param| !is_idle(param.kind) && param.name != "num_labels");
            for param in params {
                let value = with(family, row, &[param]);
                let call = match family.what {
                    "optimizer" => format!("model, {value}, \"mse\""),
                    "schedule" => format!("model, SGD({value}), \"mse\""),
                    "loss" => format!("model, \"sgd\", {value}"),
                    _ => format!("model, \"sgd\", \"mse\", [{value}]"),
                };
                let found = expansion(call.parse().expect("tokens"));
                assert!(!found.contains("compile_error"), "{call}: {found}");
                let method = match param.name {
                    "learning_rate" | "beta" if row.new.contains(&param.name) => "::new(",
                    "warmup_steps" if family.what == "schedule" => "warmup",
                    "warmup_target" => "warmup",
                    name => name,
                };
                let number = match param.kind {
                    Kind::In(_) | Kind::InOrNone(_) | Kind::Whole(_) | Kind::LearningRate => {
                        other(param)
                    }
                    _ => String::new(),
                };
                assert!(
                    found.contains(method) && found.contains(&number),
                    "{call}: {found}"
                );
            }
        }
    }
}
