//! A training that keeps its best model, stops when nothing gets better, and goes on after an interruption.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! checkpoint = ModelCheckpoint("best.keras", monitor="val_accuracy", mode="max", save_best_only=True)
//! stop = EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
//! backup = BackupAndRestore("backup")
//! model.fit(x, y, epochs=60, validation_split=0.2, callbacks=[checkpoint, stop, backup])
//!
//! best = load_model("best.keras")
//! best.evaluate(x_test, y_test)
//! best.fit(x, y, initial_epoch=20, epochs=22)         # goes on with the optimizer's moments
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example checkpoints
//! ```

mod common;

use std::path::Path;

use kseq::callbacks::{BackupAndRestore, EarlyStopping, ModelCheckpoint};
use kseq::prelude::*;

sequential! {
    pub Spirals = [
        Dense(32, activation = "relu", input_shape = (2,)),
        Dense(32, activation = "relu"),
        Dense(3, activation = "softmax"),
    ]
}

type Points = (Vec<[f32; 2]>, Vec<u32>);
type Compiled3 = Compiled<Spirals, Adam, SparseCategoricalCrossentropy, (Accuracy,)>;

/// Points on three spirals that wind around each other.
fn points(seed: u64, n: usize) -> Points {
    let rng = &mut common::generator(seed);
    let arms = common::randint(rng, 3, n);
    let point = |&arm: &u32| {
        let far = rng.uniform();
        let angle = 4.0 * far + arm as f32 * std::f32::consts::TAU / 3.0 + 0.3 * rng.normal();
        [far * angle.sin(), far * angle.cos()]
    };
    (arms.iter().map(point).collect(), arms.clone())
}

fn create_model() -> Compiled3 {
    compile!(
        Spirals::new(0),
        optimizer = Adam(0.01),
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"],
    )
}

/// Ends the training with an error, as a machine does.
struct PowerCut {
    epoch: Option<usize>,
}

impl<M: Model> Callback<M> for PowerCut {
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let why = String::from("the power is gone");
        match self.epoch {
            Some(last) if last == epoch => Err(Error::Callback {
                name: String::from("PowerCut"),
                why,
            }),
            _ => Ok(()),
        }
    }
}

/// Trains in a folder; `power_cut` is the epoch that it does not survive.
fn train(
    folder: &Path,
    (x, y): &Points,
    power_cut: Option<usize>,
) -> Result<(Compiled3, History), Error> {
    let mut model = create_model();
    let mut checkpoint = ModelCheckpoint::new(folder.join("best.safetensors"))
        .monitor("val_accuracy")
        .mode("max")
        .save_best_only(true);
    let mut stop = EarlyStopping::new()
        .monitor("val_loss")
        .patience(3)
        .restore_best_weights(true);
    let mut backup = BackupAndRestore::new(folder.join("backup"));
    let mut cut = PowerCut { epoch: power_cut };
    let fit = Fit::new().epochs(60).validation_split(0.2).verbose(0);
    let history = model.fit(
        x,
        y,
        fit.callbacks([&mut checkpoint, &mut stop, &mut backup, &mut cut]),
    )?;
    println!(
        "{} epochs, the best one is number {}",
        history.epoch().len(),
        stop.best_epoch()
    );
    Ok((model, history))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("checkpoints.rs"));
    let (data, (x_test, y_test)) = (points(1, 1500), points(2, 500));
    let folder = std::env::temp_dir().join(format!("kseq-checkpoints-{}", std::process::id()));
    let (whole, cut) = (folder.join("whole"), folder.join("cut"));

    let (model, history) = train(&whole, &data, None)?;

    // The same, with a power cut in the eighth epoch: the second call goes on where the first one was.
    let error = train(&cut, &data, Some(7)).err();
    println!("{}", error.map_or(String::new(), |e| e.to_string()));
    let (resumed, again) = train(&cut, &data, None)?;
    assert_eq!(again.get("val_loss"), history.get("val_loss"));
    assert_eq!(
        resumed.get_weights(),
        model.get_weights(),
        "not bit by bit the same"
    );

    // The best model, with the moments of its optimizer.
    let mut best = create_model();
    best.load(whole.join("best.safetensors"))?;
    let (accuracy,) = best.evaluate(&x_test, &y_test)?.metrics;
    println!("the best one: accuracy {accuracy:.4} on new points");
    let fit = Fit::new()
        .initial_epoch(20)
        .epochs(22)
        .validation_split(0.2)
        .verbose(2);
    best.fit(&data.0, &data.1, fit)?;

    std::fs::remove_dir_all(&folder)?;
    assert!(accuracy > 0.93, "it was not learned");
    Ok(())
}
