//! The real TensorBoard, from PyPI, lists the scalars that the callback writes.
//!
//! `cargo xtask tensorboard` installs it. Without it the test fails in CI, and says so elsewhere.

use kseq::callbacks::{BackupAndRestore, LearningRateScheduler, TensorBoard};
use kseq::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

sequential! {
    Net = [
        Dense(4, activation = "tanh", input_shape = (2,)),
        Dense(2, activation = "softmax"),
    ]
}

/// The Python that has TensorBoard; `None` if it is not installed and need not be.
fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("../target/tensorboard/bin/python");
    if python.exists() {
        return Some(python);
    }
    let missing = "TensorBoard is not installed: run `cargo xtask tensorboard`";
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    println!("skipped: {missing}");
    None
}

/// (run, tag, step, value)
type Scalar = (String, String, usize, f64);

fn read(python: &Path, folder: &Path) -> Vec<Scalar> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tensorboard_read.py");
    let output = Command::new(python).arg(script).arg(folder).output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let line = |line: &str| {
        let [run, tag, step, value] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let (step, value) = (step.parse().unwrap(), value.parse().unwrap());
        (run.to_string(), tag.to_string(), step, value)
    };
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(line).collect()
}

/// Ends `fit` with an error after so many updates.
struct Fails(u64);

impl Callback<Net> for Fails {
    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Net>,
    ) -> Result<(), Error> {
        match t.updates() == self.0 {
            true => Err(Error::Empty { what: "machine" }),
            false => Ok(()),
        }
    }
}

/// Three epochs of five batches, interrupted and resumed if `fails`.
fn fit(folder: &Path, fails: Option<u64>) -> Result<History, Error> {
    let x: Vec<[f32; 2]> = (0..20)
        .map(|i| [i as f32 / 20.0, 1.0 - i as f32 / 10.0])
        .collect();
    let classes: Vec<u32> = (0..20).map(|i| u32::from(i > 9)).collect();
    let y: Vec<[f32; 2]> = to_categorical(&classes).unwrap();
    let loss = CategoricalCrossentropy::default();
    let mut model = Net::new(1).compile(SGD::new(0.1), loss, (Accuracy,));
    let mut board = TensorBoard::new(folder.join("logs"))
        .update_freq(2)
        .histogram_freq(2);
    let mut schedule =
        LearningRateScheduler::new(|epoch, lr| if epoch == 2 { 0.5 * lr } else { lr });
    let mut backup = BackupAndRestore::new(folder.join("backup")).save_freq(1);
    let mut fails = Fails(fails.unwrap_or(u64::MAX));
    let fit = Fit::new()
        .batch_size(4)
        .epochs(3)
        .verbose(0)
        .validation_data(&x[5..15], &y[5..15])
        .callbacks([&mut schedule, &mut board, &mut backup, &mut fails]);
    model.fit(&x, &y, fit)
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kseq-board-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn tensorboard_lists_what_the_history_has() {
    let Some(python) = python() else {
        return;
    };
    let whole = folder("whole");
    let history = fit(&whole, None).unwrap();
    let scalars = read(&python, &whole.join("logs"));
    let of = |run: &str, tag: &str| -> Vec<(usize, f64)> {
        let matching = scalars.iter().filter(|(r, t, ..)| r == run && t == tag);
        matching.map(|&(_, _, step, value)| (step, value)).collect()
    };
    let recorded = |key: &str| -> Vec<(usize, f64)> {
        let values = history.get(key).unwrap().iter();
        values.map(|&v| f64::from(v)).enumerate().collect()
    };
    for (run, tag, key) in [
        ("train", "epoch_loss", "loss"),
        ("train", "epoch_accuracy", "accuracy"),
        ("train", "epoch_learning_rate", "learning_rate"),
        ("validation", "epoch_loss", "val_loss"),
        ("validation", "epoch_accuracy", "val_accuracy"),
    ] {
        assert_eq!(of(run, tag), recorded(key), "{run} {tag}");
    }
    let rates: Vec<f64> = of("train", "epoch_learning_rate")
        .iter()
        .map(|r| r.1)
        .collect();
    assert_eq!(rates, [0.1f32, 0.1, 0.05].map(f64::from));
    // Every second of fifteen batches.
    let steps: Vec<usize> = of("train", "batch_loss").iter().map(|b| b.0).collect();
    assert_eq!(steps, [2, 4, 6, 8, 10, 12, 14]);
    let evaluated = of("validation", "evaluation_loss_vs_iterations");
    let values: Vec<f64> = recorded("val_loss").iter().map(|v| v.1).collect();
    assert_eq!(
        evaluated,
        [(5, values[0]), (10, values[1]), (15, values[2])]
    );
    let mut tags: Vec<&str> = scalars.iter().map(|s| s.1.as_str()).collect();
    tags.sort_unstable();
    tags.dedup();
    let expected = [
        "batch_accuracy",
        "batch_loss",
        "dense_1/bias/histogram",
        "dense_1/kernel/histogram",
        "dense_2/bias/histogram",
        "dense_2/kernel/histogram",
        "epoch_accuracy",
        "epoch_learning_rate",
        "epoch_loss",
        "evaluation_accuracy_vs_iterations",
        "evaluation_loss_vs_iterations",
        "keras",
    ];
    assert_eq!(tags, expected);
    // After the first and the third epoch, all weights; the layers once.
    assert_eq!(
        of("train", "dense_1/kernel/histogram"),
        [(0, 8.0), (2, 8.0)]
    );
    assert_eq!(of("train", "keras"), [(0, 2.0)]);

    // A training that was interrupted twice has the same scalars, each once.
    let parts = folder("parts");
    fit(&parts, Some(4)).unwrap_err();
    fit(&parts, Some(11)).unwrap_err();
    assert_eq!(fit(&parts, None).unwrap(), history);
    assert_eq!(read(&python, &parts.join("logs")), scalars);
    for folder in [whole, parts] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}
