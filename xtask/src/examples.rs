//! The programs of `examples/`: each runs, and ends with the line that the book shows.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::run;
use crate::suites;

/// The examples, and with how many samples each runs where all of them would take long.
const EXAMPLES: &[(&str, Option<&str>)] = &[
    ("mlp_softmax", None),
    ("mlp_binary", None),
    ("mnist_mlp", None),
    ("mnist_cnn", Some("1024")),
    ("vgg_like", None),
    ("stacked_lstm", None),
    ("stateful_lstm", None),
    ("topics_mlp", Some("4000")),
    ("lstm_sentiment", Some("2000")),
    ("lstm_lengths", Some("2000")),
    ("conv1d_sentiment", Some("2000")),
    ("char_lstm", Some("2000")),
    ("int8", Some("1000")),
    ("own_layer", None),
    ("own_loss", None),
];

/// Programs of the kinds that are often written in Keras, and how many of their last lines the book shows. They take no arguments, and
/// fail if they have not learned.
const PROGRAMS: &[(&str, usize)] = &[
    ("first", 2),
    ("churn", 6),
    ("regression", 1),
    ("imbalanced", 4),
    ("multi_label", 4),
    ("augmentation", 2),
    ("time_series", 3),
    ("ecg", 7),
    ("gesture", 7),
    ("autoencoder", 1),
    ("anomaly", 1),
    ("addition", 6),
    ("dqn", 1),
    ("transfer", 2),
    ("checkpoints", 4),
    ("search", 18),
];

/// What the programs end with, for the chapters of the book, which include its parts by name.
const LINES: &str = "book/src/lines.txt";

/// Runs all of them, and compares their last lines with the book's; with `--write` these are written.
pub fn command() -> Result<(), String> {
    let write = std::env::args().skip(2).any(|a| a == "--write");
    let folder = build()?;
    let mut lines =
        String::from("Written by `cargo xtask examples --write`: how the programs end.\n");
    for (example, samples) in EXAMPLES {
        let mut arguments = vec!["--epochs", "1", "--seed", "1"];
        arguments.extend(samples.iter().flat_map(|n| ["--samples", n]));
        // What they end with is noise of one epoch: nobody reads it.
        let _ = output(&folder.join(example), &arguments)?;
    }
    for (program, count) in PROGRAMS {
        let said = output(&folder.join(program), &[])?;
        let last = last_lines(&said, *count);
        if last.is_empty() {
            return Err(format!("{program} says nothing"));
        }
        // Writing into a string does not fail.
        let _ = write!(
            lines,
            "\nANCHOR: {program}\n$ cargo run --release -p kseq-nn --example {program}\n{last}\nANCHOR_END: {program}\n"
        );
    }
    if write {
        return std::fs::write(LINES, lines).map_err(|e| format!("{LINES}: {e}"));
    }
    if !as_measured() {
        println!("{LINES} is not compared: this machine rounds otherwise");
        return Ok(());
    }
    let before = std::fs::read_to_string(LINES).map_err(|e| format!("{LINES}: {e}"))?;
    let changed: Vec<String> = lines
        .lines()
        .filter(|line| !before.lines().any(|l| l == *line))
        .map(|line| format!("  {line}"))
        .collect();
    if before != lines {
        return Err(format!(
            "the programs end otherwise than {LINES} says: if that is meant, `cargo xtask examples --write`\n{}",
            changed.join("\n")
        ));
    }
    Ok(())
}

/// Builds them all, of the library that the tests have: where the programs are. (A release build of each takes the compiler six times
/// as long, and has the same bits.)
fn build() -> Result<PathBuf, String> {
    let mut build = suites::workspace("build");
    let names = EXAMPLES.iter().map(|(example, _)| example);
    let names = names.chain(PROGRAMS.iter().map(|(program, _)| program));
    run(build.args(names.flat_map(|name| ["--example", name])))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Ok(Path::new(&target).join("debug/examples"))
}

/// What a program writes; it is shown, too.
fn output(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut run = Command::new(program);
    run.args(arguments).stderr(Stdio::inherit());
    let output = run.output().map_err(|e| format!("{run:?}: {e}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{said}");
    match output.status.success() {
        true => Ok(said),
        false => Err(format!("{run:?}: {}", output.status)),
    }
}

/// The last lines, without those of the progress, which have a time in them.
fn last_lines(said: &str, count: usize) -> String {
    let without_time = |line: &&str| {
        !line.trim().is_empty() && !line.contains("loss: ") && !line.starts_with("Epoch ")
    };
    let mut lines: Vec<&str> = said
        .lines()
        .rev()
        .filter(without_time)
        .take(count)
        .collect();
    lines.reverse();
    lines.join("\n")
}

/// Whether this machine rounds as that on which the lines were written: one rounding for a multiplication and an addition, and the
/// sines of glibc, with which some programs make their data.
fn as_measured() -> bool {
    #[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
    {
        std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
    }
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")))]
    {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Each example is run by `cargo xtask check`, is in README's tables, and says with `--help` what it does.
    #[test]
    fn each_example_is_listed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
        for entry in std::fs::read_dir(root.join("examples")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap();
            let run = super::EXAMPLES.iter().any(|(example, _)| *example == name);
            let program = super::PROGRAMS.iter().any(|(program, _)| *program == name);
            assert!(run || program, "{name} is not run");
            // The program on README's first page is only what is shown there.
            if name == "first" {
                continue;
            }
            assert!(
                readme.contains(&format!("`{name}`")),
                "README.md lacks {name}"
            );
            let source = std::fs::read_to_string(&path).unwrap();
            let help = format!("include_str!(\"{name}.rs\")");
            assert!(source.contains(&help), "{name} has no --help");
        }
    }

    /// The cookbook shows each program.
    #[test]
    fn each_program_is_in_the_cookbook() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src/cookbook.md");
        let page = std::fs::read_to_string(page).unwrap();
        for (program, _) in super::PROGRAMS {
            let line = format!("{{{{#include lines.txt:{program}}}}}");
            assert!(page.contains(&line), "cookbook.md lacks {line}");
        }
    }
}
