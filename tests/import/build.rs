//! Imports every file of `kseq-import/tests/files`, and of `shared/models` where that is (`KSEQ_SHARED` says another folder): a module
//! for each, with its source, its weights and the test of its outputs, as `cargo kseq import --test` writes them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use kseq_import::array::Array;
use kseq_import::import::import;
use kseq_import::read;
use kseq_import::source::{self, Parity, Place};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=KSEQ_SHARED");
    let shared = std::env::var_os("KSEQ_SHARED")
        .map_or_else(|| PathBuf::from("../../../shared/models"), PathBuf::from);
    let mut modules = String::new();
    let mut refused = String::new();
    let mut real = 0;
    for folder in [Path::new("../../kseq-import/tests/files"), &shared] {
        println!("cargo::rerun-if-changed={}", folder.display());
        let files = models(folder);
        let is_own = folder != shared;
        if !is_own {
            real = files.len();
        }
        for file in files {
            let stem = file
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let module: String = stem
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() {
                        c.to_ascii_lowercase()
                    } else {
                        '_'
                    }
                })
                .collect();
            // A name does not begin with a digit.
            let prefix = if is_own { "" } else { "real_" };
            match written(&file, &out.join(&module)) {
                Ok(path) => {
                    // Written to a string it does not fail.
                    let _ = writeln!(modules, "#[path = {path:?}]\npub mod {prefix}{module};");
                }
                Err(why) => {
                    let _ = writeln!(refused, "    ({stem:?}, {why:?}),");
                }
            }
        }
    }
    let text = format!(
        "{modules}\npub const REAL: usize = {real};\npub const REFUSED: &[(&str, &str)] = &[\n{refused}];\n"
    );
    fs::write(out.join("models.rs"), text).unwrap_or_else(|e| panic!("{e}"));
}

/// The files of Keras in a folder.
fn models(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let is_model = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_described =
            path.with_extension("h5").exists() || path.with_extension("keras").exists();
        matches!(ending, Some("h5" | "hdf5" | "keras")) || ending == Some("json") && !is_described
    };
    let mut files: Vec<PathBuf> = files.filter(is_model).collect();
    files.sort();
    files
}

/// What `cargo kseq import` writes, in a folder; the path of the source.
fn written(file: &Path, folder: &Path) -> Result<PathBuf, String> {
    let found = import(file, None).map_err(|why| why.to_string())?;
    fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let weights = folder.join("net.safetensors");
    let source = folder.join("net.rs");
    let place = Place {
        name: "Net",
        from: &file.display().to_string(),
        weights: &weights.display().to_string(),
    };
    let mut text = source::module(&found.model, &place);
    let _ = write!(
        text,
        "\npub const WEIGHTS: &str = {:?};\n",
        weights.display().to_string()
    );
    if found.weights.iter().any(|arrays| !arrays.is_empty()) {
        let file = fs::canonicalize(file).map_err(|e| e.to_string())?;
        let file = file.display().to_string();
        let _ = write!(
            text,
            "\n#[test]\nfn it_loads_the_file_itself() -> Result<(), Error> {{\n    \
             crate::same_weights(&mut Net::new(1), WEIGHTS, {file:?})\n}}\n"
        );
    }
    // A compile! that does not compile would be a comment that lies.
    if let Ok(Some(line)) = source::compiled(&found.model, "Net::new(42)") {
        let _ = write!(
            text,
            "\n#[test]\nfn it_compiles() {{\n    let _ = {line};\n}}\n"
        );
    }
    let mut bytes = Vec::new();
    if let Some(parity) = parity(file)? {
        text += &parity.test(
            &found.model,
            "Net",
            "net.parity",
            &weights.display().to_string(),
        )?;
        bytes = parity.bytes();
    }
    let files = [
        (&weights, found.safetensors()),
        (&folder.join("net.parity"), bytes),
        (&source, text.into_bytes()),
    ];
    for (path, bytes) in files {
        fs::write(path, bytes).map_err(|e| e.to_string())?;
    }
    Ok(source)
}

/// The inputs and outputs beside a file: `k3_mlp.safetensors` of `k3_mlp.h5`.
fn parity(file: &Path) -> Result<Option<Parity>, String> {
    let beside = file.with_extension("safetensors");
    if !beside.exists() {
        return Ok(None);
    }
    let file = read::read(&beside).map_err(|why| why.to_string())?;
    let named = |name: &str| {
        let mut arrays = file.groups.iter().flat_map(|group| &group.arrays);
        arrays.find(|array: &&Array| array.name == name).cloned()
    };
    Ok(named("x").zip(named("y")).map(|(x, y)| Parity { x, y }))
}
