//! A training that is killed (SIGKILL) at random moments, while it saves a checkpoint after every step, weights after every
//! third one and a row of a table after every epoch, goes on from the last checkpoint and ends with the bits of one that was never killed.
//! `KSEQ_KILLS=1000` kills more of them; `KSEQ_STRACE=500` also kills, fails or interrupts so many at a certain call of the system's,
//! one after the other, with `strace`.

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
        .save_freq(3);
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

/// A process that does this in a folder.
fn process(what: &str, folder: &Path) -> Child {
    let program = std::env::current_exe().expect("the program has a path");
    let mut command = Command::new(program);
    let command = command.arg(what).arg(folder).stdin(Stdio::null());
    command.spawn().expect("the program starts")
}

/// A training in a process of its own.
fn child(folder: &Path) -> Child {
    process("train", folder)
}

/// Saves two models in turn, until it is killed.
fn write(folder: &Path) -> Result<(), Error> {
    let models = [Net::new(1), Net::new(2)];
    loop {
        for model in &models {
            model.save_weights(folder.join("weights"))?;
        }
    }
}

/// Two processes write the same path until they are killed; whoever reads finds one of the two models.
fn two_writers() {
    let folder = folder("two");
    let weights = folder.join("weights");
    let models = [1, 2].map(|seed| Net::new(seed).get_weights());
    let (mut rng, mut found) = (Rng::new(SEED, Purpose::User, 1, 0), [0; 2]);
    for round in 0..5 {
        let mut writers = [0; 2].map(|_| process("write", &folder));
        while !weights.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let reads = 20 + rng.below(40);
        for _ in 0..reads {
            let mut read = Net::new(0);
            let loaded = read.load_weights(&weights);
            loaded.unwrap_or_else(|e| panic!("round {round}: {e}"));
            let read = read.get_weights();
            let which = models.iter().position(|model| *model == read);
            found[which.expect("one of the two")] += 1;
        }
        for writer in &mut writers {
            writer.kill().expect("it can be killed");
            assert!(!writer.wait().expect("it ends").success());
        }
        // The next process removes what they have left.
        let mut once = process("once", &folder);
        assert!(once.wait().expect("it ends").success());
        let files = std::fs::read_dir(&folder).expect("the folder is there");
        assert_eq!(files.count(), 1, "round {round}");
    }
    println!("two writers of one path, killed five times: read whole, {found:?} times of each");
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
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

/// The calls that change files.
const CALLS: &str = "write,ftruncate,fsync,rename,unlink,mkdir,fchmod";

/// A training of which strace does something with the calls that change files.
fn traced(folder: &Path, arguments: &[&str]) -> Command {
    let program = std::env::current_exe().expect("the program has a path");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", &format!("trace={CALLS}")]);
    command
        .args(arguments)
        .arg(program)
        .arg("train")
        .arg(folder);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// So many trainings that end at a certain call, those in between left out: killed before it, or since it fails. The next one goes
/// on and leaves what one leaves that was not ended.
fn ended_at_calls(n: usize, expected: &[Vec<u8>; 4]) {
    let whole = folder("traced");
    let log = whole.join("calls");
    let log = log.to_str().expect("the path is of letters");
    let traced_whole = traced(&whole, &["-o", log])
        .status()
        .expect("strace is there");
    assert!(traced_whole.success());
    // Of the thread that has the most: strace counts those of each by itself.
    let mut calls = std::collections::BTreeMap::new();
    for line in std::fs::read_to_string(log)
        .expect("strace wrote it")
        .lines()
    {
        *calls
            .entry(line.split(' ').next().map(String::from))
            .or_insert(0) += 1;
    }
    let calls = calls.into_values().max().unwrap_or(0);
    let (mut ended, mut kinds) = (0, [0; 3]);
    for run in 0..n {
        let call = 1 + run / 3 * 3 * calls / n;
        let (kind, what) = [
            ("killed", "signal=KILL"),
            ("no room", "error=ENOSPC"),
            ("a disk that fails", "error=EIO"),
        ][run % 3];
        let folder = folder("at");
        let inject = format!("inject={CALLS}:{what}:when={call}");
        let mut first = traced(&folder, &["-o", "/dev/null", "-e", &inject]);
        let first = first.status().expect("strace is there");
        ended += usize::from(!first.success());
        kinds[run % 3] += usize::from(!first.success());
        let at = format!("{kind} at call {call}");
        for file in ["backup/latest.safetensors", LEFT[2]] {
            let saved = folder.join(file);
            if saved.exists() {
                let loaded = Net::new(0).load_weights(&saved);
                loaded.unwrap_or_else(|e| panic!("{at}: {e}"));
            }
        }
        check(&at, result(child(&folder), &folder), expected, &folder);
    }
    std::fs::remove_dir_all(whole).expect("the folder can be removed");
    println!(
        "{n} trainings, {ended} ended at one of {calls} calls that change files {kinds:?}: all with the same bits"
    );
    assert!(ended > n / 3, "too few were ended");
}

/// What is left is what is left by one that was not ended, and no other file; the folder is removed.
fn check(at: &str, found: [Vec<u8>; 4], expected: &[Vec<u8>; 4], folder: &Path) {
    for (name, (found, expected)) in LEFT.iter().zip(found.iter().zip(expected)) {
        assert!(found == expected, "{at}: {name} differs");
    }
    // Of the files that were under way when it was killed nothing is left.
    for of_one in ["backup", "saved"] {
        let files = std::fs::read_dir(folder.join(of_one)).expect("it was saved");
        assert_eq!(files.count(), 1, "{at}: {of_one}");
    }
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kseq-kill-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some(what), Some(folder)) = (arguments.next(), arguments.next()) {
        let folder = Path::new(&folder);
        let done = match what.as_str() {
            "train" => Some(train(folder)),
            "write" => Some(write(folder)),
            "once" => Some(Net::new(1).save_weights(folder.join("weights"))),
            _ => None,
        };
        if let Some(done) = done {
            return done.expect("the files can be written");
        }
    }
    two_writers();
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
        check(&at, result(child(&folder), &folder), &expected, &folder);
    }
    std::fs::remove_dir_all(whole).expect("the folder can be removed");
    println!(
        "{runs} trainings, {killed} killed while they ran, {resumed} of them resumed from a checkpoint: \
         all with the same bits ({:.1} s)",
        start.elapsed().as_secs_f32()
    );
    if let Ok(n) = std::env::var("KSEQ_STRACE") {
        ended_at_calls(n.parse().expect("KSEQ_STRACE is a number"), &expected);
    }
    assert!(
        killed > runs / 2 && resumed > runs / 4,
        "too few were killed in time"
    );
}
