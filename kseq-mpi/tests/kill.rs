//! A training of which one rank is killed (SIGKILL) at a random moment ends by itself, within ten seconds and with the rank's
//! number, and leaves no process. Started again it goes on from its last checkpoint and ends with the bits of one that was never
//! killed; in parts of batches also with another number of ranks. A rank that is stopped (SIGSTOP) ends nothing: the others wait for it.
//!
//! Three are killed; `KSEQ_KILLS=50` kills more.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::mpirun;
use kseq::callbacks::{BackupAndRestore, CSVLogger};
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

/// How many trainings are killed, if the environment does not say so.
const RUNS: usize = 3;
/// Of the moments.
const SEED: u64 = 2026;
/// Within which the others end.
const SOON: Duration = Duration::from_secs(10);
/// Of a training.
const EPOCHS: usize = 20;

/// How a training runs, on how many ranks until one is killed, and on how many after that.
struct Case {
    what: &'static str,
    before: usize,
    after: usize,
}

const CASES: [Case; 3] = [
    Case {
        what: "whole",
        before: 2,
        after: 2,
    },
    Case {
        what: "parts",
        before: 2,
        after: 3,
    },
    Case {
        what: "whole",
        before: 3,
        after: 3,
    },
];

sequential! {
    Net = [
        Dense(16, activation = "relu", input_shape = (8,)),
        Dropout(0.3),
        Dense(3, activation = "softmax"),
    ]
}

/// What each rank does: trains, from the checkpoint if there is one. Rank 0 writes what came out.
fn train(folder: &Path, what: &str) -> Result<(), Box<dyn std::error::Error>> {
    let world = kseq_mpi::init()?;
    let rank = world.rank();
    let mark = folder.join(format!("rank-{rank}"));
    std::fs::write(&mark, std::process::id().to_string())?;
    let mut rng = Rng::new(5, Purpose::User, 0, 0);
    let x: Vec<[f32; 8]> = (0..60)
        .map(|_| std::array::from_fn(|_| rng.normal()))
        .collect();
    let classes: Vec<u32> = (0..60).map(|_| rng.below(3)).collect();
    let y: Vec<[f32; 3]> = to_categorical(&classes)?;
    let loss = CategoricalCrossentropy::default();
    let mut model = world.compile(Net::new(4), Adam::new(0.01), loss, (Accuracy,))?;
    if what == "parts" {
        model = model.parts(4)?;
    }
    let mut backup = BackupAndRestore::new(folder.join("backup"))
        .save_freq(1)
        .delete_checkpoint(false);
    let mut table = CSVLogger::new(folder.join("table.csv"));
    // The last batch has four samples.
    let fit = Fit::new()
        .batch_size(8)
        .epochs(EPOCHS)
        .verbose(0)
        .callbacks([&mut backup, &mut table]);
    let history = model.fit(world.shard(&x), world.shard(&y), fit)?;
    if rank == 0 {
        let losses = history.get("loss").unwrap_or_default();
        let losses: Vec<u8> = losses.iter().flat_map(|loss| loss.to_le_bytes()).collect();
        model.save_weights(folder.join("weights"))?;
        std::fs::write(folder.join("losses"), losses)?;
    }
    Ok(())
}

/// A training under `mpirun` in a folder of its own.
struct Training {
    folder: PathBuf,
    ranks: usize,
    mpirun: Child,
}

impl Training {
    /// Starts it, and waits until all ranks run.
    fn start(folder: &Path, ranks: usize, what: &str) -> Self {
        std::fs::create_dir_all(folder).expect("a folder for the test");
        for rank in 0..8 {
            let _ = std::fs::remove_file(folder.join(format!("rank-{rank}")));
        }
        let program = std::env::current_exe().expect("the program has a path");
        let mut mpirun = mpirun(ranks);
        mpirun.arg(program).arg(what).arg(folder);
        mpirun
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mpirun = mpirun.spawn().expect("mpirun starts");
        let training = Training {
            folder: folder.to_owned(),
            ranks,
            mpirun,
        };
        let start = Instant::now();
        while (0..ranks).any(|rank| training.process(rank).is_none()) {
            assert!(start.elapsed().as_secs() < 60, "the ranks do not start");
            std::thread::sleep(Duration::from_millis(1));
        }
        training
    }

    /// The process of a rank.
    fn process(&self, rank: usize) -> Option<u32> {
        let mark = self.folder.join(format!("rank-{rank}"));
        std::fs::read_to_string(mark).ok()?.parse().ok()
    }

    fn send(&self, signal: &str, rank: usize) {
        let process = self.process(rank).expect("it runs").to_string();
        // It may have ended by itself.
        let mut kill = Command::new("kill");
        let kill = kill.args([signal, &process]).stderr(Stdio::null());
        kill.status().expect("there is a program to send signals");
    }

