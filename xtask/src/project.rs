//! `cargo xtask project`: what `cargo kseq new` makes is trained, and runs in an emulator and in node.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::install::{add_target, begin};

/// The parts that are for other machines, and which.
const CHIP: (&str, &str) = ("firmware", "thumbv7em-none-eabihf");
const BROWSER: (&str, &str) = ("page", "wasm32-unknown-unknown");

/// The module knows one point of each moon.
const IN_NODE: &str = "const { exports: { second } } = new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[1])), {}); \
     if (!(second(0, 1) < 0.5 && second(1, -0.5) > 0.5)) throw new Error(`${second(0, 1)}, ${second(1, -0.5)}`);";

const PROGRAMS: [(&str, &str); 2] = [("node", "nodejs"), ("qemu-system-arm", "qemu-system-arm")];

pub fn check() -> Result<(), String> {
    let installing = begin(&PROGRAMS)?;
    let project = Path::new("target/project/moons");
    let _ = std::fs::remove_dir_all(project);
    if let Some(folder) = project.parent() {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let new = "run --quiet -p kseq-import --bin cargo-kseq -- kseq new --kseq .";
    run(Command::new("cargo").args(new.split(' ')).arg(project))?;
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => PathBuf::from(target).join("project"),
        None => "target/project/build".into(),
    };
    let target = std::path::absolute(target).map_err(|e| e.to_string())?;
    let cargo = |part: &str, words: &str| {
        let mut cargo = Command::new("cargo");
        cargo.args(words.split(' ')).current_dir(project.join(part));
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo
    };
    for part in ["", CHIP.0, BROWSER.0] {
        run(&mut cargo(part, "fmt --check"))?;
    }

    // A thousand points need no fast kernels, which take long to compile.
    let slow = "run --quiet --config profile.dev.package.kseq-core.opt-level=0";
    let train = cargo("", slow).output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&train.stdout).into_owned();
    let accuracy = said
        .lines()
        .last()
        .and_then(|l| l.split_once("val_accuracy="));
    let accuracy = accuracy.and_then(|(_, value)| value.parse::<f32>().ok());
    if accuracy.is_none_or(|accuracy| accuracy < 0.95) {
        let why = String::from_utf8_lossy(&train.stderr);
        return Err(format!(
            "expected a val_accuracy of at least 0.95:\n{said}{why}"
        ));
    }
    for file in ["weights/net.safetensors", "history.svg"] {
        if !project.join(file).exists() {
            return Err(format!("{file} was not written"));
        }
    }

    for (part, machine) in [CHIP, BROWSER] {
        add_target(machine)?;
        run(&mut cargo(part, "build --release --quiet"))?;
    }
    let built = |machine: &str, file: &str| target.join(machine).join("release").join(file);
    installing.end()?;
    run(Command::new("node")
        .args(["-e", IN_NODE])
        .arg(built(BROWSER.1, "page.wasm")))?;
    run(&mut cargo(CHIP.0, "run --release --quiet"))?;
    println!(
        "a new project was trained, and runs on a chip and in node: {}",
        project.display()
    );
    Ok(())
}
