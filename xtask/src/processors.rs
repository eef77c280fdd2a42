//! Tests on other processors: 64-bit ARM with its vector kernels, one of 32 bits, one whose highest byte comes first.
//!
//! Compiled by Debian's compiler, which has a standard library for each of them (`tests/processors/setup.sh`), and run by an emulator
//! of programs, or here if this CPU can. All of it takes an hour or two, mostly the compiler: `check` leaves it out.

mod counts;
mod processor;

use crate::command::run;
use processor::{PROCESSORS, Processor, cargo, setup};

/// What is run, each by its name.
const SUITES: [(&str, &[&str]); 6] = [
    (
        "int8",
        &["-p", "kseq-int8", "--features=std", "--lib", "--tests"],
    ),
    ("safetensors", &["-p", "kseq-safetensors", "--lib"]),
    ("core", &["-p", "kseq-core", "--lib"]),
    ("import", &["-p", "kseq-import", "--lib", "--tests"]),
    (
        "contracts",
        &[
            "-p",
            "kseq-tests",
            "--test=determinism",
            "--test=weights",
            "--test=baked",
            "--test=resume",
            "--test=gradients",
        ],
    ),
    ("golden", &["-p", "kseq-tests", "--test=golden"]),
];

/// `cargo xtask processors [NAME..] [SUITE..] [-- ARGUMENTS OF THE TESTS]`, or `cargo xtask processors counts [NAME..]`.
pub fn command() -> Result<(), String> {
    let mut words: Vec<String> = std::env::args().skip(2).collect();
    if let Some(("counts", names)) = words.split_first().map(|(word, rest)| (&**word, rest)) {
        return counts::command(names);
    }
    let mut arguments = Vec::new();
    if let Some(at) = words.iter().position(|word| word == "--") {
        arguments = words.split_off(at);
    }
    let is_processor = |word: &String| PROCESSORS.iter().any(|p| p.name == word);
    let is_suite = |word: &String| SUITES.iter().any(|(name, _)| name == word);
    if let Some(word) = words
        .iter()
        .find(|word| !is_processor(word) && !is_suite(word))
    {
        let names: Vec<&str> = PROCESSORS.iter().map(|p| p.name).collect();
        let suites: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "expected processors ({}) and suites ({}), found `{word}`",
            names.join(", "),
            suites.join(", ")
        ));
    }
    for processor in &PROCESSORS {
        if words.iter().any(is_processor) && !words.iter().any(|word| word == processor.name) {
            continue;
        }
        println!("-- {}: {}", processor.name, processor.about);
        setup(processor)?;
        for (name, suite) in SUITES {
            if !words.iter().any(is_suite) || words.iter().any(|word| word == name) {
                test(processor, suite, &arguments).map_err(|why| format!("{name}: {why}"))?;
            }
        }
    }
    Ok(())
}

fn test(processor: &Processor, suite: &[&str], arguments: &[String]) -> Result<(), String> {
    for isa in [None].into_iter().chain(processor.also.iter().map(Some)) {
        let mut test = cargo(processor, "test")?;
        test.args(suite).args(arguments);
        if let Some(isa) = isa {
            println!("-- with KSEQ_ISA={isa}");
            test.env("KSEQ_ISA", isa);
        }
        run(&mut test)?;
    }
    Ok(())
}
