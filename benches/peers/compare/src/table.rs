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
    let Some(ours) = figure("kseq", latency, results) else {
        println!(
            "| {model} | {mode} | cannot | | | | |{}",
            " |".repeat(peers.len())
        );
        return;
    };
    let ahead = |theirs: f64| {
        if latency {
            theirs / ours.value
        } else {
            ours.value / theirs
        }
    };
    let mut best: Option<(&str, f64)> = None;
    let mut cells = String::new();
    for peer in peers {
        let Some(theirs) = figure(peer, latency, results) else {
            cells += " cannot |";
            continue;
        };
        let ratio = ahead(theirs.value);
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

/// The median of a program's rounds. Python trains in several ways, each a line: the fastest counts.
fn figure(program: &str, latency: bool, results: &[Value]) -> Option<Figure> {
    let mut ways: Vec<Vec<&Value>> = Vec::new();
    for line in results {
        if line["program"] == program && line["median"].is_number() {
            match ways.iter_mut().find(|way| way[0]["mode"] == line["mode"]) {
                Some(way) => way.push(line),
                None => ways.push(vec![line]),
            }
        }
    }
    let figures = ways.iter().map(|way| Figure {
        value: middle(way, "median").expect("was filtered for"),
        memory: middle(way, "peak_rss_mb").unwrap_or(f64::NAN),
        of_peak: middle(way, "of_peak"),
    });
    let faster = |a: &Figure, b: &Figure| match latency {
        true => b.value.total_cmp(&a.value),
        false => a.value.total_cmp(&b.value),
    };
    figures.max_by(faster)
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
