//! `tests/promises.txt`: what the models of `tests/promises.rs` take in the emulator, with which that test compares their constants.

use std::fs;
use std::path::{Path, PathBuf};

use super::elf::Elf;
use super::forbidden::{Exception, judge, no_longer_needed};
use super::kit::{Kit, M4F};

const MODELS: &str = "tests/promises.rs";
const MEASURED: &str = "tests/promises.txt";

/// What a macro of the test is for, and what a program of `embedded/measure` is made by.
const KINDS: [(&str, &str); 2] = [
    ("predictions! {", "measure::predict!(Net = [@], 0.3);"),
    ("trainings! {", "measure::train!(Net = [@], SGD(0.01));"),
];

/// Models that still contain what no program may, with what it is, and why.
const EXCEPTIONS: &[Exception] = &[];

/// A model of the test.
struct Model {
    name: String,
    program: String,
}

/// The models of the test, each of which is a line in one of the two macros.
fn models(text: &str) -> Vec<Model> {
    let (mut kind, mut models) = (None, Vec::new());
    for line in text.lines() {
        if line == "}" {
            kind = None;
        }
        if let Some((_, program)) = KINDS.iter().find(|(begin, _)| *begin == line) {
            kind = Some(*program);
        } else if let Some(program) = kind
            && let Some((name, layers)) = line.trim().split_once(" = [")
            && let Some(layers) = layers.strip_suffix("];")
        {
            let program = program.replace('@', layers);
            models.push(Model {
                name: name.to_owned(),
                program: format!("#![no_std]\n#![no_main]\n{program}\n"),
            });
        }
    }
    models
}

/// A package like `embedded/measure` with these programs.
fn package(kit: &Kit, models: &[Model]) -> Result<PathBuf, String> {
    let failed = |e: std::io::Error| format!("the package of {MODELS}: {e}");
    let root = std::path::absolute(".").map_err(failed)?;
    let folder = std::path::absolute(kit.target.join("promises")).map_err(failed)?;
    let bins = folder.join("src/bin");
    if bins.exists() {
        fs::remove_dir_all(&bins).map_err(failed)?;
    }
    fs::create_dir_all(&bins).map_err(failed)?;
    let measure = Path::new("embedded/measure");
    for file in [
        "Cargo.lock",
        "build.rs",
        "memory.x",
        "src/lib.rs",
        "src/int8.rs",
        "src/bin/empty.rs",
    ] {
        fs::copy(measure.join(file), folder.join(file)).map_err(failed)?;
    }
    let manifest = fs::read_to_string(measure.join("Cargo.toml")).map_err(failed)?;
    let root = root.display();
    let manifest = manifest.replace("path = \"../..", &format!("path = \"{root}"));
    fs::write(folder.join("Cargo.toml"), manifest).map_err(failed)?;
    for Model { name, program } in models {
        fs::write(bins.join(format!("{name}.rs")), program).map_err(failed)?;
    }
    Ok(folder)
}

/// Measures them, and compares with what is there, or writes it.
pub fn check(kit: &Kit, write: bool) -> Result<(), String> {
    println!("{MODELS}, {M4F}, opt-level 3");
    let models = models(&fs::read_to_string(MODELS).map_err(|e| format!("{MODELS}: {e}"))?);
    let built = kit.build(&package(kit, &models)?, M4F, "3")?;
    let empty = Elf::read(&built.join("empty"))?.code();
    let (mut text, mut found, mut wrong) = (String::new(), Vec::new(), Vec::new());
    for Model { name, .. } in &models {
        let path = built.join(name);
        let elf = Elf::read(&path)?;
        let (_, stack) = kit
            .count(&path, &elf, "measured")
            .map_err(|why| format!("{name}: {why}"))?;
        let code = (elf.code() - elf.data()).saturating_sub(empty);
        let contains = judge(name, name, &elf.symbols, EXCEPTIONS, &mut wrong);
        found.extend(contains.into_iter().map(|what| (name.as_str(), what)));
        text += &format!("{name} {code} {stack}\n");
    }
    wrong.extend(no_longer_needed(EXCEPTIONS, &found, file!()));
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    if write {
        return fs::write(MEASURED, text).map_err(|e| format!("{MEASURED}: {e}"));
    }
    let before = fs::read_to_string(MEASURED).map_err(|e| format!("{MEASURED}: {e}"))?;
    match differ(&text, &before) {
        None => Ok(()),
        Some(line) => Err(format!(
            "{MEASURED} is not what was measured, now `{line}`: run `cargo xtask embedded --write`, and see that `{MODELS}` passes"
        )),
    }
}

/// The first line whose numbers are more than a hundredth larger or smaller than before, or that is new.
fn differ<'t>(now: &'t str, before: &str) -> Option<&'t str> {
    let numbers = |line: &str| -> Vec<u64> {
        let words = line.split(' ').skip(1);
        words.filter_map(|word| word.parse().ok()).collect()
    };
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    now.lines().find(|line| {
        let old = before.lines().find(|old| name(old) == name(line));
        let old = old.map(numbers).unwrap_or_default();
        let new = numbers(line);
        old.len() != new.len()
            || old
                .iter()
                .zip(&new)
                .any(|(old, new)| old.abs_diff(*new) > old / 100)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_is_the_same() {
        assert_eq!(differ("A 1010 99\nB 5 5\n", "B 5 5\nA 1000 99\n"), None);
        assert_eq!(differ("A 1011 99\n", "A 1000 99\n"), Some("A 1011 99"));
        assert_eq!(differ("B 5 5", "A 5 5"), Some("B 5 5"));
    }

    #[test]
    fn the_models_of_the_test_are_found() {
        let models = models(include_str!("../../../tests/promises.rs"));
        let with = |part: &str| {
            models
                .iter()
                .filter(|model| model.program.contains(part))
                .count()
        };
        assert!(with("predict!") > 20 && with("train!") > 10);
    }
}
