//! `History` as a table, an object and a picture; a model as a picture.

use kseq::prelude::*;
use kseq::utils::{model_to_dot, plot_model};

sequential! {
    Net = [
        Conv2D(4, (3, 3), activation = "relu", input_shape = (8, 8, 1)),
        Flatten(),
        Dense(2, activation = "softmax"),
    ]
}

fn trained() -> History {
    let (x, y) = (
        [[[[0.5]; 8]; 8]; 4],
        [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]],
    );
    let mut model = compile!(
        Net::new(1),
        optimizer = "sgd",
        loss = "categorical_crossentropy",
        metrics = ["acc"]
    );
    let fit = Fit::new().epochs(3).initial_epoch(1).verbose(0);
    let fit = fit.validation_data(&x, &y).validation_freq(2);
    model.fit(&x, &y, fit).unwrap()
}

#[test]
fn a_table_has_a_line_for_each_epoch() {
    let history = trained();
    let table = history.to_csv();
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(lines[0], ["epoch", "loss", "acc", "val_loss", "val_acc"]);
    // Epochs 1 and 2; the second of all is validated, and that is epoch 1.
    assert_eq!((lines[1][0], lines[2][0], lines.len()), ("1", "2", 3));
    assert_eq!(lines[1][3].parse(), Ok(history.get("val_loss").unwrap()[0]));
    assert_eq!(lines[2][3], "");
    assert_eq!(lines[2][1].parse(), Ok(history.last("loss").unwrap()));
}

#[test]
fn an_object_has_an_array_for_each_key() {
    let history = trained();
    let json: serde_json::Value = serde_json::from_str(&history.to_json()).unwrap();
    assert_eq!(json["epoch"], serde_json::json!([1, 2]));
    assert!(json["val_loss"][0].is_number() && json["val_loss"][1].is_null());
    let loss = f64::from(history.get("loss").unwrap()[1]);
    assert!((json["loss"][1].as_f64().unwrap() - loss).abs() < 1e-6);
}

#[test]
fn a_picture_has_a_chart_for_each_value() {
    let path = std::env::temp_dir().join(format!("kseq-history-{}.svg", std::process::id()));
    trained().plot(&path).unwrap();
    let svg = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(svg.starts_with("<svg"));
    // Epochs 1 and 2 of `Fit` are the second and the third; one of them is validated.
    for (text, times) in [
        ("loss", 1),
        ("acc", 1),
        ("epoch", 2),
        ("validation", 2),
        ("2", 2),
        ("3", 2),
    ] {
        assert_eq!(
            svg.matches(&format!(">{text}</text>")).count(),
            times,
            "{text} in\n{svg}"
        );
    }
    assert_eq!(svg.matches("<polyline").count(), 4);
    assert_eq!(svg.matches("stroke-dasharray").count(), 4);
    let error = History::default()
        .plot("empty.svg")
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("the history has no values to draw"),
        "{error}"
    );
    let error = trained().plot("loss.png").unwrap_err().to_string();
    assert!(
        error.ends_with("expected a name that ends with `.svg`"),
        "{error}"
    );
}

#[test]
fn a_model_is_a_chain_of_boxes() {
    let dot = model_to_dot::<Net>();
    let conv = r"conv2d_1 (Conv2D)\n(None, 8, 8, 1) -> (None, 6, 6, 4)\n40 parameters, 1,296 multiply-accumulates";
    assert!(dot.contains(conv), "{dot}");
    assert!(dot.contains("0 -> 1;") && dot.contains("1 -> 2;") && !dot.contains("2 -> 3;"));
    let path = std::env::temp_dir().join(format!("kseq-model-{}.svg", std::process::id()));
    plot_model(&Net::new(0), &path).unwrap();
    let svg = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(svg.matches("<rect x=").count(), 3);
    assert!(svg.contains("dense_1 (Dense)") && svg.contains("(None, 144) -&gt; (None, 2)"));
}