    fn has_ended(&mut self) -> bool {
        let ended = self.mpirun.try_wait();
        ended.expect("it can be asked").is_some()
    }

    /// Whether a rank's process is there.
    fn is_left(&self, rank: usize) -> bool {
        let process = self.process(rank).expect("it ran");
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        // One that has ended and that nobody has asked for is a zombie.
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    }

    /// Waits for its end, which has to come in time; then no process of it is left.
    fn end(mut self, within: Duration) -> Output {
        let start = Instant::now();
        while !self.has_ended() || (0..self.ranks).any(|rank| self.is_left(rank)) {
            if start.elapsed() > within {
                let left: Vec<bool> = (0..self.ranks).map(|rank| self.is_left(rank)).collect();
                let ended = self.has_ended();
                let _ = self.mpirun.kill();
                panic!("after {within:?}: mpirun has ended: {ended}, ranks are left: {left:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.mpirun.wait_with_output().expect("what it said")
    }
}

/// What a training leaves: weights, losses, the table.
#[derive(PartialEq)]
struct Left([Vec<u8>; 3]);

impl Left {
    fn read(folder: &Path) -> Self {
        let files = ["weights", "losses", "table.csv"];
        Left(files.map(|name| std::fs::read(folder.join(name)).expect("the training saved it")))
    }
}

/// One to its end, with what it leaves and how long it took.
fn to_its_end(folder: &Path, ranks: usize, what: &str) -> (Left, Duration) {
    let training = Training::start(folder, ranks, what);
    let start = Instant::now();
    let output = training.end(Duration::from_secs(120));
    let took = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{ranks} ranks: {said}");
    (Left::read(folder), took)
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kseq-mpi-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Ends a training by a signal to one rank: how long the others took to end, if it still ran.
fn killed(folder: &Path, case: &Case, rank: usize, moment: Duration) -> Option<Duration> {
    let training = Training::start(folder, case.before, case.what);
    std::thread::sleep(moment);
    let start = Instant::now();
    training.send("-KILL", rank);
    let output = training.end(SOON);
    if output.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let named = said.contains(&format!("rank {rank} "));
    assert!(named, "rank {rank} was killed after {moment:?}: {said}");
    Some(start.elapsed())
}

/// A case that nobody kills.
fn expected(case: &Case) -> (Left, Duration) {
    let folder = folder("expected");
    let end = to_its_end(&folder, case.before, case.what);
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
    end
}

fn kills(runs: usize, expected: &[(Left, Duration)]) {
    let mut rng = Rng::new(SEED, Purpose::User, 0, 0);
    let (mut killed_ones, mut resumed, mut slowest) = (0, 0, Duration::ZERO);
    let mut run = 0;
    while killed_ones < runs {
        assert!(run <= 3 * runs, "too few were killed in time");
        let (case, (expected, took)) = (&CASES[run % 3], &expected[run % 3]);
        let folder = folder(&run.to_string());
        let moment = took.mul_f32(0.6 * rng.uniform());
        let rank = rng.below(case.before as u32) as usize;
        if let Some(ended) = killed(&folder, case, rank, moment) {
            killed_ones += 1;
            resumed += usize::from(folder.join("backup/latest.safetensors").exists());
            slowest = slowest.max(ended);
        }
        let (left, _) = to_its_end(&folder, case.after, case.what);
        let same = left == *expected;
        assert!(
            same,
            "run {run}, rank {rank} killed after {moment:?}: other bits"
        );
        std::fs::remove_dir_all(folder).expect("the folder can be removed");
        run += 1;
    }
    println!(
        "{runs} trainings of which a rank was killed: the others ended within {slowest:.1?}; {resumed} went on from a \
         checkpoint: all with the same bits"
    );
    assert!(resumed > runs / 2, "too few had a checkpoint");
}

/// The others wait for a rank that is stopped, for as long as it takes; then all goes on.
fn stops(case: &Case, expected: &Left) {
    let folder = folder("stopped");
    let mut training = Training::start(&folder, case.before, case.what);
    training.send("-STOP", 1);
    std::thread::sleep(Duration::from_secs(1));
    assert!(!training.has_ended(), "it ended");
    training.send("-CONT", 1);
    let output = training.end(Duration::from_secs(120));
    assert!(output.status.success());
    assert!(Left::read(&folder) == *expected, "other bits");
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
    println!("a rank that is stopped: the others wait, and the bits are the same");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some(what), Some(folder)) = (arguments.next(), arguments.next()) {
        if let Err(why) = train(Path::new(&folder), &what) {
            eprintln!("{why}");
            std::process::exit(1);
        }
        return;
    }
    let runs = std::env::var("KSEQ_KILLS").ok();
    let runs = runs.map_or(RUNS, |n| n.parse().expect("KSEQ_KILLS is a number"));
    let expected = CASES.each_ref().map(expected);
    kills(runs, &expected);
    stops(&CASES[0], &expected[0].0);
}
