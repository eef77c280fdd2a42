//! `cargo kseq new`: a project with a network that is trained on the host and runs on a chip and in a browser.

use std::path::Path;

use kseq_safetensors::write_all;

use crate::options::New;

/// The files of a project. (A `Cargo.toml` in a folder of templates would be a package of its own.)
const FILES: [(&str, &str); 16] = [
    (".gitignore", "target/\n"),
    (
        "Cargo.toml",
        include_str!("../../../templates/workspace.toml"),
    ),
    ("README.md", include_str!("../../../templates/README.md")),
    (
        "net/Cargo.toml",
        include_str!("../../../templates/net.toml"),
    ),
    ("net/src/lib.rs", include_str!("../../../templates/net.rs")),
    (
        "train/Cargo.toml",
        include_str!("../../../templates/train.toml"),
    ),
    (
        "train/src/main.rs",
        include_str!("../../../templates/train.rs"),
    ),
    (
        "firmware/Cargo.toml",
        include_str!("../../../templates/firmware.toml"),
    ),
    (
        "firmware/.cargo/config.toml",
        include_str!("../../../templates/firmware_config.toml"),
    ),
    (
        "firmware/build.rs",
        include_str!("../../../templates/firmware_build.rs"),
    ),
    (
        "firmware/memory.x",
        include_str!("../../../templates/memory.x"),
    ),
    (
        "firmware/src/main.rs",
        include_str!("../../../templates/firmware.rs"),
    ),
    (
        "page/Cargo.toml",
        include_str!("../../../templates/page.toml"),
    ),
    (
        "page/.cargo/config.toml",
        include_str!("../../../templates/page_config.toml"),
    ),
    (
        "page/src/lib.rs",
        include_str!("../../../templates/page.rs"),
    ),
    (
        "page/index.html",
        include_str!("../../../templates/index.html"),
    ),
];

/// Writes the project: all of it, or nothing.
pub fn run(asked: &New) -> Result<(), String> {
    let folder = &asked.folder;
    let name = folder.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    if name.is_empty()
        || !name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_".contains(c))
    {
        return Err(format!(
            "`{}` is no name of a project: letters, digits, `-` and `_`\n  help: `cargo kseq new digits`",
            folder.display()
        ));
    }
    if folder.exists() {
        return Err(format!(
            "`{}` is there already\n  help: another name, or away with it",
            folder.display()
        ));
    }
    let kseq = match &asked.kseq {
        None => concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"").to_owned(),
        Some(path) => from_folder(path)?,
    };
    let texts = FILES.map(|(path, text)| {
        let text = text.replace("{{name}}", name).replace("{{kseq}}", &kseq);
        (folder.join(path), text)
    });
    let failed = |path: &Path, why: std::io::Error| format!("`{}`: {why}", path.display());
    for parent in texts.iter().filter_map(|(path, _)| path.parent()) {
        std::fs::create_dir_all(parent).map_err(|e| failed(parent, e))?;
    }
    let files: Vec<(&Path, &[u8])> = texts
        .iter()
        .map(|(path, text)| (path.as_path(), text.as_bytes()))
        .collect();
    write_all(&files).map_err(|(path, e)| failed(path, e))?;
    println!(
        "`{0}` is there: the list of layers in `{0}/net/src/lib.rs`, the training in `{0}/train`, a firmware, a page.\n \
         Next: cd {0} && cargo run",
        folder.display()
    );
    Ok(())
}

/// A dependency on kseq in a folder, by its whole path: four manifests in three folders name it.
fn from_folder(path: &Path) -> Result<String, String> {
    let there = path.canonicalize().ok();
    let manifest = there.as_deref().map(|path| path.join("Cargo.toml"));
    let manifest = manifest.and_then(|path| std::fs::read_to_string(path).ok());
    match there {
        Some(there) if manifest.is_some_and(|text| text.contains("name = \"kseq-nn\"")) => {
            // Quoted as TOML does it, which is Rust's way for all that a path may hold.
            Ok(format!("path = {:?}", there.display().to_string()))
        }
        _ => Err(format!(
            "`{}` is not the folder of kseq: there is no `Cargo.toml` of `kseq-nn`",
            path.display()
        )),
    }
}
