//! The models of Keras's Sequential guide, and a second set of other layers and sizes: training, batched prediction,
//! latency of one sample, each as a share of the machine's own peak of multiply-adds.
//!
//! ```sh
//! cargo bench --bench models                      # the guide's, on one thread and on two
//! cargo bench --bench models -- --set second      # or all
//! cargo bench --bench models -- --model mnist_cnn --mode train,fit --threads 1 --json
//! ```
//! Also `--repeats 7`, `--seconds 0.2` (of a repeat), `--clock cpu|wall`. One line for each measurement, each in a process
//! of its own, whose memory is told too.
//!
//! A step of `train` is `train_on_batch` on one batch that stays in memory, dropout on, the loss read; `fit` is `fit`
//! itself: epochs over some dozens of batches in memory, shuffled, all that it does counted. The learning rate is a
//! thousandth of the model's own, since thousands of steps on the same data would end in denormal numbers. A prediction is
//! `predict` of a batch, latency `predict_into` of one sample. On one thread the CPU time counts, so that other work on the
//! machine does not.
//!
//! `--mode threads` estimates how far a step goes with more threads than there are here (`models/threads.rs`).
//!
//! A model of the second set is a `sequential!`, a name and an arm in `models/second.rs`, and for the peers an entry in
//! `peers/keras/peers/specs.py` and a name in `peers/compare`.

mod common;
#[path = "models/first.rs"]
mod first;
#[path = "../tests/keras/models/guide.rs"]
mod guide;
#[path = "models/run.rs"]
mod run;
#[path = "models/second.rs"]
mod second;
#[path = "models/threads.rs"]
mod threads;

use common::Clock;
use run::Benchmark;

const MODES: [&str; 4] = ["train", "fit", "predict", "latency"];

/// How a measurement is done.
#[derive(Clone, Copy)]
struct Options {
    repeats: usize,
    seconds: f64,
    /// Else the one that suits the number of threads.
    clock: Option<Clock>,
    json: bool,
}

fn main() {
    let mut models = set("guide");
    let mut modes = MODES.map(String::from).to_vec();
    let mut threads = vec![1, 2];
    let mut options = Options {
        repeats: 7,
        seconds: 0.2,
        clock: None,
        json: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--set" => models = set(&value()),
            "--model" => models = list(&value()),
            "--mode" => modes = list(&value()),
            "--threads" => threads = vec![value().parse().expect("a number of threads")],
            "--repeats" => options.repeats = value().parse().expect("a number of repeats"),
            "--seconds" => options.seconds = value().parse().expect("the seconds of a repeat"),
            "--clock" => {
                let name = value();
                options.clock = [Clock::Cpu, Clock::Wall]
                    .into_iter()
                    .find(|c| c.name() == name);
                assert!(
                    options.clock.is_some(),
                    "no clock {name}; there are cpu, wall"
                );
            }
            "--json" => options.json = true,
            "--help" => common::help(include_str!("models.rs")),
            // Cargo's own.
            "--bench" => {}
            _ => panic!("unknown argument {arg}"),
        }
    }
    if let ([model], [mode], &[threads]) = (&*models, &*modes, &*threads) {
        return measure(&Benchmark {
            model,
            mode,
            threads,
            options,
        });
    }
    for model in &models {
        for mode in &modes {
            for threads in &threads {
                alone(model, mode, *threads, options);
            }
        }
    }
}

/// The models of a set.
fn set(name: &str) -> Vec<String> {
    let names = match name {
        "guide" => first::NAMES.to_vec(),
        "second" => second::NAMES.to_vec(),
        "all" => [&first::NAMES[..], &second::NAMES].concat(),
        _ => panic!("no set {name}; there are guide, second, all"),
    };
    names.into_iter().map(String::from).collect()
}

fn list(names: &str) -> Vec<String> {
    names.split(',').map(String::from).collect()
}

/// One measurement in a process of its own.
fn alone(model: &str, mode: &str, threads: usize, options: Options) {
    let program = std::env::current_exe().expect("the path of this program");
    let mut command = std::process::Command::new(program);
    command.args(["--model", model, "--mode", mode]);
    command.args(["--threads", &threads.to_string()]);
    command.args(["--repeats", &options.repeats.to_string()]);
    command.args(["--seconds", &options.seconds.to_string()]);
    if let Some(clock) = options.clock {
        command.args(["--clock", clock.name()]);
    }
    command.args(options.json.then_some("--json"));
    let status = command.status().expect("runs itself");
    assert!(status.success(), "{model} {mode}: {status}");
}

fn measure(run: &Benchmark<'_>) {
    let known = [&first::NAMES[..], &second::NAMES].concat();
    assert!(
        known.contains(&run.model),
        "no model {}; there are {}",
        run.model,
        known.join(", ")
    );
    if first::NAMES.contains(&run.model) {
        first::measure(run);
    } else {
        second::measure(run);
    }
}
