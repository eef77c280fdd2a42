//! What a training reports, and under which names: beside Keras 3.15.1, as KERAS.md says.

use kseq::callbacks::{Callback, LearningRateScheduler};
use kseq::metrics::{self, Metrics};
use kseq::prelude::*;
use kseq::train::{Compiled, Training};

sequential! { pub Line = [Dense(1, kernel_initializer = "ones", input_shape = (1,))] }
sequential! { pub Three = [Dense(3, activation = "softmax", input_shape = (1,))] }

const N: usize = 23;

fn x() -> [[f32; 1]; N] {
    std::array::from_fn(|i| [i as f32 / N as f32])
}

fn y() -> [[f32; 1]; N] {
    x().map(|[x]| [2.0 * x])
}

fn five(_: &[f32; 1], _: &[f32; 1]) -> f32 {
    5.0
}

fn fit<'a>() -> Fit<'a, Line, [f32; 1]> {
    Fit::new().batch_size(12).verbose(0)
}

/// Keras 3.15.1 has these keys (sorted by name; here the loss is the first, then the metrics as `compile` has them).
#[test]
fn the_keys_are_those_of_keras() {
    let mut model = compile!(
        Line::new(0),
        "sgd",
        "mse",
        metrics = [
            "mae",
            "MeanSquaredError",
            MeanSquaredError(),
            "mse",
            MeanSquaredError
        ],
        weighted_metrics = ["mae"]
    );
    let want = [
        "loss",
        "mae",
        "MeanSquaredError",
        "mean_squared_error",
        "mse",
        "mean_squared_error_1",
        "weighted_mae",
    ];
    assert_eq!(model.metrics_names(), want);
    let (x, y) = (x(), y());
    let history = model.fit(&x, &y, fit().epochs(2).validation_data(&x, &y));
    let validated = want.map(|name| format!("val_{name}"));
    let history = history.expect("data that fit");
    let keys: Vec<&str> = history.keys().collect();
    let all = want.into_iter().chain(validated.iter().map(String::as_str));
    assert_eq!(keys, all.collect::<Vec<_>>());
}

/// The key of a word is the word, also if it is the name of a class.
#[test]
fn words_are_keys() {
    let of = |names: &[String]| names[1..].to_vec();
    let model = compile!(
        Three::new(0),
        "sgd",
        "sparse_categorical_crossentropy",
        metrics = ["Accuracy", "acc", "accuracy", "SparseCategoricalAccuracy"]
    );
    let want = ["Accuracy", "acc", "accuracy", "SparseCategoricalAccuracy"];
    assert_eq!(of(model.metrics_names()), want);
}

/// Keras 3.15.1 keeps the 7, and loses the second accuracy.
#[test]
fn every_metric_has_a_name_of_its_own() {
    let own = || metrics::function("accuracy_1", |_: &u32, _: &[f32; 3]| 7.0);
    let accuracy = || Accuracy;
    let loss = SparseCategoricalCrossentropy::new;
    let metrics = (accuracy(), accuracy(), own());
    let mut model = Three::new(1).compile(SGD::new(0.1), loss(), metrics);
    let want = ["loss", "accuracy", "accuracy_2", "accuracy_1"];
    assert_eq!(model.metrics_names(), want);
    let history = model.fit(&[[1.0]; 4], &[1; 4], Fit::new().verbose(0));
    assert_eq!(
        history.expect("data that fit").last("accuracy_1"),
        Some(7.0)
    );
}

/// Whether it was called before a training or a test.
struct Begun(bool);

impl Callback<Line> for Begun {
    fn on_train_begin(&mut self, _: &mut Training<'_, Line>) -> Result<(), Error> {
        self.0 = true;
        Ok(())
    }

    fn on_test_begin(&mut self, _: &mut Training<'_, Line>) -> Result<(), Error> {
        self.0 = true;
        Ok(())
    }
}

/// Training, testing and single batches are refused before the first step.
fn refused<Me: Metrics<[f32; 1], [f32; 1]>>(metrics: Me, name: &str) {
    let mut model = Line::new(0).compile(SGD::new(0.1), MeanSquaredError::new(), metrics);
    let (x, y) = (x(), y());
    let before = model.get_weights();
    let batches = || [(x.to_vec(), y.to_vec())].into_iter();
    let fit = || Fit::new().batch_size(12).verbose(0);
    let mut begun = [Begun(false), Begun(false), Begun(false), Begun(false)];
    let [a, b, c, d] = &mut begun;
    let errors = [
        model.fit(&x, &y, fit().callbacks([a])).map(drop),
        model
            .evaluate_with(&x, &y, Evaluate::new().callbacks([b]))
            .map(drop),
        model.train_on_batch(&x, &y).map(drop),
        model.test_on_batch(&x, &y).map(drop),
        model
            .fit_generator(batches(), Fit::new().verbose(0).callbacks([c]))
            .map(drop),
        model
            .evaluate_generator(batches(), Evaluate::new().callbacks([d]))
            .map(drop),
        model
            .fit(&x, &y, fit().validation_generator(batches()))
            .map(drop),
    ];
    for error in errors {
        let error = error.expect_err(name);
        let named = matches!(&error, Error::MetricName { name: found } if found == name);
        assert!(named, "{error}");
    }
    assert!(begun.iter().all(|begun| !begun.0), "{name}");
    assert!(model.get_weights() == before);
}

