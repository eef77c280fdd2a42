//! Every public name of Keras, by `tests/keras_names.py`: what it is here, or why it is not.

use std::fmt::Write;

use kseq_catalogue::{
    ABSENT, ACTIVATIONS, CONSTRAINTS, ELSEWHERE, INITIALIZERS, INPUTS, LOSSES, METRICS, OPTIMIZERS,
    ObjectFamily, Public, REGULARIZERS, SCHEDULES, layer,
};

use super::text::camel;

/// Made by `tests/keras_names.py`.
const NAMES: &str = include_str!("../keras_names.txt");

/// A public name.
pub struct Name {
    module: &'static str,
    kind: &'static str,
    name: &'static str,
    /// The name of the same thing.
    same: Option<&'static str>,
    /// The arguments of a class, in their order.
    #[cfg(test)]
    arguments: Vec<&'static str>,
}

/// The version of Keras, and its names.
pub fn names() -> (&'static str, Vec<Name>) {
    let (first, rest) = NAMES.split_once('\n').unwrap_or((NAMES, ""));
    let version = first.trim_end_matches('.').rsplit(' ').next().unwrap_or("");
    let name = |line: &'static str| {
        let (head, _arguments) = line.split_once(" (").unwrap_or((line, ""));
        let mut words = head.split(' ');
        Some(Name {
            module: words.next()?,
            kind: words.next()?,
            name: words.next()?,
            same: words.nth(1),
            #[cfg(test)]
            arguments: _arguments
                .trim_end_matches(')')
                .split_whitespace()
                .collect(),
        })
    };
    (version, rest.lines().filter_map(name).collect())
}

fn has_object(family: &ObjectFamily, name: &str) -> bool {
    let written = family.stem(name).to_lowercase();
    let is_meant = |row: &str| row == name || camel(row).to_lowercase() == written;
    family.find(is_meant).is_some()
}

impl Name {
    /// Whether the catalogue has a row for it.
    fn has_row(&self) -> bool {
        let name = self.name;
        match self.module {
            "layers" => layer(name).is_some() && !INPUTS.contains(&name),
            "losses" => LOSSES.named(name).is_some(),
            // A loss of Keras's may be a metric.
            "metrics" => {
                METRICS.rows.iter().any(|row| row.class == name)
                    || METRICS.named(name).is_some()
                    || LOSSES.named(name).is_some()
            }
            "optimizers" => OPTIMIZERS.named(name).is_some(),
            "optimizers.schedules" => SCHEDULES.class(name).is_some(),
            "activations" => ACTIVATIONS.iter().any(|row| row.names.contains(&name)),
            "initializers" => has_object(&INITIALIZERS, name),
            "regularizers" => has_object(&REGULARIZERS, name),
            "constraints" => has_object(&CONSTRAINTS, name),
            _ => false,
        }
    }

    /// What a list says of it.
    fn said(&self, list: &'static [Public]) -> Vec<&'static str> {
        let rows = list.iter().filter(|row| row.module == self.module);
        let said = rows.filter(|row| row.names.contains(&self.name));
        said.map(|row| row.says).collect()
    }

    /// All that is said of it: once.
    fn answers(&self) -> Vec<&'static str> {
        let row = self.has_row().then_some(HAVE);
        let lists = self.said(ELSEWHERE).into_iter().chain(self.said(ABSENT));
        row.into_iter().chain(lists).collect()
    }
}

const HAVE: &str = "have";

/// The table of KERAS.md.
pub fn table() -> String {
    let (version, names) = names();
    let mut text =
        format!("The names of Keras {version}, by introspection (`tests/keras_names.py`).\n");
    let mut modules: Vec<&str> = names.iter().map(|name| name.module).collect();
    modules.dedup();
    for module in modules {
        let _ = write!(text, "\n| `keras.{module}` | kseq |\n| --- | --- |\n");
        // What is said, and whether the thing is absent.
        let mut rows: Vec<(&str, bool, Vec<String>)> = Vec::new();
        for name in names.iter().filter(|name| name.module == module) {
            let said = name.answers().first().copied().unwrap_or_default();
            let absent = !name.said(ABSENT).is_empty();
            let shown = match (name.kind, name.same) {
                ("word", _) => format!("`\"{}\"`", name.name),
                (_, Some(same)) if said == HAVE => format!("`{}` (`{same}`)", name.name),
                _ => format!("`{}`", name.name),
            };
            match rows.iter_mut().find(|row| row.0 == said) {
                Some(row) => row.2.push(shown),
                None => rows.push((said, absent, vec![shown])),
            }
        }
        rows.sort_by_key(|(said, absent, _)| (*absent, *said != HAVE));
        for (said, absent, names) in rows {
            let absent = if absent { "absent: " } else { "" };
            let _ = writeln!(text, "| {} | {absent}{said} |", names.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    use kseq_catalogue::{COMMON, ClassFamily};

    /// The arguments of the row of a class, in the row's order.
    fn arguments(module: &str, class: &str) -> Option<Vec<&'static str>> {
        let of_class = |family: &'static ClassFamily| {
            let row = family.rows.iter().find(|row| row.class == class)?;
            Some(family.params(row).map(|param| param.name).collect())
        };
        let of_object = |family: &'static ObjectFamily| {
            let row = family.rows.iter().find(|row| camel(row.name) == class)?;
            Some(row.params.iter().map(|param| param.name).collect())
        };
        match module {
            "layers" => {
                let row = layer(class)?;
                Some(row.params.iter().map(|param| param.name).collect())
            }
            "losses" => of_class(&LOSSES),
            "metrics" => of_class(&METRICS),
            "optimizers" => of_class(&OPTIMIZERS),
            "optimizers.schedules" => of_class(&SCHEDULES),
            "initializers" => of_object(&INITIALIZERS),
            "regularizers" => of_object(&REGULARIZERS),
            "constraints" => of_object(&CONSTRAINTS),
            _ => None,
        }
    }

    /// Each row has the arguments of Keras's class in Keras's order, between them perhaps those of Keras 2.
    #[test]
    fn rows_have_the_arguments_of_keras() {
        let mut wrong = Vec::new();
        for name in names().1 {
            let Some(ours) = arguments(name.module, name.name) else {
                continue;
            };
            let mut rest = ours.iter();
            // What all layers have comes by name.
            let by_name = |argument: &&&str| name.module == "layers" && COMMON.contains(*argument);
            let mut missing = name.arguments.iter().filter(|argument| !by_name(argument));
            if let Some(missing) = missing.find(|argument| !rest.any(|ours| ours == *argument)) {
                wrong.push(format!("{} {}: `{missing}`", name.module, name.name));
            }
        }
        assert!(wrong.is_empty(), "missing, or not in its place: {wrong:#?}");
    }

    /// By the catalogue a name is there, or it is said why not.
    #[test]
    fn every_name_of_keras_has_one_answer() {
        let (_, names) = names();
        assert!(names.len() > 500, "{}", names.len());
        let mut wrong = Vec::new();
        for name in &names {
            let answers = name.answers();
            if answers.len() != 1 {
                wrong.push(format!("{} {}: {answers:?}", name.module, name.name));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Nothing is said of what Keras does not have.
    #[test]
    fn the_lists_name_names_of_keras() {
        let (_, names) = names();
        for row in ELSEWHERE.iter().chain(ABSENT) {
            for name in row.names {
                let mut all = names.iter().filter(|other| other.module == row.module);
                assert!(
                    all.any(|other| other.name == *name),
                    "{} {name}",
                    row.module
                );
            }
        }
    }
}
