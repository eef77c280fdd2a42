//! A disk that is full, or may only be read: everything that writes files says so with their paths, and what was there stays.
//!
//! The disk is a small `tmpfs`, which only root can have; without it these tests say that they are skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::RwLockReadGuard;

use kseq::callbacks::{BackupAndRestore, CSVLogger, ModelCheckpoint, TensorBoard};
use kseq::prelude::*;
use kseq::preprocessing::image::{Picture, array_to_img, save_img};
use kseq::utils::{plot_memory, plot_model};

use super::{Folder, Net, X, Y, net, nothing_begins, quiet, run};

/// A disk of a few pages. While it is there no other process begins: a removed file takes its room for as long as one has it open.
struct Disk {
    folder: Folder,
    nothing_begins: Option<RwLockReadGuard<'static, ()>>,
}

impl Disk {
    /// None if this user may not have one.
    fn new(name: &str) -> Option<Disk> {
        let folder = Folder::new(name);
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]);
        if run(mount.arg(&folder.0)).is_ok_and(|mounted| mounted.success()) {
            let nothing_begins = Some(nothing_begins());
            return Some(Disk {
                folder,
                nothing_begins,
            });
        }
        println!("skipped: only root can mount a small disk");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    /// Leaves so many free bytes.
    fn fill(&self, but: usize) {
        let filler = self.path("filler");
        let mut size = 512 << 10;
        // As large as there is room for.
        while fs::write(&filler, vec![1; size]).is_err() {
            size -= 4096;
        }
        fs::write(&filler, vec![1; size - but]).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }

    fn only_read(&mut self) {
        self.nothing_begins = None;
        let mut mount = Command::new("mount");
        let mounted = run(mount.args(["-o", "remount,ro"]).arg(&self.folder.0));
        assert!(mounted.is_ok_and(|mounted| mounted.success()));
        self.nothing_begins = Some(nothing_begins());
    }

    /// All files but those of the test, and what is in them.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut files, mut folders) = (Vec::new(), vec![self.folder.0.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false if entry.file_name() == "filler" => {}
                    false => files.push((entry.path(), fs::read(entry.path()).unwrap())),
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.nothing_begins = None;
        let _ = run(Command::new("umount").arg("-l").arg(&self.folder.0));
    }
}

