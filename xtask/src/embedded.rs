//! `cargo xtask embedded`: builds the firmware of `embedded/` for its targets, runs it in an emulator, and compares instructions,
//! code and memory with `docs/EMBEDDED_SIZES.md`, which `cargo xtask embedded --write` writes. No program may contain the
//! machinery of panics, the formatting of text, or an allocator.
//!
//! Compilers for the targets and the emulator come from a kit beside the repository, which also counts instructions. Where
//! there is none only the weights are checked, on the host.

pub mod elf;
pub mod forbidden;
mod kit;
mod promises;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::install;
use elf::Elf;
use forbidden::{Exception, judge, no_longer_needed};
use kit::{Kit, M4F, PLACE};
use table::{Row, Table};

/// A package of firmware, built for one target.
struct Project {
    /// Below `embedded/`.
    folder: &'static str,
    target: &'static str,
    /// As the table says it.
    chip: &'static str,
    opt_level: &'static str,
    /// Name and the function that is measured. `empty`, which does nothing, is there as well.
    programs: &'static [(&'static str, &'static str)],
}

const WORKS: &[(&str, &str)] = &[
    ("mlp", "measured"),
    ("cnn", "measured"),
    ("lstm", "measured"),
    ("sgd_large", "measured"),
    ("sgd_small", "measured"),
    ("adam_small", "measured"),
    ("sgd_frozen", "measured"),
    ("stream", "measured"),
    ("twin", "measured"),
];

const FIRMWARE: &[(&str, &str)] = &[
    ("digit_mlp", "classify"),
    ("digit_cnn", "classify"),
    ("keyword_cnn", "classify"),
    ("gesture_gru", "classify"),
    ("anomaly_lstm", "foretell"),
    ("two_models", "see_and_hear"),
    ("train_on_device", "learn"),
    ("digit_cnn_int8", "classify"),
    ("keyword_int8", "classify"),
    ("speech_int8", "classify"),
];

const WITHOUT_FPU: &[(&str, &str)] = &[
    ("digit_mlp", "classify"),
    ("gesture_gru", "classify"),
    ("digit_cnn_int8", "classify"),
    ("speech_int8", "classify"),
];

const fn project(
    folder: &'static str,
    chip: &'static str,
    opt_level: &'static str,
    programs: &'static [(&'static str, &'static str)],
) -> Project {
    let target = match chip.as_bytes() {
        b"Cortex-M4F" => M4F,
        b"Cortex-M0" => "thumbv6m-none-eabi",
        _ => "riscv32imc-unknown-none-elf",
    };
    Project {
        folder,
        target,
        chip,
        opt_level,
        programs,
    }
}

const PROJECTS: &[Project] = &[
    project("measure", "Cortex-M4F", "3", WORKS),
    project("measure", "Cortex-M4F", "s", WORKS),
    project("measure", "Cortex-M0", "3", WORKS),
    project("measure", "RV32IMC", "3", WORKS),
    project("cortex-m", "Cortex-M4F", "3", FIRMWARE),
    project("cortex-m", "Cortex-M0", "3", FIRMWARE),
    project("riscv", "RV32IMC", "3", WITHOUT_FPU),
];

/// Programs that still contain what no program may.
const EXCEPTIONS: &[Exception] = &[];

/// The check; with `--write` the page; with `--quick` what `embedded/measure` takes on the first chip, which is compared with nothing.
pub fn command() -> Result<(), String> {
    let argument = std::env::args().nth(2).unwrap_or_default();
    let (write, quick) = (argument == "--write", argument == "--quick");
    for folder in ["cortex-m", "embassy", "measure", "riscv"] {
        let manifest = format!("embedded/{folder}/Cargo.toml");
        let fmt = ["fmt", "--manifest-path", &manifest, "--check"];
        run(Command::new("cargo").args(fmt))?;
    }
    let host = ["run", "--release", "--quiet", "-p", "embedded-train"];
    run(Command::new("cargo").args(host).args(["--", "--check"]))?;
    let Ok(kit) = Path::new(PLACE).canonicalize() else {
        if write {
            return Err(format!("the emulator kit is not there: {PLACE}"));
        }
        println!(
            "SKIPPED: no firmware was built or run, since the emulator kit is not there: {PLACE}"
        );
        return table::readme(&Table::read()?, false);
    };
    let mut targets: Vec<&str> = PROJECTS.iter().map(|p| p.target).collect();
    targets.sort_unstable();
    targets.dedup();
    let lock = install::lock(install::DEBIAN)?;
    run(Command::new(kit.join("setup.sh")).args(targets))?;
    drop(lock);
    let kit = Kit {
        folder: kit,
        target: std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| PathBuf::from("target"), PathBuf::from)
            .join("mcu"),
    };
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    if quick {
        for project in PROJECTS
            .iter()
            .filter(|project| project.folder == "measure" && project.target == M4F)
        {
            measure(&kit, project, &mut rows, &mut wrong)?;
        }
        return match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("\n")),
        };
    }
    for project in PROJECTS {
        measure(&kit, project, &mut rows, &mut wrong)?;
    }
    embassy(&kit)?;
    promises::check(&kit, write)?;
    let measured = Table { rows };
    let found: Vec<(&str, &str)> = measured
        .rows
        .iter()
        .flat_map(|row| row.contains.iter().map(|what| (row.work.as_str(), *what)))
        .collect();
    wrong.extend(no_longer_needed(EXCEPTIONS, &found, file!()));
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    if write {
        measured.write()?;
        return table::readme(&measured, true);
    }
    let page = Table::read()?;
    measured.compare(&page)?;
    table::readme(&page, false)
}

/// Builds and runs the programs of a project.
fn measure(
    kit: &Kit,
    project: &Project,
    rows: &mut Vec<Row>,
    wrong: &mut Vec<String>,
) -> Result<(), String> {
    let Project {
        folder,
        target,
        chip,
        opt_level,
        programs,
    } = *project;
    println!("embedded/{folder}, {target}, opt-level {opt_level}");
    let built = kit.build(&Path::new("embedded").join(folder), target, opt_level)?;
    let empty = Elf::read(&built.join("empty"))?;
    for &(program, function) in programs {
        let path = built.join(program);
        let elf = Elf::read(&path)?;
        let (instructions, stack) = match kit.count(&path, &elf, function) {
            Ok(counts) => counts,
            Err(why) => {
                wrong.push(format!(
                    "{program} for the {chip}, opt-level {opt_level}: {why}"
                ));
                continue;
            }
        };
        let code = (elf.code() - elf.data()).saturating_sub(empty.code());
        let contains = judge(
            &format!("{program} for the {chip}, opt-level {opt_level}"),
            program,
            &elf.symbols,
            EXCEPTIONS,
            wrong,
        );
        let row = Row {
            work: program.to_owned(),
            chip: chip.to_owned(),
            opt_level: opt_level.to_owned(),
            numbers: [instructions, code, elf.memory(), stack],
            contains,
        };
        println!("  {row}");
        rows.push(row);
    }
    Ok(())
}

/// A program of embassy's, whose executor is not kseq's to measure: that it runs.
fn embassy(kit: &Kit) -> Result<(), String> {
    println!("embedded/embassy, {M4F}, opt-level 3");
    let program = kit
        .build(Path::new("embedded/embassy"), M4F, "3")?
        .join("firmware-embassy");
    run(Command::new(kit.folder.join("bin/qemu-run")).arg(program))
}
