//! `CSVLogger` and `TensorBoard` after an interruption, and beside what is there.

use std::fs;

use kseq::callbacks::{BackupAndRestore, CSVLogger, TensorBoard};
use kseq::metrics;
use kseq::prelude::*;

use super::{Fails, Folder, Net, X, Y, net, quiet};

/// Logs a value in the first epoch only.
struct Own;

impl<M: Model> Callback<M> for Own {
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if epoch == 0 {
            t.log("own", 1.0);
        }
        Ok(())
    }
}

/// Five epochs, interrupted in the third; what happens to the table before it goes on.
fn interrupted(name: &str, append: Option<&str>, between: fn(&std::path::Path)) -> [String; 2] {
    let folder = Folder::new(name);
    let train = |table: &std::path::Path, fails: usize| {
        let (mut own, mut fails) = (Own, Fails(fails));
        let mut csv = CSVLogger::new(table).append(append.is_some());
        let mut backup = BackupAndRestore::new(folder.path("backup"));
        let fit = quiet(5).callbacks([&mut own, &mut csv, &mut backup, &mut fails]);
        net().fit(&X, &Y, fit).is_ok()
    };
    let (whole, table) = (folder.path("whole.csv"), folder.path("table.csv"));
    if let Some(before) = append {
        fs::write(&whole, before).unwrap();
        fs::write(&table, before).unwrap();
    }
    assert!(train(&whole, 9));
    assert!(!train(&table, 2));
    between(&table);
    assert!(train(&table, 9));
    [whole, table].map(|path| fs::read_to_string(path).unwrap())
}

#[test]
fn a_table_that_is_gone_or_short_is_written_again() {
    for (name, between) in [
        ("stays", (|_| {}) as fn(&std::path::Path)),
        ("gone", |table| fs::remove_file(table).unwrap()),
        ("short", |table| {
            let file = fs::File::options().write(true).open(table).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        }),
        ("replaced", |table| {
            fs::write(table, "something else\r\n".repeat(50)).unwrap();
        }),
    ] {
        let [whole, table] = interrupted(name, None, between);
        assert_eq!(table, whole, "{name}");
        assert_eq!(whole.lines().next(), Some("epoch,loss,own"));
        assert!(whole.lines().all(|line| line.matches(',').count() == 2));
    }
}

#[test]
fn rows_of_before_stay_when_a_table_is_appended_to() {
    let before = "epoch,loss,own\r\n7,0.5,NA\r\n";
    let [whole, table] = interrupted("append", Some(before), |_| {});
    assert_eq!(table, whole);
    assert!(
        table.starts_with(before) && table.lines().count() == 7,
        "{table}"
    );
    // Cut off in its middle: what this training knows is written again.
    let [whole, table] = interrupted("append-short", Some(before), |table| {
        let file = fs::File::options().write(true).open(table).unwrap();
        file.set_len(30).unwrap();
    });
    assert_eq!(table, whole);
    // Gone: what this training knows.
    let [whole, table] = interrupted("append-gone", Some(before), |table| {
        fs::remove_file(table).unwrap();
    });
    assert_eq!(table, whole.replace("7,0.5,NA\r\n", ""));
}

/// The checkpoint is from before the first row, and the process ends after it.
#[test]
fn a_table_has_its_columns_if_the_first_epoch_is_repeated() {
    for append in [false, true] {
        let folder = Folder::new("first-row");
        let table = folder.path("table.csv");
        let train = |fails: usize| {
            let mut csv = CSVLogger::new(&table).append(append);
            let mut backup = BackupAndRestore::new(folder.path("backup")).save_freq(1);
            let mut fails = Fails(fails);
            let fit = quiet(3).callbacks([&mut csv, &mut backup, &mut fails]);
            net().fit(&X, &Y, fit)
        };
        train(0).unwrap_err();
        let first = fs::read_to_string(&table).unwrap();
        assert_eq!(first.lines().count(), 2, "{first}");
        train(9).unwrap();
        let whole = fs::read_to_string(&table).unwrap();
        assert!(
            whole.starts_with(&first) && whole.lines().count() == 4,
            "{whole}"
        );
    }
}

