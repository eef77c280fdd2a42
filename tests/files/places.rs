//! Places that cannot be written are errors before the first step; an error of `fit` leaves the history.

use kseq::callbacks::{BackupAndRestore, CSVLogger, ModelCheckpoint, TensorBoard};
use kseq::prelude::*;

use super::{Fails, Folder, Net, X, Y, net, quiet};

/// The updates after a `fit` that fails.
fn updates(callback: &mut dyn Callback<Net>) -> (u64, String) {
    struct Counts(u64);
    impl Callback<Net> for Counts {
        fn on_train_batch_begin(
            &mut self,
            _: usize,
            _: &mut Training<'_, Net>,
        ) -> Result<(), Error> {
            self.0 += 1;
            Ok(())
        }
    }
    let mut counts = Counts(0);
    let fit = quiet(2).callbacks([callback, &mut counts]);
    let error = net().fit(&X, &Y, fit).unwrap_err();
    (counts.0, error.to_string())
}

#[test]
fn places_that_cannot_be_written_are_errors_before_the_first_step() {
    let folder = Folder::new("places");
    std::fs::write(folder.path("file"), "").unwrap();
    std::fs::create_dir_all(folder.path("logs")).unwrap();
    std::fs::write(folder.path("logs/train"), "no folder").unwrap();
    std::fs::create_dir_all(folder.path("taken/latest.safetensors")).unwrap();
    let in_file = folder.path("file/deep");
    // A file system in which nobody makes a file, root neither.
    let proc = std::path::Path::new("/proc/self");
    let check = |callback: &mut dyn Callback<Net>, place: &str| {
        let (updates, error) = updates(callback);
        assert_eq!(updates, 0, "{error}");
        assert!(error.contains(place), "{error} should name {place}");
    };
    check(&mut ModelCheckpoint::new(in_file.join("w")), "file/deep");
    check(
        &mut ModelCheckpoint::new(in_file.join("{epoch}/w")),
        "file/deep",
    );
    check(
        &mut ModelCheckpoint::new(in_file.join("w")).save_weights_only(true),
        "file/deep",
    );
    check(&mut ModelCheckpoint::new(folder.path("logs")), "logs");
    check(&mut BackupAndRestore::new(&in_file), "file/deep");
    check(&mut BackupAndRestore::new(folder.path("taken")), "taken");
    check(&mut TensorBoard::new(&in_file), "file/deep");
    check(&mut TensorBoard::new(folder.path("logs")), "logs");
    check(&mut CSVLogger::new(in_file.join("log.csv")), "file/deep");
    check(&mut CSVLogger::new(&folder.0), "places");
    if proc.exists() {
        check(
            &mut ModelCheckpoint::new(proc.join("w.{epoch}")),
            "/proc/self",
        );
        check(&mut ModelCheckpoint::new(proc.join("w")), "/proc/self");
        check(&mut BackupAndRestore::new(proc), "/proc/self");
        check(&mut TensorBoard::new(proc), "/proc/self");
        check(&mut CSVLogger::new(proc.join("log.csv")), "/proc/self");
    }
    // The probes leave nothing but folders.
    let mut save = ModelCheckpoint::new(folder.path("new/{epoch}.safetensors"));
    net().fit(&X, &Y, quiet(0).callbacks([&mut save])).unwrap();
    assert_eq!(std::fs::read_dir(folder.path("new")).unwrap().count(), 0);
}

#[test]
fn an_error_of_fit_leaves_the_history() {
    let mut model = net();
    let whole = model.fit(&X, &Y, quiet(5)).unwrap();
    assert_eq!(model.history(), &whole);
    let mut model = net();
    let mut fails = Fails(3);
    let error = model
        .fit(&X, &Y, quiet(5).callbacks([&mut fails]))
        .unwrap_err();
    assert_eq!(error.to_string(), "Fails: the machine failed");
    assert_eq!(model.history().epoch(), [0, 1, 2, 3]);
    assert_eq!(
        model.history().get("loss"),
        whole.get("loss").map(|l| &l[..4])
    );
    // A generator that fails in the second epoch.
    let mut model = net();
    let batches = (0..).map(|i| match i < 3 {
        true => Ok((X.to_vec(), Y.to_vec())),
        false => Err(std::io::Error::other("gone")),
    });
    model
        .fit_generator(batches, quiet(5).steps_per_epoch(2))
        .unwrap_err();
    assert_eq!(model.history().epoch(), [0]);
    // Arguments that do not fit: no epoch.
    model.fit(&X, &Y, quiet(5).batch_size(0)).unwrap_err();
    assert_eq!(model.history(), &History::default());
}

/// Keras's `model.history` is there after any exception of a callback.
#[test]
fn a_panic_of_a_callback_leaves_the_history() {
    struct Panics(usize);
    impl<M: Model> Callback<M> for Panics {
        fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
            assert!(epoch != self.0, "a mistake of the user's");
            Ok(())
        }
    }
    let mut model = net();
    let whole = model.fit(&X, &Y, quiet(5)).unwrap();
    let batches = || std::iter::repeat_with(|| (X.to_vec(), Y.to_vec()));
    for generator in [false, true] {
        for threads in [1, 2] {
            let model = Net::new(1).threads(threads).unwrap();
            let mut model = model.compile(SGD::default(), MeanSquaredError::default(), ());
            let mut panics = Panics(3);
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let fit = quiet(5).callbacks([&mut panics]);
                match generator {
                    true => model.fit_generator(batches(), fit.steps_per_epoch(1)),
                    false => model.fit(&X, &Y, fit),
                }
            }));
            let panic = panic.expect_err("it panics");
            assert_eq!(panic.downcast_ref(), Some(&"a mistake of the user's"));
            assert_eq!(model.history().epoch(), [0, 1, 2]);
            assert_eq!(
                model.history().get("loss"),
                whole.get("loss").map(|l| &l[..3])
            );
            // And the model trains on.
            let rest = model.fit(&X, &Y, quiet(5).initial_epoch(3)).unwrap();
            assert_eq!(rest.get("loss"), whole.get("loss").map(|l| &l[3..]));
        }
    }
}
