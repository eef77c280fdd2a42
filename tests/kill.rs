//! A training that is killed (SIGKILL) at random moments, while it saves a checkpoint and weights after every step and a
//! row of a table after every epoch, goes on from the last checkpoint and ends with the bits of one that was never killed.
//! `KSEQ_KILLS=1000` kills more of them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kseq::callbacks::{BackupAndRestore, CSVLogger, EarlyStopping, ModelCheckpoint};
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

/// How many trainings are killed, if the environment does not say so.
const RUNS: usize = 50;
/// Of the moments.
const SEED: u64 = 2026;

sequential! {
    Net = [
        Dense(16, activation = "relu", input_shape = (8,)),
        BatchNormalization(),
        Dropout(0.3),
        Dense(3, activation = "softmax"),
    ]
}

/// What the child does: trains, from the checkpoint if there is one, and saves the result.
fn train(folder: &Path) -> Result<(), Error> {
    let mut rng = Rng::new(5, Purpose::User, 0, 0);
    let x: Vec<[f32; 8]> = (0..60)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let classes: Vec<u32> = (0..60).map(|_| rng.below(3)).collect();
    let y: Vec<[f32; 3]> = to_categorical(&classes)?;
    let loss = CategoricalCrossentropy::default();
    let mut model = Net::new(4).compile(Adam::new(0.01), loss, (Accuracy,));
    let mut backup = BackupAndRestore::new(folder.join("backup"))
        .save_freq(1)
        .delete_checkpoint(false);
    let mut stop = EarlyStopping::new().patience(9).restore_best_weights(true);
    let mut latest = ModelCheckpoint::new(folder.join("saved/latest.safetensors"))
        .save_weights_only(true)
        .save_freq(1);
    let mut table = CSVLogger::new(folder.join("table.csv"));
    let fit = Fit::new()
        .batch_size(8)
        .epochs(7)
        .verbose(0)
        .validation_split(0.2)
        .callbacks([&mut backup, &mut stop, &mut latest, &mut table]);
    let history = model.fit(&x, &y, fit)?;
    let values = history
        .keys()
        .flat_map(|key| history.get(key).unwrap_or_default());
    let values: Vec<String> = values.map(|v| format!("{:08x}", v.to_bits())).collect();
    std::fs::write(folder.join("history"), values.join(" ")).expect("the folder can be written");
    model.save_weights(folder.join("weights"))
}

/// A training in a process of its own.
fn child(folder: &Path) -> Child {
    let program = std::env::current_exe().expect("the program has a path");
    let mut command = Command::new(program);
    let command = command.arg("train").arg(folder).stdin(Stdio::null());
    command.spawn().expect("the program starts")
}

/// What a training leaves.
const LEFT: [&str; 4] = [
    "history",
    "weights",
    "saved/latest.safetensors",
    "table.csv",
];

/// Waits for the end of a training: what it has left.
fn result(mut child: Child, folder: &Path) -> [Vec<u8>; 4] {
    assert!(child.wait().expect("it ends").success());
    LEFT.map(|name| std::fs::read(folder.join(name)).expect("the training saved it"))
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kseq-kill-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some("train"), Some(folder)) = (arguments.next().as_deref(), arguments.next()) {
        return train(Path::new(&folder)).expect("the training ends well");
    }
    let runs = std::env::var("KSEQ_KILLS").ok();
    let runs = runs.map_or(RUNS, |n| n.parse().expect("KSEQ_KILLS is a number"));
    let start = Instant::now();
    let whole = folder("whole");
    let expected = result(child(&whole), &whole);
    let mut duration = start.elapsed();
    let mut rng = Rng::new(SEED, Purpose::User, 0, 0);
    let (mut killed, mut resumed) = (0, 0);
    for run in 0..runs {
        let folder = folder(&run.to_string());
        let mut running = child(&folder);
        let moment = duration.mul_f32(0.8 * rng.uniform());
        std::thread::sleep(moment.max(Duration::from_millis(1)));
        running.kill().expect("it can be killed");
        let in_time = !running.wait().expect("it ends").success();
        killed += usize::from(in_time);
        // The first one may have taken longer than those that follow it.
        if !in_time {
            duration = duration.mul_f32(0.9);
        }
        let at = format!("run {run}, killed after {moment:?}");
        for file in ["backup/latest.safetensors", LEFT[2]] {
            let saved = folder.join(file);
            if saved.exists() {
                resumed += usize::from(in_time && file != LEFT[2]);
                let loaded = Net::new(0).load_weights(&saved);
                loaded.unwrap_or_else(|e| panic!("{at}: {e}"));
            }
        }
        let found = result(child(&folder), &folder);
        for (name, (found, expected)) in LEFT.iter().zip(found.iter().zip(&expected)) {
            assert!(found == expected, "{at}: {name} differs");
        }
        // Of the files that were under way when it was killed nothing is left.
        for of_one in ["backup", "saved"] {
            let files = std::fs::read_dir(folder.join(of_one)).expect("it was saved");
            assert_eq!(files.count(), 1, "{at}: {of_one}");
        }
        std::fs::remove_dir_all(folder).expect("the folder can be removed");
    }
    std::fs::remove_dir_all(whole).expect("the folder can be removed");
    println!(
        "{runs} trainings, {killed} killed while they ran, {resumed} of them resumed from a checkpoint: \
         all with the same bits ({:.1} s)",
        start.elapsed().as_secs_f32()
    );
    assert!(
        killed > runs / 2 && resumed > runs / 4,
        "too few were killed in time"
    );
}
