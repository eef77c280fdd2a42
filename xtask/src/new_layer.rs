//! `cargo xtask new-layer NAME`: the files of a layer that compiles, passes its tests and does nothing yet.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::run;

pub const USAGE: &str = "cargo xtask new-layer NAME [--parameters] [--group FILE]\n\
    \x20 NAME          as in Keras: LeakyReLU\n\
    \x20 --parameters  for a layer that has weights\n\
    \x20 --group FILE  which of kseq-catalogue/src/layers/: core_layers, convolutional, ...";

const LAYERS: &str = "kseq-core/src/layers/mod.rs";
const ROWS: &str = "kseq-catalogue/src/layers";
const EMISSIONS: &str = "kseq-macros/src/expand/layers.rs";
const GRADIENTS: &str = "tests/gradients.rs";

/// What is asked for.
struct Layer {
    class: String,
    module: String,
    parameters: bool,
    group: String,
}

/// The files that are written, by path.
type Files = BTreeMap<String, String>;

/// The command.
pub fn command(arguments: &[String]) -> Result<(), String> {
    let layer = parse(arguments)?;
    write(&layer, Path::new(""))?;
    run(Command::new("cargo").args(["fmt", "--all"]))?;
    println!(
        "\nThe rest is yours:\n\
         - {}: formula, shapes, numbers, argument by argument as in Keras\n\
         - {ROWS}/{}.rs: its arguments in Keras's order, its note for KERAS.md\n\
         - {GRADIENTS}: its shapes; tests/golden/generate.py: its arguments, for cases of real Keras\n\
         - docs/layers/{}.md: its page; what its arguments do, in a line, is in kseq-catalogue/src/about.rs\n\
         - ui-tests/tests/ui: what its rule refuses\n\
         - cargo xtask pages writes the pages' tables; CHANGELOG.md only if it does something new",
        layer.file(),
        layer.group,
        layer.class
    );
    Ok(())
}

/// The check: in a copy of the project, a layer of each kind compiles, and stands in a model.
pub fn check() -> Result<(), String> {
    let copy = Path::new("target/new_layer");
    let git = Command::new("git")
        .args(["ls-files", "-co", "--exclude-standard"])
        .output();
    let list = git.map_err(|e| e.to_string())?.stdout;
    if copy.exists() {
        fs::remove_dir_all(copy).map_err(|e| e.to_string())?;
    }
    for file in String::from_utf8_lossy(&list).lines() {
        let to = copy.join(file);
        let folder = to.parent().unwrap_or(copy);
        fs::create_dir_all(folder).map_err(|e| format!("{file}: {e}"))?;
        if Path::new(file).exists() {
            fs::copy(file, &to).map_err(|e| format!("{file}: {e}"))?;
        }
    }
    for arguments in [&["NewPlain"][..], &["NewWeighted", "--parameters"]] {
        let arguments: Vec<String> = arguments.iter().map(|&a| a.to_owned()).collect();
        write(&parse(&arguments)?, copy)?;
    }
    let example = "//! Both.\n\nuse kseq::prelude::*;\n\n\
        sequential! { Net = [NewPlain(input_shape = (2, 3)), NewWeighted(), Dense(1)] }\n\n\
        const _: () = assert!(Net::PARAMS == 3 + 4);\n\nfn main() {}\n";
    fs::write(copy.join("examples/new_layers.rs"), example).map_err(|e| e.to_string())?;
    // Not that of the project: cargo would take one for the other, and build both anew each time.
    let target = std::path::absolute("target/new_layer_build").map_err(|e| e.to_string())?;
    for command in [
        "fmt --all",
        "clippy --quiet -p kseq-core --all-targets -- -D warnings",
        // Two layers' tests need no fast kernels.
        "test --quiet --config profile.test.package.kseq-core.opt-level=0 -p kseq-core --lib layers::new_",
        "check --quiet --example new_layers",
    ] {
        let mut cargo = Command::new("cargo");
        cargo.args(command.split(' ')).current_dir(copy);
        run(cargo.env("CARGO_TARGET_DIR", &target))?;
    }
    Ok(())
}

