//! How each program is started, and what it said.

use crate::GUIDE;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// The backends of `keras/models.py`.
pub const PYTHON: [&str; 5] = ["keras-tf", "keras-jax", "torch", "onnxruntime", "litert"];

/// Those of them that cannot train.
const FROZEN: [&str; 2] = ["onnxruntime", "litert"];

/// A program that takes longer than this many seconds hangs.
const LIMIT: &str = "1800";

/// glibc's own functions, which were chosen before [`Held`]'s library is there.
const GLIBC: [(&str, &str); 2] = [
    ("avx2", "-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD"),
    (
        "sse2",
        "-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD,-AVX2,-AVX,-FMA,-SSE4_2,-SSE4_1,-SSSE3,-ERMS",
    ),
];

/// A CPU that has less than this one: `held`.
pub struct Held {
    library: PathBuf,
    to: &'static str,
    glibc: String,
}

impl Held {
    /// `avx2`: no AVX-512; `sse2`: nothing beyond that.
    pub fn to(name: &str) -> Held {
        let known = GLIBC.iter().find(|(to, _)| *to == name);
        let (to, glibc) = known.unwrap_or_else(|| panic!("no CPU {name}; there are avx2, sse2"));
        let held = Held {
            library: beside("libheld.so"),
            to,
            glibc: format!("glibc.cpu.hwcaps={glibc}"),
        };
        let mut nothing = Command::new("true");
        held.hold(&mut nothing);
        let output = nothing.output().expect("`true` runs");
        assert!(
            output.status.success(),
            "--cpu {name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        held
    }

    fn hold(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("HELD_TO", self.to)
            .env("GLIBC_TUNABLES", &self.glibc);
    }
}

/// What was built as this program was.
fn beside(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the path of this program");
    path.set_file_name(name);
    assert!(
        path.exists(),
        "no {}; benches/peers/README.md tells how to build it",
        path.display()
    );
    path
}

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
    pub held: Option<Held>,
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
    pub fn peer(name: &str, python: Option<&str>) -> Program {
        let (kind, command) = if PYTHON.contains(&name) {
            let python = python.expect("--python for the Python peers");
            let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../keras/models.py");
            let command = [python, models, "--backend", name];
            (Kind::Python, command.map(String::from).to_vec())
        } else {
            let path = beside(&format!("peer-{name}"));
            (Kind::Rust, vec![path.display().to_string()])
        };
        Program {
            name: name.into(),
            kind,
            command,
        }
    }

    fn command(&self, model: &str, modes: &str, request: &Request) -> Command {
        let (threads, seconds) = (request.threads.to_string(), request.seconds.to_string());
        let mut words: Vec<&str> = vec!["timeout", LIMIT];
        if let Some(cpus) = &request.cpus {
            words.extend(["taskset", "-c", cpus]);
        }
        words.extend(self.command.iter().map(String::as_str));
        words.extend(["--model", model, "--mode", modes, "--threads", &threads]);
        words.extend(match self.kind {
            Kind::Kseq | Kind::Python => ["--repeats", "5", "--seconds", &seconds],
            Kind::Rust => ["--reps", "5", "--rep-secs", &seconds],
        });
        words.extend(["--clock", request.clock.name()]);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("RAYON_NUM_THREADS", &threads);
        if let Some(held) = &request.held {
            held.hold(&mut command);
        }
        command
    }

    /// The lines of JSON that it said: figures, or a reason why there are none. A program of Python measures all modes in
    /// one process.
    pub fn run(&self, model: &str, modes: &[String], request: &Request) -> Vec<Value> {
        if self.kind != Kind::Python {
            let run = |mode: &String| {
                let lines = self.said(model, mode, request);
                self.complete(lines, model, mode, request)
            };
            return modes.iter().flat_map(run).collect();
        }
        let can = |mode: &String| {
            let trains = mode == "train" || mode == "fit";
            !(trains && FROZEN.contains(&&*self.name))
        };
        let able: Vec<&str> = modes.iter().filter(|m| can(m)).map(|m| &**m).collect();
        let lines = match able.is_empty() {
            true => Vec::new(),
            false => self.said(model, &able.join(","), request),
        };
        let asked = |mode: &String| {
            let told = lines.iter().filter(|l| l["mode"] == **mode);
            let mut mine: Vec<Value> = told.cloned().collect();
            if !can(mode) {
                mine = vec![json!({ "unsupported": "inference only" })];
            } else if mine.is_empty() {
                // Why the process ended before.
                mine = lines
                    .iter()
                    .filter(|l| l["mode"].is_null())
                    .cloned()
                    .collect();
            }
            self.complete(mine, model, mode, request)
        };
        modes.iter().flat_map(asked).collect()
    }

    fn complete(
        &self,
        lines: Vec<Value>,
        model: &str,
        mode: &str,
        request: &Request,
    ) -> Vec<Value> {
        let about = |mut line: Value| {
            line["program"] = (*self.name).into();
            line["model"] = model.into();
            line["asked"] = mode.into();
            line["threads"] = request.threads.into();
            line["clock"] = request.clock.name().into();
            line["cpu"] = request.held.as_ref().map(|held| held.to).into();
            line
        };
        lines.into_iter().map(about).collect()
    }

    fn said(&self, model: &str, modes: &str, request: &Request) -> Vec<Value> {
        if self.kind == Kind::Rust && (!GUIDE.contains(&model) || modes == "fit") {
            return vec![json!({ "unsupported": "steps of the guide's models alone" })];
        }
        let output = self.command(model, modes, request).output();
        let output = output.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let text = String::from_utf8_lossy(&output.stdout);
        let said = text.lines().filter_map(|l| serde_json::from_str(l).ok());
        let mut lines: Vec<Value> = said.filter(Value::is_object).collect();
        if !output.status.success() || lines.is_empty() {
            let text = String::from_utf8_lossy(&output.stderr);
            let last = text.lines().rfind(|l| !l.trim().is_empty());
            let last: String = last.unwrap_or_default().chars().take(300).collect();
            lines.push(json!({ "failed": format!("{}: {last}", output.status) }));
        }
        lines
    }
}
