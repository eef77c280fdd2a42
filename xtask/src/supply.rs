//! What kseq is built from, and what others build: licences, versions, the packages as a registry has them.

use std::path::Path;
use std::process::Command;

use crate::command::run;
use crate::suites;

/// What is for a registry, in the order of their dependencies.
pub const PUBLISHED: [&str; 7] = [
    "kseq-int8",
    "kseq-safetensors",
    "kseq-catalogue",
    "kseq-import",
    "kseq-core",
    "kseq-macros",
    "kseq-nn",
];

/// What programs call a package: the name of the facade is another crate's in the registry.
pub fn library(package: &str) -> &str {
    match package {
        "kseq-nn" => "kseq",
        package => package,
    }
}

/// The folder of a package's code.
pub fn source(package: &str) -> String {
    match package {
        "kseq-nn" => "src".to_owned(),
        package => format!("{package}/src"),
    }
}

/// Licences, versions that are there twice, and where packages come from: what `deny.toml` says.
pub fn deny() -> Result<(), String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("PyPI has the program for x86-64 Linux: skipped on this machine");
        return Ok(());
    }
    suites::install("deny")?;
    let check = ["--locked", "--workspace", "check"];
    let mut deny = Command::new("target/deny/bin/cargo-deny");
    // Its list of known faults is a repository of git, which CI does not reach.
    run(deny.args(check).args(["bans", "licenses", "sources"]))
}

/// Publishes the packages, but for the upload: each has the texts of its licences, and all that a registry asks for.
pub fn package() -> Result<(), String> {
    for package in PUBLISHED {
        let mut list = Command::new("cargo");
        list.args(["package", "--list", "--allow-dirty", "-p", package]);
        let output = list.output().map_err(|e| format!("{list:?}: {e}"))?;
        let files = String::from_utf8_lossy(&output.stdout);
        for text in ["LICENSE-APACHE", "LICENSE-MIT"] {
            if !files.lines().any(|file| file == text) {
                return Err(format!("the package `{package}` lacks {text}"));
            }
        }
    }
    run(&mut all_of(
        "publish",
        &["--dry-run", "--no-verify", "--quiet"],
    ))
}

/// Packs the packages, and builds each from what was packed, all of its features.
pub fn tarballs() -> Result<(), String> {
    run(&mut all_of("package", &["--all-features"]))
}

/// A command of cargo's for all packages at once, of which each is found among the others.
fn all_of(command: &str, more: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--allow-dirty"]).args(more);
    for package in PUBLISHED {
        cargo.args(["-p", package]);
    }
    cargo
}

/// Checks the packages with the oldest versions that their manifests allow: a copy of what git has, since the
/// versions are in `Cargo.lock`.
pub fn minimal() -> Result<(), String> {
    let folder = Path::new("target/minimal");
    let _ = std::fs::remove_dir_all(folder);
    let mut copy = Command::new("git");
    run(copy.args(["checkout-index", "--all", "--prefix=target/minimal/"]))?;
    // An option of cargo's that only a nightly one has otherwise; the compiler does not see it.
    let mut oldest = Command::new("cargo");
    oldest.args(["update", "-Zdirect-minimal-versions"]);
    run(oldest.env("RUSTC_BOOTSTRAP", "1").current_dir(folder))?;
    let mut check = Command::new("cargo");
    check.args(["check", "--all-features", "--locked"]);
    for package in PUBLISHED {
        check.args(["-p", package]);
    }
    run(check.current_dir(folder))
}

/// Compares the packages with those of the last version that has a tag.
pub fn semver() -> Result<(), String> {
    let mut last = Command::new("git");
    last.args(["describe", "--tags", "--abbrev=0"]);
    let output = last.output().map_err(|e| format!("{last:?}: {e}"))?;
    let tag = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || tag.is_empty() {
        println!("no version has a tag yet: nothing to compare with");
        return Ok(());
    }
    let mut compare = Command::new("cargo");
    compare.args(["semver-checks", "--baseline-rev", &tag]);
    for package in PUBLISHED
        .iter()
        .filter(|package| **package != "kseq-macros")
    {
        compare.args(["-p", package]);
    }
    run(&mut compare).map_err(|why| format!("{why} (cargo install cargo-semver-checks --locked)"))
}