/// Writes the files of a layer into the project that lies in a folder.
fn write(layer: &Layer, root: &Path) -> Result<(), String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let file = layer.file();
    if read(&file).is_ok() {
        return Err(format!("{file} is there already"));
    }
    for (path, text) in files(layer, &read)? {
        fs::write(root.join(&path), text).map_err(|e| format!("{path}: {e}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Layer, String> {
    let mut layer = Layer {
        class: String::new(),
        module: String::new(),
        parameters: false,
        group: "core_layers".to_owned(),
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--parameters" => layer.parameters = true,
            "--group" => layer.group = arguments.next().ok_or(USAGE)?.clone(),
            name if layer.class.is_empty()
                && name.starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                (layer.class, layer.module) = (name.to_owned(), snake(name));
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    match layer.class.is_empty() {
        true => Err(USAGE.to_owned()),
        false => Ok(layer),
    }
}

/// The name of a layer's file: `MaxPooling2D` -> `max_pooling2d`, `LeakyReLU` -> `leaky_relu`.
fn snake(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let is_lower = |i: usize| letters.get(i).is_some_and(char::is_ascii_lowercase);
    let mut name = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let begins = letter.is_ascii_uppercase() && (is_lower(i + 1) || i > 0 && is_lower(i - 1));
        // `ReLU` is one word, and so is `PReLU`. (Fields are called as in Keras, `p_re_lu_1`: `kseq-macros/src/names.rs`.)
        let relu = class[..i].ends_with("Re") && class[i..].starts_with("LU")
            || class[..i].ends_with('P') && class[i..].starts_with("ReLU");
        if i > 0 && begins && !relu && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

impl Layer {
    fn file(&self) -> String {
        format!("kseq-core/src/layers/{}.rs", self.module)
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("@CLASS@", &self.class)
            .replace("@MODULE@", &self.module)
    }

    /// The row of the catalogue.
    fn row(&self) -> String {
        let row = match self.parameters {
            true => {
                "        LayerRow {\n\
                 \x20           class: \"@CLASS@\",\n\
                 \x20           params: &[\n\
                 \x20               or(\"gamma_initializer\", Initializer, \"\\\"ones\\\"\"),\n\
                 \x20               regularizer(\"gamma_regularizer\"),\n\
                 \x20               constraint(\"gamma_constraint\"),\n\
                 \x20           ],\n\
                 \x20           keeps_shape: true,\n\
                 \x20           ..USUAL\n\
                 \x20       },\n"
            }
            false => {
                "        LayerRow {\n\
                 \x20           class: \"@CLASS@\",\n\
                 \x20           keeps_shape: true,\n\
                 \x20           emission: Emission::Stateless(stateless(\"@MODULE@\")),\n\
                 \x20           ..USUAL\n\
                 \x20       },\n"
            }
        };
        self.fill(row)
    }
}

fn files(layer: &Layer, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Files, String> {
    let file = layer.file();
    let mut files = Files::new();
    let mut edit = |path: &str, edit: &dyn Fn(String) -> Option<String>| {
        let text = read(path)?;
        let edited = edit(text.clone()).ok_or(format!("{path}: not as expected"))?;
        if edited != text {
            files.insert(path.to_owned(), edited);
        }
        Ok::<(), String>(())
    };
    let (class, module) = (&layer.class, &layer.module);

    edit(LAYERS, &|text| {
        let text = before(&text, "pub mod ", &format!("pub mod {module};\n"))?;
        let names = match layer.parameters {
            true => format!("pub use {module}::{{{class}, {class}Params}};\n"),
            false => format!("pub use {module}::{class};\n"),
        };
        before(&text, "pub use ", &names)
    })?;
    edit(&format!("{ROWS}/{}.rs", layer.group), &|text| {
        let text = imported(text, layer)?;
        before(&text, "    ],\n};", &layer.row())
    })?;
    edit(GRADIENTS, &|text| {
        let line = format!("    {module} = (2, 3) [{class}()]\n");
        let at = text.find("\nmodels! {\n")? + "\nmodels! {\n".len();
        Some(text[..at].to_owned() + &line + &text[at..])
    })?;
    if layer.parameters {
        edit(EMISSIONS, &|text| {
            let text = before(&text, "mod ", &format!("mod {module};\n"))?;
            let row = format!("    (\"{class}\", {module}::{module}),\n");
            sorted_into(&text, "const CODED", class, &row)
        })?;
    }
    let template = match layer.parameters {
        true => include_str!("new_layer/parameters.rs.txt"),
        false => include_str!("new_layer/stateless.rs.txt"),
    };
    files.insert(file, layer.fill(template));
    let mut page = layer.fill(include_str!("new_layer/page.md.txt"));
    if layer.parameters {
        let weights =
            "## Weights\n\n| array | shape |\n| --- | --- |\n| `gamma` | `(features,)` |\n\n";
        page = page.replace("## Example", &format!("{weights}## Example"));
    }
    files.insert(format!("docs/layers/{class}.md"), page);
    if layer.parameters {
        let emission = layer.fill(include_str!("new_layer/emission.rs.txt"));
        files.insert(
            format!("kseq-macros/src/expand/layers/{module}.rs"),
            emission,
        );
    }
    Ok(files)
}

/// The text with a line before the first one that begins so.
fn before(text: &str, beginning: &str, line: &str) -> Option<String> {
    let at = match text.starts_with(beginning) {
        true => 0,
        false => text.find(&format!("\n{beginning}"))? + 1,
    };
    Some(text[..at].to_owned() + line + &text[at..])
}

/// The table that begins so, with a row where its class belongs: rows stand in the order of their first string.
fn sorted_into(text: &str, table: &str, class: &str, row: &str) -> Option<String> {
    let begin = text.find(table)?;
    let begin = begin + text[begin..].find("[\n")? + 2;
    let end = begin + text[begin..].find("\n];")? + 1;
    let rows = text[begin..end]
        .match_indices("    (")
        .filter(|(i, _)| *i == 0 || text.as_bytes()[begin + i - 1] == b'\n');
    for (i, _) in rows {
        let name = text[begin + i..end].split('"').nth(1)?;
        if name > class {
            let at = begin + i;
            return Some(text[..at].to_owned() + row + &text[at..]);
        }
    }
    Some(text[..end].to_owned() + row + &text[end..])
}

/// The file of a group with the imports that the row needs.
fn imported(text: String, layer: &Layer) -> Option<String> {
    let needs: &[(&str, &[&str])] = match layer.parameters {
        true => &[
            ("crate::layer", &["LayerRow", "USUAL"]),
            ("crate::param::Kind", &["Initializer"]),
            ("crate::param", &["constraint", "or", "regularizer"]),
        ],
        false => &[(
            "crate::layer",
            &["Emission", "LayerRow", "USUAL", "stateless"],
        )],
    };
    let mut text = text;
    for (module, names) in needs {
        let single = format!("use {module}::");
        // Up to its semicolon: rustfmt breaks the long ones.
        let mut uses = text.match_indices(&single).filter_map(|(at, _)| {
            let (line, _) = text[at..].split_once(';')?;
            let begins = at == 0 || text[..at].ends_with('\n');
            let rest = &line[single.len()..];
            (begins && (rest.starts_with('{') || !rest.contains("::"))).then(|| format!("{line};"))
        });
        let line = uses.next();
        let known = line.as_deref().map_or("", |line| &line[single.len()..]);
        let known = known
            .trim_matches([';', '{', '}'])
            .split(',')
            .map(str::trim);
        let mut all: Vec<&str> = known.chain(names.iter().copied()).collect();
        all.retain(|name| !name.is_empty());
        all.sort_unstable();
        all.dedup();
        let new = format!("use {module}::{{{}}};", all.join(", "));
        text = match line {
            Some(line) => text.replacen(&line, &new, 1),
            None => before(&text, "use ", &format!("{new}\n"))?,
        };
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of the project with both kinds of layers are Rust; what the templates do, their own tests say.
    #[test]
    fn what_is_written_can_be_read() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
        let read =
            |path: &str| fs::read_to_string(format!("{root}{path}")).map_err(|e| e.to_string());
        for arguments in [&["NewThing"][..], &["NewThing", "--parameters"]] {
            let arguments: Vec<String> = arguments.iter().map(|&a| a.to_owned()).collect();
            let files = files(&parse(&arguments).unwrap(), &read).unwrap();
            assert!(files.len() >= 4, "{:?}", files.keys());
            for (path, text) in &files {
                assert!(!text.contains('@') || path == GRADIENTS, "{path}");
                if path.ends_with(".rs") {
                    let parsed = syn::parse_file(text);
                    assert!(parsed.is_ok(), "{path}: {:?}", parsed.err());
                }
            }
        }
    }

    #[test]
    fn names_are_those_of_keras() {
        let names = [
            "MaxPooling2D",
            "LeakyReLU",
            "ELU",
            "PReLU",
            "GaussianNoise",
            "ThresholdedReLU",
        ];
        let expected = [
            "max_pooling2d",
            "leaky_relu",
            "elu",
            "prelu",
            "gaussian_noise",
            "thresholded_relu",
        ];
        assert_eq!(names.map(snake), expected);
    }

    #[test]
    fn rows_stay_sorted_and_imports_grow() {
        let table = "const CODED: &[X] = &[\n    (\n        \"Alpha\",\n        a::a,\n    ),\n    (\"Gamma\", g::g),\n];\n";
        let beta = sorted_into(table, "const CODED", "Beta", "    (\"Beta\", b::b),\n").unwrap();
        assert!(beta.find("Alpha") < beta.find("Beta") && beta.find("Beta") < beta.find("Gamma"));
        let last = sorted_into(table, "const CODED", "Zeta", "    (\"Zeta\", z::z),\n").unwrap();
        assert!(last.ends_with("    (\"Zeta\", z::z),\n];\n"));
        let layer = parse(&["Thing".to_owned()]).unwrap();
        let text = imported("use crate::layer::{Group, LayerRow};\n".to_owned(), &layer).unwrap();
        assert_eq!(
            text,
            "use crate::layer::{Emission, Group, LayerRow, USUAL, stateless};\n"
        );
    }
}
