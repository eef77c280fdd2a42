use serde_json::{Value, json};

use super::*;
use crate::config::canonical;
use crate::file::File;

fn model(training: Value) -> Model {
    let layers = json!({"name": "net", "layers": [
        {"class_name": "Dense", "config": {"name": "dense_3", "units": 3, "activation": "relu", "batch_input_shape": [null, 4]}},
        {"class_name": "Dense", "config": {"name": "out", "units": 1, "dtype": "float64"}},
    ]});
    let file = File {
        keras_version: Some("2.4.0".to_owned()),
        config: Some(json!({ "class_name": "Sequential", "config": layers })),
        training: Some(training),
        ..File::default()
    };
    canonical(&file).unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn a_module() {
    let training =
        json!({"optimizer_config": {"class_name": "SGD", "config": {"lr": 0.01}}, "loss": "mse"});
    let place = Place {
        name: "Net",
        from: "model.h5",
        weights: "src/net.safetensors",
    };
    assert_eq!(
        module(&model(training), &place),
        r#"//! `Net`, made of `model.h5` (Keras 2.4.0) by `cargo kseq import`.
//!
//! Its weights are in `src/net.safetensors`. To train on, or to predict on a host:
//! `net.load_weights("src/net.safetensors")?`. In the program:
//! `static NET: Baked<Net> = include_weights!(Net, "src/net.safetensors");`
//!
//! Of the file there is not here:
//! - layer 2 `out` (Dense): its type `float64`: kseq computes in `float32`

use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(3, activation = "relu", input_shape = (4,)),
        Dense(1, name = "out"),
    ]
}

// As in Keras:
// compile!(Net::new(42), optimizer = "sgd", loss = "mse")
"#
    );
}

#[test]
fn what_keras_compiled_it_with() {
    let adam = |config: Value| json!({"class_name": "Custom>Adam", "config": config});
    for (training, expected) in [
        (
            json!({"optimizer_config": adam(json!({"name": "Adam", "learning_rate": 0.0010000000474974513, "epsilon": 1e-7,
                "jit_compile": true})), "loss": {"class_name": "BinaryCrossentropy", "config": {"reduction": "auto",
                "from_logits": true, "axis": -1}}, "metrics": [["accuracy"]]}),
            "compile!(\n    m,\n    optimizer = \"adam\",\n    loss = BinaryCrossentropy(from_logits = true),\n    metrics = [\"accuracy\"],\n)",
        ),
        (
            json!({"optimizer": adam(json!({"learning_rate": {"class_name": "ExponentialDecay", "config": {
                "initial_learning_rate": 0.5, "decay_steps": 100, "decay_rate": 0.9, "staircase": true,
                "name": "ExponentialDecay"}}})), "loss": {"dense": "mse"}, "metrics": null}),
            "compile!(m, optimizer = Adam(ExponentialDecay(0.5, 100, 0.9, staircase = true)), loss = \"mse\")",
        ),
        (
            json!({"optimizer_config": {"class_name": "SGD", "config": {"lr": 0.1, "momentum": 0.9, "nesterov": true}},
                "loss": ["mae"], "metrics": [{"class_name": "MeanMetricWrapper", "config": {"name": "acc", "fn":
                "binary_accuracy"}}, {"class_name": "MeanMetricWrapper", "config": {"name": "x", "fn":
                "mean_absolute_error"}}]}),
            "compile!(\n    m,\n    optimizer = SGD(0.1, momentum = 0.9, nesterov = true),\n    loss = \"mae\",\n    \
             metrics = [\"acc\", \"mean_absolute_error\"],\n)",
        ),
    ] {
        let found = compiled(&model(training), "m");
        assert_eq!(found.ok().flatten().as_deref(), Some(expected));
    }
    for (training, why) in [
        (
            json!({"optimizer_config": adam(json!({})), "loss": "my_loss"}),
            "its loss `my_loss`, which kseq does not have",
        ),
        (
            json!({"optimizer_config": {"class_name": "Mine", "config": {}}, "loss": "mse"}),
            "its optimizer `Mine`, which kseq does not have",
        ),
    ] {
        assert_eq!(compiled(&model(training), "m").err().as_deref(), Some(why));
    }
}

#[test]
fn no_name_ends_a_comment() {
    let mut model = model(Value::Null);
    model.left_out = vec!["layer 1 `a\nfn evil() {}\r`".to_owned()];
    model.writer.version = Some("2\nfn evil() {}".to_owned());
    let place = Place {
        name: "Net",
        from: "a\nb.h5",
        weights: "net.safetensors",
    };
    model.training = Some(json!({"optimizer": "adam", "loss": "my\nloss"}));
    let text = module(&model, &place);
    assert!(
        text.contains("//! - its loss `my loss`, which kseq does not have\n"),
        "{text}"
    );
    let is_comment = |line: &str| line.starts_with("//!");
    assert!(
        text.lines()
            .take_while(|line| !line.is_empty())
            .all(is_comment),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.contains("evil")).count(), 2);
}
