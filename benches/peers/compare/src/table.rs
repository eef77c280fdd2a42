//! The table: a row for each model and mode, a cell for each peer.

use serde_json::Value;

pub fn head(peers: &[String]) {
    let cells: String = peers.iter().map(|p| format!(" {p} |")).collect();
    println!("| model | mode | kseq | of peak | MB | best peer | kseq is faster by |{cells}");
    println!(
        "|---|---|---|---|---|---|---|{}",
        "---|".repeat(peers.len())
    );
}

/// What a program reached in a row: the median of the rounds.
struct Figure {
    value: f64,
    memory: f64,
    of_peak: Option<f64>,
}

pub fn row(model: &str, mode: &str, peers: &[String], results: &[Value]) {
    let latency = mode == "latency";
    let unit = if latency { " us" } else { "/s" };
    let Some(ours) = figure("kseq", results) else {
        println!(
            "| {model} | {mode} | cannot | | | | |{}",
            " |".repeat(peers.len())
        );
        return;
    };
    let mut best: Option<(&str, f64)> = None;
    let mut cells = String::new();
    for peer in peers {
        let Some(theirs) = figure(peer, results) else {
            cells += " cannot |";
            continue;
        };
        let ratio = ahead(&ours, &theirs, latency);
        if best.is_none_or(|(_, least)| ratio < least) {
            best = Some((peer, ratio));
        }
        cells += &format!(
            " {}{unit}: {ratio:.2}, {:.0} MB |",
            short(theirs.value),
            theirs.memory
        );
    }
    let best = best.map_or(String::from("| "), |(peer, ratio)| {
        format!("{peer} | **{ratio:.2}**")
    });
    println!(
        "| {model} | {mode} | {}{unit} | {:.0} % | {:.0} | {best} |{cells}",
        short(ours.value),
        100.0 * ours.of_peak.unwrap_or(f64::NAN),
        ours.memory
    );
}

/// How many times faster.
fn ahead(ours: &Figure, theirs: &Figure, latency: bool) -> f64 {
    match latency {
        true => theirs.value / ours.value,
        false => ours.value / theirs.value,
    }
}

/// The columns of the short table: what was asked, its heading, and whether it has a share of the peak beside it.
const COLUMNS: [(&str, &str, bool); 4] = [
    ("train", "training", true),
    ("fit", "`fit`", false),
    ("predict", "prediction of a batch", true),
    ("latency", "one sample", false),
];

/// The short table: how many times faster than the best peer, and the share of the core's peak.
pub fn summary(models: &[String], peers: &[String], results: &[Value]) {
    let asked = |mode: &str| results.iter().any(|r| r["asked"] == *mode);
    let columns: Vec<_> = COLUMNS.iter().filter(|(mode, ..)| asked(mode)).collect();
    let (mut head, mut line) = (String::from("\n| model |"), String::from("|---|"));
    for (_, heading, share) in &columns {
        head += &format!(" {heading} |");
        line += "---|";
        if *share {
            head += " of peak |";
            line += "---|";
        }
    }
    println!("{head}\n{line}");
    for model in models {
        let mut cells = String::new();
        for (mode, _, share) in &columns {
            let of = |r: &&Value| r["model"] == **model && r["asked"] == *mode;
            let results: Vec<Value> = results.iter().filter(of).cloned().collect();
            let ours = figure("kseq", &results);
            let ratios = peers.iter().filter_map(|peer| {
                let theirs = figure(peer, &results)?;
                Some((peer, ahead(ours.as_ref()?, &theirs, *mode == "latency")))
            });
            cells += &ratios
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map_or(String::from(" - |"), |(peer, ratio)| {
                    format!(" **{ratio:.2}** ({}) |", called(peer))
                });
            if *share {
                let share = ours.and_then(|ours| ours.of_peak);
                cells += &share.map_or(String::from(" - |"), |s| format!(" {:.0} % |", 100.0 * s));
            }
        }
        if cells.contains("**") {
            println!("| {model} |{cells}");
        }
    }
}

/// What its users call a peer.
fn called(peer: &str) -> &str {
    match peer {
        "keras-tf" => "TensorFlow",
        "keras-jax" => "JAX",
        "torch" => "PyTorch",
        "onnxruntime" => "ONNX Runtime",
        "litert" => "LiteRT",
        other => other,
    }
}

/// The median of a program's rounds.
fn figure(program: &str, results: &[Value]) -> Option<Figure> {
    let lines = results.iter().filter(|line| line["program"] == program);
    let lines: Vec<&Value> = lines.filter(|line| line["median"].is_number()).collect();
    Some(Figure {
        value: middle(&lines, "median")?,
        memory: middle(&lines, "peak_rss_mb").unwrap_or(f64::NAN),
        of_peak: middle(&lines, "of_peak"),
    })
}

fn middle(lines: &[&Value], key: &str) -> Option<f64> {
    let mut values: Vec<f64> = lines.iter().filter_map(|l| l[key].as_f64()).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (n > 0).then(|| 0.5 * (values[n / 2] + values[(n - 1) / 2]))
}

/// Who cannot do what, and why.
pub fn failures(results: &[Value]) -> impl Iterator<Item = [String; 3]> {
    results.iter().filter_map(|line| {
        let reason = line["failed"].as_str().or(line["unsupported"].as_str())?;
        let word = |key: &str| line[key].as_str().unwrap_or("?").to_string();
        let what = format!("{} {}", word("model"), word("asked"));
        Some([word("program"), reason.to_string(), what])
    })
}

pub fn reasons(mut failures: Vec<[String; 3]>) {
    failures.sort();
    failures.dedup();
    let mut before = None;
    for [program, reason, what] in &failures {
        if before == Some((program, reason)) {
            print!(", {what}");
        } else {
            print!("\n- {program}: {reason}: {what}");
        }
        before = Some((program, reason));
    }
    println!();
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
