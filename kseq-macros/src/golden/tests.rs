//! What kseq cannot express is a reason, whatever a folder holds.

use serde_json::{Value, json};

use super::case::module;
use super::{case_of, cases};

/// Why a case is not supported; nothing if it is.
fn why(family: &str, case: &Value) -> Option<String> {
    case_of(case, family, &module(0)).err()
}

/// A layer case of this layer.
fn layer(class: &str, config: &Value) -> Value {
    json!({
        "layers": [{"class_name": class, "config": config}],
        "batch_input_shape": [4, 5],
        "input_dtype": "float32",
    })
}

/// A metric case with these arguments.
fn metric(class: &str, args: &Value) -> Value {
    let mut case = json!({"metric": class, "args": args, "tensors": {}});
    for k in 0..3 {
        for (name, shape) in [
            ("y_true", json!([6, 4])),
            ("y_pred", json!([6, 4])),
            ("result", json!([1])),
        ] {
            if let Some(tensors) = case.get_mut("tensors").and_then(Value::as_object_mut) {
                tensors.insert(format!("{name}_{k}"), json!({ "shape": shape }));
            }
        }
    }
    case
}

/// A loss case with these arguments.
fn loss(class: &str, config: &Value) -> Value {
    json!({
        "loss": class,
        "config": config,
        "tensors": {"y_true": {"shape": [6, 2, 4]}, "y_pred": {"shape": [6, 2, 4]}},
    })
}

#[test]
fn what_there_is_is_emitted() {
    for (family, case) in [
        (
            "layers",
            layer(
                "Dense",
                &json!({"units": 3, "trainable": false, "dtype": "float32"}),
            ),
        ),
        (
            "layers",
            layer(
                "BatchNormalization",
                &json!({"renorm": false, "renorm_momentum": 0.99}),
            ),
        ),
        ("losses", loss("CosineSimilarity", &json!({"axis": 1}))),
        (
            "losses",
            loss(
                "CategoricalCrossentropy",
                &json!({"axis": -1, "label_smoothing": 0.1}),
            ),
        ),
        ("metrics", metric("CosineSimilarity", &json!({"axis": 1}))),
        (
            "metrics",
            metric("CategoricalCrossentropy", &json!({"label_smoothing": 0.1})),
        ),
        (
            "metrics",
            metric(
                "AUC",
                &json!({"multi_label": true, "num_thresholds": 50, "num_labels": 4}),
            ),
        ),
        (
            "metrics",
            metric(
                "PrecisionAtRecall",
                &json!({"recall": 0.5, "num_thresholds": 50}),
            ),
        ),
        (
            "metrics",
            metric("FBetaScore", &json!({"average": "micro", "name": "x"})),
        ),
        (
            "optimizers",
            json!({"optimizer": "Adam", "args": {"use_ema": false, "ema_momentum": 0.9}}),
        ),
    ] {
        assert_eq!(why(family, &case), None, "{case}");
    }
}

#[test]
fn what_there_is_not_is_a_reason() {
    for (family, case, reason) in [
        ("layers", layer("Foo", &json!({})), "no layer Foo"),
        // As tokens it would be a path of the suite's own.
        (
            "layers",
            layer("std::vec::Vec", &json!({})),
            "no layer std::vec::Vec",
        ),
        (
            "layers",
            layer("Sequential", &json!({"layers": []})),
            "the list has no layers",
        ),
        (
            "layers",
            layer("Dense", &json!({"units": 3, "foo": 1})),
            "Dense: no argument foo = 1",
        ),
        (
            "layers",
            layer("Dense", &json!({"units": 2.5})),
            "Dense: units = 2.5",
        ),
        (
            "layers",
            layer("Dense", &json!({"units": 3, "activation": "foo"})),
            "Dense: no activation foo",
        ),
        (
            "layers",
            layer("Dense", &json!({"units": 3, "dtype": "float16"})),
            "Dense: dtype \"float16\"",
        ),
        (
            "layers",
            layer("LSTM", &json!({"units": 3, "return_state": true})),
            "LSTM: return_state = true: a layer of a Sequential has one output; Keras refuses it there, too",
        ),
        (
            "layers",
            json!({"layers": [], "batch_input_shape": [2, "3"]}),
            "\"3\" is no whole number",
        ),
        ("layers", json!({"batch_input_shape": [2, 3]}), "no layers"),
        ("layers", json!(7), "no shape"),
        ("losses", loss("Foo", &json!({})), "no loss Foo"),
        (
            "losses",
            loss("Huber", &json!({"delta": "a"})),
            "Huber: delta: \"a\" is no number",
        ),
        (
            "losses",
            loss("CosineSimilarity", &json!({"axis": 0})),
            "CosineSimilarity: axis: 0 for samples of 2 axes",
        ),
        (
            "metrics",
            metric("AUC", &json!({"num_thresholds": 1})),
            "AUC: num_thresholds: 1, kseq takes 2 to 10000",
        ),
        (
            "metrics",
            metric("AUC", &json!({"curve": "foo"})),
            "AUC: curve: no foo",
        ),
        ("metrics", metric("Foo", &json!({})), "no metric Foo"),
        ("metrics", json!({"metric": "AUC"}), "y_true_0: no shape"),
        (
            "optimizers",
            json!({"optimizer": "Foo", "args": {}}),
            "no optimizer Foo",
        ),
        (
            "optimizers",
            json!({"optimizer": "SGD", "args": {"amsgrad": true}}),
            "SGD: no argument amsgrad = true",
        ),
        (
            "optimizers",
            json!({"schedule": "CosineDecay", "config": {}}),
            "CosineDecay: no initial_learning_rate",
        ),
        (
            "constraints",
            json!({"tensors": {"weight": {"shape": [1, 1, 1, 1, 1]}}}),
            "a weight of shape [1, 1, 1, 1, 1]",
        ),
        (
            "trajectories",
            json!({"tensors": {"x": {"shape": [8, 2]}}}),
            "no batch_size",
        ),
        ("foo", json!({}), "no family foo"),
    ] {
        assert_eq!(why(family, &case).as_deref(), Some(reason), "{case}");
    }
}

#[test]
fn files_that_are_no_cases_are_counted() {
    let folder = std::env::temp_dir().join(format!("kseq-golden-odd-{}", std::process::id()));
    let made = std::fs::create_dir_all(folder.join("layers/folder.json"));
    assert!(made.is_ok());
    for (name, text) in [("type", "{nope"), ("my-layer 1", ""), ("é", "[1]")] {
        let path = folder.join("layers").join(format!("{name}.json"));
        assert!(std::fs::write(path, text).is_ok());
    }
    // Without an index all files are cases.
    let (found, _) = cases(std::slice::from_ref(&folder));
    assert_eq!(found.len(), 4);
    let index = json!({"cases": [
        {"family": "layers", "name": "type"}, {"family": "layers", "name": "type"}, {"family": 7}, 7,
        {"family": "layers", "name": "absent"}, {"family": "layers", "name": "folder"},
    ]});
    assert!(std::fs::write(folder.join("index.json"), index.to_string()).is_ok());
    let (listed, _) = cases(std::slice::from_ref(&folder));
    assert_eq!(listed.len(), 6);
    for case in found.iter().chain(&listed) {
        assert!(case.emitted.is_err(), "{}", case.name);
    }
    let _ = std::fs::remove_dir_all(folder);
}