#[cfg(test)]
mod tests {
    use super::{PUBLISHED, source};

    fn read(path: &str) -> String {
        std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
    }

    /// The packages are published together, and name each other by one version.
    #[test]
    fn one_version_for_all() {
        let manifest = read("Cargo.toml");
        let (_, workspace) = manifest
            .split_once("[workspace.package]\nversion = \"")
            .unwrap();
        let version = workspace.split('"').next().unwrap();
        let of_kseq = |line: &&str| line.starts_with("kseq-") && line.contains("version = ");
        let named = manifest.lines().filter(of_kseq);
        for line in named {
            let same = line.contains(&format!("version = \"{version}\""));
            assert!(same, "{line}");
        }
    }

    /// A manifest names the version that is built here, of which it is known that it is new enough. Two that name one package by
    /// several versions have no oldest one together.
    #[test]
    fn a_manifest_names_the_version_that_is_built() {
        let (root, lock) = (read("Cargo.toml"), read("Cargo.lock"));
        let members = root
            .lines()
            .find_map(|line| line.strip_prefix("members = ["))
            .expect("members");
        let folders = members.split('"').skip(1).step_by(2);
        let mut seen = 0;
        for folder in folders.chain(["."]) {
            let manifest = read(&format!("{folder}/Cargo.toml"));
            let mut is_of_others = false;
            for line in manifest.lines() {
                if line.starts_with('[') {
                    is_of_others = line.ends_with("dependencies]");
                    continue;
                }
                let Some((name, said)) = line.split_once(" = ") else {
                    continue;
                };
                let version = match said.split_once("version = ") {
                    Some((_, version)) => version,
                    None => said,
                };
                let Some(version) = version.strip_prefix('"').filter(|_| is_of_others) else {
                    continue;
                };
                let version = version.split('"').next().unwrap().trim_start_matches('=');
                let renamed = said.split_once("package = \"");
                let name = renamed.map_or(name, |(_, name)| name.split('"').next().unwrap());
                let built = format!("name = \"{name}\"\nversion = \"{version}\"\n");
                assert!(lock.contains(&built), "{folder}/Cargo.toml: {line}");
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
    }

    /// Keep a Changelog: what is not published yet first, versions with their dates, kinds of changes.
    #[test]
    fn the_changelog_has_its_form() {
        const KINDS: [&str; 6] = [
            "Added",
            "Changed",
            "Deprecated",
            "Removed",
            "Fixed",
            "Security",
        ];
        let text = read("CHANGELOG.md");
        let mut titles = text.lines().filter_map(|line| line.strip_prefix("## "));
        assert_eq!(titles.next(), Some("[Unreleased]"));
        for title in titles {
            let (version, date) = title.split_once(" - ").expect(title);
            assert!(
                version.starts_with('[') && version.ends_with(']'),
                "{title}"
            );
            assert_eq!(date.split('-').map(str::len).collect::<Vec<_>>(), [4, 2, 2]);
        }
        for kind in text.lines().filter_map(|line| line.strip_prefix("### ")) {
            assert!(KINDS.contains(&kind), "{kind}");
        }
    }

    /// What library code may not do is said at the begin of each package: tests may.
    #[test]
    fn each_package_denies_what_panics() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let denied = |package: &str| {
            let path = format!("{root}/{}/lib.rs", source(package));
            let text = std::fs::read_to_string(&path).expect(&path);
            let (_, denied) = text.split_once("    not(test),\n    deny(").expect(&path);
            denied.split_once(')').expect(&path).0.to_owned()
        };
        for package in PUBLISHED {
            assert_eq!(denied(package), denied(PUBLISHED[0]), "{package}");
        }
    }
}
