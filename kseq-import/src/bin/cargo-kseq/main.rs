//! `cargo kseq import`: a model of Keras as source and weights; `cargo kseq new`: a project.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kseq_import::array::Array;
use kseq_import::import::{Imported, import};
use kseq_import::read;
use kseq_import::source::{self, Parity, Place};
use kseq_safetensors::write_all;

mod new;
mod options;

use options::{Command, HELP, Import};

fn main() -> ExitCode {
    let done = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{HELP}");
            Ok(())
        }
        Ok(Command::Version) => {
            println!("cargo-kseq {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Ok(Command::Import(asked)) => run(&asked),
        Ok(Command::New(asked)) => new::run(&asked),
        Err(why) => Err(why),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: &Import) -> Result<(), String> {
    let model = asked.model.display();
    let refused = |why: kseq_import::error::Refusals| {
        format!(
            "`{model}` cannot be imported:\n  {}",
            why.to_string().replace('\n', "\n  ")
        )
    };
    let found = import(&asked.model, asked.input_shape.clone()).map_err(refused)?;
    let from = asked
        .model
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let Some(output) = &asked.output else {
        print!("{}", text(&found, asked, &from, "net.safetensors"));
        return Ok(());
    };
    let (weights, parity) = (
        output.with_extension("safetensors"),
        output.with_extension("parity"),
    );
    let in_package = in_package(&weights)?;
    let mut source = text(&found, asked, &from, &in_package);
    let mut files: Vec<(&Path, Vec<u8>)> = vec![(&weights, found.safetensors())];
    if let Some(test) = &asked.test {
        let known = read_parity(test)?;
        let beside = parity.file_name().unwrap_or_default().to_string_lossy();
        let of_test = |why| format!("`{}`: {why}", test.display());
        source += &known
            .test(&found.model, &asked.name, &beside, &in_package)
            .map_err(of_test)?;
        files.push((&parity, known.bytes()));
    }
    files.push((output, source.into_bytes()));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists() && !asked.force) {
        return Err(format!(
            "`{}` is there already\n  help: `--force` writes over it",
            path.display()
        ));
    }
    let all: Vec<(&Path, &[u8])> = files.iter().map(|(path, of)| (*path, &of[..])).collect();
    write_all(&all).map_err(|(path, e)| format!("`{}`: {e}", path.display()))?;
    print!("{}", source::summary(&found.model, &found.weights));
    let compiled = source::compiled(&found.model, "");
    for line in found.model.left_out.iter().chain(compiled.as_ref().err()) {
        println!(" Left out: {line}");
    }
    let written: Vec<String> = files
        .iter()
        .map(|(path, _)| format!("`{}`", path.display()))
        .collect();
    println!(" Written: {}", written.join(", "));
    let module = output.file_stem().unwrap_or_default().to_string_lossy();
    println!(
        " Next: `mod {module};` in `src/main.rs` or `src/lib.rs`; the head of `{}` says how it takes its weights.",
        output.display()
    );
    Ok(())
}

fn text(found: &Imported, asked: &Import, from: &str, weights: &str) -> String {
    let place = Place {
        name: &asked.name,
        from,
        weights,
    };
    source::module(&found.model, &place)
}

/// The path of a file from the folder of the package that it is in.
fn in_package(path: &Path) -> Result<String, String> {
    let absolute = std::path::absolute(path).map_err(|e| format!("`{}`: {e}", path.display()))?;
    let manifest = absolute
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("Cargo.toml").is_file());
    let relative = manifest.and_then(|folder| absolute.strip_prefix(folder).ok());
    let Some(relative) = relative else {
        return Ok(path.display().to_string());
    };
    let parts: Vec<_> = relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Ok(parts.join("/"))
}

/// `x` and `y` of a file of arrays.
fn read_parity(path: &PathBuf) -> Result<Parity, String> {
    let file = read::read(path).map_err(|why| why.to_string())?;
    let named = |name: &str| {
        let mut arrays = file.groups.iter().flat_map(|group| &group.arrays);
        let found = arrays.find(|array: &&Array| array.name == name).cloned();
        found.ok_or_else(|| {
            format!(
                "`{}` has no array `{name}`\n  help: in Python `numpy.savez({:?}, x=x, y=model.predict(x))`",
                path.display(),
                path.with_extension("npz").display().to_string()
            )
        })
    };
    Ok(Parity {
        x: named("x")?,
        y: named("y")?,
    })
}
