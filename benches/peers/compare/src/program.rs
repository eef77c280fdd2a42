//! How each program is started, and what it said.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const PYTHON: [&str; 7] = [
    "keras-tf",
    "keras-jax",
    "keras-torch",
    "torch",
    "torch-compile",
    "onnxruntime",
    "litert",
];

/// Those that cannot train.
const FROZEN: [&str; 2] = ["onnxruntime", "litert"];

/// Runs a program (its path is the first argument) with a `perf_counter` that counts the CPU time of the process. The
/// program keeps itself on as many CPUs as it has threads, so with one thread this is never more than the wall clock.
const ON_CPU_TIME: &str = "\
import runpy, sys, time
time.perf_counter = time.process_time
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')";

/// A program that takes longer than this many seconds hangs.
const LIMIT: &str = "900";

/// Which seconds count: those that the process computes, or those on the wall.
#[derive(Clone, Copy, PartialEq)]
pub enum Clock {
    Cpu,
    Wall,
}

impl Clock {
    pub fn named(name: &str) -> Clock {
        match name {
            "cpu" => Clock::Cpu,
            "wall" => Clock::Wall,
            _ => panic!("no clock {name}; there are cpu, wall"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Clock::Cpu => "cpu",
            Clock::Wall => "wall",
        }
    }
}

/// What is the same for all measurements.
pub struct Request {
    pub threads: usize,
    pub seconds: f64,
    pub clock: Clock,
    pub cpus: Option<String>,
    pub isa: Option<String>,
}

#[derive(Clone, PartialEq)]
enum Kind {
    Kseq,
    Rust,
    Python,
}

/// What to run for a measurement.
#[derive(Clone)]
pub struct Program {
    name: String,
    kind: Kind,
    command: Vec<String>,
}

fn is_python(name: &str) -> bool {
    PYTHON.contains(&name)
}

/// The benchmark of kseq's own workspace, built as its users would.
pub fn build_kseq() -> PathBuf {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../Cargo.toml");
    let output = Command::new("cargo")
        .args([
            "bench",
            "--bench",
            "models",
            "--no-run",
            "--message-format=json",
            "--manifest-path",
            manifest,
        ])
        .stderr(std::process::Stdio::inherit())
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let built = messages.filter(|m| m["target"]["name"] == "models");
    let path = built
        .filter_map(|m| m["executable"].as_str().map(PathBuf::from))
        .next_back();
    path.expect("`cargo bench --bench models` builds")
}

impl Program {
    pub fn kseq(path: PathBuf) -> Program {
        Program {
            name: "kseq".into(),
            kind: Kind::Kseq,
            command: vec![path.display().to_string(), "--json".into()],
        }
    }

    /// A Rust program that lies beside this one, or a backend of the Python program.
    pub fn peer(name: &str, python: Option<&[String; 2]>) -> Program {
        if is_python(name) {
            let [python, bench] = python.expect("--python and --bench for the Python peers");
            let command = [python, bench, "--backend", name];
            return Program {
                name: name.into(),
                kind: Kind::Python,
                command: command.map(String::from).to_vec(),
            };
        }
        let mut path = std::env::current_exe().expect("the path of this program");
        path.set_file_name(format!("peer-{name}"));
        assert!(
            path.exists(),
            "no {}; benches/peers/README.md tells how to build it",
            path.display()
        );
        Program {
            name: name.into(),
            kind: Kind::Rust,
            command: vec![path.display().to_string()],
        }
    }

    fn command(&self, model: &str, mode: &str, request: &Request) -> Command {
        let (threads, seconds) = (request.threads.to_string(), request.seconds.to_string());
        let mut words: Vec<&str> = vec!["timeout", LIMIT];
        if let Some(cpus) = &request.cpus {
            words.extend(["taskset", "-c", cpus]);
        }
        words.extend(self.command.iter().map(String::as_str));
        if self.kind == Kind::Python && request.clock == Clock::Cpu {
            assert_eq!(request.threads, 1, "Python's CPU clock is for one thread");
            let path = words.len() - 3;
            words.splice(path..path, ["-c", ON_CPU_TIME]);
        }
        words.extend(["--model", model, "--mode", mode, "--threads", &threads]);
        let clock = request.clock.name();
        words.extend(match self.kind {
            Kind::Kseq => ["--repeats", "5", "--seconds", &seconds, "--clock", clock],
            Kind::Rust => ["--reps", "5", "--rep-secs", &seconds, "--clock", clock],
            Kind::Python => [
                "--repeats",
                "5",
                "--secs-train",
                &seconds,
                "--secs-fwd",
                &seconds,
            ],
        });
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("RAYON_NUM_THREADS", &threads);
        if let Some(isa) = &request.isa {
            match self.kind {
                Kind::Kseq => command.env("KSEQ_ISA", isa),
                Kind::Rust => command.args(["--isa", isa]),
                Kind::Python => panic!("--isa is for Rust programs"),
            };
        }
        command
    }

    /// The lines of JSON that it said: figures, or a reason why there are none.
    pub fn run(&self, model: &str, mode: &str, request: &Request) -> Vec<Value> {
        let asked = json!({
            "program": self.name,
            "model": model,
            "asked": mode,
            "threads": request.threads,
            "clock": request.clock.name(),
        });
        let complete = |mut line: Value| {
            for (key, value) in asked.as_object().expect("is one") {
                line[key] = value.clone();
            }
            line
        };
        if mode == "train" && FROZEN.contains(&&*self.name) {
            return vec![complete(json!({ "unsupported": "inference only" }))];
        }
        let output = self.command(model, mode, request).output();
        let output = output.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let text = String::from_utf8_lossy(&output.stdout);
        let said = text.lines().filter_map(|l| serde_json::from_str(l).ok());
        let lines: Vec<Value> = said.filter(Value::is_object).map(complete).collect();
        if !lines.is_empty() {
            return lines;
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rfind(|l| !l.trim().is_empty());
        let last: String = last.unwrap_or_default().chars().take(300).collect();
        let reason = format!("{}: {last}", output.status);
        vec![complete(json!({ "failed": reason }))]
    }
}