/// A table of another run is not cut off where this one had ended, nor written into.
#[test]
fn a_table_of_another_run_is_not_gone_on_with() {
    let header = "epoch,loss,own\r\n";
    let other = || format!("{header}{}", "0,0.125,NA\r\n".repeat(20));
    for (before, between) in [
        // Longer, with the same columns; and shorter.
        (String::new(), other()),
        (format!("{header}7,0.5,NA\r\n"), other()),
        (String::new(), format!("{header}0,0.125,NA\r\n")),
        (
            format!("{header}7,0.5,NA\r\n"),
            format!("{header}0,0.125,NA\r\n"),
        ),
        // Where this run had begun, another one has gone on.
        (
            format!("{header}7,0.5,NA\r\n"),
            format!("{header}7,0.5,NA\r\n{}", "0,0.125,NA\r\n".repeat(20)),
        ),
    ] {
        for append in [false, true] {
            let folder = Folder::new("another");
            let table = folder.path("table.csv");
            let train = |fails: usize| {
                let (mut own, mut fails) = (Own, Fails(fails));
                let mut csv = CSVLogger::new(&table).append(append);
                let mut backup = BackupAndRestore::new(folder.path("backup"));
                let fit = quiet(5).callbacks([&mut own, &mut csv, &mut backup, &mut fails]);
                net().fit(&X, &Y, fit)
            };
            fs::write(&table, &before).unwrap();
            assert!(train(2).is_err());
            fs::write(&table, &between).unwrap();
            let trained = train(9);
            let found = fs::read_to_string(&table).unwrap();
            if append {
                let error = trained.unwrap_err().to_string();
                assert!(error.contains("no longer the table"), "{error}");
                assert_eq!(found, between);
            } else {
                trained.unwrap();
                assert_eq!(found.lines().count(), 6, "{found}");
                assert!(!found.contains("0.125"), "{found}");
            }
        }
    }
}

/// Rows that another run has added behind those of this one are not cut off either.
#[test]
fn rows_of_another_run_are_not_cut_off() {
    let folder = Folder::new("added");
    let table = folder.path("table.csv");
    let train = |fails: usize, backup: &str| {
        let (mut own, mut fails) = (Own, Fails(fails));
        let mut csv = CSVLogger::new(&table).append(true);
        let mut backup = BackupAndRestore::new(folder.path(backup));
        let fit = quiet(5).callbacks([&mut own, &mut csv, &mut backup, &mut fails]);
        net().fit(&X, &Y, fit)
    };
    assert!(train(2, "one").is_err());
    train(9, "two").unwrap();
    let both = fs::read_to_string(&table).unwrap();
    let error = train(9, "one").unwrap_err().to_string();
    assert!(error.contains("no longer the table"), "{error}");
    assert_eq!(fs::read_to_string(&table).unwrap(), both);
}

#[test]
fn callbacks_that_write_files_can_be_shared() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&CSVLogger::new("log.csv"));
    shared(&TensorBoard::new("logs"));
}

/// What a checkpoint counts on could not be brought to the disk: an error of `fit`, and no checkpoint of it.
#[test]
fn an_error_of_the_disk_is_one_of_fit() {
    struct Full;
    impl<M: Model> Callback<M> for Full {
        fn sync(&mut self) -> Result<(), Error> {
            let (name, why) = ("Full".into(), "no space left".into());
            Err(Error::Callback { name, why })
        }
    }
    let folder = Folder::new("full");
    let mut backup = BackupAndRestore::new(folder.path("backup"));
    let mut full = Full;
    let fit = quiet(2).callbacks([&mut full, &mut backup]);
    let error = net().fit(&X, &Y, fit).unwrap_err();
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(
        fs::read_dir(folder.path("backup")).map_or(0, Iterator::count),
        0
    );
}

#[test]
fn names_with_commas_and_quotes_are_quoted() {
    let folder = Folder::new("names");
    let path = folder.path("log.csv");
    let distance = |y: &[f32; 3], p: &[f32; 3]| (y[0] - p[0]).abs();
    let metrics = || {
        (
            metrics::function("a,b", distance),
            metrics::function("say \"it\"", distance),
        )
    };
    let model = || Net::new(1).compile(SGD::default(), MeanSquaredError::default(), metrics());
    let mut log = CSVLogger::new(&path);
    model().fit(&X, &Y, quiet(1).callbacks([&mut log])).unwrap();
    // What is appended finds the names again.
    let mut log = CSVLogger::new(&path).append(true);
    model().fit(&X, &Y, quiet(1).callbacks([&mut log])).unwrap();
    let table = fs::read_to_string(&path).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("epoch,\"a,b\",loss,\"say \"\"it\"\"\""));
    assert!(lines.all(|line| line.matches(',').count() == 3), "{table}");
}

