//! How many instructions the kernels for NEON take, counted in the emulator: there is no such CPU here to measure the time.
//!
//! A piece of work (`benches/counts`) is done once and twice; the difference leaves out the start of the program. For a vector of
//! multiply-adds at least one instruction is needed (`fmla`), and for what is not in registers a load. One that is 1.3 has 0.3 for
//! loads, addresses and loops.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::processor::{PROCESSORS, cargo, folder, setup};
use crate::command::run;

/// The target of the first of [`PROCESSORS`].
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Instructions: all, multiply-adds of vectors, those that read or write memory.
type Counts = [f64; 3];

/// `cargo xtask processors counts [NAME..]`: a table of the pieces of work whose names have one of these in them.
///
/// `blocks=10` among them: also the ten blocks of instructions that take the most.
pub fn command(words: &[String]) -> Result<(), String> {
    let (options, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with("blocks="));
    let aarch64 = &PROCESSORS[0];
    setup(aarch64)?;
    let plugin = folder().join("instructions.so");
    run(Command::new("gcc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .arg(&plugin)
        .arg("benches/counts/instructions.c"))?;
    run(cargo(aarch64, "build")?.args(["--release", "-p", "kseq-counts"]))?;
    let program = folder().join(TARGET).join("release/kseq-counts");
    let list = Command::new("qemu-aarch64").arg(&program).output();
    let list = list.map_err(|e| format!("qemu-aarch64: {e}"))?.stdout;
    println!(
        "| work | vectors of multiply-adds | instructions each | of them `fmla` | of memory | `KSEQ_ISA=portable` |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for line in String::from_utf8_lossy(&list).lines() {
        let Some((name, macs)) = line.split_once('\t') else {
            return Err(format!("expected a name and a number, found `{line}`"));
        };
        if !names.is_empty() && !names.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let vectors: f64 = macs.parse().map_or(f64::NAN, |macs: f64| macs / 4.0);
        let counts = |isa| -> Result<Counts, String> {
            let [once, twice] = [1, 2].map(|times| count(&plugin, &program, (name, times), isa));
            let (once, twice) = (once?, twice?);
            Ok([0, 1, 2].map(|i| (twice[i] - once[i]) / vectors))
        };
        let ([all, fmla, memory], [portable, ..]) = (counts("neon")?, counts("portable")?);
        println!("| {name} | {vectors:.0} | {all:.2} | {fmla:.2} | {memory:.2} | {portable:.2} |");
        for option in &options {
            // So often that making the data is not most of it.
            let times = 2 + (1e7 / vectors) as usize;
            blocks(&plugin, &program, (name, times), option)?;
        }
    }
    Ok(())
}

/// The emulator with the plugin, and a piece of work that is done so many times.
fn emulator(plugin: &Path, options: &str, program: &Path, (name, times): (&str, usize)) -> Command {
    let mut argument = PathBuf::from(plugin).into_os_string();
    argument.push(options);
    let mut command = Command::new("qemu-aarch64");
    command.arg("-plugin").arg(argument).arg(program);
    command.args([name, &times.to_string()]);
    command
}

fn count(plugin: &Path, program: &Path, work: (&str, usize), isa: &str) -> Result<Counts, String> {
    let mut command = emulator(plugin, "", program, work);
    let output = command.env("KSEQ_ISA", isa).output();
    let output = output.map_err(|e| format!("{command:?}: {e}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counts = said
        .lines()
        .find_map(|line| line.strip_prefix("instructions "))
        .and_then(|line| {
            let counts: Option<Vec<f64>> = line.split(' ').map(|n| n.parse().ok()).collect();
            counts?.try_into().ok()
        });
    match counts {
        Some(counts) if output.status.success() => Ok(counts),
        _ => Err(format!("{command:?}: {}: {said}", output.status)),
    }
}

/// Where most instructions of a piece of work are.
fn blocks(plugin: &Path, program: &Path, work: (&str, usize), option: &str) -> Result<(), String> {
    run(&mut emulator(plugin, &format!(",{option}"), program, work))
}
