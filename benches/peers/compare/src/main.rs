//! kseq and its peers in turn on the same machine, as a table of ratios.
//!
//! ```sh
//! cd benches/peers && cargo build --release && cargo run --release -p compare -- [--peers candle,burn]
//! ```
//! Also `--models mlp_softmax,mnist_mlp`, `--modes train,predict,latency`, `--threads 1`, `--rounds 3`, `--seconds 0.3` (of
//! a repeat). A figure is the median of the rounds' medians; on one thread the CPU time counts, for all.

use std::path::PathBuf;
use std::process::Command;

const MODELS: &str =
    "mlp_softmax,mlp_binary,mnist_mlp,mnist_cnn,vgg_like,lstm_imdb,conv1d_seq,stacked_lstm";

fn main() {
    let (mut peers, mut models, mut modes) = (
        "candle,burn".to_string(),
        MODELS.to_string(),
        "train,predict,latency".to_string(),
    );
    let (mut threads, mut rounds, mut seconds) = ("1".to_string(), 3, "0.3".to_string());
    let mut args = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        match name.as_str() {
            "--peers" => peers = value,
            "--models" => models = value,
            "--modes" => modes = value,
            "--threads" => threads = value,
            "--rounds" => rounds = value.parse().expect("a number of rounds"),
            "--seconds" => seconds = value,
            _ => panic!("unknown argument {name}"),
        }
    }
    let peers: Vec<&str> = peers.split(',').collect();
    println!(
        "| model | mode | kseq | of peak | MB | {} |",
        peers
            .iter()
            .map(|p| format!("{p} | kseq is faster by | MB"))
            .collect::<Vec<_>>()
            .join(" | ")
    );
    println!("|---|---{}", "|---".repeat(3 * peers.len() + 3) + "|");
    for model in models.split(',') {
        for mode in modes.split(',') {
            let programs: Vec<Program> = std::iter::once(Program::kseq())
                .chain(peers.iter().map(|p| Program::peer(p)))
                .collect();
            let mut results = vec![Vec::new(); programs.len()];
            for _ in 0..rounds {
                for (program, results) in programs.iter().zip(&mut results) {
                    results.extend(program.run(model, mode, &threads, &seconds));
                }
            }
            let middle = |lines: &[String], key: &str| {
                let mut values: Vec<f64> = lines.iter().filter_map(|l| number(l, key)).collect();
                values.sort_by(f64::total_cmp);
                values.get(values.len() / 2).copied()
            };
            let ours = middle(&results[0], "median").expect("a figure of kseq");
            let peak = middle(&results[0], "of_peak").expect("a share of the peak");
            let memory = |lines: &[String]| {
                middle(lines, "peak_rss_mb").map_or(String::new(), |mb| format!("{mb:.0}"))
            };
            let unit = if mode == "latency" { " us" } else { "/s" };
            let mut row = format!(
                "| {model} | {mode} | {}{unit} | {:.0} % | {} |",
                short(ours),
                100.0 * peak,
                memory(&results[0])
            );
            for lines in &results[1..] {
                match middle(lines, "median") {
                    None => row += " cannot | | |",
                    Some(theirs) => {
                        let ratio = if mode == "latency" {
                            theirs / ours
                        } else {
                            ours / theirs
                        };
                        row += &format!(
                            " {}{unit} | {ratio:.2} | {} |",
                            short(theirs),
                            memory(lines)
                        );
                    }
                }
            }
            println!("{row}");
        }
    }
}

/// What to run for a measurement.
struct Program {
    path: PathBuf,
    first: Vec<String>,
    repeats: [&'static str; 2],
}

impl Program {
    /// The benchmark of kseq's own workspace, built as its users would.
    fn kseq() -> Program {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../Cargo.toml");
        let first = [
            "bench",
            "-q",
            "--manifest-path",
            manifest,
            "--bench",
            "models",
            "--",
            "--json",
        ];
        Program {
            path: "cargo".into(),
            first: first.map(String::from).to_vec(),
            repeats: ["--repeats", "--seconds"],
        }
    }

    /// A program that lies beside this one.
    fn peer(name: &str) -> Program {
        let mut path = std::env::current_exe().expect("the path of this program");
        path.set_file_name(format!("peer-{name}"));
        Program {
            path,
            first: Vec::new(),
            repeats: ["--reps", "--rep-secs"],
        }
    }

    /// The line of JSON, if there is a figure in it.
    fn run(&self, model: &str, mode: &str, threads: &str, seconds: &str) -> Option<String> {
        let [repeats, length] = self.repeats;
        let output = Command::new(&self.path)
            .args(&self.first)
            .args(["--model", model, "--mode", mode, "--threads", threads])
            .args([repeats, "5", length, seconds])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap_or_else(|e| {
                panic!(
                    "{}: {e}; `cargo build --release` builds all",
                    self.path.display()
                )
            });
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|l| l.contains("\"median\":"))?;
        Some(line.to_string())
    }
}

/// The number behind a key of flat JSON.
fn number(json: &str, key: &str) -> Option<f64> {
    let (_, rest) = json.split_once(&format!("\"{key}\":"))?;
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Three digits are enough.
fn short(x: f64) -> String {
    match x {
        x if x >= 1e6 => format!("{:.2} M", x / 1e6),
        x if x >= 1e4 => format!("{:.1} k", x / 1e3),
        x if x >= 100.0 => format!("{x:.0}"),
        x => format!("{x:.2}"),
    }
}
