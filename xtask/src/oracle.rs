//! `cargo xtask oracle`: many random whole models, some hundred in each build.

use std::process::Command;

pub const USAGE: &str = "cargo xtask oracle [--models N] [--seed S] [--each M]\n\
    \x20 N models (10000) from seed S (1000) on, M in a build (150): kseq beside the interpreter of tests/oracle. A model that disagrees is\n\
    \x20 printed with its seed; `KSEQ_ORACLE_SEED=seed KSEQ_ORACLE_MODELS=1 cargo test -p kseq-oracle-models` is that one alone.";

/// The command.
pub fn command(arguments: &[String]) -> Result<(), String> {
    let (mut models, mut seed, mut each) = (10_000, 1000, 150);
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let number = rest.next().and_then(|text| text.parse::<u64>().ok());
        let place = match name.as_str() {
            "--models" => &mut models,
            "--seed" => &mut seed,
            "--each" => &mut each,
            _ => return Err(USAGE.to_owned()),
        };
        *place = number.filter(|number| *number > 0).ok_or(USAGE)?;
    }
    let (mut done, mut failed) = (0, Vec::new());
    while done < models {
        let (first, count) = (seed + done, each.min(models - done));
        let output = Command::new("cargo")
            .args(["test", "--quiet", "-p", "kseq-oracle-models"])
            .env("KSEQ_ORACLE_SEED", first.to_string())
            .env("KSEQ_ORACLE_MODELS", count.to_string())
            .output()
            .map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        print!("{text}");
        if !output.status.success() {
            // Of a build that failed, the compiler's words.
            if !text.contains("oracle, ") {
                eprint!("{}", String::from_utf8_lossy(&output.stderr));
            }
            failed.push(first);
        }
        done += count;
        println!(
            "oracle: {done} of {models} models, {} builds with something that disagrees: {failed:?}",
            failed.len()
        );
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err("some models disagree".to_owned()),
    }
}
