//! Which layers are called as in the file, and which by kseq.

use std::collections::HashSet;

use kseq_catalogue::{Counter, snake};

use super::model::Layer;
use super::named::Named;
use crate::translate::Call;

/// Words that no field can be called by.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The layers with their names. A name that Keras has made is made anew: `dense_15` is the first `Dense`, and so `dense_1`.
pub fn named(layers: Vec<(Named, Call)>) -> Vec<Layer> {
    let mut counter = Counter::default();
    let given: Vec<Option<String>> = layers.iter().map(given).collect();
    // Those that are counted first: no other layer may be called so.
    let mut names: Vec<Option<String>> = Vec::new();
    for ((_, call), given) in layers.iter().zip(&given) {
        names.push(given.is_none().then(|| counter.next(&call.class)));
    }
    let mut taken: HashSet<String> = names.iter().flatten().cloned().collect();
    let all = layers.into_iter().zip(given).zip(names);
    all.map(|(((layer, call), given), counted)| {
        let is_named = counted.is_none();
        let name = counted.or(given).unwrap_or_default();
        let mut unique = name.clone();
        let mut number = 1;
        while is_named && !taken.insert(unique.clone()) {
            number += 1;
            unique = format!("{name}_{number}");
        }
        Layer {
            name: unique,
            is_named,
            origin: layer.origin,
            object: layer.object,
            call,
        }
    })
    .collect()
}

/// The name of a layer, as a field may have it, if a person has given it.
fn given((layer, call): &(Named, Call)) -> Option<String> {
    let name = layer.origin.as_deref()?;
    let row = kseq_catalogue::layer(&call.class);
    let aliases = row.map(|row| row.aliases).unwrap_or_default();
    let mut classes = aliases
        .iter()
        .copied()
        .chain([call.class.as_str(), "Functional", "Model"]);
    // (Keras 1 wrote `simplernn_1`.)
    if classes
        .any(|class| is_counted(name, &snake(class)) || is_counted(name, &class.to_lowercase()))
    {
        return None;
    }
    Some(field(name))
}

/// `dense`, `dense_15`
fn is_counted(name: &str, base: &str) -> bool {
    let rest = name.strip_prefix(base);
    rest.is_some_and(|rest| {
        let number = rest.strip_prefix('_');
        rest.is_empty()
            || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// `block1/conv` as `block1_conv`.
fn field(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut field: String = name.chars().map(letter).collect();
    field = field.trim_start_matches('_').to_owned();
    if field.is_empty() || field.starts_with(|c: char| c.is_ascii_digit()) {
        field.insert_str(0, "layer_");
    }
    if KEYWORDS.contains(&field.as_str()) || field == "Self" {
        field.push_str("_1");
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields() {
        for (name, becomes) in [
            ("encoder", "encoder"),
            ("block1/conv", "block1_conv"),
            ("type", "type_1"),
            ("1st", "layer_1st"),
            ("_x", "x"),
            ("é", "layer_"),
            ("Self", "Self_1"),
        ] {
            assert_eq!(field(name), becomes);
        }
    }

    #[test]
    fn names_that_keras_makes() {
        assert!(is_counted("dense", "dense") && is_counted("dense_15", "dense"));
        for name in ["dense_", "dense_a", "dense1", "my_dense"] {
            assert!(!is_counted(name, "dense"), "{name}");
        }
    }
}