/// A test of one writer: it writes to a path, or says why it cannot.
type Writer = (&'static str, fn(&Path) -> Result<(), String>);

fn said<E: ToString>(written: Result<(), E>) -> Result<(), String> {
    written.map_err(|e| e.to_string())
}

/// Trains with a callback that writes.
fn fit(callback: &mut dyn Callback<Net>, epochs: usize) -> Result<(), String> {
    let fit = quiet(epochs).callbacks([callback]);
    said(net().fit(&X, &Y, fit).map(drop))
}

fn picture() -> Picture {
    array_to_img(&[[[0.5f32; 3]; 40]; 40])
}

const WRITERS: &[Writer] = &[
    ("w.safetensors", |path| said(Net::new(2).save_weights(path))),
    ("deep/checkpoint.safetensors", |path| said(net().save(path))),
    ("saved/{epoch}.safetensors", |path| {
        fit(&mut ModelCheckpoint::new(path), 2)
    }),
    ("best.safetensors", |path| {
        let mut best = ModelCheckpoint::new(path).save_weights_only(true);
        fit(&mut best, 2)
    }),
    ("backup/latest.safetensors", |path| {
        let folder = path.parent().unwrap();
        // One that is resumed has something to do.
        let epochs = if path.exists() { 4 } else { 2 };
        let mut backup = BackupAndRestore::new(folder).delete_checkpoint(false);
        fit(&mut backup, epochs)
    }),
    ("table.csv", |path| fit(&mut CSVLogger::new(path), 2)),
    ("logs", |path| fit(&mut TensorBoard::new(path), 2)),
    ("model.svg", |path| said(plot_model(&Net::new(1), path))),
    ("model.dot", |path| said(plot_model(&Net::new(1), path))),
    ("memory.svg", |path| said(plot_memory(&Net::new(1), path))),
    ("picture.ppm", |path| said(save_img(path, &picture()))),
    ("history.svg", |path| {
        let history = net().fit(&X, &Y, quiet(3)).unwrap();
        said(history.plot(path))
    }),
    #[cfg(feature = "import")]
    ("w.npz", |path| said(Net::new(2).save_weights(path))),
    #[cfg(feature = "import")]
    ("model.keras", |path| said(Net::new(2).save_keras(path))),
    #[cfg(feature = "import")]
    ("model.h5", |path| said(net().save_keras(path))),
    #[cfg(feature = "import")]
    ("model.onnx", |path| said(Net::new(2).export_onnx(path))),
];

#[test]
fn a_full_disk_is_an_error_that_names_the_path_and_changes_nothing() {
    let Some(disk) = Disk::new("full-disk") else {
        return;
    };
    // A table that is begun anew makes room (there is a test for one that grows).
    for (name, write) in WRITERS.iter().filter(|(name, _)| *name != "table.csv") {
        let path = disk.path(name);
        write(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let before = disk.files();
        disk.fill(0);
        let error = write(&path).expect_err(name);
        let named = disk.path(name.split(['{', '/']).next().unwrap());
        assert!(error.contains(named.to_str().unwrap()), "{name}: {error}");
        assert!(error.contains("No space left on device"), "{name}: {error}");
        assert!(
            error.contains("help: make room on that disk"),
            "{name}: {error}"
        );
        let mut after = disk.files();
        // Events may have been begun, with nothing in them.
        after.retain(|(path, bytes)| !path.starts_with(disk.path("logs")) || !bytes.is_empty());
        assert_eq!(after, before, "{name}");
        disk.free();
        write(&path).unwrap_or_else(|e| panic!("{name}, with room again: {e}"));
        fs::remove_file(&path)
            .or_else(|_| fs::remove_dir_all(named))
            .unwrap();
    }
}

#[test]
fn a_disk_that_may_only_be_read_is_an_error_that_names_the_path() {
    let Some(mut disk) = Disk::new("read-only-disk") else {
        return;
    };
    for (name, write) in WRITERS {
        write(&disk.path(name)).unwrap();
    }
    let before = disk.files();
    disk.only_read();
    for (name, write) in WRITERS {
        for name in [name.to_string(), format!("new-{name}")] {
            let error = write(&disk.path(&name)).expect_err(&name);
            let named = disk.path(name.split(['{', '/']).next().unwrap());
            assert!(error.contains(named.to_str().unwrap()), "{name}: {error}");
            assert!(error.contains("Read-only file system"), "{name}: {error}");
            assert!(error.contains("help: "), "{name}: {error}");
        }
    }
    assert_eq!(disk.files(), before);
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let folder = Folder::new("no-folder");
    for (name, write) in WRITERS {
        // Callbacks and checkpoints make theirs.
        let path = folder.path("none").join(name);
        if let Err(error) = write(&path) {
            let none = folder.path("none");
            let none = none.display();
            let expected = format!("cannot make a file, there is no folder `{none}`");
            assert!(error.contains(&expected), "{name}: {error}");
            assert!(error.contains("help: make the folder first"), "{error}");
            assert!(!folder.path("none").exists(), "{name}");
        }
        let _ = fs::remove_dir_all(folder.path("none"));
    }
}

/// The disk becomes full in the middle of a training: the last checkpoint is gone on from, with the same bits.
#[test]
fn a_training_goes_on_when_there_is_room_again() {
    let Some(disk) = Disk::new("room-again") else {
        return;
    };
    let train = |fill_at: usize| {
        struct Fills<'d>(&'d Disk, usize);
        impl Callback<Net> for Fills<'_> {
            fn on_epoch_begin(
                &mut self,
                epoch: usize,
                _: &mut Training<'_, Net>,
            ) -> Result<(), Error> {
                if epoch == self.1 {
                    self.0.fill(0);
                }
                Ok(())
            }
        }
        let mut fills = Fills(&disk, fill_at);
        let mut backup = BackupAndRestore::new(disk.path("backup"));
        let mut table = CSVLogger::new(disk.path("table.csv"));
        let mut logs = TensorBoard::new(disk.path("logs"));
        let mut model = net();
        let fit = quiet(6).callbacks([&mut table, &mut logs, &mut backup, &mut fills]);
        let history = model.fit(&X, &Y, fit)?;
        let table = fs::read(disk.path("table.csv")).unwrap();
        Ok::<_, Error>((model.get_weights(), history, table))
    };
    let whole = train(usize::MAX).unwrap();
    fs::remove_dir_all(disk.path("logs")).unwrap();
    let error = train(3).unwrap_err().to_string();
    assert!(error.contains("No space left on device"), "{error}");
    let mut loaded = Net::new(9);
    loaded
        .load_weights(disk.path("backup/latest.safetensors"))
        .unwrap();
    disk.free();
    let resumed = train(usize::MAX).unwrap();
    assert!(resumed.0 == whole.0, "the weights differ");
    assert_eq!(resumed.1, whole.1);
    assert_eq!(resumed.2, whole.2);
    events_are_whole(&disk.path("logs/train"));
}

/// A file of TensorBoard's is records to its end: length, checksum, message, checksum.
fn events_are_whole(folder: &Path) -> usize {
    let mut records = 0;
    for file in fs::read_dir(folder).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        let mut rest = &bytes[..];
        while let Some((length, behind)) = rest.split_first_chunk::<8>() {
            let length = u64::from_le_bytes(*length) as usize;
            rest = behind.get(length + 8..).expect("a whole record");
            records += 1;
        }
        assert!(rest.is_empty());
    }
    records
}

/// A table and records of which the disk takes only some: they end with a whole one.
#[test]
fn logs_end_with_a_whole_row_and_a_whole_record() {
    let Some(disk) = Disk::new("logs") else {
        return;
    };
    let path = disk.path("table.csv");
    let train = || {
        let mut table = CSVLogger::new(&path);
        net().fit(&X, &Y, quiet(900).callbacks([&mut table]))
    };
    disk.fill(8192);
    let error = train().unwrap_err().to_string();
    assert!(
        error.contains("table.csv: cannot write all of it: No space left"),
        "{error}"
    );
    let table = fs::read_to_string(&path).unwrap();
    assert!(
        table.ends_with("\r\n") && table.len() > 8000,
        "{}",
        table.len()
    );
    let columns = |line: &str| line.matches(',').count() == 1;
    assert!(table.lines().all(columns));
    disk.free();
    fs::remove_file(&path).unwrap();

    let mut logs = TensorBoard::new(disk.path("logs"));
    disk.fill(8192);
    let error = net()
        .fit(&X, &Y, quiet(900).callbacks([&mut logs]))
        .unwrap_err();
    let error = error.to_string();
    assert!(error.contains("events.out.tfevents."), "{error}");
    assert!(
        error.contains("cannot write all of it: No space left"),
        "{error}"
    );
    assert!(events_are_whole(&disk.path("logs/train")) > 10);
}
