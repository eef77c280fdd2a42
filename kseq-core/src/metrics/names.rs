//! The names under which metrics are reported.

use std::string::String;
use std::vec::Vec;

/// What metrics are not called, since the history, its table and its progress line have these keys themselves.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "loss" | "learning_rate" | "epoch") || name.starts_with("val_")
}

/// `loss`, and the names of metrics of which the own name is known, and whether they are weighted: each
/// another one.
///
/// As Keras 3.15 names them: those without weights first, the second of a name with `_1`; a weighted one
/// whose name is taken is `weighted_accuracy`, the next `weighted_accuracy_1`. A number with which the name would be
/// that of another metric is left out, where Keras would lose one of the two.
pub(crate) fn names(metrics: &[(&str, bool)]) -> Vec<String> {
    let mut names: Vec<String> = metrics.iter().map(|m| String::from(m.0)).collect();
    // A name, and how many have asked for it.
    let mut asked: Vec<(String, usize)> = Vec::new();
    let mut given: Vec<String> = Vec::new();
    for weighted in [false, true] {
        for (name, _) in names
            .iter_mut()
            .zip(metrics)
            .filter(|(_, m)| m.1 == weighted)
        {
            if weighted && given.contains(name) {
                *name = std::format!("weighted_{name}");
            }
            let at = asked.iter().position(|(other, _)| other == name);
            let at = at.unwrap_or_else(|| {
                asked.push((name.clone(), 0));
                asked.len() - 1
            });
            let (own, count) = &mut asked[at];
            let is_free = |name: &String| {
                // Its own name, or one that nobody else has.
                !given.contains(name) && (name == own || metrics.iter().all(|m| m.0 != name))
            };
            let numbered = |i: usize| match i {
                0 => own.clone(),
                i => std::format!("{own}_{i}"),
            };
            let free = (*count..).map(|i| (i + 1, numbered(i)));
            if let Some((next, free)) = free.into_iter().find(|(_, name)| is_free(name)) {
                (*count, *name) = (next, free);
            }
            given.push(name.clone());
        }
    }
    names.insert(0, String::from("loss"));
    names
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{is_reserved, names};

    #[test]
    fn as_keras_names_them() {
        let all = [
            ("accuracy", true),
            ("accuracy", false),
            ("auc", true),
            ("accuracy", false),
            ("accuracy", true),
            ("auc", true),
        ];
        let want = [
            "loss",
            "weighted_accuracy",
            "accuracy",
            "auc",
            "accuracy_1",
            "weighted_accuracy_1",
            "weighted_auc",
        ];
        assert_eq!(names(&all), want);
    }

    /// Keras loses one of them.
    #[test]
    fn none_has_the_name_of_another() {
        let plain = |names: &[&'static str]| names.iter().map(|n| (*n, false)).collect::<Vec<_>>();
        let of = |given: &[&'static str]| names(&plain(given))[1..].to_vec();
        let ab = ["a", "a", "a_1"];
        assert_eq!(of(&ab), ["a", "a_2", "a_1"]);
        assert_eq!(of(&["a_1", "a", "a"]), ["a_1", "a", "a_2"]);
        assert_eq!(
            of(&["a", "a_1", "a_1", "a", "a"]),
            ["a", "a_1", "a_1_1", "a_2", "a_3"]
        );
        let all = [
            ("a", false),
            ("a", true),
            ("weighted_a", false),
            ("weighted_a", true),
        ];
        let all = names(&all);
        assert_eq!(
            all[1..],
            ["a", "weighted_a_1", "weighted_a", "weighted_weighted_a"]
        );
    }

    #[test]
    fn reserved() {
        for name in ["loss", "val_loss", "val_accuracy", "learning_rate", "epoch"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["loss_1", "validity", "my_loss", "epochs", "weighted_loss"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
