//! The callbacks, each in a real `fit`.

mod files;
mod keras;
mod nan;
mod words;

use std::path::PathBuf;

use kseq::callbacks::{
    CSVLogger, EarlyStopping, LambdaCallback, LearningRateScheduler, Mode, ModelCheckpoint,
    ProgbarLogger, ReduceLROnPlateau, SwapEMAWeights, TensorBoard, UpdateFreq,
};
use kseq::optimizers::schedules::ExponentialDecay;
use kseq::prelude::*;

sequential! {
    /// One weight: the mean squared error for 1 -> 0 is its square.
    One = [Dense(1, use_bias = false, input_shape = (1,))]
}

/// Gives the weight of [`One`] a known value before each validation.
struct Script<'a>(&'a [f32]);

impl Callback<One> for Script<'_> {
    fn on_test_begin(&mut self, t: &mut Training<'_, One>) -> Result<(), Error> {
        t.model.dense_1.kernel[0][0] = self.0[t.position().epoch];
        Ok(())
    }
}

const X: [[f32; 1]; 1] = [[1.0]];
const Y: [[f32; 1]; 1] = [[0.0]];

fn one(learning_rate: f32) -> Compiled<One, SGD, MeanSquaredError, ()> {
    One::new(0).compile(SGD::new(learning_rate), MeanSquaredError::default(), ())
}

fn validated<'a>(epochs: usize) -> Fit<'a, One, [f32; 1]> {
    Fit::new().epochs(epochs).verbose(0).validation_data(&X, &Y)
}

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kseq-cb-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// The names of the files, in order.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let name = |e: Result<std::fs::DirEntry, _>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn wrong_arguments_are_errors_before_the_first_step() {
    let folder = Folder::new("arguments");
    let path = |name: &str| folder.0.join(name);
    let check = |callback: &mut dyn Callback<One>, expected: &str| {
        let mut model = one(0.1);
        let before = model.get_weights();
        let error = model
            .fit(&X, &Y, validated(3).callbacks([callback]))
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(model.get_weights(), before);
    };
    check(
        &mut EarlyStopping::new().monitor("val_accuracy"),
        "a callback monitors `val_accuracy`, but there are only: loss, val_loss; give fit validation data",
    );
    check(
        &mut EarlyStopping::new().min_delta(f64::NAN),
        "EarlyStopping: min_delta: expected a finite number, found NaN",
    );
    check(
        &mut ReduceLROnPlateau::new().factor(1.0),
        "ReduceLROnPlateau: factor: expected at least 0 and less than 1, found 1",
    );
    check(
        &mut ModelCheckpoint::new(path("{epoch}-{val_acc:.2f}")),
        "ModelCheckpoint: filepath: there is no `val_acc`, only: epoch, loss, val_loss",
    );
    check(
        &mut ModelCheckpoint::new(path("{epoch}-{val_loss:.2f}")).save_freq(2),
        "ModelCheckpoint: filepath: there is no `val_loss`, only: epoch, batch, loss",
    );
    check(
        &mut ModelCheckpoint::new("model.keras"),
        "ModelCheckpoint: filepath: the ending `.keras` is that of Keras's zip archive, but kseq writes \
         safetensors; save to `model.safetensors`",
    );
    check(
        &mut ModelCheckpoint::new("w.{epoch:02d}.weights.h5").save_weights_only(true),
        "ModelCheckpoint: filepath: the ending `.h5` is that of Keras's HDF5, but kseq writes \
         safetensors; save to `w.{epoch:02d}.weights.safetensors`",
    );
    check(
        &mut ModelCheckpoint::new(path("a")).save_freq(0),
        "ModelCheckpoint: save_freq: expected at least 1 batch, found 0",
    );
    check(
        &mut CSVLogger::new(path("a.csv")).separator('e'),
        "CSVLogger: separator: 'e' occurs in names or numbers",
    );
    check(
        &mut TensorBoard::new(path("logs")).update_freq(UpdateFreq::Batches(0)),
        "TensorBoard: update_freq: expected at least 1 batch, found 0",
    );
    check(
        &mut LearningRateScheduler::new(|_, lr| -lr),
        "LearningRateScheduler: the schedule gave -0.1 for epoch 0; a learning rate is finite and not \
         negative",
    );
    let nowhere = path("no/such/folder/a.csv");
    let mut log = CSVLogger::new(&nowhere);
    let fit = validated(3).callbacks([&mut log]);
    let error = one(0.1).fit(&X, &Y, fit).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: ", nowhere.display())));
}

