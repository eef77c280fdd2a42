//! Checkpoints that are damaged, or hold numbers that cannot be meant.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use kseq::callbacks::{BackupAndRestore, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau};
use kseq::prelude::*;

use super::{Fails, Folder, Net, X, Y, net, quiet};

sequential! {
    Fuzzed = [
        Dense(3, activation = "relu", input_shape = (2,)),
        BatchNormalization(),
        Dropout(0.3),
        Dense(2, activation = "softmax"),
    ]
}

/// Goes on from a checkpoint with these bytes.
fn resume(folder: &Folder, checkpoint: &[u8]) -> Result<History, Error> {
    std::fs::create_dir_all(folder.path("b")).unwrap();
    std::fs::write(folder.path("b/latest.safetensors"), checkpoint).unwrap();
    let (x, y) = ([[0.5, 1.0]; 12], [[1.0, 0.0]; 12]);
    let loss = CategoricalCrossentropy::default();
    let mut model = Fuzzed::new(1).compile(Adam::new(0.01), loss, (Accuracy,));
    let before = model.get_weights();
    let mut backup = BackupAndRestore::new(folder.path("b")).save_freq(1);
    let mut stop = EarlyStopping::new().patience(5).restore_best_weights(true);
    let mut reduce = ReduceLROnPlateau::new().patience(2);
    let mut save = ModelCheckpoint::new(folder.path("m")).save_freq(2);
    let fit = Fit::new()
        .batch_size(2)
        .epochs(4)
        .verbose(0)
        .validation_data(&x[..6], &y[..6])
        .callbacks([&mut stop, &mut reduce, &mut save, &mut backup]);
    let outcome = model.fit(&x[6..], &y[6..], fit);
    if outcome.is_err() {
        assert!(model.get_weights() == before, "an error changed the model");
    }
    outcome
}

#[test]
fn numbers_that_cannot_be_meant_are_errors() {
    let folder = Folder::new("numbers");
    for (name, bytes) in [
        (
            "batches_136",
            &include_bytes!("checkpoints_of_a_fuzzer/batches_136.safetensors")[..],
        ),
        (
            "reduce_lr_on_plateau_172",
            &include_bytes!("checkpoints_of_a_fuzzer/reduce_lr_on_plateau_172.safetensors")[..],
        ),
        (
            "save_freq_25",
            &include_bytes!("checkpoints_of_a_fuzzer/save_freq_25.safetensors")[..],
        ),
    ] {
        let error = resume(&folder, bytes).expect_err(name).to_string();
        println!("{name}: {error}");
        assert!(error.contains("latest.safetensors: "), "{error}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let folder = Folder::new("bits");
    let mut model = net();
    let mut backup = BackupAndRestore::new(folder.path("b")).save_freq(1);
    let mut fails = Fails(1);
    let mut stop = EarlyStopping::new().monitor("loss");
    let fit = quiet(3).callbacks([&mut stop, &mut backup, &mut fails]);
    model.fit(&X, &Y, fit).unwrap_err();
    let whole = std::fs::read(folder.path("b/latest.safetensors")).unwrap();
    let path = folder.path("flipped");
    let before = model.get_weights();
    std::fs::write(&path, &whole).unwrap();
    let unnoticed = flips(&path, 0, &mut |path| model.load(path).is_ok());
    assert_eq!(unnoticed, 0, "of {} bits", 8 * whole.len());
    assert!(model.get_weights() == before);
    model.load(&path).unwrap();
    // Of weights alone, all but those of the words that say that there is a checksum.
    model.save_weights(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let header = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let unnoticed = flips(&path, 8 + header, &mut |path| {
        Net::new(0).load_weights(path).is_ok()
    });
    assert_eq!(unnoticed, 0);
}

/// Flips every bit of a file from a byte on, one at a time; how many of these files are taken.
fn flips(path: &Path, from: usize, taken: &mut dyn FnMut(&Path) -> bool) -> usize {
    let whole = std::fs::read(path).unwrap();
    // In place: a file that is written anew is brought to the disk each time.
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    let mut set = |at: usize, byte: u8| {
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[byte]).unwrap();
    };
    let mut count = 0;
    for (at, byte) in whole.iter().enumerate().skip(from) {
        for bit in 0..8 {
            set(at, byte ^ 1 << bit);
            count += usize::from(taken(path));
        }
        set(at, *byte);
    }
    count
}

#[test]
fn a_damaged_file_says_so() {
    let folder = Folder::new("damaged");
    let path = folder.path("m");
    net().save(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = net().load(&path).unwrap_err().to_string();
    assert!(error.contains("checksum"), "{error}");
}

#[test]
fn files_of_other_programs_have_no_checksum() {
    let folder = Folder::new("others");
    let path = folder.path("w");
    Net::new(1).save_weights(&path).unwrap();
    // Read and written again by another program.
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    safetensors::serialize_to_file(file.tensors(), None, &path).unwrap();
    let mut read = Net::new(2);
    read.load_weights(&path).unwrap();
    assert!(read.get_weights() == Net::new(1).get_weights());
}