#[test]
fn a_table_with_other_columns_is_not_appended_to() {
    let folder = Folder::new("other");
    let path = folder.path("log.csv");
    for (there, why) in [
        ("epoch,accuracy\r\n0,0.5\r\n", "has no column `loss`"),
        (
            "epoch,accuracy,loss\r\n0,0.5,1\r\n",
            "has a column `accuracy`",
        ),
        (
            "epoch;loss\r\n0;0.5\r\n",
            "expected a table that begins with `epoch",
        ),
        (
            "something else\n",
            "expected a table that begins with `epoch",
        ),
        (
            "\u{0}\u{0}\u{0}",
            "expected a table that begins with `epoch",
        ),
    ] {
        fs::write(&path, there).unwrap();
        let mut log = CSVLogger::new(&path).append(true);
        let mut model = net();
        let before = model.get_weights();
        let error = model
            .fit(&X, &Y, quiet(2).callbacks([&mut log]))
            .unwrap_err();
        assert!(model.get_weights() == before, "before the first step");
        assert!(error.to_string().contains(why), "{error} should say {why}");
        assert_eq!(fs::read_to_string(&path).unwrap(), there);
    }
    // Another order of the columns fits; so does a table whose last line does not end.
    fs::write(&path, "epoch,own,loss\r\n7,2,1").unwrap();
    let mut log = CSVLogger::new(&path).append(true);
    net()
        .fit(&X, &Y, quiet(1).callbacks([&mut Own, &mut log]))
        .unwrap();
    let table = fs::read_to_string(&path).unwrap();
    assert!(
        table.starts_with("epoch,own,loss\r\n7,2,1\r\n0,1,0."),
        "{table}"
    );
}

#[test]
#[cfg(unix)]
fn a_table_may_go_to_a_device() {
    let mut log = CSVLogger::new("/dev/null");
    net().fit(&X, &Y, quiet(2).callbacks([&mut log])).unwrap();
    let mut log = CSVLogger::new("/dev/null").append(true);
    net().fit(&X, &Y, quiet(2).callbacks([&mut log])).unwrap();
    let folder = Folder::new("device");
    let fifo = folder.path("fifo");
    let made = super::run(std::process::Command::new("mkfifo").arg(&fifo));
    assert!(made.is_ok_and(|made| made.success()));
    // Nobody reads: an error and not a wait.
    let mut log = CSVLogger::new(&fifo);
    let error = net()
        .fit(&X, &Y, quiet(2).callbacks([&mut log]))
        .unwrap_err();
    assert!(error.to_string().contains("found a pipe"), "{error}");
}

#[test]
fn events_that_are_gone_begin_anew_without_a_gap() {
    let folder = Folder::new("events");
    let train = |fails: usize| {
        let mut fails = Fails(fails);
        // Without the layers all records are short.
        let mut board = TensorBoard::new(folder.path("logs")).write_graph(false);
        let mut backup = BackupAndRestore::new(folder.path("backup"));
        let fit = quiet(5).callbacks([&mut board, &mut backup, &mut fails]);
        net().fit(&X, &Y, fit).is_ok()
    };
    let file = || {
        let mut all = fs::read_dir(folder.path("logs/train")).unwrap();
        all.next().unwrap().unwrap().path()
    };
    /// The lengths of the records, as far as they are whole.
    fn records(mut bytes: &[u8]) -> usize {
        let mut count = 0;
        while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
            let whole = u64::from_le_bytes(*length) as usize + 8;
            assert!(rest.len() >= whole && whole > 8, "record {count}");
            bytes = &rest[whole..];
            count += 1;
        }
        assert!(bytes.is_empty());
        count
    }
    // A first record with the version, and loss and learning rate of five epochs.
    for (cut, whole) in [(None, 11), (Some(0), 7), (Some(70), 7), (Some(100), 8)] {
        assert!(!train(2));
        if let Some(cut) = cut {
            let file = fs::File::options().write(true).open(file()).unwrap();
            file.set_len(cut).unwrap();
        }
        assert!(train(9));
        assert_eq!(records(&fs::read(file()).unwrap()), whole, "{cut:?}");
        fs::remove_dir_all(folder.path("logs")).unwrap();
    }
}
