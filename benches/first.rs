//! The first call: what a program waits for until it has predicted once, and until it has trained a step.
//!
//! ```sh
//! cargo bench -p kseq-benches --bench first                    # kseq alone
//! KSEQ_KERAS_PYTHON=/path/to/python cargo bench -p kseq-benches --bench first -- mnist_cnn
//! ```
//! Each round starts a process of its own that draws a model, loads its weights from a file, predicts one sample twice and
//! trains two steps. The figures are processor time of the whole process, all of its threads, in milliseconds, and medians
//! of the rounds; `whole` is the process from its start to its first prediction, `wall` that from `main` on by the clock.
//! With a Python that has them, TensorFlow, LiteRT and ONNX Runtime do the same in turn (`peers/keras/first.py`): Python, the
//! import of the module, a model from a file, the first prediction. Also `--rounds 7`.

mod common;
#[path = "../tests/keras/models/guide.rs"]
#[allow(dead_code, reason = "not all of the guide's models are measured here")]
mod guide;

use common::{median, process_cpu_seconds};
use guide::{MnistCnn, MnistMlp, VggLike};
use kseq::model::Model;
use kseq::prelude::*;
use kseq::tensor::Tensor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const MODELS: [&str; 3] = ["mnist_mlp", "mnist_cnn", "vgg_like"];
/// What a process is measured in.
const PHASES: [&str; 8] = [
    "start", "new", "load", "predict", "again", "step", "next", "whole",
];
/// What the Python programs are measured in.
const PEERS: [&str; 3] = ["litert", "onnxruntime", "tensorflow"];

fn main() {
    let (mut models, mut rounds) = (Vec::new(), 7);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--one" => {
                let (model, file) = (args.next(), args.next());
                let (model, file) = (model.expect("a model"), file.expect("a file"));
                return of_name(&model, Path::new(&file), &Work::Measured);
            }
            "--rounds" => {
                let given = args.next().and_then(|n| n.parse().ok());
                rounds = given.expect("a number of rounds");
            }
            "--help" => common::help(include_str!("first.rs")),
            // Cargo's own.
            "--bench" => {}
            _ => models.push(arg),
        }
    }
    if models.is_empty() {
        models = MODELS.map(str::to_owned).to_vec();
    }
    let python = std::env::var_os("KSEQ_KERAS_PYTHON");
    print!("{:12}", "CPU ms");
    PHASES.iter().for_each(|name| print!("{name:>9}"));
    println!("{:>9}", "wall");
    for model in &models {
        let file = file_of(model);
        of_name(model, &file, &Work::Written);
        let mut figures: Vec<Vec<f64>> = vec![Vec::new(); PHASES.len() + 1];
        let mut peers: Vec<[Vec<f64>; 2]> = PEERS.map(|_| [Vec::new(), Vec::new()]).to_vec();
        if let Some(python) = &python {
            let mut write = peer(python, "write", model);
            let written = write.stdout(Stdio::null()).status().expect("runs");
            assert!(written.success(), "{write:?}: {written}");
        }
        for _ in 0..rounds {
            let program = std::env::current_exe().expect("the path of this program");
            let mut command = Command::new(program);
            for (all, one) in figures
                .iter_mut()
                .zip(said(kseq(&mut command, model, &file)))
            {
                all.push(one);
            }
            let Some(python) = &python else { continue };
            for (name, all) in PEERS.iter().zip(&mut peers) {
                for (all, one) in all.iter_mut().zip(said(&mut peer(python, name, model))) {
                    all.push(one);
                }
            }
        }
        print!("{model:12}");
        figures
            .iter_mut()
            .for_each(|all| print!("{:9.2}", middle(all)));
        println!();
        for (peer, all) in PEERS.iter().zip(&mut peers) {
            if let [whole, without] = all
                && !whole.is_empty()
            {
                let (whole, without) = (middle(whole), middle(without));
                println!(
                    "  {peer:12} whole {whole:9.1}, without Python and the import {without:8.1}"
                );
            }
        }
        let _ = std::fs::remove_file(file);
    }
}

/// The process of one round.
fn kseq<'c>(command: &'c mut Command, model: &str, file: &Path) -> &'c mut Command {
    command.args(["--one", model]).arg(file)
}

fn peer(python: &std::ffi::OsStr, name: &str, model: &str) -> Command {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/keras/first.py");
    let mut command = Command::new(python);
    command
        .args([script, name, model])
        .arg(std::env::temp_dir());
    command
}

/// The numbers of the last line that a program prints.
fn said(command: &mut Command) -> Vec<f64> {
    let output = command.output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let line = text.lines().last().unwrap_or_default();
    line.split_whitespace()
        .map(|n| n.parse().expect("a number"))
        .collect()
}

fn middle(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    median(all)
}

fn file_of(model: &str) -> PathBuf {
    std::env::temp_dir().join(format!("first_{model}_{}.safetensors", std::process::id()))
}

enum Work {
    /// Writes the file of weights.
    Written,
    /// Reads it, and prints the figures.
    Measured,
}

fn of_name(model: &str, file: &Path, work: &Work) {
    match model {
        "mnist_mlp" => of::<MnistMlp>(file, work),
        "mnist_cnn" => of::<MnistCnn>(file, work),
        "vgg_like" => of::<VggLike>(file, work),
        _ => panic!("no model {model}; there are {}", MODELS.join(", ")),
    }
}

fn of<M>(file: &Path, work: &Work)
where
    M: Model<Input: Tensor<Elem = f32>>,
    CategoricalCrossentropy: kseq::losses::Loss<M::Output, Target = M::Output>
        + kseq::losses::MeantFor<M::Output, M::Units>,
    (): kseq::metrics::Metrics<M::Output, M::Output>,
{
    if matches!(work, Work::Written) {
        return M::new(2).save_weights(file).expect("is written");
    }
    let (start, wall) = (process_cpu_seconds(), Instant::now());
    let mut took = vec![start];
    let mut time = |f: &mut dyn FnMut()| {
        let before = process_cpu_seconds();
        f();
        took.push(process_cpu_seconds() - before);
    };
    let mut model = None;
    time(&mut || model = Some(M::new(1)));
    let mut model = model.expect("drawn");
    time(&mut || model.load_weights(file).expect("is read"));
    let (x, mut y) = (vec![M::Input::ZERO; 32], vec![M::Output::ZERO; 32]);
    time(&mut || model.predict_into(&x[..1], &mut y[..1]).expect("good data"));
    let (whole, wall) = (process_cpu_seconds(), wall.elapsed().as_secs_f64());
    time(&mut || model.predict_into(&x[..1], &mut y[..1]).expect("good data"));
    let mut model = model.compile(Adam::default(), CategoricalCrossentropy::default(), ());
    for _ in 0..2 {
        time(&mut || {
            model.train_on_batch(&x, &y).expect("good data");
        });
    }
    took.extend([whole, wall]);
    let words: Vec<String> = took.iter().map(|s| format!("{:.4}", s * 1e3)).collect();
    println!("{}", words.join(" "));
}