#[test]
fn names_of_the_history_itself_are_refused() {
    let mae = metrics::MeanAbsoluteError::default;
    for name in ["loss", "val_loss", "val_mae", "learning_rate", "epoch"] {
        refused((Named(name, mae()),), name);
        refused((mae(), metrics::function(name, five)), name);
        refused((Weighted(Named(name, mae())),), name);
        // What the macro refuses where the name stands in the words.
        let known = kseq_catalogue::RESERVED.iter();
        assert_eq!(known.filter(|r| name.starts_with(**r)).count(), 1);
    }
    for name in ["loss_1", "validity", "epochs"] {
        let metrics = (Named(name, mae()),);
        let mut model = Line::new(0).compile(SGD::new(0.1), MeanSquaredError::new(), metrics);
        assert!(model.fit(&x(), &y(), fit()).is_ok(), "{name}");
    }
}

/// As Keras's `train_on_batch` and `test_on_batch`: of this batch alone.
#[test]
fn a_batch_is_reported_alone() {
    let mut model = compile!(Line::new(0), "sgd", "mse", metrics = ["mae"]);
    model.params_mut().dense_1.kernel = [[1.0]];
    let (x, y) = (x(), y());
    let mean = |part: &[[f32; 1]], of: fn(f32) -> f32| {
        part.iter().map(|x| of(x[0])).sum::<f32>() / part.len() as f32
    };
    for part in [0..3, 3..6] {
        let (x, y) = (&x[part.clone()], &y[part]);
        let scores = model.test_on_batch(x, y).expect("data that fit");
        assert!((scores.loss - mean(x, |x| x * x)).abs() < 1e-6);
        assert!((scores.metrics.0 - mean(x, |x| x)).abs() < 1e-6);
    }
    // Before the update.
    let scores = model.train_on_batch(&x[3..6], &y[3..6]);
    let loss = scores.expect("data that fit").loss;
    assert!((loss - mean(&x[3..6], |x| x * x)).abs() < 1e-6);
}

/// Keras gives `on_train_end` the values of the last epoch; here they are in the history.
#[test]
fn the_last_values_at_the_end() {
    #[derive(Default)]
    struct End(Vec<(String, f32)>);
    impl Callback<Line> for End {
        fn on_train_end(&mut self, t: &mut Training<'_, Line>) -> Result<(), Error> {
            let history = t.history();
            let last = |key: &str| Some((key.to_owned(), history.last(key)?));
            self.0 = history.keys().filter_map(last).collect();
            Ok(())
        }
    }
    let (x, y) = (x(), y());
    let mut end = End::default();
    let mut model = compile!(Line::new(0), "sgd", "mse");
    let fit = fit()
        .epochs(2)
        .validation_data(&x, &y)
        .callbacks([&mut end]);
    let history = model.fit(&x, &y, fit).expect("data that fit");
    let want = ["loss", "val_loss"].map(|key| (key.to_owned(), history.last(key).unwrap()));
    assert_eq!(end.0, want);
}

type Trained = Compiled<Line, SGD, MeanSquaredError, (metrics::MeanAbsoluteError,)>;

/// What [`progress_lines`] looks at; not a test of its own.
#[test]
#[ignore = "run by another one"]
fn print() {
    let metrics = (metrics::MeanAbsoluteError::default(),);
    let mut model: Trained = Line::new(0).compile(SGD::new(0.1), MeanSquaredError::new(), metrics);
    let (x, y) = (x(), y());
    for verbose in [1, 2, 3] {
        let mut schedule = LearningRateScheduler::new(|epoch, _| 0.01 / (epoch + 1) as f32);
        let fit = fit().verbose(verbose).epochs(2).validation_data(&x, &y);
        let fit = fit.callbacks([&mut schedule]);
        model.fit(&x, &y, fit).expect("data that fit");
        let evaluate = Evaluate::new().batch_size(12).verbose(verbose);
        model
            .evaluate_with(&x, &y, evaluate)
            .expect("data that fit");
    }
}

/// Keras: `2/2 ━━━━━━━━━━━━━━━━━━━━ 8s 2s/step - loss: 0.3058 - mae: 0.4728 - val_loss: 0.2866 - val_mae: 0.4550 -
/// learning_rate: 0.0100`.
#[test]
fn progress_lines() {
    let program = std::env::current_exe().expect("this program");
    let mut command = std::process::Command::new(program);
    let output = command.args(["--exact", "print", "--ignored", "--nocapture"]);
    let output = output.output().expect("it runs").stdout;
    let text = String::from_utf8(output).expect("text");
    // Numbers and times aside.
    let shape = |line: &str| {
        let parts = line.split(" - ").filter(|part| part.contains(": "));
        let names = parts.map(|part| part.split(": ").next().unwrap_or_default());
        names.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("2/2 ")).collect();
    let epoch = "loss mean_absolute_error val_loss val_mean_absolute_error learning_rate";
    let test = "loss mean_absolute_error";
    let shapes: Vec<String> = lines.iter().map(|line| shape(line)).collect();
    assert_eq!(shapes, [epoch, epoch, test].repeat(3), "{text}");
    assert!(lines[0].ends_with("learning_rate: 0.0100"), "{text}");
    assert!(lines[1].ends_with("learning_rate: 0.0050"), "{text}");
    assert!(lines[0].starts_with("2/2 ━━━━━━━━━━━━━━━━━━━━ "), "{text}");
    assert!(lines[3].starts_with("2/2 - "), "{text}");
    assert!(lines[6].starts_with("2/2 ━━━━━━━━━━━━━━━━━━━━ "), "{text}");
    // A log and a notebook take no line back; the curves stand there once, behind the epochs.
    assert!(!text.contains(['\r', '\x1b']), "{text}");
    let (before, behind) = text.split_at(text.rfind(lines[7]).expect("a line of it"));
    assert!(
        !before.contains("validation") && behind.contains("validation"),
        "{text}"
    );
    assert!(behind.contains("\nloss "), "{text}");
}
