//! Keras's words, the forms of Keras's callbacks that see more or less, and arguments that are refused before the first step.

use kseq::callbacks::{
    BackupAndRestore, Callback, EarlyStopping, LambdaCallback, LearningRateScheduler, Mode,
    ModelCheckpoint, ReduceLROnPlateau, SwapEMAWeights,
};
use kseq::metrics::{AUC, F1Score, Metric, R2Score};
use kseq::optimizers::schedules::ExponentialDecay;
use kseq::prelude::*;

use super::{Folder, One, X, Y, one, validated};

fn refused(callback: &mut dyn Callback<One>) -> String {
    let mut model = one(0.1);
    let before = model.get_weights();
    let fit = validated(3).callbacks([callback]);
    let error = model.fit(&X, &Y, fit).unwrap_err();
    assert_eq!(model.get_weights(), before);
    error.to_string()
}

#[test]
fn words_are_those_of_keras() {
    assert_eq!(
        [Mode::from("auto"), "min".into(), "max".into()],
        [Mode::Auto, Mode::Min, Mode::Max]
    );
    let mut stop = EarlyStopping::new().mode("max").patience(9);
    let fit = validated(3).callbacks([&mut stop]);
    one(0.1).fit(&X, &Y, fit).unwrap();
    // The loss falls.
    assert_eq!(stop.best_epoch(), 0);
    let folder = Folder::new("words");
    let mut save = ModelCheckpoint::new(folder.0.join("a.safetensors")).save_freq("epoch");
    let fit = validated(1).callbacks([&mut save]);
    one(0.1).fit(&X, &Y, fit).unwrap();
    assert!(folder.0.join("a.safetensors").exists());
}

#[test]
fn words_that_there_are_not() {
    let text = "mode: expected \"auto\", \"min\" or \"max\", found \"maximum\"";
    let stop = refused(&mut EarlyStopping::new().mode("maximum"));
    assert_eq!(stop, format!("EarlyStopping: {text}"));
    let reduce = refused(&mut ReduceLROnPlateau::new().mode("maximum"));
    assert_eq!(reduce, format!("ReduceLROnPlateau: {text}"));
    let folder = Folder::new("no-words");
    let save = refused(&mut ModelCheckpoint::new(folder.0.join("a")).save_freq("batch"));
    let text = "save_freq: expected \"epoch\" or a number of batches, found \"batch\"";
    assert_eq!(save, format!("ModelCheckpoint: {text}"));
    let backup = refused(&mut BackupAndRestore::new(&folder.0).save_freq("batch"));
    assert_eq!(backup, format!("BackupAndRestore: {text}"));

    let wrong = |metric: &dyn Metric<[f32; 2], [f32; 2]>| {
        metric.check_arguments().map(|why| why.as_str().to_string())
    };
    assert_eq!(
        wrong(&AUC::new().curve("PR").summation_method("majoring")),
        None
    );
    assert_eq!(wrong(&F1Score::new().average("micro")), None);
    assert_eq!(
        wrong(&R2Score::new().class_aggregation("uniform_average")),
        None
    );
    assert_eq!(
        wrong(&AUC::new().curve("pr")).as_deref(),
        Some("curve must be ROC, PR or PRGAIN, found \"pr\"")
    );
    assert!(wrong(&AUC::new().summation_method("middle")).is_some());
    assert!(wrong(&F1Score::new().average("mean")).is_some());
    assert!(wrong(&R2Score::new().class_aggregation("mean")).is_some());
}

#[test]
fn arguments_out_of_range() {
    assert_eq!(
        refused(&mut ReduceLROnPlateau::new().factor(1.5)),
        "ReduceLROnPlateau: factor: expected at least 0 and less than 1, found 1.5"
    );
    assert_eq!(
        refused(&mut SwapEMAWeights::new()),
        "SwapEMAWeights: the optimizer keeps no averages; compile with one that has `.use_ema()`"
    );
    assert_eq!(
        refused(&mut BackupAndRestore::new("")),
        "BackupAndRestore: backup_dir: expected the path of a folder, found an empty one"
    );
    let optimizer = SGD::new(ExponentialDecay::new(0.1, 10, 0.9));
    let mut model = One::new(0).compile(optimizer, MeanSquaredError::default(), ());
    let mut schedule = LearningRateScheduler::new(|_, lr| lr);
    let fit = validated(3).callbacks([&mut schedule]);
    let error = model.fit(&X, &Y, fit).unwrap_err().to_string();
    assert!(error.contains("a schedule is in charge"), "{error}");

    let refused = |fit: Fit<'_, One, [f32; 1]>| one(0.1).fit(&X, &Y, fit).unwrap_err().to_string();
    for (fit, name) in [
        (Fit::new().validation_split(1.5), "validation_split"),
        (Fit::new().batch_size(0), "batch_size"),
        (Fit::new().initial_epoch(2), "initial_epoch"),
        (Fit::new().steps_per_epoch(0), "steps_per_epoch"),
        (Fit::new().validation_freq(0), "validation_freq"),
    ] {
        let text = refused(fit);
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn closures_see_the_training() {
    let mut seen = Vec::new();
    let mut lambda =
        LambdaCallback::new().on_epoch_end_with(|epoch, logs, training: &mut Training<'_, One>| {
            let kernel = training.model.dense_1.kernel;
            seen.push((epoch, logs.get("loss").is_some(), kernel));
            if epoch == 1 {
                training.stop_training();
            }
        });
    let mut model = one(0.1);
    let fit = validated(5).callbacks([&mut lambda]);
    let history = model.fit(&X, &Y, fit).unwrap();
    drop(lambda);
    assert_eq!(history.epoch(), [0, 1]);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1], (1, true, model.dense_1.kernel));
}

#[test]
fn a_schedule_of_the_epoch_alone() {
    let mut schedule = LearningRateScheduler::of_epoch(|epoch| 0.5f32.powi(epoch as i32));
    let fit = validated(3).callbacks([&mut schedule]);
    let history = one(0.1).fit(&X, &Y, fit).unwrap();
    assert_eq!(history.get("learning_rate"), Some(&[1.0, 0.5, 0.25][..]));
    assert_eq!(
        format!("{:?}", history.keys()),
        r#"["loss", "val_loss", "learning_rate"]"#
    );
}

sequential! {
    pub Classes = [Dense(3, activation = "softmax", input_shape = (3,))]
}
sequential! {
    pub Steps = [Dense(2, activation = "softmax", input_shape = (2, 2))]
}

#[test]
fn classes_and_probabilities() {
    let mut model = Classes::new(1);
    model.dense_1.kernel = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let x = [[0.0, 0.0, 2.0], [1.0, 0.0, 0.0]];
    assert_eq!(model.predict_classes(&x).unwrap(), [2, 0]);
    assert_eq!(model.predict_proba(&x).unwrap(), model.predict(&x).unwrap());
    let mut model = Steps::new(1);
    model.dense_1.kernel = [[1.0, 0.0], [0.0, 1.0]];
    let classes = model.predict_classes(&[[[0.0, 1.0], [1.0, 0.0]]]).unwrap();
    assert_eq!(classes, [[1, 0]]);
    let mut model = one(0.1);
    model.dense_1.kernel = [[1.0]];
    assert_eq!(model.predict_classes(&[[0.5], [0.75]]).unwrap(), [0, 1]);
}

#[test]
fn threads_of_a_compiled_model() {
    let mut model = one(0.1).threads(2).unwrap();
    let mut same = one(0.1);
    let history = model.fit(&X, &Y, validated(3)).unwrap();
    assert_eq!(history, same.fit(&X, &Y, validated(3)).unwrap());
}