#[test]
fn a_schedule_of_the_optimizer_leaves_nothing_to_callbacks() {
    let optimizer = SGD::new(ExponentialDecay::new(0.1, 10, 0.9));
    let mut model = One::new(0).compile(optimizer, MeanSquaredError::default(), ());
    let mut reduce = ReduceLROnPlateau::new();
    let fit = validated(3).callbacks([&mut reduce]);
    assert!(model.fit(&X, &Y, fit).is_err());
}

#[test]
fn a_direction_that_nobody_knows_must_be_given() {
    let distance = |y: &[f32; 1], p: &[f32; 1]| (y[0] - p[0]).abs();
    let metrics = || (kseq::metrics::function("distance", distance),);
    let loss = MeanSquaredError::default;
    let mut stop = EarlyStopping::new().monitor("val_distance");
    let mut model = One::new(0).compile(SGD::new(0.1), loss(), metrics());
    let error = model
        .fit(&X, &Y, validated(2).callbacks([&mut stop]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "EarlyStopping: `val_distance` does not say whether smaller or larger values are better; add \
         .mode(\"min\") or .mode(\"max\")"
    );
    let mut stop = stop.mode(Mode::Min);
    model
        .fit(&X, &Y, validated(2).callbacks([&mut stop]))
        .unwrap();
}

#[test]
fn auto_follows_the_metric() {
    // The weight falls, the loss too; R2 rises.
    let (x, y) = ([[1.0], [2.0]], [[0.0], [1.0]]);
    let loss = MeanSquaredError::default();
    let metrics = (kseq::metrics::R2Score::default(),);
    let mut model = One::new(0).compile(SGD::new(0.0), loss, metrics);
    let script = [3.0, 2.0, 1.0];
    let (mut up, mut down) = (
        EarlyStopping::new().monitor("val_r2_score").patience(9),
        EarlyStopping::new().monitor("val_loss").patience(9),
    );
    let mut script = Script(&script);
    let fit = Fit::new()
        .epochs(3)
        .verbose(0)
        .validation_data(&x, &y)
        .callbacks([&mut script, &mut up, &mut down]);
    let history = model.fit(&x, &y, fit).unwrap();
    assert_eq!((up.best_epoch(), down.best_epoch()), (2, 2));
    assert_eq!(up.best(), history.last("val_r2_score"));
    assert_eq!(down.best(), history.last("val_loss"));
}

#[test]
fn any_number_is_better_than_nan() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    static EPOCH: AtomicUsize = AtomicUsize::new(0);
    const VALUES: [f32; 5] = [f32::NAN, 3.0, 2.0, 1.0, 0.5];
    let folder = Folder::new("nan-first");
    let metric = kseq::metrics::function("m", |_: &[f32; 1], _: &[f32; 1]| {
        VALUES[EPOCH.load(Relaxed)]
    });
    // Falling values for Min, and for Max those that rise from the smallest one on.
    let mut set = LambdaCallback::new().on_epoch_begin(|e| EPOCH.store(e, Relaxed));
    let mut stop = EarlyStopping::new()
        .monitor("m")
        .mode(Mode::Min)
        .patience(3);
    let mut stop_rising = EarlyStopping::new()
        .monitor("m")
        .mode(Mode::Max)
        .patience(9);
    let mut save = ModelCheckpoint::new(folder.0.join("{epoch}"))
        .monitor("m")
        .mode(Mode::Min)
        .save_best_only(true);
    let mut reduce = ReduceLROnPlateau::new()
        .monitor("m")
        .mode(Mode::Min)
        .patience(2);
    let mut model = One::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), (metric,));
    let fit = Fit::new().epochs(5).verbose(0);
    let callbacks: [&mut dyn Callback<One>; 5] = [
        &mut set,
        &mut stop,
        &mut stop_rising,
        &mut save,
        &mut reduce,
    ];
    let history = model.fit(&X, &Y, fit.callbacks(callbacks)).unwrap();
    assert_eq!((history.epoch().len(), stop.stopped_epoch()), (5, 0));
    assert_eq!((stop.best(), stop.best_epoch()), (Some(0.5), 4));
    assert_eq!(
        (stop_rising.best(), stop_rising.best_epoch()),
        (Some(3.0), 1)
    );
    assert_eq!((save.best(), reduce.best()), (Some(0.5), Some(0.5)));
    assert_eq!(folder.files(), ["1", "2", "3", "4", "5"]);
    assert_eq!(history.get("learning_rate"), Some(&[0.1; 5][..]));
}

