//! `fuzz/coverage.txt`: the lines of the readers that valid files and the corpora of the project reach.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use super::programs::{Build, Scratch, TARGETS, TRIPLE, corpora, empty};
use crate::command::run;

const FILE: &str = "fuzz/coverage.txt";

const HEAD: &str = "\
# The lines of the readers, and of what writes again what was read, that the corpora of the project and the valid files of
# `fuzz/src/bin/seeds.rs` reach, all targets together; `cargo xtask fuzz --coverage` counts them. A line that is left is most
# often an error that the system would have to give, or the case of a caller that no target is.
";

/// Files, and folders of them.
const READERS: &[&str] = &[
    "kseq-core/src/train/callbacks/filepath.rs",
    "kseq-core/src/train/callbacks/number_format.rs",
    "kseq-core/src/train/files/",
    "kseq-core/src/train/int8/quantized.rs",
    "kseq-core/src/train/model/imported.rs",
    "kseq-core/src/train/model/torch.rs",
    "kseq-core/src/train/model/weights_file.rs",
    "kseq-core/src/train/run/checkpoint.rs",
    "kseq-import/src/",
    "kseq-safetensors/src/",
    "src/datasets/",
    "src/preprocessing/",
];

/// Files in these folders that read nothing of others.
const BESIDE: &[&str] = &[
    "kseq-import/src/source/parity.rs",
    "kseq-import/src/tflite",
    "kseq-safetensors/src/atomic.rs",
    "kseq-safetensors/src/disk.rs",
    "kseq-safetensors/src/growing.rs",
    "kseq-safetensors/src/place.rs",
    "kseq-safetensors/src/why.rs",
    "src/preprocessing/folders.rs",
    "src/preprocessing/image.rs",
    "src/preprocessing/skipgrams.rs",
    "src/preprocessing/timeseries.rs",
];

/// Lines with code, and those that were reached, of each file.
type Lines = BTreeMap<String, [usize; 2]>;

/// Builds the programs with counters of lines, gives them the corpora, and writes the file.
pub fn write() -> Result<(), String> {
    let tools = tools()?;
    let programs = Build::Counted.programs()?;
    let counts = empty("counts")?;
    let scratch = Scratch::new()?;
    for (name, _) in TARGETS {
        let [_, seeds, committed] = corpora(name)?;
        let files = [files(&seeds)?, files(&committed)?].concat();
        run(Command::new(programs.join(name))
            .args(files)
            .args(["-timeout=600", "-detect_leaks=0"])
            .env("KSEQ_FUZZ_FOLDER", &scratch.0)
            .env("LLVM_PROFILE_FILE", counts.join(format!("{name}.profraw")))
            .stderr(Stdio::null()))?;
    }
    let all = counts.join("all.profdata");
    run(Command::new(tools.join("llvm-profdata"))
        .args(["merge", "-sparse", "-o"])
        .arg(&all)
        .args(files(&counts)?))?;
    let mut export = Command::new(tools.join("llvm-cov"));
    export
        .args(["export", "--format=lcov", "--instr-profile"])
        .arg(&all);
    for (name, _) in TARGETS {
        export.arg("--object").arg(programs.join(name));
    }
    let said = export.output().map_err(|e| format!("{export:?}: {e}"))?;
    let lines = lines(&String::from_utf8_lossy(&said.stdout), &root()?);
    if lines.is_empty() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    print!("{}", text(&lines));
    fs::write(FILE, text(&lines)).map_err(|e| format!("{FILE}: {e}"))
}

/// Where rustup puts LLVM's own tools.
fn tools() -> Result<PathBuf, String> {
    let said = Command::new("rustc").args(["--print", "sysroot"]).output();
    let said = said.map_err(|e| format!("rustc: {e}"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
    let tools = sysroot.join("lib/rustlib").join(TRIPLE).join("bin");
    match tools.join("llvm-cov").is_file() {
        true => Ok(tools),
        false => Err("expected llvm-cov: rustup component add llvm-tools".to_owned()),
    }
}

/// The folder of the project, as the compiler names its files.
fn root() -> Result<PathBuf, String> {
    Path::new(".").canonicalize().map_err(|e| e.to_string())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        // A target without valid files, or without a corpus.
        return Ok(Vec::new());
    };
    let entries: Result<Vec<_>, _> = entries.collect();
    let entries = entries.map_err(|e| e.to_string())?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

/// What LLVM says of the readers: `SF:` a file, `LF:` its lines, `LH:` those that were reached.
fn lines(lcov: &str, root: &Path) -> Lines {
    let (mut lines, mut file) = (Lines::new(), None);
    for line in lcov.lines() {
        let Some((what, said)) = line.split_once(':') else {
            continue;
        };
        if what == "SF" {
            let path = plain(said);
            let path = path.strip_prefix(root).ok().and_then(Path::to_str);
            let begins = |some: &[&str], path: &str| some.iter().any(|one| path.starts_with(one));
            let reads = |path: &&str| begins(READERS, path) && !begins(BESIDE, path);
            file = path.filter(reads).map(str::to_owned);
        }
        let at = ["LF", "LH"].iter().position(|w| *w == what);
        if let (Some(at), Some(file), Ok(count)) = (at, &file, said.parse::<usize>()) {
            // A file that a program includes by its path is there twice.
            let most = &mut lines.entry(file.clone()).or_default()[at];
            *most = count.max(*most);
        }
    }
    lines
}

/// A path without `..` in it.
fn plain(path: &str) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            part => plain.push(part),
        }
    }
    plain
}

fn text(lines: &Lines) -> String {
    let mut text = HEAD.to_owned();
    let mut row = |name: &str, [all, reached]: [usize; 2]| {
        let percent = 100 * reached / all.max(1);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:50} {all:>6} {reached:>8} {percent:>4}%");
    };
    for (file, counts) in lines {
        row(file, *counts);
    }
    let sum = |at: usize| lines.values().map(|counts| counts[at]).sum();
    row("# all", [sum(0), sum(1)]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_readers_are_counted() {
        let lcov = "SF:/k/src/datasets/idx.rs\nDA:3,1\nLF:40\nLH:30\nend_of_record\n\
                    SF:/k/fuzz/../src/datasets/idx.rs\nLF:40\nLH:9\nend_of_record\n\
                    SF:/k/src/preprocessing/folders.rs\nLF:9\nLH:0\nend_of_record\n\
                    SF:/k/src/lib.rs\nLF:7\nLH:7\nend_of_record\n\
                    SF:/other/src/datasets/csv.rs\nLF:7\nLH:7\nend_of_record\n";
        let lines = lines(lcov, Path::new("/k"));
        assert_eq!(lines, [("src/datasets/idx.rs".to_owned(), [40, 30])].into());
        let text = text(&lines);
        assert!(text.ends_with(" 40       30   75%\n"), "{text}");
    }

    /// What is named is there.
    #[test]
    fn the_readers_are_files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for path in READERS.iter().chain(BESIDE) {
            assert!(root.join(path).exists(), "{path}");
        }
    }
}
