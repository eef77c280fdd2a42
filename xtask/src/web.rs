//! `cargo xtask web`: builds the live page of `web/` into `target/web/site`, runs its modules in node, and the page in a browser. With
//! `--write` the browser's picture of it becomes the book's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::embedded::elf::Symbol;
use crate::embedded::forbidden::judge;
use crate::install::{add_target, begin};

const TARGET: &str = "wasm32-unknown-unknown";

/// The file of a module, and what it is compiled with: that of any browser, and that of one with vector instructions.
const MODULES: [(&str, &str); 2] = [
    ("kseq.wasm", ""),
    ("kseq-simd.wasm", "-Ctarget-feature=+simd128"),
];

/// What the page is made of besides.
const PAGE: [&str; 3] = ["index.html", "style.css", "page.js"];

/// What is in a module besides code.
const WEIGHTS: [&str; 2] = ["digit_cnn", "digit_filters"];

/// The bytes that a module may have above its weights.
const ROOM: u64 = 200_000;

/// The picture of the book, and how large it may be.
const PICTURE: &str = "book/src/pictures/live.webp";
const PICTURE_BYTES: u64 = 60_000;

/// What has to be there, and the package of Debian that has it.
const PROGRAMS: [(&str, &str); 3] = [("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")];

pub fn command() -> Result<(), String> {
    let write = std::env::args().nth(2).as_deref() == Some("--write");
    let fmt = ["fmt", "--check", "--manifest-path", "web/Cargo.toml"];
    run(Command::new("cargo").args(fmt))?;
    let installing = begin(&PROGRAMS)?;
    add_target(TARGET)?;
    let folder = folder();
    let (site, test, pictures) = (
        folder.join("site"),
        folder.join("test"),
        folder.join("pictures"),
    );
    for folder in [&site, &test, &pictures] {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    build(&folder, &site)?;
    installing.end()?;
    for name in PAGE {
        copy(&Path::new("web/page").join(name), &site.join(name))?;
    }
    in_node_and_browser(&site, &test, &pictures)?;
    let picture = pictures.join("desktop.webp");
    let bytes = length(&picture)?;
    println!("the page: {}; its picture: {bytes} bytes", site.display());
    if bytes > PICTURE_BYTES {
        return Err(format!(
            "{} has {bytes} bytes, more than {PICTURE_BYTES}",
            picture.display()
        ));
    }
    match write {
        true => copy(&picture, Path::new(PICTURE)),
        false => Ok(()),
    }
}

/// Where all of it is built.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from("target"), PathBuf::from)
        .join("web")
}

/// Copies the page to another place, if it was built.
pub fn copy_site(to: &Path) -> Result<(), String> {
    let site = folder().join("site");
    let modules = MODULES.iter().map(|(name, _)| *name);
    let names: Vec<&str> = modules.chain(PAGE).collect();
    if !names.iter().all(|name| site.join(name).exists()) {
        return Ok(());
    }
    names
        .iter()
        .try_for_each(|name| copy(&site.join(name), &to.join(name)))
}

/// The modules, both at once, each in a folder of its own: cargo builds one thing at a time in a folder.
fn build(folder: &Path, site: &Path) -> Result<(), String> {
    let built = MODULES.map(|(name, flags)| {
        let target = folder.join(name);
        let mut build = Command::new("cargo");
        build.args(["build", "--release", "--quiet", "--target", TARGET]);
        build.args(["--manifest-path", "web/Cargo.toml", "--target-dir"]);
        let building = build.arg(&target).env("RUSTFLAGS", flags).spawn();
        (name, target, building)
    });
    for (name, target, building) in built {
        match building.and_then(|mut cargo| cargo.wait()) {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("{name}: cargo build: {status}")),
            Err(e) => return Err(format!("{name}: cargo build: {e}")),
        }
        copy(
            &target.join(TARGET).join("release/kseq_web.wasm"),
            &site.join(name),
        )?;
        look_at(&site.join(name))?;
    }
    Ok(())
}

/// The tests, in a folder where npm may put what they need.
fn in_node_and_browser(site: &Path, test: &Path, pictures: &Path) -> Result<(), String> {
    for name in [
        "package.json",
        "package-lock.json",
        "module.mjs",
        "page.mjs",
    ] {
        copy(&Path::new("web/test").join(name), &test.join(name))?;
    }
    run(Command::new("node").arg(test.join("module.mjs")).arg(site))?;
    let quiet = ["ci", "--silent", "--no-audit", "--no-fund"];
    run(Command::new("npm").args(quiet).current_dir(test))?;
    run(Command::new("node")
        .arg(test.join("page.mjs"))
        .args([site, pictures]))
}

/// How large a module is, and that nothing is in it that should not be.
fn look_at(module: &Path) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|e| format!("{}: {e}", module.display()))?;
    let mut weights = 0;
    for name in WEIGHTS {
        weights += length(&Path::new("embedded/weights").join(format!("{name}.safetensors")))?;
    }
    let above = (bytes.len() as u64).saturating_sub(weights);
    println!(
        "{}: {} bytes, {above} without the weights",
        module.display(),
        bytes.len()
    );
    let mut wrong = Vec::new();
    if above > ROOM {
        wrong.push(format!(
            "{}: more than {ROOM} bytes without the weights",
            module.display()
        ));
    }
    let names = [Symbol::named(String::from_utf8_lossy(&bytes).into_owned())];
    judge("the page's module", "kseq_web", &names, &[], &mut wrong);
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

fn length(file: &Path) -> Result<u64, String> {
    match fs::metadata(file) {
        Ok(metadata) => Ok(metadata.len()),
        Err(e) => Err(format!("{}: {e}", file.display())),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    match fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(e) => Err(format!("{} to {}: {e}", from.display(), to.display())),
    }
}
