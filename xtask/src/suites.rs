//! The suites of tests: with the data of real Keras, with what Python has, as on a microcontroller, without std.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::run;
use crate::install::lock;
use crate::refused;

/// The project's own copy of the data, with what is too large for it where `../shared` lies beside the checkout (it always does in
/// CI); and that this copy is one.
pub fn golden() -> Result<(), String> {
    let mut test = workspace("test");
    run(test.args(["--test", "golden"]))?;
    let shared = Path::new("../shared/golden");
    if shared.is_dir() {
        same_as(shared)?;
    }
    of_others()
}

/// Cases of others: what only the compiler can refuse is counted, and the rest runs.
fn of_others() -> Result<(), String> {
    let (own, folder) = (
        Path::new("tests/golden/data/layers"),
        std::path::absolute("target/golden").map_err(|e| e.to_string())?,
    );
    let layers = folder.join("layers");
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    std::fs::create_dir_all(&layers).map_err(|e| failed(&layers, e))?;
    for (from, to) in [("dense_00", "taken"), ("cropping1d_00", "refused")] {
        let (json, arrays) = (format!("{from}.json"), format!("{from}.safetensors"));
        let text = std::fs::read_to_string(own.join(&json)).map_err(|e| failed(own, e))?;
        // More than there is: the shape's rule, which the compiler evaluates.
        let text = text.replace("\"cropping\": [\n     1,", "\"cropping\": [\n     9,");
        let path = layers.join(format!("{to}.json"));
        std::fs::write(&path, text).map_err(|e| failed(&path, e))?;
        let path = layers.join(format!("{to}.safetensors"));
        std::fs::copy(own.join(&arrays), &path).map_err(|e| failed(&path, e))?;
    }
    let mut test = workspace("test");
    test.args(["--test", "golden"]).env("KSEQ_GOLDEN", &folder);
    let output = test.output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{said}");
    match said.contains("golden: 1 passed, 0 failed, 1 unsupported") {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Each case of another folder is one of the project's own, and the same where both have its file.
fn same_as(shared: &Path) -> Result<(), String> {
    let own = Path::new("tests/golden/data");
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let index = String::from_utf8_lossy(&read(&own.join("index.json"))?).into_owned();
    for family in std::fs::read_dir(shared).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(family.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = file.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if path
                .extension()
                .is_none_or(|e| e != "json" && e != "safetensors")
            {
                continue;
            }
            if !index.contains(&format!("\"{stem}\"")) {
                return Err(format!(
                    "{} is not in {}/index.json",
                    path.display(),
                    own.display()
                ));
            }
            let copy = own.join(family.file_name()).join(file.file_name());
            if copy.exists() && read(&copy)? != read(&path)? {
                return Err(format!("{} and {} differ", copy.display(), path.display()));
            }
        }
    }
    Ok(())
}

/// Installs Python packages from PyPI into `target/NAME`: those that `tests/NAME_requirements.txt` names, in those versions, and no others.
pub fn install(name: &str) -> Result<(), String> {
    let folder = format!("target/{name}");
    let requirements = format!("tests/{name}_requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).map_err(|e| e.to_string())?;
    let mark = format!("{folder}/installed.txt");
    let lock = lock(name)?;
    if std::fs::read_to_string(&mark).ok().as_deref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear", &folder]))?;
        let python = format!("{folder}/bin/python");
        let install = ["-m", "pip", "install", "--quiet", "--no-deps", "-r"];
        run(Command::new(&python).args(install).arg(&requirements))?;
        std::fs::write(&mark, wanted).map_err(|e| format!("{mark}: {e}"))?;
    }
    drop(lock);
    Ok(())
}

/// Begins what waits for the network, as a process of its own: the checks of this name find it done, or wait for it, or try again and
/// say what is wrong.
pub fn begin(names: &[&str]) {
    for name in names {
        let Ok(program) = std::env::current_exe() else {
            return;
        };
        let mut install = Command::new(program);
        // It prints nothing in between the checks.
        install
            .arg(name)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let _ = install.spawn();
    }
}

/// The examples of its documentation need the library as a part of the compiler, which is another build of it, whose speed nobody
/// asks for.
const MACROS: &str = "kseq-macros";

/// One build for all tests and examples: of other packages or features everything would be compiled once more.
pub fn workspace(command: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--profile=test", "--workspace", "--all-features"]);
    cargo.args(["--exclude", MACROS]);
    cargo
}

/// All tests, also those that ask Python, without the examples (`examples` runs them) and the rejected models (`ui`).
pub fn test() -> Result<(), String> {
    let mut test = workspace("test");
    test.args(["--lib", "--bins", "--tests"]);
    test.args(["--", "--skip", "rejected_models"]);
    // Without it they fail.
    if std::env::var_os("KSEQ_KERAS_PYTHON").is_none() {
        let python = std::path::absolute("target/keras/bin/python");
        test.env("KSEQ_KERAS_PYTHON", python.map_err(|e| e.to_string())?);
    }
    run(&mut test)?;
    run(workspace("test").arg("--doc"))?;
    run(Command::new("cargo")
        .args(["test", "-p", MACROS, "--all-features", "--config"])
        .arg("profile.test.package.kseq-core.opt-level=0"))
}

/// The rejected models, and what the compiler says of them.
pub fn ui() -> Result<(), String> {
    run(workspace("test").args(["--test", "rejected"]))
}

pub fn device() -> Result<(), String> {
    // Other flags than those of all other builds: a folder of its own, or everything would be built anew each time.
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => Path::new(&target).join("device"),
        None => "target/device".into(),
    };
    let test = |arguments: &[&str]| {
        run(Command::new("cargo")
            .arg("test")
            .args(arguments)
            .env("RUSTFLAGS", "--cfg kseq_device")
            .env("CARGO_TARGET_DIR", &target))
    };
    test(&["-p", "kseq-core", "--lib"])?;
    test(&[
        "-p",
        "kseq-tests",
        "--test",
        "device",
        "--test",
        "trainer",
        "--test",
        "frozen",
        "--test",
        "stateful",
        "--test",
        "masking",
    ])
}

pub fn nostd() -> Result<(), String> {
    refused::check()?;
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("the proof is a program for x86-64 Linux: skipped on this machine");
        return Ok(());
    }
    let folder = "tests/nostd-proof";
    run(Command::new("cargo")
        .args(["build", "--release"])
        .current_dir(folder))?;
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => target.into(),
        None => Path::new(folder).join("target"),
    };
    run(&mut Command::new(target.join("release/nostd-proof")))?;
    println!("nostd-proof linked without std and allocator, trained and predicted");
    Ok(())
}
