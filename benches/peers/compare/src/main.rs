//! kseq and its peers in turn on the same machine, as a table of ratios. `README.md` beside this crate tells the
//! commands.
//!
//! Every measurement is a process of its own; a Python program measures all of a model in one. A round runs kseq, each
//! peer, and kseq again; a figure is the median of the rounds, of which each is itself the median of five repeats. All that
//! the programs said goes to `--out FILE`, a line of JSON each; the table goes to stdout, row after row, and at the end the
//! short one of docs/PERFORMANCE.md.

mod program;
mod table;

use program::{Clock, Held, PYTHON, Program, Request};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::Write;

/// The models of `../models/first.rs` and `second.rs`.
const GUIDE: [&str; 9] = [
    "mlp_softmax",
    "mlp_binary",
    "mnist_mlp",
    "mnist_cnn",
    "vgg_like",
    "lstm_imdb",
    "conv1d_seq",
    "stacked_lstm",
    "stateful_lstm",
];
const SECOND: [&str; 13] = [
    "gru_text",
    "lstm_pair",
    "ecg",
    "dqn",
    "lenet5",
    "cifar_cnn",
    "bilstm_text",
    "mobilenet",
    "decoder",
    "tiny_mlp",
    "text_any",
    "separable",
    "autoencoder",
];

const HELP: &str = "\
--peers LIST      candle,burn,burn-v4,dfdx,tract (the guide's models); with --python also keras-tf,keras-jax,torch,
                  onnxruntime,litert                     [with --python those five, else candle,burn,dfdx,tract]
--python PATH     a Python that has those
--set NAME        guide, second or all                                [guide]
--models LIST     [all of the set]    --modes LIST  [train,fit,predict,latency]
--threads N       [1]                 --rounds N    [3]
--seconds S       of a repeat         [0.3]
--clock cpu|wall  one for all                                         [cpu on one thread, else wall]
--cpus LIST       keep every program on these CPUs, e.g. 0 (taskset)
--cpu avx2|sse2   a CPU without AVX-512, or with nothing beyond SSE2, for every program (`held`)
--kseq PATH       a built `models` benchmark, e.g. of another commit  [built here]
--out FILE        where the results go, a line of JSON each (appended)
--table FILE      measure nothing: the table of such a file";

struct Options {
    peers: Option<Vec<String>>,
    models: Vec<String>,
    modes: Vec<String>,
    rounds: usize,
    python: Option<String>,
    kseq: Option<String>,
    out: Option<String>,
    table: Option<String>,
    request: Request,
}

fn main() {
    let options = parse();
    if let Some(file) = &options.table {
        let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let lines = text.lines().map(|l| serde_json::from_str(l).expect(l));
        return show(&options, lines.collect());
    }
    let peers = options.peers.clone().unwrap_or(match options.python {
        Some(_) => PYTHON.map(String::from).to_vec(),
        None => list("candle,burn,dfdx,tract"),
    });
    let kseq = options.kseq.clone().map(Into::into);
    let mut programs = vec![Program::kseq(kseq.unwrap_or_else(program::build_kseq))];
    let python = options.python.as_deref();
    programs.extend(peers.iter().map(|p| Program::peer(p, python)));
    programs.push(programs[0].clone());
    let mut out = options.out.as_ref().map(|path| {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.unwrap_or_else(|e| panic!("{path}: {e}"))
    });
    table::head(&peers);
    let mut all = Vec::new();
    for model in &options.models {
        let mut results = Vec::new();
        for round in 0..options.rounds {
            for program in &programs {
                let lines = program.run(model, &options.modes, &options.request);
                results.extend(lines.into_iter().map(|line| note(line, round, &mut out)));
            }
        }
        rows(&options, model, &peers, &results);
        all.extend(results);
    }
    table::summary(&options.models, &peers, &all);
    table::reasons(table::failures(&all).collect());
}

fn rows(options: &Options, model: &str, peers: &[String], results: &[Value]) {
    for mode in &options.modes {
        let of = |r: &&Value| r["model"] == *model && r["asked"] == **mode;
        let results: Vec<Value> = results.iter().filter(of).cloned().collect();
        if !results.is_empty() {
            table::row(model, mode, peers, &results);
        }
    }
}

/// The table of results that were written before.
fn show(options: &Options, results: Vec<Value>) {
    let peers = options.peers.clone().unwrap_or_else(|| {
        let mut peers: Vec<String> = Vec::new();
        for peer in results.iter().filter_map(|r| r["program"].as_str()) {
            if peer != "kseq" && !peers.iter().any(|p| p == peer) {
                peers.push(peer.into());
            }
        }
        peers
    });
    table::head(&peers);
    for model in &options.models {
        rows(options, model, &peers, &results);
    }
    table::summary(&options.models, &peers, &results);
    table::reasons(table::failures(&results).collect());
}

/// The line with its round, written to the file of results.
fn note(mut line: Value, round: usize, out: &mut Option<File>) -> Value {
    line["round"] = round.into();
    if let Some(out) = out {
        writeln!(out, "{line}").expect("can write the results");
    }
    line
}

fn list(names: &str) -> Vec<String> {
    names.split(',').map(String::from).collect()
}

fn set(name: &str) -> Vec<String> {
    let names = match name {
        "guide" => GUIDE.to_vec(),
        "second" => SECOND.to_vec(),
        "all" => [&GUIDE[..], &SECOND].concat(),
        _ => panic!("no set {name}; there are guide, second, all"),
    };
    names.into_iter().map(String::from).collect()
}

fn parse() -> Options {
    let mut options = Options {
        peers: None,
        models: Vec::new(),
        modes: list("train,fit,predict,latency"),
        rounds: 3,
        python: None,
        kseq: None,
        out: None,
        table: None,
        request: Request {
            threads: 1,
            seconds: 0.3,
            clock: Clock::Cpu,
            cpus: None,
            held: None,
        },
    };
    let (mut models, mut clock) = (None, None);
    let request = &mut options.request;
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        if name == "--help" {
            println!("{HELP}");
            std::process::exit(0);
        }
        let value = args
            .next()
            .unwrap_or_else(|| panic!("{name} needs a value; --help"));
        match name.as_str() {
            "--peers" => options.peers = Some(list(&value)),
            "--set" => models = Some(set(&value)),
            "--models" => models = Some(list(&value)),
            "--modes" => options.modes = list(&value),
            "--rounds" => options.rounds = value.parse().expect("a number of rounds"),
            "--threads" => request.threads = value.parse().expect("a number of threads"),
            "--seconds" => request.seconds = value.parse().expect("a number of seconds"),
            "--clock" => clock = Some(Clock::named(&value)),
            "--cpus" => request.cpus = Some(value),
            "--cpu" => request.held = Some(Held::to(&value)),
            "--python" => options.python = Some(value),
            "--kseq" => options.kseq = Some(value),
            "--out" => options.out = Some(value),
            "--table" => options.table = Some(value),
            _ => panic!("unknown argument {name}\n{HELP}"),
        }
    }
    let of_set = if options.table.is_some() {
        "all"
    } else {
        "guide"
    };
    options.models = models.unwrap_or_else(|| set(of_set));
    let usual = if request.threads > 1 {
        Clock::Wall
    } else {
        Clock::Cpu
    };
    request.clock = clock.unwrap_or(usual);
    options
}