#[test]
fn a_negative_number_has_its_zeros_behind_the_sign() {
    let folder = Folder::new("sign");
    let metric = kseq::metrics::function("m", |_: &[f32; 1], _: &[f32; 1]| -0.9486832);
    let mut model = One::new(0).compile(SGD::new(0.1), MeanSquaredError::default(), (metric,));
    let mut save = ModelCheckpoint::new(folder.0.join("{m:07.3f}")).save_weights_only(true);
    let fit = Fit::new().verbose(0).callbacks([&mut save]);
    model.fit(&X, &Y, fit).unwrap();
    assert_eq!(folder.files(), ["-00.949"]);
}

#[test]
fn schedules_see_epoch_and_learning_rate() {
    let mut seen = Vec::new();
    let mut schedule = LearningRateScheduler::new(|epoch, lr| {
        seen.push((epoch, lr));
        if epoch < 2 { lr } else { lr * 0.5 }
    });
    let mut model = one(0.25);
    let fit = validated(4).callbacks([&mut schedule]);
    let history = model.fit(&X, &Y, fit).unwrap();
    let rates = [0.25, 0.25, 0.125, 0.0625];
    assert_eq!(history.get("learning_rate"), Some(&rates[..]));
    assert_eq!(seen, [(0, 0.25), (1, 0.25), (2, 0.25), (3, 0.125)]);
}

#[test]
fn closures_are_called_at_their_moments() {
    use std::sync::Mutex;
    let calls = Mutex::new(Vec::new());
    let note = |call: String| calls.lock().unwrap().push(call);
    let mut lambda = LambdaCallback::new()
        .on_train_begin(|| note("train begins".into()))
        .on_epoch_begin(|e| note(format!("epoch {e} begins")))
        .on_train_batch_begin(|b| note(format!("batch {b} begins")))
        .on_train_batch_end(|b, logs| note(format!("batch {b} ends: {}", logs.iter().count())))
        .on_epoch_end(|e, logs| note(format!("epoch {e} ends: {}", logs.iter().count())))
        .on_train_end(|| note("train ends".into()));
    let mut history = History::default();
    let mut bar = ProgbarLogger::new(0);
    let fit = validated(2).callbacks([&mut lambda, &mut history, &mut bar]);
    let returned = one(0.1).fit(&X, &Y, fit).unwrap();
    assert_eq!(history, returned);
    drop(lambda);
    let epoch = |e: usize| {
        [
            format!("epoch {e} begins"),
            "batch 0 begins".into(),
            // The loss alone: there is no val_loss yet.
            "batch 0 ends: 1".into(),
            format!("epoch {e} ends: 2"),
        ]
    };
    let mut expected = vec!["train begins".to_string()];
    expected.extend(epoch(0));
    expected.extend(epoch(1));
    expected.push("train ends".into());
    assert_eq!(calls.into_inner().unwrap(), expected);
}

#[test]
fn averages_are_validated_and_saved() {
    let folder = Folder::new("ema");
    let run = |swap_on_epoch| {
        // 1 -> 0 by half of the weight in each epoch: 0.5, 0.25; averages 0.5, 0.4375.
        let optimizer = SGD::new(0.25).use_ema().ema_momentum(0.75);
        let mut model = One::new(0).compile(optimizer, MeanSquaredError::default(), ());
        model.dense_1.kernel = [[1.0]];
        let mut swap = SwapEMAWeights::new().swap_on_epoch(swap_on_epoch);
        let mut save = ModelCheckpoint::new(folder.0.join("{epoch}")).save_weights_only(true);
        let fit = validated(2).callbacks([&mut swap, &mut save]);
        let history = model.fit(&X, &Y, fit).unwrap();
        assert_eq!(history.get("loss"), Some(&[1.0, 0.25][..]));
        assert_eq!(history.get("val_loss"), Some(&[0.25, 0.4375 * 0.4375][..]));
        // The end of a training leaves the averages in the model.
        assert_eq!(model.dense_1.kernel, [[0.4375]]);
        model.load_weights(folder.0.join("2")).unwrap();
        model.dense_1.kernel[0][0]
    };
    assert_eq!((run(false), run(true)), (0.25, 0.4375));
    let mut swap = SwapEMAWeights::new();
    let error = one(0.1).fit(&X, &Y, validated(2).callbacks([&mut swap]));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("keeps no averages"), "{error}");
}
