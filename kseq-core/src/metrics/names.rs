//! The names under which metrics are reported.

use std::string::String;
use std::vec::Vec;

/// `loss`, and the names of metrics of which the own name is known, and whether they are weighted.
///
/// As Keras 3.15 names them: those without weights first, the second of a name with `_1`; a weighted one
/// whose name is taken is `weighted_accuracy`, the next `weighted_accuracy_1`.
pub(crate) fn names(metrics: &[(&str, bool)]) -> Vec<String> {
    let mut names: Vec<String> = metrics.iter().map(|m| String::from(m.0)).collect();
    // A name, and how many have it.
    let mut taken = std::vec![(String::from("loss"), 1)];
    for weighted in [false, true] {
        for (name, _) in names
            .iter_mut()
            .zip(metrics)
            .filter(|(_, m)| m.1 == weighted)
        {
            let index = |name: &str, taken: &[(String, usize)]| {
                taken.iter().position(|(other, _)| other == name)
            };
            let mut at = index(name, &taken);
            if weighted && at.is_some() {
                *name = std::format!("weighted_{name}");
                at = index(name, &taken);
            }
            match at.and_then(|at| taken.get_mut(at)) {
                None => taken.push((name.clone(), 1)),
                Some((_, count)) => {
                    *name = std::format!("{name}_{count}");
                    *count += 1;
                }
            }
        }
    }
    names.insert(0, String::from("loss"));
    names
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn as_keras_names_them() {
        let all = [
            ("accuracy", true),
            ("accuracy", false),
            ("auc", true),
            ("accuracy", false),
            ("accuracy", true),
            ("auc", true),
            ("loss", false),
        ];
        let want = [
            "loss",
            "weighted_accuracy",
            "accuracy",
            "auc",
            "accuracy_1",
            "weighted_accuracy_1",
            "weighted_auc",
            "loss_1",
        ];
        assert_eq!(names(&all), want);
    }
}
