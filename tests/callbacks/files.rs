//! Callbacks that write files.

use kseq::callbacks::{CSVLogger, LearningRateScheduler, ModelCheckpoint};
use kseq::prelude::*;

use super::{Folder, Script, X, Y, one, validated};

#[test]
fn checkpoints_after_every_so_many_batches() {
    let folder = Folder::new("batches");
    let mut save = ModelCheckpoint::new(folder.0.join("deep/er/{epoch}-{batch}")).save_freq(3);
    let mut model = one(0.1);
    let (x, y) = ([X[0]; 4], [Y[0]; 4]);
    let fit = Fit::new().epochs(2).batch_size(1).verbose(0);
    model.fit(&x, &y, fit.callbacks([&mut save])).unwrap();
    let inner = Folder(folder.0.join("deep/er"));
    // Eight batches, four an epoch: the third and the sixth.
    assert_eq!(inner.files(), ["1-3", "2-2"]);
    // A whole model goes on with its optimizer.
    let mut resumed = one(0.7);
    resumed.load(inner.0.join("2-2")).unwrap();
    resumed.train_on_batch(&X, &Y).unwrap();
    resumed.train_on_batch(&X, &Y).unwrap();
    assert_eq!(resumed.get_weights(), model.get_weights());
}

#[test]
fn a_table_of_the_epochs() {
    let folder = Folder::new("csv");
    let path = folder.0.join("log.csv");
    let script = [0.5, 1.5, 0.1];
    let mut script = Script(&script);
    let mut schedule = LearningRateScheduler::new(|epoch, _| 0.5f32.powi(epoch as i32));
    let mut log = CSVLogger::new(&path).separator(';');
    let mut model = one(0.5);
    let fit =
        validated(3)
            .validation_freq(&[1, 3])
            .callbacks([&mut script, &mut schedule, &mut log]);
    let history = model.fit(&X, &Y, fit).unwrap();
    let loss = history.get("loss").unwrap();
    // As Keras: epochs from 0, names in order, NA where there is no value, lines as in Excel.
    let table = format!(
        "epoch;learning_rate;loss;val_loss\r\n0;1;{};0.25\r\n1;0.5;{};NA\r\n2;0.25;{};0.010000001\r\n",
        loss[0], loss[1], loss[2]
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), table);
    // More rows, and from the beginning again.
    let mut log = CSVLogger::new(&path).separator(';').append(true);
    let fit = validated(4).initial_epoch(3).verbose(0);
    model
        .fit(&X, &Y, fit.callbacks([&mut schedule, &mut log]))
        .unwrap();
    let longer = std::fs::read_to_string(&path).unwrap();
    let added = longer.strip_prefix(&table).unwrap();
    assert!(
        added.starts_with("3;0.125;") && added.lines().count() == 1,
        "{added}"
    );
    let mut log = CSVLogger::new(&path);
    model
        .fit(&X, &Y, validated(1).callbacks([&mut log]))
        .unwrap();
    let again = std::fs::read_to_string(&path).unwrap();
    assert!(again.starts_with("epoch,loss,val_loss\r\n0,"), "{again}");
    assert_eq!(again.lines().count(), 2);
}
