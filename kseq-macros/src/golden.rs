//! The golden suite: every case of the Keras data as a model, made from its serialised layers.
//!
//! Whatever a folder holds, the suite builds: a case that kseq cannot express has a reason instead of a function. Words
//! and arguments are compared with the catalogue here; what only the compiler can know (shapes above all) is asked of it
//! before anything is emitted, in `probe.rs`.

use std::path::{Path, PathBuf};

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;

use case::{Case, Emitted, module, tokens};

mod case;
mod constraints;
mod layers;
mod losses;
mod metrics;
mod optimizers;
mod probe;
#[cfg(test)]
mod tests;
mod values;

/// The families of cases that are run.
const FAMILIES: &[&str] = &[
    "constraints",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "trajectories",
];

/// The folder named by `KSEQ_GOLDEN`, otherwise the project's own copy, and where what is too large for it lies.
fn folders() -> Vec<PathBuf> {
    match std::env::var_os("KSEQ_GOLDEN") {
        // The test that reads it too runs in another folder than the compiler.
        Some(folder) => vec![std::fs::canonicalize(&folder).unwrap_or(folder.into())],
        None => {
            let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
            let shared = root.join("../../shared/golden").canonicalize();
            [root.join("golden/data")]
                .into_iter()
                .chain(shared)
                .collect()
        }
    }
}

/// Expands to `CASES` and a module with a model for each case that kseq can build. `Case`, and the functions that run
/// the cases, are the caller's.
pub fn suite() -> TokenStream {
    if let Some(items) = probe::included() {
        return items;
    }
    let folders = folders();
    let (mut cases, files) = cases(&folders);
    // The project's own copy is known to build.
    if std::env::var_os("KSEQ_GOLDEN").is_some() {
        probe::refuse(&mut cases);
    }
    let (models, entries): (Vec<_>, Vec<_>) = cases.iter().enumerate().map(tokens).unzip();
    let folders = folders.iter().map(|folder| folder.to_string_lossy());
    quote! {
        /// Where the data of the cases lie: in the first that has them.
        pub const FOLDERS: &[&str] = &[#(#folders),*];
        /// Every case, in the order of the index.
        pub const CASES: &[Case] = &[#(#entries),*];
        #(#models)*
        // So that cargo builds the suite again when the data or the folder change.
        const _: Option<&str> = option_env!("KSEQ_GOLDEN");
        #(const _: &[u8] = include_bytes!(#files);)*
    }
}

/// The cases of the first folder, whose files may lie in another one, and the files that were read.
fn cases(folders: &[PathBuf]) -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut files) = (Vec::new(), Vec::new());
    let Some(folder) = folders.first() else {
        return (cases, files);
    };
    let index = folder.join("index.json");
    let listed = match json(&index) {
        Ok(index) => index.get("cases").and_then(Value::as_array).cloned(),
        Err(_) => None,
    };
    if index.is_file() {
        files.extend(index.to_str().map(str::to_owned));
    }
    for listed in listed.unwrap_or_else(|| found(folder)) {
        let text = |key: &str| listed.get(key).and_then(Value::as_str).unwrap_or_default();
        let (family, name) = (text("family"), text("name"));
        let file = Path::new(family).join(format!("{name}.json"));
        let mut paths = folders.iter().map(|folder| folder.join(&file));
        let path = paths.find(|path| path.is_file());
        let number = cases.len();
        let emitted = match path {
            _ if !FAMILIES.contains(&family) => Err(format!("kseq reads no {family}")),
            None => Err(format!(
                "missing in this copy of the data: {}",
                folder.join(&file).display()
            )),
            Some(path) => {
                files.extend(path.to_str().map(str::to_owned));
                json(&path).and_then(|case| case_of(&case, family, &module(number)))
            }
        };
        cases.push(Case {
            family: family.to_owned(),
            name: name.to_owned(),
            kind: text("kind").to_owned(),
            emitted,
        });
    }
    (cases, files)
}

/// The cases of a folder without an index: all files. `tests/build.rs` tells cargo of new ones.
fn found(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    for family in FAMILIES {
        let files = std::fs::read_dir(folder.join(family));
        let files = files.into_iter().flatten().filter_map(Result::ok);
        let names = files.filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            Some(name.strip_suffix(".json")?.to_owned())
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        let case = |name| serde_json::json!({ "family": family, "name": name, "kind": "" });
        found.extend(names.into_iter().map(case));
    }
    found
}

fn json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// What a case becomes, in a module of this name; an error says what is not supported.
fn case_of(case: &Value, family: &str, module: &Ident) -> Result<Emitted, String> {
    match family {
        "constraints" => constraints::case(case, module),
        "layers" => layers::case(case, module),
        "losses" => losses::case(case),
        "metrics" => metrics::case(case),
        "models" => layers::model(case, module),
        "optimizers" => optimizers::case(case),
        "trajectories" => layers::trajectory(case, module),
        other => Err(format!("no family {other}")),
    }
}
