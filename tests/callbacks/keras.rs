//! The callbacks that monitor a value, against what Keras's own did with the same values: `keras.json`
//! was written by `make_keras_json.py`.

use kseq::callbacks::{EarlyStopping, Mode, ModelCheckpoint, ReduceLROnPlateau};
use serde_json::Value;

use super::{Folder, Script, X, Y, one, validated};

fn mode(arguments: &Value) -> Mode {
    match arguments["mode"].as_str() {
        Some("min") => Mode::Min,
        Some("max") => Mode::Max,
        _ => panic!("{arguments}"),
    }
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn early_stopping(a: &Value, weights: &[f32], expected: &Value) {
    let mut stop = EarlyStopping::new()
        .monitor(a["monitor"].as_str().unwrap())
        .mode(mode(a))
        .patience(whole(&a["patience"]))
        .min_delta(a["min_delta"].as_f64().unwrap())
        .restore_best_weights(a["restore_best_weights"].as_bool().unwrap())
        .start_from_epoch(whole(&a["start_from_epoch"]));
    if let Some(baseline) = a["baseline"].as_f64() {
        stop = stop.baseline(baseline as f32);
    }
    let mut model = one(0.1);
    let mut script = Script(weights);
    let fit = validated(weights.len()).callbacks([&mut script, &mut stop]);
    let history = model.fit(&X, &Y, fit).unwrap();
    assert_eq!(history.epoch().len(), whole(&expected["epochs"]));
    assert_eq!(stop.stopped_epoch(), whole(&expected["stopped_epoch"]));
    assert_eq!(stop.best().map(f64::from), expected["best"].as_f64());
    assert_eq!(stop.best_epoch(), whole(&expected["best_epoch"]));
    let kept = weights[whole(&expected["weights_of"])];
    assert_eq!(model.dense_1.kernel, [[kept]]);
}

fn reduce_lr(a: &Value, weights: &[f32], expected: &Value) {
    let mut reduce = ReduceLROnPlateau::new()
        .mode(mode(a))
        .factor(a["factor"].as_f64().unwrap())
        .patience(whole(&a["patience"]))
        .min_delta(a["min_delta"].as_f64().unwrap())
        .cooldown(whole(&a["cooldown"]))
        .min_lr(a["min_lr"].as_f64().unwrap());
    let mut model = one(0.5);
    let mut script = Script(weights);
    let fit = validated(weights.len()).callbacks([&mut script, &mut reduce]);
    let history = model.fit(&X, &Y, fit).unwrap();
    let rates = history.get("learning_rate").unwrap();
    let expected_rates = expected["learning_rate"].as_array().unwrap();
    let expected_rates: Vec<f64> = expected_rates.iter().map(|r| r.as_f64().unwrap()).collect();
    assert_eq!(
        rates.iter().map(|&r| f64::from(r)).collect::<Vec<_>>(),
        expected_rates
    );
    let last = kseq::optimizers::Optimizer::learning_rate(model.optimizer_mut(), 0);
    assert_eq!(last.map(f64::from), expected["last"].as_f64());
}

fn checkpoint(a: &Value, weights: &[f32], expected: &Value) {
    let folder = Folder::new("keras");
    let mut save = ModelCheckpoint::new(folder.0.join("{epoch:02d}-{val_loss:.2f}"))
        .mode(mode(a))
        .save_best_only(a["save_best_only"].as_bool().unwrap())
        .save_weights_only(true);
    if let Some(threshold) = a["initial_value_threshold"].as_f64() {
        save = save.initial_value_threshold(threshold as f32);
    }
    let mut model = one(0.1);
    let mut script = Script(weights);
    let fit = validated(weights.len()).callbacks([&mut script, &mut save]);
    model.fit(&X, &Y, fit).unwrap();
    let expected = expected["saved"].as_array().unwrap();
    let expected: Vec<&str> = expected.iter().map(|s| s.as_str().unwrap()).collect();
    assert_eq!(folder.files(), expected);
    // Each has the weights of its epoch.
    for file in expected {
        let epoch: usize = file[..2].parse().unwrap();
        model.load_weights(folder.0.join(file)).unwrap();
        assert_eq!(model.dense_1.kernel, [[weights[epoch - 1]]]);
    }
}

#[test]
fn as_keras_with_the_same_values() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("keras.json")).unwrap();
    assert_eq!(cases.len(), 120);
    for case in &cases {
        println!("{case}");
        let weights = case["weights"].as_array().unwrap();
        let weights: Vec<f32> = weights.iter().map(|w| w.as_f64().unwrap() as f32).collect();
        let run = match case["callback"].as_str().unwrap() {
            "EarlyStopping" => early_stopping,
            "ReduceLROnPlateau" => reduce_lr,
            "ModelCheckpoint" => checkpoint,
            other => panic!("{other}"),
        };
        run(&case["arguments"], &weights, &case["expected"]);
    }
}
