//! Two network namespaces as two hosts: a training on the digits has the losses of one host with as many ranks, bit for bit; what
//! the wire carries is what the gradients are; and a rank that is killed on one host ends those on the other.
//!
//! It takes root, `ip` and a kernel with namespaces; without them it says so and tests nothing.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::mpirun;
use kseq::datasets::mnist;
use kseq::model::Model;
use kseq::prelude::*;

sequential! {
    Digits = [
        Dense(128, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

const SAMPLES: usize = 1024;
const BATCH: usize = 128;

/// Trains; each rank prints its process, rank 0 the losses and what it has sent.
fn train(epochs: usize) -> Result<(), Box<dyn std::error::Error>> {
    let world = kseq_mpi::init()?;
    println!("process {} {}", world.rank(), std::process::id());
    let digits = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist"))?;
    let x: Vec<[f32; 784]> = mnist::scaled(&digits.x_train)?;
    let y: Vec<[f32; 10]> = to_categorical(&digits.y_train)?;
    let (x, y) = (x[..SAMPLES].to_vec(), y[..SAMPLES].to_vec());
    let loss = CategoricalCrossentropy::default();
    let mut model = world.compile(Digits::new(42), Adam::new(1e-3), loss, (Accuracy,))?;
    let fit = Fit::new().batch_size(BATCH).epochs(epochs).verbose(0);
    let history = model.fit(world.shard(&x), world.shard(&y), fit)?;
    if world.rank() == 0 {
        let losses = history.get("loss").unwrap_or_default();
        let losses: Vec<String> = losses
            .iter()
            .map(|loss| format!("{:08x}", loss.to_bits()))
            .collect();
        println!("losses {}", losses.join(" "));
        println!("sent {}", world.bytes_sent());
    }
    Ok(())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/hosts.sh")
}

/// A training on two ranks.
fn two_ranks(epochs: usize) -> Command {
    let mut command = mpirun(2);
    let agent = script();
    let program = std::env::current_exe().expect("the program has a path");
    command
        .args(["--mca", "plm_rsh_agent"])
        .arg(agent)
        .arg(program)
        .arg(epochs.to_string());
    command
}

/// The same on two hosts: `mpirun` runs on the first one.
fn two_hosts(epochs: usize) -> Command {
    let there = two_ranks(epochs);
    let mut command = Command::new(script());
    command.arg("kseq1").arg(there.get_program());
    command
        .args(["--host", "kseq1,kseq2"])
        .args(there.get_args());
    command.stdin(Stdio::null());
    command
}

/// What stands behind a word in a line of its own.
fn after(output: &Output, word: &str) -> String {
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find_map(|line| line.strip_prefix(word));
    let Some(line) = line else {
        let why = String::from_utf8_lossy(&output.stderr);
        panic!("no line with {word}: {said}{why}");
    };
    line.to_owned()
}

/// What the hosts have sent so far.
fn on_the_wire() -> u64 {
    let statistics = "/sys/class/net/eth0/statistics/tx_bytes";
    let of = |host: &str| -> u64 {
        let mut read = Command::new(script());
        let output = read.args([host, "cat", statistics]).output();
        let output = output.expect("the host is there");
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().expect("a number of bytes")
    };
    of("kseq1") + of("kseq2")
}

/// Runs a training on both hosts: its output, the bytes that both ranks have counted, and those that the hosts have sent.
fn counted(epochs: usize) -> (Output, u64, u64) {
    let before = on_the_wire();
    let output = two_hosts(epochs).output().expect("mpirun starts");
    let sent: u64 = after(&output, "sent ").parse().expect("a number");
    (output, 2 * sent, on_the_wire() - before)
}

/// Removes the hosts at the end, also at that of a test that fails.
struct Hosts;

impl Drop for Hosts {
    fn drop(&mut self) {
        let _ = Command::new(script()).arg("down").output();
    }
}

fn same_losses() {
    let epochs = 2;
    let here = two_ranks(epochs).output().expect("mpirun starts");
    // To start and to end the ranks sends something, too.
    let (_, counted_around, wire_around) = counted(0);
    let (there, counted, wire) = counted(epochs);
    assert_eq!(after(&here, "losses "), after(&there, "losses "));
    let (counted, wire) = (counted - counted_around, wire - wire_around);
    // Of a sum over two ranks each sends half of the values twice.
    let steps = epochs * SAMPLES / BATCH;
    let model = (2 * steps * 4 * Digits::PARAMS) as u64;
    println!(
        "two hosts: the losses of one, bit for bit; gradients of {model} bytes, {counted} counted, {wire} on the wire"
    );
    let within = |bytes: u64, most: f64| (1.0..most).contains(&(bytes as f64 / model as f64));
    assert!(within(counted, 1.01) && within(wire, 1.05));
}

/// A rank on the second host is killed; the first ends, too.
fn killed() {
    let mut training = two_hosts(1000);
    training.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut training = training.spawn().expect("mpirun starts");
    let mut process = String::new();
    let said = training.stdout.take().expect("a pipe");
    for line in std::io::BufRead::lines(std::io::BufReader::new(said)) {
        if let Some(id) = line.expect("text").strip_prefix("process 1 ") {
            process = id.to_owned();
            break;
        }
    }
    std::thread::sleep(Duration::from_millis(300));
    let kill = Command::new("kill").args(["-KILL", &process]).status();
    assert!(kill.is_ok_and(|status| status.success()), "it runs");
    let start = Instant::now();
    let output = training.wait_with_output().expect("it ends");
    let took = start.elapsed();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && took.as_secs() < 10, "{took:?}");
    assert!(why.contains("rank 1 ") && why.contains("kseq2"), "{why}");
    println!("a rank killed on one host: the other ended after {took:.1?}");
}

fn main() {
    if let Some(epochs) = std::env::args().nth(1).and_then(|n| n.parse().ok()) {
        if let Err(why) = train(epochs) {
            eprintln!("{why}");
            std::process::exit(1);
        }
        return;
    }
    // What a test that was killed has left.
    let _ = Command::new(script()).arg("down").output();
    let up = Command::new(script()).args(["up", "2"]).output();
    let _hosts = Hosts;
    match up {
        Ok(up) if up.status.success() => {}
        Ok(up) => {
            let why = String::from_utf8_lossy(&up.stderr).into_owned();
            println!("SKIPPED: no two hosts can be made here: {why}");
            return;
        }
        Err(why) => {
            println!("SKIPPED: no two hosts can be made here: {why}");
            return;
        }
    }
    same_losses();
    killed();
}
